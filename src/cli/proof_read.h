/*
 * proof_read.h - a report of an earlier run, read back.
 *
 * Threads: the main thread.
 */
#ifndef MIG_PROOF_READ_H
#define MIG_PROOF_READ_H

#include "proof.h"

typedef struct mig_proof_table {
    mig_digest digest; /* of both sides; n_rows counts also where it is not digested */
    bool       digested;
} mig_proof_table;

typedef struct mig_proof {
    const char      *path;     /* borrowed */
    mig_catalog     *sides[2]; /* the source and the target, as the file has them */
    mig_plan        *plan;     /* over these */
    mig_proof_table *tables;   /* beside plan->tables */
    mig_zone        *zone;
} mig_proof;

/* MIG_E_IO or MIG_E_DATA for a file that is none, or proves nothing.  After a failure *proof needs
 * no fini.  Call it while there is one thread (zone.h). */
mig_status mig__proof_read(const char *path, mig_proof *proof, mig_error *err) MIG_CHECKED;

void mig__proof_fini(mig_proof *proof);

#endif
