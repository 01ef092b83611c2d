/*
 * migration.c - what several steps of a run ask of it.
 */
#include "migration.h"

#include <stdlib.h>

#include "clone.h"
#include "mig/clock.h"

unsigned
mig__migration_parallel(const mig_migration *m)
{
    unsigned most = m->sink->ops->max_writers(m->sink);

    return m->copying.n_writers < most ? m->copying.n_writers : most;
}

/* What reads the target back has one connection for itself. */
unsigned
mig__migration_back_readers(const mig_migration *m)
{
    unsigned most = m->sink->ops->max_writers(m->sink);

    return m->copying.n_writers < most ? m->copying.n_writers : most > 1 ? most - 1 : 1;
}

void
mig__migration_step(mig_migration *m, mig_run_step step)
{
    uint64_t now = mig_clock_now();

    m->step_seconds[m->step] += (double)(now - m->step_since) / 1e9;
    m->step = step;
    m->step_since = now;
}

mig_status
mig__migration_rebuild(mig_sink *sink, mig_plan *plan, const mig_copy *copy, mig_buf *notes,
                       mig_error *err)
{
    mig_status   st = MIG_OK;
    const char **why_not = calloc(plan->n_tables + 1, sizeof *why_not);

    if (why_not == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list what can be rebuilt");
    MIG_TRY(sink->ops->rebuildable(sink, plan, why_not, err));
    MIG_TRY(mig_plan_rebuild(plan, copy, why_not, notes, err));
done:
    free(why_not);
    return st;
}

mig_status
mig__migration_phase(mig_migration *m, mig_phase_fn *fn, mig_error *err)
{
    int        signo = 0;
    mig_status st = mig_phase_run(m->source, m->sink, fn, m, &signo, err);

    if (signo != 0)
        m->signo = signo;
    return st;
}

mig_status
mig__migration_clone(mig_migration *m, mig_phase_fn *fn, mig_error *err)
{
    mig_clone  whole = {m->source, m->sink, m->copy, &m->progress, m->options->verify_content};
    int        signo = 0;
    mig_status st = mig_phase_run(m->source, m->sink, fn, &whole, &signo, err);

    if (signo != 0)
        m->signo = signo;
    return st;
}
