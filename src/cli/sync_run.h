/*
 * sync_run.h - --sync: a target that holds most rows is made equal to the source.
 */
#ifndef MIG_SYNC_RUN_H
#define MIG_SYNC_RUN_H

#include "migration.h"

/* The whole run behind the parsed URLs.  m->signo as in mig_phase_run. */
mig_status mig__sync_run(mig_migration *m, mig_error *err) MIG_CHECKED;

/* MIG_E_REFUSED for a target in which a run has not finished its tables. */
mig_status mig__sync_check_finished(const mig_migration *m, mig_error *err) MIG_CHECKED;

/* After a failure: what state the target is in. */
void mig__sync_tell_state(const mig_migration *m);

#endif
