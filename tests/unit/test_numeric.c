/*
 * test_numeric.c - numeric between text and binary.  The server itself is asked
 * in tests/db/test_codec_server_numeric.c.
 */
#include "../../src/wire/numeric.h"

#include <criterion/criterion.h>
#include <string.h>

#define N(array) (sizeof array / sizeof array[0])

static unsigned char wire[4096];
static size_t        wire_len;

static void
parse(const char *text)
{
    cr_assert_eq(mig__numeric_parse(text, strlen(text), wire, &wire_len), MIG__NUMERIC_OK, "%s",
                 text);
}

Test(numeric, reads_the_digits_of_a_text)
{
    static const struct {
        const char   *text;
        size_t        len;
        unsigned char bytes[20];
    } cases[] = {
        {"0", 8, {0}},
        {"0.00", 8, {0, 0, 0, 0, 0, 0, 0, 2}},
        {"-0", 8, {0}},
        {"1", 10, {0, 1, 0, 0, 0, 0, 0, 0, 0, 1}},
        {"-1.50", 12, {0, 2, 0, 0, 0x40, 0, 0, 2, 0, 1, 0x13, 0x88}},
        {"12345.678", 14, {0, 3, 0, 1, 0, 0, 0, 3, 0, 1, 0x09, 0x29, 0x1a, 0x7c}},
        {"1e4", 10, {0, 1, 0, 1, 0, 0, 0, 0, 0, 1}},
        {"+1.0e-4", 10, {0, 1, 0xff, 0xff, 0, 0, 0, 5, 0, 1}},
        {"NaN", 8, {0, 0, 0, 0, 0xc0, 0, 0, 0}},
        {"+inf", 8, {0, 0, 0, 0, 0xd0, 0, 0, 32}},
        {"-Infinity", 8, {0, 0, 0, 0, 0xf0, 0, 0, 32}},
    };

    for (size_t i = 0; i < N(cases); i++) {
        parse(cases[i].text);
        cr_expect_eq(wire_len, cases[i].len, "%s", cases[i].text);
        cr_expect_arr_eq(wire, cases[i].bytes, cases[i].len, "%s", cases[i].text);
    }
}

Test(numeric, refuses_what_is_no_number)
{
    static const char *const texts[] = {"",   " 1",   "1 ",   "1e 5", "1_000", "0x10", "1,5",
                                        "-",  ".",    "-.e1", "1e",   "1e+",   "1..2", "--1",
                                        "$1", "-nan", "nan1", "infi", "1.e",   "e1",   "+-1"};

    for (size_t i = 0; i < N(texts); i++)
        cr_expect_eq(mig__numeric_parse(texts[i], strlen(texts[i]), wire, &wire_len),
                     MIG__NUMERIC_MALFORMED, "taken: \"%s\"", texts[i]);
}

Test(numeric, refuses_what_the_type_cannot_hold)
{
    static const char *const texts[] = {"1e131072", "1e-16384", "0e-16384", "0e1073741823",
                                        "1e99999999999999999999"};

    for (size_t i = 0; i < N(texts); i++)
        cr_expect_eq(mig__numeric_parse(texts[i], strlen(texts[i]), wire, &wire_len),
                     MIG__NUMERIC_RANGE, "%s", texts[i]);
}

Test(numeric, looks_at_no_byte_behind_the_text)
{
    cr_assert_eq(mig__numeric_parse("123456", 3, wire, &wire_len), MIG__NUMERIC_OK);
    cr_assert_eq(wire[9], 123);
    cr_assert_eq(mig__numeric_parse("1e56", 2, wire, &wire_len), MIG__NUMERIC_MALFORMED);
}

Test(numeric, writes_the_text_it_read)
{
    static const char *const texts[] = {"0",
                                        "0.000",
                                        "1",
                                        "-1.50",
                                        "0.0001",
                                        "10000",
                                        "9999",
                                        "0.00001",
                                        "-0.10",
                                        "NaN",
                                        "Infinity",
                                        "-Infinity",
                                        "12345678901234567890.12345"};

    for (size_t i = 0; i < N(texts); i++) {
        char text[64];

        parse(texts[i]);
        cr_assert_leq(mig__numeric_text_max(wire, wire_len), sizeof text);
        cr_expect_eq(mig__numeric_format(wire, wire_len, text), strlen(texts[i]));
        cr_expect_str_eq(text, texts[i]);
    }
}

Test(numeric, says_when_wire_bytes_are_malformed)
{
    static const struct {
        const char   *why;
        size_t        len;
        unsigned char bytes[12];
    } cases[] = {
        {"no head", 7, {0}},
        {"fewer digits than told", 8, {0, 1}},
        {"more digits than told", 12, {0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1}},
        {"a digit of 10000", 10, {0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10}},
        {"an unknown sign", 10, {0, 1, 0, 0, 0x80, 0, 0, 0, 0, 1}},
        {"NaN with digits", 10, {0, 1, 0, 0, 0xc0, 0, 0, 0, 0, 1}},
        {"a scale of 16384", 10, {0, 1, 0, 0, 0, 0, 0x40, 0, 0, 1}},
        {"a digit too far behind the point", 10, {0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1}},
    };

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char copy[12];
        char          text[64];
        int64_t       integer;
        double        real;

        memcpy(copy, cases[i].bytes, 12);
        cr_expect_eq(mig__numeric_format(copy, cases[i].len, text), 0, "%s", cases[i].why);
        cr_expect_eq(mig__numeric_canonical(copy, cases[i].len, wire), 0, "%s", cases[i].why);
        cr_expect_eq(mig__numeric_fit(copy, cases[i].len, 5, 2), MIG__NUMERIC_MALFORMED);
        cr_expect_eq(mig__numeric_to_scaled(copy, cases[i].len, 0, &integer),
                     MIG__NUMERIC_MALFORMED);
        cr_expect_eq(mig__numeric_to_double(copy, cases[i].len, &real), MIG__NUMERIC_MALFORMED);
    }
}

Test(numeric, takes_zeros_at_both_ends_of_the_digits)
{
    static const unsigned char padded[] = {0, 3, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0};
    char                       text[64];

    cr_assert_eq(mig__numeric_format(padded, sizeof padded, text), 6);
    cr_assert_str_eq(text, "7.0000");
    wire_len = mig__numeric_canonical(padded, sizeof padded, wire);
    cr_assert_eq(wire_len, 10);
    cr_assert_arr_eq(wire, ((unsigned char[]){0, 1, 0, 0, 0, 0, 0, 0, 0, 7}), 10);
}
