/*
 * test_precision.c - what type(n) keeps of a second's fraction.
 */
#include "mig/temporal.h"

#include <criterion/criterion.h>
#include <inttypes.h>

Test(precision, rounds_halves_away_from_zero)
{
    static const struct {
        int64_t us;
        int     n;
        int64_t rounded;
    } cases[] = {
        {0, 0, 0},
        {499999, 0, 0},
        {500000, 0, 1000000},
        {1500000, 0, 2000000},
        {-499999, 0, 0},
        {-500000, 0, -1000000},
        {-1500000, 0, -2000000},
        {123456, 1, 100000},
        {150000, 1, 200000},
        {123456, 3, 123000},
        {123500, 3, 124000},
        {-123500, 3, -124000},
        {123454, 5, 123450},
        {123455, 5, 123460},
        {-123455, 5, -123460},
        {123456, 6, 123456},
        {123456, -1, 123456},
        {123456, 7, 123456},
        {INT64_MAX, 6, INT64_MAX},
        {INT64_MIN, 6, INT64_MIN},
        {INT64_MAX - 775807, 0, INT64_MAX - 775807},
        {INT64_MAX - 775807 + 499999, 0, INT64_MAX - 775807},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t us = cases[i].us;

        cr_expect_eq(mig_us_round(&us, cases[i].n), MIG_TEMPORAL_OK);
        cr_expect_eq(us, cases[i].rounded, "case %zu: %" PRId64, i, us);
        cr_expect_eq(mig_us_fits(cases[i].us, cases[i].n), us == cases[i].us, "case %zu", i);
        cr_expect(mig_us_fits(us, cases[i].n));
    }
}

Test(precision, refuses_to_round_out_of_the_range)
{
    int64_t us = INT64_MAX;

    cr_expect_eq(mig_us_round(&us, 0), MIG_TEMPORAL_RANGE);
    cr_expect_eq(us, INT64_MAX);
    us = INT64_MIN;
    cr_expect_eq(mig_us_round(&us, 0), MIG_TEMPORAL_RANGE);
    us = MIG_TIMESTAMP_END - 1;
    cr_expect_eq(mig_timestamp_round(&us, 5), MIG_TEMPORAL_RANGE);
    cr_expect_eq(us, MIG_TIMESTAMP_END - 1);
    us = MIG_TIMESTAMP_MIN + 1;
    cr_expect_eq(mig_timestamp_round(&us, 0), MIG_TEMPORAL_OK);
    cr_expect_eq(us, MIG_TIMESTAMP_MIN);
}

Test(precision, leaves_infinity_alone)
{
    int64_t us = INT64_MAX;

    cr_expect(mig_timestamp_fits(INT64_MAX, 0));
    cr_expect(mig_timestamp_fits(INT64_MIN, 0));
    cr_expect_not(mig_timestamp_fits(1, 5));
    cr_expect_eq(mig_timestamp_round(&us, 0), MIG_TEMPORAL_OK);
    cr_expect_eq(us, INT64_MAX);
}
