/*
 * decode_field.h - the parts of mig_decode (convert.h), by family of types.
 */
#ifndef MIG_WIRE_DECODE_FIELD_H
#define MIG_WIRE_DECODE_FIELD_H

#include "mig/convert.h"

/* One field on its way to a value. */
typedef struct mig__decoding {
    const mig_decoder   *decoder;
    const unsigned char *data;
    size_t               len;
    mig_value           *value;
    unsigned             losses; /* 1 << MIG_LOSS_ */
} mig__decoding;

static inline void
mig__dec_lose(mig__decoding *d, mig_loss loss)
{
    d->losses |= 1u << loss;
}

static inline bool
mig__wants_number(const mig_decoder *decoder)
{
    return decoder->store == MIG_STORE_INTEGER || decoder->store == MIG_STORE_REAL;
}

static inline mig_fault_kind
mig__give_integer(mig__decoding *d, int64_t integer)
{
    *d->value = (mig_value){.class = MIG_VALUE_INTEGER, .integer = integer};
    return MIG_FAULT_NONE;
}

static inline mig_fault_kind
mig__give_real(mig__decoding *d, double real)
{
    *d->value = (mig_value){.class = MIG_VALUE_REAL, .real = real};
    return MIG_FAULT_NONE;
}

/* Bytes of the field itself. */
static inline mig_fault_kind
mig__give_bytes(mig__decoding *d, mig_value_class class, const void *data, size_t len)
{
    *d->value = (mig_value){.class = class, .data = data, .len = len};
    return MIG_FAULT_NONE;
}

/* A text that was made: it is copied into the scratch. */
mig_fault_kind mig__give_made(mig__decoding *d, const char *text, size_t len);

/* What stands in the scratch. */
mig_fault_kind mig__give_scratch(mig__decoding *d, mig_value_class class);

/* Two's complement, big-endian, of at most 8 bytes. */
int64_t mig__dec_integer(const unsigned char *data, size_t len);

/* decode_number.c: a whole number, and a double, as the column has them */
mig_fault_kind mig__give_whole(mig__decoding *d, int64_t integer);
mig_fault_kind mig__give_double(mig__decoding *d, double value);
/* Whether a column of such affinity stores the double as an integer. */
bool           mig__stores_integer(const mig_decoder *decoder, double value);
mig_fault_kind mig__decode_integer(mig__decoding *d);
mig_fault_kind mig__decode_bool(mig__decoding *d);
mig_fault_kind mig__decode_float(mig__decoding *d);
mig_fault_kind mig__decode_numeric(mig__decoding *d);

/* decode_text.c */
bool           mig__makes_numbers(const mig_decoder *decoder);
mig_fault_kind mig__decode_text(mig__decoding *d, const char *text, size_t len);
mig_fault_kind mig__decode_bytea(mig__decoding *d);
mig_fault_kind mig__decode_uuid(mig__decoding *d);
mig_fault_kind mig__decode_address(mig__decoding *d);
mig_fault_kind mig__decode_bits(mig__decoding *d);

/* dynamic.c */
mig_fault_kind mig__decode_dynamic(mig__decoding *d);

/* decode_time.c */
mig_fault_kind mig__decode_time(mig__decoding *d);

#endif
