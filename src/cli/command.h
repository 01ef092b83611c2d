/*
 * command.h - db-migrate, from connecting to the summary.
 */
#ifndef MIG_COMMAND_H
#define MIG_COMMAND_H

#include "options.h"

/*
 * Runs the whole migration and prints everything but the error.  *signop is the signal that ended
 * it, or 0.  The URLs' passwords in argv are wiped.
 */
mig_status mig__command_run(const mig_options *options, int *signop, mig_error *err) MIG_CHECKED;

#endif
