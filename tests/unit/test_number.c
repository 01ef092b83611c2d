/*
 * test_number.c - integers and floating point numbers between text and binary.
 * The server itself is asked in tests/db/test_codec_server_number.c.
 */
#include "../../src/wire/number.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"

#define N(array) (sizeof array / sizeof array[0])

Test(number, writes_doubles_as_short_as_they_read_back)
{
    static const struct {
        double      value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {0.1, "0.1"},
        {-1.5, "-1.5"},
        {100, "100"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {123456789012345, "123456789012345"},
        {1e15, "1e+15"},
        {1.5e20, "1.5e+20"},
        {1.0 / 3, "0.3333333333333333"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {9007199254740993.0, "9.007199254740992e+15"},
        {1e23, "9.999999999999999e+22"},
        {7.2911220195563975e-304, "7.291122019556398e-304"},
    };
    char text[MIG__DOUBLE_TEXT_MAX];

    for (size_t i = 0; i < N(cases); i++) {
        cr_expect_eq(mig__double_format(cases[i].value, text), strlen(cases[i].text));
        cr_expect_str_eq(text, cases[i].text);
    }
    mig__double_format((double)NAN, text);
    cr_expect_str_eq(text, "NaN");
    mig__double_format(-(double)INFINITY, text);
    cr_expect_str_eq(text, "-Infinity");
}

Test(number, writes_floats_as_short_as_they_read_back)
{
    static const struct {
        float       value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {0.1f, "0.1"},
        {-16777216, "-1.6777216e+07"},
        {100000, "100000"},
        {1e6f, "1e+06"},
        {FLT_MAX, "3.4028235e+38"},
        {1e-45f, "1e-45"},
        {3.1415927f, "3.1415927"},
    };
    char text[MIG__DOUBLE_TEXT_MAX];

    for (size_t i = 0; i < N(cases); i++) {
        cr_expect_eq(mig__float_format(cases[i].value, text), strlen(cases[i].text));
        cr_expect_str_eq(text, cases[i].text);
    }
}

Test(number, reads_back_every_double_it_writes)
{
    case_random random = {754};

    for (int i = 0; i < 100000; i++) {
        uint64_t bits = case_random_next(&random);
        double   value, back;
        char     text[MIG__DOUBLE_TEXT_MAX];
        size_t   len;

        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        len = mig__double_format(value, text);
        cr_assert_eq(mig__double_parse(text, len, &back), MIG__NUMBER_OK, "%s", text);
        cr_assert_eq(memcmp(&value, &back, sizeof value), 0, "%s", text);
    }
}

Test(number, takes_only_integers_as_they_are_printed)
{
    static const struct {
        const char *text;
        int64_t     value;
    } good[] = {
        {"0", 0},
        {"42", 42},
        {"-7", -7},
        {"10", 10},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {
        "",
        "-",
        "042",
        "+4",
        " 4",
        "4 ",
        "-0",
        "4.0",
        "4.",
        "4e0",
        "0x4",
        "1_000",
        "00",
        "--4",
        "-042",
        "a",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999",
    };

    for (size_t i = 0; i < N(good); i++) {
        int64_t value = 1;

        cr_expect(mig__int64_parse(good[i].text, strlen(good[i].text), &value), "%s", good[i].text);
        cr_expect_eq(value, good[i].value, "%s", good[i].text);
    }
    for (size_t i = 0; i < N(bad); i++) {
        int64_t value = 4711;

        cr_expect_not(mig__int64_parse(bad[i], strlen(bad[i]), &value), "taken: \"%s\"", bad[i]);
        cr_expect_eq(value, 4711);
    }
}

Test(number, reads_doubles_in_all_their_forms)
{
    static const struct {
        const char *text;
        double      value;
    } cases[] = {
        {"1", 1},
        {"-1.5", -1.5},
        {"+.5", 0.5},
        {"5.", 5},
        {"1e3", 1000},
        {"1.5E-3", 0.0015},
        {"000.100e+1", 1},
        {"0e999999999999999999999", 0},
        {"1e-324", -1}, /* too small */
        {"0.0000000000000000000000000000000000000001e40", 1},
        {"100000000000000000000000000000000000000000e-41", 1},
        {"inf", (double)INFINITY},
        {"-Infinity", -(double)INFINITY},
    };

    for (size_t i = 0; i < N(cases); i++) {
        double              value = 0;
        mig__number_verdict verdict =
            mig__double_parse(cases[i].text, strlen(cases[i].text), &value);

        if (strcmp(cases[i].text, "1e-324") == 0) {
            cr_expect_eq(verdict, MIG__NUMBER_RANGE);
            continue;
        }
        cr_expect_eq(verdict, MIG__NUMBER_OK, "%s", cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s: %g", cases[i].text, value);
    }
}

Test(number, refuses_what_is_no_double)
{
    static const char *const bad[] = {"",       " 1",   "1 ",   "0x1p3", "1e",  "1e+", ".",
                                      "nan(1)", "-nan", "infi", "1,5",   "1_0", "e1",  "1..2"};
    static const char *const wide[] = {
        "1e309", "-1e309", "1.8e308", "1e-324", "1e99999999999999999", "-1e-99999999999999999"};
    double value;

    for (size_t i = 0; i < N(bad); i++)
        cr_expect_eq(mig__double_parse(bad[i], strlen(bad[i]), &value), MIG__NUMBER_MALFORMED,
                     "taken: \"%s\"", bad[i]);
    for (size_t i = 0; i < N(wide); i++)
        cr_expect_eq(mig__double_parse(wide[i], strlen(wide[i]), &value), MIG__NUMBER_RANGE, "%s",
                     wide[i]);
}

/* 2^-1074 + 2^-1075 has 750 digits: just above or below halfway decides one digit in 10,000. */
Test(number, rounds_right_however_many_digits_there_are)
{
    static char text[12000];
    double      value = 0, half = ldexp(1, -1074) * 1.0;
    size_t      len;

    snprintf(text, sizeof text, "%.1080f", half);
    len = strlen(text);
    cr_assert_eq(mig__double_parse(text, len, &value), MIG__NUMBER_OK);
    cr_assert_eq(value, half);
    /* 1 + 2^-53 is halfway between 1 and the next: half to even is 1. */
    len = (size_t)snprintf(text, sizeof text,
                           "1.00000000000000011102230246251565404236316680908203125");
    cr_assert_eq(mig__double_parse(text, len, &value), MIG__NUMBER_OK);
    cr_assert_eq(value, 1.0);
    memset(text + len, '0', 10000);
    cr_assert_eq(mig__double_parse(text, len + 10000, &value), MIG__NUMBER_OK);
    cr_assert_eq(value, 1.0);
    text[len + 9999] = '1';
    cr_assert_eq(mig__double_parse(text, len + 10000, &value), MIG__NUMBER_OK);
    cr_assert_eq(value, 1.0 + DBL_EPSILON);
}

Test(number, keeps_the_power_of_digits_before_the_point_that_it_leaves_out)
{
    static char text[1200];
    double      value = 0;

    memset(text, '1', 1000);
    snprintf(text + 1000, 16, "e-1000");
    cr_assert_eq(mig__double_parse(text, strlen(text), &value), MIG__NUMBER_OK);
    cr_assert_eq(value, 1.0 / 9);
}

Test(number, tells_what_a_float_makes_of_a_double)
{
    static const struct {
        double         value;
        mig__float_fit fit;
    } cases[] = {
        {0, MIG__FLOAT_EXACT},
        {1.5, MIG__FLOAT_EXACT},
        {16777216, MIG__FLOAT_EXACT},
        {16777217, MIG__FLOAT_INEXACT},
        {0.1, MIG__FLOAT_SAME_DECIMAL},
        {-3.14, MIG__FLOAT_SAME_DECIMAL},
        {3.14159265, MIG__FLOAT_INEXACT},
        {0.1 + 0.2, MIG__FLOAT_INEXACT},
        {1e39, MIG__FLOAT_RANGE},
        {-1e39, MIG__FLOAT_RANGE},
        {1e-46, MIG__FLOAT_RANGE},
        {1e38, MIG__FLOAT_SAME_DECIMAL},
        {FLT_MAX, MIG__FLOAT_EXACT},
    };
    float narrow;

    for (size_t i = 0; i < N(cases); i++) {
        cr_expect_eq(mig__float_from_double(cases[i].value, &narrow), cases[i].fit, "%g",
                     cases[i].value);
        cr_expect_eq(narrow, (float)cases[i].value);
    }
    cr_expect_eq(mig__float_from_double((double)NAN, &narrow), MIG__FLOAT_EXACT);
    cr_expect_eq(mig__float_from_double(-(double)INFINITY, &narrow), MIG__FLOAT_EXACT);
}
