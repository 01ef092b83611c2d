/*
 * versions.c - comparing the records of migrations.
 *
 * Rows go into a schema that the application will use: if the application of
 * the target has seen other migrations than that of the source, names and
 * types may fit and the rows still be wrong for it.
 */
#include "versions.h"

#include "mig/bookkeeping.h"
#include "mig/log.h"
#include "mig/match.h"
#include "name_list.h"

#define COLUMNS_MAX (MIG_BOOKKEEPING_NAMES_MAX + MIG_BOOKKEEPING_MARKS_MAX)

/* One record while it is read. */
typedef struct record {
    const mig_bookkeeping *rule;
    size_t                 n_names; /* the first columns; marks behind them */
    size_t                 n_columns;
    const char            *columns[COLUMNS_MAX]; /* as this database spells them */
    mig_name_list          names;
} record;

static const char *
own_spelling(const mig_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (mig_match_folded(table->columns[i].name, name))
            return table->columns[i].name;
    return name;
}

static record
record_of(const mig_bookkeeping *rule, const mig_table *table)
{
    record r = {.rule = rule};

    for (size_t i = 0; i < MIG_BOOKKEEPING_NAMES_MAX && rule->names[i] != NULL; i++)
        r.columns[r.n_names++] = own_spelling(table, rule->names[i]);
    r.n_columns = r.n_names;
    for (size_t i = 0; i < MIG_BOOKKEEPING_MARKS_MAX && rule->marks[i].column != NULL; i++)
        r.columns[r.n_columns++] = own_spelling(table, rule->marks[i].column);
    return r;
}

/* "app.0001_initial", "20240101 (failed)" */
static bool
add_row(void *arg, const char *const *texts, const size_t *lens)
{
    record *r = arg;
    mig_buf name = MIG_BUF_INIT;

    (void)lens;
    for (size_t i = 0; i < r->n_names; i++)
        mig_buf_printf(&name, "%s%s", i > 0 ? "." : "", texts[i] != NULL ? texts[i] : "NULL");
    for (size_t i = r->n_names; i < r->n_columns; i++) {
        const mig_bookkeeping_mark *mark = &r->rule->marks[i - r->n_names];

        if (mig_bookkeeping_marked(mark, texts[i])) {
            mig_buf_printf(&name, " (%s)", mark->words);
            break;
        }
    }
    if (name.failed)
        r->names.failed = true;
    else
        mig__names_add(&r->names, mig_buf_text(&name));
    mig_buf_fini(&name);
    return !r->names.failed;
}

/* What differs between the two, both ways, goes to *out. */
static mig_status
compare(const mig_versions *both, const mig_table *source, const mig_table *target, mig_buf *out,
        mig_error *err)
{
    const mig_bookkeeping *rule = mig_bookkeeping_of(source);
    record                 here = record_of(rule, source), there = record_of(rule, target);
    mig_buf                only_here = MIG_BUF_INIT, only_there = MIG_BUF_INIT;
    mig_status             st = MIG_OK;

    MIG_TRY(both->source->ops->lookup(both->source, source, here.columns, here.n_columns, add_row,
                                      &here, err));
    MIG_TRY(mig__names_check(&here.names, err));
    MIG_TRY(both->sink->ops->lookup(both->sink, target, there.columns, there.n_columns, add_row,
                                    &there, err));
    MIG_TRY(mig__names_check(&there.names, err));
    if (there.names.n == 0 && mig_plan_wants(both->rules, source)) {
        both->empty[(*both->n_emptyp)++] = target;
        goto done;
    }
    mig__names_list_missing(&here.names, &there.names, &only_here);
    mig__names_list_missing(&there.names, &here.names, &only_there);
    if (only_here.len > 0)
        mig_buf_printf(out, "%s, only in the source: %s\n", source->name, mig_buf_text(&only_here));
    if (only_there.len > 0)
        mig_buf_printf(out, "%s, only in the target: %s\n", source->name,
                       mig_buf_text(&only_there));
    MIG_TRY(mig_buf_check(&only_here, err));
    MIG_TRY(mig_buf_check(&only_there, err));
done:
    mig_buf_fini(&only_here);
    mig_buf_fini(&only_there);
    mig__names_fini(&here.names);
    mig__names_fini(&there.names);
    return st;
}

/* A record of the source that the plan would not miss, since it would not be copied anyway. */
static bool
unseen_by_plan(const mig_versions *both, const mig_table *table)
{
    return both->rules->not_copied != NULL && both->rules->not_copied(table->name) &&
           !mig_plan_may_miss(both->rules, table->name, NULL, NULL);
}

static mig_status
compare_all(const mig_versions *both, mig_buf *out, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t i = 0; i < both->source_catalog->n_tables; i++) {
        const mig_table       *source = &both->source_catalog->tables[i];
        const mig_bookkeeping *rule = mig_bookkeeping_of(source);
        const mig_table       *target;

        if (rule == NULL)
            continue;
        mig_match_table(both->source_catalog, source->name, both->target_catalog, &target);
        if (target != NULL && mig_bookkeeping_of(target) == rule)
            MIG_TRY(compare(both, source, target, out, err));
        else if (target == NULL && unseen_by_plan(both, source))
            mig_buf_printf(out, "%s: the target has no such table\n", source->name);
    }
    MIG_TRY(mig_buf_check(out, err));
done:
    return st;
}

static void
warn_of_target_alone(const mig_versions *both)
{
    for (size_t i = 0; i < both->target_catalog->n_tables; i++) {
        const mig_table *target = &both->target_catalog->tables[i];
        const mig_table *source;

        if (mig_bookkeeping_of(target) != NULL &&
            mig_match_table(both->target_catalog, target->name, both->source_catalog, &source) ==
                MIG_MATCH_NONE)
            mig_log_warning("the target records its migrations in %s and the source has no such "
                            "table: whether both have the same state cannot be told",
                            target->name);
    }
}

mig_status
mig__versions_check(const mig_versions *both, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    differing = MIG_BUF_INIT;

    MIG_TRY(compare_all(both, &differing, err));
    warn_of_target_alone(both);
    if (differing.len == 0)
        goto done;
    if (both->allow_mismatch) {
        mig_log_warning("source and target stand at different migrations\n  %.*s",
                        (int)(differing.len - 1), differing.data);
        goto done;
    }
    st = mig_raise(err, MIG_E_SCHEMA, "source and target stand at different migrations");
    mig_error_detail(err, "%.*s", (int)(differing.len - 1), differing.data);
    mig_error_hint(err, "start the application once on the side that is behind, so that both stand "
                        "at the same migrations, or go on with --allow-version-mismatch; nothing "
                        "was changed");
done:
    mig_buf_fini(&differing);
    return st;
}

const char *
mig__versions_kept(const mig_table *source, const mig_table *target)
{
    const mig_bookkeeping *rule = mig_bookkeeping_of(source);

    if (rule == NULL || rule != mig_bookkeeping_of(target))
        return NULL;
    return "the application's record of its migrations";
}
