/*
 * writer.c - a writer takes a chunk, drains it to its end, commits.
 *
 * One chunk is one transaction: begun with the first batch, committed when the
 * chunk's queue has ended.  After any failure the chunk is taken back as a
 * whole.  Steps as in reader.c.
 */
#include "writer.h"

#include <string.h>

#include "mig/clock.h"

void
mig__drain_init(mig_drain *drain, mig_run *run, unsigned index)
{
    *drain = (mig_drain){.run = run, .index = index};
}

/* Takes the writer's chunk back, if it has one. */
static void
take_back(mig_drain *drain, mig_status why)
{
    if (drain->begun)
        drain->run->sink->ops->chunk_abort(drain->writer, mig_status_words(why));
    drain->begun = false;
}

void
mig__drain_fini(mig_drain *drain)
{
    /* With --readers 0 a failing reader leaves it open: no step of the writer comes after that. */
    take_back(drain, MIG_E_STOPPED);
    mig_writer_close(drain->writer);
    mig__chunk_free(drain->chunk);
    mig__refused_fini(&drain->refused);
    *drain = (mig_drain){0};
}

static mig_status
begin_chunk(mig_drain *drain, mig_error *err)
{
    mig_run   *run = drain->run;
    mig_status st = MIG_OK;
    uint64_t   never = 0;

    atomic_compare_exchange_strong(&run->copy->tables[drain->chunk->segment.table].first_at, &never,
                                   mig_clock_now());
    drain->n_rows = drain->n_otherwise = 0;
    memset(drain->n_losses, 0, sizeof drain->n_losses);
    mig__refused_begin(&drain->refused);
    if (drain->writer == NULL)
        MIG_TRY(run->sink->ops->writer_open(run->sink, drain->index, mig_cancel_stop(run->cancel),
                                            &drain->writer, err));
    drain->begun = true; /* Also a begin that fails is taken back. */
    MIG_TRY(run->sink->ops->chunk_begin(
        drain->writer, &run->copy->plan->tables[drain->chunk->segment.table], err));
done:
    return st;
}

static mig_status
take_chunk(mig_drain *drain, bool wait, mig_step_result *resultp, mig_error *err)
{
    mig_node *node = NULL;

    switch (wait ? mig_queue_pop(drain->run->ready, &node)
                 : mig_queue_try_pop(drain->run->ready, &node)) {
    case MIG_POP_ITEM:
        drain->chunk = mig__chunk_of(node);
        return begin_chunk(drain, err);
    case MIG_POP_END:
        *resultp = MIG__STEP_DONE;
        return MIG_OK;
    case MIG_POP_EMPTY:
        *resultp = MIG__STEP_BLOCKED;
        return MIG_OK;
    case MIG_POP_STOPPED:
        return mig__run_stopped(err);
    }
    return mig_raise(err, MIG_E_INTERNAL, "unknown answer of the ready queue");
}

static uint64_t
count_losses(const mig_rows *rows)
{
    uint64_t n = 0;

    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        n += rows->n_losses[i];
    return n;
}

static mig_status
take_refused(void *arg, const mig_refusal *refusal, mig_error *err)
{
    mig_drain *drain = arg;

    return mig__refused_add(&drain->refused, drain->run, drain->chunk->segment.table, refusal, err);
}

/* Whether single rows of the chunk may be left out. */
static bool
may_leave_out(const mig_drain *drain)
{
    const mig_run *run = drain->run;

    return run->options->aside != NULL &&
           (run->sink->ops->order_free ||
            !run->copy->plan->tables[drain->chunk->segment.table].refers_to_itself);
}

static mig_status
write_batch(mig_drain *drain, mig_batch *batch, uint64_t *rowp, mig_error *err)
{
    mig_run        *run = drain->run;
    mig_table_copy *table = &run->copy->tables[drain->chunk->segment.table];
    uint64_t        n_losses = count_losses(&batch->rows);
    uint64_t        n_refused = drain->refused.digest.n_rows;
    mig_status      st;

    if (may_leave_out(drain))
        st = run->sink->ops->chunk_try(drain->writer, &batch->rows, take_refused, drain, err);
    else
        st = run->sink->ops->chunk_write(drain->writer, &batch->rows, rowp, err);
    if (st == MIG_OK) {
        const uint64_t n_rows = batch->rows.n_rows - (drain->refused.digest.n_rows - n_refused);

        n_losses = count_losses(&batch->rows) - n_losses;
        if (n_losses > 0)
            atomic_fetch_add_explicit(&table->n_stored_otherwise, n_losses, memory_order_relaxed);
        drain->n_otherwise += n_losses;
        drain->n_rows += n_rows;
        atomic_fetch_add_explicit(&table->n_written, n_rows, memory_order_relaxed);
        atomic_fetch_add_explicit(&table->n_bytes, batch->rows.len, memory_order_relaxed);
        atomic_fetch_add_explicit(&table->n_batches, 1, memory_order_relaxed);
        for (size_t i = 0; i < MIG_LOSS_COUNT; i++) {
            drain->n_losses[i] += batch->rows.n_losses[i];
            if (batch->rows.n_losses[i] > 0)
                atomic_fetch_add_explicit(&table->n_losses[i], batch->rows.n_losses[i],
                                          memory_order_relaxed);
        }
    }
    mig__batch_give_home(batch);
    return st;
}

static mig_status
commit_chunk(mig_drain *drain, uint64_t *rowp, mig_error *err)
{
    mig_run   *run = drain->run;
    size_t     table = drain->chunk->segment.table;
    mig_done  *done = &drain->chunk->done; /* the queue has ended */
    mig_status st;

    done->n_stored_otherwise = drain->n_otherwise;
    memcpy(done->n_losses, drain->n_losses, sizeof done->n_losses);
    done->n_refused = drain->refused.digest.n_rows;
    done->refused = drain->refused.digest.sum;
    if (run->options->aside != NULL && done->n_unread + done->n_refused > 0) {
        st = run->options->aside->flush(run->options->aside, err);
        if (st != MIG_OK)
            return st;
    }
    st = run->sink->ops->chunk_commit(drain->writer, done, rowp, err);
    if (st != MIG_OK)
        return st;
    drain->begun = false;
    atomic_fetch_add_explicit(&run->copy->tables[table].n_aside, done->n_refused,
                              memory_order_relaxed);
    mig__refused_commit(&drain->refused);
    atomic_fetch_add_explicit(&run->copy->tables[table].n_committed, drain->n_rows,
                              memory_order_relaxed);
    atomic_store_explicit(&run->copy->tables[table].last_at, mig_clock_now(), memory_order_relaxed);
    mig__chunk_free(drain->chunk);
    drain->chunk = NULL;
    mig__handout_chunk_committed(run->handout, table);
    return MIG_OK;
}

static mig_status
drain_batch(mig_drain *drain, bool wait, mig_step_result *resultp, uint64_t *rowp, mig_error *err)
{
    mig_node *node = NULL;

    switch (wait ? mig_queue_pop(drain->chunk->batches, &node)
                 : mig_queue_try_pop(drain->chunk->batches, &node)) {
    case MIG_POP_ITEM:
        return write_batch(drain, mig__batch_of(node), rowp, err);
    case MIG_POP_END:
        return commit_chunk(drain, rowp, err);
    case MIG_POP_EMPTY:
        *resultp = MIG__STEP_BLOCKED;
        return MIG_OK;
    case MIG_POP_STOPPED:
        return mig__run_stopped(err);
    }
    return mig_raise(err, MIG_E_INTERNAL, "unknown answer of a chunk's queue");
}

/* Takes the chunk back and, if this was the first failure, keeps which row was blamed. */
static mig_status
fail(mig_drain *drain, mig_status st, uint64_t row, mig_error *err)
{
    mig_run *run = drain->run;
    bool     first = mig__run_first_failure(run);

    take_back(drain, st);
    if (st == MIG_E_DATA && run->options->aside != NULL && drain->chunk != NULL &&
        !may_leave_out(drain))
        mig_error_hint(err,
                       "%s refers to itself, so the target takes its rows together and none of "
                       "those that it refuses can be set aside",
                       run->copy->plan->tables[drain->chunk->segment.table].target->name);
    if (first && st == MIG_E_CONNECT)
        run->copy->lost = true;
    if (!first) {
        mig_error_fini(err);
        return mig__run_stopped(err);
    }
    /* A position counts for the source only where it has put no row of the table aside. */
    if (drain->chunk != NULL && row != UINT64_MAX &&
        atomic_load(&run->copy->tables[drain->chunk->segment.table].n_aside) == 0) {
        run->blamed = true;
        run->blamed_segment = drain->chunk->segment;
        run->blamed_row = drain->chunk->first_row + row;
    }
    return st;
}

mig_status
mig__drain_step(mig_drain *drain, bool wait, mig_step_result *resultp, mig_error *err)
{
    uint64_t   row = UINT64_MAX;
    mig_status st;

    *resultp = MIG__STEP_MADE;
    if (drain->chunk == NULL)
        st = take_chunk(drain, wait, resultp, err);
    else
        st = drain_batch(drain, wait, resultp, &row, err);
    return st == MIG_OK ? MIG_OK : fail(drain, st, row, err);
}

mig_status
mig__drain_main(void *arg, mig_error *err)
{
    mig_drain      *drain = arg;
    mig_step_result result = MIG__STEP_MADE;
    mig_status      st = MIG_OK;

    while (st == MIG_OK && result != MIG__STEP_DONE)
        st = mig__drain_step(drain, true, &result, err);
    return st;
}
