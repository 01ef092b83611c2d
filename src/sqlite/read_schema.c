/*
 * read_schema.c - a SQLite database's schema, from the statements that made it.
 *
 * sqlite_schema is read in rowid order, tables before all that stands on them.
 * What the parser (sqlite_ddl.h) makes of a table is compared with what SQLite
 * itself makes of it, column by column: a difference is an error here and never
 * a wrong table later.
 *
 * Virtual tables and the shadow tables that belong to them come without
 * columns, as in the catalog; the virtual ones are listed as objects too.
 *
 * Threads: the one that owns the source.
 */
#include <string.h>

#include "mig/sqlite_ddl.h"
#include "sqlite_source.h"

static mig_status
no_memory(mig_error *err)
{
    return mig_raise(err, MIG_E_NOMEM, "cannot allocate the schema");
}

/* "" for NULL. */
static const char *
text_of(sqlite3_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);

    return text != NULL ? (const char *)text : "";
}

/* ---- what SQLite makes of a table -------------------------------------------------------- */

static mig_status
raise_other(const mig_schema_table *table, const char *what, mig_error *err)
{
    mig_raise(err, MIG_E_INTERNAL, "the statement that makes table %s was not read as SQLite does",
              table->name);
    mig_error_detail(err, "%s differs", what);
    mig_error_detail(err, "%s", table->sql);
    return MIG_E_INTERNAL;
}

static mig_status
compare_columns(sqlite3 *db, const mig_schema_table *table, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    size_t        n = 0;
    bool          row;

    MIG_TRY(mig__sqlite_ask(db,
                            "SELECT name, \"notnull\", hidden, dflt_value IS NOT NULL"
                            " FROM pragma_table_xinfo(?1, 'main') ORDER BY cid",
                            table->name, &stmt, err));
    for (;; n++) {
        const mig_schema_column *column = &table->columns[n];
        int                      hidden;

        MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
        if (!row)
            break;
        if (n >= table->n_columns || strcmp(column->name, text_of(stmt, 0)) != 0)
            MIG_TRY(raise_other(table, text_of(stmt, 0), err));
        hidden = column->generated == NULL ? 0 : column->stored ? 3 : 2;
        if (column->not_null != (sqlite3_column_int(stmt, 1) != 0) ||
            hidden != sqlite3_column_int(stmt, 2) ||
            (column->default_value != NULL) != (sqlite3_column_int(stmt, 3) != 0))
            MIG_TRY(raise_other(table, column->name, err));
    }
    if (n < table->n_columns)
        st = raise_other(table, table->columns[n].name, err);
done:
    sqlite3_finalize(stmt);
    return st;
}

static mig_status
compare_primary(sqlite3 *db, const mig_schema_table *table, mig_error *err)
{
    mig_status            st = MIG_OK;
    sqlite3_stmt         *stmt = NULL;
    const mig_constraint *key = mig_schema_primary(table);
    size_t                n_parts = key != NULL ? key->n_parts : 0, n = 0;
    bool                  row;

    MIG_TRY(mig__sqlite_ask(
        db, "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0 ORDER BY pk", table->name,
        &stmt, err));
    for (;; n++) {
        MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
        if (!row)
            break;
        if (n >= n_parts || key->parts[n].column == NULL ||
            strcmp(key->parts[n].column, text_of(stmt, 0)) != 0)
            MIG_TRY(raise_other(table, "its primary key", err));
    }
    if (n < n_parts)
        st = raise_other(table, "its primary key", err);
done:
    sqlite3_finalize(stmt);
    return st;
}

/* Whether the primary key is another name of the rowid: it has no index then. */
static mig_status
compare_identity(sqlite3 *db, const mig_schema_table *table, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    bool          has_index, alias = false;

    for (size_t i = 0; i < table->n_columns; i++)
        alias = alias || table->columns[i].identity != MIG_IDENTITY_NONE;
    if (table->without_rowid || mig_schema_primary(table) == NULL)
        return MIG_OK;
    MIG_TRY(mig__sqlite_ask(db, "SELECT 1 FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'",
                            table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &has_index, err));
    if (alias == has_index)
        st = raise_other(table, "whether its primary key is its rowid", err);
done:
    sqlite3_finalize(stmt);
    return st;
}

static mig_status
compare_foreign_keys(sqlite3 *db, const mig_schema_table *table, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    int           n_columns = 0;
    bool          row;

    MIG_TRY(mig__sqlite_ask(db, "SELECT count(*) FROM pragma_foreign_key_list(?1, 'main')",
                            table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
    for (size_t i = 0; i < table->n_constraints; i++)
        n_columns += (int)table->constraints[i].n_columns;
    if (row && n_columns != sqlite3_column_int(stmt, 0))
        st = raise_other(table, "its foreign keys", err);
done:
    sqlite3_finalize(stmt);
    return st;
}

/* ---- one row of sqlite_schema ------------------------------------------------------------ */

/* A row, and the kind of its table in pragma_table_list; valid until the next step. */
typedef struct entry {
    const char *type, *name, *table, *sql, *kind;
} entry;

static mig_status
read_virtual(mig_schema *schema, const entry *e, mig_error *err)
{
    mig_schema_table  *table = mig_schema_add_table(schema, e->name);
    mig_schema_object *object;

    if (table == NULL || (table->sql = mig_schema_keep(schema, e->sql)) == NULL)
        return no_memory(err);
    table->kind = MIG_TABLE_VIRTUAL;
    if (strcmp(e->kind, "shadow") == 0)
        return MIG_OK;
    object = mig_schema_add_object(schema, MIG_OBJECT_VIRTUAL_TABLE, e->name);
    if (object == NULL || (object->sql = mig_schema_keep(schema, e->sql)) == NULL)
        return no_memory(err);
    return MIG_OK;
}

static mig_status
read_table(sqlite3 *db, mig_schema *schema, const entry *e, mig_error *err)
{
    mig_status              st = MIG_OK;
    const mig_schema_table *table;

    if (strcmp(e->kind, "table") != 0)
        return read_virtual(schema, e, err);
    MIG_TRY(mig_sqlite_ddl_table(schema, e->name, e->sql, err));
    table = &schema->tables[schema->n_tables - 1];
    MIG_TRY(compare_columns(db, table, err));
    MIG_TRY(compare_primary(db, table, err));
    MIG_TRY(compare_identity(db, table, err));
    MIG_TRY(compare_foreign_keys(db, table, err));
done:
    return st;
}

/* The parts of an index of a shadow table are its module's own business. */
static mig_status
read_index(mig_schema *schema, const entry *e, mig_error *err)
{
    const mig_schema_table *table = mig_schema_find(schema, e->table);

    if (table != NULL && table->kind == MIG_TABLE_VIRTUAL)
        return MIG_OK;
    return mig_sqlite_ddl_index(schema, e->name, e->sql, err);
}

/* A view that reads what is no longer there has no columns that anybody knew. */
static mig_status
read_view_columns(sqlite3 *db, mig_schema *schema, mig_schema_object *view, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_error     own = MIG_ERROR_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    view->n_columns = 0;
    MIG_TRY(mig__sqlite_ask(db, "SELECT name FROM pragma_table_xinfo(?1, 'main') ORDER BY cid",
                            view->name, &stmt, err));
    for (;;) {
        st = mig__sqlite_step(stmt, view->name, &row, &own);
        if (st == MIG_E_DATABASE && sqlite3_errcode(db) == SQLITE_ERROR) {
            view->n_columns = 0;
            st = MIG_OK;
            goto done;
        }
        MIG_TRY(st);
        if (!row)
            break;
        if (!mig_schema_add_name(schema, &view->columns, &view->n_columns, text_of(stmt, 0)))
            MIG_TRY(no_memory(err));
    }
done:
    if (st != MIG_OK)
        mig_error_move(err, &own);
    mig_error_fini(&own);
    sqlite3_finalize(stmt);
    return st;
}

static mig_status
read_view(sqlite3 *db, mig_schema *schema, const entry *e, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig_sqlite_ddl_view(schema, e->name, e->sql, err));
    MIG_TRY(read_view_columns(db, schema, &schema->objects[schema->n_objects - 1], err));
done:
    return st;
}

static mig_status
read_trigger(mig_schema *schema, const entry *e, mig_error *err)
{
    mig_schema_object *trigger = mig_schema_add_object(schema, MIG_OBJECT_TRIGGER, e->name);

    if (trigger == NULL)
        return no_memory(err);
    trigger->table = mig_schema_keep(schema, e->table);
    trigger->sql = mig_schema_keep(schema, e->sql);
    return trigger->table != NULL && trigger->sql != NULL ? MIG_OK : no_memory(err);
}

static mig_status
read_entry(sqlite3 *db, mig_schema *schema, const entry *e, mig_error *err)
{
    if (strcmp(e->type, "table") == 0)
        return read_table(db, schema, e, err);
    if (strcmp(e->type, "index") == 0)
        return read_index(schema, e, err);
    if (strcmp(e->type, "view") == 0)
        return read_view(db, schema, e, err);
    return read_trigger(schema, e, err);
}

/* ---- all of them ------------------------------------------------------------------------- */

/*
 * Indexes without a statement belong to constraints.  Of a trigger's table sqlite_schema has the
 * name as the trigger wrote it.
 */
static mig_status
read_entries(sqlite3 *db, mig_schema *schema, mig_error *err)
{
    static const char question[] =
        "WITH kinds AS MATERIALIZED"
        " (SELECT name, type FROM pragma_table_list WHERE schema = ?1)"
        " SELECT s.type, s.name, coalesce((SELECT t.name FROM main.sqlite_schema AS t"
        "  WHERE s.type = 'trigger' AND t.type IN ('table', 'view')"
        "  AND t.name = s.tbl_name COLLATE NOCASE), s.tbl_name), s.sql, kinds.type"
        " FROM main.sqlite_schema AS s LEFT JOIN kinds ON kinds.name = s.name"
        " WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY CASE s.type WHEN 'table' THEN 1 WHEN 'index' THEN 2 WHEN 'view' THEN 3 ELSE 4"
        " END, s.rowid";
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    MIG_TRY(mig__sqlite_ask(db, question, schema->name, &stmt, err));
    for (;;) {
        entry e;

        MIG_TRY(mig__sqlite_step(stmt, "the schema", &row, err));
        if (!row)
            break;
        e = (entry){text_of(stmt, 0), text_of(stmt, 1), text_of(stmt, 2), text_of(stmt, 3),
                    text_of(stmt, 4)};
        MIG_TRY(read_entry(db, schema, &e, err));
    }
done:
    sqlite3_finalize(stmt);
    return st;
}

mig_status
mig__sqlite_schema(mig_source *base, mig_schema **schemap, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    mig_schema         *schema = NULL;
    bool                own_transaction = !source->in_snapshot;

    *schemap = NULL;
    MIG_TRY(mig__sqlite_check(source, source->questions, err));
    schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
    if (schema == NULL)
        MIG_TRY(no_memory(err));
    if (own_transaction)
        MIG_TRY(mig__sqlite_run(source->questions, "BEGIN", err));
    MIG_TRY(read_entries(source->questions, schema, err));
    if (!mig_sqlite_ddl_finish(schema))
        MIG_TRY(no_memory(err));
    mig_schema_finish(schema);
    *schemap = schema;
    schema = NULL;
done:
    if (own_transaction && !sqlite3_get_autocommit(source->questions))
        sqlite3_exec(source->questions, "COMMIT", NULL, NULL, NULL);
    mig_schema_free(schema);
    return st;
}
