/*
 * translate_sqlite_call.c - PostgreSQL's functions in SQLite.
 *
 * One entry per function, as in the other direction (translate_pg_call.c).
 *
 * Sources: PostgreSQL manual, "String Functions and Operators", "Mathematical
 * Functions and Operators"; SQLite, "Built-In Scalar SQL Functions".
 */
#include <string.h>

#include "translating_sqlite.h"

#define MAX_ARGS 16

typedef struct call {
    const mig__node *node;
    mig__piece       args[MAX_ARGS];
    size_t           n;
} call;

static bool
expect_kind(mig__translating *tr, const call *c, size_t i, mig__kind kind)
{
    if (c->args[i].kind == kind || c->args[i].kind == MIG_KIND_NULL)
        return true;
    return mig__refuse(tr, "%s() of %s", c->node->text, mig__kind_words(c->args[i].kind));
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
    bool bytes = strcmp(c->node->text, "octet_length") == 0;

    if (c->args[0].kind != MIG_KIND_BLOB && !expect_kind(tr, c, 0, MIG_KIND_TEXT))
        return false;
    *out = mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr,
                                                       bytes && c->args[0].kind == MIG_KIND_TEXT
                                                           ? "length(CAST(%s AS BLOB))"
                                                           : "length(%s)",
                                                       c->args[0].text));
    return true;
}

static bool
call_case(mig__translating *tr, call *c, mig__piece *out)
{
    if (!expect_kind(tr, c, 0, MIG_KIND_TEXT))
        return false;
    mig__note(tr, "lower() and upper() of SQLite change the letters of ASCII alone");
    *out = mig__tight_piece(MIG_KIND_TEXT, mig__say(tr, "%s(%s)", c->node->text, c->args[0].text));
    return true;
}

static bool
call_trim(mig__translating *tr, call *c, mig__piece *out)
{
    const char *name = strcmp(c->node->text, "btrim") == 0 ? "trim" : c->node->text;

    if (!expect_kind(tr, c, 0, MIG_KIND_TEXT) ||
        (c->n == 2 && !expect_kind(tr, c, 1, MIG_KIND_TEXT)))
        return false;
    *out = mig__tight_piece(MIG_KIND_TEXT, c->n == 1 ? mig__say(tr, "%s(%s)", name, c->args[0].text)
                                                     : mig__say(tr, "%s(%s, %s)", name,
                                                                c->args[0].text, c->args[1].text));
    return true;
}

static bool
call_substr(mig__translating *tr, call *c, mig__piece *out)
{
    int64_t start, len = 0;

    if (!expect_kind(tr, c, 0, MIG_KIND_TEXT))
        return false;
    if (!literal_int(&c->args[1], &start) || start < 1 ||
        (c->n == 3 && (!literal_int(&c->args[2], &len) || len < 0)))
        return mig__refuse(tr, "substr() from a place or of a length that is not known");
    *out = mig__tight_piece(
        MIG_KIND_TEXT, c->n == 2
                           ? mig__say(tr, "substr(%s, %lld)", c->args[0].text, (long long)start)
                           : mig__say(tr, "substr(%s, %lld, %lld)", c->args[0].text,
                                      (long long)start, (long long)len));
    return true;
}

/* left() and right() of a number of characters that is not negative. */
static bool
call_end(mig__translating *tr, call *c, mig__piece *out)
{
    bool    left = strcmp(c->node->text, "left") == 0;
    int64_t n;

    if (!expect_kind(tr, c, 0, MIG_KIND_TEXT))
        return false;
    if (!literal_int(&c->args[1], &n) || n < 1)
        return mig__refuse(tr, "%s() of a length that is not known", c->node->text);
    *out = mig__tight_piece(MIG_KIND_TEXT,
                            mig__say(tr, left ? "substr(%s, 1, %lld)" : "substr(%s, -%lld)",
                                     c->args[0].text, (long long)n));
    return true;
}

static bool
call_strpos(mig__translating *tr, call *c, mig__piece *out)
{
    if (!expect_kind(tr, c, 0, MIG_KIND_TEXT) || !expect_kind(tr, c, 1, MIG_KIND_TEXT))
        return false;
    *out = mig__tight_piece(MIG_KIND_INTEGER,
                            mig__say(tr, "instr(%s, %s)", c->args[0].text, c->args[1].text));
    return true;
}

static bool
call_replace(mig__translating *tr, call *c, mig__piece *out)
{
    for (size_t i = 0; i < 3; i++)
        if (!expect_kind(tr, c, i, MIG_KIND_TEXT))
            return false;
    if (!c->args[2].not_null && !(c->args[1].literal && c->args[1].value[0] != '\0'))
        return mig__refuse(tr, "replace() of a text that may be empty by one that may be NULL");
    *out = mig__tight_piece(MIG_KIND_TEXT, mig__say(tr, "replace(%s, %s, %s)", c->args[0].text,
                                                    c->args[1].text, c->args[2].text));
    return true;
}

/* ---- numbers ---------------------------------------------------------------------------- */

static bool
call_abs(mig__translating *tr, call *c, mig__piece *out)
{
    if (!mig__is_number_kind(c->args[0].kind) ||
        (c->args[0].column != NULL && c->args[0].column->affinity == MIG_AFFINITY_TEXT))
        return mig__refuse(tr, "abs() of %s", mig__kind_words(c->args[0].kind));
    *out = mig__tight_piece(c->args[0].kind, mig__say(tr, "abs(%s)", c->args[0].text));
    return true;
}

static bool
call_mod(mig__translating *tr, call *c, mig__piece *out)
{
    for (size_t i = 0; i < 2; i++)
        if (c->args[i].kind != MIG_KIND_INTEGER ||
            (c->args[i].column != NULL && c->args[i].column->affinity == MIG_AFFINITY_TEXT))
            return mig__refuse(tr, "mod() of %s", mig__kind_words(c->args[i].kind));
    *out =
        mig__loose_piece(MIG_KIND_INTEGER, mig__say(tr, "%s %% %s", mig__operand(tr, &c->args[0]),
                                                    mig__operand(tr, &c->args[1])));
    return true;
}

/* ---- NULL ------------------------------------------------------------------------------- */

static bool
call_coalesce(mig__translating *tr, call *c, mig__piece *out)
{
    const char *texts[MAX_ARGS];
    mig__kind   kind;

    if (!mig__sqlite_unify(tr, c->args, c->n, &kind))
        return false;
    for (size_t i = 0; i < c->n; i++)
        texts[i] = c->args[i].text;
    *out = c->n == 1 ? c->args[0]
                     : mig__tight_piece(
                           kind, mig__say(tr, "coalesce(%s)", mig__join(tr, texts, c->n, ", ")));
    return true;
}

static bool
call_nullif(mig__translating *tr, call *c, mig__piece *out)
{
    mig__piece left = c->args[0], right = c->args[1];

    if (!mig__sqlite_match(tr, false, &left, &right))
        return false;
    *out = mig__tight_piece(left.kind, mig__say(tr, "nullif(%s, %s)", left.text, right.text));
    return true;
}

/* ---- JSON ------------------------------------------------------------------------------- */

static bool
call_json_typeof(mig__translating *tr, call *c, mig__piece *out)
{
    const mig__piece *arg = &c->args[0];

    if ((arg->kind != MIG_KIND_JSON && arg->kind != MIG_KIND_JSONB) || arg->column == NULL ||
        arg->column->affinity != MIG_AFFINITY_TEXT)
        return mig__refuse(tr, "%s() of %s", c->node->text, mig__kind_words(arg->kind));
    *out = mig__tight_piece(
        MIG_KIND_TEXT,
        mig__say(tr,
                 "CASE json_type(%s) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' "
                 "WHEN 'real' THEN 'number' WHEN 'true' THEN 'boolean' WHEN 'false' THEN "
                 "'boolean' ELSE json_type(%s) END",
                 arg->text, arg->text));
    return true;
}

/* x LIKE p ESCAPE e is x ~~ like_escape(p, e): the pattern with a backslash for the character e. */
static bool
call_like_escape(mig__translating *tr, call *c, mig__piece *out)
{
    mig_buf     pattern = MIG_BUF_INIT;
    bool        behind = false;
    const char *escape = c->args[1].literal ? c->args[1].value : "";

    if (!c->args[0].literal || !c->args[1].literal || !expect_kind(tr, c, 0, MIG_KIND_TEXT) ||
        !expect_kind(tr, c, 1, MIG_KIND_TEXT) || strlen(escape) > 1)
        return mig__refuse(tr, "LIKE with this ESCAPE");
    for (const char *at = c->args[0].value; *at != '\0'; at++) {
        const bool escapes = *at == escape[0] && !behind;

        if (escapes || (*at == '\\' && !behind))
            mig_buf_puts(&pattern, "\\");
        if (!escapes)
            mig_buf_add(&pattern, at, 1);
        behind = escapes;
    }
    *out = mig__text_literal(tr, mig__say(tr, "%s", mig_buf_text(&pattern)));
    mig_buf_fini(&pattern);
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
    {"char_length", 1, 1, call_length},
    {"character_length", 1, 1, call_length},
    {"octet_length", 1, 1, call_length},
    {"lower", 1, 1, call_case},
    {"upper", 1, 1, call_case},
    {"btrim", 1, 2, call_trim},
    {"ltrim", 1, 2, call_trim},
    {"rtrim", 1, 2, call_trim},
    {"substr", 2, 3, call_substr},
    {"substring", 2, 3, call_substr},
    {"left", 2, 2, call_end},
    {"right", 2, 2, call_end},
    {"strpos", 2, 2, call_strpos},
    {"replace", 3, 3, call_replace},
    {"like_escape", 2, 2, call_like_escape},
    {"abs", 1, 1, call_abs},
    {"mod", 2, 2, call_mod},
    {"coalesce", 1, MAX_ARGS, call_coalesce},
    {"nullif", 2, 2, call_nullif},
    {"json_typeof", 1, 1, call_json_typeof},
    {"jsonb_typeof", 1, 1, call_json_typeof},
};

static const function *
find(const mig__node *node)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(functions[i].name, node->text) == 0 && node->n_args >= functions[i].min &&
            node->n_args <= functions[i].max)
            return &functions[i];
    return NULL;
}

/* ---- aggregates ------------------------------------------------------------------------- */

/* sum() of integers is exact in both, and that of bigint a numeric, whose integers are the same. */
static bool
aggregate(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const char *distinct = node->distinct ? "DISTINCT " : "";
    bool        may = tr->aggregates, made;
    mig__piece  arg;

    if (!may || (!node->star && node->n_args != 1))
        return mig__refuse(tr, "%s() here", node->text);
    if (node->star) {
        *out = mig__tight_piece(MIG_KIND_INTEGER, "count(*)");
        return true;
    }
    tr->aggregates = false;
    made = mig__sqlite_value(tr, node->args[0], &arg);
    tr->aggregates = may;
    if (!made)
        return false;
    if (strcmp(node->text, "count") == 0) {
        *out = mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr, "count(%s%s)", distinct, arg.text));
        return true;
    }
    if (arg.kind != MIG_KIND_INTEGER &&
        (arg.kind != MIG_KIND_REAL || strcmp(node->text, "avg") == 0))
        return mig__refuse(tr, "%s() of %s", node->text, mig__kind_words(arg.kind));
    if (strcmp(node->text, "avg") == 0)
        return mig__refuse(tr, "avg() of integers, which PostgreSQL does exactly");
    if (arg.kind == MIG_KIND_REAL && strcmp(node->text, "sum") == 0)
        mig__note(tr, "doubles are added in another order, which may change their last digits");
    *out = mig__tight_piece(arg.kind, mig__say(tr, "%s(%s%s)", node->text, distinct, arg.text));
    return true;
}

static bool
is_aggregate(const mig__node *node)
{
    return strcmp(node->text, "count") == 0 || strcmp(node->text, "sum") == 0 ||
           strcmp(node->text, "min") == 0 || strcmp(node->text, "max") == 0 ||
           strcmp(node->text, "avg") == 0;
}

bool
mig__sqlite_call(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const function *found = find(node);
    call            c = {.node = node, .n = node->n_args};

    if (node->qualifier != NULL && strcmp(node->qualifier, "pg_catalog") != 0)
        return mig__refuse(tr, "%s.%s() is a function of users", node->qualifier, node->text);
    if (is_aggregate(node))
        return aggregate(tr, node, out);
    if (found == NULL || node->distinct || node->star)
        return mig__refuse(tr, "%s() has no certain equivalent", node->text);
    for (size_t i = 0; i < c.n; i++)
        if (!mig__sqlite_value(tr, node->args[i], &c.args[i]))
            return false;
    return found->make(tr, &c, out);
}
