/*
 * rules.c - the plan's rules: from the command line, and from what is known of an
 * application.
 */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "mig/uptrakit.h"
#include "versions.h"

static bool
is_secret(const char *table, const char *column)
{
    size_t                     n = 0;
    const mig_uptrakit_secret *secrets = mig_uptrakit_secrets(&n);

    /* Any setting may hold a sealed value. */
    if ((strcmp(table, "settings") == 0 || strcmp(table, "global_settings") == 0) &&
        strcmp(column, "value") == 0)
        return true;
    for (size_t i = 0; i < n; i++)
        if (strcmp(secrets[i].table, table) == 0 && strcmp(secrets[i].column, column) == 0)
            return true;
    return strcmp(table, "data_encryption_keys") == 0 && strcmp(column, "wrapped_key") == 0;
}

static mig_status
parse_casts(const mig_patterns *texts, mig_plan_rules *rules, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_cast  *casts;

    if (texts->n == 0)
        return MIG_OK;
    casts = calloc(texts->n, sizeof *casts);
    if (casts == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the casts");
    rules->casts = casts;
    for (size_t i = 0; i < texts->n; i++) {
        MIG_TRY(mig_cast_parse(texts->texts[i], &casts[i], err));
        rules->n_casts++;
    }
done:
    return st;
}

mig_status
mig__rules_open(const mig_options *options, mig_plan_rules *rules, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_zone  *zone = NULL;

    *rules = (mig_plan_rules){
        .kept = mig__versions_kept,
        .include = options->include,
        .exclude = options->exclude,
        .allow_missing = options->allow_missing,
    };
    MIG_TRY(parse_casts(&options->casts, rules, err));
    if (options->timezone != NULL) {
        st = mig_zone_open(options->timezone, &zone, err);
        if (st != MIG_OK)
            mig_error_context(err, "--timezone");
        rules->zone = zone;
    }
done:
    if (st != MIG_OK)
        mig__rules_close(rules);
    return st;
}

void
mig__rules_of_uptrakit(mig_plan_rules *rules)
{
    rules->not_copied = mig_uptrakit_not_copied;
    rules->label = mig_uptrakit_label;
    rules->secret = is_secret;
}

void
mig__rules_close(mig_plan_rules *rules)
{
    for (size_t i = 0; i < rules->n_casts; i++)
        mig_cast_fini(&rules->casts[i]);
    free(rules->casts);
    free(rules->unkept);
    mig_zone_free(rules->zone);
    *rules = (mig_plan_rules){.casts = NULL};
}
