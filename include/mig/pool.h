/*
 * pool.h - things that are made once and circulate.
 *
 * One owner takes, anyone gives back.  The pool is the only bound of the
 * pipeline: an empty pool is how a slow target stops a fast source.  Last in,
 * first out, so that the batch that is warm in the cache is used next.
 *
 * Threads: take and try_take by the owner's thread only; give by any thread.
 * Items are the mig_nodes of queue.h: an item is either in a pool or in a
 * queue or in a thread's hands.
 */
#ifndef MIG_POOL_H
#define MIG_POOL_H

#include <stddef.h>

#include "mig/queue.h"

typedef struct mig_pool mig_pool;

mig_status mig_pool_new(mig_cancel *cancel, mig_pool **poolp, mig_error *err) MIG_CHECKED;

/* Accepts NULL.  Must be empty: the owner drains it first and so sees that all came home.  Every
 * give has returned. */
void mig_pool_free(mig_pool *pool);

/* Waits until there is an item; NULL when the run was cancelled. */
mig_node *mig_pool_take(mig_pool *pool) MIG_CHECKED;

/* Does not wait; NULL when the pool is empty, and possibly while another thread stands in the
 * middle of a give.  Ignores the cancellation. */
mig_node *mig_pool_try_take(mig_pool *pool) MIG_CHECKED;

void mig_pool_give(mig_pool *pool, mig_node *node);

#endif
