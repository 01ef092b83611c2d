/*
 * progress.h - how far the copy is, for a person.
 *
 * On a terminal one line that is drawn again and again; elsewhere a line when
 * a table is done, and now and then one for a table that takes long.
 *
 * Threads: one at a time, mostly the main thread.
 */
#ifndef MIG_PROGRESS_H
#define MIG_PROGRESS_H

#include "mig/migrate.h"

typedef struct mig_progress {
    bool     quiet;
    bool     live;      /* standard error is a terminal */
    bool     drawn;     /* a live line stands there */
    uint64_t spoken_at; /* of the last plain line about a table under way */
    uint64_t drawn_at;
    bool    *told; /* per table: its last line was printed */
} mig_progress;

mig_status mig__progress_init(mig_progress *progress, const mig_plan *plan, bool quiet,
                              mig_error *err) MIG_CHECKED;

/* For mig_copy_run; arg is the mig_progress. */
void mig__progress_tick(void *arg, const mig_copy *copy);

/* The same while a database is copied in one piece: how many of its pages are done. */
void mig__progress_pages(mig_progress *progress, const mig_copy *copy, uint64_t n_done,
                         uint64_t n_pages);

/* Takes the live line away.  Before anything else is printed. */
void mig__progress_clear(mig_progress *progress);

void mig__progress_fini(mig_progress *progress);

#endif
