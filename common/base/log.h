/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_LOG_H
#define IQ_BASE_LOG_H

/*
 * Log lines on standard error, one write each, any thread. Under systemd (JOURNAL_STREAM names
 * standard error) they carry the <N> priority prefix. Never log names, phones, questions or facts.
 */

enum iq_log_level { IQ_LOG_ERROR = 3, IQ_LOG_WARN = 4, IQ_LOG_INFO = 6, IQ_LOG_DEBUG = 7 };

void iq_log_level(enum iq_log_level max);
void iq_log(enum iq_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
