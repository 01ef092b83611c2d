/*
 * queue.c - waiting, the end and the cancellation around a fifo.
 *
 * push() puts the item and then wakes one consumer, so whoever looks at that
 * wake finds the put complete.
 *
 * With many consumers one wake per push is not enough.  While producer 1
 * stands in the middle of its put, producer 2 puts behind it and wakes a
 * consumer, which can take neither and parks again; when producer 1 is done,
 * its own wake fetches one consumer for two items.  Therefore a consumer that
 * took an item and leaves others behind passes the wake on.
 *
 * The end is the closed bit of the park (park_closed.h).  It is read before
 * the fifo is: every put happened before the closing, so if the fifo then has
 * nothing to take, it is empty for good.
 *
 * Threads: see the table in queue.h.
 */
#include "mig/queue.h"

#include <assert.h>
#include <stdlib.h>

#include "park_closed.h"
#include "queue_struct.h"

mig_status
mig_queue_new(mig_queue_kind kind, mig_cancel *cancel, mig_queue **queuep, mig_error *err)
{
    mig_queue *queue;

    *queuep = NULL;
    queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a queue");
    queue->kind = kind;
    queue->cancel = cancel;
    queue->stop = mig_cancel_stop(cancel);
    mig__fifo_init(&queue->fifo, kind == MIG_QUEUE_MANY_CONSUMERS);
    mig_cancel_watch_park(cancel, &queue->watch, &queue->park);
    *queuep = queue;
    return MIG_OK;
}

void
mig_queue_free(mig_queue *queue)
{
    if (queue == NULL)
        return;
    assert(mig__fifo_empty(&queue->fifo));
    mig_cancel_unwatch_park(queue->cancel, &queue->watch);
    mig__fifo_fini(&queue->fifo);
    free(queue);
}

void
mig_queue_push(mig_queue *queue, mig_node *node)
{
    mig__fifo_put(&queue->fifo, node);
    mig_park_wake_one(&queue->park);
}

void
mig_queue_end(mig_queue *queue)
{
    /* The last touch: the consumer that sees it may free the queue. */
    mig__park_close(&queue->park);
}

mig_pop
mig_queue_try_pop(mig_queue *queue, mig_node **nodep)
{
    bool closed;

    *nodep = NULL;
    if (mig_stop_raised(queue->stop))
        return MIG_POP_STOPPED;
    closed = mig__park_closed(&queue->park);
    *nodep = mig__fifo_take(&queue->fifo);
    if (*nodep == NULL)
        return closed ? MIG_POP_END : MIG_POP_EMPTY;
    if (queue->kind == MIG_QUEUE_MANY_CONSUMERS && !mig__fifo_empty(&queue->fifo))
        mig_park_wake_one(&queue->park);
    return MIG_POP_ITEM;
}

mig_pop
mig_queue_pop(mig_queue *queue, mig_node **nodep)
{
    for (;;) {
        uint32_t key = mig_park_prepare(&queue->park);
        mig_pop  pop = mig_queue_try_pop(queue, nodep);

        if (pop != MIG_POP_EMPTY)
            return pop;
        mig_park_wait(&queue->park, key);
    }
}

mig_node *
mig_queue_drain(mig_queue *queue)
{
    return mig__fifo_take(&queue->fifo);
}
