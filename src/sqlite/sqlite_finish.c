/*
 * sqlite_finish.c - the end of a run into a SQLite target: indexes and triggers
 * are put back, the new file is checked and takes the place of the old one.
 *
 * SQLite raises sqlite_sequence with every rowid inserted into an AUTOINCREMENT
 * table; what the source had given out beyond its rows is added here.
 *
 * Threads: as sink.h tells.
 */
#include <inttypes.h>
#include <string.h>

#include "sqlite_sink.h"

/*
 * Without the findings about NULL: SQLite (3.40 among others) takes the columns of a WITHOUT ROWID
 * table in the wrong order when it looks for them, and makes them up, one for each row.  An INSERT
 * sees to NOT NULL by itself.
 */
static const char quick_check[] = "SELECT quick_check FROM pragma_quick_check(2147483647)"
                                  " WHERE quick_check <> 'ok'"
                                  " AND quick_check NOT LIKE 'NULL value in %' LIMIT 10";

/* Raises `st` with what the check says is wrong, up to ten lines; MIG_OK if it finds nothing. */
static mig_status
look_for_damage(mig__sqlite_sink *sink, const char *question, mig_status found, const char *message,
                mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row, any = false;

    mig_buf_puts(&sql, question);
    MIG_TRY(mig__sqlite_prepare(sink->made, &sql, "the new file", &stmt, err));
    for (;;) {
        MIG_TRY(mig__sqlite_step(stmt, "the new file", &row, err));
        if (!row)
            break;
        if (!any)
            mig_raise(err, found, "%s", message);
        any = true;
        mig_error_detail(err, "%s", (const char *)sqlite3_column_text(stmt, 0));
    }
    st = any ? found : MIG_OK;
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/*
 * The column that is another name of the rowid, if rows without a value in it get one that no row
 * ever had; else NULL.
 */
static const mig_column_plan *
autoincrement_of(mig__sqlite_sink *sink, const mig_table_plan *table)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        const mig_column *column = table->columns[c].target;
        int               autoincrement = 0;

        if (column->pk_position == 1 &&
            sqlite3_table_column_metadata(sink->made, "main", table->target->name, column->name,
                                          NULL, NULL, NULL, NULL, &autoincrement) == SQLITE_OK &&
            autoincrement)
            return &table->columns[c];
    }
    return NULL;
}

/*
 * The table goes on behind its rows and behind what the source had given out.  What the rows that
 * were erased had counted is forgotten with them.
 */
static mig_status
set_counter(mig__sqlite_sink *sink, const mig_table_plan *table, mig_buf *notes, mig_error *err)
{
    const mig_column_plan *id = autoincrement_of(sink, table);
    const char            *name = table->target->name;
    mig_status             st = MIG_OK;
    mig_buf                sql = MIG_BUF_INIT;
    sqlite3_stmt          *stmt = NULL;
    bool                   row;

    if (id == NULL)
        goto done;
    mig_buf_puts(&sql, "DELETE FROM main.sqlite_sequence WHERE name = ");
    mig_buf_literal(&sql, name);
    mig_buf_puts(&sql, "; INSERT INTO main.sqlite_sequence (name, seq) SELECT ");
    mig_buf_literal(&sql, name);
    mig_buf_puts(&sql, ", max(coalesce(max(");
    mig_buf_identifier(&sql, id->target->name);
    mig_buf_printf(&sql, "), 0), %" PRId64 ") AS n FROM main.",
                   id->source->has_counter ? id->source->counter : 0);
    mig_buf_identifier(&sql, name);
    mig_buf_puts(&sql, " HAVING n > 0");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__sqlite_write(sink, mig_buf_text(&sql), "sqlite_sequence", err));

    mig_buf_clear(&sql);
    mig_buf_printf(&sql, "SELECT 1 FROM main.sqlite_sequence WHERE name = ?1 AND seq = %" PRId64,
                   INT64_MAX);
    MIG_TRY(mig__sqlite_prepare(sink->made, &sql, name, &stmt, err));
    if (sqlite3_bind_text(stmt, 1, name, -1, SQLITE_TRANSIENT) != SQLITE_OK) {
        st = mig__sqlite_write_fail(sink->made, name, err);
        goto done;
    }
    MIG_TRY(mig__sqlite_step(stmt, name, &row, err));
    if (row)
        mig_buf_printf(notes,
                       "%s.%s has no value left: rows that are to get one from AUTOINCREMENT will "
                       "be refused\n",
                       name, id->target->name);
    MIG_TRY(mig_buf_check(notes, err));
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/*
 * A clone is the source as it is.  Rows that break its own rules (orphans, checks) are copied with
 * it: that they stand there is the source's business, and nothing of a copy's.  So is damage, where
 * the pages are known to be the source's.
 */
static mig_status
finish_clone(mig__sqlite_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;

    if (sink->has_source_pages)
        goto exchange;
    MIG_TRY(mig__sqlite_write(sink, "PRAGMA ignore_check_constraints = ON", "the new file", err));
    st = look_for_damage(sink, quick_check, MIG_E_DATABASE, "the copy is damaged", err);
    if (st == MIG_E_DATABASE)
        mig_error_hint(err, "its pages are the source's: see what PRAGMA integrity_check says "
                            "there; sqlite3's .recover saves what can be read");
    MIG_TRY(st);
exchange:
    MIG_TRY(mig__replace_exchange(sink, err));
done:
    return st;
}

static mig_status
put_deferred_back(mig__sqlite_sink *sink, mig_error *err)
{
    const char *sql = mig_buf_text(&sink->deferred);
    const char *end = sql + sink->deferred.len;
    mig_status  st = MIG_OK;

    for (; st == MIG_OK && sql < end; sql += strlen(sql) + 1)
        st = mig__sqlite_write(sink, sql, "indexes and triggers", err);
    if (st == MIG_E_DATA)
        mig__duplicate_tell(sink, err);
    return st;
}

mig_status
mig__sqlite_finish(mig_sink *base, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;

    if (sink->failed || sink->made == NULL) {
        st = mig_raise(err, MIG_E_INTERNAL, "the new file is not complete");
        goto done;
    }
    if (sink->is_clone) {
        MIG_TRY(finish_clone(sink, err));
        goto done;
    }
    MIG_TRY(mig__sqlite_write(sink, "BEGIN", "the new file", err));
    MIG_TRY(put_deferred_back(sink, err));
    for (size_t t = 0; t < plan->n_tables; t++)
        MIG_TRY(set_counter(sink, &plan->tables[t], notes, err));
    MIG_TRY(mig__sqlite_write(sink, "COMMIT", "the new file", err));
    MIG_TRY(look_for_damage(sink, quick_check, MIG_E_DATABASE, "the new file is damaged", err));
    MIG_TRY(look_for_damage(sink,
                            "SELECT format('%s: rowid %s refers to a row of %s that is not there',"
                            " \"table\", coalesce(\"rowid\", '?'), parent)"
                            " FROM pragma_foreign_key_check LIMIT 10",
                            MIG_E_DATA, "foreign keys are violated", err));
    MIG_TRY(mig__replace_exchange(sink, err));
done:
    if (st != MIG_OK)
        sink->failed = true;
    return st;
}
