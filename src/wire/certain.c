/*
 * certain.c - which values an encoder takes without being asked.
 *
 * Whole classes of values need no look at each: every integer fits a bigint,
 * those of 0 and 1 a boolean, every valid text a column of texts.  Claimed is
 * only what follows from the type and its limits alone; for the rest there is
 * mig_encode.  So a type that is not thought of here costs time, not truth.
 *
 * Pure; any thread.
 */
#include <limits.h>

#include "mig/convert.h"
#include "number.h"

/* Integers of this size and all smaller ones are exact in binary64 and binary32. */
#define FLOAT8_EXACT (INT64_C(1) << 53)
#define FLOAT4_EXACT (INT64_C(1) << 24)

/* The longest integer in decimal form: -9223372036854775808. */
#define INTEGER_TEXT_MAX 20

/* The first and last second of the years 1 to 9999, from 1970. */
#define FIRST_SECOND INT64_C(-62135596800)
#define LAST_SECOND  INT64_C(253402300799)

#define NUMERIC_DIGITS_MAX 18 /* of which int64 holds any number */

static void
take_integers(mig_certain *certain, int64_t least, int64_t greatest)
{
    certain->least = least;
    certain->greatest = greatest;
}

static bool
has_room(const mig_encoder *encoder, int32_t characters)
{
    return encoder->limits.length < 0 || encoder->limits.length >= characters;
}

static void
of_text(const mig_encoder *encoder, mig_certain *certain)
{
    const mig_wire_type wire = encoder->wire;

    /* An xml document may lose its declaration, a text may be an array of JSON. */
    certain->text = wire == MIG_WIRE_TEXT || wire == MIG_WIRE_BPCHAR ||
                    (wire == MIG_WIRE_LITERAL && !encoder->array);
    certain->unblank = wire == MIG_WIRE_BPCHAR;
    if (wire != MIG_WIRE_LITERAL && encoder->limits.length >= 0)
        certain->text_bytes = (size_t)encoder->limits.length;
    if (wire != MIG_WIRE_LITERAL && (encoder->rules & MIG_RULE_NUMBER) == 0)
        return;
    if (encoder->array) /* a number is none */
        return;
    if (wire == MIG_WIRE_LITERAL || has_room(encoder, INTEGER_TEXT_MAX))
        take_integers(certain, INT64_MIN, INT64_MAX);
    certain->real = wire == MIG_WIRE_LITERAL || has_room(encoder, MIG__DOUBLE_TEXT_MAX);
}

static void
of_numeric(const mig_encoder *encoder, mig_certain *certain)
{
    int32_t whole =
        encoder->limits.precision - (encoder->limits.scale > 0 ? encoder->limits.scale : 0);
    int64_t bound = 1;

    if (encoder->limits.precision < 0) {
        take_integers(certain, INT64_MIN, INT64_MAX);
        certain->real = true;
        return;
    }
    if (encoder->limits.scale < 0)
        return; /* the digits in front of the point are rounded too */
    for (int32_t i = 0; i < whole && i < NUMERIC_DIGITS_MAX; i++)
        bound *= 10;
    take_integers(certain, 1 - bound, bound - 1);
}

/* Numbers that count since 1970 and have no digit behind the column's. */
static void
of_timestamp(const mig_encoder *encoder, mig_certain *certain)
{
    const int32_t scale = encoder->limits.scale;
    int64_t       per_second = 0;

    switch (encoder->unit) {
    case MIG_UNIT_NONE:
    case MIG_UNIT_S:
        per_second = 1;
        break;
    case MIG_UNIT_MS:
        per_second = scale < 0 || scale >= 3 ? 1000 : 0;
        break;
    case MIG_UNIT_US:
        per_second = scale < 0 || scale >= 6 ? 1000000 : 0;
        break;
    case MIG_UNIT_NS:
    case MIG_UNIT_JULIAN:
        break;
    }
    if (per_second > 0)
        take_integers(certain, FIRST_SECOND * per_second, LAST_SECOND * per_second);
}

void
mig_encoder_certain(const mig_encoder *encoder, mig_certain *certain)
{
    *certain = (mig_certain){.null = !encoder->not_null,
                             .least = INT64_MAX,
                             .greatest = INT64_MIN,
                             .text_bytes = SIZE_MAX,
                             .blob_bytes = SIZE_MAX};
    switch (encoder->wire) {
    case MIG_WIRE_BOOL:
        take_integers(certain, 0, 1);
        break;
    case MIG_WIRE_INT2:
        take_integers(certain, INT16_MIN, INT16_MAX);
        break;
    case MIG_WIRE_INT4:
        take_integers(certain, INT32_MIN, INT32_MAX);
        break;
    case MIG_WIRE_INT8:
        take_integers(certain, INT64_MIN, INT64_MAX);
        break;
    case MIG_WIRE_FLOAT4:
        take_integers(certain, -FLOAT4_EXACT, FLOAT4_EXACT);
        break;
    case MIG_WIRE_FLOAT8:
        take_integers(certain, -FLOAT8_EXACT, FLOAT8_EXACT);
        certain->real = true;
        break;
    case MIG_WIRE_NUMERIC:
        of_numeric(encoder, certain);
        break;
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BPCHAR:
    case MIG_WIRE_XML:
    case MIG_WIRE_LITERAL:
        of_text(encoder, certain);
        break;
    case MIG_WIRE_BYTEA:
        certain->blob = true;
        certain->text = (encoder->rules & MIG_RULE_UTF8) != 0;
        break;
    case MIG_WIRE_UUID:
        certain->blob = true;
        certain->blob_bytes = 16;
        break;
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
        of_timestamp(encoder, certain);
        break;
    case MIG_WIRE_JSON:
    case MIG_WIRE_JSONB:
        take_integers(certain, INT64_MIN, INT64_MAX);
        break;
    case MIG_WIRE_NONE:
    case MIG_WIRE_MONEY:
    case MIG_WIRE_DATE:
    case MIG_WIRE_TIME:
    case MIG_WIRE_TIMETZ:
    case MIG_WIRE_INTERVAL:
    case MIG_WIRE_INET:
    case MIG_WIRE_CIDR:
    case MIG_WIRE_MACADDR:
    case MIG_WIRE_MACADDR8:
    case MIG_WIRE_BIT:
    case MIG_WIRE_VARBIT:
    case MIG_WIRE_OPAQUE:
    case MIG_WIRE_DYNAMIC:
        break;
    }
}
