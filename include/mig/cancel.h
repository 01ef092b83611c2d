/*
 * cancel.h - the first failure ends everything.
 *
 * One mig_cancel stands for one run.  The first thread that fails stores its
 * error here; every other thread is told to stop, and what it then reports is
 * an echo and is dropped.  Being told takes three forms at once:
 *
 *   - mig_stop (stop.h): a flag, and a descriptor to poll beside a socket;
 *   - parks: every park that is watched is woken;
 *   - interrupts: functions that break into a database call that blocks
 *     (sqlite3_interrupt, PQcancel).
 *
 * Threads: every function from any thread.  Interrupts run on the thread that
 * cancels, one after the other, under this object's lock: they must not call
 * back into it.
 */
#ifndef MIG_CANCEL_H
#define MIG_CANCEL_H

#include "mig/error.h"
#include "mig/park.h"
#include "mig/stop.h"

typedef struct mig_cancel mig_cancel;

/* Intrusive list entries; in the watcher's memory, zeroed before first use. */
typedef struct mig_cancel_park {
    mig_park               *park;
    struct mig_cancel_park *next, *prev;
} mig_cancel_park;

typedef struct mig_cancel_interrupt {
    void (*call)(void *arg);
    void                        *arg;
    struct mig_cancel_interrupt *next, *prev;
} mig_cancel_interrupt;

mig_status mig_cancel_new(mig_cancel **cancelp, mig_error *err) MIG_CHECKED;

/* Accepts NULL.  Nothing may be watched any more. */
void mig_cancel_free(mig_cancel *cancel);

const mig_stop *mig_cancel_stop(const mig_cancel *cancel);

/*
 * Ends the run.  The first call's error is kept (moved out of *err; later ones are dropped) and
 * everyone is woken and interrupted.  A status MIG_E_STOPPED is an echo: it never becomes the first
 * error, but raises the stop all the same.  So does NULL.
 */
void mig_cancel_raise(mig_cancel *cancel, mig_error *err);

/* The first error, moved into *err; MIG_E_STOPPED, in the words of the first echo, if only echoes
 * were raised; MIG_OK (and *err untouched) if nothing was. */
mig_status mig_cancel_result(mig_cancel *cancel, mig_error *err) MIG_CHECKED;

/* Watching a park or interrupt after the stop was raised wakes or calls it at once.  Unwatching
 * one that is not watched does nothing. */
void mig_cancel_watch_park(mig_cancel *cancel, mig_cancel_park *entry, mig_park *park);
void mig_cancel_unwatch_park(mig_cancel *cancel, mig_cancel_park *entry);
void mig_cancel_watch_interrupt(mig_cancel *cancel, mig_cancel_interrupt *entry,
                                void (*call)(void *arg), void            *arg);
void mig_cancel_unwatch_interrupt(mig_cancel *cancel, mig_cancel_interrupt *entry);

#endif
