/*
 * sqlite.h - SQLite databases as sources.
 */
#ifndef MIG_SQLITE_H
#define MIG_SQLITE_H

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
 * The catalog of a database in which these statements were run one after the other; nothing of it
 * stays but the catalog.
 */
mig_status mig_sqlite_catalog_of_sql(const char *const *sql, size_t n_sql, mig_catalog **catalogp,
                                     mig_error *err) MIG_CHECKED;

/* The SQLite library the program runs with: "3.40.1". */
const char *mig_sqlite_version(void);

#endif
