/*
 * stress_queue.c - nothing is lost, doubled or reordered on the way through a
 * queue, nobody sleeps beside an item, and the end may be followed by free.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "mig/queue.h"
#include "tap.h"

#define N_PRODUCERS     4
#define MAX_CONSUMERS   4
#define N_PER_PRODUCER  20000
#define N_MEETINGS      40000
#define N_MEETING_SIDES 3
#define N_SHORT_QUEUES  40000
#define MAX_SHORT_ITEMS 4

typedef struct item {
    mig_node node; /* first: a node is its item */
    unsigned producer;
    unsigned number;
} item;

static mig_queue *
make_queue(mig_queue_kind kind, mig_cancel *cancel)
{
    mig_queue *queue;

    tap_need(mig_queue_new(kind, cancel, &queue, NULL) == MIG_OK, "no queue");
    return queue;
}

static mig_cancel *
make_cancel(void)
{
    mig_cancel *cancel;

    tap_need(mig_cancel_new(&cancel, NULL) == MIG_OK, "no cancellation");
    return cancel;
}

static void
start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
    tap_need(pthread_create(thread, NULL, fn, arg) == 0, "no thread");
}

/* --- Many producers; one or many consumers. --- */

typedef struct producer {
    mig_queue *queue;
    unsigned   number;
    item      *items;
} producer;

typedef struct consumer {
    mig_queue *queue;
    uint64_t   n_items;
    uint64_t   sum;      /* of item numbers */
    bool       in_order; /* each producer's items came with growing numbers */
} consumer;

static void *
produce(void *arg)
{
    producer *self = arg;

    for (unsigned i = 0; i < N_PER_PRODUCER; i++) {
        self->items[i].producer = self->number;
        self->items[i].number = i + 1;
        mig_queue_push(self->queue, &self->items[i].node);
    }
    return NULL;
}

static void *
consume(void *arg)
{
    consumer *self = arg;
    unsigned  last[N_PRODUCERS] = {0};
    mig_node *node;

    while (mig_queue_pop(self->queue, &node) == MIG_POP_ITEM) {
        item *it = (item *)node;

        if (it->number <= last[it->producer])
            self->in_order = false;
        last[it->producer] = it->number;
        self->n_items++;
        self->sum += it->number;
    }
    return NULL;
}

static bool
crowd(mig_queue_kind kind, unsigned n_consumers)
{
    mig_cancel *cancel = make_cancel();
    mig_queue  *queue = make_queue(kind, cancel);
    item       *items = calloc(N_PRODUCERS, N_PER_PRODUCER * sizeof *items);
    producer    producers[N_PRODUCERS];
    consumer    consumers[MAX_CONSUMERS];
    pthread_t   threads[N_PRODUCERS + MAX_CONSUMERS];
    uint64_t    n_items = 0;
    uint64_t    sum = 0;
    bool        in_order = true;

    tap_need(items != NULL, "no memory");
    for (unsigned i = 0; i < N_PRODUCERS; i++) {
        producers[i] = (producer){queue, i, items + (size_t)i * N_PER_PRODUCER};
        start(&threads[i], produce, &producers[i]);
    }
    for (unsigned i = 0; i < n_consumers; i++) {
        consumers[i] = (consumer){queue, 0, 0, true};
        start(&threads[N_PRODUCERS + i], consume, &consumers[i]);
    }
    for (unsigned i = 0; i < N_PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    mig_queue_end(queue);
    for (unsigned i = 0; i < n_consumers; i++) {
        pthread_join(threads[N_PRODUCERS + i], NULL);
        n_items += consumers[i].n_items;
        sum += consumers[i].sum;
        in_order = in_order && consumers[i].in_order;
    }
    mig_queue_free(queue);
    mig_cancel_free(cancel);
    free(items);
    return in_order && n_items == (uint64_t)N_PRODUCERS * N_PER_PRODUCER &&
           sum == (uint64_t)N_PRODUCERS * N_PER_PRODUCER * (N_PER_PRODUCER + 1) / 2;
}

static void
crowds(mig_queue_kind kind, unsigned n_consumers, const char *what)
{
    uint64_t begun = mig_clock_now();
    uint64_t n = 0;
    unsigned n_wrong = 0;

    while (!tap_time_is_over(begun)) {
        n_wrong += !crowd(kind, n_consumers);
        n++;
    }
    tap_ok(n_wrong == 0, what, n);
}

/*
 * --- Meetings: as many items at once as there are consumers, each of whom
 * takes one and waits for the others.  A consumer that sleeps beside an item
 * (because the wake for it was spent on somebody who could not take it yet)
 * stops the round.
 */

typedef struct meeting {
    mig_queue        *queue;
    pthread_barrier_t barrier;
    atomic_bool       over; /* set by side 0 of the producers, read behind the barrier */
    uint64_t          n_rounds;
    atomic_bool       failed;
} meeting;

typedef struct guest {
    meeting *meeting;
    unsigned side;
    item     item;
} guest;

static void *
bring(void *arg)
{
    guest   *self = arg;
    meeting *m = self->meeting;
    uint64_t begun = mig_clock_now();

    for (;;) {
        if (self->side == 0 &&
            (++m->n_rounds == N_MEETINGS || (m->n_rounds % 64 == 0 && tap_time_is_over(begun))))
            atomic_store(&m->over, true);
        pthread_barrier_wait(&m->barrier);
        if (atomic_load(&m->over))
            return NULL;
        mig_queue_push(m->queue, &self->item.node);
        pthread_barrier_wait(&m->barrier);
    }
}

static void *
fetch(void *arg)
{
    meeting  *m = arg;
    mig_node *node;

    for (;;) {
        pthread_barrier_wait(&m->barrier);
        if (atomic_load(&m->over))
            return NULL;
        if (mig_queue_pop(m->queue, &node) != MIG_POP_ITEM)
            atomic_store(&m->failed, true);
        pthread_barrier_wait(&m->barrier);
    }
}

static void
meetings(void)
{
    mig_cancel *cancel = make_cancel();
    meeting     m = {.queue = make_queue(MIG_QUEUE_MANY_CONSUMERS, cancel)};
    guest       guests[N_MEETING_SIDES];
    pthread_t   threads[2 * N_MEETING_SIDES];

    pthread_barrier_init(&m.barrier, NULL, 2 * N_MEETING_SIDES);
    for (unsigned i = 0; i < N_MEETING_SIDES; i++) {
        guests[i] = (guest){.meeting = &m, .side = i};
        start(&threads[i], bring, &guests[i]);
        start(&threads[N_MEETING_SIDES + i], fetch, &m);
    }
    for (unsigned i = 0; i < 2 * N_MEETING_SIDES; i++)
        pthread_join(threads[i], NULL);
    tap_ok(!atomic_load(&m.failed), "no consumer sleeps beside an item", m.n_rounds);
    pthread_barrier_destroy(&m.barrier);
    mig_queue_free(m.queue);
    mig_cancel_free(cancel);
}

/*
 * --- Short queues: each lives for a few items, travels through another queue,
 * and is freed by its consumer on the end, whether end() has returned or not.
 */

typedef struct letter {
    mig_node   node;
    mig_queue *queue;
    unsigned   n_items;
    item       items[MAX_SHORT_ITEMS];
} letter;

typedef struct post {
    mig_queue  *letters;
    uint64_t    n_letters; /* consumer's */
    uint64_t    n_wrong;
    mig_cancel *cancel;
} post;

static void *
send_letters(void *arg)
{
    post    *p = arg;
    uint64_t begun = mig_clock_now();

    for (unsigned i = 0; i < N_SHORT_QUEUES && (i % 64 != 0 || !tap_time_is_over(begun)); i++) {
        letter    *l = calloc(1, sizeof *l);
        unsigned   n_items = i % (MAX_SHORT_ITEMS + 1);
        mig_queue *queue;

        tap_need(l != NULL, "no memory");
        l->queue = queue = make_queue(MIG_QUEUE_ONE_CONSUMER, p->cancel);
        l->n_items = n_items;
        mig_queue_push(p->letters, &l->node);
        for (unsigned k = 0; k < n_items; k++)
            mig_queue_push(queue, &l->items[k].node);
        mig_queue_end(queue);
    }
    return NULL;
}

static void *
read_letters(void *arg)
{
    post     *p = arg;
    mig_node *node;
    mig_node *inner;

    while (mig_queue_pop(p->letters, &node) == MIG_POP_ITEM) {
        letter  *l = (letter *)node;
        unsigned n = 0;

        while (mig_queue_pop(l->queue, &inner) == MIG_POP_ITEM)
            p->n_wrong += inner != &l->items[n++].node;
        p->n_wrong += n != l->n_items;
        p->n_letters++;
        mig_queue_free(l->queue);
        memset(l, 0xA5, sizeof *l);
        free(l);
    }
    return NULL;
}

static void
short_queues(void)
{
    mig_cancel *cancel = make_cancel();
    post        p = {.letters = make_queue(MIG_QUEUE_ONE_CONSUMER, cancel), .cancel = cancel};
    pthread_t   senders[2];
    pthread_t   reader;

    start(&reader, read_letters, &p);
    for (unsigned i = 0; i < 2; i++)
        start(&senders[i], send_letters, &p);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(senders[i], NULL);
    mig_queue_end(p.letters);
    pthread_join(reader, NULL);
    tap_ok(p.n_wrong == 0 && p.n_letters > 0,
           "a consumer frees the queue as soon as it sees the end", p.n_letters);
    mig_queue_free(p.letters);
    mig_cancel_free(cancel);
}

int
main(void)
{
    tap_begin();
    crowds(MIG_QUEUE_ONE_CONSUMER, 1, "many producers, one consumer: all items, in order");
    crowds(MIG_QUEUE_MANY_CONSUMERS, MAX_CONSUMERS,
           "many producers, many consumers: all items, in order");
    meetings();
    short_queues();
    return tap_end();
}
