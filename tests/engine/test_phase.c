/*
 * test_phase.c - a phase runs on a thread while main hears signals.
 */
#include <criterion/criterion.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include "mig/migrate.h"
#include "mig/threads.h"

/* Databases of which only the interrupt is used: it lets one waiting call go on. */
typedef struct blocked_source {
    mig_source base;
    sem_t      interrupts;
} blocked_source;

typedef struct blocked_sink {
    mig_sink base;
    sem_t    interrupts;
} blocked_sink;

static void
interrupt_source(mig_source *base)
{
    sem_post(&((blocked_source *)(void *)base)->interrupts);
}

static void
interrupt_sink(mig_sink *base)
{
    sem_post(&((blocked_sink *)(void *)base)->interrupts);
}

static const mig_source_ops source_ops = {.interrupt = interrupt_source};
static const mig_sink_ops   sink_ops = {.interrupt = interrupt_sink};

static blocked_source source = {.base.ops = &source_ops};
static blocked_sink   sink = {.base.ops = &sink_ops};
static mig_error      err = MIG_ERROR_INIT;
static int            signo;

static void
set_up(void)
{
    mig_threads_block_signals();
    sem_init(&source.interrupts, 0, 0);
    sem_init(&sink.interrupts, 0, 0);
}

static void
tear_down(void)
{
    mig_error_fini(&err);
}

TestSuite(phase, .init = set_up, .fini = tear_down, .timeout = 20);

static mig_status
count_up(void *arg, mig_error *error)
{
    (void)error;
    ++*(int *)arg;
    return MIG_OK;
}

Test(phase, it_runs_once_and_its_success_is_the_result)
{
    int n = 0;

    cr_assert_eq(mig_phase_run(&source.base, &sink.base, count_up, &n, &signo, &err), MIG_OK);
    cr_assert_eq(n, 1);
    cr_assert_eq(signo, 0);
    cr_assert_eq(err.status, MIG_OK);
}

static mig_status
fail(void *arg, mig_error *error)
{
    mig_raise(error, MIG_E_RIGHTS, "%s", (const char *)arg);
    mig_error_detail(error, "the detail");
    mig_error_hint(error, "the hint");
    return MIG_E_RIGHTS;
}

Test(phase, its_error_arrives_with_its_whole_story)
{
    char message[] = "may not";

    cr_assert_eq(mig_phase_run(&source.base, &sink.base, fail, message, &signo, &err),
                 MIG_E_RIGHTS);
    cr_assert_str_eq(err.message, "may not");
    cr_assert_str_eq(err.detail, "the detail");
    cr_assert_str_eq(err.hint, "the hint");
    cr_assert_eq(signo, 0);
}

/* Waits in both databases until an interrupt comes. */
static mig_status
wait_in_both(void *arg, mig_error *error)
{
    kill(getpid(), *(int *)arg);
    sem_wait(&source.interrupts);
    sem_wait(&sink.interrupts);
    return mig_raise(error, MIG_E_DATABASE, "canceling statement due to user request");
}

Test(phase, a_signal_breaks_into_both_databases)
{
    int sent = SIGTERM;

    cr_assert_eq(mig_phase_run(&source.base, &sink.base, wait_in_both, &sent, &signo, &err),
                 MIG_E_STOPPED);
    cr_assert_eq(signo, SIGTERM);
    cr_assert_str_eq(err.message, "stopped by a signal", "and not the echo");
}

static mig_status
signal_and_succeed(void *arg, mig_error *error)
{
    (void)arg;
    (void)error;
    kill(getpid(), SIGINT);
    return MIG_OK;
}

Test(phase, a_signal_counts_even_if_the_phase_succeeds_all_the_same)
{
    cr_assert_eq(mig_phase_run(&source.base, NULL, signal_and_succeed, NULL, &signo, &err),
                 MIG_E_STOPPED);
    cr_assert_eq(signo, SIGINT);
}

Test(phase, there_need_not_be_any_database)
{
    cr_assert_eq(mig_phase_run(NULL, NULL, signal_and_succeed, NULL, &signo, &err), MIG_E_STOPPED);
    cr_assert_eq(signo, SIGINT);
}

/* The first interrupt hits nothing, as between two calls; the second signal must not be lost. */
static mig_status
miss_the_first(void *arg, mig_error *error)
{
    kill(getpid(), SIGINT);
    sem_wait(&sink.interrupts);
    if (*(bool *)arg)
        kill(getpid(), SIGTERM);
    sem_wait(&sink.interrupts);
    return mig_raise(error, MIG_E_STOPPED, "stopped");
}

Test(phase, a_second_signal_interrupts_again)
{
    bool again = true;

    cr_assert_eq(mig_phase_run(NULL, &sink.base, miss_the_first, &again, &signo, &err),
                 MIG_E_STOPPED);
    cr_assert_eq(signo, SIGINT, "the first signal counts");
}

Test(phase, an_interrupt_that_hit_nothing_is_repeated)
{
    bool again = false;

    cr_assert_eq(mig_phase_run(NULL, &sink.base, miss_the_first, &again, &signo, &err),
                 MIG_E_STOPPED);
    cr_assert_eq(signo, SIGINT);
}
