/*
 * clone.c - a whole SQLite database into a SQLite target, page by page.
 *
 * Where the target holds nothing, or has the source's schema word for word,
 * nothing in it would outlive a copy.  So the new file is made of the source's
 * pages by SQLite's backup: every table, index, trigger, view and virtual
 * table, sqlite_sequence, rowids, encoding, page size, user_version and
 * application_id come along without being told one by one, at several times the speed of rows.
 *
 * A backup from a connection that is inside a read transaction reads that
 * transaction's state and does not end it; and what other processes commit
 * meanwhile is not in it, so the backup never begins again from the start.
 * Interrupts do not reach into a backup: it is taken in steps, and the flags
 * are looked at in between.
 *
 * Threads: the one that has source and sink.
 */
#include <string.h>

#include "mig/sqlite.h"
#include "sqlite_sink.h"

/* Pages of one step: 4 MiB of the usual size, some milliseconds. */
#define PAGES_PER_STEP 1024

/* What ANALYZE leaves, and the table of the last rowids, is content and no schema. */
static const char schema_sql[] = "SELECT type, name, tbl_name, coalesce(sql, '')"
                                 " FROM main.sqlite_schema"
                                 " WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'"
                                 " AND name <> 'sqlite_sequence' ORDER BY type, name";

static bool
are_both_sqlite(const mig_source *source, const mig_sink *sink)
{
    return source->ops == &mig__sqlite_source_ops && sink->ops == &mig__sqlite_sink_ops;
}

static bool
same_values(sqlite3_stmt *one, sqlite3_stmt *other)
{
    for (int i = 0; i < sqlite3_column_count(one); i++) {
        const void *a = sqlite3_column_text(one, i);
        const void *b = sqlite3_column_text(other, i);
        int         len = sqlite3_column_bytes(one, i);

        if (a == NULL || b == NULL || len != sqlite3_column_bytes(other, i) ||
            memcmp(a, b, (size_t)len) != 0)
            return false;
    }
    return true;
}

/* Whether both databases answer the question alike, row by row. */
static mig_status
same_answer(sqlite3 *one, sqlite3 *other, const char *question, bool *samep, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *of_one = NULL, *of_other = NULL;
    bool          more = true, more_other;

    *samep = true;
    mig_buf_puts(&sql, question);
    MIG_TRY(mig__sqlite_prepare(one, &sql, "the schema", &of_one, err));
    MIG_TRY(mig__sqlite_prepare(other, &sql, "the schema", &of_other, err));
    while (*samep && more) {
        MIG_TRY(mig__sqlite_step(of_one, "the schema", &more, err));
        MIG_TRY(mig__sqlite_step(of_other, "the schema", &more_other, err));
        *samep = more == more_other && (!more || same_values(of_one, of_other));
    }
done:
    sqlite3_finalize(of_one);
    sqlite3_finalize(of_other);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig_sqlite_fit_of(mig_source *source, mig_sink *sink, mig_sqlite_fit *fitp, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       same;
    sqlite3   *one, *other;
    int64_t    n_objects;

    *fitp = MIG_SQLITE_DIFFERS;
    if (!are_both_sqlite(source, sink))
        return MIG_OK;
    one = mig__sqlite_source_of(source)->questions;
    other = mig__sqlite_sink_of(sink)->old;
    MIG_TRY(mig__sqlite_number(other, "SELECT count(*) FROM main.sqlite_schema", "the target",
                               &n_objects, err));
    if (n_objects == 0) {
        *fitp = MIG_SQLITE_EMPTY;
        goto done;
    }
    MIG_TRY(same_answer(one, other, "PRAGMA encoding", &same, err));
    if (same)
        MIG_TRY(same_answer(one, other, schema_sql, &same, err));
    if (same)
        *fitp = MIG_SQLITE_SAME;
done:
    return st;
}

/* Virtual tables have no pages of their own: their root is page 0. */
mig_status
mig_sqlite_virtual_rows(mig_sink *sink, mig_buf *names, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3      *db = mig__sqlite_sink_of(sink)->old;
    sqlite3_stmt *tables = NULL;
    bool          more;

    mig_buf_puts(&sql, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0"
                       " ORDER BY name");
    MIG_TRY(mig__sqlite_prepare(db, &sql, "the target", &tables, err));
    for (;;) {
        const char *name;
        int64_t     any;

        MIG_TRY(mig__sqlite_step(tables, "the target", &more, err));
        if (!more)
            break;
        name = (const char *)sqlite3_column_text(tables, 0);
        mig_buf_clear(&sql);
        mig_buf_puts(&sql, "SELECT 1 FROM main.");
        mig_buf_identifier(&sql, name);
        mig_buf_puts(&sql, " LIMIT 1");
        MIG_TRY(mig_buf_check(&sql, err));
        MIG_TRY(mig__sqlite_number(db, mig_buf_text(&sql), name, &any, err));
        if (any != 0)
            mig_buf_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
    }
done:
    sqlite3_finalize(tables);
    mig_buf_fini(&sql);
    return st;
}

/* SQLite tells what went wrong, but not on which side. */
static mig_status
raise_backup(int code, const mig__sqlite_source *source, const mig__sqlite_sink *sink,
             mig_error *err)
{
    mig_status st = MIG_E_DATABASE;

    if ((code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR)
        st = MIG_E_IO;
    if ((code & 0xff) == SQLITE_NOMEM)
        st = MIG_E_NOMEM;
    mig_raise(err, st, "cannot copy the pages of %s to %s", source->location.path, sink->made_path);
    mig_error_detail(err, "SQLite: %s (code %d)", sqlite3_errmsg(sink->made), code);
    return st;
}

static mig_status
copy_pages(mig__sqlite_source *source, sqlite3 *from, mig__sqlite_sink *sink,
           const mig_sqlite_pages *watcher, mig_error *err)
{
    mig_status      st = MIG_OK;
    int             code = SQLITE_OK;
    sqlite3_backup *backup = sqlite3_backup_init(sink->made, "main", from, "main");

    if (backup == NULL)
        return raise_backup(sqlite3_extended_errcode(sink->made), source, sink, err);
    while (code == SQLITE_OK) {
        uint64_t n_pages, n_left;

        MIG_TRY(mig__sqlite_check(source, from, err));
        if (atomic_load(&sink->stopped)) {
            st = mig_raise(err, MIG_E_STOPPED, "writing the target was interrupted");
            goto done;
        }
        code = sqlite3_backup_step(backup, PAGES_PER_STEP);
        mig__replace_start_sync(sink);
        n_pages = (uint64_t)sqlite3_backup_pagecount(backup);
        n_left = (uint64_t)sqlite3_backup_remaining(backup);
        if (watcher != NULL)
            watcher->tick(watcher->arg, n_pages - n_left, n_pages);
    }
done:
    code = sqlite3_backup_finish(backup);
    if (st == MIG_OK && code != SQLITE_OK)
        st = raise_backup(code, source, sink, err);
    return st;
}

mig_status
mig_sqlite_clone(mig_source *base_source, mig_sink *base_sink, const mig_sqlite_pages *watcher,
                 mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base_source);
    mig__sqlite_sink   *sink = mig__sqlite_sink_of(base_sink);
    mig_status          st = MIG_OK;
    sqlite3            *from;
    bool                same;

    if (!are_both_sqlite(base_source, base_sink) || sink->made != NULL)
        return mig_raise(err, MIG_E_INTERNAL, "only SQLite databases can be cloned, once");
    MIG_TRY(mig__sqlite_reader(source, 0, &from, err));
    MIG_TRY(mig__replace_make(sink, err));
    MIG_TRY(copy_pages(source, from, sink, watcher, err));
    MIG_TRY(same_answer(from, sink->made, schema_sql, &same, err));
    if (!same) {
        st = mig_raise(err, MIG_E_DIFFERS, "the schema of the new file is not the source's");
        goto done;
    }
    if (!sink->exists)
        MIG_TRY(mig__replace_is_wal(sink->made, sink->made_path, &sink->wal, err));
    MIG_TRY(mig__sqlite_write(sink, "PRAGMA journal_mode = OFF", sink->made_path, err));
    sink->is_clone = true;
done:
    if (st != MIG_OK)
        sink->failed = true;
    return st;
}
