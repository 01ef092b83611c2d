/*
 * test_sqlite_snapshot.c - all connections on one state, whatever is committed meanwhile.
 *
 * A writer in this process commits exactly between the beginnings of two
 * connections: SQLite calls the tests for every new connection
 * (sqlite3_auto_extension) and for every BEGIN on it (sqlite3_trace_v2).
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../support/sqlite_file.h"
#include "mig/sqlite.h"

static sqlite_file  file;
static mig_error    err = MIG_ERROR_INIT;
static mig_source  *source;
static mig_catalog *catalog;

/* The writer, and during which BEGINs (counted from 1) it commits. */
static sqlite3    *writer;
static unsigned    n_begins;
static unsigned    first_commit, last_commit;
static const char *commit_sql;

static int
at_statement(unsigned type, void *arg, void *stmt, void *sql)
{
    (void)type;
    (void)arg;
    (void)stmt;
    if (writer == NULL || strcmp(sql, "BEGIN") != 0)
        return 0;
    n_begins++;
    if (n_begins >= first_commit && n_begins <= last_commit)
        cr_assert_eq(sqlite3_exec(writer, commit_sql, NULL, NULL, NULL), SQLITE_OK);
    return 0;
}

static int
at_connection(sqlite3 *db, char **whyp, const struct sqlite3_api_routines *api)
{
    (void)whyp;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, at_statement, NULL);
}

/* A WAL database with a log, its source, and a writer that commits during some BEGINs. */
static void
init(void)
{
    sqlite_file_init(&file, "app.db");
    sqlite_file_run(&file,
                    "PRAGMA journal_mode = WAL; CREATE TABLE t(v); INSERT INTO t VALUES (0)");
    sqlite_file_crash(&file, "INSERT INTO t VALUES (1)");
    sqlite3_auto_extension((void (*)(void))at_connection);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(sqlite3_open(file.path, &writer), SQLITE_OK);
    commit_sql = "INSERT INTO t VALUES (2)";
}

static void
fini(void)
{
    mig_source_close(source);
    mig_catalog_free(catalog);
    sqlite3_close(writer);
    mig_error_fini(&err);
    sqlite_file_fini(&file);
}

TestSuite(sqlite_snapshot, .init = init, .fini = fini);

static uint64_t
count_questions(void)
{
    uint64_t n = 0;

    cr_assert_eq(source->ops->count(source, &catalog->tables[0], &n, &err), MIG_OK, "%s",
                 err.message);
    return n;
}

static uint64_t
count_reader(unsigned reader)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8};
    mig_column_plan            columns[1];
    mig_table_plan             plan = sqlite_file_plan(catalog, "t", wires, columns);
    mig_segment                whole = {0};
    mig_cursor                *cursor;
    unsigned char              memory[65536];
    mig_rows                   rows = {.data = memory, .cap = sizeof memory, .max_rows = 1000};
    mig_fill                   fill;
    size_t                     needed;

    cr_assert_eq(source->ops->cursor_open(source, reader, &plan, &whole, &cursor, &err), MIG_OK,
                 "%s", err.message);
    cr_assert_eq(source->ops->cursor_fill(cursor, &rows, &fill, &needed, &err), MIG_OK);
    cr_assert_eq(fill, MIG_FILL_END);
    mig_cursor_close(cursor);
    return rows.n_rows;
}

static void
expect_all_see(unsigned n_readers, uint64_t n_rows)
{
    cr_assert_eq(count_questions(), n_rows);
    for (unsigned i = 0; i < n_readers; i++)
        cr_assert_eq(count_reader(i), n_rows, "reader %u", i);
    cr_assert_eq(source->ops->unchanged(source, &err), MIG_OK);
}

Test(sqlite_snapshot, does_not_see_what_is_committed_afterwards)
{
    cr_assert_eq(source->ops->snapshot(source, 3, &err), MIG_OK);
    cr_assert_eq(sqlite3_exec(writer, commit_sql, NULL, NULL, NULL), SQLITE_OK);
    expect_all_see(3, 2);
}

Test(sqlite_snapshot, begins_again_when_a_commit_falls_between_two_beginnings)
{
    for (unsigned at = 2; at <= 4; at++) {
        if (at > 2) {
            fini();
            init();
        }
        n_begins = 0;
        first_commit = last_commit = at;
        cr_assert_eq(source->ops->snapshot(source, 3, &err), MIG_OK);
        cr_assert_eq(n_begins, 8, "a second try at 4 connections");
        expect_all_see(3, 3);
    }
}

Test(sqlite_snapshot, needs_one_try_when_nothing_is_committed)
{
    cr_assert_eq(source->ops->snapshot(source, 3, &err), MIG_OK);
    cr_assert_eq(n_begins, 4);
    expect_all_see(3, 2);
}

Test(sqlite_snapshot, gives_up_when_something_is_committed_each_time)
{
    first_commit = 1;
    last_commit = 1000;
    cr_assert_eq(source->ops->snapshot(source, 2, &err), MIG_E_DATABASE);
    cr_assert_not_null(strstr(err.hint, "--readers 1"), "%s", err.hint);
}

Test(sqlite_snapshot, of_one_reader_always_succeeds)
{
    first_commit = 1;
    last_commit = 1000;
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK, "%s", err.message);
    cr_assert_eq(sqlite3_exec(writer, commit_sql, NULL, NULL, NULL), SQLITE_OK);
    expect_all_see(1, 2 + n_begins);
}

static void *
keep_counting(void *arg)
{
    for (int i = 0; i < 200; i++)
        cr_assert_eq(count_questions(), *(uint64_t *)arg);
    return NULL;
}

Test(sqlite_snapshot, lets_a_lone_reader_read_while_questions_are_asked)
{
    pthread_t thread;
    uint64_t  n_rows;

    first_commit = 1;
    last_commit = 1000;
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK, "%s", err.message);
    n_rows = 2 + n_begins;
    cr_assert_eq(pthread_create(&thread, NULL, keep_counting, &n_rows), 0);
    for (int i = 0; i < 200; i++)
        cr_assert_eq(count_reader(0), n_rows);
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(sqlite_snapshot, fails_when_the_tables_are_not_those_of_the_catalog)
{
    cr_assert_eq(sqlite3_exec(writer, "CREATE TABLE late(v)", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(source->ops->snapshot(source, 2, &err), MIG_E_CHANGED);
}

Test(sqlite_snapshot, is_one_state_beside_a_process_that_writes_all_the_time)
{
    sqlite_writer other;

    /* Each commit keeps the sum at 0 and makes two rows more. */
    sqlite_writer_start(&other, &file, "PRAGMA synchronous = OFF; DELETE FROM t");
    for (int round = 0; round < 20; round++) {
        uint64_t n_rows;

        cr_assert_eq(sqlite_writer_run(&other, "BEGIN; INSERT INTO t VALUES (1);"
                                               "INSERT INTO t VALUES (-1); COMMIT"),
                     SQLITE_OK);
        mig_source_close(source);
        mig_catalog_free(catalog);
        source = sqlite_file_open(&file, &catalog);
        cr_assert_eq(source->ops->snapshot(source, 4, &err), MIG_OK);
        n_rows = count_questions();
        cr_assert_eq(sqlite_writer_run(&other, "BEGIN; INSERT INTO t VALUES (2);"
                                               "INSERT INTO t VALUES (-2); COMMIT"),
                     SQLITE_OK);
        cr_assert_eq(n_rows % 2, 0);
        expect_all_see(4, n_rows);
    }
    sqlite_writer_stop(&other);
}

Test(sqlite_snapshot, is_taken_once)
{
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_E_INTERNAL);
}

Test(sqlite_snapshot, has_no_more_readers_than_were_asked_for)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8};
    mig_column_plan            columns[1];
    mig_table_plan             plan = sqlite_file_plan(catalog, "t", wires, columns);
    mig_segment                whole = {0};
    mig_cursor                *cursor;

    cr_assert_eq(source->ops->snapshot(source, 2, &err), MIG_OK);
    cr_assert_eq(source->ops->cursor_open(source, 2, &plan, &whole, &cursor, &err), MIG_E_INTERNAL);
    cr_assert_null(cursor);
}

#define MANY_SQL                                                                                   \
    "INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < "      \
    "300000)"                                                                                      \
    " SELECT i FROM c"

static void *
interrupt_soon(void *arg)
{
    (void)arg;
    source->ops->interrupt(source);
    return NULL;
}

/* Interrupts on the first row: the lookup is under way then, and would go on for long. */
static bool
interrupt_at_row(void *arg, const char *const *texts, const size_t *lens)
{
    pthread_t thread;

    (void)texts;
    (void)lens;
    if ((*(int *)arg)++ == 0) {
        cr_assert_eq(pthread_create(&thread, NULL, interrupt_soon, NULL), 0);
        cr_assert_eq(pthread_join(thread, NULL), 0);
    }
    return true;
}

Test(sqlite_snapshot, breaks_into_a_lookup_from_another_thread)
{
    const char *const columns[] = {"v"};
    int               n = 0;

    cr_assert_eq(sqlite3_exec(writer, MANY_SQL, NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(source->ops->snapshot(source, 2, &err), MIG_OK);
    cr_assert_eq(
        source->ops->lookup(source, &catalog->tables[0], columns, 1, interrupt_at_row, &n, &err),
        MIG_E_STOPPED);
    cr_assert_lt(n, 300000);
}

Test(sqlite_snapshot, ends_cursors_after_an_interrupt_but_still_locates)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8};
    mig_column_plan            columns[1];
    mig_table_plan             plan = sqlite_file_plan(catalog, "t", wires, columns);
    mig_segment                whole = {0};
    mig_cursor                *cursor;
    unsigned char              memory[64];
    mig_rows                   rows = {.data = memory, .cap = sizeof memory, .max_rows = 1};
    mig_fill                   fill;
    size_t                     needed;
    uint64_t                   n_rows;
    char                      *text = NULL;

    cr_assert_eq(sqlite3_exec(writer, MANY_SQL, NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(source->ops->snapshot(source, 2, &err), MIG_OK);
    cr_assert_eq(source->ops->cursor_open(source, 1, &plan, &whole, &cursor, &err), MIG_OK);
    cr_assert_eq(source->ops->cursor_fill(cursor, &rows, &fill, &needed, &err), MIG_OK);

    source->ops->interrupt(source);

    rows.len = rows.n_rows = 0;
    cr_assert_eq(source->ops->cursor_fill(cursor, &rows, &fill, &needed, &err), MIG_E_STOPPED);
    cr_assert_eq(source->ops->count(source, &catalog->tables[0], &n_rows, &err), MIG_E_STOPPED);
    mig_error_fini(&err);
    cr_assert_eq(source->ops->locate(source, &plan, &whole, 250000, &text, &err), MIG_OK, "%s",
                 err.message);
    cr_assert_str_eq(text, "rowid 250001");
    free(text);
    mig_cursor_close(cursor);
}
