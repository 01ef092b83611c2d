/*
 * translate_pg_value.c - a piece as a value of a column of PostgreSQL.
 *
 * What SQLite would store, by the affinity of its column, must be what is
 * stored here: docs/types.md says what each storage class becomes in each type.
 * Literals are converted here, to their last digit; of an expression only its
 * type is known.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/codec.h"
#include "mig/temporal.h"
#include "translating.h"

static bool
unfit(mig__translating *tr, const mig__piece *piece)
{
    if (piece->literal)
        return mig__refuse(tr, "%s %s as %s", mig__kind_words(piece->kind), piece->text,
                           mig_wire_name(tr->of->wire));
    return mig__refuse(tr, "%s as %s", mig__kind_words(piece->kind), mig_wire_name(tr->of->wire));
}

/* The nth number in parentheses behind a type's name; -1 if there is none. */
static long
modifier(const char *type, unsigned nth)
{
    const char *at = type != NULL ? strchr(type, '(') : NULL;

    for (unsigned i = 0; i < nth && at != NULL; i++)
        at = strchr(at + 1, ',');
    return at != NULL ? strtol(at + 1, NULL, 10) : -1;
}

static size_t
characters(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* ---- numbers ---------------------------------------------------------------------------- */

static mig__piece
made(mig__translating *tr, mig__kind kind, const char *value)
{
    mig__piece piece = mig__tight_piece(kind, value);

    (void)tr;
    if (value[0] == '-')
        piece.hold = MIG_HOLD_SIGNED;
    return piece;
}

/* A literal that is a whole number in any spelling: 7, '7', 7.0, 1e3. */
static bool
whole(const mig__piece *piece, int64_t *valuep)
{
    double real;
    char  *end;

    if (!piece->literal)
        return false;
    if (mig__is_integer(piece->value, valuep))
        return piece->kind == MIG_KIND_INTEGER || piece->kind == MIG_KIND_TEXT;
    if (piece->kind != MIG_KIND_REAL)
        return false;
    real = strtod(piece->value, &end);
    if (*end != '\0' || real < -9007199254740992.0 || real > 9007199254740992.0 ||
        real != (double)(int64_t)real)
        return false;
    *valuep = (int64_t)real;
    return true;
}

static bool
in_range(mig_wire_type wire, int64_t value)
{
    if (wire == MIG_WIRE_INT2)
        return value >= INT16_MIN && value <= INT16_MAX;
    return wire != MIG_WIRE_INT4 || (value >= INT32_MIN && value <= INT32_MAX);
}

static bool
store_integer(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    int64_t value;

    if (whole(piece, &value)) {
        if (!in_range(tr->of->wire, value))
            return mig__refuse(tr, "%s is out of range for %s", piece->value,
                               mig_wire_name(tr->of->wire));
        *out = made(tr, MIG_KIND_INTEGER, mig__say(tr, "%lld", (long long)value));
        return true;
    }
    *out = mig__pg_plain(tr, piece);
    if (out->digits != NULL)
        *out = mig__tight_piece(MIG_KIND_INTEGER, out->digits);
    return out->kind == MIG_KIND_INTEGER || unfit(tr, piece);
}

/* A decimal as SQLite reads one, without blanks. */
static bool
is_decimal(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+');
    char       *end;

    if (!isdigit((unsigned char)*at) && *at != '.')
        return false;
    if (strpbrk(at, "xXpP") != NULL)
        return false;
    (void)strtod(at, &end);
    return *end == '\0';
}

static bool
store_real(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    bool text = piece->literal && piece->kind == MIG_KIND_TEXT &&
                tr->of->affinity != MIG_AFFINITY_TEXT && is_decimal(piece->value);

    if (text || (piece->literal && mig__is_number_kind(piece->kind))) {
        *out = made(tr, MIG_KIND_REAL, piece->value);
        return true;
    }
    *out = mig__pg_plain(tr, piece);
    if (out->kind == MIG_KIND_REAL && tr->of->wire == MIG_WIRE_FLOAT4)
        return mig__refuse(tr, "a number that single precision would round");
    return out->kind == MIG_KIND_REAL || out->kind == MIG_KIND_INTEGER || unfit(tr, piece);
}

/* Digits behind the point that are not 0, without an exponent; -1: it has one. */
static long
scale_of(const char *number)
{
    const char *point = strchr(number, '.');
    size_t      n;

    if (strpbrk(number, "eE") != NULL)
        return -1;
    if (point == NULL)
        return 0;
    n = strlen(point + 1);
    while (n > 0 && point[n] == '0')
        n--;
    return (long)n;
}

static bool
store_numeric(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    long precision = modifier(tr->of->type, 0), scale = modifier(tr->of->type, 1);
    bool number = piece->literal && (mig__is_number_kind(piece->kind) ||
                                     (piece->kind == MIG_KIND_TEXT && is_decimal(piece->value)));

    if (number) {
        long        digits = scale_of(piece->value);
        const char *first = piece->value + (piece->value[0] == '-');

        if (digits < 0 ||
            (precision >= 0 && (digits > (scale > 0 ? scale : 0) ||
                                (long)strcspn(first, ".") > precision - (scale > 0 ? scale : 0))))
            return mig__refuse(tr, "%s does not fit %s", piece->value, tr->of->type);
        *out = made(tr, MIG_KIND_NUMERIC, piece->value);
        return true;
    }
    *out = mig__pg_plain(tr, piece);
    return out->kind == MIG_KIND_INTEGER || (out->kind == MIG_KIND_NUMERIC && precision < 0) ||
           unfit(tr, piece);
}

static bool
store_boolean(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    static const char *const words[] = {"false", "true", "f",   "t",  "no", "yes",
                                        "n",     "y",    "off", "on", "0",  "1"};
    int64_t                  value;

    if (piece->literal && piece->kind == MIG_KIND_TEXT)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (mig__same_word(piece->value, words[i])) {
                *out = mig__tight_piece(MIG_KIND_BOOLEAN, i % 2 == 1 ? "true" : "false");
                return true;
            }
    if (whole(piece, &value) && piece->kind != MIG_KIND_TEXT) {
        if (value != 0 && value != 1)
            mig__note(tr, "a number other than 0 and 1 is true");
        *out = mig__tight_piece(MIG_KIND_BOOLEAN, value != 0 ? "true" : "false");
        return true;
    }
    if (piece->kind == MIG_KIND_BOOLEAN || piece->kind == MIG_KIND_INTEGER)
        return mig__pg_truth(tr, piece, out);
    return unfit(tr, piece);
}

/* ---- texts ------------------------------------------------------------------------------ */

/* The text of a real number as SQLite writes it, for those without an exponent. */
static const char *
real_text(mig__translating *tr, const char *number)
{
    char text[40];

    snprintf(text, sizeof text, "%.15g", strtod(number, NULL));
    if (strpbrk(text, "en") != NULL)
        return NULL;
    return mig__say(tr, strchr(text, '.') != NULL ? "%s" : "%s.0", text);
}

static bool
store_text(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    long length = modifier(tr->of->type, 0);

    *out = *piece;
    if (piece->literal && piece->kind == MIG_KIND_REAL) {
        const char *text = real_text(tr, piece->value);

        if (text == NULL)
            return unfit(tr, piece);
        *out = mig__text_literal(tr, text);
    } else if (!mig__pg_text(tr, piece, out)) {
        return false;
    }
    if (out->literal && length >= 0 && characters(out->value) > (size_t)length)
        return mig__refuse(tr, "%s is longer than %s", out->text, tr->of->type);
    if (out->literal && tr->of->wire == MIG_WIRE_BPCHAR && out->value[0] != '\0' &&
        out->value[strlen(out->value) - 1] == ' ')
        return mig__refuse(tr, "blanks at the end, which %s does not keep", tr->of->type);
    return true;
}

static bool
store_json(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    mig_json_scratch scratch = MIG_JSON_SCRATCH_INIT;
    mig_json_fault   fault;
    mig_json_kind    kind = tr->of->wire == MIG_WIRE_JSONB ? MIG_JSON_BINARY : MIG_JSON_TEXT;
    mig_json_verdict verdict;

    if (!piece->literal || piece->kind == MIG_KIND_BLOB)
        return unfit(tr, piece);
    verdict = mig_json_check(piece->value, strlen(piece->value), kind, &scratch, &fault);
    mig_json_scratch_fini(&scratch);
    if (verdict != MIG_JSON_OK)
        return mig__refuse(tr, "%s is no json that the column takes", piece->text);
    *out = mig__tight_piece(
        mig__kind_of(tr->of->wire),
        mig__say(tr, "%s::%s", mig__literal(tr, piece->value), mig_wire_name(tr->of->wire)));
    return true;
}

static bool
store_uuid(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    char          text[37], digits[33];
    unsigned char bytes[16];
    const char   *value = piece->literal ? piece->value : "";

    *out = *piece;
    if (piece->kind == MIG_KIND_UUID)
        return true;
    /* 32 digits: with the hyphens that a uuid has. */
    if (strlen(value) == 32 && strspn(value, "0123456789abcdefABCDEF") == 32) {
        memcpy(digits, value, 33);
        snprintf(text, sizeof text, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
                 digits + 16, digits + 20);
        value = text;
    }
    if (piece->kind == MIG_KIND_INTEGER || piece->kind == MIG_KIND_REAL ||
        !mig_uuid_parse(value, strlen(value), bytes))
        return unfit(tr, piece);
    *out = mig__tight_piece(MIG_KIND_UUID, mig__say(tr, "%s::uuid", mig__literal(tr, value)));
    return true;
}

/* ---- times ------------------------------------------------------------------------------ */

static bool
store_timestamp(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    char          text[MIG_TIMESTAMP_MAX];
    bool          zoned = tr->of->wire == MIG_WIRE_TIMESTAMPTZ;
    mig_timestamp ts = {0};

    if (piece->kind == MIG_KIND_TEXT) {
        if (mig_timestamp_parse(piece->value, strlen(piece->value), &ts) != MIG_TEMPORAL_OK ||
            ts.truncated)
            return unfit(tr, piece);
        if (zoned && !ts.has_zone)
            mig__note(tr, "a time without zone is one of UTC");
    } else {
        int64_t  value;
        mig_unit unit = tr->of->unit == MIG_UNIT_NONE ? MIG_UNIT_S : tr->of->unit;

        if (!mig__is_integer(piece->value, &value) ||
            mig_timestamp_from_int(value, unit, &ts.us, &ts.truncated) != MIG_TEMPORAL_OK ||
            ts.truncated)
            return unfit(tr, piece);
    }
    if (mig_timestamp_format(ts.us, zoned ? MIG_TIME_OFFSET : 0, text) == 0)
        return unfit(tr, piece);
    *out = mig__tight_piece(mig__kind_of(tr->of->wire),
                            mig__say(tr, "'%s'::%s", text, mig_wire_name(tr->of->wire)));
    return true;
}

/* A number that an expression gives, in the column's unit. */
static bool
store_count(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    static const char *const divisors[] = {
        [MIG_UNIT_NONE] = "1",     [MIG_UNIT_S] = "1",           [MIG_UNIT_MS] = "1000",
        [MIG_UNIT_US] = "1000000", [MIG_UNIT_NS] = "1000000000", [MIG_UNIT_JULIAN] = NULL,
    };
    const char *divisor = divisors[tr->of->unit];

    if (divisor == NULL || tr->use != MIG_TRANSLATE_DEFAULT ||
        (piece->kind != MIG_KIND_INTEGER && piece->digits == NULL))
        return unfit(tr, piece);
    *out = mig__tight_piece(MIG_KIND_TIMESTAMPTZ,
                            mig__say(tr, "to_timestamp((%s)::double precision / %s)",
                                     piece->digits != NULL ? piece->digits : piece->text, divisor));
    if (tr->of->wire == MIG_WIRE_TIMESTAMP)
        out->text = mig__say(tr, "(%s AT TIME ZONE 'UTC')", out->text);
    return true;
}

static bool
store_time(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    int32_t days;
    int64_t us;
    bool    cut;
    size_t  len = piece->literal ? strlen(piece->value) : 0;

    *out = *piece;
    if (piece->kind == mig__kind_of(tr->of->wire))
        return true;
    if (!piece->literal && tr->of->wire != MIG_WIRE_DATE && tr->of->wire != MIG_WIRE_TIME)
        return store_count(tr, piece, out);
    if (!piece->literal || piece->kind == MIG_KIND_BLOB)
        return unfit(tr, piece);
    if (tr->of->wire != MIG_WIRE_DATE && tr->of->wire != MIG_WIRE_TIME)
        return store_timestamp(tr, piece, out);
    if (piece->kind != MIG_KIND_TEXT ||
        (tr->of->wire == MIG_WIRE_DATE
             ? mig_date_parse(piece->value, len, &days) != MIG_TEMPORAL_OK || len != 10
             : mig_timeofday_parse(piece->value, len, &us, &cut) != MIG_TEMPORAL_OK || cut))
        return unfit(tr, piece);
    *out = mig__tight_piece(mig__kind_of(tr->of->wire),
                            mig__say(tr, "%s::%s", piece->text, mig_wire_name(tr->of->wire)));
    return true;
}

/* ---- the others ------------------------------------------------------------------------- */

/* Whether the copy takes the text as a value of the type. */
static bool
is_value_of(mig_wire_type wire, const char *text)
{
    mig_buf           scratch = MIG_BUF_INIT;
    mig_json_scratch  json = MIG_JSON_SCRATCH_INIT;
    const mig_value   value = {.class = MIG_VALUE_TEXT, .data = text, .len = strlen(text)};
    const mig_encoder encoder = {
        .wire = wire, .limits = MIG_LIMITS_NONE, .json = &json, .text = &scratch};
    unsigned char field[512];
    mig_rows      rows = {.data = field, .cap = sizeof field};
    size_t        need = mig_encode_need(&encoder, &value);
    mig_fault     fault = {0};
    bool          takes = need < sizeof field / 2 &&
                 mig_encode(&encoder, &value, &rows, &need, &fault) == MIG_FAULT_NONE;

    mig_buf_fini(&scratch);
    mig_json_scratch_fini(&json);
    return takes;
}

/* Intervals, addresses; of arrays the empty one, since the server alone knows the others. */
static bool
store_other(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    const mig_wire_type wire = tr->of->wire;
    const bool          known = wire == MIG_WIRE_INTERVAL || wire == MIG_WIRE_INET ||
                       wire == MIG_WIRE_CIDR || wire == MIG_WIRE_MACADDR ||
                       wire == MIG_WIRE_MACADDR8;

    if (!piece->literal || piece->kind != MIG_KIND_TEXT)
        return unfit(tr, piece);
    *out = mig__text_literal(tr, piece->value);
    if (wire == MIG_WIRE_LITERAL)
        return (strstr(tr->of->type, "[]") != NULL && strcmp(piece->value, "{}") == 0) ||
               unfit(tr, piece);
    return (known && is_value_of(wire, piece->value)) || unfit(tr, piece);
}

/* ---- any column ------------------------------------------------------------------------- */

bool
mig__pg_store(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    *out = *piece;
    if (tr->of == NULL || piece->kind == MIG_KIND_NULL)
        return true;
    switch (mig__kind_of(tr->of->wire)) {
    case MIG_KIND_BOOLEAN:
        return store_boolean(tr, piece, out);
    case MIG_KIND_INTEGER:
        return store_integer(tr, piece, out);
    case MIG_KIND_REAL:
        return store_real(tr, piece, out);
    case MIG_KIND_NUMERIC:
        return store_numeric(tr, piece, out);
    case MIG_KIND_TEXT:
        return store_text(tr, piece, out);
    case MIG_KIND_BLOB:
        return piece->kind == MIG_KIND_BLOB || unfit(tr, piece);
    case MIG_KIND_DATE:
    case MIG_KIND_TIME:
    case MIG_KIND_TIMESTAMP:
    case MIG_KIND_TIMESTAMPTZ:
        return store_time(tr, piece, out);
    case MIG_KIND_JSON:
    case MIG_KIND_JSONB:
        return store_json(tr, piece, out);
    case MIG_KIND_UUID:
        return store_uuid(tr, piece, out);
    case MIG_KIND_OTHER:
        return store_other(tr, piece, out);
    case MIG_KIND_NULL:
        break;
    }
    return unfit(tr, piece);
}
