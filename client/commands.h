/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_COMMANDS_H
#define IQ_CLIENT_COMMANDS_H

/* The commands: cmd/<name>.c each. */

#include "client.h"

enum iq_err iq_cmd_who(struct iq_cli *cli);
enum iq_err iq_cmd_contact(struct iq_cli *cli);
enum iq_err iq_cmd_search(struct iq_cli *cli);
enum iq_err iq_cmd_get(struct iq_cli *cli);
enum iq_err iq_cmd_list(struct iq_cli *cli);
enum iq_err iq_cmd_tasks_of(struct iq_cli *cli);
enum iq_err iq_cmd_guide(struct iq_cli *cli);
enum iq_err iq_cmd_welcome(struct iq_cli *cli);
enum iq_err iq_cmd_add(struct iq_cli *cli);
enum iq_err iq_cmd_set(struct iq_cli *cli);
enum iq_err iq_cmd_delete(struct iq_cli *cli);
enum iq_err iq_cmd_merge(struct iq_cli *cli);
enum iq_err iq_cmd_archive(struct iq_cli *cli);
enum iq_err iq_cmd_revive(struct iq_cli *cli);
enum iq_err iq_cmd_confirm(struct iq_cli *cli);
enum iq_err iq_cmd_revert(struct iq_cli *cli);
enum iq_err iq_cmd_history(struct iq_cli *cli);
enum iq_err iq_cmd_flag(struct iq_cli *cli);
enum iq_err iq_cmd_flags(struct iq_cli *cli);
enum iq_err iq_cmd_stale(struct iq_cli *cli);
enum iq_err iq_cmd_matrix(struct iq_cli *cli);
enum iq_err iq_cmd_gaps(struct iq_cli *cli);
enum iq_err iq_cmd_overlaps(struct iq_cli *cli);
enum iq_err iq_cmd_stakeholders(struct iq_cli *cli);
enum iq_err iq_cmd_path(struct iq_cli *cli);
enum iq_err iq_cmd_diff(struct iq_cli *cli);
enum iq_err iq_cmd_report(struct iq_cli *cli);
enum iq_err iq_cmd_proposal(struct iq_cli *cli);
enum iq_err iq_cmd_vote(struct iq_cli *cli);
enum iq_err iq_cmd_erase(struct iq_cli *cli);
enum iq_err iq_cmd_handover(struct iq_cli *cli);
enum iq_err iq_cmd_my_data(struct iq_cli *cli);
enum iq_err iq_cmd_sync(struct iq_cli *cli);
enum iq_err iq_cmd_import(struct iq_cli *cli);
enum iq_err iq_cmd_export(struct iq_cli *cli);
enum iq_err iq_cmd_changes(struct iq_cli *cli);
enum iq_err iq_cmd_watch(struct iq_cli *cli);
enum iq_err iq_cmd_lint(struct iq_cli *cli);
enum iq_err iq_cmd_rights(struct iq_cli *cli);
enum iq_err iq_cmd_can(struct iq_cli *cli);
enum iq_err iq_cmd_who_can(struct iq_cli *cli);
enum iq_err iq_cmd_enroll(struct iq_cli *cli);
enum iq_err iq_cmd_whoami(struct iq_cli *cli);
enum iq_err iq_cmd_audit(struct iq_cli *cli);
enum iq_err iq_cmd_status(struct iq_cli *cli);
enum iq_err iq_cmd_doctor(struct iq_cli *cli);
enum iq_err iq_cmd_profile(struct iq_cli *cli);
enum iq_err iq_cmd_config(struct iq_cli *cli);
enum iq_err iq_cmd_completion(struct iq_cli *cli);
enum iq_err iq_cmd_principal(struct iq_cli *cli);
enum iq_err iq_cmd_token(struct iq_cli *cli);
enum iq_err iq_cmd_grant(struct iq_cli *cli);
enum iq_err iq_cmd_revoke(struct iq_cli *cli);
enum iq_err iq_cmd_grants(struct iq_cli *cli);
enum iq_err iq_cmd_approve(struct iq_cli *cli);
enum iq_err iq_cmd_meeting(struct iq_cli *cli);
enum iq_err iq_cmd_workshop(struct iq_cli *cli);
enum iq_err iq_cmd_topic(struct iq_cli *cli);
enum iq_err iq_cmd_commitment(struct iq_cli *cli);
enum iq_err iq_cmd_help(struct iq_cli *cli);

#endif
