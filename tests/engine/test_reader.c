/*
 * test_reader.c - a reader step by step, on the thread of the test.
 *
 * No writer runs, so what a step comes to depends on nothing else.
 */
#include "../../src/migrate/reader.h"

#include <criterion/criterion.h>

#include "fake_run.h"

static fake_run   fake;
static mig_run    run;
static mig_reader reader;

static void
begin(const fake_table *table)
{
    mig_segment *segments = NULL;
    size_t       n_segments = 0;
    mig_source  *source = &fake.source.base;

    cr_assert(fake_run_init(&fake, table, 1));
    fake.data.batch_bytes = fake.options.batch_bytes;
    cr_assert_eq(source->ops->snapshot(source, 1, NULL), MIG_OK);
    cr_assert_eq(mig_copy_new(source, fake.plan, &fake.copy, NULL), MIG_OK);
    run = (mig_run){.copy = fake.copy, .source = source, .options = &fake.options};
    cr_assert_eq(mig_cancel_new(&run.cancel, NULL), MIG_OK);
    cr_assert_eq(mig_queue_new(MIG_QUEUE_MANY_CONSUMERS, run.cancel, &run.ready, NULL), MIG_OK);
    cr_assert_eq(mig__handout_new(run.copy, run.cancel, &run.handout, NULL), MIG_OK);
    cr_assert_eq(
        source->ops->split(source, fake.plan->tables, 0, 0, 0, &segments, &n_segments, NULL),
        MIG_OK);
    mig__handout_add(run.handout, 0, segments, n_segments);
    cr_assert_eq(mig__handout_open(run.handout, false, NULL), MIG_OK);
    atomic_store(&run.n_reading, 1);
    cr_assert_eq(mig__reader_init(&reader, &run, 0, NULL), MIG_OK);
}

static void
end(void)
{
    mig_node *node;

    while ((node = mig_queue_drain(run.ready)) != NULL)
        mig__chunk_free(mig__chunk_of(node));
    mig_queue_free(run.ready);
    mig__reader_fini(&reader); /* Aborts if a batch is missing. */
    mig__handout_free(run.handout);
    mig_cancel_free(run.cancel);
    cr_assert_null(fake_data_complaint(&fake.data), "%s", fake_data_complaint(&fake.data));
    fake_run_fini(&fake);
}

static mig_step_result
step(void)
{
    mig_step_result result;

    cr_assert_eq(mig__reader_step(&reader, false, &result, NULL), MIG_OK);
    return result;
}

TestSuite(reader, .timeout = 20);

static const fake_table plain = {.name = "plain", .n_rows = 10000, .payload = 20};

Test(reader, a_chunk_is_handed_over_when_it_starts)
{
    mig_node *node;

    begin(&plain);

    cr_assert_eq(step(), MIG__STEP_MADE);
    cr_assert_eq(mig_queue_try_pop(run.ready, &node), MIG_POP_ITEM);
    cr_assert_eq(mig__chunk_of(node)->first_row, 0);
    mig_queue_push(run.ready, node); /* for end() */
    end();
}

Test(reader, an_empty_pool_blocks_it_and_a_batch_that_comes_home_lets_it_go_on)
{
    mig_node *chunk, *batch;

    begin(&plain);
    fake.options.chunk_bytes = SIZE_MAX; /* one chunk, so one queue holds all */
    for (unsigned i = 0; i < MIG__POOL_BATCHES; i++)
        cr_assert_eq(step(), MIG__STEP_MADE);
    cr_assert_eq(step(), MIG__STEP_BLOCKED);
    cr_assert_eq(step(), MIG__STEP_BLOCKED);
    cr_assert_eq(atomic_load(&fake.copy->tables[0].n_read), MIG__POOL_BATCHES * 10);

    cr_assert_eq(mig_queue_try_pop(run.ready, &chunk), MIG_POP_ITEM);
    cr_assert_eq(mig_queue_try_pop(mig__chunk_of(chunk)->batches, &batch), MIG_POP_ITEM);
    mig__batch_give_home(mig__batch_of(batch));
    cr_assert_eq(step(), MIG__STEP_MADE);
    cr_assert_eq(step(), MIG__STEP_BLOCKED);
    mig_queue_push(run.ready, chunk); /* for end() */
    end();
}

Test(reader, a_second_outsize_row_blocks_it)
{
    static const fake_table big = {
        .name = "big", .n_rows = 3, .big_from = 0, .big_to = 3, .big_payload = 9000};
    unsigned n_steps = 0;

    begin(&big);
    while (step() == MIG__STEP_MADE)
        n_steps++;

    cr_assert_eq(n_steps, 3, "not fitting, grown and read, not fitting again");
    cr_assert_eq(atomic_load(&fake.copy->tables[0].n_read), 1);
    end();
}

Test(reader, the_last_one_to_leave_ends_the_ready_queue)
{
    static const fake_table little = {.name = "little", .n_rows = 25};
    mig_node               *node;

    begin(&little);
    while (step() == MIG__STEP_MADE)
        continue;
    cr_assert_eq(step(), MIG__STEP_DONE, "done is sticky");

    cr_assert_eq(mig_queue_try_pop(run.ready, &node), MIG_POP_ITEM);
    mig__chunk_free(mig__chunk_of(node));
    cr_assert_eq(mig_queue_try_pop(run.ready, &node), MIG_POP_END);
    end();
}

Test(reader, a_cancelled_run_stops_it_even_where_it_need_not_wait)
{
    mig_step_result result;
    mig_error       err = MIG_ERROR_INIT;

    begin(&plain);
    cr_assert_eq(step(), MIG__STEP_MADE);
    mig_cancel_raise(run.cancel, NULL);

    cr_assert_eq(mig__reader_step(&reader, false, &result, &err), MIG_E_STOPPED);
    mig_error_fini(&err);
    end();
}
