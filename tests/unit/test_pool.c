/*
 * test_pool.c - taking, giving back, waiting and cancellation.
 */
#include <criterion/criterion.h>

#include "../support/asleep.h"
#include "mig/pool.h"

static mig_cancel *cancel;
static mig_pool   *pool;
static mig_node    items[3];

static void
setup(void)
{
    cr_assert_eq(mig_cancel_new(&cancel, NULL), MIG_OK);
    cr_assert_eq(mig_pool_new(cancel, &pool, NULL), MIG_OK);
}

static void
teardown(void)
{
    mig_pool_free(pool);
    mig_cancel_free(cancel);
}

TestSuite(pool, .init = setup, .fini = teardown, .timeout = 30);

typedef struct owner {
    mig_test_thread thread;
    mig_node       *node;
} owner;

static void
take_once(void *arg)
{
    owner *self = arg;

    self->node = mig_pool_take(pool);
}

Test(pool, the_item_given_last_is_taken_first)
{
    for (size_t i = 0; i < 3; i++)
        mig_pool_give(pool, &items[i]);

    cr_expect_eq(mig_pool_take(pool), &items[2]);
    cr_expect_eq(mig_pool_take(pool), &items[1]);
    cr_expect_eq(mig_pool_try_take(pool), &items[0]);
}

Test(pool, items_circulate)
{
    mig_pool_give(pool, &items[0]);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(mig_pool_take(pool), &items[0]);
        mig_pool_give(pool, &items[0]);
    }
    cr_assert_eq(mig_pool_try_take(pool), &items[0]);
}

Test(pool, try_take_of_an_empty_pool_does_not_wait)
{
    cr_assert_null(mig_pool_try_take(pool));
}

Test(pool, take_waits_until_an_item_is_given_back)
{
    owner one;

    mig_test_thread_start(&one.thread, take_once, &one);
    cr_assert(mig_test_thread_asleep(&one.thread), "take did not wait");
    mig_pool_give(pool, &items[0]);
    mig_test_thread_join(&one.thread);

    cr_assert_eq(one.node, &items[0]);
}

Test(pool, cancelling_ends_the_wait)
{
    owner one;

    mig_test_thread_start(&one.thread, take_once, &one);
    cr_assert(mig_test_thread_asleep(&one.thread), "take did not wait");
    mig_cancel_raise(cancel, NULL);
    mig_test_thread_join(&one.thread);

    cr_assert_null(one.node);
}

Test(pool, a_cancelled_pool_gives_its_items_to_try_take_alone)
{
    mig_pool_give(pool, &items[0]);
    mig_cancel_raise(cancel, NULL);

    cr_expect_null(mig_pool_take(pool));
    cr_expect_eq(mig_pool_try_take(pool), &items[0]);
}
