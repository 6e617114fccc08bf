/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_CIRCLE_SHOW_H
#define IQ_CLIENT_CIRCLE_SHOW_H

/* Workshops to be looked at: workshop list, workshop show. */

#include "client.h"

IQ_CHECK enum iq_err iq_circle_list(struct iq_cli *cli);
IQ_CHECK enum iq_err iq_circle_show(struct iq_cli *cli);

#endif
