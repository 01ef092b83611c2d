/*
 * writer.h - from chunks to transactions of the target.
 */
#ifndef MIG_WRITER_H
#define MIG_WRITER_H

#include "refused.h"
#include "run.h"

/* "mig_writer" is the sink's; this is the engine's thread around it. */
typedef struct mig_drain {
    /* Fixed after start. */
    mig_run *run;
    unsigned index;

    /* This writer's thread only. */
    mig_writer *writer;      /* of the sink; opened with the first chunk */
    bool        begun;       /* the writer has a chunk that is neither committed nor taken back */
    mig_chunk  *chunk;       /* being drained */
    uint64_t    n_rows;      /* of it, written */
    uint64_t    n_otherwise; /* of its values, stored in another form */
    uint64_t    n_losses[MIG_LOSS_COUNT];

    mig__refused refused;
} mig_drain;

void mig__drain_init(mig_drain *drain, mig_run *run, unsigned index);

/* After all threads have ended.  Sends home what is left in its chunk. */
void mig__drain_fini(mig_drain *drain);

/* Writes one batch, or begins or commits a chunk. */
mig_status mig__drain_step(mig_drain *drain, bool wait, mig_step_result *resultp,
                           mig_error *err) MIG_CHECKED;

/* A thread's whole life; arg is the mig_drain. */
mig_status mig__drain_main(void *arg, mig_error *err) MIG_CHECKED;

#endif
