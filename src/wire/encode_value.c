/*
 * encode_value.c - one value into one field: which family of types does it, NULL, and
 * what is counted.
 *
 * This runs once per value for all but the plainest ones, which a source may put
 * by itself.
 */
#include "encode_value.h"

#include "bits.h"

/* Bytes of the longest numeric there is: header, and four decimal digits in two bytes. */
#define NUMERIC_MAX (8 + 2 * ((131072 + 16383) / 4 + 2))

static mig_fault_kind
encode(mig__encoding *w)
{
    switch (w->encoder->wire) {
    case MIG_WIRE_BOOL:
        return mig__encode_bool(w);
    case MIG_WIRE_INT2:
    case MIG_WIRE_INT4:
    case MIG_WIRE_INT8:
        return mig__encode_integer(w);
    case MIG_WIRE_FLOAT4:
    case MIG_WIRE_FLOAT8:
        return mig__encode_float(w);
    case MIG_WIRE_NUMERIC:
        return mig__encode_numeric(w);
    case MIG_WIRE_MONEY:
        return mig__encode_money(w);
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BPCHAR:
    case MIG_WIRE_XML:
    case MIG_WIRE_LITERAL:
        return mig__encode_text(w);
    case MIG_WIRE_BYTEA:
        return mig__encode_bytea(w);
    case MIG_WIRE_UUID:
        return mig__encode_uuid(w);
    case MIG_WIRE_DATE:
    case MIG_WIRE_TIME:
    case MIG_WIRE_TIMETZ:
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
    case MIG_WIRE_INTERVAL:
        return mig__encode_time(w);
    case MIG_WIRE_JSON:
    case MIG_WIRE_JSONB:
        return mig__encode_json(w);
    case MIG_WIRE_INET:
    case MIG_WIRE_CIDR:
    case MIG_WIRE_MACADDR:
    case MIG_WIRE_MACADDR8:
        return mig__encode_address(w);
    case MIG_WIRE_BIT:
    case MIG_WIRE_VARBIT:
        return mig__encode_bits(w);
    case MIG_WIRE_DYNAMIC:
        return mig__encode_dynamic(w);
    case MIG_WIRE_NONE:
    case MIG_WIRE_OPAQUE:
        break;
    }
    return MIG_FAULT_CLASS;
}

static mig_fault_kind
put_null(const mig_encoder *encoder, mig_rows *rows)
{
    if (encoder->not_null)
        return MIG_FAULT_NOT_NULL;
    mig_rows_put_null(rows);
    return MIG_FAULT_NONE;
}

mig_fault_kind
mig_encode(const mig_encoder *encoder, const mig_value *value, mig_rows *rows, size_t *sparep,
           mig_fault *fault)
{
    mig__encoding  w = {encoder, value, rows, sparep, fault, 0};
    mig_fault_kind kind;

    if (value->class == MIG_VALUE_NULL)
        return fault->kind = put_null(encoder, rows);
    kind = encode(&w);
    if (kind != MIG_FAULT_NONE && kind != MIG_FAULT_NO_ROOM && kind != MIG_FAULT_MEMORY &&
        (encoder->rules & MIG_RULE_NULL) != 0) {
        kind = put_null(encoder, rows);
        w.losses = 1u << MIG_LOSS_SET_NULL;
    }
    for (unsigned i = 0; kind == MIG_FAULT_NONE && w.losses >> i != 0; i++)
        rows->n_losses[i] += w.losses >> i & 1;
    return fault->kind = kind;
}

/* Digits of a double, and of the longest integer. */
#define NUMBER_MAX 32

/* What a text of `len` bytes can become: under some rules every byte a character of its own. */
static size_t
text_need(const mig_encoder *encoder, const mig_value *value)
{
    const bool numbers = value->class == MIG_VALUE_INTEGER || value->class == MIG_VALUE_REAL;
    size_t     most = 1;

    if ((encoder->rules & (MIG_RULE_REPLACE | MIG_RULE_LATIN1)) != 0)
        most = 3;
    else if (encoder->array || (encoder->rules & (MIG_RULE_HEX | MIG_RULE_BASE64)) != 0)
        most = 2;
    return (numbers ? NUMBER_MAX : most * value->len) +
           (most > 1 ? 8 : encoder->wire == MIG_WIRE_JSONB);
}

size_t
mig_encode_need(const mig_encoder *encoder, const mig_value *value)
{
    if (value->class == MIG_VALUE_NULL || mig_wire_fixed_len(encoder->wire) > 0)
        return 0;
    if (encoder->wire == MIG_WIRE_NUMERIC)
        return value->class == MIG_VALUE_INTEGER ? 32 : NUMERIC_MAX;
    if (encoder->wire == MIG_WIRE_DYNAMIC)
        return 1 + (value->class == MIG_VALUE_INTEGER || value->class == MIG_VALUE_REAL
                        ? sizeof(int64_t)
                        : value->len);
    if (encoder->wire == MIG_WIRE_INET || encoder->wire == MIG_WIRE_CIDR)
        return 4 + 16;
    if (encoder->wire == MIG_WIRE_BIT || encoder->wire == MIG_WIRE_VARBIT)
        return MIG__BITS_WIRE_MAX(value->class == MIG_VALUE_TEXT ? value->len : 1);
    return text_need(encoder, value);
}
