/*
 * translate_pg.c - SQLite's expressions in PostgreSQL: names, literals, logic.
 *
 * SQLite has no booleans: a condition is a number that is not 0.  PostgreSQL has
 * nothing else, so a piece is turned from one into the other where it stands in
 * the place of the other (mig__pg_truth, mig__pg_plain).
 *
 * Source: SQLite, "SQL Language Expressions".
 */
#include <stdlib.h>
#include <string.h>

#include "translate_query.h"
#include "translating.h"

/* ---- literals ----------------------------------------------------------------------------------
 */

/* Hexadecimal digits are the bits of a signed integer of 64 bits. */
static bool
hex_number(mig__translating *tr, const char *digits, mig__piece *out)
{
    size_t n = strspn(digits, "0");

    if (strlen(digits + n) > 16)
        return mig__refuse(tr, "0x%s is out of range", digits);
    out->value = mig__say(tr, "%lld", (long long)strtoull(digits, NULL, 16));
    return true;
}

static bool
number(mig__translating *tr, const mig__node *node, bool negative, mig__piece *out)
{
    int64_t value = 0;

    *out = mig__tight_piece(MIG_KIND_INTEGER, "");
    out->literal = out->not_null = true;
    out->value = mig__say(tr, "%s%s", negative ? "-" : "", node->text);
    if (strchr(node->text, '_') != NULL)
        return mig__refuse(tr, "%s has digits in groups", node->text);
    if (node->text[0] == '0' && (node->text[1] == 'x' || node->text[1] == 'X')) {
        if (negative)
            return mig__refuse(tr, "%s is negated", node->text);
        if (!hex_number(tr, node->text + 2, out))
            return false;
    }
    if (strpbrk(node->text, ".eE") != NULL && !strpbrk(node->text, "xX"))
        out->kind = MIG_KIND_REAL;
    else if (!mig__is_integer(out->value, &value)) {
        /* Zeros in front are nothing; beyond 64 bits SQLite makes a double of it. */
        const char *digits = node->text + strspn(node->text, "0");

        out->value = mig__say(tr, "%s%s", negative ? "-" : "", *digits != '\0' ? digits : "0");
        if (!mig__is_integer(out->value, &value) && strcmp(out->value, "-0") != 0)
            return mig__refuse(tr, "the integer %s is out of range", node->text);
        if (strcmp(out->value, "-0") == 0)
            out->value = "0";
    }
    out->wide = out->kind == MIG_KIND_INTEGER && (value > INT32_MAX || value < INT32_MIN);
    out->least = out->greatest = out->kind == MIG_KIND_INTEGER ? value : 0;
    out->text = out->value;
    if (out->value[0] == '-')
        out->hold = MIG_HOLD_SIGNED;
    return true;
}

static mig__piece
constant(mig__kind kind, const char *text)
{
    mig__piece piece = mig__tight_piece(kind, text);

    piece.literal = true;
    piece.value = text;
    piece.not_null = kind != MIG_KIND_NULL;
    return piece;
}

static bool
blob(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    *out = constant(MIG_KIND_BLOB, mig__say(tr, "'\\x%s'::bytea", node->text));
    out->value = node->text;
    return true;
}

/* ---- columns ------------------------------------------------------------------------------------
 */

static mig__collation
collation_of(const char *name)
{
    if (name == NULL || mig__same_word(name, "BINARY"))
        return MIG_COLLATION_NONE;
    return mig__same_word(name, "NOCASE") ? MIG_COLLATION_NOCASE : MIG_COLLATION_RTRIM;
}

bool
mig__pg_is_mixed(const mig_translated_column *column)
{
    const unsigned numbers = 1U << MIG_VALUE_INTEGER | 1U << MIG_VALUE_REAL;
    const unsigned known = column->classes & ~(1U << MIG_VALUE_NULL);
    const unsigned all = (known & numbers) != 0 ? known | numbers : known;

    if (column->wire == MIG_WIRE_TEXT || column->wire == MIG_WIRE_BPCHAR)
        return (all & ~(1U << MIG_VALUE_TEXT)) != 0;
    if (column->wire == MIG_WIRE_BYTEA)
        return (all & ~(1U << MIG_VALUE_BLOB)) != 0;
    return all != 0 && all != numbers && (all & (all - 1)) != 0;
}

static bool
column(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig_translated_column *found;
    const char            *text;

    if (!mig__find_column(tr, node, &found, &text)) {
        /* "x" that is no column is a string, for SQLite. */
        if (node->quoted && tr->why->len == 0) {
            *out = mig__text_literal(tr, node->text);
            return true;
        }
        return mig__refuse(tr, "there is no column %s that can be named in PostgreSQL", node->text);
    }
    if (!tr->query && !tr->null_test && mig__pg_is_mixed(found))
        return mig__refuse(tr, "%s has values of several storage classes", node->text);
    *out = mig__tight_piece(mig__kind_of(found->wire), text);
    out->column = found;
    out->not_null = found->not_null;
    out->collation = collation_of(found->collation);
    out->wide = found->wire == MIG_WIRE_INT8;
    out->least = found->least;
    out->greatest = found->greatest;
    /* Types that compare texts in ways of their own. */
    if (found->wire == MIG_WIRE_BPCHAR ||
        (found->wire == MIG_WIRE_TEXT && found->type != NULL && strcmp(found->type, "citext") == 0))
        out->text = mig__say(tr, "%s::text", text);
    return true;
}

/* ---- conditions ---------------------------------------------------------------------------------
 */

bool
mig__pg_truth(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    *out = *piece;
    switch (piece->kind) {
    case MIG_KIND_BOOLEAN:
        if (piece->column != NULL && piece->column->affinity == MIG_AFFINITY_TEXT)
            return mig__refuse(tr, "a text like 'true' is false as a condition of SQLite");
        return true;
    case MIG_KIND_NULL:
        *out = mig__tight_piece(MIG_KIND_BOOLEAN, "NULL::boolean");
        return true;
    case MIG_KIND_INTEGER:
    case MIG_KIND_REAL:
    case MIG_KIND_NUMERIC:
        if (piece->literal && piece->kind == MIG_KIND_INTEGER)
            *out = constant(MIG_KIND_BOOLEAN, strcmp(piece->value, "0") == 0 ? "false" : "true");
        else
            *out =
                mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s <> 0", mig__side(tr, piece)));
        return true;
    case MIG_KIND_TEXT:
    case MIG_KIND_BLOB:
    case MIG_KIND_DATE:
    case MIG_KIND_TIME:
    case MIG_KIND_TIMESTAMP:
    case MIG_KIND_TIMESTAMPTZ:
    case MIG_KIND_JSON:
    case MIG_KIND_JSONB:
    case MIG_KIND_UUID:
    case MIG_KIND_OTHER:
        break;
    }
    return mig__refuse(tr, "%s as a condition", mig__kind_words(piece->kind));
}

static bool
truth_of(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece piece;

    return mig__pg_value(tr, node, &piece) && mig__pg_truth(tr, &piece, out);
}

bool
mig__pg_condition(mig__translating *tr, const mig__node *node, const char **textp)
{
    mig__piece piece;

    if (!truth_of(tr, node, &piece))
        return false;
    *textp = piece.text;
    return true;
}

/* A test that has become true for every row: of the type that its column has. */
static bool
is_true(const mig__piece *piece)
{
    return strcmp(piece->text, "true") == 0;
}

/* AND and OR: chains of one of them stay without parentheses. */
static bool
logic(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const bool  any = strcmp(node->text, "OR") == 0;
    const char *texts[2];
    mig__piece  pieces[2];

    for (size_t i = 0; i < 2; i++) {
        const mig__node *arg = node->args[i];
        bool             same = arg->kind == MIG_NODE_BINARY && strcmp(arg->text, node->text) == 0;

        if (!truth_of(tr, arg, &pieces[i]))
            return false;
        texts[i] = same ? pieces[i].text : mig__term(tr, &pieces[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        if (is_true(&pieces[i])) {
            *out = pieces[any ? i : 1 - i];
            return true;
        }
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
    mig__piece piece;

    if (strcmp(node->text, "UNKNOWN") == 0)
        return mig__refuse(tr, "IS UNKNOWN");
    if (!truth_of(tr, node->args[0], &piece))
        return false;
    *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s IS %s%s", mig__operand(tr, &piece),
                                                       node->negated ? "NOT " : "", node->text));
    return true;
}

static bool
is(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece left, right;
    bool       done;

    tr->null_test = node->args[0]->kind == MIG_NODE_COLUMN && node->args[1]->kind == MIG_NODE_NULL;
    done = mig__pg_value(tr, node->args[0], &left);
    tr->null_test = false;
    if (!done || !mig__pg_value(tr, node->args[1], &right))
        return false;
    if (left.class != NULL || right.class != NULL)
        return mig__refuse(tr, "typeof() with IS");
    return mig__pg_compare(tr, node->negated ? "IS NOT" : "IS", left, right, out);
}

/* ---- BETWEEN and IN --------------------------------------------------------------------- */

static bool
between(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece value, low, high, above, below;

    if (!mig__pg_value(tr, node->args[0], &value) || !mig__pg_value(tr, node->args[1], &low) ||
        !mig__pg_value(tr, node->args[2], &high) ||
        !mig__pg_compare(tr, ">=", value, low, &above) ||
        !mig__pg_compare(tr, "<=", value, high, &below))
        return false;
    *out = mig__tight_piece(
        MIG_KIND_BOOLEAN,
        mig__say(tr, "%s(%s AND %s)", node->negated ? "NOT " : "", above.text, below.text));
    if (node->negated)
        out->hold = MIG_HOLD_NOT;
    return true;
}

/* IN () is false, and NOT IN () true, even of NULL. */
static bool
empty_list(const mig__node *node, mig__piece *out)
{
    *out = constant(MIG_KIND_BOOLEAN, node->negated ? "true" : "false");
    return true;
}

/*
 * The list in one IN where all of it compares with the same form of the value, which is the usual
 * case; else a comparison each.  Affinity: that of the value alone counts in a list.
 */
static bool
in_list(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    size_t       n = node->n_args - 1;
    mig__piece   value;
    mig__piece  *list = mig__arena_take(tr->arena, n * sizeof *list);
    const char **texts = mig__arena_take(tr->arena, n * sizeof *texts);
    const char **tests = mig__arena_take(tr->arena, n * sizeof *tests);
    const char  *first = NULL;
    bool         one_form = true;

    if (list == NULL || texts == NULL || tests == NULL || !mig__pg_value(tr, node->args[0], &value))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!mig__pg_value(tr, node->args[i + 1], &list[i]))
            return false;
    if (value.class != NULL)
        return mig__pg_class_in(tr, &value, list, n, node->negated, out);
    for (size_t i = 0; i < n; i++) {
        mig__piece left = value, right = list[i], test;

        if (right.column != NULL)
            return mig__refuse(tr, "columns in the list of IN, whose affinity does not count");
        if (!mig__pg_compare(tr, "=", value, right, &test) ||
            !mig__pg_match(tr, false, &left, &right))
            return false;
        tests[i] = test.text;
        texts[i] = right.text;
        if (right.kind == MIG_KIND_NULL)
            continue;
        one_form = one_form && (first == NULL || strcmp(first, mig__side(tr, &left)) == 0);
        first = mig__side(tr, &left);
    }
    if (first == NULL)
        first = mig__side(tr, &value);
    if (one_form)
        *out = mig__loose_piece(MIG_KIND_BOOLEAN,
                                mig__say(tr, "%s %sIN (%s)", first, node->negated ? "NOT " : "",
                                         mig__join(tr, texts, n, ", ")));
    else
        *out =
            mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s(%s)", node->negated ? "NOT " : "",
                                                        mig__join(tr, tests, n, " OR ")));
    return true;
}

static bool
in(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    if (node->query != NULL)
        return mig__query_in(tr, node, out);
    return node->n_args == 1 ? empty_list(node, out) : in_list(tr, node, out);
}

/* ---- CASE ------------------------------------------------------------------------------- */

static bool
kinds_agree(mig__kind *kindp, mig__kind kind)
{
    if (*kindp == MIG_KIND_NULL || *kindp == kind) {
        *kindp = kind;
        return true;
    }
    if ((*kindp == MIG_KIND_BOOLEAN && mig__is_number_kind(kind)) ||
        (mig__is_number_kind(*kindp) && kind == MIG_KIND_BOOLEAN)) {
        if (*kindp == MIG_KIND_BOOLEAN)
            *kindp = kind;
        return true;
    }
    if (mig__is_number_kind(*kindp) && mig__is_number_kind(kind)) {
        *kindp = MIG_KIND_REAL;
        return true;
    }
    return false;
}

bool
mig__pg_unify(mig__translating *tr, mig__piece *pieces, size_t n, mig__kind *kindp)
{
    mig__kind kind = MIG_KIND_NULL;

    for (size_t i = 0; i < n; i++) {
        /* Values that are texts in SQLite and something else here: as such, or not at all. */
        if (pieces[i].kind == MIG_KIND_NULL)
            continue;
        if (!kinds_agree(&kind, pieces[i].kind))
            return mig__refuse(tr, "%s in the same place as %s", mig__kind_words(kind),
                               mig__kind_words(pieces[i].kind));
    }
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].kind == MIG_KIND_BOOLEAN && kind != MIG_KIND_BOOLEAN)
            pieces[i] = mig__pg_plain(tr, &pieces[i]);
        if (kind == MIG_KIND_REAL && pieces[i].kind != MIG_KIND_NULL)
            pieces[i].text = mig__pg_double(tr, &pieces[i]);
    }
    *kindp = kind;
    return true;
}

/* WHEN: a condition, or what CASE's own value is compared with. */
static bool
when(mig__translating *tr, const mig__node *node, const mig__piece *base, const mig__node *arg,
     mig__piece *out)
{
    mig__piece right;

    if (!node->base)
        return truth_of(tr, arg, out);
    if (!mig__pg_value(tr, arg, &right))
        return false;
    if (base->class != NULL)
        return mig__pg_class_in(tr, base, &right, 1, false, out);
    return mig__pg_compare(tr, "=", *base, right, out);
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
    bool        wide = false;

    if (values == NULL || (node->base && !mig__pg_value(tr, node->args[0], &base)))
        return false;
    for (size_t i = 0; i < n_values; i++) {
        size_t at = i < n_pairs ? first + 2 * i + 1 : node->n_args - 1;

        if (!mig__pg_value(tr, node->args[at], &values[i]))
            return false;
        wide = wide || values[i].wide;
    }
    if (!mig__pg_unify(tr, values, n_values, &kind))
        return false;
    for (size_t i = 0; i < n_pairs; i++) {
        if (!when(tr, node, &base, node->args[first + 2 * i], &test))
            return false;
        text = mig__say(tr, "%s WHEN %s THEN %s", text, test.text, values[i].text);
    }
    if (node->has_else)
        text = mig__say(tr, "%s ELSE %s", text, values[n_pairs].text);
    *out = mig__tight_piece(kind, mig__say(tr, "%s END", text));
    out->wide = wide;
    return true;
}

/* ---- COLLATE ---------------------------------------------------------------------------- */

static bool
collate(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    if (!mig__pg_value(tr, node->args[0], out))
        return false;
    if (!mig__same_word(node->text, "BINARY") && !mig__same_word(node->text, "NOCASE") &&
        !mig__same_word(node->text, "RTRIM"))
        return mig__refuse(tr, "the collation %s", node->text);
    out->collation = collation_of(node->text);
    out->collated = true;
    out->literal = false;
    return true;
}

/* ---- all nodes -------------------------------------------------------------------------- */

static bool
value_of(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    switch (node->kind) {
    case MIG_NODE_NULL:
        *out = constant(MIG_KIND_NULL, "NULL");
        return true;
    case MIG_NODE_BOOLEAN:
        *out = constant(MIG_KIND_INTEGER, node->number != 0 ? "1" : "0");
        return true;
    case MIG_NODE_NUMBER:
        return number(tr, node, false, out);
    case MIG_NODE_STRING:
        *out = mig__text_literal(tr, node->text);
        return true;
    case MIG_NODE_BLOB:
        return blob(tr, node, out);
    case MIG_NODE_COLUMN:
        return column(tr, node, out);
    case MIG_NODE_KEYWORD:
        return mig__pg_keyword(tr, node, out);
    case MIG_NODE_UNARY:
        if (strcmp(node->text, "NOT") == 0)
            return negation(tr, node, out);
        if (strcmp(node->text, "-") == 0 && node->args[0]->kind == MIG_NODE_NUMBER)
            return number(tr, node->args[0], true, out);
        return mig__pg_unary(tr, node, out);
    case MIG_NODE_BINARY:
        if (strcmp(node->text, "AND") == 0 || strcmp(node->text, "OR") == 0)
            return logic(tr, node, out);
        return mig__pg_binary(tr, node, out);
    case MIG_NODE_IS:
        return is(tr, node, out);
    case MIG_NODE_IS_TRUTH:
        return is_truth(tr, node, out);
    case MIG_NODE_BETWEEN:
        return between(tr, node, out);
    case MIG_NODE_IN:
        return in(tr, node, out);
    case MIG_NODE_LIKE:
        return mig__pg_like(tr, node, out);
    case MIG_NODE_CASE:
        return case_of(tr, node, out);
    case MIG_NODE_CAST:
        return mig__pg_cast(tr, node, out);
    case MIG_NODE_COLLATE:
        return collate(tr, node, out);
    case MIG_NODE_CALL:
        return mig__pg_call(tr, node, out);
    case MIG_NODE_EXISTS:
    case MIG_NODE_QUERY:
        return mig__query_value(tr, node, out);
    case MIG_NODE_ROW:
        return mig__refuse(tr, "rows of several values");
    case MIG_NODE_STAR:
    case MIG_NODE_ARRAY:
        break;
    }
    return mig__refuse(tr, "an expression that has no equivalent");
}

bool
mig__pg_value(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    if (!value_of(tr, node, out))
        return false;
    /* coalesce(NULL, NULL) and its like would be texts of PostgreSQL. */
    if (out->kind == MIG_KIND_NULL)
        *out = constant(MIG_KIND_NULL, "NULL");
    return true;
}
