/*
 * queue.h - first-in-first-out hand-over between threads.
 *
 * Lock-free on the way in; unbounded (the pools bound what can be in it); with
 * a sticky end.  Items are intrusive: the queue owns no memory but its own,
 * and an item that was pushed must not be touched until it is popped.
 *
 * Which pairs may run at the same time without a lock of the caller's:
 *
 *                 push      pop (ONE)   pop (MANY)   end
 *   push          yes       yes         yes          no: end is the last call of the producers
 *   pop (ONE)     yes       no          -            yes
 *   pop (MANY)    yes       -           yes          yes
 *
 * A queue made with MIG_QUEUE_ONE_CONSUMER may be popped by one thread at a
 * time (handing that role over needs a happens-before of the caller's own, for
 * example another queue).  MIG_QUEUE_MANY_CONSUMERS takes a short lock per
 * pop.  Pushing several items from several threads is allowed on both kinds.
 *
 * Waiting is parking (park.h), never polling, and ends at once when the run is
 * cancelled.
 */
#ifndef MIG_QUEUE_H
#define MIG_QUEUE_H

#include "mig/cancel.h"

/* The link inside an item.  Its content belongs to src/conc. */
typedef struct mig_node {
    void *opaque;
} mig_node;

typedef struct mig_queue mig_queue;

typedef enum mig_queue_kind {
    MIG_QUEUE_ONE_CONSUMER,
    MIG_QUEUE_MANY_CONSUMERS,
} mig_queue_kind;

typedef enum mig_pop {
    MIG_POP_ITEM,    /* *nodep is the item */
    MIG_POP_END,     /* ended and empty: sticky */
    MIG_POP_EMPTY,   /* mig_queue_try_pop only: nothing there now */
    MIG_POP_STOPPED, /* the run was cancelled: sticky; items may be left inside */
} mig_pop;

mig_status mig_queue_new(mig_queue_kind kind, mig_cancel *cancel, mig_queue **queuep,
                         mig_error *err) MIG_CHECKED;

/*
 * Accepts NULL.  The queue must be empty (asserted), nobody may wait in it, and every push has
 * returned.  End need not have: a consumer may free the queue as soon as it sees MIG_POP_END.
 */
void mig_queue_free(mig_queue *queue);

void mig_queue_push(mig_queue *queue, mig_node *node);

/*
 * The stream is complete: no more pushes will come.  At most once.  A producer that fails does not
 * call it, because consumers take the end for success; it raises the cancellation.
 */
void mig_queue_end(mig_queue *queue);

/* Waits for an item, the end or the cancellation. */
mig_pop mig_queue_pop(mig_queue *queue, mig_node **nodep) MIG_CHECKED;

/* Does not wait. */
mig_pop mig_queue_try_pop(mig_queue *queue, mig_node **nodep) MIG_CHECKED;

/* For cleaning up after a cancellation, when no other thread uses the queue: the next item, or
 * NULL.  Ignores the cancellation. */
mig_node *mig_queue_drain(mig_queue *queue);

#endif
