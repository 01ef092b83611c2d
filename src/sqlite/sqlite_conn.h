/*
 * sqlite_conn.h - read-only connections and small questions to them.
 *
 * Every error names what was being read, in the words given as `what`
 * ("table hosts"), and has SQLite's own text in its detail.
 */
#ifndef MIG__SQLITE_CONN_H
#define MIG__SQLITE_CONN_H

#include <sqlite3.h>
#include <stdint.h>

#include "location.h"

/* Sets the process-wide options; the first call has to be the first use of SQLite. */
void mig__sqlite_setup(void);

/*
 * Opens one more read-only connection.  `serialized`: several threads may use it, one after the
 * other, SQLite's own mutex sees to that; else one thread at a time.
 */
mig_status mig__sqlite_connect(const mig__location *location, bool serialized, sqlite3 **dbp,
                               mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig__sqlite_disconnect(sqlite3 *db);

/* Raises what the failed call on db left: MIG_E_STOPPED after an interrupt. */
mig_status mig__sqlite_fail(sqlite3 *db, const char *what, mig_error *err) MIG_CHECKED;

mig_status mig__sqlite_prepare(sqlite3 *db, const mig_buf *sql, const char *what,
                               sqlite3_stmt **stmtp, mig_error *err) MIG_CHECKED;

/* Prepares a question about the schema; the name of what it is about is its parameter 1. */
mig_status mig__sqlite_ask(sqlite3 *db, const char *question, const char *name,
                           sqlite3_stmt **stmtp, mig_error *err) MIG_CHECKED;

/* One step; false in *rowp at the end of the result. */
mig_status mig__sqlite_step(sqlite3_stmt *stmt, const char *what, bool *rowp,
                            mig_error *err) MIG_CHECKED;

/* A statement without result, such as BEGIN. */
mig_status mig__sqlite_run(sqlite3 *db, const char *sql, mig_error *err) MIG_CHECKED;

/* The integer in the first column of the first row; 0 if there is no row. */
mig_status mig__sqlite_number(sqlite3 *db, const char *sql, const char *what, int64_t *numberp,
                              mig_error *err) MIG_CHECKED;

/* Whether the database stores its texts as UTF-16. */
mig_status mig__sqlite_is_utf16(sqlite3 *db, const char *what, bool *utf16p,
                                mig_error *err) MIG_CHECKED;

#endif
