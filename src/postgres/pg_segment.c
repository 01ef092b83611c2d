/*
 * pg_segment.c - cutting a table into segments, and which row of one it was.
 *
 * From version 14 on a server scans a range of blocks without reading the
 * rest: ctid_segment.c.  Where it does not, and for partitioned tables, which
 * have a block 0 in each partition, ranges of the key are taken if it is one
 * integer: key_segment.c.  Else a table is one segment.
 *
 * Rows are told by their position, so two scans of a segment must meet them in
 * the same order: blocks by the settings of the connection
 * (mig__pg_source_settings), ranges of a key because they ask for its order.
 *
 * Threads: the source's; the scan's text also by readers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/codec.h"
#include "pg_segment.h"

mig_status
mig__segments_make(mig__segments *out, size_t n, mig_error *err)
{
    out->list = calloc(n, sizeof *out->list);
    if (out->list == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the segments of a table");
    out->n = n;
    for (size_t i = 0; i < n; i++)
        out->list[i].table = out->table;
    return MIG_OK;
}

void
mig__segments_cut(mig__segments *out, size_t i, int64_t key)
{
    out->list[i].has_lower = true;
    out->list[i].lower = key;
    out->list[i - 1].has_upper = true;
    out->list[i - 1].upper = key - 1;
}

const mig_column *
mig__segment_key(const mig__pg_source *source, const mig_table *table)
{
    const mig_column *key = NULL;

    if (table->kind == MIG_TABLE_PLAIN && source->tid_ranges)
        return NULL;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].pk_position == 0)
            continue;
        if (key != NULL || !mig_wire_is_integer(table->columns[i].wire))
            return NULL;
        key = &table->columns[i];
    }
    return key;
}

static bool
is_cut(const mig_segment *segment)
{
    return segment->has_lower || segment->has_upper;
}

mig__pg_scan_way
mig__pg_scan_way_of(const mig__pg_source *source, const mig_table *table,
                    const mig_segment *segment)
{
    if (!is_cut(segment))
        return segment->by != NULL ? MIG__SCAN_KEY_WHOLE : MIG__SCAN_BLOCKS;
    return segment->by != NULL || mig__segment_key(source, table) != NULL ? MIG__SCAN_KEY_RANGE
                                                                          : MIG__SCAN_BLOCKS;
}

/*
 * A whole table is better sorted than fetched row by row through an index whose order is not that
 * of the blocks, also where the server believes its pages to be cached (measured:
 * docs/decisions/0028-pages.md).
 */
const char *
mig__pg_scan_setting(mig__pg_scan_way way)
{
    switch (way) {
    case MIG__SCAN_BLOCKS:
        return "SET enable_indexscan = off";
    case MIG__SCAN_KEY_RANGE:
        return "SET enable_indexscan = on; RESET random_page_cost";
    case MIG__SCAN_KEY_WHOLE:
        return "SET enable_indexscan = on; SET random_page_cost = 40";
    }
    return "";
}

static void
scan_keys(const mig_column *key, const mig_segment *segment, mig_buf *sql)
{
    const char *word = " WHERE ";

    if (segment->has_lower) {
        mig_buf_puts(sql, word);
        mig_buf_identifier(sql, key->name);
        mig_buf_printf(sql, " >= '%" PRId64 "'::pg_catalog.int8", segment->lower);
        word = " AND ";
    }
    if (segment->has_upper) {
        mig_buf_puts(sql, word);
        mig_buf_identifier(sql, key->name);
        mig_buf_printf(sql, " <= '%" PRId64 "'::pg_catalog.int8", segment->upper);
    }
    mig_buf_puts(sql, " ORDER BY ");
    mig_buf_identifier(sql, key->name);
}

static void
scan_blocks(const mig_segment *segment, mig_buf *sql)
{
    if (segment->has_lower)
        mig_buf_printf(sql, " WHERE ctid >= '(%" PRId64 ",0)'::pg_catalog.tid", segment->lower);
    if (segment->has_upper)
        mig_buf_printf(sql, " %s ctid < '(%" PRId64 ",0)'::pg_catalog.tid",
                       segment->has_lower ? "AND" : "WHERE", segment->upper + 1);
}

void
mig__pg_scan(const mig__pg_source *source, const mig_table *table, const mig_segment *segment,
             mig_buf *sql)
{
    mig_buf_puts(sql, " FROM ");
    mig__query_table(sql, source->schemas.name, table);
    if (mig__pg_scan_way_of(source, table, segment) != MIG__SCAN_BLOCKS)
        scan_keys(segment->by != NULL ? segment->by : mig__segment_key(source, table), segment,
                  sql);
    else
        scan_blocks(segment, sql);
}

static mig_status
cut(mig__pg_source *source, const mig_table *table, uint64_t rows_per_segment, mig__segments *out,
    mig_error *err)
{
    mig_status        st = MIG_OK;
    const mig_column *key = mig__segment_key(source, table);

    if (rows_per_segment == 0 || (key == NULL && table->kind != MIG_TABLE_PLAIN) ||
        (key == NULL && !source->tid_ranges))
        return mig__segments_make(out, 1, err);
    MIG_TRY(mig__pg_source_ask(source, err));
    if (key != NULL)
        st = mig__key_split(source, table, key, rows_per_segment, out, err);
    else
        st = mig__ctid_split(source, table, rows_per_segment, out, err);
    mig__pg_source_asked(source);
done:
    return st;
}

mig_status
mig__pg_split(mig_source *base, const mig_table_plan *plan, size_t table, uint64_t n_rows,
              uint64_t rows_per_segment, mig_segment **segmentsp, size_t *n_segmentsp,
              mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = mig__pg_source_of(base);
    mig__segments   segments = {.table = table};

    (void)n_rows; /* the server's pages tell where rows are */
    *segmentsp = NULL;
    *n_segmentsp = 0;
    MIG_TRY(mig__pg_source_may_read(source, plan->source, err));
    st = cut(source, plan->source, rows_per_segment, &segments, err);
    if (st != MIG_OK) {
        mig__pg_source_explain(source, plan->source, st, err);
        free(segments.list);
        goto done;
    }
    *segmentsp = segments.list;
    *n_segmentsp = segments.n;
done:
    return st;
}

/* More columns than that in a primary key are not shown. */
#define MAX_KEY 16

static size_t
key_columns(const mig_table *table, const mig_column *out[MAX_KEY])
{
    size_t n = 0;

    for (int position = 1; position <= MAX_KEY; position++)
        for (size_t i = 0; i < table->n_columns; i++)
            if (table->columns[i].pk_position == position)
                out[n++] = &table->columns[i];
    return n;
}

static bool
is_secret(const mig_table_plan *plan, const mig_column *column)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (plan->columns[i].secret && strcmp(plan->columns[i].source->name, column->name) == 0)
            return true;
    return false;
}

static void
name_row(mig_buf *name, const mig_table_plan *plan, const PGresult *res,
         const mig_column *const *key, size_t n_key)
{
    char excerpt[4 * MIG__MAX_SERVER_TEXT + 16];

    for (size_t i = 0; i < n_key; i++) {
        mig_buf_printf(name, "%s%s = ", i == 0 ? " (" : ", ", key[i]->name);
        if (is_secret(plan, key[i])) {
            mig_buf_puts(name, "(secret)");
            continue;
        }
        mig_text_excerpt(PQgetvalue(res, 0, (int)i), (size_t)PQgetlength(res, 0, (int)i),
                         MIG__MAX_SERVER_TEXT, excerpt, sizeof excerpt);
        mig_buf_puts(name, excerpt);
    }
    mig_buf_puts(name, n_key > 0 ? ")" : "");
}

void
mig__pg_name_position(const mig__pg_source *source, const mig_table *table,
                      const mig_segment *segment, uint64_t nth, mig_buf *name)
{
    bool by_key = mig__pg_scan_way_of(source, table, segment) != MIG__SCAN_BLOCKS;

    mig_buf_printf(name, "row %" PRIu64, nth + 1);
    if (segment->has_lower)
        mig_buf_printf(name, " from %s %" PRId64 " on", by_key ? "key" : "block", segment->lower);
    mig_buf_printf(name, ", counted in the %s", by_key ? "order of its key" : "table's own order");
}

/* Runs the segment's scan again for one row, under the readers' settings. */
static mig_status
read_key(mig__pg_source *source, const char *setting, const mig_buf *sql, uint64_t nth,
         PGresult **resp, mig_error *err)
{
    mig_status  st = MIG_OK;
    char        offset[32];
    const char *params[1] = {offset};

    snprintf(offset, sizeof offset, "%" PRIu64, nth);
    MIG_TRY(mig_buf_check(sql, err));
    MIG_TRY(mig__pg_source_settings(&source->control, err)); /* undone with the savepoint */
    MIG_TRY(mig__query_run(&source->control, "cannot look for a row of the source", setting, err));
    MIG_TRY(mig__query_rows(&source->control, "cannot look for a row of the source",
                            mig_buf_text(sql), 1, params, resp, err));
    if (PQntuples(*resp) != 1)
        st = mig_raise(err, MIG_E_INTERNAL, "there is no such row");
done:
    return st;
}

mig_status
mig__pg_locate(mig_source *base, const mig_table_plan *plan, const mig_segment *segment,
               uint64_t nth, char **textp, mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__pg_source   *source = mig__pg_source_of(base);
    const mig_column *key[MAX_KEY];
    mig__pg_scan_way  way = mig__pg_scan_way_of(source, plan->source, segment);
    size_t            n_key = key_columns(plan->source, key);
    mig_buf           sql = MIG_BUF_INIT, name = MIG_BUF_INIT;
    PGresult         *res = NULL;

    *textp = NULL;
    mig_buf_puts(&sql, "SELECT ");
    for (size_t i = 0; i < n_key; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig_buf_identifier(&sql, key[i]->name);
    }
    mig__pg_scan(source, plan->source, segment, &sql);
    mig_buf_puts(&sql, " LIMIT 1 OFFSET $1::pg_catalog.int8");

    source->control.must_finish = true; /* this comes when all is over, also after an interrupt */
    MIG_TRY(mig__pg_source_ask(source, err));
    st = read_key(source, mig__pg_scan_setting(way), &sql, nth, &res, err);
    mig__pg_source_asked(source);
    if (st != MIG_OK) {
        mig__pg_source_explain(source, plan->source, st, err);
        goto done;
    }
    mig__pg_name_position(source, plan->source, segment, nth, &name);
    name_row(&name, plan, res, key, n_key);
    MIG_TRY(mig_buf_check(&name, err));
    *textp = name.data;
    name.data = NULL;
done:
    source->control.must_finish = false;
    PQclear(res);
    mig_buf_fini(&name);
    mig_buf_fini(&sql);
    return st;
}
