/*
 * pg_segment.h - the parts of cutting a table into segments.
 *
 * Threads: the source's.
 */
#ifndef MIG_POSTGRES_PG_SEGMENT_H
#define MIG_POSTGRES_PG_SEGMENT_H

#include "pg_source.h"

/* Bytes of a row in a table that was never analyzed. */
#define MIG__GUESSED_ROW 100

/* Segments of one table, together all of it. */
typedef struct mig__segments {
    size_t       table; /* its position in the plan */
    mig_segment *list;  /* the caller's to free() */
    size_t       n;
} mig__segments;

/* Makes n >= 1 of them without bounds.  out->table is set. */
mig_status mig__segments_make(mig__segments *out, size_t n, mig_error *err) MIG_CHECKED;

/* The ith (from 1) begins at this key, and the one before it ends there. */
void mig__segments_cut(mig__segments *out, size_t i, int64_t key);

/*
 * The column by whose values the table is cut, NULL if it is by its blocks or not at all: an
 * integer that alone is the primary key, where there is no scan of a range of blocks.
 */
const mig_column *mig__segment_key(const mig__pg_source *source, const mig_table *table);

/* ctid_segment.c, key_segment.c: make the list, inside a question (mig__pg_source_ask). */
mig_status mig__ctid_split(mig__pg_source *source, const mig_table *table,
                           uint64_t rows_per_segment, mig__segments *out,
                           mig_error *err) MIG_CHECKED;
mig_status mig__key_split(mig__pg_source *source, const mig_table *table, const mig_column *key,
                          uint64_t rows_per_segment, mig__segments *out,
                          mig_error *err) MIG_CHECKED;

#endif
