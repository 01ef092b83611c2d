/*
 * stress_cancel.c - wherever threads stand when the run is cancelled, they
 * return, and one error is left.
 *
 * In every round one thread waits in each of the places there are, others
 * come and go (watching and unwatching), and two threads raise an error each
 * at the same time.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "mig/pool.h"
#include "mig/threads.h"
#include "tap.h"

#define N_ROUNDS       2000
#define A_LONG_TIME_MS 30000

typedef struct round {
    mig_cancel *cancel;
    mig_queue  *one;
    mig_queue  *many;
    mig_pool   *pool;
    atomic_uint n_interrupts;
    atomic_uint n_wrong;
} round_state;

static mig_status
echo(round_state *r, bool as_expected, mig_error *err)
{
    if (!as_expected)
        atomic_fetch_add(&r->n_wrong, 1);
    return mig_raise(err, MIG_E_STOPPED, "stopped");
}

static mig_status
wait_in_queue_of_one(void *arg, mig_error *err)
{
    round_state *r = arg;
    mig_node    *node;

    return echo(r, mig_queue_pop(r->one, &node) == MIG_POP_STOPPED, err);
}

static mig_status
wait_in_queue_of_many(void *arg, mig_error *err)
{
    round_state *r = arg;
    mig_node    *node;

    return echo(r, mig_queue_pop(r->many, &node) == MIG_POP_STOPPED, err);
}

static mig_status
wait_in_pool(void *arg, mig_error *err)
{
    round_state *r = arg;

    return echo(r, mig_pool_take(r->pool) == NULL, err);
}

static mig_status
wait_in_poll(void *arg, mig_error *err)
{
    round_state    *r = arg;
    const mig_stop *stop = mig_cancel_stop(r->cancel);
    struct pollfd   fd = {.fd = stop->fd, .events = POLLIN};
    int             n = poll(&fd, 1, A_LONG_TIME_MS);

    return echo(r, n == 1 && mig_stop_raised(stop), err);
}

static void
count_interrupt(void *arg)
{
    round_state *r = arg;

    atomic_fetch_add(&r->n_interrupts, 1);
}

static mig_status
come_and_go(void *arg, mig_error *err)
{
    round_state *r = arg;

    while (!mig_stop_raised(mig_cancel_stop(r->cancel))) {
        mig_cancel_interrupt entry = {NULL, NULL, NULL, NULL};
        mig_queue           *queue;

        tap_need(mig_queue_new(MIG_QUEUE_ONE_CONSUMER, r->cancel, &queue, NULL) == MIG_OK,
                 "no queue");
        mig_cancel_watch_interrupt(r->cancel, &entry, count_interrupt, r);
        mig_cancel_unwatch_interrupt(r->cancel, &entry);
        mig_queue_free(queue);
    }
    return echo(r, true, err);
}

static mig_status
fail_with_data(void *arg, mig_error *err)
{
    (void)arg;
    return mig_raise(err, MIG_E_DATA, "data");
}

static mig_status
fail_with_io(void *arg, mig_error *err)
{
    (void)arg;
    return mig_raise(err, MIG_E_IO, "io");
}

/* Whether the cancellation holds one whole error of the two. */
static bool
one_error_is_left(mig_cancel *cancel)
{
    mig_error  err = MIG_ERROR_INIT;
    mig_status st = mig_cancel_result(cancel, &err);
    bool       good =
        (st == MIG_E_DATA && err.message[0] == 'd') || (st == MIG_E_IO && err.message[0] == 'i');

    mig_error_fini(&err);
    return good;
}

static bool
play_round(uint64_t seed)
{
    static mig_thread_fn *const bodies[] = {
        wait_in_queue_of_one, wait_in_queue_of_many, wait_in_queue_of_many, wait_in_pool,
        wait_in_poll,         come_and_go,           fail_with_data,        fail_with_io};
    const size_t         n_bodies = sizeof bodies / sizeof bodies[0];
    round_state          r = {NULL, NULL, NULL, NULL, 0, 0};
    mig_cancel_interrupt entry = {NULL, NULL, NULL, NULL};
    mig_threads         *threads;
    size_t               first = (size_t)(seed % n_bodies);
    int                  signo;
    bool                 good;

    tap_need(mig_cancel_new(&r.cancel, NULL) == MIG_OK &&
                 mig_queue_new(MIG_QUEUE_ONE_CONSUMER, r.cancel, &r.one, NULL) == MIG_OK &&
                 mig_queue_new(MIG_QUEUE_MANY_CONSUMERS, r.cancel, &r.many, NULL) == MIG_OK &&
                 mig_pool_new(r.cancel, &r.pool, NULL) == MIG_OK &&
                 mig_threads_new(r.cancel, &threads, NULL) == MIG_OK,
             "no memory");
    mig_cancel_watch_interrupt(r.cancel, &entry, count_interrupt, &r);
    for (size_t i = 0; i < n_bodies; i++)
        tap_need(mig_threads_start(threads, "stress", bodies[(first + i) % n_bodies], &r, NULL) ==
                     MIG_OK,
                 "no thread");
    good = mig_threads_wait(threads, A_LONG_TIME_MS, &signo) == MIG_WAIT_DONE;
    mig_threads_free(threads);
    mig_cancel_unwatch_interrupt(r.cancel, &entry);
    /* Once for the lasting one, and at most once for the one that came and went. */
    good = good && atomic_load(&r.n_interrupts) >= 1 && atomic_load(&r.n_interrupts) <= 2;
    good = good && atomic_load(&r.n_wrong) == 0 && one_error_is_left(r.cancel);
    mig_queue_free(r.one);
    mig_queue_free(r.many);
    mig_pool_free(r.pool);
    mig_cancel_free(r.cancel);
    return good;
}

int
main(void)
{
    uint64_t begun = mig_clock_now();
    uint64_t random = 88172645463325252U;
    uint64_t n = 0;
    unsigned n_wrong = 0;

    tap_begin();
    mig_threads_block_signals();
    while (n < N_ROUNDS && !tap_time_is_over(begun)) {
        n_wrong += !play_round(tap_random(&random));
        n++;
    }
    tap_ok(n_wrong == 0, "every wait ends, every interrupt is called once, one error is left", n);
    return tap_end();
}
