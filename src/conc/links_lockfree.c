/*
 * links_lockfree.c - the chains of links.h on liburcu.
 *
 * The fifo is a wfcqueue: put() is one exchange and one store, and never waits
 * for anybody.  The lifo is a wfstack, for the same put().  Its pop may meet a
 * node whose put() has not stored the link yet; an lfstack would not, but its
 * push is a loop and its code is in one library more.
 *
 * Only the non-blocking calls are used: the others sleep for 10 ms when they
 * meet a thread in the middle of its put(), where a park is woken at once.
 *
 * No RCU: popping from a stack is prone to ABA (the top is popped, and pushed
 * again above another node, while somebody is about to pop it) only with two
 * poppers, and wfcqueue's takers exclude each other by its lock.
 */
#ifndef MIG_CONC_MUTEX

#include "links.h"

#include <stddef.h>

_Static_assert(sizeof(mig_node) >= sizeof(struct cds_wfcq_node) &&
                   sizeof(mig_node) >= sizeof(struct cds_wfs_node),
               "a mig_node holds a link of either kind");
_Static_assert(_Alignof(mig_node) >= _Alignof(struct cds_wfcq_node) &&
                   _Alignof(mig_node) >= _Alignof(struct cds_wfs_node),
               "a mig_node is aligned for a link of either kind");

void
mig__fifo_init(mig__fifo *fifo, bool many_takers)
{
    fifo->many_takers = many_takers;
    cds_wfcq_init(&fifo->head, &fifo->tail);
}

void
mig__fifo_fini(mig__fifo *fifo)
{
    cds_wfcq_destroy(&fifo->head, &fifo->tail);
}

void
mig__fifo_put(mig__fifo *fifo, mig_node *node)
{
    struct cds_wfcq_node *link = (struct cds_wfcq_node *)(void *)node;

    cds_wfcq_node_init(link);
    cds_wfcq_enqueue(&fifo->head, &fifo->tail, link);
}

mig_node *
mig__fifo_take(mig__fifo *fifo)
{
    struct cds_wfcq_node *link;

    if (fifo->many_takers)
        cds_wfcq_dequeue_lock(&fifo->head, &fifo->tail);
    link = __cds_wfcq_dequeue_nonblocking(&fifo->head, &fifo->tail);
    if (fifo->many_takers)
        cds_wfcq_dequeue_unlock(&fifo->head, &fifo->tail);
    return link == CDS_WFCQ_WOULDBLOCK ? NULL : (mig_node *)(void *)link;
}

bool
mig__fifo_empty(mig__fifo *fifo)
{
    return cds_wfcq_empty(&fifo->head, &fifo->tail);
}

void
mig__lifo_init(mig__lifo *lifo)
{
    __cds_wfs_init(&lifo->stack);
}

void
mig__lifo_fini(mig__lifo *lifo)
{
    (void)lifo; /* Without liburcu's own lock there is nothing to give back. */
}

void
mig__lifo_put(mig__lifo *lifo, mig_node *node)
{
    struct cds_wfs_node *link = (struct cds_wfs_node *)(void *)node;

    cds_wfs_node_init(link);
    cds_wfs_push(&lifo->stack, link);
}

mig_node *
mig__lifo_take(mig__lifo *lifo)
{
    struct cds_wfs_node *link = __cds_wfs_pop_nonblocking(&lifo->stack);

    return link == CDS_WFS_WOULDBLOCK ? NULL : (mig_node *)(void *)link;
}

bool
mig__lifo_empty(mig__lifo *lifo)
{
    return cds_wfs_empty(&lifo->stack);
}

#endif
