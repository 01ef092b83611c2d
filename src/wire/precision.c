/*
 * precision.c - what type(n) makes of a fraction of a second: as the server's
 * AdjustTimestampForTypmod, AdjustTimeForTypmod and AdjustIntervalForTypmod.
 */
#include "mig/temporal.h"

/* Microseconds of the last digit that is kept. */
static int64_t
unit_of(int n_digits)
{
    static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10};

    return n_digits < 0 || n_digits > 5 ? 1 : units[n_digits];
}

bool
mig_us_fits(int64_t us, int n_digits)
{
    return us % unit_of(n_digits) == 0;
}

mig_temporal_verdict
mig_us_round(int64_t *usp, int n_digits)
{
    int64_t unit = unit_of(n_digits);
    int64_t rest = *usp % unit; /* has the sign of the whole */
    int64_t rounded = *usp - rest;

    if (rest >= unit - unit / 2 && __builtin_add_overflow(rounded, unit, &rounded))
        return MIG_TEMPORAL_RANGE;
    if (rest <= unit / 2 - unit && __builtin_sub_overflow(rounded, unit, &rounded))
        return MIG_TEMPORAL_RANGE;
    *usp = rounded;
    return MIG_TEMPORAL_OK;
}

bool
mig_timestamp_fits(int64_t us, int n_digits)
{
    return mig_timestamp_is_infinite(us) || mig_us_fits(us, n_digits);
}

mig_temporal_verdict
mig_timestamp_round(int64_t *usp, int n_digits)
{
    int64_t us = *usp;

    if (mig_timestamp_is_infinite(us))
        return MIG_TEMPORAL_OK;
    if (mig_us_round(&us, n_digits) != MIG_TEMPORAL_OK || !mig_timestamp_in_range(us))
        return MIG_TEMPORAL_RANGE;
    *usp = us;
    return MIG_TEMPORAL_OK;
}
