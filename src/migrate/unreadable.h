/*
 * unreadable.h - rows of the target that hold what the rows that were sent cannot have held.
 *
 * SQLite keeps any value in any column.  One that is none of the type in which
 * the column was written differs from what was sent, whatever that was.  Such
 * rows go aside while the target is read back (aside.h), and are named like
 * others that differ; by their keys, if these can be read.
 *
 * Bound: MIG__UNREADABLE_MOST of them are kept in mind, all are counted.
 *
 * Threads: put is called by any reader; everything else when they have ended.
 */
#ifndef MIG_UNREADABLE_H
#define MIG_UNREADABLE_H

#include "mig/aside.h"
#include "mig/digest.h"

#define MIG__UNREADABLE_MOST 10000

typedef struct mig__unreadable_row {
    size_t   table;
    bool     keyed; /* its key could be read */
    mig_hash key;
    bool     named;
    size_t   column; /* that holds it */
    char    *what;   /* the value, and why it is none */
    char    *row;    /* which row, in words */
} mig__unreadable_row;

typedef struct mig__unreadable mig__unreadable;

/* `plan` is the copy's, `back` that by which the target is read. */
mig_status mig__unreadable_new(const mig_plan *plan, const mig_plan *back,
                               mig__unreadable **unreadablep, mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig__unreadable_free(mig__unreadable *unreadable);

mig_aside *mig__unreadable_aside(mig__unreadable *unreadable);

uint64_t mig__unreadable_n_rows(const mig__unreadable *unreadable, size_t table);

/* The row of the table that has this key and was not taken yet, which it is then; or NULL. */
const mig__unreadable_row *mig__unreadable_take(mig__unreadable *unreadable, size_t table,
                                                mig_hash key);

/* Any row of the table that was not taken, likewise. */
const mig__unreadable_row *mig__unreadable_take_any(mig__unreadable *unreadable, size_t table);

#endif
