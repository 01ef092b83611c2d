/*
 * temporal.h - dates, times, intervals and epochs: from the forms in which
 * applications store them to the numbers of PostgreSQL's wire, and back.
 *
 * Pure functions: no I/O, no locale, no time_t, no allocation; any thread.
 * Texts come as pointer and length and need no terminator.  The calendar is the
 * proleptic Gregorian one, in the server's ranges.  Results are left alone
 * unless the verdict is OK.
 */
#ifndef MIG_TEMPORAL_H
#define MIG_TEMPORAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mig/zone.h"

/* name, words that follow "the value" in a message */
#define MIG_TEMPORAL_MAP(X)                                                                        \
    X(OK, "is taken")                                                                              \
    X(SYNTAX, "is in none of the forms that are known for its type")                               \
    X(FIELD, "has a field that no calendar and no clock shows")                                    \
    X(RANGE, "is out of range for its type")                                                       \
    X(GAP, "is a local time that the zone's clocks skipped")                                       \
    X(ZONE, "has a time zone, which its type cannot keep")                                         \
    X(NO_ZONE, "has no time zone, and its type needs one")                                         \
    X(NOT_MIDNIGHT, "has a time of day, which a date cannot keep")                                 \
    X(FRACTION, "has a fraction of a unit other than seconds")                                     \
    X(INFINITE, "is infinite")                                                                     \
    X(INEXACT, "has more digits than the form keeps")

typedef enum mig_temporal_verdict {
#define MIG_TEMPORAL_ENUM(name, words) MIG_TEMPORAL_##name,
    MIG_TEMPORAL_MAP(MIG_TEMPORAL_ENUM)
#undef MIG_TEMPORAL_ENUM
} mig_temporal_verdict;

const char *mig_temporal_words(mig_temporal_verdict verdict);

/* Microseconds from 1970-01-01 to 2000-01-01, the two epochs. */
#define MIG_TIME_PG_EPOCH_US INT64_C(946684800000000)

#define MIG_US_PER_SECOND INT64_C(1000000)
#define MIG_US_PER_DAY    INT64_C(86400000000)

/* ---- timestamps: microseconds since 2000-01-01 00:00:00 ---- */

/* 4714-11-24 00:00:00 BC, and the first moment behind 294276-12-31 23:59:59.999999. */
#define MIG_TIMESTAMP_MIN INT64_C(-211813488000000000)
#define MIG_TIMESTAMP_END INT64_C(9223371331200000000)

#define MIG_TIMESTAMP_INFINITY     INT64_MAX
#define MIG_TIMESTAMP_NEG_INFINITY INT64_MIN

static inline bool
mig_timestamp_is_infinite(int64_t us)
{
    return us == MIG_TIMESTAMP_INFINITY || us == MIG_TIMESTAMP_NEG_INFINITY;
}

static inline bool
mig_timestamp_in_range(int64_t us)
{
    return us >= MIG_TIMESTAMP_MIN && us < MIG_TIMESTAMP_END;
}

typedef struct mig_timestamp {
    int64_t us;        /* UTC where the text has a zone; else what the clock shows */
    bool    has_zone;  /* the text names its zone, or is infinite */
    bool    truncated; /* a digit behind the sixth was not 0 and was cut off */
    bool    ambiguous; /* clocks showed it twice (mig_timestamp_apply_zone) */
} mig_timestamp;

/*
 * A moment in text form.
 *
 *   date[{T|t| }HH:MM[:SS[.f...]][zone]][ BC]      no time of day = midnight
 *   date:  YYYY-MM-DD       0000 to 9999; 0000 is the year 1 BC, as in ISO 8601 and SQLite
 *          [+|-]YYYY...-MM-DD   ISO 8601's extended years: -0043 is 44 BC, +10000
 *          10000-01-01      more digits without a sign, as PostgreSQL writes them
 *          " BC" at the end counts years as PostgreSQL does: 0044-03-15 BC
 *   zone:  Z, z, +HH, +HHMM, +HH:MM, +HH:MM:SS (or -), one space before it allowed
 *   infinity, -infinity     in any case
 *
 * RFC 3339, the texts of SQLite's date functions, what ORMs made of them, and what PostgreSQL
 * itself prints (DateStyle ISO).  A fraction may have any number of digits: those behind the sixth
 * are cut off (towards the past, as the binary encoders of client libraries do, not rounded).
 *
 * SYNTAX: none of these.  FIELD: second 60, hour 24, a date the calendar does not have, a year 0
 * BC, a zone beyond 15:59:59.  RANGE: outside of the server's range.
 */
mig_temporal_verdict mig_timestamp_parse(const char *text, size_t len, mig_timestamp *ts);

/*
 * For a text without zone: what the clocks of the zone show, to UTC.  Does nothing to one with a
 * zone.  A moment that the clocks showed twice is the earlier one, and is marked.  GAP: they never
 * showed it.
 */
mig_temporal_verdict mig_timestamp_apply_zone(const mig_zone *zone, mig_timestamp *ts);

/* How a timestamp is written; to be combined.  0 is YYYY-MM-DD HH:MM:SS[.f...]. */
typedef enum mig_time_style {
    MIG_TIME_T = 1,           /* T between date and time, not a blank */
    MIG_TIME_Z = 2,           /* Z at the end */
    MIG_TIME_OFFSET = 4,      /* +00:00 at the end */
    MIG_TIME_SIX = 8,         /* a fraction has six digits, or there is none: Python's str() */
    MIG_TIME_SIX_ALWAYS = 16, /* six digits, zeros too: SQLAlchemy's column on SQLite */
} mig_time_style;

#define MIG_TIME_RFC3339 (MIG_TIME_T | MIG_TIME_Z)

/*
 * A timestamp in the style; years outside of 0000 to 9999 in ISO 8601's extended form, the
 * extremes as infinity and -infinity.  Without a six, as short as mig_timestamp_parse needs it: no
 * zeros at the end of the fraction.  Returns the length, 0 out of range.  NUL-terminated.
 */
#define MIG_TIMESTAMP_MAX 40
size_t mig_timestamp_format(int64_t us, unsigned style, char out[MIG_TIMESTAMP_MAX]);

/* ---- dates: days since 2000-01-01 ---- */

/* 4714-11-24 BC and 5874897-12-31. */
#define MIG_DATE_MIN INT32_C(-2451545)
#define MIG_DATE_MAX INT32_C(2145031948)

#define MIG_DATE_INFINITY     INT32_MAX
#define MIG_DATE_NEG_INFINITY INT32_MIN

/*
 * A date in the forms of mig_timestamp_parse.  A text with a time of day is taken if that is
 * midnight, in UTC if it has a zone, and is NOT_MIDNIGHT otherwise.
 */
mig_temporal_verdict mig_date_parse(const char *text, size_t len, int32_t *daysp);

/* The same forms as mig_timestamp_format.  Returns the length, 0 out of range.  NUL-terminated. */
#define MIG_DATE_TEXT_MAX 20
size_t mig_date_format(int32_t days, char out[MIG_DATE_TEXT_MAX]);

/* ---- times of day: microseconds since midnight, 24:00:00 included ---- */

/* "2000-01-01 " or "2000-01-01T": what Rails writes before each time of day. */
#define MIG_TIME_DAY_LEN 11
bool mig_time_has_day(const char *text, size_t len);

/*
 * HH:MM[:SS[.f...]], numbers of two digits.  FIELD: second 60, more than 24:00:00.  ZONE: a zone
 * stands behind it, which the server would drop.  Fractions as in mig_timestamp_parse.
 */
mig_temporal_verdict mig_timeofday_parse(const char *text, size_t len, int64_t *usp,
                                         bool *truncatedp);

/* HH:MM:SS[.f...] in the style (of which only MIG_TIME_SIX[_ALWAYS] say anything). */
#define MIG_TIMEOFDAY_MAX 16
size_t mig_timeofday_format(int64_t us, unsigned style, char out[MIG_TIMEOFDAY_MAX]);

typedef struct mig_timetz {
    int64_t us;   /* what the clock shows */
    int32_t west; /* seconds west of Greenwich, as PostgreSQL counts */
} mig_timetz;

/*
 * The same with a zone behind it, in the forms of mig_timestamp_parse.  Where the text has none,
 * the fallback's, if its clocks never change: no day is known.  NO_ZONE otherwise, and for a
 * fallback of NULL.
 */
mig_temporal_verdict mig_timetz_parse(const char *text, size_t len, const mig_zone *fallback,
                                      mig_timetz *time, bool *truncatedp);

/* As PostgreSQL prints it: the time, then +HH[:MM[:SS]]. */
#define MIG_TIMETZ_MAX 28
size_t mig_timetz_format(const mig_timetz *time, unsigned style, char out[MIG_TIMETZ_MAX]);

/* ---- intervals ---- */

typedef struct mig_interval {
    int64_t us;
    int32_t days;
    int32_t months;
} mig_interval;

/* As server 17 and later write infinite ones: all three at the same end of their types. */
bool mig_interval_is_infinite(const mig_interval *interval);

/*
 * A length of time in text, one of
 *
 *   [-]P[nY][nM][nW][nD][T[nH][nM][n[.f...]S]]     ISO 8601; each n may have a sign
 *   [n year[s]] [n mon[s]|month[s]] [n week[s]] [n day[s]] [[-]H...:MM:SS[.f...]]
 *                    PostgreSQL's own (IntervalStyle postgres), each n may have a sign; instead
 *                    of the clock also [n hour[s]] [n min[s]|minute[s]] [n[.f...] sec[s]|second[s]]
 *
 * in this order, each unit once, one at least.  Years are 12 months and weeks 7 days; days are
 * not made of hours nor months of days.  Digits of a second behind the sixth are cut off.
 *
 * FRACTION: of another unit than seconds, which the server would spread over the smaller ones.
 * FIELD: minute or second 60 in a clock.  INFINITE: infinity and -infinity, which no server before
 * 17 has.
 */
mig_temporal_verdict mig_interval_parse(const char *text, size_t len, mig_interval *interval,
                                        bool *truncatedp);

/*
 * ISO 8601, as the server prints it with IntervalStyle iso_8601.  Returns the length, 0 for an
 * infinite one.  NUL-terminated.
 */
#define MIG_INTERVAL_MAX 72
size_t mig_interval_format(const mig_interval *interval, char out[MIG_INTERVAL_MAX]);

/* ---- type(n): digits of a second's fraction ---- */

/*
 * Whether microseconds (a time of day's, an interval's, a timestamp's) have no digit but 0 behind
 * the nth: otherwise a column of type(n) would round them silently.  All fit an n that is negative
 * (no typmod) or above 5.
 */
bool mig_us_fits(int64_t us, int n_digits);

/* Rounded as the server does, halves away from zero.  RANGE for what int64 cannot hold. */
mig_temporal_verdict mig_us_round(int64_t *usp, int n_digits);

/* The same for timestamps: infinities fit, and the server's range counts. */
bool                 mig_timestamp_fits(int64_t us, int n_digits);
mig_temporal_verdict mig_timestamp_round(int64_t *usp, int n_digits);

/* ---- numbers ---- */

/* What one stands for in a number that counts time. */
typedef enum mig_unit {
    MIG_UNIT_NONE,
    MIG_UNIT_S, /* since 1970, as the next three */
    MIG_UNIT_MS,
    MIG_UNIT_US,
    MIG_UNIT_NS,
    MIG_UNIT_JULIAN, /* days since noon of 4714-11-24 BC, as SQLite's julianday() */
} mig_unit;

/*
 * The unit that a declared type of SQLite names: a word (between characters that are no letter)
 * such as ms, millis, milliseconds; us, micros; ns, nanos; julian, julianday; s, seconds, unix,
 * epoch, unixepoch, unixtime; or two of them in one, unixepoch_ms or epochmillis.  NONE if none.
 */
mig_unit mig_unit_of_type(const char *declared);

/*
 * Numbers are taken for the years 0001 to 9999, Julian days for SQLite's (up to 9999): one
 * outside is nearly always in another unit, and a moment in the year 55840 would hide that.  RANGE
 * for those, SYNTAX for unit NONE.
 *
 * Of an integer, digits finer than microseconds are cut off towards the past.  A real number is
 * rounded: to the nearest microsecond, Julian days to the nearest millisecond as SQLite does.
 * *truncatedp tells that the timestamp is not all the number says: for a real one, that no
 * number of the unit, made from the timestamp, equals it.
 */
mig_temporal_verdict mig_timestamp_from_int(int64_t value, mig_unit unit, int64_t *usp,
                                            bool *truncatedp);
mig_temporal_verdict mig_timestamp_from_real(double value, mig_unit unit, int64_t *usp,
                                             bool *truncatedp);

/*
 * The way back, only where the number gives the same timestamp again: INEXACT for a fraction of
 * the unit (Julian days: of a millisecond) or more digits than a double has, RANGE for what the
 * functions above would not take, INFINITE, SYNTAX for unit NONE (integers: also JULIAN).
 */
mig_temporal_verdict mig_timestamp_to_int(int64_t us, mig_unit unit, int64_t *valuep);
mig_temporal_verdict mig_timestamp_to_real(int64_t us, mig_unit unit, double *valuep);

#endif
