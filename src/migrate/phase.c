/*
 * phase.c - one thing at a time, with an ear for signals.
 *
 * What a phase does may take long (a lock in the target, a count over a big
 * table), so it runs on a thread and the main thread stays free to hear
 * SIGINT and SIGTERM and to break into the database call.
 *
 * An interrupt hits what is under way, and so may fall between two calls; it is
 * repeated until the phase has ended.
 */
#include "mig/migrate.h"
#include "mig/threads.h"

#define TICK_MS 1000

typedef struct databases {
    mig_source *source, *other;
    mig_sink   *sink;
} databases;

static void
interrupt(void *arg)
{
    databases *both = arg;

    if (both->source != NULL)
        both->source->ops->interrupt(both->source);
    if (both->other != NULL)
        both->other->ops->interrupt(both->other);
    if (both->sink != NULL)
        both->sink->ops->interrupt(both->sink);
}

/* Waits for the end; *signop is the first signal that came, or 0. */
static void
watch_over(mig_cancel *cancel, mig_threads *threads, databases *both, int *signop)
{
    for (;;) {
        int      signo = 0;
        mig_wait waited = mig_threads_wait(threads, TICK_MS, &signo);

        if (waited == MIG_WAIT_DONE)
            return;
        if (*signop != 0) {
            interrupt(both);
        } else if (waited == MIG_WAIT_SIGNAL) {
            mig_error stopped = MIG_ERROR_INIT;

            mig_raise(&stopped, MIG_E_STOPPED, "stopped by a signal");
            mig_cancel_raise(cancel, &stopped);
            mig_error_fini(&stopped);
            *signop = signo;
        }
    }
}

static mig_status
run(databases *both, mig_phase_fn *fn, void *arg, int *signop, mig_error *err)
{
    mig_status           st = MIG_OK;
    mig_cancel          *cancel = NULL;
    mig_threads         *threads = NULL;
    mig_cancel_interrupt entry = {0};
    bool                 watching = false;

    *signop = 0;
    MIG_TRY(mig_cancel_new(&cancel, err));
    MIG_TRY(mig_threads_new(cancel, &threads, err));
    mig_cancel_watch_interrupt(cancel, &entry, interrupt, both);
    watching = true;
    MIG_TRY(mig_threads_start(threads, "phase", fn, arg, err));
    watch_over(cancel, threads, both, signop);
    mig_threads_join(threads);
    st = mig_cancel_result(cancel, err);
    if (*signop != 0) {
        mig_error_fini(err);
        st = mig_raise(err, MIG_E_STOPPED, "stopped by a signal");
    }
done:
    mig_threads_free(threads);
    if (watching)
        mig_cancel_unwatch_interrupt(cancel, &entry);
    mig_cancel_free(cancel);
    return st;
}

mig_status
mig_phase_run(mig_source *source, mig_sink *sink, mig_phase_fn *fn, void *arg, int *signop,
              mig_error *err)
{
    databases both = {.source = source, .sink = sink};

    return run(&both, fn, arg, signop, err);
}

mig_status
mig_phase_run_sources(mig_source *one, mig_source *other, mig_phase_fn *fn, void *arg, int *signop,
                      mig_error *err)
{
    databases both = {.source = one, .other = other};

    return run(&both, fn, arg, signop, err);
}

mig_status
mig_phase_run_all(mig_source *source, mig_source *target, mig_sink *sink, mig_phase_fn *fn,
                  void *arg, int *signop, mig_error *err)
{
    databases all = {.source = source, .other = target, .sink = sink};

    return run(&all, fn, arg, signop, err);
}
