/*
 * chunk.h - consecutive rows of a segment on their way to one transaction.
 *
 * The reader that cuts a chunk pushes its batches and ends its queue; exactly
 * one writer takes the chunk from the ready queue, drains it to the end and
 * frees it.
 *
 * Threads: the fields are fixed when the chunk is pushed to the ready queue, but for `done`.
 */
#ifndef MIG_CHUNK_H
#define MIG_CHUNK_H

#include "mig/journal.h"
#include "mig/queue.h"
#include "mig/source.h"

typedef struct mig_chunk {
    mig_node    node;      /* first: a node is a chunk; in the ready queue */
    mig_segment segment;   /* that it is cut from */
    uint64_t    first_row; /* position of its first row in the segment, from 0 */
    mig_queue  *batches;   /* one producer, one consumer */

    /* The reader's until it ends the queue, then the writer's. */
    mig_done done;
} mig_chunk;

static inline mig_chunk *
mig__chunk_of(mig_node *node)
{
    return (mig_chunk *)(void *)node;
}

mig_status mig__chunk_new(const mig_segment *segment, uint64_t first_row, mig_cancel *cancel,
                          mig_chunk **chunkp, mig_error *err) MIG_CHECKED;

/* Accepts NULL.  Batches that are left inside (after a failure) go home. */
void mig__chunk_free(mig_chunk *chunk);

#endif
