/*
 * sqlite_ddl.c - CREATE TABLE, CREATE INDEX and CREATE VIEW as a whole.
 *
 * SQLite allows the commas between a table's constraints to be left out, and
 * wants them between its columns.  What only the whole table tells comes last:
 * which key is another name of the rowid, which names in double quotes are
 * strings, which columns of a table without rowid cannot be NULL.
 */
#include "mig/sqlite_ddl.h"

#include <string.h>

#include "mig/match.h"
#include "sqlite_ddl_stmt.h"

static mig_status
expect_end(mig__stmt *stmt)
{
    (void)mig__stmt_sign(stmt, ";");
    return stmt->token.kind == MIG_TOKEN_END ? MIG_OK : mig__stmt_fail(stmt, "its end");
}

/* ---- tables ------------------------------------------------------------------------------ */

static bool
begins_table_constraint(const mig__stmt *stmt)
{
    return mig__token_is(&stmt->token, "CONSTRAINT") || mig__token_is(&stmt->token, "PRIMARY") ||
           mig__token_is(&stmt->token, "UNIQUE") || mig__token_is(&stmt->token, "CHECK") ||
           mig__token_is(&stmt->token, "FOREIGN");
}

static mig_status
take_primary(mig__stmt *stmt, mig_schema_table *table, mig_constraint *key)
{
    mig_status st = MIG_OK;
    bool       autoincrement = false;

    MIG_TRY(mig__stmt_expect_word(stmt, "KEY"));
    MIG_TRY(mig__stmt_take_parts(stmt, table, &key->parts, &key->n_parts, &autoincrement));
    MIG_TRY(mig__stmt_take_conflict(stmt, &key->conflict));
    for (size_t i = 0; i < table->n_columns && autoincrement; i++)
        if (table->columns[i].name == key->parts[0].column)
            table->columns[i].identity = MIG_IDENTITY_AUTOINCREMENT;
done:
    return st;
}

static mig_status
take_foreign(mig__stmt *stmt, const mig_schema_table *table, mig_constraint *key)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__stmt_expect_word(stmt, "KEY"));
    MIG_TRY(mig__stmt_take_names(stmt, &key->columns, &key->n_columns));
    for (size_t i = 0; i < key->n_columns; i++) {
        const mig_schema_column *column = mig__stmt_column(table, key->columns[i]);

        if (column == NULL)
            MIG_TRY(mig__stmt_fail(stmt, "a foreign key of the table's own columns before this"));
        else
            key->columns[i] = column->name;
    }
    MIG_TRY(mig__stmt_take_references(stmt, key));
    if (mig__stmt_at_deferrable(stmt))
        MIG_TRY(mig__stmt_take_deferrable(stmt, key));
done:
    return st;
}

/* One constraint of the table, or a name without one, which is allowed. */
static mig_status
take_constraint(mig__stmt *stmt, mig_schema_table *table)
{
    mig_status          st = MIG_OK;
    const char         *name = "", *dropped;
    mig_constraint_kind kind = MIG_CONSTRAINT_CHECK;
    mig_constraint     *constraint;

    while (mig__stmt_word(stmt, "CONSTRAINT"))
        MIG_TRY(mig__stmt_take_name(stmt, "the name of a constraint", &name));
    if (mig__token_sign(&stmt->token, ",") || mig__token_sign(&stmt->token, ")"))
        goto done;
    if (mig__stmt_word(stmt, "PRIMARY"))
        kind = MIG_CONSTRAINT_PRIMARY;
    else if (mig__stmt_word(stmt, "UNIQUE"))
        kind = MIG_CONSTRAINT_UNIQUE;
    else if (mig__stmt_word(stmt, "FOREIGN"))
        kind = MIG_CONSTRAINT_FOREIGN;
    else
        MIG_TRY(mig__stmt_expect_word(stmt, "CHECK"));
    constraint = mig_schema_add_constraint(stmt->schema, table, kind, name);
    if (constraint == NULL) {
        st = mig__stmt_no_memory(stmt);
    } else if (kind == MIG_CONSTRAINT_PRIMARY) {
        st = take_primary(stmt, table, constraint);
    } else if (kind == MIG_CONSTRAINT_FOREIGN) {
        st = take_foreign(stmt, table, constraint);
    } else if (kind == MIG_CONSTRAINT_UNIQUE) {
        MIG_TRY(mig__stmt_take_parts(stmt, table, &constraint->parts, &constraint->n_parts, NULL));
        MIG_TRY(mig__stmt_take_conflict(stmt, &constraint->conflict));
    } else {
        MIG_TRY(mig__stmt_take_parentheses(stmt, &constraint->expression));
        MIG_TRY(mig__stmt_take_conflict(stmt, &dropped)); /* checks always abort */
    }
done:
    return st;
}

static mig_status
take_columns(mig__stmt *stmt, mig_schema_table *table)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__stmt_expect_sign(stmt, "("));
    do {
        if (table->n_columns > 0 && begins_table_constraint(stmt))
            break;
        MIG_TRY(mig__stmt_take_column(stmt, table));
    } while (mig__stmt_sign(stmt, ","));
    while (begins_table_constraint(stmt)) {
        MIG_TRY(take_constraint(stmt, table));
        if (mig__stmt_sign(stmt, ",") && !begins_table_constraint(stmt))
            MIG_TRY(mig__stmt_fail(stmt, "a constraint"));
    }
    MIG_TRY(mig__stmt_expect_sign(stmt, ")"));
done:
    return st;
}

static mig_status
take_options(mig__stmt *stmt, mig_schema_table *table)
{
    mig_status st = MIG_OK;

    if (!mig__stmt_is_name(stmt))
        return MIG_OK;
    do {
        if (mig__stmt_word(stmt, "WITHOUT")) {
            MIG_TRY(mig__stmt_expect_word(stmt, "ROWID"));
            table->without_rowid = true;
        } else {
            MIG_TRY(mig__stmt_expect_word(stmt, "STRICT"));
            table->strict = true;
        }
    } while (mig__stmt_sign(stmt, ","));
done:
    return st;
}

static bool
same_text(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* A column that stands in a key for the second time says nothing. */
static void
drop_repeated(mig_constraint *key)
{
    size_t kept = 0;

    for (size_t i = 0; i < key->n_parts; i++) {
        size_t k = 0;

        while (k < kept &&
               !(key->parts[i].column != NULL && key->parts[k].column == key->parts[i].column &&
                 same_text(key->parts[k].collation, key->parts[i].collation)))
            k++;
        if (k == kept)
            key->parts[kept++] = key->parts[i];
    }
    key->n_parts = kept;
}

/* The key's columns of a table that is STRICT or has no rowid cannot be NULL; the rowid is none
 * anyway. */
static void
finish_key(mig_schema_table *table)
{
    const mig_constraint *key = mig_schema_primary(table);

    for (size_t i = 0; i < table->n_columns; i++) {
        mig_schema_column *column = &table->columns[i];

        for (size_t k = 0; key != NULL && k < key->n_parts; k++)
            column->not_null = column->not_null || (column->identity == MIG_IDENTITY_NONE &&
                                                    key->parts[k].column == column->name);
    }
}

/* Only a key of one column, named once, is the rowid. */
static void
finish_identity(mig_schema_table *table)
{
    const mig_constraint *key = mig_schema_primary(table);
    const char           *only = NULL;

    if (key != NULL && key->n_parts == 1 && !table->without_rowid)
        only = key->parts[0].column;
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].name != only)
            table->columns[i].identity = MIG_IDENTITY_NONE;
}

static mig_status
finish_table(mig__stmt *stmt, mig_schema_table *table)
{
    mig_status st = MIG_OK;

    finish_identity(table);
    for (size_t i = 0; i < table->n_constraints; i++) {
        drop_repeated(&table->constraints[i]);
        MIG_TRY(mig__stmt_strings(stmt, table, &table->constraints[i].expression));
    }
    for (size_t i = 0; i < table->n_columns; i++)
        MIG_TRY(mig__stmt_strings(stmt, table, &table->columns[i].generated));
    if (table->without_rowid || table->strict)
        finish_key(table);
done:
    return st;
}

mig_status
mig_sqlite_ddl_table(mig_schema *schema, const char *name, const char *sql, mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__stmt         stmt;
    mig_schema_table *table = mig_schema_add_table(schema, name);
    bool              unique;

    mig__stmt_init(&stmt, schema, "table", name, sql, err);
    if (table == NULL || (table->sql = mig_schema_keep(schema, sql)) == NULL)
        MIG_TRY(mig__stmt_no_memory(&stmt));
    table->kind = MIG_TABLE_PLAIN;
    MIG_TRY(mig__stmt_take_head(&stmt, "TABLE", &unique));
    MIG_TRY(take_columns(&stmt, table));
    MIG_TRY(take_options(&stmt, table));
    MIG_TRY(expect_end(&stmt));
    MIG_TRY(finish_table(&stmt, table));
done:
    mig__stmt_fini(&stmt);
    return st;
}

/* ---- indexes and views ------------------------------------------------------------------- */

mig_status
mig_sqlite_ddl_index(mig_schema *schema, const char *name, const char *sql, mig_error *err)
{
    mig_status              st = MIG_OK;
    mig__stmt               stmt;
    mig_index              *index = NULL;
    const mig_schema_table *table;
    const char             *table_name;
    bool                    unique;

    mig__stmt_init(&stmt, schema, "index", name, sql, err);
    MIG_TRY(mig__stmt_take_head(&stmt, "INDEX", &unique));
    MIG_TRY(mig__stmt_expect_word(&stmt, "ON"));
    MIG_TRY(mig__stmt_take_name(&stmt, "a table", &table_name));
    table = mig__stmt_table(schema, table_name);
    if (table == NULL)
        MIG_TRY(mig__stmt_fail(&stmt, "the name of a table that is there, before this"));
    index = mig_schema_add_index(schema, name, table->name);
    if (index == NULL || (index->definition = mig_schema_keep(schema, sql)) == NULL)
        MIG_TRY(mig__stmt_no_memory(&stmt));
    index->unique = unique;
    MIG_TRY(mig__stmt_take_parts(&stmt, table, &index->parts, &index->n_parts, NULL));
    if (mig__stmt_word(&stmt, "WHERE"))
        MIG_TRY(mig__stmt_take_rest(&stmt, &index->where));
    MIG_TRY(mig__stmt_strings(&stmt, table, &index->where));
    MIG_TRY(expect_end(&stmt));
done:
    mig__stmt_fini(&stmt);
    return st;
}

mig_status
mig_sqlite_ddl_view(mig_schema *schema, const char *name, const char *sql, mig_error *err)
{
    mig_status         st = MIG_OK;
    mig__stmt          stmt;
    mig_schema_object *view = mig_schema_add_object(schema, MIG_OBJECT_VIEW, name);
    bool               unique;

    mig__stmt_init(&stmt, schema, "view", name, sql, err);
    if (view == NULL || (view->sql = mig_schema_keep(schema, sql)) == NULL)
        MIG_TRY(mig__stmt_no_memory(&stmt));
    MIG_TRY(mig__stmt_take_head(&stmt, "VIEW", &unique));
    if (mig__token_sign(&stmt.token, "("))
        MIG_TRY(mig__stmt_take_names(&stmt, &view->columns, &view->n_columns));
    MIG_TRY(mig__stmt_expect_word(&stmt, "AS"));
    MIG_TRY(mig__stmt_take_rest(&stmt, &view->query));
    MIG_TRY(expect_end(&stmt));
done:
    mig__stmt_fini(&stmt);
    return st;
}
