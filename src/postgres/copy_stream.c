/*
 * copy_stream.c - non-blocking libpq behind six calls.
 *
 * libpq reads an error that comes in the middle of a COPY but does not tell of
 * it before the COPY was ended.  What it does show is that there was input.
 * With client_min_messages = error the server sends nothing unasked but
 * errors, so input is an answer.  On an encrypted connection bytes may also be
 * the encryption's own: there only the end of the connection counts, and an
 * error is told at the chunk's end.
 */
#include "copy_stream.h"

#include <errno.h>
#include <poll.h>

#include "mig/clock.h"

static int
milliseconds_left(uint64_t deadline)
{
    uint64_t now = mig_clock_now();

    if (deadline == 0)
        return -1;
    return now >= deadline ? 0 : (int)((deadline - now) / 1000000 + 1);
}

/* Waits until the socket is ready for one of `events`; *readyp tells which. */
static mig__io
wait_for(const mig__stream *stream, short events, short *readyp)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = PQsocket(stream->conn), .events = events}};
        int           left = milliseconds_left(stream->deadline);
        int           n;

        if (stream->stop != NULL && mig_stop_raised(stream->stop))
            return MIG__IO_STOPPED;
        if (fds[0].fd < 0)
            return MIG__IO_LOST;
        if (stream->stop != NULL)
            fds[1] = (struct pollfd){.fd = stream->stop->fd, .events = POLLIN};
        n = poll(fds, stream->stop != NULL ? 2 : 1, left);
        if (n < 0 && errno != EINTR)
            return MIG__IO_LOST;
        if (n > 0 && fds[1].revents != 0)
            return MIG__IO_STOPPED;
        if (n > 0 && fds[0].revents != 0) {
            *readyp = fds[0].revents;
            return MIG__IO_DONE;
        }
        if (n == 0 && left == 0)
            return MIG__IO_TIMEOUT;
    }
}

/* Reads what is there; `in_copy`: whether that means the server has spoken. */
static mig__io
take_input(const mig__stream *stream, bool in_copy)
{
    if (PQconsumeInput(stream->conn) == 0)
        return MIG__IO_LOST;
    if (!in_copy || PQsslInUse(stream->conn) || PQgssEncInUse(stream->conn))
        return MIG__IO_DONE;
    return MIG__IO_ANSWER;
}

static mig__io
flush(const mig__stream *stream, bool in_copy)
{
    for (;;) {
        int     left = PQflush(stream->conn);
        short   ready = 0;
        mig__io io;

        if (left <= 0)
            return left == 0 ? MIG__IO_DONE : MIG__IO_LOST;
        io = wait_for(stream, POLLIN | POLLOUT, &ready);
        if (io == MIG__IO_DONE && (ready & ~POLLOUT) != 0)
            io = take_input(stream, in_copy);
        if (io != MIG__IO_DONE)
            return io;
    }
}

mig__io
mig__stream_send(const mig__stream *stream, const char *sql)
{
    if (PQsendQuery(stream->conn, sql) == 0)
        return MIG__IO_LOST;
    return flush(stream, false);
}

mig__io
mig__stream_result(const mig__stream *stream, PGresult **resp)
{
    mig__io io = flush(stream, false);
    short   ready = 0;

    *resp = NULL;
    while (io == MIG__IO_DONE && PQisBusy(stream->conn) != 0) {
        io = wait_for(stream, POLLIN, &ready);
        if (io == MIG__IO_DONE)
            io = take_input(stream, false);
    }
    /* A connection that is known to be broken gives what it had read and does not wait. */
    if (io == MIG__IO_DONE || (io == MIG__IO_LOST && PQstatus(stream->conn) == CONNECTION_BAD))
        *resp = PQgetResult(stream->conn);
    return io;
}

static mig__io
put_slice(const mig__stream *stream, const char *data, int len)
{
    for (;;) {
        int     taken = PQputCopyData(stream->conn, data, len);
        mig__io io;

        if (taken < 0)
            return MIG__IO_LOST;
        io = flush(stream, true);
        if (taken > 0 || io != MIG__IO_DONE)
            return io;
    }
}

mig__io
mig__stream_put(const mig__stream *stream, const void *data, size_t len)
{
    const char *p = data;
    mig__io     io = MIG__IO_DONE;

    while (io == MIG__IO_DONE && len > 0) {
        size_t n = len < MIG__SLICE_SIZE ? len : MIG__SLICE_SIZE;

        if (stream->stop != NULL && mig_stop_raised(stream->stop))
            return MIG__IO_STOPPED;
        io = put_slice(stream, p, (int)n);
        p += n;
        len -= n;
    }
    return io;
}

mig__io
mig__stream_get(const mig__stream *stream, char **datap, size_t *lenp)
{
    *lenp = 0;
    for (;;) {
        short   ready = 0;
        mig__io io;
        int     len = PQgetCopyData(stream->conn, datap, 1);

        if (len > 0)
            *lenp = (size_t)len;
        if (len != 0)
            return len == -2 ? MIG__IO_LOST : MIG__IO_DONE;
        io = wait_for(stream, POLLIN, &ready);
        if (io == MIG__IO_DONE)
            io = take_input(stream, false);
        if (io != MIG__IO_DONE)
            return io;
    }
}

mig__io
mig__stream_look(const mig__stream *stream)
{
    struct pollfd fd = {.fd = PQsocket(stream->conn), .events = POLLIN};

    if (fd.fd < 0)
        return MIG__IO_LOST;
    if (poll(&fd, 1, 0) > 0 && fd.revents != 0)
        return take_input(stream, true);
    return MIG__IO_DONE;
}

mig__io
mig__stream_end(const mig__stream *stream, const char *why)
{
    for (;;) {
        int     taken = PQputCopyEnd(stream->conn, why);
        mig__io io;

        if (taken < 0)
            return MIG__IO_LOST;
        io = flush(stream, false);
        if (taken > 0 || io != MIG__IO_DONE)
            return io;
    }
}
