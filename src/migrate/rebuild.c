/*
 * rebuild.c - which tables are copied without their indexes and keys.
 *
 * A row that is added costs the server a descent into each index and a look
 * for each foreign key; making them behind all rows is a sort and a join.  What
 * that saves grows with the rows, and what it costs (a few statements, and a
 * commit for each index) does not, so small tables keep what they have.
 *
 * A key that refers to a rebuilt table rests on an index that goes, so it goes
 * too; where it cannot (its own table is not the role's) the sink keeps that
 * index.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/migrate.h"

/* Position of the parent in the plan, or n_tables. */
static size_t
parent_of(const mig_plan *plan, const mig_foreign_key *key)
{
    size_t i = 0;

    if (!key->parent_known)
        return plan->n_tables;
    while (i < plan->n_tables && strcmp(plan->tables[i].target->name, key->parent) != 0)
        i++;
    return i;
}

static bool
is_suspended(const mig_table_plan *table, const mig_foreign_key *key)
{
    for (size_t i = 0; i < table->n_suspended; i++)
        if (table->suspended[i] == key)
            return true;
    return false;
}

static mig_status
suspend_keys(mig_plan *plan, size_t t, mig_buf *notes, mig_error *err)
{
    mig_table_plan        *table = &plan->tables[t];
    size_t                 n_keys = table->target->n_foreign_keys;
    const mig_foreign_key *keys = table->target->foreign_keys;

    if (table->suspended == NULL && n_keys > 0 &&
        (table->suspended = calloc(n_keys, sizeof *table->suspended)) == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of foreign keys");
    for (size_t k = 0; k < n_keys; k++) {
        size_t parent = parent_of(plan, &keys[k]);
        bool   to_rebuilt = parent < plan->n_tables && plan->tables[parent].rebuilt;

        if (is_suspended(table, &keys[k]) || !(table->rebuilt || to_rebuilt))
            continue;
        table->suspended[table->n_suspended++] = &keys[k];
        if (!table->rebuilt)
            mig_buf_printf(notes,
                           "suspended while rows are copied: the foreign key %s from %s to "
                           "%s\n",
                           keys[k].name, table->target->name, keys[k].parent);
    }
    return MIG_OK;
}

/* Whether a key that stands leads from the table to that one. */
static bool
still_refers(const mig_plan *plan, const mig_table_plan *table, size_t parent)
{
    for (size_t k = 0; k < table->target->n_foreign_keys; k++) {
        const mig_foreign_key *key = &table->target->foreign_keys[k];

        if (!is_suspended(table, key) &&
            strcmp(key->parent, plan->tables[parent].target->name) == 0)
            return true;
    }
    return false;
}

static void
let_go(mig_plan *plan, size_t t)
{
    mig_table_plan *table = &plan->tables[t];
    size_t          n = 0;

    for (size_t i = 0; i < table->n_parents; i++) {
        size_t parent = table->parents[i];

        if (!still_refers(plan, table, parent))
            continue;
        table->parents[i] = table->parents[n];
        table->parents[n++] = parent;
    }
    table->n_let_go = table->n_parents - n;
    table->n_parents = n;
    table->refers_to_itself = table->refers_to_itself && still_refers(plan, table, t);
}

static void
choose(mig_plan *plan, const mig_copy *copy, const char *const *why_not, mig_buf *notes)
{
    const char *separator = "suspended while rows are copied: indexes and keys of ";
    bool        any = false;

    for (size_t i = 0; i < plan->n_tables; i++) {
        mig_table_plan *table = &plan->tables[i];

        table->rebuilt = why_not[i] == NULL && copy->tables[i].n_rows >= MIG_REBUILD_ROWS;
        if (!table->rebuilt)
            continue;
        mig_buf_printf(notes, "%s%s", any ? ", " : separator, table->target->name);
        any = true;
    }
    if (any)
        mig_buf_puts(notes, "\n");
    for (size_t i = 0; i < plan->n_tables; i++)
        if (why_not[i] != NULL && why_not[i][0] != '\0' &&
            copy->tables[i].n_rows >= MIG_REBUILD_ROWS)
            mig_buf_printf(notes,
                           "indexes and keys of %s stand while its rows are copied, which "
                           "is slower: %s\n",
                           plan->tables[i].target->name, why_not[i]);
}

mig_status
mig_plan_rebuild(mig_plan *plan, const mig_copy *copy, const char *const *why_not, mig_buf *notes,
                 mig_error *err)
{
    mig_status st = MIG_OK;

    choose(plan, copy, why_not, notes);
    for (size_t i = 0; i < plan->n_tables; i++)
        if (why_not[i] == NULL)
            MIG_TRY(suspend_keys(plan, i, notes, err));
    for (size_t i = 0; i < plan->n_tables; i++)
        if (plan->tables[i].n_suspended > 0)
            let_go(plan, i);
    MIG_TRY(mig_buf_check(notes, err));
done:
    return st;
}
