/*
 * sql_parse_query.c - SELECT and VALUES of both dialects.
 *
 * Understood is what both have: what only one has (window definitions, LATERAL,
 * FETCH, FOR UPDATE, INDEXED BY ...) is not, and ends the parse.
 *
 * Sources: SQLite, "SELECT"; PostgreSQL manual, SELECT.
 */
#include <stddef.h>
#include <string.h>

#include "sql_parser.h"

static bool parse_from(mig__parser *parser, mig__from **listp, size_t *n);

bool
mig__parser_at_query(const mig__parser *parser)
{
    return mig__parser_is(parser, "SELECT") || mig__parser_is(parser, "WITH") ||
           mig__parser_is(parser, "VALUES");
}

/* ---- names ------------------------------------------------------------------------------------
 */

/* Words that end an expression or a relation, and so are no aliases without AS. */
static bool
is_clause(const mig__parser *parser)
{
    static const char *const words[] = {
        "FROM",   "WHERE",  "GROUP", "HAVING", "ORDER",   "LIMIT", "OFFSET", "UNION",   "INTERSECT",
        "EXCEPT", "JOIN",   "INNER", "LEFT",   "RIGHT",   "FULL",  "CROSS",  "NATURAL", "ON",
        "USING",  "WINDOW", "FETCH", "FOR",    "INDEXED", "NOT",   "LATERAL"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (mig__parser_is(parser, words[i]))
            return true;
    return false;
}

/* [AS] name; *aliasp stays NULL where none stands. */
static bool
parse_alias(mig__parser *parser, const char **aliasp)
{
    if (mig__parser_skip(parser, "AS")) {
        /* SQLite also takes a string there. */
        *aliasp = parser->token.kind == MIG_TOKEN_STRING ? mig__parser_text(parser)
                                                         : mig__parser_name(parser);
        return *aliasp != NULL;
    }
    if (parser->token.kind == MIG_TOKEN_QUOTED ||
        (parser->token.kind == MIG_TOKEN_NAME && !is_clause(parser)))
        *aliasp = mig__parser_name(parser);
    return true;
}

/* Behind "(". */
static bool
parse_names(mig__parser *parser, const char ***namesp, size_t *n)
{
    do {
        const char **place = mig__parser_grow(parser, namesp, n, sizeof **namesp);
        const char  *name = mig__parser_name(parser);

        if (place == NULL || name == NULL)
            return false;
        *place = name;
    } while (mig__parser_skip_sign(parser, ","));
    return mig__parser_expect_sign(parser, ")");
}

/* ---- FROM ---------------------------------------------------------------------------------------
 */

static bool
parse_relation(mig__parser *parser, mig__from *from)
{
    if (mig__parser_skip_sign(parser, "(")) {
        if (mig__parser_at_query(parser)) {
            from->query = mig__parse_query(parser);
            if (from->query == NULL)
                return false;
        } else if (!parse_from(parser, &from->group, &from->n_group)) {
            return false;
        }
        if (!mig__parser_expect_sign(parser, ")"))
            return false;
    } else {
        from->table = is_clause(parser) ? NULL : mig__parser_name(parser);
        if (from->table != NULL && mig__parser_skip_sign(parser, ".")) {
            from->schema = from->table;
            from->table = mig__parser_name(parser);
        }
        if (from->table == NULL || mig__parser_sign(parser, "("))
            return mig__parser_fail(parser); /* none, or a function of a table's form */
    }
    return parse_alias(parser, &from->alias);
}

/* The words of a join; *foundp false where none stands. */
static bool
parse_join_words(mig__parser *parser, mig__from *from, bool *foundp)
{
    *foundp = true;
    if (mig__parser_skip_sign(parser, ",")) {
        from->kind = MIG_JOIN_COMMA;
        return true;
    }
    from->natural = mig__parser_skip(parser, "NATURAL");
    from->kind = MIG_JOIN_INNER;
    if (mig__parser_skip(parser, "CROSS"))
        from->kind = MIG_JOIN_CROSS;
    else if (mig__parser_skip(parser, "LEFT"))
        from->kind = MIG_JOIN_LEFT;
    else if (mig__parser_skip(parser, "RIGHT"))
        from->kind = MIG_JOIN_RIGHT;
    else if (mig__parser_skip(parser, "FULL"))
        from->kind = MIG_JOIN_FULL;
    else if (!mig__parser_skip(parser, "INNER") && !mig__parser_is(parser, "JOIN") &&
             !from->natural) {
        *foundp = false;
        return true;
    }
    mig__parser_skip(parser, "OUTER");
    return mig__parser_expect(parser, "JOIN");
}

static bool
parse_join_condition(mig__parser *parser, mig__from *from)
{
    if (mig__parser_skip(parser, "ON")) {
        from->on = mig__parse_expression(parser);
        return from->on != NULL;
    }
    if (mig__parser_skip(parser, "USING"))
        return mig__parser_expect_sign(parser, "(") &&
               parse_names(parser, &from->using, &from->n_using);
    return true;
}

static bool
parse_from(mig__parser *parser, mig__from **listp, size_t *n)
{
    mig__from joined = {.kind = MIG_JOIN_COMMA};
    bool      found = true;

    if (parser->depth >= MIG_SQL_MAX_DEPTH)
        return mig__parser_fail(parser);
    parser->depth++;
    while (found) {
        mig__from *place;

        if (!parse_relation(parser, &joined) || !parse_join_condition(parser, &joined))
            return false;
        place = mig__parser_grow(parser, listp, n, sizeof **listp);
        if (place == NULL)
            return false;
        *place = joined;
        joined = (mig__from){.kind = MIG_JOIN_COMMA};
        if (!parse_join_words(parser, &joined, &found))
            return false;
    }
    parser->depth--;
    return true;
}

/* ---- SELECT ----------------------------------------------------------------------------- */

static bool
parse_results(mig__parser *parser, mig__select *select)
{
    do {
        mig__result *result =
            mig__parser_grow(parser, &select->results, &select->n_results, sizeof *select->results);

        if (result == NULL)
            return false;
        *result = (mig__result){.span = parser->token.text};
        if (mig__parser_skip_sign(parser, "*"))
            result->value = mig__node_new(parser, MIG_NODE_STAR, "");
        else
            result->value = mig__parse_expression(parser);
        result->span_len = (size_t)(parser->behind - result->span);
        if (result->value == NULL || !parse_alias(parser, &result->alias))
            return false;
    } while (mig__parser_skip_sign(parser, ","));
    return true;
}

static bool
parse_group(mig__parser *parser, mig__select *select)
{
    do {
        mig__node **place =
            mig__parser_grow(parser, &select->group, &select->n_group, sizeof *select->group);

        if (place == NULL)
            return false;
        *place = mig__parse_expression(parser);
        if (*place == NULL)
            return false;
    } while (mig__parser_skip_sign(parser, ","));
    return true;
}

/* Behind VALUES. */
static bool
parse_rows(mig__parser *parser, mig__select *select)
{
    do {
        mig__node  *row = mig__node_new(parser, MIG_NODE_ROW, "");
        mig__node **place =
            mig__parser_grow(parser, &select->rows, &select->n_rows, sizeof *select->rows);

        if (place == NULL || row == NULL || !mig__parser_expect_sign(parser, "("))
            return false;
        do {
            if (!mig__node_add(parser, row, mig__parse_expression(parser)))
                return false;
        } while (mig__parser_skip_sign(parser, ","));
        if (!mig__parser_expect_sign(parser, ")"))
            return false;
        *place = row;
    } while (mig__parser_skip_sign(parser, ","));
    return true;
}

static bool
parse_select(mig__parser *parser, mig__select *select)
{
    if (mig__parser_skip(parser, "VALUES"))
        return parse_rows(parser, select);
    if (!mig__parser_expect(parser, "SELECT"))
        return false;
    select->distinct = mig__parser_skip(parser, "DISTINCT");
    if (select->distinct && mig__parser_is(parser, "ON"))
        return mig__parser_fail(parser);
    if (!select->distinct)
        mig__parser_skip(parser, "ALL");
    if (!parse_results(parser, select))
        return false;
    if (mig__parser_skip(parser, "FROM") && !parse_from(parser, &select->from, &select->n_from))
        return false;
    if (mig__parser_skip(parser, "WHERE") &&
        (select->where = mig__parse_expression(parser)) == NULL)
        return false;
    if (mig__parser_skip(parser, "GROUP") &&
        (!mig__parser_expect(parser, "BY") || !parse_group(parser, select)))
        return false;
    return !mig__parser_skip(parser, "HAVING") ||
           (select->having = mig__parse_expression(parser)) != NULL;
}

/* UNION and its like, with ALL; NULL if none stands here. */
static const char *
parse_compound(mig__parser *parser)
{
    if (mig__parser_skip(parser, "UNION"))
        return mig__parser_skip(parser, "ALL") ? "UNION ALL" : "UNION";
    if (mig__parser_skip(parser, "INTERSECT"))
        return "INTERSECT";
    return mig__parser_skip(parser, "EXCEPT") ? "EXCEPT" : NULL;
}

/* A query in parentheses between compound operators is taken where it is a single SELECT. */
static bool
parse_compound_part(mig__parser *parser, mig__select *select)
{
    if (!mig__parser_skip_sign(parser, "("))
        return parse_select(parser, select);
    return parse_select(parser, select) && mig__parser_expect_sign(parser, ")");
}

static bool
parse_selects(mig__parser *parser, mig__query *query)
{
    const char *compound = NULL;

    do {
        mig__select  select = {.compound = compound};
        mig__select *place;

        if (!parse_compound_part(parser, &select))
            return false;
        place = mig__parser_grow(parser, &query->selects, &query->n_selects, sizeof select);
        if (place == NULL)
            return false;
        *place = select;
        compound = parse_compound(parser);
    } while (compound != NULL);
    return true;
}

/* ---- around it -------------------------------------------------------------------------- */

static bool
parse_withs(mig__parser *parser, mig__query *query)
{
    query->recursive = mig__parser_skip(parser, "RECURSIVE");
    do {
        mig__with with = {.name = mig__parser_name(parser)}, *place;

        if (with.name == NULL ||
            (mig__parser_skip_sign(parser, "(") &&
             !parse_names(parser, &with.columns, &with.n_columns)) ||
            !mig__parser_expect(parser, "AS") || !mig__parser_expect_sign(parser, "("))
            return false;
        with.query = mig__parse_query(parser);
        if (with.query == NULL || !mig__parser_expect_sign(parser, ")"))
            return false;
        place = mig__parser_grow(parser, &query->withs, &query->n_withs, sizeof with);
        if (place == NULL)
            return false;
        *place = with;
    } while (mig__parser_skip_sign(parser, ","));
    return true;
}

static bool
parse_orders(mig__parser *parser, mig__query *query)
{
    do {
        mig__order order = {.value = mig__parse_expression(parser)}, *place;

        if (order.value == NULL)
            return false;
        order.descending = mig__parser_skip(parser, "DESC");
        if (!order.descending)
            mig__parser_skip(parser, "ASC");
        if (mig__parser_skip(parser, "NULLS")) {
            order.nulls = mig__parser_is(parser, "FIRST") ? MIG_NULLS_FIRST : MIG_NULLS_LAST;
            mig__parser_next(parser);
        }
        place = mig__parser_grow(parser, &query->orders, &query->n_orders, sizeof order);
        if (place == NULL)
            return false;
        *place = order;
    } while (mig__parser_skip_sign(parser, ","));
    return true;
}

/* LIMIT n [OFFSET m], OFFSET m LIMIT n; LIMIT m, n is SQLite's. */
static bool
parse_limits(mig__parser *parser, mig__query *query)
{
    for (;;) {
        mig__node **place = mig__parser_is(parser, "LIMIT") ? &query->limit : &query->offset;

        if (!mig__parser_skip(parser, "LIMIT") && !mig__parser_skip(parser, "OFFSET"))
            return true;
        *place = mig__parse_expression(parser);
        if (*place == NULL)
            return false;
        if (mig__parser_skip_sign(parser, ",")) {
            query->offset = query->limit;
            query->limit = mig__parse_expression(parser);
            if (query->limit == NULL)
                return false;
        }
    }
}

mig__query *
mig__parse_query(mig__parser *parser)
{
    mig__query *query = mig__arena_take(parser->arena, sizeof *query);
    bool        understood;

    if (query == NULL || parser->depth >= MIG_SQL_MAX_DEPTH)
        return NULL;
    parser->depth++;
    understood = (!mig__parser_skip(parser, "WITH") || parse_withs(parser, query)) &&
                 parse_selects(parser, query) &&
                 (!mig__parser_skip(parser, "ORDER") ||
                  (mig__parser_expect(parser, "BY") && parse_orders(parser, query))) &&
                 parse_limits(parser, query);
    parser->depth--;
    return understood ? query : NULL;
}

mig__query *
mig__sql_parse_query(mig__arena *arena, mig_dialect dialect, const char *text, mig_buf *why)
{
    mig__parser parser;
    mig__query *query;

    mig__parser_init(&parser, arena, dialect, text, why);
    query = mig__parse_query(&parser);
    mig__parser_skip_sign(&parser, ";");
    if (query != NULL && parser.token.kind != MIG_TOKEN_END)
        query = NULL;
    if (query == NULL)
        mig__parser_fail(&parser);
    return arena->failed ? NULL : query;
}
