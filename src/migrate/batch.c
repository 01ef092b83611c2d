/*
 * batch.c - batches and their home.
 *
 * The outsize token is a pool with one item: waiting for it is waiting for the
 * reader's own earlier batch to come home, which is the same wait as for an
 * empty pool and so cannot add a deadlock that the pool has not (threads.md).
 */
#include "batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void
batch_free(mig_batch *batch)
{
    if (batch == NULL)
        return;
    free(batch->own_data);
    free(batch);
}

static mig_batch *
batch_new(mig_batch_home *home, uint32_t max_rows)
{
    mig_batch *batch = calloc(1, sizeof *batch);

    if (batch == NULL)
        return NULL;
    batch->own_data = malloc(home->batch_bytes);
    if (batch->own_data == NULL) {
        free(batch);
        return NULL;
    }
    batch->home = home;
    batch->rows.data = batch->own_data;
    batch->rows.cap = home->batch_bytes;
    batch->rows.max_rows = max_rows;
    return batch;
}

mig_status
mig__batch_home_init(mig_batch_home *home, mig_cancel *cancel, unsigned n_batches,
                     size_t batch_bytes, uint32_t max_rows, mig_error *err)
{
    mig_status st = MIG_OK;

    *home = (mig_batch_home){.batch_bytes = batch_bytes};
    MIG_TRY(mig_pool_new(cancel, &home->pool, err));
    MIG_TRY(mig_pool_new(cancel, &home->outsize, err));
    mig_pool_give(home->outsize, &home->outsize_token);
    for (unsigned i = 0; i < n_batches; i++) {
        mig_batch *batch = batch_new(home, max_rows);

        if (batch == NULL) {
            st = mig_raise(err, MIG_E_NOMEM, "cannot allocate %u batches of %zu bytes", n_batches,
                           batch_bytes);
            goto done;
        }
        home->n_batches++;
        mig_pool_give(home->pool, &batch->node);
    }
done:
    if (st != MIG_OK)
        mig__batch_home_fini(home);
    return st;
}

void
mig__batch_home_fini(mig_batch_home *home)
{
    unsigned  n_home = 0;
    mig_node *node;

    if (home->pool != NULL) {
        while ((node = mig_pool_try_take(home->pool)) != NULL) {
            batch_free(mig__batch_of(node));
            n_home++;
        }
    }
    if (n_home != home->n_batches ||
        (home->outsize != NULL && mig_pool_try_take(home->outsize) == NULL)) {
        fprintf(stderr, "internal error: %u of %u batches came home\n", n_home, home->n_batches);
        abort();
    }
    mig_pool_free(home->pool);
    mig_pool_free(home->outsize);
    *home = (mig_batch_home){0};
}

mig_batch *
mig__batch_take(mig_batch_home *home, bool wait)
{
    mig_node *node = wait ? mig_pool_take(home->pool) : mig_pool_try_take(home->pool);

    return node != NULL ? mig__batch_of(node) : NULL;
}

mig_grow
mig__batch_grow(mig_batch *batch, size_t needed, bool wait)
{
    mig_batch_home *home = batch->home;
    unsigned char  *data;

    assert(batch->rows.n_rows == 0 && batch->rows.len == 0);
    if (!batch->outsize) {
        mig_node *token = wait ? mig_pool_take(home->outsize) : mig_pool_try_take(home->outsize);

        if (token == NULL)
            return wait ? MIG__GROW_STOPPED : MIG__GROW_MUST_WAIT;
        batch->outsize = true;
    }
    data = malloc(needed);
    if (data == NULL)
        return MIG__GROW_NOMEM;
    if (batch->rows.data != batch->own_data)
        free(batch->rows.data);
    batch->rows.data = data;
    batch->rows.cap = needed;
    return MIG__GROWN;
}

void
mig__batch_give_home(mig_batch *batch)
{
    mig_batch_home *home = batch->home;
    bool            outsize = batch->outsize;

    if (batch->rows.data != batch->own_data)
        free(batch->rows.data);
    batch->rows = (mig_rows){
        .data = batch->own_data,
        .cap = home->batch_bytes,
        .max_rows = batch->rows.max_rows,
    };
    batch->outsize = false;
    if (outsize)
        mig_pool_give(home->outsize, &home->outsize_token);
    mig_pool_give(home->pool, &batch->node); /* Last: from here on it is the reader's. */
}
