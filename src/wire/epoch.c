/*
 * epoch.c - numbers that count time since an epoch, and which of them a column
 * holds.
 *
 * A double of seconds is taken to pieces before it is multiplied: its whole
 * seconds and its fraction are both exact, so that only the fraction's
 * microseconds are rounded, once.
 */
#include <math.h>
#include <string.h>

#include "calendar.h"

/* 0001-01-01 00:00:00 and the first moment behind 9999-12-31. */
#define NUMBER_MIN INT64_C(-63082281600000000)
#define NUMBER_END INT64_C(252455616000000000)

/* Milliseconds of Julian days: those of 2000-01-01, and the last that SQLite knows. */
#define JULIAN_MS_PG_EPOCH INT64_C(211813444800000)
#define JULIAN_MS_MAX      INT64_C(464269060799999)
#define MS_PER_DAY         INT64_C(86400000)

/* How many of a unit make a second; 0: it does not divide it. */
static int64_t
per_second(mig_unit unit)
{
    switch (unit) {
    case MIG_UNIT_S:
        return 1;
    case MIG_UNIT_MS:
        return 1000;
    case MIG_UNIT_US:
        return 1000000;
    case MIG_UNIT_NS:
        return 1000000000;
    case MIG_UNIT_NONE:
    case MIG_UNIT_JULIAN:
        return 0;
    }
    return 0;
}

static mig_temporal_verdict
from_unix_us(int64_t unix_us, int64_t *usp)
{
    if (unix_us < NUMBER_MIN + MIG_TIME_PG_EPOCH_US || unix_us >= NUMBER_END + MIG_TIME_PG_EPOCH_US)
        return MIG_TEMPORAL_RANGE;
    *usp = unix_us - MIG_TIME_PG_EPOCH_US;
    return MIG_TEMPORAL_OK;
}

static mig_temporal_verdict
from_julian_ms(int64_t ms, int64_t *usp)
{
    if (ms < 0 || ms > JULIAN_MS_MAX)
        return MIG_TEMPORAL_RANGE;
    *usp = (ms - JULIAN_MS_PG_EPOCH) * 1000;
    return MIG_TEMPORAL_OK;
}

mig_temporal_verdict
mig_timestamp_from_int(int64_t value, mig_unit unit, int64_t *usp, bool *truncatedp)
{
    int64_t n = per_second(unit), unix_us = value;
    bool    cut = false;

    if (unit == MIG_UNIT_NONE)
        return MIG_TEMPORAL_SYNTAX;
    if (unit == MIG_UNIT_JULIAN) {
        mig_temporal_verdict verdict = MIG_TEMPORAL_RANGE;

        if (value >= 0 && value <= JULIAN_MS_MAX / MS_PER_DAY)
            verdict = from_julian_ms(value * MS_PER_DAY, usp);
        if (verdict == MIG_TEMPORAL_OK)
            *truncatedp = false;
        return verdict;
    }
    if (unit == MIG_UNIT_NS) {
        cut = value % 1000 != 0;
        unix_us = value / 1000 - (value % 1000 < 0);
    } else if (__builtin_mul_overflow(value, MIG_US_PER_SECOND / n, &unix_us)) {
        return MIG_TEMPORAL_RANGE;
    }
    if (from_unix_us(unix_us, usp) != MIG_TEMPORAL_OK)
        return MIG_TEMPORAL_RANGE;
    *truncatedp = cut;
    return MIG_TEMPORAL_OK;
}

/* The double that is nearest to the timestamp; for one in the range of numbers. */
static double
real_of(int64_t us, mig_unit unit)
{
    int64_t n = per_second(unit), units_us, rest;

    if (unit == MIG_UNIT_JULIAN) /* as SQLite computes it */
        return (double)(us / 1000 + JULIAN_MS_PG_EPOCH) / (double)MS_PER_DAY;
    us += MIG_TIME_PG_EPOCH_US;
    if (unit == MIG_UNIT_NS)
        return (double)us * 1000;
    units_us = MIG_US_PER_SECOND / n;
    rest = us % units_us;
    /* The whole part is exact, and so is the sum but for one rounding of what is far below it. */
    return (double)(us / units_us) + (double)rest / (double)units_us;
}

mig_temporal_verdict
mig_timestamp_from_real(double value, mig_unit unit, int64_t *usp, bool *truncatedp)
{
    int64_t n = per_second(unit), us;
    double  whole = floor(value);

    if (unit == MIG_UNIT_NONE)
        return MIG_TEMPORAL_SYNTAX;
    /* Also keeps NaN, infinities and what int64 cannot hold away from the conversions below. */
    if (!(fabs(value) < 0x1p62))
        return MIG_TEMPORAL_RANGE;
    if (unit == MIG_UNIT_JULIAN) {
        if (value < 0 || value > (double)(JULIAN_MS_MAX / MS_PER_DAY + 1) ||
            from_julian_ms((int64_t)(value * (double)MS_PER_DAY + 0.5), &us) != MIG_TEMPORAL_OK)
            return MIG_TEMPORAL_RANGE;
    } else if (unit == MIG_UNIT_NS) {
        if (from_unix_us(llrint(value / 1000), &us) != MIG_TEMPORAL_OK)
            return MIG_TEMPORAL_RANGE;
    } else {
        int64_t unix_us;

        if (__builtin_mul_overflow((int64_t)whole, MIG_US_PER_SECOND / n, &unix_us) ||
            from_unix_us(unix_us, &us) != MIG_TEMPORAL_OK ||
            from_unix_us(unix_us + llrint((value - whole) * (double)(MIG_US_PER_SECOND / n)),
                         &us) != MIG_TEMPORAL_OK)
            return MIG_TEMPORAL_RANGE;
    }
    *usp = us;
    *truncatedp = real_of(us, unit) != value;
    return MIG_TEMPORAL_OK;
}

mig_temporal_verdict
mig_timestamp_to_int(int64_t us, mig_unit unit, int64_t *valuep)
{
    int64_t n = per_second(unit), value;

    if (n == 0)
        return MIG_TEMPORAL_SYNTAX;
    if (mig_timestamp_is_infinite(us))
        return MIG_TEMPORAL_INFINITE;
    if (us < NUMBER_MIN || us >= NUMBER_END)
        return MIG_TEMPORAL_RANGE;
    us += MIG_TIME_PG_EPOCH_US;
    if (unit == MIG_UNIT_NS) {
        if (__builtin_mul_overflow(us, 1000, &value))
            return MIG_TEMPORAL_RANGE;
    } else {
        if (us % (MIG_US_PER_SECOND / n) != 0)
            return MIG_TEMPORAL_INEXACT;
        value = us / (MIG_US_PER_SECOND / n);
    }
    *valuep = value;
    return MIG_TEMPORAL_OK;
}

mig_temporal_verdict
mig_timestamp_to_real(int64_t us, mig_unit unit, double *valuep)
{
    int64_t back;
    bool    truncated;
    double  value;

    if (unit == MIG_UNIT_NONE)
        return MIG_TEMPORAL_SYNTAX;
    if (mig_timestamp_is_infinite(us))
        return MIG_TEMPORAL_INFINITE;
    if (unit == MIG_UNIT_JULIAN
            ? us < -JULIAN_MS_PG_EPOCH * 1000 || us > (JULIAN_MS_MAX - JULIAN_MS_PG_EPOCH) * 1000
            : us < NUMBER_MIN || us >= NUMBER_END)
        return MIG_TEMPORAL_RANGE;
    value = real_of(us, unit);
    if (mig_timestamp_from_real(value, unit, &back, &truncated) != MIG_TEMPORAL_OK || back != us)
        return MIG_TEMPORAL_INEXACT;
    *valuep = value;
    return MIG_TEMPORAL_OK;
}

/* ---- the unit in a declared type ---- */

typedef struct unit_word {
    const char *word;
    mig_unit    unit;
} unit_word;

static const unit_word unit_words[] = {
    {"ns", MIG_UNIT_NS},
    {"nano", MIG_UNIT_NS},
    {"nanos", MIG_UNIT_NS},
    {"nanosecond", MIG_UNIT_NS},
    {"nanoseconds", MIG_UNIT_NS},
    {"us", MIG_UNIT_US},
    {"usec", MIG_UNIT_US},
    {"micro", MIG_UNIT_US},
    {"micros", MIG_UNIT_US},
    {"microsecond", MIG_UNIT_US},
    {"microseconds", MIG_UNIT_US},
    {"ms", MIG_UNIT_MS},
    {"msec", MIG_UNIT_MS},
    {"milli", MIG_UNIT_MS},
    {"millis", MIG_UNIT_MS},
    {"millisecond", MIG_UNIT_MS},
    {"milliseconds", MIG_UNIT_MS},
    {"julian", MIG_UNIT_JULIAN},
    {"julianday", MIG_UNIT_JULIAN},
    {"s", MIG_UNIT_S},
    {"sec", MIG_UNIT_S},
    {"secs", MIG_UNIT_S},
    {"second", MIG_UNIT_S},
    {"seconds", MIG_UNIT_S},
};

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Moves *pp behind the word, in any case, if it begins there. */
static bool
skip_prefix(const char **pp, const char *end, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(end - *pp) < len || !mig__is_word(*pp, *pp + len, word))
        return false;
    *pp += len;
    return true;
}

/* Of a word of the type.  "unix" and "epoch" alone are seconds; behind them any unit may stand. */
static mig_unit
unit_of_word(const char *p, const char *end)
{
    bool has_epoch = false;

    for (;;) {
        if (skip_prefix(&p, end, "unix") || skip_prefix(&p, end, "epoch"))
            has_epoch = true;
        else if (!has_epoch || !(skip_prefix(&p, end, "timestamp") || skip_prefix(&p, end, "time")))
            break;
    }
    for (size_t i = 0; i < sizeof unit_words / sizeof unit_words[0]; i++)
        if (mig__is_word(p, end, unit_words[i].word))
            return unit_words[i].unit;
    return has_epoch && p == end ? MIG_UNIT_S : MIG_UNIT_NONE;
}

mig_unit
mig_unit_of_type(const char *declared)
{
    mig_unit found = MIG_UNIT_NONE;

    for (const char *p = declared; p != NULL && *p != '\0';) {
        const char *end = p;
        mig_unit    unit;

        while (is_letter(*end))
            end++;
        unit = end > p ? unit_of_word(p, end) : MIG_UNIT_NONE;
        /* unixepoch_ms: any other word tells more than seconds. */
        if (unit != MIG_UNIT_NONE && (found == MIG_UNIT_NONE || found == MIG_UNIT_S))
            found = unit;
        p = *end == '\0' ? end : end + 1;
    }
    return found;
}
