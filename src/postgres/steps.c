/*
 * steps.c - bringing the target's schema up to date, all or nothing.
 *
 * One transaction holds every step, its record and the table of records.  An
 * advisory lock inside it keeps a second run waiting until the first is done;
 * the second then finds the steps recorded and has nothing left to do.
 *
 * The steps' SQL is unqualified: search_path is set to the target schema for
 * this transaction.
 *
 * Threads: the sink's.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pg_sink.h"

#define STEPS_TABLE "seaql_migrations"

static mig_status
begin(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    mig_buf    path = MIG_BUF_INIT;

    mig_buf_identifier(&path, sink->schema);
    mig_buf_puts(&sql, "SELECT pg_catalog.pg_advisory_xact_lock(" MIG__LOCK_CLASS ", ");
    mig_buf_printf(&sql, "%s::pg_catalog.oid::pg_catalog.int4);", sink->schema_oid);
    mig_buf_puts(&sql, "SELECT pg_catalog.set_config('search_path', ");
    mig_buf_literal(&sql, mig_buf_text(&path));
    mig_buf_puts(&sql, ", true);CREATE TABLE IF NOT EXISTS ");
    mig__query_name(&sql, sink->schema, STEPS_TABLE);
    mig_buf_puts(&sql, " (version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)");
    MIG_TRY(mig_buf_check(&path, err));
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__sink_begin(sink, "cannot make the table " STEPS_TABLE, mig_buf_text(&sql), err));
done:
    mig_buf_fini(&path);
    mig_buf_fini(&sql);
    return st;
}

/* Records the step; *newp is false if another run has done so before. */
static mig_status
record(mig__pg_sink *sink, const mig_step *step, bool *newp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    PGresult   *res = NULL;
    char        now[32];
    const char *params[2] = {step->name, now};

    snprintf(now, sizeof now, "%lld", (long long)time(NULL));
    mig_buf_puts(&sql, "INSERT INTO ");
    mig__query_name(&sql, sink->schema, STEPS_TABLE);
    mig_buf_puts(&sql, " (version, applied_at) VALUES ($1, $2::pg_catalog.int8)"
                       " ON CONFLICT DO NOTHING RETURNING version");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, "cannot record a step in " STEPS_TABLE,
                            mig_buf_text(&sql), 2, params, &res, err));
    *newp = PQntuples(res) == 1;
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
run_step(mig__pg_sink *sink, const mig_step *step, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       is_new;

    MIG_TRY(record(sink, step, &is_new, err));
    if (!is_new)
        goto done;
    st = mig__query_run(&sink->control, "the target refused a statement", step->sql, err);
    if (st == MIG_OK && PQtransactionStatus(sink->control.conn) != PQTRANS_INTRANS)
        st = mig_raise(err, MIG_E_INTERNAL, "the step ended the transaction it runs in");
    if (st != MIG_OK)
        mig_error_context(err, "cannot apply the schema's step %s", step->name);
done:
    return st;
}

mig_status
mig__steps_run(mig__pg_sink *sink, const mig_step *steps, size_t n_steps, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(begin(sink, err));
    for (size_t i = 0; i < n_steps; i++)
        MIG_TRY(run_step(sink, &steps[i], err));
    MIG_TRY(mig__sink_end(sink, "cannot commit the schema", err));
done:
    mig__sink_roll_back(sink, st);
    return st;
}
