/*
 * handout.h - who reads what next, and which table is finished.
 *
 * Holds the segments of all tables and gives them to readers.  The segments of
 * a table whose parents are not committed to the last chunk are held back: a
 * reader that finds nothing else waits here, and never a writer (a writer that
 * waited for a parent behind its child in the ready queue would wait for ever).
 *
 * A table is complete when all its segments have been read to the end and all
 * chunks cut from them are committed.
 *
 * Threads: all functions from any thread, under one mutex, once per segment or
 * chunk.  No database is called under it.
 */
#ifndef MIG_HANDOUT_H
#define MIG_HANDOUT_H

#include "mig/cancel.h"
#include "mig/migrate.h"

typedef struct mig_handout mig_handout;

typedef enum mig_hand {
    MIG__HAND_SEGMENT,   /* *segmentp is the caller's to read */
    MIG__HAND_END,       /* every segment has been given out, or the handing out was closed */
    MIG__HAND_MUST_WAIT, /* only without wait: what is left waits for a parent */
    MIG__HAND_STOPPED,   /* the run was cancelled */
} mig_hand;

mig_status mig__handout_new(mig_copy *copy, mig_cancel *cancel, mig_handout **handoutp,
                            mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig__handout_free(mig_handout *handout);

/* Before the threads start: the segments of one table, which become the handout's to free(). */
void mig__handout_add(mig_handout *handout, size_t table, mig_segment *segments, size_t n_segments);

/* The last step before the threads start.  Tables are given out in the plan's order, or those
 * behind which most has to be read first. */
mig_status mig__handout_open(mig_handout *handout, bool longest_first, mig_error *err) MIG_CHECKED;

mig_hand mig__handout_next(mig_handout *handout, bool wait, mig_segment *segmentp);

/* A reader has cut a chunk of the table / a writer has committed it. */
void mig__handout_chunk_cut(mig_handout *handout, size_t table);
void mig__handout_chunk_committed(mig_handout *handout, size_t table);

/* A reader has read a segment of the table to its end (after its last chunk was cut). */
void mig__handout_segment_read(mig_handout *handout, size_t table);

/* No more segments; readers end their chunk at the next batch (the first signal). */
void mig__handout_close(mig_handout *handout);
bool mig__handout_closed(const mig_handout *handout);

#endif
