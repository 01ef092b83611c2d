/*
 * page_fill.h - the rows of a batch as pages of the temporary file.
 *
 * For tables of which SQLite would only store the rows: an INSERT costs several
 * times what the record and its place in a page do.  What SQLite has to see - a
 * constraint that is more than NOT NULL, an index, a row that is not behind all
 * others, a value that cannot be stored - is left to it, from that row on.
 *
 * Order of calls: open, { begin, { rows }, end }, close.  Between begin and end the
 * connection must not be used.
 *
 * Threads: the writer's that has the connection.
 */
#ifndef MIG__PAGE_FILL_H
#define MIG__PAGE_FILL_H

#include "sqlite_sink.h"

typedef struct mig__page_fill mig__page_fill;

/* NULL in *fillp if the table is one that SQLite has to fill. */
mig_status mig__page_fill_open(mig__sqlite_sink *sink, const mig_table_plan *plan,
                               mig__page_fill **fillp, mig_error *err) MIG_CHECKED;

/* For one chunk.  Others may have been written since the last end. */
mig_status mig__page_fill_begin(mig__page_fill *fill, mig_error *err) MIG_CHECKED;

/*
 * Takes rows from the front of the batch, which is shortened by them.  Those that are left are for
 * SQLite: end the chunk first.  Losses are counted in the batch.
 */
mig_status mig__page_fill_rows(mig__page_fill *fill, mig_rows *rows, mig_error *err) MIG_CHECKED;

/* All rows are in the table. */
mig_status mig__page_fill_end(mig__page_fill *fill, mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig__page_fill_close(mig__page_fill *fill);

#endif
