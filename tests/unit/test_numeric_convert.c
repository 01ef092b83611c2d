/*
 * test_numeric_convert.c - numeric to and from int64 and double.  The server
 * itself is asked in tests/db/test_codec_server_numeric.c.
 */
#include "../../src/wire/numeric.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define N(array) (sizeof array / sizeof array[0])

static unsigned char wire[256];
static size_t        wire_len;

static void
parse(const char *text)
{
    cr_assert_eq(mig__numeric_parse(text, strlen(text), wire, &wire_len), MIG__NUMERIC_OK, "%s",
                 text);
}

static void
expect_text(const char *wanted)
{
    char text[512];

    cr_assert_leq(mig__numeric_text_max(wire, wire_len), sizeof text);
    mig__numeric_format(wire, wire_len, text);
    cr_expect_str_eq(text, wanted);
}

Test(numeric_convert, takes_integers_to_the_ends_of_int64)
{
    static const struct {
        int64_t     value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-1, "-1"},
        {10000, "10000"},
        {1000000000000000000, "1000000000000000000"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };

    for (size_t i = 0; i < N(cases); i++) {
        int64_t back = 1;

        wire_len = mig__numeric_from_int64(cases[i].value, wire);
        expect_text(cases[i].text);
        cr_expect_eq(mig__numeric_to_scaled(wire, wire_len, 0, &back), MIG__NUMERIC_OK);
        cr_expect_eq(back, cases[i].value);
    }
}

Test(numeric_convert, takes_a_double_for_the_decimal_it_is_written_as)
{
    static const struct {
        double      value;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {-0.0, "0"},
        {1.5, "1.5"},
        {100, "100"},
        {1e22, "10000000000000000000000"},
        {-1.0 / 3, "-0.3333333333333333"},
        {123456.789e-10, "0.0000123456789"},
        {9007199254740993.0, "9007199254740992"},
    };

    for (size_t i = 0; i < N(cases); i++) {
        wire_len = mig__numeric_from_double(cases[i].value, wire);
        expect_text(cases[i].text);
    }
    wire_len = mig__numeric_from_double((double)NAN, wire);
    expect_text("NaN");
    wire_len = mig__numeric_from_double(-(double)INFINITY, wire);
    expect_text("-Infinity");
}

Test(numeric_convert, is_a_double_only_if_that_comes_back_as_the_same_number)
{
    static const struct {
        const char          *text;
        mig__numeric_verdict verdict;
        double               value;
    } cases[] = {
        {"0", MIG__NUMERIC_OK, 0},
        {"0.1", MIG__NUMERIC_OK, 0.1},
        {"0.1000", MIG__NUMERIC_OK, 0.1},
        {"-2.50", MIG__NUMERIC_OK, -2.5},
        {"1e300", MIG__NUMERIC_OK, 1e300},
        {"5e-324", MIG__NUMERIC_OK, 5e-324},
        {"9007199254740993", MIG__NUMERIC_FRACTION, 0},
        {"0.1000000000000000055511151231257827", MIG__NUMERIC_FRACTION, 0},
        {"0.10000000000000001", MIG__NUMERIC_FRACTION, 0},
        {"1e-400", MIG__NUMERIC_FRACTION, 0},
        {"1e309", MIG__NUMERIC_RANGE, 0},
        {"-1.7976931348623159e308", MIG__NUMERIC_RANGE, 0},
        {"12345678901234567890e300", MIG__NUMERIC_RANGE, 0},
    };

    for (size_t i = 0; i < N(cases); i++) {
        double               value = 0;
        mig__numeric_verdict verdict;

        parse(cases[i].text);
        verdict = mig__numeric_to_double(wire, wire_len, &value);
        cr_expect_eq(verdict, cases[i].verdict, "%s: %d", cases[i].text, verdict);
        cr_expect_eq(value, cases[i].value, "%s: %g", cases[i].text, value);
    }
}

Test(numeric_convert, is_an_integer_or_says_why_not)
{
    static const struct {
        const char          *text;
        int                  scale;
        mig__numeric_verdict verdict;
        int64_t              value;
    } cases[] = {
        {"5.00", 0, MIG__NUMERIC_OK, 5},
        {"5.01", 0, MIG__NUMERIC_FRACTION, 0},
        {"5.01", 2, MIG__NUMERIC_OK, 501},
        {"-5.01", 3, MIG__NUMERIC_OK, -5010},
        {"0.001", 2, MIG__NUMERIC_FRACTION, 0},
        {"1e18", 0, MIG__NUMERIC_OK, 1000000000000000000},
        {"9223372036854775808", 0, MIG__NUMERIC_RANGE, 0},
        {"-9223372036854775808", 0, MIG__NUMERIC_OK, INT64_MIN},
        {"-9223372036854775809", 0, MIG__NUMERIC_RANGE, 0},
        {"92233720368547758.08", 2, MIG__NUMERIC_RANGE, 0},
        {"1e19", 0, MIG__NUMERIC_RANGE, 0},
        {"NaN", 0, MIG__NUMERIC_RANGE, 0},
        {"inf", 0, MIG__NUMERIC_RANGE, 0},
    };

    for (size_t i = 0; i < N(cases); i++) {
        int64_t value = 0;

        parse(cases[i].text);
        cr_expect_eq(mig__numeric_to_scaled(wire, wire_len, cases[i].scale, &value),
                     cases[i].verdict, "%s", cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s", cases[i].text);
    }
}

Test(numeric_convert, has_one_form_for_equal_numbers)
{
    static const char *const texts[] = {"1.5", "1.50", "15e-1", "01.500000000", "0.15e1"};
    unsigned char            first[64];
    size_t                   first_len;

    parse(texts[0]);
    first_len = mig__numeric_canonical(wire, wire_len, first);
    for (size_t i = 1; i < N(texts); i++) {
        parse(texts[i]);
        wire_len = mig__numeric_canonical(wire, wire_len, wire);
        cr_expect_eq(wire_len, first_len, "%s", texts[i]);
        cr_expect_arr_eq(wire, first, first_len, "%s", texts[i]);
    }
}
