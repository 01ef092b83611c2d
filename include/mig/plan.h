/*
 * plan.h - what will be done to which table, as data.
 *
 * Made by pure functions of src/migrate from the two catalogs, read by
 * everyone, changed by nobody once the copy has begun.
 *
 * Ownership: a plan borrows the names of the two catalogs, which must outlive
 * it, and owns the rest.
 */
#ifndef MIG_PLAN_H
#define MIG_PLAN_H

#include "mig/buf.h"
#include "mig/catalog.h"

typedef struct mig_column_plan {
    const mig_column *source;
    const mig_column *target;
    mig_wire_type     wire;   /* what the reader encodes and the target receives */
    bool              secret; /* encrypted at rest: its values never stand in a message */
} mig_column_plan;

typedef struct mig_table_plan {
    const mig_table *source;
    const mig_table *target;
    const char      *label;   /* the name progress is told under; mostly the table's */
    mig_column_plan *columns; /* in the target's column order */
    size_t           n_columns;
    size_t          *parents; /* positions in mig_plan.tables that must be committed first */
    size_t           n_parents;
    bool             refers_to_itself; /* then all its rows are one chunk */

    /* Foreign keys of the target that do not stand while rows are copied, because their tables
     * refer to each other in a cycle: the sink drops them and puts them back. */
    const mig_foreign_key **suspended;
    size_t                  n_suspended;
} mig_table_plan;

typedef struct mig_plan {
    mig_table_plan *tables; /* parents before children */
    size_t          n_tables;
    mig_buf         warnings; /* what the user should not miss, a line each */
} mig_plan;

#endif
