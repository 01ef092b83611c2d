/*
 * retrying.h - a run that connects to its target again, and goes on.
 *
 *   begin    before the copy
 *   again    behind a pass of the copy that failed: whether another one is due
 *   do       something behind the copy, repeated where the connection was lost
 *
 * Threads: the main thread.
 */
#ifndef MIG_RETRYING_H
#define MIG_RETRYING_H

#include "migration.h"

/* A step of the run that can be repeated. */
typedef mig_status mig_retried_fn(mig_migration *m, mig_error *err);

/* Whether a lost connection would be no end of the run. */
bool mig__retrying_wanted(const mig_migration *m);

/* Rows of the run that are in the target. */
uint64_t mig__retrying_rows(const mig_copy *copy);

/* A phase: finds the run's own journal, so that it can be taken up. */
mig_status mig__retrying_begin(void *arg, mig_error *err) MIG_CHECKED;

/*
 * After a pass of the copy that has come to *stp, with *err.  True: the connection to the target
 * was lost, there is another one, and what the target has is taken up: the copy is to be run again.
 * Else *stp and *err are what the copy came to: as they were, or what the last try failed of.
 */
bool mig__retrying_again(mig_migration *m, mig_status *stp, mig_error *err);

/* Runs fn, and where the connection was lost connects and runs it again. */
mig_status mig__retrying_do(mig_migration *m, mig_retried_fn *fn, mig_error *err) MIG_CHECKED;

#endif
