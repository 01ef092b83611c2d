/*
 * encode_value.h - the parts of mig_encode (convert.h), by family of types.
 */
#ifndef MIG_WIRE_ENCODE_VALUE_H
#define MIG_WIRE_ENCODE_VALUE_H

#include "mig/convert.h"

/* One value on its way into one field. */
typedef struct mig__encoding {
    const mig_encoder *encoder;
    const mig_value   *value;
    mig_rows          *rows;
    size_t            *sparep; /* bytes that are free beyond the fixed ones of the row */
    mig_fault         *fault;
    unsigned           losses; /* 1 << MIG_LOSS_: counted once the field is there */
} mig__encoding;

static inline void
mig__lose(mig__encoding *w, mig_loss loss)
{
    w->losses |= 1u << loss;
}

static inline bool
mig__allowed(const mig__encoding *w, mig_rule rule)
{
    return (w->encoder->rules & (unsigned)rule) != 0;
}

/* Appends a field of any length. */
static inline mig_fault_kind
mig__put_field(mig__encoding *w, const void *data, size_t len)
{
    if (len > *w->sparep)
        return MIG_FAULT_NO_ROOM;
    *w->sparep -= len;
    mig_rows_put_int32(w->rows, (int32_t)len);
    mig_rows_put_bytes(w->rows, data, len);
    return MIG_FAULT_NONE;
}

/* Appends a field of the wire type's fixed length. */
static inline mig_fault_kind
mig__put_fixed(mig__encoding *w, const void *data, size_t len)
{
    mig_rows_put_int32(w->rows, (int32_t)len);
    mig_rows_put_bytes(w->rows, data, len);
    return MIG_FAULT_NONE;
}

static inline mig_fault_kind
mig__put_int64(mig__encoding *w, int64_t value)
{
    mig_rows_put_int32(w->rows, 8);
    mig_rows_put_int64(w->rows, value);
    return MIG_FAULT_NONE;
}

/* encode_number.c */
mig_fault_kind mig__encode_bool(mig__encoding *w);
mig_fault_kind mig__encode_integer(mig__encoding *w);
mig_fault_kind mig__encode_float(mig__encoding *w);
mig_fault_kind mig__encode_numeric(mig__encoding *w);
mig_fault_kind mig__encode_money(mig__encoding *w);

/* encode_text.c */
mig_fault_kind mig__encode_text(mig__encoding *w);
mig_fault_kind mig__encode_json(mig__encoding *w);
mig_fault_kind mig__encode_bytea(mig__encoding *w);

/* encode_form.c */
mig_fault_kind mig__encode_uuid(mig__encoding *w);
mig_fault_kind mig__encode_address(mig__encoding *w);
mig_fault_kind mig__encode_bits(mig__encoding *w);

/* dynamic.c */
mig_fault_kind mig__encode_dynamic(mig__encoding *w);

/* encode_time.c */
mig_fault_kind mig__encode_time(mig__encoding *w);

#endif
