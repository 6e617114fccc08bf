/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_SETUP_H
#define IQ_SERVER_SETUP_H

/*
 * What can be exchanged while the server runs: settings, certificates and keys. It is built and
 * checked as a whole, beside what is in force; then it takes effect, which cannot fail any more.
 */

#include "conf.h"
#include "pki.h"
#include "tls.h"

struct iq_setup {
	struct iq_conf conf;
	struct iq_tls_context *tls;
};

/*
 * Reads the configuration anew, renews the server's certificate if it is time, and reads all keys
 * and certificates. Main thread; out is only valid on IQ_OK.
 */
IQ_CHECK enum iq_err iq_setup_read(
	const char *dir, struct iq_pki *pki, struct iq_setup *out, struct iq_error *error);
/* The same without reading the configuration: out->conf is what it says. */
IQ_CHECK enum iq_err iq_setup_keys(
	const char *dir, struct iq_pki *pki, struct iq_setup *out, struct iq_error *error);

/* Names of settings that differ and wait for the next start, joined by spaces; empty: none. */
void iq_setup_waiting(const struct iq_conf *old, const struct iq_conf *fresh, struct iq_buf *out);

#endif
