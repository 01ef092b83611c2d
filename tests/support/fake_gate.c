/*
 * fake_gate.c - a mutex and a condition.
 */
#include "fake_gate.h"

void
fake_gate_init(fake_gate *gate)
{
    *gate = (fake_gate){0};
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->moved, NULL);
}

void
fake_gate_fini(fake_gate *gate)
{
    pthread_cond_destroy(&gate->moved);
    pthread_mutex_destroy(&gate->lock);
}

static bool
is_shut_locked(const fake_gate *gate)
{
    return gate->shut_from != 0 && gate->n_came >= gate->shut_from &&
           (gate->shut_to == 0 || gate->n_came <= gate->shut_to);
}

static void
open_locked(fake_gate *gate)
{
    gate->open = true;
    pthread_cond_broadcast(&gate->moved);
}

bool
fake_gate_pass(fake_gate *gate)
{
    bool good;

    pthread_mutex_lock(&gate->lock);
    gate->n_came++;
    if (is_shut_locked(gate)) {
        gate->n_waiting++;
        if (gate->n_waiting == gate->opens_at)
            open_locked(gate);
        while (!gate->open && !gate->broken)
            pthread_cond_wait(&gate->moved, &gate->lock);
        gate->n_waiting--;
    }
    good = !gate->broken;
    pthread_mutex_unlock(&gate->lock);
    return good;
}

unsigned
fake_gate_waiting(fake_gate *gate)
{
    unsigned n;

    pthread_mutex_lock(&gate->lock);
    n = gate->n_waiting;
    pthread_mutex_unlock(&gate->lock);
    return n;
}

void
fake_gate_open(fake_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    open_locked(gate);
    pthread_mutex_unlock(&gate->lock);
}

void
fake_gate_mend(fake_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->broken = false;
    pthread_mutex_unlock(&gate->lock);
}

void
fake_gate_break(fake_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->broken = true;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->lock);
}
