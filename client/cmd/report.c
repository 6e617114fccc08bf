/* SPDX-License-Identifier: Apache-2.0 */
/* The interface document of a region, as files. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "past.h"
#include "report_doc.h"
#include "who.h"

/* ---- what is asked for -------------------------------------------------------------------- */

static enum iq_err bad_format(struct iq_cli *cli, struct iq_str word)
{
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("A report cannot be written as \"{0}\"."),
		N_("Formats: html, pdf, xlsx, csv, json, svg, dot; several joined by commas. They "
		   "are written to files, see --dir."),
		iq_arena_cstr(&cli->arena, word), NULL);
}

static enum iq_err read_formats(struct iq_rep *r)
{
	struct iq_cli *cli = r->cli;

	for (size_t i = 0; i < cli->opt[IQ_OPT_OUTPUT].n; i++) {
		struct iq_str rest = iq_str(cli->opt[IQ_OPT_OUTPUT].v[i]), word = rest;

		do {
			if (!iq_str_cut(&rest, ',', &word))
				break;
			int format = iq_choice(iq_rep_formats, word);

			if (format < 0)
				return bad_format(cli, word);
			r->formats |= 1u << format;
		} while (rest.p != NULL);
	}
	if (r->formats == 0)
		r->formats = 1u << IQ_REP_HTML;
	return IQ_OK;
}

static enum iq_err read_edition(struct iq_rep *r)
{
	struct iq_cli *cli = r->cli;
	const char *v = iq_opt(cli, IQ_OPT_EDITION), *recipient = iq_opt(cli, IQ_OPT_RECIPIENT);
	int edition = v != NULL ? iq_choice(iq_rep_editions, iq_str(v)) : IQ_REPORT_PUBLIC;

	if (edition < 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no edition \"{0}\"."),
			N_("Editions: public; partners, members (with confidential contact "
			   "persons)."),
			v, NULL);
	r->edition = iq_rep_editions[edition];
	r->doc.edition = (enum iq_report_edition)edition;
	if (edition == IQ_REPORT_PUBLIC && recipient != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The public edition is for everybody: it names no recipient."),
			N_("Leave --recipient out, or choose --edition partners."), NULL);
	if (edition != IQ_REPORT_PUBLIC && (recipient == NULL || recipient[0] == '\0'))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("An edition with confidential contact persons names its recipient."),
			N_("Say who gets it: --recipient \"Jobcenter Dresden, Erika Mustermann\""),
			NULL);
	return IQ_OK;
}

static enum iq_err read_dates(struct iq_rep *r)
{
	struct iq_cli *cli = r->cli;
	char *at = iq_opt_text(cli, IQ_OPT_AT);
	enum iq_err err = iq_change_date(cli, at, &at);

	r->at = at;
	r->since = iq_opt_text(cli, IQ_OPT_SINCE);
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_SINCE)) {
		const char *since = r->since;

		r->since = iq_opt_text(cli, IQ_OPT_NONE);
		err = iq_read_moment(cli, since, &r->since, &r->since_revision);
	}
	return err;
}

static enum iq_err read_place(struct iq_rep *r)
{
	struct iq_cli *cli = r->cli;

	if (cli->nargs > 0 && iq_opt_given(cli, IQ_OPT_REGION))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The place is given twice: \"{0}\" and --region."), NULL, cli->arg[0],
			NULL);
	r->term = cli->nargs > 0 ? cli->arg[0] : iq_opt_text(cli, IQ_OPT_REGION);
	if (r->term[0] == '\0')
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("A report needs a place."),
			N_("For example: iqq report dresden -o html,pdf"), NULL);
	return IQ_OK;
}

/* Before anything is asked: what is disclosed for a report that cannot be written is on record. */
static enum iq_err check_dir(struct iq_rep *r)
{
	struct iq_cli *cli = r->cli;
	const char *dir;
	struct stat st;

	r->dir = iq_opt_text(cli, IQ_OPT_DIR);
	dir = r->dir[0] != '\0' ? r->dir : ".";
	if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	else if (access(dir, W_OK | X_OK) == 0)
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE,
		N_("Files cannot be written to the folder {0}: {1}."),
		N_("Choose another one with --dir, or make it first."), dir, strerror(errno), NULL);
}

static enum iq_err read_command(struct iq_rep *r)
{
	const char *lang = iq_opt(r->cli, IQ_OPT_LANG);
	enum iq_err err = read_place(r);

	r->lang = r->cli->lang == IQ_LANG_DE ? IQ_REPORT_DE : IQ_REPORT_EN;
	if (lang != NULL && strcmp(lang, "both") == 0)
		r->lang = IQ_REPORT_BOTH;
	if (err == IQ_OK)
		err = read_formats(r);
	if (err == IQ_OK)
		err = read_edition(r);
	if (err == IQ_OK)
		err = read_dates(r);
	return err == IQ_OK ? check_dir(r) : err;
}

/* ---- what was written --------------------------------------------------------------------- */

static enum iq_err show(struct iq_rep *r)
{
	static const struct iq_col cols[] = {
		{"file", N_("File"), IQ_CELL_TEXT, true},
		{"format", N_("Format"), IQ_CELL_TEXT, true},
		{"lang", N_("Language"), IQ_CELL_SET, true},
		{"bytes", N_("Bytes"), IQ_CELL_NUMBER, true},
	};
	struct iq_table t;

	iq_table_init(&t, r->cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < r->nfiles; i++) {
		const struct iq_rep_file *f = &r->file[i];
		const struct iq_str row[] = {iq_str(f->path), iq_str(f->format), iq_str(f->lang),
			r->dry ? (struct iq_str){NULL, 0}
			       : iq_str(iq_arena_printf(
					 &r->cli->arena, "%llu", (unsigned long long)f->bytes))};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->doc.revision, r->nfiles);
}

/* What goes to people in confidence, in one sentence. */
static void remind(struct iq_rep *r)
{
	const char *because = "";
	uint64_t withheld = 0;

	for (size_t i = 0; i < r->npages; i++) {
		const Iq__V1__EditionResponse *page = r->page[i];

		withheld += page->withheld;
		/* what can be helped soonest is said, as by the server */
		if (page->withheld > 0 && (because[0] == '\0' || strcmp(because, "right") == 0))
			because = page->because;
	}
	if (r->doc.edition != IQ_REPORT_PUBLIC)
		iq_note(r->cli, _("For %s only: %zu contact persons, to be destroyed by %s."),
			iq_safe(r->cli, r->doc.recipient).p,
			r->doc.parts[IQ_REPORT_CONTACTS].nlines,
			iq_word_date(r->cli, r->doc.destroy_by.p).p);
	if (withheld > 0)
		iq_because_note(r->cli, because, withheld);
}

/* A dry run: the files, and what would be asked for to fill them. */
static enum iq_err show_plan(struct iq_rep *r)
{
	enum iq_err err;

	r->cli->keep_out = r->cli->format != IQ_FORMAT_JSON;
	err = show(r);
	iq_note(r->cli, _("Nothing was written, and no institution or contact person was asked "
			  "for."));
	if (r->doc.edition != IQ_REPORT_PUBLIC)
		iq_note(r->cli,
			_("Contact persons would be asked for and put on record as disclosed "
			  "to: %s."),
			iq_safe(r->cli, r->doc.recipient).p);
	return err;
}

enum iq_err iq_cmd_report(struct iq_cli *cli)
{
	struct iq_rep r = {.cli = cli,
		.since = iq_opt_text(cli, IQ_OPT_NONE),
		.dry = iq_opt_given(cli, IQ_OPT_DRY_RUN)};
	enum iq_err err = read_command(&r), shown;

	if (err == IQ_OK)
		err = iq_rep_ask(&r);
	if (err != IQ_OK)
		return err;
	iq_rep_fill(&r);
	if (cli->arena.failed)
		return IQ_ERR_INTERNAL;
	err = iq_rep_write(&r);
	if (r.dry)
		return err == IQ_OK ? show_plan(&r) : err;
	if (r.nfiles > 0) {
		cli->keep_out = cli->format != IQ_FORMAT_JSON;
		iq_rep_state_keep(&r);
		shown = err == IQ_OK || cli->keep_out ? show(&r) : IQ_OK;
		err = err == IQ_OK ? shown : err;
		remind(&r);
	}
	return err;
}
