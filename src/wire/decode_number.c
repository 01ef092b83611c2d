/*
 * decode_number.c - booleans, integers, floats and numeric as values of SQLite.
 *
 * A column of integer or numeric affinity stores a whole double as an integer,
 * one of real affinity an integer as a double: both are the same number, and are
 * given as what they become.  Where the number itself would change, that is a
 * fault.
 */
#include <math.h>
#include <string.h>

#include "decode_field.h"
#include "number.h"
#include "numeric.h"

/* A whole number as the column's affinity has it. */
mig_fault_kind
mig__give_whole(mig__decoding *d, int64_t integer)
{
    double real;

    if (d->decoder->store == MIG_STORE_TEXT || d->decoder->affinity == MIG_AFFINITY_TEXT) {
        mig_buf_clear(d->decoder->text);
        mig_buf_printf(d->decoder->text, "%lld", (long long)integer);
        return mig__give_scratch(d, MIG_VALUE_TEXT);
    }
    if (d->decoder->affinity != MIG_AFFINITY_REAL && d->decoder->store != MIG_STORE_REAL)
        return mig__give_integer(d, integer);
    real = (double)integer;
    if (real >= 0x1p63 || (int64_t)real != integer)
        return MIG_FAULT_INEXACT;
    return mig__give_real(d, real);
}

mig_fault_kind
mig__decode_integer(mig__decoding *d)
{
    return mig__give_whole(d, mig__dec_integer(d->data, d->len));
}

mig_fault_kind
mig__decode_bool(mig__decoding *d)
{
    bool value = d->data[0] != 0;

    if (d->decoder->store == MIG_STORE_TEXT || d->decoder->affinity == MIG_AFFINITY_TEXT)
        return mig__give_bytes(d, MIG_VALUE_TEXT, value ? "true" : "false", value ? 4 : 5);
    return mig__give_whole(d, value);
}

/* ---- floats ------------------------------------------------------------------------------- */

/* "Datatypes In SQLite", 3. */
bool
mig__stores_integer(const mig_decoder *decoder, double value)
{
    return (decoder->affinity == MIG_AFFINITY_INTEGER ||
            decoder->affinity == MIG_AFFINITY_NUMERIC) &&
           value == trunc(value) && fabs(value) < 0x1p63;
}

mig_fault_kind
mig__give_double(mig__decoding *d, double value)
{
    char text[MIG__DOUBLE_TEXT_MAX];

    if (d->decoder->affinity == MIG_AFFINITY_TEXT || d->decoder->store == MIG_STORE_TEXT)
        return mig__give_made(d, text, mig__double_format(value, text));
    if (isnan(value)) {
        if (d->decoder->keeps_all)
            return mig__give_real(d, value);
        if ((d->decoder->rules & MIG_RULE_TEXT) != 0)
            return mig__give_bytes(d, MIG_VALUE_TEXT, "NaN", 3);
        return MIG_FAULT_NAN;
    }
    /* SQLite keeps whole doubles as integers in its file, and an integer has no negative zero. */
    if (value == 0.0 && signbit(value) && d->decoder->affinity != MIG_AFFINITY_BLOB) {
        mig__dec_lose(d, MIG_LOSS_NEGATIVE_ZERO);
        value = 0.0;
    }
    if (mig__stores_integer(d->decoder, value) ||
        (d->decoder->store == MIG_STORE_INTEGER && value == trunc(value) && fabs(value) < 0x1p63))
        return mig__give_integer(d, (int64_t)value);
    if (d->decoder->store == MIG_STORE_INTEGER)
        return MIG_FAULT_FRACTION;
    return mig__give_real(d, value);
}

mig_fault_kind
mig__decode_float(mig__decoding *d)
{
    uint64_t bits = (uint64_t)mig__dec_integer(d->data, d->len);
    uint32_t half = (uint32_t)bits;
    double   value;
    float    single;
    char     text[MIG__DOUBLE_TEXT_MAX];

    if (d->decoder->wire == MIG_WIRE_FLOAT8) {
        memcpy(&value, &bits, sizeof value);
        return mig__give_double(d, value);
    }
    memcpy(&single, &half, sizeof single);
    if (d->decoder->affinity == MIG_AFFINITY_TEXT || d->decoder->store == MIG_STORE_TEXT)
        return mig__give_made(d, text, mig__float_format(single, text));
    return mig__give_double(d, (double)single);
}

/* ---- numeric -------------------------------------------------------------------- */

static mig_fault_kind
give_numeric_text(mig__decoding *d)
{
    mig_buf *scratch = d->decoder->text;
    size_t   most = mig__numeric_text_max(d->data, d->len);
    size_t   len;

    mig_buf_clear(scratch);
    mig_buf_reserve(scratch, most);
    if (most == 0 || scratch->failed)
        return most == 0 ? MIG_FAULT_BROKEN : MIG_FAULT_MEMORY;
    len = mig__numeric_format(d->data, d->len, scratch->data);
    if (len == 0)
        return MIG_FAULT_BROKEN;
    scratch->len = len;
    return mig__give_scratch(d, MIG_VALUE_TEXT);
}

/*
 * An integer if it is one; a double if that is read as the same decimal; else the text, where the
 * column keeps it.
 */
mig_fault_kind
mig__decode_numeric(mig__decoding *d)
{
    const mig_decoder *decoder = d->decoder;
    int64_t            integer;
    double             real;

    if (decoder->affinity == MIG_AFFINITY_TEXT || decoder->store == MIG_STORE_TEXT)
        return give_numeric_text(d);
    switch (mig__numeric_to_scaled(d->data, d->len, 0, &integer)) {
    case MIG__NUMERIC_OK:
        return mig__give_whole(d, integer);
    case MIG__NUMERIC_MALFORMED:
        return MIG_FAULT_BROKEN;
    case MIG__NUMERIC_RANGE:
    case MIG__NUMERIC_FRACTION:
        break;
    }
    if (mig__numeric_to_double(d->data, d->len, &real) == MIG__NUMERIC_OK)
        return mig__give_double(d, real);
    if (decoder->affinity == MIG_AFFINITY_BLOB)
        return give_numeric_text(d);
    return MIG_FAULT_INEXACT;
}
