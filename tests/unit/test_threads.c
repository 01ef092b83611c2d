/*
 * test_threads.c - what main learns of its threads, and of signals.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "mig/clock.h"
#include "mig/threads.h"

#define A_LONG_TIME_MS 20000

static mig_cancel  *cancel;
static mig_threads *threads;
static mig_park     gate = MIG_PARK_INIT;
static atomic_bool  gate_open;
static int          signo;

static void
setup(void)
{
    mig_threads_block_signals();
    cr_assert_eq(mig_cancel_new(&cancel, NULL), MIG_OK);
    cr_assert_eq(mig_threads_new(cancel, &threads, NULL), MIG_OK);
}

static void
teardown(void)
{
    mig_threads_free(threads);
    mig_cancel_free(cancel);
}

TestSuite(threads, .init = setup, .fini = teardown, .timeout = 60);

static void
start(mig_thread_fn *fn, void *arg)
{
    cr_assert_eq(mig_threads_start(threads, "test", fn, arg, NULL), MIG_OK);
}

static void
open_gate(void)
{
    atomic_store(&gate_open, true);
    mig_park_wake_all(&gate);
}

/* DONE, and because the group woke us, not because the time was over. */
static void
expect_done_soon(void)
{
    uint64_t begun = mig_clock_now();

    cr_expect_eq(mig_threads_wait(threads, A_LONG_TIME_MS, &signo), MIG_WAIT_DONE);
    cr_expect_lt(mig_clock_seconds_since(begun), A_LONG_TIME_MS / 2000.0);
}

static mig_status
wait_at_gate(void *arg, mig_error *err)
{
    (void)arg;
    (void)err;
    while (!atomic_load(&gate_open)) {
        uint32_t key = mig_park_prepare(&gate);

        if (!atomic_load(&gate_open))
            mig_park_wait(&gate, key);
    }
    return MIG_OK;
}

static mig_status
return_at_once(void *arg, mig_error *err)
{
    (void)arg;
    (void)err;
    return MIG_OK;
}

Test(threads, done_comes_when_the_last_thread_has_returned)
{
    for (size_t i = 0; i < 4; i++)
        start(wait_at_gate, NULL);
    start(return_at_once, NULL);

    cr_expect_eq(mig_threads_wait(threads, 1, &signo), MIG_WAIT_TICK);
    open_gate();
    expect_done_soon();
    expect_done_soon();
    cr_expect_eq(mig_cancel_result(cancel, NULL), MIG_OK);
}

Test(threads, done_comes_for_a_group_that_ended_before_main_waited)
{
    mig_error err = MIG_ERROR_INIT;

    start(return_at_once, NULL);
    mig_threads_join(threads);

    expect_done_soon();
    cr_expect_eq(mig_cancel_result(cancel, &err), MIG_OK);
}

Test(threads, a_wake_signal_left_by_one_group_does_not_end_the_next)
{
    start(return_at_once, NULL);
    mig_threads_join(threads); /* The signal is pending now. */
    mig_threads_free(threads);
    cr_assert_eq(mig_threads_new(cancel, &threads, NULL), MIG_OK);
    start(wait_at_gate, NULL);

    cr_expect_eq(mig_threads_wait(threads, 1, &signo), MIG_WAIT_TICK);
    open_gate();
    expect_done_soon();
}

Test(threads, the_wake_signal_is_left_to_nobody)
{
    sigset_t pending;

    start(return_at_once, NULL);
    mig_threads_join(threads);
    expect_done_soon();

    sigpending(&pending);
    cr_assert_not(sigismember(&pending, SIGRTMIN));
}

Test(threads, a_signal_ends_the_wait_and_is_named)
{
    start(wait_at_gate, NULL);
    pthread_kill(pthread_self(), SIGINT);

    cr_expect_eq(mig_threads_wait(threads, A_LONG_TIME_MS, &signo), MIG_WAIT_SIGNAL);
    cr_expect_eq(signo, SIGINT);
    pthread_kill(pthread_self(), SIGTERM);
    cr_expect_eq(mig_threads_wait(threads, A_LONG_TIME_MS, &signo), MIG_WAIT_SIGNAL);
    cr_expect_eq(signo, SIGTERM);
    cr_expect_eq(mig_threads_wait(threads, 1, &signo), MIG_WAIT_TICK);
    open_gate();
}

Test(threads, a_pending_signal_comes_before_the_end_of_the_group)
{
    pthread_kill(pthread_self(), SIGTERM);

    cr_expect_eq(mig_threads_wait(threads, 0, &signo), MIG_WAIT_SIGNAL);
    cr_expect_eq(signo, SIGTERM);
    cr_expect_eq(mig_threads_wait(threads, 0, &signo), MIG_WAIT_DONE);
}

Test(threads, a_pause_lasts_its_time)
{
    uint64_t begun = mig_clock_now();

    start(return_at_once, NULL);
    mig_threads_join(threads); /* The signal is pending now. */
    cr_expect_eq(mig_threads_pause(20, &signo), MIG_WAIT_TICK);
    cr_expect_geq(mig_clock_seconds_since(begun), 0.02);
}

Test(threads, a_signal_ends_a_pause)
{
    pthread_kill(pthread_self(), SIGINT);

    cr_expect_eq(mig_threads_pause(A_LONG_TIME_MS, &signo), MIG_WAIT_SIGNAL);
    cr_expect_eq(signo, SIGINT);
}

static mig_status
raise_data_error(void *arg, mig_error *err)
{
    (void)arg;
    return mig_raise(err, MIG_E_DATA, "bad value");
}

Test(threads, a_failing_thread_raises_its_error)
{
    mig_error err = MIG_ERROR_INIT;

    start(raise_data_error, NULL);
    expect_done_soon();

    cr_expect_eq(mig_cancel_result(cancel, &err), MIG_E_DATA);
    cr_expect_str_eq(err.message, "bad value");
    mig_error_fini(&err);
}

static mig_status
return_io_without_a_story(void *arg, mig_error *err)
{
    (void)arg;
    (void)err;
    return MIG_E_IO;
}

Test(threads, a_failure_without_a_story_is_told_in_the_words_of_its_status)
{
    mig_error err = MIG_ERROR_INIT;

    start(return_io_without_a_story, NULL);
    expect_done_soon();

    cr_expect_eq(mig_cancel_result(cancel, &err), MIG_E_IO);
    cr_expect_str_eq(err.message, mig_status_words(MIG_E_IO));
    mig_error_fini(&err);
}

static mig_status
return_stopped_over_a_database_error(void *arg, mig_error *err)
{
    (void)arg;
    (void)mig_raise(err, MIG_E_DATABASE, "canceling statement due to user request");
    return MIG_E_STOPPED;
}

Test(threads, the_returned_status_decides_what_is_an_echo)
{
    start(return_stopped_over_a_database_error, NULL);
    expect_done_soon();

    cr_assert_eq(mig_cancel_result(cancel, NULL), MIG_E_STOPPED);
}

typedef struct self_view {
    sigset_t blocked;
    char     name[16];
} self_view;

static mig_status
look_at_oneself(void *arg, mig_error *err)
{
    self_view *view = arg;

    (void)err;
    pthread_sigmask(SIG_BLOCK, NULL, &view->blocked);
    pthread_getname_np(pthread_self(), view->name, sizeof view->name);
    return MIG_OK;
}

Test(threads, a_thread_has_its_name_cut_to_what_the_kernel_takes)
{
    self_view view;

    cr_assert_eq(
        mig_threads_start(threads, "a name that is too long", look_at_oneself, &view, NULL),
        MIG_OK);
    mig_threads_join(threads);

    cr_assert_str_eq(view.name, "a name that is ");
}

Test(threads, a_thread_runs_with_all_signals_blocked_but_its_own_faults)
{
    static const int blocked[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM, SIGUSR1, SIGCHLD};
    self_view        view;

    start(look_at_oneself, &view);
    mig_threads_join(threads);

    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++)
        cr_expect(sigismember(&view.blocked, blocked[i]), "signal %d", blocked[i]);
    cr_expect(sigismember(&view.blocked, SIGRTMIN));
    cr_expect_not(sigismember(&view.blocked, SIGSEGV));
    cr_expect_not(sigismember(&view.blocked, SIGABRT));
}

Test(threads, starting_leaves_the_callers_mask_as_it_was)
{
    sigset_t now;

    start(return_at_once, NULL);

    pthread_sigmask(SIG_BLOCK, NULL, &now);
    cr_expect(sigismember(&now, SIGINT));
    cr_expect(sigismember(&now, SIGTERM));
    cr_expect(sigismember(&now, SIGRTMIN));
    cr_expect_not(sigismember(&now, SIGPIPE));
}

static atomic_uint n_run;

static mig_status
count_run(void *arg, mig_error *err)
{
    if (*(bool *)arg)
        return mig_raise(err, MIG_E_DATA, "this one failed");
    atomic_fetch_add(&n_run, 1);
    return MIG_OK;
}

/* Without the signals blocked the wake-up signal of a group would end the program. */
static void
unblock_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

Test(threads, run_comes_back_when_all_have_ended_and_sends_no_signal)
{
    bool        fine = false;
    void *const args[] = {&fine, &fine, &fine};

    unblock_signals();
    cr_assert_eq(mig_threads_run(cancel, "test", count_run, args, 3, NULL), MIG_OK);
    cr_expect_eq(atomic_load(&n_run), 3);
}

Test(threads, run_tells_the_first_failure)
{
    bool        fine = false, bad = true;
    void *const args[] = {&fine, &bad};
    mig_error   err = MIG_ERROR_INIT;

    cr_expect_eq(mig_threads_run(cancel, "test", count_run, args, 2, &err), MIG_E_DATA);
    cr_expect_str_eq(err.message, "this one failed");
    mig_error_fini(&err);
}
