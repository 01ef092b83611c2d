/*
 * encode_time.c - fields that are dates, times and intervals.
 *
 * A text without zone is UTC unless the user named another zone; into a column
 * without zone it goes as the clock shows it.  A number counts what the declared
 * type of its column or the user says: seconds since 1970 where neither does, and
 * then it has to be an integer, since reals are Julian days as often.
 */
#include <math.h>

#include "encode_value.h"

static mig_fault_kind
fault_of(mig__encoding *w, mig_temporal_verdict verdict)
{
    w->fault->time = verdict;
    return verdict == MIG_TEMPORAL_OK ? MIG_FAULT_NONE : MIG_FAULT_TIME;
}

/* ---- timestamps --------------------------------------------------------------------------- */

static mig_temporal_verdict
timestamp_of_text(mig__encoding *w, mig_timestamp *ts)
{
    const mig_zone      *zone = w->encoder->zone;
    mig_temporal_verdict verdict = mig_timestamp_parse(w->value->data, w->value->len, ts);

    if (verdict == MIG_TEMPORAL_OK && zone != NULL && w->encoder->wire != MIG_WIRE_TIMESTAMP)
        verdict = mig_timestamp_apply_zone(zone, ts);
    return verdict;
}

/* Any value as microseconds. */
static mig_fault_kind
timestamp_of(mig__encoding *w, mig_timestamp *ts)
{
    const mig_value     *v = w->value;
    mig_unit             unit = w->encoder->unit;
    mig_temporal_verdict verdict = MIG_TEMPORAL_SYNTAX;

    *ts = (mig_timestamp){0};
    switch (v->class) {
    case MIG_VALUE_TEXT:
        verdict = timestamp_of_text(w, ts);
        break;
    case MIG_VALUE_INTEGER:
        verdict = mig_timestamp_from_int(v->integer, unit == MIG_UNIT_NONE ? MIG_UNIT_S : unit,
                                         &ts->us, &ts->truncated);
        break;
    case MIG_VALUE_REAL:
        if (unit == MIG_UNIT_NONE)
            return MIG_FAULT_UNIT;
        verdict = mig_timestamp_from_real(v->real, unit, &ts->us, &ts->truncated);
        break;
    case MIG_VALUE_BLOB:
    case MIG_VALUE_NULL:
        return MIG_FAULT_CLASS;
    }
    if (verdict != MIG_TEMPORAL_OK)
        return fault_of(w, verdict);
    if (ts->truncated)
        mig__lose(w, MIG_LOSS_TIME_CUT);
    if (ts->ambiguous)
        mig__lose(w, MIG_LOSS_TIME_TWICE);
    return MIG_FAULT_NONE;
}

/* Whether the column rounds it silently; under the rule `round` it is rounded here. */
static mig_fault_kind
fit_seconds(mig__encoding *w, int64_t *usp, bool is_timestamp)
{
    const int32_t        n = w->encoder->limits.scale;
    mig_temporal_verdict verdict;

    if (is_timestamp ? mig_timestamp_fits(*usp, n) : mig_us_fits(*usp, n))
        return MIG_FAULT_NONE;
    if (!mig__allowed(w, MIG_RULE_ROUND))
        return MIG_FAULT_DIGITS;
    verdict = is_timestamp ? mig_timestamp_round(usp, n) : mig_us_round(usp, n);
    if (verdict == MIG_TEMPORAL_OK)
        mig__lose(w, MIG_LOSS_ROUNDED);
    return fault_of(w, verdict);
}

static mig_fault_kind
encode_timestamp(mig__encoding *w)
{
    mig_timestamp  ts;
    mig_fault_kind kind = timestamp_of(w, &ts);

    if (kind == MIG_FAULT_NONE)
        kind = fit_seconds(w, &ts.us, true);
    return kind != MIG_FAULT_NONE ? kind : mig__put_int64(w, ts.us);
}

/* ---- dates -------------------------------------------------------------------------------- */

/* A number is a moment, which has to be a midnight. */
static mig_fault_kind
date_of_number(mig__encoding *w, int32_t *daysp)
{
    mig_timestamp  ts;
    mig_fault_kind kind = timestamp_of(w, &ts);
    int64_t        days;

    if (kind != MIG_FAULT_NONE)
        return kind;
    if (ts.us % MIG_US_PER_DAY != 0)
        return fault_of(w, MIG_TEMPORAL_NOT_MIDNIGHT);
    days = ts.us / MIG_US_PER_DAY;
    if (days < MIG_DATE_MIN || days > MIG_DATE_MAX)
        return fault_of(w, MIG_TEMPORAL_RANGE);
    *daysp = (int32_t)days;
    return MIG_FAULT_NONE;
}

static mig_fault_kind
encode_date(mig__encoding *w)
{
    const mig_value *v = w->value;
    int32_t          days = 0;
    uint32_t         wire;
    mig_fault_kind   kind = v->class == MIG_VALUE_TEXT
                                ? fault_of(w, mig_date_parse(v->data, v->len, &days))
                                : date_of_number(w, &days);

    if (kind != MIG_FAULT_NONE)
        return kind;
    wire = htobe32((uint32_t)days);
    return mig__put_fixed(w, &wire, sizeof wire);
}

/* ---- times of day ------------------------------------------------------------------------- */

static mig_fault_kind
encode_timeofday(mig__encoding *w)
{
    const mig_value *v = w->value;
    size_t           skip;
    int64_t          us = 0;
    bool             truncated = false;
    mig_fault_kind   kind;

    if (v->class != MIG_VALUE_TEXT)
        return MIG_FAULT_CLASS;
    skip =
        mig_time_has_day(v->data, v->len) && mig__allowed(w, MIG_RULE_DAY) ? MIG_TIME_DAY_LEN : 0;
    kind = fault_of(w, mig_timeofday_parse(v->data + skip, v->len - skip, &us, &truncated));
    if (kind == MIG_FAULT_NONE)
        kind = fit_seconds(w, &us, false);
    if (kind != MIG_FAULT_NONE)
        return kind;
    if (truncated)
        mig__lose(w, MIG_LOSS_TIME_CUT);
    return mig__put_int64(w, us);
}

static mig_fault_kind
encode_timetz(mig__encoding *w)
{
    mig_timetz     time = {0, 0};
    bool           truncated = false;
    mig_fault_kind kind;

    if (w->value->class != MIG_VALUE_TEXT)
        return MIG_FAULT_CLASS;
    kind = fault_of(
        w, mig_timetz_parse(w->value->data, w->value->len, w->encoder->zone, &time, &truncated));
    if (kind == MIG_FAULT_NONE)
        kind = fit_seconds(w, &time.us, false);
    if (kind != MIG_FAULT_NONE)
        return kind;
    if (truncated)
        mig__lose(w, MIG_LOSS_TIME_CUT);
    mig_rows_put_int32(w->rows, 12);
    mig_rows_put_int64(w->rows, time.us);
    mig_rows_put_int32(w->rows, time.west);
    return MIG_FAULT_NONE;
}

/* ---- intervals ---------------------------------------------------------------------------- */

/* A length of time as a number: only where its unit was told. */
static mig_fault_kind
interval_of_number(mig__encoding *w, mig_interval *interval)
{
    static const int64_t us_of[] = {
        [MIG_UNIT_S] = MIG_US_PER_SECOND, [MIG_UNIT_MS] = 1000, [MIG_UNIT_US] = 1};
    const mig_value *v = w->value;
    mig_unit         unit = w->encoder->unit;
    double           us;

    if (unit != MIG_UNIT_S && unit != MIG_UNIT_MS && unit != MIG_UNIT_US)
        return MIG_FAULT_UNIT;
    *interval = (mig_interval){0, 0, 0};
    if (v->class == MIG_VALUE_INTEGER)
        return __builtin_mul_overflow(v->integer, us_of[unit], &interval->us)
                   ? fault_of(w, MIG_TEMPORAL_RANGE)
                   : MIG_FAULT_NONE;
    if (v->class != MIG_VALUE_REAL)
        return MIG_FAULT_CLASS;
    us = round(v->real * (double)us_of[unit]);
    if (!(fabs(us) < 0x1p53))
        return fault_of(w, MIG_TEMPORAL_RANGE);
    interval->us = (int64_t)us;
    if ((double)interval->us / (double)us_of[unit] != v->real)
        mig__lose(w, MIG_LOSS_TIME_CUT);
    return MIG_FAULT_NONE;
}

static mig_fault_kind
encode_interval(mig__encoding *w)
{
    const mig_value *v = w->value;
    mig_interval     interval = {0, 0, 0};
    bool             truncated = false;
    mig_fault_kind   kind =
        v->class == MIG_VALUE_TEXT
              ? fault_of(w, mig_interval_parse(v->data, v->len, &interval, &truncated))
              : interval_of_number(w, &interval);

    if (kind == MIG_FAULT_NONE)
        kind = fit_seconds(w, &interval.us, false);
    if (kind != MIG_FAULT_NONE)
        return kind;
    if (truncated)
        mig__lose(w, MIG_LOSS_TIME_CUT);
    mig_rows_put_int32(w->rows, 16);
    mig_rows_put_int64(w->rows, interval.us);
    mig_rows_put_int32(w->rows, interval.days);
    mig_rows_put_int32(w->rows, interval.months);
    return MIG_FAULT_NONE;
}

mig_fault_kind
mig__encode_time(mig__encoding *w)
{
    const mig_wire_type wire = w->encoder->wire;

    if (wire == MIG_WIRE_DATE)
        return encode_date(w);
    if (wire == MIG_WIRE_TIME)
        return encode_timeofday(w);
    if (wire == MIG_WIRE_TIMETZ)
        return encode_timetz(w);
    return wire == MIG_WIRE_INTERVAL ? encode_interval(w) : encode_timestamp(w);
}
