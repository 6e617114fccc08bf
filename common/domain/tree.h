/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_TREE_H
#define IQ_DOMAIN_TREE_H

/* Private to vocab.c and tree.c: a vocabulary under construction. */

#include "err.h"
#include "vocab.h"

/* Index of a node that is not there. */
#define IQ_TREE_NO_NODE UINT32_MAX

/* A record of a tree on its way into struct iq_tree. */
struct iq_tree_node {
	struct iq_str id, parent;
	struct iq_label label;
	struct iq_str implies;   /* statuses */
	struct iq_value members; /* regions */
	struct iq_str kind;      /* regions */
	bool area;               /* regions */
	bool expected;           /* tasks */
	iq_num num;
	uint32_t up, child, next; /* indexes; children in order of id */
	uint32_t walk;            /* which walk up the tree came by */
};

struct iq_tree_nodes {
	enum iq_kind kind;
	struct iq_tree_node *a;
	uint32_t n, cap;
	iq_num max;
	uint32_t *by_num; /* max + 1 indexes */
};

struct iq_vocab_builder {
	const struct iq_vocab_source *src;
	struct iq_vocab *v;
	struct iq_arena tmp; /* what is not needed afterwards */
	struct iq_error *error;
	bool rejected;
	struct iq_tree_nodes region, task, status;
	struct iq_fact *facts;
	uint32_t nfacts, cap_facts;
	struct iq_notice *notices;
	size_t nnotices, cap_notices;
};

/* A record that breaks the vocabulary: {0} its kind, {1} its id, {2} as the text needs. */
void iq_vocab_problem(struct iq_vocab_builder *b, enum iq_kind kind, struct iq_str id,
	const char *column, const char *text, struct iq_str more);

/*
 * Sorts and links the nodes, numbers them in pre-order and reports dangling parents, circles
 * and what is too deep. False without memory.
 */
IQ_CHECK bool iq_tree_build(struct iq_vocab_builder *b, struct iq_tree_nodes *ns, struct iq_tree *t,
	struct iq_label **labels);

/* Index of the node with this id (merged ids followed) or IQ_TREE_NO_NODE; after iq_tree_build().
 */
uint32_t iq_tree_find(struct iq_vocab_builder *b, const struct iq_tree_nodes *ns, struct iq_str id);

#endif
