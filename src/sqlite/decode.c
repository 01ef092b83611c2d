/*
 * decode.c - from the fields of a wire row to the parameters of an INSERT.
 */
#include "decode.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "mig/codec.h"

static bool
has(const char *type, const char *word)
{
    size_t len = strlen(word);

    for (; *type != '\0'; type++)
        if (sqlite3_strnicmp(type, word, (int)len) == 0)
            return true;
    return false;
}

static bool
is(const char *type, const char *word)
{
    return sqlite3_stricmp(type, word) == 0;
}

mig_affinity
mig__affinity_of(const char *type)
{
    if (has(type, "INT"))
        return MIG_AFFINITY_INTEGER;
    if (has(type, "CHAR") || has(type, "CLOB") || has(type, "TEXT"))
        return MIG_AFFINITY_TEXT;
    if (type[0] == '\0' || has(type, "BLOB"))
        return MIG_AFFINITY_BLOB;
    if (has(type, "REAL") || has(type, "FLOA") || has(type, "DOUB"))
        return MIG_AFFINITY_REAL;
    return MIG_AFFINITY_NUMERIC;
}

static bool
is_time(mig_wire_type wire)
{
    return wire == MIG_WIRE_DATE || wire == MIG_WIRE_TIME || wire == MIG_WIRE_TIMESTAMP ||
           wire == MIG_WIRE_TIMESTAMPTZ || wire == MIG_WIRE_INTERVAL || wire == MIG_WIRE_TIMETZ;
}

static void
choose_uuid(const char *type, mig_decoder *decoder)
{
    if (is(type, "char(32)") || is(type, "varchar(32)")) {
        decoder->store = MIG_STORE_TEXT;
        decoder->style = MIG_STYLE_HEX;
    } else if (type[0] == '\0' || has(type, "BLOB") || has(type, "BINARY") ||
               is(type, "uuid_text")) {
        decoder->store = MIG_STORE_BLOB;
    } else {
        decoder->store = MIG_STORE_TEXT;
    }
}

static void
choose_time(const char *type, mig_decoder *decoder)
{
    if (strncmp(type, "datetime_", 9) != 0 && has(type, "datetime"))
        decoder->style = MIG_STYLE_BLANK;
    if (decoder->store != MIG_STORE_USUAL)
        return;
    if (decoder->affinity == MIG_AFFINITY_INTEGER)
        decoder->store = MIG_STORE_INTEGER;
    else if (decoder->affinity == MIG_AFFINITY_REAL)
        decoder->store = MIG_STORE_REAL;
    else if (decoder->unit != MIG_UNIT_NONE && decoder->affinity == MIG_AFFINITY_NUMERIC)
        decoder->store = decoder->unit == MIG_UNIT_JULIAN ? MIG_STORE_REAL : MIG_STORE_INTEGER;
}

/* What needs no look at the value, or nearly none. */
static mig__plain_field
plain_of(const mig_decoder *decoder)
{
    const mig_affinity  affinity = decoder->affinity;
    const mig_wire_type wire = decoder->wire;

    if (decoder->store != MIG_STORE_USUAL)
        return MIG__FIELD_NOT_PLAIN;
    if (wire == MIG_WIRE_BOOL || wire == MIG_WIRE_INT2 || wire == MIG_WIRE_INT4 ||
        wire == MIG_WIRE_INT8)
        return affinity == MIG_AFFINITY_TEXT || affinity == MIG_AFFINITY_REAL ? MIG__FIELD_NOT_PLAIN
                                                                              : MIG__FIELD_INTEGER;
    if (wire == MIG_WIRE_FLOAT8 && affinity == MIG_AFFINITY_REAL)
        return MIG__FIELD_DOUBLE;
    if ((wire == MIG_WIRE_TEXT || wire == MIG_WIRE_JSON) &&
        (affinity == MIG_AFFINITY_TEXT || affinity == MIG_AFFINITY_BLOB))
        return MIG__FIELD_TEXT;
    return wire == MIG_WIRE_BYTEA ? MIG__FIELD_BLOB : MIG__FIELD_NOT_PLAIN;
}

mig_status
mig__decoder_init(const mig_table_plan *plan, size_t column, mig__decoder *out, mig_error *err)
{
    const mig_column_plan *c = &plan->columns[column];
    const char            *type = c->target->type;
    mig_decoder           *decoder = &out->base;

    out->utf16 = false;
    *decoder = (mig_decoder){.wire = c->wire,
                             .affinity = mig__affinity_of(type),
                             .store = c->store,
                             .rules = c->rules,
                             .unit = c->unit};
    if (plan->target->strict && is(type, "ANY"))
        decoder->affinity = MIG_AFFINITY_BLOB; /* in such a table alone it means no conversion */
    if (c->wire == MIG_WIRE_UUID && c->store == MIG_STORE_USUAL)
        choose_uuid(type, decoder);
    if (is_time(c->wire))
        choose_time(type, decoder);
    out->plain = plain_of(decoder);
    if (c->wire != MIG_WIRE_NONE && c->wire != MIG_WIRE_OPAQUE)
        return MIG_OK;
    return mig_raise(err, MIG_E_SCHEMA, "there is no way to store values of type %s in %s.%s",
                     c->source->type, plan->target->name, c->target->name);
}

/*
 * Whether SQLite's conversion to UTF-16 and back gives the same bytes.  It takes U+0000, but makes
 * U+FFFD of what is invalid and of the last two characters of the first plane.
 */
static bool
survives_utf16(const char *text, size_t len)
{
    size_t at = 0, fault = 0;

    while (at < len) {
        mig_utf8_fault kind = mig_utf8_check(text + at, len - at, &fault);

        if (kind == MIG_UTF8_INVALID)
            return false;
        if (kind == MIG_UTF8_OK)
            break;
        at += fault + 1;
    }
    return memmem(text, len, "\xef\xbf\xbe", 3) == NULL &&
           memmem(text, len, "\xef\xbf\xbf", 3) == NULL;
}

static int
bind_bytes(const mig_value *value, sqlite3_stmt *stmt, int at)
{
    sqlite3_destructor_type keep = value->scratch ? SQLITE_TRANSIENT : SQLITE_STATIC;

    if (value->class == MIG_VALUE_TEXT)
        return sqlite3_bind_text64(stmt, at, value->data, value->len, keep, SQLITE_UTF8);
    return sqlite3_bind_blob64(stmt, at, value->data != NULL ? value->data : "", value->len, keep);
}

static int
bind(const mig_value *value, sqlite3_stmt *stmt, int at)
{
    switch (value->class) {
    case MIG_VALUE_NULL:
        return sqlite3_bind_null(stmt, at);
    case MIG_VALUE_INTEGER:
        return sqlite3_bind_int64(stmt, at, value->integer);
    case MIG_VALUE_REAL:
        return sqlite3_bind_double(stmt, at, value->real);
    case MIG_VALUE_TEXT:
    case MIG_VALUE_BLOB:
        return bind_bytes(value, stmt, at);
    }
    return SQLITE_MISUSE;
}

static int64_t
integer_at(const unsigned char *data, size_t len)
{
    uint64_t eight;
    uint32_t four;

    if (len == sizeof eight) {
        memcpy(&eight, data, sizeof eight);
        return (int64_t)be64toh(eight);
    }
    if (len == sizeof four) {
        memcpy(&four, data, sizeof four);
        return (int32_t)be32toh(four);
    }
    return len == 2 ? (int16_t)(data[0] << 8 | data[1]) : data[0];
}

/* Binds the plainest fields; false: they need mig_decode. */
static inline bool
bind_plain(const mig__decoder *decoder, const unsigned char *data, size_t len, sqlite3_stmt *stmt,
           int at)
{
    double  value;
    int64_t bits;

    switch (decoder->plain) {
    case MIG__FIELD_NOT_PLAIN:
        return false;
    case MIG__FIELD_INTEGER:
        return len == mig_wire_fixed_len(decoder->base.wire) &&
               sqlite3_bind_int64(stmt, at, integer_at(data, len)) == SQLITE_OK;
    case MIG__FIELD_DOUBLE:
        if (len != sizeof bits)
            return false;
        bits = integer_at(data, sizeof bits);
        memcpy(&value, &bits, sizeof value);
        return !isnan(value) && !(value == 0 && signbit(value)) &&
               sqlite3_bind_double(stmt, at, value) == SQLITE_OK;
    case MIG__FIELD_TEXT:
        return !decoder->utf16 && sqlite3_bind_text64(stmt, at, (const char *)data, len,
                                                      SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
    case MIG__FIELD_BLOB:
        return sqlite3_bind_blob64(stmt, at, data, len, SQLITE_STATIC) == SQLITE_OK;
    }
    return false;
}

mig_fault_kind
mig__decode(const mig__decoder *decoder, const unsigned char *data, int32_t len, sqlite3_stmt *stmt,
            int at, uint32_t *n_losses)
{
    mig_value      value;
    mig_fault_kind kind;

    if (len >= 0 && bind_plain(decoder, data, (size_t)len, stmt, at))
        return MIG_FAULT_NONE;
    kind = mig_decode(&decoder->base, data, len, &value, n_losses);
    if (kind != MIG_FAULT_NONE)
        return kind;
    if (decoder->utf16 && value.class == MIG_VALUE_TEXT && !survives_utf16(value.data, value.len))
        return MIG_FAULT_NOT_UTF16;
    switch (bind(&value, stmt, at)) {
    case SQLITE_OK:
        return MIG_FAULT_NONE;
    case SQLITE_TOOBIG:
        return MIG_FAULT_TOO_LONG;
    default:
        return MIG_FAULT_MEMORY;
    }
}
