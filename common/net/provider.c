/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's default provider, narrowed to what TLS with our suites and certificates takes. OpenSSL
 * sets up all algorithms of a kind when the first one is asked for, and looks at every decoder for
 * every public key it reads. That is a third of the work of a command that asks one question; and
 * what is not there cannot be attacked.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <string.h>

#include "pem.h"
#include "str.h"

enum { ALGORITHMS = 64 }; /* of a kind, at most */

/* First names, as OpenSSL's documentation lists them (OSSL_PROVIDER-default(7)). */
static struct kind {
	int operation;
	const char *names[5];
	OSSL_ALGORITHM algorithms[ALGORITHMS + 1];
} kinds[] = {
	{OSSL_OP_DIGEST, {"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"}, {{0}}},
	/* CTR is for the random numbers. */
	{OSSL_OP_CIPHER, {"AES-128-GCM", "AES-256-GCM", "AES-256-CTR", "AES-256-ECB"}, {{0}}},
	{OSSL_OP_MAC, {"HMAC"}, {{0}}},
	{OSSL_OP_KDF, {"HKDF", "TLS13-KDF"}, {{0}}},
	{OSSL_OP_RAND, {"CTR-DRBG", "SEED-SRC"}, {{0}}},
	{OSSL_OP_KEYMGMT, {"EC", "RSA", "RSA-PSS"}, {{0}}},
	{OSSL_OP_KEYEXCH, {"ECDH"}, {{0}}},
	{OSSL_OP_SIGNATURE, {"ECDSA", "RSA"}, {{0}}},
	{OSSL_OP_ENCODER, {"EC", "RSA"}, {{0}}},
	{OSSL_OP_DECODER, {"EC", "RSA", "RSA-PSS", "DER"}, {{0}}},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static OSSL_PROVIDER *whole;
static EVP_KEM *hold; /* on `whole` */

/* Forms of keys nobody keeps here: of other systems, encrypted, or named twice. */
static bool has_foreign_form(const OSSL_ALGORITHM *a)
{
	static const char *const forms[] = {"input=msblob", "input=pvk", "structure=rsa",
		"structure=ec", "structure=EncryptedPrivateKeyInfo"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (a->property_definition != NULL && strstr(a->property_definition, forms[i]))
			return true;
	}
	return false;
}

static bool wanted(const struct kind *k, const OSSL_ALGORITHM *a)
{
	struct iq_str rest = iq_str(a->algorithm_names), first;

	if (!iq_str_cut(&rest, ':', &first) ||
		(k->operation == OSSL_OP_DECODER && has_foreign_form(a)))
		return false;
	for (size_t i = 0; i < sizeof(k->names) / sizeof(k->names[0]); i++) {
		if (k->names[i] != NULL && iq_str_is(first, k->names[i]))
			return true;
	}
	return false;
}

/* False if there are more than expected. */
static bool choose(struct kind *k)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(whole, k->operation, &no_cache);
	size_t n = 0;

	for (; a != NULL && a->algorithm_names != NULL; a++) {
		if (!wanted(k, a))
			continue;
		if (n == ALGORITHMS)
			return false;
		k->algorithms[n++] = *a;
	}
	return n != 0 && no_cache == 0;
}

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].operation == operation)
			return kinds[i].algorithms;
	}
	return NULL;
}

struct listener {
	OSSL_CALLBACK *tell;
	void *arg;
};

/* Passes on the groups we offer; OpenSSL would look for the algorithms of all the others, too. */
static int tell_group(const OSSL_PARAM params[], void *arg)
{
	const struct listener *l = arg;
	const OSSL_PARAM *p =
		OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL);
	const char *curve = NULL;

	if (p == NULL || OSSL_PARAM_get_utf8_string_ptr(p, &curve) != 1)
		return 1;
	return strcmp(curve, "prime256v1") == 0 || strcmp(curve, "secp384r1") == 0
		       ? l->tell(params, l->arg)
		       : 1;
}

static int capabilities(void *provider, const char *name, OSSL_CALLBACK *tell, void *arg)
{
	struct listener l = {tell, arg};

	(void)provider;
	if (strcmp(name, "TLS-GROUP") == 0)
		return OSSL_PROVIDER_get_capabilities(whole, name, tell_group, &l);
	return OSSL_PROVIDER_get_capabilities(whole, name, tell, arg);
}

static int start(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
	void **provider)
{
	static const OSSL_DISPATCH table[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities},
		{0, NULL},
	};

	(void)core;
	(void)in;
	*out = table;
	*provider = OSSL_PROVIDER_get0_provider_ctx(whole);
	return 1;
}

/*
 * The whole provider does the work, but is not asked any more. An algorithm fetched from it holds
 * it until the process ends; the one of this kind needs little memory.
 */
void iq_provider_narrow(void)
{
	whole = OSSL_PROVIDER_load(NULL, "default");
	hold = whole ? EVP_KEM_fetch(NULL, "RSA", NULL) : NULL;
	bool good = hold != NULL;

	for (size_t i = 0; good && i < KINDS; i++)
		good = choose(&kinds[i]);
	/* Else everything is offered as usual. */
	if (good && OSSL_PROVIDER_add_builtin(NULL, "iq", start) == 1 &&
		OSSL_PROVIDER_load(NULL, "iq") != NULL)
		(void)OSSL_PROVIDER_unload(whole);
}
