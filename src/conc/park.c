/*
 * park.c - sleeping on a sequence number.
 *
 * prepare() reads the sequence, a wake changes it, wait() sleeps only while it
 * is unchanged: the kernel compares once more under its own lock.  So a wake
 * that comes between prepare() and wait() is seen by one comparison or the
 * other.
 *
 * Wakes skip the system call when nobody sleeps.  That is a store on each side
 * followed by a load of the other's word:
 *
 *     wait()                                  wake()
 *     n_waiting++                             sequence += 2
 *     sequence == key ?  then sleep           n_waiting > 0 ?  then FUTEX_WAKE
 *
 * All four are sequentially consistent, so at least one side sees the other:
 * either the waker finds a waiter, or the waiter finds a new sequence.
 *
 * A waiter would miss 2^31 wakes that all fall between its prepare() and its
 * wait(), because the number is then the old one again.  That is minutes of
 * wakes at full speed against a few instructions.
 *
 * Threads: any.
 */
#include "mig/park.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "park_closed.h"

_Static_assert(sizeof(_Atomic uint32_t) == 4, "a futex is a plain 32-bit word");

static void
futex_wake(_Atomic uint32_t *word, int n)
{
    /* May be called with the address of memory that is gone: the kernel does not look at it, and
     * whoever sleeps at the same address by now looks again, as every waiter does. */
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
}

static void
wake(mig_park *park, int n)
{
    atomic_fetch_add(&park->sequence, MIG__PARK_STEP);
    if (atomic_load(&park->n_waiting) > 0)
        futex_wake(&park->sequence, n);
}

uint32_t
mig_park_prepare(mig_park *park)
{
    return atomic_load(&park->sequence);
}

void
mig_park_wait(mig_park *park, uint32_t key)
{
    atomic_fetch_add(&park->n_waiting, 1);
    if (atomic_load(&park->sequence) == key) {
        long rc = syscall(SYS_futex, &park->sequence, FUTEX_WAIT_PRIVATE, key, NULL, NULL, 0);

        /* A changed sequence or a signal: the caller looks again either way. */
        assert(rc == 0 || errno == EAGAIN || errno == EINTR);
        (void)rc;
    }
    atomic_fetch_sub(&park->n_waiting, 1);
}

void
mig_park_wake_one(mig_park *park)
{
    wake(park, 1);
}

void
mig_park_wake_all(mig_park *park)
{
    wake(park, INT_MAX);
}

void
mig__park_close(mig_park *park)
{
    atomic_fetch_or(&park->sequence, MIG__PARK_CLOSED);
    futex_wake(&park->sequence, INT_MAX);
}
