/*
 * test_numeric_fit.c - numbers against numeric(p, s).  The server itself is
 * asked in tests/db/test_codec_server_numeric.c.
 */
#include "../../src/wire/numeric.h"

#include <criterion/criterion.h>
#include <string.h>

#define N(array) (sizeof array / sizeof array[0])

Test(numeric_fit, says_what_fits_and_rounds_the_rest)
{
    static const struct {
        const char          *text;
        int                  precision, scale;
        mig__numeric_verdict verdict;
        const char          *result; /* in the column; NULL: none */
    } cases[] = {
        {"1.5", 5, 2, MIG__NUMERIC_OK, "1.50"},
        {"1.500", 5, 2, MIG__NUMERIC_OK, "1.50"},
        {"999.99", 5, 2, MIG__NUMERIC_OK, "999.99"},
        {"1000", 5, 2, MIG__NUMERIC_RANGE, NULL},
        {"1.005", 5, 2, MIG__NUMERIC_FRACTION, "1.01"},
        {"-1.005", 5, 2, MIG__NUMERIC_FRACTION, "-1.01"},
        {"1.0049", 5, 2, MIG__NUMERIC_FRACTION, "1.00"},
        {"-0.001", 5, 2, MIG__NUMERIC_FRACTION, "0.00"},
        {"999.994", 5, 2, MIG__NUMERIC_FRACTION, "999.99"},
        {"999.995", 5, 2, MIG__NUMERIC_RANGE, NULL},
        {"99.995", 5, 2, MIG__NUMERIC_FRACTION, "100.00"},
        {"9999.5", 5, 0, MIG__NUMERIC_FRACTION, "10000"},
        {"12345", 3, -2, MIG__NUMERIC_FRACTION, "12300"},
        {"12300", 3, -2, MIG__NUMERIC_OK, "12300"},
        {"99950", 3, -2, MIG__NUMERIC_RANGE, NULL},
        {"5000", 1, -4, MIG__NUMERIC_FRACTION, "10000"},
        {"0.00123", 3, 5, MIG__NUMERIC_OK, "0.00123"},
        {"0.01", 3, 5, MIG__NUMERIC_RANGE, NULL},
        {"NaN", 3, 1, MIG__NUMERIC_OK, "NaN"},
        {"-inf", 3, 1, MIG__NUMERIC_RANGE, NULL},
    };

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char        wire[64], wanted[64];
        size_t               len, wanted_len;
        char                 text[64];
        mig__numeric_verdict verdict;

        cr_assert_eq(mig__numeric_parse(cases[i].text, strlen(cases[i].text), wire, &len),
                     MIG__NUMERIC_OK);
        verdict = mig__numeric_fit(wire, len, cases[i].precision, cases[i].scale);
        cr_expect_eq(verdict, cases[i].verdict, "%s to numeric(%d,%d)", cases[i].text,
                     cases[i].precision, cases[i].scale);
        if (verdict == MIG__NUMERIC_FRACTION)
            len = mig__numeric_round(wire, len, cases[i].scale);
        if (cases[i].result != NULL) {
            cr_assert_eq(
                mig__numeric_parse(cases[i].result, strlen(cases[i].result), wanted, &wanted_len),
                MIG__NUMERIC_OK);
            mig__numeric_format(wire, len, text);
            cr_expect(len == wanted_len && memcmp(wire, wanted, len) == 0,
                      "%s to numeric(%d,%d): %s", cases[i].text, cases[i].precision, cases[i].scale,
                      text);
        }
    }
}

Test(numeric_fit, leaves_a_number_alone_that_would_be_rounded)
{
    unsigned char wire[64], before[64];
    size_t        len;

    cr_assert_eq(mig__numeric_parse("1.005", 5, wire, &len), MIG__NUMERIC_OK);
    memcpy(before, wire, len);
    cr_assert_eq(mig__numeric_fit(wire, len, 5, 2), MIG__NUMERIC_FRACTION);
    cr_assert_arr_eq(wire, before, len);
}

Test(numeric_fit, reads_precision_and_scale_from_a_typmod)
{
    int precision = 0, scale = 0;

    cr_assert_not(mig__numeric_typmod(-1, &precision, &scale));
    cr_assert(mig__numeric_typmod((10 << 16 | 2) + 4, &precision, &scale));
    cr_assert(precision == 10 && scale == 2);
    cr_assert(mig__numeric_typmod((1000 << 16 | 1000) + 4, &precision, &scale));
    cr_assert(precision == 1000 && scale == 1000);
    cr_assert(mig__numeric_typmod((3 << 16 | (-2 & 0x7ff)) + 4, &precision, &scale));
    cr_assert(precision == 3 && scale == -2);
}
