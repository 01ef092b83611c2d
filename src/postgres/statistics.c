/*
 * statistics.c - ANALYZE of what was written, beside verification.
 *
 * Both only read, so that the statistics of the planner need not wait: where a
 * connection is left they are begun on one of their own before verification,
 * and finish() waits for what is not done of them.  Else, and in the
 * transaction of an atomic run, finish() makes them.
 *
 * Source: PostgreSQL manual, ANALYZE ("requires only a read lock on the target
 * table"); several tables in one command since version 11.
 *
 * Threads: the sink's.
 */
#include <string.h>

#include "pg_sink.h"

static const char what[] = "cannot analyze the target's tables";

/* One command for those of the tables that the role may; nothing if there are none. */
static mig_status
command_for(mig__pg_sink *sink, const mig_table *const *tables, size_t n, mig_buf *command,
            mig_error *err)
{
    static const char sql[] =
        MIG__WRITTEN_SQL "SELECT l.relname FROM listed l"
                         " WHERE pg_catalog.pg_has_role(l.relowner, 'USAGE') ORDER BY l.relname";
    mig_status  st = MIG_OK;
    bool        one_by_one = PQserverVersion(sink->control.conn) < 110000;
    mig_buf     names = MIG_BUF_INIT;
    PGresult   *owned = NULL;
    const char *params[2] = {sink->schema, NULL};

    mig__query_array(&names, tables, n);
    MIG_TRY(mig_buf_check(&names, err));
    params[1] = mig_buf_text(&names);
    MIG_TRY(mig__query_rows(&sink->control, "cannot read the target's catalog", sql, 2, params,
                            &owned, err));
    for (int i = 0; i < PQntuples(owned); i++) {
        mig_buf_puts(command, i == 0 ? "ANALYZE " : one_by_one ? "; ANALYZE " : ", ");
        mig__query_name(command, sink->schema, PQgetvalue(owned, i, 0));
    }
    MIG_TRY(mig_buf_check(command, err));
done:
    PQclear(owned);
    mig_buf_fini(&names);
    return st;
}

mig_status
mig__statistics_begin(mig__pg_sink *sink, const mig_table *const *tables, size_t n,
                      unsigned n_others, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     command = MIG_BUF_INIT;
    unsigned    n_spare = 0;
    mig__server server;

    if (sink->atomic != MIG__ATOMIC_NOT || sink->statistics.conn != NULL)
        return MIG_OK;
    MIG_TRY(mig__spare_count(sink, &n_spare, err));
    if (n_spare < n_others + 1)
        goto done;
    MIG_TRY(command_for(sink, tables, n, &command, err));
    if (command.len == 0)
        goto done;
    MIG_TRY(mig__session_open(&sink->statistics, &sink->sessions, sink->conninfo, &server, err));
    if (strcmp(server.identity, sink->server.identity) != 0) {
        st = mig_raise(err, MIG_E_CONNECT, "a second connection led to another server");
        goto done;
    }
    if (PQsendQuery(sink->statistics.conn, mig_buf_text(&command)) != 1)
        st = mig__query_raise(&sink->statistics, NULL, err, "%s", what);
done:
    if (st != MIG_OK)
        mig__session_close(&sink->statistics);
    mig_buf_fini(&command);
    return st;
}

mig_status
mig__statistics_wait(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res;

    if (sink->statistics.conn == NULL)
        return MIG_OK;
    while ((res = PQgetResult(sink->statistics.conn)) != NULL) {
        if (PQresultStatus(res) != PGRES_COMMAND_OK && st == MIG_OK)
            st = mig__query_raise(&sink->statistics, res, err, "%s", what);
        PQclear(res);
    }
    mig__session_close(&sink->statistics);
    sink->statistics_made = st == MIG_OK;
    return st;
}

mig_status
mig__statistics_make(mig__pg_sink *sink, const mig_table *const *tables, size_t n, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    command = MIG_BUF_INIT;

    MIG_TRY(mig__statistics_wait(sink, err));
    if (sink->statistics_made)
        goto done;
    MIG_TRY(command_for(sink, tables, n, &command, err));
    if (command.len > 0)
        MIG_TRY(mig__query_run_buf(&sink->control, what, &command, err));
done:
    mig_buf_fini(&command);
    return st;
}

void
mig__statistics_drop(mig__pg_sink *sink)
{
    if (sink->statistics.conn == NULL)
        return;
    mig__session_cancel(&sink->statistics);
    mig__session_close(&sink->statistics);
}
