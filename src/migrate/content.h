/*
 * content.h - the parts of the comparison of contents.
 */
#ifndef MIG_CONTENT_H
#define MIG_CONTENT_H

#include "mig/digest.h"
#include "scan.h"
#include "unreadable.h"

/* One of the two databases, as it is read. */
typedef struct mig__side_read {
    mig_source     *source;
    const mig_plan *plan; /* the tables of this side, in the wire types of the copy */
    unsigned        n_readers;
    const uint64_t *n_rows; /* beside plan->tables */
} mig__side_read;

/* Both, and what was found. */
typedef struct mig__comparison {
    const mig_plan *plan;
    mig__side_read  sides[2]; /* the source, the target */
    size_t          most;     /* differences that are named */
    size_t          n_named;
    mig_buf         lines; /* one for each */

    /* Rows of the table that is pursued which the target has refused: they are not missing in it.
     * By their hashes, in any order; mig__content_pursue sorts them. */
    mig_hash *refused;
    size_t    n_refused;

    mig__unreadable *unreadable; /* rows of the target */
} mig__comparison;

/* A hasher for rows of the table. */
mig_status mig__content_hasher(const mig_table_plan *table, mig_hasher **hasherp,
                               mig_error *err) MIG_CHECKED;

/* Every table of the target, to be read in the wire types in which it was written.  free accepts
 * NULL. */
mig_status mig__content_plan_back(const mig_plan *plan, mig_plan **backp,
                                  mig_error *err) MIG_CHECKED;
void       mig__content_free_back(mig_plan *back);

/* A line on what is not compared, and why. */
void mig__content_tell_columns(const mig_plan *plan, mig_buf *notes);

/* content_rows.c: names the rows in which the two sides of the table differ. */
mig_status mig__content_pursue(mig__comparison *c, size_t table, mig_error *err) MIG_CHECKED;

#endif
