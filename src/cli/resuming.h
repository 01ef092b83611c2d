/*
 * resuming.h - a run that goes on where one before it has ended early.
 *
 * Threads: the main thread; phases (migrate.h) on their own, while it waits.
 */
#ifndef MIG_RESUMING_H
#define MIG_RESUMING_H

#include "migration.h"

/* --resume: finds the journal to go on from, and makes sure that this run would do the same.
 * MIG_E_REFUSED if there is none, or it is another run's. */
mig_status mig__resuming_find(mig_migration *m, mig_error *err) MIG_CHECKED;

/* A phase: has the run recorded, if that can be; sets m->journalled. */
mig_status mig__resuming_keep(void *arg, mig_error *err) MIG_CHECKED;

/* A phase: takes the journal's run up, in place of erasing the target. */
mig_status mig__resuming_take_up(void *arg, mig_error *err) MIG_CHECKED;

/* A phase: all rows are there. */
mig_status mig__resuming_copied(void *arg, mig_error *err) MIG_CHECKED;

/* Appends the command that goes on with this run; passwords are not in it. */
void mig__resuming_command(const mig_migration *m, mig_buf *out);

#endif
