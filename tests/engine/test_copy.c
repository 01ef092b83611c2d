/*
 * test_copy.c - whole copies over made-up tables: every row arrives once, in
 * order, in batches and chunks of the sizes that were asked for.
 *
 * Failures are in test_copy_failures.c, signals in test_copy_signals.c.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "../../src/migrate/batch.h"
#include "fake_run.h"
#include "mig/threads.h"

TestSuite(copy, .init = mig_threads_block_signals, .timeout = 20);

static fake_run run;

static void
begin(const fake_table *tables, size_t n, unsigned n_readers, unsigned n_writers)
{
    cr_assert(fake_run_init(&run, tables, n), "%s", run.err.detail);
    run.options.n_readers = n_readers;
    run.options.n_writers = n_writers;
}

static void
expect_all_copied(void)
{
    mig_status st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_OK, "%s: %s", run.err.message, run.err.detail);
    cr_assert_null(fake_run_complaint(&run), "%s", fake_run_complaint(&run));
    cr_assert(fake_sink_complete(&run.sink));
}

/* ---- threads ----------------------------------------------------------------------------- */

/* `huge` is large enough that the engine cuts it for several readers. */
static const fake_table family[] = {
    {.name = "children", .n_rows = 700, .payload = 30, .parents = {"parents"}},
    {.name = "empty", .parents = {"parents"}},
    {.name = "grandchildren", .n_rows = 300, .payload = 10, .parents = {"children", "empty"}},
    {.name = "huge", .n_rows = 250000, .payload = 2},
    {.name = "parents", .n_rows = 1000, .payload = 50, .segment_rows = 150},
    {.name = "single", .n_rows = 1},
    {.name = "tree", .n_rows = 400, .payload = 40, .parents = {"tree", "parents"}},
};
#define N_FAMILY (sizeof family / sizeof family[0])

typedef struct shape {
    unsigned n_readers, n_writers;
} shape;

ParameterizedTestParameters(copy, every_row_arrives_once_and_parents_come_first)
{
    static shape shapes[] = {
        {0, 1}, {0, 2}, {0, 4}, {1, 1}, {1, 2}, {1, 4}, {2, 1}, {2, 2},
        {2, 4}, {3, 1}, {3, 2}, {3, 4}, {8, 1}, {8, 2}, {8, 4},
    };

    return cr_make_param_array(shape, shapes, sizeof shapes / sizeof shapes[0]);
}

/* That children wait is watched by the sink itself. */
ParameterizedTest(shape *s, copy, every_row_arrives_once_and_parents_come_first)
{
    begin(family, N_FAMILY, s->n_readers, s->n_writers);
    run.options.batch_rows = 100;
    run.options.chunk_bytes = 20000;

    expect_all_copied();
    for (size_t i = 0; i < N_FAMILY; i++)
        cr_assert(atomic_load(&run.copy->tables[i].complete));
    cr_assert_eq(run.sink.tables[6].n_chunks, 1, "a table that refers to itself is one chunk");
    cr_assert_eq(run.sink.tables[1].n_chunks, 0);
    fake_run_fini(&run);
}

static const fake_table small[] = {{.name = "small", .n_rows = 1000, .payload = 46}};

Test(copy, a_sink_that_takes_one_writer_gets_one)
{
    begin(family, N_FAMILY, 2, 4);
    run.options.batch_rows = 100;
    run.sink.max_writers = 1;

    expect_all_copied();
    cr_assert_eq(run.sink.most_writers, 1);
    fake_run_fini(&run);
}

Test(copy, one_reader_keeps_two_writers_busy)
{
    begin(small, 1, 1, 2);
    run.sink.gate.shut_from = 1;
    run.sink.gate.opens_at = 2;

    expect_all_copied();
    cr_assert_eq(run.sink.most_writers, 2);
    fake_run_fini(&run);
}

static void
count_ticks(void *arg, const mig_copy *copy)
{
    cr_assert_eq(copy, run.copy);
    ++*(unsigned *)arg;
}

Test(copy, progress_is_told_once_more_at_the_end)
{
    unsigned n_ticks = 0;

    begin(small, 1, 1, 1);
    run.tick = count_ticks;
    run.arg = &n_ticks;

    expect_all_copied();
    cr_assert_geq(n_ticks, 1);
    cr_assert_eq(atomic_load(&run.copy->tables[0].n_bytes), 1000 * 64);
    cr_assert_gt(run.copy->seconds, 0);
    fake_run_fini(&run);
}

/* ---- sizes ------------------------------------------------------------------------------- */

/* A row of `small` is 64 bytes. */
Test(copy, batches_keep_to_their_rows)
{
    begin(small, 1, 1, 1);
    run.options.batch_rows = 10; /* 640 of 1024 bytes */

    expect_all_copied();
    cr_assert_eq(run.sink.most_rows, 10);
    cr_assert_eq(atomic_load(&run.data.flow.n_fills), 100);
    cr_assert_eq(atomic_load(&run.copy->tables[0].n_batches), 100);
    fake_run_fini(&run);
}

Test(copy, batches_keep_to_their_bytes)
{
    begin(small, 1, 1, 1);
    run.options.batch_rows = 100;
    run.options.batch_bytes = 1000; /* 15 rows, and 40 bytes that no row fits in */

    expect_all_copied();
    cr_assert_eq(run.sink.most_rows, 15);
    cr_assert_eq(run.sink.most_bytes, 960);
    cr_assert_eq(run.sink.n_outsize, 0);
    fake_run_fini(&run);
}

Test(copy, a_chunk_is_cut_by_the_batch_that_fills_it)
{
    begin(small, 1, 1, 1);
    run.options.batch_rows = 10;
    run.options.chunk_bytes = 4096; /* the 7th batch of 640 bytes */

    expect_all_copied();
    cr_assert_eq(run.sink.tables[0].n_chunks, (1000 + 69) / 70);
    cr_assert_eq(run.sink.tables[0].most_before_last, 6 * 640);
    fake_run_fini(&run);
}

Test(copy, a_chunk_that_is_exactly_full_is_cut)
{
    begin(small, 1, 1, 1);
    run.options.batch_rows = 16; /* 1024 bytes */
    run.options.chunk_bytes = 4096;

    expect_all_copied();
    cr_assert_eq(run.sink.tables[0].n_chunks, (1000 + 63) / 64);
    fake_run_fini(&run);
}

Test(copy, writers_that_share_a_table_get_smaller_chunks_towards_its_end)
{
    begin(small, 1, 1, 2);
    run.options.batch_rows = 1; /* 64 bytes */
    run.options.chunk_bytes = SIZE_MAX;
    run.options.chunk_bytes_least = 640;

    /* A quarter of what is left for each: 250, 188, 141 rows and so on, but not below 10. */
    expect_all_copied();
    cr_assert_eq(run.sink.tables[0].n_chunks, 15);
    cr_assert_eq(run.sink.tables[0].most_before_last, 249 * 64);
    fake_run_fini(&run);
}

Test(copy, a_writer_alone_gets_chunks_of_the_full_size)
{
    begin(small, 1, 1, 1);
    run.options.batch_rows = 1;
    run.options.chunk_bytes = SIZE_MAX;
    run.options.chunk_bytes_least = 640;

    expect_all_copied();
    cr_assert_eq(run.sink.tables[0].n_chunks, 1);
    fake_run_fini(&run);
}

Test(copy, a_chunk_never_spans_two_segments)
{
    static const fake_table cut[] = {{.name = "cut", .n_rows = 1000, .segment_rows = 100}};

    begin(cut, 1, 1, 1);
    run.options.chunk_bytes = SIZE_MAX;

    expect_all_copied();
    cr_assert_eq(run.sink.tables[0].n_chunks, 10);
    fake_run_fini(&run);
}

Test(copy, a_table_that_refers_to_itself_is_one_chunk_of_any_size)
{
    static const fake_table tree[] = {
        {.name = "tree", .n_rows = 3000, .payload = 100, .parents = {"tree"}}};

    begin(tree, 1, 3, 2);
    run.options.chunk_bytes = 1;

    expect_all_copied();
    cr_assert_eq(run.sink.tables[0].n_chunks, 1);
    fake_run_fini(&run);
}

/* ---- outsize rows ------------------------------------------------------------------------ */

#define N_BLOBS 5

/* Single ones, several in a row, at both ends, and within the one chunk of a self-reference. */
static const fake_table blobs[] = {
    {.name = "all", .n_rows = 20, .big_from = 0, .big_to = 20, .big_payload = 3000},
    {.name = "first", .n_rows = 50, .payload = 9, .big_from = 0, .big_to = 1, .big_payload = 9000},
    {.name = "last", .n_rows = 50, .payload = 9, .big_from = 47, .big_to = 50, .big_payload = 2000},
    {.name = "segments",
     .n_rows = 90,
     .segment_rows = 10,
     .big_from = 5,
     .big_to = 65,
     .big_payload = 1500},
    {.name = "tree",
     .n_rows = 99,
     .payload = 9,
     .big_from = 30,
     .big_to = 60,
     .big_payload = 5000,
     .parents = {"tree"}},
};

ParameterizedTestParameters(copy, rows_larger_than_a_batch_travel_alone)
{
    static shape shapes[] = {{0, 1}, {1, 1}, {1, 4}, {2, 1}, {3, 1}, {3, 2}, {8, 1}, {8, 4}};

    return cr_make_param_array(shape, shapes, sizeof shapes / sizeof shapes[0]);
}

/* That an outsize batch has one row is watched by the sink. */
ParameterizedTest(shape *s, copy, rows_larger_than_a_batch_travel_alone)
{
    int n_readers = s->n_readers > 0 ? (int)s->n_readers : 1;

    begin(blobs, N_BLOBS, s->n_readers, s->n_writers);

    expect_all_copied();
    cr_assert_eq(run.sink.n_outsize, 20 + 1 + 3 + 60 + 30);
    cr_assert_leq(atomic_load(&run.data.flow.most_outsize), n_readers, "one per reader");
    cr_assert_leq(run.sink.most_bytes, run.options.batch_bytes);
    fake_run_fini(&run);
}

Test(copy, a_row_that_just_fits_is_not_outsize)
{
    static const fake_table exact[] = {
        {.name = "exact", .n_rows = 20, .payload = 1024 - 18},
    };

    begin(exact, 1, 1, 1);
    run.options.batch_bytes = 1024;

    expect_all_copied();
    cr_assert_eq(run.sink.n_outsize, 0);
    cr_assert_eq(run.sink.most_bytes, 1024);
    fake_run_fini(&run);
}

/* ---- saturation -------------------------------------------------------------------------- */

typedef struct saturation {
    uint64_t n_fills; /* when the pipeline was full */
    uint64_t n_later; /* and at the next look */
    uint64_t full;
} saturation;

static void
open_when_full(void *arg, const mig_copy *copy)
{
    saturation *s = arg;
    uint64_t    n_fills = atomic_load(&run.data.flow.n_fills);

    (void)copy;
    if (s->n_fills == 0 && fake_gate_waiting(&run.sink.gate) == 1 && n_fills >= s->full) {
        s->n_fills = n_fills;
    } else if (s->n_fills != 0 && s->n_later == 0) {
        s->n_later = n_fills;
        fake_gate_open(&run.sink.gate);
    }
}

static const fake_table endless[] = {{.name = "endless", .n_rows = 20000, .payload = 10}};

Test(copy, a_blocked_target_stops_the_reader_when_its_pool_is_empty)
{
    saturation s = {.full = MIG__POOL_BATCHES};

    begin(endless, 1, 1, 1);
    run.sink.gate.shut_from = 1;
    run.tick = open_when_full;
    run.arg = &s;

    expect_all_copied();
    cr_assert_eq(s.n_fills, MIG__POOL_BATCHES);
    cr_assert_eq(s.n_later, MIG__POOL_BATCHES);
    cr_assert_eq(atomic_load(&run.data.flow.most_batches), MIG__POOL_BATCHES);
    fake_run_fini(&run);
}

Test(copy, large_batches_come_in_a_smaller_pool)
{
    saturation s = {.full = MIG__POOL_BATCHES_EXPLICIT};

    begin(endless, 1, 1, 1);
    run.options.batch_bytes = MIG_BATCH_BYTES_EXPLICIT;
    run.sink.gate.shut_from = 1;
    run.tick = open_when_full;
    run.arg = &s;

    expect_all_copied();
    cr_assert_eq(s.n_fills, MIG__POOL_BATCHES_EXPLICIT);
    cr_assert_eq(s.n_later, MIG__POOL_BATCHES_EXPLICIT);
    fake_run_fini(&run);
}

Test(copy, every_reader_has_a_pool_of_its_own)
{
    static const fake_table three[] = {
        {.name = "three", .n_rows = 30000, .payload = 10, .segment_rows = 10000}};
    saturation s = {.full = UINT64_C(3) * MIG__POOL_BATCHES};

    begin(three, 1, 3, 1);
    run.sink.gate.shut_from = 1;
    run.tick = open_when_full;
    run.arg = &s;

    expect_all_copied();
    cr_assert_eq(s.n_later, 3 * MIG__POOL_BATCHES);
    fake_run_fini(&run);
}
