/*
 * duplicate.c - which rows a unique index cannot tell apart.
 *
 * Unique indexes are made after the rows, and then SQLite names the columns of
 * the first duplicate but not its row.  So while an index still stands, a
 * question is noted that finds duplicates without it; all are asked when making
 * them has failed.  Indexes on expressions, or on part of the rows, get none.
 *
 * Threads: the one that has the sink.
 */
#include <string.h>

#include "sqlite_sink.h"

/* Characters of a value that are shown. */
#define SHOWN "60"

static bool
is_secret(const mig_table_plan *table, const char *column)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].target->name, column) == 0)
            return table->columns[i].secret;
    return false;
}

/* The three parts of the question that name the index's columns. */
typedef struct probe {
    mig_buf shown, known, group;
    bool    possible;
} probe;

static void
add_column(probe *p, const mig_table_plan *table, const char *column, const char *collation)
{
    const char *comma = p->group.len > 0 ? ", " : "";

    mig_buf_printf(&p->shown, " || '%s' || ", p->group.len > 0 ? ", " : " both have ");
    mig_buf_literal(&p->shown, column);
    if (!is_secret(table, column)) {
        mig_buf_puts(&p->shown, " || ' = ' || substr(quote(min(");
        mig_buf_identifier(&p->shown, column);
        mig_buf_puts(&p->shown, ")), 1, " SHOWN ")");
    }
    mig_buf_puts(&p->known, p->group.len > 0 ? " AND " : " WHERE ");
    mig_buf_identifier(&p->known, column);
    mig_buf_puts(&p->known, " IS NOT NULL"); /* NULLs are never duplicates */
    mig_buf_puts(&p->group, comma);
    mig_buf_identifier(&p->group, column);
    mig_buf_puts(&p->group, " COLLATE ");
    mig_buf_identifier(&p->group, collation);
}

static mig_status
look_at_columns(mig__sqlite_sink *sink, const mig_table_plan *table, const char *index, probe *p,
                mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    mig_buf_puts(&sql, "SELECT x.name, x.coll FROM pragma_index_list(");
    mig_buf_literal(&sql, table->target->name);
    mig_buf_puts(&sql, ", 'main') AS i, pragma_index_xinfo(i.name, 'main') AS x"
                       " WHERE i.\"unique\" AND NOT i.partial AND x.key AND i.name = ");
    mig_buf_literal(&sql, index);
    mig_buf_puts(&sql, " ORDER BY x.seqno");
    MIG_TRY(mig__sqlite_prepare(sink->made, &sql, index, &stmt, err));
    p->possible = table->target->rowid_name != NULL;
    for (;;) {
        MIG_TRY(mig__sqlite_step(stmt, index, &row, err));
        if (!row)
            break;
        if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
            p->possible = false;
        else
            add_column(p, table, (const char *)sqlite3_column_text(stmt, 0),
                       (const char *)sqlite3_column_text(stmt, 1));
    }
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__duplicate_note(mig__sqlite_sink *sink, const mig_table_plan *table, const char *index,
                    mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf    *out = &sink->probes;
    const char *rowid = table->target->rowid_name;
    probe       p = {MIG_BUF_INIT, MIG_BUF_INIT, MIG_BUF_INIT, false};

    MIG_TRY(look_at_columns(sink, table, index, &p, err));
    if (!p.possible || p.group.len == 0)
        goto done;
    mig_buf_puts(out, "SELECT ");
    mig_buf_literal(out, table->target->name);
    mig_buf_printf(out, " || ': rowid ' || min(%s) || ' and rowid ' || max(%s)%s FROM main.", rowid,
                   rowid, mig_buf_text(&p.shown));
    mig_buf_identifier(out, table->target->name);
    mig_buf_printf(out, " NOT INDEXED%s GROUP BY %s HAVING count(*) > 1 LIMIT 1",
                   mig_buf_text(&p.known), mig_buf_text(&p.group));
    mig_buf_add(out, "", 1);
    MIG_TRY(mig_buf_check(&p.shown, err));
    MIG_TRY(mig_buf_check(&p.known, err));
    MIG_TRY(mig_buf_check(&p.group, err));
    MIG_TRY(mig_buf_check(out, err));
done:
    mig_buf_fini(&p.shown);
    mig_buf_fini(&p.known);
    mig_buf_fini(&p.group);
    return st;
}

void
mig__duplicate_tell(mig__sqlite_sink *sink, mig_error *err)
{
    bool told = false;

    for (size_t at = 0; at < sink->probes.len && !told; at += strlen(sink->probes.data + at) + 1) {
        sqlite3_stmt *stmt = NULL;

        if (sqlite3_prepare_v2(sink->made, sink->probes.data + at, -1, &stmt, NULL) == SQLITE_OK &&
            sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL) {
            mig_error_detail(err, "%s", (const char *)sqlite3_column_text(stmt, 0));
            told = true;
        }
        sqlite3_finalize(stmt);
    }
}
