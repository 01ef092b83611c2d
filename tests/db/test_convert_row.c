/*
 * test_convert_row.c - columns that do not pass are decoded and encoded again.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "testpg_source.h"

TestSuite(convert_row, .init = testpg_source_init, .fini = testpg_source_fini, .timeout = 60);

static mig_column target;
static char       target_type[] = "bigint";

/* A source's table t whose column `i` travels as that. */
static mig_cursor *
open_as(size_t i, mig_wire_type wire, mig_limits limits)
{
    mig_cursor *cursor = NULL;

    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    target = *testpg_db.plan.tables[0].columns[i].source;
    target.type = target_type;
    testpg_db.plan.tables[0].columns[i].target = &target;
    testpg_db.plan.tables[0].columns[i].wire = wire;
    testpg_db.plan.tables[0].columns[i].limits = limits;
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);
    return cursor;
}

static const mig_limits none = MIG_LIMITS_NONE;

Test(convert_row, a_row_is_made_of_what_passes_and_what_is_converted)
{
    mig_rows    rows = testpg_rows(4096);
    mig_cursor *cursor;

    testpg_run("CREATE TABLE t (a text, b integer, c integer);"
               "INSERT INTO t VALUES ('x', 7, 8), (NULL, NULL, NULL)");
    cursor = open_as(1, MIG_WIRE_INT8, none);
    testpg_status(testpg_drain(cursor, &rows, 10), MIG_OK);

    cr_assert_eq(rows.n_rows, 2);
    cr_assert_eq(rows.len, 27 + 14);
    cr_assert_eq(memcmp(rows.data,
                        "\0\3\0\0\0\1x\0\0\0\x8\0\0\0\0\0\0\0\7\0\0\0\4\0\0\0\x8"
                        "\0\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                        41),
                 0);
    mig_cursor_close(cursor);
    free(rows.data);
}

Test(convert_row, a_batch_ends_before_the_row_that_does_not_fit)
{
    mig_rows    rows = testpg_rows(1 << 20);
    mig_cursor *cursor;
    mig_fill    fill;
    size_t      needed;

    testpg_run("CREATE TABLE t (a text, b text);"
               "INSERT INTO t VALUES ('x', 'y'), (repeat('x', 1000), repeat('y', 1000)), ('', '')");
    cursor = open_as(1, MIG_WIRE_TEXT, (mig_limits){5000, -1, -1});

    rows.cap = 600;
    testpg_status(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 1 && rows.len == 12);
    rows.n_rows = 0;
    rows.len = 0;
    testpg_status(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert(fill == MIG_FILL_OUTSIZE && rows.n_rows == 0 && rows.len == 0);
    cr_assert_geq(needed, 2010);
    rows.cap = needed;
    testpg_status(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, &testpg_db.err), MIG_OK);
    cr_assert_geq(rows.n_rows, 1);
    cr_assert_eq(memcmp(rows.data, "\0\2\0\0\3\xe8xx", 8), 0);
    mig_cursor_close(cursor);
    free(rows.data);
}

Test(convert_row, a_value_that_does_not_fit_is_named_with_its_row_and_key)
{
    mig_rows    rows = testpg_rows(4096);
    mig_cursor *cursor;

    testpg_run("CREATE TABLE t (id integer PRIMARY KEY, v bigint);"
               "INSERT INTO t VALUES (41, 1), (42, 3000000000)");
    cursor = open_as(1, MIG_WIRE_INT4, none);

    testpg_status(testpg_drain(cursor, &rows, 10), MIG_E_DATA);

    cr_assert_eq(rows.n_rows, 1, "the row before it is there");
    cr_assert_str_eq(testpg_db.err.message, "cannot store a value in t.v");
    cr_assert(strstr(testpg_db.err.detail, "3000000000") != NULL, "%s", testpg_db.err.detail);
    cr_assert(strstr(testpg_db.err.detail, "row 2, counted in the table's own order (id = ") !=
              NULL);
    cr_assert(strstr(testpg_db.err.detail, "42") != NULL);
    mig_cursor_close(cursor);
    free(rows.data);
}

Test(convert_row, a_secret_is_not_told)
{
    mig_rows    rows = testpg_rows(4096);
    mig_cursor *cursor;

    testpg_run("CREATE TABLE t (id text PRIMARY KEY, v text);"
               "INSERT INTO t VALUES ('hidden', 'hushhush')");
    cursor = open_as(1, MIG_WIRE_TEXT, (mig_limits){3, -1, -1});
    testpg_db.plan.tables[0].columns[0].secret = true;
    testpg_db.plan.tables[0].columns[1].secret = true;

    testpg_status(testpg_drain(cursor, &rows, 10), MIG_E_DATA);

    cr_assert(strstr(testpg_db.err.detail, "hush") == NULL, "%s", testpg_db.err.detail);
    cr_assert(strstr(testpg_db.err.detail, "hidden") == NULL, "%s", testpg_db.err.detail);
    mig_cursor_close(cursor);
    free(rows.data);
}
