/*
 * copy_writer.c - one writer: a chunk is BEGIN, one COPY, its row of the journal, COMMIT.
 * (In parts: copy_parts.c.)
 *
 *            begin              write*               commit
 *   idle ----------> copying ----------> copying -----------> idle
 *                       |                                        ^
 *                       +--- any failure ---> failed --- abort --+
 *
 * A table with a column that has no binary form is written in COPY's text
 * format, made from the wire rows (copy_text.h) in a buffer that is kept.
 *
 * Tables that were made or truncated in the transaction that we write in, which
 * is so with --atomic alone, get frozen rows: no VACUUM has to come by for them.
 *
 * The COMMIT does not wait for the server's disk: the run waits once, at its
 * end (durable.c).
 *
 * abort is legal in every state.  It leaves a connection that is ready for the
 * next chunk, or none: begin connects again.
 *
 * A COMMIT whose answer does not come may have happened or not, and that is
 * what the error says.  A stop that comes while one is under way waits for the
 * answer, within a bound, for else it would make the doubt itself.
 *
 * Threads: a writer's.
 */
#include "copy_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy_error.h"
#include "mig/clock.h"
#include "mig/copy_text.h"

#define SECOND UINT64_C(1000000000)

/* How long an abort waits for the server, once without and once with a request to cancel. */
#define ABORT_PATIENCE (2 * SECOND)

/* How long a COMMIT may go on after the run was stopped. */
#define COMMIT_PATIENCE (30 * SECOND)

/* A buffer that became larger than that for one row is given back. */
#define LINES_KEPT ((size_t)1024 * 1024)

/* PostgreSQL manual, COPY, "Binary Format": signature, flags, length of the header's extension. */
static const char copy_header[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
static const char copy_trailer[2] = "\377\377";

static mig_status
connect_writer(mig__pg_writer *w, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__server server;

    if (w->lent)
        return mig_raise(err, MIG_E_CONNECT, "the connection to the target was lost");
    MIG_TRY(mig__session_open(&w->session, &w->sink->sessions, w->sink->conninfo, &server, err));
    if (strcmp(server.identity, w->sink->server.identity) != 0) {
        st = mig_raise(err, MIG_E_CONNECT, "the target is another server than it was at the start");
        mig_error_detail(err, "its connection string may name several hosts, or the server was "
                              "started again");
        goto done;
    }
    if (PQsetnonblocking(w->session.conn, 1) != 0)
        st = mig_raise(err, MIG_E_CONNECT, "cannot make a connection non-blocking");
done:
    if (st != MIG_OK)
        mig__session_close(&w->session);
    return st;
}

/* --atomic: the control connection, which nobody else uses while rows are copied. */
static mig_status
borrow(mig__pg_writer *w, mig_error *err)
{
    mig__session_move(&w->session, &w->sink->sessions, &w->sink->control);
    w->lent = true;
    if (PQsetnonblocking(w->session.conn, 1) == 0)
        return MIG_OK;
    mig__session_move(&w->sink->control, &w->sink->sessions, &w->session);
    return mig_raise(err, MIG_E_CONNECT, "cannot make a connection non-blocking");
}

static void
give_back(mig__pg_writer *w)
{
    if (w->session.conn == NULL || PQsetnonblocking(w->session.conn, 0) != 0)
        mig__session_close(&w->session);
    else
        mig__session_move(&w->sink->control, &w->sink->sessions, &w->session);
}

mig__io
mig__writer_last_result(const mig__stream *stream, PGresult **resp)
{
    PGresult *res = NULL;
    mig__io   io;

    *resp = NULL;
    while ((io = mig__stream_result(stream, &res)) == MIG__IO_DONE && res != NULL) {
        ExecStatusType status = PQresultStatus(res);

        PQclear(*resp);
        *resp = res;
        if (status == PGRES_FATAL_ERROR || status == PGRES_COPY_IN)
            return io;
    }
    if (res != NULL) { /* the last words of a connection that is gone */
        PQclear(*resp);
        *resp = res;
    }
    return io;
}

/* What a part's refusal says beside its message. */
static void
note_refusal(mig__pg_writer *w, const PGresult *res)
{
    const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
    const char *column = mig__copy_error_column(res, w->plan);

    free(w->refusal.constraint);
    free(w->refusal.column);
    w->refusal.constraint = constraint != NULL ? strdup(constraint) : NULL;
    w->refusal.column = column != NULL ? strdup(column) : NULL;
    snprintf(w->refusal.state, sizeof w->refusal.state, "%s", mig__query_sqlstate(res));
}

mig_status
mig__writer_raise(mig__pg_writer *w, const PGresult *res, uint64_t *rowp, mig_error *err)
{
    if (w->in_parts)
        note_refusal(w, res);
    return mig__copy_error_raise(&w->session, res, w->plan, w->n_rows, rowp, err);
}

/* Raises what became of an input or output that did not succeed. */
static mig_status
fail(mig__pg_writer *w, mig__io io, uint64_t *rowp, mig_error *err)
{
    mig_status  st = MIG_E_CONNECT;
    mig__stream stream = mig__writer_stream(w);
    PGresult   *res = NULL;

    *rowp = UINT64_MAX;
    if (io == MIG__IO_ANSWER) {
        io = mig__stream_end(&stream, "the server has reported an error");
        if (io == MIG__IO_DONE)
            io = mig__writer_last_result(&stream, &res);
    }
    if (io == MIG__IO_LOST && res == NULL && PQstatus(stream.conn) == CONNECTION_BAD)
        (void)mig__writer_last_result(&stream, &res);
    switch (io) {
    case MIG__IO_STOPPED:
        st = mig_raise(err, MIG_E_STOPPED, "stopped");
        break;
    case MIG__IO_TIMEOUT:
        mig_raise(err, st, "the target did not answer in time");
        break;
    case MIG__IO_DONE:
    case MIG__IO_ANSWER:
    case MIG__IO_LOST:
        st = mig__writer_raise(w, res, rowp, err);
        break;
    }
    PQclear(res);
    return st;
}

void
mig__writer_copy_sql(const mig__pg_writer *w, mig_buf *sql)
{
    const mig_table_plan *plan = w->plan;

    mig_buf_puts(sql, "COPY ");
    mig__query_name(sql, w->sink->schema, plan->target->name);
    for (size_t i = 0; i < plan->n_columns; i++) {
        mig_buf_puts(sql, i == 0 ? " (" : ", ");
        mig_buf_identifier(sql, plan->columns[i].target->name);
    }
    mig_buf_puts(sql, plan->n_columns > 0 ? ")" : "");
    mig_buf_puts(sql, w->types != NULL ? " FROM STDIN (FORMAT text, ENCODING 'UTF8'"
                                       : " FROM STDIN (FORMAT binary");
    /* Not behind a savepoint, before which the table was made. */
    mig_buf_puts(sql,
                 w->lent && w->sink->fresh && plan->target->kind == MIG_TABLE_PLAIN && !w->in_parts
                     ? ", FREEZE)"
                     : ")");
}

static mig_status
begin_sql(const mig__pg_writer *w, mig_buf *sql, mig_error *err)
{
    if (!w->lent)
        mig_buf_puts(sql, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
                          "SET LOCAL synchronous_commit = off; ");
    mig_buf_puts(sql, w->types != NULL ? "SET LOCAL lc_monetary = 'C'; " : "");
    mig__writer_copy_sql(w, sql);
    return mig_buf_check(sql, err);
}

/* Sets w->types if the plan's table is to be written as text. */
static mig_status
choose_format(mig__pg_writer *w, mig_error *err)
{
    const mig_table_plan *plan = w->plan;

    free(w->types);
    w->types = NULL;
    if (!mig__copy_is_text(plan))
        return MIG_OK;
    w->types = calloc(plan->n_columns, sizeof *w->types);
    if (w->types == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a writer");
    for (size_t i = 0; i < plan->n_columns; i++)
        w->types[i] = plan->columns[i].wire;
    return MIG_OK;
}

mig_status
mig__copy_writer_open(mig_sink *sink, unsigned index, const mig_stop *stop, mig_writer **writerp,
                      mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_writer *w = NULL;

    (void)index;
    *writerp = NULL;
    w = calloc(1, sizeof *w);
    if (w == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a writer");
        goto done;
    }
    w->base.ops = sink->ops;
    w->sink = (mig__pg_sink *)sink;
    w->stop = stop;
    if (w->sink->atomic == MIG__ATOMIC_WHOLE)
        MIG_TRY(borrow(w, err));
    else
        MIG_TRY(connect_writer(w, err));
    *writerp = &w->base;
    w = NULL;
done:
    free(w);
    return st;
}

mig_status
mig__writer_start(mig__pg_writer *w, const mig_buf *sql, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__stream stream = mig__writer_stream(w);
    PGresult   *res = NULL;
    uint64_t    row;
    mig__io     io = mig__stream_send(&stream, mig_buf_text(sql));

    if (io == MIG__IO_DONE)
        io = mig__writer_last_result(&stream, &res);
    if (io == MIG__IO_DONE && PQresultStatus(res) == PGRES_COPY_IN) {
        if (w->types == NULL)
            io = mig__stream_put(&stream, copy_header, sizeof copy_header);
        if (io == MIG__IO_DONE)
            goto done;
    }
    if (io == MIG__IO_DONE)
        st = mig__writer_raise(w, res, &row, err);
    else
        st = fail(w, io, &row, err);
done:
    PQclear(res);
    return st;
}

mig_status
mig__copy_writer_begin(mig_writer *writer, const mig_table_plan *plan, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_writer *w = (mig__pg_writer *)writer;
    mig_buf         sql = MIG_BUF_INIT;

    w->plan = plan;
    w->n_rows = 0;
    mig__parts_forget(w);
    if (w->session.conn == NULL)
        MIG_TRY(connect_writer(w, err));
    MIG_TRY(choose_format(w, err));
    MIG_TRY(begin_sql(w, &sql, err));
    MIG_TRY(mig__writer_start(w, &sql, err));
done:
    mig_buf_fini(&sql);
    return st;
}

/* Sends the rows as lines, a slice at a time. */
static mig_status
put_lines(mig__pg_writer *w, const mig_rows *rows, mig__io *iop, mig_error *err)
{
    mig__stream stream = mig__writer_stream(w);
    size_t      at = 0;

    *iop = MIG__IO_DONE;
    mig_buf_clear(&w->lines);
    while (*iop == MIG__IO_DONE && at < rows->len) {
        if (!mig_copy_text_row(w->types, w->plan->n_columns, rows->data, rows->len, &at, &w->lines))
            return mig_raise(err, MIG_E_INTERNAL, "%s: a row has other fields than were planned",
                             w->plan->target->name);
        if (w->lines.failed)
            return mig_buf_check(&w->lines, err);
        if (w->lines.len < MIG__SLICE_SIZE && at < rows->len)
            continue;
        *iop = mig__stream_put(&stream, w->lines.data, w->lines.len);
        mig_buf_clear(&w->lines);
    }
    if (w->lines.cap > LINES_KEPT)
        mig_buf_fini(&w->lines);
    return MIG_OK;
}

mig_status
mig__writer_put(mig__pg_writer *w, const mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__stream stream = mig__writer_stream(w);
    mig__io     io = mig__stream_look(&stream);

    *rowp = UINT64_MAX;
    if (io == MIG__IO_DONE) {
        w->n_rows += rows->n_rows;
        if (w->types != NULL)
            MIG_TRY(put_lines(w, rows, &io, err));
        else
            io = mig__stream_put(&stream, rows->data, rows->len);
    }
    if (io != MIG__IO_DONE)
        st = fail(w, io, rowp, err);
done:
    return st;
}

mig_status
mig__copy_writer_write(mig_writer *writer, mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    return mig__writer_put((mig__pg_writer *)writer, rows, rowp, err);
}

mig_status
mig__writer_finish_copy(mig__pg_writer *w, uint64_t *rowp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__stream stream = mig__writer_stream(w);
    PGresult   *res = NULL;
    mig__io     io = MIG__IO_DONE;

    if (w->types == NULL)
        io = mig__stream_put(&stream, copy_trailer, sizeof copy_trailer);
    if (io == MIG__IO_DONE)
        io = mig__stream_end(&stream, NULL);
    if (io == MIG__IO_DONE)
        io = mig__writer_last_result(&stream, &res);
    if (io != MIG__IO_DONE)
        st = fail(w, io, rowp, err);
    else if (PQresultStatus(res) != PGRES_COMMAND_OK)
        st = mig__writer_raise(w, res, rowp, err);
    else if (strtoull(PQcmdTuples(res), NULL, 10) != w->n_rows)
        st = mig_raise(err, MIG_E_INTERNAL, "%s: %llu rows were sent, the target counted %s",
                       w->plan->target->name, (unsigned long long)w->n_rows, PQcmdTuples(res));
    PQclear(res);
    return st;
}

static mig_status
commit(mig__pg_writer *w, const mig_buf *sql, uint64_t *rowp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__stream stream = mig__writer_stream(w);
    PGresult   *res = NULL;
    mig__io     io;

    stream.stop = NULL;
    w->committing = true;
    io = mig__stream_send(&stream, mig_buf_text(sql));
    if (io == MIG__IO_DONE) {
        stream.stop = w->stop;
        io = mig__writer_last_result(&stream, &res);
        if (io == MIG__IO_STOPPED) {
            stream.stop = NULL;
            stream.deadline = mig_clock_now() + COMMIT_PATIENCE;
            io = mig__writer_last_result(&stream, &res);
        }
    }
    if (io != MIG__IO_DONE) {
        st = mig_raise(err, MIG_E_CONNECT,
                       "the connection was lost while rows of %s were being committed",
                       w->plan->target->name);
        mig_error_detail(err, "it is unknown whether the last %llu rows are in the target",
                         (unsigned long long)w->n_rows);
        goto done;
    }
    w->committing = false;
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        st = mig__writer_raise(w, res, rowp, err);
    else if (strcmp(PQcmdStatus(res), "COMMIT") != 0)
        st = mig_raise(err, MIG_E_INTERNAL, "%s: the target answered a COMMIT with %s",
                       w->plan->target->name, PQcmdStatus(res));
done:
    PQclear(res);
    return st;
}

mig_status
mig__copy_writer_commit(mig_writer *writer, const mig_done *done, uint64_t *rowp, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_writer *w = (mig__pg_writer *)writer;
    mig_buf         sql = MIG_BUF_INIT;

    *rowp = UINT64_MAX;
    if (done != NULL)
        mig__journal_chunk(w->sink, w->plan, done, &sql);
    mig_buf_puts(&sql, "COMMIT");
    MIG_TRY(mig_buf_check(&sql, err));
    if (w->in_parts)
        MIG_TRY(mig__parts_end(w, err));
    else
        MIG_TRY(mig__writer_finish_copy(w, rowp, err));
    if (!w->lent)
        MIG_TRY(commit(w, &sql, rowp, err));
    w->plan = NULL;
done:
    mig_buf_fini(&sql);
    return st;
}

/* Fetches results to the last, ending a COPY that turns up among them. */
static mig__io
drain(const mig__stream *stream, const char *why)
{
    PGresult *res = NULL;
    mig__io   io;

    for (;;) {
        ExecStatusType status;

        io = mig__stream_result(stream, &res);
        if (io != MIG__IO_DONE || res == NULL)
            break;
        status = PQresultStatus(res);
        PQclear(res);
        res = NULL;
        if (status == PGRES_COPY_IN && (io = mig__stream_end(stream, why)) != MIG__IO_DONE)
            break;
    }
    PQclear(res);
    return io;
}

/* Within ABORT_PATIENCE, or after a request to cancel within as much again. */
bool
mig__writer_settle(mig__pg_writer *w, const char *why)
{
    mig__stream stream = {.conn = w->session.conn};
    mig__io     io;

    stream.deadline = mig_clock_now() + ABORT_PATIENCE;
    io = drain(&stream, why);
    if (io == MIG__IO_TIMEOUT) {
        mig__session_cancel(&w->session);
        stream.deadline = mig_clock_now() + ABORT_PATIENCE;
        io = drain(&stream, why);
    }
    return io == MIG__IO_DONE;
}

static bool
roll_back(mig__pg_writer *w, const char *why)
{
    mig__stream stream = {.conn = w->session.conn};

    switch (PQtransactionStatus(stream.conn)) {
    case PQTRANS_IDLE:
        return true;
    case PQTRANS_INTRANS:
    case PQTRANS_INERROR:
        break;
    case PQTRANS_ACTIVE:
    case PQTRANS_UNKNOWN:
        return false;
    }
    stream.deadline = mig_clock_now() + ABORT_PATIENCE;
    return mig__stream_send(&stream, "ROLLBACK") == MIG__IO_DONE && mig__writer_settle(w, why) &&
           PQtransactionStatus(stream.conn) == PQTRANS_IDLE;
}

void
mig__copy_writer_abort(mig_writer *writer, const char *why)
{
    mig__pg_writer *w = (mig__pg_writer *)writer;

    if (w->session.conn == NULL)
        return;
    if (w->lent)
        w->sink->atomic = MIG__ATOMIC_BROKEN;
    if (w->committing || !mig__writer_settle(w, why) || !roll_back(w, why))
        mig__session_close(&w->session);
    w->committing = false;
    w->plan = NULL;
}

void
mig__copy_writer_close(mig_writer *writer)
{
    mig__pg_writer *w = (mig__pg_writer *)writer;

    if (w == NULL)
        return;
    if (w->lent)
        give_back(w);
    else
        mig__session_close(&w->session);
    mig__parts_forget(w);
    mig_buf_fini(&w->lines);
    free(w->types);
    free(w);
}
