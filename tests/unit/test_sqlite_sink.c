/*
 * test_sqlite_sink.c - a SQLite target is the old file or the finished new one.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/sqlite_file.h"
#include "mig/sqlite.h"

#define PARENTS                                                                                    \
    "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT NOT NULL);"                      \
    "CREATE INDEX p_n ON p (n);"                                                                   \
    "CREATE TABLE log (n TEXT);"                                                                   \
    "CREATE TRIGGER p_log AFTER INSERT ON p BEGIN INSERT INTO log VALUES (new.n); END;"            \
    "CREATE VIEW v AS SELECT n FROM p;"                                                            \
    "INSERT INTO p VALUES (7, 'old');"

static sqlite_file     file;
static mig_error       err = MIG_ERROR_INIT;
static mig_sink       *sink;
static mig_catalog    *catalog;
static mig_writer     *writer;
static mig_stop        stop;
static mig_column_plan columns[16];
static mig_table_plan  table;
static mig_plan        plan = {.tables = &table, .n_tables = 1};
static unsigned char   bytes[4096];
static mig_rows        rows;
static uint64_t        row;
static mig_buf         notes;

static const mig_wire_type p_wires[] = {MIG_WIRE_INT8, MIG_WIRE_TEXT};

static void
setup(void)
{
    sqlite_file_init(&file, "target.db");
    rows = (mig_rows){.data = bytes, .cap = sizeof bytes};
}

static void
teardown(void)
{
    mig_writer_close(writer);
    mig_sink_close(sink);
    mig_catalog_free(catalog);
    mig_error_fini(&err);
    mig_buf_fini(&notes);
    sqlite_file_fini(&file);
}

TestSuite(sqlite_sink, .init = setup, .fini = teardown);

static void
must(mig_status st)
{
    cr_assert_eq(st, MIG_OK, "%s: %s", err.message, err.detail != NULL ? err.detail : "");
}

static void
plan_for(const char *name, const mig_wire_type *wires)
{
    table = sqlite_file_plan(catalog, name, wires, columns);
    table.target = table.source;
    for (size_t i = 0; i < table.n_columns; i++)
        columns[i].target = columns[i].source;
}

static void
open_for(const char *name, const mig_wire_type *wires)
{
    must(mig_sqlite_sink_open(file.path, false, &sink, &err));
    must(sink->ops->catalog(sink, &catalog, &err));
    plan_for(name, wires);
}

static void
start(void)
{
    must(sink->ops->prepare(sink, &plan, &err));
    must(sink->ops->writer_open(sink, 0, &stop, &writer, &err));
    must(sink->ops->chunk_begin(writer, &table, &err));
}

static void
put_p(int64_t id, const char *n)
{
    mig_rows_put_int16(&rows, 2);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, id);
    if (n == NULL) {
        mig_rows_put_null(&rows);
    } else {
        mig_rows_put_int32(&rows, (int32_t)strlen(n));
        mig_rows_put_bytes(&rows, n, strlen(n));
    }
    rows.n_rows++;
}

static mig_status
write_and_finish(void)
{
    must(sink->ops->chunk_write(writer, &rows, &row, &err));
    must(sink->ops->chunk_commit(writer, NULL, &row, &err));
    mig_writer_close(writer);
    writer = NULL;
    must(sink->ops->restore(sink, MIG_RESTORE_COMPLETE, 1, &notes, &err));
    return sink->ops->finish(sink, &plan, &notes, &err);
}

static void
close_all(void)
{
    mig_writer_close(writer);
    writer = NULL;
    mig_sink_close(sink);
    sink = NULL;
}

/* The first value of the answer, from the finished file. */
static const char *
ask(const char *sql)
{
    static char   text[256];
    sqlite3      *db = NULL;
    sqlite3_stmt *stmt = NULL;

    close_all();
    cr_assert_eq(sqlite3_open_v2(file.path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return text;
}

Test(sqlite_sink, rows_replace_those_of_the_plans_tables_and_nothing_else)
{
    sqlite_file_run(&file, PARENTS "PRAGMA user_version = 42");
    open_for("p", p_wires);
    start();
    put_p(100, "a");
    put_p(200, "b");
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT group_concat(id || n) FROM p"), "100a,200b");
    cr_expect_str_eq(ask("SELECT group_concat(n) FROM log"), "old");
    cr_expect_str_eq(ask("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type"
                         " IN ('index','trigger','view') ORDER BY 1)"),
                     "p_log,p_n,v");
    cr_expect_str_eq(ask("SELECT seq FROM sqlite_sequence WHERE name = 'p'"), "200");
    cr_expect_str_eq(ask("PRAGMA user_version"), "42");
    cr_expect_eq(sqlite_file_count(&file), 1);
}

Test(sqlite_sink, indexes_and_triggers_keep_their_sql_to_the_letter)
{
    static const char sql[] = "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema"
                              " WHERE type IN ('index', 'trigger') ORDER BY name)";
    char              before[256];

    sqlite_file_run(&file, PARENTS "CREATE INDEX p_nn ON p (n /* ; */)  -- the end\n;"
                                   "CREATE TRIGGER p_no AFTER UPDATE ON p BEGIN SELECT 1; END");
    snprintf(before, sizeof before, "%s", ask(sql));
    open_for("p", p_wires);
    start();
    put_p(100, "a");
    must(write_and_finish());
    cr_expect_str_eq(ask(sql), before);
}

Test(sqlite_sink, a_file_in_wal_mode_stays_in_it_and_keeps_its_mode_and_link)
{
    struct stat st;
    char        name[300];

    sqlite_file_run(&file, "PRAGMA journal_mode = WAL;" PARENTS);
    cr_assert_eq(chmod(file.path, 0640), 0);
    snprintf(name, sizeof name, "%s/link", file.folder);
    cr_assert_eq(symlink(file.path, name), 0);
    must(mig_sqlite_sink_open(name, false, &sink, &err));
    must(sink->ops->catalog(sink, &catalog, &err));
    plan_for("p", p_wires);
    start();
    put_p(1, "a");
    must(write_and_finish());
    close_all();
    cr_expect_eq(sqlite_file_count(&file), 2);
    cr_assert_eq(lstat(name, &st), 0);
    cr_expect(S_ISLNK(st.st_mode));
    cr_assert_eq(stat(file.path, &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0640);
    cr_expect_str_eq(ask("PRAGMA journal_mode"), "wal");
    cr_expect_str_eq(ask("SELECT n FROM p"), "a");
}

Test(sqlite_sink, a_refused_row_is_named_and_the_old_file_keeps_every_byte)
{
    uint64_t before;

    sqlite_file_run(&file, "PRAGMA journal_mode = WAL;" PARENTS);
    before = sqlite_file_hash(&file, "");
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    put_p(2, NULL);
    cr_expect_eq(sink->ops->chunk_write(writer, &rows, &row, &err), MIG_E_DATA);
    cr_expect_eq(row, 1);
    sink->ops->chunk_abort(writer, "test");
    cr_expect_neq(sink->ops->finish(sink, &plan, &notes, NULL), MIG_OK);
    close_all();
    cr_expect_eq(sqlite_file_hash(&file, ""), before);
    cr_expect_eq(sqlite_file_count(&file), 1);
}

Test(sqlite_sink, no_number_is_made_up_for_a_null_in_an_integer_primary_key)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)");
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    mig_rows_put_int16(&rows, 2);
    mig_rows_put_null(&rows);
    mig_rows_put_null(&rows);
    rows.n_rows++;

    cr_assert_eq(sink->ops->chunk_write(writer, &rows, &row, &err), MIG_E_DATA);

    cr_assert_eq(row, 1);
    cr_assert_str_eq(err.message, "cannot store a value in p.id");
    sink->ops->chunk_abort(writer, "test");
}

Test(sqlite_sink, a_conflict_clause_of_the_table_drops_and_changes_no_row)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER PRIMARY KEY ON CONFLICT REPLACE,"
                           " n TEXT UNIQUE ON CONFLICT IGNORE)");
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    put_p(2, "a");

    cr_assert_eq(sink->ops->chunk_write(writer, &rows, &row, &err), MIG_E_DATA);

    cr_assert_eq(row, 1);
    sink->ops->chunk_abort(writer, "test");
}

/* 120 rows, of which the nth is another. */
static void
put_but_for(uint32_t nth, int64_t id, const char *n)
{
    for (uint32_t i = 0; i < 120; i++) {
        if (i == nth)
            put_p(id, n);
        else
            put_p(1000 + i, "a");
    }
}

static void
expect_refused(uint32_t nth, const char *why)
{
    cr_assert_eq(sink->ops->chunk_write(writer, &rows, &row, &err), MIG_E_DATA);
    cr_expect_eq(row, nth, "row %llu, not %u: %s", (unsigned long long)row, nth, err.detail);
    cr_expect_not_null(strstr(err.detail, why), "%s", err.detail);
    sink->ops->chunk_abort(writer, "test");
}

Test(sqlite_sink, many_rows_at_once_arrive_in_their_order)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER, n TEXT)");
    open_for("p", p_wires);
    start();
    put_but_for(77, -1, NULL);
    must(sink->ops->chunk_write(writer, &rows, &row, &err));
    rows.len = rows.n_rows = 0;
    put_but_for(119, -2, "");
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT count(*) || ' ' || sum(rowid <= 120 AND id = 999 + rowid OR"
                         " rowid > 120 AND id = 879 + rowid) || ' ' ||"
                         " (SELECT rowid || quote(n) FROM p WHERE id = -1) || ' ' ||"
                         " (SELECT rowid || quote(n) FROM p WHERE id = -2) FROM p"),
                     "240 238 78NULL 240''");
}

/* Rows in order become pages; SQLite takes those that are not, and all behind them. */
Test(sqlite_sink, rows_in_any_order_and_in_several_chunks_all_arrive)
{
    static const int64_t ids[][4] = {
        {1, 2, 3, 10}, {11, 12, 5, 13}, {4, 100, 101, 99}, {-7, 0, 200, 6}};

    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)");
    open_for("p", p_wires);
    start();
    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            must(sink->ops->chunk_begin(writer, &table, &err));
        for (size_t k = 0; k < 4; k++)
            put_p(ids[i][k], "a");
        must(sink->ops->chunk_write(writer, &rows, &row, &err));
        if (i < 3)
            must(sink->ops->chunk_commit(writer, NULL, &row, &err));
        rows.len = rows.n_rows = 0;
    }
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT group_concat(id) FROM (SELECT id FROM p ORDER BY id)"),
                     "-7,0,1,2,3,4,5,6,10,11,12,13,99,100,101,200");
    cr_expect_str_eq(ask("PRAGMA integrity_check"), "ok");
}

Test(sqlite_sink, nothing_is_behind_the_highest_rowid)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)");
    open_for("p", p_wires);
    start();
    put_p(INT64_MIN, "lowest");
    put_p(INT64_MAX, "highest");
    put_p(2, "two");
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT group_concat(id || n) FROM (SELECT * FROM p ORDER BY id)"),
                     "-9223372036854775808lowest,2two,9223372036854775807highest");
}

Test(sqlite_sink, several_chunks_in_order_are_one_table)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)");
    open_for("p", p_wires);
    start();
    for (int64_t id = 0; id < 3000;) {
        for (size_t k = 0; k < 100; k++)
            put_p(id++, "abcdefghij");
        must(sink->ops->chunk_write(writer, &rows, &row, &err));
        must(sink->ops->chunk_commit(writer, NULL, &row, &err));
        must(sink->ops->chunk_begin(writer, &table, &err));
        rows.len = rows.n_rows = 0;
    }
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT count(*) || ' ' || sum(id) || ' ' || min(n) || max(n) FROM p"),
                     "3000 4498500 abcdefghijabcdefghij");
    cr_expect_str_eq(ask("PRAGMA integrity_check"), "ok");
}

static const struct refused_row {
    const char *label, *table, *n, *why;
    int64_t     id;
    uint32_t    nth;
} refused_rows[] = {
    {"key", "(id INTEGER PRIMARY KEY, n TEXT)", "b", "UNIQUE", 1000, 73},
    {"key of the row before", "(id INTEGER PRIMARY KEY, n TEXT)", "b", "UNIQUE", 1048, 49},
    {"last row", "(id INTEGER PRIMARY KEY, n TEXT)", "b", "UNIQUE", 1003, 119},
    {"unique", "(id INTEGER UNIQUE ON CONFLICT IGNORE, n TEXT)", "b", "UNIQUE", 1003, 20},
    {"without rowid", "(id INTEGER PRIMARY KEY, n) WITHOUT ROWID", "b", "UNIQUE", 1003, 20},
    {"check", "(id INTEGER PRIMARY KEY, n TEXT CHECK (n = 'a'))", "b", "CHECK", 7, 62},
    {"check, no key", "(id INTEGER, n TEXT CHECK (n = 'a'))", "b", "CHECK", 7, 62},
    {"strict", "(id INTEGER PRIMARY KEY, n INTEGER) STRICT", "b", "INTEGER", 7, 0},
    {"null", "(id INTEGER PRIMARY KEY, n TEXT NOT NULL)", NULL, "takes no NULL", 7, 62},
};

ParameterizedTestParameters(sqlite_sink, the_refused_one_of_many_rows_is_known)
{
    static size_t which[sizeof refused_rows / sizeof refused_rows[0]];

    for (size_t i = 0; i < sizeof which / sizeof which[0]; i++)
        which[i] = i;
    return cr_make_param_array(size_t, which, sizeof which / sizeof which[0]);
}

ParameterizedTest(size_t *which, sqlite_sink, the_refused_one_of_many_rows_is_known)
{
    const struct refused_row *c = &refused_rows[*which];
    char                      sql[128];

    (void)snprintf(sql, sizeof sql, "CREATE TABLE p %s", c->table);
    sqlite_file_run(&file, sql);
    open_for("p", p_wires);
    start();
    put_but_for(c->nth, c->id, c->n);
    expect_refused(c->nth, c->why);
}

Test(sqlite_sink, values_that_are_made_for_one_row_do_not_reach_into_another)
{
    static const mig_wire_type wires[] = {MIG_WIRE_TIMESTAMPTZ, MIG_WIRE_UUID};

    sqlite_file_run(&file, "CREATE TABLE p (at TEXT, id CHAR(36))");
    open_for("p", wires);
    start();
    for (int i = 0; i < 3; i++) {
        mig_rows_put_int16(&rows, 2);
        mig_rows_put_int32(&rows, 8);
        mig_rows_put_int64(&rows, i * INT64_C(86400000000));
        mig_rows_put_int32(&rows, 16);
        for (int j = 0; j < 16; j++)
            mig_rows_put_bytes(&rows, (const unsigned char[]){(unsigned char)i}, 1);
        rows.n_rows++;
    }
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT group_concat(substr(at, 1, 10) || ' ' || substr(id, 30)) FROM p"),
                     "2000-01-01 0000000,2000-01-02 1010101,2000-01-03 2020202");
}

static void
expect_broken(void)
{
    cr_expect_eq(sink->ops->chunk_write(writer, &rows, &row, &err), MIG_E_INTERNAL);
    cr_expect_eq(row, UINT64_MAX);
    sink->ops->chunk_abort(writer, "test");
}

Test(sqlite_sink, bytes_behind_the_last_row_are_an_error)
{
    sqlite_file_run(&file, PARENTS);
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    put_p(2, "b");
    rows.n_rows--;
    expect_broken();
}

Test(sqlite_sink, a_row_that_ends_too_early_is_an_error)
{
    sqlite_file_run(&file, PARENTS);
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    put_p(2, "b");
    rows.len--;
    expect_broken();
}

Test(sqlite_sink, a_row_of_other_fields_is_an_error)
{
    sqlite_file_run(&file, PARENTS);
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    bytes[1] = 1;
    expect_broken();
}

/* It would be read in place of the rows that are to be written. */
Test(sqlite_sink, a_table_with_the_feeds_name_is_not_taken_for_it)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT UNIQUE);"
                           "CREATE TABLE \"rows for db-migrate\" (a, b)");
    open_for("p", p_wires);
    must(sink->ops->prepare(sink, &plan, &err));
    must(sink->ops->writer_open(sink, 0, &stop, &writer, &err));
    cr_expect_neq(sink->ops->chunk_begin(writer, &table, &err), MIG_OK);
    sink->ops->chunk_abort(writer, "test");
}

Test(sqlite_sink, a_file_that_was_given_up_does_not_become_the_target)
{
    uint64_t before;

    sqlite_file_run(&file, PARENTS);
    before = sqlite_file_hash(&file, "");
    open_for("p", p_wires);
    start();
    sink->ops->chunk_abort(writer, "test");
    mig_writer_close(writer);
    writer = NULL;

    cr_assert_eq(sink->ops->finish(sink, &plan, &notes, &err), MIG_E_INTERNAL);

    close_all();
    cr_assert_eq(sqlite_file_hash(&file, ""), before);
}

Test(sqlite_sink, an_orphan_is_found_at_the_end)
{
    uint64_t before;

    sqlite_file_run(&file, "CREATE TABLE q (id INTEGER PRIMARY KEY, n TEXT UNIQUE);"
                           "CREATE TABLE p (id INTEGER REFERENCES q (id), n TEXT)");
    before = sqlite_file_hash(&file, "");
    open_for("p", p_wires);
    start();
    put_p(5, "a");
    cr_expect_eq(write_and_finish(), MIG_E_DATA);
    cr_expect_neq(strstr(err.detail, "p: rowid 1 refers to a row of q"), NULL, "%s", err.detail);
    close_all();
    cr_expect_eq(sqlite_file_hash(&file, ""), before);
    cr_expect_eq(sqlite_file_count(&file), 1);
}

Test(sqlite_sink, every_wire_type_is_stored_as_applications_store_it)
{
    static const mig_wire_type wires[] = {
        MIG_WIRE_BOOL,      MIG_WIRE_INT4,        MIG_WIRE_FLOAT8, MIG_WIRE_BYTEA, MIG_WIRE_UUID,
        MIG_WIRE_TIMESTAMP, MIG_WIRE_TIMESTAMPTZ, MIG_WIRE_JSON,   MIG_WIRE_JSONB, MIG_WIRE_UUID};

    sqlite_file_run(&file, "CREATE TABLE t (a boolean, b integer, c real, d blob, e uuid_text,"
                           " f timestamp_text, g text, h json_text, i jsonb_text, j text)");
    open_for("t", wires);
    start();
    mig_rows_put_int16(&rows, 10);
    mig_rows_put_int32(&rows, 1);
    mig_rows_put_bytes(&rows, "\1", 1);
    mig_rows_put_int32(&rows, 4);
    mig_rows_put_int32(&rows, -5);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_float8(&rows, 2.0);
    mig_rows_put_int32(&rows, 0);
    mig_rows_put_int32(&rows, 16);
    mig_rows_put_bytes(&rows, "0123456789abcdef", 16);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, -500000);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, 0);
    mig_rows_put_int32(&rows, 2);
    mig_rows_put_bytes(&rows, "{}", 2);
    mig_rows_put_int32(&rows, 3);
    mig_rows_put_bytes(&rows, "\1[]", 3);
    mig_rows_put_int32(&rows, 16);
    mig_rows_put_bytes(&rows, "0123456789abcdef", 16);
    rows.n_rows = 1;
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT quote(a)||' '||quote(b)||' '||quote(c)||' '||quote(d)||' '||"
                         "quote(e)||' '||quote(f)||' '||quote(g)||' '||quote(h)||' '||quote(i)||"
                         "' '||quote(j) FROM t"),
                     "1 -5 2.0 X'' X'30313233343536373839616263646566' '1999-12-31 23:59:59.5' "
                     "'2000-01-01T00:00:00Z' '{}' '[]' '30313233-3435-3637-3839-616263646566'");
}

Test(sqlite_sink, a_conversion_by_affinity_is_refused)
{
    static const mig_wire_type wires[] = {MIG_WIRE_TEXT};

    sqlite_file_run(&file, "CREATE TABLE t (a numeric)");
    open_for("t", wires);
    start();
    mig_rows_put_int16(&rows, 1);
    mig_rows_put_int32(&rows, 3);
    mig_rows_put_bytes(&rows, "1e3", 3);
    rows.n_rows = 1;
    cr_expect_eq(sink->ops->chunk_write(writer, &rows, &row, &err), MIG_E_DATA);
    cr_expect_eq(row, 0);
    cr_expect_not_null(strstr(err.detail, "the text \"1e3\""));
}

Test(sqlite_sink, nan_is_refused)
{
    static const mig_wire_type wires[] = {MIG_WIRE_FLOAT8};

    sqlite_file_run(&file, "CREATE TABLE t (a real)");
    open_for("t", wires);
    start();
    mig_rows_put_int16(&rows, 1);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_float8(&rows, (double)NAN);
    rows.n_rows = 1;
    cr_expect_eq(sink->ops->chunk_write(writer, &rows, &row, &err), MIG_E_DATA);
}

Test(sqlite_sink, a_missing_file_is_made_only_when_asked_for)
{
    static const mig_step steps[] = {{"one", "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)"}};

    cr_expect_eq(mig_sqlite_sink_open(file.path, false, &sink, &err), MIG_E_CONNECT);
    mig_error_fini(&err);
    must(mig_sqlite_sink_open(file.path, true, &sink, &err));
    must(sink->ops->run_steps(sink, steps, 1, &err));
    must(sink->ops->catalog(sink, &catalog, &err));
    plan_for("p", p_wires);
    cr_expect_neq(access(file.path, F_OK), 0);
    start();
    put_p(1, "a");
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT n || (SELECT version FROM seaql_migrations) FROM p"), "aone");
    cr_expect_str_eq(ask("PRAGMA page_size"), "16384");
}

Test(sqlite_sink, a_file_in_use_is_refused)
{
    sqlite_writer other;

    sqlite_file_run(&file, PARENTS);
    sqlite_writer_start(&other, &file, "BEGIN IMMEDIATE");
    cr_expect_eq(mig_sqlite_sink_open(file.path, false, &sink, &err), MIG_E_REFUSED);
    sqlite_writer_stop(&other);
}

Test(sqlite_sink, a_stale_companion_and_a_second_name_are_refused)
{
    char name[300];

    sqlite_file_run(&file, PARENTS);
    sqlite_file_write(&file, "-wal", 0, "x", 1);
    cr_expect_eq(mig_sqlite_sink_open(file.path, false, &sink, &err), MIG_E_REFUSED);
    mig_error_fini(&err);
    snprintf(name, sizeof name, "%s-wal", file.path);
    cr_assert_eq(unlink(name), 0);
    snprintf(name, sizeof name, "%s/second", file.folder);
    cr_assert_eq(link(file.path, name), 0);
    cr_expect_eq(mig_sqlite_sink_open(file.path, false, &sink, &err), MIG_E_REFUSED);
}

Test(sqlite_sink, a_killed_process_leaves_the_old_file)
{
    uint64_t before;
    pid_t    child;

    sqlite_file_run(&file, "PRAGMA journal_mode = WAL;" PARENTS);
    before = sqlite_file_hash(&file, "");
    if ((child = fork()) == 0) {
        open_for("p", p_wires);
        start();
        put_p(1, "a");
        sink->ops->chunk_write(writer, &rows, &row, &err);
        raise(SIGKILL);
    }
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_expect_eq(sqlite_file_hash(&file, ""), before);
    open_for("p", p_wires); /* and it can be tried again */
}

Test(sqlite_sink, a_duplicate_in_a_unique_index_is_found_at_the_end)
{
    uint64_t before;

    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT);"
                           "CREATE UNIQUE INDEX p_n ON p (n)");
    before = sqlite_file_hash(&file, "");
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    put_p(2, "a");
    cr_expect_eq(write_and_finish(), MIG_E_DATA);
    cr_expect_not_null(strstr(err.detail, "p: rowid 1 and rowid 2 both have n = 'a'"), "%s",
                       err.detail);
    close_all();
    cr_expect_eq(sqlite_file_hash(&file, ""), before);
    cr_expect_eq(sqlite_file_count(&file), 1);
}

/* SQLite's own check takes its columns in the wrong order and finds NULLs that are not there. */
Test(sqlite_sink, a_table_without_rowid_whose_key_is_not_in_front_is_no_damage)
{
    sqlite_file_run(&file,
                    "CREATE TABLE p (id INTEGER, n TEXT, PRIMARY KEY (n, id)) WITHOUT ROWID");
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    put_p(2, "b");
    must(write_and_finish());
    cr_expect_str_eq(ask("SELECT group_concat(id || n) FROM p"), "1a,2b");
}

Test(sqlite_sink, duplicates_are_compared_as_their_index_does)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER, n TEXT);"
                           "CREATE INDEX p_a ON p (id); CREATE UNIQUE INDEX p_b ON p (n, id);"
                           "CREATE UNIQUE INDEX p_c ON p (n COLLATE NOCASE)");
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    put_p(1, NULL);
    put_p(1, NULL);
    put_p(1, "A");
    cr_expect_eq(write_and_finish(), MIG_E_DATA);
    cr_expect_not_null(strstr(err.detail, "p: rowid 1 and rowid 4 both have n = 'A'"), "%s",
                       err.detail);
}

Test(sqlite_sink, a_secret_value_is_not_shown_with_its_duplicates)
{
    sqlite_file_run(&file, "CREATE TABLE p (id INTEGER, n TEXT); CREATE UNIQUE INDEX i ON p (n)");
    open_for("p", p_wires);
    columns[1].secret = true;
    start();
    put_p(1, "hush");
    put_p(1, "hush");
    cr_expect_eq(write_and_finish(), MIG_E_DATA);
    cr_expect_not_null(strstr(err.detail, "p: rowid 1 and rowid 2 both have n"), "%s", err.detail);
    cr_expect_null(strstr(err.detail, "hush"), "%s", err.detail);
}

Test(sqlite_sink, root_leaves_a_new_file_to_the_owner_of_its_folder)
{
    static const mig_step steps[] = {{"one", "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)"}};
    struct stat           st;

    if (geteuid() != 0)
        cr_skip_test("only root can give files away");
    cr_assert_eq(chown(file.folder, 4711, 4712), 0);
    must(mig_sqlite_sink_open(file.path, true, &sink, &err));
    must(sink->ops->run_steps(sink, steps, 1, &err));
    must(sink->ops->catalog(sink, &catalog, &err));
    plan_for("p", p_wires);
    start();
    put_p(1, "a");
    must(write_and_finish());
    cr_assert_eq(stat(file.path, &st), 0);
    cr_expect_eq(st.st_uid, 4711);
    cr_expect_eq(st.st_gid, 4712);
}

Test(sqlite_sink, a_table_whose_rows_would_lose_their_parents_is_refused)
{
    const mig_table *listed[1];
    mig_sink_need    need = {.tables = listed, .n_tables = 1};

    sqlite_file_run(&file, PARENTS "CREATE TABLE child (id INTEGER REFERENCES p (id));"
                                   "INSERT INTO child VALUES (7)");
    open_for("p", p_wires);
    listed[0] = table.target;
    cr_expect_eq(sink->ops->check(sink, &need, &err), MIG_E_REFUSED);
    cr_expect_neq(strstr(err.message, "child"), NULL, "%s", err.message);
}

Test(sqlite_sink, an_application_that_idles_in_wal_mode_is_refused)
{
    sqlite_writer other;

    sqlite_file_run(&file, "PRAGMA journal_mode = WAL;" PARENTS);
    sqlite_writer_start(&other, &file, "SELECT count(*) FROM p");
    cr_expect_eq(mig_sqlite_sink_open(file.path, false, &sink, &err), MIG_E_REFUSED);
    sqlite_writer_stop(&other);
}

Test(sqlite_sink, root_leaves_the_file_to_its_owner)
{
    struct stat st;

    if (geteuid() != 0)
        cr_skip_test("only root can give files away");
    sqlite_file_run(&file, PARENTS);
    cr_assert_eq(chown(file.path, 4711, 4712), 0);
    open_for("p", p_wires);
    start();
    put_p(1, "a");
    must(write_and_finish());
    cr_assert_eq(stat(file.path, &st), 0);
    cr_expect_eq(st.st_uid, 4711);
    cr_expect_eq(st.st_gid, 4712);
}

/* The sink's own plan, as if the source's counter stood at `counter`. */
static void
count_p(int64_t counter)
{
    mig_column *id = (mig_column *)(uintptr_t)columns[0].source;

    id->has_counter = counter != 0;
    id->counter = counter;
}

Test(sqlite_sink, autoincrement_goes_on_behind_the_rows_and_not_behind_those_erased)
{
    sqlite_file_run(&file, PARENTS "INSERT INTO p VALUES (500, 'gone')");
    open_for("p", p_wires);
    count_p(0);
    start();
    put_p(12, "a");
    must(write_and_finish());
    close_all();
    sqlite_file_run(&file, "INSERT INTO p (n) VALUES ('next')");
    cr_expect_str_eq(ask("SELECT id FROM p WHERE n = 'next'"), "13");
}

Test(sqlite_sink, autoincrement_goes_on_behind_what_the_source_gave_out)
{
    sqlite_file_run(&file, PARENTS);
    open_for("p", p_wires);
    count_p(40);
    start();
    put_p(12, "a");
    must(write_and_finish());
    close_all();
    sqlite_file_run(&file, "INSERT INTO p (n) VALUES ('next')");
    cr_expect_str_eq(ask("SELECT id FROM p WHERE n = 'next'"), "41");
    cr_expect_eq(notes.len, 0);
}

Test(sqlite_sink, the_end_of_autoincrement_is_told)
{
    sqlite_file_run(&file, PARENTS);
    open_for("p", p_wires);
    count_p(0);
    start();
    put_p(INT64_MAX, "a");
    must(write_and_finish());
    cr_expect_neq(strstr(mig_buf_text(&notes), "p.id has no value left"), NULL);
}
