/*
 * test_park.c - waits end when they are told to, and not before.
 */
#include <criterion/criterion.h>

#include <sched.h>

#include "../support/asleep.h"
#include "mig/park.h"

TestSuite(park, .timeout = 30);

typedef struct sleeper {
    mig_test_thread thread;
    mig_park       *park;
    atomic_uint    *n_woken;
} sleeper;

static void
sleep_once(void *arg)
{
    sleeper *self = arg;

    mig_park_wait(self->park, mig_park_prepare(self->park));
    atomic_fetch_add(self->n_woken, 1);
}

static void
put_to_sleep(sleeper *sleepers, size_t n, mig_park *park, atomic_uint *n_woken)
{
    for (size_t i = 0; i < n; i++) {
        sleepers[i].park = park;
        sleepers[i].n_woken = n_woken;
        mig_test_thread_start(&sleepers[i].thread, sleep_once, &sleepers[i]);
        cr_assert(mig_test_thread_asleep(&sleepers[i].thread));
    }
}

Test(park, wait_returns_at_once_after_a_wake_between_prepare_and_wait)
{
    mig_park park = MIG_PARK_INIT;
    uint32_t key = mig_park_prepare(&park);

    mig_park_wake_one(&park);
    mig_park_wait(&park, key);

    cr_assert_eq(atomic_load(&park.n_waiting), 0);
}

Test(park, wait_sleeps_after_a_wake_before_prepare)
{
    mig_park    park = MIG_PARK_INIT;
    atomic_uint n_woken = 0;
    sleeper     one[1];

    mig_park_wake_all(&park);
    put_to_sleep(one, 1, &park, &n_woken); /* asserts that it sleeps */

    mig_park_wake_one(&park);
    mig_test_thread_join(&one[0].thread);
    cr_assert_eq(atomic_load(&n_woken), 1);
}

Test(park, wake_one_wakes_one_of_two_sleepers)
{
    mig_park    park = MIG_PARK_INIT;
    atomic_uint n_woken = 0;
    sleeper     two[2];

    put_to_sleep(two, 2, &park, &n_woken);
    mig_park_wake_one(&park);
    while (atomic_load(&n_woken) == 0)
        sched_yield();

    cr_expect_eq(mig_test_thread_asleep(&two[0].thread) + mig_test_thread_asleep(&two[1].thread),
                 1);
    cr_expect_eq(atomic_load(&n_woken), 1);

    mig_park_wake_one(&park);
    mig_test_thread_join(&two[0].thread);
    mig_test_thread_join(&two[1].thread);
    cr_expect_eq(atomic_load(&n_woken), 2);
}

Test(park, wake_all_wakes_every_sleeper)
{
    mig_park    park = MIG_PARK_INIT;
    atomic_uint n_woken = 0;
    sleeper     five[5];

    put_to_sleep(five, 5, &park, &n_woken);
    mig_park_wake_all(&park);

    for (size_t i = 0; i < 5; i++)
        mig_test_thread_join(&five[i].thread);
    cr_assert_eq(atomic_load(&n_woken), 5);
    cr_assert_eq(atomic_load(&park.n_waiting), 0);
}
