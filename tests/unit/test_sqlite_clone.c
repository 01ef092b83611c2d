/*
 * test_sqlite_clone.c - a whole database, from one snapshot, page by page.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/sqlite_file.h"
#include "mig/sqlite.h"

/* Something of everything, and more than one step of pages. */
#define CONTENT                                                                                    \
    "PRAGMA page_size = 1024; PRAGMA user_version = 42; PRAGMA application_id = 4711;"             \
    "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT);"                               \
    "CREATE TABLE w (a TEXT, b BLOB, PRIMARY KEY (b, a)) WITHOUT ROWID;"                           \
    "CREATE INDEX p_n ON p (n) WHERE n > '';"                                                      \
    "CREATE VIEW v AS SELECT n FROM p;"                                                            \
    "CREATE VIRTUAL TABLE f USING fts5(t);"                                                        \
    "INSERT INTO p WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 9000)" \
    " SELECT x, hex(zeroblob(200)) FROM i;"                                                        \
    "DELETE FROM p WHERE id = 9000;"                                                               \
    "INSERT INTO w VALUES ('a', x'00'); INSERT INTO f VALUES ('some words');"                      \
    "CREATE TRIGGER p_w AFTER INSERT ON p BEGIN INSERT INTO w VALUES (new.n, x'01'); END;"

static sqlite_file  from, to;
static mig_error    err = MIG_ERROR_INIT;
static mig_source  *source;
static mig_catalog *catalog;
static mig_sink    *sink;
static mig_plan     plan;
static mig_buf      notes;
static unsigned     n_ticks;
static uint64_t     n_pages;

static void
setup(void)
{
    sqlite_file_init(&from, "source.db");
    sqlite_file_init(&to, "target.db");
}

static void
close_all(void)
{
    mig_sink_close(sink);
    mig_source_close(source);
    sink = NULL;
    source = NULL;
}

static void
teardown(void)
{
    close_all();
    mig_catalog_free(catalog);
    mig_error_fini(&err);
    sqlite_file_fini(&to);
    sqlite_file_fini(&from);
}

TestSuite(sqlite_clone, .init = setup, .fini = teardown);

static void
must(mig_status st)
{
    cr_assert_eq(st, MIG_OK, "%s: %s", err.message, err.detail != NULL ? err.detail : "");
}

static void
open_both(void)
{
    source = sqlite_file_open(&from, &catalog);
    must(source->ops->snapshot(source, 1, &err));
    must(mig_sqlite_sink_open(to.path, true, &sink, &err));
}

static mig_sqlite_fit
fit(void)
{
    mig_sqlite_fit fit = MIG_SQLITE_DIFFERS;

    open_both();
    must(mig_sqlite_fit_of(source, sink, &fit, &err));
    return fit;
}

static void
clone(void)
{
    must(mig_sqlite_clone(source, sink, NULL, &err));
    must(mig_sqlite_compare_pages(source, sink, false, &err));
    must(source->ops->unchanged(source, &err));
    must(sink->ops->finish(sink, &plan, &notes, &err));
    close_all();
}

/* The first value of the answer. */
static const char *
ask(const sqlite_file *file, const char *sql)
{
    static char   text[2][512];
    static int    turn;
    char         *answer = text[turn++ % 2];
    sqlite3      *db = NULL;
    sqlite3_stmt *stmt = NULL;

    cr_assert_eq(sqlite3_open_v2(file->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
    (void)snprintf(answer, sizeof text[0], "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
}

static void
expect_equal(const char *sql)
{
    cr_expect_str_eq(ask(&to, sql), ask(&from, sql), "%s", sql);
}

static void
expect_all_equal(void)
{
    expect_equal("SELECT group_concat(type || name || tbl_name || coalesce(sql, ''))"
                 " FROM sqlite_schema");
    expect_equal("SELECT count(*) || sum(id) || max(n) FROM p");
    expect_equal("SELECT group_concat(quote(a) || quote(b)) FROM w");
    expect_equal("SELECT t FROM f WHERE f MATCH 'words'");
    expect_equal("SELECT group_concat(name || seq) FROM sqlite_sequence");
    expect_equal("PRAGMA user_version");
    expect_equal("PRAGMA application_id");
    expect_equal("PRAGMA page_size");
    expect_equal("PRAGMA encoding");
    cr_expect_str_eq(ask(&to, "PRAGMA integrity_check"), "ok");
}

Test(sqlite_clone, everything_comes_along_into_a_file_that_is_made)
{
    uint64_t before;

    sqlite_file_run(&from, CONTENT);
    before = sqlite_file_hash(&from, "");
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    clone();
    cr_expect_eq(sqlite_file_hash(&from, ""), before);
    cr_expect_eq(sqlite_file_count(&from), 1);
    cr_expect_eq(sqlite_file_count(&to), 1);
    expect_all_equal();
}

Test(sqlite_clone, an_empty_file_counts_as_none_but_keeps_its_mode_and_journal)
{
    struct stat st;

    sqlite_file_run(&from, "PRAGMA encoding = 'UTF-16be';" CONTENT);
    sqlite_file_run(&to, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); DROP TABLE t");
    cr_assert_eq(chmod(to.path, 0640), 0);
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    clone();
    expect_all_equal();
    cr_assert_eq(stat(to.path, &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0640);
    cr_expect_str_eq(ask(&to, "PRAGMA journal_mode"), "wal");
}

Test(sqlite_clone, a_made_file_gets_the_sources_journal_mode)
{
    sqlite_file_run(&from, "PRAGMA journal_mode = WAL;" CONTENT);
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    clone();
    cr_expect_eq(sqlite_file_count(&to), 1);
    cr_expect_str_eq(ask(&to, "PRAGMA journal_mode"), "wal");
}

Test(sqlite_clone, the_same_schema_is_the_same_whatever_was_analyzed)
{
    sqlite_file_run(&from, CONTENT "ANALYZE");
    sqlite_file_run(&to, CONTENT "DELETE FROM p; INSERT INTO w VALUES ('old', x'ff')");
    cr_assert_eq(fit(), MIG_SQLITE_SAME);
    clone();
    expect_all_equal();
}

Test(sqlite_clone, another_word_of_sql_is_another_schema)
{
    sqlite_file_run(&from, "CREATE TABLE t (a INTEGER)");
    sqlite_file_run(&to, "CREATE TABLE t (a INT)");
    cr_assert_eq(fit(), MIG_SQLITE_DIFFERS);
}

Test(sqlite_clone, one_object_more_is_another_schema)
{
    sqlite_file_run(&from, "CREATE TABLE t (a)");
    sqlite_file_run(&to, "CREATE TABLE t (a); CREATE INDEX z ON t (a)");
    cr_assert_eq(fit(), MIG_SQLITE_DIFFERS);
}

Test(sqlite_clone, another_encoding_is_another_schema)
{
    sqlite_file_run(&from, "CREATE TABLE t (a)");
    sqlite_file_run(&to, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a)");
    cr_assert_eq(fit(), MIG_SQLITE_DIFFERS);
}

Test(sqlite_clone, virtual_tables_with_rows_are_told)
{
    mig_buf names = MIG_BUF_INIT;

    sqlite_file_run(&from, "CREATE TABLE t (a)");
    sqlite_file_run(&to, "CREATE VIRTUAL TABLE none USING fts5(t);"
                         "CREATE VIRTUAL TABLE some USING fts5(t); INSERT INTO some VALUES ('x');"
                         "CREATE VIRTUAL TABLE r USING rtree(i, a, b);"
                         "INSERT INTO r VALUES (1, 2, 3); CREATE VIEW v AS SELECT 1");
    open_both();
    must(mig_sqlite_virtual_rows(sink, &names, &err));
    cr_expect_str_eq(mig_buf_text(&names), "r, some");
    mig_buf_fini(&names);
}

/* Commits in the source between two steps of the copy. */
static sqlite_writer other;

static void
commit_between(void *arg, uint64_t n_done, uint64_t n_all)
{
    (void)arg;
    n_ticks++;
    n_pages = n_all;
    if (n_done < n_all)
        cr_assert_eq(sqlite_writer_run(
                         &other, "UPDATE p SET n = 'new'; CREATE TABLE IF NOT EXISTS late (a)"),
                     SQLITE_OK);
}

Test(sqlite_clone, what_is_committed_meanwhile_is_not_in_it)
{
    const mig_sqlite_pages watcher = {commit_between, NULL};

    sqlite_file_run(&from, "PRAGMA journal_mode = WAL;" CONTENT);
    sqlite_writer_start(&other, &from, "PRAGMA wal_autocheckpoint = 0; SELECT count(*) FROM p");
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    must(mig_sqlite_clone(source, sink, &watcher, &err));
    cr_assert_geq(n_ticks, 2);
    cr_assert_gt(n_pages, 1024);
    must(sink->ops->finish(sink, &plan, &notes, &err));
    close_all();
    sqlite_writer_stop(&other);
    cr_expect_str_eq(ask(&to, "SELECT count(*) FROM p WHERE n = 'new'"), "0");
    cr_expect_str_eq(ask(&from, "SELECT count(*) FROM p WHERE n = 'new'"), "8999");
    cr_expect_str_eq(ask(&to, "SELECT count(*) FROM sqlite_schema WHERE name = 'late'"), "0");
}

static void
interrupt_it(void *arg, uint64_t n_done, uint64_t n_all)
{
    bool of_source = *(const bool *)arg;

    (void)n_done;
    (void)n_all;
    n_ticks++;
    if (of_source)
        source->ops->interrupt(source);
    else
        sink->ops->interrupt(sink);
}

static void
expect_stopped(bool of_source)
{
    const mig_sqlite_pages watcher = {interrupt_it, &of_source};
    uint64_t               before;

    sqlite_file_run(&from, CONTENT);
    sqlite_file_run(&to, CONTENT);
    before = sqlite_file_hash(&to, "");
    cr_assert_eq(fit(), MIG_SQLITE_SAME);
    cr_expect_eq(mig_sqlite_clone(source, sink, &watcher, &err), MIG_E_STOPPED);
    cr_expect_eq(n_ticks, 1);
    cr_expect_neq(sink->ops->finish(sink, &plan, &notes, NULL), MIG_OK);
    close_all();
    cr_expect_eq(sqlite_file_hash(&to, ""), before);
    cr_expect_eq(sqlite_file_count(&to), 1);
}

Test(sqlite_clone, an_interrupt_of_the_source_ends_it_between_two_steps)
{
    expect_stopped(true);
}

Test(sqlite_clone, an_interrupt_of_the_target_ends_it_between_two_steps)
{
    expect_stopped(false);
}

Test(sqlite_clone, orphans_and_broken_checks_are_copied_as_they_are)
{
    sqlite_file_run(&from, "CREATE TABLE q (id INTEGER PRIMARY KEY);"
                           "CREATE TABLE p (id INTEGER REFERENCES q (id), n TEXT CHECK (n <> ''));"
                           "PRAGMA ignore_check_constraints = 1; INSERT INTO p VALUES (5, '')");
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    clone();
    cr_expect_str_eq(ask(&to, "SELECT quote(id) || quote(n) FROM p"), "5''");
}

/* A cell's place in a page of the table p, far behind the schema. */
#define INSIDE (200 * 1024)

static void
clone_damaged(void)
{
    unsigned char junk[64];

    memset(junk, 0xa5, sizeof junk);
    sqlite_file_run(&from, CONTENT);
    sqlite_file_write(&from, "", INSIDE, junk, sizeof junk);
    sqlite_file_run(&to, "PRAGMA user_version = 7");
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    must(mig_sqlite_clone(source, sink, NULL, &err));
}

static void
expect_the_old_target(void)
{
    close_all();
    cr_expect_str_eq(ask(&to, "PRAGMA user_version"), "7");
}

Test(sqlite_clone, damage_is_found_and_does_not_become_the_target)
{
    clone_damaged();
    cr_expect_eq(sink->ops->finish(sink, &plan, &notes, &err), MIG_E_DATABASE);
    cr_expect_str_eq(err.message, "the copy is damaged");
    expect_the_old_target();
}

Test(sqlite_clone, damage_is_found_by_a_thorough_comparison)
{
    clone_damaged();
    must(mig_sqlite_compare_pages(source, sink, true, &err));
    cr_expect_eq(sink->ops->finish(sink, &plan, &notes, &err), MIG_E_DATABASE);
    expect_the_old_target();
}

Test(sqlite_clone, damage_is_the_sources_business_where_the_pages_are_its_own)
{
    clone_damaged();
    must(mig_sqlite_compare_pages(source, sink, false, &err));
    must(sink->ops->finish(sink, &plan, &notes, &err));
    close_all();
    cr_expect_str_eq(ask(&to, "PRAGMA user_version"), "42");
}

/* Writes behind SQLite's back into the file that is being built. */
static void
tamper(off_t at, const void *bytes, size_t len)
{
    char   pattern[512];
    glob_t found;
    int    fd;

    (void)snprintf(pattern, sizeof pattern, "%s.new-*", to.path);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0);
    fd = open(found.gl_pathv[0], O_WRONLY);
    cr_assert_eq(pwrite(fd, bytes, len, at), (ssize_t)len);
    close(fd);
    globfree(&found);
}

static mig_status
compare_tampered(off_t at)
{
    sqlite_file_run(&from, CONTENT);
    sqlite_file_run(&to, "PRAGMA user_version = 7");
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    must(mig_sqlite_clone(source, sink, NULL, &err));
    tamper(at, "\x5a", 1);
    return mig_sqlite_compare_pages(source, sink, false, &err);
}

/* A value is another, and nothing that walks the tree would see it. */
Test(sqlite_clone, a_byte_that_differs_is_found_by_its_page)
{
    cr_assert_eq(compare_tampered(INSIDE), MIG_E_DIFFERS);
    cr_expect_str_eq(err.message, "page 201 of the new file is not the source's");
    expect_the_old_target();
}

Test(sqlite_clone, a_byte_that_differs_is_found_in_the_header)
{
    cr_assert_eq(compare_tampered(63), MIG_E_DIFFERS); /* of user_version */
    cr_expect_str_eq(err.message, "page 1 of the new file is not the source's");
}

Test(sqlite_clone, a_byte_that_differs_is_found_in_the_last_page)
{
    struct stat st;

    sqlite_file_run(&from, CONTENT);
    cr_assert_eq(stat(from.path, &st), 0);
    cr_expect_eq(unlink(from.path), 0);
    cr_assert_eq(compare_tampered(st.st_size - 1), MIG_E_DIFFERS);
}

Test(sqlite_clone, a_source_with_a_log_is_walked_through_instead)
{
    sqlite3 *db = NULL;

    sqlite_file_run(&from, CONTENT "PRAGMA journal_mode = WAL");
    cr_assert_eq(sqlite3_open_v2(from.path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "INSERT INTO p (n) VALUES ('in the log')", NULL, NULL, NULL),
                 SQLITE_OK);
    cr_assert_eq(fit(), MIG_SQLITE_EMPTY);
    must(mig_sqlite_clone(source, sink, NULL, &err));
    must(mig_sqlite_compare_pages(source, sink, false, &err));
    must(sink->ops->finish(sink, &plan, &notes, &err));
    close_all();
    sqlite3_close(db);
    cr_expect_str_eq(ask(&to, "SELECT count(*) FROM p WHERE n = 'in the log'"), "1");
}
