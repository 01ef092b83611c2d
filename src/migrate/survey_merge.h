/*
 * survey_merge.h - what several readers found, put together.
 */
#ifndef MIG_SURVEY_MERGE_H
#define MIG_SURVEY_MERGE_H

#include "mig/survey.h"

/* The same tables, columns and trials, of which nothing is known yet; NULL without memory. */
mig_survey *mig__survey_copy(const mig_survey *survey);

/* Adds what a copy has found, which gives up its texts. */
void mig__survey_merge(mig_survey *survey, mig_survey *copy);

/* Names the rows of all first faults, and forgets what is known of trials in part only. */
mig_status mig__survey_settle(mig_survey *survey, mig_source *source, mig_error *err) MIG_CHECKED;

#endif
