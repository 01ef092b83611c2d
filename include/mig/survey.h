/*
 * survey.h - what values a dynamic source's columns really hold.
 *
 * Made by one parallel pass over the source's snapshot before anything is
 * decided: so that no run fails in its third hour over one row.  For each
 * column it counts storage classes and keeps ranges, and tries the types that
 * it may become, with the encoders that the copy itself would use.
 *
 * The result is the same whatever the number of readers.
 *
 * Ownership: the survey owns everything below it; it borrows the catalog.
 * Threads: one at a time; mig_survey_run starts others and ends them.
 */
#ifndef MIG_SURVEY_H
#define MIG_SURVEY_H

#include "mig/catalog.h"
#include "mig/convert.h"
#include "mig/source.h"

/* Faults of one trial that are counted; then no more of its values are looked at. */
#define MIG_SURVEY_FAULTS_MAX 1000

/* One type that a column may get, tried on all of its values. */
typedef struct mig_trial {
    mig_encoder    encoder;  /* without scratch; set before the survey */
    uint64_t       n_faults; /* values that do not fit; MIG_SURVEY_FAULTS_MAX: so many or more */
    mig_fault_kind fault;    /* of the first of them, in the order of the table: */
    char          *row;      /* in words, as mig_source_ops.locate: "rowid 4711 (id = 018f...)" */
    char          *value;    /* as mig_value_describe: `the text "n/a"` */

    /* What would give way (saturating); all 0 where n_faults is MIG_SURVEY_FAULTS_MAX. */
    uint32_t n_losses[MIG_LOSS_COUNT];

    /* Where the first fault is: the nth row (from 0) of a segment. */
    mig_segment segment;
    uint64_t    nth;
} mig_trial;

typedef struct mig_survey_column {
    const mig_column *column;
    bool              secret; /* set before the survey: its values are not shown */
    uint64_t          n_values[MIG_VALUE_BLOB + 1]; /* of each storage class */
    int64_t           least, greatest;              /* of integers; least > greatest: none */
    uint64_t          longest_text;                 /* bytes, as UTF-8 */
    uint64_t          longest_blob;
    mig_trial        *trials; /* best first */
    size_t            n_trials;
} mig_survey_column;

/* Generated columns are looked at like all others: in the target they may be ordinary ones. */
typedef struct mig_survey_table {
    const mig_table   *table;
    uint64_t           n_rows;
    mig_survey_column *columns; /* beside table->columns */
    size_t             n_columns;
} mig_survey_table;

typedef struct mig_survey {
    mig_survey_table *tables;
    size_t            n_tables;
    double            seconds;
} mig_survey;

/* Room for so many tables, none of which is there yet; NULL without memory. */
mig_survey *mig_survey_new(size_t n_tables);

/* The next table, with room for its columns, none of which has a trial; NULL without memory. */
mig_survey_table *mig_survey_add(mig_survey *survey, const mig_table *table);

/* NULL without memory.  Valid until the next one is added to the column. */
mig_trial *mig_survey_add_trial(mig_survey_column *column, const mig_encoder *encoder);

/*
 * Fills the survey, which must not have been run: reads every row of its tables once, with
 * n_readers threads (0: on this one).  In the source's snapshot, which must have been taken for as
 * many.  On any thread, also inside a phase: an interrupt of the source ends it with MIG_E_STOPPED.
 * On failure the survey is only good for being freed.
 */
mig_status mig_survey_run(mig_survey *survey, mig_source *source, unsigned n_readers,
                          mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig_survey_free(mig_survey *survey);

#endif
