/*
 * copy_parts.c - a chunk in which rows that the server refuses are left out.
 *
 * Each batch is a COPY of its own behind a savepoint in the chunk's one
 * transaction, so the chunk and its row of the journal are there together or
 * not at all, as ever.  A COPY that fails is taken back and tried again in
 * smaller parts; one row that fails by itself is refused, and nothing else is.
 *
 * How large parts are:
 *
 *   - the first one is the whole batch
 *   - after a failure that names its row: up to that row, and then the row alone
 *   - after one that does not: half as many
 *   - after a success: twice as many
 *
 * So one bad row among many costs a few COPYs more, and a batch of bad rows two
 * for each.  What the server says about the row is only a hint where to cut.
 *
 * A COPY without rows opens every chunk (copy_writer.c) and is ended first.
 *
 * Constraints that wait for the end of the transaction would take the whole
 * chunk with them; here they are looked at with each COPY.
 *
 * Threads: a writer's.
 */
#include <stdlib.h>
#include <string.h>

#include "copy_writer.h"

#define SAVEPOINT "db_migrate_part"

/* A batch that is being written. */
typedef struct batch {
    mig__pg_writer *w;
    const mig_rows *rows;
    size_t         *starts; /* of its rows, and the end of the last; NULL until one was refused */
    mig_refused_fn *fn;
    void           *arg;
} batch;

void
mig__parts_forget(mig__pg_writer *w)
{
    w->in_parts = w->saved = w->broken = false;
    free(w->refusal.constraint);
    free(w->refusal.column);
    w->refusal = (mig__part_refusal){.constraint = NULL};
}

/* ---- statements ---------------------------------------------------------------------------- */

/* What has to be said first: the last part stays, or goes. */
static void
add_last_word(const mig__pg_writer *w, mig_buf *sql)
{
    if (w->broken)
        mig_buf_puts(sql, "ROLLBACK TO SAVEPOINT " SAVEPOINT "; ");
    if (w->saved)
        mig_buf_puts(sql, "RELEASE SAVEPOINT " SAVEPOINT "; ");
}

mig_status
mig__parts_end(mig__pg_writer *w, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig__stream stream = mig__writer_stream(w);
    mig_buf     sql = MIG_BUF_INIT;
    PGresult   *res = NULL;
    uint64_t    row;

    add_last_word(w, &sql);
    MIG_TRY(mig_buf_check(&sql, err));
    if (sql.len > 0 && (mig__stream_send(&stream, mig_buf_text(&sql)) != MIG__IO_DONE ||
                        mig__writer_last_result(&stream, &res) != MIG__IO_DONE ||
                        PQresultStatus(res) != PGRES_COMMAND_OK))
        st = mig__writer_raise(w, res, &row, err);
    if (st == MIG_OK)
        mig__parts_forget(w);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
begin_part(mig__pg_writer *w, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    add_last_word(w, &sql);
    mig_buf_puts(&sql, "SAVEPOINT " SAVEPOINT "; SET CONSTRAINTS ALL IMMEDIATE; ");
    mig__writer_copy_sql(w, &sql);
    MIG_TRY(mig_buf_check(&sql, err));
    w->n_rows = 0;
    MIG_TRY(mig__writer_start(w, &sql, err));
    w->saved = true;
    w->broken = false;
done:
    mig_buf_fini(&sql);
    return st;
}

/* ---- parts --------------------------------------------------------------------------------- */

/*
 * Whether the server speaks of a row: of its data (class 22), a constraint (23), a view's check
 * (44), a limit that it is beyond (54), or what a function of a constraint says about it (P0).
 */
static bool
is_refusal(const char *state)
{
    static const char *const classes[] = {"22", "23", "44", "54", "P0"};

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(state, classes[i], 2) == 0)
            return true;
    return false;
}

/*
 * Writes the rows; *refusedp: the server refuses one of them, *rowp which one if that is known, and
 * the story is in *why.  Then none of them is there.
 */
static mig_status
try_part(mig__pg_writer *w, const mig_rows *rows, bool *refusedp, uint64_t *rowp, mig_error *why,
         mig_error *err)
{
    mig_status st;

    *refusedp = false;
    *rowp = UINT64_MAX;
    w->refusal.state[0] = '\0';
    st = begin_part(w, why);
    if (st == MIG_OK) {
        st = mig__writer_put(w, rows, rowp, why);
        if (st == MIG_OK)
            st = mig__writer_finish_copy(w, rowp, why);
        w->broken = st != MIG_OK;
    }
    if (st == MIG_OK)
        return MIG_OK;
    *refusedp =
        w->broken && (st == MIG_E_DATA || st == MIG_E_DATABASE) && is_refusal(w->refusal.state);
    if (*refusedp && !mig__writer_settle(w, "a row was refused")) {
        *refusedp = false;
        st = mig_raise(err, MIG_E_CONNECT, "the target did not answer in time");
    }
    if (*refusedp)
        return MIG_OK;
    mig_error_move(err, why);
    return st;
}

/* Where the rows stand. */
static mig_status
find_rows(batch *b, mig_error *err)
{
    const mig_rows *rows = b->rows;
    size_t          at = 0;

    b->starts = calloc((size_t)rows->n_rows + 1, sizeof *b->starts);
    if (b->starts == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot cut a batch into parts");
    for (uint32_t r = 0; r < rows->n_rows; r++) {
        b->starts[r] = at;
        at += sizeof(uint16_t);
        for (size_t i = 0; i < b->w->plan->n_columns; i++) {
            uint32_t len;

            memcpy(&len, rows->data + at, sizeof len);
            len = be32toh(len);
            at += sizeof len + (len != UINT32_MAX ? len : 0);
        }
    }
    b->starts[rows->n_rows] = at;
    if (at != rows->len)
        return mig_raise(err, MIG_E_INTERNAL, "%s: a row has other fields than were planned",
                         b->w->plan->target->name);
    return MIG_OK;
}

static mig_status
refuse(const batch *b, uint32_t row, const mig_error *why, mig_error *err)
{
    const mig__part_refusal *refusal = &b->w->refusal;
    mig_status               st = MIG_OK;
    mig_buf                  reason = MIG_BUF_INIT;

    mig_buf_puts(&reason, why->message != NULL ? why->message : "");
    if (why->detail != NULL)
        mig_buf_printf(&reason, "; %s", why->detail);
    MIG_TRY(mig_buf_check(&reason, err));
    for (size_t i = 0; i < reason.len; i++)
        if (reason.data[i] == '\n')
            reason.data[i] = ' ';
    MIG_TRY(b->fn(b->arg,
                  &(mig_refusal){.row = b->rows->data + b->starts[row],
                                 .len = b->starts[row + 1] - b->starts[row],
                                 .reason = mig_buf_text(&reason),
                                 .state = refusal->state,
                                 .constraint = refusal->constraint,
                                 .column = refusal->column},
                  err));
done:
    mig_buf_fini(&reason);
    return st;
}

/* Rows from `at` on, n of them. */
static mig_rows
part_of(const batch *b, uint32_t at, uint32_t n)
{
    if (b->starts == NULL) /* the whole batch */
        return *b->rows;
    return (mig_rows){.data = b->rows->data + b->starts[at],
                      .len = b->starts[at + n] - b->starts[at],
                      .n_rows = n};
}

static mig_status
write_parts(batch *b, mig_error *err)
{
    const uint32_t n_rows = b->rows->n_rows;
    mig_status     st = MIG_OK;
    uint32_t       at = 0, size = n_rows;
    mig_error      why = MIG_ERROR_INIT;

    while (at < n_rows) {
        const uint32_t n = size < n_rows - at ? size : n_rows - at;
        const mig_rows part = part_of(b, at, n);
        bool           refused;
        uint64_t       row;

        MIG_TRY(try_part(b->w, &part, &refused, &row, &why, err));
        if (refused && b->starts == NULL)
            MIG_TRY(find_rows(b, err));
        if (!refused) {
            at += n;
            size = n_rows / 2 < n ? n_rows : 2 * n;
        } else if (n == 1) {
            MIG_TRY(refuse(b, at++, &why, err));
        } else if (row < n) {
            size = row > 0 ? (uint32_t)row : 1;
        } else {
            size = n / 2;
        }
        mig_error_fini(&why);
    }
done:
    mig_error_fini(&why);
    return st;
}

mig_status
mig__copy_parts_try(mig_writer *writer, mig_rows *rows, mig_refused_fn *fn, void *arg,
                    mig_error *err)
{
    mig__pg_writer *w = (mig__pg_writer *)writer;
    mig_status      st = MIG_OK;
    batch           b = {.w = w, .rows = rows, .fn = fn, .arg = arg};
    uint64_t        row;

    if (!w->in_parts) {
        MIG_TRY(mig__writer_finish_copy(w, &row, err));
        w->in_parts = true;
    }
    MIG_TRY(write_parts(&b, err));
done:
    free(b.starts);
    return st;
}
