/* SPDX-License-Identifier: Apache-2.0 */
#include "sync.h"
enum iq_err iq_sync_template(struct iq_cli *cli)
{
	(void)cli;
	return IQ_OK;
}
