/*
 * conversion.h - in which types one column's values travel.
 *
 * Pure; any thread.
 */
#ifndef MIG_MIGRATE_CONVERSION_H
#define MIG_MIGRATE_CONVERSION_H

#include "mig/migrate.h"
#include "pass.h"

/*
 * Fills what the column plan says of conversion; its source and target are set.  False if no value
 * of the one type can become one of the other, which is told in *misfits as a line that begins with
 * `table`.
 */
bool mig__conversion_choose(const mig__sides *sides, const char *table, const mig_plan_rules *rules,
                            mig_column_plan *column, mig_buf *misfits);

/* Tells casts that meant no column of the plan. */
void mig__conversion_check_casts(const mig_plan *plan, const mig_plan_rules *rules,
                                 mig_buf *misfits);

#endif
