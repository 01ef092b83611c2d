/*
 * sqlite_sink.h - a SQLite target as its own files see it.
 *
 * The target is built in a temporary file beside it and exchanged for the old
 * one at the end (replace.c), so that it is the old file or the finished new
 * one.  The temporary file has no journal: what fails in it cannot be taken
 * back, and makes the whole sink fail.
 */
#ifndef MIG__SQLITE_SINK_H
#define MIG__SQLITE_SINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "mig/sink.h"
#include "sqlite_source.h"

typedef struct mig__sqlite_sink {
    mig_sink base;

    /* Fixed after open. */
    char       *path;   /* without symbolic links */
    char       *folder; /* that it stands in */
    bool        exists;
    bool        wal; /* the target is to be in WAL mode, as the old file is */
    struct stat old_stat;
    mig_buf     warning;
    mode_t      new_mode; /* of a file that did not exist */

    /* The thread that has the sink.  Assigned under `lock`, for interrupt. */
    sqlite3 *old;  /* the old file, locked; an empty database in memory if there is none */
    sqlite3 *made; /* the temporary file; NULL before begin() */

    /* The thread that has the sink. */
    char   *made_path;        /* NULL unless the temporary file exists */
    int     made_fd;          /* of the temporary file, from its making to the exchange; else -1 */
    int     cache_kib;        /* SQLite's page cache of it */
    bool    failed;           /* made is half done and must not become the target */
    bool    is_clone;         /* made is the source, page by page (clone.c) */
    bool    has_source_pages; /* that was looked at, and is enough (same_pages.c) */
    mig_buf deferred; /* the SQL of indexes and triggers that are put back at the end, each with a
                         NUL behind it: SQLite keeps whatever else stands there as part of it */
    mig_buf lost;     /* of tables that make_schema replaced: what is gone with them, a line each */
    mig_buf probes;   /* duplicate.c: questions, each with a NUL behind it */

    /* sqlite_sync.c: what is being staged. */
    mig_table_plan    staging_plan;
    struct mig__feed *staging_feed;
    sqlite3_stmt     *staging;

    pthread_mutex_t lock; /* guards old and made against interrupt */
    atomic_bool     stopped;
} mig__sqlite_sink;

static inline mig__sqlite_sink *
mig__sqlite_sink_of(mig_sink *sink)
{
    return (mig__sqlite_sink *)sink;
}

/* Raises what the failed call on db left, as an error of writing. */
mig_status mig__sqlite_write_fail(sqlite3 *db, const char *what, mig_error *err) MIG_CHECKED;

/* Runs statements in the temporary file. */
mig_status mig__sqlite_write(mig__sqlite_sink *sink, const char *sql, const char *what,
                             mig_error *err) MIG_CHECKED;

/* sqlite_finish.c: of the contract. */
mig_status mig__sqlite_finish(mig_sink *base, const mig_plan *plan, mig_buf *notes,
                              mig_error *err) MIG_CHECKED;

/* page_cache.c.  large: for writing in any order; small: for rows, with watch() behind each batch,
 * which lets it grow while that is too little. */
mig_status mig__page_cache_large(mig__sqlite_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__page_cache_small(mig__sqlite_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__page_cache_watch(mig__sqlite_sink *sink, uint32_t n_rows,
                                 mig_error *err) MIG_CHECKED;

/* replace.c: finds the file, refuses what cannot be replaced, locks it. */
mig_status mig__replace_open(mig__sqlite_sink *sink, const char *path, bool may_create,
                             mig_error *err) MIG_CHECKED;

/* Makes the temporary file, a copy of the old one; nothing if that was done before. */
mig_status mig__replace_begin(mig__sqlite_sink *sink, mig_error *err) MIG_CHECKED;

/* The parts of begin(): the empty temporary file; its settings once there is something in it. */
mig_status mig__replace_make(mig__sqlite_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__replace_settle(mig__sqlite_sink *sink, mig_error *err) MIG_CHECKED;

/* Has the system begin to write the temporary file to its disk, for which exchange() waits. */
void mig__replace_start_sync(const mig__sqlite_sink *sink);

/* Whether a database from which something was read is in WAL mode. */
mig_status mig__replace_is_wal(sqlite3 *db, const char *path, bool *walp,
                               mig_error *err) MIG_CHECKED;

/* Puts the temporary file, which is complete, in the target's place. */
mig_status mig__replace_exchange(mig__sqlite_sink *sink, mig_error *err) MIG_CHECKED;

/* Closes both databases and removes the temporary file. */
void mig__replace_close(mig__sqlite_sink *sink);

extern const mig_sink_ops mig__sqlite_sink_ops;

/* duplicate.c: notes how duplicates under the index, which is there, would be found without it. */
mig_status mig__duplicate_note(mig__sqlite_sink *sink, const mig_table_plan *table,
                               const char *index, mig_error *err) MIG_CHECKED;

/* Adds the first duplicates that are found to the detail of the error just raised. */
void mig__duplicate_tell(mig__sqlite_sink *sink, mig_error *err);

/* sqlite_make_schema.c */
mig_status mig__sqlite_make_schema(mig_sink *sink, const mig_ddl *ddl, mig_error *err);
mig_status mig__sqlite_complete_schema(mig_sink *sink, const mig_ddl *ddl, unsigned n_parallel,
                                       mig_buf *notes, mig_error *err);

/* MIG_E_REFUSED if something else depends on a table or view that the DDL replaces, or has a name
 * that it needs. */
mig_status mig__sqlite_check_schema(mig__sqlite_sink *sink, const mig_ddl *ddl,
                                    mig_error *err) MIG_CHECKED;

/* Whether the DDL makes a table or view of that name. */
bool mig__sqlite_is_made(const mig_ddl *ddl, const char *name);

/* sqlite_sync.c: as in sink.h.  close: before the files are. */
mig_status mig__sqlite_sync_begin(mig_sink *sink, const mig_plan *plan, mig_error *err);
mig_status mig__sqlite_sync_stage(mig_sink *sink, mig_sync_table *table, mig_staging what,
                                  mig_error *err);
mig_status mig__sqlite_sync_put(mig_sink *sink, const mig_rows *rows, mig_error *err);
mig_status mig__sqlite_sync_staged(mig_sink *sink, mig_error *err);
mig_status mig__sqlite_sync_apply(mig_sink *sink, const mig_plan *plan, mig_sync_table *tables,
                                  mig_error *err);
mig_status mig__sqlite_sync_read(mig_sink *sink, const mig_sync_table *table, bool whole,
                                 mig_sync_read_fn *fn, void *arg, mig_error *err);
mig_status mig__sqlite_sync_commit(mig_sink *sink, const mig_plan *plan,
                                   const mig_sync_table *tables, mig_buf *notes, mig_error *err);
void       mig__sqlite_sync_close(mig__sqlite_sink *sink);

/* insert.c */
mig_status mig__insert_open(mig_sink *sink, unsigned index, const mig_stop *stop,
                            mig_writer **writerp, mig_error *err);
mig_status mig__insert_begin(mig_writer *writer, const mig_table_plan *plan, mig_error *err);
mig_status mig__insert_write(mig_writer *writer, mig_rows *rows, uint64_t *rowp, mig_error *err);
mig_status mig__insert_try(mig_writer *writer, mig_rows *rows, mig_refused_fn *fn, void *arg,
                           mig_error *err);
mig_status mig__insert_commit(mig_writer *writer, const mig_done *done, uint64_t *rowp,
                              mig_error *err);
void       mig__insert_abort(mig_writer *writer, const char *why);
void       mig__insert_close(mig_writer *writer);

#endif
