/*
 * threads.c - a group of threads that ends as one.
 *
 * The thread that brings the number of running threads to zero sends main the
 * wake-up signal.  The signal is blocked, so it stays pending if main is not
 * waiting yet, and it carries no meaning of its own: main waits for the
 * number, the signal only makes it look.  So one that is left over from an
 * earlier group, or from a moment between two starts, costs one more look.  If
 * the kernel refuses to queue it (RLIMIT_SIGPENDING), main finds out at its
 * next tick.
 *
 * SIGINT and SIGTERM have precedence over the end of the group, so that a
 * wait() on a group without threads asks for a pending signal.
 *
 * A group of run() sends no signal: its starter does nothing but join it, and
 * need not have the signal blocked.
 *
 * Threads: new, start, wait, pause, join, free on main; thread_main() is the frame of
 * every thread.
 */
#include "mig/threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mig/clock.h"

#define NAME_SIZE 16 /* the kernel's limit, with the NUL */

typedef struct worker {
    /* Fixed before the thread starts. */
    mig_threads   *threads;
    mig_thread_fn *fn;
    void          *arg;
    char           name[NAME_SIZE];

    /* Main only. */
    pthread_t      thread;
    struct worker *next;
} worker;

struct mig_threads {
    /* Fixed after creation. */
    mig_cancel *cancel;
    pthread_t   main;
    bool        silent; /* main joins, and waits for no signal */

    /* Main only. */
    worker *workers; /* started and not joined */

    /* Any thread; atomic.  Who brings it to zero wakes main. */
    atomic_uint n_running;
};

static int
wake_signal(void)
{
    return SIGRTMIN; /* Not a constant: glibc keeps some real-time signals to itself. */
}

static void
waited_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, wake_signal());
}

/* All but those a thread brings upon itself: blocked, they would end the process unreported. */
static void
signals_of_others(sigset_t *set)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

    sigfillset(set);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(set, own[i]);
}

void
mig_threads_block_signals(void)
{
    sigset_t set;

    waited_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

mig_status
mig_threads_new(mig_cancel *cancel, mig_threads **threadsp, mig_error *err)
{
    mig_threads *threads;

    *threadsp = NULL;
    threads = calloc(1, sizeof *threads);
    if (threads == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the threads");
    threads->cancel = cancel;
    threads->main = pthread_self();
    *threadsp = threads;
    return MIG_OK;
}

static void
raise_failure(mig_cancel *cancel, mig_status st, mig_error *err)
{
    /* The status that was returned counts, above all whether it is an echo; the error is its
     * story. */
    mig_raise(err, st, "%s", mig_status_words(st));
    err->status = st;
    mig_cancel_raise(cancel, err);
}

static void *
thread_main(void *arg)
{
    worker      *self = arg;
    mig_threads *threads = self->threads;
    mig_error    err = MIG_ERROR_INIT;
    mig_status   st;

    pthread_setname_np(pthread_self(), self->name);
    st = self->fn(self->arg, &err);
    if (st != MIG_OK)
        raise_failure(threads->cancel, st, &err);
    mig_error_fini(&err);
    if (atomic_fetch_sub(&threads->n_running, 1) == 1 && !threads->silent)
        pthread_kill(threads->main, wake_signal());
    return NULL;
}

/* A thread inherits the mask it is created under, so it never runs without it. */
static int
create_masked(worker *new)
{
    sigset_t all;
    sigset_t before;
    int      rc;

    signals_of_others(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&new->thread, NULL, thread_main, new);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

mig_status
mig_threads_start(mig_threads *threads, const char *name, mig_thread_fn *fn, void *arg,
                  mig_error *err)
{
    worker *new;
    int rc;

    new = calloc(1, sizeof *new);
    if (new == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a thread");
    new->threads = threads;
    new->fn = fn;
    new->arg = arg;
    snprintf(new->name, sizeof new->name, "%s", name);

    /* Counted before it runs: it may be gone before create returns. */
    atomic_fetch_add(&threads->n_running, 1);
    rc = create_masked(new);
    if (rc != 0) {
        atomic_fetch_sub(&threads->n_running, 1);
        free(new);
        mig_raise(err, MIG_E_NOMEM, "cannot start a thread");
        mig_error_detail(err, "%s", strerror(rc));
        return MIG_E_NOMEM;
    }
    new->next = threads->workers;
    threads->workers = new;
    return MIG_OK;
}

/* The time from now to `deadline`; zero when it is over. */
static struct timespec
time_left(uint64_t deadline)
{
    uint64_t now = mig_clock_now();
    uint64_t left = now < deadline ? deadline - now : 0;

    return (struct timespec){.tv_sec = (time_t)(left / UINT64_C(1000000000)),
                             .tv_nsec = (long)(left % UINT64_C(1000000000))};
}

mig_wait
mig_threads_wait(mig_threads *threads, unsigned tick_ms, int *signop)
{
    uint64_t deadline = mig_clock_now() + (uint64_t)tick_ms * UINT64_C(1000000);
    sigset_t set;

    *signop = 0;
    waited_signals(&set);
    for (;;) {
        bool            done = atomic_load(&threads->n_running) == 0;
        struct timespec left = time_left(done ? 0 : deadline);
        int             signo = sigtimedwait(&set, NULL, &left);

        if (signo == SIGINT || signo == SIGTERM) {
            *signop = signo;
            return MIG_WAIT_SIGNAL;
        }
        if (signo == wake_signal() || errno != EAGAIN)
            continue; /* Look again; EINTR: a handler ran, or a debugger looked at us. */
        if (done)
            return MIG_WAIT_DONE;
        return atomic_load(&threads->n_running) == 0 ? MIG_WAIT_DONE : MIG_WAIT_TICK;
    }
}

mig_wait
mig_threads_pause(unsigned ms, int *signop)
{
    uint64_t deadline = mig_clock_now() + (uint64_t)ms * UINT64_C(1000000);
    sigset_t set;

    *signop = 0;
    waited_signals(&set);
    do {
        struct timespec left = time_left(deadline);
        int             signo = sigtimedwait(&set, NULL, &left);

        if (signo == SIGINT || signo == SIGTERM) {
            *signop = signo;
            return MIG_WAIT_SIGNAL;
        }
    } while (mig_clock_now() < deadline); /* a wake-up signal is left over from an earlier group */
    return MIG_WAIT_TICK;
}

void
mig_threads_join(mig_threads *threads)
{
    while (threads->workers != NULL) {
        worker *first = threads->workers;

        threads->workers = first->next;
        pthread_join(first->thread, NULL);
        free(first);
    }
}

void
mig_threads_free(mig_threads *threads)
{
    if (threads == NULL)
        return;
    mig_threads_join(threads);
    free(threads);
}

mig_status
mig_threads_run(mig_cancel *cancel, const char *name, mig_thread_fn *fn, void *const *args,
                unsigned n, mig_error *err)
{
    mig_threads threads = {.cancel = cancel, .main = pthread_self(), .silent = true};
    mig_status  st = MIG_OK;
    char        full[NAME_SIZE];

    for (unsigned i = 0; i < n && st == MIG_OK; i++) {
        snprintf(full, sizeof full, "%s %u", name, i);
        st = mig_threads_start(&threads, full, fn, args[i], err);
    }
    if (st != MIG_OK) {
        mig_error stopped = MIG_ERROR_INIT;

        mig_raise(&stopped, MIG_E_STOPPED, "not all threads could be started");
        mig_cancel_raise(cancel, &stopped);
        mig_error_fini(&stopped);
    }
    mig_threads_join(&threads);
    return st != MIG_OK ? st : mig_cancel_result(cancel, err);
}
