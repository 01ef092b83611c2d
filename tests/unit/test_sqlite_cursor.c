/*
 * test_sqlite_cursor.c - rows into batches, and the errors of rows that cannot be.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../support/sqlite_file.h"
#include "mig/buf.h"

static sqlite_file     file;
static mig_source     *source;
static mig_catalog    *catalog;
static mig_error       err = MIG_ERROR_INIT;
static mig_cursor     *cursor;
static mig_column_plan columns[8];
static mig_table_plan  plan;
static unsigned char  *memory;
static mig_rows        rows;
static mig_fill        fill;
static size_t          needed;

static void
init(void)
{
    sqlite_file_init(&file, "app.db");
    memory = malloc(2 << 20);
    cr_assert_not_null(memory);
}

static void
fini(void)
{
    mig_cursor_close(cursor);
    mig_source_close(source);
    mig_catalog_free(catalog);
    mig_error_fini(&err);
    sqlite_file_fini(&file);
    free(memory);
}

TestSuite(sqlite_cursor, .init = init, .fini = fini);

/* Makes the table t and opens a cursor over all of it. */
static void
open_plan(const char *sql, const mig_wire_type *wires)
{
    sqlite_file_run(&file, sql);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK, "%s", err.message);
    plan = sqlite_file_plan(catalog, "t", wires, columns);
}

static void
open_cursor(void)
{
    mig_segment whole = {0};

    cr_assert_eq(source->ops->cursor_open(source, 0, &plan, &whole, &cursor, &err), MIG_OK, "%s",
                 err.message);
}

static mig_status
fill_batch(size_t cap, uint32_t max_rows)
{
    rows = (mig_rows){.data = memory, .cap = cap, .max_rows = max_rows};
    return source->ops->cursor_fill(cursor, &rows, &fill, &needed, &err);
}

static const mig_wire_type int_text[] = {MIG_WIRE_INT8, MIG_WIRE_TEXT};

#define ROWS_SQL(n, text)                                                                          \
    "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t WITH RECURSIVE c(i) AS "        \
    "(SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < " #n ") SELECT i, " text " FROM c"

/* 2 + (4 + 8) + (4 + 6) */
#define ROW_LEN 24

Test(sqlite_cursor, fills_batches_up_to_their_number_of_rows)
{
    open_plan(ROWS_SQL(10, "'abcdef'"), int_text);
    open_cursor();

    cr_assert_eq(fill_batch(65536, 4), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 4 && rows.len == 4 * ROW_LEN);
    cr_assert_eq(fill_batch(65536, 4), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 4);
    cr_assert_eq(rows.data[13], 5, "the fifth row begins the second batch");
    cr_assert_eq(fill_batch(65536, 4), MIG_OK);
    cr_assert(fill == MIG_FILL_END && rows.n_rows == 2 && rows.len == 2 * ROW_LEN);
    cr_assert_eq(fill_batch(65536, 4), MIG_OK);
    cr_assert(fill == MIG_FILL_END && rows.n_rows == 0, "the end is sticky");
}

Test(sqlite_cursor, fills_batches_up_to_the_last_byte)
{
    open_plan(ROWS_SQL(10, "'abcdef'"), int_text);
    for (size_t cap = 3 * ROW_LEN; cap <= 4 * ROW_LEN; cap++) {
        unsigned n_rows = 0;

        open_cursor();
        do {
            cr_assert_eq(fill_batch(cap, 100), MIG_OK);
            cr_assert_eq(rows.len, rows.n_rows * ROW_LEN);
            for (unsigned i = 0; i < rows.n_rows; i++)
                cr_assert_eq(rows.data[i * ROW_LEN + 13], ++n_rows);
            if (fill == MIG_FILL_FULL)
                cr_assert_eq(rows.n_rows, cap / ROW_LEN);
        } while (fill != MIG_FILL_END);
        cr_assert_eq(n_rows, 10);
        mig_cursor_close(cursor);
        cursor = NULL;
    }
}

Test(sqlite_cursor, adds_to_what_a_batch_holds_already)
{
    open_plan(ROWS_SQL(3, "'abcdef'"), int_text);
    open_cursor();
    cr_assert_eq(fill_batch(65536, 1), MIG_OK);
    rows.max_rows = 2;
    cr_assert_eq(source->ops->cursor_fill(cursor, &rows, &fill, &needed, &err), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 2 && rows.len == 2 * ROW_LEN);
    cr_assert_eq(rows.data[ROW_LEN + 13], 2);
}

Test(sqlite_cursor, asks_for_the_bytes_that_an_outsize_row_needs)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8, MIG_WIRE_BYTEA};

    open_plan("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, x'aa'),"
              " (2, randomblob(1048576)), (3, x'bb')",
              wires);
    open_cursor();

    cr_assert_eq(fill_batch(65536, 100), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 1, "what came before goes first");
    cr_assert_eq(fill_batch(65536, 100), MIG_OK);
    cr_assert(fill == MIG_FILL_OUTSIZE && rows.n_rows == 0 && rows.len == 0);
    cr_assert_eq(needed, 1048576 + 18);
    cr_assert_eq(fill_batch(needed - 1, 100), MIG_OK);
    cr_assert_eq(fill, MIG_FILL_OUTSIZE);
    cr_assert_eq(fill_batch(needed, 100), MIG_OK);
    cr_assert(fill == MIG_FILL_FULL && rows.n_rows == 1 && rows.len == 1048576 + 18);
    cr_assert_eq(fill_batch(65536, 100), MIG_OK);
    cr_assert(fill == MIG_FILL_END && rows.n_rows == 1 && rows.data[18] == 0xbb);
}

Test(sqlite_cursor, is_content_with_the_bytes_it_asked_for_whatever_the_types)
{
    static const mig_wire_type wires[] = {MIG_WIRE_TEXT,  MIG_WIRE_JSON, MIG_WIRE_JSONB,
                                          MIG_WIRE_JSONB, MIG_WIRE_INT8, MIG_WIRE_TEXT};
    static const char *const   encodings[] = {"", "PRAGMA encoding = 'UTF-16le';"};

    for (size_t e = 0; e < 2; e++) {
        mig_buf sql = MIG_BUF_INIT;

        mig_buf_printf(&sql,
                       "%sCREATE TABLE t(a, b, c, d, e, f); INSERT INTO t VALUES ('a' ||"
                       " char(8364), '[1]', '[1, 2]', NULL, NULL, char(128512) || 'xyz')",
                       encodings[e]);
        open_plan(mig_buf_text(&sql), wires);
        mig_buf_fini(&sql);
        open_cursor();
        cr_assert_eq(fill_batch(8, 100), MIG_OK);
        cr_assert_eq(fill, MIG_FILL_OUTSIZE);
        cr_assert_eq(fill_batch(needed, 100), MIG_OK);
        cr_assert_eq(rows.n_rows, 1);
        cr_assert_eq(memcmp(rows.data + 6, "a\xe2\x82\xac", 4), 0);
        fini();
        cursor = NULL;
        source = NULL;
        catalog = NULL;
        init();
    }
}

Test(sqlite_cursor, never_writes_beyond_the_batch_whichever_column_is_too_long)
{
    static const mig_wire_type wires[] = {MIG_WIRE_TEXT, MIG_WIRE_BYTEA, MIG_WIRE_JSON,
                                          MIG_WIRE_JSONB, MIG_WIRE_INT4};
    /* 2, five lengths, 4 texts of 10 bytes with the version of jsonb, an integer */
    const size_t len = 2 + 5 * 4 + 4 * 10 + 1 + 4;

    open_plan("CREATE TABLE t(a, b, c, d, e); INSERT INTO t VALUES ('0123456789', zeroblob(10),"
              " '[34567890]', '[34567890]', 7)",
              wires);
    open_cursor();
    for (size_t cap = 0; cap < len; cap++) {
        cr_assert_eq(fill_batch(cap, 100), MIG_OK);
        cr_assert(fill == MIG_FILL_OUTSIZE && needed == len && rows.len == 0, "%zu bytes", cap);
    }
    cr_assert_eq(fill_batch(len, 100), MIG_OK);
    cr_assert(rows.n_rows == 1 && rows.len == len);
}

Test(sqlite_cursor, does_not_hide_bad_utf_16_by_asking_how_long_it_is)
{
    static const mig_wire_type wires[] = {MIG_WIRE_TEXT, MIG_WIRE_TEXT};

    open_plan("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a, b); INSERT INTO t VALUES"
              " (printf('%1000s', 'x'), CAST(x'3dd86200' AS TEXT))",
              wires);
    open_cursor();
    cr_assert_eq(fill_batch(100, 100), MIG_OK);
    cr_assert_eq(fill, MIG_FILL_OUTSIZE);
    cr_assert_eq(fill_batch(needed, 100), MIG_E_DATA);
}

Test(sqlite_cursor, counts_a_row_that_did_not_fit_once)
{
    static const mig_wire_type wires[] = {MIG_WIRE_BOOL, MIG_WIRE_TIMESTAMP, MIG_WIRE_TEXT};

    open_plan("CREATE TABLE t(b, d, v); INSERT INTO t VALUES"
              " (2, '2026-03-01 12:34:56.1234567', printf('%1000s', 'x'))",
              wires);
    open_cursor();
    cr_assert_eq(fill_batch(500, 100), MIG_OK);
    cr_assert(fill == MIG_FILL_OUTSIZE && rows.n_losses[MIG_LOSS_BOOL_FOLDED] == 0 &&
              rows.n_losses[MIG_LOSS_TIME_CUT] == 0);
    cr_assert_eq(fill_batch(needed, 100), MIG_OK);
    cr_assert(rows.n_losses[MIG_LOSS_BOOL_FOLDED] == 1 && rows.n_losses[MIG_LOSS_TIME_CUT] == 1);
}

Test(sqlite_cursor, reads_columns_in_the_order_of_the_plan_whatever_their_names)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8, MIG_WIRE_INT8, MIG_WIRE_INT8};
    mig_column_plan            first;

    open_plan(
        "CREATE TABLE t(\"a\"\"b\", \"select\", \"\xc3\xa4 ;--\"); INSERT INTO t VALUES (1, 2, 3)",
        wires);
    first = columns[0];
    columns[0] = columns[2];
    columns[2] = first;
    open_cursor();
    cr_assert_eq(fill_batch(65536, 100), MIG_OK);
    cr_assert(rows.data[13] == 3 && rows.data[25] == 2 && rows.data[37] == 1);
}

Test(sqlite_cursor, keeps_the_rows_before_one_that_cannot_be_stored)
{
    open_plan("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (5, 'good'),"
              " (4711, 12)",
              int_text);
    open_cursor();

    cr_assert_eq(fill_batch(65536, 100), MIG_E_DATA);

    cr_assert_eq(rows.n_rows, 1);
    cr_assert_eq(rows.len, ROW_LEN - 2);
    cr_assert_str_eq(err.message, "cannot store a value in t.v");
    cr_assert_str_eq(err.detail,
                     "SQLite holds the integer 12 at rowid 4711; the target column is text");
    cr_assert_not_null(strstr(err.hint, "SELECT \"v\" FROM \"t\" WHERE rowid = 4711"), "%s",
                       err.hint);
}

Test(sqlite_cursor, names_the_key_of_a_row_that_cannot_be_stored)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT4, MIG_WIRE_UUID};

    open_plan("CREATE TABLE t(port INTEGER, id uuid_text PRIMARY KEY) WITHOUT ROWID;"
              "INSERT INTO t VALUES ('n/a', x'018f0000000070008000000000000001')",
              wires);
    open_cursor();

    cr_assert_eq(fill_batch(65536, 100), MIG_E_DATA);

    cr_assert_str_eq(err.detail, "SQLite holds the text \"n/a\" at "
                                 "id = 018f0000-0000-7000-8000-000000000001; the target column is "
                                 "integer");
    cr_assert_not_null(strstr(err.hint, "WHERE \"id\" = x'018f0000000070008000000000000001'"), "%s",
                       err.hint);
}

Test(sqlite_cursor, never_shows_a_secret)
{
    open_plan("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES"
              " (1, CAST(x'736563726574ff' AS TEXT)), (2, x'736563726574'), (3, 736563)",
              int_text);
    columns[1].secret = true;
    for (int64_t id = 1; id <= 3; id++) {
        static const char *const shown[] = {"a text of 7 bytes at", "a blob of 6 bytes at",
                                            "an integer at"};
        mig_segment one = {.has_lower = true, .lower = id, .has_upper = true, .upper = id};

        cr_assert_eq(source->ops->cursor_open(source, 0, &plan, &one, &cursor, &err), MIG_OK);
        cr_assert_eq(fill_batch(65536, 100), MIG_E_DATA);
        cr_assert_not_null(strstr(err.detail, shown[id - 1]), "%s", err.detail);
        cr_assert_null(strstr(err.detail, "secret"));
        cr_assert_null(strstr(err.detail, "7365"));
        cr_assert_null(strstr(err.hint, "7365"));
        mig_cursor_close(cursor);
        cursor = NULL;
        mig_error_fini(&err);
    }
}

Test(sqlite_cursor, never_shows_a_key_of_a_secret_document)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8, MIG_WIRE_JSONB};

    open_plan("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES"
              " (1, '{\"hush\": 1, \"hush\": 2}')",
              wires);
    columns[1].secret = true;
    open_cursor();
    cr_assert_eq(fill_batch(65536, 100), MIG_E_DATA);
    cr_assert_not_null(strstr(err.detail, "bytes 2 and 13"), "%s", err.detail);
    cr_assert_null(strstr(err.detail, "hush"), "%s", err.detail);
}

Test(sqlite_cursor, refuses_null_where_the_target_does)
{
    mig_column target = {.type = (char[]){"character varying(9)"}, .not_null = true};

    open_plan("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, NULL)",
              int_text);
    columns[1].target = &target;
    open_cursor();
    cr_assert_eq(fill_batch(65536, 100), MIG_E_DATA);
    cr_assert_str_eq(err.detail, "SQLite holds NULL at rowid 1; the target column is character "
                                 "varying(9) NOT NULL");
}

Test(sqlite_cursor, cuts_and_escapes_a_long_value_in_a_message)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8, MIG_WIRE_INT8};

    open_plan("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES"
              " (1, char(27) || '[31m' || printf('%10000s', 'x'))",
              wires);
    open_cursor();
    cr_assert_eq(fill_batch(65536, 100), MIG_E_DATA);
    cr_assert_null(strchr(err.detail, '\033'));
    cr_assert_not_null(strstr(err.detail, "the text \"\\x1B[31m"), "%s", err.detail);
    cr_assert_not_null(strstr(err.detail, "...\" (10005 bytes)"), "%s", err.detail);
    cr_assert_lt(strlen(err.detail), 250);
}

Test(sqlite_cursor, refuses_a_column_without_a_codec)
{
    static const mig_wire_type wires[] = {MIG_WIRE_INT8, MIG_WIRE_NONE};
    mig_segment                whole = {0};

    open_plan(ROWS_SQL(1, "'x'"), wires);
    cr_assert_eq(source->ops->cursor_open(source, 0, &plan, &whole, &cursor, &err),
                 MIG_E_UNSUPPORTED);
    cr_assert_null(cursor);
}

Test(sqlite_cursor, fails_at_a_damaged_page_and_does_not_take_it_for_the_end)
{
    unsigned char garbage[4096];
    mig_status    st;

    memset(garbage, 0xa5, sizeof garbage);
    sqlite_file_run(&file, "PRAGMA page_size = 4096;" ROWS_SQL(2000, "hex(randomblob(20))"));
    sqlite_file_write(&file, "", 12L * 4096, garbage, sizeof garbage);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK);
    plan = sqlite_file_plan(catalog, "t", int_text, columns);
    open_cursor();

    do
        st = fill_batch(65536, 100);
    while (st == MIG_OK && fill == MIG_FILL_FULL);

    cr_assert_eq(st, MIG_E_DATABASE);
    cr_assert_str_eq(err.message, "cannot read t");
    cr_assert_not_null(strstr(err.detail, "malformed"), "%s", err.detail);
    cr_assert_not_null(strstr(err.hint, "integrity_check"), "%s", err.hint);
}

Test(sqlite_cursor, reads_two_segments_with_two_cursors_of_one_reader)
{
    mig_segment low = {.has_upper = true, .upper = 5}, high = {.has_lower = true, .lower = 6};
    mig_cursor *other;

    open_plan(ROWS_SQL(10, "'abcdef'"), int_text);
    cr_assert_eq(source->ops->cursor_open(source, 0, &plan, &low, &cursor, &err), MIG_OK);
    cr_assert_eq(source->ops->cursor_open(source, 0, &plan, &high, &other, &err), MIG_OK);
    cr_assert_eq(fill_batch(65536, 100), MIG_OK);
    cr_assert(rows.n_rows == 5 && rows.data[13] == 1);
    rows = (mig_rows){.data = memory, .cap = 65536, .max_rows = 100};
    cr_assert_eq(source->ops->cursor_fill(other, &rows, &fill, &needed, &err), MIG_OK);
    cr_assert(rows.n_rows == 5 && rows.data[13] == 6);
    mig_cursor_close(other);
}
