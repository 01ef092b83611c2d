/*
 * migration.h - one run of the program, from its options to the last word.
 *
 * Threads: the main thread; phases on their own, while it waits.
 */
#ifndef MIG_MIGRATION_H
#define MIG_MIGRATION_H

#include <time.h>

#include "mig/migrate.h"
#include "mig/secrets.h"
#include "mirroring.h"
#include "options.h"
#include "progress.h"
#include "reject_file.h"
#include "report.h"
#include "schema_choice.h"
#include "url.h"

/* What a run that copies does, one after the other. */
typedef enum mig_run_step {
    MIG_RUN_LOOK,    /* at both databases; the prompt */
    MIG_RUN_PREPARE, /* the target: tables made or emptied, indexes and keys suspended */
    MIG_RUN_COPY,
    MIG_RUN_REBUILD, /* indexes, keys and what else tables have */
    MIG_RUN_VERIFY,  /* statistics are gathered meanwhile */
    MIG_RUN_FINISH,
    MIG_N_RUN_STEPS,
} mig_run_step;

typedef struct mig_migration {
    const mig_options *options;
    uint64_t           started_at;
    struct timespec    started_wall;
    mig_run_step       step; /* the one under way */
    uint64_t           step_since;
    double             step_seconds[MIG_N_RUN_STEPS]; /* of those before it */
    int                signo;
    mig_copy_options   copying;
    mig_progress       progress;

    mig_url         source_url, target_url;
    mig_master_key *key;
    mig_source     *source;
    mig_sink       *sink;
    mig_catalog    *source_catalog;
    mig_catalog    *target_catalog;
    bool            is_uptrakit;
    mig_plan_rules  rules;

    mig_target_schema choice;
    mig_mirroring     mirroring; /* the target's schema, where that is the choice */
    const char       *whole;     /* why the source is taken along in one piece; NULL for rows */
    const mig_table **standing;  /* tables of the target that will be erased */
    size_t            n_standing;

    mig_buf          notes;
    mig_buf          rebuilding; /* of mig_plan_rebuild(), lines */
    bool             rebuilds;   /* some table is rebuilt */
    mig_buf          warnings;   /* of restore() and finish(), a line each */
    mig_plan        *plan;
    mig_copy        *copy;
    mig_sync        *sync;
    mig_source      *back; /* over the target, while contents are compared */
    mig_restoring    restoring;
    mig_target_state target_state;

    mig_journal *journal;       /* of the run that is gone on with, or of this one; or NULL */
    bool         journalled;    /* this run can be gone on with */
    unsigned     n_tries;       /* to connect again, since the last progress (retrying.h) */
    bool         ended_unheard; /* its journal is gone, though no COMMIT was heard of */
    uint64_t     n_rows_best; /* rows that were in the target, at most: more of them is progress */

    mig_reject_file *rejects; /* --on-error reject, while rows may come; or NULL */
} mig_migration;

/* Whether the target's schema is made after the source's. */
static inline bool
mig__migration_mirrors(const mig_migration *m)
{
    return m->mirroring.mirror != NULL;
}

/* The step under way is over, and this one begins. */
void mig__migration_step(mig_migration *m, mig_run_step step);

/* Runs it as a phase (migrate.h) between the source and the sink; a signal is kept in m->signo. */
mig_status mig__migration_phase(mig_migration *m, mig_phase_fn *fn, mig_error *err) MIG_CHECKED;

/* The same of a database that is copied as a whole: fn gets a mig_clone. */
mig_status mig__migration_clone(mig_migration *m, mig_phase_fn *fn, mig_error *err) MIG_CHECKED;

/* Connections of the target on which work can go on side by side. */
unsigned mig__migration_parallel(const mig_migration *m);

/* As many as read_back() may be asked for. */
unsigned mig__migration_back_readers(const mig_migration *m);

/* Which tables of the plan are rebuilt; what there is to tell of it goes to *notes, a line each. */
mig_status mig__migration_rebuild(mig_sink *sink, mig_plan *plan, const mig_copy *copy,
                                  mig_buf *notes, mig_error *err) MIG_CHECKED;

/*
 * Opens both databases, makes sure of all that can be known, and asks.  Until then nothing in the
 * target is changed, and a signal ends the program.  With --dry-run or --emit-schema that is all.
 */
mig_status mig__look_and_ask(mig_migration *m, mig_error *err) MIG_CHECKED;

/* --verify-only: opens both databases to be read, and plans which tables and columns are compared.
 */
mig_status mig__look_at_both(mig_migration *m, mig_error *err) MIG_CHECKED;

/* --sync: likewise as mig__look_and_ask, for tables that stand and will be made equal. */
mig_status mig__look_to_sync(mig_migration *m, mig_error *err) MIG_CHECKED;

/* The plan for the target's catalog as it is now, with its notes. */
mig_status mig__look_plan(mig_migration *m, mig_error *err) MIG_CHECKED;

#endif
