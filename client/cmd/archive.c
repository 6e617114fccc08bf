/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "write.h"

enum iq_err iq_cmd_archive(struct iq_cli *cli)
{
	return iq_write_several(cli, IQ__V1__VERB__ARCHIVE);
}
