/*
 * batch.h - the unit that travels between threads.
 *
 * A reader makes its batches once; they go reader -> chunk's queue -> writer
 * -> back home.  A row that is larger than a batch gets a buffer of its own for
 * the trip: the batch takes the reader's one outsize token with it, so that at
 * most one outsize row per reader exists, and is trimmed when it comes home.
 *
 * Bound: n_readers x MIG__POOL_BATCHES x batch_bytes + n_readers x (largest row).
 *
 * Threads: whoever holds the batch.
 */
#ifndef MIG_BATCH_H
#define MIG_BATCH_H

#include "mig/pool.h"
#include "mig/wire.h"

/* Per reader.  Memory: MIG__POOL_BATCHES x 256 KiB = 4 MiB by default. */
#define MIG__POOL_BATCHES 16
/* With an explicit --batch-size: 4 x 4 MiB = 16 MiB. */
#define MIG__POOL_BATCHES_EXPLICIT 4

/* Where the batches of one reader live. */
typedef struct mig_batch_home {
    mig_pool *pool;
    mig_pool *outsize; /* holds outsize_token, or is empty while it travels */
    mig_node  outsize_token;
    unsigned  n_batches; /* made, and so to come home */
    size_t    batch_bytes;
} mig_batch_home;

typedef struct mig_batch {
    mig_node        node; /* first: a node is a batch */
    mig_rows        rows;
    unsigned char  *own_data; /* batch_bytes; rows.data unless outsize */
    mig_batch_home *home;
    bool            outsize;
} mig_batch;

static inline mig_batch *
mig__batch_of(mig_node *node)
{
    return (mig_batch *)(void *)node;
}

/* Makes the reader's batches.  On failure the home is empty. */
mig_status mig__batch_home_init(mig_batch_home *home, mig_cancel *cancel, unsigned n_batches,
                                size_t batch_bytes, uint32_t max_rows, mig_error *err) MIG_CHECKED;

/* Frees them; aborts the program if one is missing: a lost batch is a bug on some path. */
void mig__batch_home_fini(mig_batch_home *home);

/* Takes an empty batch; NULL if there is none (wait false) or the run was cancelled. */
mig_batch *mig__batch_take(mig_batch_home *home, bool wait);

typedef enum mig_grow {
    MIG__GROWN,
    MIG__GROW_MUST_WAIT,
    MIG__GROW_STOPPED,
    MIG__GROW_NOMEM
} mig_grow;

/* Gives an empty batch a buffer of `needed` bytes.  Waits for the outsize token if `wait`. */
mig_grow mig__batch_grow(mig_batch *batch, size_t needed, bool wait);

/* Sends the batch home, empty and trimmed.  From any thread. */
void mig__batch_give_home(mig_batch *batch);

#endif
