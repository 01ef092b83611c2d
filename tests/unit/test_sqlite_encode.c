/*
 * test_sqlite_encode.c - what each wire type accepts, and what becomes of it.
 *
 * One table of values: each is put into a column without affinity, read as the
 * wire type, and compared with the field's bytes in hexadecimal or, after "!",
 * with a part of the error's detail.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

TestSuite(sqlite_encode, .init = init, .fini = fini);

typedef struct value_case {
    mig_wire_type wire;
    const char   *sql; /* the value */
    const char   *expected;
} value_case;

#define TYPE_ONLY "!the target column is "

static const value_case cases[] = {
    {MIG_WIRE_BOOL, "0",
     "00000001"
     "00"},
    {MIG_WIRE_BOOL, "1",
     "00000001"
     "01"},
    {MIG_WIRE_BOOL, "-3",
     "00000001"
     "01"},
    {MIG_WIRE_BOOL, "NULL", "ffffffff"},
    {MIG_WIRE_BOOL, "1.0",
     "00000001"
     "01"},
    {MIG_WIRE_BOOL, "'True'",
     "00000001"
     "01"},
    {MIG_WIRE_BOOL, "'off'",
     "00000001"
     "00"},
    {MIG_WIRE_BOOL, "0.5", "!the real number 0.5 at rowid 1; the target column is boolean"},
    {MIG_WIRE_BOOL, "'maybe'", "!the text \"maybe\" at rowid 1; the target column is boolean"},
    {MIG_WIRE_BOOL, "x'01'", "!a blob of 1 bytes (x'01') at rowid 1"},

    {MIG_WIRE_INT4, "2147483647",
     "00000004"
     "7fffffff"},
    {MIG_WIRE_INT4, "-2147483648",
     "00000004"
     "80000000"},
    {MIG_WIRE_INT4, "2147483648",
     "!the integer 2147483648 at rowid 1; the target column is integer\nout of range"},
    {MIG_WIRE_INT4, "-2147483649", "!out of range"},
    {MIG_WIRE_INT4, "1.0",
     "00000004"
     "00000001"},
    {MIG_WIRE_INT4, "1.5", "!the column has no fractions"},
    {MIG_WIRE_INT4, "9e99", "!out of range"},
    {MIG_WIRE_INT4, "'n/a'", "!the text \"n/a\" at rowid 1; the target column is integer"},
    {MIG_WIRE_INT4, "'-17'",
     "00000004"
     "ffffffef"},
    {MIG_WIRE_INT4, "'017'", TYPE_ONLY "integer"},
    {MIG_WIRE_INT4, "' 17'", TYPE_ONLY "integer"},
    {MIG_WIRE_INT4, "x''", "!a blob of 0 bytes"},
    {MIG_WIRE_INT4, "NULL", "ffffffff"},

    {MIG_WIRE_INT8, "9223372036854775807",
     "00000008"
     "7fffffffffffffff"},
    {MIG_WIRE_INT8, "-9223372036854775808",
     "00000008"
     "8000000000000000"},
    {MIG_WIRE_INT8, "9223372036854775808", "!the real number 9.2233720368547758e+18"},
    {MIG_WIRE_INT8, "'x'", TYPE_ONLY "bigint"},
    {MIG_WIRE_INT8, "x'00'", TYPE_ONLY "bigint"},
    {MIG_WIRE_INT8, "NULL", "ffffffff"},

    {MIG_WIRE_FLOAT8, "1.5",
     "00000008"
     "3ff8000000000000"},
    {MIG_WIRE_FLOAT8, "-2.0",
     "00000008"
     "c000000000000000"},
    {MIG_WIRE_FLOAT8, "9e999",
     "00000008"
     "7ff0000000000000"},
    {MIG_WIRE_FLOAT8, "-9e999",
     "00000008"
     "fff0000000000000"},
    {MIG_WIRE_FLOAT8, "3",
     "00000008"
     "4008000000000000"},
    {MIG_WIRE_FLOAT8, "9007199254740992",
     "00000008"
     "4340000000000000"},
    {MIG_WIRE_FLOAT8, "9007199254740993", "!the column cannot hold this number exactly"},
    {MIG_WIRE_FLOAT8, "9223372036854775807", "!the column cannot hold this number exactly"},
    {MIG_WIRE_FLOAT8, "-9223372036854775808",
     "00000008"
     "c3e0000000000000"},
    {MIG_WIRE_FLOAT8, "'1.50'",
     "00000008"
     "3ff8000000000000"},
    {MIG_WIRE_FLOAT8, "'-0'",
     "00000008"
     "8000000000000000"},
    {MIG_WIRE_FLOAT8, "'0.1000000000000000000001'", "!the column cannot hold this number exactly"},
    {MIG_WIRE_FLOAT8, "'1.5 '", TYPE_ONLY "double precision"},
    {MIG_WIRE_FLOAT8, "x'31'", TYPE_ONLY "double precision"},
    {MIG_WIRE_FLOAT8, "NULL", "ffffffff"},

    {MIG_WIRE_TEXT, "''", "00000000"},
    {MIG_WIRE_TEXT, "'abc'",
     "00000003"
     "616263"},
    {MIG_WIRE_TEXT, "char(228, 8364, 128512)",
     "00000009"
     "c3a4e282acf09f9880"},
    {MIG_WIRE_TEXT, "'ab' || char(0) || 'c'",
     "!NUL, which PostgreSQL's text cannot hold, at byte 3"},
    {MIG_WIRE_TEXT, "CAST(x'6162ff63' AS TEXT)",
     "!the text \"ab\\xFFc\" at rowid 1; the target column is text\ninvalid UTF-8 at byte 3"},
    {MIG_WIRE_TEXT, "CAST(x'eda080' AS TEXT)", "!invalid UTF-8 at byte 1"},
    {MIG_WIRE_TEXT, "5", "!the integer 5 at rowid 1; the target column is text"},
    {MIG_WIRE_TEXT, "5.5", TYPE_ONLY "text"},
    {MIG_WIRE_TEXT, "x'616263'",
     "!a blob of 3 bytes (x'616263') at rowid 1; the target column is text"},
    {MIG_WIRE_TEXT, "NULL", "ffffffff"},

    {MIG_WIRE_BYTEA, "x''", "00000000"},
    {MIG_WIRE_BYTEA, "zeroblob(3)",
     "00000003"
     "000000"},
    {MIG_WIRE_BYTEA, "x'00ff80'",
     "00000003"
     "00ff80"},
    {MIG_WIRE_BYTEA, "'abcd'", TYPE_ONLY "bytea"},
    {MIG_WIRE_BYTEA, "7", TYPE_ONLY "bytea"},
    {MIG_WIRE_BYTEA, "7.5", TYPE_ONLY "bytea"},
    {MIG_WIRE_BYTEA, "NULL", "ffffffff"},

    {MIG_WIRE_UUID, "x'018f00000000700080000000000000aa'",
     "00000010"
     "018f00000000700080000000000000aa"},
    {MIG_WIRE_UUID, "'018F0000-0000-7000-8000-0000000000aa'",
     "00000010"
     "018f00000000700080000000000000aa"},
    {MIG_WIRE_UUID, "'018f00000000700080000000000000aA'",
     "00000010"
     "018f00000000700080000000000000aa"},
    {MIG_WIRE_UUID, "'018f00000000700080000000000000a'", "!not a uuid"},
    {MIG_WIRE_UUID, "''", "!not a uuid"},
    {MIG_WIRE_UUID, "x'018f'", "!not a uuid"},
    {MIG_WIRE_UUID, "x''", "!not a uuid"},
    {MIG_WIRE_UUID, "1", TYPE_ONLY "uuid"},
    {MIG_WIRE_UUID, "1.5", TYPE_ONLY "uuid"},
    {MIG_WIRE_UUID, "NULL", "ffffffff"},

    {MIG_WIRE_TIMESTAMP, "'2000-01-01 00:00:01'",
     "00000008"
     "00000000000f4240"},
    {MIG_WIRE_TIMESTAMPTZ, "'2000-01-01T01:00:00.000001+01:00'",
     "00000008"
     "0000000000000001"},
    {MIG_WIRE_TIMESTAMPTZ, "'2000-01-01T00:00:00.0000019Z'",
     "00000008"
     "0000000000000001"},
    {MIG_WIRE_TIMESTAMPTZ, "946684801",
     "00000008"
     "00000000000f4240"},
    {MIG_WIRE_TIMESTAMP, "9223372036854775807", "!it is out of range for its type"},
    {MIG_WIRE_TIMESTAMP, "'yesterday'", "!it is in none of the forms that are known for its type"},
    {MIG_WIRE_TIMESTAMP, "2451544.5", "!what it counts has to be told"},
    {MIG_WIRE_TIMESTAMPTZ, "x'00'", TYPE_ONLY "timestamp with time zone"},
    {MIG_WIRE_TIMESTAMPTZ, "NULL", "ffffffff"},

    {MIG_WIRE_JSON, "'{\"a\": 1}'",
     "00000008"
     "7b2261223a20317d"},
    {MIG_WIRE_JSONB, "'[]'",
     "00000003"
     "015b5d"},
    {MIG_WIRE_JSON, "''", "!not JSON: "},
    {MIG_WIRE_JSONB, "'{a}'", "!at byte 2"},
    {MIG_WIRE_JSON, "'{\"a\":1,\"a\":2}'",
     "0000000d"
     "7b2261223a312c2261223a327d"},
    {MIG_WIRE_JSONB, "'{\"a\":1,\"a\":2}'",
     "!the key \"a\" stands twice in one object; jsonb would keep only the last (bytes 2 and 8)"},
    {MIG_WIRE_JSON, "CAST(x'22ff22' AS TEXT)", "!invalid UTF-8 at byte 2"},
    {MIG_WIRE_JSON, "char(34, 0, 34)", "!NUL"},
    {MIG_WIRE_JSON, "1",
     "00000001"
     "31"},
    {MIG_WIRE_JSONB, "1.5",
     "00000004"
     "01312e35"},
    {MIG_WIRE_JSON, "9e999", "!not JSON"},
    {MIG_WIRE_JSONB, "x'7b7d'", TYPE_ONLY "jsonb"},
    {MIG_WIRE_JSONB, "NULL", "ffffffff"},
};

#define N_CASES (sizeof cases / sizeof cases[0])

/* A table per case, t0 and so on. */
static void
open_cases(const char *before)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, before);
    for (size_t i = 0; i < N_CASES; i++)
        mig_buf_printf(&sql, "CREATE TABLE t%zu(v); INSERT INTO t%zu VALUES (%s);", i, i,
                       cases[i].sql);
    sqlite_file_run(&file, mig_buf_text(&sql));
    mig_buf_fini(&sql);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK);
}

/* Reads the one row of a table with one column; cap as given. */
static mig_status
read_row(const char *table, mig_wire_type wire, mig_rows *rows)
{
    static unsigned char memory[65536];
    mig_column_plan      columns[1];
    mig_table_plan       plan = sqlite_file_plan(catalog, table, &wire, columns);
    mig_segment          whole = {0};
    mig_cursor          *cursor;
    mig_fill             fill;
    size_t               needed;
    mig_status           st;

    *rows = (mig_rows){.data = memory, .cap = sizeof memory, .max_rows = 10};
    mig_error_fini(&err);
    cr_assert_eq(source->ops->cursor_open(source, 0, &plan, &whole, &cursor, &err), MIG_OK);
    st = source->ops->cursor_fill(cursor, rows, &fill, &needed, &err);
    mig_cursor_close(cursor);
    return st;
}

static void
expect_field(const mig_rows *rows, const value_case *c)
{
    mig_buf hex = MIG_BUF_INIT;

    for (size_t i = 0; i < rows->len; i++)
        mig_buf_printf(&hex, "%02x", rows->data[i]);
    cr_assert_eq(rows->n_rows, 1);
    cr_assert_eq(strncmp(mig_buf_text(&hex), "0001", 4), 0);
    cr_assert_str_eq(mig_buf_text(&hex) + 4, c->expected, "%s as %s", c->sql,
                     mig_wire_name(c->wire));
    mig_buf_fini(&hex);
}

static void
check_case(size_t i)
{
    const value_case *c = &cases[i];
    char              table[16];
    mig_rows          rows;
    mig_status        st;

    (void)snprintf(table, sizeof table, "t%zu", i);
    st = read_row(table, c->wire, &rows);
    if (c->expected[0] != '!') {
        cr_assert_eq(st, MIG_OK, "%s as %s: %s", c->sql, mig_wire_name(c->wire), err.detail);
        expect_field(&rows, c);
        return;
    }
    cr_assert_eq(st, MIG_E_DATA, "%s as %s", c->sql, mig_wire_name(c->wire));
    cr_assert_eq(rows.len, 0);
    cr_assert_eq(rows.n_rows, 0);
    cr_assert_not_null(strstr(err.detail, c->expected + 1), "%s as %s: %s", c->sql,
                       mig_wire_name(c->wire), err.detail);
}

Test(sqlite_encode, makes_of_each_value_what_its_type_says)
{
    open_cases("");
    for (size_t i = 0; i < N_CASES; i++)
        check_case(i);
}

Test(sqlite_encode, makes_the_same_of_values_in_a_utf_16_database)
{
    static const char *const encodings[] = {"PRAGMA encoding = 'UTF-16le';",
                                            "PRAGMA encoding = 'UTF-16be';"};

    for (size_t e = 0; e < 2; e++) {
        open_cases(encodings[e]);
        for (size_t i = 0; i < N_CASES; i++)
            /* A cast of bytes to text means other bytes there. */
            if (strncmp(cases[i].sql, "CAST", 4) != 0)
                check_case(i);
        fini();
        source = NULL;
        catalog = NULL;
        init();
    }
}

Test(sqlite_encode, sees_a_lone_surrogate_before_it_is_converted)
{
    mig_rows rows;

    sqlite_file_run(&file,
                    "PRAGMA encoding = 'UTF-16le'; CREATE TABLE good(v); CREATE TABLE high(v);"
                    "CREATE TABLE low(v); CREATE TABLE last(v);"
                    "INSERT INTO good VALUES (CAST(x'61003dd800de' AS TEXT));"
                    "INSERT INTO high VALUES (CAST(x'61003dd86200' AS TEXT));"
                    "INSERT INTO low VALUES (CAST(x'00de6200' AS TEXT));"
                    "INSERT INTO last VALUES (CAST(x'61003dd8' AS TEXT))");
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK);

    cr_assert_eq(read_row("good", MIG_WIRE_TEXT, &rows), MIG_OK);
    cr_assert_eq(memcmp(rows.data + 6, "a\xf0\x9f\x98\x80", 5), 0);
    cr_assert_eq(read_row("high", MIG_WIRE_TEXT, &rows), MIG_E_DATA);
    cr_assert_not_null(strstr(err.detail, "invalid UTF-16 at byte 3"), "%s", err.detail);
    cr_assert_eq(read_row("low", MIG_WIRE_JSON, &rows), MIG_E_DATA);
    cr_assert_eq(read_row("last", MIG_WIRE_TEXT, &rows), MIG_E_DATA);
}

Test(sqlite_encode, counts_what_had_to_give_way)
{
    mig_rows rows;

    sqlite_file_run(&file,
                    "CREATE TABLE b(v); INSERT INTO b VALUES (0), (1), (2), (-1), (NULL);"
                    "CREATE TABLE d(v); INSERT INTO d VALUES ('2026-03-01T12:34:56.123456789Z'),"
                    " ('2026-03-01T12:34:56.123456000Z'), ('2026-03-01 12:34:56'), (5)");
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK);

    cr_assert_eq(read_row("b", MIG_WIRE_BOOL, &rows), MIG_OK);
    cr_assert_eq(rows.n_losses[MIG_LOSS_BOOL_FOLDED], 2);
    cr_assert_eq(read_row("d", MIG_WIRE_TIMESTAMPTZ, &rows), MIG_OK);
    cr_assert_eq(rows.n_losses[MIG_LOSS_TIME_CUT], 1);
}
