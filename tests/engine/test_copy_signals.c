/*
 * test_copy_signals.c - SIGINT and SIGTERM in the middle of a copy.
 *
 * A gate in the target brings the copy to a standstill; the tick, which runs
 * on the main thread, then sends the signals and opens the gate.  So nothing
 * depends on time.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <unistd.h>

#include "fake_run.h"
#include "mig/threads.h"

TestSuite(copy_signals, .init = mig_threads_block_signals, .timeout = 20);

static fake_run run;

static const fake_table longer[] = {
    {.name = "a_longer", .n_rows = 9000, .payload = 100, .segment_rows = 3000},
    {.name = "b_behind", .n_rows = 100, .parents = {"a_longer"}},
};

typedef struct shape {
    unsigned n_readers, n_writers;
} shape;

static shape shapes[] = {{0, 1}, {1, 1}, {1, 3}, {3, 1}, {3, 2}};

static void
begin(const fake_table *tables, size_t n, const shape *s)
{
    cr_assert(fake_run_init(&run, tables, n), "%s", run.err.detail);
    run.options.n_readers = s->n_readers;
    run.options.n_writers = s->n_writers;
}

/* Sends `first` when somebody waits at the gate; then `second`, or opens the gate. */
typedef struct script {
    fake_gate *gate;
    int        first, second; /* second 0: open */
    bool       sent_first, sent_second;
} script;

static void
follow(void *arg, const mig_copy *copy)
{
    script *s = arg;

    if (!s->sent_first) {
        if (fake_gate_waiting(s->gate) > 0) {
            s->sent_first = true;
            kill(getpid(), s->first);
        }
    } else if (copy->signo != 0 && s->second == 0) {
        fake_gate_open(s->gate);
    } else if (copy->signo != 0 && !s->sent_second) {
        s->sent_second = true;
        kill(getpid(), s->second);
    }
}

static void
expect_stopped(int signo, const char *message)
{
    mig_status st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_STOPPED, "%s: %s", mig_status_words(st), run.err.message);
    cr_assert_str_eq(run.err.message, message);
    cr_assert_eq(run.copy->signo, signo);
    cr_assert_null(fake_run_complaint(&run), "%s", fake_run_complaint(&run));
}

/* ---- the first signal -------------------------------------------------------------------- */

ParameterizedTestParameters(copy_signals, the_first_lets_open_chunks_finish)
{
    return cr_make_param_array(shape, shapes, sizeof shapes / sizeof shapes[0]);
}

ParameterizedTest(shape *s, copy_signals, the_first_lets_open_chunks_finish)
{
    script play = {.gate = &run.sink.gate, .first = SIGINT};

    begin(longer, 2, s);
    run.sink.gate.shut_from = 20;
    run.tick = follow;
    run.arg = &play;

    expect_stopped(SIGINT, "stopped by a signal");
    cr_assert_eq(run.sink.n_aborted, 0);
    cr_assert_eq(run.sink.n_interrupts, 0);
    cr_assert_gt(run.sink.tables[0].n_rows, 0);
    cr_assert_lt(run.sink.tables[0].n_rows, longer[0].n_rows);
    cr_assert_eq(run.sink.tables[0].n_rows, atomic_load(&run.copy->tables[0].n_read),
                 "what was read is written");
    cr_assert_eq(run.sink.tables[1].n_rows, 0);
    fake_run_fini(&run);
}

ParameterizedTestParameters(copy_signals, the_first_lets_a_table_that_refers_to_itself_finish)
{
    return cr_make_param_array(shape, shapes, sizeof shapes / sizeof shapes[0]);
}

/* The target would refuse a part of its rows. */
ParameterizedTest(shape *s, copy_signals, the_first_lets_a_table_that_refers_to_itself_finish)
{
    static const fake_table tree[] = {
        {.name = "a_tree", .n_rows = 2000, .payload = 100, .parents = {"a_tree"}},
        {.name = "b_behind", .n_rows = 100, .parents = {"a_tree"}},
    };
    script play = {.gate = &run.sink.gate, .first = SIGTERM};

    begin(tree, 2, s);
    run.sink.gate.shut_from = 5;
    run.tick = follow;
    run.arg = &play;

    expect_stopped(SIGTERM, "stopped by a signal");
    cr_assert_eq(run.sink.tables[0].n_rows, tree[0].n_rows);
    cr_assert_eq(run.sink.tables[1].n_rows, 0);
    fake_run_fini(&run);
}

Test(copy_signals, one_that_came_before_the_copy_counts)
{
    begin(longer, 2, &shapes[4]);
    kill(getpid(), SIGTERM);

    expect_stopped(SIGTERM, "stopped by a signal");
    cr_assert_eq(run.sink.n_aborted, 0);
    fake_run_fini(&run);
}

Test(copy_signals, an_error_after_the_first_is_told)
{
    script     play = {.gate = &run.sink.gate, .first = SIGINT};
    mig_status st;

    begin(longer, 2, &shapes[1]);
    run.sink.gate.shut_from = 3;
    run.fault = (fake_fault){.call = FAKE_CALL_CHUNK_COMMIT, .nth = 1, .status = MIG_E_CONNECT};
    run.tick = follow;
    run.arg = &play;
    st = fake_run_copy(&run);

    cr_assert_eq(st, MIG_E_CONNECT);
    cr_assert_eq(run.copy->signo, SIGINT);
    cr_assert_null(fake_run_complaint(&run), "%s", fake_run_complaint(&run));
    fake_run_fini(&run);
}

/* ---- the second -------------------------------------------------------------------------- */

ParameterizedTestParameters(copy_signals, the_second_breaks_into_a_blocked_target)
{
    return cr_make_param_array(shape, shapes, sizeof shapes / sizeof shapes[0]);
}

ParameterizedTest(shape *s, copy_signals, the_second_breaks_into_a_blocked_target)
{
    script play = {.gate = &run.sink.gate, .first = SIGINT, .second = SIGTERM};

    begin(longer, 2, s);
    run.sink.gate.shut_from = 20;
    run.tick = follow;
    run.arg = &play;

    expect_stopped(SIGINT, "stopped by a second signal");
    cr_assert_eq(run.sink.n_interrupts, 1);
    cr_assert_geq(run.sink.n_aborted, 1);
    cr_assert_lt(run.sink.tables[0].n_rows, longer[0].n_rows);
    fake_run_fini(&run);
}

Test(copy_signals, the_second_breaks_into_a_blocked_source)
{
    script play = {.gate = &run.source.gate, .first = SIGINT, .second = SIGINT};

    begin(longer, 2, &shapes[4]);
    run.source.gate.shut_from = 20;
    run.tick = follow;
    run.arg = &play;

    expect_stopped(SIGINT, "stopped by a second signal");
    cr_assert_eq(atomic_load(&run.source.n_interrupts), 1);
    fake_run_fini(&run);
}
