/*
 * refused.h - rows that the target refuses, while a writer goes on with the others.
 *
 * Each goes aside as it was sent, and its hash is kept: the digests of what was
 * sent have it, and those of what should be in the target must not.
 *
 * Bound: 24 bytes for each such row of the run.
 *
 * Threads: a writer's; gather when all have ended.
 */
#ifndef MIG_REFUSED_H
#define MIG_REFUSED_H

#include "run.h"

typedef struct mig__refused_hash {
    size_t   table;
    mig_hash hash;
} mig__refused_hash;

typedef struct mig__refused {
    mig_hasher *hasher; /* of the open chunk's table, once a row was refused; else NULL */
    mig_digest  digest; /* of the open chunk's refused rows */

    /* Of all chunks; those behind n_final are the open chunk's. */
    mig__refused_hash *list;
    size_t             n, n_final, cap;
} mig__refused;

void mig__refused_begin(mig__refused *refused);

/* The row of the table at position `table` in the plan. */
mig_status mig__refused_add(mig__refused *refused, const mig_run *run, size_t table,
                            const mig_refusal *refusal, mig_error *err) MIG_CHECKED;

/* The chunk is in the target for good. */
void mig__refused_commit(mig__refused *refused);

/* Tells the copy's tables what was committed, and takes it out of their digests, if there are any.
 */
mig_status mig__refused_gather(const mig__refused *refused, mig_copy *copy, bool digests,
                               mig_error *err) MIG_CHECKED;

void mig__refused_fini(mig__refused *refused);

#endif
