/*
 * json_cases.h - a table and a generator of texts that are JSON, or nearly.
 *
 * Used twice: the unit tests hold the codec against them, and
 * tests/db/test_codec_server.c holds both against a server, so that no table
 * can be wrong for long.
 */
#ifndef TEST_JSON_CASES_H
#define TEST_JSON_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case_random.h"

typedef struct json_case {
    const char *text;
    bool        json;  /* the type takes it */
    bool        jsonb; /* the type takes it */
} json_case;

extern const json_case json_cases[];
extern const size_t    n_json_cases;

/* Texts that both types take. */
typedef struct json_key_case {
    const char *text;
    bool        twice; /* an object has a key twice */
} json_key_case;

extern const json_key_case json_key_cases[];
extern const size_t        n_json_key_cases;

/*
 * Writes a random document, valid JSON without surrogates' halves, U+0000 or outsize numbers, no
 * key twice in an object, and a NUL; returns its length.  size >= 8192; the document stays within
 * it.
 */
size_t json_generate(case_random *random, char *out, size_t size);

/*
 * The same, but for the keys: they are a few in several spellings.  *repeatedp: a key stands twice
 * in one object.
 */
size_t json_generate_repeating(case_random *random, char *out, size_t size, bool *repeatedp);

/*
 * Changes a few bytes of the text: drops, exchanges, cuts, and inserts what means something in
 * JSON.  Leaves a NUL behind the text and returns its length, which stays below size.  It may be
 * no UTF-8 any more.
 */
size_t json_mutate(case_random *random, char *text, size_t len, size_t size);

/*
 * Number n of all the strings of 1 to max_len characters of the alphabet, shortest first, with a
 * NUL; false when there are no more.
 */
bool string_of_alphabet(const char *alphabet, size_t max_len, uint64_t n, char *out);

#endif
