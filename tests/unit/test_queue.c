/*
 * test_queue.c - order, the sticky end, waiting and cancellation.
 */
#include <criterion/criterion.h>

#include "../../src/conc/queue_struct.h"
#include "../support/asleep.h"
#include "mig/queue.h"

#define N_ITEMS 5

static mig_cancel *cancel;
static mig_queue  *queue;
static mig_node    items[N_ITEMS];

static void
setup(void)
{
    cr_assert_eq(mig_cancel_new(&cancel, NULL), MIG_OK);
}

static void
teardown(void)
{
    mig_queue_free(queue);
    mig_cancel_free(cancel);
}

TestSuite(queue, .init = setup, .fini = teardown, .timeout = 30);

static void
make(mig_queue_kind kind)
{
    cr_assert_eq(mig_queue_new(kind, cancel, &queue, NULL), MIG_OK);
}

typedef struct consumer {
    mig_test_thread thread;
    mig_pop         pop;
    mig_node       *node;
} consumer;

static void
pop_once(void *arg)
{
    consumer *self = arg;

    self->pop = mig_queue_pop(queue, &self->node);
}

static void
put_to_sleep(consumer *consumers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mig_test_thread_start(&consumers[i].thread, pop_once, &consumers[i]);
        cr_assert(mig_test_thread_asleep(&consumers[i].thread), "pop did not wait");
    }
}

static void
check_order(mig_queue_kind kind)
{
    mig_node *node;

    make(kind);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < N_ITEMS; i++)
            mig_queue_push(queue, &items[i]);
        for (size_t i = 0; i < N_ITEMS; i++) {
            cr_assert_eq(mig_queue_pop(queue, &node), MIG_POP_ITEM);
            cr_assert_eq(node, &items[i]);
        }
    }
}

Test(queue, items_come_in_the_order_they_were_pushed_to_one_consumer)
{
    check_order(MIG_QUEUE_ONE_CONSUMER);
}

Test(queue, items_come_in_the_order_they_were_pushed_to_many_consumers)
{
    check_order(MIG_QUEUE_MANY_CONSUMERS);
}

Test(queue, try_pop_of_an_empty_queue_does_not_wait)
{
    mig_node *node = &items[0];

    make(MIG_QUEUE_ONE_CONSUMER);

    cr_assert_eq(mig_queue_try_pop(queue, &node), MIG_POP_EMPTY);
    cr_assert_null(node);
}

Test(queue, the_end_comes_after_the_items_and_stays)
{
    mig_node *node;

    make(MIG_QUEUE_ONE_CONSUMER);
    mig_queue_push(queue, &items[0]);
    mig_queue_end(queue);

    cr_assert_eq(mig_queue_pop(queue, &node), MIG_POP_ITEM);
    cr_assert_eq(node, &items[0]);
    cr_assert_eq(mig_queue_pop(queue, &node), MIG_POP_END);
    cr_assert_null(node);
    cr_assert_eq(mig_queue_try_pop(queue, &node), MIG_POP_END);
    cr_assert_eq(mig_queue_pop(queue, &node), MIG_POP_END);
}

Test(queue, pop_waits_until_an_item_is_pushed)
{
    consumer one[1];

    make(MIG_QUEUE_ONE_CONSUMER);
    put_to_sleep(one, 1);
    mig_queue_push(queue, &items[0]);
    mig_test_thread_join(&one[0].thread);

    cr_assert_eq(one[0].pop, MIG_POP_ITEM);
    cr_assert_eq(one[0].node, &items[0]);
}

Test(queue, pop_waits_until_the_end)
{
    consumer one[1];

    make(MIG_QUEUE_ONE_CONSUMER);
    put_to_sleep(one, 1);
    mig_queue_end(queue);
    mig_test_thread_join(&one[0].thread);

    cr_assert_eq(one[0].pop, MIG_POP_END);
}

Test(queue, each_push_brings_an_item_to_one_of_many_consumers)
{
    consumer three[3];
    size_t   sum = 0;

    make(MIG_QUEUE_MANY_CONSUMERS);
    put_to_sleep(three, 3);
    for (size_t i = 0; i < 3; i++)
        mig_queue_push(queue, &items[i]);

    for (size_t i = 0; i < 3; i++) {
        mig_test_thread_join(&three[i].thread);
        cr_assert_eq(three[i].pop, MIG_POP_ITEM);
        sum += (size_t)(three[i].node - items);
    }
    cr_assert_eq(sum, 0 + 1 + 2);
}

/* What is left when producers were in the middle of their pushes, and the consumer that their wakes
 * fetched could take nothing yet: two items, and one wake still to come. */
Test(queue, a_consumer_that_leaves_an_item_behind_wakes_another)
{
    consumer two[2];

    make(MIG_QUEUE_MANY_CONSUMERS);
    put_to_sleep(two, 2);
    mig__fifo_put(&queue->fifo, &items[0]);
    mig__fifo_put(&queue->fifo, &items[1]);
    mig_park_wake_one(&queue->park);

    for (size_t i = 0; i < 2; i++) {
        mig_test_thread_join(&two[i].thread);
        cr_expect_eq(two[i].pop, MIG_POP_ITEM);
    }
}

Test(queue, the_end_wakes_every_consumer)
{
    consumer three[3];

    make(MIG_QUEUE_MANY_CONSUMERS);
    put_to_sleep(three, 3);
    mig_queue_end(queue);

    for (size_t i = 0; i < 3; i++) {
        mig_test_thread_join(&three[i].thread);
        cr_expect_eq(three[i].pop, MIG_POP_END);
    }
}

Test(queue, cancelling_wakes_every_consumer)
{
    consumer three[3];

    make(MIG_QUEUE_MANY_CONSUMERS);
    put_to_sleep(three, 3);
    mig_cancel_raise(cancel, NULL);

    for (size_t i = 0; i < 3; i++) {
        mig_test_thread_join(&three[i].thread);
        cr_expect_eq(three[i].pop, MIG_POP_STOPPED);
    }
}

Test(queue, a_cancelled_queue_keeps_its_items_for_drain)
{
    mig_node *node;

    make(MIG_QUEUE_MANY_CONSUMERS);
    mig_queue_push(queue, &items[0]);
    mig_queue_push(queue, &items[1]);
    mig_cancel_raise(cancel, NULL);

    cr_expect_eq(mig_queue_pop(queue, &node), MIG_POP_STOPPED);
    cr_expect_eq(mig_queue_try_pop(queue, &node), MIG_POP_STOPPED);
    cr_expect_eq(mig_queue_drain(queue), &items[0]);
    cr_expect_eq(mig_queue_drain(queue), &items[1]);
    cr_expect_null(mig_queue_drain(queue));
}

Test(queue, a_queue_made_after_the_cancellation_is_stopped)
{
    mig_node *node;

    mig_cancel_raise(cancel, NULL);
    make(MIG_QUEUE_ONE_CONSUMER);

    cr_assert_eq(mig_queue_pop(queue, &node), MIG_POP_STOPPED);
}
