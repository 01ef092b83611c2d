/*
 * cycles.c - finding tables that refer to each other, and letting go of what
 * ties them.
 *
 * Tables lie in a common cycle exactly if they are in one strongly connected
 * component of the graph of foreign keys (Tarjan 1972).  All keys inside of a
 * component are suspended, not a smallest set that would do: which rows can
 * come first then does not depend on a choice that nobody could explain.
 */
#include "cycles.h"

#include <stdlib.h>
#include <string.h>

#define UNSEEN SIZE_MAX

typedef struct search {
    const mig_plan *plan;
    size_t         *index;     /* by table: when it was reached */
    size_t         *low;       /* the earliest table on the stack that it leads to */
    size_t         *component; /* by table; UNSEEN while it is on the stack */
    size_t         *stack;
    size_t          n_stack;
    size_t          n_seen;
    size_t          n_components;
} search;

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void
visit(search *s, size_t table)
{
    const mig_table_plan *plan = &s->plan->tables[table];

    s->index[table] = s->low[table] = s->n_seen++;
    s->stack[s->n_stack++] = table;
    for (size_t k = 0; k < plan->n_parents; k++) {
        size_t parent = plan->parents[k];

        if (s->index[parent] == UNSEEN) {
            visit(s, parent);
            s->low[table] = least(s->low[table], s->low[parent]);
        } else if (s->component[parent] == UNSEEN) {
            s->low[table] = least(s->low[table], s->index[parent]);
        }
    }
    if (s->low[table] != s->index[table])
        return;
    do
        s->component[s->stack[--s->n_stack]] = s->n_components;
    while (s->stack[s->n_stack] != table);
    s->n_components++;
}

/* The parents that are left: those of other components. */
static void
keep_parents(mig_table_plan *table, const size_t *component, size_t own)
{
    size_t n = 0;

    for (size_t k = 0; k < table->n_parents; k++)
        if (component[table->parents[k]] != own)
            table->parents[n++] = table->parents[k];
    table->n_parents = n;
}

static bool
leads_into(const search *s, size_t table, const mig_foreign_key *key)
{
    for (size_t i = 0; i < s->plan->n_tables; i++)
        if (i != table && strcmp(s->plan->tables[i].target->name, key->parent) == 0)
            return s->component[i] == s->component[table];
    return false;
}

static mig_status
suspend(const search *s, mig_plan *plan, size_t t, mig_buf *notes, mig_error *err)
{
    mig_table_plan *table = &plan->tables[t];

    for (size_t k = 0; k < table->target->n_foreign_keys; k++) {
        const mig_foreign_key *key = &table->target->foreign_keys[k];

        if (!leads_into(s, t, key))
            continue;
        if (table->suspended == NULL)
            table->suspended = calloc(table->target->n_foreign_keys, sizeof *table->suspended);
        if (table->suspended == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of foreign keys");
        table->suspended[table->n_suspended++] = key;
        mig_buf_printf(notes,
                       "suspended while rows are copied: the foreign key %s from %s to %s, whose "
                       "tables refer to each other\n",
                       key->name, table->target->name, key->parent);
    }
    keep_parents(table, s->component, s->component[t]);
    return MIG_OK;
}

mig_status
mig__cycles_break(mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t     n = plan->n_tables;
    size_t    *memory = calloc(4 * n + 1, sizeof *memory);
    search     s = {.plan = plan};

    if (memory == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the order of tables");
        goto done;
    }
    s.index = memory;
    s.low = memory + n;
    s.component = memory + 2 * n;
    s.stack = memory + 3 * n;
    for (size_t i = 0; i < n; i++)
        s.index[i] = s.component[i] = UNSEEN;
    for (size_t i = 0; i < n; i++)
        if (s.index[i] == UNSEEN)
            visit(&s, i);
    for (size_t i = 0; i < n; i++)
        MIG_TRY(suspend(&s, plan, i, notes, err));
    MIG_TRY(mig_buf_check(notes, err));
done:
    free(memory);
    return st;
}
