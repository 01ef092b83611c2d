/*
 * test_postgres_copy.c - chunks: what arrives, what is refused, what is taken back.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mig/clock.h"
#include "testpg.h"

static mig_stop    stop;
static mig_writer *writer;
static uint64_t    row;

static void
init(void)
{
    testpg_init();
    atomic_init(&stop.raised, false);
    stop.fd = eventfd(0, EFD_CLOEXEC);
    row = 99;
}

static void
fini(void)
{
    mig_writer_close(writer);
    writer = NULL;
    close(stop.fd);
    testpg_fini();
}

TestSuite(postgres_copy, .init = init, .fini = fini, .timeout = 60);

static void
raise_stop(void)
{
    uint64_t one = 1;

    atomic_store(&stop.raised, true);
    cr_assert_eq(write(stop.fd, &one, sizeof one), (ssize_t)sizeof one);
}

static void
open_writer(const char *tables)
{
    testpg_open(testpg_db.conninfo);
    testpg_plan(tables);
    testpg_status(
        testpg_db.sink->ops->writer_open(testpg_db.sink, 0, &stop, &writer, &testpg_db.err),
        MIG_OK);
}

static void
begin(size_t table)
{
    testpg_status(writer->ops->chunk_begin(writer, &testpg_db.plan.tables[table], &testpg_db.err),
                  MIG_OK);
}

static mig_status
put(mig_rows *rows)
{
    return writer->ops->chunk_write(writer, rows, &row, &testpg_db.err);
}

static mig_status
commit(void)
{
    return writer->ops->chunk_commit(writer, NULL, &row, &testpg_db.err);
}

/* One row (id integer, t text); INT32_MIN: NULL. */
static void
add_row(mig_rows *rows, int32_t id, const char *text)
{
    mig_rows_put_int16(rows, 2);
    if (id == INT32_MIN) {
        mig_rows_put_null(rows);
    } else {
        mig_rows_put_int32(rows, 4);
        mig_rows_put_int32(rows, id);
    }
    mig_rows_put_int32(rows, (int32_t)strlen(text));
    mig_rows_put_bytes(rows, text, strlen(text));
    rows->n_rows++;
}

/* Writes one chunk with these ids into the plan's first table; the status of the first failure. */
static mig_status
write_ids(const int32_t *ids, size_t n, const char *text)
{
    mig_rows   rows = testpg_rows(1 << 20);
    mig_status st;

    for (size_t i = 0; i < n; i++)
        add_row(&rows, ids[i], text);
    begin(0);
    st = put(&rows);
    if (st == MIG_OK)
        st = commit();
    free(rows.data);
    return st;
}

Test(postgres_copy, every_wire_type_arrives_as_it_was_sent)
{
    mig_rows rows = testpg_rows(4096);

    testpg_run("CREATE TABLE t (b boolean, i4 integer, i8 bigint, f8 double precision, t text,"
               " v varchar, by bytea, u uuid, ts timestamp, tz timestamptz, j json, jb jsonb)");
    open_writer("t");
    mig_rows_put_int16(&rows, 12);
    mig_rows_put_int32(&rows, 1);
    mig_rows_put_bytes(&rows, "\1", 1);
    mig_rows_put_int32(&rows, 4);
    mig_rows_put_int32(&rows, INT32_MIN);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, INT64_MAX);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_float8(&rows, 0.1);
    mig_rows_put_int32(&rows, 4);
    mig_rows_put_bytes(&rows, "\xf0\x9f\x90\x98", 4);
    mig_rows_put_int32(&rows, 0);
    mig_rows_put_int32(&rows, 3);
    mig_rows_put_bytes(&rows, "\0\xff\n", 3);
    mig_rows_put_int32(&rows, 16);
    mig_rows_put_bytes(&rows, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10", 16);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, -1);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, 1);
    mig_rows_put_int32(&rows, 10);
    mig_rows_put_bytes(&rows, "{\"b\": 1.0}", 10);
    mig_rows_put_int32(&rows, 11);
    mig_rows_put_bytes(&rows, "\1{\"b\": 1.0}", 11);
    mig_rows_put_int16(&rows, 12);
    for (int i = 0; i < 12; i++)
        mig_rows_put_null(&rows);
    rows.n_rows = 2;

    begin(0);
    testpg_status(put(&rows), MIG_OK);
    testpg_status(commit(), MIG_OK);

    testpg_run("SET TimeZone = 'UTC'");
    testpg_expect("SELECT concat_ws('|', b, i4, i8, f8, t, '<' || v || '>', by, u, ts, tz, j, jb)"
                  " FROM t WHERE b IS NOT NULL",
                  "t|-2147483648|9223372036854775807|0.1|\xf0\x9f\x90\x98|<>|\\x00ff0a|"
                  "01020304-0506-0708-090a-0b0c0d0e0f10|1999-12-31 23:59:59.999999|"
                  "2000-01-01 00:00:00.000001+00|{\"b\": 1.0}|{\"b\": 1.0}");
    testpg_expect("SELECT num_nulls(b, i4, i8, f8, t, v, by, u, ts, tz, j, jb) FROM t"
                  " WHERE b IS NULL",
                  "12");
    free(rows.data);
}

Test(postgres_copy, odd_names_and_identity_columns_are_written)
{
    static const int32_t ids[] = {5, 6};

    testpg_run("CREATE TABLE \"Order\"\"s, line 7\" (\"select\" integer GENERATED ALWAYS AS"
               " IDENTITY PRIMARY KEY, twice integer GENERATED ALWAYS AS (\"select\" * 2) STORED,"
               " \"\xc3\xa4 \"\"x\" text)");
    testpg_open(testpg_db.conninfo);
    testpg_db.plan.tables = calloc(1, sizeof *testpg_db.plan.tables);
    open_writer("");
    testpg_db.plan.n_tables = 1;
    {
        const mig_table *t = &testpg_db.catalog->tables[0];
        mig_table_plan  *p = &testpg_db.plan.tables[0];

        *p = (mig_table_plan){.source = t, .target = t, .label = t->name, .n_columns = 2};
        p->columns = calloc(2, sizeof *p->columns);
        p->columns[0] = (mig_column_plan){.target = &t->columns[0], .wire = MIG_WIRE_INT4};
        p->columns[1] = (mig_column_plan){.target = &t->columns[2], .wire = MIG_WIRE_TEXT};
    }

    testpg_status(write_ids(ids, 2, "x"), MIG_OK);
    testpg_expect("SELECT sum(twice) FROM \"Order\"\"s, line 7\"", "22");

    testpg_status(write_ids(ids, 2, "x"), MIG_E_DATA);
    cr_assert_eq(row, 0);
}

Test(postgres_copy, a_duplicate_key_is_blamed_on_its_row)
{
    static const int32_t ids[] = {10, 11, 12, 13, 11, 14};

    testpg_run("CREATE TABLE t (id integer CONSTRAINT the_key PRIMARY KEY, t text)");
    open_writer("t");

    testpg_status(write_ids(ids, 6, "x"), MIG_E_DATA);

    cr_assert_eq(row, 4);
    cr_assert(strstr(testpg_db.err.message, "cannot store a row in t: ") != NULL);
    cr_assert(strstr(testpg_db.err.detail, "(id)=(11)") != NULL);
    cr_assert(strstr(testpg_db.err.detail, "constraint the_key") != NULL);
    writer->ops->chunk_abort(writer, "test");
    testpg_expect("SELECT count(*) FROM t", "0");
}

Test(postgres_copy, a_violated_check_is_blamed_on_its_row)
{
    static const int32_t ids[] = {1, 2, -3, 4};

    testpg_run("CREATE FUNCTION positive(i integer) RETURNS boolean LANGUAGE plpgsql AS"
               " $$ BEGIN IF i < 0 THEN RAISE EXCEPTION 'no, line 77' USING ERRCODE = '23514';"
               " END IF; RETURN true; END $$;"
               "CREATE TABLE t (id integer CHECK (positive(id)), t text)");
    open_writer("t");

    testpg_status(write_ids(ids, 4, "x"), MIG_E_DATA);

    cr_assert_eq(row, 2);
}

Test(postgres_copy, a_missing_value_is_blamed_on_its_row_and_its_column)
{
    static const int32_t ids[] = {1, INT32_MIN, 4};
    char                 text[1001];

    memset(text, 'z', 1000);
    text[1000] = '\0';
    testpg_run("CREATE TABLE t (id integer NOT NULL, t text)");
    open_writer("t");

    testpg_status(write_ids(ids, 3, text), MIG_E_DATA);

    cr_assert_eq(row, 1);
    cr_assert(strstr(testpg_db.err.detail, "column id") != NULL);
    cr_assert_lt(strlen(testpg_db.err.detail), 300);
}

Test(postgres_copy, values_of_a_table_with_secrets_are_not_told)
{
    static const int32_t ids[] = {1, INT32_MIN};

    testpg_run("CREATE TABLE t (id integer NOT NULL, t text)");
    open_writer("t");
    testpg_db.plan.tables[0].columns[1].secret = true;

    testpg_status(write_ids(ids, 2, "hushhush"), MIG_E_DATA);

    cr_assert_eq(row, 1);
    cr_assert(strstr(testpg_db.err.detail, "hushhush") == NULL);
    cr_assert(strstr(testpg_db.err.detail, "column id") != NULL);
}

Test(postgres_copy, a_missing_parent_is_refused_at_the_end)
{
    static const int32_t ids[] = {1, 2};

    testpg_run("CREATE TABLE p (id integer PRIMARY KEY); INSERT INTO p VALUES (1);"
               "CREATE TABLE t (id integer REFERENCES p, t text);"
               "CREATE TABLE late (id integer REFERENCES p INITIALLY DEFERRED"
               " DEFERRABLE, t text)");
    open_writer("t");

    testpg_status(write_ids(ids, 2, "x"), MIG_E_DATA);
    cr_assert_eq(row, UINT64_MAX);
    cr_assert(strstr(testpg_db.err.detail, "(id)=(2)") != NULL);
    writer->ops->chunk_abort(writer, "test");

    testpg_plan("late");
    mig_error_fini(&testpg_db.err);
    testpg_status(write_ids(ids, 2, "x"), MIG_E_DATA);
    writer->ops->chunk_abort(writer, "test");
    testpg_expect("SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM late)", "0");
}

Test(postgres_copy, an_aborted_chunk_leaves_nothing_and_the_writer_goes_on)
{
    static const int32_t ids[] = {1, 2};
    mig_rows             rows = testpg_rows(1 << 20);

    testpg_run("CREATE TABLE t (id integer PRIMARY KEY, t text)");
    open_writer("t");
    for (int32_t i = 0; i < 10000; i++)
        add_row(&rows, i, "some text");
    begin(0);
    testpg_status(put(&rows), MIG_OK);

    writer->ops->chunk_abort(writer, "test");

    testpg_expect("SELECT count(*) FROM t", "0");
    testpg_status(write_ids(ids, 2, "x"), MIG_OK);
    testpg_expect("SELECT count(*) FROM t", "2");
    free(rows.data);
}

Test(postgres_copy, an_abort_before_any_begin_is_nothing)
{
    static const int32_t ids[] = {1};

    testpg_run("CREATE TABLE t (id integer, t text)");
    open_writer("t");

    writer->ops->chunk_abort(writer, "test");

    testpg_status(write_ids(ids, 1, "x"), MIG_OK);
}

/* The number of batches the writer took before it told of the refusal; `most` if it told at the
 * chunk's end. */
static size_t
batches_until_refused(mig_rows *rows, size_t most)
{
    mig_status st = MIG_OK;
    size_t     n = 0;

    begin(0);
    for (; st == MIG_OK && n < most; n++)
        st = put(rows);
    if (st == MIG_OK)
        st = writer->ops->chunk_commit(writer, NULL, &row, &testpg_db.err);
    testpg_status(st, MIG_E_DATA);
    cr_assert_eq(row, 5);
    writer->ops->chunk_abort(writer, "test");
    mig_error_fini(&testpg_db.err);
    return n;
}

/* Now and then libpq itself reads the answer, while it cannot send (copy_stream.c): then the end of
 * the chunk tells. */
Test(postgres_copy, a_refusal_ends_a_long_chunk_early)
{
    mig_rows rows = testpg_rows(1 << 20);
    size_t   n = 200;

    testpg_run("CREATE TABLE t (id integer CHECK (id <> 5), t text)");
    open_writer("t");
    for (int32_t i = 0; i < 10000; i++)
        add_row(&rows, i, "some text, some more text, some more text");

    for (int attempt = 0; attempt < 10 && n == 200; attempt++)
        n = batches_until_refused(&rows, 200);

    cr_assert_lt(n, 200);
    free(rows.data);
}

/* A row another transaction has inserted and not committed makes the server wait in the middle of
 * our COPY, and so the socket fills up. */
static PGconn *
block_key_one(void)
{
    PGconn *other = testpg_connect(testpg_db.conninfo);

    PQclear(PQexec(other, "BEGIN; INSERT INTO t VALUES (1, 'mine')"));
    return other;
}

static void *
stop_when_blocked(void *arg)
{
    PGconn *conn = testpg_connect(testpg_db.conninfo);
    bool    waiting = false;

    while (!waiting) {
        PGresult *res = PQexec(conn, "SELECT 1 FROM pg_stat_activity WHERE"
                                     " datname = current_database() AND wait_event_type = 'Lock'");

        waiting = PQntuples(res) > 0;
        PQclear(res);
    }
    *(uint64_t *)arg = mig_clock_now();
    raise_stop();
    PQfinish(conn);
    return NULL;
}

Test(postgres_copy, a_stop_ends_a_blocked_write_at_once)
{
    mig_rows   rows = testpg_rows(1 << 20);
    PGconn    *other;
    pthread_t  thread;
    uint64_t   stopped_at = 0;
    mig_status st = MIG_OK;

    testpg_run("CREATE TABLE t (id integer PRIMARY KEY, t text)");
    open_writer("t");
    other = block_key_one();
    for (int32_t i = 1; i < 10000; i++)
        add_row(&rows, i, "some text, some more text, some more text");
    begin(0);
    cr_assert_eq(pthread_create(&thread, NULL, stop_when_blocked, &stopped_at), 0);

    for (size_t n = 0; st == MIG_OK && n < 1000; n++)
        st = put(&rows);

    testpg_status(st, MIG_E_STOPPED);
    pthread_join(thread, NULL);
    cr_assert_lt(mig_clock_seconds_since(stopped_at), 10.0);
    testpg_db.sink->ops->interrupt(testpg_db.sink);
    writer->ops->chunk_abort(writer, "test");
    cr_assert_lt(mig_clock_seconds_since(stopped_at), 20.0);
    PQfinish(other);
    testpg_expect("SELECT count(*) FROM t", "0");
    free(rows.data);
}

Test(postgres_copy, an_abort_does_not_wait_for_a_blocked_server)
{
    static const int32_t ids[] = {1};
    mig_rows             rows = testpg_rows(1 << 20);
    uint64_t             start;
    PGconn              *other;

    testpg_run("CREATE TABLE t (id integer PRIMARY KEY, t text)");
    open_writer("t");
    other = block_key_one();
    for (int32_t i = 1; i < 1500; i++)
        add_row(&rows, i, "some text");
    begin(0);
    testpg_status(put(&rows), MIG_OK);

    start = mig_clock_now();
    writer->ops->chunk_abort(writer, "test");

    cr_assert_lt(mig_clock_seconds_since(start), 15.0);
    PQfinish(other);
    testpg_status(write_ids(ids, 1, "x"), MIG_OK);
    free(rows.data);
}

Test(postgres_copy, a_lost_server_process_is_an_error_not_a_hang)
{
    static const int32_t ids[] = {1};
    mig_rows             rows = testpg_rows(1 << 20);
    mig_status           st = MIG_OK;

    testpg_run("CREATE TABLE t (id integer PRIMARY KEY, t text)");
    open_writer("t");
    for (int32_t i = 1; i < 1000; i++)
        add_row(&rows, i, "some text");
    begin(0);
    testpg_status(put(&rows), MIG_OK);

    testpg_run("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
               " WHERE datname = current_database() AND query LIKE '%COPY%'"
               " AND pid <> pg_backend_pid()");
    for (int i = 0; st == MIG_OK && i < 3; i++)
        st = put(&rows);
    if (st == MIG_OK)
        st = commit();

    testpg_status(st, MIG_E_CONNECT);
    cr_assert(strstr(testpg_db.err.message, "terminating connection") != NULL, "%s",
              testpg_db.err.message);
    writer->ops->chunk_abort(writer, "test");
    testpg_status(write_ids(ids, 1, "x"), MIG_OK);
    testpg_expect("SELECT count(*) FROM t", "1");
    free(rows.data);
}

Test(postgres_copy, a_cancel_that_is_not_ours_is_an_error_of_its_own)
{
    mig_rows   rows = testpg_rows(1 << 20);
    mig_status st = MIG_OK;

    testpg_run("CREATE TABLE t (id integer PRIMARY KEY, t text)");
    open_writer("t");
    add_row(&rows, 1, "some text");
    begin(0);
    testpg_status(put(&rows), MIG_OK);

    testpg_run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
               " WHERE datname = current_database() AND query LIKE '%COPY%'"
               " AND pid <> pg_backend_pid()");
    st = commit();

    testpg_status(st, MIG_E_DATABASE);
    free(rows.data);
}

Test(postgres_copy, a_table_without_columns_is_written)
{
    mig_rows rows = testpg_rows(64);

    testpg_run("CREATE TABLE t ()");
    open_writer("t");
    mig_rows_put_int16(&rows, 0);
    mig_rows_put_int16(&rows, 0);
    rows.n_rows = 2;
    begin(0);
    testpg_status(put(&rows), MIG_OK);
    testpg_status(commit(), MIG_OK);

    testpg_expect("SELECT count(*) FROM t", "2");
    free(rows.data);
}

Test(postgres_copy, a_count_that_differs_is_never_committed)
{
    mig_rows rows = testpg_rows(256);

    testpg_run("CREATE TABLE t (id integer, t text)");
    open_writer("t");
    add_row(&rows, 1, "x");
    rows.n_rows = 2;
    begin(0);
    testpg_status(put(&rows), MIG_OK);

    testpg_status(commit(), MIG_E_INTERNAL);
    writer->ops->chunk_abort(writer, "test");

    testpg_expect("SELECT count(*) FROM t", "0");
    free(rows.data);
}

Test(postgres_copy, statistics_are_made_at_the_end)
{
    static const int32_t ids[] = {1, 2, 3};

    testpg_run("CREATE TABLE t (id integer, t text); CREATE TABLE u (id integer)");
    open_writer("t u");
    testpg_status(write_ids(ids, 3, "x"), MIG_OK);

    testpg_finish();

    testpg_expect("SELECT reltuples FROM pg_class WHERE oid = 't'::regclass", "3");
}
