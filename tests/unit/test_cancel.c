/*
 * test_cancel.c - which error is kept, and who is told.
 */
#include <criterion/criterion.h>

#include <poll.h>

#include "mig/cancel.h"

static mig_cancel *cancel;
static mig_error   result = MIG_ERROR_INIT;

static void
setup(void)
{
    cr_assert_eq(mig_cancel_new(&cancel, NULL), MIG_OK);
}

static void
teardown(void)
{
    mig_error_fini(&result);
    mig_cancel_free(cancel);
}

TestSuite(cancel, .init = setup, .fini = teardown, .timeout = 30);

static void
raise_error(mig_status status, const char *message)
{
    mig_error err = MIG_ERROR_INIT;

    (void)mig_raise(&err, status, "%s", message);
    mig_cancel_raise(cancel, &err);
    cr_assert_eq(err.status, MIG_OK, "the error was not moved");
    cr_assert_null(err.message);
}

static bool
fd_is_readable(void)
{
    struct pollfd fd = {.fd = mig_cancel_stop(cancel)->fd, .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

Test(cancel, nothing_raised_is_ok_and_leaves_the_error_alone)
{
    cr_expect_eq(mig_cancel_result(cancel, &result), MIG_OK);
    cr_expect_eq(result.status, MIG_OK);
    cr_expect_not(mig_stop_raised(mig_cancel_stop(cancel)));
    cr_expect_not(fd_is_readable());
}

Test(cancel, raising_sets_the_flag_and_makes_the_descriptor_readable_for_ever)
{
    raise_error(MIG_E_IO, "disk full");
    raise_error(MIG_E_IO, "disk still full");

    cr_expect(mig_stop_raised(mig_cancel_stop(cancel)));
    cr_expect(fd_is_readable());
    cr_expect(fd_is_readable());
}

Test(cancel, the_first_error_wins)
{
    raise_error(MIG_E_DATA, "first");
    raise_error(MIG_E_IO, "second");

    cr_expect_eq(mig_cancel_result(cancel, &result), MIG_E_DATA);
    cr_expect_eq(result.status, MIG_E_DATA);
    cr_expect_str_eq(result.message, "first");
}

Test(cancel, an_echo_does_not_replace_an_error)
{
    raise_error(MIG_E_DATA, "first");
    raise_error(MIG_E_STOPPED, "stopped");

    cr_expect_eq(mig_cancel_result(cancel, &result), MIG_E_DATA);
    cr_expect_str_eq(result.message, "first");
}

Test(cancel, an_error_replaces_an_echo_that_came_before_it)
{
    raise_error(MIG_E_STOPPED, "stopped");
    raise_error(MIG_E_DATA, "cause");
    raise_error(MIG_E_IO, "later");

    cr_expect_eq(mig_cancel_result(cancel, &result), MIG_E_DATA);
    cr_expect_str_eq(result.message, "cause");
}

Test(cancel, echoes_alone_are_stopped_in_the_words_of_the_first)
{
    raise_error(MIG_E_STOPPED, "stopped by signal 2");
    raise_error(MIG_E_STOPPED, "stopped");

    cr_expect(mig_stop_raised(mig_cancel_stop(cancel)));
    cr_expect_eq(mig_cancel_result(cancel, &result), MIG_E_STOPPED);
    cr_expect_str_eq(result.message, "stopped by signal 2");
}

Test(cancel, raising_without_an_error_is_an_echo)
{
    mig_cancel_raise(cancel, NULL);

    cr_expect(mig_stop_raised(mig_cancel_stop(cancel)));
    cr_expect_eq(mig_cancel_result(cancel, &result), MIG_E_STOPPED);
    cr_expect_eq(result.status, MIG_E_STOPPED);
    cr_expect_not_null(result.message);
}

Test(cancel, the_result_can_be_asked_for_again)
{
    raise_error(MIG_E_KEY, "wrong key");

    cr_expect_eq(mig_cancel_result(cancel, NULL), MIG_E_KEY);
    cr_expect_eq(mig_cancel_result(cancel, &result), MIG_E_KEY);
    cr_expect_eq(result.status, MIG_E_KEY);
}

Test(cancel, raising_wakes_the_watched_parks_alone)
{
    mig_park        parks[3] = {MIG_PARK_INIT, MIG_PARK_INIT, MIG_PARK_INIT};
    mig_cancel_park entries[3] = {{NULL, NULL, NULL}};
    uint32_t        keys[3];

    for (size_t i = 0; i < 3; i++) {
        mig_cancel_watch_park(cancel, &entries[i], &parks[i]);
        keys[i] = mig_park_prepare(&parks[i]);
    }
    mig_cancel_unwatch_park(cancel, &entries[1]);
    mig_cancel_raise(cancel, NULL);

    cr_expect_neq(mig_park_prepare(&parks[0]), keys[0]);
    cr_expect_eq(mig_park_prepare(&parks[1]), keys[1]);
    cr_expect_neq(mig_park_prepare(&parks[2]), keys[2]);
    mig_cancel_unwatch_park(cancel, &entries[0]);
    mig_cancel_unwatch_park(cancel, &entries[1]); /* not watched any more: nothing happens */
    mig_cancel_unwatch_park(cancel, &entries[2]);
}

Test(cancel, a_park_watched_after_the_stop_is_woken_at_once)
{
    mig_park        park = MIG_PARK_INIT;
    mig_cancel_park entry = {NULL, NULL, NULL};
    uint32_t        key = mig_park_prepare(&park);

    mig_cancel_raise(cancel, NULL);
    mig_cancel_watch_park(cancel, &entry, &park);

    cr_expect_neq(mig_park_prepare(&park), key);
    mig_cancel_unwatch_park(cancel, &entry);
}

typedef struct call_log {
    unsigned n_calls;
    bool     saw_the_flag;
} call_log;

static void
count_call(void *arg)
{
    call_log *log = arg;

    log->n_calls++;
    log->saw_the_flag = mig_stop_raised(mig_cancel_stop(cancel));
}

Test(cancel, raising_calls_each_watched_interrupt_once)
{
    call_log             logs[3] = {{0, false}};
    mig_cancel_interrupt entries[3] = {{NULL, NULL, NULL, NULL}};

    for (size_t i = 0; i < 3; i++)
        mig_cancel_watch_interrupt(cancel, &entries[i], count_call, &logs[i]);
    mig_cancel_unwatch_interrupt(cancel, &entries[1]);
    raise_error(MIG_E_IO, "disk full");
    raise_error(MIG_E_STOPPED, "stopped");

    cr_expect_eq(logs[0].n_calls, 1);
    cr_expect(logs[0].saw_the_flag);
    cr_expect_eq(logs[1].n_calls, 0);
    cr_expect_eq(logs[2].n_calls, 1);
    mig_cancel_unwatch_interrupt(cancel, &entries[0]);
    mig_cancel_unwatch_interrupt(cancel, &entries[1]);
    mig_cancel_unwatch_interrupt(cancel, &entries[2]);
}

Test(cancel, an_interrupt_watched_after_the_stop_is_called_at_once)
{
    call_log             log = {0, false};
    mig_cancel_interrupt entry = {NULL, NULL, NULL, NULL};

    mig_cancel_raise(cancel, NULL);
    mig_cancel_watch_interrupt(cancel, &entry, count_call, &log);

    cr_expect_eq(log.n_calls, 1);
    mig_cancel_unwatch_interrupt(cancel, &entry);
}
