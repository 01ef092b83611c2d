/*
 * order.c - a topological order that keeps what it can of the given one.
 *
 * Plans have tens to a few thousand tables, so the simple way is taken: of the
 * tables that are not placed yet, the first whose parents all are goes next.
 */
#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "cycles.h"

/* Position of the table with that name in the target, or n_tables. */
static size_t
position_of(const mig_plan *plan, const char *name)
{
    size_t i = 0;

    while (i < plan->n_tables && strcmp(plan->tables[i].target->name, name) != 0)
        i++;
    return i;
}

static bool
contains(const size_t *list, size_t n, size_t value)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

/* Parents by their present position; each once. */
static mig_status
find_parents(mig_plan *plan, mig_error *err)
{
    for (size_t i = 0; i < plan->n_tables; i++) {
        mig_table_plan  *table = &plan->tables[i];
        const mig_table *target = table->target;

        table->parents = calloc(target->n_foreign_keys + 1, sizeof *table->parents);
        if (table->parents == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate the order of tables");
        for (size_t k = 0; k < target->n_foreign_keys; k++) {
            size_t parent = position_of(plan, target->foreign_keys[k].parent);

            if (parent == i)
                table->refers_to_itself = true;
            else if (parent < plan->n_tables && !contains(table->parents, table->n_parents, parent))
                table->parents[table->n_parents++] = parent;
        }
    }
    return MIG_OK;
}

/* The first table that is not placed and whose parents are, or n_tables. */
static size_t
next_free(const mig_plan *plan, const size_t *place)
{
    for (size_t i = 0; i < plan->n_tables; i++) {
        const mig_table_plan *table = &plan->tables[i];
        bool                  ready = place[i] == SIZE_MAX;

        for (size_t k = 0; ready && k < table->n_parents; k++)
            ready = place[table->parents[k]] != SIZE_MAX;
        if (ready)
            return i;
    }
    return plan->n_tables;
}

/* Puts each table at place[], and the parents' positions with them. */
static void
rearrange(mig_plan *plan, const size_t *place, mig_table_plan *sorted)
{
    for (size_t i = 0; i < plan->n_tables; i++) {
        sorted[place[i]] = plan->tables[i];
        for (size_t k = 0; k < plan->tables[i].n_parents; k++)
            sorted[place[i]].parents[k] = place[plan->tables[i].parents[k]];
    }
    memcpy(plan->tables, sorted, plan->n_tables * sizeof *sorted);
}

mig_status
mig__order_tables(mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig_status      st = MIG_OK;
    size_t         *place = calloc(plan->n_tables, sizeof *place);
    mig_table_plan *sorted = calloc(plan->n_tables, sizeof *sorted);

    if (place == NULL || sorted == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the order of tables");
        goto done;
    }
    MIG_TRY(find_parents(plan, err));
    MIG_TRY(mig__cycles_break(plan, notes, err));
    for (size_t i = 0; i < plan->n_tables; i++)
        place[i] = SIZE_MAX;
    for (size_t n = 0; n < plan->n_tables; n++) {
        size_t i = next_free(plan, place);

        if (i == plan->n_tables) {
            st = mig_raise(err, MIG_E_INTERNAL, "tables wait for each other");
            goto done;
        }
        place[i] = n;
    }
    rearrange(plan, place, sorted);
done:
    free(place);
    free(sorted);
    return st;
}
