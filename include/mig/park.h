/*
 * park.h - waiting for a condition without a lock and without polling.
 *
 * The condition itself (a queue is not empty, a batch came home) lives
 * elsewhere, in lock-free structures; a park is only where a thread sleeps
 * until somebody says "look again".  The legal order of calls:
 *
 *     waiter                                   waker
 *     for (;;) {                               change the condition
 *         if (condition) break;                mig_park_wake_*(park)
 *         key = mig_park_prepare(park);
 *         if (condition) break;
 *         mig_park_wait(park, key);
 *     }
 *
 * A wake between prepare and wait makes wait return at once, so none is lost.
 * Wakes may be spurious: always look again.  A wake with nobody waiting is one
 * atomic add and no system call.
 *
 * Threads: any number on either side.  Linux futex(2).
 */
#ifndef MIG_PARK_H
#define MIG_PARK_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct mig_park {
    _Atomic uint32_t sequence;
    _Atomic uint32_t n_waiting;
} mig_park;

#define MIG_PARK_INIT                                                                              \
    {                                                                                              \
        0, 0                                                                                       \
    }

uint32_t mig_park_prepare(mig_park *park);
void     mig_park_wait(mig_park *park, uint32_t key);
void     mig_park_wake_one(mig_park *park);
void     mig_park_wake_all(mig_park *park);

#endif
