/*
 * queue_struct.h - what a queue consists of: for queue.c, and for the test
 * that puts items without the wakes that belong to them.
 */
#ifndef MIG_CONC_QUEUE_STRUCT_H
#define MIG_CONC_QUEUE_STRUCT_H

#include "links.h"
#include "mig/queue.h"

struct mig_queue {
    /* Fixed after creation. */
    mig_queue_kind  kind;
    mig_cancel     *cancel;
    const mig_stop *stop;

    /* Under the cancellation's lock. */
    mig_cancel_park watch;

    /* Any thread, as links.h and park.h allow. */
    mig_park  park; /* wakes: push, end, a consumer that leaves items, cancellation */
    mig__fifo fifo;
};

#endif
