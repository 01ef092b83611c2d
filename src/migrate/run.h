/*
 * run.h - what the threads of one copy share.
 */
#ifndef MIG_RUN_H
#define MIG_RUN_H

#include "batch.h"
#include "chunk.h"
#include "handout.h"
#include "mig/migrate.h"

/* A table is worth cutting when each reader gets at least two segments of this many rows. */
#define MIG__ROWS_PER_SEGMENT UINT64_C(100000)

typedef struct mig_run {
    /* Fixed after start. */
    mig_copy               *copy;
    mig_source             *source;
    mig_sink               *sink;
    const mig_copy_options *options;
    mig_cancel             *cancel;
    mig_handout            *handout;
    mig_queue              *ready; /* chunks that no writer has taken */
    unsigned                n_writers;

    /* Any thread. */
    atomic_uint n_reading; /* readers that have not ended; the last one ends the ready queue */
    atomic_bool failed;    /* somebody was first to fail */

    /* The first to fail only; read after all threads have ended. */
    bool        blamed; /* the target blamed one row: */
    mig_segment blamed_segment;
    uint64_t    blamed_row;
} mig_run;

/* What a step of a reader or writer came to. */
typedef enum mig_step_result {
    MIG__STEP_MADE,    /* something was done: call again */
    MIG__STEP_BLOCKED, /* only without wait: the other side has to move first */
    MIG__STEP_DONE,    /* nothing is left to do: sticky */
} mig_step_result;

/*
 * True for the one caller that may report its error as the cause; everyone else's is an echo and
 * is dropped.
 */
static inline bool
mig__run_first_failure(mig_run *run)
{
    return !atomic_exchange(&run->failed, true);
}

/* Returns MIG_E_STOPPED: for a thread that ends because the run was cancelled. */
static inline mig_status
mig__run_stopped(mig_error *err)
{
    return mig_raise(err, MIG_E_STOPPED, "stopped");
}

/* Whether several readers share the table's rows. */
bool mig__copy_cuts(const mig_table_plan *table, uint64_t n_rows, unsigned n_readers);

#endif
