/*
 * translate_sqlite.c - PostgreSQL's expressions in SQLite: names, logic, numbers.
 *
 * The source is what the server writes back of an expression, in which every
 * conversion is spelled out: so the types are known, and most casts say nothing
 * that SQLite would have to do.
 *
 * Source: PostgreSQL manual, "Functions and Operators".
 */
#include <string.h>

#include "translate_query.h"
#include "translating_sqlite.h"

/* ---- literals and columns ----------------------------------------------------------------------
 */

static mig__piece
literal(mig__kind kind, const char *text)
{
    mig__piece piece = mig__tight_piece(kind, text);

    piece.literal = true;
    piece.value = text;
    piece.not_null = kind != MIG_KIND_NULL;
    if (text[0] == '-')
        piece.hold = MIG_HOLD_SIGNED;
    return piece;
}

/* A decimal of more digits than a double keeps would be another number. */
static bool
number(mig__translating *tr, const mig__node *node, bool negative, mig__piece *out)
{
    bool    whole = strpbrk(node->text, ".eE") == NULL;
    int64_t value;

    *out = literal(whole ? MIG_KIND_INTEGER : MIG_KIND_NUMERIC,
                   mig__say(tr, "%s%s", negative ? "-" : "", node->text));
    if (whole ? !mig__is_integer(out->value, &value) : strlen(node->text) > 16)
        return mig__refuse(tr, "the number %s, which SQLite would round", node->text);
    return true;
}

static bool
column(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__node              upper = *node;
    mig_translated_column *found;
    const char            *text;
    bool                   known = mig__find_column(tr, node, &found, &text);

    /* A domain's own value; the lexer gives unquoted names in lower case. */
    if (!known && strcmp(node->text, "value") == 0) {
        upper.text = "VALUE";
        known = mig__find_column(tr, &upper, &found, &text);
    }
    if (!known)
        return mig__refuse(tr, "there is no column %s that can be named in SQLite", node->text);
    *out = mig__tight_piece(mig__kind_of(found->wire), text);
    out->column = found;
    out->not_null = found->not_null;
    return true;
}

/* ---- conditions ------------------------------------------------------------------------- */

static bool
truth_of(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    if (!mig__sqlite_value(tr, node, out))
        return false;
    if (out->kind != MIG_KIND_BOOLEAN && out->kind != MIG_KIND_NULL)
        return mig__refuse(tr, "%s as a condition", mig__kind_words(out->kind));
    if (out->column != NULL && out->column->affinity == MIG_AFFINITY_TEXT)
        *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s = 'true'", out->text));
    return true;
}

bool
mig__sqlite_condition(mig__translating *tr, const mig__node *node, const char **textp)
{
    mig__piece piece;

    if (!truth_of(tr, node, &piece))
        return false;
    *textp = piece.text;
    return true;
}

static bool
logic(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const char *texts[2];

    for (size_t i = 0; i < 2; i++) {
        const mig__node *arg = node->args[i];
        mig__piece       piece;
        bool             same = arg->kind == MIG_NODE_BINARY && strcmp(arg->text, node->text) == 0;

        if (!truth_of(tr, arg, &piece))
            return false;
        texts[i] = same ? piece.text : mig__term(tr, &piece);
    }
    *out = mig__loose_piece(MIG_KIND_BOOLEAN,
                            mig__say(tr, "%s %s %s", texts[0], node->text, texts[1]));
    out->hold = MIG_HOLD_LOOSE;
    return true;
}

static bool
negation(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece piece;

    if (!truth_of(tr, node->args[0], &piece))
        return false;
    *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "NOT %s", mig__operand(tr, &piece)));
    out->hold = MIG_HOLD_NOT;
    return true;
}

static bool
is_truth(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    bool       unknown = strcmp(node->text, "UNKNOWN") == 0;
    mig__piece piece;

    if (!truth_of(tr, node->args[0], &piece))
        return false;
    *out = mig__loose_piece(MIG_KIND_BOOLEAN,
                            mig__say(tr, "%s IS %s%s", mig__operand(tr, &piece),
                                     node->negated ? "NOT " : "", unknown ? "NULL" : node->text));
    return true;
}

static bool
is(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece left, right;

    return mig__sqlite_value(tr, node->args[0], &left) &&
           mig__sqlite_value(tr, node->args[1], &right) &&
           mig__sqlite_compare(tr, node->negated ? "IS NOT" : "IS", left, right, out);
}

static bool
between(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece value, low, high, above, below;

    if (!mig__sqlite_value(tr, node->args[0], &value) ||
        !mig__sqlite_value(tr, node->args[1], &low) ||
        !mig__sqlite_value(tr, node->args[2], &high) ||
        !mig__sqlite_compare(tr, ">=", value, low, &above) ||
        !mig__sqlite_compare(tr, "<=", value, high, &below))
        return false;
    *out = mig__tight_piece(
        MIG_KIND_BOOLEAN,
        mig__say(tr, "%s(%s AND %s)", node->negated ? "NOT " : "", above.text, below.text));
    if (node->negated)
        out->hold = MIG_HOLD_NOT;
    return true;
}

/* ---- IN and CASE ------------------------------------------------------------------------ */

static bool
in(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    size_t       n = node->n_args - 1;
    const char **texts = mig__arena_take(tr->arena, (n + 1) * sizeof *texts);
    mig__piece   value;

    if (node->query != NULL)
        return mig__query_in(tr, node, out);
    if (texts == NULL || !mig__sqlite_value(tr, node->args[0], &value))
        return false;
    mig__sqlite_as_number(tr, &value);
    for (size_t i = 0; i < n; i++) {
        mig__piece left = value, right;

        if (!mig__sqlite_value(tr, node->args[i + 1], &right) ||
            !mig__sqlite_match(tr, false, &left, &right))
            return false;
        if (left.text != value.text || right.column != NULL)
            return mig__refuse(tr, "a list of values of several forms");
        texts[i] = right.text;
    }
    *out = mig__loose_piece(MIG_KIND_BOOLEAN,
                            mig__say(tr, "%s %sIN (%s)", mig__side(tr, &value),
                                     node->negated ? "NOT " : "", mig__join(tr, texts, n, ", ")));
    return true;
}

bool
mig__sqlite_unify(mig__translating *tr, mig__piece *pieces, size_t n, mig__kind *kindp)
{
    const mig_translated_column *form = tr->of;

    *kindp = MIG_KIND_NULL;
    for (size_t i = 0; i < n; i++) {
        mig__kind kind = pieces[i].kind;

        if (pieces[i].column != NULL && form == NULL)
            form = pieces[i].column;
        if (*kindp == MIG_KIND_NULL || *kindp == kind)
            *kindp = kind;
        else if (mig__is_number_kind(*kindp) && mig__is_number_kind(kind))
            *kindp =
                *kindp == MIG_KIND_REAL || kind == MIG_KIND_REAL ? MIG_KIND_REAL : MIG_KIND_NUMERIC;
        else if (kind != MIG_KIND_NULL)
            return mig__refuse(tr, "%s in the same place as %s", mig__kind_words(*kindp),
                               mig__kind_words(kind));
    }
    /* Literals that have a form get the one of the columns beside them. */
    for (size_t i = 0; i < n; i++) {
        bool plain = mig__is_number_kind(pieces[i].kind) || pieces[i].kind == MIG_KIND_TEXT ||
                     pieces[i].kind == MIG_KIND_BOOLEAN || pieces[i].kind == MIG_KIND_BLOB ||
                     pieces[i].kind == MIG_KIND_NULL;

        if (pieces[i].column != NULL && pieces[i].column->affinity == MIG_AFFINITY_TEXT &&
            (mig__is_number_kind(*kindp) || *kindp == MIG_KIND_BOOLEAN))
            return mig__refuse(tr, "%s that is a text in SQLite", mig__kind_words(*kindp));
        if (plain || (pieces[i].column != NULL && mig__sqlite_same_form(form, pieces[i].column)))
            continue;
        if (!pieces[i].literal || form == NULL ||
            !mig__sqlite_form(tr, form, &pieces[i], &pieces[i]))
            return mig__refuse(tr, "%s in a form that is not known", mig__kind_words(*kindp));
    }
    return true;
}

static bool
when(mig__translating *tr, const mig__node *node, const mig__piece *base, const mig__node *arg,
     mig__piece *out)
{
    mig__piece right;

    if (!node->base)
        return truth_of(tr, arg, out);
    return mig__sqlite_value(tr, arg, &right) && mig__sqlite_compare(tr, "=", *base, right, out);
}

static bool
case_of(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    size_t      first = node->base ? 1 : 0, n_pairs = (node->n_args - first) / 2;
    size_t      n_values = n_pairs + (node->has_else ? 1 : 0);
    mig__piece *values = mig__arena_take(tr->arena, n_values * sizeof *values);
    mig__piece  base = {.kind = MIG_KIND_NULL}, test;
    const char *text = "CASE";
    mig__kind   kind;

    if (values == NULL || (node->base && !mig__sqlite_value(tr, node->args[0], &base)))
        return false;
    for (size_t i = 0; i < n_values; i++)
        if (!mig__sqlite_value(tr, node->args[i < n_pairs ? first + 2 * i + 1 : node->n_args - 1],
                               &values[i]))
            return false;
    if (!mig__sqlite_unify(tr, values, n_values, &kind))
        return false;
    for (size_t i = 0; i < n_pairs; i++) {
        if (!when(tr, node, &base, node->args[first + 2 * i], &test))
            return false;
        text = mig__say(tr, "%s WHEN %s THEN %s", text, test.text, values[i].text);
    }
    if (node->has_else)
        text = mig__say(tr, "%s ELSE %s", text, values[n_pairs].text);
    *out = mig__tight_piece(kind, mig__say(tr, "%s END", text));
    return true;
}

/* ---- operators -------------------------------------------------------------------------- */

static bool
number_of(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    if (!mig__sqlite_value(tr, node, out))
        return false;
    if (out->kind == MIG_KIND_NUMERIC && out->literal)
        out->kind = MIG_KIND_REAL; /* beside a double it becomes one, and beside others it shows */
    else if (out->kind == MIG_KIND_NUMERIC)
        return mig__refuse(tr, "arithmetic of numeric, which PostgreSQL does exactly");
    if (!mig__is_number_kind(out->kind) && out->kind != MIG_KIND_NULL)
        return mig__refuse(tr, "%s in arithmetic", mig__kind_words(out->kind));
    if (out->column != NULL &&
        (out->column->affinity == MIG_AFFINITY_TEXT || out->column->wire == MIG_WIRE_FLOAT4))
        return mig__refuse(tr, "arithmetic of numbers that are not those of SQLite");
    return true;
}

/* A column of doubles may hold whole numbers as integers, whose division is another one. */
static const char *
real(mig__translating *tr, const mig__piece *piece)
{
    if (piece->kind == MIG_KIND_REAL &&
        (piece->literal ? strpbrk(piece->text, ".eE") != NULL
                        : piece->column == NULL || piece->column->affinity == MIG_AFFINITY_REAL))
        return mig__operand(tr, piece);
    return mig__say(tr, "CAST(%s AS REAL)", piece->text);
}

static bool
arithmetic(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece left, right;
    bool       integers;

    if (!number_of(tr, node->args[0], &left) || !number_of(tr, node->args[1], &right))
        return false;
    integers = left.kind == MIG_KIND_INTEGER && right.kind == MIG_KIND_INTEGER;
    if (!integers && (strcmp(node->text, "%") == 0 ||
                      (left.kind != MIG_KIND_REAL && right.kind != MIG_KIND_REAL)))
        return mig__refuse(tr, "%s of %s and %s", node->text, mig__kind_words(left.kind),
                           mig__kind_words(right.kind));
    if (!integers && ((left.kind == MIG_KIND_REAL && left.literal && right.kind != MIG_KIND_REAL) ||
                      (right.kind == MIG_KIND_REAL && right.literal && left.kind != MIG_KIND_REAL)))
        return mig__refuse(tr, "arithmetic of numeric, which PostgreSQL does exactly");
    *out = mig__loose_piece(
        integers ? MIG_KIND_INTEGER : MIG_KIND_REAL,
        mig__say(tr, "%s %s %s", integers ? mig__operand(tr, &left) : real(tr, &left), node->text,
                 integers ? mig__operand(tr, &right) : real(tr, &right)));
    return true;
}

static bool
concatenation(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const char *texts[2];

    for (size_t i = 0; i < 2; i++) {
        const mig__node *arg = node->args[i];
        mig__piece       piece;

        if (!mig__sqlite_value(tr, arg, &piece))
            return false;
        if (piece.kind != MIG_KIND_TEXT && piece.kind != MIG_KIND_NULL)
            return mig__refuse(tr, "|| of %s", mig__kind_words(piece.kind));
        texts[i] = arg->kind == MIG_NODE_BINARY && strcmp(arg->text, "||") == 0 && i == 0
                       ? piece.text
                       : mig__operand(tr, &piece);
    }
    *out = mig__loose_piece(MIG_KIND_TEXT, mig__say(tr, "%s || %s", texts[0], texts[1]));
    return true;
}

static bool
binary(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    static const char *const comparisons[] = {"=", "<>", "<", "<=", ">", ">="};
    mig__piece               left, right;

    if (strcmp(node->text, "AND") == 0 || strcmp(node->text, "OR") == 0)
        return logic(tr, node, out);
    if (strcmp(node->text, "||") == 0)
        return concatenation(tr, node, out);
    if (strlen(node->text) == 1 && strchr("+-*/%", node->text[0]) != NULL)
        return arithmetic(tr, node, out);
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++)
        if (strcmp(node->text, comparisons[i]) == 0)
            return mig__sqlite_value(tr, node->args[0], &left) &&
                   mig__sqlite_value(tr, node->args[1], &right) &&
                   mig__sqlite_compare(tr, node->text, left, right, out);
    return mig__refuse(tr, "the operator %s has no equivalent", node->text);
}

static bool
unary(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece piece;

    if (strcmp(node->text, "NOT") == 0)
        return negation(tr, node, out);
    if (strcmp(node->text, "-") == 0 && node->args[0]->kind == MIG_NODE_NUMBER)
        return number(tr, node->args[0], true, out);
    if (strcmp(node->text, "~") == 0 || !number_of(tr, node->args[0], &piece))
        return mig__refuse(tr, "the operator %s has no equivalent", node->text);
    *out = mig__loose_piece(
        piece.kind,
        mig__say(tr, "%s %s", node->text,
                 piece.kind == MIG_KIND_REAL ? real(tr, &piece) : mig__operand(tr, &piece)));
    return true;
}

static bool
collate(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    if (!mig__sqlite_value(tr, node->args[0], out))
        return false;
    if (strcmp(node->text, "C") != 0 && strcmp(node->text, "POSIX") != 0 &&
        strcmp(node->text, "ucs_basic") != 0 && strcmp(node->text, "c") != 0)
        return mig__refuse(tr, "the collation %s", node->text);
    out->collated = true;
    return true;
}

/* ---- all nodes -------------------------------------------------------------------------- */

bool
mig__sqlite_value(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    switch (node->kind) {
    case MIG_NODE_NULL:
        *out = literal(MIG_KIND_NULL, "NULL");
        return true;
    case MIG_NODE_BOOLEAN:
        *out = literal(MIG_KIND_BOOLEAN, node->number != 0 ? "1" : "0");
        return true;
    case MIG_NODE_NUMBER:
        return number(tr, node, false, out);
    case MIG_NODE_STRING:
        *out = mig__text_literal(tr, node->text);
        return true;
    case MIG_NODE_COLUMN:
        return column(tr, node, out);
    case MIG_NODE_KEYWORD:
        return mig__refuse(tr, "%s", node->text);
    case MIG_NODE_UNARY:
        return unary(tr, node, out);
    case MIG_NODE_BINARY:
        return binary(tr, node, out);
    case MIG_NODE_IS:
        return is(tr, node, out);
    case MIG_NODE_IS_TRUTH:
        return is_truth(tr, node, out);
    case MIG_NODE_BETWEEN:
        return between(tr, node, out);
    case MIG_NODE_IN:
        return in(tr, node, out);
    case MIG_NODE_LIKE:
        return mig__sqlite_like(tr, node, out);
    case MIG_NODE_CASE:
        return case_of(tr, node, out);
    case MIG_NODE_CAST:
        return mig__sqlite_cast(tr, node, out);
    case MIG_NODE_COLLATE:
        return collate(tr, node, out);
    case MIG_NODE_CALL:
        return mig__sqlite_call(tr, node, out);
    case MIG_NODE_EXISTS:
    case MIG_NODE_QUERY:
        return mig__query_value(tr, node, out);
    case MIG_NODE_BLOB:
    case MIG_NODE_ROW:
    case MIG_NODE_ARRAY:
    case MIG_NODE_STAR:
        break;
    }
    return mig__refuse(tr, "an expression that has no equivalent");
}
