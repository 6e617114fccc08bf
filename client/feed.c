/* SPDX-License-Identifier: Apache-2.0 */
/* What a consumer of the change feed holds, and how answers change it. */
#include "feed.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "model.h"
#include "record.h"

enum { ATTEMPTS = 5, HASH = 16 };

void iq_feed_view_init(struct iq_feed_view *v, struct iq_cli *cli)
{
	*v = (struct iq_feed_view){.cli = cli, .keeps = true, .records = json_object()};
	iq_buf_init(&v->cookie, 0);
}

void iq_feed_view_free(struct iq_feed_view *v)
{
	json_decref(v->records);
	json_decref(v->fresh);
	iq_buf_free(&v->cookie);
}

enum iq_err iq_feed_query(struct iq_cli *cli, Iq__V1__ChangesRequest *q)
{
	const struct iq_opt_values *kinds = &cli->opt[IQ_OPT_KIND];

	iq__v1__changes_request__init(q);
	q->region = iq_opt_text(cli, IQ_OPT_REGION);
	q->institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	q->task = iq_opt_text(cli, IQ_OPT_TASK);
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	q->kinds = iq_arena_array(&cli->arena, kinds->n + 1, sizeof(*q->kinds));
	for (size_t i = 0; q->kinds != NULL && i < kinds->n; i++) {
		int kind;
		enum iq_err err = iq_word_to_kind(cli, kinds->v[i], &kind);

		if (err != IQ_OK)
			return err;
		q->kinds[q->n_kinds++] = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	}
	return IQ_OK;
}

/* ---- cookies -------------------------------------------------------------------------------- */

const char *iq_feed_cookie_text(struct iq_cli *cli, const struct iq_buf *cookie)
{
	size_t n = sodium_base64_ENCODED_LEN(cookie->n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *text = iq_arena_alloc(&cli->arena, n);

	if (text == NULL)
		return "";
	return sodium_bin2base64(
		text, n, cookie->p, cookie->n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum iq_err iq_feed_cookie_parse(struct iq_cli *cli, const char *text, struct iq_buf *out)
{
	size_t n = strlen(text), bytes = 0;

	iq_buf_reset(out, SIZE_MAX);
	uint8_t *p = iq_buf_room(out, n + 1);

	if (p == NULL || sodium_base642bin(p, n + 1, text, n, NULL, &bytes, NULL,
				 sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" is no cookie of an earlier answer."),
			N_("Begin with: iqq changes --since now"), text, NULL);
	out->n = bytes;
	return IQ_OK;
}

/* ---- the view ------------------------------------------------------------------------------- */

static const char *key_of(struct iq_cli *cli, const char *kind, const char *id)
{
	const char *key = iq_arena_printf(&cli->arena, "%s/%s", kind, id);

	return key != NULL ? key : "";
}

static json_t *record_of(struct iq_cli *cli, const Iq__V1__Record *msg)
{
	struct iq_rec rec = {0};

	if (msg == NULL || !iq_codec_from_record(&rec, msg, &cli->arena))
		return json_null();
	return iq_record_json(&rec);
}

/* What stands for the record in the view. */
static json_t *kept(const struct iq_feed_view *v, const Iq__V1__Record *msg)
{
	json_t *record = record_of(v->cli, msg);
	char hex[2 * HASH + 1] = "";
	uint8_t hash[HASH];

	if (v->whole)
		return record;
	char *text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);

	if (text != NULL) {
		crypto_generichash(
			hash, sizeof(hash), (const uint8_t *)text, strlen(text), NULL, 0);
		sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	}
	free(text);
	json_decref(record);
	return json_string(hex);
}

static void tell(struct iq_feed_view *v, const struct iq_feed_change *c)
{
	if (v->tell != NULL)
		v->tell(v->arg, c);
}

static void take_upsert(struct iq_feed_view *v, const Iq__V1__Event *e, struct iq_feed_change *c)
{
	const char *key = key_of(v->cli, e->kind, e->id);
	json_t *old = json_object_get(v->records, key), *now;

	c->record = e->record;
	c->what = v->fresh != NULL && !v->keeps ? IQ_FEED_PRESENT
		  : e->added                    ? IQ_FEED_ADDED
						: IQ_FEED_CHANGED;
	if (v->fresh != NULL)
		json_object_set_new(v->fresh, key, json_true());
	if (!v->keeps) {
		tell(v, c);
		return;
	}
	now = kept(v, e->record);
	if (old == NULL)
		c->what = IQ_FEED_ADDED;
	else
		c->what = IQ_FEED_CHANGED;
	if (old == NULL || !json_equal(old, now))
		tell(v, c);
	json_object_set_new(v->records, key, now);
}

static void take_event(struct iq_feed_view *v, const Iq__V1__Event *e)
{
	struct iq_feed_change c = {
		.kind = e->kind, .id = e->id, .revision = e->revision, .time = e->time};
	const char *key = key_of(v->cli, e->kind, e->id);

	if (strcmp(e->what, "upsert") == 0) {
		take_upsert(v, e, &c);
		return;
	}
	c.what = strcmp(e->what, "tombstone") == 0 ? IQ_FEED_REMOVED : IQ_FEED_WITHDRAWN;
	if (v->fresh != NULL)
		json_object_del(v->fresh, key);
	if (!v->keeps || json_object_get(v->records, key) != NULL)
		tell(v, &c);
	json_object_del(v->records, key);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys in byte order of "kind/id\n"; n is their number. NULL without memory. */
static const char **sorted_keys(json_t *o, size_t *n)
{
	const char **keys = malloc((json_object_size(o) + 1) * sizeof(*keys)), *key;
	json_t *value;

	*n = 0;
	json_object_foreach(o, key, value)
	{
		if (keys != NULL)
			keys[(*n)++] = key;
	}
	/* An id that begins another comes first, with '\n' behind it as with NUL. */
	if (keys != NULL)
		qsort(keys, *n, sizeof(*keys), by_name);
	return keys;
}

/* What is held is what the server says there is. */
static bool complete(json_t *keys, const Iq__V1__ChangesResponse *r)
{
	crypto_hash_sha256_state s;
	uint8_t digest[crypto_hash_sha256_BYTES];
	size_t n;
	const char **sorted = sorted_keys(keys, &n);

	if (sorted == NULL)
		return false;
	crypto_hash_sha256_init(&s);
	for (size_t i = 0; i < n; i++) {
		crypto_hash_sha256_update(&s, (const uint8_t *)sorted[i], strlen(sorted[i]));
		crypto_hash_sha256_update(&s, (const uint8_t *)"\n", 1);
	}
	crypto_hash_sha256_final(&s, digest);
	free(sorted);
	return r->counted && r->count == n && r->digest.len == sizeof(digest) &&
	       memcmp(r->digest.data, digest, sizeof(digest)) == 0;
}

/* After a refresh: what was not told is not there for the caller any more. */
static void drop_rest(struct iq_feed_view *v)
{
	size_t n;
	const char **keys = sorted_keys(v->records, &n);

	for (size_t i = 0; i < n; i++) {
		if (json_object_get(v->fresh, keys[i]) != NULL)
			continue;
		const char *slash = strchr(keys[i], '/');
		struct iq_feed_change c = {.what = IQ_FEED_WITHDRAWN,
			.kind = iq_arena_cstr(&v->cli->arena,
				(struct iq_str){keys[i], (size_t)(slash - keys[i])}),
			.id = iq_arena_cstr(&v->cli->arena, iq_str(slash + 1))};

		json_object_del(v->records, key_of(v->cli, c.kind, c.id));
		tell(v, &c);
	}
	free(keys);
}

/* All that was to be told was. */
static enum iq_err settle(struct iq_feed_view *v, const Iq__V1__ChangesResponse *r, bool *again)
{
	bool good = !v->keeps || !r->counted || complete(v->fresh ? v->fresh : v->records, r);

	if (good && v->fresh != NULL && v->keeps)
		drop_rest(v);
	json_decref(v->fresh);
	v->fresh = NULL;
	if (good) {
		v->attempts = 0;
		return IQ_OK;
	}
	/* Nothing is deleted then, and everything is told once more. */
	if (++v->attempts == ATTEMPTS)
		return iq_error_set(&v->cli->error, IQ_ERR_BUSY,
			N_("What was received does not match what the server holds."),
			N_("Try again; if it stays so, tell the operator."), NULL);
	v->cookie.n = 0;
	*again = true;
	return IQ_OK;
}

enum iq_err iq_feed_take(struct iq_feed_view *v, const Iq__V1__ChangesResponse *r, bool *again)
{
	if (r->because[0] != '\0') { /* a refresh begins */
		json_decref(v->fresh);
		v->fresh = json_object();
	}
	for (size_t i = 0; i < r->n_events; i++)
		take_event(v, r->events[i]);
	v->revision = r->revision;
	v->withheld += r->withheld;
	if (r->withheld > 0)
		v->because = strcmp(r->withheld_because, "quota") == 0 ? "quota" : "audit";
	iq_buf_reset(&v->cookie, SIZE_MAX);
	iq_buf_add(&v->cookie, r->cookie.data, r->cookie.len);
	*again = r->more;
	return r->more ? IQ_OK : settle(v, r, again);
}

enum iq_err iq_feed_follow(struct iq_feed_view *v, struct iq_call *call, Iq__V1__ChangesRequest *q,
	struct iq_arena *scratch)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	bool again = true;
	enum iq_err err = IQ_OK;

	rq.op_case = IQ__V1__REQUEST__OP_CHANGES;
	rq.changes = q;
	while (err == IQ_OK && again) {
		iq_arena_reset(scratch);
		q->cookie = (ProtobufCBinaryData){v->cookie.n, v->cookie.p};
		err = iq_call(call, &rq, scratch, &rs, &v->cli->error);
		if (err == IQ_OK)
			err = iq_expect(v->cli, rs, IQ__V1__RESPONSE__RESULT_CHANGES);
		if (err == IQ_OK)
			err = iq_feed_take(v, rs->changes, &again);
	}
	return err;
}

/* ---- files ---------------------------------------------------------------------------------- */

enum iq_err iq_feed_bad_file(struct iq_cli *cli, const char *path, size_t line)
{
	return iq_error_set(&cli->error, IQ_ERR_USAGE,
		N_("{0}, line {1}: this is not a file that iqq wrote."),
		N_("Name another file, or delete this one: then everything is told anew."), path,
		iq_arena_printf(&cli->arena, "%zu", line), NULL);
}

static bool load_line(struct iq_feed_view *v, const json_t *o, size_t line, enum iq_err *err)
{
	const char *cookie = json_string_value(json_object_get(o, "cookie"));
	const char *kind = json_string_value(json_object_get(o, "kind"));
	const char *id = json_string_value(json_object_get(o, "id"));
	json_t *value = json_object_get(o, v->whole ? "record" : "hash");

	if (line == 1) {
		if (cookie != NULL)
			*err = iq_feed_cookie_parse(v->cli, cookie, &v->cookie);
		return cookie != NULL;
	}
	if (kind == NULL || id == NULL || value == NULL)
		return false;
	return json_object_set(v->records, key_of(v->cli, kind, id), value) == 0;
}

enum iq_err iq_feed_load(struct iq_feed_view *v, const char *path)
{
	struct iq_str text, line;
	enum iq_err err = IQ_OK;
	size_t n = 0;

	if (!iq_read_file(v->cli, path, &text))
		return IQ_OK; /* none yet; whether it can be written shows when it is */
	while (err == IQ_OK && text.n > 0 && iq_str_cut(&text, '\n', &line)) {
		if (line.n == 0)
			continue;
		json_t *o = json_loadb(line.p, line.n, 0, NULL);

		if (!load_line(v, o, ++n, &err))
			err = iq_feed_bad_file(v->cli, path, n);
		json_decref(o);
	}
	return err;
}

enum iq_err iq_feed_save(struct iq_feed_view *v, const char *path)
{
	struct iq_buf b;
	size_t n;
	const char **keys = sorted_keys(v->records, &n);
	json_t *head = json_object();
	enum iq_err err;

	iq_buf_init(&b, 0);
	json_object_set_new(head, "cookie", json_string(iq_feed_cookie_text(v->cli, &v->cookie)));
	json_object_set_new(head, "revision", json_integer((json_int_t)v->revision));
	json_object_set_new(head, "records", json_integer((json_int_t)n));
	iq_json_line(&b, head);
	for (size_t i = 0; keys != NULL && i < n; i++) {
		const char *slash = strchr(keys[i], '/');
		json_t *o = json_object();

		json_object_set_new(o, "kind", json_stringn(keys[i], (size_t)(slash - keys[i])));
		json_object_set_new(o, "id", json_string(slash + 1));
		json_object_set(
			o, v->whole ? "record" : "hash", json_object_get(v->records, keys[i]));
		iq_json_line(&b, o);
	}
	if (b.failed || keys == NULL)
		v->cli->out.failed = true;
	free(keys);
	err = iq_write_file(v->cli, path, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
	return err;
}
