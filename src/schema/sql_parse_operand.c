/*
 * sql_parse_operand.c - what stands between operators.
 *
 * PostgreSQL writes some functions with words between their arguments; they
 * become calls like any other here, under the names that the functions have.
 *
 * Sources: SQLite, "SQL Language Expressions"; PostgreSQL manual, "Value
 * Expressions"; its src/backend/utils/adt/ruleutils.c for what is written back.
 */
#include "sql_operand.h"

#include <string.h>

/* ---- types ------------------------------------------------------------------------------ */

/* Words that go on a type's name where they stand behind it. */
static const char *const type_words[] = {"precision", "varying", "with",  "without", "time",
                                         "zone",      "year",    "to",    "month",   "day",
                                         "hour",      "minute",  "second"};

static bool
goes_on(const mig__parser *parser)
{
    if (parser->token.kind != MIG_TOKEN_NAME)
        return false;
    /* SQLite takes any words. */
    if (parser->dialect == MIG_DIALECT_SQLITE)
        return true;
    for (size_t i = 0; i < sizeof type_words / sizeof type_words[0]; i++)
        if (mig__parser_is(parser, type_words[i]))
            return true;
    return false;
}

/* "(10,2)", with its parentheses. */
static bool
parse_modifiers(mig__parser *parser, mig_buf *type)
{
    mig_buf_puts(type, "(");
    mig__parser_next(parser);
    while (!mig__parser_sign(parser, ")")) {
        if (parser->token.kind == MIG_TOKEN_END)
            return mig__parser_fail(parser);
        mig__token_text(&parser->token, type);
        mig__parser_next(parser);
    }
    mig_buf_puts(type, ")");
    mig__parser_next(parser);
    return true;
}

static bool
parse_type_into(mig__parser *parser, mig_buf *type)
{
    const char *name = mig__parser_name(parser);

    while (name != NULL && mig__parser_skip_sign(parser, "."))
        name = mig__parser_name(parser);
    if (name == NULL)
        return false;
    mig_buf_puts(type, name);
    for (;;) {
        if (mig__parser_sign(parser, "(")) {
            if (!parse_modifiers(parser, type))
                return false;
        } else if (goes_on(parser)) {
            mig_buf_printf(type, " %s", mig__parser_text(parser));
        } else if (parser->dialect == MIG_DIALECT_POSTGRES && mig__parser_skip_sign(parser, "[")) {
            if (!mig__parser_expect_sign(parser, "]"))
                return false;
            mig_buf_puts(type, "[]");
        } else {
            return true;
        }
    }
}

static const char *
parse_type(mig__parser *parser)
{
    mig_buf     type = MIG_BUF_INIT;
    bool        understood = parse_type_into(parser, &type);
    const char *kept = mig__arena_keep(parser->arena, mig_buf_text(&type), type.len);

    parser->arena->failed |= type.failed;
    mig_buf_fini(&type);
    return understood ? kept : NULL;
}

static mig__node *
cast_to(mig__parser *parser, mig__node *value)
{
    const char *type = parse_type(parser);
    mig__node  *node = mig__node_new(parser, MIG_NODE_CAST, type);

    return type != NULL && mig__node_add(parser, node, value) ? node : NULL;
}

/* ---- lists ------------------------------------------------------------------------------ */

/* Expressions up to the closing sign, which may stand there at once. */
static bool
parse_list(mig__parser *parser, mig__node *node, const char *closing)
{
    if (mig__parser_skip_sign(parser, closing))
        return true;
    do {
        if (!mig__node_add(parser, node, mig__parse_expression(parser)))
            return false;
    } while (mig__parser_skip_sign(parser, ","));
    return mig__parser_expect_sign(parser, closing);
}

static bool
parse_query_into(mig__parser *parser, mig__node *node)
{
    if (node == NULL)
        return false;
    node->query = mig__parse_query(parser);
    return node->query != NULL && mig__parser_expect_sign(parser, ")");
}

mig__node *
mig__parse_in(mig__parser *parser, mig__node *left, bool negated)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_IN, "");

    if (!mig__node_add(parser, node, left) || !mig__parser_expect_sign(parser, "("))
        return NULL;
    node->negated = negated;
    if (mig__parser_at_query(parser))
        return parse_query_into(parser, node) ? node : NULL;
    return parse_list(parser, node, ")") ? node : NULL;
}

/* Behind "(": a query, one expression, or a row of several. */
static mig__node *
parse_parenthesis(mig__parser *parser)
{
    mig__node *node;

    if (mig__parser_at_query(parser)) {
        node = mig__node_new(parser, MIG_NODE_QUERY, "");
        return parse_query_into(parser, node) ? node : NULL;
    }
    node = mig__node_new(parser, MIG_NODE_ROW, "");
    if (!parse_list(parser, node, ")") || node->n_args == 0)
        return NULL;
    return node->n_args == 1 ? node->args[0] : node;
}

/* ---- words with a grammar of their own -------------------------------------------------- */

/* Behind CASE. */
static mig__node *
parse_case(mig__parser *parser)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_CASE, "");

    if (node == NULL)
        return NULL;
    if (!mig__parser_is(parser, "WHEN")) {
        node->base = true;
        if (!mig__node_add(parser, node, mig__parse_expression(parser)))
            return NULL;
    }
    if (!mig__parser_is(parser, "WHEN"))
        return NULL;
    while (mig__parser_skip(parser, "WHEN"))
        if (!mig__node_add(parser, node, mig__parse_expression(parser)) ||
            !mig__parser_expect(parser, "THEN") ||
            !mig__node_add(parser, node, mig__parse_expression(parser)))
            return NULL;
    if (mig__parser_skip(parser, "ELSE")) {
        node->has_else = true;
        if (!mig__node_add(parser, node, mig__parse_expression(parser)))
            return NULL;
    }
    return mig__parser_expect(parser, "END") ? node : NULL;
}

/* Behind "CAST (". */
static mig__node *
parse_cast(mig__parser *parser)
{
    mig__node *value = mig__parse_expression(parser);

    if (value == NULL || !mig__parser_expect(parser, "AS"))
        return NULL;
    value = cast_to(parser, value);
    return value != NULL && mig__parser_expect_sign(parser, ")") ? value : NULL;
}

/* Behind "EXTRACT (": the field becomes a string. */
static mig__node *
parse_extract(mig__parser *parser)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_CALL, "extract");
    mig__node *field = mig__node_new(parser, MIG_NODE_STRING, mig__parser_text(parser));

    if (!mig__node_add(parser, node, field) || !mig__parser_expect(parser, "FROM") ||
        !mig__node_add(parser, node, mig__parse_expression(parser)))
        return NULL;
    return mig__parser_expect_sign(parser, ")") ? node : NULL;
}

/* Behind "POSITION (": strpos() has the arguments the other way round. */
static mig__node *
parse_position(mig__parser *parser)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_CALL, "strpos");
    mig__node *sought = mig__parse_operand(parser);

    if (sought == NULL || !mig__parser_expect(parser, "IN") ||
        !mig__node_add(parser, node, mig__parse_expression(parser)) ||
        !mig__node_add(parser, node, sought))
        return NULL;
    return mig__parser_expect_sign(parser, ")") ? node : NULL;
}

/* Behind "SUBSTRING (": with words or with commas. */
static mig__node *
parse_substring(mig__parser *parser)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_CALL, "substr");

    if (!mig__node_add(parser, node, mig__parse_expression(parser)))
        return NULL;
    while (mig__parser_skip(parser, "FROM") || mig__parser_skip(parser, "FOR") ||
           mig__parser_skip_sign(parser, ","))
        if (!mig__node_add(parser, node, mig__parse_expression(parser)))
            return NULL;
    return mig__parser_expect_sign(parser, ")") ? node : NULL;
}

/* Behind "TRIM (". */
static mig__node *
parse_trim(mig__parser *parser)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_CALL, "btrim");
    mig__node *characters = NULL;

    if (node == NULL)
        return NULL;
    if (mig__parser_skip(parser, "LEADING"))
        node->text = "ltrim";
    else if (mig__parser_skip(parser, "TRAILING"))
        node->text = "rtrim";
    else
        mig__parser_skip(parser, "BOTH");
    if (!mig__parser_is(parser, "FROM"))
        characters = mig__parse_expression(parser);
    if (!mig__parser_expect(parser, "FROM") ||
        !mig__node_add(parser, node, mig__parse_expression(parser)) ||
        (characters != NULL && !mig__node_add(parser, node, characters)))
        return NULL;
    return mig__parser_expect_sign(parser, ")") ? node : NULL;
}

typedef struct special {
    const char *word;
    bool        everywhere; /* else in PostgreSQL alone */
    mig__node *(*parse)(mig__parser *parser);
} special;

/* Each with an opening parenthesis behind it. */
static const special specials[] = {
    {"CAST", true, parse_cast},          {"EXTRACT", false, parse_extract},
    {"POSITION", false, parse_position}, {"SUBSTRING", false, parse_substring},
    {"TRIM", false, parse_trim},
};

static const special *
special_here(const mig__parser *parser)
{
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if ((specials[i].everywhere || parser->dialect == MIG_DIALECT_POSTGRES) &&
            mig__parser_is(parser, specials[i].word) && mig__parser_sign_second(parser, "("))
            return &specials[i];
    return NULL;
}

/* Words that are a value by themselves; *foundp false if none stands here. */
static mig__node *
parse_constant(mig__parser *parser, bool *foundp)
{
    static const char *const keywords[] = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME",
                                           "LOCALTIMESTAMP",    "LOCALTIME",    "CURRENT_USER",
                                           "SESSION_USER"};
    mig__node               *node;

    *foundp = true;
    if (mig__parser_sign_second(parser, ".")) {
        *foundp = false;
        return NULL;
    }
    if (mig__parser_skip(parser, "NULL"))
        return mig__node_new(parser, MIG_NODE_NULL, "");
    if (mig__parser_is(parser, "TRUE") || mig__parser_is(parser, "FALSE")) {
        node = mig__node_new(parser, MIG_NODE_BOOLEAN, "");
        if (node != NULL)
            node->number = mig__parser_is(parser, "TRUE");
        mig__parser_next(parser);
        return node;
    }
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (mig__parser_is(parser, keywords[i])) {
            mig__parser_next(parser);
            if (mig__parser_sign(parser, "(")) /* a precision, whose rounding SQLite has not */
                return NULL;
            return mig__node_new(parser, MIG_NODE_KEYWORD, keywords[i]);
        }
    *foundp = false;
    return NULL;
}

/* ---- names and calls --------------------------------------------------------------------------
 */

/* Behind "name (". */
static mig__node *
parse_call(mig__parser *parser, const char *schema, const char *name)
{
    mig__node *node = mig__node_new(parser, MIG_NODE_CALL, name);

    if (node == NULL)
        return NULL;
    node->qualifier = schema;
    if (mig__parser_sign(parser, "*") && mig__parser_sign_second(parser, ")")) {
        mig__parser_next(parser);
        node->star = true;
    }
    node->distinct = mig__parser_skip(parser, "DISTINCT");
    if (!parse_list(parser, node, ")"))
        return NULL;
    if (mig__parser_is(parser, "OVER") || mig__parser_is(parser, "WITHIN") ||
        (mig__parser_is(parser, "FILTER") && mig__parser_sign_second(parser, "("))) {
        mig__parser_fail(parser);
        return NULL;
    }
    return node;
}

/* The name of a function, in lower case unless it was quoted in PostgreSQL. */
static const char *
lower_case(mig__parser *parser, const char *name)
{
    size_t len = strlen(name);
    char  *lower = mig__arena_take(parser->arena, len + 1);

    for (size_t i = 0; lower != NULL && i < len; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    return lower != NULL ? lower : "";
}

static mig__node *
parse_name(mig__parser *parser)
{
    bool        quoted = parser->token.kind == MIG_TOKEN_QUOTED;
    bool        string = parser->token.text[0] == '"'; /* SQLite may take it for one */
    const char *qualifier = NULL;
    const char *name = mig__parser_name(parser);
    mig__node  *node;

    while (mig__parser_skip_sign(parser, ".")) {
        qualifier = name;
        if (mig__parser_skip_sign(parser, "*")) {
            node = mig__node_new(parser, MIG_NODE_STAR, "");
            if (node != NULL)
                node->qualifier = qualifier;
            return node;
        }
        string = false;
        quoted = parser->token.kind == MIG_TOKEN_QUOTED;
        name = mig__parser_name(parser);
        if (name == NULL)
            return NULL;
    }
    if (mig__parser_skip_sign(parser, "("))
        return parse_call(
            parser, qualifier,
            quoted && parser->dialect == MIG_DIALECT_POSTGRES ? name : lower_case(parser, name));
    node = mig__node_new(parser, MIG_NODE_COLUMN, name);
    if (node != NULL) {
        node->qualifier = qualifier;
        node->quoted = string && parser->dialect == MIG_DIALECT_SQLITE;
    }
    return node;
}

static mig__node *
parse_word(mig__parser *parser)
{
    const special *found = special_here(parser);
    bool           constant;
    mig__node     *node;

    if (found != NULL) {
        mig__parser_next(parser);
        mig__parser_next(parser);
        return found->parse(parser);
    }
    if (mig__parser_skip(parser, "CASE"))
        return parse_case(parser);
    if (mig__parser_is(parser, "EXISTS") && mig__parser_sign_second(parser, "(")) {
        mig__parser_next(parser);
        mig__parser_next(parser);
        node = mig__node_new(parser, MIG_NODE_EXISTS, "");
        return parse_query_into(parser, node) ? node : NULL;
    }
    if (mig__parser_is(parser, "ARRAY") && mig__parser_sign_second(parser, "[")) {
        mig__parser_next(parser);
        mig__parser_next(parser);
        node = mig__node_new(parser, MIG_NODE_ARRAY, "");
        return parse_list(parser, node, "]") ? node : NULL;
    }
    node = parse_constant(parser, &constant);
    return constant ? node : parse_name(parser);
}

/* ---- one operand --------------------------------------------------------------------------------
 */

static mig__node *
parse_bare(mig__parser *parser)
{
    switch (parser->token.kind) {
    case MIG_TOKEN_NUMBER:
        return mig__node_new(parser, MIG_NODE_NUMBER, mig__parser_text(parser));
    case MIG_TOKEN_STRING:
        return mig__node_new(parser, MIG_NODE_STRING, mig__parser_text(parser));
    case MIG_TOKEN_BLOB:
        return mig__node_new(parser, MIG_NODE_BLOB, mig__parser_text(parser));
    case MIG_TOKEN_NAME:
        return parse_word(parser);
    case MIG_TOKEN_QUOTED:
        return parse_name(parser);
    case MIG_TOKEN_PUNCT:
        if (mig__parser_skip_sign(parser, "("))
            return parse_parenthesis(parser);
        break;
    case MIG_TOKEN_END:
    case MIG_TOKEN_BITS:
    case MIG_TOKEN_PARAMETER:
    case MIG_TOKEN_OPERATOR:
    case MIG_TOKEN_BAD:
        break;
    }
    mig__parser_fail(parser);
    return NULL;
}

mig__node *
mig__parse_operand(mig__parser *parser)
{
    mig__node *node = parse_bare(parser);

    while (node != NULL && parser->dialect == MIG_DIALECT_POSTGRES &&
           mig__parser_skip_sign(parser, "::"))
        node = cast_to(parser, node);
    return node;
}
