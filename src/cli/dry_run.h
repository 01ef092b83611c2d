/*
 * dry_run.h - the plan on standard output, and nothing else.
 */
#ifndef MIG_DRY_RUN_H
#define MIG_DRY_RUN_H

#include "mig/migrate.h"
#include "mig/mirror.h"
#include "schema_choice.h"
#include "url.h"

typedef struct mig_dry_run {
    const mig_url           *source_url, *target_url;
    mig_source              *source;
    mig_sink                *sink;
    const mig_catalog       *source_catalog;
    const mig_target_schema *choice; /* unless whole is given */
    const char              *whole;  /* why the source is taken along in one piece; NULL for rows */
    const mig_plan_rules    *rules;
    const mig_copy_options  *copying;
    mig_plan *plan; /* it gets its last change; NULL while the target has to be made first: the plan
                       is that for what the steps lead to */
    bool              keeps_keys; /* no table is rebuilt */
    const mig_buf    *notes;      /* of the plan; or NULL */
    const mig_mirror *mirror;     /* the schema that would be made; or NULL */
} mig_dry_run;

/* Counts the source's rows and prints the plan.  Changes neither database. */
mig_status mig__dry_run_print(const mig_dry_run *run, mig_error *err) MIG_CHECKED;

#endif
