/*
 * park_closed.h - a park that remembers an end.
 *
 * The end of a queue is kept in its park's sequence and not in a flag beside
 * it.  So closing is one atomic operation, and the wake that follows goes to
 * the kernel by address alone: a waiter that sees the end may free the park
 * while close() has not returned yet.  With a flag and a wake, close() would
 * still have to write to the sequence behind it.
 *
 * Threads: close() once, by anyone; closed() by anyone.
 */
#ifndef MIG_CONC_PARK_CLOSED_H
#define MIG_CONC_PARK_CLOSED_H

#include <stdbool.h>

#include "mig/park.h"

/* Bit 0 of the sequence; wakes count in the bits above it. */
#define MIG__PARK_CLOSED UINT32_C(1)
#define MIG__PARK_STEP   UINT32_C(2)

/* Closes for good and wakes all.  Touches no memory of the park after the closing is visible. */
void mig__park_close(mig_park *park);

/* What the closing thread did before is visible to whoever sees true. */
static inline bool
mig__park_closed(const mig_park *park)
{
    return (atomic_load_explicit(&park->sequence, memory_order_acquire) & MIG__PARK_CLOSED) != 0;
}

#endif
