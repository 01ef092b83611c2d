/*
 * triggers.c - user triggers must not fire on copied rows.
 *
 * Before a trigger is disabled its state stands in db_migrate.trigger_state,
 * in the same transaction, so a run that dies leaves the truth behind it.  A
 * later run that finds states there takes those for the original ones: what
 * the catalog says by then is our own doing.  restore puts back what is recorded
 * for its target schema and removes the record.
 *
 * Each relation of a partition tree has its triggers recorded and changed by
 * itself (ALTER TABLE ONLY): a partition may have another state than its root.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

#define STATE_NAME "\"" MIG__STATE_SCHEMA "\".\"" MIG__STATE_TABLE "\""

static const char enabled_sql[] =
    MIG__WRITTEN_SQL "SELECT n.nspname, c.relname, g.tgname, g.tgenabled"
                     " FROM tree t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid"
                     " JOIN pg_catalog.pg_class c ON c.oid = t.oid"
                     " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                     " WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' ORDER BY 1, 2, 3";

static const char columns[] =
    "schema_name pg_catalog.text NOT NULL, table_name pg_catalog.text NOT NULL,"
    " trigger_name pg_catalog.text NOT NULL, state \"char\" NOT NULL,"
    " PRIMARY KEY (target, schema_name, table_name, trigger_name)";

/* What is recorded and still exists, in another state. */
static const char recorded_sql[] =
    "SELECT s.schema_name, s.table_name, s.trigger_name, s.state FROM " STATE_NAME " s"
    " JOIN pg_catalog.pg_namespace n ON n.nspname = s.schema_name"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.table_name"
    " JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND g.tgname = s.trigger_name"
    " WHERE s.target = $1 AND NOT g.tgisinternal AND g.tgenabled <> s.state ORDER BY 1, 2, 3";

static const char *
verb_of(char state)
{
    switch (state) {
    case 'O':
        return "ENABLE";
    case 'R':
        return "ENABLE REPLICA";
    case 'A':
        return "ENABLE ALWAYS";
    default:
        return "DISABLE";
    }
}

/* ALTER TABLE for a row (schema, table, trigger, ...) of either query. */
static void
alter(mig_buf *sql, const PGresult *res, int row, const char *verb)
{
    mig_buf_puts(sql, "ALTER TABLE ONLY ");
    mig__query_name(sql, PQgetvalue(res, row, 0), PQgetvalue(res, row, 1));
    mig_buf_printf(sql, " %s TRIGGER ", verb);
    mig_buf_identifier(sql, PQgetvalue(res, row, 2));
    mig_buf_puts(sql, ";");
}

static void
record_state(mig_buf *sql, const char *target, const PGresult *res, int row)
{
    mig_buf_puts(sql, "INSERT INTO " STATE_NAME " VALUES (");
    mig_buf_literal(sql, target);
    for (int column = 0; column < 4; column++) {
        mig_buf_puts(sql, ", ");
        mig_buf_literal(sql, PQgetvalue(res, row, column));
    }
    mig_buf_puts(sql, ") ON CONFLICT DO NOTHING;");
}

mig_status
mig__triggers_suspend(mig__pg_sink *sink, const char *names, mig_error *err)
{
    static const char what[] = "cannot suspend the target's triggers";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    PGresult         *res = NULL;
    const char       *params[2] = {sink->schema, names};

    MIG_TRY(mig__query_run(&sink->control, what, "SET LOCAL search_path = pg_catalog", err));
    MIG_TRY(mig__query_rows(&sink->control, what, enabled_sql, 2, params, &res, err));
    if (PQntuples(res) > 0)
        MIG_TRY(mig__record_make(sink, MIG__STATE_TABLE, columns, err));
    MIG_TRY(mig__sink_own_path(sink, err));
    if (PQntuples(res) == 0)
        goto done;

    for (int i = 0; i < PQntuples(res); i++) {
        record_state(&sql, sink->schema, res, i);
        alter(&sql, res, i, "DISABLE");
    }
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__triggers_restore(mig__pg_sink *sink, mig_error *err)
{
    static const char what[] = "cannot put the target's triggers back";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    PGresult         *res = NULL;
    const char       *target = sink->home;
    bool              exists = false;

    MIG_TRY(mig__sink_begin(sink, what,
                            "SET LOCAL lock_timeout = '" MIG__RESTORE_LOCK_TIMEOUT "';"
                            "SET LOCAL search_path = pg_catalog",
                            err));
    MIG_TRY(mig__record_exists(sink, MIG__STATE_TABLE, &exists, err));
    if (!exists)
        goto done;
    /* Runs on other schemas of this database share the table. */
    MIG_TRY(mig__record_lock(sink, MIG__STATE_TABLE, err));
    MIG_TRY(mig__query_rows(&sink->control, what, recorded_sql, 1, &target, &res, err));
    MIG_TRY(mig__sink_own_path(sink, err));
    for (int i = 0; i < PQntuples(res); i++)
        alter(&sql, res, i, verb_of(PQgetvalue(res, i, 3)[0]));
    if (PQntuples(res) > 0)
        MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    MIG_TRY(mig__record_drop(sink, MIG__STATE_TABLE, "true", err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__triggers_off(mig__pg_sink *sink, const char *names, PGresult **statesp, mig_error *err)
{
    static const char what[] = "cannot suspend the target's triggers";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    const char       *params[2] = {sink->schema, names};

    MIG_TRY(mig__query_rows(&sink->control, what, enabled_sql, 2, params, statesp, err));
    for (int i = 0; i < PQntuples(*statesp); i++)
        alter(&sql, *statesp, i, "DISABLE");
    if (sql.len > 0)
        MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__triggers_on(mig__pg_sink *sink, const PGresult *states, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    for (int i = 0; i < PQntuples(states); i++)
        alter(&sql, states, i, verb_of(PQgetvalue(states, i, 3)[0]));
    if (sql.len > 0)
        st = mig__query_run_buf(&sink->control, "cannot put the target's triggers back", &sql, err);
    mig_buf_fini(&sql);
    return st;
}
