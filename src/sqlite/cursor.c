/*
 * cursor.c - reading one segment into batches.
 *
 * A row that does not fit into what is left of a batch stays the statement's
 * current row and is encoded again into the next one.  Nothing is kept beside
 * it, so a batch never holds half a row and a row is never copied twice.
 *
 * The end of the result is the only end there is: a step that fails (damaged
 * page, I/O error, interrupt) fails the segment.
 *
 * Threads: one cursor belongs to one reader's thread; interrupt from any.
 */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "bad_value.h"
#include "sqlite_source.h"

typedef struct cursor {
    mig_cursor                base;
    const mig__sqlite_source *source;
    const mig_table_plan     *plan;
    mig_segment               segment;

    sqlite3      *db;
    sqlite3_stmt *stmt;
    bool          has_row; /* the current row has not been handed over yet */
    bool          ended;   /* sticky */
    uint64_t      n_rows;  /* steps that gave a row: the current one is number n_rows - 1 */

    mig_json_scratch json;
    mig_buf          text;

    bool         keyed; /* behind the plan's columns stands the rowid */
    size_t       fixed_len;
    size_t       n_columns;
    mig__encoder encoders[];
} cursor;

static mig_status
prepare(cursor *c, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "SELECT ");
    for (size_t i = 0; i < c->n_columns; i++) {
        mig_buf_identifier(&sql, c->plan->columns[i].source->name);
        mig_buf_puts(&sql, ", ");
    }
    mig_buf_puts(&sql, c->keyed ? c->plan->source->rowid_name : "NULL");
    MIG_TRY(mig__sqlite_scan(c->db, c->plan->source, &c->segment, &sql, err));
    MIG_TRY(mig__sqlite_prepare(c->db, &sql, c->plan->source->name, &c->stmt, err));
done:
    mig_buf_fini(&sql);
    return st;
}

static mig_status
pick_encoders(cursor *c, mig_error *err)
{
    for (size_t i = 0; i < c->n_columns; i++) {
        const mig_column_plan *column = &c->plan->columns[i];

        if (column->wire == MIG_WIRE_NONE)
            return mig_raise(err, MIG_E_UNSUPPORTED, "no way to store values in %s.%s",
                             c->plan->source->name, column->source->name);
        mig__encoder_init(&c->encoders[i], column, c->source->utf16);
        c->encoders[i].base.json = &c->json;
        c->encoders[i].base.text = &c->text;
    }
    c->fixed_len = mig__encoded_fixed_len(c->encoders, c->n_columns);
    return MIG_OK;
}

mig_status
mig__sqlite_cursor_open(mig_source *base, unsigned reader, const mig_table_plan *plan,
                        const mig_segment *segment, mig_cursor **cursorp, mig_error *err)
{
    mig_status st = MIG_OK;
    cursor    *c = NULL;

    *cursorp = NULL;
    if (plan->n_columns > INT16_MAX) {
        st = mig_raise(err, MIG_E_UNSUPPORTED, "table %s has too many columns", plan->source->name);
        goto done;
    }
    c = calloc(1, sizeof *c + plan->n_columns * sizeof c->encoders[0]);
    if (c == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a cursor");
        goto done;
    }
    c->base.ops = &mig__sqlite_source_ops;
    c->source = mig__sqlite_source_of(base);
    c->plan = plan;
    c->segment = *segment;
    c->n_columns = plan->n_columns;
    c->keyed = plan->source->kind == MIG_TABLE_PLAIN && plan->source->rowid_name != NULL;
    MIG_TRY(mig__sqlite_reader(mig__sqlite_source_of(base), reader, &c->db, err));
    MIG_TRY(mig__sqlite_check(c->source, c->db, err));
    MIG_TRY(pick_encoders(c, err));
    MIG_TRY(prepare(c, err));
    *cursorp = &c->base;
    c = NULL;
done:
    if (c != NULL)
        mig__sqlite_cursor_close(&c->base);
    return st;
}

/* Makes the next row the current one unless there is one; sets `ended`. */
static mig_status
advance(cursor *c, mig_error *err)
{
    mig_status st;

    if (c->has_row)
        return MIG_OK;
    st = mig__sqlite_step(c->stmt, c->plan->source->name, &c->has_row, err);
    if (st == MIG_OK) {
        c->ended = !c->has_row;
        c->n_rows += c->has_row;
        return st;
    }
    if (st != MIG_E_STOPPED)
        mig_error_detail(err, "after row %" PRIu64 " of what this reader was to read of it",
                         c->n_rows);
    return st;
}

mig_status
mig__sqlite_cursor_fill(mig_cursor *base, mig_rows *rows, mig_fill *fillp, size_t *neededp,
                        mig_error *err)
{
    cursor    *c = (cursor *)base;
    mig_status st = MIG_OK;

    assert(rows->max_rows > 0);
    *fillp = MIG_FILL_FULL;
    *neededp = 0;
    /* There is one only where the reader shares the connection for questions. */
    sqlite3_mutex_enter(sqlite3_db_mutex(c->db));
    MIG_TRY(mig__sqlite_check(c->source, c->db, err));
    while (rows->n_rows < rows->max_rows && rows->n_aside < rows->max_rows) {
        mig_fault      fault = {0};
        mig_fault_kind kind;

        if (!c->ended)
            MIG_TRY(advance(c, err));
        if (c->ended) {
            *fillp = MIG_FILL_END;
            break;
        }
        kind = mig__encode_row(c->stmt, c->encoders, c->n_columns, c->fixed_len, rows, &fault);
        if (kind == MIG_FAULT_NO_ROOM) {
            if (rows->n_rows > 0)
                break;
            *fillp = MIG_FILL_OUTSIZE;
            *neededp =
                rows->len + mig__encoded_len(c->stmt, c->encoders, c->n_columns, c->fixed_len);
            break;
        }
        if (kind != MIG_FAULT_NONE && kind != MIG_FAULT_MEMORY && c->source->base.aside != NULL) {
            MIG_TRY(mig__sqlite_put_aside(c->source, c->stmt, c->plan, c->keyed, &fault, err));
            rows->n_aside++;
        } else if (kind != MIG_FAULT_NONE) {
            st = mig__sqlite_raise_bad_value(c->stmt, c->plan, &c->segment, c->n_rows - 1, &fault,
                                             err);
            break;
        }
        c->has_row = false;
    }
done:
    sqlite3_mutex_leave(sqlite3_db_mutex(c->db));
    return st;
}

bool
mig__sqlite_cursor_position(mig_cursor *base, int64_t *upperp)
{
    cursor *c = (cursor *)base;

    if (!c->keyed)
        return false;
    if (c->ended || c->n_rows == 0) {
        *upperp = c->segment.has_upper ? c->segment.upper : INT64_MAX;
        return true;
    }
    sqlite3_mutex_enter(sqlite3_db_mutex(c->db));
    *upperp = sqlite3_column_int64(c->stmt, (int)c->n_columns);
    sqlite3_mutex_leave(sqlite3_db_mutex(c->db));
    if (c->has_row) /* it is the next one to be handed over, and not the first */
        (*upperp)--;
    return true;
}

void
mig__sqlite_cursor_close(mig_cursor *base)
{
    cursor *c = (cursor *)base;

    if (c == NULL)
        return;
    sqlite3_finalize(c->stmt);
    mig_json_scratch_fini(&c->json);
    mig_buf_fini(&c->text);
    free(c);
}
