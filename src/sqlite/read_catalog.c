/*
 * read_catalog.c - what a SQLite database says about its tables.
 *
 * Everything comes from the table-valued pragma functions, with names bound as
 * parameters: no name is ever put into a text.  What SQLite keeps for itself
 * (sqlite_sequence, sqlite_stat1 ...) is left out.
 *
 * Columns are read for plain tables alone.  Views need not compile, and the
 * module of a virtual table need not be known to this program; neither is
 * copied, both are listed.  SQLite marks the shadow tables of those modules it
 * knows.
 *
 * Threads: the one that owns the source.
 */
#include <string.h>

#include "sqlite_source.h"

static mig_status
no_memory(mig_error *err)
{
    return mig_raise(err, MIG_E_NOMEM, "cannot allocate the catalog");
}

static const char *
text_of(sqlite3_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);

    return text != NULL ? (const char *)text : "";
}

static mig_status
read_columns(sqlite3 *db, mig_table *table, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    MIG_TRY(mig__sqlite_ask(db,
                            "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden"
                            " FROM pragma_table_xinfo(?1, 'main') ORDER BY cid",
                            table->name, &stmt, err));
    for (;;) {
        mig_column *column;

        MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
        if (!row)
            break;
        column = mig_table_add_column(table, text_of(stmt, 0), text_of(stmt, 1));
        if (column == NULL) {
            st = no_memory(err);
            goto done;
        }
        column->not_null = sqlite3_column_int(stmt, 2) != 0;
        column->has_default = sqlite3_column_int(stmt, 3) != 0;
        column->pk_position = sqlite3_column_int(stmt, 4);
        /* 2: virtual, 3: stored.  1, hidden, belongs to virtual tables. */
        column->generated = sqlite3_column_int(stmt, 5) >= 2;
    }
done:
    sqlite3_finalize(stmt);
    return st;
}

/*
 * A primary key that needs no index of its own is another name of the rowid: never NULL, and
 * filled in where an INSERT leaves it out.
 */
static mig_status
mark_rowid_alias(sqlite3 *db, mig_table *table, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    bool          has_index;

    MIG_TRY(mig__sqlite_ask(db, "SELECT 1 FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'",
                            table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &has_index, err));
    for (size_t i = 0; i < table->n_columns && !has_index; i++) {
        if (table->columns[i].pk_position == 1) {
            table->columns[i].not_null = true;
            table->columns[i].has_default = true;
        }
    }
done:
    sqlite3_finalize(stmt);
    return st;
}

/*
 * What sqlite_sequence says of an AUTOINCREMENT table: the highest rowid there ever was, also if
 * its row is gone.  The table of that name is there as soon as one table needs it.
 */
static mig_status
read_counter(sqlite3 *db, mig_table *table, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    bool          row = false;
    int           autoincrement = 0;
    mig_column   *id = NULL;

    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].pk_position == 1)
            id = &table->columns[i];
    if (id == NULL || sqlite3_table_column_metadata(db, "main", table->name, id->name, NULL, NULL,
                                                    NULL, NULL, &autoincrement) != SQLITE_OK)
        goto done;
    if (!autoincrement)
        goto done;
    MIG_TRY(mig__sqlite_ask(db,
                            "SELECT max(seq) FROM main.sqlite_sequence WHERE name = ?1"
                            " AND typeof(seq) = 'integer' HAVING max(seq) > 0",
                            table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
    id->has_counter = row;
    if (row)
        id->counter = sqlite3_column_int64(stmt, 0);
done:
    sqlite3_finalize(stmt);
    return st;
}

static mig_status
read_foreign_keys(sqlite3 *db, mig_table *table, mig_error *err)
{
    mig_status       st = MIG_OK;
    sqlite3_stmt    *stmt = NULL;
    mig_foreign_key *key = NULL;
    bool             row;

    /* Ids count backwards from the last key declared.  The parent may be written in another case
     * than the table it means, and so may its columns. */
    MIG_TRY(mig__sqlite_ask(
        db,
        "SELECT coalesce((SELECT s.name FROM sqlite_schema AS s WHERE s.type = 'table'"
        " AND s.name = f.\"table\" COLLATE NOCASE), f.\"table\"), f.seq,"
        " coalesce((SELECT x.name FROM pragma_table_xinfo(?1, 'main') AS x"
        "  WHERE x.name = f.\"from\" COLLATE NOCASE), f.\"from\"),"
        " coalesce((SELECT x.name FROM pragma_table_xinfo(f.\"table\", 'main') AS x"
        "  WHERE x.name = f.\"to\" COLLATE NOCASE), f.\"to\")"
        " FROM pragma_foreign_key_list(?1, 'main') AS f ORDER BY f.id DESC, f.seq",
        table->name, &stmt, err));
    for (;;) {
        MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
        if (!row)
            break;
        /* SQLite parses the name of a constraint and forgets it. */
        if (sqlite3_column_int(stmt, 1) == 0)
            key = mig_table_add_foreign_key(table, "", text_of(stmt, 0));
        if (key == NULL || !mig_foreign_key_add_column(
                               key, text_of(stmt, 2), (const char *)sqlite3_column_text(stmt, 3))) {
            st = no_memory(err);
            goto done;
        }
    }
done:
    sqlite3_finalize(stmt);
    return st;
}

/* The first of SQLite's names for the rowid that no column took; NULL if all are taken. */
static const char *
free_rowid_name(const mig_table *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool taken = false;

        for (size_t c = 0; c < table->n_columns && !taken; c++)
            taken = sqlite3_stricmp(table->columns[c].name, names[i]) == 0;
        if (!taken)
            return names[i];
    }
    return NULL;
}

static mig_status
read_table(sqlite3 *db, mig_table *table, bool without_rowid, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(read_columns(db, table, err));
    MIG_TRY(read_foreign_keys(db, table, err));
    if (!without_rowid) {
        MIG_TRY(mark_rowid_alias(db, table, err));
        MIG_TRY(read_counter(db, table, err));
        table->rowid_name = free_rowid_name(table);
    }
done:
    return st;
}

static mig_table_kind
kind_of(const char *type)
{
    if (strcmp(type, "table") == 0)
        return MIG_TABLE_PLAIN;
    if (strcmp(type, "view") == 0)
        return MIG_TABLE_VIEW;
    return MIG_TABLE_VIRTUAL; /* "virtual" and "shadow" */
}

static mig_status
read_tables(sqlite3 *db, mig_catalog *catalog, mig_error *err)
{
    static const char question[] = "SELECT name, type, wr, strict FROM pragma_table_list"
                                   " WHERE schema = ?1 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    mig_status        st = MIG_OK;
    sqlite3_stmt     *stmt = NULL;
    bool              row;

    MIG_TRY(mig__sqlite_ask(db, question, catalog->schema, &stmt, err));
    for (;;) {
        mig_table *table;

        MIG_TRY(mig__sqlite_step(stmt, "the catalog", &row, err));
        if (!row)
            break;
        table = mig_catalog_add_table(catalog, text_of(stmt, 0), kind_of(text_of(stmt, 1)));
        if (table == NULL) {
            st = no_memory(err);
            goto done;
        }
        table->strict = sqlite3_column_int(stmt, 3) != 0;
        if (table->kind == MIG_TABLE_PLAIN)
            MIG_TRY(read_table(db, table, sqlite3_column_int(stmt, 2) != 0, err));
    }
done:
    sqlite3_finalize(stmt);
    return st;
}

mig_status
mig__sqlite_catalog(mig_source *base, mig_catalog **catalogp, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    mig_catalog        *catalog = NULL;
    bool                own_transaction = !source->in_snapshot;

    *catalogp = NULL;
    MIG_TRY(mig__sqlite_check(source, source->questions, err));
    catalog = mig_catalog_new("main");
    if (catalog == NULL) {
        st = no_memory(err);
        goto done;
    }
    catalog->dynamic = true;
    if (own_transaction)
        MIG_TRY(mig__sqlite_run(source->questions, "BEGIN", err));
    MIG_TRY(read_tables(source->questions, catalog, err));
    MIG_TRY(mig__sqlite_number(source->questions, "PRAGMA schema_version", "the catalog",
                               &source->schema_version, err));
    source->has_schema_version = true;
    if (!mig_catalog_finish(catalog)) {
        st = no_memory(err);
        goto done;
    }
    *catalogp = catalog;
    catalog = NULL;
done:
    if (own_transaction && !sqlite3_get_autocommit(source->questions))
        sqlite3_exec(source->questions, "COMMIT", NULL, NULL, NULL);
    mig_catalog_free(catalog);
    return st;
}
