/*
 * fake_source.h - a source that reads made-up tables.
 *
 * Keeps the contract of source.h and watches that its caller does; a breach is
 * a complaint of fake_data.  An interrupt breaks the gate, which is the only
 * place where a call waits; questions asked afterwards are still answered.
 *
 * Failures are injected around it (fake_fault.h).
 */
#ifndef TEST_FAKE_SOURCE_H
#define TEST_FAKE_SOURCE_H

#include "fake_gate.h"
#include "fake_tables.h"
#include "mig/source.h"

typedef struct fake_source {
    mig_source base;
    fake_data *data;
    fake_gate  gate; /* every cursor_fill passes here */

    /* Main thread. */
    unsigned n_readers; /* of the snapshot; 0: not taken */
    bool     keyed;     /* numbers of rows are keys that stay */

    /* Any thread; atomic. */
    atomic_uint n_cursors; /* open now */
    atomic_uint n_interrupts;
} fake_source;

/* In the caller's memory; mig_source_close() is its end. */
void fake_source_open(fake_source *source, fake_data *data);

#endif
