/*
 * fake_gate.h - a place at which a test holds threads until it lets them go.
 *
 * So a pipeline is brought into a known state (full, blocked, both writers
 * inside) without a sleep: the test asks how many stand at the gate.
 *
 * Threads: any.
 */
#ifndef TEST_FAKE_GATE_H
#define TEST_FAKE_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct fake_gate {
    /* Fixed before any thread starts. */
    uint64_t shut_from; /* the nth to come (from 1) and later ones wait; 0: nobody does */
    uint64_t shut_to;   /* the last to wait; 0: all later ones do */
    unsigned opens_at;  /* opens when so many wait; 0: does not open by itself */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t  moved;
    uint64_t        n_came;
    unsigned        n_waiting;
    bool            open;   /* for good */
    bool            broken; /* for good: who waits goes on, and is told */
} fake_gate;

void fake_gate_init(fake_gate *gate);
void fake_gate_fini(fake_gate *gate);

/* Passes, or waits until it may.  False if the gate was broken. */
bool fake_gate_pass(fake_gate *gate);

unsigned fake_gate_waiting(fake_gate *gate);
void     fake_gate_open(fake_gate *gate);
void     fake_gate_break(fake_gate *gate);
void     fake_gate_mend(fake_gate *gate);

#endif
