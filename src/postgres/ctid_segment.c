/*
 * ctid_segment.c - a table's blocks as its key space.
 *
 * A row version stands in a block (the first half of its ctid) and stays there
 * while our snapshot can see it; what would move it, a rewrite of the table,
 * waits for our lock.  So ranges of blocks hold every row of the snapshot
 * exactly once, whatever others insert, update and delete meanwhile.  The last
 * range is open above.
 *
 * Other access methods and Citus' distributed tables give ctid other meanings:
 * one segment for those.
 *
 * Threads: the source's.
 */
#include <stdlib.h>

#include "pg_segment.h"

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

/* Blocks of the table, and how many of them hold about that many rows; 0 blocks: not to be cut. */
static mig_status
measure(mig__pg_source *source, const mig_table *table, uint64_t rows_per_segment,
        uint64_t *n_blocksp, uint64_t *stepp, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *params[2];
    double      rows, pages, step;

    *n_blocksp = 0;
    *stepp = 1;
    mig__pg_source_home(source, table, params);
    MIG_TRY(mig__query_rows(&source->control, "cannot ask for the size of a table", size_sql, 2,
                            params, &res, err));
    if (PQntuples(res) != 1 || !mig__query_true(res, 0, SIZE_CUTTABLE))
        goto done;
    *n_blocksp = strtoull(PQgetvalue(res, 0, SIZE_BLOCKS), NULL, 10);
    rows = strtod(PQgetvalue(res, 0, SIZE_ROWS), NULL);
    pages = strtod(PQgetvalue(res, 0, SIZE_ANALYZED), NULL);
    if (rows <= 0 || pages <= 0) {
        rows = strtod(PQgetvalue(res, 0, SIZE_BLOCK), NULL) / MIG__GUESSED_ROW;
        pages = 1;
    }
    step = (double)rows_per_segment / rows * pages;
    *stepp = step < 1 ? 1 : step > MAX_BLOCKS ? (uint64_t)MAX_BLOCKS : (uint64_t)step;
done:
    PQclear(res);
    return st;
}

mig_status
mig__ctid_split(mig__pg_source *source, const mig_table *table, uint64_t rows_per_segment,
                mig__segments *out, mig_error *err)
{
    mig_status st = MIG_OK;
    uint64_t   n_blocks = 0, step = 1;
    size_t     n;

    MIG_TRY(measure(source, table, rows_per_segment, &n_blocks, &step, err));
    n = n_blocks <= step ? 1 : (size_t)((n_blocks + step - 1) / step);
    MIG_TRY(mig__segments_make(out, n, err));
    for (size_t i = 1; i < n; i++)
        mig__segments_cut(out, i, (int64_t)(i * step));
done:
    return st;
}
