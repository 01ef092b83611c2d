/*
 * whole.c - the plan and the account of a database that is copied in one piece.
 *
 * A backend that takes the whole source along (sqlite.h, clone) needs no
 * columns, no conversions and no order.  What stays of a plan is which tables
 * are counted and under which names they are told.
 */
#include <stdlib.h>

#include "mig/clock.h"
#include "mig/migrate.h"

mig_status
mig_plan_of_whole(const mig_catalog *catalog, const mig_plan_rules *rules, mig_plan **planp,
                  mig_error *err)
{
    mig_plan *plan = calloc(1, sizeof *plan);

    *planp = NULL;
    if (plan == NULL ||
        (plan->tables = calloc(catalog->n_tables + 1, sizeof *plan->tables)) == NULL) {
        mig_plan_free(plan);
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the plan");
    }
    for (size_t i = 0; i < catalog->n_tables; i++) {
        const mig_table *table = &catalog->tables[i];

        if (table->kind != MIG_TABLE_PLAIN && table->kind != MIG_TABLE_PARTITIONED)
            continue;
        if (rules->not_copied != NULL && rules->not_copied(table->name))
            continue;
        plan->tables[plan->n_tables++] = (mig_table_plan){
            .source = table,
            .target = table,
            .label = rules->label != NULL ? rules->label(table->name) : table->name,
        };
    }
    *planp = plan;
    return MIG_OK;
}

void
mig_copy_came_whole(mig_copy *copy)
{
    for (size_t i = 0; i < copy->plan->n_tables; i++) {
        mig_table_copy *table = &copy->tables[i];

        atomic_store(&table->n_read, table->n_rows);
        atomic_store(&table->n_written, table->n_rows);
        atomic_store(&table->n_committed, table->n_rows);
        atomic_store_explicit(&table->complete, true, memory_order_release);
    }
    copy->seconds = mig_clock_seconds_since(copy->started_at);
}
