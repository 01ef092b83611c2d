/*
 * encode.c - from the values of SQLite's current row to one wire row.
 *
 * This is the inner loop of reading: it runs once per value.  SQLite types
 * values, not columns, so the storage class is asked for each one.  A value is
 * fetched from the statement once and then asked by sqlite3_value_*, which
 * saves a sixth of a scan against two or three sqlite3_column_* calls; the
 * price is that nobody else may use the connection meanwhile.
 *
 * What needs no thought is put right here (an integer into bigint, a text into
 * text); everything else goes through mig_encode (convert.h).
 *
 * Room is made sure of once per row for everything of fixed length (a NULL
 * counts as its column's full length), and what remains is `spare`, from which
 * each field of variable length takes its bytes.
 *
 * Threads: the reader's that owns the statement, with the connection's mutex
 * held where it has one.
 */
#include "encode.h"

#include <limits.h>

mig_fault_kind
mig__check_utf16(sqlite3_value *value, size_t *offsetp)
{
    const uint16_t *units = sqlite3_value_text16(value);
    size_t          n = (size_t)sqlite3_value_bytes16(value) / 2;

    if (units == NULL)
        return MIG_FAULT_MEMORY;
    for (size_t at = 0; at < n; at++) {
        if ((units[at] & 0xf800) != 0xd800)
            continue;
        if (units[at] < 0xdc00 && at + 1 < n && (units[at + 1] & 0xfc00) == 0xdc00) {
            at++;
            continue;
        }
        *offsetp = 2 * at;
        return MIG_FAULT_UTF16;
    }
    return MIG_FAULT_NONE;
}

static mig_fault_kind
fetch_bytes(sqlite3_value *value, int class, const mig__encoder *encoder, mig_value *out,
            mig_fault *fault)
{
    if (class == SQLITE_TEXT && encoder->utf16) {
        mig_fault_kind kind = mig__check_utf16(value, &fault->offset);

        if (kind != MIG_FAULT_NONE)
            return kind;
    }
    out->class = class == SQLITE_TEXT ? MIG_VALUE_TEXT : MIG_VALUE_BLOB;
    out->data =
        class == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : sqlite3_value_blob(value);
    out->len = (size_t)sqlite3_value_bytes(value);
    if (out->data == NULL && (class == SQLITE_TEXT || out->len > 0))
        return MIG_FAULT_MEMORY;
    return MIG_FAULT_NONE;
}

static mig_fault_kind
fetch(sqlite3_value *value, int class, const mig__encoder *encoder, mig_value *out,
      mig_fault *fault)
{
    *out = (mig_value){.class = MIG_VALUE_NULL};
    switch (class) {
    case SQLITE_INTEGER:
        out->class = MIG_VALUE_INTEGER;
        out->integer = sqlite3_value_int64(value);
        break;
    case SQLITE_FLOAT:
        out->class = MIG_VALUE_REAL;
        out->real = sqlite3_value_double(value);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        return fetch_bytes(value, class, encoder, out, fault);
    default:
        break;
    }
    return MIG_FAULT_NONE;
}

/* Puts the plainest values; false: they need mig_encode. */
static inline bool
put_plain(sqlite3_value *value, int class, const mig__encoder *encoder, mig_rows *rows,
          size_t *sparep)
{
    int64_t       integer;
    const char   *data = NULL;
    size_t        len = 0, offset;
    unsigned char byte;

    switch (encoder->plain) {
    case MIG__PLAIN_NOT:
        return false;
    case MIG__PLAIN_INT8:
        if (class != SQLITE_INTEGER)
            return false;
        mig_rows_put_int32(rows, 8);
        mig_rows_put_int64(rows, sqlite3_value_int64(value));
        return true;
    case MIG__PLAIN_INT4:
        integer = class == SQLITE_INTEGER ? sqlite3_value_int64(value) : INT64_MAX;
        if (integer < INT32_MIN || integer > INT32_MAX)
            return false;
        mig_rows_put_int32(rows, 4);
        mig_rows_put_int32(rows, (int32_t)integer);
        return true;
    case MIG__PLAIN_BOOL:
        integer = class == SQLITE_INTEGER ? sqlite3_value_int64(value) : 2;
        if (integer != 0 && integer != 1)
            return false;
        byte = (unsigned char)integer;
        mig_rows_put_int32(rows, 1);
        mig_rows_put_bytes(rows, &byte, 1);
        return true;
    case MIG__PLAIN_FLOAT8:
        if (class != SQLITE_FLOAT)
            return false;
        mig_rows_put_int32(rows, 8);
        mig_rows_put_float8(rows, sqlite3_value_double(value));
        return true;
    case MIG__PLAIN_TEXT:
        if (class != SQLITE_TEXT)
            return false;
        data = (const char *)sqlite3_value_text(value);
        len = (size_t)sqlite3_value_bytes(value);
        if (data == NULL || len > *sparep || len > encoder->most_bytes ||
            mig_utf8_check(data, len, &offset) != MIG_UTF8_OK)
            return false;
        break;
    case MIG__PLAIN_BYTEA:
        if (class != SQLITE_BLOB)
            return false;
        data = sqlite3_value_blob(value);
        len = (size_t)sqlite3_value_bytes(value);
        if ((data == NULL && len > 0) || len > *sparep)
            return false;
        break;
    }
    *sparep -= len;
    mig_rows_put_int32(rows, (int32_t)len);
    mig_rows_put_bytes(rows, data, len);
    return true;
}

static inline mig_fault_kind
encode_value(sqlite3_value *value, const mig__encoder *encoder, mig_rows *rows, size_t *sparep,
             mig_fault *fault)
{
    int class = sqlite3_value_type(value);
    mig_value      fetched;
    mig_fault_kind kind;

    if (class != SQLITE_NULL && put_plain(value, class, encoder, rows, sparep))
        return MIG_FAULT_NONE;
    kind = fetch(value, class, encoder, &fetched, fault);
    return kind != MIG_FAULT_NONE ? kind
                                  : mig_encode(&encoder->base, &fetched, rows, sparep, fault);
}

static mig__plain
plain_of(mig_wire_type wire, bool utf16)
{
    static const struct {
        mig_wire_type wire;
        mig__plain    plain;
    } plains[] = {{MIG_WIRE_INT8, MIG__PLAIN_INT8},
                  {MIG_WIRE_INT4, MIG__PLAIN_INT4},
                  {MIG_WIRE_BOOL, MIG__PLAIN_BOOL},
                  {MIG_WIRE_FLOAT8, MIG__PLAIN_FLOAT8},
                  {MIG_WIRE_BYTEA, MIG__PLAIN_BYTEA}};

    if (wire == MIG_WIRE_TEXT)
        return utf16 ? MIG__PLAIN_NOT : MIG__PLAIN_TEXT;
    for (size_t i = 0; i < sizeof plains / sizeof plains[0]; i++)
        if (plains[i].wire == wire)
            return plains[i].plain;
    return MIG__PLAIN_NOT;
}

void
mig__encoder_init(mig__encoder *encoder, const mig_column_plan *column, bool utf16)
{
    encoder->base = mig_column_encoder(column);
    encoder->utf16 = utf16;
    encoder->plain = plain_of(encoder->base.wire, utf16);
    encoder->most_bytes =
        encoder->base.limits.length >= 0 ? (size_t)encoder->base.limits.length : SIZE_MAX;
}

size_t
mig__encoded_fixed_len(const mig__encoder *encoders, size_t n_columns)
{
    size_t len = sizeof(int16_t);

    for (size_t i = 0; i < n_columns; i++)
        len += sizeof(int32_t) + mig_wire_fixed_len(encoders[i].base.wire);
    return len;
}

mig_fault_kind
mig__encode_row(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                size_t fixed_len, mig_rows *rows, mig_fault *fault)
{
    const size_t len = rows->len;
    uint32_t     n_losses[MIG_LOSS_COUNT];
    size_t       spare;

    if (mig_rows_room(rows) < fixed_len)
        return MIG_FAULT_NO_ROOM;
    spare = mig_rows_room(rows) - fixed_len;
    memcpy(n_losses, rows->n_losses, sizeof n_losses);
    mig_rows_put_int16(rows, (int16_t)n_columns);
    for (size_t i = 0; i < n_columns; i++) {
        mig_fault_kind kind =
            encode_value(sqlite3_column_value(stmt, (int)i), &encoders[i], rows, &spare, fault);

        if (kind == MIG_FAULT_NONE)
            continue;
        rows->len = len;
        memcpy(rows->n_losses, n_losses, sizeof n_losses);
        fault->kind = kind;
        fault->column = i;
        return kind;
    }
    rows->n_rows++;
    return MIG_FAULT_NONE;
}

void
mig__fetch_value(sqlite3_stmt *stmt, int column, mig_value *out)
{
    const mig__encoder any = {.utf16 = false};
    mig_fault          fault = {0};
    sqlite3_value     *value = sqlite3_column_value(stmt, column);

    if (fetch(value, sqlite3_value_type(value), &any, out, &fault) != MIG_FAULT_NONE)
        out->data = NULL;
}

size_t
mig__encoded_len(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                 size_t fixed_len)
{
    size_t len = fixed_len;

    for (size_t i = 0; i < n_columns; i++) {
        sqlite3_value *value = sqlite3_column_value(stmt, (int)i);
        int class = sqlite3_value_type(value);
        mig_value v = {.class = MIG_VALUE_NULL};

        /* A text must not be converted before it was looked at as UTF-16, 2 bytes of which
         * become 3. */
        if (class == SQLITE_TEXT && encoders[i].utf16)
            v = (mig_value){.class = MIG_VALUE_TEXT,
                            .len = (size_t)sqlite3_value_bytes16(value) / 2 * 3};
        else if (class == SQLITE_TEXT || class == SQLITE_BLOB)
            v = (mig_value){.class = class == SQLITE_TEXT ? MIG_VALUE_TEXT : MIG_VALUE_BLOB,
                            .len = (size_t)sqlite3_value_bytes(value)};
        else if (class != SQLITE_NULL)
            v.class = class == SQLITE_INTEGER ? MIG_VALUE_INTEGER : MIG_VALUE_REAL;
        len += mig_encode_need(&encoders[i].base, &v);
    }
    return len;
}
