/*
 * sql_parse.c - expressions of both dialects, by precedence.
 *
 * An operand is parsed, then as many operators behind it as bind at least as
 * strongly as the caller's; each operator asks for its right operand the same
 * way, one level higher.  The levels of the two dialects differ, so each has a
 * table.  What is no operand: sql_parse_operand.c.
 *
 * Sources: SQLite, "SQL Language Expressions", "Operators, and Parse-Affecting
 * Attributes"; PostgreSQL manual, "Operator Precedence".
 */
#include <string.h>

#include "sql_operand.h"

typedef enum form {
    FORM_NONE,
    FORM_BINARY,
    FORM_IS,
    FORM_NULL_TEST, /* ISNULL, NOTNULL, NOT NULL */
    FORM_IN,
    FORM_BETWEEN,
    FORM_LIKE,
    FORM_COLLATE,
    FORM_AT_ZONE,
} form;

typedef struct infix {
    form        form;
    unsigned    level;
    const char *text; /* the operator, in the one form in which trees have it */
    bool        negated;
} infix;

typedef struct word_infix {
    const char *word;
    form        form;
    unsigned    levels[2]; /* by dialect; 0: it has none */
} word_infix;

/* Level 3 is NOT's. */
#define LEVEL_NOT    3
#define LEVEL_PREFIX 13

static const word_infix words[] = {
    {"OR", FORM_BINARY, {1, 1}},
    {"AND", FORM_BINARY, {2, 2}},
    {"IS", FORM_IS, {4, 4}},
    {"ISNULL", FORM_NULL_TEST, {4, 4}},
    {"NOTNULL", FORM_NULL_TEST, {4, 4}},
    {"IN", FORM_IN, {4, 6}},
    {"BETWEEN", FORM_BETWEEN, {4, 6}},
    {"LIKE", FORM_LIKE, {4, 6}},
    {"ILIKE", FORM_LIKE, {0, 6}},
    {"GLOB", FORM_LIKE, {4, 0}},
    {"REGEXP", FORM_LIKE, {4, 0}},
    {"MATCH", FORM_LIKE, {4, 0}},
    {"COLLATE", FORM_COLLATE, {12, 12}},
    {"AT", FORM_AT_ZONE, {0, 11}},
};

typedef struct sign_infix {
    const char *sign;
    const char *text;
    unsigned    levels[2];
} sign_infix;

static const sign_infix signs[] = {
    {"=", "=", {4, 5}},     {"==", "=", {4, 0}},  {"<>", "<>", {4, 5}}, {"!=", "<>", {4, 5}},
    {"<", "<", {5, 5}},     {"<=", "<=", {5, 5}}, {">", ">", {5, 5}},   {">=", ">=", {5, 5}},
    {"&", "&", {6, 7}},     {"|", "|", {6, 7}},   {"<<", "<<", {6, 7}}, {">>", ">>", {6, 7}},
    {"+", "+", {7, 8}},     {"-", "-", {7, 8}},   {"*", "*", {8, 9}},   {"/", "/", {8, 9}},
    {"%", "%", {8, 9}},     {"^", "^", {0, 10}},  {"||", "||", {9, 7}}, {"->", "->", {9, 7}},
    {"->>", "->>", {9, 7}},
};

/* PostgreSQL's operators for what the standard writes as words. */
typedef struct like_sign {
    const char *sign, *text;
    bool        negated;
} like_sign;

static const like_sign like_signs[] = {
    {"~~", "LIKE", false},
    {"!~~", "LIKE", true},
    {"~~*", "ILIKE", false},
    {"!~~*", "ILIKE", true},
};

static mig__node *parse_level(mig__parser *parser, unsigned level);

/* ---- which operator stands here --------------------------------------------------------- */

static infix
word_here(const mig__parser *parser, const mig_token *token)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        unsigned level = words[i].levels[parser->dialect == MIG_DIALECT_POSTGRES];

        if (level > 0 && mig__token_is(token, words[i].word))
            return (infix){words[i].form, level, words[i].word, false};
    }
    return (infix){.form = FORM_NONE};
}

static infix
sign_here(const mig__parser *parser)
{
    bool postgres = parser->dialect == MIG_DIALECT_POSTGRES;

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (signs[i].levels[postgres] > 0 && mig__parser_sign(parser, signs[i].sign))
            return (infix){FORM_BINARY, signs[i].levels[postgres], signs[i].text, false};
    for (size_t i = 0; postgres && i < sizeof like_signs / sizeof like_signs[0]; i++)
        if (mig__parser_sign(parser, like_signs[i].sign))
            return (infix){FORM_LIKE, 7, like_signs[i].text, like_signs[i].negated};
    /* The others that PostgreSQL has, as they are. */
    if (postgres && !mig__parser_sign(parser, "::") && !mig__parser_sign(parser, ":"))
        return (infix){FORM_BINARY, 7, NULL, false};
    return (infix){.form = FORM_NONE};
}

/* NOT behind an operand: NOT NULL, or one of the forms that may be negated. */
static infix
negated_here(const mig__parser *parser)
{
    mig_lexer lexer = parser->lexer;
    mig_token token;
    infix     found;

    mig__lex_next(&lexer, &token);
    if (parser->dialect == MIG_DIALECT_SQLITE && mig__token_is(&token, "NULL"))
        return (infix){FORM_NULL_TEST, 4, "NOT NULL", true};
    found = word_here(parser, &token);
    if (found.form != FORM_IN && found.form != FORM_BETWEEN && found.form != FORM_LIKE)
        return (infix){.form = FORM_NONE};
    found.negated = true;
    return found;
}

static infix
infix_here(const mig__parser *parser)
{
    if (mig__parser_is(parser, "NOT"))
        return negated_here(parser);
    if (parser->token.kind == MIG_TOKEN_NAME)
        return word_here(parser, &parser->token);
    if (parser->token.kind == MIG_TOKEN_OPERATOR)
        return sign_here(parser);
    return (infix){.form = FORM_NONE};
}

/* ---- what stands behind it -------------------------------------------------------------- */

static mig__node *
two(mig__parser *parser, mig__node_kind kind, const char *text, mig__node *left, mig__node *right)
{
    mig__node *node = mig__node_new(parser, kind, text);

    return mig__node_add(parser, node, left) && mig__node_add(parser, node, right) ? node : NULL;
}

static mig__node *
is_null(mig__parser *parser, mig__node *left, bool negated)
{
    mig__node *node = two(parser, MIG_NODE_IS, "", left, mig__node_new(parser, MIG_NODE_NULL, ""));

    if (node != NULL)
        node->negated = negated;
    return node;
}

/* Behind IS. */
static mig__node *
parse_is(mig__parser *parser, mig__node *left, unsigned level)
{
    static const char *const truths[] = {"TRUE", "FALSE", "UNKNOWN"};
    bool                     negated = mig__parser_skip(parser, "NOT");
    mig__node               *node;

    if (mig__parser_skip(parser, "NULL"))
        return is_null(parser, left, negated);
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++)
        if (mig__parser_skip(parser, truths[i])) {
            node = mig__node_new(parser, MIG_NODE_IS_TRUTH, truths[i]);
            if (node != NULL)
                node->negated = negated;
            return mig__node_add(parser, node, left) ? node : NULL;
        }
    /* a IS NOT DISTINCT FROM b is SQLite's a IS b. */
    if (mig__parser_is(parser, "DISTINCT") && mig__parser_is_second(parser, "FROM")) {
        mig__parser_next(parser);
        mig__parser_next(parser);
        negated = !negated;
    }
    node = two(parser, MIG_NODE_IS, "", left, parse_level(parser, level + 1));
    if (node != NULL)
        node->negated = negated;
    return node;
}

static mig__node *
parse_between(mig__parser *parser, mig__node *left, const infix *here)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_BETWEEN, "");

    if (!mig__node_add(parser, node, left) ||
        !mig__node_add(parser, node, parse_level(parser, here->level + 1)) ||
        !mig__parser_expect(parser, "AND") ||
        !mig__node_add(parser, node, parse_level(parser, here->level + 1)))
        return NULL;
    node->negated = here->negated;
    return node;
}

static mig__node *
parse_like(mig__parser *parser, mig__node *left, const infix *here)
{
    mig__node *node =
        two(parser, MIG_NODE_LIKE, here->text, left, parse_level(parser, here->level + 1));

    if (node == NULL)
        return NULL;
    node->negated = here->negated;
    if (mig__parser_skip(parser, "ESCAPE") &&
        !mig__node_add(parser, node, parse_level(parser, here->level + 1)))
        return NULL;
    return node;
}

/* = ANY (ARRAY[...]) is how PostgreSQL keeps IN (...); <> ALL (...) is NOT IN. */
static mig__node *
parse_any(mig__parser *parser, mig__node *left, const char *operator)
{
    bool       any = mig__parser_is(parser, "ANY") || mig__parser_is(parser, "SOME");
    mig__node *node = mig__node_new(parser, MIG_NODE_IN, "");
    mig__node *list;

    if ((any && strcmp(operator, "=") != 0) || (!any && strcmp(operator, "<>") != 0)) {
        mig__parser_fail(parser);
        return NULL;
    }
    mig__parser_next(parser);
    list = mig__parse_operand(parser); /* in its parentheses */
    while (list != NULL && list->kind == MIG_NODE_CAST)
        list = list->args[0];
    if (list == NULL || list->kind != MIG_NODE_ARRAY || !mig__node_add(parser, node, left)) {
        mig__parser_fail(parser);
        return NULL;
    }
    for (size_t i = 0; i < list->n_args; i++)
        if (!mig__node_add(parser, node, list->args[i]))
            return NULL;
    node->negated = !any;
    return node;
}

static mig__node *
parse_binary(mig__parser *parser, mig__node *left, const infix *here, const char *sign)
{
    if (parser->dialect == MIG_DIALECT_POSTGRES &&
        (mig__parser_is(parser, "ANY") || mig__parser_is(parser, "ALL") ||
         mig__parser_is(parser, "SOME")) &&
        mig__parser_sign_second(parser, "("))
        return parse_any(parser, left, sign);
    return two(parser, MIG_NODE_BINARY, sign, left, parse_level(parser, here->level + 1));
}

static mig__node *
parse_collate(mig__parser *parser, mig__node *left)
{
    const char *name = mig__parser_name(parser);
    mig__node  *node = mig__node_new(parser, MIG_NODE_COLLATE, name);

    /* "pg_catalog"."C" */
    while (name != NULL && mig__parser_skip_sign(parser, "."))
        name = mig__parser_name(parser);
    if (name == NULL || !mig__node_add(parser, node, left))
        return NULL;
    node->text = name;
    return node;
}

/* a AT TIME ZONE b is the function timezone(b, a). */
static mig__node *
parse_at_zone(mig__parser *parser, mig__node *left, unsigned level)
{
    if (!mig__parser_expect(parser, "TIME") || !mig__parser_expect(parser, "ZONE"))
        return NULL;
    return two(parser, MIG_NODE_CALL, "timezone", parse_level(parser, level + 1), left);
}

static mig__node *
parse_infix(mig__parser *parser, mig__node *left, const infix *here)
{
    const char *text = here->text;

    if (here->negated && mig__parser_is(parser, "NOT"))
        mig__parser_next(parser);
    if (text == NULL)
        text = mig__parser_text(parser);
    else
        mig__parser_next(parser);
    switch (here->form) {
    case FORM_BINARY:
        return parse_binary(parser, left, here, text);
    case FORM_IS:
        return parse_is(parser, left, here->level);
    case FORM_NULL_TEST:
        return is_null(parser, left, strcmp(text, "ISNULL") != 0);
    case FORM_IN:
        return mig__parse_in(parser, left, here->negated);
    case FORM_BETWEEN:
        return parse_between(parser, left, here);
    case FORM_LIKE:
        return parse_like(parser, left, here);
    case FORM_COLLATE:
        return parse_collate(parser, left);
    case FORM_AT_ZONE:
        return parse_at_zone(parser, left, here->level);
    case FORM_NONE:
        break;
    }
    return NULL;
}

/* ---- one level -------------------------------------------------------------------------- */

static mig__node *
parse_prefix(mig__parser *parser)
{
    static const char *const prefixes[] = {"-", "+", "~"};
    mig__node               *node;

    if (mig__parser_skip(parser, "NOT")) {
        node = mig__node_new(parser, MIG_NODE_UNARY, "NOT");
        return mig__node_add(parser, node, parse_level(parser, LEVEL_NOT)) ? node : NULL;
    }
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (mig__parser_skip_sign(parser, prefixes[i])) {
            node = mig__node_new(parser, MIG_NODE_UNARY, prefixes[i]);
            return mig__node_add(parser, node, parse_level(parser, LEVEL_PREFIX)) ? node : NULL;
        }
    return mig__parse_operand(parser);
}

static mig__node *
parse_level(mig__parser *parser, unsigned level)
{
    mig__node *left;

    if (parser->depth >= MIG_SQL_MAX_DEPTH) {
        if (parser->why->len == 0)
            mig_buf_puts(parser->why, "it is nested too deep");
        return NULL;
    }
    parser->depth++;
    left = parse_prefix(parser);
    while (left != NULL) {
        infix here = infix_here(parser);

        if (here.form == FORM_NONE || here.level < level)
            break;
        left = parse_infix(parser, left, &here);
    }
    parser->depth--;
    return left;
}

mig__node *
mig__parse_expression(mig__parser *parser)
{
    return parse_level(parser, 1);
}

mig__node *
mig__sql_parse_expression(mig__arena *arena, mig_dialect dialect, const char *text, mig_buf *why)
{
    mig__parser parser;
    mig__node  *node;

    mig__parser_init(&parser, arena, dialect, text, why);
    node = mig__parse_expression(&parser);
    if (node != NULL && parser.token.kind != MIG_TOKEN_END)
        node = NULL;
    if (node == NULL)
        mig__parser_fail(&parser);
    return arena->failed ? NULL : node;
}
