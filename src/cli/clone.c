/*
 * clone.c - a whole SQLite database into another, instead of rows.
 *
 * Threads: choosing and checking on the main thread; the phase on its own,
 * which draws the progress meanwhile, as the main thread only waits.
 */
#include "clone.h"

#include "mig/clock.h"
#include "mig/sqlite.h"
#include "safety.h"

mig_status
mig__clone_choose(mig_schema_choice wanted, mig_source *source, mig_sink *sink, const char **whyp,
                  mig_error *err)
{
    mig_sqlite_fit fit;
    mig_status     st = mig_sqlite_fit_of(source, sink, &fit, err);

    *whyp = NULL;
    if (st != MIG_OK)
        return st;
    switch (fit) {
    case MIG_SQLITE_DIFFERS:
        break;
    case MIG_SQLITE_EMPTY:
        /* Who says that the tables are there does not expect to get them. */
        if (wanted != MIG_SCHEMA_EXISTING)
            *whyp = "the target is empty";
        break;
    case MIG_SQLITE_SAME:
        *whyp = "both have the same";
        break;
    }
    return MIG_OK;
}

mig_status
mig__clone_check_empty(mig_sink *sink, mig_error *err)
{
    mig_buf    names = MIG_BUF_INIT;
    mig_status st = MIG_OK;

    MIG_TRY(mig_sqlite_virtual_rows(sink, &names, err));
    MIG_TRY(mig__safety_refuse(&names, err));
done:
    mig_buf_fini(&names);
    return st;
}

static void
tick(void *arg, uint64_t n_done, uint64_t n_pages)
{
    mig_clone *clone = arg;

    mig__progress_pages(clone->progress, clone->copy, n_done, n_pages);
}

mig_status
mig__clone_run(void *arg, mig_error *err)
{
    mig_clone       *clone = arg;
    mig_sqlite_pages watcher = {tick, clone};
    mig_status       st;

    clone->copy->started_at = mig_clock_now();
    st = mig_sqlite_clone(clone->source, clone->sink, &watcher, err);
    mig__progress_clear(clone->progress);
    if (st != MIG_OK)
        return st;
    mig_copy_came_whole(clone->copy);
    mig__progress_tick(clone->progress, clone->copy);
    mig__progress_clear(clone->progress);
    return MIG_OK;
}

mig_status
mig__clone_compare(void *arg, mig_error *err)
{
    mig_clone *clone = arg;

    return mig_sqlite_compare_pages(clone->source, clone->sink, clone->thorough, err);
}
