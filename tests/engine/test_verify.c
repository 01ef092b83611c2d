/*
 * test_verify.c - three counts per table, and what is said when they differ.
 */
#include <criterion/criterion.h>

#include "fake_run.h"
#include "mig/threads.h"

TestSuite(verify, .init = mig_threads_block_signals, .timeout = 20);

static fake_run run;

static const fake_table tables[] = {
    {.name = "agents", .n_rows = 30},
    {.name = "empty"},
    {.name = "hosts", .n_rows = 20},
};

/* Copies all, so that the counts are equal. */
static void
begin(void)
{
    cr_assert(fake_run_init(&run, tables, 3), "%s", run.err.detail);
    cr_assert_eq(fake_run_copy(&run), MIG_OK, "%s", run.err.message);
}

static mig_status
verify(void)
{
    return mig_verify_counts(run.copy, &run.faulty_sink.base, &run.err);
}

Test(verify, equal_counts_are_ok)
{
    begin();

    cr_assert_eq(verify(), MIG_OK);
    fake_run_fini(&run);
}

Test(verify, all_tables_that_differ_in_the_target_are_listed)
{
    begin();
    run.sink.count_off = -1;

    cr_assert_eq(verify(), MIG_E_DIFFERS);
    cr_assert_str_eq(run.err.detail, "agents: source=30, target=29, copied=30\n"
                                     "hosts: source=20, target=19, copied=20");
    fake_run_fini(&run);
}

Test(verify, rows_too_many_differ_too)
{
    begin();
    run.sink.count_off = 1;

    cr_assert_eq(verify(), MIG_E_DIFFERS);
    fake_run_fini(&run);
}

Test(verify, rows_that_were_not_copied_by_this_run_differ)
{
    begin();
    atomic_store(&run.copy->tables[fake_run_table(&run, "hosts")].n_committed, 19);

    cr_assert_eq(verify(), MIG_E_DIFFERS);
    cr_assert_str_eq(run.err.detail, "hosts: source=20, target=20, copied=19");
    fake_run_fini(&run);
}

Test(verify, a_count_that_fails_is_a_failure_and_not_equality)
{
    for (uint64_t nth = 1; nth <= 3; nth++) {
        begin();
        run.fault.call = FAKE_CALL_SINK_COUNT;
        run.fault.nth = nth;
        run.fault.status = MIG_E_DATABASE;
        atomic_store(&run.fault.n_calls, 0);

        cr_assert_eq(verify(), MIG_E_DATABASE);
        cr_assert_str_eq(run.err.message, FAKE_FAULT_MESSAGE "SINK_COUNT");
        fake_run_fini(&run);
    }
}

Test(verify, a_count_that_fails_wins_over_a_difference)
{
    begin();
    run.sink.count_off = 5;
    run.fault.call = FAKE_CALL_SINK_COUNT;
    run.fault.nth = 3;
    run.fault.status = MIG_E_CONNECT;
    atomic_store(&run.fault.n_calls, 0);

    cr_assert_eq(verify(), MIG_E_CONNECT);
    fake_run_fini(&run);
}
