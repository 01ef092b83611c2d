/*
 * translate_sqlite_default.c - PostgreSQL's defaults in SQLite.
 *
 * A default gives what an application would read back: the present time and
 * fresh UUIDs in the form that the column has its other values in.
 *
 * Sources: PostgreSQL manual, "Current Date/Time", "UUID Functions"; SQLite,
 * "Date And Time Functions".
 */
#include <string.h>

#include "mig/convert.h"
#include "translating_sqlite.h"

/* ---- the present time ------------------------------------------------------------------- */

static bool
is_call(const mig__node *node, const char *name, size_t n_args)
{
    return node->kind == MIG_NODE_CALL && strcmp(node->text, name) == 0 && node->n_args == n_args;
}

/* now(), its likes, and them in UTC or cast to one of the types for times. */
static bool
is_now(const mig__node *node)
{
    static const char *const calls[] = {"now", "transaction_timestamp", "statement_timestamp",
                                        "clock_timestamp"};

    if (node->kind == MIG_NODE_CAST) {
        bool word =
            node->args[0]->kind == MIG_NODE_STRING && strcmp(node->args[0]->text, "now") == 0;
        bool time = strncmp(node->text, "timestamp", 9) == 0 || strcmp(node->text, "date") == 0 ||
                    strncmp(node->text, "time ", 5) == 0;

        return (word && strcmp(node->text, "text") == 0) ||
               (time && (word || is_now(node->args[0])));
    }
    if (node->kind == MIG_NODE_KEYWORD)
        return strncmp(node->text, "CURRENT_", 8) == 0 ? strcmp(node->text, "CURRENT_USER") != 0
                                                       : strncmp(node->text, "LOCAL", 5) == 0;
    if (is_call(node, "timezone", 2))
        return is_now(node->args[1]);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (is_call(node, calls[i], 0))
            return true;
    return false;
}

/* extract(epoch FROM now()), perhaps cast to an integer. */
static bool
is_epoch(const mig__node *node)
{
    const mig__node *field;

    while (node->kind == MIG_NODE_CAST || is_call(node, "floor", 1) || is_call(node, "trunc", 1))
        node = node->args[0];
    if (!is_call(node, "extract", 2) && !is_call(node, "date_part", 2))
        return false;
    field = node->args[0];
    while (field->kind == MIG_NODE_CAST)
        field = field->args[0];
    return field->kind == MIG_NODE_STRING && mig__same_word(field->text, "epoch") &&
           is_now(node->args[1]);
}

static const char *
counted_now(const mig_translated_column *of)
{
    static const char *const integers[] = {
        [MIG_UNIT_NONE] = "CAST(strftime('%s', 'now') AS INTEGER)",
        [MIG_UNIT_S] = "CAST(strftime('%s', 'now') AS INTEGER)",
        [MIG_UNIT_MS] = "CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)",
        [MIG_UNIT_US] = "CAST(strftime('%s', 'now') AS INTEGER) * 1000000",
        [MIG_UNIT_NS] = "CAST(strftime('%s', 'now') AS INTEGER) * 1000000000",
        [MIG_UNIT_JULIAN] = "julianday('now')",
    };

    if (of->affinity == MIG_AFFINITY_REAL && of->unit != MIG_UNIT_JULIAN)
        return of->unit == MIG_UNIT_S || of->unit == MIG_UNIT_NONE
                   ? "(julianday('now') - 2440587.5) * 86400.0"
                   : NULL;
    return integers[of->unit];
}

static bool
now_for(mig__translating *tr, mig__piece *out)
{
    const mig_translated_column *of = tr->of;
    const char                  *text = NULL;

    switch (mig__kind_of(of->wire)) {
    case MIG_KIND_TIMESTAMPTZ:
    case MIG_KIND_TIMESTAMP:
        if (mig__sqlite_counts(of))
            text = counted_now(of);
        else if (mig__sqlite_blank(of))
            text = "strftime('%Y-%m-%d %H:%M:%f000', 'now')";
        else
            text = of->wire == MIG_WIRE_TIMESTAMPTZ ? "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
                                                    : "strftime('%Y-%m-%d %H:%M:%f', 'now')";
        break;
    case MIG_KIND_DATE:
        text = mig__sqlite_counts(of) ? NULL : "date('now')";
        break;
    case MIG_KIND_TIME:
        text = "time('now')";
        break;
    case MIG_KIND_NULL:
    case MIG_KIND_BOOLEAN:
    case MIG_KIND_INTEGER:
    case MIG_KIND_REAL:
    case MIG_KIND_NUMERIC:
    case MIG_KIND_TEXT:
    case MIG_KIND_BLOB:
    case MIG_KIND_JSON:
    case MIG_KIND_JSONB:
    case MIG_KIND_UUID:
    case MIG_KIND_OTHER:
        break;
    }
    if (text == NULL)
        return mig__refuse(tr, "the present time in a column of another type");
    if (of->wire != MIG_WIRE_TIMESTAMPTZ)
        mig__note(tr, "the present time is that of UTC");
    *out = mig__tight_piece(mig__kind_of(of->wire), text);
    return true;
}

static bool
epoch_for(mig__translating *tr, mig__piece *out)
{
    mig__kind kind = mig__kind_of(tr->of->wire);

    if (kind == MIG_KIND_INTEGER && tr->of->affinity != MIG_AFFINITY_TEXT)
        *out = mig__tight_piece(kind, "CAST(strftime('%s', 'now') AS INTEGER)");
    else if (kind == MIG_KIND_REAL && tr->of->affinity != MIG_AFFINITY_TEXT)
        *out = mig__loose_piece(kind, "(julianday('now') - 2440587.5) * 86400.0");
    else
        return mig__refuse(tr, "the present time in a column of another type");
    return true;
}

/* ---- UUIDs ------------------------------------------------------------------------------ */

static bool
uuid_for(mig__translating *tr, mig__piece *out)
{
    mig__kind   kind = mig__kind_of(tr->of->wire);
    const char *hyphen = "-";

    if (kind != MIG_KIND_UUID && kind != MIG_KIND_TEXT)
        return mig__refuse(tr, "a uuid in a column of another type");
    if (kind == MIG_KIND_UUID && mig__sqlite_uuid_blob(tr->of)) {
        mig__note(tr, "new uuids are 16 random bytes, without the mark of version 4");
        *out = mig__tight_piece(kind, "randomblob(16)");
        return true;
    }
    if (kind == MIG_KIND_UUID && mig__sqlite_uuid_hex(tr->of))
        hyphen = "";
    *out = mig__tight_piece(kind, mig__say(tr,
                                           "lower(hex(randomblob(4)) || '%s' || "
                                           "hex(randomblob(2)) || '%s4' || "
                                           "substr(hex(randomblob(2)), 2) || '%s' || "
                                           "substr('89ab', (random() & 3) + 1, 1) || "
                                           "substr(hex(randomblob(2)), 2) || '%s' || "
                                           "hex(randomblob(6)))",
                                           hyphen, hyphen, hyphen, hyphen));
    return true;
}

/* ---- any default ------------------------------------------------------------------------ */

bool
mig__sqlite_store(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    const mig_translated_column *of = tr->of;
    mig__kind                    kind;

    *out = *piece;
    if (of == NULL || piece->kind == MIG_KIND_NULL)
        return true;
    if (piece->literal)
        return mig__sqlite_form(tr, of, piece, out);
    kind = mig__kind_of(of->wire);
    if (piece->column != NULL)
        return mig__sqlite_same_form(of, piece->column) ||
               mig__refuse(tr, "%s of two forms", mig__kind_words(piece->kind));
    if (kind == piece->kind || (kind == MIG_KIND_NUMERIC && piece->kind == MIG_KIND_INTEGER) ||
        (kind == MIG_KIND_REAL && mig__is_number_kind(piece->kind)))
        if ((kind == MIG_KIND_TEXT) == (of->affinity == MIG_AFFINITY_TEXT) &&
            !(mig__is_time_kind(kind) && mig__sqlite_counts(of)))
            return true;
    return mig__refuse(tr, "%s as %s", mig__kind_words(piece->kind), mig__kind_words(kind));
}

/* A constant of a type whose values are texts here as the server writes them. */
static bool
text_of_other(const mig__translating *tr, const mig__node *node, const char **textp)
{
    while (node->kind == MIG_NODE_CAST && node->args[0]->kind == MIG_NODE_CAST)
        node = node->args[0];
    if (node->kind != MIG_NODE_CAST || node->args[0]->kind != MIG_NODE_STRING ||
        tr->of->wire != MIG_WIRE_LITERAL ||
        mig_is_number(node->args[0]->text, strlen(node->args[0]->text)))
        return false;
    *textp = node->args[0]->text;
    return true;
}

/* An element of an array as the server writes it, in quotes: that it may always be. */
static bool
put_element(const mig__node *node, mig_buf *out)
{
    while (node->kind == MIG_NODE_CAST)
        node = node->args[0];
    if (node->kind != MIG_NODE_STRING)
        return false;
    mig_buf_puts(out, "\"");
    for (const char *at = node->text; *at != '\0'; at++)
        mig_buf_printf(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    mig_buf_puts(out, "\"");
    return true;
}

/* ARRAY[] and ARRAY['a', 'b'] of texts; the server writes others as '{1,2}'. */
static bool
array_for(mig__translating *tr, const mig__node *array, mig__piece *out)
{
    mig_buf text = MIG_BUF_INIT;
    bool    known = tr->of->wire == MIG_WIRE_LITERAL;

    mig_buf_puts(&text, "{");
    for (size_t i = 0; i < array->n_args && known; i++) {
        mig_buf_puts(&text, i > 0 ? "," : "");
        known = put_element(array->args[i], &text);
    }
    mig_buf_puts(&text, "}");
    *out = mig__text_literal(tr, mig__say(tr, "%s", mig_buf_text(&text)));
    mig_buf_fini(&text);
    return known || mig__refuse(tr, "an array of values that are no texts");
}

bool
mig__sqlite_default(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece       piece;
    const char      *text;
    const mig__node *bare = node;

    if (tr->of == NULL)
        return mig__sqlite_value(tr, node, out);
    while (bare->kind == MIG_NODE_CAST)
        bare = bare->args[0];
    if (is_now(node))
        return now_for(tr, out);
    if (is_epoch(node))
        return epoch_for(tr, out);
    if (is_call(bare, "gen_random_uuid", 0) || is_call(bare, "uuid_generate_v4", 0))
        return uuid_for(tr, out);
    if (is_call(bare, "nextval", 1))
        return mig__refuse(tr, "nextval() has no equivalent");
    if (bare->kind == MIG_NODE_ARRAY)
        return array_for(tr, bare, out);
    if (text_of_other(tr, node, &text)) {
        *out = mig__text_literal(tr, text);
        return true;
    }
    return mig__sqlite_value(tr, node, &piece) && mig__sqlite_store(tr, &piece, out);
}
