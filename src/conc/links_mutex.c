/*
 * links_mutex.c - the chains of links.h with a mutex and plain pointers, for
 * builds under ThreadSanitizer.
 *
 * A node's `opaque` is the next node.  The locks are held for a few
 * instructions and nothing is called under them.
 */
#ifdef MIG_CONC_MUTEX

#include "links.h"

#include <stddef.h>

void
mig__fifo_init(mig__fifo *fifo, bool many_takers)
{
    (void)many_takers; /* One lock serves any number. */
    pthread_mutex_init(&fifo->lock, NULL);
    fifo->first = NULL;
    fifo->last = NULL;
}

void
mig__fifo_fini(mig__fifo *fifo)
{
    pthread_mutex_destroy(&fifo->lock);
}

void
mig__fifo_put(mig__fifo *fifo, mig_node *node)
{
    pthread_mutex_lock(&fifo->lock);
    node->opaque = NULL;
    if (fifo->first == NULL)
        fifo->first = node;
    else
        fifo->last->opaque = node;
    fifo->last = node;
    pthread_mutex_unlock(&fifo->lock);
}

mig_node *
mig__fifo_take(mig__fifo *fifo)
{
    mig_node *node;

    pthread_mutex_lock(&fifo->lock);
    node = fifo->first;
    if (node != NULL)
        fifo->first = node->opaque;
    pthread_mutex_unlock(&fifo->lock);
    return node;
}

bool
mig__fifo_empty(mig__fifo *fifo)
{
    bool empty;

    pthread_mutex_lock(&fifo->lock);
    empty = fifo->first == NULL;
    pthread_mutex_unlock(&fifo->lock);
    return empty;
}

void
mig__lifo_init(mig__lifo *lifo)
{
    pthread_mutex_init(&lifo->lock, NULL);
    lifo->top = NULL;
}

void
mig__lifo_fini(mig__lifo *lifo)
{
    pthread_mutex_destroy(&lifo->lock);
}

void
mig__lifo_put(mig__lifo *lifo, mig_node *node)
{
    pthread_mutex_lock(&lifo->lock);
    node->opaque = lifo->top;
    lifo->top = node;
    pthread_mutex_unlock(&lifo->lock);
}

mig_node *
mig__lifo_take(mig__lifo *lifo)
{
    mig_node *node;

    pthread_mutex_lock(&lifo->lock);
    node = lifo->top;
    if (node != NULL)
        lifo->top = node->opaque;
    pthread_mutex_unlock(&lifo->lock);
    return node;
}

bool
mig__lifo_empty(mig__lifo *lifo)
{
    bool empty;

    pthread_mutex_lock(&lifo->lock);
    empty = lifo->top == NULL;
    pthread_mutex_unlock(&lifo->lock);
    return empty;
}

#endif
