/*
 * test_pg_segment.c - ranges of keys, for servers that scan no ranges of blocks and for partitions.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/postgres/pg_source.h"
#include "testpg_source.h"

TestSuite(pg_segment, .init = testpg_source_init, .fini = testpg_source_fini, .timeout = 60);

enum { N = 30000, LEAST = -15000 };

/* Opens the source as if the server were older than version 14. */
static void
open_old(const char *tables)
{
    testpg_source_open(testpg_db.conninfo, 1);
    mig__pg_source_of(testpg_source)->tid_ranges = false;
    testpg_source_plan(tables);
}

static mig_segment *
split(uint64_t rows_per_segment, size_t *np)
{
    mig_segment *segments = NULL;

    testpg_status(testpg_source->ops->split(testpg_source, &testpg_db.plan.tables[0], 0, 0,
                                            rows_per_segment, &segments, np, &testpg_db.err),
                  MIG_OK);
    return segments;
}

static int32_t
key_at(const mig_rows *rows, size_t row)
{
    uint32_t key;

    memcpy(&key, rows->data + row * 10 + 6, sizeof key);
    return (int32_t)be32toh(key);
}

/* Reads a segment of a table of one integer; its keys must ascend. */
static void
read_segment(const mig_segment *segment, mig_rows *rows, unsigned char seen[N])
{
    mig_cursor *cursor = NULL;

    rows->n_rows = 0;
    rows->len = 0;
    testpg_status(testpg_cursor(0, 0, segment, &cursor), MIG_OK);
    testpg_status(testpg_drain(cursor, rows, 777), MIG_OK);
    mig_cursor_close(cursor);
    for (size_t i = 0; i < rows->n_rows; i++) {
        int32_t key = key_at(rows, i);

        cr_assert(key >= LEAST && key < LEAST + N, "key %d", key);
        cr_assert(i == 0 || key > key_at(rows, i - 1));
        cr_assert(!segment->has_lower || key >= segment->lower);
        cr_assert(!segment->has_upper || key <= segment->upper);
        seen[key - LEAST]++;
    }
}

static void
expect_every_row_once(size_t least_segments)
{
    static unsigned char seen[N];
    mig_rows             rows = testpg_rows(1 << 20);
    mig_segment         *segments;
    size_t               n = 0;
    uint32_t             most = 0;

    segments = split(2000, &n);
    cr_assert_geq(n, least_segments);
    cr_assert(!segments[0].has_lower && !segments[n - 1].has_upper);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(segments[i].table, 0);
        read_segment(&segments[i], &rows, seen);
        most = rows.n_rows > most ? rows.n_rows : most;
    }
    for (int i = 0; i < N; i++)
        cr_assert_eq(seen[i], 1, "key %d: %d", i + LEAST, seen[i]);
    cr_assert_lt(most, N / 3);
    free(segments);
    free(rows.data);
}

/* In random order in the table, so that neither it nor its pages are sorted. */
Test(pg_segment, ranges_of_a_key_hold_every_row_once)
{
    testpg_run("CREATE TABLE t (\"K \"\"ey\" integer PRIMARY KEY);"
               "INSERT INTO t SELECT i FROM generate_series(-15000, 14999) i ORDER BY random();"
               "ANALYZE t");
    open_old("t");
    testpg_run("DELETE FROM t WHERE \"K \"\"ey\" < 0; INSERT INTO t VALUES (-20000), (100000)");

    expect_every_row_once(8);
}

Test(pg_segment, partitions_are_cut_by_their_common_key)
{
    testpg_run("CREATE TABLE t (id integer PRIMARY KEY) PARTITION BY RANGE (id);"
               "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (MINVALUE) TO (0);"
               "CREATE TABLE p2 PARTITION OF t DEFAULT PARTITION BY RANGE (id);"
               "CREATE TABLE p3 PARTITION OF p2 DEFAULT;"
               "INSERT INTO t SELECT generate_series(-15000, 14999); ANALYZE t");
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");

    expect_every_row_once(8);
}

Test(pg_segment, a_table_whose_key_is_no_single_integer_is_one_segment)
{
    static const char *const tables[] = {"a", "b", "c", "d", "e"};

    testpg_run("CREATE TABLE a AS SELECT i FROM generate_series(1, 20000) i;"
               "CREATE TABLE b AS SELECT i, 1 AS j FROM generate_series(1, 20000) i;"
               "ALTER TABLE b ADD PRIMARY KEY (i, j);"
               "CREATE TABLE c AS SELECT i::text FROM generate_series(1, 20000) i;"
               "ALTER TABLE c ADD PRIMARY KEY (i);"
               "CREATE TABLE d (i integer PRIMARY KEY);"
               "CREATE TABLE e (i integer PRIMARY KEY); INSERT INTO e VALUES (1)");
    for (size_t i = 0; i < 5; i++) {
        mig_segment *segments;
        size_t       n = 0;

        open_old(tables[i]);
        segments = split(1000, &n);
        cr_assert(n == 1 && !segments[0].has_lower && !segments[0].has_upper, "%s", tables[i]);
        free(segments);
    }
}

Test(pg_segment, keys_at_the_ends_of_their_type_are_in_a_range)
{
    mig_segment *segments;
    mig_rows     rows = testpg_rows(1 << 20);
    size_t       n = 0, n_rows = 0;

    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY);"
               "INSERT INTO t SELECT i FROM generate_series(1, 5000) i;"
               "INSERT INTO t VALUES (-9223372036854775808), (9223372036854775807)");
    open_old("t");
    segments = split(500, &n);
    cr_assert_gt(n, 3);
    for (size_t i = 0; i < n; i++) {
        mig_cursor *cursor = NULL;

        rows.n_rows = 0;
        rows.len = 0;
        testpg_status(testpg_cursor(0, 0, &segments[i], &cursor), MIG_OK);
        testpg_status(testpg_drain(cursor, &rows, 1000), MIG_OK);
        mig_cursor_close(cursor);
        n_rows += rows.n_rows;
    }
    cr_assert_eq(n_rows, 5002);
    free(segments);
    free(rows.data);
}

Test(pg_segment, a_row_of_a_range_is_the_one_that_was_read_there)
{
    static unsigned char seen[N];
    mig_rows             rows = testpg_rows(1 << 20);
    mig_segment          range = {.has_lower = true, .lower = 100, .has_upper = true, .upper = 900};
    char                *text = NULL, wanted[100];

    testpg_run("CREATE TABLE t (id integer PRIMARY KEY);"
               "INSERT INTO t SELECT i FROM generate_series(0, 10000, 3) i ORDER BY random()");
    open_old("t");
    read_segment(&range, &rows, seen);
    snprintf(wanted, sizeof wanted,
             "row 8 from key 100 on, counted in the order of its key (id = %d)", key_at(&rows, 7));

    testpg_status(testpg_source->ops->locate(testpg_source, &testpg_db.plan.tables[0], &range, 7,
                                             &text, &testpg_db.err),
                  MIG_OK);
    cr_assert_str_eq(text, wanted);
    free(text);
    free(rows.data);
}
