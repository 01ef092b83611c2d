/*
 * pool.c - the items of one owner.
 *
 * An owner makes its items once and they circulate: it takes, others give
 * back.  take() is the one place where a reader waits for a writer.
 *
 * give() puts the item and then wakes the owner.  A take() that meets another
 * giver in the middle of its put gets nothing even if items lie below; that
 * giver's wake is still to come, so take() parks and loses no time to polling.
 *
 * Threads: take() and try_take() by the owner; give() by anyone.
 */
#include "mig/pool.h"

#include <assert.h>
#include <stdlib.h>

#include "links.h"

struct mig_pool {
    /* Fixed after creation. */
    mig_cancel     *cancel;
    const mig_stop *stop;

    /* Under the cancellation's lock. */
    mig_cancel_park watch;

    /* Any thread, as links.h and park.h allow. */
    mig_park  park; /* wakes: give, cancellation */
    mig__lifo lifo;
};

mig_status
mig_pool_new(mig_cancel *cancel, mig_pool **poolp, mig_error *err)
{
    mig_pool *pool;

    *poolp = NULL;
    pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a pool");
    pool->cancel = cancel;
    pool->stop = mig_cancel_stop(cancel);
    mig__lifo_init(&pool->lifo);
    mig_cancel_watch_park(cancel, &pool->watch, &pool->park);
    *poolp = pool;
    return MIG_OK;
}

void
mig_pool_free(mig_pool *pool)
{
    if (pool == NULL)
        return;
    assert(mig__lifo_empty(&pool->lifo));
    mig_cancel_unwatch_park(pool->cancel, &pool->watch);
    mig__lifo_fini(&pool->lifo);
    free(pool);
}

mig_node *
mig_pool_take(mig_pool *pool)
{
    for (;;) {
        uint32_t  key = mig_park_prepare(&pool->park);
        mig_node *node;

        if (mig_stop_raised(pool->stop))
            return NULL;
        node = mig__lifo_take(&pool->lifo);
        if (node != NULL)
            return node;
        mig_park_wait(&pool->park, key);
    }
}

mig_node *
mig_pool_try_take(mig_pool *pool)
{
    return mig__lifo_take(&pool->lifo);
}

void
mig_pool_give(mig_pool *pool, mig_node *node)
{
    mig__lifo_put(&pool->lifo, node);
    mig_park_wake_one(&pool->park);
}
