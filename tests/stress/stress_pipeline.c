/*
 * stress_pipeline.c - the pipeline without databases: readers with tiny pools,
 * chunks with queues of their own, a ready queue, writers.
 *
 * After a run that went well every batch was written once, in the order of its
 * chunk, and is home.  After a run that was cancelled in the middle, by any of
 * its threads or by main, every thread has returned, every batch comes home by
 * draining what was left, and the error is that of who failed.
 *
 * Who owns a chunk: the reader until it is pushed, the ready queue, then the
 * writer that took it, which frees it on its end.  A writer that is stopped
 * leaves it, because the reader may still push its last batch: main drains
 * what was left after all threads are joined.
 */
#include <stdatomic.h>

#include "mig/pool.h"
#include "mig/threads.h"
#include "tap.h"

#define MAX_SIDE       3
#define MAX_POOL       3
#define MAX_BATCHES    6 /* per chunk */
#define N_CHUNKS       400
#define N_ROUNDS       1500
#define A_LONG_TIME_MS 30000

typedef struct batch {
    mig_node  node; /* first: a node is its batch */
    mig_pool *home;
    unsigned  number; /* in its chunk */
} batch;

typedef struct chunk {
    mig_node   node; /* first: a node is its chunk */
    mig_queue *queue;
    unsigned   n_batches;
} chunk;

typedef struct shape {
    unsigned n_readers;
    unsigned n_writers;
    unsigned n_pool;
    uint64_t fail_at; /* the hand-over, counted over all threads, that fails; 0: none */
    bool     main_cancels;
} shape;

typedef struct line line;

typedef struct reader {
    line     *line;
    mig_pool *pool;
    batch     batches[MAX_POOL];
    uint64_t  random;
} reader;

typedef struct writer {
    line  *line;
    chunk *left; /* not finished when the run was cancelled; main's after the join */
} writer;

struct line {
    shape         shape;
    mig_cancel   *cancel;
    mig_threads  *threads;
    mig_queue    *ready;
    reader        readers[MAX_SIDE];
    writer        writers[MAX_SIDE];
    atomic_uint   n_chunks_begun;
    atomic_uint   n_reading;
    atomic_ullong n_steps;
    atomic_ullong n_read;
    atomic_ullong n_written;
    atomic_uint   n_wrong;
};

/* Counts a hand-over; raises the planned failure when its number comes up. */
static mig_status
step(line *l, mig_error *err)
{
    if (atomic_fetch_add(&l->n_steps, 1) + 1 == l->shape.fail_at)
        return mig_raise(err, MIG_E_DATA, "planned");
    return MIG_OK;
}

static mig_status
fill_chunk(reader *self, mig_queue *queue, unsigned n_batches, mig_error *err)
{
    mig_status st = MIG_OK;

    for (unsigned i = 0; i < n_batches; i++) {
        batch *b = (batch *)mig_pool_take(self->pool);

        if (b == NULL)
            return mig_raise(err, MIG_E_STOPPED, "stopped");
        b->number = i;
        st = step(self->line, err);
        if (st != MIG_OK) {
            mig_pool_give(self->pool, &b->node);
            return st;
        }
        atomic_fetch_add(&self->line->n_read, 1);
        mig_queue_push(queue, &b->node);
    }
    return MIG_OK;
}

/* An end says "complete", and a writer commits on it: who fails ends nothing. */
static mig_status
read_chunks(void *arg, mig_error *err)
{
    reader    *self = arg;
    line      *l = self->line;
    mig_status st = MIG_OK;

    while (st == MIG_OK && atomic_fetch_add(&l->n_chunks_begun, 1) < N_CHUNKS) {
        unsigned   n_batches = (unsigned)(tap_random(&self->random) % (MAX_BATCHES + 1));
        chunk     *c = calloc(1, sizeof *c);
        mig_queue *queue = NULL;

        tap_need(c != NULL &&
                     mig_queue_new(MIG_QUEUE_ONE_CONSUMER, l->cancel, &queue, NULL) == MIG_OK,
                 "no memory");
        c->queue = queue;
        c->n_batches = n_batches;
        mig_queue_push(l->ready,
                       &c->node); /* The chunk is not ours any more, the queue's entry is. */
        st = fill_chunk(self, queue, n_batches, err);
        if (st == MIG_OK)
            mig_queue_end(queue);
    }
    if (st == MIG_OK && atomic_fetch_sub(&l->n_reading, 1) == 1)
        mig_queue_end(l->ready);
    return st;
}

static mig_status
write_chunk(writer *self, chunk *c, mig_error *err)
{
    line    *l = self->line;
    unsigned n = 0;

    for (;;) {
        mig_node  *node;
        mig_pop    pop = mig_queue_pop(c->queue, &node);
        batch     *b = (batch *)node;
        mig_status st;

        if (pop == MIG_POP_END)
            break;
        if (pop != MIG_POP_ITEM)
            return mig_raise(err, MIG_E_STOPPED, "stopped");
        if (b->number != n++)
            atomic_fetch_add(&l->n_wrong, 1);
        atomic_fetch_add(&l->n_written, 1);
        mig_pool_give(b->home, &b->node);
        st = step(l, err);
        if (st != MIG_OK)
            return st;
    }
    if (n != c->n_batches)
        atomic_fetch_add(&l->n_wrong, 1);
    return MIG_OK;
}

static mig_status
write_chunks(void *arg, mig_error *err)
{
    writer *self = arg;

    for (;;) {
        mig_node  *node;
        mig_pop    pop = mig_queue_pop(self->line->ready, &node);
        mig_status st;

        if (pop == MIG_POP_END)
            return MIG_OK;
        if (pop != MIG_POP_ITEM)
            return mig_raise(err, MIG_E_STOPPED, "stopped");
        self->left = (chunk *)node;
        st = write_chunk(self, self->left, err);
        if (st != MIG_OK)
            return st;
        mig_queue_free(self->left->queue);
        free(self->left);
        self->left = NULL;
    }
}

static void
clear_chunk(chunk *c)
{
    mig_node *node;

    while ((node = mig_queue_drain(c->queue)) != NULL)
        mig_pool_give(((batch *)node)->home, node);
    mig_queue_free(c->queue);
    free(c);
}

static void
begin(line *l, uint64_t seed)
{
    tap_need(mig_cancel_new(&l->cancel, NULL) == MIG_OK &&
                 mig_threads_new(l->cancel, &l->threads, NULL) == MIG_OK &&
                 mig_queue_new(MIG_QUEUE_MANY_CONSUMERS, l->cancel, &l->ready, NULL) == MIG_OK,
             "no memory");
    atomic_store(&l->n_reading, l->shape.n_readers);
    for (unsigned i = 0; i < l->shape.n_readers; i++) {
        reader *r = &l->readers[i];

        r->line = l;
        r->random = seed + i + 1;
        tap_need(mig_pool_new(l->cancel, &r->pool, NULL) == MIG_OK, "no memory");
        for (unsigned k = 0; k < l->shape.n_pool; k++) {
            r->batches[k].home = r->pool;
            mig_pool_give(r->pool, &r->batches[k].node);
        }
    }
    for (unsigned i = 0; i < l->shape.n_writers; i++) {
        l->writers[i].line = l;
        tap_need(mig_threads_start(l->threads, "writer", write_chunks, &l->writers[i], NULL) ==
                     MIG_OK,
                 "no thread");
    }
    for (unsigned i = 0; i < l->shape.n_readers; i++)
        tap_need(mig_threads_start(l->threads, "reader", read_chunks, &l->readers[i], NULL) ==
                     MIG_OK,
                 "no thread");
}

/* Whether every batch of every reader is home, exactly once. */
static bool
all_home(line *l)
{
    bool good = true;

    for (unsigned i = 0; i < l->shape.n_readers; i++) {
        unsigned n = 0;

        while (mig_pool_try_take(l->readers[i].pool) != NULL)
            n++;
        good = good && n == l->shape.n_pool;
        mig_pool_free(l->readers[i].pool);
    }
    return good;
}

static bool
end(line *l)
{
    bool      good;
    mig_node *node;

    mig_threads_free(l->threads);
    for (unsigned i = 0; i < l->shape.n_writers; i++)
        if (l->writers[i].left != NULL)
            clear_chunk(l->writers[i].left);
    while ((node = mig_queue_drain(l->ready)) != NULL)
        clear_chunk((chunk *)node);
    good = all_home(l);
    mig_queue_free(l->ready);
    mig_cancel_free(l->cancel);
    return good && atomic_load(&l->n_wrong) == 0;
}

static bool
run(shape s, uint64_t seed)
{
    line       l = {.shape = s};
    mig_status expected = MIG_OK;
    mig_status st;
    int        signo;
    bool       done;
    bool       complete;

    begin(&l, seed);
    if (s.main_cancels) {
        mig_error err = MIG_ERROR_INIT;

        expected = mig_raise(&err, MIG_E_IO, "main");
        mig_cancel_raise(l.cancel, &err);
    }
    done = mig_threads_wait(l.threads, A_LONG_TIME_MS, &signo) == MIG_WAIT_DONE;
    if (!s.main_cancels && s.fail_at != 0 && atomic_load(&l.n_steps) >= s.fail_at)
        expected = MIG_E_DATA;
    st = mig_cancel_result(l.cancel, NULL);
    complete = atomic_load(&l.n_read) == atomic_load(&l.n_written);
    return end(&l) && done && st == expected && (complete || expected != MIG_OK);
}

static shape
random_shape(uint64_t *random)
{
    return (shape){.n_readers = 1 + (unsigned)(tap_random(random) % MAX_SIDE),
                   .n_writers = 1 + (unsigned)(tap_random(random) % MAX_SIDE),
                   .n_pool = 1 + (unsigned)(tap_random(random) % MAX_POOL)};
}

static void
circulation(uint64_t *random)
{
    uint64_t begun = mig_clock_now();
    uint64_t n = 0;
    unsigned n_wrong = 0;

    while (n < N_ROUNDS && !tap_time_is_over(begun)) {
        n_wrong += !run(random_shape(random), tap_random(random) >> 1);
        n++;
    }
    tap_ok(n_wrong == 0, "every batch is written once, in order, and is home at the end", n);
}

static void
cancellation(uint64_t *random)
{
    uint64_t begun = mig_clock_now();
    uint64_t n = 0;
    unsigned n_wrong = 0;

    while (n < N_ROUNDS && !tap_time_is_over(begun)) {
        shape s = random_shape(random);

        if (n % 4 == 0)
            s.main_cancels = true;
        else
            s.fail_at = 1 + tap_random(random) % (N_CHUNKS * MAX_BATCHES / 2);
        n_wrong += !run(s, tap_random(random) >> 1);
        n++;
    }
    tap_ok(n_wrong == 0, "cancelled in the middle: all return, all is home, the cause is kept", n);
}

int
main(void)
{
    uint64_t random = 88172645463325252U;

    tap_begin();
    mig_threads_block_signals();
    circulation(&random);
    cancellation(&random);
    return tap_end();
}
