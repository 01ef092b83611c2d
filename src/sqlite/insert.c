/*
 * insert.c - rows into the temporary file of a SQLite target.
 *
 * One writer.  Most rows go in by a statement that inserts many at once, the
 * rest of a batch by one that inserts one: each execution has a cost of its own,
 * which for narrow rows is as much as the row's.  The row that SQLite refuses is
 * known all the same.  INSERT OR FAIL leaves the rows before it where they are
 * and counts them; where SQLite stops for another reason than a constraint of
 * that kind, the rows are tried one by one until one ends like the whole did.
 * (The file has no journal, so nothing is taken back; it is thrown away.)
 *
 * A chunk is one transaction, but without a journal an aborted chunk makes the
 * sink fail, and the file is thrown away (replace.c).
 *
 * Threads: the writer's own; no other uses the connection meanwhile.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "sqlite_sink.h"

/*
 * Rows of the statement for many, and the values it may have in all.  Measured with 2 million rows
 * of 6 columns, CPU time: 1 row 3.3 s, 10 rows 2.1 s, 50 rows 1.7 s; more gain nothing.
 */
#define MANY_ROWS   50
#define MANY_VALUES 1000

typedef struct inserter {
    mig_writer            base;
    mig__sqlite_sink     *sink;
    const mig_stop       *stop;
    const mig_table_plan *plan;       /* of the open chunk */
    sqlite3_stmt         *one, *many; /* many: made for the first batch that is large enough */
    unsigned              n_many;     /* rows of `many`; 0 if there shall be none */
    mig__decoder         *decoders;
    mig_buf               made;   /* the decoders' scratch */
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
    sqlite3_finalize(w->one);
    sqlite3_finalize(w->many);
    free(w->decoders);
    w->one = NULL;
    w->many = NULL;
    w->decoders = NULL;
    w->plan = NULL;
}

static mig_status
prepare(const inserter *w, unsigned n_rows, sqlite3_stmt **stmtp, mig_error *err)
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
    mig_buf_puts(&sql, plan->n_columns == 0 ? " DEFAULT VALUES" : ") VALUES ");
    for (unsigned r = 0; r < n_rows && plan->n_columns > 0; r++) {
        mig_buf_puts(&sql, r == 0 ? "(?" : ",(?");
        for (size_t i = 1; i < plan->n_columns; i++)
            mig_buf_puts(&sql, ",?");
        mig_buf_puts(&sql, ")");
    }
    st = mig__sqlite_prepare(w->sink->made, &sql, plan->target->name, stmtp, err);
    mig_buf_fini(&sql);
    return st;
}

/* How many rows the statement for many takes. */
static unsigned
many_rows(const inserter *w)
{
    int    limit = sqlite3_limit(w->sink->made, SQLITE_LIMIT_VARIABLE_NUMBER, -1);
    size_t n_columns = w->plan->n_columns;
    size_t n;

    if (n_columns == 0)
        return 0;
    n = (limit < MANY_VALUES ? (size_t)limit : MANY_VALUES) / n_columns;
    return n < 2 ? 0 : n < MANY_ROWS ? (unsigned)n : MANY_ROWS;
}

mig_status
mig__insert_begin(mig_writer *base, const mig_table_plan *plan, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_status st = MIG_OK;
    bool       utf16;

    forget_chunk(w);
    w->plan = plan;
    w->n_rows = 0;
    w->n_many = many_rows(w);
    if ((w->decoders = calloc(plan->n_columns + 1, sizeof *w->decoders)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a chunk");
        goto done;
    }
    MIG_TRY(mig__sqlite_is_utf16(w->sink->made, plan->target->name, &utf16, err));
    for (size_t i = 0; i < plan->n_columns; i++) {
        MIG_TRY(mig__decoder_init(plan, i, &w->decoders[i], err));
        w->decoders[i].base.text = &w->made;
        w->decoders[i].utf16 = utf16;
    }
    MIG_TRY(prepare(w, 1, &w->one, err));
    MIG_TRY(mig__sqlite_write(w->sink, "BEGIN", plan->target->name, err));
done:
    return st;
}

static mig_status
raise_broken(const inserter *w, mig_error *err)
{
    return mig_raise(err, MIG_E_INTERNAL, "the rows of table %s are broken", w->plan->target->name);
}

/* A field whose value the target cannot have, or not in this column. */
typedef struct misfit {
    size_t               column;
    const unsigned char *data;
    int32_t              len;
    mig_fault            fault;
} misfit;

static void
tell_way_out(const inserter *w, const misfit *m, mig_error *err)
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
raise_misfit(const inserter *w, const misfit *m, mig_error *err)
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

/*
 * Binds the row at *atp, which moves behind it, as the nth row of the statement.  If a value cannot
 * be stored, *rowp is the row's place in the chunk.
 */
static mig_status
bind_row(const inserter *w, mig_rows *rows, size_t *atp, sqlite3_stmt *stmt, unsigned nth,
         uint64_t *rowp, mig_error *err)
{
    size_t   at = *atp;
    int      parameter = (int)(nth * w->plan->n_columns);
    uint16_t n_fields;

    if (rows->len - at < sizeof n_fields)
        return raise_broken(w, err);
    memcpy(&n_fields, rows->data + at, sizeof n_fields);
    at += sizeof n_fields;
    if (be16toh(n_fields) != w->plan->n_columns)
        return raise_broken(w, err);
    for (size_t i = 0; i < w->plan->n_columns; i++) {
        misfit   m = {.column = i};
        uint32_t wire_len;
        int32_t  len;

        if (rows->len - at < sizeof wire_len)
            return raise_broken(w, err);
        memcpy(&wire_len, rows->data + at, sizeof wire_len);
        at += sizeof wire_len;
        len = (int32_t)be32toh(wire_len);
        if (len < -1 || (len > 0 && (size_t)len > rows->len - at))
            return raise_broken(w, err);
        /* Not left to SQLite: for an INTEGER PRIMARY KEY it would make up a number. */
        if (len < 0 && w->plan->columns[i].target->not_null)
            m.fault.kind = MIG_FAULT_NOT_NULL;
        else
            m.fault.kind = mig__decode(&w->decoders[i], rows->data + at, len, stmt, ++parameter,
                                       rows->n_losses);
        if (m.fault.kind != MIG_FAULT_NONE) {
            *rowp = w->n_rows + nth;
            m.data = rows->data + at;
            m.len = len;
            return raise_misfit(w, &m, err);
        }
        at += len > 0 ? (size_t)len : 0;
    }
    *atp = at;
    return MIG_OK;
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

static mig_status
insert_one(inserter *w, uint64_t *rowp, mig_error *err)
{
    int code = sqlite3_step(w->one);

    if (code == SQLITE_DONE && sqlite3_reset(w->one) == SQLITE_OK) {
        w->n_rows++;
        return MIG_OK;
    }
    if (!is_refusal(code))
        return mig__sqlite_write_fail(w->sink->made, w->plan->target->name, err);
    *rowp = w->n_rows;
    return raise_refusal(w, code, err);
}

/*
 * Which of the rows from `at` on makes the statement end with `code`, or n_many.  Those that are in
 * already end as duplicates, if anything sees to that: not with this code.
 */
static unsigned
find_refused(const inserter *w, mig_rows *rows, size_t at, int code)
{
    for (unsigned r = 0; r < w->n_many; r++) {
        uint64_t row;
        int      ended;

        if (bind_row(w, rows, &at, w->one, 0, &row, NULL) != MIG_OK)
            return w->n_many;
        ended = sqlite3_step(w->one);
        sqlite3_reset(w->one);
        if (ended == code)
            return r;
    }
    return w->n_many;
}

/* The statement for many has failed; `at` is its first row. */
static mig_status
raise_many(const inserter *w, int code, mig_rows *rows, size_t at, uint64_t *rowp, mig_error *err)
{
    mig_status st;
    unsigned   nth;

    if (!is_refusal(code))
        return mig__sqlite_write_fail(w->sink->made, w->plan->target->name, err);
    st = raise_refusal(w, code, err);
    sqlite3_reset(w->many);
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE ||
        code == SQLITE_CONSTRAINT_ROWID)
        nth = (unsigned)sqlite3_changes(w->sink->made); /* the rows before it */
    else
        nth = find_refused(w, rows, at, code);
    if (nth < w->n_many)
        *rowp = w->n_rows + nth;
    return st;
}

/* Inserts the n_many rows from *atp on, which moves behind them. */
static mig_status
insert_many(inserter *w, mig_rows *rows, size_t *atp, uint64_t *rowp, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t     at = *atp;
    int        code;

    if (w->many == NULL)
        MIG_TRY(prepare(w, w->n_many, &w->many, err));
    for (unsigned r = 0; r < w->n_many; r++)
        MIG_TRY(bind_row(w, rows, &at, w->many, r, rowp, err));
    code = sqlite3_step(w->many);
    if (code != SQLITE_DONE || sqlite3_reset(w->many) != SQLITE_OK) {
        st = raise_many(w, code, rows, *atp, rowp, err);
        goto done;
    }
    w->n_rows += w->n_many;
    *atp = at;
done:
    return st;
}

/* The batch goes away; nothing may point into it. */
static void
forget_batch(const inserter *w)
{
    sqlite3_stmt *const stmts[] = {w->one, w->many};

    for (size_t i = 0; i < sizeof stmts / sizeof stmts[0]; i++) {
        if (stmts[i] == NULL)
            continue;
        sqlite3_reset(stmts[i]);
        sqlite3_clear_bindings(stmts[i]);
    }
}

mig_status
mig__insert_write(mig_writer *base, mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    inserter  *w = (inserter *)base;
    mig_status st = MIG_OK;
    uint32_t   n_left = rows->n_rows;
    size_t     at = 0;

    *rowp = UINT64_MAX;
    if (mig_stop_raised(w->stop) || atomic_load(&w->sink->stopped)) {
        st = mig_raise(err, MIG_E_STOPPED, "writing the target was interrupted");
        goto done;
    }
    for (; w->n_many > 0 && n_left >= w->n_many; n_left -= w->n_many)
        MIG_TRY(insert_many(w, rows, &at, rowp, err));
    for (; n_left > 0; n_left--) {
        MIG_TRY(bind_row(w, rows, &at, w->one, 0, rowp, err));
        MIG_TRY(insert_one(w, rowp, err));
    }
    if (at != rows->len)
        st = raise_broken(w, err);
done:
    forget_batch(w);
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
    mig_buf_fini(&((inserter *)base)->made);
    free(base);
}
