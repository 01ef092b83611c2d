/*
 * test_json.c - which texts PostgreSQL takes as json and jsonb.  The server
 * itself is asked in tests/db/test_codec_server.c.
 */
#include "mig/codec.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/json_cases.h"

/* From memory that ends where the text ends, so that reading on is seen by the sanitizer. */
static bool
check(const char *text, size_t len, mig_json_kind kind, size_t *offsetp, const char **whyp)
{
    mig_json_scratch scratch = MIG_JSON_SCRATCH_INIT;
    mig_json_fault   fault = {.offset = *offsetp};
    char            *copy = malloc(len > 0 ? len : 1);
    bool             ok;

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    ok = mig_json_check(copy, len, kind, &scratch, &fault) == MIG_JSON_OK;
    *offsetp = fault.offset;
    *whyp = fault.why;
    if (!ok) {
        cr_expect_not_null(*whyp, "no reason: %.100s", text);
        cr_expect_leq(*offsetp, len, "the offset lies behind: %.100s", text);
    }
    mig_json_scratch_fini(&scratch);
    free(copy);
    return ok;
}

static bool
accepts(const char *text, mig_json_kind kind)
{
    size_t      offset = 0;
    const char *why;

    return check(text, strlen(text), kind, &offset, &why);
}

Test(json, gives_both_verdicts_of_the_table)
{
    for (size_t i = 0; i < n_json_cases; i++) {
        const json_case *c = &json_cases[i];

        cr_expect_eq(accepts(c->text, MIG_JSON_TEXT), c->json, "json: %s", c->text);
        cr_expect_eq(accepts(c->text, MIG_JSON_BINARY), c->jsonb, "jsonb: %s", c->text);
    }
}

Test(json, gives_them_inside_of_arrays_and_objects_too)
{
    for (size_t i = 0; i < n_json_cases; i++) {
        static const char *const before[] = {"[0,", "{\"k\":", "[[{\"a\":["};
        static const char *const behind[] = {"]", "}", ",1]}]]"};
        const json_case         *c = &json_cases[i];
        char                     text[256];

        if (strcmp(c->text, "true,false") == 0)
            continue; /* Two values are right there. */
        for (size_t a = 0; a < 3; a++) {
            snprintf(text, sizeof text, "%s%s%s", before[a], c->text, behind[a]);
            cr_expect_eq(accepts(text, MIG_JSON_TEXT), c->json, "json: %s", text);
            cr_expect_eq(accepts(text, MIG_JSON_BINARY), c->jsonb, "jsonb: %s", text);
        }
    }
}

Test(json, refuses_a_nul_inside_of_a_string_and_outside)
{
    size_t      offset = 0;
    const char *why;

    cr_expect_not(check("\"a\0b\"", 5, MIG_JSON_TEXT, &offset, &why));
    cr_expect_eq(offset, 2);
    cr_expect_not(check("1\0", 2, MIG_JSON_TEXT, &offset, &why));
    cr_expect_eq(offset, 1);
    cr_expect_not(check("\0", 1, MIG_JSON_TEXT, &offset, &why));
    cr_expect_eq(offset, 0);
}

Test(json, says_where_and_why)
{
    static const struct {
        const char   *text;
        mig_json_kind kind;
        size_t        offset;
        const char   *word; /* of the reason */
    } cases[] = {
        {"", MIG_JSON_TEXT, 0, "ends"},
        {"[1,2", MIG_JSON_TEXT, 4, "ends"},
        {"[1,2}", MIG_JSON_TEXT, 4, "comma"},
        {"[1 2]", MIG_JSON_TEXT, 3, "comma"},
        {"{\"a\" 1}", MIG_JSON_TEXT, 5, "colon"},
        {"{a:1}", MIG_JSON_TEXT, 1, "key"},
        {"{\"a\":1,}", MIG_JSON_TEXT, 7, "key"},
        {"[1] x", MIG_JSON_TEXT, 4, "more"},
        {"n/a", MIG_JSON_TEXT, 0, "value"},
        {"[tru]", MIG_JSON_TEXT, 1, "value"},
        {"1.x", MIG_JSON_TEXT, 2, "digit"},
        {"1ex", MIG_JSON_TEXT, 2, "digit"},
        {"\"ab\n\"", MIG_JSON_TEXT, 3, "control"},
        {"[\"a\\x\"]", MIG_JSON_TEXT, 3, "escape"},
        {"\"a\\u00g0\"", MIG_JSON_TEXT, 6, "hexadecimal"},
        {"\"abc\\u0000\"", MIG_JSON_BINARY, 4, "\\u0000"},
        {"\"abc\\udc00\"", MIG_JSON_BINARY, 4, "low surrogate"},
        {"\"abc\\ud800\"", MIG_JSON_BINARY, 4, "high surrogate"},
        {"\"abc\\ud800\\u0041\"", MIG_JSON_BINARY, 4, "high surrogate"},
        {"[1,1e999999]", MIG_JSON_BINARY, 3, "numeric"},
        {"[1,-1e-999999]", MIG_JSON_BINARY, 3, "numeric"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t      offset = 4711;
        const char *why = NULL;
        const char *text = cases[i].text;

        cr_assert_not(check(text, strlen(text), cases[i].kind, &offset, &why), "%s", text);
        cr_expect_eq(offset, cases[i].offset, "%s: at %zu", text, offset);
        cr_expect_not_null(strstr(why, cases[i].word), "%s: %s", text, why);
    }
}

/* open...open middle close...close */
static char *
nested(const char *open, const char *middle, const char *close, size_t depth)
{
    size_t n_open = strlen(open), n_close = strlen(close), n_middle = strlen(middle);
    char  *text = malloc(depth * (n_open + n_close) + n_middle + 1);
    char  *p = text;

    cr_assert_not_null(text);
    for (size_t i = 0; i < depth; i++, p += n_open)
        memcpy(p, open, n_open);
    memcpy(p, middle, n_middle);
    p += n_middle;
    for (size_t i = 0; i < depth; i++, p += n_close)
        memcpy(p, close, n_close);
    *p = '\0';
    return text;
}

Test(json, takes_the_greatest_depth_and_refuses_the_next)
{
    static const char *const open[] = {"[", "{\"a\":", "[{\"a\":"};
    static const char *const close[] = {"]", "}", "}]"};
    static const size_t      levels[] = {1, 1, 2};

    for (size_t i = 0; i < 3; i++) {
        char *at_limit = nested(open[i], "[]", close[i], (MIG_JSON_MAX_DEPTH - 1) / levels[i]);
        char *beyond = nested(open[i], "[]", close[i], MIG_JSON_MAX_DEPTH / levels[i]);

        cr_expect(accepts(at_limit, MIG_JSON_TEXT), "case %zu", i);
        cr_expect(accepts(at_limit, MIG_JSON_BINARY), "case %zu", i);
        cr_expect_not(accepts(beyond, MIG_JSON_TEXT), "case %zu", i);
        free(at_limit);
        free(beyond);
    }
}

Test(json, survives_a_document_of_nothing_but_opening_brackets)
{
    char *text = nested("[", "", "", 1000000);

    cr_expect_not(accepts(text, MIG_JSON_TEXT));
    free(text);
}

Test(json, remembers_at_every_depth_what_is_open)
{
    /* 200 levels, arrays and objects in a random order; then one closing bracket exchanged. */
    case_random random = {5};

    for (int round = 0; round < 200; round++) {
        char   text[200 * 6 + 1];
        char   closing[200];
        size_t len = 0, wrong = case_random_below(&random, 200);

        for (size_t i = 0; i < 200; i++) {
            bool        object = case_random_below(&random, 2) == 0;
            const char *open = object ? "{\"a\":" : "[";

            memcpy(text + len, open, strlen(open));
            len += strlen(open);
            closing[i] = object ? '}' : ']';
        }
        text[len++] = '1';
        for (size_t i = 0; i < 200; i++)
            text[len + i] = closing[199 - i];
        text[len + 200] = '\0';
        cr_assert(accepts(text, MIG_JSON_TEXT), "round %d", round);
        text[len + wrong] = text[len + wrong] == '}' ? ']' : '}';
        cr_assert_not(accepts(text, MIG_JSON_TEXT), "round %d", round);
    }
}

Test(json, finds_what_breaks_a_string_wherever_it_stands)
{
    static const char *const pieces[] = {"\x01", "\x1f", "\n", "\\x", "\"\"", "\\u12"};

    for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
        for (size_t at = 1; at < 40; at++) {
            char text[64];

            memset(text, 'a', sizeof text);
            text[0] = '"';
            text[50] = '"';
            text[51] = '\0';
            cr_assert(accepts(text, MIG_JSON_TEXT));
            memcpy(text + at, pieces[p], strlen(pieces[p]));
            if (strcmp(pieces[p], "\\u12") == 0)
                text[at + 4] = 'x';
            cr_assert_not(accepts(text, MIG_JSON_TEXT), "piece %zu at %zu", p, at);
        }
    }
}

Test(json, takes_what_the_generator_makes_and_no_part_of_it)
{
    case_random  random = {1848};
    static char  text[8192];
    const size_t n_parts = 50;

    for (int i = 0; i < 2000; i++) {
        size_t      len = json_generate(&random, text, sizeof text);
        size_t      offset = 0, first, last;
        const char *why;

        cr_assert(check(text, len, MIG_JSON_TEXT, &offset, &why), "%s at %zu: %s", why, offset,
                  text);
        cr_assert(check(text, len, MIG_JSON_BINARY, &offset, &why), "%s at %zu: %s", why, offset,
                  text);
        first = strspn(text, " \t\r\n");
        last = len;
        while (last > 0 && strchr(" \t\r\n", text[last - 1]) != NULL)
            last--;
        if (text[first] != '{' && text[first] != '[' && text[first] != '"')
            continue; /* A part of a number may be a number. */
        for (size_t part = 0; part < n_parts && part < last; part++) {
            size_t part_len = case_random_below(&random, (unsigned)last);

            cr_assert_not(check(text, part_len, MIG_JSON_TEXT, &offset, &why), "%zu bytes of %s",
                          part_len, text);
        }
    }
}

Test(json, accepts_as_jsonb_nothing_that_is_not_json)
{
    case_random random = {77};
    static char text[9000];

    for (int i = 0; i < 50000; i++) {
        size_t      len = json_generate(&random, text, 8192);
        size_t      offset = 0;
        const char *why;

        len = json_mutate(&random, text, len, sizeof text);
        if (check(text, len, MIG_JSON_BINARY, &offset, &why))
            cr_assert(check(text, len, MIG_JSON_TEXT, &offset, &why), "%s", text);
    }
}

/* Without a copy: for very long texts. */
static mig_json_verdict
judge(const char *text, size_t len, mig_json_kind kind, mig_json_fault *fault)
{
    mig_json_scratch scratch = MIG_JSON_SCRATCH_INIT;
    mig_json_verdict verdict = mig_json_check(text, len, kind, &scratch, fault);

    mig_json_scratch_fini(&scratch);
    return verdict;
}

/* jsonb counts the bytes of the string, not of its escapes. */
Test(json, takes_a_string_of_nearly_256_MiB_as_jsonb_and_no_longer_one)
{
    const size_t   limit = ((size_t)1 << 28) - 8;
    char          *text = malloc(limit + 64);
    mig_json_fault fault = {.offset = 4711};

    cr_assert_not_null(text);
    memset(text, 'a', limit + 64);
    text[0] = '"';

    text[limit] = '"'; /* limit - 1 bytes between the quotes */
    cr_expect_eq(judge(text, limit + 1, MIG_JSON_BINARY, &fault), MIG_JSON_OK);
    text[limit] = 'a';
    text[limit + 1] = '"'; /* limit bytes */
    cr_expect_eq(judge(text, limit + 2, MIG_JSON_BINARY, &fault), MIG_JSON_REFUSED);
    cr_expect_eq(fault.offset, 0);
    cr_expect_eq(judge(text, limit + 2, MIG_JSON_TEXT, &fault), MIG_JSON_OK);
    memcpy(text + 1, "\\n", 2); /* limit bytes again, of which two are one character */
    cr_expect_eq(judge(text, limit + 2, MIG_JSON_BINARY, &fault), MIG_JSON_OK);

    /* Escapes of 6, 6, 6 and 12 bytes for 1, 2, 3 and 4: 20 bytes saved. */
    memcpy(text + 1, "\\u0041\\u00e9\\u20ac\\ud83d\\ude00", 30);
    text[limit + 1] = 'a';
    text[limit + 20] = '"';
    cr_expect_eq(judge(text, limit + 21, MIG_JSON_BINARY, &fault), MIG_JSON_OK);
    text[limit + 20] = 'a';
    text[limit + 21] = '"';
    cr_expect_eq(judge(text, limit + 22, MIG_JSON_BINARY, &fault), MIG_JSON_REFUSED);
    free(text);
}
