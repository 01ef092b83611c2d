/*
 * test_image_json.c - documents that jsonb holds as the same, and others.
 *
 * The server's own = and its own form are asked in tests/db/test_image_server.c.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/wire/image.h"
#include "../support/json_cases.h"

static mig__image_scratch scratch;
static mig_buf            one = MIG_BUF_INIT, other = MIG_BUF_INIT;

static void
fini(void)
{
    mig__image_scratch_fini(&scratch);
    mig_buf_fini(&one);
    mig_buf_fini(&other);
}

TestSuite(image_json, .fini = fini, .timeout = 60);

static bool
same(const char *a, const char *b)
{
    mig_buf_clear(&one);
    mig_buf_clear(&other);
    cr_assert(mig__image_json(a, strlen(a), &scratch, &one), "%s", a);
    cr_assert(mig__image_json(b, strlen(b), &scratch, &other), "%s", b);
    cr_assert(!one.failed && !other.failed);
    return one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
}

Test(image_json, does_not_show_how_a_document_is_written)
{
    static const char *const pairs[][2] = {
        {"{}", " { } "},
        {"[]", "[\n]"},
        {"[1,2]", "[ 1 ,\t2 ]"},
        {"{\"a\":1}", "{ \"a\" : 1 }"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"},
        {"{\"b\":1,\"aa\":2}", "{\"aa\":2,\"b\":1}"},
        {"{\"a\":{\"x\":1,\"y\":2},\"b\":[{\"u\":1,\"v\":{}}]}",
         "{\"b\":[{\"v\":{},\"u\":1}],\"a\":{\"y\":2,\"x\":1}}"},
        {"{\"a\":2}", "{\"a\":1,\"a\":2}"},
        {"{\"a\":3,\"b\":{}}", "{\"a\":[1],\"b\":{},\"a\":{\"a\":1},\"a\":3}"},
        {"{\"a\":1}", "{\"\\u0061\":1}"},
        {"{\"a\":2}", "{\"a\":1,\"\\u0061\":2}"},
        {"\"a/b\"", "\"a\\/b\""},
        {"\"\\n\"", "\"\\u000a\""},
        {"\"\\u00e9\"", "\"\xc3\xa9\""},
        {"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
        {"\"\\\"\"", "\"\\u0022\""},
        {"1", "1.0"},
        {"1.0", "1.00"},
        {"1e2", "100"},
        {"-0", "0"},
        {"0.0", "0e5"},
        {"1.5e-3", "0.0015"},
        {"[1e2,true]", "[100.0,true]"},
        {"null", " null "},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        cr_assert(same(pairs[i][0], pairs[i][1]), "%s and %s", pairs[i][0], pairs[i][1]);
}

Test(image_json, tells_different_documents_apart)
{
    static const char *const documents[] = {
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "10",
        "0.1",
        "1e100",
        "\"\"",
        "\"1\"",
        "\"null\"",
        "\"a\"",
        "\"A\"",
        "\"a \"",
        "\"\\\\n\"",
        "\"\\n\"",
        "[]",
        "[[]]",
        "[[],[]]",
        "[[[]]]",
        "[null]",
        "[1]",
        "[1,1]",
        "[1,[1]]",
        "[[1],1]",
        "[[1,1]]",
        "[\"a\",\"b\"]",
        "[\"b\",\"a\"]",
        "[\"a\\\",\\\"b\"]",
        "{}",
        "[{}]",
        "{\"a\":1}",
        "{\"a\":2}",
        "{\"a\":null}",
        "{\"\":1}",
        "{\"b\":1}",
        "{\"a\":1,\"b\":1}",
        "{\"a\":1,\"b\":2}",
        "{\"a\":2,\"b\":1}",
        "{\"a\":{\"b\":1}}",
        "{\"a\":{},\"b\":1}",
        "{\"a\":{\"a\":{}}}",
        "{\"a\":[1]}",
        "[\"a\",1]",
        "{\"aa\":1}",
    };
    const size_t n = sizeof documents / sizeof documents[0];

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            cr_assert_eq(same(documents[i], documents[j]), i == j, "%s and %s", documents[i],
                         documents[j]);
}

Test(image_json, takes_what_jsonb_takes)
{
    for (size_t i = 0; i < n_json_cases; i++) {
        const char *text = json_cases[i].text;

        mig_buf_clear(&one);
        cr_assert_eq(mig__image_json(text, strlen(text), &scratch, &one), json_cases[i].jsonb, "%s",
                     text);
        cr_assert(json_cases[i].jsonb || one.len == 0);
    }
}

/* As deep as it goes, and an object with more keys than a scratch keeps. */
Test(image_json, takes_deep_and_wide_documents)
{
    mig_buf forth = MIG_BUF_INIT, back = MIG_BUF_INIT;

    for (int i = 0; i < 1000; i++)
        mig_buf_puts(&forth, i % 2 == 0 ? "[" : "{\"b\":1,\"a\":");
    mig_buf_puts(&forth, "1");
    for (int i = 1000; i-- > 0;)
        mig_buf_puts(&forth, i % 2 == 0 ? "]" : "}");
    cr_assert(same(mig_buf_text(&forth), mig_buf_text(&forth)));
    mig_buf_clear(&forth);
    for (int i = 0; i < 100000; i++) {
        mig_buf_printf(&forth, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i);
        mig_buf_printf(&back, "%s\"k%d\":%d", i == 0 ? "{" : ",", 99999 - i, 99999 - i);
    }
    mig_buf_puts(&forth, "}");
    mig_buf_puts(&back, "}");
    cr_assert(same(mig_buf_text(&forth), mig_buf_text(&back)));
    cr_assert(same("{}", "{ }"));
    cr_assert_leq(scratch.members_cap, 64);
    mig_buf_fini(&forth);
    mig_buf_fini(&back);
}

/* Changed texts: never a read beyond the text (sanitizers), never a crash. */
Test(image_json, survives_any_text)
{
    case_random random = {17};
    char       *text = malloc(8192);
    unsigned    n_taken = 0;

    for (int i = 0; i < 3000; i++) {
        size_t len = json_mutate(&random, text, json_generate(&random, text, 8192), 8192);
        char  *exact = malloc(len + (len == 0));

        memcpy(exact, text, len);
        mig_buf_clear(&one);
        n_taken += mig__image_json(exact, len, &scratch, &one);
        free(exact);
    }
    free(text);
    cr_assert_gt(n_taken, 100);
}
