/*
 * ending.h - the last steps of a migration.
 */
#ifndef MIG_ENDING_H
#define MIG_ENDING_H

#include "migration.h"

/* What the schema has beside its tables, now that their rows are there. */
mig_status mig__ending_complete(mig_migration *m, mig_error *err) MIG_CHECKED;

/* Counts, and contents or pages. */
mig_status mig__ending_verify(mig_migration *m, mig_error *err) MIG_CHECKED;

/* The target is committed or exchanged, and nothing is left of the run; m->target_state follows. */
mig_status mig__ending_finish(mig_migration *m, mig_error *err) MIG_CHECKED;

/* --verify-only, from its beginning. */
mig_status mig__ending_compare(mig_migration *m, mig_error *err) MIG_CHECKED;

#endif
