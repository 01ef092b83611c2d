/*
 * test_batch.c - batches, their home and the outsize token.
 */
#include "../../src/migrate/batch.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <signal.h>
#include <string.h>

#include "asleep.h"

#define N_BATCHES   3
#define BATCH_BYTES 100
#define MAX_ROWS    7

static mig_cancel    *cancel;
static mig_batch_home home;

static void
set_up(void)
{
    cr_assert_eq(mig_cancel_new(&cancel, NULL), MIG_OK);
    cr_assert_eq(mig__batch_home_init(&home, cancel, N_BATCHES, BATCH_BYTES, MAX_ROWS, NULL),
                 MIG_OK);
}

static void
tear_down(void)
{
    mig__batch_home_fini(&home);
    mig_cancel_free(cancel);
}

TestSuite(batch, .init = set_up, .fini = tear_down, .timeout = 20);

Test(batch, a_home_has_as_many_batches_as_it_was_made_with)
{
    mig_batch *batches[N_BATCHES];

    for (int i = 0; i < N_BATCHES; i++)
        cr_assert_not_null(batches[i] = mig__batch_take(&home, false));
    cr_assert_null(mig__batch_take(&home, false));

    for (int i = 0; i < N_BATCHES; i++)
        mig__batch_give_home(batches[i]);
}

Test(batch, an_empty_batch_has_the_room_and_rows_that_were_asked_for)
{
    mig_batch *batch = mig__batch_take(&home, false);

    cr_assert_eq(batch->rows.cap, BATCH_BYTES);
    cr_assert_eq(batch->rows.max_rows, MAX_ROWS);
    cr_assert_eq(batch->rows.len, 0);
    cr_assert_eq(batch->rows.n_rows, 0);

    mig__batch_give_home(batch);
}

Test(batch, a_batch_comes_home_empty)
{
    mig_batch *batch = mig__batch_take(&home, false);

    mig_rows_put_int64(&batch->rows, 1);
    batch->rows.n_rows = 1;
    batch->rows.n_losses[MIG_LOSS_TIME_CUT] = 2;
    batch->rows.n_losses[MIG_LOSS_BOOL_FOLDED] = 3;
    mig__batch_give_home(batch);

    cr_assert_eq(mig__batch_take(&home, false), batch, "the one that is warm comes first");
    cr_assert_eq(batch->rows.len, 0);
    cr_assert_eq(batch->rows.n_rows, 0);
    cr_assert_eq(batch->rows.n_losses[MIG_LOSS_TIME_CUT], 0);
    cr_assert_eq(batch->rows.n_losses[MIG_LOSS_BOOL_FOLDED], 0);
    cr_assert_eq(batch->rows.max_rows, MAX_ROWS);
    mig__batch_give_home(batch);
}

Test(batch, a_batch_grows_for_one_row_and_is_trimmed_at_home)
{
    mig_batch *batch = mig__batch_take(&home, false);

    cr_assert_eq(mig__batch_grow(batch, 5000, false), MIG__GROWN);
    cr_assert_eq(batch->rows.cap, 5000);
    memset(batch->rows.data, 1, 5000);
    mig__batch_give_home(batch);

    cr_assert_eq(mig__batch_take(&home, false), batch);
    cr_assert_eq(batch->rows.cap, BATCH_BYTES);
    memset(batch->rows.data, 1, BATCH_BYTES);
    mig__batch_give_home(batch);
}

Test(batch, a_batch_that_was_grown_too_little_grows_again)
{
    mig_batch *batch = mig__batch_take(&home, false);

    cr_assert_eq(mig__batch_grow(batch, 500, false), MIG__GROWN);
    cr_assert_eq(mig__batch_grow(batch, 900, false), MIG__GROWN);
    memset(batch->rows.data, 1, 900);

    mig__batch_give_home(batch);
}

Test(batch, a_second_outsize_row_waits_for_the_first_to_come_home)
{
    mig_batch *first = mig__batch_take(&home, false);
    mig_batch *second = mig__batch_take(&home, false);

    cr_assert_eq(mig__batch_grow(first, 500, false), MIG__GROWN);
    cr_assert_eq(mig__batch_grow(second, 500, false), MIG__GROW_MUST_WAIT);
    cr_assert_eq(second->rows.cap, BATCH_BYTES, "a batch that must wait is as it was");
    mig__batch_give_home(first);
    cr_assert_eq(mig__batch_grow(second, 500, false), MIG__GROWN);

    mig__batch_give_home(second);
}

typedef struct growing {
    mig_batch *batch;
    mig_grow   result;
} growing;

static void
grow_and_wait(void *arg)
{
    growing *g = arg;

    g->result = mig__batch_grow(g->batch, 500, true);
}

Test(batch, growing_waits_for_the_token_and_ends_with_the_run)
{
    mig_batch      *first = mig__batch_take(&home, false);
    growing         second = {mig__batch_take(&home, false), MIG__GROWN};
    mig_test_thread thread;

    cr_assert_eq(mig__batch_grow(first, 500, false), MIG__GROWN);
    mig_test_thread_start(&thread, grow_and_wait, &second);
    cr_assert(mig_test_thread_asleep(&thread));
    mig_cancel_raise(cancel, NULL);
    mig_test_thread_join(&thread);

    cr_assert_eq(second.result, MIG__GROW_STOPPED);
    mig__batch_give_home(first);
    mig__batch_give_home(second.batch);
}

Test(batch, a_batch_that_is_not_home_at_the_end_is_a_bug_that_shows, .signal = SIGABRT)
{
    cr_redirect_stderr();
    cr_assert_not_null(mig__batch_take(&home, false));

    mig__batch_home_fini(&home);
}
