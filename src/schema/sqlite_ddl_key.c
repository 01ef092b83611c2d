/*
 * sqlite_ddl_key.c - the parts of indexes, primary keys and unique constraints.
 *
 * To SQLite a part is an expression, which may be just a name, with an order
 * behind it.  So a part is first cut out as a whole, and then what may stand
 * at its end is taken off: the order, and collations that belong to all of it.
 */
#include <string.h>

#include "sqlite_ddl_stmt.h"

/* A part of the statement, and what its last tokens are. */
typedef struct span {
    size_t    from, to;
    size_t    n_tokens;
    mig_token last, before; /* valid if there are as many */
} span;

static void
look(const mig_lexer *whole, span *s)
{
    mig_lexer lexer = *whole;
    mig_token token;

    s->n_tokens = 0;
    lexer.at = s->from;
    for (;;) {
        mig__lex_next(&lexer, &token);
        if (token.kind == MIG_TOKEN_END || token.start >= s->to)
            return;
        s->before = s->last;
        s->last = token;
        s->n_tokens++;
    }
}

/* Whether an operand has to follow, so that a word behind it is the name of a column. */
static bool
wants_operand(const span *s)
{
    static const char *const words[] = {"COLLATE", "AND", "OR",   "NOT",    "IS",
                                        "BETWEEN", "IN",  "LIKE", "ESCAPE", "GLOB"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (mig__token_is(&s->before, words[i]))
            return true;
    return s->before.kind == MIG_TOKEN_OPERATOR;
}

/* Takes the word off the end, if something is left then. */
static bool
take_off(const mig_lexer *whole, span *s, const char *word)
{
    if (s->n_tokens < 2 || !mig__token_is(&s->last, word) || wants_operand(s))
        return false;
    s->to = s->last.start;
    look(whole, s);
    return true;
}

static void
take_off_order(const mig_lexer *whole, span *s, mig_key_part *part)
{
    if (take_off(whole, s, "FIRST") && take_off(whole, s, "NULLS"))
        part->nulls = MIG_NULLS_FIRST;
    else if (take_off(whole, s, "LAST") && take_off(whole, s, "NULLS"))
        part->nulls = MIG_NULLS_LAST;
    if (!take_off(whole, s, "ASC"))
        part->descending = take_off(whole, s, "DESC");
}

/* ---- collations -------------------------------------------------------------------------- */

/* The next token of the span, END behind its last. */
static void
next_of(mig_lexer *lexer, const span *s, mig_token *token)
{
    mig__lex_next(lexer, token);
    if (token->start >= s->to)
        token->kind = MIG_TOKEN_END;
}

/* Goes behind the parenthesis or CASE that the token is, and all that is in it. */
static void
skip_group(mig_lexer *lexer, const span *s, mig_token *token)
{
    size_t depth = 0;

    do {
        if (mig__token_sign(token, "(") || mig__token_is(token, "CASE"))
            depth++;
        else if (mig__token_sign(token, ")") || mig__token_is(token, "END"))
            depth--;
        next_of(lexer, s, token);
    } while (depth > 0 && token->kind != MIG_TOKEN_END);
}

/*
 * Whether a collation behind it belongs to all of it: signs, then a value, a name, f(...), CASE or
 * (...), then other collations.
 */
static bool
is_primary(const mig_lexer *whole, const span *s)
{
    mig_lexer lexer = *whole;
    mig_token token;

    lexer.at = s->from;
    do {
        next_of(&lexer, s, &token);
    } while (mig__token_sign(&token, "-") || mig__token_sign(&token, "+") ||
             mig__token_sign(&token, "~"));
    if (mig__token_is(&token, "NOT"))
        return false;
    if (!mig__token_sign(&token, "(") && !mig__token_is(&token, "CASE"))
        next_of(&lexer, s, &token);
    if (mig__token_sign(&token, "(") || mig__token_is(&token, "CASE"))
        skip_group(&lexer, s, &token);
    while (mig__token_is(&token, "COLLATE")) {
        next_of(&lexer, s, &token);
        next_of(&lexer, s, &token);
    }
    return token.kind == MIG_TOKEN_END;
}

/* Takes off parentheses and collations around all of it; of several collations the outermost
 * counts.  *np: how many there were. */
static mig_status
take_off_collations(mig__stmt *stmt, span *s, mig_key_part *part, size_t *np)
{
    for (*np = 0;; ++*np) {
        span inner;

        while (mig__stmt_narrow(stmt, &s->from, &s->to))
            continue;
        look(&stmt->lexer, s);
        inner = *s;
        inner.to = s->before.start;
        if (s->n_tokens < 3 || !mig__token_is(&s->before, "COLLATE") ||
            !is_primary(&stmt->lexer, &inner))
            return MIG_OK;
        if (*np == 0) {
            mig_buf_clear(&stmt->scratch);
            mig__token_text(&s->last, &stmt->scratch);
            if (!stmt->scratch.failed)
                part->collation = mig_schema_keep(stmt->schema, mig_buf_text(&stmt->scratch));
            if (part->collation == NULL)
                return mig__stmt_no_memory(stmt);
        }
        *s = inner;
    }
}

/* ---- a part ------------------------------------------------------------------------------ */

/*
 * What is left: a column's name in any quotes, or an expression.  A name in single quotes is one
 * to SQLite if it stands there alone or with one collation.
 */
static mig_status
set_value(mig__stmt *stmt, const mig_schema_table *table, const span *s, size_t n_collations,
          mig_key_part *part)
{
    mig_status               st = MIG_OK;
    const mig_schema_column *column = NULL;
    const char              *text;
    mig_lexer                lexer;
    mig_token                token, next;

    MIG_TRY(mig__stmt_cut(stmt, s->from, s->to, &text));
    mig__lex_init(&lexer, MIG_DIALECT_SQLITE, text);
    mig__lex_next(&lexer, &token);
    mig__lex_next(&lexer, &next);
    if (next.kind == MIG_TOKEN_END &&
        (token.kind == MIG_TOKEN_NAME || token.kind == MIG_TOKEN_QUOTED ||
         (token.kind == MIG_TOKEN_STRING && n_collations < 2))) {
        mig_buf_clear(&stmt->scratch);
        mig__token_text(&token, &stmt->scratch);
        column = mig__stmt_column(table, mig_buf_text(&stmt->scratch));
    }
    if (column != NULL) {
        part->column = column->name;
    } else {
        part->expression = text;
        MIG_TRY(mig__stmt_strings(stmt, table, &part->expression));
    }
done:
    return st;
}

/* Goes up to the comma or the parenthesis that ends the part; `to` is behind its last token. */
static mig_status
find_end(mig__stmt *stmt, span *s)
{
    size_t depth = 0;

    s->from = s->to = stmt->token.start;
    for (;;) {
        if (stmt->token.kind == MIG_TOKEN_END || stmt->token.kind == MIG_TOKEN_BAD)
            return mig__stmt_fail(stmt, ")");
        if (depth == 0 &&
            (mig__token_sign(&stmt->token, ",") || mig__token_sign(&stmt->token, ")")))
            break;
        if (mig__token_sign(&stmt->token, "("))
            depth++;
        else if (mig__token_sign(&stmt->token, ")"))
            depth--;
        s->to = stmt->token.start + stmt->token.len;
        mig__stmt_next(stmt);
    }
    return s->to > s->from ? MIG_OK : mig__stmt_fail(stmt, "a column or an expression");
}

mig_status
mig__stmt_take_parts(mig__stmt *stmt, const mig_schema_table *table, mig_key_part **parts,
                     size_t *n_parts, bool *autoincrement)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__stmt_expect_sign(stmt, "("));
    do {
        span          s = {0};
        mig_key_part  part = {0};
        mig_key_part *slot;
        size_t        n_collations;

        MIG_TRY(find_end(stmt, &s));
        look(&stmt->lexer, &s);
        if (autoincrement != NULL && take_off(&stmt->lexer, &s, "AUTOINCREMENT"))
            *autoincrement = true;
        take_off_order(&stmt->lexer, &s, &part);
        MIG_TRY(take_off_collations(stmt, &s, &part, &n_collations));
        MIG_TRY(set_value(stmt, table, &s, n_collations, &part));
        slot = mig_schema_add_part(stmt->schema, parts, n_parts);
        if (slot == NULL) {
            st = mig__stmt_no_memory(stmt);
            goto done;
        }
        *slot = part;
    } while (mig__stmt_sign(stmt, ","));
    MIG_TRY(mig__stmt_expect_sign(stmt, ")"));
done:
    return st;
}
