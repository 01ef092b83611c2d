/*
 * feed.h - the wire rows of a batch as a table that SQLite reads.
 *
 * An INSERT ... SELECT from it takes a whole batch: no parameter is bound, no statement is
 * started anew for every few rows, and nothing is copied on the way to the record.  (Measured: the
 * same rows bound to INSERTs of 50 rows take a seventh more of the processor's time.)
 *
 * Legal order of calls:
 *
 *   open -> a statement prepared -> [give -> the statement run -> taken, refusal]... -> finalized
 * -> close
 *
 * Texts and blobs stand in the batch or in a scratch of their column until the next row.
 *
 * Threads: the writer's that has the connection.
 */
#ifndef MIG__FEED_H
#define MIG__FEED_H

#include "decode.h"
#include "mig/error.h"

/*
 * The table, with as many columns as the plan, as it stands behind FROM.  Written as a function
 * it is never mistaken for a table of the database: one of that name is an error.
 */
#define MIG__FEED_SQL "\"rows for db-migrate\"()"

typedef struct mig__feed mig__feed;

/* A value that the target cannot have, or not in this column. */
typedef struct mig__misfit {
    size_t               column;
    const unsigned char *data; /* in the batch */
    int32_t              len;
    mig_fault            fault;
} mig__misfit;

/* What ended a statement that did not succeed, as far as it was the feed. */
typedef enum mig__feed_end {
    MIG__FEED_INNOCENT, /* it was not */
    MIG__FEED_MISFIT,   /* a value cannot be stored */
    MIG__FEED_BROKEN,   /* the bytes are no rows of so many fields */
} mig__feed_end;

/* Makes the table known to the connection.  One feed per connection at a time. */
mig_status mig__feed_open(sqlite3 *db, const mig_table_plan *plan, bool utf16, mig__feed **feedp,
                          mig_error *err) MIG_CHECKED;

/* What the next statement reads.  Losses are counted in the batch. */
void mig__feed_give(mig__feed *feed, mig_rows *rows);

/* Whether every row of the batch, and every byte of it, was read. */
bool mig__feed_is_taken(const mig__feed *feed);

/* The row in hand, from 0: the one that a statement has stopped at. */
uint32_t mig__feed_row(const mig__feed *feed);

/*
 * Whether every value of the row at `at` of the rows can be stored, without a statement; *usedp is
 * the row's length.  As mig__feed_refusal.  Not while a statement runs.
 */
mig__feed_end mig__feed_judge(mig__feed *feed, mig_rows *rows, size_t at, size_t *usedp,
                              mig__misfit *misfit);

/* Whether a statement has stopped at a row that is whole: its number from 0, and where it stands.
 */
bool mig__feed_is_refused(const mig__feed *feed, uint32_t *nthp, size_t *startp, size_t *endp);

/* *misfit is set for MISFIT. */
mig__feed_end mig__feed_refusal(const mig__feed *feed, mig__misfit *misfit);

/* Accepts NULL. */
void mig__feed_close(mig__feed *feed);

#endif
