/*
 * stress_threads.c - main learns of every end and of every signal, and of none
 * that did not happen.
 */
#include <stdatomic.h>

#include "mig/threads.h"
#include "tap.h"

#define N_GROUPS       3000
#define MAX_THREADS    4
#define A_LONG_TIME_MS 30000

typedef struct group {
    atomic_uint n_returned;
    bool        signals; /* a thread sends the process a SIGTERM */
} group;

static mig_status
return_at_once(void *arg, mig_error *err)
{
    group *g = arg;

    (void)err;
    if (g->signals && atomic_load(&g->n_returned) == 0)
        kill(getpid(), SIGTERM);
    atomic_fetch_add(&g->n_returned, 1);
    return MIG_OK;
}

static void
start(mig_threads *threads, group *g, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        tap_need(mig_threads_start(threads, "stress", return_at_once, g, NULL) == MIG_OK,
                 "no thread");
}

/* Waits to the end; whether it came because the group woke us, not because the time was over. */
static bool
done_soon(mig_threads *threads)
{
    uint64_t begun = mig_clock_now();
    int      signo;

    return mig_threads_wait(threads, A_LONG_TIME_MS, &signo) == MIG_WAIT_DONE &&
           mig_clock_seconds_since(begun) < A_LONG_TIME_MS / 2000.0;
}

/* Some groups are joined without a wait: what they leave behind must not end the next one. */
static void
groups(mig_cancel *cancel)
{
    uint64_t begun = mig_clock_now();
    uint64_t n = 0;
    unsigned n_wrong = 0;

    while (n < N_GROUPS && !tap_time_is_over(begun)) {
        group        g = {0, false};
        unsigned     n_threads = 1 + (unsigned)(n % MAX_THREADS);
        mig_threads *threads;

        tap_need(mig_threads_new(cancel, &threads, NULL) == MIG_OK, "no group");
        start(threads, &g, n_threads);
        if (n % 3 != 0) {
            n_wrong += !done_soon(threads);
            n_wrong += atomic_load(&g.n_returned) != n_threads;
        }
        mig_threads_free(threads);
        n++;
    }
    tap_ok(n_wrong == 0, "the end of a group is seen when it comes and not before", n);
}

static void
signals(mig_cancel *cancel)
{
    uint64_t begun = mig_clock_now();
    uint64_t n = 0;
    unsigned n_wrong = 0;

    while (n < N_GROUPS && !tap_time_is_over(begun)) {
        group        g = {0, true};
        mig_threads *threads;
        unsigned     n_signals = 0;
        mig_wait     wait;
        int          signo;

        tap_need(mig_threads_new(cancel, &threads, NULL) == MIG_OK, "no group");
        start(threads, &g, 1);
        while ((wait = mig_threads_wait(threads, A_LONG_TIME_MS, &signo)) == MIG_WAIT_SIGNAL)
            n_signals += signo == SIGTERM;
        n_wrong += wait != MIG_WAIT_DONE || n_signals != 1;
        mig_threads_free(threads);
        n++;
    }
    tap_ok(n_wrong == 0, "a signal is seen once, whenever it comes", n);
}

int
main(void)
{
    mig_cancel *cancel;

    tap_begin();
    mig_threads_block_signals();
    tap_need(mig_cancel_new(&cancel, NULL) == MIG_OK, "no cancellation");
    groups(cancel);
    signals(cancel);
    mig_cancel_free(cancel);
    return tap_end();
}
