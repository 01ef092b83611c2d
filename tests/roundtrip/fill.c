/*
 * fill.c - rows for a made-up schema.
 *
 * Rows go in without references first, those that break a key are left out by
 * SQLite; then the references are set to keys that are there.  So tables may
 * refer to themselves and to each other.
 */
#include <stdlib.h>
#include <string.h>

#include "schema.h"

#define MANY_ROWS 1500

typedef struct key_list {
    sqlite3_value **values; /* n x n_columns */
    size_t          n;
    unsigned        n_columns;
} key_list;

static void
execute(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die("%.200s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *
prepare(sqlite3 *db, const mig_buf *sql)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, mig_buf_text(sql), -1, &stmt, NULL) != SQLITE_OK)
        die("%.200s: %s", mig_buf_text(sql), sqlite3_errmsg(db));
    return stmt;
}

static void
step_once(sqlite3 *db, sqlite3_stmt *stmt)
{
    if (sqlite3_step(stmt) != SQLITE_DONE)
        die("%.200s: %s", sqlite3_sql(stmt), sqlite3_errmsg(db));
    sqlite3_reset(stmt);
}

/* Columns of references have no value yet. */
static bool
is_reference(const test_table *table, unsigned column)
{
    for (unsigned i = 0; i < table->n_references; i++)
        if (column >= table->references[i].first_column &&
            column < table->references[i].first_column + table->references[i].parent->n_key)
            return true;
    return false;
}

static sqlite3_stmt *
prepare_insert(sqlite3 *db, const test_table *table)
{
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt;
    const char   *between = " (";

    mig_buf_puts(&sql, "INSERT OR IGNORE INTO ");
    mig_buf_identifier(&sql, table->name);
    for (unsigned i = 0; i < table->n_columns; i++) {
        if (table->columns[i].generated)
            continue;
        mig_buf_puts(&sql, between);
        mig_buf_identifier(&sql, table->columns[i].name);
        between = ", ";
    }
    mig_buf_puts(&sql, ") VALUES (");
    between = "";
    for (unsigned i = 0; i < table->n_columns; i++) {
        if (table->columns[i].generated)
            continue;
        mig_buf_printf(&sql, "%s?%u", between, i + 1);
        between = ", ";
    }
    mig_buf_puts(&sql, ")");
    stmt = prepare(db, &sql);
    mig_buf_fini(&sql);
    return stmt;
}

static void
fill_table(case_random *random, const test_table *table, unsigned n_rows, sqlite3 *db)
{
    sqlite3_stmt *stmt = prepare_insert(db, table);
    test_cell     value = {.bytes = MIG_BUF_INIT};

    for (; n_rows > 0; n_rows--) {
        for (unsigned i = 0; i < table->n_columns; i++) {
            const table_column *column = &table->columns[i];

            if (column->generated)
                continue;
            sqlite3_bind_null(stmt, (int)i + 1);
            if (is_reference(table, i) || (!column->not_null && case_random_once_in(random, 6)))
                continue;
            column->kind->make(random, column->kind->n, &value);
            cell_bind(&value, stmt, (int)i + 1);
        }
        step_once(db, stmt);
    }
    mig_buf_fini(&value.bytes);
    sqlite3_finalize(stmt);
}

/* ---- references --------------------------------------------------------------------------- */

static void
put_keys(mig_buf *sql, const test_table *table)
{
    if (!table->without_rowid) {
        mig_buf_puts(sql, "rowid");
        return;
    }
    for (unsigned i = 0; i < table->n_key; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : "");
        mig_buf_identifier(sql, table->columns[i].name);
    }
}

static void
read_keys(sqlite3 *db, const mig_buf *sql, key_list *keys)
{
    sqlite3_stmt *stmt = prepare(db, sql);
    size_t        cap = 0;

    keys->n = 0;
    keys->values = NULL;
    keys->n_columns = (unsigned)sqlite3_column_count(stmt);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        if (keys->n == cap) {
            cap = 2 * cap + 64;
            keys->values = realloc(keys->values, cap * keys->n_columns * sizeof(sqlite3_value *));
            if (keys->values == NULL)
                die("no memory for keys");
        }
        for (unsigned i = 0; i < keys->n_columns; i++)
            keys->values[keys->n * keys->n_columns + i] =
                sqlite3_value_dup(sqlite3_column_value(stmt, (int)i));
        keys->n++;
    }
    sqlite3_finalize(stmt);
}

static void
free_keys(key_list *keys)
{
    for (size_t i = 0; i < keys->n * keys->n_columns; i++)
        sqlite3_value_free(keys->values[i]);
    free(keys->values);
}

static void
read_parents(sqlite3 *db, const test_table *parent, key_list *keys)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "SELECT ");
    for (unsigned i = 0; i < parent->n_key; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig_buf_identifier(&sql, parent->columns[i].name);
    }
    mig_buf_puts(&sql, " FROM ");
    mig_buf_identifier(&sql, parent->name);
    read_keys(db, &sql, keys);
    mig_buf_fini(&sql);
}

static void
read_children(sqlite3 *db, const test_table *table, key_list *keys)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "SELECT ");
    put_keys(&sql, table);
    mig_buf_puts(&sql, " FROM ");
    mig_buf_identifier(&sql, table->name);
    read_keys(db, &sql, keys);
    mig_buf_fini(&sql);
}

static sqlite3_stmt *
prepare_update(sqlite3 *db, const test_table *table, const table_reference *reference)
{
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt;
    unsigned      at = 1;

    mig_buf_puts(&sql, "UPDATE ");
    mig_buf_identifier(&sql, table->name);
    for (unsigned i = 0; i < reference->parent->n_key; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : " SET ");
        mig_buf_identifier(&sql, table->columns[reference->first_column + i].name);
        mig_buf_printf(&sql, " = ?%u", at++);
    }
    mig_buf_puts(&sql, " WHERE (");
    put_keys(&sql, table);
    mig_buf_puts(&sql, ") = (");
    for (unsigned i = 0; i < (table->without_rowid ? table->n_key : 1); i++)
        mig_buf_printf(&sql, "%s?%u", i > 0 ? ", " : "", at++);
    mig_buf_puts(&sql, ")");
    stmt = prepare(db, &sql);
    mig_buf_fini(&sql);
    return stmt;
}

/* Texts as UTF-8: one of UTF-16 that begins with U+FEFF would be bound without it. */
static void
bind_key(sqlite3_stmt *stmt, unsigned at, sqlite3_value *value)
{
    if (sqlite3_value_type(value) != SQLITE_TEXT) {
        sqlite3_bind_value(stmt, (int)at, value);
        return;
    }
    const char *text = (const char *)sqlite3_value_text(value);

    sqlite3_bind_text(stmt, (int)at, text, sqlite3_value_bytes(value), SQLITE_TRANSIENT);
}

static void
set_reference(case_random *random, const test_table *table, const table_reference *reference,
              sqlite3 *db)
{
    sqlite3_stmt *stmt = prepare_update(db, table, reference);
    key_list      parents, children;

    read_parents(db, reference->parent, &parents);
    read_children(db, table, &children);
    for (size_t row = 0; row < children.n && parents.n > 0; row++) {
        size_t   parent = case_random_below(random, (unsigned)parents.n);
        unsigned at = 1;

        if (case_random_once_in(random, 4))
            continue;
        for (unsigned i = 0; i < parents.n_columns; i++)
            bind_key(stmt, at++, parents.values[parent * parents.n_columns + i]);
        for (unsigned i = 0; i < children.n_columns; i++)
            bind_key(stmt, at++, children.values[row * children.n_columns + i]);
        step_once(db, stmt);
    }
    free_keys(&parents);
    free_keys(&children);
    sqlite3_finalize(stmt);
}

void
schema_fill(case_random *random, const test_schema *schema, sqlite3 *db)
{
    unsigned many = case_random_below(random, schema->n_tables);
    unsigned none = case_random_below(random, schema->n_tables);

    execute(db, "BEGIN");
    for (unsigned i = 0; i < schema->n_tables; i++)
        if (i == many || i != none)
            fill_table(random, &schema->tables[i],
                       i == many ? MANY_ROWS : 1 + case_random_below(random, 80), db);
    for (unsigned i = 0; i < schema->n_tables; i++)
        for (unsigned k = 0; k < schema->tables[i].n_references; k++)
            set_reference(random, &schema->tables[i], &schema->tables[i].references[k], db);
    execute(db, "COMMIT");
}
