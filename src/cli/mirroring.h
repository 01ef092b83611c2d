/*
 * mirroring.h - a run that makes the target's schema after that of the source.
 *
 *   open    what the user wants of it (--rename ...)
 *   make    the target's schema, its statements, and the rules by which rows
 *           are planned into it; nothing is changed
 *   place   in the target schema, or in one beside it
 *   run     the statements before the rows, as a phase (migrate.h)
 *   finish  those behind the rows, likewise
 *   close
 *
 * Threads: the main thread; the phases on their own, while it waits.
 */
#ifndef MIG_MIRRORING_H
#define MIG_MIRRORING_H

#include "mig/migrate.h"
#include "mig/mirror.h"
#include "options.h"
#include "url.h"

typedef struct mig_mirroring {
    mig_rename *renames;
    size_t      n_renames;

    mig_schema *schema; /* the source's */
    mig_mirror
            *mirror; /* NULL until it is made; where the target gets another schema it stays so */
    mig_ddl *ddl;
    mig_survey        *survey; /* what was found in the source's values; or NULL */
    mig_mirror_rules   how;
    const mig_catalog *source_catalog;

    /* Where it is made; if that is beside the target schema, what makes it there. */
    mig_stage   stage;
    mig_mirror *staged;
    mig_ddl    *staged_ddl;

    /* For mig_plan_make, with mirror->catalog as the target's. */
    mig_plan_rules   rules;
    mig_cast        *casts; /* the mirror's, then the user's; the strings are theirs */
    mig_counterparts counterparts;

    /* For the phases. */
    mig_sink    *sink;
    unsigned     n_parallel;
    mig_catalog *catalog;  /* what run found in the target; the caller takes it */
    mig_buf     *warnings; /* gets lines of finish */
} mig_mirroring;

/* What is mirrored; all of it outlives the mirroring. */
typedef struct mig_mirroring_sides {
    const mig_options    *options;
    const mig_url        *target_url;
    mig_source           *source;
    const mig_catalog    *source_catalog;
    mig_sink             *sink;
    const mig_catalog    *target_catalog;
    const mig_plan_rules *rules;
    unsigned              n_readers;
} mig_mirroring_sides;

/* MIG_E_USAGE for renames that cannot be read, and for a file of --emit-schema that is there. */
mig_status mig__mirroring_open(const mig_options *options, mig_mirroring *mirroring,
                               mig_error *err) MIG_CHECKED;

/*
 * Reads the source's schema, looks at all its values where they decide, and makes the rest.  With
 * --strict MIG_E_SCHEMA lists what would not be carried over.
 */
mig_status mig__mirroring_make(mig_mirroring *mirroring, const mig_mirroring_sides *sides,
                               mig_error *err) MIG_CHECKED;

/*
 * The tables of the target that the statements replace, of those in its catalog: tablesp[0] ...,
 * which is the caller's to free().
 */
mig_status mig__mirroring_standing(const mig_mirroring *mirroring, const mig_catalog *target,
                                   const mig_table ***tablesp, size_t *n_tablesp,
                                   mig_error *err) MIG_CHECKED;

/* Where the schema is made; `journal` is that of the run that is gone on with, or NULL. */
mig_status mig__mirroring_place(mig_mirroring *mirroring, const mig_journal *journal,
                                mig_error *err) MIG_CHECKED;

/*
 * Phases; arg is the mig_mirroring.  After run the target's tables stand without rows and
 * mirroring->catalog is what the target says of them; MIG_E_INTERNAL where that is not what the
 * rows were planned for.
 */
mig_status mig__mirroring_run(void *arg, mig_error *err) MIG_CHECKED;
/* In its place, where an earlier run has made the tables. */
mig_status mig__mirroring_take_up(void *arg, mig_error *err) MIG_CHECKED;
mig_status mig__mirroring_finish(void *arg, mig_error *err) MIG_CHECKED;

/* Accepts one that is all zero. */
void mig__mirroring_close(mig_mirroring *mirroring);

#endif
