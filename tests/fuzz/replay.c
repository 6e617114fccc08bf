/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over every file of the folders and files given, without libFuzzer.
 *
 * --blind N SEED: after that N times over inputs made of these at random, not guided by coverage:
 * many executions in the build that is shipped. The input that ended it is in "crash-SEED".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
/* What a target may have beside it, and what libFuzzer would offer to that. */
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(
	uint8_t *data, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
/* Of a sanitizer: it says itself what happened, and ends the process. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

enum { ROOM = 8192, CHANGES = 6, SHARE_MAX = 1000 };

struct input {
	uint8_t *p;
	size_t n;
	uint64_t ns;   /* what it took */
	size_t before; /* shares of those before it */
};

static struct input *inputs;
static size_t ninputs, shares;
static uint64_t state = 1;
static uint8_t current[ROOM];
static volatile size_t ncurrent;
static char crash_file[64];

/* ---- replaying ------------------------------------------------------------------------------ */

static void keep(uint8_t *p, size_t n, uint64_t ns)
{
	struct input *more = realloc(inputs, (ninputs + 1) * sizeof(*more));

	if (more == NULL)
		exit(1);
	inputs = more;
	inputs[ninputs++] = (struct input){.p = p, .n = n, .ns = ns};
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Nanoseconds; the first time counts nothing: it sets things up. */
static uint64_t run_twice(const uint8_t *p, size_t n)
{
	LLVMFuzzerTestOneInput(p, n);
	uint64_t begin = now_ns();

	LLVMFuzzerTestOneInput(p, n);
	return now_ns() - begin;
}

static void run_file(const char *path, bool inside)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (f == NULL && inside && errno == ENOENT)
		return; /* a fuzzer that works on the same folder has a better one */
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		perror(path);
		exit(1);
	}
	size_t n = (size_t)st.st_size;
	uint8_t *p = malloc(n ? n : 1);

	if (p == NULL || fread(p, 1, n, f) != n) {
		perror(path);
		exit(1);
	}
	fclose(f);
	keep(p, n, run_twice(p, n));
}

static void run_path(const char *path)
{
	DIR *d = opendir(path);

	if (d == NULL) {
		run_file(path, false);
		return;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char inside[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(inside, sizeof(inside), "%s/%s", path, e->d_name);
		run_file(inside, true);
	}
	closedir(d);
}

/* ---- at random ------------------------------------------------------------------------------ */

static size_t below(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n == 0 ? 0 : (size_t)(state >> 11) % n;
}

static int compare_ns(const void *a, const void *b)
{
	const struct input *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

/* The quicker half have a share each; of the others, those that take twice as long have half. */
static void share_out(void)
{
	qsort(inputs, ninputs, sizeof(*inputs), compare_ns);
	uint64_t middle = inputs[ninputs / 2].ns + 1;

	for (size_t i = 0; i < ninputs; i++) {
		inputs[i].before = shares;
		shares += i < ninputs / 2 ? SHARE_MAX : 1 + SHARE_MAX * middle / (inputs[i].ns + 1);
	}
}

static const struct input *choose(void)
{
	size_t at = below(shares), low = 0, high = ninputs;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (inputs[middle].before <= at)
			low = middle;
		else
			high = middle;
	}
	return &inputs[low];
}

static size_t cut_out(uint8_t *p, size_t n)
{
	size_t at = below(n), len = 1 + below(n - at < 16 ? n - at : 16);

	len = len < n - at ? len : n - at;
	memmove(p + at, p + at + len, n - at - len);
	return n - len;
}

/* Some bytes of another input, or a few of this one, put in between. */
static size_t put_in(uint8_t *p, size_t n, size_t max)
{
	const struct input *from = &inputs[below(ninputs)];
	size_t len = 1 + below(32), start = below(from->n), at = below(n + 1);

	if (from->n == 0)
		return n;
	len = len < from->n - start ? len : from->n - start;
	if (n + len > max)
		return n;
	memmove(p + at + len, p + at, n - at);
	memcpy(p + at, from->p + start, len);
	return n + len;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max)
{
	static const uint8_t odd[] = {
		0, 1, 0x1b, '"', '\n', '\t', ',', ';', '=', '<', 0x7f, 0x80, 0xc3, 0xe2, 0xff};

	for (size_t i = 1 + below(CHANGES); i > 0; i--) {
		switch (n == 0 ? 4 : below(6)) {
		case 0:
			data[below(n)] ^= (uint8_t)(1 << below(8));
			break;
		case 1:
			data[below(n)] = odd[below(sizeof(odd))];
			break;
		case 2:
			data[below(n)] = (uint8_t)(data[below(n)] + below(33) - 16);
			break;
		case 3:
			n = cut_out(data, n);
			break;
		default:
			n = put_in(data, n, max);
			break;
		}
	}
	return n;
}

static void save_current(void)
{
	int fd = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)!write(fd, current, ncurrent);
}

static void on_crash(int number)
{
	save_current();
	signal(number, SIG_DFL);
	raise(number);
}

static void run_blind(unsigned long many, const char *seed)
{
	static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
	time_t begin = time(NULL);

	share_out();
	state = strtoull(seed, NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
	snprintf(crash_file, sizeof(crash_file), "crash-%.40s", seed);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(save_current);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		if (__sanitizer_set_death_callback == NULL || fatal[i] == SIGABRT)
			signal(fatal[i], on_crash);
	for (unsigned long i = 0; i < many; i++) {
		const struct input *from = choose();
		size_t n = from->n < ROOM ? from->n : ROOM;

		if (i % 4096 == 0)
			alarm(600); /* it hangs */
		memcpy(current, from->p, n);
		ncurrent = n;
		if (LLVMFuzzerCustomMutator != NULL)
			n = LLVMFuzzerCustomMutator(current, n, ROOM, (unsigned)below(1U << 31));
		else
			n = LLVMFuzzerMutate(current, n, ROOM);
		ncurrent = n;
		uint8_t *exact = malloc(n ? n : 1); /* so that reading behind it is found */

		if (exact == NULL)
			exit(1);
		memcpy(exact, current, n);
		LLVMFuzzerTestOneInput(exact, n);
		free(exact);
	}
	printf("%lu blind executions in %ld s\n", many, (long)(time(NULL) - begin));
}

int main(int argc, char **argv)
{
	const char *seed = "1";
	unsigned long many = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--blind") == 0 && i + 2 < argc) {
			many = strtoul(argv[++i], NULL, 10);
			seed = argv[++i];
		} else {
			run_path(argv[i]);
		}
	}
	printf("%zu inputs\n", ninputs);
	if (ninputs > 0 && many > 0)
		run_blind(many, seed);
	for (size_t i = 0; i < ninputs; i++)
		free(inputs[i].p);
	free(inputs);
	return ninputs == 0;
}
