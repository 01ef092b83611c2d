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
#include "mig/convert.h"

typedef struct mig_column_plan {
    const mig_column *source;
    const mig_column *target;
    bool              secret; /* encrypted at rest: its values never stand in a message */

    /*
     * The wire type in which the reader hands on the values and the target receives them, and the
     * one in which a PostgreSQL source is asked for them (LITERAL: for their text form).  Where
     * both are equal and `limits` says nothing, fields pass through as they are; else each is
     * decoded and encoded again.  A SQLite source encodes what it finds into `wire`.
     */
    mig_wire_type wire;
    mig_wire_type read;

    /* How they are converted (convert.h). */
    mig_limits      limits; /* what the target would otherwise change silently */
    bool            array;
    unsigned        rules;
    mig_unit        unit;
    const mig_zone *zone;
    int             money_digits;
    mig_store       store;
} mig_column_plan;

/* Whether a PostgreSQL source's fields go into the batch as they come. */
static inline bool
mig_column_passes(const mig_column_plan *column)
{
    return column->read == column->wire && column->limits.length < 0 &&
           column->limits.precision < 0 && column->limits.scale < 0;
}

/* The encoder of a column, without scratch. */
static inline mig_encoder
mig_column_encoder(const mig_column_plan *column)
{
    return (mig_encoder){.wire = column->wire,
                         .limits = column->limits,
                         .not_null = column->target != NULL && column->target->not_null,
                         .array = column->array,
                         .rules = column->rules,
                         .unit = column->unit,
                         .zone = column->zone,
                         .money_digits = column->money_digits};
}

/* The rule of --cast by which the target's column would take the value, or NULL. */
static inline const char *
mig_column_rule(const mig_column_plan *column, const mig_fault *fault, const mig_value *value)
{
    const char *rule = mig_fault_rule(fault, value, column->wire);

    if (column->target == NULL || rule == NULL ||
        (column->target->not_null && strcmp(rule, "null") == 0))
        return NULL;
    return rule;
}

/* The type by which --cast calls the target's column. */
static inline const char *
mig_column_cast_type(const mig_column_plan *column)
{
    return column->wire == MIG_WIRE_LITERAL ? column->target->type : mig_wire_name(column->wire);
}

typedef struct mig_table_plan {
    const mig_table *source;
    const mig_table *target;
    const char      *label;   /* the name progress is told under; mostly the table's */
    mig_column_plan *columns; /* in the target's column order */
    size_t           n_columns;

    /* Beside source->columns: which column of the target each is, copied or not; NULL: none. */
    const mig_column **twins;

    /* Positions in mig_plan.tables: n_parents that must be committed first, and behind them
     * n_let_go whose keys are suspended; those are begun first, but nothing waits for them. */
    size_t *parents;
    size_t  n_parents;
    size_t  n_let_go;
    bool    refers_to_itself; /* then all its rows are one chunk */

    /* The source's rows come in the order of this column, an integer key; then one reader has the
     * table.  NULL: in whatever order its segments have. */
    const mig_column *ordered_by;

    /* Its indexes and keys need not stand while rows are copied: the sink takes away what it can,
     * and makes it again behind the rows. */
    bool rebuilt;

    /* Foreign keys of the target that do not stand while rows are copied, because their tables
     * refer to each other in a cycle, or one of them is rebuilt: the sink drops them and puts them
     * back. */
    const mig_foreign_key **suspended;
    size_t                  n_suspended;
} mig_table_plan;

typedef struct mig_plan {
    mig_table_plan *tables; /* parents before children */
    size_t          n_tables;
    mig_buf         warnings; /* what the user should not miss, a line each */
} mig_plan;

#endif
