/*
 * translate_pg_call.c - SQLite's functions in PostgreSQL.
 *
 * One entry per function: its name, how many arguments it takes, and what makes
 * the call.  What is not in the table has no equivalent, or none that is sure:
 * round() (halves of doubles), printf(), the functions of JSON, ...
 *
 * Sources: SQLite, "Built-In Scalar SQL Functions", "Built-in Aggregate
 * Functions"; PostgreSQL manual, "String Functions and Operators".
 */
#include <stdlib.h>
#include <string.h>

#include "translating.h"

#define MAX_ARGS 16

typedef struct call {
    const mig__node *node;
    mig__piece       args[MAX_ARGS];
    size_t           n;
} call;

/* ---- arguments -------------------------------------------------------------------------- */

/* Argument i as a text, compared by its bytes where the function compares. */
static bool
text_arg(mig__translating *tr, call *c, size_t i)
{
    mig__piece *arg = &c->args[i];

    if (arg->kind == MIG_KIND_BLOB)
        return mig__refuse(tr, "%s() of a blob", c->node->text);
    if (!mig__pg_text(tr, arg, arg))
        return false;
    if (arg->kind == MIG_KIND_NULL)
        *arg = mig__tight_piece(MIG_KIND_TEXT, "NULL::text");
    return true;
}

static const char *
by_bytes(mig__translating *tr, const mig__piece *arg)
{
    if (arg->collation == MIG_COLLATION_NONE)
        return arg->text;
    return mig__say(tr, "%s COLLATE \"C\"", mig__tight(tr, arg));
}

static bool
literal_int(const mig__piece *arg, int64_t *valuep)
{
    return arg->literal && arg->kind == MIG_KIND_INTEGER && mig__is_integer(arg->value, valuep);
}

/* ---- texts ------------------------------------------------------------------------------ */

static bool
call_length(mig__translating *tr, call *c, mig__piece *out)
{
    if (c->args[0].kind == MIG_KIND_BLOB) {
        *out =
            mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr, "octet_length(%s)", c->args[0].text));
    } else {
        if (!text_arg(tr, c, 0))
            return false;
        *out = mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr, "length(%s)", c->args[0].text));
    }
    out->not_null = c->args[0].not_null;
    return true;
}

/* The letters of ASCII alone, as under the collation "C". */
static bool
call_case(mig__translating *tr, call *c, mig__piece *out)
{
    if (!text_arg(tr, c, 0))
        return false;
    if (c->args[0].literal) {
        *out = mig__text_literal(
            tr, mig__fold(tr, c->args[0].value, strcmp(c->node->text, "upper") == 0));
        return true;
    }
    *out = mig__tight_piece(MIG_KIND_TEXT, mig__say(tr, "%s(%s COLLATE \"C\")", c->node->text,
                                                    mig__tight(tr, &c->args[0])));
    out->not_null = c->args[0].not_null;
    return true;
}

static bool
call_trim(mig__translating *tr, call *c, mig__piece *out)
{
    const char *name = strcmp(c->node->text, "trim") == 0 ? "btrim" : c->node->text;

    if (!text_arg(tr, c, 0) || (c->n == 2 && !text_arg(tr, c, 1)))
        return false;
    *out = mig__tight_piece(MIG_KIND_TEXT, c->n == 1 ? mig__say(tr, "%s(%s)", name, c->args[0].text)
                                                     : mig__say(tr, "%s(%s, %s)", name,
                                                                c->args[0].text, c->args[1].text));
    out->not_null = c->args[0].not_null && (c->n == 1 || c->args[1].not_null);
    return true;
}

/* From a position that is known, of a length that is not negative. */
static bool
call_substr(mig__translating *tr, call *c, mig__piece *out)
{
    const mig__kind kind = MIG_KIND_TEXT;
    int64_t         start, len = 0;

    /* Of a blob of no bytes SQLite makes NULL. */
    if (!text_arg(tr, c, 0))
        return false;
    if (!literal_int(&c->args[1], &start) || start == 0 || start < -1000000000 ||
        start > 1000000000)
        return mig__refuse(tr, "substr() from a place that is not known, or 0");
    if (c->n == 3 && (!literal_int(&c->args[2], &len) || len < 0 || len > 1000000000))
        return mig__refuse(tr, "substr() of a length that is not known, or negative");
    if (start < 0 && c->n == 3)
        return mig__refuse(tr, "substr() from a place counted from the end");
    if (start < 0)
        *out = mig__tight_piece(
            kind, mig__say(tr, "right(%s, %lld)", c->args[0].text, (long long)-start));
    else if (c->n == 2)
        *out = mig__tight_piece(
            kind, mig__say(tr, "substr(%s, %lld)", c->args[0].text, (long long)start));
    else
        *out = mig__tight_piece(kind, mig__say(tr, "substr(%s, %lld, %lld)", c->args[0].text,
                                               (long long)start, (long long)len));
    return true;
}

static bool
call_instr(mig__translating *tr, call *c, mig__piece *out)
{
    if (!text_arg(tr, c, 0) || !text_arg(tr, c, 1))
        return false;
    *out =
        mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr, "strpos(%s, %s)", by_bytes(tr, &c->args[0]),
                                                    by_bytes(tr, &c->args[1])));
    return true;
}

static bool
call_replace(mig__translating *tr, call *c, mig__piece *out)
{
    const mig__piece *from = &c->args[1];

    if (!text_arg(tr, c, 0) || !text_arg(tr, c, 1) || !text_arg(tr, c, 2))
        return false;
    /* Where nothing is replaced SQLite does not look at what by. */
    if (!c->args[2].not_null && !(from->literal && from->value[0] != '\0'))
        return mig__refuse(tr, "replace() of a text that may be empty by one that may be NULL");
    *out = mig__tight_piece(MIG_KIND_TEXT,
                            mig__say(tr, "replace(%s, %s, %s)", by_bytes(tr, &c->args[0]),
                                     c->args[1].text, c->args[2].text));
    return true;
}

static bool
call_hex(mig__translating *tr, call *c, mig__piece *out)
{
    if (c->args[0].kind != MIG_KIND_BLOB)
        return mig__refuse(tr, "hex() of %s", mig__kind_words(c->args[0].kind));
    /* hex(NULL) is a text without digits. */
    *out =
        mig__tight_piece(MIG_KIND_TEXT, mig__say(tr, "upper(encode(%s, 'hex'))", c->args[0].text));
    if (!c->args[0].not_null)
        out->text = mig__say(tr, "coalesce(%s, '')", out->text);
    out->not_null = true;
    return true;
}

static bool
call_unicode(mig__translating *tr, call *c, mig__piece *out)
{
    if (!text_arg(tr, c, 0))
        return false;
    *out =
        mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr, "nullif(ascii(%s), 0)", c->args[0].text));
    return true;
}

/* ---- numbers ---------------------------------------------------------------------------- */

static bool
call_abs(mig__translating *tr, call *c, mig__piece *out)
{
    mig__piece arg = mig__pg_plain(tr, &c->args[0]);

    if (!mig__is_number_kind(arg.kind) ||
        (arg.column != NULL && arg.column->affinity == MIG_AFFINITY_TEXT))
        return mig__refuse(tr, "abs() of %s", mig__kind_words(arg.kind));
    if (arg.kind == MIG_KIND_INTEGER && !arg.wide)
        arg.text = mig__say(tr, "%s::bigint", mig__tight(tr, &arg));
    *out = mig__tight_piece(
        arg.kind == MIG_KIND_INTEGER ? MIG_KIND_INTEGER : MIG_KIND_REAL,
        mig__say(tr, "abs(%s)",
                 arg.kind == MIG_KIND_INTEGER ? arg.text : mig__pg_double(tr, &arg)));
    out->wide = true;
    out->not_null = arg.not_null;
    return true;
}

/* Of an integer it is that integer as a real number. */
static bool
call_round(mig__translating *tr, call *c, mig__piece *out)
{
    mig__piece arg = mig__pg_plain(tr, &c->args[0]);

    if (arg.kind != MIG_KIND_INTEGER || c->n == 2)
        return mig__refuse(tr, "SQLite's round() differs");
    *out = mig__tight_piece(MIG_KIND_REAL, mig__pg_double(tr, &arg));
    return true;
}

/* ---- NULL and choices ------------------------------------------------------------------- */

static bool
one_kind(mig__translating *tr, call *c, size_t first, mig__piece *out)
{
    mig__kind kind;

    out->wide = false;
    for (size_t i = first; i < c->n; i++) {
        if (c->args[i].class != NULL)
            c->args[i].class = NULL;
        out->wide = out->wide || c->args[i].wide;
        /* The first argument's collation would count, and an affinity would not. */
        if (c->args[i].column != NULL && c->args[i].collation != MIG_COLLATION_NONE)
            return mig__refuse(tr, "%s() of texts under a collation", c->node->text);
    }
    if (!mig__pg_unify(tr, &c->args[first], c->n - first, &kind))
        return false;
    out->kind = kind;
    return true;
}

static const char *
list_of(mig__translating *tr, const call *c, size_t first)
{
    const char *texts[MAX_ARGS];

    for (size_t i = first; i < c->n; i++)
        texts[i] = c->args[i].text;
    return mig__join(tr, texts + first, c->n - first, ", ");
}

static bool
call_coalesce(mig__translating *tr, call *c, mig__piece *out)
{
    *out = mig__tight_piece(MIG_KIND_NULL, "");
    if (!one_kind(tr, c, 0, out))
        return false;
    out->text = mig__say(tr, "coalesce(%s)", list_of(tr, c, 0));
    for (size_t i = 0; i < c->n; i++)
        out->not_null = out->not_null || c->args[i].not_null;
    return true;
}

static bool
call_nullif(mig__translating *tr, call *c, mig__piece *out)
{
    mig__piece test;

    *out = c->args[0];
    if (!mig__pg_compare(tr, "=", c->args[0], c->args[1], &test))
        return false;
    *out = mig__tight_piece(c->args[0].kind, mig__say(tr, "CASE WHEN %s THEN NULL ELSE %s END",
                                                      test.text, c->args[0].text));
    out->wide = c->args[0].wide;
    return true;
}

static bool
call_iif(mig__translating *tr, call *c, mig__piece *out)
{
    mig__piece test;

    *out = mig__tight_piece(MIG_KIND_NULL, "");
    if (!mig__pg_truth(tr, &c->args[0], &test) || !one_kind(tr, c, 1, out))
        return false;
    out->text = mig__say(tr, "CASE WHEN %s THEN %s ELSE %s END", test.text, c->args[1].text,
                         c->args[2].text);
    return true;
}

static bool
call_itself(mig__translating *tr, call *c, mig__piece *out)
{
    (void)tr;
    *out = c->args[0];
    out->column = NULL;
    return true;
}

/* Of several arguments: NULL if one of them is; least() and greatest() leave NULLs out. */
static bool
call_extreme(mig__translating *tr, call *c, mig__piece *out)
{
    const char *name = strcmp(c->node->text, "min") == 0 ? "least" : "greatest";
    const char *tests[MAX_ARGS];
    size_t      n_tests = 0;

    *out = mig__tight_piece(MIG_KIND_NULL, "");
    if (!one_kind(tr, c, 0, out))
        return false;
    if (!mig__is_number_kind(out->kind) && out->kind != MIG_KIND_TEXT)
        return mig__refuse(tr, "%s() of %s", c->node->text, mig__kind_words(out->kind));
    for (size_t i = 0; i < c->n; i++) {
        mig__piece *arg = &c->args[i];

        if (arg->column != NULL && arg->column->affinity == MIG_AFFINITY_TEXT &&
            arg->kind != MIG_KIND_TEXT)
            return mig__refuse(tr, "%s() of numbers that are texts", c->node->text);
        if (!arg->not_null)
            tests[n_tests++] = mig__say(tr, "%s IS NULL", mig__operand(tr, arg));
        if (out->kind == MIG_KIND_TEXT && i == 0)
            arg->text = mig__say(tr, "%s COLLATE \"C\"", mig__tight(tr, arg));
    }
    out->text = mig__say(tr, "%s(%s)", name, list_of(tr, c, 0));
    if (n_tests > 0)
        out->text = mig__say(tr, "CASE WHEN %s THEN NULL ELSE %s END",
                             mig__join(tr, tests, n_tests, " OR "), out->text);
    out->not_null = n_tests == 0;
    return true;
}

/* ---- storage classes -------------------------------------------------------------------- */

/* By the affinity and the type alone. */
static const char *
likely_class(const mig__piece *arg)
{
    mig_affinity affinity = arg->column != NULL ? arg->column->affinity : MIG_AFFINITY_BLOB;
    bool         numbers = affinity != MIG_AFFINITY_TEXT;

    switch (arg->kind) {
    case MIG_KIND_BOOLEAN:
    case MIG_KIND_INTEGER:
        if (affinity == MIG_AFFINITY_REAL)
            return "real";
        return arg->column == NULL || affinity == MIG_AFFINITY_INTEGER ||
                       affinity == MIG_AFFINITY_NUMERIC
                   ? "integer"
                   : NULL;
    case MIG_KIND_REAL:
        return affinity == MIG_AFFINITY_REAL || arg->literal ? "real" : NULL;
    case MIG_KIND_TEXT:
        return arg->column == NULL || !numbers ? "text" : NULL;
    case MIG_KIND_BLOB:
        return "blob";
    case MIG_KIND_JSON:
    case MIG_KIND_JSONB:
    case MIG_KIND_DATE:
    case MIG_KIND_TIME:
    case MIG_KIND_TIMESTAMP:
    case MIG_KIND_TIMESTAMPTZ:
    case MIG_KIND_UUID:
        if (affinity == MIG_AFFINITY_TEXT)
            return "text";
        return affinity == MIG_AFFINITY_INTEGER && mig__is_time_kind(arg->kind) ? "integer" : NULL;
    case MIG_KIND_NULL:
    case MIG_KIND_NUMERIC:
    case MIG_KIND_OTHER:
        break;
    }
    return NULL;
}

/* The class that all values of the column have in SQLite; NULL if that is not sure. */
static const char *
class_of(const mig__piece *arg)
{
    static const char *const names[] = {"null", "integer", "real", "text", "blob"};
    const char *class = likely_class(arg);
    const unsigned known = arg->column != NULL ? arg->column->classes : 0;

    for (int i = MIG_VALUE_INTEGER; class != NULL && i <= MIG_VALUE_BLOB; i++)
        if ((known & 1U << i) != 0 && strcmp(class, names[i]) != 0)
            return NULL;
    return class;
}

static bool
call_typeof(mig__translating *tr, call *c, mig__piece *out)
{
    mig__piece *arg = &c->args[0];
    const char *class = class_of(arg);

    if (class == NULL)
        return mig__refuse(tr, "typeof() of values that may have several storage classes");
    *out = mig__tight_piece(MIG_KIND_TEXT,
                            mig__say(tr, "CASE WHEN %s IS NULL THEN 'null' ELSE '%s' END",
                                     mig__operand(tr, arg), class));
    out->class = class;
    out->classified = mig__operand(tr, arg);
    out->not_null = arg->not_null;
    return true;
}

/* Every value of a column of JSON is valid. */
static bool
call_json_valid(mig__translating *tr, call *c, mig__piece *out)
{
    mig__piece *arg = &c->args[0];

    if (arg->kind != MIG_KIND_JSON && arg->kind != MIG_KIND_JSONB)
        return mig__refuse(tr, "json_valid() of a column that is not json");
    *out = mig__tight_piece(MIG_KIND_BOOLEAN, "true");
    if (!arg->not_null)
        mig__note(tr, "json_valid(NULL) is taken as NULL, which older versions of SQLite had as 0");
    if (!arg->not_null)
        out->text = mig__say(tr, "nullif(%s IS NOT NULL, false)", mig__operand(tr, arg));
    return true;
}

/* ---- the table -------------------------------------------------------------------------- */

typedef struct function {
    const char *name;
    size_t      min, max;
    bool (*make)(mig__translating *tr, call *c, mig__piece *out);
} function;

static const function functions[] = {
    {"length", 1, 1, call_length},
    {"lower", 1, 1, call_case},
    {"upper", 1, 1, call_case},
    {"trim", 1, 2, call_trim},
    {"ltrim", 1, 2, call_trim},
    {"rtrim", 1, 2, call_trim},
    {"substr", 2, 3, call_substr},
    {"substring", 2, 3, call_substr},
    {"instr", 2, 2, call_instr},
    {"replace", 3, 3, call_replace},
    {"hex", 1, 1, call_hex},
    {"unicode", 1, 1, call_unicode},
    {"abs", 1, 1, call_abs},
    {"round", 1, 2, call_round},
    {"coalesce", 2, MAX_ARGS, call_coalesce},
    {"ifnull", 2, 2, call_coalesce},
    {"nullif", 2, 2, call_nullif},
    {"iif", 3, 3, call_iif},
    {"likely", 1, 1, call_itself},
    {"unlikely", 1, 1, call_itself},
    {"likelihood", 2, 2, call_itself},
    {"min", 2, MAX_ARGS, call_extreme},
    {"max", 2, MAX_ARGS, call_extreme},
    {"typeof", 1, 1, call_typeof},
    {"json_valid", 1, 1, call_json_valid},
};

/* ---- aggregates ------------------------------------------------------------------------- */

/* The sum of integers is one, and an overflow an error, in both; nothing sums up to NULL. */
static bool
aggregate_sum(mig__translating *tr, const mig__node *node, const mig__piece *arg, mig__piece *out)
{
    const char *distinct = node->distinct ? "DISTINCT " : "";
    const char *name = strcmp(node->text, "total") == 0 ? "sum" : node->text;
    mig__piece  plain = mig__pg_plain(tr, arg);

    if (!mig__is_number_kind(plain.kind))
        return mig__refuse(tr, "%s() of %s", node->text, mig__kind_words(plain.kind));
    if (plain.kind == MIG_KIND_INTEGER && strcmp(node->text, "sum") == 0) {
        *out = mig__tight_piece(MIG_KIND_INTEGER,
                                mig__say(tr, "sum(%s%s)::bigint", distinct, plain.text));
        out->wide = true;
        return true;
    }
    *out = mig__tight_piece(MIG_KIND_REAL,
                            mig__say(tr, "%s(%s%s)", name, distinct, mig__pg_double(tr, &plain)));
    if (plain.kind != MIG_KIND_INTEGER)
        mig__note(tr, "doubles are added in another order, which may change their last digits");
    if (strcmp(node->text, "total") == 0)
        out->text = mig__say(tr, "coalesce(%s, 0)", out->text);
    return true;
}

static bool
aggregate_extreme(mig__translating *tr, const mig__node *node, const mig__piece *arg,
                  mig__piece *out)
{
    *out = *arg;
    out->column = NULL;
    out->hold = MIG_HOLD_TIGHT;
    out->not_null = out->literal = false;
    if (arg->kind == MIG_KIND_TEXT && arg->collation == MIG_COLLATION_NONE) {
        out->text = mig__say(tr, "%s(%s COLLATE \"C\")", node->text, mig__tight(tr, arg));
        return true;
    }
    if (!mig__is_number_kind(arg->kind) && !mig__is_time_kind(arg->kind))
        return mig__refuse(tr, "%s() of %s", node->text, mig__kind_words(arg->kind));
    out->text = mig__say(tr, "%s(%s)", node->text, arg->text);
    return true;
}

static bool
aggregate_concat(mig__translating *tr, const mig__node *node, mig__piece *args, size_t n,
                 mig__piece *out)
{
    mig__piece separator = mig__text_literal(tr, ",");

    if (!mig__pg_text(tr, &args[0], &args[0]) ||
        (n == 2 && !mig__pg_text(tr, &args[1], &separator)))
        return false;
    if (node->distinct && n == 2)
        return mig__refuse(tr, "group_concat(DISTINCT ...) with a separator");
    mig__note(tr, "the order in which group_concat() joins is not fixed");
    *out = mig__tight_piece(MIG_KIND_TEXT,
                            mig__say(tr, "string_agg(%s%s, %s)", node->distinct ? "DISTINCT " : "",
                                     args[0].text, separator.text));
    return true;
}

static bool
is_aggregate(const mig__node *node)
{
    static const char *const names[] = {"count", "sum", "total", "avg", "group_concat"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(node->text, names[i]) == 0)
            return true;
    return (strcmp(node->text, "min") == 0 || strcmp(node->text, "max") == 0) && node->n_args == 1;
}

static bool
aggregate(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece args[2];
    bool       may = tr->aggregates, made = true;

    if (!may || node->n_args > 2 || (node->n_args == 0 && !node->star))
        return mig__refuse(tr, "%s() here", node->text);
    tr->aggregates = false;
    for (size_t i = 0; i < node->n_args && made; i++)
        made = mig__pg_value(tr, node->args[i], &args[i]);
    tr->aggregates = may;
    if (!made)
        return false;
    if (strcmp(node->text, "count") == 0) {
        *out = mig__tight_piece(
            MIG_KIND_INTEGER,
            node->star
                ? "count(*)"
                : mig__say(tr, "count(%s%s)", node->distinct ? "DISTINCT " : "", args[0].text));
        out->wide = out->not_null = true;
        return node->star || !node->distinct || args[0].kind != MIG_KIND_JSON ||
               mig__refuse(tr, "count(DISTINCT ...) of json");
    }
    if (strcmp(node->text, "group_concat") == 0)
        return aggregate_concat(tr, node, args, node->n_args, out);
    if (strcmp(node->text, "min") == 0 || strcmp(node->text, "max") == 0)
        return aggregate_extreme(tr, node, &args[0], out);
    return aggregate_sum(tr, node, &args[0], out);
}

/* ---- any call --------------------------------------------------------------------------- */

static const function *
find(const mig__node *node)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(functions[i].name, node->text) == 0 && node->n_args >= functions[i].min &&
            node->n_args <= functions[i].max)
            return &functions[i];
    return NULL;
}

bool
mig__pg_call(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const function *found = find(node);
    call            c = {.node = node, .n = node->n_args};

    if (mig__pg_is_time_call(node))
        return mig__pg_time_call(tr, node, out);
    if (is_aggregate(node))
        return aggregate(tr, node, out);
    if (strcmp(node->text, "random") == 0 && tr->use == MIG_TRANSLATE_DEFAULT && !tr->query) {
        *out = mig__tight_piece(MIG_KIND_INTEGER, "(" MIG_PG_RANDOM ")");
        out->wide = true;
        return true;
    }
    if (found == NULL || node->distinct || node->star)
        return mig__refuse(tr, "%s() has no certain equivalent", node->text);
    for (size_t i = 0; i < c.n; i++)
        if (!mig__pg_value(tr, node->args[i], &c.args[i]))
            return false;
    return found->make(tr, &c, out);
}
