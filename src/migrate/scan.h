/*
 * scan.h - readers that go over tables for what is in them, and write nothing.
 */
#ifndef MIG_SCAN_H
#define MIG_SCAN_H

#include "mig/migrate.h"

/* Rows of one table, on the thread of the reader whose arg it gets. */
typedef mig_status mig__scan_fn(void *arg, size_t table, const mig_rows *rows, mig_error *err);

typedef struct mig__scan {
    mig_source     *source; /* its snapshot is taken, for n_readers */
    const mig_plan *plan;
    size_t          table;  /* this one alone; SIZE_MAX: all */
    const uint64_t *n_rows; /* about how many each table has */
    unsigned        n_readers;
    mig__scan_fn   *fn;
    void *const    *args; /* one for each reader */

    const mig_segment *segments; /* NULL: all rows; else these alone */
    size_t             n_segments;
} mig__scan;

/* Every row of the tables once, in no order.  On any thread; comes back when all readers have. */
mig_status mig__scan_run(const mig__scan *scan, mig_error *err) MIG_CHECKED;

#endif
