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
 *   INT2, INT4, INT8  two's complement, big-endian
 *   FLOAT4, FLOAT8    IEEE 754 binary32 and binary64, big-endian
 *   NUMERIC      int16 number of base-10000 digits, weight, sign, display scale; the digits
 *   MONEY        int64, in the smallest unit of the server's lc_monetary
 *   TEXT         UTF-8 without U+0000, no terminator (text, varchar, citext, name, enum labels)
 *   BPCHAR       the same, without the blanks that char(n) is padded with
 *   XML          the text
 *   BYTEA        the bytes
 *   UUID         16 bytes, RFC 9562 order
 *   DATE         int32, days since 2000-01-01; the extremes are -infinity and infinity
 *   TIME         int64, microseconds since midnight
 *   TIMETZ       the same, then int32: seconds west of UTC
 *   TIMESTAMP    int64, microseconds since 2000-01-01 00:00:00 (no zone); extremes as for DATE
 *   TIMESTAMPTZ  the same, in UTC
 *   INTERVAL     int64 microseconds, int32 days, int32 months
 *   JSON         the text
 *   JSONB        one byte 1 (the version), then the text
 *   INET, CIDR   family (2: IPv4, 3: IPv6), bits of the mask, 1 for cidr, length, the address
 *   MACADDR, MACADDR8  6 and 8 bytes
 *   BIT, VARBIT  int32 number of bits, then the bits, the first one highest
 *
 * And three that are not the binary form of one type:
 *
 *   LITERAL      the text form of any type, as its input function takes it.  A table that has such
 *                a column in a PostgreSQL target is written by COPY in text format
 *   OPAQUE       bytes of a type without codec here, between two columns of that same type
 *   DYNAMIC      a value of SQLite as it is: one byte of storage class (SQLITE_INTEGER 1, FLOAT 2,
 *                TEXT 3, BLOB 4), then int64, binary64, or the bytes; texts are not looked into
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
    X(INT2, "smallint")                                                                            \
    X(INT4, "integer")                                                                             \
    X(INT8, "bigint")                                                                              \
    X(FLOAT4, "real")                                                                              \
    X(FLOAT8, "double precision")                                                                  \
    X(NUMERIC, "numeric")                                                                          \
    X(MONEY, "money")                                                                              \
    X(TEXT, "text")                                                                                \
    X(BPCHAR, "character")                                                                         \
    X(XML, "xml")                                                                                  \
    X(BYTEA, "bytea")                                                                              \
    X(UUID, "uuid")                                                                                \
    X(DATE, "date")                                                                                \
    X(TIME, "time without time zone")                                                              \
    X(TIMETZ, "time with time zone")                                                               \
    X(TIMESTAMP, "timestamp without time zone")                                                    \
    X(TIMESTAMPTZ, "timestamp with time zone")                                                     \
    X(INTERVAL, "interval")                                                                        \
    X(JSON, "json")                                                                                \
    X(JSONB, "jsonb")                                                                              \
    X(INET, "inet")                                                                                \
    X(CIDR, "cidr")                                                                                \
    X(MACADDR, "macaddr")                                                                          \
    X(MACADDR8, "macaddr8")                                                                        \
    X(BIT, "bit")                                                                                  \
    X(VARBIT, "bit varying")                                                                       \
    X(LITERAL, "its text form")                                                                    \
    X(OPAQUE, "its own bytes")                                                                     \
    X(DYNAMIC, "any value")

typedef enum mig_wire_type {
#define MIG_WIRE_ENUM(name, words) MIG_WIRE_##name,
    MIG_WIRE_MAP(MIG_WIRE_ENUM)
#undef MIG_WIRE_ENUM
} mig_wire_type;

const char *mig_wire_name(mig_wire_type type);

/*
 * What the modifiers of a type allow: PostgreSQL manual, "Data Types".  -1 where nothing is said.
 */
typedef struct mig_limits {
    int32_t length;    /* characters of varchar(n) and char(n), bits of bit(n) and varbit(n) */
    int32_t precision; /* decimal digits of numeric(p,s) in all */
    int32_t scale;     /* digits behind the point: of numeric(p,s), may be negative there; of the
                          seconds of times and intervals */
} mig_limits;

#define MIG_LIMITS_NONE                                                                            \
    {                                                                                              \
        -1, -1, -1                                                                                 \
    }

/*
 * What had to give way in values on their way, counted, because it is told at the end.
 * name, words behind the number of values
 */
#define MIG_LOSS_MAP(X)                                                                            \
    X(TIME_CUT, "times cut to whole microseconds")                                                 \
    X(BOOL_FOLDED, "booleans that held a number other than 0 and 1, stored as true")               \
    X(TIME_TWICE, "local times that the clocks of the zone showed twice, taken as the earlier")    \
    X(NEGATIVE_ZERO, "negative zeros stored as 0")                                                 \
    X(BOOL_WORD, "booleans written as words")                                                      \
    X(FLOAT4_ROUNDED, "numbers rounded to single precision, the same to its seven digits")         \
    X(ROUNDED, "numbers or times rounded to the digits of their column (rule round)")              \
    X(TEXT_CUT, "texts cut to the length of their column (rule cut)")                              \
    X(BLANKS_TRIMMED, "texts that lost blanks at their end (rule trim)")                           \
    X(NUL_STRIPPED, "texts that lost NUL characters (rule strip-nul)")                             \
    X(UTF8_REPLACED, "texts with invalid bytes replaced by U+FFFD (rule replace)")                 \
    X(SET_NULL, "values that did not fit and became NULL (rule null)")                             \
    X(XML_DECLARATION, "xml documents whose declaration the server does not keep")

typedef enum mig_loss {
#define MIG_LOSS_ENUM(name, words) MIG_LOSS_##name,
    MIG_LOSS_MAP(MIG_LOSS_ENUM)
#undef MIG_LOSS_ENUM
        MIG_LOSS_COUNT
} mig_loss;

const char *mig_loss_words(mig_loss loss);

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

    uint32_t n_losses[MIG_LOSS_COUNT]; /* what had to give way in these rows */
    uint32_t n_aside; /* rows that are not among these, since they went aside (aside.h) */
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

static inline bool
mig_wire_is_integer(mig_wire_type type)
{
    return type == MIG_WIRE_INT2 || type == MIG_WIRE_INT4 || type == MIG_WIRE_INT8;
}

/* Bytes of a field whose type has one length; 0 for the others. */
static inline size_t
mig_wire_fixed_len(mig_wire_type type)
{
    switch (type) {
    case MIG_WIRE_BOOL:
        return 1;
    case MIG_WIRE_INT2:
        return 2;
    case MIG_WIRE_INT4:
    case MIG_WIRE_FLOAT4:
    case MIG_WIRE_DATE:
        return 4;
    case MIG_WIRE_MACADDR:
        return 6;
    case MIG_WIRE_INT8:
    case MIG_WIRE_FLOAT8:
    case MIG_WIRE_MONEY:
    case MIG_WIRE_TIME:
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
    case MIG_WIRE_MACADDR8:
        return 8;
    case MIG_WIRE_TIMETZ:
        return 12;
    case MIG_WIRE_UUID:
    case MIG_WIRE_INTERVAL:
        return 16;
    case MIG_WIRE_NONE:
    case MIG_WIRE_NUMERIC:
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BPCHAR:
    case MIG_WIRE_XML:
    case MIG_WIRE_BYTEA:
    case MIG_WIRE_JSON:
    case MIG_WIRE_JSONB:
    case MIG_WIRE_INET:
    case MIG_WIRE_CIDR:
    case MIG_WIRE_BIT:
    case MIG_WIRE_VARBIT:
    case MIG_WIRE_LITERAL:
    case MIG_WIRE_OPAQUE:
    case MIG_WIRE_DYNAMIC:
        return 0;
    }
    return 0;
}

#endif
