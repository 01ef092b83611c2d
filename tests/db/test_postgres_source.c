/*
 * test_postgres_source.c - what a PostgreSQL source hands out: rows, batches, segments.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"
#include "mig/postgres.h"
#include "testpg_source.h"

TestSuite(postgres_source, .init = testpg_source_init, .fini = testpg_source_fini, .timeout = 60);

static void
put_field(mig_rows *rows, const void *data, size_t len)
{
    mig_rows_put_int32(rows, (int32_t)len);
    mig_rows_put_bytes(rows, data, len);
}

/* Two rows of every wire type, the second all NULL. */
static mig_rows
every_type(void)
{
    mig_rows rows = testpg_rows(4096);

    mig_rows_put_int16(&rows, 12);
    put_field(&rows, "\1", 1);
    put_field(&rows, "\x80\0\0\0", 4);
    put_field(&rows, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_float8(&rows, 0.1);
    put_field(&rows, "\xf0\x9f\x90\x98", 4);
    put_field(&rows, "", 0);
    put_field(&rows, "\0\xff\n", 3);
    put_field(&rows, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10", 16);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, -1);
    mig_rows_put_int32(&rows, 8);
    mig_rows_put_int64(&rows, INT64_MAX);
    put_field(&rows, "{\"b\" : 1.0}", 11);
    put_field(&rows, "\1{\"b\": 1.0}", 11);
    mig_rows_put_int16(&rows, 12);
    for (int i = 0; i < 12; i++)
        mig_rows_put_null(&rows);
    rows.n_rows = 2;
    return rows;
}

/* Writes rows into the plan's first table through a sink. */
static void
write_rows(mig_rows *rows)
{
    static mig_stop stop = {.fd = -1};
    mig_writer     *writer = NULL;
    uint64_t        row;

    testpg_status(
        testpg_db.sink->ops->writer_open(testpg_db.sink, 0, &stop, &writer, &testpg_db.err),
        MIG_OK);
    testpg_status(writer->ops->chunk_begin(writer, &testpg_db.plan.tables[0], &testpg_db.err),
                  MIG_OK);
    testpg_status(writer->ops->chunk_write(writer, rows, &row, &testpg_db.err), MIG_OK);
    testpg_status(writer->ops->chunk_commit(writer, NULL, &row, &testpg_db.err), MIG_OK);
    mig_writer_close(writer);
}

Test(postgres_source, every_wire_type_comes_out_as_the_bytes_that_went_in)
{
    mig_rows    in = every_type(), out = testpg_rows(4096);
    mig_cursor *cursor = NULL;

    testpg_run("CREATE TABLE t (b boolean, i4 integer, i8 bigint, f8 double precision, t text,"
               " v varchar, by bytea, u uuid, ts timestamp, tz timestamptz, j json, jb jsonb)");
    testpg_open(testpg_db.conninfo);
    testpg_plan("t");
    write_rows(&in);

    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);
    testpg_status(testpg_drain(cursor, &out, 100), MIG_OK);

    cr_assert_eq(out.n_rows, 2);
    cr_assert_eq(out.len, in.len);
    cr_assert_eq(memcmp(out.data, in.data, in.len), 0);
    mig_cursor_close(cursor);
    free(in.data);
    free(out.data);
}

Test(postgres_source, a_column_that_cannot_be_read_is_refused)
{
    mig_cursor *cursor = NULL;

    testpg_run("CREATE TABLE t (a integer, b smallint)");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    testpg_db.plan.tables[0].columns[1].wire = MIG_WIRE_NONE;

    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_E_UNSUPPORTED);
    cr_assert(strstr(testpg_db.err.message, "t.b") != NULL);

    mig_error_fini(&testpg_db.err);
    testpg_db.plan.tables[0].columns[1].wire = MIG_WIRE_INT2;
    testpg_db.plan.tables[0].columns[0].read = MIG_WIRE_NONE;
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_E_UNSUPPORTED);
    cr_assert(strstr(testpg_db.err.message, "t.a") != NULL);
}

Test(postgres_source, a_batch_ends_at_its_row_limit_and_at_its_last_byte)
{
    mig_cursor *cursor = NULL;
    mig_rows    rows = testpg_rows(4096);
    mig_fill    fill;
    size_t      needed;

    testpg_run("CREATE TABLE t AS SELECT i::integer AS i FROM generate_series(1, 25) i");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);

    rows.max_rows = 10;
    testpg_status(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 10 && rows.len == 100);

    /* 10 bytes a row: seven fit, and the eighth begins the next batch. */
    rows.max_rows = 100;
    rows.n_rows = 0;
    rows.len = 0;
    rows.cap = 79;
    testpg_status(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 7 && rows.len == 70);

    rows.n_rows = 0;
    rows.len = 0;
    rows.cap = 80;
    testpg_status(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert(fill == MIG_FILL_END && rows.n_rows == 8 && rows.len == 80);
    cr_assert_eq(memcmp(rows.data, "\0\1\0\0\0\4\0\0\0\x12", 10), 0);
    cr_assert_eq(memcmp(rows.data + 70, "\0\1\0\0\0\4\0\0\0\x19", 10), 0);

    rows.n_rows = 0;
    rows.len = 0;
    for (int again = 0; again < 2; again++) {
        testpg_status(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &testpg_db.err),
                      MIG_OK);
        cr_assert(fill == MIG_FILL_END && rows.n_rows == 0);
    }
    mig_cursor_close(cursor);
    free(rows.data);
}

Test(postgres_source, a_row_larger_than_a_batch_tells_its_size_and_comes_whole)
{
    mig_cursor *cursor = NULL;
    mig_rows    small = testpg_rows(64), large = testpg_rows(4 << 20);
    mig_fill    fill;
    size_t      needed;

    testpg_run("CREATE TABLE t AS SELECT repeat('x', 3000000)::text AS t");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);

    testpg_status(cursor->ops->cursor_fill(cursor, &small, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert(fill == MIG_FILL_OUTSIZE && small.n_rows == 0 && small.len == 0);
    cr_assert_eq(needed, 3000006);

    large.cap = needed;
    testpg_status(cursor->ops->cursor_fill(cursor, &large, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert(fill == MIG_FILL_END && large.n_rows == 1 && large.len == 3000006);
    mig_cursor_close(cursor);
    free(small.data);
    free(large.data);
}

Test(postgres_source, an_empty_table_ends_at_once)
{
    testpg_run("CREATE TABLE t (a integer); CREATE TABLE bare ()");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t bare");

    testpg_source_expect(0, 0, 0);
    testpg_source_expect(0, 1, 0);
}

Test(postgres_source, odd_names_and_generated_columns_are_read)
{
    mig_cursor *cursor = NULL;
    mig_rows    rows = testpg_rows(4096);

    testpg_run("CREATE SCHEMA \"Odd \"\"one\"\"\"; SET search_path = \"Odd \"\"one\"\"\";"
               "CREATE TABLE \"Order\"\"s, line 7\" (\"select\" integer, twice integer GENERATED"
               " ALWAYS AS (\"select\" * 2) STORED);"
               "INSERT INTO \"Order\"\"s, line 7\" VALUES (21);");
    {
        char sql[200];

        snprintf(sql, sizeof sql, "ALTER DATABASE %s SET search_path = \"Odd \"\"one\"\"\"",
                 testpg_db.name);
        testpg_run(sql);
    }
    testpg_source_open(testpg_db.conninfo, 1);
    cr_assert_eq(testpg_db.catalog->n_tables, 1);
    testpg_source_plan("");
    testpg_db.plan.tables[0] = (mig_table_plan){.source = &testpg_db.catalog->tables[0]};
    testpg_db.plan.n_tables = 1;
    testpg_db.plan.tables[0].columns = calloc(2, sizeof(mig_column_plan));
    testpg_db.plan.tables[0].n_columns = 2;
    for (int i = 0; i < 2; i++) /* not in the table's order */
        testpg_db.plan.tables[0].columns[i] =
            (mig_column_plan){.source = &testpg_db.catalog->tables[0].columns[1 - i],
                              .wire = MIG_WIRE_INT4,
                              .read = MIG_WIRE_INT4,
                              .limits = MIG_LIMITS_NONE};

    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);
    testpg_status(testpg_drain(cursor, &rows, 10), MIG_OK);

    cr_assert_eq(rows.len, 18);
    cr_assert_eq(memcmp(rows.data, "\0\2\0\0\0\4\0\0\0\x2a\0\0\0\4\0\0\0\x15", 18), 0);
    mig_cursor_close(cursor);
    free(rows.data);
}

static uint64_t
counted(size_t table)
{
    uint64_t n = 0;

    testpg_status(testpg_source->ops->count(testpg_source, testpg_db.plan.tables[table].source, &n,
                                            &testpg_db.err),
                  MIG_OK);
    return n;
}

Test(postgres_source, partitions_are_read_through_their_root_and_children_by_themselves)
{
    mig_segment *segments = NULL;
    size_t       n = 0;

    testpg_run("CREATE TABLE p (a integer) PARTITION BY RANGE (a);"
               "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);"
               "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (1000);"
               "INSERT INTO p SELECT generate_series(0, 999);"
               "CREATE TABLE parent (a integer); CREATE TABLE child () INHERITS (parent);"
               "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2), (3)");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("p parent child");

    testpg_source_expect(0, 0, 1000);
    testpg_source_expect(0, 1, 1);
    testpg_source_expect(0, 2, 2);
    cr_assert_eq(counted(0), 1000);
    cr_assert_eq(counted(1), 1);

    testpg_status(testpg_source->ops->split(testpg_source, &testpg_db.plan.tables[0], 0, 0, 10,
                                            &segments, &n, &testpg_db.err),
                  MIG_OK);
    cr_assert(n == 1 && !segments[0].has_lower && !segments[0].has_upper);
    free(segments);
}

Test(postgres_source, a_partition_on_another_server_is_refused)
{
    mig_cursor *cursor = NULL;

    testpg_run("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;"
               "CREATE TABLE p (a integer) PARTITION BY RANGE (a);"
               "CREATE TABLE q PARTITION OF p FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (a);"
               "CREATE FOREIGN TABLE r PARTITION OF q FOR VALUES FROM (0) TO (5) SERVER far");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("p");

    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_E_UNSUPPORTED);
    cr_assert(strstr(testpg_db.err.message, "foreign table") != NULL);
}

Test(postgres_source, views_are_refused)
{
    mig_cursor *cursor = NULL;

    testpg_run("CREATE VIEW v AS SELECT 1 AS a");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("v");

    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_E_UNSUPPORTED);
}

/* Marks the ids (the first field, an integer) of these rows of one table as seen. */
static void
mark(mig_rows *rows, size_t row_len, unsigned char *seen, size_t n)
{
    for (size_t at = 0; at < rows->len; at += row_len) {
        uint32_t id;

        memcpy(&id, rows->data + at + 6, sizeof id);
        id = be32toh(id);
        cr_assert_lt(id, n);
        seen[id]++;
    }
}

Test(postgres_source, segments_hold_every_row_once_also_in_sparse_blocks)
{
    enum { N = 60000 };
    static unsigned char seen[N];
    mig_rows             rows = testpg_rows(2 << 20);
    mig_segment         *segments = NULL;
    size_t               n = 0;

    testpg_run("CREATE TABLE t AS SELECT i::integer AS i, 0::integer AS x"
               " FROM generate_series(0, 59999) i;"
               "DELETE FROM t WHERE i % 7 = 3 OR i BETWEEN 20000 AND 30000");
    testpg_run("VACUUM t");
    testpg_run("UPDATE t SET x = 1 WHERE i % 5 = 0; ANALYZE t");
    testpg_source_open(testpg_db.conninfo, 2);
    testpg_source_plan("t");
    testpg_run("UPDATE t SET x = 2; INSERT INTO t VALUES (20000, 7); DELETE FROM t WHERE i < 100");
    testpg_status(testpg_source->ops->split(testpg_source, &testpg_db.plan.tables[0], 0, 0, 5000,
                                            &segments, &n, &testpg_db.err),
                  MIG_OK);
    cr_assert_gt(n, 5);
    for (size_t i = 0; i < n; i++) {
        mig_cursor *cursor = NULL;

        rows.n_rows = 0;
        rows.len = 0;
        testpg_status(testpg_cursor(i % 2, 0, &segments[i], &cursor), MIG_OK);
        testpg_status(testpg_drain(cursor, &rows, 777), MIG_OK);
        mark(&rows, 18, seen, N);
        mig_cursor_close(cursor);
    }

    for (int i = 0; i < N; i++)
        cr_assert_eq(seen[i], i % 7 == 3 || (i >= 20000 && i <= 30000) ? 0 : 1, "row %d", i);
    free(segments);
    free(rows.data);
}

Test(postgres_source, a_range_of_blocks_is_not_searched_in_the_whole_table)
{
    char *text;

    testpg_run("CREATE TABLE t AS SELECT i::integer AS i FROM generate_series(0, 9999) i; "
               "SET enable_indexscan = off; SET enable_bitmapscan = off");
    text = testpg_value("EXPLAIN SELECT i FROM ONLY t WHERE ctid >= '(2,0)'::tid"
                        " AND ctid < '(4,0)'::tid");
    if (PQserverVersion(testpg_db.conn) >= 140000)
        cr_assert(strstr(text, "Tid Range Scan") != NULL, "%s", text);
    free(text);
}

Test(postgres_source, a_row_is_named_by_its_position_and_its_key)
{
    mig_segment segment = {.has_lower = true, .lower = 1};
    char       *text = NULL;

    testpg_run("CREATE TABLE t (a integer, b text, PRIMARY KEY (b, a));"
               "INSERT INTO t SELECT i, 'k' || i FROM generate_series(1, 1000) i");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");

    testpg_status(testpg_source->ops->locate(testpg_source, &testpg_db.plan.tables[0],
                                             &(mig_segment){0}, 16, &text, &testpg_db.err),
                  MIG_OK);
    cr_assert_str_eq(text, "row 17, counted in the table's own order (b = k17, a = 17)");
    free(text);

    testpg_db.plan.tables[0].columns[1].secret = true;
    testpg_source->ops->interrupt(testpg_source);
    testpg_status(testpg_source->ops->locate(testpg_source, &testpg_db.plan.tables[0], &segment, 0,
                                             &text, &testpg_db.err),
                  MIG_OK);
    cr_assert(strstr(text, "row 1 from block 1 on") == text, "%s", text);
    cr_assert(strstr(text, "(b = (secret), a = ") != NULL, "%s", text);
    free(text);
}

/* The table has a narrow index that would do for the key alone, and in another order. */
Test(postgres_source, a_row_is_located_in_the_order_in_which_it_was_read)
{
    mig_cursor *cursor = NULL;
    mig_rows    rows = testpg_rows(1 << 20);
    char       *text = NULL;
    char        wanted[80];
    uint32_t    id;

    testpg_run("CREATE TABLE t (a integer PRIMARY KEY, b text);"
               "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(5000, 1, -1) i");
    testpg_run("VACUUM ANALYZE t");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    testpg_db.plan.tables[0].n_columns = 1;
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);
    testpg_status(testpg_drain(cursor, &rows, 500), MIG_OK);
    memcpy(&id, rows.data + 10 * 99 + 6, sizeof id);
    snprintf(wanted, sizeof wanted, "row 100, counted in the table's own order (a = %u)",
             be32toh(id));

    testpg_status(testpg_source->ops->locate(testpg_source, &testpg_db.plan.tables[0],
                                             &(mig_segment){0}, 99, &text, &testpg_db.err),
                  MIG_OK);

    cr_assert_eq(be32toh(id), 4901);
    cr_assert_str_eq(text, wanted);
    mig_cursor_close(cursor);
    free(text);
    free(rows.data);
}

static bool
collect(void *arg, const char *const *texts, const size_t *lens)
{
    mig_buf *buf = arg;

    mig_buf_add(buf, texts[0], lens[0]);
    mig_buf_puts(buf, texts[1] != NULL ? texts[1] : "-");
    return buf->len < 10;
}

Test(postgres_source, lookup_answers_before_and_in_the_snapshot)
{
    static const char *const columns[] = {"b", "a"};
    mig_buf                  buf = MIG_BUF_INIT;

    testpg_run("CREATE TABLE t (a integer, b bytea); INSERT INTO t VALUES (1, 'x'), (NULL, 'y')");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    testpg_run("INSERT INTO t VALUES (3, 'z')");

    testpg_status(testpg_source->ops->lookup(testpg_source, testpg_db.plan.tables[0].source,
                                             columns, 2, collect, &buf, &testpg_db.err),
                  MIG_OK);
    cr_assert_str_eq(mig_buf_text(&buf), "x1y-");

    mig_source_close(testpg_source);
    testpg_status(
        mig_postgres_source_open(testpg_db.conninfo, NULL, &testpg_source, &testpg_db.err), MIG_OK);
    mig_buf_clear(&buf);
    testpg_status(testpg_source->ops->lookup(testpg_source, testpg_db.plan.tables[0].source,
                                             columns, 2, collect, &buf, &testpg_db.err),
                  MIG_OK);
    cr_assert_str_eq(mig_buf_text(&buf), "x1y-z3");
    mig_buf_fini(&buf);
}

Test(postgres_source, large_objects_are_warned_about)
{
    testpg_source_open(testpg_db.conninfo, 1);
    cr_assert(mig_postgres_source_warning(testpg_source) == NULL);

    testpg_run("SELECT lo_create(0)");
    testpg_source_open(testpg_db.conninfo, 1);
    cr_assert(strstr(mig_postgres_source_warning(testpg_source), "large objects") != NULL);
}

Test(postgres_source, what_is_no_row_is_told)
{
    testpg_run("CREATE TABLE t (a integer)");
    testpg_source_open(testpg_db.conninfo, 1);
    cr_expect_null(mig_postgres_source_note(testpg_source, MIG_POSTGRES_BESIDE_OBJECTS));
    cr_expect_null(mig_postgres_source_note(testpg_source, MIG_POSTGRES_BESIDE_SCHEMAS));
    mig_source_close(testpg_source); /* it holds a lock on the table */
    testpg_source = NULL;

    testpg_run("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
               "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
               "CREATE TRIGGER b BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();"
               "CREATE TYPE mood AS ENUM ('x'); CREATE TYPE r AS RANGE (subtype = float8);"
               "CREATE VIEW v AS SELECT 1;"
               "CREATE POLICY p ON t; CREATE RULE r AS ON DELETE TO t DO ALSO SELECT 1;"
               "CREATE SCHEMA other; CREATE TABLE other.x (a integer); CREATE TABLE other.y ();"
               "CREATE SCHEMA third; CREATE TABLE third.x (a integer)");
    testpg_source_open(testpg_db.conninfo, 1);
    cr_expect_str_eq(mig_postgres_source_note(testpg_source, MIG_POSTGRES_BESIDE_OBJECTS),
                     "not copied, since they are no rows: 1 function, 2 triggers, 1 rule, 1 row "
                     "security policy, 2 types");
    cr_expect_str_eq(mig_postgres_source_note(testpg_source, MIG_POSTGRES_BESIDE_SCHEMAS),
                     "not copied: tables of other schemas, other (2), third (1)");
}

/* Another database of the test's, in this encoding, with a table t of one text. */
static char *
database_in(const char *encoding, const char *text)
{
    char    sql[300];
    char    name[60];
    char   *conninfo;
    PGconn *conn;

    snprintf(name, sizeof name, "%s_x", testpg_db.name);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE template0 ENCODING '%s' LOCALE 'C'",
             name, encoding);
    testpg_run(sql);
    conninfo = testpg_conninfo(NULL, name);
    conn = testpg_connect(conninfo);
    snprintf(sql, sizeof sql, "CREATE TABLE t AS SELECT %s AS t", text);
    PQclear(PQexec(conn, sql));
    PQfinish(conn);
    return conninfo;
}

static void
drop_database(void)
{
    char sql[120];

    mig_source_close(testpg_source);
    testpg_source = NULL;
    snprintf(sql, sizeof sql, "DROP DATABASE %s_x", testpg_db.name);
    testpg_run(sql);
}

Test(postgres_source, text_in_another_encoding_comes_as_utf8)
{
    char       *conninfo = database_in("LATIN1", "chr(228)");
    mig_cursor *cursor = NULL;
    mig_rows    rows = testpg_rows(100);

    testpg_source_open(conninfo, 1);
    testpg_source_plan("t");
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);
    testpg_status(testpg_drain(cursor, &rows, 10), MIG_OK);

    cr_assert_eq(rows.len, 8);
    cr_assert_eq(memcmp(rows.data, "\0\1\0\0\0\2\xc3\xa4", 8), 0);
    mig_cursor_close(cursor);
    drop_database();
    free(rows.data);
    free(conninfo);
}

Test(postgres_source, text_without_an_encoding_is_refused)
{
    char *conninfo = database_in("SQL_ASCII", "'x'::text");

    testpg_status(mig_postgres_source_open(conninfo, NULL, &testpg_source, &testpg_db.err),
                  MIG_E_UNSUPPORTED);
    drop_database();
    free(conninfo);
}
