/*
 * copy_reader.c - reading one segment: a COPY TO STDOUT into batches.
 *
 * The server's tuples are the wire rows (wire.h), so a row is copied once,
 * from libpq's message into the batch; only where the plan has a column that
 * does not pass as it is, field by field (convert_row.h).  Each message holds one row, the first
 * one the stream's header before it, the last one the trailer (PostgreSQL
 * manual, "COPY Operations": one message per row).  That is not believed but
 * looked at, field by field: a batch never holds half a row.
 *
 * A row that does not fit stays with the cursor as libpq gave it.
 *
 * The end is what the server says behind the trailer; it must have counted as
 * many rows as came.  A cursor closed before that gives its connection up, and
 * the reader's next cursor connects again, into the same snapshot.
 *
 * Threads: one cursor belongs to one reader's thread; interrupt from any.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "convert_row.h"
#include "pg_source.h"

/* PostgreSQL manual, COPY, "Binary Format": signature, flags, length of the header's extension. */
static const char copy_signature[11] = "PGCOPY\n\377\r\n\0";
#define HEADER_LEN (sizeof copy_signature + 4 + 4)

typedef struct pg_cursor {
    mig_cursor            base;
    mig__pg_source       *source;
    mig__pg_reader       *reader;
    const mig_table_plan *plan;
    mig_segment           segment;
    mig__row_converter   *converter; /* NULL: all columns pass */

    char  *message; /* libpq's; NULL: no row is pending */
    size_t at;      /* where the row begins in it */
    size_t len;     /* where it ends */

    bool     header_read;
    bool     trailer_read;
    bool     ended; /* sticky: the server has said that all is well */
    uint64_t n_rows;
} pg_cursor;

static mig__stream
stream_of(const pg_cursor *c)
{
    return (mig__stream){.conn = c->reader->session.conn, .stop = &c->source->stop};
}

/* Raises what became of an input that did not succeed, or of the statement. */
static mig_status
fail(const pg_cursor *c, mig__io io, const PGresult *res, mig_error *err)
{
    const mig_table *table = c->plan->source;
    mig_status       st;

    if (io == MIG__IO_STOPPED || mig_stop_raised(&c->source->stop))
        return mig_raise(err, MIG_E_STOPPED, "stopped");
    st = mig__query_raise(&c->reader->session, res, err, "cannot read the source");
    if (st == MIG_OK) /* an answer without an error where none was due */
        st = mig_raise(err, MIG_E_INTERNAL, "cannot read the source");
    mig__pg_source_explain(c->source, table, st, err);
    mig_error_detail(err, "after row %" PRIu64 " of what this reader was to read of it", c->n_rows);
    return st;
}

static mig_status
malformed(const pg_cursor *c, const char *why, mig_error *err)
{
    return mig_raise(err, MIG_E_INTERNAL, "the server's COPY of the table %s is malformed: %s",
                     c->plan->source->name, why);
}

/* The first result behind a lost connection may be the server's last words. */
static mig_status
fail_lost(const pg_cursor *c, mig__io io, mig_error *err)
{
    mig__stream stream = stream_of(c);
    PGresult   *res = NULL;
    mig_status  st;

    if (io == MIG__IO_LOST && PQstatus(stream.conn) == CONNECTION_BAD)
        (void)!mig__stream_result(&stream, &res);
    st = fail(c, io, res, err);
    PQclear(res);
    return st;
}

/* Behind the last message: the statement's result, and nothing else. */
static mig_status
finish(pg_cursor *c, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__stream stream = stream_of(c);
    PGresult   *res = NULL;
    uint64_t    n_told = 0;
    mig__io     io;

    while ((io = mig__stream_result(&stream, &res)) == MIG__IO_DONE && res != NULL) {
        if (PQresultStatus(res) != PGRES_COMMAND_OK) {
            st = fail(c, io, res, err);
            goto done;
        }
        n_told = strtoull(PQcmdTuples(res), NULL, 10);
        PQclear(res);
    }
    if (io != MIG__IO_DONE)
        st = fail(c, io, res, err);
    else if (!c->trailer_read)
        st = malformed(c, "it has no end", err);
    else if (n_told != c->n_rows)
        st = malformed(c, "the server counted other rows than came", err);
    else
        c->ended = true;
done:
    PQclear(res);
    return st;
}

static uint32_t
get32(const char *p)
{
    uint32_t wire;

    memcpy(&wire, p, sizeof wire);
    return be32toh(wire);
}

static uint16_t
get16(const char *p)
{
    uint16_t wire;

    memcpy(&wire, p, sizeof wire);
    return be16toh(wire);
}

static mig_status
skip_header(pg_cursor *c, mig_error *err)
{
    uint32_t extension;

    if (c->len < HEADER_LEN || memcmp(c->message, copy_signature, sizeof copy_signature) != 0)
        return malformed(c, "it does not begin with the signature", err);
    if (get32(c->message + sizeof copy_signature) != 0)
        return malformed(c, "it has flags that are not known", err);
    extension = get32(c->message + sizeof copy_signature + 4);
    if (extension > c->len - HEADER_LEN)
        return malformed(c, "its header is cut off", err);
    c->at = HEADER_LEN + extension;
    c->header_read = true;
    return MIG_OK;
}

/* Whether the bytes are exactly one tuple of n fields. */
static bool
is_row(const char *p, size_t len, size_t n)
{
    size_t at = 2;

    if (len < 2 || get16(p) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t field_len;

        if (len - at < 4)
            return false;
        field_len = get32(p + at);
        at += 4;
        if (field_len == UINT32_MAX) /* NULL */
            continue;
        if (field_len > len - at)
            return false;
        at += field_len;
    }
    return at == len;
}

static void
drop_message(pg_cursor *c)
{
    PQfreemem(c->message);
    c->message = NULL;
}

/* What a message holds: nothing but the header, the trailer, or a row. */
static mig_status
look_into(pg_cursor *c, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *p;
    size_t      len;

    if (c->trailer_read) {
        st = malformed(c, "it goes on behind its end", err);
        goto done;
    }
    if (!c->header_read)
        MIG_TRY(skip_header(c, err));
    p = c->message + c->at;
    len = c->len - c->at;
    if (len == 2 && get16(p) == UINT16_MAX) {
        c->trailer_read = true;
        drop_message(c);
    } else if (len == 0) {
        drop_message(c);
    } else if (is_row(p, len, c->plan->n_columns)) {
        c->n_rows++;
    } else {
        st = malformed(c, "a row has other fields than were asked for", err);
    }
done:
    return st;
}

/* Makes the next row the pending one; sets `ended`. */
static mig_status
advance(pg_cursor *c, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__stream stream = stream_of(c);

    while (c->message == NULL && !c->ended) {
        mig__io io = mig__stream_get(&stream, &c->message, &c->len);

        c->at = 0;
        if (io != MIG__IO_DONE)
            st = fail_lost(c, io, err);
        else if (c->message == NULL)
            st = finish(c, err);
        else
            st = look_into(c, err);
        if (st != MIG_OK)
            break;
    }
    return st;
}

static mig_status
raise_fault(const pg_cursor *c, const mig_fault *fault, mig_error *err)
{
    mig_status st;
    mig_buf    where = MIG_BUF_INIT;

    mig__pg_name_position(c->source, c->plan->source, &c->segment, c->n_rows - 1, &where);
    st = mig__row_raise(c->converter, fault, mig_buf_text(&where), err);
    mig_buf_fini(&where);
    return st;
}

/* Appends the pending row if it fits; *neededp is 0 then, else what it needs. */
static mig_status
put_row(pg_cursor *c, mig_rows *rows, size_t *neededp, mig_error *err)
{
    const char    *row = c->message + c->at;
    size_t         len = c->len - c->at;
    mig_status     st = MIG_OK;
    mig_fault      fault = {0};
    mig_fault_kind kind = MIG_FAULT_NONE;

    *neededp = 0;
    if (c->converter != NULL) {
        kind = mig__row_convert(c->converter, row, rows, neededp, &fault);
    } else if (len > mig_rows_room(rows)) {
        *neededp = len;
    } else {
        mig_rows_put_bytes(rows, row, len);
        rows->n_rows++;
    }
    if (kind != MIG_FAULT_NONE && kind != MIG_FAULT_NO_ROOM) {
        if (c->source->base.aside == NULL || kind == MIG_FAULT_MEMORY)
            return raise_fault(c, &fault, err);
        MIG_TRY(mig__row_put_aside(c->converter, &fault, c->source->base.aside, err));
        rows->n_aside++;
    }
    if (*neededp == 0)
        drop_message(c);
done:
    return st;
}

mig_status
mig__pg_cursor_fill(mig_cursor *base, mig_rows *rows, mig_fill *fillp, size_t *neededp,
                    mig_error *err)
{
    pg_cursor *c = (pg_cursor *)base;
    mig_status st = MIG_OK;

    assert(rows->max_rows > 0);
    *fillp = MIG_FILL_FULL;
    *neededp = 0;
    if (mig_stop_raised(&c->source->stop)) /* what libpq holds already would go on for a while */
        return mig_raise(err, MIG_E_STOPPED, "stopped");
    while (rows->n_rows < rows->max_rows && rows->n_aside < rows->max_rows) {
        size_t needed;

        if (c->message == NULL)
            MIG_TRY(advance(c, err));
        if (c->ended) {
            *fillp = MIG_FILL_END;
            break;
        }
        MIG_TRY(put_row(c, rows, &needed, err));
        if (needed == 0)
            continue;
        if (rows->n_rows == 0) {
            *fillp = MIG_FILL_OUTSIZE;
            *neededp = rows->len + needed;
        }
        break;
    }
done:
    return st;
}

static mig_status
check_columns(const mig_table_plan *plan, mig_error *err)
{
    if (plan->n_columns > INT16_MAX)
        return mig_raise(err, MIG_E_UNSUPPORTED, "table %s has too many columns",
                         plan->source->name);
    for (size_t i = 0; i < plan->n_columns; i++) {
        const mig_column_plan *column = &plan->columns[i];

        if (column->wire == MIG_WIRE_NONE || column->read == MIG_WIRE_NONE)
            return mig_raise(err, MIG_E_UNSUPPORTED, "no way to read %s.%s, which is %s, as %s",
                             plan->source->name, column->source->name, column->source->type,
                             mig_wire_name(column->wire));
    }
    return MIG_OK;
}

/* Lets the server use the key's index for what is read in its order, and for nothing else. */
static mig_status
set_scan(const pg_cursor *c, const mig_segment *segment, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig__pg_reader  *reader = c->reader;
    mig__pg_scan_way way = mig__pg_scan_way_of(c->source, c->plan->source, segment);

    if (way == reader->scan)
        return MIG_OK;
    MIG_TRY(mig__query_run(&reader->session, "cannot make the settings of a connection",
                           mig__pg_scan_setting(way), err));
    reader->scan = way;
done:
    return st;
}

static mig_status
start_copy(pg_cursor *c, const mig_segment *segment, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    mig__stream stream = stream_of(c);
    PGresult   *res = NULL;
    mig__io     io;

    mig_buf_puts(&sql, "COPY (SELECT ");
    for (size_t i = 0; i < c->plan->n_columns; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig__pg_select(&sql, &c->plan->columns[i]);
    }
    mig__pg_scan(c->source, c->plan->source, segment, &sql);
    mig_buf_puts(&sql, ") TO STDOUT (FORMAT binary)");
    MIG_TRY(mig_buf_check(&sql, err));

    io = mig__stream_send(&stream, mig_buf_text(&sql));
    if (io == MIG__IO_DONE)
        io = mig__stream_result(&stream, &res);
    if (io != MIG__IO_DONE || PQresultStatus(res) != PGRES_COPY_OUT)
        st = fail(c, io, res, err);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__pg_cursor_open(mig_source *base, unsigned reader, const mig_table_plan *plan,
                    const mig_segment *segment, mig_cursor **cursorp, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = mig__pg_source_of(base);
    pg_cursor      *c = NULL;

    *cursorp = NULL;
    if (reader >= source->n_readers || source->readers[reader].busy)
        return mig_raise(err, MIG_E_INTERNAL, "the source has no reader %u that is free", reader);
    MIG_TRY(mig__pg_source_may_read(source, plan->source, err));
    MIG_TRY(check_columns(plan, err));
    MIG_TRY(mig__pg_snapshot_join(source, &source->readers[reader], err));
    c = calloc(1, sizeof *c);
    if (c == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a cursor");
        goto done;
    }
    c->base.ops = base->ops;
    c->source = source;
    c->reader = &source->readers[reader];
    c->reader->busy = true;
    c->plan = plan;
    c->segment = *segment;
    MIG_TRY(mig__row_converter_new(plan, &c->converter, err));
    MIG_TRY(set_scan(c, segment, err));
    MIG_TRY(start_copy(c, segment, err));
    *cursorp = &c->base;
    c = NULL;
done:
    if (c != NULL)
        mig__pg_cursor_close(&c->base);
    return st;
}

void
mig__pg_cursor_close(mig_cursor *base)
{
    pg_cursor *c = (pg_cursor *)base;

    if (c == NULL)
        return;
    drop_message(c);
    if (!c->ended) {
        if (!mig_stop_raised(&c->source->stop)) /* else the interrupt sees to it */
            mig__session_cancel(&c->reader->session);
        mig__session_close(&c->reader->session);
    }
    c->reader->busy = false;
    mig__row_converter_free(c->converter);
    free(c);
}
