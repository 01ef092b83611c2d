/*
 * clone.h - a whole SQLite database into another, instead of rows.
 */
#ifndef MIG_CLONE_H
#define MIG_CLONE_H

#include "mig/migrate.h"
#include "options.h"
#include "progress.h"

/*
 * Whether the source is to be taken along whole: *whyp is why, for the person at the terminal, or
 * NULL for rows.  Any source, any sink.
 */
mig_status mig__clone_choose(mig_schema_choice wanted, mig_source *source, mig_sink *sink,
                             const char **whyp, mig_error *err) MIG_CHECKED;

/* Beside safety.h: a clone replaces virtual tables as well, which no plan has. */
mig_status mig__clone_check_empty(mig_sink *sink, mig_error *err) MIG_CHECKED;

typedef struct mig_clone {
    mig_source   *source;
    mig_sink     *sink;
    mig_copy     *copy; /* counted; its rows have come along afterwards */
    mig_progress *progress;
    bool          thorough; /* pages that are the same are to be walked through as well */
} mig_clone;

/* A phase (migrate.h); arg is a mig_clone.  Draws the progress by itself. */
mig_status mig__clone_run(void *arg, mig_error *err) MIG_CHECKED;

/* Another phase, behind that one: are the pages of the new file the source's? */
mig_status mig__clone_compare(void *arg, mig_error *err) MIG_CHECKED;

#endif
