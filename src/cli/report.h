/*
 * report.h - the last words of a run.
 */
#ifndef MIG_REPORT_H
#define MIG_REPORT_H

#include "mig/migrate.h"
#include "options.h"

/* How far the run had come with the target when it ended. */
typedef enum mig_target_state {
    MIG_TARGET_UNTOUCHED,
    MIG_TARGET_STAGED,      /* untouched; tables were made in a schema beside */
    MIG_TARGET_EXCHANGING,  /* that, or exchanged: the connection was lost meanwhile */
    MIG_TARGET_COMMITTING,  /* untouched, or copied: likewise, of the one transaction */
    MIG_TARGET_SCHEMA_MADE, /* tables were made; nothing was erased */
    MIG_TARGET_MIRRORED,    /* tables were made, and replaced what stood under their names */
    MIG_TARGET_ERASED,      /* and maybe rows copied */
    MIG_TARGET_COPIED,      /* all rows are there, but not all was verified and finished */
} mig_target_state;

/* "Migration complete." with rows and time, and what had to give way, in numbers. */
void mig__report_summary(const mig_copy *copy, double seconds, bool quiet);

/* Each line is one warning. */
void mig__report_warnings(const mig_buf *lines);

/* After a failure: what state the target is in and what can be done.  copy may be NULL.  `made`:
 * the mode of a schema that the run makes itself, else EXISTING.  `resume`: the command that goes
 * on, or NULL. */
void mig__report_target(mig_target_state state, const mig_copy *copy, mig_schema_choice made,
                        const char *resume);

/* The exit status of the program: 0, 1, 2, 3, 4, or 128 + signo. */
int mig__report_exit_status(mig_status status, int signo);

/* "1.3s", "842.0ms", "15.3us" with the micro sign: one decimal in the largest fitting unit. */
void mig__report_format_elapsed(double seconds, char *out, size_t size);

#endif
