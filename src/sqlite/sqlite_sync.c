/*
 * sqlite_sync.c - a SQLite target made equal to its source.
 *
 * As in a copy, everything happens in a copy of the old file, which takes its
 * place at the end (replace.c): the target is the old file or the finished new one.
 * Rows and keys are staged in temporary tables of that connection, whose columns
 * have no types, so that values stay what they were decoded to until the
 * target's own column takes them.
 *
 * Foreign keys are not looked at until the end and triggers are off; so a row
 * that is to be changed is deleted and inserted again, which lets unique values
 * move between rows.  Where the table has columns that the source has not, and
 * that would be lost, it is updated in place.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "mig/convert.h"
#include "sqlite_sink.h"

static char             mark_name[] = "insert", mark_type[] = "INTEGER";
static const mig_column mark_column = {.name = mark_name, .type = mark_type};

mig_status
mig__sqlite_sync_begin(mig_sink *base, const mig_plan *plan, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;
    mig__decoder      decoder;

    for (size_t t = 0; t < plan->n_tables; t++)
        for (size_t c = 0; c < plan->tables[t].n_columns; c++)
            MIG_TRY(mig__decoder_init(&plan->tables[t], c, &decoder, err));
    MIG_TRY(mig__replace_begin(sink, err));
done:
    return st;
}

/* ---- staging ------------------------------------------------------------------------------- */

static void
add_staged(mig_buf *sql, const mig_sync_table *table, mig_staging what)
{
    mig_buf_printf(sql, "temp.db_migrate_%s_%zu", what == MIG_STAGE_ROWS ? "rows" : "keys",
                   table->index);
}

/* What is staged as a plan of its own: the mark and all columns, or those of the key. */
static mig_status
plan_staged(const mig_sync_table *table, mig_staging what, mig_table_plan *out, mig_error *err)
{
    const bool rows = what == MIG_STAGE_ROWS;

    *out = *table->plan;
    out->n_columns = rows ? table->plan->n_columns + 1 : table->n_key;
    out->columns = calloc(out->n_columns + 1, sizeof *out->columns);
    if (out->columns == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot stage rows");
    for (size_t i = 0; i < out->n_columns; i++) {
        if (!rows)
            out->columns[i] = table->plan->columns[table->key[i]];
        else if (i > 0)
            out->columns[i] = table->plan->columns[i - 1];
        else
            out->columns[i] = (mig_column_plan){.source = &mark_column,
                                                .target = &mark_column,
                                                .wire = MIG_WIRE_BOOL,
                                                .read = MIG_WIRE_BOOL,
                                                .limits = MIG_LIMITS_NONE};
    }
    return MIG_OK;
}

static mig_status
make_table(mig__sqlite_sink *sink, const mig_sync_table *table, mig_staging what, size_t n_columns,
           mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "CREATE TABLE ");
    add_staged(&sql, table, what);
    for (size_t i = 0; i < n_columns; i++)
        mig_buf_printf(&sql, "%sc%zu", i == 0 ? " (" : ", ", i);
    mig_buf_puts(&sql, ")");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__sqlite_write(sink, mig_buf_text(&sql), table->plan->target->name, err));
done:
    mig_buf_fini(&sql);
    return st;
}

static void
forget(mig__sqlite_sink *sink)
{
    sqlite3_finalize(sink->staging);
    mig__feed_close(sink->staging_feed);
    free(sink->staging_plan.columns);
    sink->staging = NULL;
    sink->staging_feed = NULL;
    sink->staging_plan.columns = NULL;
}

mig_status
mig__sqlite_sync_stage(mig_sink *base, mig_sync_table *table, mig_staging what, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    bool             *madep = what == MIG_STAGE_ROWS ? &table->staged_rows : &table->staged_keys;
    const char       *name = table->plan->target->name;
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    bool              utf16;

    forget(sink);
    MIG_TRY(plan_staged(table, what, &sink->staging_plan, err));
    if (!*madep)
        MIG_TRY(make_table(sink, table, what, sink->staging_plan.n_columns, err));
    *madep = true;
    MIG_TRY(mig__sqlite_is_utf16(sink->made, name, &utf16, err));
    MIG_TRY(mig__feed_open(sink->made, &sink->staging_plan, utf16, &sink->staging_feed, err));
    mig_buf_puts(&sql, "INSERT INTO ");
    add_staged(&sql, table, what);
    mig_buf_puts(&sql, " SELECT * FROM " MIG__FEED_SQL);
    MIG_TRY(mig__sqlite_prepare(sink->made, &sql, name, &sink->staging, err));
done:
    mig_buf_fini(&sql);
    return st;
}

static mig_status
raise_misfit(const mig__sqlite_sink *sink, const mig__misfit *m, mig_error *err)
{
    const mig_column_plan *c = &sink->staging_plan.columns[m->column];
    mig_buf                shown = MIG_BUF_INIT;

    mig_field_describe(c->wire, m->data, m->len, c->secret, &shown);
    mig_raise(err, MIG_E_DATA, "cannot store a value in %s.%s", sink->staging_plan.target->name,
              c->target->name);
    mig_error_detail(err, "the source holds %s", mig_buf_text(&shown));
    mig_fault_explain(&m->fault, &(mig_value){.class = MIG_VALUE_NULL}, c->secret, err);
    mig_buf_fini(&shown);
    return MIG_E_DATA;
}

mig_status
mig__sqlite_sync_put(mig_sink *base, const mig_rows *given, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    const char       *name = sink->staging_plan.target->name;
    mig_rows          rows = *given; /* its counts of losses are the copy's own */
    mig__misfit       misfit;
    mig_status        st = MIG_OK;

    if (atomic_load(&sink->stopped))
        return mig_raise(err, MIG_E_STOPPED, "writing the target was interrupted");
    mig__feed_give(sink->staging_feed, &rows);
    if (sqlite3_step(sink->staging) != SQLITE_DONE) {
        switch (mig__feed_refusal(sink->staging_feed, &misfit)) {
        case MIG__FEED_INNOCENT:
            st = mig__sqlite_write_fail(sink->made, name, err);
            break;
        case MIG__FEED_MISFIT:
            st = raise_misfit(sink, &misfit, err);
            break;
        case MIG__FEED_BROKEN:
            st = mig_raise(err, MIG_E_INTERNAL, "the rows of table %s are broken", name);
            break;
        }
    } else if (!mig__feed_is_taken(sink->staging_feed)) {
        st = mig_raise(err, MIG_E_INTERNAL, "the rows of table %s are broken", name);
    }
    sqlite3_reset(sink->staging);
    return st;
}

mig_status
mig__sqlite_sync_staged(mig_sink *base, mig_error *err)
{
    (void)err;
    forget(mig__sqlite_sink_of(base));
    return MIG_OK;
}

void
mig__sqlite_sync_close(mig__sqlite_sink *sink)
{
    forget(sink);
}

/* ---- applying ------------------------------------------------------------------------------ */

/* Whether a row that is deleted and inserted again would lose nothing. */
static bool
has_all_columns(const mig_table_plan *plan)
{
    size_t n = 0;

    for (size_t c = 0; c < plan->target->n_columns; c++)
        n += !plan->target->columns[c].generated;
    return n == plan->n_columns;
}

/* " WHERE (key, ...) IN (SELECT c1, ... FROM staged": the key's columns of what was staged. */
static void
add_where(const mig_sync_table *table, mig_staging what, mig_buf *sql)
{
    for (size_t i = 0; i < table->n_key; i++) {
        mig_buf_puts(sql, i == 0 ? " WHERE (" : ", ");
        mig_buf_identifier(sql, table->plan->columns[table->key[i]].target->name);
    }
    mig_buf_puts(sql, ") IN (SELECT ");
    for (size_t i = 0; i < table->n_key; i++)
        mig_buf_printf(sql, "%sc%zu", i == 0 ? "" : ", ",
                       what == MIG_STAGE_ROWS ? table->key[i] + 1 : i);
    mig_buf_puts(sql, " FROM ");
    add_staged(sql, table, what);
}

static void
add_delete(const mig_sync_table *table, mig_buf *sql)
{
    mig_buf_puts(sql, "DELETE FROM main.");
    mig_buf_identifier(sql, table->plan->target->name);
}

static void
add_insert(const mig_sync_table *table, bool all, mig_buf *sql)
{
    mig_buf_puts(sql, "INSERT OR FAIL INTO main.");
    mig_buf_identifier(sql, table->plan->target->name);
    for (size_t i = 0; i < table->plan->n_columns; i++) {
        mig_buf_puts(sql, i == 0 ? " (" : ", ");
        mig_buf_identifier(sql, table->plan->columns[i].target->name);
    }
    for (size_t i = 0; i < table->plan->n_columns; i++)
        mig_buf_printf(sql, "%sc%zu", i == 0 ? ") SELECT " : ", ", i + 1);
    mig_buf_puts(sql, " FROM ");
    add_staged(sql, table, MIG_STAGE_ROWS);
    mig_buf_puts(sql, all ? ";" : " WHERE c0;");
}

static bool
is_key(const mig_sync_table *table, size_t column)
{
    for (size_t i = 0; i < table->n_key; i++)
        if (table->key[i] == column)
            return true;
    return false;
}

static void
add_update(const mig_sync_table *table, mig_buf *sql)
{
    const char *word = " SET ";

    mig_buf_puts(sql, "UPDATE OR FAIL main.");
    mig_buf_identifier(sql, table->plan->target->name);
    mig_buf_puts(sql, " AS t");
    for (size_t i = 0; i < table->plan->n_columns; i++) {
        if (is_key(table, i))
            continue;
        mig_buf_puts(sql, word);
        mig_buf_identifier(sql, table->plan->columns[i].target->name);
        mig_buf_printf(sql, " = r.c%zu", i + 1);
        word = ", ";
    }
    mig_buf_puts(sql, " FROM ");
    add_staged(sql, table, MIG_STAGE_ROWS);
    mig_buf_puts(sql, " AS r WHERE NOT r.c0");
    for (size_t i = 0; i < table->n_key; i++) {
        mig_buf_puts(sql, " AND t.");
        mig_buf_identifier(sql, table->plan->columns[table->key[i]].target->name);
        mig_buf_printf(sql, " = r.c%zu", table->key[i] + 1);
    }
    mig_buf_puts(sql, ";");
}

static void
add_changes(const mig_sync_table *table, mig_buf *sql)
{
    const bool again = has_all_columns(table->plan);

    if (table->n_deleted > 0) {
        add_delete(table, sql);
        if (table->n_key > 0) {
            add_where(table, MIG_STAGE_KEYS, sql);
            mig_buf_puts(sql, ")");
        }
        mig_buf_puts(sql, ";");
    }
    if (table->n_updated > 0 && again) {
        add_delete(table, sql);
        add_where(table, MIG_STAGE_ROWS, sql);
        mig_buf_puts(sql, " WHERE NOT c0);");
    } else if (table->n_updated > 0) {
        add_update(table, sql);
    }
    if (table->n_inserted > 0 || (table->n_updated > 0 && again))
        add_insert(table, again, sql);
}

mig_status
mig__sqlite_sync_apply(mig_sink *base, const mig_plan *plan, mig_sync_table *tables, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;

    sqlite3_db_config(sink->made, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    MIG_TRY(mig__sqlite_write(sink, "BEGIN", "the new file", err));
    for (size_t t = 0; t < plan->n_tables; t++) {
        mig_buf_clear(&sql);
        add_changes(&tables[t], &sql);
        if (sql.len == 0)
            continue;
        tables[t].exact = false; /* all of it is read back, from a file of our own */
        MIG_TRY(mig_buf_check(&sql, err));
        MIG_TRY(mig__sqlite_write(sink, mig_buf_text(&sql), plan->tables[t].target->name, err));
    }
    MIG_TRY(mig__sqlite_write(sink, "COMMIT", "the new file", err));
done:
    if (st != MIG_OK)
        sink->failed = true;
    mig_buf_fini(&sql);
    return st;
}

/* ---- reading back -------------------------------------------------------------------------- */

#define ROWS_EACH  1000
#define BYTES_EACH ((size_t)256 * 1024)

static mig_status
read_rows(mig_cursor *cursor, mig_sync_read_fn *fn, void *arg, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_rows   rows = {.max_rows = ROWS_EACH};
    mig_fill   fill = MIG_FILL_OUTSIZE;
    size_t     needed = BYTES_EACH;

    while (fill != MIG_FILL_END) {
        if (fill == MIG_FILL_OUTSIZE) {
            unsigned char *data = realloc(rows.data, needed);

            if (data == NULL) {
                st = mig_raise(err, MIG_E_NOMEM, "cannot allocate %zu bytes for one row", needed);
                goto done;
            }
            rows.data = data;
            rows.cap = needed;
        }
        rows.len = rows.n_rows = 0;
        MIG_TRY(cursor->ops->cursor_fill(cursor, &rows, &fill, &needed, err));
        if (rows.n_rows > 0)
            MIG_TRY(fn(arg, &rows, err));
    }
done:
    free(rows.data);
    return st;
}

mig_status
mig__sqlite_sync_read(mig_sink *base, const mig_sync_table *table, bool whole, mig_sync_read_fn *fn,
                      void *arg, mig_error *err)
{
    const mig_segment all = {.table = table->index};
    mig_status        st = MIG_OK;
    mig_source       *source = NULL;
    mig_cursor       *cursor = NULL;

    (void)whole; /* what was changed is never exact here */
    MIG_TRY(base->ops->read_back(base, 1, &source, err));
    MIG_TRY(source->ops->cursor_open(source, 0, table->back, &all, &cursor, err));
    MIG_TRY(read_rows(cursor, fn, arg, err));
done:
    mig_cursor_close(cursor);
    mig_source_close(source);
    return st;
}

mig_status
mig__sqlite_sync_commit(mig_sink *base, const mig_plan *plan, const mig_sync_table *tables,
                        mig_buf *notes, mig_error *err)
{
    for (size_t t = 0; t < plan->n_tables; t++)
        if (tables[t].n_inserted + tables[t].n_updated + tables[t].n_deleted > 0)
            return base->ops->finish(base, plan, notes, err);
    return MIG_OK; /* the old file stays */
}
