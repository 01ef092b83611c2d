/*
 * test_money.c - amounts between text and units.  The server itself is asked in
 * tests/db/test_codec_server_bits.c.
 */
#include "../../src/wire/money.h"

#include <criterion/criterion.h>
#include <string.h>

#define N(array) (sizeof array / sizeof array[0])

Test(money, reads_plain_decimals)
{
    static const struct {
        const char        *text;
        int                scale;
        mig__money_verdict verdict;
        int64_t            units;
    } cases[] = {
        {"0", 2, MIG__MONEY_OK, 0},
        {"12", 2, MIG__MONEY_OK, 1200},
        {"12.3", 2, MIG__MONEY_OK, 1230},
        {"-12.34", 2, MIG__MONEY_OK, -1234},
        {"12.3400", 2, MIG__MONEY_OK, 1234},
        {"12.345", 2, MIG__MONEY_FRACTION, 0},
        {"12.0", 0, MIG__MONEY_OK, 12},
        {"12.1", 0, MIG__MONEY_FRACTION, 0},
        {"0.0000000001", 10, MIG__MONEY_OK, 1},
        {"92233720368547758.07", 2, MIG__MONEY_OK, INT64_MAX},
        {"92233720368547758.08", 2, MIG__MONEY_RANGE, 0},
        {"-92233720368547758.08", 2, MIG__MONEY_OK, INT64_MIN},
        {"-92233720368547758.09", 2, MIG__MONEY_RANGE, 0},
        {"99999999999999999999999", 2, MIG__MONEY_RANGE, 0},
        {"9223372036854775807", 1, MIG__MONEY_RANGE, 0},
        {"", 2, MIG__MONEY_MALFORMED, 0},
        {"-", 2, MIG__MONEY_MALFORMED, 0},
        {".5", 2, MIG__MONEY_MALFORMED, 0},
        {"5.", 2, MIG__MONEY_MALFORMED, 0},
        {"$5", 2, MIG__MONEY_MALFORMED, 0},
        {"5,00", 2, MIG__MONEY_MALFORMED, 0},
        {"1,000.00", 2, MIG__MONEY_MALFORMED, 0},
        {"+5", 2, MIG__MONEY_MALFORMED, 0},
        {"(5)", 2, MIG__MONEY_MALFORMED, 0},
        {"5.0.0", 2, MIG__MONEY_MALFORMED, 0},
        {"1e2", 2, MIG__MONEY_MALFORMED, 0},
        {" 5", 2, MIG__MONEY_MALFORMED, 0},
        {"5.00 ", 2, MIG__MONEY_MALFORMED, 0},
    };

    for (size_t i = 0; i < N(cases); i++) {
        int64_t units = 0;

        cr_expect_eq(mig__money_parse(cases[i].text, strlen(cases[i].text), cases[i].scale, &units),
                     cases[i].verdict, "\"%s\"", cases[i].text);
        cr_expect_eq(units, cases[i].units, "\"%s\"", cases[i].text);
    }
}

Test(money, writes_all_digits_behind_the_point)
{
    static const struct {
        int64_t     units;
        int         scale;
        const char *text;
    } cases[] = {
        {0, 2, "0.00"},
        {5, 2, "0.05"},
        {-5, 2, "-0.05"},
        {1234, 2, "12.34"},
        {1234, 0, "1234"},
        {-1, 10, "-0.0000000001"},
        {INT64_MIN, 2, "-92233720368547758.08"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MAX, 10, "922337203.6854775807"},
    };

    for (size_t i = 0; i < N(cases); i++) {
        char    text[MIG__MONEY_TEXT_MAX];
        int64_t back = 1;
        size_t  len = mig__money_format(cases[i].units, cases[i].scale, text);

        cr_expect_str_eq(text, cases[i].text);
        cr_expect_eq(mig__money_parse(text, len, cases[i].scale, &back), MIG__MONEY_OK);
        cr_expect_eq(back, cases[i].units);
    }
}

Test(money, takes_whole_units_within_int64)
{
    int64_t units = 0;

    cr_assert(mig__money_from_int64(-12, 2, &units));
    cr_assert_eq(units, -1200);
    cr_assert(mig__money_from_int64(INT64_MIN, 0, &units));
    cr_assert_eq(units, INT64_MIN);
    cr_assert_not(mig__money_from_int64(92233720368547759, 2, &units));
    cr_assert_not(mig__money_from_int64(-92233720368547759, 2, &units));
}
