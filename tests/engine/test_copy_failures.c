/*
 * test_copy_failures.c - one thing fails, everything ends, nothing is lost.
 *
 * That all batches are home after every failure is asserted by the engine
 * itself, which aborts if one is not.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "fake_run.h"
#include "mig/threads.h"

TestSuite(copy_failures, .init = mig_threads_block_signals, .timeout = 20);

static fake_run run;

static void
begin(const fake_table *tables, size_t n, unsigned n_readers, unsigned n_writers)
{
    cr_assert(fake_run_init(&run, tables, n), "%s", run.err.detail);
    run.options.n_readers = n_readers;
    run.options.n_writers = n_writers;
}

static void
expect_no_complaint(void)
{
    cr_assert_null(fake_run_complaint(&run), "%s", fake_run_complaint(&run));
}

/* ---- every call once --------------------------------------------------------------------- */

static const fake_table family[] = {
    {.name = "children", .n_rows = 40, .payload = 200, .parents = {"parents"}},
    {.name = "empty", .parents = {"parents"}},
    {.name = "parents",
     .n_rows = 60,
     .payload = 30,
     .segment_rows = 25,
     .big_from = 3,
     .big_to = 6,
     .big_payload = 2000},
    {.name = "tree", .n_rows = 40, .payload = 100, .parents = {"tree", "parents"}},
};

typedef struct shape {
    unsigned n_readers, n_writers;
} shape;

ParameterizedTestParameters(copy_failures, whichever_call_fails_its_error_is_the_result)
{
    static shape shapes[] = {{0, 1}, {1, 1}, {1, 3}, {3, 1}, {3, 3}};

    return cr_make_param_array(shape, shapes, sizeof shapes / sizeof shapes[0]);
}

/* Runs with the nth call failing; false if there were fewer calls. */
static bool
run_with_fault(const shape *s, uint64_t nth)
{
    mig_status st;
    bool       fired;

    begin(family, sizeof family / sizeof family[0], s->n_readers, s->n_writers);
    run.fault = (fake_fault){.nth = nth, .status = MIG_E_IO};
    st = fake_run_copy(&run);
    fired = atomic_load(&run.fault.fired);
    if (fired) {
        cr_assert_eq(st, MIG_E_IO, "call %u: %s", (unsigned)nth, mig_status_words(st));
        cr_assert_eq(run.err.status, MIG_E_IO);
        cr_assert_eq(strncmp(run.err.message, FAKE_FAULT_MESSAGE, strlen(FAKE_FAULT_MESSAGE)), 0,
                     "call %u: %s", (unsigned)nth, run.err.message);
    } else {
        cr_assert_eq(st, MIG_OK, "%s", run.err.message);
        cr_assert(fake_sink_complete(&run.sink));
    }
    expect_no_complaint();
    fake_run_fini(&run);
    return fired;
}

ParameterizedTest(shape *s, copy_failures, whichever_call_fails_its_error_is_the_result)
{
    uint64_t nth = 1;

    while (run_with_fault(s, nth))
        nth++;
    cr_assert_gt(nth, 50, "the loop has not seen a whole run");
}

/* ---- the first error wins ---------------------------------------------------------------- */

static const fake_table two[] = {
    {.name = "one", .n_rows = 50, .payload = 100, .refused_row = 1},
    {.name = "two", .n_rows = 50, .payload = 100, .refused_row = 3},
};

/*
 * Both writers stand before their first row, then both fail.  Whoever comes first to take its
 * chunk back is held there until the other has ended the run: its error and its row still are
 * one story.
 */
static void
fail_twice(void)
{
    mig_status st;
    char       expected[100];

    begin(two, 2, 2, 2);
    run.options.chunk_bytes = SIZE_MAX; /* one chunk per table */
    run.sink.gate.shut_from = 1;
    run.sink.gate.opens_at = 2;
    run.sink.abort_gate.shut_from = run.sink.abort_gate.shut_to = 1;
    st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_DATA, "%s", mig_status_words(st));
    snprintf(expected, sizeof expected, "in the source this is row %s",
             strstr(run.err.message, "of one") != NULL ? "0 of table one" : "2 of table two");
    cr_assert_str_eq(run.err.detail, expected, "%s: %s", run.err.message, run.err.detail);
    cr_assert_eq(fake_sink_rows(&run.sink), 0);
    expect_no_complaint();
    fake_run_fini(&run);
}

Test(copy_failures, of_two_that_fail_at_once_one_is_told_and_it_is_told_whole)
{
    for (int round = 0; round < 50; round++)
        fail_twice();
}

static const fake_table plain[] = {
    {.name = "plain", .n_rows = 3000, .payload = 100, .segment_rows = 1000}};

Test(copy_failures, a_failing_source_breaks_into_a_blocked_target)
{
    mig_status st;

    begin(plain, 1, 1, 1);
    run.sink.gate.shut_from = 1; /* Nobody opens it. */
    run.fault = (fake_fault){.call = FAKE_CALL_CURSOR_FILL, .nth = 5, .status = MIG_E_CHANGED};
    st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_CHANGED, "%s", run.err.message);
    cr_assert_str_eq(run.err.message, FAKE_FAULT_MESSAGE "CURSOR_FILL");
    cr_assert_eq(run.sink.n_interrupts, 1);
    expect_no_complaint();
    fake_run_fini(&run);
}

static void
go_on_when_the_writer_has_failed(void *arg, const mig_copy *copy)
{
    (void)arg;
    (void)copy;
    if (fake_gate_waiting(&run.sink.abort_gate) == 1)
        fake_gate_open(&run.source.gate);
}

/* The writer is held while it takes its chunk back; meanwhile the reader fails too. */
Test(copy_failures, a_reader_that_fails_after_a_writer_changes_nothing)
{
    fake_table table = plain[0];
    mig_status st;

    table.refused_row = 1;
    begin(&table, 1, 1, 1);
    run.sink.abort_gate.shut_from = 1;
    run.source.gate.shut_from = 4;
    run.fault = (fake_fault){.call = FAKE_CALL_CURSOR_FILL, .nth = 5, .status = MIG_E_IO};
    run.tick = go_on_when_the_writer_has_failed;
    st = fake_run_copy(&run);

    cr_assert(atomic_load(&run.fault.fired));
    cr_assert_eq(st, MIG_E_DATA, "%s", run.err.message);
    cr_assert_str_eq(run.err.detail, "in the source this is row 0 of table plain");
    expect_no_complaint();
    fake_run_fini(&run);
}

static void
open_when_the_reader_waits(void *arg, const mig_copy *copy)
{
    (void)arg;
    (void)copy;
    if (fake_gate_waiting(&run.source.gate) == 1)
        fake_gate_open(&run.sink.gate);
}

Test(copy_failures, a_failing_target_breaks_into_a_blocked_source)
{
    fake_table table = plain[0];
    mig_status st;

    table.refused_row = 1;
    begin(&table, 1, 1, 1);
    run.source.gate.shut_from = 4; /* Nobody opens it. */
    run.sink.gate.shut_from = 1;
    run.tick = open_when_the_reader_waits;
    st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_DATA, "%s", run.err.message);
    cr_assert_eq(atomic_load(&run.source.n_interrupts), 1);
    expect_no_complaint();
    fake_run_fini(&run);
}

Test(copy_failures, a_database_that_says_stopped_by_itself_stops_the_run)
{
    mig_status st;

    begin(plain, 1, 2, 2);
    run.fault = (fake_fault){.call = FAKE_CALL_CURSOR_FILL, .nth = 7, .status = MIG_E_STOPPED};
    st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_STOPPED, "%s", run.err.message);
    cr_assert_eq(run.copy->signo, 0);
    cr_assert(!fake_sink_complete(&run.sink));
    expect_no_complaint();
    fake_run_fini(&run);
}

/* ---- the row that was refused ------------------------------------------------------------ */

/* Row 1777 stands in the second segment and, with chunks of 4 KiB, far from a chunk's start. */
static void
expect_refusal(const fake_table *tables, unsigned n_readers, unsigned n_writers)
{
    mig_status st;

    begin(tables, 1, n_readers, n_writers);
    st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_DATA, "%s", mig_status_words(st));
    cr_assert_str_eq(run.err.message, "the target refused row 1777 of plain");
    cr_assert_str_eq(run.err.detail, "in the source this is row 1777 of table plain");
    expect_no_complaint();
    fake_run_fini(&run);
}

Test(copy_failures, a_row_refused_when_written_is_named_by_the_source)
{
    fake_table table = plain[0];

    table.refused_row = 1778;
    expect_refusal(&table, 0, 1);
    expect_refusal(&table, 1, 1);
    expect_refusal(&table, 3, 2);
}

Test(copy_failures, a_row_refused_at_the_commit_is_named_by_the_source)
{
    fake_table table = plain[0];

    table.refused_row = 1778;
    table.refused_at_commit = true;
    expect_refusal(&table, 0, 1);
    expect_refusal(&table, 1, 1);
    expect_refusal(&table, 3, 2);
}

Test(copy_failures, a_row_that_cannot_be_named_does_not_hide_the_refusal)
{
    fake_table table = plain[0];
    mig_status st;

    table.refused_row = 5;
    begin(&table, 1, 1, 1);
    run.fault = (fake_fault){.call = FAKE_CALL_LOCATE, .nth = 1, .status = MIG_E_IO};
    st = fake_run_copy(&run);

    cr_assert(atomic_load(&run.fault.fired));
    cr_assert_eq(st, MIG_E_DATA);
    cr_assert_str_eq(run.err.message, "the target refused row 4 of plain");
    cr_assert_null(run.err.detail);
    fake_run_fini(&run);
}

Test(copy_failures, a_failure_that_blames_no_row_names_none)
{
    mig_status st;

    begin(plain, 1, 1, 1);
    run.fault = (fake_fault){.call = FAKE_CALL_CHUNK_COMMIT, .nth = 2, .status = MIG_E_DATABASE};
    st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_DATABASE);
    cr_assert_null(run.err.detail);
    cr_assert_eq(run.sink.n_committed, 1);
    fake_run_fini(&run);
}

/* Both were interrupted. */
Test(copy_failures, a_copy_that_has_lost_its_target_can_be_run_again)
{
    const mig_journal nothing = {.n_chunks = 0};
    mig_source       *source = &run.faulty_source.base;
    mig_sink         *sink = &run.faulty_sink.base;

    begin(plain, 1, 2, 2);
    run.fault = (fake_fault){.call = FAKE_CALL_CHUNK_BEGIN, .nth = 1, .status = MIG_E_CONNECT};
    run.sink.gate.shut_from = 1; /* Nobody opens it. */
    cr_assert_eq(fake_run_copy(&run), MIG_E_CONNECT, "%s", run.err.message);
    cr_assert(run.copy->lost);
    mig_error_fini(&run.err);
    run.sink.gate.shut_from = 0;

    source->ops->calm(source);
    sink->ops->calm(sink);
    cr_assert_eq(sink->ops->prepare(sink, run.plan, NULL), MIG_OK);
    cr_assert_eq(mig_copy_resume(run.copy, &nothing, true, &run.err), MIG_OK);
    cr_expect_not(run.copy->lost);
    cr_assert_eq(mig_copy_run(run.copy, source, sink, &run.options, NULL, NULL, &run.err), MIG_OK,
                 "%s", run.err.message);
    cr_expect(fake_sink_complete(&run.sink));
    expect_no_complaint();
    fake_run_fini(&run);
}
