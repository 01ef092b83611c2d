/*
 * test_sqlite_location.c - which files can be read, how, and that they stay as they are.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/sqlite_file.h"
#include "mig/sqlite.h"

static sqlite_file file;
static mig_error   err = MIG_ERROR_INIT;

static void
init(void)
{
    sqlite_file_init(&file, "app.db");
}

static void
fini(void)
{
    mig_error_fini(&err);
    sqlite_file_fini(&file);
}

TestSuite(sqlite_location, .init = init, .fini = fini);

#define TABLE_SQL                                                                                  \
    "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), (2, 'b');"
#define WAL_SQL "PRAGMA journal_mode = WAL;" TABLE_SQL

static void
expect_refused(const char *message, const char *hint)
{
    mig_source *source = NULL;

    cr_assert_eq(mig_sqlite_source_open(file.path, &source, &err), MIG_E_CONNECT);
    cr_assert_null(source);
    cr_assert_not_null(strstr(err.message, message), "%s", err.message);
    cr_assert_not_null(strstr(err.hint != NULL ? err.hint : "", hint), "%s", err.hint);
}

static bool
count_row(void *arg, const char *const *texts, const size_t *lens)
{
    (void)texts;
    (void)lens;
    ++*(int *)arg;
    return true;
}

/* Everything a run does with a source. */
static int
read_all(mig_source *source, const mig_catalog *catalog)
{
    const char *const columns[] = {"v"};
    int               n = 0;
    uint64_t          n_rows;
    const mig_table  *table = mig_catalog_find(catalog, "t");

    cr_assert_eq(source->ops->snapshot(source, 2, &err), MIG_OK, "%s", err.message);
    cr_assert_eq(source->ops->count(source, table, &n_rows, &err), MIG_OK);
    cr_assert_eq(source->ops->lookup(source, table, columns, 1, count_row, &n, &err), MIG_OK);
    cr_assert_eq(n_rows, (uint64_t)n);
    return n;
}

static void
expect_read_and_untouched(int n_rows)
{
    uint64_t     db = sqlite_file_hash(&file, ""), wal = sqlite_file_hash(&file, "-wal");
    uint64_t     journal = sqlite_file_hash(&file, "-journal");
    mig_catalog *catalog;
    mig_source  *source = sqlite_file_open(&file, &catalog);
    struct stat  before, after;

    cr_assert_eq(stat(file.path, &before), 0);
    cr_assert_eq(read_all(source, catalog), n_rows);
    cr_assert_eq(source->ops->unchanged(source, &err), MIG_OK, "%s", err.message);
    mig_catalog_free(catalog);
    mig_source_close(source);

    cr_assert_eq(stat(file.path, &after), 0);
    cr_assert_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    cr_assert_eq(sqlite_file_hash(&file, ""), db);
    cr_assert_eq(sqlite_file_hash(&file, "-wal"), wal);
    cr_assert_eq(sqlite_file_hash(&file, "-journal"), journal);
}

Test(sqlite_location, tells_that_the_file_is_missing)
{
    expect_refused("does not exist", "check the path");
    cr_assert_eq(sqlite_file_count(&file), 0);
}

Test(sqlite_location, refuses_a_folder)
{
    (void)snprintf(file.path, sizeof file.path, "%s", file.folder);
    expect_refused("is a folder", "");
}

Test(sqlite_location, refuses_a_pipe_without_waiting_for_it)
{
    cr_assert_eq(mkfifo(file.path, 0600), 0);
    expect_refused("is a device or a pipe", "");
}

Test(sqlite_location, refuses_what_is_not_a_database_or_encrypted)
{
    char dump[200] = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n";

    sqlite_file_write(&file, "", 0, dump, sizeof dump);
    expect_refused("is not a SQLite database, or it is encrypted", "decrypted");
}

Test(sqlite_location, refuses_a_file_that_is_shorter_than_a_header)
{
    sqlite_file_write(&file, "", 0, "SQLite format 3", 16);
    expect_refused("is not a SQLite database", "");
}

Test(sqlite_location, reads_an_empty_file_as_a_database_without_tables)
{
    mig_catalog *catalog;
    mig_source  *source;

    sqlite_file_write(&file, "", 0, "", 0);
    sqlite_file_write(&file, "-wal", 0, "", 0);
    sqlite_file_write(&file, "-journal", 0, "", 0);
    source = sqlite_file_open(&file, &catalog);

    cr_assert_eq(catalog->n_tables, 0);
    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_OK);
    cr_assert_eq(source->ops->unchanged(source, &err), MIG_OK);
    mig_catalog_free(catalog);
    mig_source_close(source);
    cr_assert_eq(sqlite_file_count(&file), 3);
}

Test(sqlite_location, refuses_an_empty_file_with_a_log_that_is_not_empty)
{
    sqlite_file_write(&file, "", 0, "", 0);
    sqlite_file_write(&file, "-wal", 0, "frames", 6);
    expect_refused("is empty, but not its -wal", "backup");
    cr_assert_eq(sqlite_file_count(&file), 2);
}

Test(sqlite_location, tells_who_may_read_and_who_asks)
{
    sqlite_file_run(&file, TABLE_SQL);
    cr_assert_eq(chmod(file.path, 0), 0);
    cr_assert_eq(chmod(file.folder, 0755), 0);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);

    expect_refused("cannot open database", "run this as a user who may read the file");

    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    cr_assert_not_null(strstr(err.detail, "has mode 0000"), "%s", err.detail);
}

Test(sqlite_location, leaves_a_rollback_database_as_it_is_and_warns)
{
    mig_catalog *catalog;
    mig_source  *source;

    sqlite_file_run(&file, TABLE_SQL);
    expect_read_and_untouched(2);
    cr_assert_eq(sqlite_file_count(&file), 1);

    source = sqlite_file_open(&file, &catalog);
    cr_assert_not_null(strstr(mig_sqlite_source_warning(source), "not in WAL mode"));
    mig_catalog_free(catalog);
    mig_source_close(source);
}

Test(sqlite_location, leaves_nothing_beside_the_wal_database_of_a_stopped_application)
{
    mig_catalog *catalog;
    mig_source  *source;

    sqlite_file_run(&file, WAL_SQL);
    cr_assert_eq(sqlite_file_count(&file), 1);
    expect_read_and_untouched(2);
    cr_assert_eq(sqlite_file_count(&file), 1);

    source = sqlite_file_open(&file, &catalog);
    cr_assert_null(mig_sqlite_source_warning(source));
    mig_catalog_free(catalog);
    mig_source_close(source);
}

Test(sqlite_location, reads_the_log_of_a_crashed_application_and_keeps_it)
{
    sqlite_file_run(&file, WAL_SQL);
    sqlite_file_crash(&file, "INSERT INTO t VALUES (3, 'only in the log')");
    cr_assert_neq(sqlite_file_hash(&file, "-wal"), 0);
    expect_read_and_untouched(3);
}

Test(sqlite_location, reads_beside_a_running_application_and_keeps_its_log)
{
    sqlite_writer writer;

    sqlite_writer_start(&writer, &file, WAL_SQL);
    expect_read_and_untouched(2);
    cr_assert_eq(sqlite_writer_run(&writer, "INSERT INTO t VALUES (9, 'still works')"), 0);
    sqlite_writer_stop(&writer);
}

Test(sqlite_location, reads_a_log_without_the_right_to_write_beside_it_or_tells_the_way_out)
{
    mig_source *source = NULL;
    mig_status  st;
    char        shm[300];

    sqlite_file_run(&file, WAL_SQL);
    sqlite_file_crash(&file, "INSERT INTO t VALUES (3, 'only in the log')");
    (void)snprintf(shm, sizeof shm, "%s-shm", file.path);
    cr_assert_eq(unlink(shm), 0);
    cr_assert_eq(chmod(file.path, 0644), 0);
    cr_assert_eq(chmod(file.folder, 0555), 0);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);

    st = mig_sqlite_source_open(file.path, &source, &err);

    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    cr_assert_eq(chmod(file.folder, 0755), 0);
    cr_assert_eq(st, MIG_E_CONNECT);
    cr_assert_not_null(strstr(err.detail, "-wal"), "%s", err.detail);
    cr_assert_not_null(strstr(err.hint, "copy the database, with its -wal"), "%s", err.hint);
}

#define MANY_SQL                                                                                   \
    TABLE_SQL "WITH RECURSIVE c(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM c WHERE i < 5000)"    \
              " INSERT INTO t SELECT i, hex(randomblob(50)) FROM c;"

Test(sqlite_location, refuses_a_hot_journal_and_does_not_roll_it_back)
{
    uint64_t db, journal;

    sqlite_file_run(&file, MANY_SQL);
    sqlite_file_crash(&file, "PRAGMA cache_size = 5; BEGIN; UPDATE t SET v = 'changed'");
    db = sqlite_file_hash(&file, "");
    journal = sqlite_file_hash(&file, "-journal");
    cr_assert_neq(journal, 0);

    expect_refused("an interrupted transaction has to be rolled back first",
                   "start the application");

    cr_assert_eq(sqlite_file_hash(&file, ""), db);
    cr_assert_eq(sqlite_file_hash(&file, "-journal"), journal);
}

Test(sqlite_location, refuses_a_hot_journal_beside_a_wal_database_too)
{
    static const char hot[512] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";

    sqlite_file_run(&file, WAL_SQL);
    sqlite_file_write(&file, "-journal", 0, hot, sizeof hot);
    expect_refused("an interrupted transaction has to be rolled back first", "copy the database");
}

Test(sqlite_location, takes_the_journal_of_a_transaction_under_way_for_what_it_is)
{
    sqlite_writer writer;

    sqlite_file_run(&file, MANY_SQL);
    /* Without synchronizing, the journal begins as a hot one does from the first page on. */
    sqlite_writer_start(&writer, &file,
                        "PRAGMA synchronous = OFF; BEGIN; UPDATE t SET v = 'x' WHERE id = 1");
    cr_assert_neq(sqlite_file_hash(&file, "-journal"), 0);
    expect_read_and_untouched(4993);
    sqlite_writer_stop(&writer);
}

Test(sqlite_location, is_not_deterred_by_a_journal_that_was_kept_empty)
{
    sqlite_file_run(&file, "PRAGMA journal_mode = PERSIST;" TABLE_SQL);
    cr_assert_neq(sqlite_file_hash(&file, "-journal"), 0);
    expect_read_and_untouched(2);
}

Test(sqlite_location, finds_the_companions_behind_a_symbolic_link)
{
    sqlite_file link_name = file;

    sqlite_file_run(&file, WAL_SQL);
    sqlite_file_crash(&file, "INSERT INTO t VALUES (3, 'only in the log')");
    (void)snprintf(link_name.path, sizeof link_name.path, "%s/link", file.folder);
    cr_assert_eq(symlink(file.path, link_name.path), 0);
    file = link_name;
    expect_read_and_untouched(3);
}

Test(sqlite_location, opens_paths_that_mean_something_in_a_uri)
{
    const char *const names[] = {"a b.db", "50%25.db", "x?mode=memory", "a#b", "\xc3\xa4&=;'\".db"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(file.path, sizeof file.path, "%s/%s", file.folder, names[i]);
        sqlite_file_run(&file, i % 2 == 0 ? TABLE_SQL : WAL_SQL);
        expect_read_and_untouched(2);
    }
    cr_assert_eq(sqlite_file_count(&file), 5);
}

static void
expect_changed(mig_source *source, const char *how)
{
    cr_assert_eq(source->ops->unchanged(source, &err), MIG_E_CHANGED);
    cr_assert_not_null(strstr(err.detail, how), "%s", err.detail);
}

Test(sqlite_location, notices_that_a_stopped_application_was_started)
{
    mig_catalog  *catalog;
    mig_source   *source;
    sqlite_writer writer;

    sqlite_file_run(&file, WAL_SQL);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(read_all(source, catalog), 2);
    sqlite_writer_start(&writer, &file, "INSERT INTO t VALUES (3, 'c')");

    expect_changed(source, "an application has opened it");

    sqlite_writer_stop(&writer);
    mig_catalog_free(catalog);
    mig_source_close(source);
}

Test(sqlite_location, notices_what_a_started_and_stopped_application_wrote)
{
    mig_catalog *catalog;
    mig_source  *source;

    sqlite_file_run(&file, WAL_SQL);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(read_all(source, catalog), 2);
    sqlite_file_run(&file, "UPDATE t SET v = 'B' WHERE id = 2");

    expect_changed(source, "it was written to");
    mig_catalog_free(catalog);
    mig_source_close(source);
}

Test(sqlite_location, notices_before_the_copy_what_was_written_since_the_opening)
{
    mig_catalog *catalog;
    mig_source  *source;

    sqlite_file_run(&file, WAL_SQL);
    source = sqlite_file_open(&file, &catalog);
    sqlite_file_run(&file, "UPDATE t SET v = 'B' WHERE id = 2");

    cr_assert_eq(source->ops->snapshot(source, 1, &err), MIG_E_CHANGED);
    mig_catalog_free(catalog);
    mig_source_close(source);
}

Test(sqlite_location, notices_that_the_file_was_exchanged)
{
    mig_catalog *catalog;
    mig_source  *source;
    sqlite_file  other = file;

    (void)snprintf(other.path, sizeof other.path, "%s/other.db", file.folder);
    sqlite_file_run(&file, TABLE_SQL);
    sqlite_file_run(&other, TABLE_SQL);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(read_all(source, catalog), 2);
    cr_assert_eq(rename(other.path, file.path), 0);

    expect_changed(source, "another file stands in its place");
    mig_catalog_free(catalog);
    mig_source_close(source);
}

Test(sqlite_location, keeps_a_rollback_application_from_committing_while_it_reads)
{
    mig_catalog  *catalog;
    mig_source   *source;
    sqlite_writer writer;

    sqlite_file_run(&file, TABLE_SQL);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(read_all(source, catalog), 2);
    sqlite_writer_start(&writer, &file, "PRAGMA busy_timeout = 0");

    cr_assert_neq(sqlite_writer_run(&writer, "INSERT INTO t VALUES (3, 'c')"), 0);
    cr_assert_eq(source->ops->unchanged(source, &err), MIG_OK);

    sqlite_writer_stop(&writer);
    mig_catalog_free(catalog);
    mig_source_close(source);
}

Test(sqlite_location, names_its_library)
{
    cr_assert_eq(mig_sqlite_version()[0], '3');
}
