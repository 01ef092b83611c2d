/*
 * test_sqlite_schema.c - the schema of a SQLite file.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/sqlite_dump.h"
#include "../support/sqlite_file.h"
#include "mig/buf.h"
#include "mig/sqlite.h"

static sqlite_file  file;
static mig_source  *source;
static mig_catalog *catalog;
static mig_schema  *schema;
static mig_buf      dump = MIG_BUF_INIT;

static void
init(void)
{
    sqlite_file_init(&file, "app.db");
}

static void
fini(void)
{
    mig_schema_free(schema);
    mig_source_close(source);
    mig_catalog_free(catalog);
    sqlite_file_fini(&file);
    mig_buf_fini(&dump);
}

TestSuite(sqlite_schema, .init = init, .fini = fini);

static const char *
dump_of(const char *sql)
{
    mig_error err = MIG_ERROR_INIT;

    sqlite_file_run(&file, sql);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->schema(source, &schema, &err), MIG_OK, "%s: %s", err.message,
                 err.detail);
    dump_schema(schema, &dump);
    return mig_buf_text(&dump);
}

#define EXPECT(sql, expected)                                                                      \
    do {                                                                                           \
        const char *got = dump_of(sql);                                                            \
        cr_expect_str_eq(got, (expected), "%s", got);                                              \
    } while (0)

Test(sqlite_schema, has_tables_indexes_views_and_triggers)
{
    EXPECT("CREATE TABLE Parent(Id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE);"
           "CREATE TABLE child(a REFERENCES parent(ID), b, c AS (a || b) STORED);"
           "CREATE INDEX z ON child(B DESC);"
           "CREATE INDEX a ON PARENT(v) WHERE v > '';"
           "CREATE TRIGGER t AFTER INSERT ON CHILD BEGIN SELECT 1; END;"
           "CREATE VIEW w AS SELECT Id AS x, v FROM parent;"
           "INSERT INTO Parent(v) VALUES ('x'); ANALYZE",
           "table Parent\n"
           "  column Id \"INTEGER\" autoincrement\n"
           "  column v \"TEXT\"\n"
           "  primary (Id)\n"
           "  unique (v)\n"
           "table child\n"
           "  column a \"\"\n"
           "  column b \"\"\n"
           "  column c \"\" stored a || b\n"
           "  foreign (a) to Parent (Id)\n"
           "index a on Parent (v) where v > ''\n"
           "index z on child (b desc)\n"
           "object: view w (x, v) as SELECT Id AS x, v FROM parent\n"
           "object: trigger t on child\n");
}

Test(sqlite_schema, has_views_in_an_order_in_which_they_can_be_made)
{
    EXPECT("CREATE TABLE t(a);"
           "CREATE VIEW v1 AS SELECT * FROM [V2], v4; CREATE VIEW v2(z) AS SELECT a FROM v3;"
           "CREATE VIEW v3 AS SELECT * FROM t; CREATE VIEW v4 AS SELECT 1 AS o",
           "table t\n"
           "  column a \"\"\n"
           "object: view v3 (a) as SELECT * FROM t\n"
           "object: view v2 (z) as SELECT a FROM v3\n"
           "object: view v4 (o) as SELECT 1 AS o\n"
           "object: view v1 (z, o) as SELECT * FROM [V2], v4\n");
}

Test(sqlite_schema, has_views_that_do_not_compile_without_columns)
{
    EXPECT("CREATE TABLE t(a); CREATE VIEW v(x) AS SELECT a FROM gone;"
           "CREATE VIEW loop AS SELECT * FROM pool; CREATE VIEW pool AS SELECT * FROM loop;"
           "CREATE VIEW w AS SELECT a FROM t",
           "table t\n"
           "  column a \"\"\n"
           "object: view v as SELECT a FROM gone\n"
           "object: view pool as SELECT * FROM loop\n"
           "object: view loop as SELECT * FROM pool\n"
           "object: view w (a) as SELECT a FROM t\n");
}

Test(sqlite_schema, has_virtual_tables_without_columns_and_no_shadow_as_an_object)
{
    EXPECT("CREATE TABLE plain(a); CREATE VIRTUAL TABLE docs USING fts5(body)",
           "virtual table docs\n"
           "virtual table docs_config\n"
           "virtual table docs_content\n"
           "virtual table docs_data\n"
           "virtual table docs_docsize\n"
           "virtual table docs_idx\n"
           "table plain\n"
           "  column a \"\"\n"
           "object: virtual table docs\n");
}

Test(sqlite_schema, of_an_empty_file_is_empty)
{
    EXPECT("VACUUM", "");
}

/* Both describe the same file: whatever copies rows and whatever makes tables agree on names. */
static void
compare_with_catalog(void)
{
    for (size_t t = 0; t < schema->n_tables; t++) {
        const mig_schema_table *table = &schema->tables[t];
        const mig_table        *known = mig_catalog_find(catalog, table->name);

        cr_assert_not_null(known, "%s", table->name);
        cr_expect_eq(known->kind, table->kind, "%s", table->name);
        cr_expect_eq(known->strict, table->strict, "%s", table->name);
        cr_assert_eq(known->n_columns, table->n_columns, "%s", table->name);
        for (size_t i = 0; i < table->n_columns; i++)
            cr_expect_str_eq(known->columns[i].name, table->columns[i].name, "%s", table->name);
    }
}

Test(sqlite_schema, of_a_real_file_agrees_with_its_catalog)
{
    const char *path = getenv("PROJ_DB");
    mig_error   err = MIG_ERROR_INIT;
    size_t      n_views = 0;

    if (path == NULL)
        path = "/usr/share/proj/proj.db";
    if (access(path, R_OK) != 0)
        cr_skip_test("no %s", path);
    cr_assert_eq(mig_sqlite_source_open(path, &source, &err), MIG_OK, "%s", err.message);
    cr_assert_eq(source->ops->catalog(source, &catalog, &err), MIG_OK, "%s", err.message);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK, "%s", err.message);
    cr_assert_eq(source->ops->schema(source, &schema, &err), MIG_OK, "%s: %s", err.message,
                 err.detail);
    cr_expect_gt(schema->n_tables, 10);
    for (size_t i = 0; i < schema->n_objects; i++)
        n_views += schema->objects[i].kind == MIG_OBJECT_VIEW;
    cr_expect_gt(n_views, 0);
    cr_expect_eq(schema->n_tables + n_views, catalog->n_tables);
    compare_with_catalog();
}

Test(sqlite_schema, is_not_read_after_an_interrupt)
{
    mig_error err = MIG_ERROR_INIT;

    sqlite_file_run(&file, "CREATE TABLE t(a)");
    source = sqlite_file_open(&file, &catalog);
    source->ops->interrupt(source);
    cr_expect_eq(source->ops->schema(source, &schema, &err), MIG_E_STOPPED);
    cr_expect_null(schema);
    mig_error_fini(&err);
}

/* As a file would be that a later SQLite wrote, or one that was tampered with. */
Test(sqlite_schema, a_statement_that_is_not_understood_is_an_error)
{
    mig_error err = MIG_ERROR_INIT;

    sqlite_file_run(&file, "CREATE TABLE t(a); CREATE INDEX i ON t(a); PRAGMA writable_schema = on;"
                           "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(a) QUICKLY'"
                           " WHERE name = 'i'");
    if (mig_sqlite_source_open(file.path, &source, &err) == MIG_OK)
        cr_expect_neq(source->ops->schema(source, &schema, &err), MIG_OK);
    cr_expect_null(schema);
    cr_expect_not_null(err.message);
    mig_error_fini(&err);
}
