/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

json_t *iq_json_str(struct iq_str s)
{
	json_t *v = json_stringn(s.n ? s.p : "", s.n);

	if (v == NULL) { /* not UTF-8: show what can be shown */
		struct iq_buf b;

		iq_buf_init(&b, 0);
		iq_utf8_escape(&b, s);
		v = json_stringn(b.n ? (char *)b.p : "", b.n);
		iq_buf_free(&b);
	}
	return v;
}

json_t *iq_json_or_null(struct iq_str s)
{
	return s.n ? iq_json_str(s) : json_null();
}

json_t *iq_json_set(struct iq_str s, char sep)
{
	json_t *a = json_array();
	struct iq_str part;

	while (s.n > 0 && iq_str_cut(&s, sep, &part))
		if (part.n > 0)
			json_array_append_new(a, iq_json_str(part));
	return a;
}

json_t *iq_json_strings(char **v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, iq_json_c(v[i]));
	return a;
}

/* jansson escapes C0 controls only; what else could confuse a terminal is escaped here. */
static void add_escaped(struct iq_buf *out, struct iq_str s)
{
	while (s.n > 0) {
		struct iq_str at = s;
		uint32_t c = iq_utf8_next(&s);

		if (c < 0x80 || !iq_utf8_is_control(c))
			iq_buf_add(out, at.p, at.n - s.n);
		else if (c < 0x10000)
			iq_buf_printf(out, "\\u%04x", c);
		else
			iq_buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				0xdc00 + ((c - 0x10000) & 0x3ff));
	}
}

static void print(struct iq_buf *out, json_t *root, size_t flags)
{
	char *text = json_dumps(root, flags);

	if (text == NULL)
		out->failed = true;
	else
		add_escaped(out, iq_str(text));
	iq_buf_byte(out, '\n');
	free(text);
	json_decref(root);
}

void iq_json_print(struct iq_cli *cli, json_t *root)
{
	print(&cli->out, root, cli->tty_out ? JSON_INDENT(2) : JSON_COMPACT);
}

void iq_json_line(struct iq_buf *out, json_t *root)
{
	print(out, root, JSON_COMPACT);
}

static bool known_field(json_t *items, const char *field)
{
	size_t i;
	json_t *item;

	if (json_array_size(items) == 0)
		return true;
	json_array_foreach(items, i, item)
	{
		if (json_object_get(item, field) != NULL)
			return true;
	}
	return false;
}

static const char *field_names(struct iq_cli *cli, json_t *item)
{
	const char *key, *all = "";
	json_t *value;

	json_object_foreach(item, key, value)
	{
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? ", " : "", key);
	}
	return all;
}

enum iq_err iq_json_pick(struct iq_cli *cli, json_t *items)
{
	struct iq_str rest = iq_str(iq_opt(cli, IQ_OPT_JSON)), part;
	const char *fields[64];
	size_t n = 0, i;
	json_t *item;

	while (rest.n > 0 && n < 64 && iq_str_cut(&rest, ',', &part)) {
		if (part.n == 0)
			continue;
		fields[n] = iq_arena_cstr(&cli->arena, part);
		if (!known_field(items, fields[n]))
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("There is no field \"{0}\" here."), N_("Fields: {1}"), fields[n],
				field_names(cli, json_array_get(items, 0)), NULL);
		n++;
	}
	if (n == 0)
		return IQ_OK;
	json_array_foreach(items, i, item)
	{
		json_t *less = json_object();

		for (size_t f = 0; f < n; f++) {
			json_t *value = json_object_get(item, fields[f]);

			if (value != NULL)
				json_object_set(less, fields[f], value);
		}
		json_array_set_new(items, i, less);
	}
	return IQ_OK;
}

enum iq_err iq_json_list_with(struct iq_cli *cli, uint64_t revision, json_t *items, uint64_t total,
	const char *key, json_t *more)
{
	enum iq_err err = iq_json_pick(cli, items);

	if (err != IQ_OK) {
		json_decref(items);
		json_decref(more);
		return err;
	}
	json_t *root = json_object();

	json_object_set_new(root, "revision", json_integer((json_int_t)revision));
	json_object_set_new(root, "items", items);
	json_object_set_new(root, "total", json_integer((json_int_t)total));
	if (more != NULL)
		json_object_set_new(root, key, more);
	iq_json_print(cli, root);
	return IQ_OK;
}

enum iq_err iq_json_list(struct iq_cli *cli, uint64_t revision, json_t *items, uint64_t total)
{
	return iq_json_list_with(cli, revision, items, total, NULL, NULL);
}
