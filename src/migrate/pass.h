/*
 * pass.h - whether a value of one column's type is one of another's as it is.
 *
 * Pure.
 */
#ifndef MIG_MIGRATE_PASS_H
#define MIG_MIGRATE_PASS_H

#include "mig/plan.h"

/* Two catalogs that are matched. */
typedef struct mig__sides {
    const mig_catalog *source, *target;
} mig__sides;

/* Whether nothing that the one's limits let through is changed or refused by the other's. */
bool mig__limits_hold(const mig_column *from, const mig_column *to);

/*
 * Whether the server's own bytes (or, LITERAL, its own text) of the one column are taken by the
 * other and mean the same there; *wirep is then how they travel.  Neither catalog is dynamic.
 */
bool mig__pass_through(const mig__sides *both, const mig_column *from, const mig_column *to,
                       mig_wire_type *wirep);

/*
 * A table with a LITERAL column is written as text: what would travel as bytes that nobody looks
 * into has to be text as well.  The first column that has no text form which the target reads as
 * the same value, or NULL.
 */
const mig_column_plan *mig__pass_as_text(mig_table_plan *table);

#endif
