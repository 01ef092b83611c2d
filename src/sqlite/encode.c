/*
 * encode.c - from the values of SQLite's current row to one wire row.
 *
 * This is the inner loop of reading: it runs once per value.  SQLite types
 * values, not columns, so the storage class is asked for each one.  A value is
 * fetched from the statement once and then asked by sqlite3_value_*, which
 * saves a sixth of a scan against two or three sqlite3_column_* calls; the
 * price is that nobody else may use the connection meanwhile.
 *
 * Room is made sure of once per row for everything of fixed length (a NULL
 * counts as its column's full length), and what remains is `spare`, from which
 * each text, blob or json takes its bytes.  A switch per value costs the same
 * as a function pointer per column and lets the compiler see all of it.
 *
 * Threads: the reader's that owns the statement, with the connection's mutex
 * held where it has one.
 */
#include "encode.h"

#include <limits.h>

#include "mig/codec.h"
#include "mig/temporal.h"

/* The row that is being written. */
typedef struct writing {
    mig_rows   *rows;
    size_t      spare; /* bytes beyond the fixed ones */
    mig__fault *fault; /* where and why, for the kinds that have them */
} writing;

static mig__fault_kind
put_uuid(writing *w, const unsigned char uuid[16])
{
    mig_rows_put_int32(w->rows, 16);
    mig_rows_put_bytes(w->rows, uuid, 16);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
put_int64(writing *w, int64_t value)
{
    mig_rows_put_int32(w->rows, 8);
    mig_rows_put_int64(w->rows, value);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
encode_int4(writing *w, sqlite3_value *value)
{
    int64_t integer = sqlite3_value_int64(value);

    if (integer < INT32_MIN || integer > INT32_MAX)
        return MIG__FAULT_RANGE;
    mig_rows_put_int32(w->rows, 4);
    mig_rows_put_int32(w->rows, (int32_t)integer);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
encode_bool(writing *w, sqlite3_value *value)
{
    int64_t             integer = sqlite3_value_int64(value);
    const unsigned char byte = integer != 0;

    w->rows->n_losses[MIG_LOSS_BOOL_FOLDED] += integer != 0 && integer != 1;
    mig_rows_put_int32(w->rows, 1);
    mig_rows_put_bytes(w->rows, &byte, 1);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
encode_float8(writing *w, sqlite3_value *value, int class)
{
    double real;

    if (class == SQLITE_INTEGER) {
        int64_t integer = sqlite3_value_int64(value);

        /* 2^63 is what the largest integers are rounded up to, and no int64. */
        real = (double)integer;
        if (real >= 0x1p63 || (int64_t)real != integer)
            return MIG__FAULT_INEXACT;
    } else {
        real = sqlite3_value_double(value);
    }
    mig_rows_put_int32(w->rows, 8);
    mig_rows_put_float8(w->rows, real);
    return MIG__FAULT_NONE;
}

/*
 * The first surrogate without its other half.  SQLite's conversion would turn it into something
 * else without a word.
 */
static mig__fault_kind
check_utf16(sqlite3_value *value, size_t *offsetp)
{
    const uint16_t *units = sqlite3_value_text16(value);
    size_t          n = (size_t)sqlite3_value_bytes16(value) / 2;

    if (units == NULL)
        return MIG__FAULT_MEMORY;
    for (size_t at = 0; at < n; at++) {
        if ((units[at] & 0xf800) != 0xd800)
            continue;
        if (units[at] < 0xdc00 && at + 1 < n && (units[at + 1] & 0xfc00) == 0xdc00) {
            at++;
            continue;
        }
        *offsetp = 2 * at;
        return MIG__FAULT_UTF16;
    }
    return MIG__FAULT_NONE;
}

/* The text of a value of storage class TEXT, as UTF-8. */
static mig__fault_kind
get_text(writing *w, sqlite3_value *value, const mig__encoder *encoder, const char **textp,
         size_t *lenp)
{
    if (encoder->utf16) {
        mig__fault_kind kind = check_utf16(value, &w->fault->offset);

        if (kind != MIG__FAULT_NONE)
            return kind;
    }
    *textp = (const char *)sqlite3_value_text(value);
    if (*textp == NULL)
        return MIG__FAULT_MEMORY;
    *lenp = (size_t)sqlite3_value_bytes(value);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
check_text(writing *w, const char *text, size_t len)
{
    switch (mig_utf8_check(text, len, &w->fault->offset)) {
    case MIG_UTF8_OK:
        break;
    case MIG_UTF8_INVALID:
        return MIG__FAULT_UTF8;
    case MIG_UTF8_NUL:
        return MIG__FAULT_NUL;
    }
    return MIG__FAULT_NONE;
}

static mig__fault_kind
encode_text(writing *w, sqlite3_value *value, const mig__encoder *encoder)
{
    const char     *text;
    size_t          len;
    mig__fault_kind kind = get_text(w, value, encoder, &text, &len);

    if (kind != MIG__FAULT_NONE)
        return kind;
    if (len > w->spare)
        return MIG__FAULT_NO_ROOM;
    kind = check_text(w, text, len);
    if (kind != MIG__FAULT_NONE)
        return kind;
    w->spare -= len;
    mig_rows_put_int32(w->rows, (int32_t)len);
    mig_rows_put_bytes(w->rows, text, len);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
check_json(writing *w, const char *text, size_t len, const mig__encoder *encoder)
{
    mig_json_kind kind = encoder->wire == MIG_WIRE_JSONB ? MIG_JSON_BINARY : MIG_JSON_TEXT;

    switch (mig_json_check(text, len, kind, encoder->scratch, &w->fault->json)) {
    case MIG_JSON_OK:
        break;
    case MIG_JSON_REFUSED:
        return MIG__FAULT_JSON;
    case MIG_JSON_KEY_TWICE:
        return MIG__FAULT_KEY_TWICE;
    case MIG_JSON_NO_MEMORY:
        return MIG__FAULT_MEMORY;
    }
    return MIG__FAULT_NONE;
}

static mig__fault_kind
encode_json(writing *w, sqlite3_value *value, const mig__encoder *encoder)
{
    static const char jsonb_version = 1;
    const bool        binary = encoder->wire == MIG_WIRE_JSONB;
    const char       *text;
    size_t            len;
    mig__fault_kind   kind = get_text(w, value, encoder, &text, &len);

    if (kind != MIG__FAULT_NONE)
        return kind;
    if (len + binary > w->spare)
        return MIG__FAULT_NO_ROOM;
    kind = check_text(w, text, len);
    if (kind != MIG__FAULT_NONE)
        return kind;
    kind = check_json(w, text, len, encoder);
    if (kind != MIG__FAULT_NONE)
        return kind;
    w->spare -= len + binary;
    mig_rows_put_int32(w->rows, (int32_t)(len + binary));
    mig_rows_put_bytes(w->rows, &jsonb_version, binary);
    mig_rows_put_bytes(w->rows, text, len);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
encode_bytea(writing *w, sqlite3_value *value)
{
    const void *blob = sqlite3_value_blob(value);
    size_t      len = (size_t)sqlite3_value_bytes(value);

    if (blob == NULL && len > 0)
        return MIG__FAULT_MEMORY;
    if (len > w->spare)
        return MIG__FAULT_NO_ROOM;
    w->spare -= len;
    mig_rows_put_int32(w->rows, (int32_t)len);
    mig_rows_put_bytes(w->rows, blob, len);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
encode_uuid(writing *w, sqlite3_value *value, int class, const mig__encoder *encoder)
{
    unsigned char   uuid[16];
    const char     *text;
    size_t          len;
    mig__fault_kind kind;

    if (class == SQLITE_BLOB) {
        const unsigned char *blob = sqlite3_value_blob(value);

        len = (size_t)sqlite3_value_bytes(value);
        if (blob == NULL && len > 0)
            return MIG__FAULT_MEMORY;
        return len == sizeof uuid ? put_uuid(w, blob) : MIG__FAULT_UUID;
    }
    kind = get_text(w, value, encoder, &text, &len);
    if (kind != MIG__FAULT_NONE)
        return kind;
    return mig_uuid_parse(text, len, uuid) ? put_uuid(w, uuid) : MIG__FAULT_UUID;
}

static mig__fault_kind
encode_time(writing *w, sqlite3_value *value, int class, const mig__encoder *encoder)
{
    mig_timestamp   ts;
    int64_t         us;
    bool            truncated;
    const char     *text;
    size_t          len;
    mig__fault_kind kind;

    if (class == SQLITE_INTEGER) {
        if (mig_timestamp_from_int(sqlite3_value_int64(value), MIG_UNIT_S, &us, &truncated) !=
            MIG_TEMPORAL_OK)
            return MIG__FAULT_RANGE;
        return put_int64(w, us);
    }
    kind = get_text(w, value, encoder, &text, &len);
    if (kind != MIG__FAULT_NONE)
        return kind;
    if (mig_timestamp_parse(text, len, &ts) != MIG_TEMPORAL_OK)
        return MIG__FAULT_TIME;
    w->rows->n_losses[MIG_LOSS_TIME_CUT] += ts.truncated;
    return put_int64(w, ts.us);
}

/* One byte for the storage class, then the value. */
static mig__fault_kind
put_dynamic(writing *w, int class, const void *data, size_t len)
{
    const unsigned char byte = (unsigned char)class;

    if (len + 1 > w->spare)
        return MIG__FAULT_NO_ROOM;
    w->spare -= len + 1;
    mig_rows_put_int32(w->rows, (int32_t)(len + 1));
    mig_rows_put_bytes(w->rows, &byte, 1);
    mig_rows_put_bytes(w->rows, data, len);
    return MIG__FAULT_NONE;
}

static mig__fault_kind
put_dynamic_bits(writing *w, int class, uint64_t bits)
{
    uint64_t wire = htobe64(bits);

    return put_dynamic(w, class, &wire, sizeof wire);
}

static mig__fault_kind
encode_dynamic(writing *w, sqlite3_value *value, int class, const mig__encoder *encoder)
{
    mig__fault_kind kind;
    const char     *text;
    const void     *blob;
    size_t          len;
    double          real;
    uint64_t        bits;

    switch (class) {
    case SQLITE_INTEGER:
        return put_dynamic_bits(w, class, (uint64_t)sqlite3_value_int64(value));
    case SQLITE_FLOAT:
        real = sqlite3_value_double(value);
        memcpy(&bits, &real, sizeof bits);
        return put_dynamic_bits(w, class, bits);
    case SQLITE_TEXT:
        kind = get_text(w, value, encoder, &text, &len);
        return kind != MIG__FAULT_NONE ? kind : put_dynamic(w, class, text, len);
    default:
        blob = sqlite3_value_blob(value);
        len = (size_t)sqlite3_value_bytes(value);
        return blob == NULL && len > 0 ? MIG__FAULT_MEMORY : put_dynamic(w, class, blob, len);
    }
}

static inline mig__fault_kind
encode_value(writing *w, sqlite3_value *value, const mig__encoder *encoder)
{
    int class = sqlite3_value_type(value);

    if (class == SQLITE_NULL) {
        if (encoder->not_null)
            return MIG__FAULT_NOT_NULL;
        mig_rows_put_null(w->rows);
        return MIG__FAULT_NONE;
    }
    switch (encoder->wire) {
    case MIG_WIRE_NONE:
    case MIG_WIRE_INT2:
    case MIG_WIRE_FLOAT4:
    case MIG_WIRE_NUMERIC:
    case MIG_WIRE_MONEY:
    case MIG_WIRE_BPCHAR:
    case MIG_WIRE_XML:
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
    case MIG_WIRE_LITERAL:
    case MIG_WIRE_OPAQUE:
        break;
    case MIG_WIRE_DYNAMIC:
        return encode_dynamic(w, value, class, encoder);
    case MIG_WIRE_BOOL:
        return class == SQLITE_INTEGER ? encode_bool(w, value) : MIG__FAULT_CLASS;
    case MIG_WIRE_INT4:
        return class == SQLITE_INTEGER ? encode_int4(w, value) : MIG__FAULT_CLASS;
    case MIG_WIRE_INT8:
        return class == SQLITE_INTEGER ? put_int64(w, sqlite3_value_int64(value))
                                       : MIG__FAULT_CLASS;
    case MIG_WIRE_FLOAT8:
        return class == SQLITE_FLOAT || class == SQLITE_INTEGER ? encode_float8(w, value, class)
                                                                : MIG__FAULT_CLASS;
    case MIG_WIRE_TEXT:
        return class == SQLITE_TEXT ? encode_text(w, value, encoder) : MIG__FAULT_CLASS;
    case MIG_WIRE_BYTEA:
        return class == SQLITE_BLOB ? encode_bytea(w, value) : MIG__FAULT_CLASS;
    case MIG_WIRE_UUID:
        return class == SQLITE_BLOB || class == SQLITE_TEXT ? encode_uuid(w, value, class, encoder)
                                                            : MIG__FAULT_CLASS;
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
        return class == SQLITE_TEXT || class == SQLITE_INTEGER
                   ? encode_time(w, value, class, encoder)
                   : MIG__FAULT_CLASS;
    case MIG_WIRE_JSON:
    case MIG_WIRE_JSONB:
        return class == SQLITE_TEXT ? encode_json(w, value, encoder) : MIG__FAULT_CLASS;
    }
    return MIG__FAULT_CLASS;
}

size_t
mig__encoded_fixed_len(const mig__encoder *encoders, size_t n_columns)
{
    size_t len = sizeof(int16_t);

    for (size_t i = 0; i < n_columns; i++)
        len += sizeof(int32_t) + mig_wire_fixed_len(encoders[i].wire);
    return len;
}

mig__fault_kind
mig__encode_row(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                size_t fixed_len, mig_rows *rows, mig__fault *fault)
{
    const size_t len = rows->len;
    uint32_t     n_losses[MIG_LOSS_COUNT];
    writing      w = {rows, 0, fault};

    if (mig_rows_room(rows) < fixed_len)
        return MIG__FAULT_NO_ROOM;
    w.spare = mig_rows_room(rows) - fixed_len;
    memcpy(n_losses, rows->n_losses, sizeof n_losses);
    mig_rows_put_int16(rows, (int16_t)n_columns);
    for (size_t i = 0; i < n_columns; i++) {
        mig__fault_kind kind = encode_value(&w, sqlite3_column_value(stmt, (int)i), &encoders[i]);

        if (kind == MIG__FAULT_NONE)
            continue;
        rows->len = len;
        memcpy(rows->n_losses, n_losses, sizeof n_losses);
        fault->kind = kind;
        fault->column = i;
        return kind;
    }
    rows->n_rows++;
    return MIG__FAULT_NONE;
}

size_t
mig__encoded_len(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                 size_t fixed_len)
{
    size_t len = fixed_len;

    for (size_t i = 0; i < n_columns; i++) {
        sqlite3_value *value = sqlite3_column_value(stmt, (int)i);
        int class = sqlite3_value_type(value);

        if (mig_wire_fixed_len(encoders[i].wire) > 0)
            continue;
        /* Other classes would be converted by the question; they are faults, not long.  And a text
         * must not be converted before it was looked at as UTF-16, 2 bytes of which become 3. */
        if (class == SQLITE_TEXT && encoders[i].utf16)
            len += (size_t)sqlite3_value_bytes16(value) / 2 * 3;
        else if (class == SQLITE_TEXT || class == SQLITE_BLOB)
            len += (size_t)sqlite3_value_bytes(value);
        if (class == SQLITE_TEXT && encoders[i].wire == MIG_WIRE_JSONB)
            len++;
        if (encoders[i].wire == MIG_WIRE_DYNAMIC)
            len += 1 + (class == SQLITE_INTEGER || class == SQLITE_FLOAT ? sizeof(int64_t) : 0);
    }
    return len;
}
