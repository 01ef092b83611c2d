/*
 * row_record.c - a row as SQLite stores it.
 *
 * The length of the header is known when the row ends, so the values are written
 * behind room for the longest header, and the header is put right before them.
 */
#include "row_record.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "Database File Format", 2.1, table "Serial Type Codes Of The Record Format". */
enum serial_type {
    SERIAL_NULL = 0,
    SERIAL_REAL = 7,
    SERIAL_ZERO = 8,
    SERIAL_ONE = 9,
    SERIAL_BLOB = 12,
    SERIAL_TEXT = 13,
};

/* Integral numbers below this in a column that prefers integers are stored as such by every version
 * of SQLite. */
#define INTEGRAL_MAX 2251799813685248.0

size_t
mig__varint_put(unsigned char *out, uint64_t value)
{
    unsigned char reversed[MIG__VARINT_MAX];
    size_t        n = 0;

    if (value < 0x80) {
        out[0] = (unsigned char)value;
        return 1;
    }
    if (value >> 56 != 0) { /* the ninth byte has eight bits */
        out[8] = (unsigned char)value;
        value >>= 8;
        for (n = 8; n > 0; n--) {
            out[n - 1] = (unsigned char)(value | 0x80);
            value >>= 7;
        }
        return 9;
    }
    for (; value > 0; value >>= 7, n++)
        reversed[n] = (unsigned char)((value & 0x7f) | (n > 0 ? 0x80 : 0));
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

mig_status
mig__row_record_init(mig__row_record *record, size_t n_columns, mig_error *err)
{
    *record = (mig__row_record){.header_room = (n_columns + 1) * MIG__VARINT_MAX};
    record->allocated = record->header_room + 1024;
    record->memory = malloc(record->allocated);
    record->types = malloc(record->header_room);
    if (record->memory != NULL && record->types != NULL)
        return MIG_OK;
    mig__row_record_fini(record);
    return mig_raise(err, MIG_E_NOMEM, "cannot allocate a row");
}

void
mig__row_record_fini(mig__row_record *record)
{
    free(record->memory);
    free(record->types);
    *record = (mig__row_record){0};
}

void
mig__row_record_begin(mig__row_record *record)
{
    record->types_len = record->body_len = 0;
}

/* Where the next value of len bytes goes; NULL: there is no memory. */
static unsigned char *
room(mig__row_record *record, size_t len)
{
    size_t         used = record->header_room + record->body_len;
    unsigned char *memory;

    if (record->allocated - used < len) {
        memory = realloc(record->memory, 2 * (used + len));
        if (memory == NULL)
            return NULL;
        record->memory = memory;
        record->allocated = 2 * (used + len);
    }
    record->body_len += len;
    return record->memory + used;
}

static void
add_type(mig__row_record *record, uint64_t type)
{
    record->types_len += mig__varint_put(record->types + record->types_len, type);
}

static bool
add_integer(mig__row_record *record, int64_t value)
{
    /* Serial types 1 to 6, and below which magnitude each is enough. */
    static const struct {
        uint64_t below;
        size_t   len;
    } sizes[] = {
        {(uint64_t)1 << 7, 1},  {(uint64_t)1 << 15, 2}, {(uint64_t)1 << 23, 3},
        {(uint64_t)1 << 31, 4}, {(uint64_t)1 << 47, 6}, {UINT64_MAX, 8},
    };
    const uint64_t magnitude = value < 0 ? ~(uint64_t)value : (uint64_t)value;
    const uint64_t wire = htobe64((uint64_t)value);
    unsigned char *out;
    size_t         i = 0;

    if (value == 0 || value == 1) {
        add_type(record, value == 0 ? SERIAL_ZERO : SERIAL_ONE);
        return true;
    }
    while (magnitude >= sizes[i].below)
        i++;
    if ((out = room(record, sizes[i].len)) == NULL)
        return false;
    add_type(record, i + 1);
    memcpy(out, (const unsigned char *)&wire + sizeof wire - sizes[i].len, sizes[i].len);
    return true;
}

static bool
add_real(mig__row_record *record, double value)
{
    unsigned char *out = room(record, sizeof value);
    uint64_t       bits;

    if (out == NULL)
        return false;
    memcpy(&bits, &value, sizeof bits);
    bits = htobe64(bits);
    memcpy(out, &bits, sizeof bits);
    add_type(record, SERIAL_REAL);
    return true;
}

static bool
add_bytes(mig__row_record *record, enum serial_type type, const mig_value *value)
{
    unsigned char *out = room(record, value->len);

    if (out == NULL)
        return false;
    if (value->len > 0)
        memcpy(out, value->data, value->len);
    add_type(record, 2 * (uint64_t)value->len + type);
    return true;
}

static bool
prefers_integers(mig_affinity affinity)
{
    return affinity == MIG_AFFINITY_INTEGER || affinity == MIG_AFFINITY_NUMERIC;
}

bool
mig__row_record_add(mig__row_record *record, mig_affinity affinity, const mig_value *value)
{
    switch (value->class) {
    case MIG_VALUE_NULL:
        add_type(record, SERIAL_NULL);
        return true;
    case MIG_VALUE_INTEGER:
        return (prefers_integers(affinity) || affinity == MIG_AFFINITY_BLOB) &&
               add_integer(record, value->integer);
    case MIG_VALUE_REAL:
        if (isnan(value->real) || affinity == MIG_AFFINITY_TEXT)
            return false;
        if (!prefers_integers(affinity) || value->real != trunc(value->real) || isinf(value->real))
            return add_real(record, value->real);
        return fabs(value->real) < INTEGRAL_MAX && !signbit(value->real) &&
               add_integer(record, (int64_t)value->real);
    case MIG_VALUE_TEXT:
        if (affinity != MIG_AFFINITY_TEXT && affinity != MIG_AFFINITY_BLOB &&
            mig_is_number(value->data, value->len))
            return false;
        return add_bytes(record, SERIAL_TEXT, value);
    case MIG_VALUE_BLOB:
        return add_bytes(record, SERIAL_BLOB, value);
    }
    return false;
}

const unsigned char *
mig__row_record_end(mig__row_record *record, size_t *lenp)
{
    unsigned char  length[MIG__VARINT_MAX];
    size_t         length_len = 1, header_len;
    unsigned char *start;

    /* The length counts itself. */
    while (mig__varint_put(length, record->types_len + length_len) > length_len)
        length_len++;
    header_len = length_len + record->types_len;
    start = record->memory + record->header_room - header_len;
    memcpy(start, length, length_len);
    memcpy(start + length_len, record->types, record->types_len);
    *lenp = header_len + record->body_len;
    return start;
}
