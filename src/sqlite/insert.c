/*
 * insert.c - rows into the temporary file of a SQLite target.
 *
 * One writer.  A batch is a table that SQLite reads (feed.h), and one statement takes it all.
 * INSERT OR FAIL stops at the row that cannot be: that is the one the feed has in hand.  (The file
 * has no journal, so nothing is taken back; it is thrown away.)
 *
 * A chunk is one transaction, but without a journal an aborted chunk makes the
 * sink fail, and the file is thrown away (replace.c).
 *
 * Threads: the writer's own; no other uses the connection meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "page_fill.h"
#include "sqlite_sink.h"

typedef struct inserter {
    mig_writer            base;
    mig__sqlite_sink     *sink;
    const mig_stop       *stop;
    const mig_table_plan *plan; /* of the open chunk */
    mig__page_fill       *fill; /* of the table that was begun last; NULL: SQLite takes its rows */
    const mig_table_plan *fill_plan;
    mig__feed            *feed;
    sqlite3_stmt         *stmt;   /* takes the feed's rows; of a table without columns, one row */
    uint64_t              n_rows; /* of the open chunk that were written */
} inserter;

mig_status
mig__insert_open(mig_sink *base, unsigned index, const mig_stop *stop, mig_writer **writerp,
                 mig_error *err)
{
    mig_status st = MIG_OK;
    inserter  *w;

    *writerp = NULL;
    if (index != 0 || mig__sqlite_sink_of(base)->made == NULL)
        return mig_raise(err, MIG_E_INTERNAL, "a SQLite target has one writer, after prepare");
    MIG_TRY(mig__page_cache_small(mig__sqlite_sink_of(base), err));
    if ((w = calloc(1, sizeof *w)) == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a writer");
    w->base.ops = base->ops;
    w->sink = mig__sqlite_sink_of(base);
    w->stop = stop;
    *writerp = &w->base;
done:
    return st;
}

static void
forget_chunk(inserter *w)
{
    sqlite3_finalize(w->stmt);
    mig__feed_close(w->feed);
    w->stmt = NULL;
    w->feed = NULL;
    w->plan = NULL;
}

static mig_status
prepare(inserter *w, mig_error *err)
{
    const mig_table_plan *plan = w->plan;
    mig_buf               sql = MIG_BUF_INIT;
    mig_status            st;

    /* OR FAIL overrides what the table declares: ON CONFLICT IGNORE or REPLACE must not drop or
     * change rows. */
    mig_buf_puts(&sql, "INSERT OR FAIL INTO main.");
    mig_buf_identifier(&sql, plan->target->name);
    for (size_t i = 0; i < plan->n_columns; i++) {
        mig_buf_puts(&sql, i == 0 ? " (" : ", ");
        mig_buf_identifier(&sql, plan->columns[i].target->name);
    }
    mig_buf_puts(&sql, plan->n_columns == 0 ? " DEFAULT VALUES" : ") SELECT * FROM " MIG__FEED_SQL);
    st = mig__sqlite_prepare(w->sink->made, &sql, plan->target->name, &w->stmt, err);
    mig_buf_fini(&sql);
    return st;
}

static void
forget_fill(inserter *w)
{
    mig__page_fill_close(w->fill);
    w->fill = NULL;
    w->fill_plan = NULL;
}

/* SQLite is to take the rows that come. */
static mig_status
begin_statement(inserter *w, mig_error *err)
{
    const mig_table_plan *plan = w->plan;
    mig_status            st = MIG_OK;
    bool                  utf16;

    MIG_TRY(mig__sqlite_is_utf16(w->sink->made, plan->target->name, &utf16, err));
    MIG_TRY(mig__feed_open(w->sink->made, plan, utf16, &w->feed, err));
    MIG_TRY(prepare(w, err));
    MIG_TRY(mig__sqlite_write(w->sink, "BEGIN", plan->target->name, err));
done:
    return st;
}

mig_status
mig__insert_begin(mig_writer *base, const mig_table_plan *plan, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_status st = MIG_OK;

    forget_chunk(w);
    w->plan = plan;
    w->n_rows = 0;
    if (w->fill_plan != plan) {
        forget_fill(w);
        MIG_TRY(mig__page_fill_open(w->sink, plan, &w->fill, err));
        w->fill_plan = plan;
    }
    if (w->fill != NULL)
        MIG_TRY(mig__page_fill_begin(w->fill, err));
    else
        MIG_TRY(begin_statement(w, err));
done:
    return st;
}

static mig_status
raise_broken(const inserter *w, mig_error *err)
{
    return mig_raise(err, MIG_E_INTERNAL, "the rows of table %s are broken", w->plan->target->name);
}

/* Shortens the rows by those that need no statement; what is left, and comes later, does. */
static mig_status
fill_pages(inserter *w, mig_rows *rows, mig_error *err)
{
    const uint32_t n = rows->n_rows;
    mig_status     st = MIG_OK;

    if (w->fill == NULL)
        goto done;
    MIG_TRY(mig__page_fill_rows(w->fill, rows, err));
    w->n_rows += n - rows->n_rows;
    if (rows->n_rows == 0) {
        st = rows->len == 0 ? MIG_OK : raise_broken(w, err);
        goto done;
    }
    MIG_TRY(mig__page_fill_end(w->fill, err));
    mig__page_fill_close(w->fill);
    w->fill = NULL;
    MIG_TRY(begin_statement(w, err));
done:
    return st;
}

static void
tell_way_out(const inserter *w, const mig__misfit *m, mig_error *err)
{
    const mig_column_plan *c = &w->plan->columns[m->column];
    const char            *rule = mig_fault_store_rule(&m->fault);
    mig_buf                cast = MIG_BUF_INIT;

    if (rule != NULL && !(c->target->not_null && strcmp(rule, "null") == 0))
        mig_fault_cast(w->plan->target->name, c->target->name, "any", rule, &cast);
    mig_error_hint(err, "correct the value in the source and run this again%s",
                   mig_buf_text(&cast));
    mig_buf_fini(&cast);
}

static mig_status
raise_misfit(const inserter *w, const mig__misfit *m, mig_error *err)
{
    const mig_column_plan *c = &w->plan->columns[m->column];
    const char            *type = c->target->type;
    mig_buf                shown = MIG_BUF_INIT;

    if (m->fault.kind == MIG_FAULT_MEMORY)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold a value of %s.%s", w->plan->target->name,
                         c->target->name);
    mig_field_describe(c->wire, m->data, m->len, c->secret, &shown);
    mig_raise(err, MIG_E_DATA, "cannot store a value in %s.%s", w->plan->target->name,
              c->target->name);
    mig_error_detail(err, "the source holds %s; the target column is %s%s", mig_buf_text(&shown),
                     type[0] != '\0' ? type : "without a type",
                     m->fault.kind == MIG_FAULT_NOT_NULL ? " and takes no NULL" : "");
    mig_fault_explain(&m->fault, &(mig_value){.class = MIG_VALUE_NULL}, c->secret, err);
    tell_way_out(w, m, err);
    mig_buf_fini(&shown);
    return MIG_E_DATA;
}

/* The row, not the file, is what SQLite did not like. */
static bool
is_refusal(int code)
{
    return (code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_MISMATCH ||
           (code & 0xff) == SQLITE_TOOBIG;
}

static mig_status
raise_refusal(const inserter *w, int code, mig_error *err)
{
    mig_raise(err, MIG_E_DATA, "table %s refused a row", w->plan->target->name);
    mig_error_detail(err, "SQLite: %s (code %d)", sqlite3_errmsg(w->sink->made), code);
    return MIG_E_DATA;
}

/* The statement has ended with `code` before all rows were in. */
static mig_status
raise_stopped(const inserter *w, int code, uint64_t *rowp, mig_error *err)
{
    mig__misfit misfit;

    switch (mig__feed_refusal(w->feed, &misfit)) {
    case MIG__FEED_INNOCENT:
        break;
    case MIG__FEED_MISFIT:
        *rowp = w->n_rows + mig__feed_row(w->feed);
        return raise_misfit(w, &misfit, err);
    case MIG__FEED_BROKEN:
        return raise_broken(w, err);
    }
    if (!is_refusal(code))
        return mig__sqlite_write_fail(w->sink->made, w->plan->target->name, err);
    *rowp = w->n_rows + mig__feed_row(w->feed);
    return raise_refusal(w, code, err);
}

static mig_status
insert_rows(inserter *w, mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    mig_status st = MIG_OK;
    int        code;

    mig__feed_give(w->feed, rows);
    code = sqlite3_step(w->stmt);
    if (code != SQLITE_DONE)
        st = raise_stopped(w, code, rowp, err);
    else if (!mig__feed_is_taken(w->feed) ||
             (uint32_t)sqlite3_changes(w->sink->made) != rows->n_rows)
        st = raise_broken(w, err);
    sqlite3_reset(w->stmt); /* the batch goes away; its code is that of the step */
    return st;
}

/* Rows of a table all of whose columns SQLite fills by itself: two bytes each. */
static mig_status
insert_defaults(inserter *w, const mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    mig_status st = MIG_OK;

    if (rows->len != rows->n_rows * sizeof(uint16_t))
        return raise_broken(w, err);
    for (uint32_t r = 0; st == MIG_OK && r < rows->n_rows; r++) {
        int code = sqlite3_step(w->stmt);

        if (code != SQLITE_DONE && !is_refusal(code)) {
            st = mig__sqlite_write_fail(w->sink->made, w->plan->target->name, err);
        } else if (code != SQLITE_DONE) {
            *rowp = w->n_rows + r;
            st = raise_refusal(w, code, err);
        }
        sqlite3_reset(w->stmt);
    }
    return st;
}

mig_status
mig__insert_write(mig_writer *base, mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_rows   rest = *rows;
    mig_status st = MIG_OK;

    *rowp = UINT64_MAX;
    if (mig_stop_raised(w->stop) || atomic_load(&w->sink->stopped)) {
        st = mig_raise(err, MIG_E_STOPPED, "writing the target was interrupted");
        goto done;
    }
    MIG_TRY(fill_pages(w, &rest, err));
    if (rest.n_rows == 0)
        goto done;
    if (w->plan->n_columns > 0)
        MIG_TRY(insert_rows(w, &rest, rowp, err));
    else
        MIG_TRY(insert_defaults(w, &rest, rowp, err));
    w->n_rows += rest.n_rows;
    MIG_TRY(mig__page_cache_watch(w->sink, rest.n_rows, err));
done:
    memcpy(rows->n_losses, rest.n_losses, sizeof rows->n_losses);
    return st;
}

/* ---- leaving rows out ---------------------------------------------------------------------- */

/*
 * Nothing that was begun can be taken back in a file without a journal.  So values that would make
 * the statement fail are looked for before it runs; and what a constraint refuses, OR FAIL has not
 * begun to write when it stops: the rows before it are in, and the next statement goes on behind
 * it.
 */
typedef struct leaving {
    inserter       *w;
    mig_rows       *rows;
    mig_refused_fn *fn;
    void           *arg;
} leaving;

/* What an INSERT looks for before it writes the row, and OR FAIL holds for. */
static bool
is_left_out(int code)
{
    return code == SQLITE_CONSTRAINT_CHECK || code == SQLITE_CONSTRAINT_NOTNULL ||
           code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE ||
           code == SQLITE_CONSTRAINT_ROWID;
}

/* The row of len bytes at `row`; the story is in *why, which is empty afterwards. */
static mig_status
leave_out(const leaving *l, const unsigned char *row, size_t len, const char *column,
          mig_error *why, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    reason = MIG_BUF_INIT;

    mig_buf_puts(&reason, why->message != NULL ? why->message : "");
    if (why->detail != NULL)
        mig_buf_printf(&reason, "; %s", why->detail);
    MIG_TRY(mig_buf_check(&reason, err));
    for (size_t i = 0; i < reason.len; i++)
        if (reason.data[i] == '\n')
            reason.data[i] = ' ';
    MIG_TRY(l->fn(
        l->arg,
        &(mig_refusal){.row = row, .len = len, .reason = mig_buf_text(&reason), .column = column},
        err));
done:
    mig_error_fini(why);
    mig_buf_fini(&reason);
    return st;
}

/* Writes these rows, whose values can all be stored, but for those that a constraint refuses. */
static mig_status
insert_but_refused(const leaving *l, mig_rows *rows, mig_error *err)
{
    inserter  *w = l->w;
    mig_status st = MIG_OK;
    mig_error  why = MIG_ERROR_INIT;

    while (rows->n_rows > 0) {
        uint64_t row = UINT64_MAX;
        uint32_t nth;
        size_t   start, end;

        st = insert_rows(w, rows, &row, &why);
        if (st == MIG_OK) {
            w->n_rows += rows->n_rows;
            break;
        }
        if (st != MIG_E_DATA || !is_left_out(sqlite3_extended_errcode(w->sink->made)) ||
            !mig__feed_is_refused(w->feed, &nth, &start, &end) ||
            (uint32_t)sqlite3_changes(w->sink->made) != nth) {
            mig_error_move(err, &why);
            goto done;
        }
        w->n_rows += nth;
        MIG_TRY(leave_out(l, rows->data + start, end - start, NULL, &why, err));
        rows->data += end;
        rows->len -= end;
        rows->n_rows -= nth + 1;
    }
done:
    mig_error_fini(&why);
    return st;
}

/* The rows from `from` to `to`, n of them. */
static mig_status
insert_part(const leaving *l, size_t from, size_t to, uint32_t n, mig_error *err)
{
    mig_rows   part = {.data = l->rows->data + from, .len = to - from, .n_rows = n};
    mig_status st = insert_but_refused(l, &part, err);

    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        l->rows->n_losses[i] += part.n_losses[i];
    return st;
}

mig_status
mig__insert_try(mig_writer *base, mig_rows *rows, mig_refused_fn *fn, void *arg, mig_error *err)
{
    inserter     *w = (inserter *)base;
    mig_rows      rest = *rows;
    const leaving l = {.w = w, .rows = &rest, .fn = fn, .arg = arg};
    mig_status    st = MIG_OK;
    size_t        from = 0, at = 0, used;
    uint32_t      n = 0;
    mig_error     why = MIG_ERROR_INIT;
    uint64_t      row;

    if (w->plan->n_columns == 0)
        return mig__insert_write(base, rows, &row, err);
    if (mig_stop_raised(w->stop) || atomic_load(&w->sink->stopped))
        return mig_raise(err, MIG_E_STOPPED, "writing the target was interrupted");
    MIG_TRY(fill_pages(w, &rest, err));
    if (rest.n_rows == 0)
        goto done;
    for (; at < rest.len; at += used) {
        mig__misfit misfit;

        switch (mig__feed_judge(w->feed, &rest, at, &used, &misfit)) {
        case MIG__FEED_INNOCENT:
            n++;
            continue;
        case MIG__FEED_BROKEN:
            st = raise_broken(w, err);
            goto done;
        case MIG__FEED_MISFIT:
            break;
        }
        if (raise_misfit(w, &misfit, &why) != MIG_E_DATA) {
            st = why.status;
            mig_error_move(err, &why);
            goto done;
        }
        MIG_TRY(insert_part(&l, from, at, n, err));
        MIG_TRY(leave_out(&l, rest.data + at, used, w->plan->columns[misfit.column].target->name,
                          &why, err));
        from = at + used;
        n = 0;
    }
    MIG_TRY(insert_part(&l, from, at, n, err));
done:
    memcpy(rows->n_losses, rest.n_losses, sizeof rows->n_losses);
    mig_error_fini(&why);
    return st;
}

mig_status
mig__insert_commit(mig_writer *base, const mig_done *done, uint64_t *rowp, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_status st = MIG_OK;

    (void)done; /* the file is the old one or the whole new one */
    *rowp = UINT64_MAX;
    if (w->fill != NULL)
        MIG_TRY(mig__page_fill_end(w->fill, err));
    else
        MIG_TRY(mig__sqlite_write(w->sink, "COMMIT", w->plan->target->name, err));
    mig__replace_start_sync(w->sink);
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
    forget_fill(w);
}

void
mig__insert_close(mig_writer *base)
{
    if (base == NULL)
        return;
    forget_chunk((inserter *)base);
    forget_fill((inserter *)base);
    free(base);
}
