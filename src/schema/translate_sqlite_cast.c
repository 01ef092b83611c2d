/*
 * translate_sqlite_cast.c - PostgreSQL's casts in SQLite.
 *
 * The server writes every constant with its type: 'a'::text, '-1'::integer,
 * '2020-01-01'::date.  Such a literal is kept with its kind and its text, which
 * is what the type's output wrote.  Of expressions only those casts are taken
 * that change nothing, or that SQLite's CAST does alike.
 *
 * Source: PostgreSQL manual, "Type Conversion".
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "translating_sqlite.h"

static const struct {
    const char *name;
    mig__kind   kind;
} types[] = {
    {"boolean", MIG_KIND_BOOLEAN},
    {"smallint", MIG_KIND_INTEGER},
    {"integer", MIG_KIND_INTEGER},
    {"bigint", MIG_KIND_INTEGER},
    {"real", MIG_KIND_REAL},
    {"double precision", MIG_KIND_REAL},
    {"numeric", MIG_KIND_NUMERIC},
    {"text", MIG_KIND_TEXT},
    {"character varying", MIG_KIND_TEXT},
    {"character", MIG_KIND_TEXT},
    {"bpchar", MIG_KIND_TEXT},
    {"citext", MIG_KIND_TEXT},
    {"bytea", MIG_KIND_BLOB},
    {"uuid", MIG_KIND_UUID},
    {"date", MIG_KIND_DATE},
    {"time without time zone", MIG_KIND_TIME},
    {"timestamp without time zone", MIG_KIND_TIMESTAMP},
    {"timestamp with time zone", MIG_KIND_TIMESTAMPTZ},
    {"json", MIG_KIND_JSON},
    {"jsonb", MIG_KIND_JSONB},
    {"interval", MIG_KIND_OTHER},
    {"inet", MIG_KIND_OTHER},
    {"cidr", MIG_KIND_OTHER},
    {"macaddr", MIG_KIND_OTHER},
    {"macaddr8", MIG_KIND_OTHER},
    {"bit", MIG_KIND_OTHER},
    {"bit varying", MIG_KIND_OTHER},
    {"money", MIG_KIND_OTHER},
    {"xml", MIG_KIND_OTHER},
    {"time with time zone", MIG_KIND_OTHER},
    {"tsvector", MIG_KIND_OTHER},
    {"regclass", MIG_KIND_OTHER},
};

/* The type's name without its modifier; what is no type of the server's may be an enum, whose
 * values are texts here. */
static mig__kind
kind_of(const char *type, bool *modifiedp)
{
    size_t      before = strcspn(type, "("), n = strlen(type);
    const char *close = strchr(type, ')'), *behind = close != NULL ? close + 1 : type + n;

    *modifiedp = type[before] != '\0';
    if (n > 2 && strcmp(type + n - 2, "[]") == 0)
        return MIG_KIND_OTHER;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strncmp(types[i].name, type, before) == 0 &&
            strcmp(types[i].name + before, behind) == 0)
            return types[i].kind;
    return MIG_KIND_TEXT;
}

/* ---- literals --------------------------------------------------------------------------- */

static bool
number_literal(mig__translating *tr, mig__kind kind, mig__piece *out)
{
    const char *digits = out->value + (out->value[0] == '-');
    char       *end;
    int64_t     value;

    if (!isdigit((unsigned char)digits[0]) || strpbrk(digits, "xX") != NULL || strlen(digits) > 19)
        return mig__refuse(tr, "the number %s", out->value);
    (void)strtod(digits, &end);
    if (*end != '\0' || (strlen(digits) > 16 && !mig__is_integer(out->value, &value)))
        return mig__refuse(tr, "the number %s, which SQLite would round", out->value);
    *out = (mig__piece){.kind = kind,
                        .text = out->value,
                        .value = out->value,
                        .literal = true,
                        .not_null = true,
                        .hold = out->value[0] == '-' ? MIG_HOLD_SIGNED : MIG_HOLD_TIGHT};
    return true;
}

static bool
string_literal(mig__translating *tr, const char *type, mig__kind kind, mig__piece *out)
{
    size_t n = strlen(out->value);

    out->kind = kind;
    if (mig__is_number_kind(kind))
        return number_literal(tr, kind, out);
    if (kind == MIG_KIND_BOOLEAN)
        out->text = out->value = out->value[0] == 't' ? "1" : "0";
    if (kind == MIG_KIND_BLOB) {
        if (strncmp(out->value, "\\x", 2) != 0)
            return mig__refuse(tr, "the bytes %s", out->value);
        out->value += 2;
        out->text = mig__say(tr, "x'%s'", out->value);
    }
    /* Blanks at the end are none of char(n)'s. */
    if (strncmp(type, "character(", 10) == 0 || strcmp(type, "bpchar") == 0) {
        while (n > 0 && out->value[n - 1] == ' ')
            n--;
        *out = mig__text_literal(tr, mig__say(tr, "%.*s", (int)n, out->value));
    }
    return true;
}

/* ---- expressions ------------------------------------------------------------------------ */

static bool
to_text(mig__translating *tr, mig__piece *out)
{
    const mig_translated_column *column = out->column;

    switch (out->kind) {
    case MIG_KIND_INTEGER:
        *out = mig__tight_piece(MIG_KIND_TEXT, mig__say(tr, "CAST(%s AS TEXT)", out->text));
        return true;
    case MIG_KIND_BOOLEAN:
        if (column != NULL && column->affinity == MIG_AFFINITY_TEXT)
            break;
        *out = mig__tight_piece(MIG_KIND_TEXT, mig__say(tr,
                                                        "CASE %s WHEN 1 THEN 'true' WHEN 0 "
                                                        "THEN 'false' END",
                                                        mig__operand(tr, out)));
        return true;
    case MIG_KIND_UUID:
        if (column == NULL || mig__sqlite_uuid_blob(column) || mig__sqlite_uuid_hex(column))
            break;
        *out = mig__tight_piece(MIG_KIND_TEXT, out->text);
        return true;
    case MIG_KIND_JSON:
    case MIG_KIND_JSONB:
        if (column == NULL || column->affinity != MIG_AFFINITY_TEXT)
            break;
        *out = mig__tight_piece(MIG_KIND_TEXT, out->text);
        return true;
    case MIG_KIND_DATE:
        if (column == NULL || mig__sqlite_counts(column))
            break;
        *out = mig__tight_piece(MIG_KIND_TEXT, out->text);
        return true;
    case MIG_KIND_NULL:
    case MIG_KIND_REAL:
    case MIG_KIND_NUMERIC:
    case MIG_KIND_TEXT:
    case MIG_KIND_BLOB:
    case MIG_KIND_TIME:
    case MIG_KIND_TIMESTAMP:
    case MIG_KIND_TIMESTAMPTZ:
    case MIG_KIND_OTHER:
        break;
    }
    return mig__refuse(tr, "%s as a text", mig__kind_words(out->kind));
}

static bool
convert(mig__translating *tr, mig__kind kind, mig__piece *out)
{
    bool as_text = out->column != NULL && out->column->affinity == MIG_AFFINITY_TEXT &&
                   (mig__is_number_kind(out->kind) || out->kind == MIG_KIND_BOOLEAN);

    if (kind == MIG_KIND_TEXT)
        return to_text(tr, out);
    if (as_text)
        return mig__refuse(tr, "%s that is a text in SQLite", mig__kind_words(out->kind));
    if (out->kind == MIG_KIND_BOOLEAN && kind == MIG_KIND_INTEGER) {
        out->kind = MIG_KIND_INTEGER;
        return true;
    }
    if (out->kind == MIG_KIND_INTEGER && kind == MIG_KIND_BOOLEAN) {
        *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s <> 0", mig__side(tr, out)));
        return true;
    }
    if (mig__is_number_kind(out->kind) && kind == MIG_KIND_REAL) {
        if (!out->literal)
            *out = mig__tight_piece(MIG_KIND_REAL, mig__say(tr, "CAST(%s AS REAL)", out->text));
        out->kind = MIG_KIND_REAL;
        return true;
    }
    if (out->kind == MIG_KIND_INTEGER && kind == MIG_KIND_NUMERIC) {
        out->kind = MIG_KIND_NUMERIC;
        return true;
    }
    if (out->kind == MIG_KIND_TIMESTAMP && kind == MIG_KIND_DATE && out->column != NULL &&
        !mig__sqlite_counts(out->column)) {
        *out = mig__tight_piece(MIG_KIND_DATE, mig__say(tr, "date(%s)", out->text));
        return true;
    }
    return mig__refuse(tr, "a cast of %s to %s", mig__kind_words(out->kind), mig__kind_words(kind));
}

bool
mig__sqlite_cast(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    bool      modified;
    mig__kind kind = kind_of(node->text, &modified);

    if (!mig__sqlite_value(tr, node->args[0], out))
        return false;
    if (out->kind == MIG_KIND_NULL)
        return true;
    if (out->literal && out->kind == MIG_KIND_TEXT && node->args[0]->kind == MIG_NODE_STRING)
        return string_literal(tr, node->text, kind, out);
    if (modified && (kind != out->kind || kind != MIG_KIND_TEXT || !out->literal))
        return mig__refuse(tr, "a cast to %s, which cuts or rounds", node->text);
    if (kind == out->kind)
        return kind != MIG_KIND_OTHER || mig__refuse(tr, "a cast to %s", node->text);
    return convert(tr, kind, out);
}
