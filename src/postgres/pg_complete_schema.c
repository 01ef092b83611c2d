/*
 * pg_complete_schema.c - keys, indexes, foreign keys and views, when all rows
 * are there.
 *
 * Interface: mig__complete_schema().  One phase after the other; the statements
 * of KEYS and VALIDATE side by side (pg_crew.c).
 *
 * Threads: the sink's.
 */
#include "pg_sink.h"

static mig_status
run_in_order(mig__pg_sink *sink, const mig_ddl *ddl, mig_ddl_phase phase, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    what = MIG_BUF_INIT;

    for (size_t i = 0; i < ddl->n_items; i++) {
        if (ddl->items[i].phase != phase)
            continue;
        mig_buf_clear(&what);
        mig_buf_printf(&what, "cannot make the %s", ddl->items[i].what);
        MIG_TRY(mig_buf_check(&what, err));
        MIG_TRY(mig__query_run(&sink->control, mig_buf_text(&what), ddl->items[i].sql, err));
    }
done:
    mig_buf_fini(&what);
    return st;
}

mig_status
mig__complete_schema(mig__pg_sink *sink, const mig_ddl *ddl, unsigned n_parallel, mig_error *err)
{
    mig_status       st = MIG_OK, put_back;
    mig_ddl         *left = NULL; /* with a journal: what is not done, each with its record */
    mig_buf          path = MIG_BUF_INIT;
    mig_error        unheard = MIG_ERROR_INIT;
    mig__crew_orders orders = {.ddl = ddl,
                               .phase = MIG_DDL_KEYS,
                               .n_parallel = n_parallel,
                               .verb = "make",
                               .schema_path = true};

    mig__add_schema_path(sink, false, &path);
    MIG_TRY(mig__query_run_buf(&sink->control, "cannot set search_path", &path, err));
    MIG_TRY(mig__journal_steps(sink, ddl, &left, err));
    if (left != NULL)
        orders.ddl = ddl = left;
    MIG_TRY(mig__crew_run(sink, &orders, err));
    MIG_TRY(run_in_order(sink, ddl, MIG_DDL_REFERENCES, err));
    orders.phase = MIG_DDL_VALIDATE;
    MIG_TRY(mig__crew_run(sink, &orders, err));
    MIG_TRY(run_in_order(sink, ddl, MIG_DDL_AFTER, err));
done:
    put_back = mig__query_run(&sink->control, "cannot set search_path", "RESET search_path",
                              st == MIG_OK ? err : &unheard);
    mig_error_fini(&unheard);
    mig_ddl_free(left);
    mig_buf_fini(&path);
    return st != MIG_OK ? st : put_back;
}
