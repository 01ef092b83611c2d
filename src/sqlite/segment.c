/*
 * segment.c - cutting a table into ranges, and scanning one of them.
 *
 * Rowids may be negative, sparse and up to 2^63-1, so cutting their range by
 * width could put all rows into one segment.  Where most of them are taken it
 * cannot: there the range is cut, which reads two rows.  Else boundaries are
 * rowids of rows: the walk steps over rows_per_segment entries of the table's
 * tree at a time and looks which rowid comes next, through all of the table.
 *
 * The scan must read the table itself.  Left to itself SQLite walks a covering
 * index where one has all wanted columns, which gives another order and, if
 * that index is damaged, other rows:
 *
 *   rowid tables     NOT INDEXED ... ORDER BY rowid, which is the tree's order
 *   WITHOUT ROWID    INDEXED BY the primary key, which is the table; ORDER BY
 *                    would sort where a column of the key is descending
 *
 * Threads: whichever calls; one per connection.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "sqlite_source.h"

/* Appends the name of the index that is a WITHOUT ROWID table, if there is one. */
static mig_status
add_primary_key(sqlite3 *db, const mig_table *table, mig_buf *sql, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       question = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    mig_buf_puts(&question, "SELECT name FROM pragma_index_list(");
    mig_buf_literal(&question, table->name);
    mig_buf_puts(&question, ", 'main') WHERE origin = 'pk'");
    MIG_TRY(mig__sqlite_prepare(db, &question, table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
    if (row) {
        mig_buf_puts(sql, " INDEXED BY ");
        mig_buf_identifier(sql, (const char *)sqlite3_column_text(stmt, 0));
    } else {
        mig_buf_puts(sql, " NOT INDEXED");
    }
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&question);
    return st;
}

/* Its index finds them; SQLite has each row once there. */
static void
add_range(const mig_segment *segment, mig_buf *sql)
{
    mig_buf_puts(sql, " WHERE ");
    mig_buf_identifier(sql, segment->by->name);
    mig_buf_printf(sql, " BETWEEN %" PRId64 " AND %" PRId64, segment->lower, segment->upper);
}

mig_status
mig__sqlite_scan_where(sqlite3 *db, const mig_table *table, const mig_segment *segment,
                       const char *condition, mig_buf *sql, mig_error *err)
{
    const char *key = table->kind == MIG_TABLE_PLAIN ? table->rowid_name : NULL;
    const char *word = " WHERE ";
    mig_status  st = MIG_OK;

    mig_buf_puts(sql, " FROM main.");
    mig_buf_identifier(sql, table->name);
    if (segment != NULL && segment->by != NULL) {
        add_range(segment, sql);
        return mig_buf_check(sql, err);
    }
    if (table->kind == MIG_TABLE_PLAIN && key == NULL)
        MIG_TRY(add_primary_key(db, table, sql, err));
    if (key != NULL)
        mig_buf_puts(sql, " NOT INDEXED");
    if (key != NULL && segment != NULL && segment->has_lower) {
        mig_buf_printf(sql, "%s%s >= %" PRId64, word, key, segment->lower);
        word = " AND ";
    }
    if (key != NULL && segment != NULL && segment->has_upper) {
        mig_buf_printf(sql, "%s%s <= %" PRId64, word, key, segment->upper);
        word = " AND ";
    }
    if (condition != NULL)
        mig_buf_printf(sql, "%s%s", word, condition);
    if (key != NULL)
        mig_buf_printf(sql, " ORDER BY %s", key);
    MIG_TRY(mig_buf_check(sql, err));
done:
    return st;
}

mig_status
mig__sqlite_scan(sqlite3 *db, const mig_table *table, const mig_segment *segment, mig_buf *sql,
                 mig_error *err)
{
    return mig__sqlite_scan_where(db, table, segment, NULL, sql, err);
}

/* The list of a table's segments while it grows. */
typedef struct segments {
    mig_segment *list;
    size_t       n, cap;
} segments;

static mig_status
add_segment(segments *to, mig_segment segment, mig_error *err)
{
    if (to->n == to->cap) {
        size_t       cap = to->cap == 0 ? 16 : to->cap * 2;
        mig_segment *list = reallocarray(to->list, cap, sizeof *list);

        if (list == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate the segments of a table");
        to->list = list;
        to->cap = cap;
    }
    to->list[to->n++] = segment;
    return MIG_OK;
}

/* The walk: ?1 is the first key of the segment, ?2 how many rows it has; the key behind it. */
static mig_status
prepare_walk(sqlite3 *db, const mig_table *table, sqlite3_stmt **stmtp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_printf(&sql, "SELECT %s FROM main.", table->rowid_name);
    mig_buf_identifier(&sql, table->name);
    mig_buf_printf(&sql, " NOT INDEXED WHERE %s >= ?1 ORDER BY %s LIMIT 1 OFFSET ?2",
                   table->rowid_name, table->rowid_name);
    st = mig__sqlite_prepare(db, &sql, table->name, stmtp, err);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
walk(mig__sqlite_source *source, const mig_table *table, mig_segment whole,
     uint64_t rows_per_segment, segments *to, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    mig_segment   segment = whole;
    int64_t       first = INT64_MIN;
    bool          more;

    MIG_TRY(prepare_walk(source->questions, table, &stmt, err));
    for (;;) {
        sqlite3_bind_int64(stmt, 1, first);
        sqlite3_bind_int64(stmt, 2, (int64_t)rows_per_segment);
        MIG_TRY(mig__sqlite_step(stmt, table->name, &more, err));
        if (!more)
            break;
        /* Not the smallest key there is: at least one row stands before it. */
        first = sqlite3_column_int64(stmt, 0);
        sqlite3_reset(stmt);
        segment.has_upper = true;
        segment.upper = first - 1;
        MIG_TRY(add_segment(to, segment, err));
        segment.has_lower = true;
        segment.lower = first;
    }
    segment.has_upper = false;
    segment.upper = 0;
    MIG_TRY(add_segment(to, segment, err));
done:
    sqlite3_finalize(stmt);
    return st;
}

/* Not more than so many keys a row, and ranges of rows_per_segment keys will do: no range has more
 * rows, and there are so many times as many ranges at the most. */
#define KEYS_PER_ROW 4

static mig_status
cut_range(mig__sqlite_source *source, const mig_table *table, mig_segment whole, uint64_t n_rows,
          uint64_t rows_per_segment, segments *to, bool *cutp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT, name = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    mig_segment   segment = whole;
    uint64_t      first, n_keys;
    bool          row;

    *cutp = false;
    mig_buf_identifier(&name, table->name);
    mig_buf_printf(&sql,
                   "SELECT (SELECT min(%s) FROM main.%s NOT INDEXED),"
                   " (SELECT max(%s) FROM main.%s NOT INDEXED)",
                   table->rowid_name, mig_buf_text(&name), table->rowid_name, mig_buf_text(&name));
    MIG_TRY(mig__sqlite_prepare(source->questions, &sql, table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
    first = (uint64_t)sqlite3_column_int64(stmt, 0);
    n_keys = (uint64_t)sqlite3_column_int64(stmt, 1) - first + 1; /* 0: all there are */
    if (n_keys == 0 || n_keys / KEYS_PER_ROW > n_rows)
        goto done;
    for (uint64_t at = rows_per_segment; at < n_keys; at += rows_per_segment) {
        segment.has_upper = true;
        segment.upper = (int64_t)(first + at - 1);
        MIG_TRY(add_segment(to, segment, err));
        segment.has_lower = true;
        segment.lower = (int64_t)(first + at);
        if (rows_per_segment > UINT64_MAX - at)
            break;
    }
    segment.has_upper = false;
    segment.upper = 0;
    MIG_TRY(add_segment(to, segment, err));
    *cutp = true;
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&name);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sqlite_split(mig_source *base, const mig_table_plan *plan, size_t table, uint64_t n_rows,
                  uint64_t rows_per_segment, mig_segment **segmentsp, size_t *n_segmentsp,
                  mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    segments            all = {NULL, 0, 0};
    mig_segment         whole = {.table = table};
    bool                cut = false;

    *segmentsp = NULL;
    *n_segmentsp = 0;
    MIG_TRY(mig__sqlite_check(source, source->questions, err));
    if (plan->source->rowid_name == NULL || rows_per_segment == 0 || rows_per_segment > INT64_MAX) {
        MIG_TRY(add_segment(&all, whole, err));
        cut = true;
    }
    if (!cut && n_rows > 0)
        MIG_TRY(cut_range(source, plan->source, whole, n_rows, rows_per_segment, &all, &cut, err));
    if (!cut)
        MIG_TRY(walk(source, plan->source, whole, rows_per_segment, &all, err));
    *segmentsp = all.list;
    *n_segmentsp = all.n;
    all.list = NULL;
done:
    free(all.list);
    return st;
}
