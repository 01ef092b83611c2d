/*
 * test_table_pages.c - SQLite finds in the pages what was put into them.
 */
#include "../../src/sqlite/table_pages.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/sqlite/row_record.h"
#include "../support/sqlite_file.h"

static sqlite_file       file;
static mig_error         err = MIG_ERROR_INIT;
static mig__table_pages *pages;
static mig__row_record   record;
static int               fd = -1;
static sqlite3          *db;

static void
setup(void)
{
    sqlite_file_init(&file, "pages.db");
    cr_assert_eq(mig__row_record_init(&record, 2, &err), MIG_OK);
}

static void
teardown(void)
{
    sqlite3_close_v2(db);
    mig__table_pages_close(pages);
    mig__row_record_fini(&record);
    if (fd >= 0)
        close(fd);
    mig_error_fini(&err);
    sqlite_file_fini(&file);
}

TestSuite(table_pages, .init = setup, .fini = teardown);

static void
must(mig_status st)
{
    cr_assert_eq(st, MIG_OK, "%s: %s", err.message, err.detail != NULL ? err.detail : "");
}

static void
connect_to_file(void)
{
    cr_assert_eq(sqlite3_open_v2(file.path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
}

static void
disconnect(void)
{
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
    db = NULL;
}

static int64_t
number(const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t       n;

    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sqlite3_errmsg(db));
    n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

/* A file with the empty table t. */
static void
make_file(unsigned page_size)
{
    char     sql[160];
    uint32_t root;

    (void)snprintf(sql, sizeof sql,
                   "PRAGMA page_size = %u; CREATE TABLE u (a); CREATE TABLE t (id INTEGER PRIMARY "
                   "KEY, b BLOB)",
                   page_size);
    sqlite_file_run(&file, sql);
    connect_to_file();
    root = (uint32_t)number("SELECT rootpage FROM sqlite_schema WHERE name = 't'");
    disconnect();
    fd = open(file.path, O_RDWR | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    must(mig__table_pages_open(fd, root, &pages, &err));
}

/* Rowids of every length, from below zero on, with gaps. */
static int64_t
rowid_of(int64_t i)
{
    if (i < 50)
        return INT64_MIN + i * i;
    if (i < 200)
        return (i - 200) * 300000007;
    return i - 200 + (i > 20000 ? (int64_t)1 << (20 + (i - 20000) / 1000) : 0);
}

/* Lengths of all kinds: of cells that fill a page to its last byte, with no, one and more pages
 * behind them. */
static size_t
len_of(int64_t i, unsigned page_size)
{
    if (i % 7 == 3)
        return page_size - 60 + (size_t)(i / 7 % 40);
    if (i % 11 == 5)
        return page_size / 8 - 40 + (size_t)(i / 11 % 60);
    if (i % 101 == 9)
        return 2 * (size_t)page_size + (size_t)(i / 101 % 40) * 7;
    return (size_t)(i * 31 % 97);
}

static void
fill_bytes(unsigned char *bytes, int64_t i, size_t len)
{
    for (size_t k = 0; k < len; k++)
        bytes[k] = (unsigned char)((size_t)i * 131 + k * 7 + k / 256);
}

static void
put(int64_t i, unsigned page_size)
{
    static unsigned char bytes[3 * 65536];
    const size_t         len = len_of(i, page_size);
    const mig_value      id = {.class = MIG_VALUE_NULL};
    const mig_value      blob = {.class = MIG_VALUE_BLOB, .data = (const char *)bytes, .len = len};
    const unsigned char *made;
    size_t               made_len;

    fill_bytes(bytes, i, len);
    mig__row_record_begin(&record);
    cr_assert(mig__row_record_add(&record, MIG_AFFINITY_INTEGER, &id));
    cr_assert(mig__row_record_add(&record, MIG_AFFINITY_BLOB, &blob));
    made = mig__row_record_end(&record, &made_len);
    must(mig__table_pages_add(pages, rowid_of(i), made, made_len, &err));
}

/* SQLite's own look at the row, by its rowid. */
static void
expect_row(sqlite3_stmt *stmt, int64_t i, unsigned page_size)
{
    static unsigned char bytes[3 * 65536];
    const size_t         len = len_of(i, page_size);

    fill_bytes(bytes, i, len);
    sqlite3_reset(stmt);
    cr_assert_eq(sqlite3_bind_int64(stmt, 1, rowid_of(i)), SQLITE_OK);
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "row %lld: %s", (long long)i, sqlite3_errmsg(db));
    cr_assert_eq((size_t)sqlite3_column_bytes(stmt, 0), len);
    cr_assert(len == 0 || memcmp(sqlite3_column_blob(stmt, 0), bytes, len) == 0);
}

static void
expect_rows(int64_t n, unsigned page_size)
{
    sqlite3_stmt *stmt = NULL;

    cr_assert_eq(number("SELECT count(*) FROM t"), n);
    cr_assert_eq(sqlite3_prepare_v2(db, "SELECT b FROM t WHERE id = ?1", -1, &stmt, NULL),
                 SQLITE_OK);
    for (int64_t i = 0; i < n; i++)
        expect_row(stmt, i, page_size);
    sqlite3_finalize(stmt);
}

static bool
is_sound(void)
{
    sqlite3_stmt *stmt = NULL;
    bool          sound;

    cr_assert_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sqlite3_errmsg(db));
    sound = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    if (!sound)
        (void)fprintf(stderr, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return sound;
}

static unsigned page_sizes[] = {512, 1024, 4096, 16384, 65536};

ParameterizedTestParameters(table_pages, every_row_is_found_by_its_rowid)
{
    return cr_make_param_array(unsigned, page_sizes, sizeof page_sizes / sizeof page_sizes[0]);
}

ParameterizedTest(unsigned *page_size, table_pages, every_row_is_found_by_its_rowid)
{
    const int64_t n = *page_size <= 1024 ? 40000 : *page_size == 65536 ? 2000 : 10000;

    make_file(*page_size);
    must(mig__table_pages_begin(pages, &err));
    for (int64_t i = 0; i < n; i++)
        put(i, *page_size);
    must(mig__table_pages_end(pages, &err));
    connect_to_file();
    cr_expect(is_sound());
    expect_rows(n, *page_size);
}

ParameterizedTestParameters(table_pages, a_table_goes_on_after_others_have_written)
{
    return cr_make_param_array(unsigned, page_sizes, sizeof page_sizes / sizeof page_sizes[0]);
}

/* The table ends after 1, 2, 3, ... rows more, so with every shape of its right edge. */
ParameterizedTest(unsigned *page_size, table_pages, a_table_goes_on_after_others_have_written)
{
    int64_t n = 0;

    make_file(*page_size);
    for (int64_t step = 1; step < 60; step++) {
        must(mig__table_pages_begin(pages, &err));
        for (int64_t i = 0; i < step; i++)
            put(n++, *page_size);
        must(mig__table_pages_end(pages, &err));
        connect_to_file();
        cr_assert_eq(sqlite3_exec(db, "INSERT INTO u VALUES (zeroblob(5000))", NULL, NULL, NULL),
                     SQLITE_OK);
        cr_assert(is_sound(), "after %lld rows", (long long)n);
        cr_assert_eq(number("SELECT count(*) FROM t"), n);
        disconnect();
    }
    connect_to_file();
    expect_rows(n, *page_size);
}

Test(table_pages, sqlite_can_go_on_with_the_table)
{
    make_file(1024);
    must(mig__table_pages_begin(pages, &err));
    for (int64_t i = 0; i < 5000; i++)
        put(i, 1024);
    must(mig__table_pages_end(pages, &err));
    connect_to_file();
    cr_assert_eq(
        sqlite3_exec(db,
                     "DELETE FROM t WHERE id % 3 = 0; INSERT INTO t SELECT id + 1000000, b"
                     " FROM t WHERE id > 0; UPDATE t SET b = zeroblob(3000) WHERE id % 7 = "
                     "0; DELETE FROM t WHERE id < 0",
                     NULL, NULL, NULL),
        SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_expect(is_sound());
}

/* The header is made to say that the file ends right before that page. */
Test(table_pages, the_page_of_the_lock_byte_stays_empty)
{
    const unsigned      page_size = 65536;
    const uint32_t      lock_page = 0x40000000 / page_size + 1;
    const unsigned char n_pages[] = {0, 0, (unsigned char)((lock_page - 3) >> 8),
                                     (unsigned char)(lock_page - 3)};
    unsigned char      *page = calloc(2, page_size);
    sqlite3_stmt       *stmt = NULL;

    make_file(page_size);
    cr_assert_eq(pwrite(fd, n_pages, sizeof n_pages, 28), sizeof n_pages);
    cr_assert_eq(ftruncate(fd, (off_t)(lock_page - 3) * page_size), 0);
    must(mig__table_pages_begin(pages, &err));
    for (int64_t i = 0; i < 300; i++)
        put(i, page_size);
    must(mig__table_pages_end(pages, &err));
    cr_assert_eq(pread(fd, page, page_size, (off_t)(lock_page - 1) * page_size), page_size);
    cr_expect_arr_eq(page, page + page_size, page_size);
    free(page);
    connect_to_file();
    cr_expect_gt(number("PRAGMA page_count"), lock_page + 20);
    expect_rows(300, page_size);
    /* Trees are looked at first; only then come the pages that the header made up. */
    cr_assert_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &stmt, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
    cr_expect_not_null(strstr((const char *)sqlite3_column_text(stmt, 0), "Page 4 is never used"),
                       "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
}

static const char *const unsuitable[] = {
    "PRAGMA auto_vacuum = FULL; CREATE TABLE t (a)",
    "PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a)",
    "CREATE TABLE t (a); INSERT INTO t VALUES (1)",
    "CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID",
    "PRAGMA page_size = 512; CREATE TABLE u (b); CREATE TABLE t (a); INSERT INTO u VALUES "
    "(zeroblob(300000)); DELETE FROM u",
};

/* It would take more than rows to write these as SQLite does. */
Test(table_pages, what_is_not_an_empty_table_of_the_usual_kind_is_left_alone)
{
    for (size_t i = 0; i < sizeof unsuitable / sizeof unsuitable[0]; i++) {
        uint32_t root;

        sqlite_file_run(&file, unsuitable[i]);
        connect_to_file();
        root = (uint32_t)number("SELECT rootpage FROM sqlite_schema WHERE name = 't'");
        disconnect();
        fd = open(file.path, O_RDWR | O_CLOEXEC);
        cr_assert_geq(fd, 0);
        must(mig__table_pages_open(fd, root, &pages, &err));
        cr_expect_null(pages, "%s", unsuitable[i]);
        close(fd);
        fd = -1;
        cr_assert_eq(unlink(file.path), 0);
    }
}

Test(table_pages, a_table_without_a_row_is_left_as_it_was)
{
    uint64_t before;

    make_file(4096);
    before = sqlite_file_hash(&file, "");
    must(mig__table_pages_begin(pages, &err));
    must(mig__table_pages_end(pages, &err));
    cr_expect_eq(sqlite_file_hash(&file, ""), before);
}

Test(table_pages, a_write_that_fails_is_an_error)
{
    make_file(4096);
    must(mig__table_pages_begin(pages, &err));
    for (int64_t i = 0; i < 100; i++)
        put(i, 4096);
    cr_assert_eq(dup2(open("/dev/full", O_RDWR | O_CLOEXEC), fd), fd);
    cr_expect_eq(mig__table_pages_end(pages, &err), MIG_E_IO);
    cr_expect_not_null(strstr(err.detail, "No space left on device"), "%s", err.detail);
}
