/*
 * restore_only.h - --restore-only: what a run that died has left suspended.
 */
#ifndef MIG_RESTORE_ONLY_H
#define MIG_RESTORE_ONLY_H

#include "migration.h"

/* Puts everything back on up to n_parallel connections.  The target's URL is parsed.  *signop as in
 * mig_phase_run. */
mig_status mig__restore_only_run(mig_migration *m, mig_error *err) MIG_CHECKED;

/*
 * MIG_E_REFUSED if a run has left something suspended in the target, by name; with --force that is
 * a warning, and this run puts it back at its end.
 */
mig_status mig__restore_only_check(mig_migration *m, mig_error *err) MIG_CHECKED;

#endif
