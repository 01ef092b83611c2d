/*
 * test_postgres_snapshot.c - a PostgreSQL source while others work on it, and when it fails.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asleep.h"
#include "mig/clock.h"
#include "mig/postgres.h"
#include "testpg_source.h"

TestSuite(postgres_snapshot, .init = testpg_source_init, .fini = testpg_source_fini, .timeout = 60);

#define SECOND UINT64_C(1000000000)

/* More than fits into libpq's and the socket's buffers. */
static const char large_sql[] = "CREATE TABLE t AS SELECT i::integer AS i, repeat('x', 200) AS x"
                                " FROM generate_series(1, 200000) i";

Test(postgres_snapshot, all_readers_see_one_state_whatever_others_do)
{
    testpg_run("CREATE TABLE t AS SELECT i::integer AS i FROM generate_series(1, 1000) i;"
               "CREATE TABLE u AS SELECT i::integer AS i FROM generate_series(1, 10) i");
    testpg_source_open(testpg_db.conninfo, 3);
    testpg_source_plan("t u");

    testpg_run("DELETE FROM t WHERE i <= 500");
    testpg_source_expect(0, 0, 1000);
    testpg_run("INSERT INTO t SELECT generate_series(2000, 2999); UPDATE t SET i = -i");
    testpg_source_expect(1, 0, 1000);
    testpg_source_expect(2, 0, 1000);
    cr_assert_str_eq(testpg_elsewhere("SET lock_timeout = 100; TRUNCATE u"), "55P03");
    cr_assert_str_eq(testpg_elsewhere("SET lock_timeout = 100; DROP TABLE u"), "55P03");
    cr_assert_str_eq(testpg_elsewhere("SET lock_timeout = 100; ALTER TABLE u ADD COLUMN z integer"),
                     "55P03");
    testpg_source_expect(0, 1, 10);
    testpg_source_expect(0, 0, 1000);
    testpg_status(testpg_source->ops->unchanged(testpg_source, &testpg_db.err), MIG_OK);

    mig_source_close(testpg_source);
    testpg_source = NULL;
    cr_assert_str_eq(testpg_elsewhere("SET lock_timeout = 5000; TRUNCATE u"), "");
}

typedef struct taker {
    pthread_t  thread;
    mig_status st;
} taker;

static void *
take(void *arg)
{
    taker *t = arg;

    t->st = testpg_source->ops->snapshot(testpg_source, 2, &testpg_db.err);
    return NULL;
}

/* Returns when a lock is waited for. */
static void
await_waiter(void)
{
    char *n = NULL;

    do {
        free(n);
        n = testpg_value("SELECT count(*) FROM pg_locks WHERE NOT granted");
    } while (strcmp(n, "0") == 0);
    free(n);
}

/* Runs `sql` in a transaction that commits when the snapshot waits for its locks. */
static void
snapshot_across(const char *sql)
{
    taker t = {0};

    testpg_status(
        mig_postgres_source_open(testpg_db.conninfo, NULL, &testpg_source, &testpg_db.err), MIG_OK);
    testpg_run("BEGIN");
    testpg_run(sql);
    cr_assert_eq(pthread_create(&t.thread, NULL, take, &t), 0);
    await_waiter();
    testpg_run("COMMIT");
    cr_assert_eq(pthread_join(t.thread, NULL), 0);
    testpg_status(t.st, MIG_OK);
    testpg_status(testpg_source->ops->catalog(testpg_source, &testpg_db.catalog, &testpg_db.err),
                  MIG_OK);
}

Test(postgres_snapshot, a_change_of_the_schema_that_the_locks_waited_for_is_in_it)
{
    testpg_run("CREATE TABLE t (a integer); INSERT INTO t VALUES (1);"
               "CREATE TABLE gone (a integer); CREATE TABLE u (a integer)");

    snapshot_across("TRUNCATE t; INSERT INTO t VALUES (5), (6); ALTER TABLE t ADD COLUMN b integer;"
                    "DROP TABLE gone; ALTER TABLE u RENAME TO w; CREATE TABLE new (a integer)");

    cr_assert_eq(testpg_db.catalog->n_tables, 3);
    testpg_source_plan("t w new");
    cr_assert_eq(testpg_db.plan.tables[0].n_columns, 2);
    testpg_source_expect(0, 0, 2);
    testpg_source_expect(1, 2, 0);
    cr_assert_str_eq(testpg_elsewhere("SET lock_timeout = 100; TRUNCATE new"), "55P03");
}

/* lookup reads views too, and so may run functions of the source's own. */
Test(postgres_snapshot, nothing_can_be_written_through_a_source)
{
    static const char *const columns[] = {"f"};
    bool (*const no_row)(void *, const char *const *, const size_t *) = NULL;

    testpg_run("CREATE TABLE t (a integer);"
               "CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql AS"
               " $$ BEGIN INSERT INTO public.t VALUES (1); RETURN 1; END $$;"
               "CREATE VIEW v AS SELECT f()");
    testpg_source_open(testpg_db.conninfo, 1);

    testpg_status(testpg_source->ops->lookup(testpg_source,
                                             mig_catalog_find(testpg_db.catalog, "v"), columns, 1,
                                             no_row, NULL, &testpg_db.err),
                  MIG_E_DATABASE);

    cr_assert(strstr(testpg_db.err.detail, "25006") != NULL, "%s", testpg_db.err.detail);
    testpg_expect("SELECT string_agg(DISTINCT mode, ',') FROM pg_locks l"
                  " WHERE l.relation = 'public.t'::regclass",
                  "AccessShareLock");
}

Test(postgres_snapshot, rows_hidden_by_row_security_are_an_error)
{
    char        sql[300];
    mig_cursor *cursor = NULL;
    uint64_t    n;

    testpg_make_role();
    snprintf(sql, sizeof sql,
             "CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (2);"
             "ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
             "CREATE POLICY p ON t USING (a = 1); GRANT SELECT ON t TO %s",
             testpg_db.role);
    testpg_run(sql);
    testpg_source_open(testpg_db.role_info, 1);
    testpg_source_plan("t");

    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_E_RIGHTS);
    cr_assert(strstr(testpg_db.err.message, "\"t\"") != NULL, "%s", testpg_db.err.message);
    cr_assert(strstr(testpg_db.err.hint, "BYPASSRLS") != NULL);
    mig_error_fini(&testpg_db.err);
    testpg_status(testpg_source->ops->count(testpg_source, testpg_db.plan.tables[0].source, &n,
                                            &testpg_db.err),
                  MIG_E_RIGHTS);
}

Test(postgres_snapshot, a_table_the_role_may_not_read_is_named)
{
    char         sql[300];
    mig_cursor  *cursor = NULL;
    mig_segment *segments = NULL;
    size_t       n_segments;
    uint64_t     n;

    testpg_make_role();
    snprintf(sql, sizeof sql,
             "CREATE TABLE t (a integer); CREATE TABLE half (a integer, b integer);"
             "CREATE TABLE u (a integer); INSERT INTO u VALUES (1); GRANT SELECT ON u TO %s;"
             "GRANT SELECT (a) ON half TO %s",
             testpg_db.role, testpg_db.role);
    testpg_run(sql);
    testpg_source_open(testpg_db.role_info, 1);
    testpg_source_plan("t u half");

    for (size_t table = 0; table < 3; table += 2) {
        const mig_table_plan *plan = &testpg_db.plan.tables[table];

        mig_error_fini(&testpg_db.err);
        testpg_status(testpg_cursor(0, table, NULL, &cursor), MIG_E_RIGHTS);
        cr_assert(strstr(testpg_db.err.message, plan->source->name) != NULL);
        cr_assert(strstr(testpg_db.err.hint, "GRANT SELECT ON \"public\".\"") != NULL);
        mig_error_fini(&testpg_db.err);
        testpg_status(testpg_source->ops->count(testpg_source, plan->source, &n, &testpg_db.err),
                      MIG_E_RIGHTS);
        mig_error_fini(&testpg_db.err);
        testpg_status(testpg_source->ops->split(testpg_source, plan, 0, 0, 1, &segments,
                                                &n_segments, &testpg_db.err),
                      MIG_E_RIGHTS);
    }
    testpg_source_expect(0, 1, 1);
}

/* Reads a first batch of t through reader 0. */
static mig_cursor *
begin_to_read(mig_rows *rows)
{
    mig_cursor *cursor = NULL;
    mig_fill    fill;
    size_t      needed;

    rows->max_rows = 10;
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);
    testpg_status(cursor->ops->cursor_fill(cursor, rows, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert_eq(rows->n_rows, 10);
    return cursor;
}

Test(postgres_snapshot, a_backend_that_dies_in_the_middle_is_an_error)
{
    mig_rows    rows = testpg_rows(64 << 20);
    mig_cursor *cursor;

    testpg_run(large_sql);
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    cursor = begin_to_read(&rows);

    testpg_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY (%'"
               " AND datname = current_database()");

    testpg_status(testpg_drain(cursor, &rows, 1000), MIG_E_CONNECT);
    cr_assert(strncmp(testpg_db.err.message, "t: ", 3) == 0, "%s", testpg_db.err.message);
    cr_assert_lt(rows.n_rows, 200000);
    mig_cursor_close(cursor);
    free(rows.data);
}

Test(postgres_snapshot, a_query_that_others_cancel_is_an_error_of_its_own)
{
    mig_rows    rows = testpg_rows(64 << 20);
    mig_cursor *cursor;

    testpg_run(large_sql);
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    cursor = begin_to_read(&rows);

    testpg_run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY (%'"
               " AND datname = current_database()");

    testpg_status(testpg_drain(cursor, &rows, 1000), MIG_E_DATABASE);
    mig_cursor_close(cursor);
    free(rows.data);
}

Test(postgres_snapshot, a_cursor_given_up_leaves_its_reader_in_the_snapshot)
{
    mig_rows    rows = testpg_rows(1 << 20);
    mig_cursor *cursor, *second = NULL;

    testpg_run(large_sql);
    testpg_run("CREATE TABLE u (a integer); INSERT INTO u VALUES (1)");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t u");
    testpg_run("INSERT INTO u VALUES (2)");
    cursor = begin_to_read(&rows);
    testpg_status(testpg_cursor(0, 1, NULL, &second), MIG_E_INTERNAL);

    mig_cursor_close(cursor);

    testpg_source_expect(0, 1, 1);
    free(rows.data);
}

Test(postgres_snapshot, an_interrupt_ends_the_wait_for_locks)
{
    taker    t = {0};
    uint64_t start;

    testpg_run("CREATE TABLE t (a integer)");
    testpg_status(
        mig_postgres_source_open(testpg_db.conninfo, NULL, &testpg_source, &testpg_db.err), MIG_OK);
    testpg_run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    cr_assert_eq(pthread_create(&t.thread, NULL, take, &t), 0);
    await_waiter();

    start = mig_clock_now();
    testpg_source->ops->interrupt(testpg_source);
    cr_assert_eq(pthread_join(t.thread, NULL), 0);

    testpg_status(t.st, MIG_E_STOPPED);
    cr_assert_lt(mig_clock_now() - start, 10 * SECOND);
    testpg_run("COMMIT");
}

typedef struct drainer {
    mig_cursor *cursor;
    mig_rows    rows;
    mig_status  st;
} drainer;

static void
drain(void *arg)
{
    drainer *d = arg;
    mig_fill fill = MIG_FILL_FULL;
    size_t   needed;

    while (d->st == MIG_OK && fill != MIG_FILL_END) {
        d->rows.n_rows = 0;
        d->rows.len = 0;
        d->st = d->cursor->ops->cursor_fill(d->cursor, &d->rows, &fill, &needed, &testpg_db.err);
    }
}

/* The process id of the server's side of reader 0. */
static pid_t
backend(void)
{
    char *text = testpg_value("SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY (%'"
                              " AND datname = current_database()");
    pid_t pid = (pid_t)strtol(text, NULL, 10);

    cr_assert_gt(pid, 0);
    free(text);
    return pid;
}

Test(postgres_snapshot, an_interrupt_ends_a_reader_whose_server_does_not_answer)
{
    drainer         d = {.rows = testpg_rows(1 << 20)};
    mig_test_thread thread;
    uint64_t        start;
    pid_t           pid;

    testpg_run(large_sql);
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    d.cursor = begin_to_read(&d.rows);
    pid = backend();
    cr_assert_eq(kill(pid, SIGSTOP), 0, "the test cannot signal the server's processes");
    mig_test_thread_start(&thread, drain, &d);
    cr_assert(mig_test_thread_asleep(&thread));

    start = mig_clock_now();
    testpg_source->ops->interrupt(testpg_source);
    mig_test_thread_join(&thread);
    mig_cursor_close(d.cursor);

    cr_assert_eq(kill(pid, SIGCONT), 0);
    testpg_status(d.st, MIG_E_STOPPED);
    cr_assert_lt(mig_clock_now() - start, 10 * SECOND);
    free(d.rows.data);
}

Test(postgres_snapshot, an_interrupt_in_the_middle_of_a_table_ends_it)
{
    drainer  d = {.rows = testpg_rows(1 << 20)};
    uint64_t start, n;

    testpg_run(large_sql);
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    d.cursor = begin_to_read(&d.rows);

    start = mig_clock_now();
    testpg_source->ops->interrupt(testpg_source);
    drain(&d);
    mig_cursor_close(d.cursor);

    testpg_status(d.st, MIG_E_STOPPED);
    cr_assert_lt(mig_clock_now() - start, 10 * SECOND);
    testpg_status(testpg_source->ops->count(testpg_source, testpg_db.plan.tables[0].source, &n,
                                            &testpg_db.err),
                  MIG_E_STOPPED);
    free(d.rows.data);
}

/* One thread that reads every other segment. */
typedef struct segment_reader {
    unsigned     reader;
    mig_segment *segments;
    size_t       n_segments;
    uint64_t     n_rows;
    mig_status   st;
} segment_reader;

#define N_READERS 3

static void
read_segments(void *arg)
{
    segment_reader *r = arg;
    mig_rows        rows = testpg_rows(1 << 20);
    mig_error       err = MIG_ERROR_INIT;

    rows.max_rows = 500;
    for (size_t i = r->reader; i < r->n_segments && r->st == MIG_OK; i += N_READERS) {
        mig_cursor *cursor = NULL;
        mig_fill    fill = MIG_FILL_FULL;
        size_t      needed;

        r->st = testpg_source->ops->cursor_open(testpg_source, r->reader, &testpg_db.plan.tables[0],
                                                &r->segments[i], &cursor, &err);
        while (r->st == MIG_OK && fill != MIG_FILL_END) {
            rows.n_rows = 0;
            rows.len = 0;
            r->st = cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &err);
            r->n_rows += rows.n_rows;
        }
        mig_cursor_close(cursor);
    }
    mig_error_fini(&err);
    free(rows.data);
}

Test(postgres_snapshot, readers_work_side_by_side_while_rows_come_and_go)
{
    segment_reader  readers[N_READERS];
    mig_test_thread threads[N_READERS];
    mig_segment    *segments = NULL;
    size_t          n_segments = 0;
    uint64_t        n_rows = 0;

    testpg_run(large_sql);
    testpg_run("ANALYZE t");
    testpg_source_open(testpg_db.conninfo, N_READERS);
    testpg_source_plan("t");
    testpg_status(testpg_source->ops->split(testpg_source, &testpg_db.plan.tables[0], 0, 0, 10000,
                                            &segments, &n_segments, &testpg_db.err),
                  MIG_OK);
    cr_assert_gt(n_segments, N_READERS);
    for (unsigned i = 0; i < N_READERS; i++) {
        readers[i] = (segment_reader){.reader = i, .segments = segments, .n_segments = n_segments};
        mig_test_thread_start(&threads[i], read_segments, &readers[i]);
    }
    testpg_run("DELETE FROM t WHERE i % 3 = 0; INSERT INTO t SELECT -i, '' FROM t");
    for (unsigned i = 0; i < N_READERS; i++) {
        mig_test_thread_join(&threads[i]);
        testpg_status(readers[i].st, MIG_OK);
        n_rows += readers[i].n_rows;
    }

    cr_assert_eq(n_rows, 200000);
    free(segments);
}
