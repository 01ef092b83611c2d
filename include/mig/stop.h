/*
 * stop.h - how a thread inside a database call learns that it shall end.
 *
 * Two faces of one event: a flag to look at between rows, and a file
 * descriptor that becomes readable, to be polled beside a socket.  Who raises
 * the stop, and why, is told in cancel.h; code that only has to obey it
 * (sources, sinks) sees this.
 *
 * Threads: any.
 */
#ifndef MIG_STOP_H
#define MIG_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

typedef struct mig_stop {
    atomic_bool raised; /* sticky */
    int         fd;     /* an eventfd: readable for ever once raised; only to be polled */
} mig_stop;

static inline bool
mig_stop_raised(const mig_stop *stop)
{
    return atomic_load_explicit(&stop->raised, memory_order_acquire);
}

#endif
