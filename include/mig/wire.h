/*
 * wire.h - the wire types and the bytes of one wire row.
 *
 * A wire row is one tuple of PostgreSQL's COPY binary format: an int16 number
 * of fields, then per field an int32 length (-1 for NULL) and that many bytes,
 * all integers big-endian.  Source: PostgreSQL manual, COPY, "Binary Format".
 * The signature and header before the first row and the trailer after the last
 * belong to the stream, not to the rows; the PostgreSQL sink adds them.
 *
 * The plan picks one wire type per column; its bytes are what the type's
 * receive function expects (src/backend/utils/adt of the server):
 *
 *   BOOL         1 byte, 0 or 1
 *   INT4, INT8   two's complement, big-endian
 *   FLOAT8       IEEE 754 binary64, big-endian
 *   TEXT         UTF-8 without U+0000, no terminator (text, varchar)
 *   BYTEA        the bytes
 *   UUID         16 bytes, RFC 9562 order
 *   TIMESTAMP    int64, microseconds since 2000-01-01 00:00:00 (no zone)
 *   TIMESTAMPTZ  the same, in UTC
 *   JSON         the text
 *   JSONB        one byte 1 (the version), then the text
 */
#ifndef MIG_WIRE_H
#define MIG_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* name, words as messages use them (the target type's SQL name) */
#define MIG_WIRE_MAP(X)                                                                            \
    X(NONE, "none") /* no codec here: a column of this type is refused */                          \
    X(BOOL, "boolean")                                                                             \
    X(INT4, "integer")                                                                             \
    X(INT8, "bigint")                                                                              \
    X(FLOAT8, "double precision")                                                                  \
    X(TEXT, "text")                                                                                \
    X(BYTEA, "bytea")                                                                              \
    X(UUID, "uuid")                                                                                \
    X(TIMESTAMP, "timestamp without time zone")                                                    \
    X(TIMESTAMPTZ, "timestamp with time zone")                                                     \
    X(JSON, "json")                                                                                \
    X(JSONB, "jsonb")

typedef enum mig_wire_type {
#define MIG_WIRE_ENUM(name, words) MIG_WIRE_##name,
    MIG_WIRE_MAP(MIG_WIRE_ENUM)
#undef MIG_WIRE_ENUM
} mig_wire_type;

const char *mig_wire_name(mig_wire_type type);

/*
 * Rows of one table, back to back, in memory of a fixed size.
 *
 * `cap` is set by the owner of the buffer and changed by nobody else: a source
 * that meets a row that does not fit says so (source.h, fill).
 */
typedef struct mig_rows {
    unsigned char *data;
    size_t         len;      /* bytes used */
    size_t         cap;      /* bytes there are */
    uint32_t       n_rows;   /* whole rows in data */
    uint32_t       max_rows; /* --batch-size */

    /* What had to give way in these rows, counted, because it is told at the end. */
    uint32_t n_times_truncated; /* times cut to whole microseconds */
    uint32_t n_bools_folded;    /* booleans stored as an integer other than 0 and 1 */
} mig_rows;

/* The writers below do not check: room is made sure of once per row or per long field. */

static inline void
mig_rows_put_int16(mig_rows *rows, int16_t value)
{
    uint16_t wire = htobe16((uint16_t)value);

    memcpy(rows->data + rows->len, &wire, sizeof wire);
    rows->len += sizeof wire;
}

static inline void
mig_rows_put_int32(mig_rows *rows, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);

    memcpy(rows->data + rows->len, &wire, sizeof wire);
    rows->len += sizeof wire;
}

static inline void
mig_rows_put_int64(mig_rows *rows, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);

    memcpy(rows->data + rows->len, &wire, sizeof wire);
    rows->len += sizeof wire;
}

static inline void
mig_rows_put_float8(mig_rows *rows, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    mig_rows_put_int64(rows, (int64_t)bits);
}

static inline void
mig_rows_put_bytes(mig_rows *rows, const void *data, size_t len)
{
    if (len > 0) /* memcpy from NULL is undefined even for nothing */
        memcpy(rows->data + rows->len, data, len);
    rows->len += len;
}

static inline void
mig_rows_put_null(mig_rows *rows)
{
    mig_rows_put_int32(rows, -1);
}

static inline size_t
mig_rows_room(const mig_rows *rows)
{
    return rows->cap - rows->len;
}

/* Bytes of a field that is not text, bytea or json; 0 for those. */
static inline size_t
mig_wire_fixed_len(mig_wire_type type)
{
    switch (type) {
    case MIG_WIRE_BOOL:
        return 1;
    case MIG_WIRE_INT4:
        return 4;
    case MIG_WIRE_INT8:
    case MIG_WIRE_FLOAT8:
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
        return 8;
    case MIG_WIRE_UUID:
        return 16;
    case MIG_WIRE_NONE:
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BYTEA:
    case MIG_WIRE_JSON:
    case MIG_WIRE_JSONB:
        return 0;
    }
    return 0;
}

#endif
