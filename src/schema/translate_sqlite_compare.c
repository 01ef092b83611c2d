/*
 * translate_sqlite_compare.c - PostgreSQL's comparisons and patterns in SQLite.
 *
 * Both sides have one type there.  In SQLite they have to be of one storage
 * class and form, and their order has to be that of the type: texts of times
 * sort as the times do only where the form has one length, and texts of a
 * database's collation do not sort as bytes do.
 *
 * Sources: PostgreSQL manual, "Comparison Functions and Operators", "Pattern
 * Matching"; SQLite, "Datatypes In SQLite", 4.
 */
#include <string.h>

#include "translating_sqlite.h"

/* ---- whether values of a kind compare --------------------------------------------------- */

static bool
ordered_times(mig__translating *tr, const mig_translated_column *column)
{
    if (mig__sqlite_counts(column))
        return true;
    if (column->wire == MIG_WIRE_TIMESTAMPTZ && !mig__sqlite_blank(column))
        return mig__refuse(tr, "the texts of times, which do not sort as the times do");
    mig__note(tr, "texts of times sort as the times do for years of four digits");
    return true;
}

/* Whether two values of the kind, in one form, compare as in PostgreSQL. */
static bool
comparable(mig__translating *tr, bool ordered, const mig__piece *left, const mig__piece *right)
{
    const mig_translated_column *column = left->column != NULL ? left->column : right->column;

    switch (left->kind) {
    case MIG_KIND_BOOLEAN:
    case MIG_KIND_BLOB:
    case MIG_KIND_UUID:
    case MIG_KIND_NULL:
    case MIG_KIND_INTEGER:
    case MIG_KIND_REAL:
    case MIG_KIND_NUMERIC:
        return true;
    case MIG_KIND_TEXT:
        return !ordered || left->collated || right->collated ||
               mig__refuse(tr, "an order of texts under the database's collation");
    case MIG_KIND_DATE:
    case MIG_KIND_TIME:
    case MIG_KIND_TIMESTAMP:
    case MIG_KIND_TIMESTAMPTZ:
        return column != NULL && (!ordered || ordered_times(tr, column));
    case MIG_KIND_JSON:
    case MIG_KIND_JSONB:
    case MIG_KIND_OTHER:
        break;
    }
    return mig__refuse(tr, "%s compared", mig__kind_words(left->kind));
}

void
mig__sqlite_as_number(mig__translating *tr, mig__piece *piece)
{
    if (piece->column == NULL || piece->column->affinity != MIG_AFFINITY_TEXT ||
        !mig__is_number_kind(piece->kind))
        return;
    if (piece->kind != MIG_KIND_INTEGER)
        mig__note(tr, "numbers that are texts are compared as doubles, to some 15 digits");
    piece->text = mig__say(tr, "CAST(%s AS %s)", piece->text,
                           piece->kind == MIG_KIND_INTEGER ? "INTEGER" : "NUMERIC");
    piece->column = NULL;
}

static bool
numbers(mig__translating *tr, mig__piece *left, mig__piece *right)
{
    const mig_translated_column *a, *b;

    mig__sqlite_as_number(tr, left);
    mig__sqlite_as_number(tr, right);
    a = left->column;
    b = right->column;
    if ((a != NULL && a->wire == MIG_WIRE_FLOAT4 && right->kind != MIG_KIND_INTEGER) ||
        (b != NULL && b->wire == MIG_WIRE_FLOAT4 && left->kind != MIG_KIND_INTEGER))
        return mig__refuse(tr, "numbers of single precision");
    if (a != NULL && right->literal)
        return mig__sqlite_form(tr, a, right, right);
    if (b != NULL && left->literal)
        return mig__sqlite_form(tr, b, left, left);
    return true;
}

bool
mig__sqlite_match(mig__translating *tr, bool ordered, mig__piece *left, mig__piece *right)
{
    const mig_translated_column *a = left->column, *b = right->column;

    if (left->kind == MIG_KIND_NULL || right->kind == MIG_KIND_NULL)
        return true;
    if (mig__is_number_kind(left->kind) && mig__is_number_kind(right->kind))
        return numbers(tr, left, right) && comparable(tr, ordered, left, right);
    if (left->kind != right->kind)
        return mig__refuse(tr, "%s compared with %s", mig__kind_words(left->kind),
                           mig__kind_words(right->kind));
    if (!comparable(tr, ordered, left, right))
        return mig__refuse(tr, "%s compared", mig__kind_words(left->kind));
    if (a != NULL && right->literal)
        return mig__sqlite_form(tr, a, right, right);
    if (b != NULL && left->literal)
        return mig__sqlite_form(tr, b, left, left);
    if (left->kind == MIG_KIND_DATE && (a == NULL) != (b == NULL) &&
        !mig__sqlite_counts(a != NULL ? a : b))
        return true; /* what date() writes is the form of a date */
    if (a != NULL && b != NULL)
        return mig__sqlite_same_form(a, b) ||
               mig__refuse(tr, "%s of two forms", mig__kind_words(left->kind));
    if (left->kind == MIG_KIND_BOOLEAN && ((a != NULL && a->affinity == MIG_AFFINITY_TEXT) ||
                                           (b != NULL && b->affinity == MIG_AFFINITY_TEXT)))
        return mig__refuse(tr, "booleans that are texts");
    if (left->kind != MIG_KIND_TEXT && left->kind != MIG_KIND_BOOLEAN &&
        left->kind != MIG_KIND_BLOB)
        return mig__refuse(tr, "%s in a form that is not known", mig__kind_words(left->kind));
    return true;
}

bool
mig__sqlite_compare(mig__translating *tr, const char *op, mig__piece left, mig__piece right,
                    mig__piece *out)
{
    bool ordered = op[0] == '<' ? op[1] != '>' : op[0] == '>';

    if ((strcmp(op, "IS") == 0 || strcmp(op, "IS NOT") == 0) && right.kind == MIG_KIND_NULL) {
        *out = mig__loose_piece(MIG_KIND_BOOLEAN,
                                mig__say(tr, "%s %s NULL", mig__side(tr, &left), op));
        return true;
    }
    if (!mig__sqlite_match(tr, ordered, &left, &right))
        return false;
    *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s %s %s", mig__side(tr, &left), op,
                                                       mig__side(tr, &right)));
    return true;
}

/* ---- patterns --------------------------------------------------------------------------- */

/* LIKE tells cases apart in PostgreSQL, as GLOB does in SQLite. */
static bool
glob_of(const char *pattern, mig_buf *out)
{
    for (; *pattern != '\0'; pattern++) {
        bool escaped = *pattern == '\\';

        if (escaped && *++pattern == '\0')
            return false;
        if (!escaped && *pattern == '%')
            mig_buf_puts(out, "*");
        else if (!escaped && *pattern == '_')
            mig_buf_puts(out, "?");
        else if (strchr("*?[", *pattern) != NULL)
            mig_buf_printf(out, "[%c]", *pattern);
        else
            mig_buf_add(out, pattern, 1);
    }
    return true;
}

static bool
like(mig__translating *tr, const mig__node *node, const mig__piece *value,
     const mig__piece *pattern, mig__piece *out)
{
    mig_buf glob = MIG_BUF_INIT;
    bool    certain = glob_of(pattern->value, &glob);

    *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s %sGLOB %s", mig__side(tr, value),
                                                       node->negated ? "NOT " : "",
                                                       mig__literal(tr, mig_buf_text(&glob))));
    mig_buf_fini(&glob);
    return certain || mig__refuse(tr, "LIKE with this pattern");
}

static bool
ilike(mig__translating *tr, const mig__node *node, const mig__piece *value,
      const mig__piece *pattern, mig__piece *out)
{
    for (const char *c = pattern->value; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            return mig__refuse(tr, "ILIKE with letters other than those of ASCII");
    mig__note(tr, "LIKE of SQLite folds the letters of ASCII alone");
    *out = mig__loose_piece(MIG_KIND_BOOLEAN,
                            mig__say(tr, "%s %sLIKE %s ESCAPE '\\'", mig__side(tr, value),
                                     node->negated ? "NOT " : "", pattern->text));
    return true;
}

bool
mig__sqlite_like(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece value, pattern;
    bool       is_like = strcmp(node->text, "LIKE") == 0;

    if (!mig__sqlite_value(tr, node->args[0], &value) ||
        !mig__sqlite_value(tr, node->args[1], &pattern))
        return false;
    if (value.kind != MIG_KIND_TEXT || pattern.kind != MIG_KIND_TEXT || !pattern.literal ||
        node->n_args > 2)
        return mig__refuse(tr, "%s with a pattern that is not known", node->text);
    return is_like ? like(tr, node, &value, &pattern, out) : ilike(tr, node, &value, &pattern, out);
}
