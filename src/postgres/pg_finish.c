/*
 * pg_finish.c - the end of a run: statistics, sequences, the exchange or the
 * COMMIT that decides, and what was recorded of the run goes.
 *
 * The last transaction removes the journal.  If its COMMIT has no answer, the
 * journal tells what became of it: where it is gone, the run is over, and where
 * it still stands, nothing of the transaction is there.  Before it is asked, the
 * lost connection's process in the server has ended (mig__sink_claim()).
 *
 * Threads: the sink's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg_sink.h"

static mig__pg_sink *
pg(mig_sink *sink)
{
    return (mig__pg_sink *)sink;
}

mig_status
mig__finish_statistics(mig_sink *sink, const mig_plan *plan, unsigned n_others, mig_error *err)
{
    mig_status        st = MIG_OK;
    const mig_table **tables = NULL;

    MIG_TRY(mig__sink_tables(plan, &tables, err));
    MIG_TRY(mig__statistics_begin(pg(sink), tables, plan->n_tables, n_others, err));
done:
    free(tables);
    return st;
}

static mig_status
set_sequences(mig__pg_sink *sink, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig_status        st = MIG_OK;
    const mig_table **tables = NULL;
    mig_buf           names = MIG_BUF_INIT;

    MIG_TRY(mig__sink_tables(plan, &tables, err));
    mig__query_array(&names, tables, plan->n_tables);
    MIG_TRY(mig_buf_check(&names, err));
    MIG_TRY(mig__sequences_set(sink, plan, mig_buf_text(&names), notes, err));
    sink->sequences_set = true;
done:
    mig_buf_fini(&names);
    free(tables);
    return st;
}

mig_status
mig__finish_commit(mig_sink *sink, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig__pg_sink *self = pg(sink);

    self->finishing = self->journal_begun;
    MIG_TRY(mig__statistics_wait(self, err));
    if (self->stage != NULL) {
        MIG_TRY(mig__sink_revive(self, err));
        MIG_TRY(set_sequences(self, plan, notes, err));
        MIG_TRY(mig__stage_exchange(self, err));
    } else if (self->sequences_held) {
        MIG_TRY(set_sequences(self, plan, notes, err));
    }
    mig_buf_puts(notes, mig_buf_text(&self->exchange_told));
    mig_buf_clear(&self->exchange_told);
    MIG_TRY(mig_buf_check(notes, err));
    MIG_TRY(mig__sink_commit(self, err));
done:
    return st;
}

mig_status
mig__finish_run(mig_sink *sink, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__pg_sink     *self = pg(sink);
    const mig_table **tables = NULL;

    if (!self->sequences_set)
        MIG_TRY(set_sequences(self, plan, notes, err));
    if (self->exchanged) /* of what a run before has suspended in other tables */
        MIG_TRY(mig__sink_restore(sink, MIG_RESTORE_COMPLETE, 1, notes, err));
    MIG_TRY(mig__sink_tables(plan, &tables, err));
    MIG_TRY(mig__statistics_make(self, tables, plan->n_tables, err));
    MIG_TRY(mig__durable_point(self, err));
    MIG_TRY(mig__sink_forget_run(self, err));
done:
    free(tables);
    return st;
}

/* What tells that a run is not at its end goes, all at once. */
mig_status
mig__sink_forget_run(mig__pg_sink *sink, mig_error *err)
{
    static const char what[] = "cannot remove what is recorded of the run";
    mig_status        st = MIG_OK;

    MIG_TRY(mig__record_begin(sink, what, err));
    MIG_TRY(mig__unfinished_clear(sink, err));
    MIG_TRY(mig__journal_drop(sink, err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    return st;
}

mig_status
mig__finish_has_been(mig__pg_sink *sink, bool *finishedp, mig_error *err)
{
    mig_status   st = MIG_OK;
    mig_journal *now = NULL;

    *finishedp = false;
    if (!sink->finishing)
        return MIG_OK;
    MIG_TRY(mig__journal_find(sink, &now, err));
    *finishedp = now == NULL; /* another run's is refused when it is taken up */
    if (*finishedp && sink->stage != NULL) {
        mig__stage_settle(sink);
        sink->sequences_set = false; /* what is to be said of them was lost */
    }
done:
    mig_journal_free(now);
    return st;
}

/*
 * Whether the planner's statistics of a table are worth making again after so many changes: as
 * autovacuum decides it by default (manual, "Automatic Vacuuming"), or there are none.
 */
static mig_status
is_worn(mig__pg_sink *sink, const mig_table *table, uint64_t n_changes, bool *wornp, mig_error *err)
{
    static const char what[] = "cannot ask for the statistics of a table";
    static const char sql[] =
        "SELECT c.reltuples < 0 OR 10 * ($3::pg_catalog.float8 - 50) >= c.reltuples"
        " OR NOT EXISTS (SELECT FROM pg_catalog.pg_stats s"
        "  WHERE s.schemaname = $1 AND s.tablename = $2)"
        " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2";
    char        number[24];
    const char *params[3] = {table->home_schema != NULL ? table->home_schema : sink->schema,
                             table->home_schema != NULL ? table->home_name : table->name, number};
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    *wornp = true;
    snprintf(number, sizeof number, "%" PRIu64, n_changes);
    st = mig__query_rows(&sink->control, what, sql, 3, params, &res, err);
    if (st == MIG_OK && PQntuples(res) == 1)
        *wornp = mig__query_true(res, 0, 0);
    PQclear(res);
    return st;
}

mig_status
mig__finish_sync(mig_sink *sink, const mig_plan *plan, const mig_sync_table *tables, mig_buf *notes,
                 mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__pg_sink     *self = pg(sink);
    const mig_table **all = NULL;
    size_t            n = 0;
    mig_buf           names = MIG_BUF_INIT;

    MIG_TRY(mig__sink_tables(plan, &all, err));
    mig__query_array(&names, all, plan->n_tables);
    MIG_TRY(mig_buf_check(&names, err));
    MIG_TRY(mig__sink_end(self, "cannot commit the changes", err));
    MIG_TRY(mig__durable_point(self, err));
    MIG_TRY(mig__sequences_set(self, plan, mig_buf_text(&names), notes, err));
    for (size_t i = 0; i < plan->n_tables; i++) {
        uint64_t n_changes = tables[i].n_inserted + tables[i].n_updated + tables[i].n_deleted;
        bool     worn = false;

        if (n_changes > 0)
            MIG_TRY(is_worn(self, plan->tables[i].target, n_changes, &worn, err));
        if (worn)
            all[n++] = plan->tables[i].target;
    }
    MIG_TRY(mig__statistics_make(self, all, n, err));
done:
    free(all);
    mig_buf_fini(&names);
    return st;
}
