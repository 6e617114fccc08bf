/* SPDX-License-Identifier: Apache-2.0 */
/* What the running daemon can take up anew: settings, certificates, levels of the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_priv.h"
#include "i18n.h"
#include "log.h"
#include "notify.h"
#include "upkeep.h"

const char *iq_daemon_say(const struct iq_error *e)
{
	const char *text = e->text ? e->text : "failed";

	return e->arena ? iq_text_fill(e->arena, text, e->args, e->nargs) : text;
}

void iq_daemon_tell_state(const struct iq_daemon *d, const char *ready)
{
	iq_notify("%sSTATUS=Serving %s with %zu workers", ready, d->name, d->nworkers);
}

/* NULL without memory. */
static const char *keep_reasons(struct iq_daemon *d, const char *text)
{
	struct reasons *r = d->reasons;
	size_t n = strlen(text) + 1;

	while (r != NULL && strcmp(r->text, text) != 0)
		r = r->next;
	if (r != NULL)
		return r->text;
	r = malloc(sizeof(*r) + n);
	if (r == NULL)
		return NULL;
	memcpy(r->text, text, n);
	r->next = d->reasons;
	d->reasons = r;
	return r->text;
}

enum iq_err iq_daemon_apply(struct iq_daemon *d, const struct iq_conf *conf, struct iq_error *error)
{
	const char *reasons = keep_reasons(d, conf->reasons);

	if (reasons == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	d->svc.anonymous = conf->anonymous;
	d->svc.reasons = reasons;
	iq_log_set(&conf->log);
	if (d->svc.audit != NULL)
		iq_audit_limit(d->svc.audit, conf->quota);
	return IQ_OK;
}

static void warn_waiting(const struct iq_conf *old, const struct iq_conf *fresh)
{
	struct iq_buf names;

	iq_buf_init(&names, 0);
	iq_setup_waiting(old, fresh, &names);
	if (names.n > 0)
		iq_log(IQ_LOG_WARN, "changed, but in force only after the next start: %.*s",
			(int)names.n, (const char *)names.p);
	iq_buf_free(&names);
}

/* Whom only an authority vouched for that is not trusted any more has to go. */
static void swap_keys(struct iq_daemon *d, struct iq_tls_context *fresh)
{
	if (!iq_tls_server_replace(d->tls, fresh))
		return;
	for (size_t i = 0; i < d->nworkers; i++)
		iq_worker_distrust(d->worker[i]);
}

/* What is in force: some settings are those of the start. */
static void keep_conf(struct iq_daemon *d, const struct iq_conf *fresh)
{
	struct iq_conf start = d->conf;

	d->conf = *fresh;
	memcpy(d->conf.name, start.name, sizeof(start.name));
	memcpy(d->conf.listen, start.listen, sizeof(start.listen));
	d->conf.workers = start.workers;
}

/* Everything new is built and checked; only then does it replace what is in force. */
static enum iq_err build_and_swap(struct iq_daemon *d, struct iq_error *error)
{
	struct iq_setup fresh;
	enum iq_err err = iq_setup_read(d->dir, d->svc.pki, &fresh, error);

	if (err != IQ_OK)
		return err;
	/* The last step that can fail. */
	err = iq_daemon_apply(d, &fresh.conf, error);
	if (err != IQ_OK) {
		iq_tls_context_free(fresh.tls);
		return err;
	}
	warn_waiting(&d->conf, &fresh.conf);
	swap_keys(d, fresh.tls);
	keep_conf(d, &fresh.conf);
	return IQ_OK;
}

void iq_daemon_renew(struct iq_daemon *d)
{
	struct iq_setup fresh = {.conf = d->conf};
	struct iq_arena arena;
	struct iq_error error;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_setup_keys(d->dir, d->svc.pki, &fresh, &error) == IQ_OK)
		swap_keys(d, fresh.tls);
	else
		iq_log(IQ_LOG_ERROR, "certificates and keys of yesterday stay in force: %s",
			iq_daemon_say(&error));
	iq_arena_free(&arena);
}

enum iq_err iq_daemon_reload(struct iq_daemon *d, struct iq_error *error)
{
	iq_notify_reloading();
	enum iq_err err = build_and_swap(d, error);

	if (err == IQ_OK) {
		iq_log(IQ_LOG_INFO, "the configuration was read again and is in force");
		iq_daemon_tell_state(d, "READY=1\n");
		return IQ_OK;
	}
	const char *why = iq_daemon_say(error);
	char status[512];

	iq_log(IQ_LOG_ERROR, "not reloaded, the old configuration stays in force: %s", why);
	snprintf(status, sizeof(status), "Not reloaded, the old configuration stays in force: %s",
		why);
	iq_notify_status("READY=1\n", status);
	return err;
}

/* Sets levels if there are any; all that are in force then. */
static enum iq_err log_level(
	struct iq_str wanted, char text[static IQ_LOG_LEVELS_TEXT], struct iq_error *error)
{
	struct iq_log_levels levels;
	struct iq_str bad;

	iq_log_present(&levels);
	if (wanted.n > 0) {
		if (!iq_log_levels_read(wanted, &levels, &bad))
			return iq_error_set(error, IQ_ERR_USAGE,
				N_("“{0}” is not a level of the log."),
				N_("Levels are error, warning, info and debug; parts are server, "
				   "request, ops, writer, store, audit and pki, for example: info "
				   "writer=debug"),
				iq_arena_cstr(error->arena, bad), NULL);
		iq_log_set(&levels);
		iq_log_levels_text(&levels, text);
		iq_log(IQ_LOG_INFO, "log levels are now: %s", text);
	}
	iq_log_levels_text(&levels, text);
	return IQ_OK;
}

void iq_daemon_serve(void *ctx, int peer, const char **column, size_t n)
{
	struct iq_daemon *d = ctx;
	char levels[IQ_LOG_LEVELS_TEXT];
	const char *answer[] = {levels};
	struct iq_arena arena;
	struct iq_error error;
	size_t nanswer = 0;

	if (iq_upkeep_serve(&d->svc, peer, column, n))
		return;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (n == 1 && strcmp(column[0], "reload") == 0) {
		(void)iq_daemon_reload(d, &error);
	} else if (n <= 2 && strcmp(column[0], "log-level") == 0) {
		(void)log_level(iq_str(n == 2 ? column[1] : ""), levels, &error);
		nanswer = 1;
	} else {
		iq_error_set(&error, IQ_ERR_UNSUPPORTED,
			N_("The running server is of another version and does not know this."),
			N_("Start it again: systemctl restart iqd"), NULL);
	}
	if (error.code == IQ_OK)
		iq_control_ok(peer, answer, nanswer);
	else
		iq_control_error(peer, &error);
	iq_arena_free(&arena);
}

void iq_daemon_forget(struct iq_daemon *d)
{
	while (d->reasons != NULL) {
		struct reasons *r = d->reasons;

		d->reasons = r->next;
		free(r);
	}
}
