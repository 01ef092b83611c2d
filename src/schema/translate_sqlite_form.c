/*
 * translate_sqlite_form.c - a literal in the form in which a column of SQLite
 * has such values.
 *
 * The forms are those that the copy gives to values (docs/types.md, "PostgreSQL
 * to SQLite"): they hang on the declared type and its affinity.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/codec.h"
#include "mig/temporal.h"
#include "translating_sqlite.h"

/* ---- which form ------------------------------------------------------------------------- */

static bool
has(const char *type, const char *word)
{
    size_t n = strlen(word);

    for (; *type != '\0'; type++) {
        size_t i = 0;

        while (i < n && (type[i] & ~0x20) == word[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

bool
mig__sqlite_counts(const mig_translated_column *column)
{
    return column->affinity == MIG_AFFINITY_INTEGER || column->affinity == MIG_AFFINITY_REAL ||
           (column->affinity == MIG_AFFINITY_NUMERIC && column->unit != MIG_UNIT_NONE);
}

bool
mig__sqlite_blank(const mig_translated_column *column)
{
    return strncmp(column->type, "datetime_", 9) != 0 && has(column->type, "DATETIME");
}

bool
mig__sqlite_uuid_hex(const mig_translated_column *column)
{
    return mig__same_word(column->type, "char(32)") || mig__same_word(column->type, "varchar(32)");
}

bool
mig__sqlite_uuid_blob(const mig_translated_column *column)
{
    return !mig__sqlite_uuid_hex(column) &&
           (column->type[0] == '\0' || has(column->type, "BLOB") || has(column->type, "BINARY") ||
            mig__same_word(column->type, "uuid_text"));
}

bool
mig__sqlite_same_form(const mig_translated_column *a, const mig_translated_column *b)
{
    bool texts = a->wire == MIG_WIRE_TEXT && b->wire == MIG_WIRE_TEXT;

    if (texts ||
        (mig__is_number_kind(mig__kind_of(a->wire)) && mig__is_number_kind(mig__kind_of(b->wire))))
        return a->affinity == b->affinity || a->affinity != MIG_AFFINITY_TEXT;
    return a->wire == b->wire && a->affinity == b->affinity && a->unit == b->unit &&
           mig__sqlite_blank(a) == mig__sqlite_blank(b) &&
           mig__sqlite_uuid_blob(a) == mig__sqlite_uuid_blob(b) &&
           mig__sqlite_uuid_hex(a) == mig__sqlite_uuid_hex(b);
}

/* ---- the literal in it ------------------------------------------------------------------ */

static bool
text_form(mig__translating *tr, const mig_translated_column *column, const mig__piece *literal,
          mig__piece *out)
{
    if ((column->affinity != MIG_AFFINITY_TEXT && column->affinity != MIG_AFFINITY_BLOB) &&
        mig_is_number(literal->value, strlen(literal->value)))
        return mig__refuse(tr, "%s, of which the column makes a number", literal->text);
    if (column->wire == MIG_WIRE_MONEY)
        return mig__refuse(tr, "an amount of money, written as the server's locale has it");
    *out = mig__text_literal(tr, literal->value);
    return true;
}

/* The digits of a numeric as the copy writes them: all that its scale has. */
static bool
digits_form(mig__translating *tr, const mig_translated_column *column, const mig__piece *literal,
            mig__piece *out)
{
    const char *comma = strchr(column->type, ',');
    const char *point = strchr(literal->value, '.');
    const long  have = point != NULL ? (long)strlen(point + 1) : 0;
    long        scale = comma != NULL ? strtol(comma + 1, NULL, 10) : 0;

    if (strpbrk(literal->value, "eE") != NULL)
        return mig__refuse(tr, "the number %s", literal->value);
    if (strchr(column->type, '(') == NULL)
        scale = have;
    if (scale < have)
        return mig__refuse(tr, "%s does not fit %s", literal->value, column->type);
    *out = mig__text_literal(tr, mig__say(tr, "%s%s%.*s", literal->value,
                                          have == 0 && scale > 0 ? "." : "", (int)(scale - have),
                                          "00000000000000000000000000000000"));
    return scale - have <= 32 || mig__refuse(tr, "the number %s", literal->value);
}

static bool
number_form(mig__translating *tr, const mig_translated_column *column, const mig__piece *literal,
            mig__piece *out)
{
    int64_t value;

    if (column->affinity == MIG_AFFINITY_TEXT && column->wire == MIG_WIRE_NUMERIC)
        return digits_form(tr, column, literal, out);
    if (column->affinity == MIG_AFFINITY_TEXT) {
        if (mig__kind_of(column->wire) != MIG_KIND_INTEGER ||
            !mig__is_integer(literal->value, &value))
            return mig__refuse(tr, "a number that is a text in SQLite");
        *out = mig__text_literal(tr, literal->value);
        return true;
    }
    *out = *literal;
    return true;
}

static bool
uuid_form(mig__translating *tr, const mig_translated_column *column, const mig__piece *literal,
          mig__piece *out)
{
    unsigned char bytes[16];
    char          digits[33];
    size_t        n = 0;

    if (!mig_uuid_parse(literal->value, strlen(literal->value), bytes))
        return mig__refuse(tr, "the uuid %s", literal->value);
    for (const char *c = literal->value; *c != '\0' && n < 32; c++)
        if (*c != '-')
            digits[n++] = *c;
    digits[n] = '\0';
    if (mig__sqlite_uuid_blob(column))
        *out = mig__tight_piece(MIG_KIND_UUID, mig__say(tr, "x'%s'", digits));
    else
        *out = mig__tight_piece(
            MIG_KIND_UUID,
            mig__say(tr, "'%s'", mig__sqlite_uuid_hex(column) ? digits : literal->value));
    return true;
}

static bool
counted_form(mig__translating *tr, const mig_translated_column *column, int64_t us, mig__piece *out)
{
    mig_unit unit = column->unit == MIG_UNIT_NONE ? MIG_UNIT_S : column->unit;
    int64_t  value;

    if (column->affinity == MIG_AFFINITY_REAL ||
        mig_timestamp_to_int(us, unit, &value) != MIG_TEMPORAL_OK)
        return mig__refuse(tr, "a time as a number that is none");
    *out = mig__tight_piece(mig__kind_of(column->wire), mig__say(tr, "%lld", (long long)value));
    if (value < 0)
        out->hold = MIG_HOLD_SIGNED;
    return true;
}

static bool
moment_form(mig__translating *tr, const mig_translated_column *column, const mig__piece *literal,
            mig__piece *out)
{
    char          text[MIG_TIMESTAMP_MAX];
    mig_timestamp ts;
    unsigned      style = column->wire == MIG_WIRE_TIMESTAMPTZ ? MIG_TIME_RFC3339 : 0;

    if (mig_timestamp_parse(literal->value, strlen(literal->value), &ts) != MIG_TEMPORAL_OK ||
        (column->wire == MIG_WIRE_TIMESTAMPTZ && !ts.has_zone))
        return mig__refuse(tr, "the time %s", literal->value);
    if (mig__sqlite_counts(column))
        return counted_form(tr, column, ts.us, out);
    mig_timestamp_format(ts.us, mig__sqlite_blank(column) ? MIG_TIME_SIX : style, text);
    *out = mig__tight_piece(literal->kind, mig__say(tr, "'%s'", text));
    return true;
}

static bool
date_form(mig__translating *tr, const mig_translated_column *column, const mig__piece *literal,
          mig__piece *out)
{
    char    text[MIG_DATE_TEXT_MAX];
    int32_t days;

    if (mig_date_parse(literal->value, strlen(literal->value), &days) != MIG_TEMPORAL_OK ||
        days == MIG_DATE_INFINITY || days == MIG_DATE_NEG_INFINITY)
        return mig__refuse(tr, "the date %s", literal->value);
    if (mig__sqlite_counts(column))
        return counted_form(tr, column, days * MIG_US_PER_DAY, out);
    mig_date_format(days, text);
    *out = mig__tight_piece(MIG_KIND_DATE, mig__say(tr, "'%s'", text));
    return true;
}

static bool
time_form(mig__translating *tr, const mig_translated_column *column, const mig__piece *literal,
          mig__piece *out)
{
    char    text[MIG_TIMEOFDAY_MAX];
    int64_t us;
    bool    cut;

    if (mig__sqlite_counts(column) ||
        mig_timeofday_parse(literal->value, strlen(literal->value), &us, &cut) != MIG_TEMPORAL_OK)
        return mig__refuse(tr, "the time %s", literal->value);
    mig_timeofday_format(us, mig__sqlite_blank(column) ? MIG_TIME_SIX : 0, text);
    *out = mig__tight_piece(MIG_KIND_TIME, mig__say(tr, "'%s'", text));
    return true;
}

bool
mig__sqlite_form(mig__translating *tr, const mig_translated_column *column,
                 const mig__piece *literal, mig__piece *out)
{
    mig__kind kind = mig__kind_of(column->wire);

    if (mig__is_number_kind(kind) && mig__is_number_kind(literal->kind))
        return number_form(tr, column, literal, out);
    if (kind != literal->kind && (kind != MIG_KIND_OTHER || literal->kind != MIG_KIND_TEXT))
        return mig__refuse(tr, "%s as %s", mig__kind_words(literal->kind), mig__kind_words(kind));
    switch (kind) {
    case MIG_KIND_BOOLEAN:
        *out = *literal;
        if (column->affinity == MIG_AFFINITY_TEXT)
            *out = mig__text_literal(tr, literal->value[0] == '1' ? "true" : "false");
        out->kind = MIG_KIND_BOOLEAN;
        return true;
    case MIG_KIND_TEXT:
    case MIG_KIND_JSON:
    case MIG_KIND_JSONB:
    case MIG_KIND_OTHER:
        return text_form(tr, column, literal, out);
    case MIG_KIND_BLOB:
        *out = *literal;
        return true;
    case MIG_KIND_UUID:
        return uuid_form(tr, column, literal, out);
    case MIG_KIND_DATE:
        return date_form(tr, column, literal, out);
    case MIG_KIND_TIME:
        return time_form(tr, column, literal, out);
    case MIG_KIND_TIMESTAMP:
    case MIG_KIND_TIMESTAMPTZ:
        return moment_form(tr, column, literal, out);
    case MIG_KIND_NULL:
    case MIG_KIND_INTEGER:
    case MIG_KIND_REAL:
    case MIG_KIND_NUMERIC:
        break;
    }
    return mig__refuse(tr, "%s", mig__kind_words(literal->kind));
}
