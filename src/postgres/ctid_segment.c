/*
 * ctid_segment.c - a table's blocks as its key space.
 *
 * A row version stands in a block (the first half of its ctid) and stays there
 * while our snapshot can see it; what would move it, a rewrite of the table,
 * waits for our lock.  So ranges of blocks hold every row of the snapshot
 * exactly once, whatever others insert, update and delete meanwhile.  The last
 * range is open above.
 *
 * Servers before 14 read the whole table for such a range; other access
 * methods and Citus' distributed tables give ctid other meanings; a
 * partitioned table has a block 0 in each partition: one segment for those.
 *
 * Threads: the source's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/codec.h"
#include "pg_source.h"

#define TID_RANGE_SCAN_SINCE 140000

/* Bytes of a row in a table that was never analyzed. */
#define GUESSED_ROW 100

#define MAX_BLOCKS 4294967294.0

enum { SIZE_BLOCKS, SIZE_BLOCK, SIZE_ROWS, SIZE_ANALYZED, SIZE_CUTTABLE };
static const char size_sql[] =
    "SELECT pg_catalog.pg_relation_size(c.oid)"
    "  / pg_catalog.current_setting('block_size')::pg_catalog.int8,"
    " pg_catalog.current_setting('block_size'), c.reltuples, c.relpages,"
    " m.amname = 'heap'"
    "  AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = 'citus')"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_am m ON m.oid = c.relam"
    " WHERE n.nspname = $1 AND c.relname = $2";

void
mig__pg_scan(const mig__pg_source *source, const mig_table *table, const mig_segment *segment,
             mig_buf *sql)
{
    mig_buf_puts(sql, " FROM ");
    mig__query_table(sql, source->schema, table);
    if (segment->has_lower)
        mig_buf_printf(sql, " WHERE ctid >= '(%" PRId64 ",0)'::pg_catalog.tid", segment->lower);
    if (segment->has_upper)
        mig_buf_printf(sql, " %s ctid < '(%" PRId64 ",0)'::pg_catalog.tid",
                       segment->has_lower ? "AND" : "WHERE", segment->upper + 1);
}

/* Blocks of the table, and how many of them hold about that many rows; 0 blocks: not to be cut. */
static mig_status
measure(mig__pg_source *source, const mig_table *table, uint64_t rows_per_segment,
        uint64_t *n_blocksp, uint64_t *stepp, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *params[2] = {source->schema, table->name};
    double      rows, pages, step;

    *n_blocksp = 0;
    *stepp = 1;
    MIG_TRY(mig__query_rows(&source->control, "cannot ask for the size of a table", size_sql, 2,
                            params, &res, err));
    if (PQntuples(res) != 1 || !mig__query_true(res, 0, SIZE_CUTTABLE))
        goto done;
    *n_blocksp = strtoull(PQgetvalue(res, 0, SIZE_BLOCKS), NULL, 10);
    rows = strtod(PQgetvalue(res, 0, SIZE_ROWS), NULL);
    pages = strtod(PQgetvalue(res, 0, SIZE_ANALYZED), NULL);
    if (rows <= 0 || pages <= 0) {
        rows = strtod(PQgetvalue(res, 0, SIZE_BLOCK), NULL) / GUESSED_ROW;
        pages = 1;
    }
    step = (double)rows_per_segment / rows * pages;
    *stepp = step < 1 ? 1 : step > MAX_BLOCKS ? (uint64_t)MAX_BLOCKS : (uint64_t)step;
done:
    PQclear(res);
    return st;
}

mig_status
mig__pg_split(mig_source *base, const mig_table_plan *plan, size_t table, uint64_t rows_per_segment,
              mig_segment **segmentsp, size_t *n_segmentsp, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = mig__pg_source_of(base);
    mig_segment    *segments = NULL;
    uint64_t        n_blocks = 0, step = 1;
    size_t          n;

    *segmentsp = NULL;
    *n_segmentsp = 0;
    MIG_TRY(mig__pg_source_may_read(source, plan->source, err));
    if (rows_per_segment > 0 && plan->source->kind == MIG_TABLE_PLAIN &&
        PQserverVersion(source->control.conn) >= TID_RANGE_SCAN_SINCE) {
        MIG_TRY(mig__pg_source_ask(source, err));
        st = measure(source, plan->source, rows_per_segment, &n_blocks, &step, err);
        mig__pg_source_asked(source);
        if (st != MIG_OK)
            goto done;
    }
    n = n_blocks <= step ? 1 : (size_t)((n_blocks + step - 1) / step);
    segments = calloc(n, sizeof *segments);
    if (segments == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot cut the table %s", plan->source->name);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        segments[i] = (mig_segment){.table = table,
                                    .has_lower = i > 0,
                                    .has_upper = i + 1 < n,
                                    .lower = i > 0 ? (int64_t)(i * step) : 0,
                                    .upper = i + 1 < n ? (int64_t)((i + 1) * step - 1) : 0};
    *segmentsp = segments;
    *n_segmentsp = n;
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

/* Runs the segment's scan again for one row, under the readers' settings. */
static mig_status
read_key(mig__pg_source *source, const mig_buf *sql, uint64_t nth, PGresult **resp, mig_error *err)
{
    mig_status  st = MIG_OK;
    char        offset[32];
    const char *params[1] = {offset};

    snprintf(offset, sizeof offset, "%" PRIu64, nth);
    MIG_TRY(mig_buf_check(sql, err));
    MIG_TRY(mig__pg_source_settings(&source->control, err)); /* undone with the savepoint */
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
    st = read_key(source, &sql, nth, &res, err);
    mig__pg_source_asked(source);
    if (st != MIG_OK) {
        mig__pg_source_explain(source, plan->source, st, err);
        goto done;
    }
    mig_buf_printf(&name, "row %" PRIu64, nth + 1);
    if (segment->has_lower)
        mig_buf_printf(&name, " from block %" PRId64 " on", segment->lower);
    mig_buf_puts(&name, ", counted in the table's own order");
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
