/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The change feed at the client. The first byte says what the rest is: 'r' answers of a server
 * (frames), taken as they come; 'f' a file with a view, read and, if it was, saved and read again;
 * 'c' a cookie as text.
 */
#include <fcntl.h>

#include "bounds.h"
#include "codec.h"
#include "feed.h"
#include "frame.h"
#include "mutate.h"
#include "prescan.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[64], file[128];
static struct iq_cli cli;

static void end(void)
{
	unlink(file);
	rmdir(dir);
}

static void begin(void)
{
	scratch_make(dir);
	snprintf(file, sizeof(file), "%s/view", dir);
	atexit(end);
}

static void tell(void *arg, const struct iq_feed_change *c)
{
	json_t *o = iq_feed_json(&cli, c);

	(void)arg;
	require(c->kind != NULL && c->id != NULL && o != NULL);
	json_decref(o);
	iq_feed_line(&cli, c);
}

static bool take(struct iq_feed_view *v, struct iq_str body)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&cli.arena);
	const char *why;
	bool again = false;

	if (iq_prescan(&iq__v1__response__descriptor, body, &iq_prescan_response, &why) != IQ_OK)
		return false;
	const Iq__V1__Response *r =
		iq__v1__response__unpack(&allocator, body.n, (const uint8_t *)body.p);

	require(r != NULL);
	if (r->result_case != IQ__V1__RESPONSE__RESULT_CHANGES)
		return true;
	return iq_feed_take(v, r->changes, &again) == IQ_OK;
}

static void answers(struct iq_str in)
{
	struct iq_feed_view v;
	struct iq_str body;

	iq_feed_view_init(&v, &cli);
	v.whole = in.n % 2 == 0;
	v.tell = tell;
	while (iq_frame_peek(in, IQ_LIMIT_ANSWER_MAX, &body) == IQ_FRAME_READY && take(&v, body)) {
		in.p += IQ_FRAME_HEADER + body.n;
		in.n -= IQ_FRAME_HEADER + body.n;
	}
	iq_feed_view_free(&v);
}

static void view(struct iq_str text)
{
	struct iq_feed_view v, again;
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
	close(fd);
	iq_feed_view_init(&v, &cli);
	iq_feed_view_init(&again, &cli);
	v.whole = again.whole = true;
	if (iq_feed_load(&v, file) == IQ_OK) {
		require(iq_feed_save(&v, file) == IQ_OK);
		require(iq_feed_load(&again, file) == IQ_OK);
		require(json_equal(v.records, again.records));
		require(v.cookie.n == again.cookie.n &&
			(v.cookie.n == 0 || memcmp(v.cookie.p, again.cookie.p, v.cookie.n) == 0));
	} else {
		require(cli.error.code == IQ_ERR_USAGE);
	}
	iq_feed_view_free(&v);
	iq_feed_view_free(&again);
}

static void cookie(struct iq_str in)
{
	const char *text = iq_arena_cstr(&cli.arena, in);
	struct iq_buf b, again;

	iq_buf_init(&b, 0);
	iq_buf_init(&again, 0);
	if (text != NULL && iq_feed_cookie_parse(&cli, text, &b) == IQ_OK) {
		require(iq_feed_cookie_parse(&cli, iq_feed_cookie_text(&cli, &b), &again) == IQ_OK);
		require(b.n == again.n && (b.n == 0 || memcmp(b.p, again.p, b.n) == 0));
	}
	iq_buf_free(&b);
	iq_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (dir[0] == '\0')
		begin();
	if (n == 0)
		return 0;
	struct iq_str rest = {(const char *)data + 1, n - 1};

	memset(&cli, 0, sizeof(cli));
	iq_arena_init(&cli.arena, 0);
	iq_buf_init(&cli.out, 0);
	iq_error_init(&cli.error, &cli.arena);
	if (data[0] == 'r')
		answers(rest);
	else if (data[0] == 'f')
		view(rest);
	else if (data[0] == 'c')
		cookie(rest);
	iq_buf_free(&cli.out);
	iq_arena_free(&cli.arena);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	return n > 0 && data[0] == 'r' ? mutate_frames(data, n, max, 1, seed)
				       : LLVMFuzzerMutate(data, n, max);
}
