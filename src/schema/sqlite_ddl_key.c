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

/* Takes the word off the end, if something is left then. */
static bool
take_off(const mig_lexer *whole, span *s, const char *word)
{
    if (s->n_tokens < 2 || !mig__token_is(&s->last, word) || mig__token_is(&s->before, "COLLATE"))
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

/* Whether a collation behind it belongs to all of it: a name, f(...) or (...). */
static bool
is_primary(const mig_lexer *whole, const span *s)
{
    mig_lexer lexer = *whole;
    mig_token token;
    size_t    depth = 0, n = 0;

    lexer.at = s->from;
    if (s->n_tokens == 1)
        return true;
    for (;;) {
        mig__lex_next(&lexer, &token);
        if (token.kind == MIG_TOKEN_END || token.start >= s->to)
            return depth == 0;
        n++;
        if (mig__token_sign(&token, "("))
            depth++;
        else if (mig__token_sign(&token, ")"))
            depth--;
        else if (n > 1 && depth == 0)
            return false;
        if (depth == 0 && n > 1 && n < s->n_tokens)
            return false;
    }
}

/* Of several collations, one behind the other, the last counts. */
static mig_status
take_off_collation(mig__stmt *stmt, span *s, mig_key_part *part)
{
    span      inner = *s;
    mig_token collation = s->last;

    while (inner.n_tokens >= 3 && mig__token_is(&inner.before, "COLLATE")) {
        inner.to = inner.before.start;
        look(&stmt->lexer, &inner);
    }
    if (inner.to == s->to || !is_primary(&stmt->lexer, &inner))
        return MIG_OK;
    *s = inner;
    mig_buf_clear(&stmt->scratch);
    mig__token_text(&collation, &stmt->scratch);
    if (!stmt->scratch.failed)
        part->collation = mig_schema_keep(stmt->schema, mig_buf_text(&stmt->scratch));
    return part->collation != NULL ? MIG_OK : mig__stmt_no_memory(stmt);
}

/* What is left: a column's name in any quotes, or an expression. */
static mig_status
set_value(mig__stmt *stmt, const mig_schema_table *table, const span *s, mig_key_part *part)
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
         token.kind == MIG_TOKEN_STRING)) {
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

        MIG_TRY(find_end(stmt, &s));
        look(&stmt->lexer, &s);
        if (autoincrement != NULL && take_off(&stmt->lexer, &s, "AUTOINCREMENT"))
            *autoincrement = true;
        take_off_order(&stmt->lexer, &s, &part);
        MIG_TRY(take_off_collation(stmt, &s, &part));
        MIG_TRY(set_value(stmt, table, &s, &part));
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
