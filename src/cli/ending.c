/*
 * ending.c - what comes behind the rows: the schema is completed, both sides are
 * compared, and the target is made final.
 *
 * Threads: the main thread; what takes time is a phase.
 */
#include "ending.h"

#include "clone.h"
#include "mig/log.h"
#include "mig/threads.h"
#include "mirroring.h"
#include "rejecting.h"
#include "report.h"

static mig_status
compare_counts(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    unsigned       n_others = m->copying.digests ? mig__migration_back_readers(m) + 1 : 0;
    mig_status     st = m->sink->ops->statistics(m->sink, m->plan, n_others, err);

    return st == MIG_OK ? mig_verify_counts(m->copy, m->sink, err) : st;
}

static mig_status
open_target_again(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return m->sink->ops->read_back(m->sink, mig__migration_back_readers(m), &m->back, err);
}

static mig_status
compare_contents(void *arg, mig_error *err)
{
    mig_migration         *m = arg;
    const mig_verify_sides sides = {
        .source = m->source,
        .n_source_readers = m->copying.n_readers > 0 ? m->copying.n_readers : 1,
        .target = m->back,
        .n_target_readers = m->sink != NULL ? mig__migration_back_readers(m) : m->copying.n_writers,
        .most = m->options->max_differences,
        .read_source = m->options->verify_only,
    };

    return mig_verify_content(m->copy, &sides, &m->warnings, err);
}

static mig_status
count_rows(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return mig_copy_new(m->source, m->plan, &m->copy, err);
}

/* What the schema has beside its tables, now that their rows are there. */
mig_status
mig__ending_complete(mig_migration *m, mig_error *err)
{
    mig_status st;

    m->mirroring.n_parallel = mig__migration_parallel(m);
    m->mirroring.warnings = &m->warnings;
    mig_log_info("Making keys, indexes and views\u2026");
    st = mig_phase_run(m->source, m->sink, mig__mirroring_finish, &m->mirroring, &m->signo, err);
    mig__rejecting_explain(m, st, err);
    return st;
}

/* Signals go to the source over the target as well, which is the sink's only while it is open. */
static mig_status
verify_contents(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    int        signo = 0;

    mig_log_info("Verifying contents\u2026");
    MIG_TRY(mig__migration_phase(m, open_target_again, err));
    st = mig_phase_run_sources(m->source, m->back, compare_contents, m, &signo, err);
    if (signo != 0)
        m->signo = signo;
    mig__report_warnings(&m->warnings);
    mig_buf_clear(&m->warnings);
done:
    mig_source_close(m->back);
    m->back = NULL;
    return st;
}

mig_status
mig__ending_verify(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    mig_log_info("Verifying row counts\u2026");
    MIG_TRY(mig__migration_phase(m, compare_counts, err));
    if (m->whole != NULL) {
        mig_log_info("Comparing the pages of both files\u2026");
        MIG_TRY(mig__migration_clone(m, mig__clone_compare, err));
    } else if (m->copying.digests) {
        MIG_TRY(verify_contents(m, err));
    }
done:
    return st;
}

static mig_status
look_for_journal(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_journal   *found = NULL;
    mig_status     st = m->sink->ops->journal_find(m->sink, &found, err);

    m->ended_unheard = st == MIG_OK && found == NULL;
    mig_journal_free(found);
    return st;
}

static mig_status
count_again(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return mig_verify_counts(m->copy, m->sink, err);
}

/*
 * The answer to the COMMIT that ends the run was lost.  A journal that is gone says that it was
 * made, but from then on anybody was free to write into the target, another run included.
 */
static mig_status
verify_unheard(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__migration_phase(m, look_for_journal, err));
    if (!m->ended_unheard)
        goto done;
    m->target_state = MIG_TARGET_COPIED;
    m->journalled = false; /* nothing is left to go on with */
    mig_log_info("The run had come to its end before the connection was lost; verifying once "
                 "more\u2026");
    MIG_TRY(mig__migration_phase(m, count_again, err));
    if (m->copying.digests)
        MIG_TRY(verify_contents(m, err));
done:
    return st;
}

static mig_status
finish(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = MIG_OK;

    if (m->target_state == MIG_TARGET_EXCHANGING) /* it is tried again */
        m->target_state = MIG_TARGET_STAGED;
    MIG_TRY(m->source->ops->unchanged(m->source, err));
    st = m->sink->ops->commit(m->sink, m->plan, &m->warnings, err);
    if (st == MIG_E_CONNECT && m->target_state == MIG_TARGET_STAGED)
        m->target_state = MIG_TARGET_EXCHANGING;
    else if (st == MIG_E_CONNECT && m->copying.one_transaction)
        m->target_state = MIG_TARGET_COMMITTING;
    MIG_TRY(st);
    if (m->target_url.kind != MIG_URL_SQLITE)
        m->target_state = MIG_TARGET_COPIED;
    if (m->mirroring.stage.name != NULL)
        m->journalled = false; /* nothing is left to go on with */
    /* Last: it can make a SQLite target final. */
    MIG_TRY(m->sink->ops->finish(m->sink, m->plan, &m->warnings, err));
done:
    return st;
}

mig_status
mig__ending_finish(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    if (m->n_tries > 0) /* it is tried again */
        MIG_TRY(verify_unheard(m, err));
    MIG_TRY(mig__migration_phase(m, finish, err));
done:
    return st;
}

mig_status
mig__ending_compare(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    uint64_t   n_rows = 0;
    int        signo = 0;

    MIG_TRY(mig__look_at_both(m, err));
    mig_threads_block_signals();
    st = mig_phase_run_sources(m->source, m->back, count_rows, m, &signo, err);
    if (st == MIG_OK) {
        mig_log_info("Comparing contents\u2026");
        st = mig_phase_run_sources(m->source, m->back, compare_contents, m, &signo, err);
    }
    m->signo = signo;
    mig__report_warnings(&m->warnings);
    MIG_TRY(st);
    MIG_TRY(m->source->ops->unchanged(m->source, err));
    for (size_t t = 0; t < m->plan->n_tables; t++)
        n_rows += m->copy->tables[t].n_rows;
    mig_log_info("Source and target hold the same %llu rows in %zu table%s.",
                 (unsigned long long)n_rows, m->plan->n_tables, m->plan->n_tables == 1 ? "" : "s");
done:
    return st;
}
