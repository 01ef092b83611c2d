/*
 * cancel.c - the first failure ends everything.
 *
 * Raising is: keep the error, set the flag, make the descriptor readable, wake
 * every watched park, call every interrupt, in this order.  Whoever is woken
 * therefore finds the flag set, and the parks, which cost nothing, do not wait
 * for an interrupt that talks to a server.
 *
 * All of it happens under one lock, which watching takes too: an entry is
 * either in the list when the stop is raised, or sees on entry that it was.
 * After unwatch has returned, the entry's park or function is not used any
 * more.  Wakes and interrupts come once, with the first raise; later ones can
 * only replace an echo by the error it was an echo of.
 *
 * Threads: every function from any thread.
 */
#include "mig/cancel.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mig_cancel {
    mig_stop stop; /* the flag is set under the lock, read without it */

    pthread_mutex_t      lock; /* guards all below */
    mig_error            first;
    mig_status           status; /* that of `first`, which result() moves out */
    mig_cancel_park      parks;  /* the lists' heads: not entries */
    mig_cancel_interrupt calls;  /* circular; empty: point to themselves */
};

mig_status
mig_cancel_new(mig_cancel **cancelp, mig_error *err)
{
    mig_cancel *cancel;

    *cancelp = NULL;
    cancel = calloc(1, sizeof *cancel);
    if (cancel == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the cancellation");
    cancel->stop.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->stop.fd < 0) {
        mig_raise(err, MIG_E_IO, "cannot create an event descriptor");
        mig_error_detail(err, "%s", strerror(errno));
        free(cancel);
        return MIG_E_IO;
    }
    pthread_mutex_init(&cancel->lock, NULL);
    cancel->parks.next = cancel->parks.prev = &cancel->parks;
    cancel->calls.next = cancel->calls.prev = &cancel->calls;
    *cancelp = cancel;
    return MIG_OK;
}

void
mig_cancel_free(mig_cancel *cancel)
{
    if (cancel == NULL)
        return;
    assert(cancel->parks.next == &cancel->parks);
    assert(cancel->calls.next == &cancel->calls);
    close(cancel->stop.fd);
    mig_error_fini(&cancel->first);
    pthread_mutex_destroy(&cancel->lock);
    free(cancel);
}

const mig_stop *
mig_cancel_stop(const mig_cancel *cancel)
{
    return &cancel->stop;
}

/* Keeps *err if nothing is kept, or only an echo and this is none.  Leaves *err empty. */
static void
keep_locked(mig_cancel *cancel, mig_error *err)
{
    mig_status status = err != NULL && err->status != MIG_OK ? err->status : MIG_E_STOPPED;

    if (cancel->status == MIG_OK || (cancel->status == MIG_E_STOPPED && status != MIG_E_STOPPED)) {
        mig_error_fini(&cancel->first);
        cancel->status = status;
        if (err != NULL)
            mig_error_move(&cancel->first, err);
    }
    mig_error_fini(err);
}

static void
tell_all_locked(mig_cancel *cancel)
{
    uint64_t one = 1;
    ssize_t  n;

    atomic_store(&cancel->stop.raised, true);
    do
        n = write(cancel->stop.fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    assert(n == (ssize_t)sizeof one); /* A counter that is 0 always has room for 1. */

    for (mig_cancel_park *e = cancel->parks.next; e != &cancel->parks; e = e->next)
        mig_park_wake_all(e->park);
    for (mig_cancel_interrupt *e = cancel->calls.next; e != &cancel->calls; e = e->next)
        e->call(e->arg);
}

void
mig_cancel_raise(mig_cancel *cancel, mig_error *err)
{
    pthread_mutex_lock(&cancel->lock);
    keep_locked(cancel, err);
    if (!mig_stop_raised(&cancel->stop))
        tell_all_locked(cancel);
    pthread_mutex_unlock(&cancel->lock);
}

mig_status
mig_cancel_result(mig_cancel *cancel, mig_error *err)
{
    mig_status status;

    pthread_mutex_lock(&cancel->lock);
    status = cancel->status;
    if (status != MIG_OK) {
        mig_error_move(err, &cancel->first);
        mig_raise(err, status, "%s", mig_status_words(status)); /* an echo without words */
    }
    pthread_mutex_unlock(&cancel->lock);
    return status;
}

void
mig_cancel_watch_park(mig_cancel *cancel, mig_cancel_park *entry, mig_park *park)
{
    pthread_mutex_lock(&cancel->lock);
    entry->park = park;
    entry->next = &cancel->parks;
    entry->prev = cancel->parks.prev;
    entry->prev->next = entry;
    entry->next->prev = entry;
    if (mig_stop_raised(&cancel->stop))
        mig_park_wake_all(park);
    pthread_mutex_unlock(&cancel->lock);
}

void
mig_cancel_unwatch_park(mig_cancel *cancel, mig_cancel_park *entry)
{
    pthread_mutex_lock(&cancel->lock);
    if (entry->next != NULL) { /* else it was never watched, or is not any more */
        entry->prev->next = entry->next;
        entry->next->prev = entry->prev;
        *entry = (mig_cancel_park){NULL, NULL, NULL};
    }
    pthread_mutex_unlock(&cancel->lock);
}

void
mig_cancel_watch_interrupt(mig_cancel *cancel, mig_cancel_interrupt *entry, void (*call)(void *arg),
                           void *arg)
{
    pthread_mutex_lock(&cancel->lock);
    entry->call = call;
    entry->arg = arg;
    entry->next = &cancel->calls;
    entry->prev = cancel->calls.prev;
    entry->prev->next = entry;
    entry->next->prev = entry;
    if (mig_stop_raised(&cancel->stop))
        call(arg);
    pthread_mutex_unlock(&cancel->lock);
}

void
mig_cancel_unwatch_interrupt(mig_cancel *cancel, mig_cancel_interrupt *entry)
{
    pthread_mutex_lock(&cancel->lock);
    if (entry->next != NULL) {
        entry->prev->next = entry->next;
        entry->next->prev = entry->prev;
        *entry = (mig_cancel_interrupt){NULL, NULL, NULL, NULL};
    }
    pthread_mutex_unlock(&cancel->lock);
}
