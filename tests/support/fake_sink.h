/*
 * fake_sink.h - a sink that remembers what it was given, and how.
 *
 * It knows which rows there are (fake_data), so it can tell at once what a
 * database would find out late or never: a row that is not the one that was
 * sent, a row committed twice, rows of a chunk out of order, a child before
 * its parents, a call out of order.  Each is a complaint of fake_data.
 *
 * It refuses what a database refuses: the refused_row of a table, and a chunk
 * with a part of the rows of a table that refers to itself.
 *
 * An interrupt breaks the gates, which are the only places where a call waits.
 * Failures of other kinds are injected around it (fake_fault.h).
 */
#ifndef TEST_FAKE_SINK_H
#define TEST_FAKE_SINK_H

#include "fake_gate.h"
#include "fake_tables.h"
#include "mig/sink.h"

/* What stands in one table, for good, and how it came there. */
typedef struct fake_stored {
    uint64_t       n_rows;
    unsigned char *seen; /* a byte per row of the table */
    uint64_t       n_chunks;
    size_t         most_before_last; /* bytes that a chunk had before its last batch */
} fake_stored;

typedef struct fake_sink {
    mig_sink   base;
    fake_data *data;
    fake_gate  gate;        /* every chunk_write passes here */
    fake_gate  abort_gate;  /* every chunk_abort */
    unsigned   max_writers; /* UINT_MAX after open */
    int64_t    count_off;   /* added to what count() tells of tables with rows */

    /* Main thread. */
    bool made; /* make_schema was called */
    bool prepared;

    pthread_mutex_t lock; /* guards all below */
    fake_stored    *tables;
    unsigned        n_writers; /* open now */
    unsigned        most_writers;
    unsigned        n_chunks_open;
    uint64_t        n_begun, n_committed, n_aborted; /* chunks */
    uint32_t        most_rows;                       /* of a batch */
    size_t          most_bytes;                      /* of a batch that is not outsize */
    uint64_t        n_outsize;                       /* batches that are */
    unsigned        n_interrupts;
} fake_sink;

/* In the caller's memory; mig_sink_close() is its end.  False without memory. */
bool fake_sink_open(fake_sink *sink, fake_data *data);

/* Whether every row of every table is there.  When no thread runs any more. */
bool fake_sink_complete(const fake_sink *sink);

/* Rows in all tables.  When no thread runs any more. */
uint64_t fake_sink_rows(const fake_sink *sink);

#endif
