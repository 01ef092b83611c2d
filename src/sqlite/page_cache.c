/*
 * page_cache.c - how much of the temporary file SQLite keeps in memory.
 *
 * A table that is filled in the order of its keys needs its last pages only, and
 * memory that was never used is slow to get: rows go in a quarter faster with a
 * small cache.  An index on values in any order needs all of its pages again and
 * again: there a large one is three times as fast (measured:
 * docs/decisions/0013-settings-measured.md).  Which it is shows in the pages that
 * SQLite has to read back from the file.  So the cache is small at first, and
 * grows while more is read back than by one row in eight.
 *
 * Threads: the one that has the connection.
 */
#include <stdio.h>

#include "sqlite_sink.h"

#define SMALL_KIB     4096
#define LARGE_KIB     65536
#define ROWS_PER_MISS 8

static mig_status
set(mig__sqlite_sink *sink, int kib, mig_error *err)
{
    char sql[40];

    sink->cache_kib = kib;
    snprintf(sql, sizeof sql, "PRAGMA cache_size = -%d", kib);
    return mig__sqlite_write(sink, sql, sink->made_path, err);
}

/* Since the last call. */
static int
misses(mig__sqlite_sink *sink)
{
    int n = 0, highest;

    (void)sqlite3_db_status(sink->made, SQLITE_DBSTATUS_CACHE_MISS, &n, &highest, 1);
    return n;
}

mig_status
mig__page_cache_large(mig__sqlite_sink *sink, mig_error *err)
{
    return set(sink, LARGE_KIB, err);
}

mig_status
mig__page_cache_small(mig__sqlite_sink *sink, mig_error *err)
{
    (void)misses(sink);
    return set(sink, SMALL_KIB, err);
}

mig_status
mig__page_cache_watch(mig__sqlite_sink *sink, uint32_t n_rows, mig_error *err)
{
    if (sink->cache_kib >= LARGE_KIB || (uint64_t)misses(sink) * ROWS_PER_MISS <= n_rows)
        return MIG_OK;
    return set(sink, 2 * sink->cache_kib, err);
}
