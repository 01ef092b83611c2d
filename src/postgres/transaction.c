/*
 * transaction.c - the transactions of the control connection.
 *
 * Most of what is done to the target is a transaction of its own.  In an atomic
 * run the first that changes something is the only one (--atomic): it takes in
 * all that comes behind it, the rows as well, and ends in mig__sink_commit() or
 * with the connection.
 *
 *   apart --begin--> open --end, roll_back--> apart        not atomic
 *   apart --begin--> whole --commit--> apart               atomic; end does nothing
 *                      |
 *                      +--roll_back--> broken              nothing can be begun any more
 *
 * Threads: the sink's.
 */
#include <string.h>

#include "mig/postgres.h"
#include "pg_sink.h"

mig_status
mig__sink_begin(mig__pg_sink *sink, const char *what, const char *settings, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    if (sink->atomic == MIG__ATOMIC_BROKEN)
        return mig_raise(err, MIG_E_DATABASE, "%s: the transaction was taken back", what);
    if (sink->atomic != MIG__ATOMIC_WHOLE)
        mig_buf_puts(&sql, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;");
    mig_buf_puts(&sql, settings);
    if (sql.len == 0)
        goto done;
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    if (sink->atomic == MIG__ATOMIC_APART)
        sink->atomic = MIG__ATOMIC_WHOLE;
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sink_begin_catalog(mig__pg_sink *sink, mig_error *err)
{
    static const char what[] = "cannot read the target's catalog";

    if (sink->atomic == MIG__ATOMIC_WHOLE)
        return mig__query_run(&sink->control, what, "SET LOCAL search_path = pg_catalog", err);
    return mig__query_run(&sink->control, what,
                          "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
                          "SET LOCAL search_path = pg_catalog",
                          err);
}

mig_status
mig__sink_own_path(mig__pg_sink *sink, mig_error *err)
{
    mig_status  st;
    const char *path = sink->own_path;
    PGresult   *res = NULL;

    st = mig__query_rows(&sink->control, "cannot set search_path",
                         "SELECT pg_catalog.set_config('search_path', $1, true)", 1, &path, &res,
                         err);
    PQclear(res);
    return st;
}

mig_status
mig__sink_end(mig__pg_sink *sink, const char *what, mig_error *err)
{
    if (sink->atomic == MIG__ATOMIC_WHOLE)
        return MIG_OK;
    return mig__query_run(&sink->control, what, "COMMIT", err);
}

void
mig__sink_roll_back(mig__pg_sink *sink, mig_status st)
{
    if (sink->atomic == MIG__ATOMIC_WHOLE && st == MIG_OK)
        return;
    if (sink->atomic == MIG__ATOMIC_WHOLE)
        sink->atomic = MIG__ATOMIC_BROKEN;
    mig__query_rollback(&sink->control);
}

mig_status
mig__sink_commit_now(mig__pg_sink *sink, const char *what, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = PQexec(sink->control.conn, "COMMIT");

    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        st = mig__query_raise(&sink->control, res, err, "%s", what);
        if (PQstatus(sink->control.conn) != CONNECTION_OK)
            mig_error_detail(err, "the connection was lost: it is unknown whether the target is "
                                  "what it was or holds all rows");
    } else if (strcmp(PQcmdStatus(res), "COMMIT") != 0) {
        st = mig_raise(err, MIG_E_INTERNAL, "the target answered a COMMIT with %s",
                       PQcmdStatus(res));
    }
    PQclear(res);
    return st;
}

mig_status
mig__sink_commit(mig__pg_sink *sink, mig_error *err)
{
    mig_status st;

    if (sink->atomic == MIG__ATOMIC_NOT)
        return MIG_OK;
    if (sink->atomic != MIG__ATOMIC_WHOLE)
        return mig_raise(err, MIG_E_INTERNAL, "there is no transaction to commit");
    st = mig__sink_commit_now(sink, "cannot commit the migration", err);
    if (st == MIG_E_CONNECT && !sink->sequences_held)
        mig_error_detail(err,
                         "if it holds all rows, its sequences are not set yet: --sync does it");
    sink->atomic = st == MIG_OK ? MIG__ATOMIC_NOT : MIG__ATOMIC_BROKEN;
    return st;
}

void
mig_postgres_sink_atomic(mig_sink *base)
{
    mig__pg_sink *sink = (mig__pg_sink *)base;

    sink->atomic = MIG__ATOMIC_APART;
    sink->base.all_or_nothing = true;
}
