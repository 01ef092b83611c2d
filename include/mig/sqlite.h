/*
 * sqlite.h - SQLite databases as sources and targets.
 */
#ifndef MIG_SQLITE_H
#define MIG_SQLITE_H

#include "mig/buf.h"
#include "mig/sink.h"
#include "mig/source.h"

/*
 * Opens the file read-only.  Never creates, recovers or checkpoints anything; the reasons why a
 * file cannot be read like that (missing, empty, encrypted, a hot journal, a write-ahead log that
 * cannot be read without writing) are told apart, each with its way out.
 *
 * The first call sets process-wide options of the SQLite library and therefore has to come before
 * any other use of it.
 */
mig_status mig_sqlite_source_open(const char *path, mig_source **sourcep,
                                  mig_error *err) MIG_CHECKED;

/* Warnings about the opened file that a person should read, or NULL: valid until close. */
const char *mig_sqlite_source_warning(const mig_source *source);

/*
 * Opens the file as a target and locks it against every other use until close; nothing in it is
 * changed before finish() exchanges it for a new file that was built beside it.  A file that does
 * not exist is an error unless may_create.  Also a first use of the SQLite library.
 *
 * After a chunk_abort, or another failure that left the new file half done, every later write and
 * finish fails.
 */
mig_status mig_sqlite_sink_open(const char *path, bool may_create, mig_sink **sinkp,
                                mig_error *err) MIG_CHECKED;

/* Warnings about what stands beside the target, or NULL: valid until close. */
const char *mig_sqlite_sink_warning(const mig_sink *sink);

/* How a source's schema and a target's stand to each other. */
typedef enum mig_sqlite_fit {
    MIG_SQLITE_DIFFERS, /* also where one of them is no SQLite database */
    MIG_SQLITE_EMPTY,   /* the target holds nothing, not even an empty table, or does not exist */
    MIG_SQLITE_SAME,    /* both have the same encoding, and the same SQL of every object */
} mig_sqlite_fit;

/* Any source and any sink, before anything in the target was changed. */
mig_status mig_sqlite_fit_of(mig_source *source, mig_sink *sink, mig_sqlite_fit *fitp,
                             mig_error *err) MIG_CHECKED;

/* Appends "a, b": the virtual tables of a SQLite target that hold rows, which no catalog tells. */
mig_status mig_sqlite_virtual_rows(mig_sink *sink, mig_buf *names, mig_error *err) MIG_CHECKED;

/* Called now and then by the thread that clones. */
typedef struct mig_sqlite_pages {
    void (*tick)(void *arg, uint64_t n_done, uint64_t n_pages);
    void *arg;
} mig_sqlite_pages;

/*
 * Builds the new file as a copy of the whole source, in the state of its snapshot: in place of
 * run_steps, prepare and the writers, for any fit but DIFFERS.  Everything the source has comes
 * along; of the old target nothing stays but its journal mode, owner and mode, which finish() sees
 * to as ever.  Where there was no target the journal mode is the source's too.  `watcher` may be
 * NULL.  MIG_E_STOPPED after an interrupt of source or sink.
 */
mig_status mig_sqlite_clone(mig_source *source, mig_sink *sink, const mig_sqlite_pages *watcher,
                            mig_error *err) MIG_CHECKED;

/*
 * Behind the clone: whether its pages are those of the source, read again from both files;
 * MIG_E_DIFFERS if not.  finish() then does without walking through the new file, unless `thorough`
 * or the source has a write-ahead log, where pages cannot be compared: then the walk is the proof.
 */
mig_status mig_sqlite_compare_pages(mig_source *source, mig_sink *sink, bool thorough,
                                    mig_error *err) MIG_CHECKED;

/*
 * The catalog of a database in which these statements were run one after the other; nothing of it
 * stays but the catalog.
 */
mig_status mig_sqlite_catalog_of_sql(const char *const *sql, size_t n_sql, mig_catalog **catalogp,
                                     mig_error *err) MIG_CHECKED;

/* The SQLite library the program runs with: "3.40.1". */
const char *mig_sqlite_version(void);

#endif
