/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling of durable updates: LMDB in process, no network, no index, no journal. Threads hand
 * one update of one row each to whoever commits next, as the product's writer gets them; every
 * commit is durable. Prints one JSON line.
 *
 *   bench_lmdb DIR ROWS THREADS SECONDS
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROW = 256, GROUP = 32, THREADS_MAX = 64, LOAD_STEP = 10000 };
#define MAP_SIZE ((size_t)8 << 30)

struct update {
	uint32_t row;
	bool done;
	struct update *next;
};

static MDB_env *env;
static MDB_dbi rows_db;
static uint32_t rows;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct update *first, **end = &first;
static bool committing, stopping;
static unsigned long done, commits;

static void must(int rc, const char *what)
{
	if (rc != 0) {
		fprintf(stderr, "bench_lmdb: %s: %s\n", what, mdb_strerror(rc));
		exit(1);
	}
}

static void put(MDB_txn *t, uint32_t row, unsigned long value)
{
	char text[ROW];
	MDB_val k = {sizeof(row), &row}, v = {sizeof(text), text};

	memset(text, 'x', sizeof(text));
	snprintf(text, sizeof(text), "Stand %lu", value);
	must(mdb_put(t, rows_db, &k, &v, 0), "mdb_put");
}

static void load(const char *dir)
{
	MDB_txn *t;
	MDB_stat st;

	must(mdb_env_create(&env), "mdb_env_create");
	must(mdb_env_set_mapsize(env, MAP_SIZE), "mdb_env_set_mapsize");
	must(mdb_env_open(env, dir, 0, 0600), dir);
	must(mdb_txn_begin(env, NULL, 0, &t), "mdb_txn_begin");
	must(mdb_dbi_open(t, NULL, MDB_INTEGERKEY, &rows_db), "mdb_dbi_open");
	must(mdb_stat(t, rows_db, &st), "mdb_stat");
	for (uint32_t i = 0; st.ms_entries == 0 && i < rows; i++) {
		put(t, i, i);
		if ((i + 1) % LOAD_STEP == 0) {
			must(mdb_txn_commit(t), "mdb_txn_commit");
			must(mdb_txn_begin(env, NULL, 0, &t), "mdb_txn_begin");
		}
	}
	must(mdb_txn_commit(t), "mdb_txn_commit");
}

/* With the lock held, which is let go while the commit takes its time. */
static void commit(void)
{
	struct update *group[GROUP];
	size_t n = 0;
	MDB_txn *t;

	committing = true;
	while (first != NULL && n < GROUP) {
		group[n++] = first;
		first = first->next;
	}
	if (first == NULL)
		end = &first;
	pthread_mutex_unlock(&lock);
	must(mdb_txn_begin(env, NULL, 0, &t), "mdb_txn_begin");
	for (size_t i = 0; i < n; i++)
		put(t, group[i]->row, commits);
	must(mdb_txn_commit(t), "mdb_txn_commit");
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n; i++)
		group[i]->done = true;
	done += n;
	commits++;
	committing = false;
	pthread_cond_broadcast(&changed);
}

static void *client(void *arg)
{
	unsigned x = 12345 + 7919 * (unsigned)(uintptr_t)arg;

	pthread_mutex_lock(&lock);
	while (!stopping) {
		x = x * 1103515245 + 12345;
		struct update u = {.row = (x >> 8) % rows};

		*end = &u;
		end = &u.next;
		while (!u.done) {
			if (committing)
				pthread_cond_wait(&changed, &lock);
			else
				commit();
		}
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int n = argc == 5 ? atoi(argv[3]) : 0;
	double seconds = argc == 5 ? atof(argv[4]) : 0, start;
	pthread_t threads[THREADS_MAX];

	rows = argc == 5 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	if (n < 1 || n > THREADS_MAX || rows == 0 || !(seconds > 0)) {
		fprintf(stderr, "usage: bench_lmdb DIR ROWS THREADS SECONDS\n");
		return 2;
	}
	load(argv[1]);
	start = now();
	for (int i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, client, (void *)(uintptr_t)i);
	struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&t, NULL);
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("{\"what\":\"lmdb\",\"clients\":%d,\"qps\":%.0f,\"commits\":%.0f}\n", n,
		(double)done / (now() - start), (double)commits / (now() - start));
	mdb_env_close(env);
	return 0;
}
