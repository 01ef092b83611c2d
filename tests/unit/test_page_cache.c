/*
 * test_page_cache.c - SQLite's cache of the new file grows where pages have to be read back, and
 * only there.
 */
#include <criterion/criterion.h>

#include "../../src/sqlite/sqlite_sink.h"
#include "../support/sqlite_file.h"

#define BATCH     500
#define SMALL_KIB 4096

static sqlite_file      file;
static mig__sqlite_sink sink;
static mig_error        err = MIG_ERROR_INIT;

static void
run(const char *sql)
{
    char *text = NULL;

    cr_assert_eq(sqlite3_exec(sink.made, sql, NULL, NULL, &text), SQLITE_OK, "%s", text);
}

static void
setup(void)
{
    sqlite_file_init(&file, "page_cache.db");
    sqlite_file_run(&file, "CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT)");
    cr_assert_eq(sqlite3_open(file.path, &sink.made), SQLITE_OK);
    sink.made_path = file.path;
    run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    cr_assert_eq(mig__page_cache_small(&sink, &err), MIG_OK);
}

static void
teardown(void)
{
    sqlite3_close(sink.made);
    sqlite_file_fini(&file);
    mig_error_fini(&err);
}

TestSuite(page_cache, .init = setup, .fini = teardown);

/* Of 64 random bytes each: 80,000 rows are some 12 MiB of index. */
static void
insert(int n_batches)
{
    run("BEGIN");
    for (int i = 0; i < n_batches; i++) {
        run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
            " INSERT INTO t (k) SELECT hex(randomblob(64)) FROM n");
        cr_assert_eq(mig__page_cache_watch(&sink, BATCH, &err), MIG_OK);
    }
    run("COMMIT");
}

static int64_t
cache_size(void)
{
    sqlite3_stmt *stmt;
    int64_t       n;

    cr_assert_eq(sqlite3_prepare_v2(sink.made, "PRAGMA cache_size", -1, &stmt, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
    n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

Test(page_cache, stays_small_for_rows_in_order)
{
    insert(200);
    cr_expect_eq(sink.cache_kib, SMALL_KIB);
    cr_expect_eq(cache_size(), -SMALL_KIB);
}

Test(page_cache, grows_for_an_index_in_any_order)
{
    run("CREATE UNIQUE INDEX u ON t (k)");
    insert(10);
    cr_expect_eq(sink.cache_kib, SMALL_KIB, "it is grown while all of it fits");
    insert(190);
    cr_expect_gt(sink.cache_kib, SMALL_KIB);
    cr_expect_eq(cache_size(), -sink.cache_kib);
}

Test(page_cache, grows_to_what_index_making_gets_and_no_further)
{
    run("CREATE UNIQUE INDEX u ON t (k)");
    insert(1000);
    int grown = sink.cache_kib;

    cr_assert_eq(mig__page_cache_large(&sink, &err), MIG_OK);
    cr_expect_leq(grown, sink.cache_kib);
}
