/*
 * threads.h - a group of threads that ends as one.
 *
 * Every thread runs with all signals blocked; the main thread waits for the
 * group and for signals at the same time, in sigtimedwait(2): no thread but
 * main ever handles a signal, prints or exits.
 *
 * A thread function returns a status; anything but MIG_OK raises the
 * cancellation with the error it filled.  The returned status counts, above
 * all MIG_E_STOPPED for an echo; the error is its story.
 *
 * Threads: new, start, wait, pause, join and free on the main thread; run on any.
 */
#ifndef MIG_THREADS_H
#define MIG_THREADS_H

#include <stddef.h>

#include "mig/cancel.h"

typedef struct mig_threads mig_threads;

typedef mig_status mig_thread_fn(void *arg, mig_error *err);

typedef enum mig_wait {
    MIG_WAIT_DONE,   /* every started thread has returned */
    MIG_WAIT_TICK,   /* the time is over */
    MIG_WAIT_SIGNAL, /* SIGINT or SIGTERM came: *signop */
} mig_wait;

/*
 * Blocks SIGINT, SIGTERM and the group's own wake-up signal in the calling thread, and in all
 * threads it starts, from now on.  Once, before the first group.
 */
void mig_threads_block_signals(void);

mig_status mig_threads_new(mig_cancel *cancel, mig_threads **threadsp, mig_error *err) MIG_CHECKED;

/* Starts one; `name` (at most 15 characters, for debuggers) is copied, `arg` borrowed. */
mig_status mig_threads_start(mig_threads *threads, const char *name, mig_thread_fn *fn, void *arg,
                             mig_error *err) MIG_CHECKED;

/* Waits at most `tick_ms` for the end of all threads or a signal.  A signal comes before the end,
 * so that on a group without threads this asks for a pending one. */
mig_wait mig_threads_wait(mig_threads *threads, unsigned tick_ms, int *signop) MIG_CHECKED;

/* Without threads: waits for the time to be over, or a signal.  The signals are blocked. */
mig_wait mig_threads_pause(unsigned ms, int *signop) MIG_CHECKED;

/* Joins all.  They must be on their way out: MIG_WAIT_DONE was seen or the run was cancelled. */
void mig_threads_join(mig_threads *threads);

/* Accepts NULL; joins what is not joined. */
void mig_threads_free(mig_threads *threads);

/*
 * Runs fn on n threads, with args[i] each, and comes back when all have ended.  For work inside a
 * phase: on any thread, whatever signals it has blocked; the threads hear none.  Where not all can
 * be started, the cancellation is raised and those that run must end by it.
 */
mig_status mig_threads_run(mig_cancel *cancel, const char *name, mig_thread_fn *fn,
                           void *const *args, unsigned n, mig_error *err) MIG_CHECKED;

#endif
