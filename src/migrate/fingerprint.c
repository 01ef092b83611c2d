/*
 * fingerprint.c - a plan as a text that is the same if it does the same.
 *
 * A text and no hash of it: where two differ, the first line that does tells
 * what is different.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/migrate.h"

static void
add_column(mig_buf *out, const mig_table_plan *table, const mig_column_plan *column)
{
    mig_buf_printf(out, "column %s.%s from %s as %s (%s, %d %d %d, %u %d %d)\n",
                   table->target->name, column->target->name, column->source->name,
                   mig_wire_name(column->wire), mig_wire_name(column->read),
                   (int)column->limits.length, (int)column->limits.precision,
                   (int)column->limits.scale, column->rules, (int)column->unit, (int)column->store);
}

static int
by_name(const void *a, const void *b)
{
    const mig_table_plan *const *x = a, *const *y = b;

    return strcmp((*x)->target->name, (*y)->target->name);
}

/* The order of the plan is not the same while foreign keys do not stand. */
void
mig_plan_fingerprint(const mig_plan *plan, const char *how, mig_buf *out)
{
    const mig_table_plan **tables = calloc(plan->n_tables + 1, sizeof *tables);

    if (tables == NULL) {
        out->failed = true;
        return;
    }
    for (size_t t = 0; t < plan->n_tables; t++)
        tables[t] = &plan->tables[t];
    qsort(tables, plan->n_tables, sizeof *tables, by_name);
    mig_buf_puts(out, how);
    for (size_t t = 0; t < plan->n_tables; t++) {
        const mig_table_plan *table = tables[t];

        mig_buf_printf(out, "table %s from %s\n", table->target->name, table->source->name);
        for (size_t i = 0; i < table->n_columns; i++)
            add_column(out, table, &table->columns[i]);
    }
    free(tables);
}
