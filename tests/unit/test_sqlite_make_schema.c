/*
 * test_sqlite_make_schema.c - a schema made in the file that replaces a SQLite
 * target.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "../support/sqlite_file.h"
#include "mig/sqlite.h"

static sqlite_file file;
static mig_error   err = MIG_ERROR_INIT;
static mig_sink   *sink;
static mig_ddl    *ddl;
static mig_buf     notes;

static void
setup(void)
{
    sqlite_file_init(&file, "target.db");
    ddl = mig_ddl_new();
    cr_assert(ddl != NULL);
}

static void
teardown(void)
{
    mig_sink_close(sink);
    mig_ddl_free(ddl);
    mig_error_fini(&err);
    mig_buf_fini(&notes);
    sqlite_file_fini(&file);
}

TestSuite(sqlite_make_schema, .init = setup, .fini = teardown, .timeout = 60);

static void
add(mig_ddl_phase phase, const char *what, const char *sql)
{
    cr_assert(mig_ddl_add(ddl, phase, what, NULL, sql));
}

/* A table, a unique index on it, and a view over it. */
static void
describe(void)
{
    add(MIG_DDL_BEFORE, "table a", "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT)");
    add(MIG_DDL_KEYS, "index a_n", "CREATE UNIQUE INDEX a_n ON a (n)");
    add(MIG_DDL_AFTER, "view v", "CREATE VIEW v AS SELECT n FROM a");
    cr_assert(mig_ddl_add_relation(ddl, "a") && mig_ddl_add_relation(ddl, "v"));
    cr_assert(mig_ddl_add_index(ddl, "a_n"));
}

static void
must(mig_status st)
{
    cr_assert_eq(st, MIG_OK, "%s: %s", err.message, err.detail != NULL ? err.detail : "");
}

static void
open_sink(const char *sql)
{
    if (sql != NULL)
        sqlite_file_run(&file, sql);
    must(mig_sqlite_sink_open(file.path, true, &sink, &err));
}

static mig_status
check(void)
{
    mig_sink_need need = {.ddl = ddl};

    mig_error_fini(&err);
    return sink->ops->check(sink, &need, &err);
}

static mig_status
make_and_complete(void)
{
    mig_status st = sink->ops->make_schema(sink, ddl, &err);

    return st != MIG_OK ? st : sink->ops->complete_schema(sink, ddl, 2, &notes, &err);
}

static void
finish(void)
{
    mig_plan plan = {0};

    must(sink->ops->finish(sink, &plan, &notes, &err));
    mig_sink_close(sink);
    sink = NULL;
}

static void
expect(const char *sql, const char *value)
{
    sqlite3      *db = NULL;
    sqlite3_stmt *stmt = NULL;
    const char   *got;

    cr_assert_eq(sqlite3_open_v2(file.path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
    got = (const char *)sqlite3_column_text(stmt, 0);
    cr_assert_str_eq(got != NULL ? got : "", value);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void
expect_in(const char *text, const char *part)
{
    cr_assert(text != NULL && strstr(text, part) != NULL, "no \"%s\" in: %s", part,
              text != NULL ? text : "-");
}

#define NAMES "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema ORDER BY name)"

Test(sqlite_make_schema, a_new_file_gets_all_of_it)
{
    describe();
    open_sink(NULL);

    must(check());
    must(make_and_complete());
    finish();

    expect(NAMES, "a a_n v");
}

Test(sqlite_make_schema, what_stands_under_the_names_in_any_case_is_replaced_and_the_rest_stays)
{
    describe();
    open_sink("CREATE TABLE A (old); INSERT INTO A VALUES (1); CREATE INDEX a_N ON A (old);"
              "CREATE VIEW V AS SELECT old FROM A; CREATE TABLE stays (x);"
              "INSERT INTO stays VALUES (7)");

    must(check());
    must(make_and_complete());
    finish();

    expect(NAMES, "a a_n stays v");
    expect("SELECT count(*) FROM a", "0");
    expect("SELECT x FROM stays", "7");
}

Test(sqlite_make_schema, a_view_outside_of_the_list_is_refused_by_name)
{
    describe();
    open_sink("CREATE TABLE a (old); CREATE TABLE other (x); CREATE VIEW fine AS SELECT x FROM"
              " other; CREATE VIEW mine AS SELECT old FROM A; CREATE VIEW over AS SELECT * FROM"
              " mine");

    cr_assert_eq(check(), MIG_E_REFUSED);
    expect_in(err.detail, "the view mine reads a\nthe view over reads a");
    cr_assert(strstr(err.detail, "fine") == NULL);

    mig_error_fini(&err);
    cr_assert_eq(sink->ops->make_schema(sink, ddl, &err), MIG_E_REFUSED);
}

Test(sqlite_make_schema, rows_outside_of_the_list_that_refer_to_a_replaced_table_are_refused)
{
    describe();
    open_sink("CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1);"
              "CREATE TABLE child (a REFERENCES a); INSERT INTO child VALUES (1)");

    cr_assert_eq(check(), MIG_E_REFUSED);

    expect_in(err.message, "child");
}

Test(sqlite_make_schema, an_index_elsewhere_with_a_name_that_is_needed_is_refused)
{
    describe();
    open_sink("CREATE TABLE other (x); CREATE INDEX A_n ON other (x)");

    cr_assert_eq(check(), MIG_E_REFUSED);

    expect_in(err.detail, "the index A_n");
}

Test(sqlite_make_schema, a_failure_names_the_statement_and_leaves_the_old_file)
{
    describe();
    add(MIG_DDL_BEFORE, "table b", "CREATE TABLE b (x, x)");
    open_sink("CREATE TABLE a (old); INSERT INTO a VALUES ('kept')");

    cr_assert_eq(make_and_complete(), MIG_E_DATABASE);
    cr_assert_str_eq(err.message, "cannot make the table b");
    expect_in(err.detail, "duplicate column name");
    mig_sink_close(sink);
    sink = NULL;

    expect("SELECT old FROM a", "kept");
}

Test(sqlite_make_schema, a_duplicate_is_an_error_of_the_data_that_names_its_index)
{
    describe();
    add(MIG_DDL_BEFORE, "rows", "INSERT INTO a (n) VALUES ('x'), ('x')");
    open_sink(NULL);

    cr_assert_eq(make_and_complete(), MIG_E_DATA);

    cr_assert_str_eq(err.message, "cannot make the index a_n");
    expect_in(err.detail, "a.n");
}

Test(sqlite_make_schema, triggers_that_go_with_the_old_tables_are_told)
{
    describe();
    add(MIG_DDL_AFTER, "trigger again",
        "CREATE TRIGGER again AFTER DELETE ON a BEGIN SELECT 1; END");
    open_sink("CREATE TABLE a (x); CREATE TRIGGER gone AFTER INSERT ON a BEGIN SELECT 1; END;"
              "CREATE TRIGGER Again AFTER INSERT ON a BEGIN SELECT 1; END;"
              "CREATE TABLE b (x); CREATE TRIGGER stays AFTER INSERT ON b BEGIN SELECT 1; END");

    must(make_and_complete());

    cr_assert_str_eq(mig_buf_text(&notes),
                     "a: the trigger gone of the table that was replaced is gone\n");
}
