/*
 * decode.c - from the fields of a wire row to the parameters of an INSERT.
 */
#include "decode.h"

#include <math.h>
#include <string.h>

#include "mig/codec.h"
#include "mig/temporal.h"

static bool
has(const char *type, const char *word)
{
    size_t len = strlen(word);

    for (; *type != '\0'; type++)
        if (sqlite3_strnicmp(type, word, (int)len) == 0)
            return true;
    return false;
}

mig__affinity
mig__affinity_of(const char *type)
{
    if (has(type, "INT"))
        return MIG__AFFINITY_INTEGER;
    if (has(type, "CHAR") || has(type, "CLOB") || has(type, "TEXT"))
        return MIG__AFFINITY_TEXT;
    if (type[0] == '\0' || has(type, "BLOB"))
        return MIG__AFFINITY_BLOB;
    if (has(type, "REAL") || has(type, "FLOA") || has(type, "DOUB"))
        return MIG__AFFINITY_REAL;
    return MIG__AFFINITY_NUMERIC;
}

/* Whether every value of the wire type changes its storage class in such a column. */
static bool
never_fits(mig_wire_type wire, mig__affinity affinity)
{
    switch (wire) {
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
        return true;
    case MIG_WIRE_BOOL:
    case MIG_WIRE_INT4:
    case MIG_WIRE_INT8:
        return affinity == MIG__AFFINITY_TEXT || affinity == MIG__AFFINITY_REAL;
    case MIG_WIRE_FLOAT8:
        return affinity == MIG__AFFINITY_TEXT;
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BYTEA:
    case MIG_WIRE_UUID:
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
    case MIG_WIRE_JSON:
    case MIG_WIRE_JSONB:
    case MIG_WIRE_DYNAMIC:
        return false;
    }
    return true;
}

mig_status
mig__decoder_init(const mig_table_plan *plan, size_t column, mig__decoder *decoder, mig_error *err)
{
    const mig_column_plan *c = &plan->columns[column];
    const char            *type = c->target->type;

    decoder->wire = c->wire;
    decoder->affinity = mig__affinity_of(type);
    if (plan->target->strict && sqlite3_stricmp(type, "ANY") == 0)
        decoder->affinity = MIG__AFFINITY_BLOB; /* in such a table alone it means no conversion */
    decoder->uuid_blob =
        type[0] == '\0' || has(type, "BLOB") || sqlite3_stricmp(type, "uuid_text") == 0;
    if (!never_fits(c->wire, decoder->affinity))
        return MIG_OK;
    mig_raise(err, MIG_E_SCHEMA, "cannot store %s values in %s.%s", mig_wire_name(c->wire),
              plan->target->name, c->target->name);
    mig_error_detail(err, "SQLite would convert them: the column is declared %s",
                     type[0] != '\0' ? type : "without a type");
    return MIG_E_SCHEMA;
}

static size_t
skip_spaces(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
        at++;
    return at;
}

static size_t
skip_digits(const char *text, size_t len, size_t at)
{
    while (at < len && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

static size_t
skip_sign(const char *text, size_t len, size_t at)
{
    return at < len && (text[at] == '+' || text[at] == '-') ? at + 1 : at;
}

/* Spaces, sign, digits with a point somewhere, an exponent, spaces: sqlite3AtoF of util.c. */
bool
mig__is_number(const char *text, size_t len)
{
    size_t at = skip_sign(text, len, skip_spaces(text, len, 0));
    size_t end = skip_digits(text, len, at);
    size_t n_digits = end - at;

    at = end;
    if (at < len && text[at] == '.') {
        end = skip_digits(text, len, at + 1);
        n_digits += end - at - 1;
        at = end;
    }
    if (n_digits == 0)
        return false;
    if (at < len && (text[at] == 'e' || text[at] == 'E')) {
        at = skip_sign(text, len, at + 1);
        end = skip_digits(text, len, at);
        if (end == at)
            return false;
        at = end;
    }
    return skip_spaces(text, len, at) == len;
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

static const char *
bind_text(const mig__decoder *decoder, const char *text, size_t len, sqlite3_stmt *stmt, int at)
{
    if (decoder->affinity != MIG__AFFINITY_TEXT && decoder->affinity != MIG__AFFINITY_BLOB &&
        mig__is_number(text, len))
        return "SQLite would convert this text to a number";
    if (decoder->utf16 && !survives_utf16(text, len))
        return "the text holds what a database in UTF-16 does not keep";
    return sqlite3_bind_text64(stmt, at, text, len, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK
               ? NULL
               : "the text is too long";
}

static const char *
bind_float(const mig__decoder *decoder, int64_t bits, sqlite3_stmt *stmt, int at)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    if (isnan(value))
        return "SQLite has no NaN";
    if ((decoder->affinity == MIG__AFFINITY_INTEGER ||
         decoder->affinity == MIG__AFFINITY_NUMERIC) &&
        value == trunc(value) && fabs(value) < 0x1p63)
        return "SQLite would convert this double to an integer";
    /* Such columns store whole numbers as integers, which have no -0. */
    if (decoder->affinity == MIG__AFFINITY_REAL && value == 0 && signbit(value))
        return "SQLite would make 0 of this -0";
    return sqlite3_bind_double(stmt, at, value) == SQLITE_OK ? NULL : "it cannot be bound";
}

static const char *
bind_time(int64_t us, bool zulu, sqlite3_stmt *stmt, int at)
{
    char   text[MIG_TIMESTAMP_MAX];
    size_t len = mig_timestamp_format(us, zulu ? MIG_TIME_RFC3339 : 0, text);

    if (len == 0)
        return "the time is out of range";
    return sqlite3_bind_text(stmt, at, text, (int)len, SQLITE_TRANSIENT) == SQLITE_OK
               ? NULL
               : "out of memory";
}

static const char *
bind_uuid(const mig__decoder *decoder, const unsigned char *data, sqlite3_stmt *stmt, int at)
{
    char text[37];
    int  rc;

    if (decoder->uuid_blob) {
        rc = sqlite3_bind_blob(stmt, at, data, 16, SQLITE_STATIC);
    } else {
        mig_uuid_format(data, text);
        rc = sqlite3_bind_text(stmt, at, text, 36, SQLITE_TRANSIENT);
    }
    return rc == SQLITE_OK ? NULL : "out of memory";
}

/* Two's complement of 1, 4 or 8 bytes. */
static int64_t
integer_at(const unsigned char *data, size_t len)
{
    uint64_t value = len == 4 && data[0] >= 0x80 ? UINT64_MAX : 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | data[i];
    return (int64_t)value;
}

static const char *
bind_dynamic(const mig__decoder *decoder, const unsigned char *data, size_t n, sqlite3_stmt *stmt,
             int at)
{
    int class = n > 0 ? data[0] : SQLITE_NULL;

    if ((class == SQLITE_INTEGER || class == SQLITE_FLOAT) && n != 9)
        return "its field has the wrong length";
    switch (class) {
    case SQLITE_INTEGER:
        if (decoder->affinity == MIG__AFFINITY_TEXT)
            return "SQLite would convert this integer to a text";
        if (decoder->affinity == MIG__AFFINITY_REAL)
            return "SQLite would convert this integer to a real number";
        return sqlite3_bind_int64(stmt, at, integer_at(data + 1, 8)) == SQLITE_OK
                   ? NULL
                   : "it cannot be bound";
    case SQLITE_FLOAT:
        if (decoder->affinity == MIG__AFFINITY_TEXT)
            return "SQLite would convert this real number to a text";
        return bind_float(decoder, integer_at(data + 1, 8), stmt, at);
    case SQLITE_TEXT:
        return bind_text(decoder, (const char *)data + 1, n - 1, stmt, at);
    case SQLITE_BLOB:
        return sqlite3_bind_blob64(stmt, at, data + 1, n - 1, SQLITE_STATIC) == SQLITE_OK
                   ? NULL
                   : "the blob is too long";
    default:
        return "its storage class is unknown";
    }
}

const char *
mig__decode(const mig__decoder *decoder, const unsigned char *data, int32_t len, sqlite3_stmt *stmt,
            int at)
{
    const char *text = (const char *)data;
    size_t      fixed = mig_wire_fixed_len(decoder->wire);
    size_t      n = (size_t)len;

    if (len < 0)
        return sqlite3_bind_null(stmt, at) == SQLITE_OK ? NULL : "it cannot be bound";
    if (fixed > 0 && n != fixed)
        return "its field has the wrong length";
    switch (decoder->wire) {
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
        return bind_dynamic(decoder, data, n, stmt, at);
    case MIG_WIRE_BOOL:
    case MIG_WIRE_INT4:
    case MIG_WIRE_INT8:
        return sqlite3_bind_int64(stmt, at, integer_at(data, n)) == SQLITE_OK
                   ? NULL
                   : "it cannot be bound";
    case MIG_WIRE_FLOAT8:
        return bind_float(decoder, integer_at(data, n), stmt, at);
    case MIG_WIRE_TEXT:
    case MIG_WIRE_JSON:
        return bind_text(decoder, text, n, stmt, at);
    case MIG_WIRE_JSONB:
        if (n == 0 || data[0] != 1)
            return "its jsonb has an unknown version";
        return bind_text(decoder, text + 1, n - 1, stmt, at);
    case MIG_WIRE_BYTEA:
        return sqlite3_bind_blob64(stmt, at, data, n, SQLITE_STATIC) == SQLITE_OK
                   ? NULL
                   : "the blob is too long";
    case MIG_WIRE_UUID:
        return bind_uuid(decoder, data, stmt, at);
    case MIG_WIRE_TIMESTAMP:
        return bind_time(integer_at(data, n), false, stmt, at);
    case MIG_WIRE_TIMESTAMPTZ:
        return bind_time(integer_at(data, n), true, stmt, at);
    }
    return "its type has no codec";
}
