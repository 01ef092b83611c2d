/*
 * sqlite_compare.c - the parser of CREATE statements and SQLite, side by side.
 */
#include "sqlite_compare.h"

#include <criterion/criterion.h>
#include <string.h>
#include <strings.h>

#include "mig/sqlite_ddl.h"

static const char *
text_of(sqlite3_stmt *stmt, int i)
{
    const unsigned char *text = sqlite3_column_text(stmt, i);

    return text != NULL ? (const char *)text : "";
}

static sqlite3_stmt *
ask(sqlite3 *db, const char *question, const char *name)
{
    sqlite3_stmt *stmt = NULL;

    cr_assert_eq(sqlite3_prepare_v2(db, question, -1, &stmt, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(db));
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_TRANSIENT);
    return stmt;
}

bool
sqlite_holds(sqlite3 *db, const char *question, const char *name)
{
    sqlite3_stmt *stmt = ask(db, question, name);
    bool          row = sqlite3_step(stmt) == SQLITE_ROW;

    sqlite3_finalize(stmt);
    return row;
}

static void
compare_columns(sqlite3 *db, const mig_schema_table *table)
{
    sqlite3_stmt *stmt = ask(db,
                             "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden"
                             " FROM pragma_table_xinfo(?1) ORDER BY cid",
                             table->name);
    const char   *sql = table->sql;
    bool          alias =
        !table->without_rowid &&
        sqlite_holds(db, "SELECT 1 FROM pragma_table_info(?1) WHERE pk", table->name) &&
        !sqlite_holds(db, "SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk'", table->name);
    size_t n = 0;

    for (; sqlite3_step(stmt) == SQLITE_ROW; n++) {
        const mig_schema_column *column = &table->columns[n];
        const mig_constraint    *key = mig_schema_primary(table);
        int                      pk = sqlite3_column_int(stmt, 4);
        int                      hidden = sqlite3_column_int(stmt, 5);

        cr_assert_lt(n, table->n_columns, "%s", sql);
        cr_expect_str_eq(column->name, text_of(stmt, 0), "%s", sql);
        cr_expect_eq(strcasecmp(column->type, text_of(stmt, 1)), 0, "%s: %s, not %s", sql,
                     column->type, text_of(stmt, 1));
        cr_expect_eq(column->not_null, sqlite3_column_int(stmt, 2) != 0, "%s", sql);
        cr_expect_eq(column->default_value != NULL, sqlite3_column_int(stmt, 3) != 0, "%s", sql);
        if (pk > 0) {
            cr_assert(key != NULL && (size_t)pk <= key->n_parts, "%s", sql);
            cr_expect_str_eq(key->parts[pk - 1].column, column->name, "%s", sql);
        }
        cr_expect_eq(column->identity != MIG_IDENTITY_NONE, alias && pk > 0, "%s", sql);
        cr_expect_eq(column->generated != NULL, hidden >= 2, "%s", sql);
        cr_expect_eq(column->stored, hidden == 3, "%s", sql);
    }
    cr_expect_eq(n, table->n_columns, "%s", sql);
    sqlite3_finalize(stmt);
}

/* SQLite numbers them from the last declared. */
static void
compare_foreign_keys(sqlite3 *db, const mig_schema_table *table)
{
    static const char *const actions[] = {"NO ACTION", "RESTRICT", "CASCADE", "SET NULL",
                                          "SET DEFAULT"};
    sqlite3_stmt            *stmt = ask(db,
                                        "SELECT seq, \"table\", \"from\", \"to\", on_delete, on_update FROM"
                                                   " pragma_foreign_key_list(?1) ORDER BY id DESC, seq",
                                        table->name);
    const char              *sql = table->sql;
    size_t                   at = 0, n_keys = 0, n_found = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        size_t                seq = (size_t)sqlite3_column_int(stmt, 0);
        const mig_constraint *key;

        n_found += seq == 0;
        at += seq == 0 && n_found > 1;
        while (at < table->n_constraints && table->constraints[at].kind != MIG_CONSTRAINT_FOREIGN)
            at++;
        cr_assert_lt(at, table->n_constraints, "%s", sql);
        key = &table->constraints[at];
        cr_assert_lt(seq, key->n_columns, "%s", sql);
        cr_expect_eq(strcasecmp(key->parent, text_of(stmt, 1)), 0, "%s", sql);
        cr_expect_str_eq(key->columns[seq], text_of(stmt, 2), "%s", sql);
        cr_expect_str_eq(key->n_parent_columns > 0 ? key->parent_columns[seq] : "",
                         text_of(stmt, 3), "%s", sql);
        cr_expect_str_eq(actions[key->on_delete], text_of(stmt, 4), "%s", sql);
        cr_expect_str_eq(actions[key->on_update], text_of(stmt, 5), "%s", sql);
    }
    for (size_t i = 0; i < table->n_constraints; i++)
        n_keys += table->constraints[i].kind == MIG_CONSTRAINT_FOREIGN;
    cr_expect_eq(n_found, n_keys, "%s", sql);
    sqlite3_finalize(stmt);
}

/* The second of two equal columns of a constraint is left out; an index is as it is. */
#define ALL_PARTS "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno"
#define OTHER_PARTS                                                                                \
    "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key GROUP BY name, coll"        \
    " ORDER BY min(seqno)"

static void
compare_parts(sqlite3 *db, const char *question, const char *index, const mig_key_part *parts,
              size_t n_parts, const char *sql)
{
    sqlite3_stmt *stmt = ask(db, question, index);
    size_t        n = 0;

    for (; sqlite3_step(stmt) == SQLITE_ROW; n++) {
        cr_assert_lt(n, n_parts, "%s", sql);
        cr_expect_str_eq(parts[n].column != NULL ? parts[n].column : "", text_of(stmt, 0), "%s",
                         sql);
        cr_expect_eq(parts[n].descending, sqlite3_column_int(stmt, 1) != 0, "%s", sql);
        if (parts[n].collation != NULL)
            cr_expect_eq(strcasecmp(parts[n].collation, text_of(stmt, 2)), 0, "%s", sql);
    }
    cr_expect_eq(n, n_parts, "%s", sql);
    sqlite3_finalize(stmt);
}

static void
compare_primary(sqlite3 *db, const mig_schema_table *table)
{
    const mig_constraint *key = mig_schema_primary(table);
    sqlite3_stmt         *stmt =
        ask(db, "SELECT name FROM pragma_index_list(?1) WHERE origin = 'pk'", table->name);

    if (sqlite3_step(stmt) == SQLITE_ROW) {
        cr_assert_not_null(key, "%s", table->sql);
        compare_parts(db, OTHER_PARTS, text_of(stmt, 0), key->parts, key->n_parts, table->sql);
    }
    sqlite3_finalize(stmt);
}

void
sqlite_compare(sqlite3 *db, mig_schema *schema)
{
    mig_error     err = MIG_ERROR_INIT;
    sqlite3_stmt *stmt = ask(db,
                             "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND"
                             " name NOT LIKE 'sqlite%' AND ?1 = ''"
                             " ORDER BY type <> 'table', rowid",
                             "");

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *type = text_of(stmt, 0), *name = text_of(stmt, 1), *sql = text_of(stmt, 2);
        mig_status  st = MIG_OK;

        if (strcmp(type, "table") == 0)
            st = mig_sqlite_ddl_table(schema, name, sql, &err);
        else if (strcmp(type, "index") == 0)
            st = mig_sqlite_ddl_index(schema, name, sql, &err);
        else if (strcmp(type, "view") == 0)
            st = mig_sqlite_ddl_view(schema, name, sql, &err);
        cr_assert_eq(st, MIG_OK, "%s: %s: %s", sql, err.message, err.detail);
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < schema->n_tables; i++) {
        compare_columns(db, &schema->tables[i]);
        compare_foreign_keys(db, &schema->tables[i]);
        compare_primary(db, &schema->tables[i]);
    }
    for (size_t i = 0; i < schema->n_indexes; i++)
        compare_parts(db, ALL_PARTS, schema->indexes[i].name, schema->indexes[i].parts,
                      schema->indexes[i].n_parts, schema->indexes[i].definition);
}
