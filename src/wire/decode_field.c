/*
 * decode_field.c - one field into one value of SQLite: which family of types does it.
 *
 * A column of SQLite changes values to its affinity.  What is given here is the
 * value as it will stand there, so that the change finds nothing to do; a value
 * that would not be what it was is a fault instead.
 */
#include "decode_field.h"

#include <endian.h>
#include <string.h>

mig_fault_kind
mig__give_scratch(mig__decoding *d, mig_value_class class)
{
    const mig_buf *scratch = d->decoder->text;

    *d->value = (mig_value){
        .class = class, .data = mig_buf_text(scratch), .len = scratch->len, .scratch = true};
    return scratch->failed ? MIG_FAULT_MEMORY : MIG_FAULT_NONE;
}

mig_fault_kind
mig__give_made(mig__decoding *d, const char *text, size_t len)
{
    mig_buf_clear(d->decoder->text);
    mig_buf_add(d->decoder->text, text, len);
    return mig__give_scratch(d, MIG_VALUE_TEXT);
}

int64_t
mig__dec_integer(const unsigned char *data, size_t len)
{
    uint64_t value = len > 0 && data[0] >= 0x80 ? UINT64_MAX : 0;

    if (len == sizeof value) { /* most of them */
        memcpy(&value, data, sizeof value);
        return (int64_t)be64toh(value);
    }
    for (size_t i = 0; i < len; i++)
        value = value << 8 | data[i];
    return (int64_t)value;
}

static mig_fault_kind
decode(mig__decoding *d)
{
    const char *text = (const char *)d->data;

    switch (d->decoder->wire) {
    case MIG_WIRE_BOOL:
        return mig__decode_bool(d);
    case MIG_WIRE_INT2:
    case MIG_WIRE_INT4:
    case MIG_WIRE_INT8:
        return mig__decode_integer(d);
    case MIG_WIRE_FLOAT4:
    case MIG_WIRE_FLOAT8:
        return mig__decode_float(d);
    case MIG_WIRE_NUMERIC:
        return mig__decode_numeric(d);
    case MIG_WIRE_JSONB:
        if (d->len == 0 || d->data[0] != 1)
            return MIG_FAULT_BROKEN;
        return mig__decode_text(d, text + 1, d->len - 1);
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BPCHAR:
    case MIG_WIRE_XML:
    case MIG_WIRE_JSON:
    case MIG_WIRE_LITERAL:
        return mig__decode_text(d, text, d->len);
    case MIG_WIRE_BYTEA:
        return mig__decode_bytea(d);
    case MIG_WIRE_UUID:
        return mig__decode_uuid(d);
    case MIG_WIRE_DATE:
    case MIG_WIRE_TIME:
    case MIG_WIRE_TIMETZ:
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
    case MIG_WIRE_INTERVAL:
        return mig__decode_time(d);
    case MIG_WIRE_INET:
    case MIG_WIRE_CIDR:
    case MIG_WIRE_MACADDR:
    case MIG_WIRE_MACADDR8:
        return mig__decode_address(d);
    case MIG_WIRE_BIT:
    case MIG_WIRE_VARBIT:
        return mig__decode_bits(d);
    case MIG_WIRE_DYNAMIC:
        return mig__decode_dynamic(d);
    case MIG_WIRE_NONE:
    case MIG_WIRE_MONEY: /* read as numeric, which knows its digits */
    case MIG_WIRE_OPAQUE:
        break;
    }
    return MIG_FAULT_BROKEN;
}

/* The last look, whoever made the value: what SQLite would still change of it. */
static bool
converts(const mig_decoder *decoder, const mig_value *value)
{
    switch (value->class) {
    case MIG_VALUE_INTEGER:
        return decoder->affinity == MIG_AFFINITY_TEXT || decoder->affinity == MIG_AFFINITY_REAL;
    case MIG_VALUE_REAL:
        return decoder->affinity == MIG_AFFINITY_TEXT || mig__stores_integer(decoder, value->real);
    case MIG_VALUE_TEXT:
        return mig__makes_numbers(decoder) && mig_is_number(value->data, value->len);
    case MIG_VALUE_NULL:
    case MIG_VALUE_BLOB:
        break;
    }
    return false;
}

/* NaN under the rule `text`, whatever class was asked for. */
static bool
is_spelled(const mig_decoder *decoder, const mig_value *value)
{
    return value->class == MIG_VALUE_TEXT && (decoder->rules & MIG_RULE_TEXT) != 0;
}

/* Whether it is of another storage class than the user asked for. */
static bool
misses_store(const mig_decoder *decoder, const mig_value *value)
{
    switch (decoder->store) {
    case MIG_STORE_USUAL:
        return false;
    case MIG_STORE_TEXT:
        return value->class != MIG_VALUE_TEXT;
    case MIG_STORE_BLOB:
        return value->class != MIG_VALUE_BLOB;
    case MIG_STORE_INTEGER:
        return value->class != MIG_VALUE_INTEGER && !is_spelled(decoder, value);
    case MIG_STORE_REAL: /* a column that makes integers of whole numbers goes on doing so */
        return value->class != MIG_VALUE_REAL && !is_spelled(decoder, value) &&
               !(value->class == MIG_VALUE_INTEGER &&
                 mig__stores_integer(decoder, (double)value->integer));
    }
    return false;
}

mig_fault_kind
mig_decode(const mig_decoder *decoder, const unsigned char *data, int32_t len, mig_value *value,
           uint32_t *n_losses)
{
    mig__decoding  d = {decoder, data, (size_t)len, value, 0};
    size_t         fixed = mig_wire_fixed_len(decoder->wire);
    mig_fault_kind kind;

    *value = (mig_value){.class = MIG_VALUE_NULL};
    if (len < 0)
        return MIG_FAULT_NONE;
    if (fixed > 0 && d.len != fixed)
        return MIG_FAULT_BROKEN;
    kind = decode(&d);
    if (kind == MIG_FAULT_NONE && converts(decoder, value))
        kind = MIG_FAULT_CONVERTED;
    if (kind == MIG_FAULT_NONE && misses_store(decoder, value))
        kind = MIG_FAULT_CLASS;
    if (kind != MIG_FAULT_NONE && kind != MIG_FAULT_MEMORY && kind != MIG_FAULT_BROKEN &&
        (decoder->rules & MIG_RULE_NULL) != 0) {
        *value = (mig_value){.class = MIG_VALUE_NULL};
        d.losses = 1u << MIG_LOSS_SET_NULL;
        kind = MIG_FAULT_NONE;
    }
    for (unsigned i = 0; kind == MIG_FAULT_NONE && d.losses >> i != 0; i++)
        n_losses[i] += d.losses >> i & 1;
    return kind;
}
