/*
 * test_handout.c - who may read what, and when a table is complete.
 */
#include "../../src/migrate/handout.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "asleep.h"

#define MAX_TABLES 4

/* A plan without columns: the handout only looks at parents. */
static mig_table_plan tables[MAX_TABLES];
static size_t         parents[MAX_TABLES][MAX_TABLES];
static mig_plan       plan = {.tables = tables};
static mig_table_copy copies[MAX_TABLES];
static mig_copy       copy = {.plan = &plan, .tables = copies};
static mig_cancel    *cancel;
static mig_handout   *handout;

/* A table with n segments; call child_of() before opening. */
static void
add_table(size_t n_segments)
{
    mig_segment *segments = calloc(n_segments, sizeof *segments);
    size_t       table = plan.n_tables++;

    for (size_t i = 0; i < n_segments; i++)
        segments[i] = (mig_segment){.table = table, .has_lower = true, .lower = (int64_t)i};
    tables[table].parents = parents[table];
    if (handout == NULL) {
        plan.n_tables = MAX_TABLES; /* What the handout is made for. */
        cr_assert_eq(mig_cancel_new(&cancel, NULL), MIG_OK);
        cr_assert_eq(mig__handout_new(&copy, cancel, &handout, NULL), MIG_OK);
        plan.n_tables = 1;
    }
    mig__handout_add(handout, table, segments, n_segments);
}

static void
child_of(size_t table, size_t parent)
{
    tables[table].parents[tables[table].n_parents++] = parent;
}

static void
open_it(bool longest_first)
{
    cr_assert_eq(mig__handout_open(handout, longest_first, NULL), MIG_OK);
}

static void
tear_down(void)
{
    mig__handout_free(handout);
    mig_cancel_free(cancel);
}

static bool
complete(size_t table)
{
    return atomic_load(&copies[table].complete);
}

TestSuite(handout, .fini = tear_down, .timeout = 20);

Test(handout, segments_come_in_order_and_then_the_end)
{
    mig_segment segment;

    add_table(2);
    add_table(1);
    open_it(false);

    cr_assert_eq(mig__handout_next(handout, true, &segment), MIG__HAND_SEGMENT);
    cr_assert(segment.table == 0 && segment.lower == 0);
    cr_assert_eq(mig__handout_next(handout, true, &segment), MIG__HAND_SEGMENT);
    cr_assert(segment.table == 0 && segment.lower == 1);
    cr_assert_eq(mig__handout_next(handout, true, &segment), MIG__HAND_SEGMENT);
    cr_assert(segment.table == 1);
    cr_assert_eq(mig__handout_next(handout, true, &segment), MIG__HAND_END);
    cr_assert_eq(mig__handout_next(handout, true, &segment), MIG__HAND_END, "the end is sticky");
}

Test(handout, a_table_is_complete_when_all_is_read_and_committed)
{
    mig_segment segment;

    add_table(2);
    open_it(false);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    mig__handout_chunk_cut(handout, 0);
    mig__handout_segment_read(handout, 0);
    mig__handout_chunk_committed(handout, 0);
    cr_assert_not(complete(0), "a segment is not read");
    mig__handout_chunk_cut(handout, 0);
    mig__handout_segment_read(handout, 0);
    cr_assert_not(complete(0), "a chunk is not committed");
    mig__handout_chunk_committed(handout, 0);
    cr_assert(complete(0));
}

Test(handout, a_child_waits_until_its_parents_are_complete)
{
    mig_segment segment;

    add_table(1);
    add_table(1);
    add_table(1);
    child_of(2, 0);
    child_of(2, 1);
    open_it(false);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);

    mig__handout_chunk_cut(handout, 0);
    mig__handout_segment_read(handout, 0);
    mig__handout_segment_read(handout, 1);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_MUST_WAIT);
    mig__handout_chunk_committed(handout, 0);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(segment.table, 2);
}

Test(handout, what_waits_does_not_hold_up_what_need_not)
{
    mig_segment segment;

    add_table(1);
    add_table(1);
    add_table(1);
    child_of(1, 0);
    open_it(false);

    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(segment.table, 0);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(segment.table, 2);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_MUST_WAIT);
}

Test(handout, an_empty_chain_of_tables_is_complete_from_the_start)
{
    mig_segment segment;

    add_table(0);
    add_table(0);
    add_table(0);
    add_table(1);
    child_of(1, 0);
    child_of(2, 1);
    child_of(3, 2);
    open_it(false);

    cr_assert(complete(0) && complete(1) && complete(2));
    cr_assert_not(complete(3));
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(segment.table, 3);
}

Test(handout, an_empty_child_is_complete_only_with_its_parent)
{
    mig_segment segment;

    add_table(1);
    add_table(0);
    child_of(1, 0);
    open_it(false);

    cr_assert_not(complete(1));
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    mig__handout_segment_read(handout, 0);
    cr_assert(complete(0) && complete(1));
}

Test(handout, closed_it_gives_nothing_more)
{
    mig_segment segment;

    add_table(2);
    open_it(false);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_not(mig__handout_closed(handout));
    mig__handout_close(handout);

    cr_assert(mig__handout_closed(handout));
    cr_assert_eq(mig__handout_next(handout, true, &segment), MIG__HAND_END);
}

typedef struct asking {
    mig_hand    hand;
    mig_segment segment;
} asking;

static void
ask_and_wait(void *arg)
{
    asking *a = arg;

    a->hand = mig__handout_next(handout, true, &a->segment);
}

/* A thread that waits for the child (table 1) of a parent that was given out. */
static void
wait_for_child(mig_test_thread *thread, asking *a)
{
    mig_segment segment;

    add_table(1);
    add_table(1);
    child_of(1, 0);
    open_it(false);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    mig_test_thread_start(thread, ask_and_wait, a);
    cr_assert(mig_test_thread_asleep(thread));
}

Test(handout, a_reader_that_waits_gets_the_child_when_its_parent_is_complete)
{
    mig_test_thread thread;
    asking          a;

    wait_for_child(&thread, &a);
    mig__handout_segment_read(handout, 0);
    mig_test_thread_join(&thread);

    cr_assert_eq(a.hand, MIG__HAND_SEGMENT);
    cr_assert_eq(a.segment.table, 1);
}

Test(handout, a_reader_that_waits_sees_the_closing)
{
    mig_test_thread thread;
    asking          a;

    wait_for_child(&thread, &a);
    mig__handout_close(handout);
    mig_test_thread_join(&thread);

    cr_assert_eq(a.hand, MIG__HAND_END);
}

Test(handout, a_reader_that_waits_sees_the_cancellation)
{
    mig_test_thread thread;
    asking          a;

    wait_for_child(&thread, &a);
    mig_cancel_raise(cancel, NULL);
    mig_test_thread_join(&thread);

    cr_assert_eq(a.hand, MIG__HAND_STOPPED);
}

/* 0 (10 rows) and 1 (1 row) have no parents, 2 (5 rows) is a child of 1, 3 (7 rows) a child of 2.
 */
Test(handout, the_longest_road_comes_first)
{
    static const uint64_t n_rows[] = {10, 1, 5, 7};
    mig_segment           segment;

    for (size_t i = 0; i < MAX_TABLES; i++) {
        add_table(1);
        copies[i].n_rows = n_rows[i];
    }
    child_of(2, 1);
    child_of(3, 2);
    open_it(true);

    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(segment.table, 1, "1 + 5 + 7 rows wait for each other");
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(segment.table, 0);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_MUST_WAIT);
    mig__handout_segment_read(handout, 1);
    cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
    cr_assert_eq(segment.table, 2);
}

/* 1 (9 rows) is a child of 0 (2 rows) by a key that is suspended, 2 has 5 rows. */
Test(handout, a_parent_by_a_suspended_key_comes_first_and_is_not_waited_for)
{
    static const uint64_t n_rows[] = {2, 9, 5};
    mig_segment           segment;

    for (size_t i = 0; i < 3; i++) {
        add_table(1);
        copies[i].n_rows = n_rows[i];
    }
    tables[1].parents[0] = 0;
    tables[1].n_let_go = 1;
    open_it(true);

    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(mig__handout_next(handout, false, &segment), MIG__HAND_SEGMENT);
        cr_assert_eq(segment.table, i);
    }
}
