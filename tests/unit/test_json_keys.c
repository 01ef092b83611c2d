/*
 * test_json_keys.c - keys that stand twice in one object of a jsonb.  The
 * server itself is asked in tests/db/test_codec_server.c.
 */
#include "mig/codec.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../support/json_cases.h"

/* A sanitizer ends the program when memory cannot be had. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Every test is a process of its own. */
static mig_json_scratch scratch = MIG_JSON_SCRATCH_INIT;

static void
free_scratch(void)
{
    mig_json_scratch_fini(&scratch);
}

TestSuite(json_keys, .fini = free_scratch);

/* From memory that ends where the text ends, so that reading on is seen by the sanitizer. */
static mig_json_verdict
judge(const char *text, mig_json_fault *fault)
{
    size_t           len = strlen(text);
    char            *copy = malloc(len > 0 ? len : 1);
    mig_json_verdict verdict;

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    verdict = mig_json_check(copy, len, MIG_JSON_BINARY, &scratch, fault);
    free(copy);
    return verdict;
}

static bool
stands_twice(const char *text)
{
    mig_json_fault   fault = {.why = "nothing"};
    mig_json_verdict verdict = judge(text, &fault);

    cr_assert(verdict == MIG_JSON_OK || verdict == MIG_JSON_KEY_TWICE, "%.100s: %d, %s at %zu",
              text, (int)verdict, fault.why, fault.offset);
    return verdict == MIG_JSON_KEY_TWICE;
}

/* An object of n keys, each of another name but for `again`, which has the name of `first`. */
static char *
object_of(size_t n, size_t first, size_t again, size_t offsets[2])
{
    const size_t size = n * 32 + 3;
    char        *text = malloc(size);
    size_t       len = 0;

    cr_assert_not_null(text);
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(text + len, size - len, i == 0 ? "{" : ",");
        if (i == first)
            offsets[0] = len;
        if (i == again)
            offsets[1] = len;
        len += (size_t)snprintf(text + len, size - len,
                                i == again ? "\"\\u006b%zu\":%zu" : "\"k%zu\":%zu",
                                i == again ? first : i, i);
    }
    snprintf(text + len, size - len, "}");
    return text;
}

Test(json_keys, gives_the_verdicts_of_the_table)
{
    for (size_t i = 0; i < n_json_key_cases; i++)
        cr_expect_eq(stands_twice(json_key_cases[i].text), json_key_cases[i].twice, "%s",
                     json_key_cases[i].text);
}

Test(json_keys, gives_them_inside_of_other_arrays_and_objects_too)
{
    static const char *const around[][2] = {
        {"[0,", "]"},
        {"{\"a\":", ",\"b\":{\"a\":1}}"},
        {"{\"b\":{\"a\":1},\"\\u0061\":", "}"},
        {"[[{\"a\":[", ",1]}]]"},
    };

    for (size_t i = 0; i < n_json_key_cases; i++) {
        for (size_t a = 0; a < sizeof around / sizeof around[0]; a++) {
            char text[256];

            snprintf(text, sizeof text, "%s%s%s", around[a][0], json_key_cases[i].text,
                     around[a][1]);
            cr_expect_eq(stands_twice(text), json_key_cases[i].twice, "%s", text);
        }
    }
}

Test(json_keys, lets_json_have_them_and_needs_no_scratch_for_it)
{
    for (size_t i = 0; i < n_json_key_cases; i++) {
        const char *text = json_key_cases[i].text;

        cr_expect_eq(mig_json_check(text, strlen(text), MIG_JSON_TEXT, NULL, NULL), MIG_JSON_OK,
                     "%s", text);
    }
}

Test(json_keys, says_where_both_stand)
{
    static const struct {
        const char *text;
        size_t      first, second, key_len;
    } cases[] = {
        {"{\"a\":1,\"a\":2}", 1, 7, 1},
        {"{\"a\":1,\"\\u0061\":2}", 1, 7, 6},
        {"{\"\":1,\"\":2}", 1, 6, 0},
        {" [ { \"b\" : 0 , \"a\\\\\" : 1 , \"a\\\\\" : 2 } ]", 15, 27, 3},
        {"{\"a\\\"\":1,\"a\\u0022\":2}", 1, 9, 7},
        {"{\"a\":1,\"b\":1,\"b\":2,\"a\":2}", 7, 13, 1},
        {"{\"a\":1,\"a\":2,\"a\":3}", 1, 7, 1},
        {"{\"a\":1,\"b\":{\"a\":1,\"a\":2},\"a\":2}", 12, 18, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_json_fault fault = {0};

        cr_assert_eq(judge(cases[i].text, &fault), MIG_JSON_KEY_TWICE, "%s", cases[i].text);
        cr_expect_eq(fault.first_offset, cases[i].first, "%s: %zu", cases[i].text,
                     fault.first_offset);
        cr_expect_eq(fault.offset, cases[i].second, "%s: %zu", cases[i].text, fault.offset);
        cr_expect_eq(fault.key_len, cases[i].key_len, "%s: %zu", cases[i].text, fault.key_len);
        cr_expect_not_null(strstr(fault.why, "stands twice"), "%s", fault.why);
    }
}

/* On both sides of the number up to which keys are compared in pairs. */
Test(json_keys, finds_the_two_wherever_they_stand_among_others)
{
    for (size_t n = 1; n <= 70; n += n < 44 || n > 51 ? 4 : 1) {
        size_t offsets[2];
        char  *text = object_of(n, n, n, offsets);

        cr_assert_not(stands_twice(text), "%s", text);
        free(text);
        for (size_t again = 1; again < n; again++) {
            for (size_t first = 0; first < again; first++) {
                mig_json_fault fault = {0};

                text = object_of(n, first, again, offsets);
                cr_assert_eq(judge(text, &fault), MIG_JSON_KEY_TWICE, "%s", text);
                cr_assert_eq(fault.first_offset, offsets[0], "%s", text);
                cr_assert_eq(fault.offset, offsets[1], "%s", text);
                free(text);
            }
        }
    }
}

Test(json_keys, tells_of_many_the_one_whose_second_place_comes_first)
{
    /* k0 to k99, then k99 to k0: k99 is the first to stand there again. */
    mig_json_fault fault = {0};
    char           text[4096];
    size_t         len = 0, last = 0;

    for (size_t i = 0; i < 200; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, i == 0 ? "{" : ",");
        last = i == 99 ? len : last;
        len += (size_t)snprintf(text + len, sizeof text - len, "\"k%zu\":1", i < 100 ? i : 199 - i);
    }
    snprintf(text + len, sizeof text - len, "}");

    cr_assert_eq(judge(text, &fault), MIG_JSON_KEY_TWICE);
    cr_expect_eq(fault.first_offset, last);
    cr_expect_eq(fault.offset, last + strlen("\"k99\":1,"));
}

static size_t
encode_utf8(unsigned c, char *out)
{
    const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t              len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = len; i-- > 1; c /= 64)
        out[i] = (char)(0x80 + c % 64);
    out[0] = (char)(lead[len == 1 ? 0 : len] + c);
    return len;
}

Test(json_keys, takes_every_character_for_its_escape_and_for_no_other)
{
    for (unsigned c = ' '; c <= 0x10ffff; c += c < 0x10000 ? 1 : 97) {
        char   raw[5] = {0}, escaped[16], text[64];
        size_t offset;

        if (c == '"' || c == '\\' || (c >= 0xd800 && c <= 0xdfff))
            continue;
        cr_assert_eq(mig_utf8_check(raw, encode_utf8(c, raw), &offset), MIG_UTF8_OK);
        for (unsigned other = c; other <= c + 1 && other <= 0x10ffff; other++) {
            if (other >= 0x10000)
                snprintf(escaped, sizeof escaped, "\\u%04x\\u%04X",
                         0xd800 + ((other - 0x10000) >> 10), 0xdc00 + (other & 0x3ff));
            else if (other != 0xd800)
                snprintf(escaped, sizeof escaped, other % 2 == 0 ? "\\u%04x" : "\\u%04X", other);
            else
                continue;
            snprintf(text, sizeof text, "{\"%s\":1,\"%s\":2}", raw, escaped);
            cr_assert_eq(stands_twice(text), other == c, "%s", text);
        }
    }
}

Test(json_keys, finds_what_the_generator_made)
{
    case_random random = {1859};
    static char text[8192];
    unsigned    n_twice = 0, n_once = 0;

    for (int i = 0; i < 20000; i++) {
        bool twice;

        json_generate_repeating(&random, text, sizeof text, &twice);
        cr_assert_eq(stands_twice(text), twice, "%s", text);
        n_twice += twice;
        n_once += !twice;
    }
    cr_assert(n_twice > 1000 && n_once > 1000, "%u twice, %u not", n_twice, n_once);
}

/* Compared in pairs, these would take many minutes. */
Test(json_keys, copes_with_a_million_keys, .timeout = 60)
{
    const size_t   n = 1000000;
    mig_json_fault fault = {0};
    size_t         offsets[2];
    char          *text = object_of(n, n, n, offsets);

    cr_expect_not(stands_twice(text));
    free(text);
    text = object_of(n, 3, n - 2, offsets);
    cr_expect_eq(judge(text, &fault), MIG_JSON_KEY_TWICE);
    cr_expect_eq(fault.first_offset, offsets[0]);
    cr_expect_eq(fault.offset, offsets[1]);
    free(text);
}

Test(json_keys, allocates_nothing_once_warm_and_keeps_nothing_huge)
{
    static const char small[] = "{\"a\":{\"b\":1,\"\\u0063\":2},\"d\":[{\"e\":1}]}";
    size_t            offsets[2];
    char             *usual = object_of(1000, 1000, 1000, offsets);
    char             *huge = object_of(100000, 100000, 100000, offsets);
    const void       *keys, *decoded;

    cr_assert_not(stands_twice(small));
    cr_assert_not(stands_twice(usual));
    keys = scratch.keys;
    decoded = scratch.decoded;
    for (int i = 0; i < 100; i++)
        cr_assert_not(stands_twice(i % 2 == 0 ? usual : small));
    cr_expect_eq(scratch.keys, keys);
    cr_expect_eq(scratch.decoded, decoded);

    cr_assert_not(stands_twice(huge));
    cr_expect_geq(scratch.keys_cap, 100000);
    cr_assert_not(stands_twice(small));
    cr_expect_lt(scratch.keys_cap, 1000);
    free(usual);
    free(huge);
}

Test(json_keys, tells_memory_that_cannot_be_had_from_bad_json, .disabled = SANITIZED)
{
    struct rlimit    before, none;
    mig_json_fault   fault = {.offset = 4711};
    mig_json_verdict verdict;
    size_t           offsets[2];
    char            *text = object_of(1000000, 0, 999999, offsets);
    const size_t     len = strlen(text);

    cr_assert_eq(getrlimit(RLIMIT_AS, &before), 0);
    none = before;
    none.rlim_cur = 1 << 20; /* less than there is already */
    cr_assert_eq(setrlimit(RLIMIT_AS, &none), 0);
    verdict = mig_json_check(text, len, MIG_JSON_BINARY, &scratch, &fault);
    cr_assert_eq(setrlimit(RLIMIT_AS, &before), 0);

    cr_expect_eq(verdict, MIG_JSON_NO_MEMORY, "%d", (int)verdict);
    cr_expect_eq(fault.offset, 4711);
    cr_expect_eq(mig_json_check(text, len, MIG_JSON_BINARY, &scratch, &fault), MIG_JSON_KEY_TWICE);
    free(text);
}
