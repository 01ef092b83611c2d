/*
 * sqlite_ddl_stmt.c - what the parsers of all CREATE statements share.
 */
#include "sqlite_ddl_stmt.h"

#include <string.h>

#include "mig/match.h"

/* Bytes of the statement that a message shows. */
#define SHOWN 60

void
mig__stmt_init(mig__stmt *stmt, mig_schema *schema, const char *what, const char *name,
               const char *sql, mig_error *err)
{
    *stmt = (mig__stmt){.schema = schema, .what = what, .name = name, .err = err};
    mig__lex_init(&stmt->lexer, MIG_DIALECT_SQLITE, sql);
    mig__stmt_next(stmt);
}

void
mig__stmt_fini(mig__stmt *stmt)
{
    mig_buf_fini(&stmt->scratch);
}

mig_status
mig__stmt_fail(mig__stmt *stmt, const char *expected)
{
    const char *rest = stmt->token.text;
    size_t      len = strlen(rest);

    mig_raise(stmt->err, MIG_E_SCHEMA, "the statement that makes %s %s was not understood",
              stmt->what, stmt->name);
    if (len == 0)
        mig_error_detail(stmt->err, "expected %s where it ends", expected);
    else
        mig_error_detail(stmt->err, "expected %s at byte %zu: %.*s%s", expected,
                         stmt->token.start + 1, len > SHOWN ? SHOWN : (int)len, rest,
                         len > SHOWN ? " ..." : "");
    return MIG_E_SCHEMA;
}

mig_status
mig__stmt_no_memory(mig__stmt *stmt)
{
    return mig_raise(stmt->err, MIG_E_NOMEM, "cannot allocate the schema");
}

/* ---- tokens ------------------------------------------------------------------------------ */

void
mig__stmt_next(mig__stmt *stmt)
{
    mig__lex_next(&stmt->lexer, &stmt->token);
}

bool
mig__stmt_word(mig__stmt *stmt, const char *word)
{
    bool is = mig__token_is(&stmt->token, word);

    if (is)
        mig__stmt_next(stmt);
    return is;
}

bool
mig__stmt_sign(mig__stmt *stmt, const char *sign)
{
    bool is = mig__token_sign(&stmt->token, sign);

    if (is)
        mig__stmt_next(stmt);
    return is;
}

mig_status
mig__stmt_expect_word(mig__stmt *stmt, const char *word)
{
    return mig__stmt_word(stmt, word) ? MIG_OK : mig__stmt_fail(stmt, word);
}

mig_status
mig__stmt_expect_sign(mig__stmt *stmt, const char *sign)
{
    return mig__stmt_sign(stmt, sign) ? MIG_OK : mig__stmt_fail(stmt, sign);
}

bool
mig__stmt_is_name(const mig__stmt *stmt)
{
    return stmt->token.kind == MIG_TOKEN_NAME || stmt->token.kind == MIG_TOKEN_QUOTED ||
           stmt->token.kind == MIG_TOKEN_STRING;
}

mig_status
mig__stmt_take_name(mig__stmt *stmt, const char *expected, const char **namep)
{
    *namep = NULL;
    if (!mig__stmt_is_name(stmt))
        return mig__stmt_fail(stmt, expected);
    mig_buf_clear(&stmt->scratch);
    mig__token_text(&stmt->token, &stmt->scratch);
    if (!stmt->scratch.failed)
        *namep = mig_schema_keep(stmt->schema, mig_buf_text(&stmt->scratch));
    mig__stmt_next(stmt);
    return *namep != NULL ? MIG_OK : mig__stmt_no_memory(stmt);
}

mig_status
mig__stmt_take_names(mig__stmt *stmt, const char ***names, size_t *n_names)
{
    mig_status  st = MIG_OK;
    const char *name, *dropped;

    MIG_TRY(mig__stmt_expect_sign(stmt, "("));
    do {
        MIG_TRY(mig__stmt_take_name(stmt, "a column", &name));
        if (mig__stmt_word(stmt, "COLLATE"))
            MIG_TRY(mig__stmt_take_name(stmt, "a collation", &dropped));
        if (!mig__stmt_word(stmt, "ASC"))
            (void)mig__stmt_word(stmt, "DESC");
        if (!mig_schema_add_name(stmt->schema, names, n_names, name))
            MIG_TRY(mig__stmt_no_memory(stmt));
    } while (mig__stmt_sign(stmt, ","));
    MIG_TRY(mig__stmt_expect_sign(stmt, ")"));
done:
    return st;
}

mig_status
mig__stmt_take_head(mig__stmt *stmt, const char *noun, bool *uniquep)
{
    mig_status  st = MIG_OK;
    const char *name;

    MIG_TRY(mig__stmt_expect_word(stmt, "CREATE"));
    *uniquep = mig__stmt_word(stmt, "UNIQUE");
    if (!mig__stmt_word(stmt, "TEMP"))
        (void)mig__stmt_word(stmt, "TEMPORARY");
    MIG_TRY(mig__stmt_expect_word(stmt, noun));
    if (mig__token_is(&stmt->token, "IF")) {
        mig_lexer ahead = stmt->lexer;
        mig_token token;

        /* A table may be called "if". */
        mig__lex_next(&ahead, &token);
        if (mig__token_is(&token, "NOT")) {
            mig__stmt_next(stmt);
            mig__stmt_next(stmt);
            MIG_TRY(mig__stmt_expect_word(stmt, "EXISTS"));
        }
    }
    MIG_TRY(mig__stmt_take_name(stmt, "a name", &name));
    if (mig__stmt_sign(stmt, "."))
        MIG_TRY(mig__stmt_take_name(stmt, "a name", &name));
done:
    return st;
}

mig_status
mig__stmt_take_conflict(mig__stmt *stmt, const char **conflictp)
{
    static const char *const words[] = {"ROLLBACK", "FAIL", "IGNORE", "REPLACE"};
    mig_status               st = MIG_OK;

    *conflictp = NULL;
    if (!mig__stmt_word(stmt, "ON"))
        return MIG_OK;
    MIG_TRY(mig__stmt_expect_word(stmt, "CONFLICT"));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (mig__stmt_word(stmt, words[i])) {
            *conflictp = words[i];
            return MIG_OK;
        }
    }
    MIG_TRY(mig__stmt_expect_word(stmt, "ABORT"));
done:
    return st;
}

/* ---- expressions ------------------------------------------------------------------------- */

/* The tokens of a part of the statement, one after the other; false behind the last. */
static bool
next_within(mig_lexer *lexer, size_t to, mig_token *token)
{
    mig__lex_next(lexer, token);
    return token->kind != MIG_TOKEN_END && token->start < to;
}

bool
mig__stmt_narrow(const mig__stmt *stmt, size_t *from, size_t *to)
{
    mig_lexer lexer = stmt->lexer;
    mig_token token = {0};
    size_t    depth = 0, inside = 0, closing = 0;

    lexer.at = *from;
    while (next_within(&lexer, *to, &token)) {
        if (depth == 0 && closing > 0)
            return false;
        if (inside == 0 && !mig__token_sign(&token, "("))
            return false;
        if (depth == 1 && token.start == inside &&
            (mig__token_is(&token, "SELECT") || mig__token_is(&token, "VALUES") ||
             mig__token_is(&token, "WITH")))
            return false;
        if (mig__token_sign(&token, "(")) {
            depth++;
            if (inside == 0) {
                mig_lexer ahead = lexer;
                mig_token first;

                mig__lex_next(&ahead, &first);
                inside = first.start;
            }
        } else if (mig__token_sign(&token, ")")) {
            depth--;
            closing = token.start;
        }
    }
    if (inside == 0 || depth != 0 || closing <= inside)
        return false;
    *from = inside;
    *to = closing;
    return true;
}

/* Appends the tokens; what stands between them becomes a blank if it is more than blanks. */
static void
add_tokens(mig_buf *out, const mig_lexer *whole, size_t from, size_t to)
{
    mig_lexer lexer = *whole;
    mig_token token;
    size_t    last = 0;

    lexer.at = from;
    while (next_within(&lexer, to, &token)) {
        const char *gap = lexer.text + last;
        size_t      n_gap = token.start - last;

        if (last > 0 && n_gap > 0) {
            if (strspn(gap, " ") < n_gap) {
                gap = " ";
                n_gap = 1;
            }
            mig_buf_add(out, gap, n_gap);
        }
        mig_buf_add(out, token.text, token.len);
        last = token.start + token.len;
    }
}

mig_status
mig__stmt_cut(mig__stmt *stmt, size_t from, size_t to, const char **textp)
{
    while (mig__stmt_narrow(stmt, &from, &to))
        continue;
    mig_buf_clear(&stmt->scratch);
    add_tokens(&stmt->scratch, &stmt->lexer, from, to);
    *textp =
        stmt->scratch.failed ? NULL : mig_schema_keep(stmt->schema, mig_buf_text(&stmt->scratch));
    return *textp != NULL ? MIG_OK : mig__stmt_no_memory(stmt);
}

mig_status
mig__stmt_take_parentheses(mig__stmt *stmt, const char **textp)
{
    size_t from = stmt->token.start, to;
    size_t depth = 0;

    *textp = NULL;
    if (!mig__token_sign(&stmt->token, "("))
        return mig__stmt_fail(stmt, "(");
    do {
        if (stmt->token.kind == MIG_TOKEN_END || stmt->token.kind == MIG_TOKEN_BAD)
            return mig__stmt_fail(stmt, "an expression");
        if (mig__token_sign(&stmt->token, "("))
            depth++;
        else if (mig__token_sign(&stmt->token, ")"))
            depth--;
        to = stmt->token.start + 1;
        mig__stmt_next(stmt);
    } while (depth > 0);
    return mig__stmt_cut(stmt, from, to, textp);
}

mig_status
mig__stmt_take_rest(mig__stmt *stmt, const char **textp)
{
    size_t from = stmt->token.start, to = from;

    *textp = NULL;
    while (stmt->token.kind != MIG_TOKEN_END && !mig__token_sign(&stmt->token, ";")) {
        if (stmt->token.kind == MIG_TOKEN_BAD)
            return mig__stmt_fail(stmt, "an expression");
        to = stmt->token.start + stmt->token.len;
        mig__stmt_next(stmt);
    }
    if (to == from)
        return mig__stmt_fail(stmt, "an expression");
    return mig__stmt_cut(stmt, from, to, textp);
}

mig_status
mig__stmt_literal(mig__stmt *stmt, const char *text, const char **literalp)
{
    mig_buf out = MIG_BUF_INIT;

    mig_buf_literal(&out, text);
    *literalp = out.failed ? NULL : mig_schema_keep(stmt->schema, mig_buf_text(&out));
    mig_buf_fini(&out);
    return *literalp != NULL ? MIG_OK : mig__stmt_no_memory(stmt);
}

/* ---- names of tables and columns --------------------------------------------------------- */

const mig_schema_table *
mig__stmt_table(const mig_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_tables; i++)
        if (mig_match_folded(schema->tables[i].name, name))
            return &schema->tables[i];
    return NULL;
}

const mig_schema_column *
mig__stmt_column(const mig_schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (mig_match_folded(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

/* Whether the name in double quotes, in that surrounding, stands for a value. */
static bool
is_value(const mig_token *before, const mig_token *after)
{
    return !mig__token_sign(before, ".") && !mig__token_is(before, "COLLATE") &&
           !mig__token_is(before, "AS") && !mig__token_sign(after, ".") &&
           !mig__token_sign(after, "(");
}

static bool
names_column(const mig_schema_table *table, const char *name)
{
    return mig__stmt_column(table, name) != NULL || mig_match_folded(name, "rowid") ||
           mig_match_folded(name, "oid") || mig_match_folded(name, "_rowid_");
}

/* Appends the token, as a string if it is one. */
static void
add_token(mig_buf *out, const mig_schema_table *table, const mig_token *token, bool value)
{
    mig_buf name = MIG_BUF_INIT;

    if (value && token->kind == MIG_TOKEN_QUOTED && token->text[0] == '"') {
        mig__token_text(token, &name);
        out->failed = out->failed || name.failed;
        value = !names_column(table, mig_buf_text(&name));
    } else {
        value = false;
    }
    if (value)
        mig_buf_literal(out, mig_buf_text(&name));
    else
        mig_buf_add(out, token->text, token->len);
    mig_buf_fini(&name);
}

mig_status
mig__stmt_strings(mig__stmt *stmt, const mig_schema_table *table, const char **textp)
{
    mig_lexer lexer;
    mig_token before = {0}, token, after;
    mig_buf   out = MIG_BUF_INIT;

    if (*textp == NULL || strchr(*textp, '"') == NULL)
        return MIG_OK;
    mig__lex_init(&lexer, MIG_DIALECT_SQLITE, *textp);
    mig__lex_next(&lexer, &token);
    while (token.kind != MIG_TOKEN_END) {
        mig__lex_next(&lexer, &after);
        add_token(&out, table, &token, is_value(&before, &after));
        mig_buf_add(&out, token.text + token.len, after.start - token.start - token.len);
        before = token;
        token = after;
    }
    *textp = out.failed ? NULL : mig_schema_keep(stmt->schema, mig_buf_text(&out));
    mig_buf_fini(&out);
    return *textp != NULL ? MIG_OK : mig__stmt_no_memory(stmt);
}
