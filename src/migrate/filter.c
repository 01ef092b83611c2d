/*
 * filter.c - what the user leaves out, by patterns of names.
 *
 * Pure.
 */
#include <string.h>

#include "mig/migrate.h"

bool
mig_plan_wants(const mig_plan_rules *rules, const mig_table *table)
{
    if (table->kind != MIG_TABLE_PLAIN && table->kind != MIG_TABLE_PARTITIONED)
        return false;
    if (rules->not_copied != NULL && rules->not_copied(table->name))
        return false;
    if (rules->include.n > 0 && !mig_patterns_match(&rules->include, table->name))
        return false;
    return !mig_patterns_match(&rules->exclude, table->name);
}

/* Names may have points in them, so each point of the pattern can be the one in the middle. */
static bool
matches_column(const char *pattern, const char *table, const char *column)
{
    for (const char *point = strchr(pattern, '.'); point != NULL; point = strchr(point + 1, '.'))
        if (mig_glob_match(pattern, (size_t)(point - pattern), table) &&
            mig_glob_match(point + 1, strlen(point + 1), column))
            return true;
    return false;
}

bool
mig_plan_may_miss(const mig_plan_rules *rules, const char *table, const char *column, bool *used)
{
    bool may = false;

    for (size_t i = 0; i < rules->allow_missing.n; i++) {
        const char *pattern = rules->allow_missing.texts[i];

        if (column != NULL ? !matches_column(pattern, table, column)
                           : !mig_glob_match(pattern, strlen(pattern), table))
            continue;
        may = true;
        if (used != NULL)
            used[i] = true;
    }
    return may;
}

static bool
matches_any(const char *pattern, const mig_catalog *catalog)
{
    for (size_t i = 0; i < catalog->n_tables; i++)
        if (mig_glob_match(pattern, strlen(pattern), catalog->tables[i].name))
            return true;
    return false;
}

static void
list_idle(const char *option, const mig_patterns *patterns, const mig_catalog *catalog,
          mig_buf *out)
{
    for (size_t i = 0; i < patterns->n; i++)
        if (!matches_any(patterns->texts[i], catalog))
            mig_buf_printf(out, "%s%s %s", out->len > 0 ? ", " : "", option, patterns->texts[i]);
}

mig_status
mig_plan_check_patterns(const mig_plan_rules *rules, const mig_catalog *source, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    idle = MIG_BUF_INIT;

    list_idle("--include", &rules->include, source, &idle);
    list_idle("--exclude", &rules->exclude, source, &idle);
    MIG_TRY(mig_buf_check(&idle, err));
    if (idle.len > 0) {
        st = mig_raise(err, MIG_E_USAGE, "no table of the source matches %s", mig_buf_text(&idle));
        mig_error_hint(err, "upper and lower case are told apart; nothing was changed");
    }
done:
    mig_buf_fini(&idle);
    return st;
}
