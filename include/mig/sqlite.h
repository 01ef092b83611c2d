/*
 * sqlite.h - SQLite databases as sources and targets.
 */
#ifndef MIG_SQLITE_H
#define MIG_SQLITE_H

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

/*
 * The catalog of a database in which these statements were run one after the other; nothing of it
 * stays but the catalog.
 */
mig_status mig_sqlite_catalog_of_sql(const char *const *sql, size_t n_sql, mig_catalog **catalogp,
                                     mig_error *err) MIG_CHECKED;

/* The SQLite library the program runs with: "3.40.1". */
const char *mig_sqlite_version(void);

#endif
