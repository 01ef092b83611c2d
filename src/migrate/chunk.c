/*
 * chunk.c - making and clearing away chunks.
 */
#include "chunk.h"

#include <stdlib.h>

#include "batch.h"

mig_status
mig__chunk_new(const mig_segment *segment, uint64_t first_row, mig_cancel *cancel,
               mig_chunk **chunkp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_chunk *chunk;

    *chunkp = NULL;
    chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a chunk");
        goto done;
    }
    chunk->segment = *segment;
    chunk->first_row = first_row;
    MIG_TRY(mig_queue_new(MIG_QUEUE_ONE_CONSUMER, cancel, &chunk->batches, err));

    *chunkp = chunk;
    chunk = NULL; /* now the caller's */
done:
    mig__chunk_free(chunk);
    return st;
}

void
mig__chunk_free(mig_chunk *chunk)
{
    mig_node *node;

    if (chunk == NULL)
        return;
    if (chunk->batches != NULL) {
        while ((node = mig_queue_drain(chunk->batches)) != NULL)
            mig__batch_give_home(mig__batch_of(node));
        mig_queue_free(chunk->batches);
    }
    free(chunk);
}
