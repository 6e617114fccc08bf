/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_CARDS_H
#define IQ_CLIENT_CARDS_H

/* Contact persons as cards (vCard) for an address book: as far as the caller may see them. */

#include "client.h"

/*
 * Who represents and deputises for those who take part in a workshop today. `word` as for
 * iq_circle_meant(). To --output or standard output; with --reason, what needs one; it goes on
 * record. IQ_ERR_NOT_FOUND if there is nobody whose name is shown.
 */
IQ_CHECK enum iq_err iq_cards_workshop(struct iq_cli *cli, const char *word);

#endif
