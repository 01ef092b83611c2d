/*
 * aside.h - rows that cannot be copied, and go aside instead of ending the run.
 *
 * Who finds that a row does not fit gives it to the run's mig_aside, whole, and
 * goes on with the next one.  Each row is given once, and is counted by who gave
 * it: a source in mig_rows.n_aside, a writer by the answer of chunk_try (sink.h).
 *
 * Threads: put and flush are called by any thread, several at once.
 */
#ifndef MIG_ASIDE_H
#define MIG_ASIDE_H

#include "mig/plan.h"

/* What the bytes of a value are, beside what its class says. */
typedef enum mig_aside_form {
    MIG_ASIDE_PLAIN, /* the value itself */
    MIG_ASIDE_UTF16, /* a text that is no UTF-16: its bytes as SQLite has them, in native order */
    MIG_ASIDE_WIRE,  /* the bytes of a wire type that has no other form here */
} mig_aside_form;

typedef struct mig_aside_value {
    mig_value      value;
    mig_aside_form form;
} mig_aside_value;

typedef struct mig_aside_row {
    const mig_table_plan  *plan;
    const mig_column_plan *column; /* that did not fit; NULL: not known, or no single one */
    const char            *reason; /* one line; of secret columns no contents */
    const char            *state;  /* SQLSTATE, or NULL */
    const char            *constraint;
    const mig_aside_value *values; /* beside plan->columns */
    const int64_t         *rowid;  /* SQLite's; or NULL */
} mig_aside_row;

typedef struct mig_aside mig_aside;

struct mig_aside {
    mig_status (*put)(mig_aside *aside, const mig_aside_row *row, mig_error *err);

    /* All rows that were put are kept for good when it returns. */
    mig_status (*flush)(mig_aside *aside, mig_error *err);
};

#endif
