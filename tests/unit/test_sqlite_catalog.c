/*
 * test_sqlite_catalog.c - what is read of a SQLite schema.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../support/sqlite_file.h"
#include "mig/buf.h"

static sqlite_file  file;
static mig_source  *source;
static mig_catalog *catalog;

static void
init(void)
{
    sqlite_file_init(&file, "app.db");
}

static void
fini(void)
{
    mig_source_close(source);
    mig_catalog_free(catalog);
    sqlite_file_fini(&file);
}

TestSuite(sqlite_catalog, .init = init, .fini = fini);

static const mig_table *
table_of(const char *sql, const char *name)
{
    const mig_table *table;

    sqlite_file_run(&file, sql);
    source = sqlite_file_open(&file, &catalog);
    table = mig_catalog_find(catalog, name);
    cr_assert_not_null(table);
    return table;
}

Test(sqlite_catalog, has_columns_in_order_with_their_spelling)
{
    const mig_table *t = table_of("CREATE TABLE t(b VARCHAR(36) NOT NULL, a, \"C d\" decimal(10, 2)"
                                  " DEFAULT 0)",
                                  "t");

    cr_assert_str_eq(catalog->schema, "main");
    cr_assert_eq(t->kind, MIG_TABLE_PLAIN);
    cr_assert_eq(t->n_columns, 3);
    cr_assert_str_eq(t->columns[0].name, "b");
    cr_assert_str_eq(t->columns[0].type, "VARCHAR(36)");
    cr_assert(t->columns[0].not_null);
    cr_assert_not(t->columns[0].has_default);
    cr_assert_str_eq(t->columns[1].type, "");
    cr_assert_not(t->columns[1].not_null);
    cr_assert_str_eq(t->columns[2].name, "C d");
    cr_assert_str_eq(t->columns[2].type, "decimal(10, 2)");
    cr_assert(t->columns[2].has_default);
    cr_assert_eq(t->columns[2].wire, MIG_WIRE_NONE);
}

Test(sqlite_catalog, has_the_primary_key_in_its_own_order)
{
    const mig_table *t = table_of("CREATE TABLE t(a, b, c, PRIMARY KEY (c, a))", "t");

    cr_assert_eq(t->columns[0].pk_position, 2);
    cr_assert_eq(t->columns[1].pk_position, 0);
    cr_assert_eq(t->columns[2].pk_position, 1);
    cr_assert_str_eq(t->rowid_name, "rowid");
}

Test(sqlite_catalog, knows_which_integer_key_is_the_rowid)
{
    sqlite_file_run(&file, "CREATE TABLE other(id INTEGER PRIMARY KEY DESC, v);"
                           "CREATE TABLE text(id TEXT PRIMARY KEY)");
    const mig_table *t = table_of("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v)", "t");

    cr_assert(t->columns[0].not_null);
    cr_assert(t->columns[0].has_default);
    t = mig_catalog_find(catalog, "other");
    cr_assert_not(t->columns[0].has_default, "a historical bug of SQLite: no alias");
    cr_assert_not(mig_catalog_find(catalog, "text")->columns[0].not_null);
}

Test(sqlite_catalog, marks_generated_columns_of_both_kinds)
{
    const mig_table *t = table_of("CREATE TABLE t(a INT, v INT GENERATED ALWAYS AS (a + 1) VIRTUAL,"
                                  " s INT AS (a * 2) STORED, z)",
                                  "t");

    cr_assert_eq(t->n_columns, 4);
    cr_assert_not(t->columns[0].generated);
    cr_assert(t->columns[1].generated);
    cr_assert(t->columns[2].generated);
    cr_assert_not(t->columns[3].generated);
}

Test(sqlite_catalog, has_no_rowid_for_tables_without)
{
    const mig_table *t =
        table_of("CREATE TABLE t(a TEXT, b, PRIMARY KEY (b DESC, a)) WITHOUT ROWID", "t");

    cr_assert_null(t->rowid_name);
    cr_assert(t->columns[0].not_null);
    cr_assert(t->columns[1].not_null);
    cr_assert_eq(t->columns[1].pk_position, 1);
}

Test(sqlite_catalog, picks_the_rowid_name_that_no_column_hides)
{
    sqlite_file_run(&file, "CREATE TABLE one(ROWID TEXT); CREATE TABLE two(rowid, _RowId_);");
    cr_assert_null(table_of("CREATE TABLE three(oid, rowid, _rowid_)", "three")->rowid_name);
    cr_assert_str_eq(mig_catalog_find(catalog, "one")->rowid_name, "_rowid_");
    cr_assert_str_eq(mig_catalog_find(catalog, "two")->rowid_name, "oid");
}

Test(sqlite_catalog, has_one_foreign_key_per_constraint_in_order_of_declaration)
{
    const mig_table *t =
        table_of("CREATE TABLE Users(id INTEGER PRIMARY KEY, x, y, UNIQUE (x, y));"
                 "CREATE TABLE t(a REFERENCES USERS, b, c, d REFERENCES gone(id), e REFERENCES t,"
                 " FOREIGN KEY (b, c) REFERENCES \"users\"(x, y))",
                 "t");
    static const char *const parents[] = {"Users", "gone", "t", "Users"};

    cr_assert_eq(t->n_foreign_keys, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_str_eq(t->foreign_keys[i].parent, parents[i]);
        cr_assert_eq(t->foreign_keys[i].parent_known, i != 1);
    }
}

Test(sqlite_catalog, has_the_columns_of_foreign_keys_and_those_they_mean)
{
    const mig_table *t =
        table_of("CREATE TABLE p(y, x, PRIMARY KEY (x, y)); CREATE TABLE none(v);"
                 "CREATE TABLE t(\"A\" REFERENCES none, b, c REFERENCES gone(Id),"
                 " FOREIGN KEY (a, B) REFERENCES p, FOREIGN KEY (b, c) REFERENCES P(Y, x))",
                 "t");
    const mig_foreign_key *keys = t->foreign_keys;

    cr_assert_eq(t->n_foreign_keys, 4);
    cr_assert_eq(keys[0].n_columns, 1);
    cr_assert_str_eq(keys[0].columns[0], "A");
    cr_assert_null(keys[0].parent_columns[0]);
    cr_assert_str_eq(keys[1].parent_columns[0], "Id");
    cr_assert_eq(keys[2].n_columns, 2);
    cr_assert_str_eq(keys[2].columns[0], "A");
    cr_assert_str_eq(keys[2].columns[1], "b");
    cr_assert_str_eq(keys[2].parent_columns[0], "x");
    cr_assert_str_eq(keys[2].parent_columns[1], "y");
    cr_assert_str_eq(keys[3].parent_columns[0], "y");
    cr_assert_not(keys[3].validated);
}

Test(sqlite_catalog, lists_views_and_virtual_tables_apart)
{
    const mig_table *t = table_of("CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t;"
                                  "CREATE VIEW broken AS SELECT x FROM gone;"
                                  "CREATE VIRTUAL TABLE f USING fts5(body);"
                                  "INSERT INTO f VALUES ('text')",
                                  "t");

    cr_assert_eq(t->kind, MIG_TABLE_PLAIN);
    cr_assert_eq(mig_catalog_find(catalog, "v")->kind, MIG_TABLE_VIEW);
    cr_assert_eq(mig_catalog_find(catalog, "broken")->kind, MIG_TABLE_VIEW);
    cr_assert_eq(mig_catalog_find(catalog, "f")->kind, MIG_TABLE_VIRTUAL);
    cr_assert_eq(mig_catalog_find(catalog, "f_data")->kind, MIG_TABLE_VIRTUAL);
    cr_assert_eq(mig_catalog_find(catalog, "f_content")->kind, MIG_TABLE_VIRTUAL);
}

Test(sqlite_catalog, leaves_out_what_sqlite_keeps_for_itself)
{
    table_of("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); CREATE INDEX i ON t(a);"
             "CREATE TABLE sqlitex(a); INSERT INTO t VALUES (1, 2); ANALYZE",
             "t");

    cr_assert_eq(catalog->n_tables, 2);
    cr_assert_str_eq(catalog->tables[0].name, "sqlitex");
}

Test(sqlite_catalog, copes_with_any_name)
{
    static const char *const names[] = {"a\"b",   "it's", "select", "\xc3\xa4\xe2\x82\xac",
                                        "a b;--", "[x]",  "",       "%s"};
    mig_buf                  sql = MIG_BUF_INIT;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        mig_buf_puts(&sql, "CREATE TABLE ");
        mig_buf_identifier(&sql, names[i]);
        mig_buf_puts(&sql, "(");
        mig_buf_identifier(&sql, names[i]);
        mig_buf_puts(&sql, " PRIMARY KEY, z REFERENCES ");
        mig_buf_identifier(&sql, names[i]);
        mig_buf_puts(&sql, ");");
    }
    table_of(mig_buf_text(&sql), "select");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const mig_table *t = mig_catalog_find(catalog, names[i]);
        uint64_t         n = 9;

        cr_assert_not_null(t, "%s", names[i]);
        cr_assert_str_eq(t->columns[0].name, names[i]);
        cr_assert_str_eq(t->foreign_keys[0].parent, names[i]);
        cr_assert_eq(source->ops->count(source, t, &n, NULL), MIG_OK);
        cr_assert_eq(n, 0);
    }
    mig_buf_fini(&sql);
}

static bool
keep(void *arg, const char *const *texts, const size_t *lens)
{
    mig_buf *out = arg;

    for (size_t i = 0; i < 5; i++) {
        if (texts[i] == NULL) {
            mig_buf_puts(out, "NULL,");
            continue;
        }
        cr_assert_eq(texts[i][lens[i]], '\0');
        mig_buf_printf(out, "%zu:%s,", lens[i], texts[i]);
    }
    return out->len < 60;
}

Test(sqlite_catalog, looks_values_up_as_texts_until_told_to_stop)
{
    const char *const columns[] = {"a", "b", "c", "d", "e\"f"};
    mig_buf           out = MIG_BUF_INIT;
    const mig_table  *t =
        table_of("CREATE TABLE t(a, b, c, d, \"e\"\"f\");"
                 "INSERT INTO t VALUES (1, 2.5, 'x', x'6162', NULL),"
                 " (-7, '', zeroblob(0), x'', 'y'), (3, 3, 3, 3, 3), (4, 4, 4, 4, 4),"
                 " (5, 5, 5, 5, 5)",
                 "t");

    cr_assert_eq(source->ops->lookup(source, t, columns, 5, keep, &out, NULL), MIG_OK);
    cr_assert_str_eq(mig_buf_text(&out), "1:1,3:2.5,1:x,2:ab,NULL,2:-7,0:,0:,0:,1:y,"
                                         "1:3,1:3,1:3,1:3,1:3,");
    mig_buf_fini(&out);
}

Test(sqlite_catalog, does_not_take_a_wrong_column_for_a_string)
{
    const char *const columns[] = {"nosuch"};
    mig_error         err = MIG_ERROR_INIT;
    const mig_table  *t = table_of("CREATE TABLE t(a); INSERT INTO t VALUES (1)", "t");

    cr_assert_eq(source->ops->lookup(source, t, columns, 1, keep, NULL, &err), MIG_E_DATABASE);
    cr_assert_not_null(strstr(err.detail, "no such column"), "%s", err.detail);
    mig_error_fini(&err);
}

Test(sqlite_catalog, knows_what_autoincrement_had_given_out)
{
    const mig_table *t =
        table_of("CREATE TABLE t(v, id INTEGER PRIMARY KEY AUTOINCREMENT);"
                 "CREATE TABLE never(id INTEGER PRIMARY KEY AUTOINCREMENT);"
                 "CREATE TABLE plain(id INTEGER PRIMARY KEY);"
                 "INSERT INTO t(id) VALUES (5), (9); DELETE FROM t WHERE id = 9;"
                 "INSERT INTO plain VALUES (3); INSERT INTO sqlite_sequence VALUES ('plain', 7)",
                 "t");

    cr_assert(t->columns[1].has_counter);
    cr_assert_eq(t->columns[1].counter, 9);
    cr_assert_not(t->columns[0].has_counter);
    cr_assert_not(mig_catalog_find(catalog, "never")->columns[0].has_counter);
    cr_assert_not(mig_catalog_find(catalog, "plain")->columns[0].has_counter);
}
