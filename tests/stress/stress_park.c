/*
 * stress_park.c - no wake-up is lost.
 *
 * Ping-pong: two threads that each sleep until the other has moved.  One lost
 * wake-up stops both.
 *
 * Tokens: makers and takers of a handful of tokens, woken one at a time, so
 * that nearly every step sleeps.  A wake that went to nobody stops all.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "mig/park.h"
#include "tap.h"

#define N_PINGS      100000
#define N_SIDES      3 /* makers, and takers */
#define N_TOKENS     60000
#define TOKENS_AHEAD 2

typedef struct table {
    mig_park    parks[2];
    atomic_uint turn; /* player turn % 2 is on */
} table;

typedef struct player {
    table   *table;
    unsigned side;
} player;

static void *
play(void *arg)
{
    player *self = arg;
    table  *t = self->table;

    for (unsigned turn = self->side; turn < N_PINGS; turn += 2) {
        for (;;) {
            uint32_t key = mig_park_prepare(&t->parks[self->side]);

            if (atomic_load(&t->turn) == turn)
                break;
            mig_park_wait(&t->parks[self->side], key);
        }
        atomic_store(&t->turn, turn + 1);
        mig_park_wake_one(&t->parks[1 - self->side]);
    }
    return NULL;
}

static void
ping_pong(void)
{
    table     t = {{MIG_PARK_INIT, MIG_PARK_INIT}, 0};
    player    players[2] = {{&t, 0}, {&t, 1}};
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++)
        tap_need(pthread_create(&threads[i], NULL, play, &players[i]) == 0, "no thread");
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    tap_ok(atomic_load(&t.turn) == N_PINGS, "two threads wake each other in turn", N_PINGS);
}

typedef struct bank {
    mig_park    filled;
    mig_park    emptied;
    atomic_uint n_tokens;  /* there now: at most TOKENS_AHEAD */
    atomic_uint n_to_make; /* not begun */
    atomic_uint n_to_take;
} bank;

/* Takes one off *n; false if it is 0. */
static bool
take_off(atomic_uint *n)
{
    unsigned seen = atomic_load(n);

    while (seen > 0)
        if (atomic_compare_exchange_weak(n, &seen, seen - 1))
            return true;
    return false;
}

static bool
put_on(atomic_uint *n, unsigned max)
{
    unsigned seen = atomic_load(n);

    while (seen < max)
        if (atomic_compare_exchange_weak(n, &seen, seen + 1))
            return true;
    return false;
}

static void *
make_tokens(void *arg)
{
    bank *b = arg;

    while (take_off(&b->n_to_make)) {
        for (;;) {
            uint32_t key = mig_park_prepare(&b->emptied);

            if (put_on(&b->n_tokens, TOKENS_AHEAD))
                break;
            mig_park_wait(&b->emptied, key);
        }
        mig_park_wake_one(&b->filled);
    }
    return NULL;
}

static void *
take_tokens(void *arg)
{
    bank *b = arg;

    while (take_off(&b->n_to_take)) {
        for (;;) {
            uint32_t key = mig_park_prepare(&b->filled);

            if (take_off(&b->n_tokens))
                break;
            mig_park_wait(&b->filled, key);
        }
        mig_park_wake_one(&b->emptied);
    }
    return NULL;
}

static void
tokens(void)
{
    bank      b = {MIG_PARK_INIT, MIG_PARK_INIT, 0, N_TOKENS, N_TOKENS};
    pthread_t threads[2 * N_SIDES];

    for (size_t i = 0; i < 2 * N_SIDES; i++)
        tap_need(pthread_create(&threads[i], NULL, i < N_SIDES ? make_tokens : take_tokens, &b) ==
                     0,
                 "no thread");
    for (size_t i = 0; i < 2 * N_SIDES; i++)
        pthread_join(threads[i], NULL);
    tap_ok(atomic_load(&b.n_tokens) == 0, "each wake of one reaches somebody", N_TOKENS);
}

int
main(void)
{
    tap_begin();
    ping_pong();
    tokens();
    return tap_end();
}
