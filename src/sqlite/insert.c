/*
 * insert.c - rows into the temporary file of a SQLite target.
 *
 * One writer, one prepared INSERT per chunk, one row per execution: so the row
 * that SQLite refuses is always known.  A chunk is one transaction, but the
 * file has no journal: an aborted chunk makes the sink fail, and the file is
 * thrown away (replace.c).
 *
 * Threads: the writer's own; no other uses the connection meanwhile.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "sqlite_sink.h"

typedef struct inserter {
    mig_writer            base;
    mig__sqlite_sink     *sink;
    const mig_stop       *stop;
    const mig_table_plan *plan; /* of the open chunk */
    sqlite3_stmt         *stmt;
    mig__decoder         *decoders;
    uint64_t              n_rows; /* of the open chunk that were written */
} inserter;

mig_status
mig__insert_open(mig_sink *base, unsigned index, const mig_stop *stop, mig_writer **writerp,
                 mig_error *err)
{
    inserter *w;

    *writerp = NULL;
    if (index != 0 || mig__sqlite_sink_of(base)->made == NULL)
        return mig_raise(err, MIG_E_INTERNAL, "a SQLite target has one writer, after prepare");
    if ((w = calloc(1, sizeof *w)) == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a writer");
    w->base.ops = base->ops;
    w->sink = mig__sqlite_sink_of(base);
    w->stop = stop;
    *writerp = &w->base;
    return MIG_OK;
}

static void
forget_chunk(inserter *w)
{
    sqlite3_finalize(w->stmt);
    free(w->decoders);
    w->stmt = NULL;
    w->decoders = NULL;
    w->plan = NULL;
}

static void
insert_sql(const mig_table_plan *plan, mig_buf *sql)
{
    /* OR ABORT: a constraint declared ON CONFLICT IGNORE or REPLACE must not drop or change rows.
     */
    mig_buf_puts(sql, "INSERT OR ABORT INTO main.");
    mig_buf_identifier(sql, plan->target->name);
    for (size_t i = 0; i < plan->n_columns; i++) {
        mig_buf_puts(sql, i == 0 ? " (" : ", ");
        mig_buf_identifier(sql, plan->columns[i].target->name);
    }
    mig_buf_puts(sql, plan->n_columns == 0 ? " DEFAULT VALUES" : ") VALUES (?");
    for (size_t i = 1; i < plan->n_columns; i++)
        mig_buf_puts(sql, ",?");
    mig_buf_puts(sql, plan->n_columns == 0 ? "" : ")");
}

mig_status
mig__insert_begin(mig_writer *base, const mig_table_plan *plan, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    forget_chunk(w);
    w->plan = plan;
    w->n_rows = 0;
    if ((w->decoders = calloc(plan->n_columns + 1, sizeof *w->decoders)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a chunk");
        goto done;
    }
    for (size_t i = 0; i < plan->n_columns; i++)
        MIG_TRY(mig__decoder_init(plan, i, &w->decoders[i], err));
    insert_sql(plan, &sql);
    MIG_TRY(mig__sqlite_prepare(w->sink->made, &sql, plan->target->name, &w->stmt, err));
    MIG_TRY(mig__sqlite_write(w->sink, "BEGIN", plan->target->name, err));
done:
    mig_buf_fini(&sql);
    return st;
}

static mig_status
raise_broken(const inserter *w, mig_error *err)
{
    return mig_raise(err, MIG_E_INTERNAL, "the rows of table %s are broken", w->plan->target->name);
}

/* Binds the row at *atp, which moves behind it. */
static mig_status
bind_row(const inserter *w, const mig_rows *rows, size_t *atp, uint64_t *rowp, mig_error *err)
{
    size_t   at = *atp;
    uint16_t n_fields;

    if (rows->len - at < sizeof n_fields)
        return raise_broken(w, err);
    memcpy(&n_fields, rows->data + at, sizeof n_fields);
    at += sizeof n_fields;
    if (be16toh(n_fields) != w->plan->n_columns)
        return raise_broken(w, err);
    for (size_t i = 0; i < w->plan->n_columns; i++) {
        uint32_t    wire_len;
        int32_t     len;
        const char *why;

        if (rows->len - at < sizeof wire_len)
            return raise_broken(w, err);
        memcpy(&wire_len, rows->data + at, sizeof wire_len);
        at += sizeof wire_len;
        len = (int32_t)be32toh(wire_len);
        if (len < -1 || (len > 0 && (size_t)len > rows->len - at))
            return raise_broken(w, err);
        /* Not left to SQLite: for an INTEGER PRIMARY KEY it would make up a number. */
        if (len < 0 && w->plan->columns[i].target->not_null)
            why = "it is NULL, and the column takes none";
        else
            why = mig__decode(&w->decoders[i], rows->data + at, len, w->stmt, (int)i + 1);
        if (why != NULL) {
            *rowp = w->n_rows;
            mig_raise(err, MIG_E_DATA, "cannot store a value in %s.%s", w->plan->target->name,
                      w->plan->columns[i].target->name);
            mig_error_detail(err, "%s", why);
            return MIG_E_DATA;
        }
        at += len > 0 ? (size_t)len : 0;
    }
    *atp = at;
    return MIG_OK;
}

static mig_status
insert_row(const inserter *w, uint64_t *rowp, mig_error *err)
{
    sqlite3    *db = w->sink->made;
    const char *table = w->plan->target->name;
    int         rc = sqlite3_step(w->stmt);

    if (rc == SQLITE_DONE && sqlite3_reset(w->stmt) == SQLITE_OK)
        return MIG_OK;
    if ((rc & 0xff) != SQLITE_CONSTRAINT && (rc & 0xff) != SQLITE_MISMATCH &&
        (rc & 0xff) != SQLITE_TOOBIG)
        return mig__sqlite_write_fail(db, table, err);
    *rowp = w->n_rows;
    mig_raise(err, MIG_E_DATA, "table %s refused a row", table);
    mig_error_detail(err, "SQLite: %s (code %d)", sqlite3_errmsg(db), rc);
    return MIG_E_DATA;
}

mig_status
mig__insert_write(mig_writer *base, const mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_status st = MIG_OK;
    size_t     at = 0;

    *rowp = UINT64_MAX;
    if (mig_stop_raised(w->stop) || atomic_load(&w->sink->stopped)) {
        st = mig_raise(err, MIG_E_STOPPED, "writing the target was interrupted");
        goto done;
    }
    for (uint32_t i = 0; i < rows->n_rows; i++) {
        MIG_TRY(bind_row(w, rows, &at, rowp, err));
        MIG_TRY(insert_row(w, rowp, err));
        w->n_rows++;
    }
    if (at != rows->len)
        st = raise_broken(w, err);
done:
    /* The batch goes away; nothing may point into it. */
    if (w->stmt != NULL) {
        sqlite3_reset(w->stmt);
        sqlite3_clear_bindings(w->stmt);
    }
    return st;
}

mig_status
mig__insert_commit(mig_writer *base, uint64_t *rowp, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_status st = MIG_OK;

    *rowp = UINT64_MAX;
    MIG_TRY(mig__sqlite_write(w->sink, "COMMIT", w->plan->target->name, err));
    forget_chunk(w);
done:
    return st;
}

void
mig__insert_abort(mig_writer *base, const char *why)
{
    inserter *w = (inserter *)base;

    (void)why; /* there is no server with a log */
    w->sink->failed = true;
    forget_chunk(w);
}

void
mig__insert_close(mig_writer *base)
{
    if (base == NULL)
        return;
    forget_chunk((inserter *)base);
    free(base);
}
