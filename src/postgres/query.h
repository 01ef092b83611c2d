/*
 * query.h - running statements, and the server's errors as ours.
 *
 * These calls wait for the server; mig__sessions_interrupt() breaks into them,
 * and after it none begins unless session->must_finish is set.  What writers do is in
 * copy_stream.h.
 *
 * Threads: the session's.
 */
#ifndef MIG_POSTGRES_QUERY_H
#define MIG_POSTGRES_QUERY_H

#include <stdint.h>

#include "mig/buf.h"
#include "mig/catalog.h"
#include "session.h"

/* Of a server's texts, which may quote whole rows, at most this many characters are told. */
#define MIG__MAX_SERVER_TEXT 200

/*
 * Raises what the server answered: `fmt` says what was tried.  `res` may be NULL when there is no
 * answer.  MIG_E_CONNECT if the connection is gone, MIG_E_STOPPED if the answer is the echo of an
 * interruption, else by the class of the SQLSTATE.
 */
mig_status mig__query_raise(const mig__session *session, const PGresult *res, mig_error *err,
                            const char *fmt, ...) MIG_PRINTF(4, 5);

/* The status alone. */
mig_status mig__query_status(const mig__session *session, const PGresult *res);

/* The SQLSTATE of an answer; "" if it has none. */
const char *mig__query_sqlstate(const PGresult *res);

/* Runs statements (several, separated by ";", are allowed) and drops their results.  `what` is
 * told in the error: "cannot erase the tables". */
mig_status mig__query_run(mig__session *session, const char *what, const char *sql,
                          mig_error *err) MIG_CHECKED;

/* The same for a text in a mig_buf, whose memory it checks. */
mig_status mig__query_run_buf(mig__session *session, const char *what, const mig_buf *sql,
                              mig_error *err) MIG_CHECKED;

/* Runs one query with text parameters.  *resp is the caller's to PQclear(), NULL on failure. */
mig_status mig__query_rows(mig__session *session, const char *what, const char *sql, int n_params,
                           const char *const *params, PGresult **resp, mig_error *err) MIG_CHECKED;

/* Ends a transaction that failed, if one is open.  Tells nothing: the failure was told. */
void mig__query_rollback(mig__session *session);

static inline bool
mig__query_true(const PGresult *res, int row, int column)
{
    return PQgetvalue(res, row, column)[0] == 't';
}

/* Appends "schema"."name". */
void mig__query_name(mig_buf *sql, const char *schema, const char *name);

/* Appends "schema"."name" of a table: its own schema, where the catalog is one of several. */
void mig__query_home(mig_buf *sql, const char *schema, const mig_table *table);

/* Appends the table for a statement that is to mean its own rows and those of its partitions, but
 * never inheritance children: [ONLY] "schema"."name". */
void mig__query_table(mig_buf *sql, const char *schema, const mig_table *table);

/* Appends an element of an array literal: "a". */
void mig__query_element(mig_buf *text, const char *element);

/* Appends an array literal: {"a","b"}. */
void mig__query_names(mig_buf *text, char *const *names, size_t n_names);

/* The same of the tables' names. */
void mig__query_array(mig_buf *text, const mig_table *const *tables, size_t n_tables);

#endif
