/*
 * dry_run.c - what would be done, without doing it.
 *
 * Where the schema would be made first, the target's tables are those that the
 * steps make in memory, in SQLite's dialect.  For a SQLite target that is
 * exact; for PostgreSQL the names are right and the types unknown, and the plan
 * says so instead of guessing.
 */
#include "dry_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "migration.h"
#include "mirror_report.h"
#include "report.h"

static const char *
mode_name(mig_schema_choice mode)
{
    switch (mode) {
    case MIG_SCHEMA_AUTO:
        return "auto";
    case MIG_SCHEMA_UPTRAKIT:
        return "uptrakit";
    case MIG_SCHEMA_EXISTING:
        return "existing";
    case MIG_SCHEMA_MIRROR:
        return "mirror";
    }
    return "";
}

/* Of a plan for tables that stand: which of them would be rebuilt. */
static mig_status
choose_rebuilt(const mig_dry_run *run, const mig_copy *copy, mig_buf *notes, mig_error *err)
{
    if (run->plan == NULL || run->whole != NULL || run->mirror != NULL || run->keeps_keys)
        return MIG_OK;
    return mig__migration_rebuild(run->sink, run->plan, copy, notes, err);
}

static mig_status
print(const mig_dry_run *run, const mig_plan *plan, const mig_plan_facts *base, mig_error *err)
{
    mig_status     st = MIG_OK;
    mig_copy      *copy = NULL;
    mig_buf        schema = MIG_BUF_INIT, decisions = MIG_BUF_INIT, text = MIG_BUF_INIT;
    mig_buf        notes = MIG_BUF_INIT;
    mig_plan_facts facts = *base;
    uint64_t      *sizes = calloc(plan->n_tables + 1, sizeof *sizes);

    if (sizes == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the sizes of the tables");
        goto done;
    }
    for (size_t i = 0; i < plan->n_tables; i++)
        MIG_TRY(run->source->ops->size(run->source, plan->tables[i].source, &sizes[i], err));
    MIG_TRY(mig_copy_new(run->source, plan, &copy, err));
    mig_buf_puts(&notes, base->notes);
    MIG_TRY(choose_rebuilt(run, copy, &notes, err));
    MIG_TRY(mig_buf_check(&notes, err));
    facts.notes = mig_buf_text(&notes);
    if (run->whole != NULL)
        mig_buf_printf(&schema, "the source's, which is copied as a whole (%s)", run->whole);
    else
        mig_buf_printf(&schema, "%s (%s)", mode_name(run->choice->mode), run->choice->why);
    MIG_TRY(mig_buf_check(&schema, err));
    if (run->mirror != NULL)
        mig__mirror_report_list(run->mirror, &decisions);
    MIG_TRY(mig_buf_check(&decisions, err));
    facts.schema = mig_buf_text(&schema);
    facts.decisions = run->mirror != NULL ? mig_buf_text(&decisions) : NULL;
    facts.copy = copy;
    facts.sizes = sizes;
    mig_plan_print(&text, plan, &facts);
    MIG_TRY(mig_buf_check(&text, err));
    if (fputs(mig_buf_text(&text), stdout) < 0 || fflush(stdout) != 0)
        st = mig_raise(err, MIG_E_IO, "cannot write the plan to standard output");
done:
    free(sizes);
    mig_copy_free(copy);
    mig_buf_fini(&notes);
    mig_buf_fini(&schema);
    mig_buf_fini(&decisions);
    mig_buf_fini(&text);
    return st;
}

mig_status
mig__dry_run_print(const mig_dry_run *run, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_plan        *expected = NULL;
    mig_buf          notes = MIG_BUF_INIT;
    mig_copy_options copying = *run->copying;
    unsigned         most = run->sink->ops->max_writers(run->sink);
    mig_plan_rules   rules = *run->rules;
    mig_plan_facts   facts = {
          .source = run->source_url->display,
          .target = run->target_url->display,
          .source_kind = run->source->ops->kind,
          .target_kind = run->sink->ops->kind,
          .source_catalog = run->source_catalog,
          .steps = run->choice->steps,
          .n_steps = run->choice->n_steps,
          .whole = run->whole != NULL,
          .options = &copying,
          .notes = run->notes != NULL ? mig_buf_text(run->notes) : "",
    };

    if (copying.n_writers > most) /* SQLite's one */
        copying.n_writers = most;
    if (run->plan == NULL) {
        rules.types_unknown = facts.types_unknown = !run->choice->sqlite;
        MIG_TRY(mig_plan_make(run->source_catalog, run->choice->expected, &rules, &expected, &notes,
                              err));
        facts.notes = mig_buf_text(&notes);
        mig__report_warnings(&expected->warnings);
    }
    MIG_TRY(print(run, run->plan != NULL ? run->plan : expected, &facts, err));
done:
    mig_plan_free(expected);
    mig_buf_fini(&notes);
    return st;
}
