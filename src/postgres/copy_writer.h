/*
 * copy_writer.h - what the two ways of writing a chunk share: one COPY for all of it
 * (copy_writer.c), or one for each part that the server takes (copy_parts.c).
 */
#ifndef MIG_POSTGRES_COPY_WRITER_H
#define MIG_POSTGRES_COPY_WRITER_H

#include "copy_stream.h"
#include "pg_sink.h"

/* What the server said against a part, beside its message. */
typedef struct mig__part_refusal {
    char  state[6];
    char *constraint, *column; /* or NULL */
} mig__part_refusal;

typedef struct mig__pg_writer {
    mig_writer            base;
    mig__pg_sink         *sink;
    const mig_stop       *stop;
    mig__session          session; /* conn NULL: an abort has given it up */
    const mig_table_plan *plan;    /* of the open chunk */
    uint64_t              n_rows;  /* sent in it; in parts: in the COPY that is or was last open */
    bool                  committing;
    bool                  lent; /* the session is the sink's own, in whose transaction we write */

    mig_wire_type *types; /* of the chunk's columns, if they go as text; else NULL */
    mig_buf        lines; /* at most MIG__SLICE_SIZE and one row; LINES_KEPT between batches */

    /* The open chunk is written in parts. */
    bool              in_parts;
    bool              saved;  /* there is a savepoint: */
    bool              broken; /* what came behind it has failed */
    mig__part_refusal refusal;
} mig__pg_writer;

static inline mig__stream
mig__writer_stream(const mig__pg_writer *w)
{
    return (mig__stream){.conn = w->session.conn, .stop = w->stop};
}

/* The next result that is an error, or the last; those in between are dropped.  NULL if there is
 * none. */
mig__io mig__writer_last_result(const mig__stream *stream, PGresult **resp);

/* Appends the COPY of the open chunk's table. */
void mig__writer_copy_sql(const mig__pg_writer *w, mig_buf *sql);

/* Sends that, and what begins the COPY's data. */
mig_status mig__writer_start(mig__pg_writer *w, const mig_buf *sql, mig_error *err) MIG_CHECKED;

/* Sends rows; the server may have spoken before. */
mig_status mig__writer_put(mig__pg_writer *w, const mig_rows *rows, uint64_t *rowp,
                           mig_error *err) MIG_CHECKED;

/* Ends the COPY; the server has then checked and counted every row. */
mig_status mig__writer_finish_copy(mig__pg_writer *w, uint64_t *rowp, mig_error *err) MIG_CHECKED;

/* Fetches all results, ending a COPY that turns up among them; false: the server does not answer.
 */
bool mig__writer_settle(mig__pg_writer *w, const char *why);

/* Raises what the server said, or what became of the connection. */
mig_status mig__writer_raise(mig__pg_writer *w, const PGresult *res, uint64_t *rowp,
                             mig_error *err) MIG_CHECKED;

/* copy_parts.c: before the chunk is committed, and when it is done or taken back. */
mig_status mig__parts_end(mig__pg_writer *w, mig_error *err) MIG_CHECKED;
void       mig__parts_forget(mig__pg_writer *w);

#endif
