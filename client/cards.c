/* SPDX-License-Identifier: Apache-2.0 */
#include "cards.h"

#include <string.h>

#include "circle.h"
#include "codec.h"
#include "standing.h"
#include "vcard.h"
#include "who.h"

struct cards {
	struct iq_cli *cli;
	const char *host;
	struct iq_buf buf;
	const char **contact; /* ids */
	size_t ncontacts, n;  /* n: cards written */
	uint64_t withheld;
	const char *because;
};

static bool add_contact(struct cards *c, const char *id)
{
	size_t size = sizeof(*c->contact);

	for (size_t i = 0; i < c->ncontacts; i++)
		if (strcmp(c->contact[i], id) == 0)
			return true;
	const char **more = iq_arena_grow(
		&c->cli->arena, c->contact, c->ncontacts * size, (c->ncontacts + 1) * size);

	if (more == NULL)
		return false;
	more[c->ncontacts++] = id;
	c->contact = more;
	return true;
}

/* The contacts of those who take part today, members and guests. */
static enum iq_err find_contacts(struct cards *c, const char *workshop)
{
	static const char *const columns[] = {"representative", "deputy"};
	const char *today = iq_circle_today(c->cli);
	struct iq_records all;
	enum iq_err err = iq_circle_records(c->cli, IQ_MEMBERSHIP, "workshop", workshop, &all);

	for (size_t i = 0; err == IQ_OK && i < all.n; i++) {
		if (iq_standing_of(&all.v[i], today) < IQ_STANDING_GUEST)
			continue;
		for (size_t k = 0; k < 2; k++) {
			const char *id = iq_circle_cell(c->cli, &all.v[i], columns[k]);

			if (id[0] != '\0' && !add_contact(c, id))
				err = IQ_ERR_INTERNAL;
		}
	}
	return err;
}

static void write_card(struct cards *c, const struct iq_rec *rec)
{
	struct iq_cli *cli = c->cli;
	const char *institution =
		iq_arena_cstr(&cli->arena, iq_rec_text(rec, IQ_CONTACT_INSTITUTION));
	const struct iq_vcard card = {.uid = iq_str(iq_arena_printf(&cli->arena, "contact/%.*s@%s",
					      IQ_STR_ARG(iq_rec_text(rec, IQ_COL_ID)), c->host)),
		.name = iq_rec_text(rec, IQ_CONTACT_NAME),
		.institution = iq_str(iq_circle_name(cli, IQ_INSTITUTION, institution)),
		.function = iq_rec_text(rec, IQ_CONTACT_FUNCTION),
		.phone = iq_rec_text(rec, IQ_CONTACT_PHONE),
		.email = iq_rec_text(rec, IQ_CONTACT_EMAIL),
		.languages = rec->col[IQ_CONTACT_LANGUAGES].v,
		.nlanguages = rec->col[IQ_CONTACT_LANGUAGES].n,
		.visibility = iq_rec_text(rec, IQ_CONTACT_VISIBILITY)};

	/* a function without a name is not somebody to be put into an address book */
	if (card.name.n > 0 && iq_vcard_write(&c->buf, &card))
		c->n++;
}

static enum iq_err ask_contact(struct cards *c, struct iq_call *call, const char *id)
{
	struct iq_cli *cli = c->cli;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GetRequest q = IQ__V1__GET_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_rec rec = {.kind = IQ_CONTACT};
	char kind[] = "contact";

	q.kind = kind;
	q.id = iq_arena_cstr(&cli->arena, iq_str(id));
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_GET;
	rq.get = &q;
	enum iq_err err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);

	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_GET);
	if (err == IQ_ERR_NOT_FOUND) { /* not for the caller */
		iq_error_init(&cli->error, &cli->arena);
		return IQ_OK;
	}
	if (err != IQ_OK)
		return err;
	if (rs->get->because[0] != '\0') {
		c->because = rs->get->because;
		c->withheld++;
	}
	if (rs->get->record != NULL && iq_codec_from_record(&rec, rs->get->record, &cli->arena) &&
		rec.kind == IQ_CONTACT)
		write_card(c, &rec);
	return IQ_OK;
}

static enum iq_err ask_contacts(struct cards *c)
{
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(c->cli, false, &call);

	for (size_t i = 0; err == IQ_OK && i < c->ncontacts; i++)
		err = ask_contact(c, call, c->contact[i]);
	iq_session_close(call);
	return iq_explain_login(c->cli, err);
}

static enum iq_err finish(struct cards *c)
{
	struct iq_cli *cli = c->cli;
	const char *path = iq_opt(cli, IQ_OPT_OUTPUT);
	enum iq_err err = c->buf.failed ? IQ_ERR_INTERNAL : IQ_OK;

	if (err == IQ_OK && c->n > 0 && path != NULL && strcmp(path, "-") != 0) {
		err = iq_write_file(cli, path, (struct iq_str){(char *)c->buf.p, c->buf.n});
		if (err == IQ_OK)
			iq_note(cli, _("%s: %zu cards."), path, c->n);
	} else if (err == IQ_OK) {
		iq_buf_add(&cli->out, c->buf.p, c->buf.n);
	}
	if (err == IQ_OK && c->because != NULL)
		iq_because_note(cli, c->because, c->withheld);
	if (err == IQ_OK && c->n == 0) {
		iq_note(cli, "%s", _("There is nobody whose name is shown to you."));
		err = IQ_ERR_NOT_FOUND;
	}
	return err;
}

enum iq_err iq_cards_workshop(struct iq_cli *cli, const char *word)
{
	struct cards c = {.cli = cli};
	struct iq_profile profile;
	struct iq_rec workshop;
	enum iq_err err;

	if (cli->format == IQ_FORMAT_JSON || cli->format == IQ_FORMAT_CSV)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--vcard excludes --json and --csv: cards are a format of their own."),
			NULL, NULL);
	err = iq_profile_open(cli, &profile);
	if (err == IQ_OK)
		err = iq_circle_meant(cli, word, &workshop);
	if (err != IQ_OK)
		return err;
	c.host = iq_arena_cstr(&cli->arena, iq_str(profile.host));
	iq_buf_init(&c.buf, 0);
	err = find_contacts(&c, iq_circle_cell(cli, &workshop, "id"));
	if (err == IQ_OK)
		err = ask_contacts(&c);
	if (err == IQ_OK)
		err = finish(&c);
	iq_buf_free(&c.buf);
	return err;
}
