/*
 * pg_sync_stage.c - rows and keys on their way to be applied.
 *
 * They stand in temporary tables, which have the columns of the target's tables
 * with their types and nothing else, and go with the transaction.  So the server
 * compares and writes values of one type, and the statements that apply them are
 * the same for all tables.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "copy_error.h"
#include "mig/copy_text.h"
#include "pg_sink.h"
#include "pg_source.h"

/* PostgreSQL manual, COPY, "Binary Format": signature, flags, length of the header's extension. */
static const char copy_header[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
static const char copy_trailer[2] = "\377\377";

mig_status
mig__sync_begin(mig__pg_sink *sink, const mig_plan *plan, const mig_table *const *tables,
                mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    names = MIG_BUF_INIT;
    bool       locked = false;

    mig__query_array(&names, tables, plan->n_tables);
    MIG_TRY(mig_buf_check(&names, err));
    MIG_TRY(mig__sink_claim(sink, err));
    MIG_TRY(mig__query_run(&sink->control, "cannot begin a transaction",
                           "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", err));
    if (plan->n_tables > 0)
        MIG_TRY(mig__sink_lock(sink, tables, plan->n_tables, "SHARE ROW EXCLUSIVE", &locked, err));
done:
    if (st != MIG_OK)
        mig__query_rollback(&sink->control);
    if (locked)
        st = mig__sink_locked(sink, sink->schema, mig_buf_text(&names), MIG__LOCK_TIMEOUT, err);
    mig_buf_fini(&names);
    return st;
}

static void
add_name(mig_buf *sql, const mig_sync_table *table, mig_staging what)
{
    mig_buf_printf(sql, "\"%s%zu\"",
                   what == MIG_STAGE_ROWS ? MIG__SYNC_ROWS_TABLE : MIG__SYNC_KEYS_TABLE,
                   table->index);
}

static mig_status
make_table(mig__pg_sink *sink, const mig_sync_table *table, mig_staging what, mig_error *err)
{
    const mig_column_plan *columns = table->plan->columns;
    mig_status             st;
    mig_buf                sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "CREATE TEMP TABLE ");
    add_name(&sql, table, what);
    mig_buf_puts(&sql, " ON COMMIT DROP AS SELECT ");
    if (what == MIG_STAGE_ROWS)
        mig_buf_puts(&sql, "true AS \"" MIG__SYNC_MARK "\"");
    for (size_t i = 0; what == MIG_STAGE_ROWS && i < table->plan->n_columns; i++) {
        mig_buf_puts(&sql, ", ");
        mig_buf_identifier(&sql, columns[i].target->name);
    }
    for (size_t i = 0; what == MIG_STAGE_KEYS && i < table->n_key; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig_buf_identifier(&sql, columns[table->key[i]].target->name);
    }
    mig_buf_puts(&sql, " FROM ");
    mig__query_table(&sql, sink->schema, table->plan->target);
    mig_buf_puts(&sql, " WITH NO DATA");
    st = mig__query_run_buf(&sink->control, "cannot make a temporary table", &sql, err);
    mig_buf_fini(&sql);
    return st;
}

/* The types of the fields, where they have to go as text. */
static mig_status
choose_format(mig__staging *staging, const mig_sync_table *table, mig_staging what, mig_error *err)
{
    const mig_column_plan *columns = table->plan->columns;
    const bool             rows = what == MIG_STAGE_ROWS;

    free(staging->types);
    staging->types = NULL;
    staging->n_types = rows ? table->plan->n_columns + 1 : table->n_key;
    if (!mig__copy_is_text(table->plan))
        return MIG_OK;
    staging->types = calloc(staging->n_types, sizeof *staging->types);
    if (staging->types == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot stage rows");
    for (size_t i = 0; i < staging->n_types; i++)
        staging->types[i] = !rows   ? columns[table->key[i]].wire
                            : i > 0 ? columns[i - 1].wire
                                    : MIG_WIRE_BOOL;
    return MIG_OK;
}

/* Raises what the server answered, or libpq. */
static mig_status
fail(mig__pg_sink *sink, const PGresult *res, mig_error *err)
{
    sink->staging.open = false;
    return mig__query_raise(&sink->control, res, err, "cannot stage rows of %s",
                            sink->staging.name);
}

static mig_status
put(mig__pg_sink *sink, const void *data, size_t len, mig_error *err)
{
    if (PQputCopyData(sink->control.conn, data, (int)len) == 1)
        return MIG_OK;
    return fail(sink, NULL, err);
}

mig_status
mig__sync_stage(mig__pg_sink *sink, mig_sync_table *table, mig_staging what, mig_error *err)
{
    mig__staging *staging = &sink->staging;
    bool         *madep = what == MIG_STAGE_ROWS ? &table->staged_rows : &table->staged_keys;
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    PGresult     *res = NULL;

    if (!*madep)
        MIG_TRY(make_table(sink, table, what, err));
    *madep = true;
    staging->name = table->plan->target->name;
    staging->n_rows = 0;
    MIG_TRY(choose_format(staging, table, what, err));
    if (staging->types != NULL)
        MIG_TRY(mig__query_run(&sink->control, "cannot stage rows", "SET LOCAL lc_monetary = 'C'",
                               err));
    mig_buf_puts(&sql, "COPY pg_temp.");
    add_name(&sql, table, what);
    mig_buf_puts(&sql, staging->types != NULL ? " FROM STDIN (FORMAT text, ENCODING 'UTF8')"
                                              : " FROM STDIN (FORMAT binary)");
    MIG_TRY(mig_buf_check(&sql, err));
    res = PQexec(sink->control.conn, mig_buf_text(&sql));
    if (PQresultStatus(res) != PGRES_COPY_IN) {
        st = fail(sink, res, err);
        goto done;
    }
    staging->open = true;
    if (staging->types == NULL)
        MIG_TRY(put(sink, copy_header, sizeof copy_header, err));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sync_put(mig__pg_sink *sink, const mig_rows *rows, mig_error *err)
{
    mig__staging *staging = &sink->staging;
    mig_status    st = MIG_OK;
    size_t        at = 0;

    if (mig__session_interrupted(&sink->control))
        return mig_raise(err, MIG_E_STOPPED, "stopped");
    staging->n_rows += rows->n_rows;
    if (staging->types == NULL)
        return put(sink, rows->data, rows->len, err);
    mig_buf_clear(&staging->lines);
    while (at < rows->len)
        if (!mig_copy_text_row(staging->types, staging->n_types, rows->data, rows->len, &at,
                               &staging->lines))
            return mig_raise(err, MIG_E_INTERNAL, "%s: a row has other fields than were planned",
                             staging->name);
    MIG_TRY(mig_buf_check(&staging->lines, err));
    MIG_TRY(put(sink, staging->lines.data, staging->lines.len, err));
done:
    return st;
}

mig_status
mig__sync_staged(mig__pg_sink *sink, mig_error *err)
{
    mig__staging *staging = &sink->staging;
    PGconn       *conn = sink->control.conn;
    mig_status    st = MIG_OK;
    PGresult     *res = NULL, *next;

    if (staging->types == NULL)
        MIG_TRY(put(sink, copy_trailer, sizeof copy_trailer, err));
    if (PQputCopyEnd(conn, NULL) != 1) {
        st = fail(sink, NULL, err);
        goto done;
    }
    staging->open = false;
    res = PQgetResult(conn);
    while (res != NULL && (next = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(res) == PGRES_FATAL_ERROR) {
            PQclear(next);
            continue;
        }
        PQclear(res);
        res = next;
    }
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        st = fail(sink, res, err);
    else if (strtoull(PQcmdTuples(res), NULL, 10) != staging->n_rows)
        st = mig_raise(err, MIG_E_INTERNAL, "%s: %llu rows were staged, the target counted %s",
                       staging->name, (unsigned long long)staging->n_rows, PQcmdTuples(res));
done:
    PQclear(res);
    return st;
}

void
mig__sync_join(const mig_sync_table *table, const char *with, mig_buf *sql)
{
    for (size_t i = 0; i < table->n_key; i++) {
        const char *name = table->plan->columns[table->key[i]].target->name;

        mig_buf_printf(sql, "%s%s.", i == 0 ? " WHERE " : " AND ", with);
        mig_buf_identifier(sql, name);
        mig_buf_puts(sql, " = t.");
        mig_buf_identifier(sql, name);
    }
}

/* ---- reading back -------------------------------------------------------------------------- */

/* All columns in the form in which they were written; the rows that were staged, or all. */
static void
add_select(const mig__pg_sink *sink, const mig_sync_table *table, bool whole, mig_buf *sql)
{
    mig_buf_puts(sql, "COPY (SELECT ");
    for (size_t i = 0; i < table->back->n_columns; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : "");
        mig__pg_select(sql, &table->back->columns[i]);
    }
    mig_buf_puts(sql, " FROM ");
    mig__query_table(sql, sink->schema, table->plan->target);
    mig_buf_puts(sql, " AS t");
    if (!whole && table->staged_rows) {
        mig_buf_puts(sql, " WHERE EXISTS (SELECT FROM pg_temp.");
        add_name(sql, table, MIG_STAGE_ROWS);
        mig_buf_puts(sql, " AS w");
        mig__sync_join(table, "w", sql);
        mig_buf_puts(sql, ")");
    } else if (!whole) {
        mig_buf_puts(sql, " WHERE false");
    }
    mig_buf_puts(sql, ") TO STDOUT (FORMAT binary)");
}

/* What a message of the COPY holds goes to fn: it is a row, behind the header, or the trailer. */
static mig_status
hand_on(char *message, size_t len, bool *headerp, mig_sync_read_fn *fn, void *arg, mig_error *err)
{
    size_t   at = 0;
    mig_rows rows = {0};

    if (*headerp)
        at = sizeof copy_header;
    *headerp = false;
    if (len < at || memcmp(message, copy_header, at) != 0)
        return mig_raise(err, MIG_E_INTERNAL, "the server's COPY does not begin with its header");
    if (len == at || (len - at == sizeof copy_trailer &&
                      memcmp(message + at, copy_trailer, sizeof copy_trailer) == 0))
        return MIG_OK;
    rows = (mig_rows){.data = (unsigned char *)message + at,
                      .len = len - at,
                      .cap = len - at,
                      .n_rows = 1,
                      .max_rows = 1};
    return fn(arg, &rows, err);
}

/* Fetches what there is to the end, so that the connection can be used again. */
static mig_status
read_messages(mig__pg_sink *sink, mig_sync_read_fn *fn, void *arg, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       header = true;
    char      *message = NULL;
    PGresult  *res;
    int        len;

    while ((len = PQgetCopyData(sink->control.conn, &message, 0)) > 0) {
        if (st == MIG_OK)
            st = hand_on(message, (size_t)len, &header, fn, arg, err);
        PQfreemem(message);
    }
    while ((res = PQgetResult(sink->control.conn)) != NULL) {
        if (st == MIG_OK && PQresultStatus(res) != PGRES_COMMAND_OK)
            st = mig__query_raise(&sink->control, res, err, "cannot read the target back");
        PQclear(res);
    }
    return st;
}

mig_status
mig__sync_read(mig__pg_sink *sink, const mig_sync_table *table, bool whole, mig_sync_read_fn *fn,
               void *arg, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    if (mig__session_interrupted(&sink->control))
        return mig_raise(err, MIG_E_STOPPED, "stopped");
    add_select(sink, table, whole, &sql);
    MIG_TRY(mig_buf_check(&sql, err));
    res = PQexec(sink->control.conn, mig_buf_text(&sql));
    if (PQresultStatus(res) != PGRES_COPY_OUT) {
        st = mig__query_raise(&sink->control, res, err, "cannot read the target back");
        goto done;
    }
    MIG_TRY(read_messages(sink, fn, arg, err));
done:
    if (st != MIG_OK)
        mig_error_context(err, "%s", table->plan->target->name);
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}
