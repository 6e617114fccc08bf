/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "who.h"

static void put(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, iq_json_c(text));
}

static void put_or_null(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, iq_json_or_null(iq_str(text)));
}

static json_t *named(const struct iq_who *w, const char *kind, const char *id)
{
	json_t *o;

	if (id[0] == '\0')
		return json_null();
	o = json_object();
	put(o, "id", id);
	put(o, "name", iq_label(w->r->labels, w->r->n_labels, kind, id));
	return o;
}

static json_t *query_json(const Iq__V1__Query *q)
{
	json_t *o = json_object(), *facts = json_object();

	put_or_null(o, "task", q->task);
	put_or_null(o, "region", q->region);
	put_or_null(o, "status", q->status);
	for (size_t i = 0; i < q->n_facts; i++)
		put(facts, q->facts[i]->key, q->facts[i]->value);
	json_object_set_new(o, "facts", facts);
	put_or_null(o, "at", q->at);
	return o;
}

static json_t *notice_json(const struct iq_who *w, const Iq__V1__NoticeMatch *m)
{
	const Iq__V1__Notice *n = m->notice;
	bool english = w->cli->lang == IQ_LANG_EN && n->text_en[0] != '\0';
	json_t *o = json_object();

	put(o, "id", n->id);
	put(o, "effect", n->effect);
	put(o, "certainty", m->certain ? "certain" : "possible");
	put(o, "text", english || n->text_de[0] == '\0' ? n->text_en : n->text_de);
	put(o, "legal_basis", n->legal_basis);
	put_or_null(o, "valid_from", n->valid_from);
	put_or_null(o, "valid_to", n->valid_to);
	return o;
}

json_t *iq_institution_json(bool english, const Iq__V1__Institution *i, const char *via)
{
	json_t *o = json_object();

	put(o, "id", i->id);
	put(o, "name", iq_institution_name(english, i));
	put(o, "kind", i->kind);
	put(o, "street", i->street);
	put(o, "postcode", i->postcode);
	put(o, "town", i->town);
	put(o, "phone", i->phone);
	put(o, "email", i->email);
	put(o, "url", i->url);
	put(o, "hours", i->hours);
	put_or_null(o, "via", via);
	return o;
}

json_t *iq_contacts_json(Iq__V1__Contact **c, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		put(o, "id", c[i]->id);
		put(o, "name", c[i]->name);
		put(o, "function", c[i]->function);
		put(o, "phone", c[i]->phone);
		put(o, "email", c[i]->email);
		json_object_set_new(
			o, "languages", iq_json_strings(c[i]->languages, c[i]->n_languages));
		put(o, "visibility", c[i]->visibility);
		json_array_append_new(a, o);
	}
	return a;
}

json_t *iq_withheld_json(Iq__V1__Withheld **w, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		put(o, "function", w[i]->function);
		json_object_set_new(
			o, "languages", iq_json_strings(w[i]->languages, w[i]->n_languages));
		put(o, "visibility", w[i]->visibility);
		put(o, "ask", w[i]->ask);
		if (w[i]->because[0] != '\0')
			put(o, "because", w[i]->because);
		json_array_append_new(a, o);
	}
	return a;
}

json_t *iq_who_answer(const struct iq_who *w, const Iq__V1__Answer *a)
{
	const Iq__V1__Responsibility *r = a->responsibility;
	json_t *o = json_object(), *statuses = json_array();

	put(o, "responsibility", r->id);
	put(o, "group", a->group);
	json_object_set_new(o, "primary", json_boolean(a->primary));
	put(o, "certainty", a->certain ? "certain" : "possible");
	json_object_set_new(o, "depends_on", iq_json_strings(a->depends_on, a->n_depends_on));
	put(o, "role", r->role);
	json_object_set_new(o, "task", named(w, "task", r->task));
	json_object_set_new(o, "region", named(w, "region", r->region));
	for (size_t i = 0; i < r->n_statuses; i++)
		json_array_append_new(statuses, named(w, "status", r->statuses[i]));
	json_object_set_new(o, "statuses", statuses);
	json_object_set_new(o, "institution",
		iq_institution_json(w->cli->lang == IQ_LANG_EN, a->institution, a->via));
	json_object_set_new(o, "contacts", iq_contacts_json(a->contacts, a->n_contacts));
	json_object_set_new(o, "withheld", iq_withheld_json(a->withheld, a->n_withheld));
	put(o, "condition", r->condition);
	put(o, "legal_basis", r->legal_basis);
	put(o, "source", r->source);
	put(o, "note", r->note);
	put_or_null(o, "valid_from", r->valid_from);
	put_or_null(o, "valid_to", r->valid_to);
	put_or_null(o, "confirmed_on", r->confirmed_on);
	return o;
}

static json_t *near_json(const Iq__V1__NearMiss *m)
{
	json_t *o = json_object();

	put(o, "responsibility", m->responsibility);
	put(o, "institution", m->institution);
	json_object_set_new(o, "because", iq_json_strings(m->because, m->n_because));
	return o;
}

static json_t *explained_json(const Iq__V1__Explained *e)
{
	json_t *o = json_object();

	put(o, "responsibility", e->responsibility);
	put(o, "institution", e->institution);
	put(o, "verdict", e->verdict);
	json_object_set_new(o, "because", iq_json_strings(e->because, e->n_because));
	json_object_set_new(o, "depends_on", iq_json_strings(e->depends_on, e->n_depends_on));
	put(o, "task", e->task);
	put(o, "region", e->region);
	put(o, "role", e->role);
	json_object_set_new(o, "task_distance", json_integer(e->task_distance));
	json_object_set_new(o, "region_distance", json_integer(e->region_distance));
	put(o, "condition", e->condition);
	return o;
}

static json_t *answers_json(const struct iq_who *w, Iq__V1__Answer **answers, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, iq_who_answer(w, answers[i]));
	return a;
}

static void put_extras(const struct iq_who *w, json_t *root)
{
	const Iq__V1__WhoResponse *r = w->r;
	json_t *near = json_array();

	for (size_t i = 0; i < r->n_near_misses; i++)
		json_array_append_new(near, near_json(r->near_misses[i]));
	json_object_set_new(root, "near_misses", near);
	if (strcmp(r->outcome, "nobody") == 0)
		json_object_set_new(
			root, "coordination", answers_json(w, r->coordination, r->n_coordination));
	if (iq_opt_given(w->cli, IQ_OPT_EXPLAIN)) {
		json_t *explained = json_array();

		for (size_t i = 0; i < r->n_explained; i++)
			json_array_append_new(explained, explained_json(r->explained[i]));
		json_object_set_new(root, "explained", explained);
	}
}

enum iq_err iq_who_json(const struct iq_who *w)
{
	const Iq__V1__WhoResponse *r = w->r;
	json_t *root = json_object(), *notices = json_array();
	json_t *answers = answers_json(w, r->answers, r->n_answers);

	json_object_set_new(root, "query", query_json(r->query));
	put(root, "outcome", r->outcome);
	json_object_set_new(root, "revision", json_integer((json_int_t)r->revision));
	json_object_set_new(root, "total", json_integer(r->total));
	json_object_set_new(root, "truncated", json_boolean(r->truncated));
	for (size_t i = 0; i < r->n_notices; i++)
		json_array_append_new(notices, notice_json(w, r->notices[i]));
	json_object_set_new(root, "notices", notices);
	json_object_set_new(root, "answers", answers);
	enum iq_err err = iq_json_pick(w->cli, answers);

	if (err != IQ_OK) {
		json_decref(root);
		return err;
	}
	put_extras(w, root);
	iq_json_print(w->cli, root);
	return IQ_OK;
}
