/*
 * sqlite_ddl_stmt.h - a CREATE statement while it is being read.
 *
 * The reader looks at one token, and goes on with mig__stmt_next.  What it does
 * not understand is raised with its place (mig__stmt_fail), so no function
 * below guesses.  Strings that are given back are kept by the schema.
 *
 * Pure; any thread.
 */
#ifndef MIG__SQLITE_DDL_STMT_H
#define MIG__SQLITE_DDL_STMT_H

#include "lex.h"

typedef struct mig__stmt {
    mig_schema *schema;
    const char *what, *name; /* for messages: "table", and sqlite_schema.name */
    mig_error  *err;
    mig_lexer   lexer; /* behind `token` */
    mig_token   token; /* looked at */
    mig_buf     scratch;
} mig__stmt;

/* The first token is looked at then. */
void mig__stmt_init(mig__stmt *stmt, mig_schema *schema, const char *what, const char *name,
                    const char *sql, mig_error *err);
void mig__stmt_fini(mig__stmt *stmt);

/* MIG_E_SCHEMA: `expected` and what stands there instead. */
mig_status mig__stmt_fail(mig__stmt *stmt, const char *expected) MIG_CHECKED;
mig_status mig__stmt_no_memory(mig__stmt *stmt) MIG_CHECKED;

void mig__stmt_next(mig__stmt *stmt);

/* Whether the word or sign is looked at, and goes behind it if so. */
bool mig__stmt_word(mig__stmt *stmt, const char *word);
bool mig__stmt_sign(mig__stmt *stmt, const char *sign);

mig_status mig__stmt_expect_word(mig__stmt *stmt, const char *word) MIG_CHECKED;
mig_status mig__stmt_expect_sign(mig__stmt *stmt, const char *sign) MIG_CHECKED;

/* A name in whatever quotes, single ones included. */
bool       mig__stmt_is_name(const mig__stmt *stmt);
mig_status mig__stmt_take_name(mig__stmt *stmt, const char *expected,
                               const char **namep) MIG_CHECKED;

/* CREATE [middle...] noun [IF NOT EXISTS] [schema.]name, the noun being TABLE, INDEX or VIEW. */
mig_status mig__stmt_take_head(mig__stmt *stmt, const char *noun, bool *uniquep) MIG_CHECKED;

/* ON CONFLICT ..., if it stands there: a word, NULL for ABORT and if it does not. */
mig_status mig__stmt_take_conflict(mig__stmt *stmt, const char **conflictp) MIG_CHECKED;

/*
 * "(...)" with balanced parentheses: the expression in it, on one line, without comments and
 * without any parentheses around the whole.
 */
mig_status mig__stmt_take_parentheses(mig__stmt *stmt, const char **textp) MIG_CHECKED;

/* The same for a part of the statement: [from, to), offsets in bytes. */
mig_status mig__stmt_cut(mig__stmt *stmt, size_t from, size_t to, const char **textp) MIG_CHECKED;

/* Narrows a part of the statement by a pair of parentheses around all of it, unless they make it a
 * query; false if there is none. */
bool mig__stmt_narrow(const mig__stmt *stmt, size_t *from, size_t *to);

/* All that is left of the statement, as an expression or a query; one at least. */
mig_status mig__stmt_take_rest(mig__stmt *stmt, const char **textp) MIG_CHECKED;

/* Appends 'text' as a literal and keeps it. */
mig_status mig__stmt_literal(mig__stmt *stmt, const char *text, const char **literalp) MIG_CHECKED;

/* "(" one or more names ")".  A collation and an order behind a name, which SQLite takes of old
 * statements, are dropped. */
mig_status mig__stmt_take_names(mig__stmt *stmt, const char ***names, size_t *n_names) MIG_CHECKED;

/* The table of that name in any case of ASCII letters, or NULL. */
const mig_schema_table *mig__stmt_table(const mig_schema *schema, const char *name);

/* The table's column of that name in any case of ASCII letters, or NULL. */
const mig_schema_column *mig__stmt_column(const mig_schema_table *table, const char *name);

/*
 * "(" one or more parts ")" of an index, a primary key or a unique constraint.  `autoincrement`,
 * if not NULL, is set where AUTOINCREMENT stands behind the last part.
 */
mig_status mig__stmt_take_parts(mig__stmt *stmt, const mig_schema_table *table,
                                mig_key_part **parts, size_t *n_parts,
                                bool *autoincrement) MIG_CHECKED;

/*
 * What SQLite does with a name in double quotes that names no column: it is a string.  *textp is
 * the expression with such names as 'strings'; left as it is if there are none, or if it is NULL.
 */
mig_status mig__stmt_strings(mig__stmt *stmt, const mig_schema_table *table,
                             const char **textp) MIG_CHECKED;

/* sqlite_ddl_column.c: name, type and constraints of a column, which is added to the table.  It has
 * an identity if it would be the rowid as the table's only key. */
mig_status mig__stmt_take_column(mig__stmt *stmt, mig_schema_table *table) MIG_CHECKED;

/* sqlite_ddl_column.c: REFERENCES and what follows it, without DEFERRABLE. */
mig_status mig__stmt_take_references(mig__stmt *stmt, mig_constraint *key) MIG_CHECKED;

/* sqlite_ddl_column.c: [NOT] DEFERRABLE ..., at which the statement stands. */
mig_status mig__stmt_take_deferrable(mig__stmt *stmt, mig_constraint *key) MIG_CHECKED;
bool       mig__stmt_at_deferrable(const mig__stmt *stmt);

#endif
