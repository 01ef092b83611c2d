/*
 * dynamic.c - values from SQLite to SQLite: storage class and value, exactly.
 *
 * What the affinity of the target's column would change is a fault, unless the
 * user asked for a storage class.
 */
#include <math.h>
#include <string.h>

#include "decode_field.h"
#include "encode_value.h"

/* The byte in front of the value: SQLite's numbers for its classes (wire.h). */
enum { TAG_INTEGER = 1, TAG_REAL = 2, TAG_TEXT = 3, TAG_BLOB = 4 };

static mig_fault_kind
put(mig__encoding *w, unsigned char tag, const void *data, size_t len)
{
    if (len + 1 > *w->sparep)
        return MIG_FAULT_NO_ROOM;
    *w->sparep -= len + 1;
    mig_rows_put_int32(w->rows, (int32_t)(len + 1));
    mig_rows_put_bytes(w->rows, &tag, 1);
    mig_rows_put_bytes(w->rows, data, len);
    return MIG_FAULT_NONE;
}

static mig_fault_kind
put_bits(mig__encoding *w, unsigned char tag, uint64_t bits)
{
    uint64_t wire = htobe64(bits);

    return put(w, tag, &wire, sizeof wire);
}

mig_fault_kind
mig__encode_dynamic(mig__encoding *w)
{
    const mig_value *v = w->value;
    uint64_t         bits;

    switch (v->class) {
    case MIG_VALUE_INTEGER:
        return put_bits(w, TAG_INTEGER, (uint64_t)v->integer);
    case MIG_VALUE_REAL:
        memcpy(&bits, &v->real, sizeof bits);
        return put_bits(w, TAG_REAL, bits);
    case MIG_VALUE_TEXT:
        return put(w, TAG_TEXT, v->data, v->len);
    case MIG_VALUE_BLOB:
        return put(w, TAG_BLOB, v->data, v->len);
    case MIG_VALUE_NULL:
        break;
    }
    return MIG_FAULT_CLASS;
}

static mig_fault_kind
give_integer(mig__decoding *d, int64_t integer)
{
    const mig_decoder *decoder = d->decoder;

    if (decoder->store != MIG_STORE_USUAL)
        return mig__give_whole(d, integer);
    if (decoder->affinity == MIG_AFFINITY_TEXT || decoder->affinity == MIG_AFFINITY_REAL)
        return MIG_FAULT_CONVERTED;
    return mig__give_integer(d, integer);
}

static mig_fault_kind
give_real(mig__decoding *d, double real)
{
    const mig_decoder *decoder = d->decoder;
    bool               whole = real == trunc(real) && fabs(real) < 0x1p63;

    if (decoder->store != MIG_STORE_USUAL)
        return mig__give_double(d, real);
    if (decoder->affinity == MIG_AFFINITY_TEXT ||
        (whole &&
         (decoder->affinity == MIG_AFFINITY_INTEGER || decoder->affinity == MIG_AFFINITY_NUMERIC)))
        return MIG_FAULT_CONVERTED;
    /* Such columns store whole numbers as integers, which have no -0. */
    if (decoder->affinity == MIG_AFFINITY_REAL && real == 0 && signbit(real))
        return MIG_FAULT_CONVERTED;
    return mig__give_real(d, real);
}

static mig_fault_kind
give_text(mig__decoding *d, const char *text, size_t len)
{
    if (d->decoder->store != MIG_STORE_USUAL)
        return mig__decode_text(d, text, len);
    if (mig__makes_numbers(d->decoder) && mig_is_number(text, len))
        return MIG_FAULT_CONVERTED;
    return mig__give_bytes(d, MIG_VALUE_TEXT, text, len);
}

mig_fault_kind
mig__decode_dynamic(mig__decoding *d)
{
    unsigned char tag = d->len > 0 ? d->data[0] : 0;
    uint64_t      bits;
    double        real;

    if ((tag == TAG_INTEGER || tag == TAG_REAL) && d->len != 9)
        return MIG_FAULT_BROKEN;
    switch (tag) {
    case TAG_INTEGER:
        return give_integer(d, mig__dec_integer(d->data + 1, 8));
    case TAG_REAL:
        bits = (uint64_t)mig__dec_integer(d->data + 1, 8);
        memcpy(&real, &bits, sizeof real);
        return give_real(d, real);
    case TAG_TEXT:
        return give_text(d, (const char *)d->data + 1, d->len - 1);
    case TAG_BLOB:
        return mig__give_bytes(d, MIG_VALUE_BLOB, d->data + 1, d->len - 1);
    default:
        return MIG_FAULT_BROKEN;
    }
}
