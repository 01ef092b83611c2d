/*
 * survey.h - what values a dynamic source's columns really hold.
 *
 * Made by one parallel pass over the source's snapshot before anything is
 * decided: so that no run fails in its third hour over one row.  For each
 * column it counts storage classes and keeps ranges, and tries the types that
 * it may become, with the encoders that the copy itself would use.
 *
 * Ownership: the survey owns everything below it; it borrows the catalog.
 */
#ifndef MIG_SURVEY_H
#define MIG_SURVEY_H

#include "mig/catalog.h"
#include "mig/convert.h"
#include "mig/source.h"

/* One type that a column may get, tried on all of its values. */
typedef struct mig_trial {
    mig_encoder    encoder;  /* without scratch; set before the survey */
    uint64_t       n_faults; /* values that do not fit */
    mig_fault_kind fault;    /* of the first of them: */
    char          *row;      /* in words, as mig_source_ops.locate: "rowid 4711 (id = 018f...)" */
    char          *value;    /* as mig_value_describe: `the text "n/a"` */
    uint32_t       n_losses[MIG_LOSS_COUNT]; /* what would give way */
} mig_trial;

typedef struct mig_survey_column {
    const mig_column *column;
    bool              secret;
    uint64_t          n_values[MIG_VALUE_BLOB + 1]; /* of each storage class */
    int64_t           least, greatest;              /* of integers, if there are any */
    uint64_t          longest_text;                 /* bytes */
    uint64_t          longest_blob;
    mig_trial        *trials; /* best first */
    size_t            n_trials;
} mig_survey_column;

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

mig_survey *mig_survey_new(size_t n_tables);

/* The next table, with room for its columns, none of which has a trial; NULL without memory. */
mig_survey_table *mig_survey_add(mig_survey *survey, const mig_table *table);
mig_trial        *mig_survey_add_trial(mig_survey_column *column, const mig_encoder *encoder);

/*
 * Fills the survey: reads every row of its tables once, with n_readers threads (0: this one) that
 * share the tables' segments.  In the source's snapshot, which must have been taken for as many.
 * MIG_E_STOPPED after an interrupt.
 */
mig_status mig_survey_run(mig_survey *survey, mig_source *source, unsigned n_readers,
                          mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig_survey_free(mig_survey *survey);

#endif
