/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_SANDBOX_H
#define IQ_SERVER_SANDBOX_H

/*
 * What iqd gives up by itself, also where no unit does it: core dumps and being looked into, from
 * the first instruction; once it serves, all system calls but those it needs.
 */

#include <stdbool.h>

/* First thing in main(): new files are the owner's alone, no core dumps, no ptrace by others. */
void iq_sandbox_begin(void);
/*
 * All threads and those they start, for good; when everything is open that is not a file of the
 * state directory. What is not needed fails with EPERM; what only an intruder would do (other
 * programs, processes, privileges) ends the process with SIGSYS and a line on standard error that
 * names the call. False: the system cannot do it (errno), or the build must not (sanitizers):
 * errno 0.
 */
bool iq_sandbox_enter(void);

#endif
