/*
 * copy_stream.h - talking to the server without ever being held by it.
 *
 * The connection is in libpq's non-blocking mode; every wait is a poll(2) over
 * its socket and the run's stop.  Sending polls for input too: a server that
 * has something to say in the middle of a COPY has an error to tell.
 *
 * Threads: a reader's or a writer's.
 */
#ifndef MIG_POSTGRES_COPY_STREAM_H
#define MIG_POSTGRES_COPY_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "mig/stop.h"
#include "session.h"

/* Handed to libpq at once and flushed to the last byte, so that its buffer stays of this size. */
#define MIG__SLICE_SIZE (64 * 1024)

typedef enum mig__io {
    MIG__IO_DONE,
    MIG__IO_ANSWER,  /* put only: the server has spoken; end the COPY and fetch the result */
    MIG__IO_STOPPED, /* the run is cancelled */
    MIG__IO_TIMEOUT, /* the deadline passed */
    MIG__IO_LOST,    /* the connection is of no use any more */
} mig__io;

typedef struct mig__stream {
    PGconn         *conn;
    const mig_stop *stop;     /* NULL: not listened to */
    uint64_t        deadline; /* a mig_clock_now(); 0: none */
} mig__stream;

/* Sends statements; their results come from mig__stream_result(). */
mig__io mig__stream_send(const mig__stream *stream, const char *sql) MIG_CHECKED;

/*
 * The next result, *resp NULL behind the last; the caller's to PQclear().  In MIG__IO_LOST too
 * there may be one: the server's last words.
 */
mig__io mig__stream_result(const mig__stream *stream, PGresult **resp) MIG_CHECKED;

/* Between the COPY's PGRES_COPY_IN and the end: any number of bytes. */
mig__io mig__stream_put(const mig__stream *stream, const void *data, size_t len) MIG_CHECKED;

/* Whether the server has spoken, without waiting. */
mig__io mig__stream_look(const mig__stream *stream) MIG_CHECKED;

/*
 * The next message of a COPY TO STDOUT, *datap the caller's to PQfreemem(); *datap NULL behind the
 * last: fetch the results then.
 */
mig__io mig__stream_get(const mig__stream *stream, char **datap, size_t *lenp) MIG_CHECKED;

/* Ends the COPY; with `why` the server takes it for failed. */
mig__io mig__stream_end(const mig__stream *stream, const char *why) MIG_CHECKED;

#endif
