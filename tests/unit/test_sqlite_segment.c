/*
 * test_sqlite_segment.c - segments hold every row exactly once, in key order.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"
#include "../support/sqlite_file.h"
#include "mig/buf.h"

static sqlite_file  file;
static mig_source  *source;
static mig_catalog *catalog;
static mig_error    err = MIG_ERROR_INIT;

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
    mig_error_fini(&err);
    sqlite_file_fini(&file);
}

TestSuite(sqlite_segment, .init = init, .fini = fini);

static void
open_with(const char *sql)
{
    sqlite_file_run(&file, sql);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK, "%s", err.message);
}

/* The bigints in the first column of a segment, appended to a list. */
static size_t
read_ids(const mig_table_plan *plan, const mig_segment *segment, int64_t *ids, size_t n, size_t max)
{
    mig_cursor   *cursor;
    unsigned char memory[4096];
    mig_fill      fill;
    size_t        needed;

    cr_assert_eq(source->ops->cursor_open(source, 0, plan, segment, &cursor, &err), MIG_OK, "%s",
                 err.message);
    do {
        mig_rows rows = {.data = memory, .cap = sizeof memory, .max_rows = 7};

        cr_assert_eq(source->ops->cursor_fill(cursor, &rows, &fill, &needed, &err), MIG_OK);
        for (size_t at = 0; at < rows.len; at += 14) {
            uint64_t wire;

            cr_assert_lt(n, max);
            memcpy(&wire, rows.data + at + 6, sizeof wire);
            ids[n++] = (int64_t)be64toh(wire);
        }
    } while (fill != MIG_FILL_END);
    mig_cursor_close(cursor);
    return n;
}

#define MAX_ROWS 2000

/* Splits t(id), which is said to hold n_rows, and reads all segments; the ids that were read. */
static size_t
split_and_read(uint64_t n_rows, uint64_t rows_per_segment, int64_t *ids, size_t *n_segmentsp)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8};
    mig_column_plan            columns[1];
    mig_table_plan             plan = sqlite_file_plan(catalog, "t", wires, columns);
    mig_segment               *segments;
    size_t                     n = 0;

    cr_assert_eq(source->ops->split(source, &plan, 5, n_rows, rows_per_segment, &segments,
                                    n_segmentsp, &err),
                 MIG_OK, "%s", err.message);
    cr_assert_not(segments[0].has_lower);
    cr_assert_not(segments[*n_segmentsp - 1].has_upper);
    for (size_t i = 0; i < *n_segmentsp; i++) {
        size_t before = n;

        cr_assert_eq(segments[i].table, 5);
        n = read_ids(&plan, &segments[i], ids, n, MAX_ROWS);
        if (rows_per_segment > 0 && plan.source->rowid_name != NULL)
            cr_assert_leq(n - before, rows_per_segment);
    }
    free(segments);
    return n;
}

static int
compare(const void *left, const void *right)
{
    const int64_t *l = left, *r = right;

    return (*l > *r) - (*l < *r);
}

Test(sqlite_segment, holds_every_row_once_whatever_the_rowids_are)
{
    static const int64_t  edges[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    static const uint64_t sizes[] = {1, 2, 3, 10, 99, 100, 101, 5000, UINT64_MAX, 0};
    case_random           random = {42};
    int64_t               expected[200], ids[MAX_ROWS];

    for (unsigned round = 0; round < 12; round++) {
        mig_buf sql = MIG_BUF_INIT;
        size_t  n = 0;

        mig_buf_puts(&sql, "DROP TABLE IF EXISTS t; CREATE TABLE t(id INTEGER PRIMARY KEY);");
        for (size_t i = 0; i < 7 && round % 2 == 0; i++)
            expected[n++] = edges[i];
        for (unsigned i = 0; i < round * 10; i++)
            expected[n++] = round % 3 == 0 ? (int64_t)i + 2 : (int64_t)case_random_next(&random);
        for (size_t i = 0; i < n; i++)
            mig_buf_printf(&sql, "INSERT INTO t VALUES (%" PRId64 ");", expected[i]);
        qsort(expected, n, sizeof expected[0], compare);
        open_with(mig_buf_text(&sql));
        mig_buf_fini(&sql);

        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            size_t n_segments;

            cr_assert_eq(split_and_read(n, sizes[s], ids, &n_segments), n);
            cr_assert_eq(memcmp(ids, expected, n * sizeof ids[0]), 0);
            if (sizes[s] > 0)
                cr_assert_leq(n_segments, 4 * (n / sizes[s] + 1));
            cr_assert_eq(split_and_read(0, sizes[s], ids, &n_segments), n);
            cr_assert_eq(memcmp(ids, expected, n * sizeof ids[0]), 0);
            if (sizes[s] > 0 && sizes[s] < n)
                cr_assert_eq(n_segments, (n + sizes[s] - 1) / sizes[s]);
            else
                cr_assert_eq(n_segments, 1);
        }
        mig_source_close(source);
        mig_catalog_free(catalog);
        source = NULL;
        catalog = NULL;
    }
}

Test(sqlite_segment, is_a_range_of_keys_where_most_are_taken)
{
    int64_t ids[MAX_ROWS];
    size_t  n_segments;

    open_with("CREATE TABLE t(id INTEGER PRIMARY KEY);"
              "WITH RECURSIVE n(i) AS (SELECT -9223372036854775808 UNION ALL SELECT i + 3 FROM n"
              " WHERE i < -9223372036854775808 + 2997) INSERT INTO t SELECT i FROM n");
    cr_assert_eq(split_and_read(1000, 100, ids, &n_segments), 1000);
    cr_assert_eq(n_segments, 30, "2,998 keys");
    cr_assert_eq(split_and_read(700, 100, ids, &n_segments), 1000);
    cr_assert_eq(n_segments, 10, "too few rows for so many keys");
}

Test(sqlite_segment, is_read_in_rowid_order_although_an_index_covers_it)
{
    int64_t ids[MAX_ROWS];
    size_t  n_segments;

    open_with("CREATE TABLE t(id BIGINT); CREATE INDEX i ON t(id);"
              "INSERT INTO t VALUES (30), (10), (20), (40); ANALYZE");
    cr_assert_eq(split_and_read(4, 3, ids, &n_segments), 4);
    cr_assert_eq(n_segments, 2);
    cr_assert(ids[0] == 30 && ids[1] == 10 && ids[2] == 20 && ids[3] == 40);
}

Test(sqlite_segment, is_one_where_there_is_no_rowid)
{
    int64_t ids[MAX_ROWS];
    size_t  n_segments;

    open_with("CREATE TABLE t(id BIGINT, PRIMARY KEY (id DESC)) WITHOUT ROWID; CREATE INDEX i ON "
              "t(id); INSERT INTO t VALUES (1), (3), (2)");
    cr_assert_eq(split_and_read(3, 1, ids, &n_segments), 3);
    cr_assert_eq(n_segments, 1);
    cr_assert(ids[0] == 3 && ids[1] == 2 && ids[2] == 1, "the table's own order");
}

Test(sqlite_segment, is_one_where_columns_hide_all_names_of_the_rowid)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8, MIG_WIRE_INT8, MIG_WIRE_INT8};
    mig_column_plan            columns[3];
    mig_table_plan             plan;
    mig_segment               *segments;
    size_t                     n_segments;
    int64_t                    ids[MAX_ROWS];

    open_with("CREATE TABLE t(rowid, _rowid_, oid); CREATE INDEX i ON t(rowid);"
              "INSERT INTO t VALUES (9, 0, 0), (8, 0, 0)");
    plan = sqlite_file_plan(catalog, "t", wires, columns);
    plan.n_columns = 1;
    cr_assert_eq(source->ops->split(source, &plan, 0, 2, 1, &segments, &n_segments, &err), MIG_OK);
    cr_assert_eq(n_segments, 1);
    cr_assert_eq(read_ids(&plan, &segments[0], ids, 0, MAX_ROWS), 2);
    cr_assert(ids[0] == 9 && ids[1] == 8);
    free(segments);
}

static void
expect_located(const char *table, size_t n_columns, mig_segment segment, uint64_t nth,
               const char *expected)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8, MIG_WIRE_INT8, MIG_WIRE_INT8};
    mig_column_plan            columns[3];
    mig_table_plan             plan = sqlite_file_plan(catalog, table, wires, columns);
    char                      *text;

    plan.n_columns = n_columns;
    cr_assert_eq(source->ops->locate(source, &plan, &segment, nth, &text, &err), MIG_OK, "%s",
                 err.message);
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(sqlite_segment, tells_which_row_is_the_nth)
{
    mig_segment whole = {0};
    mig_segment part = {.has_lower = true, .lower = -5, .has_upper = true, .upper = 9};

    open_with(
        "CREATE TABLE a(id INTEGER PRIMARY KEY, v); INSERT INTO a VALUES (-7,0), (-5,0), (9,0);"
        "CREATE TABLE u(id BLOB PRIMARY KEY, v);"
        "INSERT INTO u VALUES (x'018f0000000070008000000000000001', 1), ('a\"b', 2), (NULL, 3),"
        " ('018f0000-0000-7000-8000-000000000002', 4), (1.5, 5), (x'00ff', 6);"
        "CREATE INDEX i ON u(id);"
        "CREATE TABLE w(a, b, v, PRIMARY KEY (b, a)) WITHOUT ROWID; CREATE INDEX j ON w(a);"
        "INSERT INTO w VALUES (1, 'x', 0), (2, 'x', 0), (9, 'a', 0);"
        "CREATE TABLE n(rowid, _rowid_, oid); INSERT INTO n VALUES (1, 1, 1), (2, 2, 2)");

    expect_located("a", 2, whole, 0, "rowid -7");
    expect_located("a", 2, part, 1, "rowid 9");
    expect_located("u", 2, whole, 0, "rowid 1 (id = 018f0000-0000-7000-8000-000000000001)");
    expect_located("u", 2, whole, 1, "rowid 2 (id = \"a\"b\")");
    expect_located("u", 2, whole, 2, "rowid 3 (id = NULL)");
    expect_located("u", 2, whole, 3, "rowid 4 (id = 018f0000-0000-7000-8000-000000000002)");
    expect_located("u", 2, whole, 4, "rowid 5 (id = 1.5)");
    expect_located("u", 2, whole, 5, "rowid 6 (id = x'00ff')");
    expect_located("w", 3, whole, 0, "b = \"a\", a = 9");
    expect_located("w", 3, whole, 2, "b = \"x\", a = 2");
    expect_located("n", 1, whole, 1, "row 2, counted in the table's own order");
}

Test(sqlite_segment, has_no_row_behind_its_last)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8};
    mig_column_plan            columns[1];
    mig_table_plan             plan;
    mig_segment                whole = {0};
    char                      *text;

    open_with("CREATE TABLE t(v); INSERT INTO t VALUES (1)");
    plan = sqlite_file_plan(catalog, "t", wires, columns);
    cr_assert_eq(source->ops->locate(source, &plan, &whole, 1, &text, &err), MIG_E_INTERNAL);
    cr_assert_null(text);
}
