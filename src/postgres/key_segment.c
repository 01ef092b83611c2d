/*
 * key_segment.c - ranges of an integer key.
 *
 * The keys of some of the table's pages are sampled, and the ranges' bounds are
 * taken from among them, so that the ranges hold about as many rows however
 * the keys are spread.  The sample decides about their sizes alone: the first
 * range is open below, the last above, and each begins where the one before
 * ends.
 *
 * Threads: the source's.
 */
#include <stdlib.h>

#include "pg_segment.h"

/* Keys that are looked at for each bound. */
#define SAMPLE_KEYS 300

#define MAX_SEGMENTS 1024

/* Rows of the table and of its partitions, as the server estimates them. */
static const char rows_sql[] =
    "WITH RECURSIVE tree AS ("
    " SELECT c.oid, c.relkind, c.reltuples, c.relpages FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2"
    " UNION SELECT c.oid, c.relkind, c.reltuples, c.relpages FROM tree t"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE t.relkind = 'p')"
    " SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(t.oid) / CASE"
    "  WHEN t.reltuples > 0 AND t.relpages > 0"
    "  THEN pg_catalog.current_setting('block_size')::pg_catalog.int8"
    "   * t.relpages / t.reltuples::pg_catalog.float8"
    "  ELSE $3::pg_catalog.float8 END), 0) FROM tree t WHERE t.relkind = 'r'";

static mig_status
estimate_rows(mig__pg_source *source, const mig_table *table, double *n_rowsp, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    mig_buf     guessed = MIG_BUF_INIT;
    const char *params[3];

    mig_buf_printf(&guessed, "%d", MIG__GUESSED_ROW);
    MIG_TRY(mig_buf_check(&guessed, err));
    mig__pg_source_home(source, table, params);
    params[2] = mig_buf_text(&guessed);
    MIG_TRY(mig__query_rows(&source->control, "cannot ask for the size of a table", rows_sql, 3,
                            params, &res, err));
    *n_rowsp = strtod(PQgetvalue(res, 0, 0), NULL);
done:
    PQclear(res);
    mig_buf_fini(&guessed);
    return st;
}

/* The bounds of n ranges, ascending, none twice; fewer where the sample has fewer keys. */
static mig_status
sample(mig__pg_source *source, const mig_table *table, const mig_column *key, size_t n,
       double n_rows, PGresult **boundsp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    double     percent = 100.0 * SAMPLE_KEYS * (double)n / n_rows;

    mig_buf_puts(&sql, "SELECT DISTINCT x.bound FROM pg_catalog.unnest((SELECT"
                       " pg_catalog.percentile_disc(ARRAY[");
    for (size_t i = 1; i < n; i++)
        mig_buf_printf(&sql, "%s%.9f", i > 1 ? ", " : "", (double)i / (double)n);
    mig_buf_puts(&sql, "]::pg_catalog.float8[]) WITHIN GROUP (ORDER BY ");
    mig_buf_identifier(&sql, key->name);
    mig_buf_puts(&sql, "::pg_catalog.int8) FROM ");
    mig__query_table(&sql, source->schemas.name, table);
    mig_buf_printf(&sql,
                   " TABLESAMPLE SYSTEM (%.6f))) AS x (bound) WHERE x.bound IS NOT NULL"
                   " AND x.bound > '-9223372036854775808'::pg_catalog.int8 ORDER BY x.bound",
                   percent > 100 ? 100 : percent);
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&source->control, "cannot look at the keys of a table",
                            mig_buf_text(&sql), 0, NULL, boundsp, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__key_split(mig__pg_source *source, const mig_table *table, const mig_column *key,
               uint64_t rows_per_segment, mig__segments *out, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *bounds = NULL;
    double     n_rows = 0, n;

    MIG_TRY(estimate_rows(source, table, &n_rows, err));
    n = n_rows / (double)rows_per_segment;
    if (n > 1)
        MIG_TRY(sample(source, table, key, n > MAX_SEGMENTS ? MAX_SEGMENTS : (size_t)n + 1, n_rows,
                       &bounds, err));
    MIG_TRY(mig__segments_make(out, bounds != NULL ? (size_t)PQntuples(bounds) + 1 : 1, err));
    for (size_t i = 1; i < out->n; i++)
        mig__segments_cut(out, i, strtoll(PQgetvalue(bounds, (int)i - 1, 0), NULL, 10));
done:
    PQclear(bounds);
    return st;
}
