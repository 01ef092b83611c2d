/*
 * versions.h - do both databases stand at the same migrations?
 */
#ifndef MIG_VERSIONS_H
#define MIG_VERSIONS_H

#include "mig/migrate.h"

typedef struct mig_versions {
    mig_source           *source;
    const mig_catalog    *source_catalog;
    mig_sink             *sink;
    const mig_catalog    *target_catalog;
    const mig_plan_rules *rules;
    bool                  allow_mismatch; /* a difference is a warning then */

    /* Gets the target's records that hold nothing, which are copied like any table: room for all of
     * its tables. */
    const mig_table **empty;
    size_t           *n_emptyp;
} mig_versions;

/*
 * Compares what the applications recorded on both sides (bookkeeping.h), by the names of the
 * migrations.  MIG_E_SCHEMA lists what only one of them has.  A record of the target without a row
 * was made together with its tables, by hand, and is of no state that could differ.  Where only one
 * side has such a record nothing can be compared: a table of the source that is copied shows as
 * missing in the plan, other cases are told here.  Changes nothing.
 */
mig_status mig__versions_check(const mig_versions *both, mig_error *err) MIG_CHECKED;

/* For mig_plan_rules: the records that are compared here are not copied. */
const char *mig__versions_kept(const mig_table *source, const mig_table *target);

#endif
