/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iqd.conf: whatever is read is taken, or refused with the line; what was taken, written out and
 * read again, is the same.
 */
#include <stdlib.h>

#include "settings.h"
#include "utf8.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_all(const struct iq_conf *c, struct iq_buf *out)
{
	iq_buf_str(out, IQ_STR("[server]\n"));
	for (size_t i = 0; iq_conf_option(i) != NULL; i++) {
		if ((c->given & 1u << i) == 0)
			continue;
		iq_buf_printf(out, "%s = ", iq_conf_option(i)->name);
		iq_conf_value(c, i, out);
		iq_buf_byte(out, '\n');
	}
	require(!out->failed);
}

static void round_trip(const struct iq_conf *c, struct iq_error *error)
{
	struct iq_buf first, second;
	struct iq_conf again;

	iq_buf_init(&first, 0);
	iq_buf_init(&second, 0);
	write_all(c, &first);
	require(iq_conf_parse(&again, "f", (struct iq_str){(char *)first.p, first.n}, error) ==
		IQ_OK);
	write_all(&again, &second);
	require(again.given == c->given && first.n == second.n &&
		memcmp(first.p, second.p, first.n) == 0);
	iq_buf_free(&first);
	iq_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_str text = {(const char *)data, n};
	struct iq_conf conf;
	struct iq_arena arena;
	struct iq_error error;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_conf_parse(&conf, "iqd.conf", text, &error) == IQ_OK)
		round_trip(&conf, &error);
	else
		require(error.code == IQ_ERR_USAGE && error.text != NULL);
	iq_arena_free(&arena);
	return 0;
}
