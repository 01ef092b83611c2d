/*
 * sync.h - the parts of making a target equal to its source.
 */
#ifndef MIG_SYNC_H
#define MIG_SYNC_H

#include "buckets.h"
#include "content.h"

/* One table, beside the plan's. */
typedef struct mig__sync_state {
    uint64_t     n_rows; /* in the source, about */
    mig__buckets buckets[2];
    mig_digest   digests[2]; /* of all rows: the source, the target */

    /* The integer that alone is the key on both sides: its column, or SIZE_MAX. */
    size_t integer;

    mig_digest written; /* of the rows that were staged */
    mig_digest gone;    /* of the target's rows that they replace, and of those to be deleted */
} mig__sync_state;

struct mig_sync {
    const mig_plan  *plan;
    mig_plan        *back;
    mig_sync_table  *tables;
    mig__sync_state *states;
    mig__side_read   sides[2];
    uint64_t        *n_rows;
};

/* The key's value in a wire row. */
int64_t mig__sync_integer(const mig_sync *s, size_t table, const unsigned char *row);

/* sync_rows.c: reads the buckets that differ again, and stages what has to be done; with sink NULL
 * it is counted alone. */
mig_status mig__sync_rows(mig_sync *s, size_t table, mig_sink *sink, mig_error *err) MIG_CHECKED;

#endif
