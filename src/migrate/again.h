/*
 * again.h - rows of a segment that are in the target already.
 *
 * An earlier run has committed them, and the journal knows their digest.  They
 * are read again to see that they are still the same, and not copied.
 *
 * A segment that is a range of keys is all done or not at all.  In another one
 * some rows are done, counted from the segment's first.
 *
 * Threads: a reader's.
 */
#ifndef MIG_AGAIN_H
#define MIG_AGAIN_H

#include "mig/migrate.h"

typedef struct mig__again {
    const mig_done *next; /* the first that is not passed */
    size_t          n_left;
    bool            whole;  /* the segment is a range of keys that is done */
    mig_digest      digest; /* of the rows of *next that were read */
} mig__again;

/* What is done of the segment. */
mig__again mig__again_begin(const mig_table_copy *table, const mig_segment *segment);

/* Whether the row at this position of the segment is done. */
bool mig__again_inside(const mig__again *again, uint64_t position);

/* How many rows from there on are in the same case, at most: >= 1. */
uint64_t mig__again_room(const mig__again *again, uint64_t position);

/* Rows that are done were read, up to this position.  MIG_E_CHANGED if they are not the same. */
mig_status mig__again_take(mig__again *again, const mig_table_plan *plan, const mig_digest *rows,
                           uint64_t position, mig_error *err) MIG_CHECKED;

/* The segment has no more rows.  MIG_E_CHANGED if there have been more. */
mig_status mig__again_end(const mig__again *again, const mig_table_plan *plan,
                          mig_error *err) MIG_CHECKED;

/* ---- segments ----------------------------------------------------------------------------- */

/*
 * Takes what is done out of the table's segments, and puts what is to be looked at again before
 * them, as segments of its own.  `position` is the table's in the plan.
 */
mig_status mig__again_cut(const mig_copy *copy, size_t position, mig_segment **segmentsp,
                          size_t *n_segmentsp, mig_error *err) MIG_CHECKED;

static inline int64_t
mig__again_lower(const mig_segment *segment)
{
    return segment->has_lower ? segment->lower : INT64_MIN;
}

static inline int64_t
mig__again_upper(const mig_segment *segment)
{
    return segment->has_upper ? segment->upper : INT64_MAX;
}

#endif
