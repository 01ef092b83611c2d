/*
 * prepare.c - erasing the tables, with what is suspended taken away before.
 *
 * One transaction: lock all tables, suspend the triggers (a TRUNCATE fires
 * triggers too), one TRUNCATE that names all tables and never cascades.  The
 * lock is waited for only some seconds; who holds it is then told by name.
 *
 * From here on this run owns the target schema: it holds an advisory lock that
 * ends with the control connection, so that a second run cannot erase what
 * this one copies.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

static const char holders_sql[] = MIG__WRITTEN_SQL
    "SELECT DISTINCT a.pid, a.application_name, a.usename, a.state, a.query_start"
    " FROM pg_catalog.pg_locks k JOIN tree t ON t.oid = k.relation"
    " JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid"
    " WHERE k.granted AND k.locktype = 'relation' AND k.pid <> pg_catalog.pg_backend_pid()"
    " ORDER BY a.query_start";

static const char claimants_sql[] =
    "SELECT a.pid, a.application_name, a.usename, a.state, a.query_start"
    " FROM pg_catalog.pg_locks k JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid"
    " WHERE k.granted AND k.locktype = 'advisory' AND k.classid = " MIG__LOCK_CLASS
    " AND k.objid = $1::pg_catalog.oid AND k.objsubid = 2 AND k.database ="
    " (SELECT d.oid FROM pg_catalog.pg_database d"
    "  WHERE d.datname = pg_catalog.current_database())";

/* One line of detail per connection that is in the way. */
static void
tell_holders(mig__pg_sink *sink, const char *sql, int n_params, const char *const *params,
             mig_error *err)
{
    mig_error unheard = MIG_ERROR_INIT;
    PGresult *res = NULL;

    if (mig__query_rows(&sink->control, "cannot ask for locks", sql, n_params, params, &res,
                        &unheard) == MIG_OK) {
        for (int i = 0; i < PQntuples(res); i++)
            mig_error_detail(err, "held by pid %s (application \"%s\", role %s, %s since %s UTC)",
                             PQgetvalue(res, i, 0), PQgetvalue(res, i, 1), PQgetvalue(res, i, 2),
                             PQgetvalue(res, i, 3), PQgetvalue(res, i, 4));
        if (PQntuples(res) == 0)
            mig_error_detail(err, "whoever held it is gone by now");
    }
    mig_error_fini(&unheard);
    PQclear(res);
}

mig_status
mig__sink_claim(mig__pg_sink *sink, mig_error *err)
{
    static const char sql[] = "SELECT pg_catalog.pg_try_advisory_lock(" MIG__LOCK_CLASS
                              ", $1::pg_catalog.oid::pg_catalog.int4)";
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *oid = sink->schema_oid;

    if (sink->claimed)
        return MIG_OK;
    MIG_TRY(mig__query_rows(&sink->control, "cannot lock the target", sql, 1, &oid, &res, err));
    if (!mig__query_true(res, 0, 0)) {
        /* It was ours while the journal is: what is left of a lost connection may have it. */
        st = mig_raise(err, sink->journal_begun ? MIG_E_CONNECT : MIG_E_REFUSED,
                       "another run is writing into the target");
        tell_holders(sink, claimants_sql, 1, &oid, err);
        goto done;
    }
    sink->claimed = true;
done:
    PQclear(res);
    return st;
}

mig_status
mig__sink_locked(mig__pg_sink *sink, const char *schema, const char *names, const char *waited,
                 mig_error *err)
{
    const char *params[2] = {schema, names};

    mig_raise(err, MIG_E_DATABASE,
              "cannot lock the target's tables: another connection uses them (waited %s)", waited);
    mig_error_hint(err, "stop what is connected to the target database and run again");
    tell_holders(sink, holders_sql, 2, params, err);
    return MIG_E_DATABASE;
}

mig_status
mig__sink_lock(mig__pg_sink *sink, const mig_table *const *tables, size_t n_tables,
               const char *mode, bool *lockedp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    mig_buf_puts(&sql, "SET LOCAL lock_timeout = '" MIG__LOCK_TIMEOUT "'; LOCK TABLE ");
    for (size_t i = 0; i < n_tables; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig__query_table(&sql, sink->schema, tables[i]);
    }
    mig_buf_printf(&sql, " IN %s MODE", mode);
    MIG_TRY(mig_buf_check(&sql, err));

    res = PQexec(sink->control.conn, mig_buf_text(&sql));
    if (PQresultStatus(res) == PGRES_COMMAND_OK)
        goto done;
    if (strcmp(mig__query_sqlstate(res), "55P03") != 0) {
        st = mig__query_raise(&sink->control, res, err, "cannot lock the target's tables");
        goto done;
    }
    st = MIG_E_DATABASE;
    *lockedp = true;
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* Under the lock, so the answer holds.  Reads one row of each table at the most. */
static mig_status
hold_rows(mig__pg_sink *sink, const mig_table *const *tables, size_t n_tables, bool *hold_rowsp,
          mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    *hold_rowsp = true;
    for (size_t i = 0; i < n_tables; i++) {
        mig_buf_puts(&sql, i > 0 ? " OR EXISTS (SELECT FROM " : "SELECT EXISTS (SELECT FROM ");
        mig__query_table(&sql, sink->schema, tables[i]);
        mig_buf_puts(&sql, ")");
    }
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, "cannot look at the target's tables",
                            mig_buf_text(&sql), 0, NULL, &res, err));
    *hold_rowsp = mig__query_true(res, 0, 0);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/*
 * All or nothing: TRUNCATE wants every table that refers to an erased one in its list.  Tables that
 * are all empty are left as they are, since TRUNCATE makes new files for each table and index
 * (measured: 190 of 470 ms of a small migration).
 */
static mig_status
erase(mig__pg_sink *sink, const mig_table *const *tables, size_t n_tables, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    bool       needed;

    MIG_TRY(hold_rows(sink, tables, n_tables, &needed, err));
    if (!needed)
        goto done;
    mig_buf_puts(&sql, "TRUNCATE TABLE ");
    for (size_t i = 0; i < n_tables; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig__query_table(&sql, sink->schema, tables[i]);
    }
    MIG_TRY(mig__query_run_buf(&sink->control, "cannot erase the target's tables", &sql, err));
    sink->fresh = sink->atomic == MIG__ATOMIC_WHOLE;
done:
    mig_buf_fini(&sql);
    return st;
}

static mig_status
suspend(mig__pg_sink *sink, const mig_plan *plan, const char *names, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__triggers_suspend(sink, names, err));
    MIG_TRY(mig__keys_suspend(sink, plan, err));
    MIG_TRY(mig__indexes_suspend(sink, plan, err));
done:
    return st;
}

mig_status
mig__prepare_tables(mig__pg_sink *sink, const mig_plan *plan, const mig_table *const *tables,
                    mig_error *err)
{
    size_t     n_tables = plan->n_tables;
    mig_status st = MIG_OK;
    mig_buf    names = MIG_BUF_INIT;
    bool       locked = false;

    if (n_tables == 0)
        return MIG_OK;
    mig__query_array(&names, tables, n_tables);
    MIG_TRY(mig_buf_check(&names, err));

    MIG_TRY(mig__sink_claim(sink, err));
    MIG_TRY(mig__sink_begin(sink, "cannot begin a transaction", "", err));
    MIG_TRY(mig__sink_lock(sink, tables, n_tables, "ACCESS EXCLUSIVE", &locked, err));
    MIG_TRY(mig__journal_begin(sink, err));
    MIG_TRY(suspend(sink, plan, mig_buf_text(&names), err));
    MIG_TRY(erase(sink, tables, n_tables, err));
    if (sink->atomic == MIG__ATOMIC_WHOLE)
        MIG_TRY(mig__sequences_hold(sink, mig_buf_text(&names), err));
    MIG_TRY(mig__sink_own_path(sink, err));
    MIG_TRY(mig__sink_end(sink, "cannot erase the target's tables", err));
done:
    mig__sink_roll_back(sink, st);
    if (locked)
        st = mig__sink_locked(sink, sink->schema, mig_buf_text(&names), MIG__LOCK_TIMEOUT, err);
    mig_buf_fini(&names);
    return st;
}

/*
 * The dead run's processes in the server may live a moment longer, and have a COMMIT before them.
 * They hold locks on the tables: behind ours, the journal is final.
 */
mig_status
mig__resume_tables(mig__pg_sink *sink, const mig_plan *plan, const mig_table *const *tables,
                   mig_journal *journal, mig_error *err)
{
    static const char what[] = "cannot go on with the run";
    mig_status        st = MIG_OK;
    mig_buf           names = MIG_BUF_INIT;
    bool              locked = false, was_ours = sink->journal_begun;

    mig__query_array(&names, tables, plan->n_tables);
    MIG_TRY(mig_buf_check(&names, err));
    MIG_TRY(mig__sink_claim(sink, err));
    MIG_TRY(mig__sink_begin(sink, what, "", err));
    if (plan->n_tables > 0)
        MIG_TRY(mig__sink_lock(sink, tables, plan->n_tables, "ACCESS EXCLUSIVE", &locked, err));
    MIG_TRY(mig__journal_take_up(sink, journal, err));
    MIG_TRY(mig__journal_read(sink, journal, err));
    if (!journal->copied && plan->n_tables > 0)
        MIG_TRY(suspend(sink, plan, mig_buf_text(&names), err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    if (locked)
        st = mig__sink_locked(sink, sink->schema, mig_buf_text(&names), MIG__LOCK_TIMEOUT, err);
    if (locked && was_ours) {
        st = MIG_E_CONNECT; /* as in mig__sink_claim() */
        if (err != NULL)
            err->status = st;
    }
    mig_buf_fini(&names);
    return st;
}
