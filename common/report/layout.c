/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layered layout of a directed graph (after Sugiyama, Tagawa, Toda 1981), for up to a hundred
 * nodes.
 *  1. Edges that close a cycle, as a search in the order of the nodes finds them, count reversed.
 *  2. A node's row is the longest way to it; a row takes WIDEST nodes, others go down.
 *  3. An edge over several rows gets a narrow slot in each between: nothing else is put there.
 *  4. Slots are ordered by the middle of their neighbours, up and down, as long as it helps.
 *  5. Boxes grow so that each edge has a place of its own to begin and to end, with its number.
 */
#include <stdlib.h>

#include "report_priv.h"

enum {
	WIDEST = 5,
	SLOT = 14,
	GAP_X = 22,
	GAP_Y = 58,
	GAP_CHAIN = 30,
	PORT = 20,
	MARGIN = 8,
	SWEEPS = 8
};

struct slot {
	uint32_t row;
	int x, w;          /* left border */
	double middle;     /* of the neighbours, for ordering */
	double sum;        /* of their places */
	uint32_t n;        /* of them */
	uint32_t node;     /* UINT32_MAX: a part of an edge */
	uint32_t position; /* in its row */
};

struct segment {           /* part of an edge between two neighbouring rows */
	uint32_t up, down; /* slots */
	uint32_t edge;
};

struct work {
	const struct iq_report_graph *g;
	struct iq_arena *mem;
	bool *reversed, *drawn; /* by edge */
	uint32_t *row;          /* by node */
	struct slot *slots;     /* the first nnodes are the nodes */
	size_t nslots;
	struct segment *segments;
	size_t nsegments;
	uint32_t *by_row;    /* segments by the row they begin in */
	uint32_t *row_first; /* by row, and the end of the last: into by_row */
	uint32_t *first;     /* by edge: its first segment; others follow, from top to bottom */
	uint32_t **rows;     /* slots from left to right */
	uint32_t *nrow;
	uint32_t nrows;
};

/* ---- rows --------------------------------------------------------------------------------- */

static bool is_edge(const struct iq_report_graph *g, size_t i)
{
	const struct iq_report_edge *e = &g->edges[i];

	return e->from < g->nnodes && e->to < g->nnodes && e->from != e->to;
}

/* The ends as they count for the rows. */
static uint32_t top_of(const struct work *w, size_t i)
{
	return w->reversed[i] ? w->g->edges[i].to : w->g->edges[i].from;
}

static uint32_t bottom_of(const struct work *w, size_t i)
{
	return w->reversed[i] ? w->g->edges[i].from : w->g->edges[i].to;
}

/* Depth-first; an edge to a node that is being visited closes a cycle. At most
 * IQ_REPORT_GRAPH_NODES deep. */
static void visit(struct work *w, uint8_t *state, uint32_t node)
{
	state[node] = 1;
	for (size_t i = 0; i < w->g->nedges; i++) {
		if (!w->drawn[i] || w->g->edges[i].from != node)
			continue;
		if (state[w->g->edges[i].to] == 0)
			visit(w, state, w->g->edges[i].to);
		else if (state[w->g->edges[i].to] == 1)
			w->reversed[i] = true;
	}
	state[node] = 2;
}

/* True if a row had to change. */
static bool push_down(struct work *w)
{
	bool changed = false;

	for (size_t i = 0; i < w->g->nedges; i++) {
		if (!w->drawn[i])
			continue;

		uint32_t top = top_of(w, i), bottom = bottom_of(w, i);

		if (w->row[bottom] <= w->row[top]) {
			w->row[bottom] = w->row[top] + 1;
			changed = true;
		}
	}
	return changed;
}

/* The first row with too many nodes gives the last of them away. False: there is none. */
static bool thin_out(struct work *w)
{
	size_t n = w->g->nnodes;

	for (uint32_t row = 0; row < n; row++) {
		size_t count = 0;

		for (uint32_t i = 0; i < n; i++)
			if (w->row[i] == row && ++count > WIDEST)
				w->row[i]++;
		if (count > WIDEST)
			return true;
	}
	return false;
}

/* Rows that became empty vanish. */
static void close_up(struct work *w)
{
	for (uint32_t row = 0, rows = 0;; row++) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < w->g->nnodes; i++)
			if (w->row[i] >= row && w->row[i] < next)
				next = w->row[i];
		if (next == UINT32_MAX)
			return;
		for (size_t i = 0; i < w->g->nnodes; i++)
			if (w->row[i] == next)
				w->row[i] = rows;
		rows++;
		row = next;
	}
}

/* Nodes without any edge fill rows of their own at the end. */
static void place_lonely(struct work *w, const uint8_t *linked)
{
	uint32_t row = 0, count = 0;

	for (size_t i = 0; i < w->g->nnodes; i++)
		if (linked[i] && w->row[i] >= row)
			row = w->row[i] + 1;
	for (size_t i = 0; i < w->g->nnodes; i++)
		if (!linked[i])
			w->row[i] = row + count++ / WIDEST;
}

static bool find_rows(struct work *w)
{
	size_t n = w->g->nnodes;
	uint8_t *state = iq_arena_zalloc(w->mem, n), *linked = iq_arena_zalloc(w->mem, n);

	if (state == NULL || linked == NULL)
		return false;
	for (size_t i = 0; i < w->g->nedges; i++) {
		w->drawn[i] = is_edge(w->g, i);
		if (w->drawn[i])
			linked[w->g->edges[i].from] = linked[w->g->edges[i].to] = 1;
	}
	for (uint32_t i = 0; i < n; i++)
		if (state[i] == 0)
			visit(w, state, i);
	do
		while (push_down(w))
			;
	while (thin_out(w));
	place_lonely(w, linked);
	close_up(w);
	for (size_t i = 0; i < n; i++)
		w->nrows = w->row[i] + 1 > w->nrows ? w->row[i] + 1 : w->nrows;
	return true;
}

/* ---- slots -------------------------------------------------------------------------------- */

static void add_segments(struct work *w, uint32_t edge)
{
	uint32_t top = top_of(w, edge), bottom = bottom_of(w, edge), up = top;

	w->first[edge] = (uint32_t)w->nsegments;
	for (uint32_t row = w->row[top] + 1; row <= w->row[bottom]; row++) {
		uint32_t down = bottom;

		if (row < w->row[bottom]) {
			down = (uint32_t)w->nslots++;
			w->slots[down] = (struct slot){.row = row, .w = SLOT, .node = UINT32_MAX};
		}
		w->segments[w->nsegments++] = (struct segment){up, down, edge};
		up = down;
	}
}

static bool make_slots(struct work *w)
{
	size_t n = w->g->nnodes, parts = 0;

	for (size_t i = 0; i < w->g->nedges; i++)
		if (w->drawn[i])
			parts += w->row[bottom_of(w, i)] - w->row[top_of(w, i)];
	w->slots = iq_arena_array(w->mem, n + parts, sizeof(w->slots[0]));
	w->segments = iq_arena_array(w->mem, parts, sizeof(w->segments[0]));
	w->rows = iq_arena_array(w->mem, w->nrows, sizeof(w->rows[0]));
	w->nrow = iq_arena_array(w->mem, w->nrows, sizeof(w->nrow[0]));
	if (w->slots == NULL || w->segments == NULL || w->rows == NULL || w->nrow == NULL)
		return false;
	w->nslots = n;
	for (uint32_t i = 0; i < n; i++)
		w->slots[i] = (struct slot){.row = w->row[i], .node = i};
	for (uint32_t i = 0; i < w->g->nedges; i++)
		if (w->drawn[i])
			add_segments(w, i);
	for (size_t i = 0; i < w->nslots; i++)
		w->nrow[w->slots[i].row]++;
	for (uint32_t r = 0; r < w->nrows; r++) {
		w->rows[r] = iq_arena_array(w->mem, w->nrow[r], sizeof(w->rows[r][0]));
		if (w->rows[r] == NULL)
			return false;
		w->nrow[r] = 0;
	}
	for (uint32_t i = 0; i < w->nslots; i++) {
		struct slot *s = &w->slots[i];

		s->position = w->nrow[s->row];
		w->rows[s->row][w->nrow[s->row]++] = i;
	}
	return true;
}

/* Lists the segments by row. */
static bool sort_segments(struct work *w)
{
	uint32_t n = 0;

	w->by_row = iq_arena_array(w->mem, w->nsegments, sizeof(w->by_row[0]));
	w->row_first = iq_arena_array(w->mem, (size_t)w->nrows + 1, sizeof(w->row_first[0]));
	if (w->by_row == NULL || w->row_first == NULL)
		return false;
	for (uint32_t r = 0; r < w->nrows; r++) {
		w->row_first[r] = n;
		for (uint32_t i = 0; i < w->nsegments; i++)
			if (w->slots[w->segments[i].up].row == r)
				w->by_row[n++] = i;
	}
	w->row_first[w->nrows] = n;
	return true;
}

/* ---- order -------------------------------------------------------------------------------- */

/* Pairs of segments that cross, over all rows. */
static size_t crossings(const struct work *w)
{
	size_t n = 0;

	for (uint32_t r = 0; r < w->nrows; r++)
		for (uint32_t i = w->row_first[r]; i < w->row_first[r + 1]; i++)
			for (uint32_t k = i + 1; k < w->row_first[r + 1]; k++) {
				const struct segment *s = &w->segments[w->by_row[i]];
				const struct segment *t = &w->segments[w->by_row[k]];
				int64_t up = (int64_t)w->slots[s->up].position -
					     w->slots[t->up].position;
				int64_t down = (int64_t)w->slots[s->down].position -
					       w->slots[t->down].position;

				n += (up < 0 && down > 0) || (up > 0 && down < 0);
			}
	return n;
}

/* Sorts a row by `middle`; equal ones stay as they are. */
static void sort_row(struct work *w, uint32_t row)
{
	uint32_t *s = w->rows[row];

	for (uint32_t i = 1; i < w->nrow[row]; i++) {
		uint32_t moved = s[i], k = i;

		for (; k > 0 && w->slots[s[k - 1]].middle > w->slots[moved].middle; k--)
			s[k] = s[k - 1];
		s[k] = moved;
	}
	for (uint32_t i = 0; i < w->nrow[row]; i++)
		w->slots[s[i]].position = i;
}

static void add_neighbour(struct slot *s, const struct slot *neighbour)
{
	s->sum += neighbour->position + 0.5;
	s->n++;
}

/* By the neighbours in the row above or below. */
static void order_row(struct work *w, uint32_t row, bool by_upper)
{
	uint32_t segments = by_upper ? row - 1 : row; /* the row they begin in */

	for (uint32_t i = 0; i < w->nrow[row]; i++)
		w->slots[w->rows[row][i]].sum = w->slots[w->rows[row][i]].n = 0;
	if (!by_upper || row != 0)
		for (uint32_t i = w->row_first[segments]; i < w->row_first[segments + 1]; i++) {
			const struct segment *s = &w->segments[w->by_row[i]];

			add_neighbour(&w->slots[by_upper ? s->down : s->up],
				&w->slots[by_upper ? s->up : s->down]);
		}
	for (uint32_t i = 0; i < w->nrow[row]; i++) {
		struct slot *s = &w->slots[w->rows[row][i]];

		s->middle = s->n != 0 ? s->sum / s->n : s->position + 0.5;
	}
	sort_row(w, row);
}

/* As an order is compared with the best so far, it never gets worse. */
static bool order(struct work *w)
{
	uint32_t *best = iq_arena_array(w->mem, w->nslots, sizeof(best[0]));
	size_t fewest = crossings(w);

	if (best == NULL)
		return false;
	for (size_t i = 0; i < w->nslots; i++)
		best[i] = w->slots[i].position;
	for (int sweep = 0; sweep < SWEEPS && fewest != 0; sweep++) {
		for (uint32_t r = 0; r < w->nrows; r++)
			order_row(w, sweep % 2 == 0 ? r : w->nrows - 1 - r, sweep % 2 == 0);

		size_t now = crossings(w);

		if (now >= fewest)
			continue;
		fewest = now;
		for (size_t i = 0; i < w->nslots; i++)
			best[i] = w->slots[i].position;
	}
	for (uint32_t i = 0; i < w->nslots; i++) {
		w->slots[i].position = best[i];
		w->rows[w->slots[i].row][best[i]] = i;
	}
	return true;
}

/* ---- places ------------------------------------------------------------------------------- */

/* Segments at one side of a slot. */
static int ports(const struct work *w, uint32_t slot, bool lower)
{
	int n = 0;

	for (size_t i = 0; i < w->nsegments; i++)
		n += (lower ? w->segments[i].up : w->segments[i].down) == slot;
	return n;
}

static void place(struct work *w, struct iq_layout *out)
{
	int y = MARGIN, widest = 0, gap = w->g->chain ? GAP_CHAIN : GAP_Y;

	for (uint32_t i = 0; i < w->g->nnodes; i++) {
		int up = ports(w, i, false), down = ports(w, i, true);
		int wanted = PORT * ((up > down ? up : down) + 1);

		if (out->boxes[i].w < wanted)
			out->boxes[i].w = wanted;
		w->slots[i].w = out->boxes[i].w;
	}
	for (uint32_t r = 0; r < w->nrows; r++) {
		int x = 0, height = 0;

		for (uint32_t i = 0; i < w->nrow[r]; i++) {
			struct slot *s = &w->slots[w->rows[r][i]];

			s->x = x;
			x += s->w + GAP_X;
			if (s->node != UINT32_MAX && out->boxes[s->node].h > height)
				height = out->boxes[s->node].h;
		}
		widest = x - GAP_X > widest ? x - GAP_X : widest;
		for (uint32_t i = 0; i < w->nrow[r]; i++) {
			struct slot *s = &w->slots[w->rows[r][i]];

			if (s->node != UINT32_MAX)
				out->boxes[s->node].y = y + (height - out->boxes[s->node].h) / 2;
		}
		y += height + gap;
	}
	out->width = widest + 2 * MARGIN;
	out->height = y - gap + MARGIN;
	for (uint32_t r = 0; r < w->nrows; r++) { /* rows are centred */
		const struct slot *last = &w->slots[w->rows[r][w->nrow[r] - 1]];
		int shift = MARGIN + (widest - last->x - last->w) / 2;

		for (uint32_t i = 0; i < w->nrow[r]; i++)
			w->slots[w->rows[r][i]].x += shift;
	}
	for (size_t i = 0; i < w->g->nnodes; i++)
		out->boxes[i].x = w->slots[i].x;
}

/* Where segment i begins or ends: places at a box are in the order of the other ends. */
static int port_x(const struct work *w, size_t i, bool lower)
{
	const struct segment *mine = &w->segments[i];
	uint32_t id = lower ? mine->up : mine->down, other = lower ? mine->down : mine->up;
	const struct slot *s = &w->slots[id];
	int rank = 1;

	for (size_t k = 0; k < w->nsegments; k++) {
		const struct segment *t = &w->segments[k];
		uint32_t to = lower ? t->down : t->up;

		if ((lower ? t->up : t->down) != id || k == i)
			continue;
		if (w->slots[to].position < w->slots[other].position || (to == other && k < i))
			rank++;
	}
	return s->x + s->w * rank / (ports(w, id, lower) + 1);
}

static void reverse(struct iq_layout_point *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct iq_layout_point swap = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = swap;
	}
}

/* Straight within a row, as boxes beside it may be taller, bent between two rows. */
static bool draw_line(
	struct work *w, struct iq_layout *out, uint32_t edge, const int *bottom_y, const int *top_y)
{
	uint32_t first = w->first[edge], top = top_of(w, edge), bottom = bottom_of(w, edge);
	uint32_t n = w->row[bottom] - w->row[top];
	struct iq_layout_line *line = &out->lines[edge];
	struct iq_layout_point *p = iq_arena_array(w->mem, 2 * (size_t)n + 2, sizeof(p[0]));

	if (p == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct segment *s = &w->segments[first + i];

		p[2 * i + 1] = (struct iq_layout_point){
			port_x(w, first + i, true), bottom_y[w->slots[s->up].row]};
		p[2 * i + 2] = (struct iq_layout_point){
			port_x(w, first + i, false), top_y[w->slots[s->down].row]};
	}
	line->points = p;
	line->n = 2 * (size_t)n + 2;
	p[0] = (struct iq_layout_point){p[1].x, out->boxes[top].y + out->boxes[top].h};
	p[line->n - 1] = (struct iq_layout_point){p[line->n - 2].x, out->boxes[bottom].y};
	line->label = (struct iq_layout_point){p[0].x + 3, p[0].y + 13};
	if (w->reversed[edge]) { /* as it is handed over: from the bottom to the top */
		line->label = (struct iq_layout_point){p[line->n - 1].x + 3, p[line->n - 1].y - 6};
		reverse(p, line->n);
	}
	return true;
}

static bool draw_lines(struct work *w, struct iq_layout *out)
{
	int *top = iq_arena_array(w->mem, w->nrows, sizeof(top[0]));
	int *bottom = iq_arena_array(w->mem, w->nrows, sizeof(bottom[0]));

	if (top == NULL || bottom == NULL)
		return false;
	for (size_t i = 0; i < w->g->nnodes; i++) {
		const struct iq_layout_box *b = &out->boxes[i];
		uint32_t row = w->row[i];

		if (top[row] == 0 || b->y < top[row])
			top[row] = b->y;
		if (b->y + b->h > bottom[row])
			bottom[row] = b->y + b->h;
	}
	for (uint32_t i = 0; i < w->g->nedges; i++)
		if (w->drawn[i] && !draw_line(w, out, i, bottom, top))
			return false;
	return true;
}

bool iq_layout_make(struct iq_arena *mem, const struct iq_report_graph *g, struct iq_layout *layout)
{
	struct work w = {.g = g, .mem = mem};

	w.reversed = iq_arena_array(mem, g->nedges, sizeof(w.reversed[0]));
	w.drawn = iq_arena_array(mem, g->nedges, sizeof(w.drawn[0]));
	w.first = iq_arena_array(mem, g->nedges, sizeof(w.first[0]));
	w.row = iq_arena_array(mem, g->nnodes, sizeof(w.row[0]));
	layout->lines = iq_arena_array(mem, g->nedges, sizeof(layout->lines[0]));
	if (mem->failed || !find_rows(&w) || !make_slots(&w) || !sort_segments(&w) || !order(&w))
		return false;
	place(&w, layout);
	return draw_lines(&w, layout);
}
