/*
 * decode.c - from the fields of a wire row to the values that an INSERT takes.
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
    out->most_bytes = SIZE_MAX;
    out->fixed_len = mig_wire_fixed_len(c->wire);
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

/* A text or blob stays where it is until the row is in. */
static void
give_bytes(const mig_value *value, sqlite3_context *to)
{
    if (value->class == MIG_VALUE_TEXT)
        sqlite3_result_text64(to, value->data, value->len, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_result_blob64(to, value->data != NULL ? value->data : "", value->len,
                              SQLITE_STATIC);
}

static void
give(const mig_value *value, sqlite3_context *to)
{
    switch (value->class) {
    case MIG_VALUE_NULL:
        sqlite3_result_null(to);
        break;
    case MIG_VALUE_INTEGER:
        sqlite3_result_int64(to, value->integer);
        break;
    case MIG_VALUE_REAL:
        sqlite3_result_double(to, value->real);
        break;
    case MIG_VALUE_TEXT:
    case MIG_VALUE_BLOB:
        give_bytes(value, to);
        break;
    }
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

/* The value of the plainest fields; false: they need mig_decode. */
static inline bool
plain_value(const mig__decoder *decoder, const unsigned char *data, size_t len, mig_value *value)
{
    int64_t bits;

    switch (decoder->plain) {
    case MIG__FIELD_NOT_PLAIN:
        return false;
    case MIG__FIELD_INTEGER:
        if (len != decoder->fixed_len)
            return false;
        value->class = MIG_VALUE_INTEGER;
        value->integer = integer_at(data, len);
        return true;
    case MIG__FIELD_DOUBLE:
        if (len != sizeof bits)
            return false;
        bits = integer_at(data, sizeof bits);
        value->class = MIG_VALUE_REAL;
        memcpy(&value->real, &bits, sizeof bits);
        return !isnan(value->real) && !(value->real == 0 && signbit(value->real));
    case MIG__FIELD_TEXT:
    case MIG__FIELD_BLOB:
        if (len > decoder->most_bytes || (decoder->utf16 && decoder->plain == MIG__FIELD_TEXT))
            return false;
        value->class = decoder->plain == MIG__FIELD_TEXT ? MIG_VALUE_TEXT : MIG_VALUE_BLOB;
        value->data = (const char *)data;
        value->len = len;
        return true;
    }
    return false;
}

static mig_fault_kind
decode_value(const mig__decoder *decoder, const unsigned char *data, int32_t len, mig_value *value,
             uint32_t *n_losses)
{
    mig_fault_kind kind = mig_decode(&decoder->base, data, len, value, n_losses);

    if (kind != MIG_FAULT_NONE)
        return kind;
    if ((value->class == MIG_VALUE_TEXT || value->class == MIG_VALUE_BLOB) &&
        value->len > decoder->most_bytes)
        return MIG_FAULT_TOO_LONG;
    if (decoder->utf16 && value->class == MIG_VALUE_TEXT &&
        !survives_utf16(value->data, value->len))
        return MIG_FAULT_NOT_UTF16;
    return MIG_FAULT_NONE;
}

mig_fault_kind
mig__decode_value(const mig__decoder *decoder, const unsigned char *data, int32_t len,
                  mig_value *value, uint32_t *n_losses)
{
    if (len >= 0 && plain_value(decoder, data, (size_t)len, value))
        return MIG_FAULT_NONE;
    return decode_value(decoder, data, len, value, n_losses);
}

mig_fault_kind
mig__decode(const mig__decoder *decoder, const unsigned char *data, int32_t len,
            sqlite3_context *to, uint32_t *n_losses)
{
    mig_value      value;
    mig_fault_kind kind = mig__decode_value(decoder, data, len, &value, n_losses);

    if (kind == MIG_FAULT_NONE)
        give(&value, to);
    return kind;
}

mig_fault_kind
mig__decode_try(const mig__decoder *decoder, const unsigned char *data, int32_t len,
                mig_value_class *classp)
{
    uint32_t       n_losses[MIG_LOSS_COUNT] = {0};
    mig_value      value = {.class = MIG_VALUE_NULL};
    mig_fault_kind kind = decode_value(decoder, data, len, &value, n_losses);

    *classp = value.class;
    return kind;
}
