/*
 * decode_time.c - dates, times and intervals as values of SQLite.
 *
 * Texts unless the column is one of numbers.  A number has to give the same time
 * again, else it is a fault.
 */
#include "decode_field.h"

static mig_fault_kind
give_number(mig__decoding *d, int64_t us)
{
    mig_unit unit = d->decoder->unit == MIG_UNIT_NONE ? MIG_UNIT_S : d->decoder->unit;
    int64_t  integer;
    double   real;

    if (d->decoder->store == MIG_STORE_INTEGER)
        return mig_timestamp_to_int(us, unit, &integer) == MIG_TEMPORAL_OK
                   ? mig__give_integer(d, integer)
                   : MIG_FAULT_INEXACT;
    return mig_timestamp_to_real(us, unit, &real) == MIG_TEMPORAL_OK ? mig__give_double(d, real)
                                                                     : MIG_FAULT_INEXACT;
}

static unsigned
style_of(const mig_decoder *decoder)
{
    if (decoder->style == MIG_STYLE_BLANK)
        return MIG_TIME_SIX;
    return decoder->wire == MIG_WIRE_TIMESTAMPTZ ? MIG_TIME_RFC3339 : 0;
}

static mig_fault_kind
decode_timestamp(mig__decoding *d)
{
    int64_t us = mig__dec_integer(d->data, 8);
    char    text[MIG_TIMESTAMP_MAX];
    size_t  len;

    if (mig__wants_number(d->decoder))
        return give_number(d, us);
    len = mig_timestamp_format(us, style_of(d->decoder), text);
    return len > 0 ? mig__give_made(d, text, len) : MIG_FAULT_BROKEN;
}

static mig_fault_kind
decode_date(mig__decoding *d)
{
    int32_t days = (int32_t)mig__dec_integer(d->data, 4);
    char    text[MIG_DATE_TEXT_MAX];
    size_t  len;

    if (mig__wants_number(d->decoder))
        return days == MIG_DATE_INFINITY || days == MIG_DATE_NEG_INFINITY
                   ? MIG_FAULT_INEXACT
                   : give_number(d, days * MIG_US_PER_DAY);
    len = mig_date_format(days, text);
    return len > 0 ? mig__give_made(d, text, len) : MIG_FAULT_BROKEN;
}

static mig_fault_kind
decode_timeofday(mig__decoding *d)
{
    unsigned   style = d->decoder->style == MIG_STYLE_BLANK ? MIG_TIME_SIX : 0;
    mig_timetz time = {mig__dec_integer(d->data, 8), 0};
    char       text[MIG_TIMETZ_MAX];
    size_t     len;

    if (mig__wants_number(d->decoder))
        return MIG_FAULT_CLASS;
    if (d->decoder->wire == MIG_WIRE_TIME) {
        len = mig_timeofday_format(time.us, style, text);
    } else {
        time.west = (int32_t)mig__dec_integer(d->data + 8, 4);
        len = mig_timetz_format(&time, style, text);
    }
    return len > 0 ? mig__give_made(d, text, len) : MIG_FAULT_BROKEN;
}

/* A day counts 24 hours, as it does for the libraries that store such numbers. */
static mig_fault_kind
give_interval_number(mig__decoding *d, const mig_interval *interval)
{
    static const int64_t us_of[] = {
        [MIG_UNIT_S] = MIG_US_PER_SECOND, [MIG_UNIT_MS] = 1000, [MIG_UNIT_US] = 1};
    mig_unit unit = d->decoder->unit;
    int64_t  us;

    if (unit != MIG_UNIT_S && unit != MIG_UNIT_MS && unit != MIG_UNIT_US)
        return MIG_FAULT_UNIT;
    if (interval->months != 0 ||
        __builtin_add_overflow(interval->us, interval->days * MIG_US_PER_DAY, &us) ||
        (d->decoder->store == MIG_STORE_INTEGER && us % us_of[unit] != 0))
        return MIG_FAULT_INEXACT;
    if (d->decoder->store == MIG_STORE_INTEGER)
        return mig__give_integer(d, us / us_of[unit]);
    return us > -(INT64_C(1) << 53) && us < INT64_C(1) << 53
               ? mig__give_double(d, (double)us / (double)us_of[unit])
               : MIG_FAULT_INEXACT;
}

static mig_fault_kind
decode_interval(mig__decoding *d)
{
    mig_interval interval = {
        .us = mig__dec_integer(d->data, 8),
        .days = (int32_t)mig__dec_integer(d->data + 8, 4),
        .months = (int32_t)mig__dec_integer(d->data + 12, 4),
    };
    char   text[MIG_INTERVAL_MAX];
    size_t len;

    if (mig__wants_number(d->decoder))
        return give_interval_number(d, &interval);
    if (mig_interval_is_infinite(&interval))
        return MIG_FAULT_RANGE;
    len = mig_interval_format(&interval, text);
    return len > 0 ? mig__give_made(d, text, len) : MIG_FAULT_BROKEN;
}

mig_fault_kind
mig__decode_time(mig__decoding *d)
{
    const mig_wire_type wire = d->decoder->wire;

    if (wire == MIG_WIRE_DATE)
        return decode_date(d);
    if (wire == MIG_WIRE_TIME || wire == MIG_WIRE_TIMETZ)
        return decode_timeofday(d);
    return wire == MIG_WIRE_INTERVAL ? decode_interval(d) : decode_timestamp(d);
}
