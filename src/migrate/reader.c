/*
 * reader.c - a reader takes a segment, has its cursor fill batch after batch,
 * and cuts the stream into chunks.
 *
 * It is written as steps that never need to wait in the middle, so that the
 * same code runs on a thread of its own (each step waits) and, for
 * --readers 0, in turn with the writer on the main thread (no step waits; what
 * blocks a step is kept in the struct and tried again).
 *
 * Order that matters: a chunk is counted as cut before its segment is counted
 * as read, else a table could look complete while its last chunk is on its way.
 */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"

mig_status
mig__reader_init(mig_reader *reader, mig_run *run, unsigned index, mig_error *err)
{
    bool     whole = run->options->batch_bytes > MIG_BATCH_BYTES;
    unsigned n_batches = whole ? MIG__POOL_BATCHES_EXPLICIT : MIG__POOL_BATCHES;

    *reader = (mig_reader){.run = run, .index = index};
    if (run->options->digests || run->copy->resumed) {
        reader->hashers = calloc(run->copy->plan->n_tables + 1, sizeof *reader->hashers);
        reader->digests = calloc(run->copy->plan->n_tables + 1, sizeof *reader->digests);
        if (reader->hashers == NULL || reader->digests == NULL) {
            free(reader->hashers);
            free(reader->digests);
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate digests");
        }
    }
    return mig__batch_home_init(&reader->home, run->cancel, n_batches, run->options->batch_bytes,
                                run->options->batch_rows, err);
}

void
mig__reader_fini(mig_reader *reader)
{
    mig_cursor_close(reader->cursor);
    reader->cursor = NULL;
    if (reader->batch != NULL)
        mig__batch_give_home(reader->batch);
    reader->batch = NULL;
    mig__batch_home_fini(&reader->home);
    for (size_t t = 0; reader->hashers != NULL && t < reader->run->copy->plan->n_tables; t++)
        mig_hasher_free(reader->hashers[t]);
    free(reader->hashers);
    free(reader->digests);
}

/* Ends the ready queue if this was the last reader. */
static void
leave(mig_reader *reader)
{
    if (reader->done)
        return;
    reader->done = true;
    if (atomic_fetch_sub(&reader->run->n_reading, 1) == 1)
        mig_queue_end(reader->run->ready);
}

static mig_status
take_segment(mig_reader *reader, bool wait, mig_step_result *resultp, mig_error *err)
{
    mig_run *run = reader->run;

    switch (mig__handout_next(run->handout, wait, &reader->segment)) {
    case MIG__HAND_SEGMENT:
        reader->has_segment = true;
        reader->n_rows_of_segment = 0;
        reader->n_unread = 0;
        reader->chunk_lower = mig__again_lower(&reader->segment);
        reader->again =
            mig__again_begin(&run->copy->tables[reader->segment.table], &reader->segment);
        return run->source->ops->cursor_open(run->source, reader->index,
                                             &run->copy->plan->tables[reader->segment.table],
                                             &reader->segment, &reader->cursor, err);
    case MIG__HAND_END:
        leave(reader);
        *resultp = MIG__STEP_DONE;
        return MIG_OK;
    case MIG__HAND_MUST_WAIT:
        *resultp = MIG__STEP_BLOCKED;
        return MIG_OK;
    case MIG__HAND_STOPPED:
        return mig__run_stopped(err);
    }
    return mig_raise(err, MIG_E_INTERNAL, "unknown answer of the handout");
}

static mig_status
take_batch(mig_reader *reader, bool wait, mig_step_result *resultp, mig_error *err)
{
    reader->batch = mig__batch_take(&reader->home, wait);
    if (reader->batch != NULL)
        return MIG_OK;
    if (wait)
        return mig__run_stopped(err);
    *resultp = MIG__STEP_BLOCKED;
    return MIG_OK;
}

static mig_status
grow_batch(mig_reader *reader, bool wait, mig_step_result *resultp, mig_error *err)
{
    switch (mig__batch_grow(reader->batch, reader->needed, wait)) {
    case MIG__GROWN:
        reader->needed = 0;
        return MIG_OK;
    case MIG__GROW_MUST_WAIT:
        *resultp = MIG__STEP_BLOCKED;
        return MIG_OK;
    case MIG__GROW_STOPPED:
        return mig__run_stopped(err);
    case MIG__GROW_NOMEM:
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate %zu bytes for one row of %s",
                         reader->needed,
                         reader->run->copy->plan->tables[reader->segment.table].source->name);
    }
    return mig_raise(err, MIG_E_INTERNAL, "unknown answer of a batch");
}

/* What the chunk in hand will have brought into the target. */
static mig_done
describe_chunk(const mig_reader *reader)
{
    const mig_chunk *chunk = reader->chunk;
    int64_t          upper = 0;
    mig_done done = {.keyed = reader->run->source->ops->cursor_position(reader->cursor, &upper),
                     .n_rows = reader->n_rows_of_segment - chunk->first_row,
                     .hashed = reader->run->options->digests,
                     .n_unread = reader->n_unread,
                     .sum = reader->chunk_digest.sum};

    if (done.keyed) {
        done.lower = reader->chunk_lower;
        done.upper = upper;
    } else {
        done.lower = mig__again_lower(&chunk->segment);
        done.upper = mig__again_upper(&chunk->segment);
        done.first_row = chunk->first_row;
    }
    return done;
}

static void
end_chunk(mig_reader *reader)
{
    if (reader->chunk == NULL)
        return;
    reader->chunk->done = describe_chunk(reader);
    if (reader->chunk->done.keyed && reader->chunk->done.upper < INT64_MAX)
        reader->chunk_lower = reader->chunk->done.upper + 1;
    reader->chunk_digest = (mig_digest){0};
    reader->n_unread = 0;
    mig_queue_end(reader->chunk->batches); /* From here on the chunk is its writer's alone. */
    reader->chunk = NULL;
    reader->chunk_bytes = 0;
}

/*
 * How large the chunk that begins with this batch may become.  Several writers share what is left
 * of the table, so that towards its end chunks get smaller and no writer works alone for long.  An
 * estimate: the table's rows are known, their lengths are taken to be those of this batch.
 */
static size_t
limit_of_chunk(const mig_reader *reader, const mig_rows *rows)
{
    const mig_run        *run = reader->run;
    const mig_table_copy *table = &run->copy->tables[reader->segment.table];
    size_t                least = run->options->chunk_bytes_least;
    uint64_t              n_read = atomic_load_explicit(&table->n_read, memory_order_relaxed);
    double                bytes_left, share;

    if (run->copy->plan->tables[reader->segment.table].refers_to_itself)
        return SIZE_MAX; /* Its rows are checked together, at the end of one statement. */
    if (least == 0 || run->n_writers < 2 || table->n_rows <= n_read)
        return run->options->chunk_bytes;
    bytes_left = (double)(table->n_rows - n_read) * (double)rows->len / rows->n_rows;
    share = bytes_left / (2.0 * run->n_writers);
    if (share >= (double)run->options->chunk_bytes)
        return run->options->chunk_bytes;
    return share > (double)least ? (size_t)share : least;
}

static mig_status
digest_batch(mig_reader *reader, mig_digest *digest, mig_error *err)
{
    size_t       table = reader->segment.table;
    mig_hasher **hasher = &reader->hashers[table];
    mig_status   st = MIG_OK;

    *digest = (mig_digest){0};
    if (*hasher == NULL)
        MIG_TRY(mig__content_hasher(&reader->run->copy->plan->tables[table], hasher, err));
    MIG_TRY(mig_hash_rows(*hasher, &reader->batch->rows, digest, err));
    mig_digest_add(&reader->digests[table], digest);
done:
    return st;
}

/* The rows in hand are in the target already: they are looked at, and the batch is empty again. */
static mig_status
pass_over(mig_reader *reader, mig_error *err)
{
    mig_rows  *rows = &reader->batch->rows;
    mig_digest digest;
    mig_status st = MIG_OK;

    MIG_TRY(digest_batch(reader, &digest, err));
    reader->n_rows_of_segment += rows->n_rows;
    MIG_TRY(mig__again_take(&reader->again, &reader->run->copy->plan->tables[reader->segment.table],
                            &digest, reader->n_rows_of_segment, err));
    rows->len = rows->n_rows = 0;
    memset(rows->n_losses, 0, sizeof rows->n_losses);
done:
    return st;
}

/* Hands the batch in hand over, in a new chunk if none is open. */
static mig_status
hand_over(mig_reader *reader, mig_error *err)
{
    mig_run        *run = reader->run;
    mig_table_copy *table = &run->copy->tables[reader->segment.table];
    mig_batch      *batch = reader->batch;

    if (reader->chunk == NULL) {
        mig_status st = mig__chunk_new(&reader->segment, reader->n_rows_of_segment, run->cancel,
                                       &reader->chunk, err);

        if (st != MIG_OK)
            return st;
        reader->chunk_limit = limit_of_chunk(reader, &batch->rows);
        mig__handout_chunk_cut(run->handout, reader->segment.table);
        mig_queue_push(run->ready, &reader->chunk->node);
    }
    reader->n_rows_of_segment += batch->rows.n_rows;
    reader->chunk_bytes += batch->rows.len;
    atomic_fetch_add_explicit(&table->n_read, batch->rows.n_rows, memory_order_relaxed);
    reader->batch = NULL;
    mig_queue_push(reader->chunk->batches, &batch->node);
    if (reader->chunk_bytes >= reader->chunk_limit ||
        mig__again_inside(&reader->again, reader->n_rows_of_segment))
        end_chunk(reader);
    return MIG_OK;
}

/* The rows in hand go to the target. */
static mig_status
pass_on(mig_reader *reader, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_digest digest;

    if (reader->run->options->digests) {
        MIG_TRY(digest_batch(reader, &digest, err));
        mig_digest_add(&reader->chunk_digest, &digest);
    }
    MIG_TRY(hand_over(reader, err));
done:
    return st;
}

static void
end_segment(mig_reader *reader)
{
    end_chunk(reader);
    mig_cursor_close(reader->cursor);
    reader->cursor = NULL;
    reader->has_segment = false;
    mig__handout_segment_read(reader->run->handout, reader->segment.table);
}

/*
 * The first signal ends a segment between two batches, but not within the one chunk of a table that
 * refers to itself: the target would refuse a part of its rows.
 */
static bool
may_end_early(const mig_reader *reader)
{
    const mig_table_plan *plan = &reader->run->copy->plan->tables[reader->segment.table];

    return reader->chunk == NULL || !plan->refers_to_itself;
}

/* What was read is written, and that is all.  The segment stays unread. */
static void
end_early(mig_reader *reader)
{
    end_chunk(reader);
    leave(reader);
}

/* Rows that the source has put aside while it filled the batch. */
static void
count_aside(mig_reader *reader)
{
    mig_rows *rows = &reader->batch->rows;

    if (rows->n_aside == 0)
        return;
    reader->n_unread += rows->n_aside;
    atomic_fetch_add_explicit(&reader->run->copy->tables[reader->segment.table].n_aside,
                              rows->n_aside, memory_order_relaxed);
    rows->n_aside = 0;
}

static mig_status
read_batch(mig_reader *reader, mig_error *err)
{
    mig_status     st = MIG_OK;
    mig_fill       fill = MIG_FILL_FULL;
    size_t         needed = 0;
    const uint64_t room = mig__again_room(&reader->again, reader->n_rows_of_segment);
    const uint32_t most = reader->run->options->batch_rows;

    reader->batch->rows.max_rows = room < most ? (uint32_t)room : most;
    MIG_TRY(reader->run->source->ops->cursor_fill(reader->cursor, &reader->batch->rows, &fill,
                                                  &needed, err));
    count_aside(reader);
    if (reader->batch->rows.n_rows > 0 &&
        mig__again_inside(&reader->again, reader->n_rows_of_segment))
        MIG_TRY(pass_over(reader, err));
    else if (reader->batch->rows.n_rows > 0)
        MIG_TRY(pass_on(reader, err));
    if (fill == MIG_FILL_OUTSIZE)
        reader->needed = needed;
    if (fill == MIG_FILL_END) {
        MIG_TRY(mig__again_end(&reader->again,
                               &reader->run->copy->plan->tables[reader->segment.table], err));
        end_segment(reader);
    }
done:
    return st;
}

mig_status
mig__reader_step(mig_reader *reader, bool wait, mig_step_result *resultp, mig_error *err)
{
    mig_status st = MIG_OK;

    *resultp = MIG__STEP_MADE;
    if (reader->done) {
        *resultp = MIG__STEP_DONE;
        return MIG_OK;
    }
    if (mig_stop_raised(mig_cancel_stop(reader->run->cancel)))
        return mig__run_stopped(err);
    if (reader->has_segment && mig__handout_closed(reader->run->handout) && may_end_early(reader)) {
        end_early(reader);
        *resultp = MIG__STEP_DONE;
        return MIG_OK;
    }
    if (!reader->has_segment)
        MIG_TRY(take_segment(reader, wait, resultp, err));
    if (*resultp == MIG__STEP_MADE && reader->batch == NULL)
        MIG_TRY(take_batch(reader, wait, resultp, err));
    if (*resultp == MIG__STEP_MADE && reader->needed > 0)
        MIG_TRY(grow_batch(reader, wait, resultp, err));
    if (*resultp == MIG__STEP_MADE)
        MIG_TRY(read_batch(reader, err));
done:
    if (st != MIG_OK && !mig__run_first_failure(reader->run)) {
        mig_error_fini(err);
        st = mig__run_stopped(err);
    }
    return st;
}

mig_status
mig__reader_main(void *arg, mig_error *err)
{
    mig_reader     *reader = arg;
    mig_step_result result = MIG__STEP_MADE;
    mig_status      st = MIG_OK;

    while (st == MIG_OK && result != MIG__STEP_DONE)
        st = mig__reader_step(reader, true, &result, err);
    return st;
}
