/*
 * sqlite_ddl_column.c - a column of CREATE TABLE: its name, its type and its
 * constraints, in the order in which they come.
 *
 * A type is any run of words that begin no constraint, so that "GENERATED
 * ALWAYS", of which the rest is the constraint AS (...), is part of it at first
 * and taken off again, as SQLite does.
 */
#include <string.h>

#include "mig/match.h"
#include "sqlite_ddl_stmt.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the type ---------------------------------------------------------------------------- */

static bool
begins_constraint(const mig_token *token)
{
    static const char *const words[] = {"CONSTRAINT", "DEFAULT", "NULL",       "NOT",
                                        "PRIMARY",    "UNIQUE",  "CHECK",      "REFERENCES",
                                        "COLLATE",    "AS",      "DEFERRABLE", "FOREIGN"};

    for (size_t i = 0; i < N_OF(words); i++)
        if (mig__token_is(token, words[i]))
            return true;
    return false;
}

static bool
is_type_word(const mig__stmt *stmt)
{
    return mig__stmt_is_name(stmt) && !begins_constraint(&stmt->token);
}

/* Bytes of the type without that word at its end, and blanks before it; `len` if it is another. */
static size_t
without_word(const char *text, size_t len, const char *word)
{
    size_t    n = strlen(word);
    mig_token last = {.kind = MIG_TOKEN_NAME, .len = n};

    if (len < n)
        return len;
    last.text = text + len - n;
    if (!mig__token_is(&last, word))
        return len;
    len -= n;
    while (len > 0 && strchr(" \t\r\n\f", text[len - 1]) != NULL)
        len--;
    return len;
}

/* "(10, 2)", with signs and words, as far as SQLite looks at it. */
static mig_status
skip_modifiers(mig__stmt *stmt, size_t *to)
{
    while (!mig__token_sign(&stmt->token, ")")) {
        if (stmt->token.kind == MIG_TOKEN_END || stmt->token.kind == MIG_TOKEN_BAD)
            return mig__stmt_fail(stmt, ")");
        mig__stmt_next(stmt);
    }
    *to = stmt->token.start + 1;
    mig__stmt_next(stmt);
    return MIG_OK;
}

/* "GENERATED ALWAYS"; of another type that is as long, its last word is taken off all the same. */
static size_t
without_generated(const char *text, size_t len)
{
    size_t shorter = len >= strlen("generated always") ? without_word(text, len, "always") : len;

    return shorter < len ? without_word(text, shorter, "generated") : len;
}

/*
 * The type is the text as it stands there, comments included: they count for SQLite's affinity like
 * the rest of it.  Of a text that begins with a quote SQLite takes off the first byte and the last,
 * unless there are other quotes in it: then all but what the first two enclose.
 */
static const char *
keep_type(mig__stmt *stmt, const mig_token *first, size_t len, bool *dequotedp)
{
    len = without_generated(first->text, len);
    *dequotedp = false;
    if (len == 0 || first->kind == MIG_TOKEN_NAME)
        return mig_schema_keep_part(stmt->schema, first->text, len);
    if (1 + strcspn(first->text + 1, "'\"[`") >= len - 1)
        return mig_schema_keep_part(stmt->schema, first->text + 1, len - 2);
    *dequotedp = true;
    mig_buf_clear(&stmt->scratch);
    mig__token_text(first, &stmt->scratch);
    return stmt->scratch.failed ? NULL
                                : mig_schema_keep(stmt->schema, mig_buf_text(&stmt->scratch));
}

/* *integerp: a key of this type is another name of the rowid.  `"INTEGER" x`, which becomes
 * INTEGER too, is none. */
static mig_status
take_type(mig__stmt *stmt, const char **typep, bool *integerp)
{
    mig_status st = MIG_OK;
    mig_token  first = stmt->token;
    size_t     to = first.start;
    bool       dequoted;

    while (is_type_word(stmt)) {
        to = stmt->token.start + stmt->token.len;
        mig__stmt_next(stmt);
    }
    if (to > first.start && mig__stmt_sign(stmt, "("))
        MIG_TRY(skip_modifiers(stmt, &to));
    *typep = keep_type(stmt, &first, to - first.start, &dequoted);
    if (*typep == NULL)
        MIG_TRY(mig__stmt_no_memory(stmt));
    *integerp = !dequoted && mig_match_folded(*typep, "INTEGER");
done:
    return st;
}

/* ---- defaults ---------------------------------------------------------------------------- */

static mig_status
keep_scratch(mig__stmt *stmt, const char **textp)
{
    *textp =
        stmt->scratch.failed ? NULL : mig_schema_keep(stmt->schema, mig_buf_text(&stmt->scratch));
    return *textp != NULL ? MIG_OK : mig__stmt_no_memory(stmt);
}

static mig_status
keep_word(mig__stmt *stmt, const char *word, const char **textp)
{
    mig_buf_puts(&stmt->scratch, word);
    return keep_scratch(stmt, textp);
}

/* Bare words that are values; all others are strings. */
static const char *
word_value(const mig_token *token)
{
    static const char *const words[] = {"NULL",         "TRUE",         "FALSE",
                                        "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"};

    for (size_t i = 0; i < N_OF(words); i++)
        if (mig__token_is(token, words[i]))
            return words[i];
    return NULL;
}

static mig_status
take_default(mig__stmt *stmt, mig_schema_column *column)
{
    mig_status  st = MIG_OK;
    const char *word, *name;
    bool        minus;

    if (mig__token_sign(&stmt->token, "("))
        return mig__stmt_take_parentheses(stmt, &column->default_value);
    minus = mig__stmt_sign(stmt, "-");
    if (!minus)
        (void)mig__stmt_sign(stmt, "+"); /* which does nothing to any value */
    mig_buf_clear(&stmt->scratch);
    mig_buf_puts(&stmt->scratch, minus ? "-" : "");
    word = word_value(&stmt->token);
    if (word != NULL) {
        mig__stmt_next(stmt);
        return keep_word(stmt, word, &column->default_value);
    }
    if (stmt->token.kind == MIG_TOKEN_NUMBER || stmt->token.kind == MIG_TOKEN_STRING ||
        stmt->token.kind == MIG_TOKEN_BLOB) {
        mig_buf_add(&stmt->scratch, stmt->token.text, stmt->token.len);
        mig__stmt_next(stmt);
        return keep_scratch(stmt, &column->default_value);
    }
    if (minus || begins_constraint(&stmt->token))
        return mig__stmt_fail(stmt, "a default");
    MIG_TRY(mig__stmt_take_name(stmt, "a default", &name));
    MIG_TRY(mig__stmt_literal(stmt, name, &column->default_value));
done:
    return st;
}

/* ---- foreign keys ------------------------------------------------------------------------ */

static mig_status
take_action(mig__stmt *stmt, mig_key_action *action)
{
    if (mig__stmt_word(stmt, "CASCADE")) {
        *action = MIG_ACTION_CASCADE;
    } else if (mig__stmt_word(stmt, "RESTRICT")) {
        *action = MIG_ACTION_RESTRICT;
    } else if (mig__stmt_word(stmt, "NO")) {
        *action = MIG_ACTION_NONE;
        return mig__stmt_expect_word(stmt, "ACTION");
    } else if (mig__stmt_word(stmt, "SET")) {
        *action =
            mig__token_is(&stmt->token, "NULL") ? MIG_ACTION_SET_NULL : MIG_ACTION_SET_DEFAULT;
        if (!mig__stmt_word(stmt, "NULL"))
            return mig__stmt_expect_word(stmt, "DEFAULT");
    } else {
        return mig__stmt_fail(stmt, "an action");
    }
    return MIG_OK;
}

mig_status
mig__stmt_take_references(mig__stmt *stmt, mig_constraint *key)
{
    mig_status     st = MIG_OK;
    mig_key_action dropped;
    const char    *ignored;

    MIG_TRY(mig__stmt_expect_word(stmt, "REFERENCES"));
    MIG_TRY(mig__stmt_take_name(stmt, "a table", &key->parent));
    if (mig__token_sign(&stmt->token, "(")) {
        MIG_TRY(mig__stmt_take_names(stmt, &key->parent_columns, &key->n_parent_columns));
        if (key->n_parent_columns != key->n_columns)
            MIG_TRY(mig__stmt_fail(stmt, "as many columns of the parent as of the table"));
    }
    for (;;) {
        if (mig__stmt_word(stmt, "MATCH")) {
            MIG_TRY(mig__stmt_take_name(stmt, "a kind of match", &ignored));
        } else if (mig__stmt_word(stmt, "ON")) {
            if (mig__stmt_word(stmt, "DELETE")) {
                MIG_TRY(take_action(stmt, &key->on_delete));
            } else if (mig__stmt_word(stmt, "UPDATE")) {
                MIG_TRY(take_action(stmt, &key->on_update));
            } else {
                MIG_TRY(mig__stmt_expect_word(stmt, "INSERT")); /* SQLite drops it as well */
                MIG_TRY(take_action(stmt, &dropped));
            }
        } else {
            break;
        }
    }
done:
    return st;
}

bool
mig__stmt_at_deferrable(const mig__stmt *stmt)
{
    mig_lexer ahead = stmt->lexer;
    mig_token next;

    if (mig__token_is(&stmt->token, "DEFERRABLE"))
        return true;
    mig__lex_next(&ahead, &next);
    return mig__token_is(&stmt->token, "NOT") && mig__token_is(&next, "DEFERRABLE");
}

mig_status
mig__stmt_take_deferrable(mig__stmt *stmt, mig_constraint *key)
{
    mig_status st = MIG_OK;
    bool       deferrable = !mig__stmt_word(stmt, "NOT");
    bool       deferred = false;

    MIG_TRY(mig__stmt_expect_word(stmt, "DEFERRABLE"));
    if (mig__stmt_word(stmt, "INITIALLY")) {
        deferred = mig__stmt_word(stmt, "DEFERRED");
        if (!deferred)
            MIG_TRY(mig__stmt_expect_word(stmt, "IMMEDIATE"));
    }
    if (key != NULL) {
        key->deferrable = deferrable;
        key->deferred = deferrable && deferred;
    }
done:
    return st;
}

/* The foreign key that was declared last, be it another column's: what SQLite takes DEFERRABLE
 * for.  NULL: there is none. */
static mig_constraint *
last_foreign_key(mig_schema_table *table)
{
    for (size_t i = table->n_constraints; i-- > 0;)
        if (table->constraints[i].kind == MIG_CONSTRAINT_FOREIGN)
            return &table->constraints[i];
    return NULL;
}

/* ---- constraints ------------------------------------------------------------------------- */

/* A column while its constraints are being read. */
typedef struct column_state {
    mig_schema_table  *table;
    mig_schema_column *column;
    const char        *name; /* of the next constraint; or "" */
} column_state;

static mig_status
add_constraint(mig__stmt *stmt, column_state *state, mig_constraint_kind kind,
               mig_constraint **constraintp)
{
    *constraintp = mig_schema_add_constraint(stmt->schema, state->table, kind, state->name);
    state->name = "";
    return *constraintp != NULL ? MIG_OK : mig__stmt_no_memory(stmt);
}

/* A key of this column alone: PRIMARY or UNIQUE. */
static mig_status
add_key(mig__stmt *stmt, column_state *state, mig_constraint_kind kind,
        mig_constraint **constraintp)
{
    mig_status    st = MIG_OK;
    mig_key_part *part;

    MIG_TRY(add_constraint(stmt, state, kind, constraintp));
    part = mig_schema_add_part(stmt->schema, &(*constraintp)->parts, &(*constraintp)->n_parts);
    if (part == NULL)
        st = mig__stmt_no_memory(stmt);
    else
        part->column = state->column->name;
done:
    return st;
}

static mig_status
take_primary(mig__stmt *stmt, column_state *state)
{
    mig_status      st = MIG_OK;
    mig_constraint *key;

    MIG_TRY(mig__stmt_expect_word(stmt, "KEY"));
    MIG_TRY(add_key(stmt, state, MIG_CONSTRAINT_PRIMARY, &key));
    if (!mig__stmt_word(stmt, "ASC"))
        key->parts[0].descending = mig__stmt_word(stmt, "DESC");
    MIG_TRY(mig__stmt_take_conflict(stmt, &key->conflict));
    /* An early mistake of SQLite that files rely on: DESC, here alone, makes it a key like any. */
    if (key->parts[0].descending)
        state->column->identity = MIG_IDENTITY_NONE;
    if (mig__stmt_word(stmt, "AUTOINCREMENT"))
        state->column->identity = MIG_IDENTITY_AUTOINCREMENT;
done:
    return st;
}

static mig_status
take_generated(mig__stmt *stmt, column_state *state)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__stmt_take_parentheses(stmt, &state->column->generated));
    state->column->stored = mig__stmt_word(stmt, "STORED");
    if (!state->column->stored)
        (void)mig__stmt_word(stmt, "VIRTUAL");
done:
    return st;
}

static mig_status
take_foreign(mig__stmt *stmt, column_state *state)
{
    mig_status      st = MIG_OK;
    mig_constraint *key;

    MIG_TRY(add_constraint(stmt, state, MIG_CONSTRAINT_FOREIGN, &key));
    if (!mig_schema_add_name(stmt->schema, &key->columns, &key->n_columns, state->column->name))
        MIG_TRY(mig__stmt_no_memory(stmt));
    MIG_TRY(mig__stmt_take_references(stmt, key));
done:
    return st;
}

/* Constraints that are the column's own and not the table's. */
static mig_status
take_attribute(mig__stmt *stmt, column_state *state)
{
    mig_status         st = MIG_OK;
    mig_schema_column *column = state->column;
    const char        *dropped;

    state->name = "";
    if (mig__stmt_word(stmt, "DEFAULT")) {
        MIG_TRY(take_default(stmt, column));
    } else if (mig__stmt_word(stmt, "COLLATE")) {
        MIG_TRY(mig__stmt_take_name(stmt, "a collation", &column->collation));
    } else if (mig__stmt_word(stmt, "NOT")) {
        MIG_TRY(mig__stmt_expect_word(stmt, "NULL"));
        column->not_null = true;
        MIG_TRY(mig__stmt_take_conflict(stmt, &column->not_null_conflict));
    } else if (mig__stmt_word(stmt, "NULL")) {
        MIG_TRY(mig__stmt_take_conflict(stmt, &dropped));
    } else if (mig__stmt_word(stmt, "AS")) {
        MIG_TRY(take_generated(stmt, state));
    } else if (!mig__stmt_word(stmt, "GENERATED")) {
        MIG_TRY(mig__stmt_fail(stmt, "a constraint or the end of the column"));
    } else {
        MIG_TRY(mig__stmt_expect_word(stmt, "ALWAYS"));
        MIG_TRY(mig__stmt_expect_word(stmt, "AS"));
        MIG_TRY(take_generated(stmt, state));
    }
done:
    return st;
}

static mig_status
take_constraint(mig__stmt *stmt, column_state *state)
{
    mig_status      st = MIG_OK;
    mig_constraint *constraint;

    if (mig__stmt_word(stmt, "CONSTRAINT")) {
        MIG_TRY(mig__stmt_take_name(stmt, "the name of a constraint", &state->name));
    } else if (mig__stmt_at_deferrable(stmt)) {
        MIG_TRY(mig__stmt_take_deferrable(stmt, last_foreign_key(state->table)));
    } else if (mig__stmt_word(stmt, "PRIMARY")) {
        MIG_TRY(take_primary(stmt, state));
    } else if (mig__stmt_word(stmt, "UNIQUE")) {
        MIG_TRY(add_key(stmt, state, MIG_CONSTRAINT_UNIQUE, &constraint));
        MIG_TRY(mig__stmt_take_conflict(stmt, &constraint->conflict));
    } else if (mig__stmt_word(stmt, "CHECK")) {
        MIG_TRY(add_constraint(stmt, state, MIG_CONSTRAINT_CHECK, &constraint));
        MIG_TRY(mig__stmt_take_parentheses(stmt, &constraint->expression));
    } else if (mig__token_is(&stmt->token, "REFERENCES")) {
        MIG_TRY(take_foreign(stmt, state));
    } else {
        MIG_TRY(take_attribute(stmt, state));
    }
done:
    return st;
}

mig_status
mig__stmt_take_column(mig__stmt *stmt, mig_schema_table *table)
{
    mig_status   st = MIG_OK;
    column_state state = {.table = table, .name = ""};
    const char  *name, *type;
    bool         integer;

    MIG_TRY(mig__stmt_take_name(stmt, "a column", &name));
    MIG_TRY(take_type(stmt, &type, &integer));
    state.column = mig_schema_add_column(stmt->schema, table, name, type);
    if (state.column == NULL) {
        st = mig__stmt_no_memory(stmt);
        goto done;
    }
    if (integer)
        state.column->identity = MIG_IDENTITY_ROWID;
    while (!mig__token_sign(&stmt->token, ",") && !mig__token_sign(&stmt->token, ")"))
        MIG_TRY(take_constraint(stmt, &state));
done:
    return st;
}
