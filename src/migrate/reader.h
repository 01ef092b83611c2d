/*
 * reader.h - from a segment to chunks of batches.
 */
#ifndef MIG_READER_H
#define MIG_READER_H

#include "again.h"
#include "run.h"

typedef struct mig_reader {
    /* Fixed after start. */
    mig_run       *run;
    unsigned       index;
    mig_batch_home home;

    /* This reader's thread only. */
    bool        has_segment;
    mig_segment segment;
    uint64_t    n_rows_of_segment; /* read so far */
    mig_cursor *cursor;
    mig_batch  *batch;  /* in hand; NULL: none */
    size_t      needed; /* > 0: the batch in hand must grow to this first */
    mig_chunk  *chunk;  /* being filled; its reader may only push to and end its queue */
    size_t      chunk_bytes;
    size_t      chunk_limit; /* the chunk ends when it has that many bytes */
    mig_digest  chunk_digest;
    int64_t     chunk_lower; /* where the chunk begins, if it is a range of keys */
    uint64_t    n_unread;    /* rows that went aside since the last chunk of the segment ended */
    mig__again  again;       /* of the segment, what is in the target already */
    bool        done;

    /* Of each table, where digests are wanted: made when its first rows come, else NULL.  Those of
     * the tables that an earlier run has begun are always. */
    mig_hasher **hashers;
    mig_digest  *digests;
} mig_reader;

mig_status mig__reader_init(mig_reader *reader, mig_run *run, unsigned index,
                            mig_error *err) MIG_CHECKED;

/* After all threads have ended and all chunks are freed. */
void mig__reader_fini(mig_reader *reader);

/* Reads one batch, or does what has to be done before that can be. */
mig_status mig__reader_step(mig_reader *reader, bool wait, mig_step_result *resultp,
                            mig_error *err) MIG_CHECKED;

/* A thread's whole life; arg is the mig_reader. */
mig_status mig__reader_main(void *arg, mig_error *err) MIG_CHECKED;

#endif
