/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <stdlib.h>

#include "bounds.h"
#include "i18n.h"

void iq_vocab_problem(struct iq_vocab_builder *b, enum iq_kind kind, struct iq_str id,
	const char *column, const char *text, struct iq_str more)
{
	struct iq_problem p = {.column = iq_str(column), .value = id, .text = text};

	p.args[0] = iq_str(iq_schemas[kind].name);
	p.args[1] = id;
	p.args[2] = more;
	p.nargs = 3;
	iq_error_add_problem(b->error, &p);
	b->rejected = true;
}

static int node_cmp(const void *a, const void *b)
{
	return iq_str_cmp(
		((const struct iq_tree_node *)a)->id, ((const struct iq_tree_node *)b)->id);
}

uint32_t iq_tree_find(struct iq_vocab_builder *b, const struct iq_tree_nodes *ns, struct iq_str id)
{
	const struct iq_tree_node key = {.id = id};
	const struct iq_tree_node *at =
		ns->n ? bsearch(&key, ns->a, ns->n, sizeof(*ns->a), node_cmp) : NULL;

	if (at != NULL)
		return (uint32_t)(at - ns->a);
	/* an id that was merged into another */
	iq_num num = b->src->find(b->src->ctx, ns->kind, id);

	return num != IQ_NONE && num <= ns->max ? ns->by_num[num] : IQ_TREE_NO_NODE;
}

/* Sorts the nodes by id and links them to parents and children. */
static bool link_nodes(struct iq_vocab_builder *b, struct iq_tree_nodes *ns)
{
	ns->by_num = iq_arena_array(&b->tmp, (size_t)ns->max + 1, sizeof(*ns->by_num));
	if (ns->by_num == NULL)
		return false;
	memset(ns->by_num, 0xff, ((size_t)ns->max + 1) * sizeof(*ns->by_num));
	if (ns->n)
		qsort(ns->a, ns->n, sizeof(*ns->a), node_cmp);
	for (uint32_t i = 0; i < ns->n; i++)
		ns->by_num[ns->a[i].num] = i;
	for (uint32_t i = ns->n; i-- > 0;) {
		struct iq_tree_node *node = &ns->a[i];

		if (node->parent.n == 0)
			continue;
		node->up = iq_tree_find(b, ns, node->parent);
		if (node->up == IQ_TREE_NO_NODE) {
			iq_vocab_problem(b, ns->kind, node->id, "parent",
				N_("The parent '{2}' of '{1}' does not exist."), node->parent);
			continue;
		}
		node->next = ns->a[node->up].child;
		ns->a[node->up].child = i;
	}
	return true;
}

static void too_deep(struct iq_vocab_builder *b, const struct iq_tree_nodes *ns, uint32_t i)
{
	for (; i != IQ_TREE_NO_NODE; i = ns->a[i].next)
		iq_vocab_problem(b, ns->kind, ns->a[i].id, "parent",
			N_("'{1}' is too many levels below the top."), (struct iq_str){NULL, 0});
}

/* Numbers the subtree of `root` in pre-order, from pos + 1; returns the last position. */
static uint32_t number_subtree(struct iq_vocab_builder *b, const struct iq_tree_nodes *ns,
	struct iq_tree *t, uint32_t root, uint32_t pos)
{
	uint32_t i = root;
	uint16_t depth = 0;

	for (;;) {
		const struct iq_tree_node *node = &ns->a[i];

		t->pre[node->num] = ++pos;
		t->at[pos] = node->num;
		t->depth[node->num] = depth;
		if (node->child != IQ_TREE_NO_NODE && depth + 1 < IQ_LIMIT_TREE_DEPTH) {
			i = node->child;
			depth++;
			continue;
		}
		too_deep(b, ns, node->child);
		for (; i != root && ns->a[i].next == IQ_TREE_NO_NODE; depth--) {
			t->end[ns->a[i].num] = pos;
			i = ns->a[i].up;
		}
		t->end[ns->a[i].num] = pos;
		if (i == root)
			return pos;
		i = ns->a[i].next;
	}
}

/* What no root leads to hangs on a circle: reports the members of each circle. */
static void report_cycles(
	struct iq_vocab_builder *b, struct iq_tree_nodes *ns, const struct iq_tree *t)
{
	for (uint32_t i = 0; i < ns->n; i++) {
		uint32_t at = i, walk = i + 1;

		while (at != IQ_TREE_NO_NODE && ns->a[at].walk == 0 && t->pre[ns->a[at].num] == 0) {
			ns->a[at].walk = walk;
			at = ns->a[at].up;
		}
		if (at == IQ_TREE_NO_NODE || ns->a[at].walk != walk)
			continue;
		uint32_t first = at;

		do {
			iq_vocab_problem(b, ns->kind, ns->a[at].id, "parent",
				N_("'{1}' is its own ancestor: its parents form a circle."),
				(struct iq_str){NULL, 0});
			at = ns->a[at].up;
		} while (at != first);
	}
}

bool iq_tree_build(struct iq_vocab_builder *b, struct iq_tree_nodes *ns, struct iq_tree *t,
	struct iq_label **labels)
{
	struct iq_arena *keep = &b->v->arena;
	size_t n = (size_t)ns->max + 1;
	uint32_t pos = 0;

	if (!link_nodes(b, ns))
		return false;
	t->n = ns->max;
	t->parent = iq_arena_array(keep, n, sizeof(*t->parent));
	t->pre = iq_arena_array(keep, n, sizeof(*t->pre));
	t->end = iq_arena_array(keep, n, sizeof(*t->end));
	t->at = iq_arena_array(keep, n, sizeof(*t->at));
	t->depth = iq_arena_array(keep, n, sizeof(*t->depth));
	t->id = iq_arena_array(keep, n, sizeof(*t->id));
	*labels = iq_arena_array(keep, n, sizeof(**labels));
	if (keep->failed)
		return false;
	for (uint32_t i = 0; i < ns->n; i++) {
		const struct iq_tree_node *node = &ns->a[i];

		t->id[node->num] = node->id;
		t->parent[node->num] = node->up == IQ_TREE_NO_NODE ? IQ_NONE : ns->a[node->up].num;
		(*labels)[node->num] = node->label;
		if (node->up == IQ_TREE_NO_NODE)
			pos = number_subtree(b, ns, t, i, pos);
	}
	if (pos < ns->n)
		report_cycles(b, ns, t);
	return true;
}
