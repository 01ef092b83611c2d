/*
 * survey_merge.c - building surveys, and one out of those of several readers.
 *
 * Every reader counts in a survey of its own, so that nothing is shared while
 * values are looked at.  What comes out does not depend on who read what: sums
 * and extremes do not, the first fault is the one whose segment comes first,
 * and a number of faults that may have been counted further by one than by the
 * other stops at the same bound.
 *
 * Threads: one at a time.
 */
#include "survey_merge.h"

#include <stdlib.h>
#include <string.h>

/* ---- building ----------------------------------------------------------------------------- */

mig_survey *
mig_survey_new(size_t n_tables)
{
    mig_survey *survey = calloc(1, sizeof *survey);

    if (survey == NULL)
        return NULL;
    survey->tables = calloc(n_tables + 1, sizeof *survey->tables);
    if (survey->tables == NULL) {
        free(survey);
        return NULL;
    }
    return survey;
}

mig_survey_table *
mig_survey_add(mig_survey *survey, const mig_table *table)
{
    mig_survey_table *added = &survey->tables[survey->n_tables];

    added->columns = calloc(table->n_columns + 1, sizeof *added->columns);
    if (added->columns == NULL)
        return NULL;
    added->table = table;
    added->n_columns = table->n_columns;
    for (size_t i = 0; i < table->n_columns; i++)
        added->columns[i] = (mig_survey_column){
            .column = &table->columns[i], .least = INT64_MAX, .greatest = INT64_MIN};
    survey->n_tables++;
    return added;
}

mig_trial *
mig_survey_add_trial(mig_survey_column *column, const mig_encoder *encoder)
{
    mig_trial *trials = reallocarray(column->trials, column->n_trials + 1, sizeof *trials);

    if (trials == NULL)
        return NULL;
    column->trials = trials;
    trials[column->n_trials] = (mig_trial){.encoder = *encoder};
    return &trials[column->n_trials++];
}

static void
free_column(mig_survey_column *column)
{
    for (size_t i = 0; i < column->n_trials; i++) {
        free(column->trials[i].row);
        free(column->trials[i].value);
    }
    free(column->trials);
}

void
mig_survey_free(mig_survey *survey)
{
    if (survey == NULL)
        return;
    for (size_t t = 0; t < survey->n_tables; t++) {
        for (size_t c = 0; c < survey->tables[t].n_columns; c++)
            free_column(&survey->tables[t].columns[c]);
        free(survey->tables[t].columns);
    }
    free(survey->tables);
    free(survey);
}

static bool
copy_column(const mig_survey_column *column, mig_survey_column *copy)
{
    copy->secret = column->secret;
    for (size_t i = 0; i < column->n_trials; i++)
        if (mig_survey_add_trial(copy, &column->trials[i].encoder) == NULL)
            return false;
    return true;
}

mig_survey *
mig__survey_copy(const mig_survey *survey)
{
    mig_survey *copy = mig_survey_new(survey->n_tables);

    for (size_t t = 0; copy != NULL && t < survey->n_tables; t++) {
        const mig_survey_table *table = &survey->tables[t];
        mig_survey_table       *added = mig_survey_add(copy, table->table);
        bool                    done = added != NULL;

        for (size_t c = 0; done && c < table->n_columns; c++)
            done = copy_column(&table->columns[c], &added->columns[c]);
        if (!done) {
            mig_survey_free(copy);
            return NULL;
        }
    }
    return copy;
}

/* ---- merging ------------------------------------------------------------------------------ */

/* Segments do not overlap, unless they are the same. */
static bool
precedes(const mig_trial *a, const mig_trial *b)
{
    if (a->segment.has_lower != b->segment.has_lower)
        return b->segment.has_lower;
    if (a->segment.has_lower && a->segment.lower != b->segment.lower)
        return a->segment.lower < b->segment.lower;
    return a->nth < b->nth;
}

static uint64_t
lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void
merge_trial(mig_trial *to, mig_trial *from)
{
    if (from->n_faults > 0 && (to->n_faults == 0 || precedes(from, to))) {
        free(to->value);
        to->value = from->value;
        from->value = NULL;
        to->fault = from->fault;
        to->segment = from->segment;
        to->nth = from->nth;
    }
    to->n_faults = lesser(to->n_faults + from->n_faults, MIG_SURVEY_FAULTS_MAX);
    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        to->n_losses[i] =
            (uint32_t)lesser((uint64_t)to->n_losses[i] + from->n_losses[i], UINT32_MAX);
}

static void
merge_column(mig_survey_column *to, mig_survey_column *from)
{
    for (size_t i = 0; i < sizeof to->n_values / sizeof to->n_values[0]; i++)
        to->n_values[i] += from->n_values[i];
    if (from->least < to->least)
        to->least = from->least;
    if (from->greatest > to->greatest)
        to->greatest = from->greatest;
    if (from->longest_text > to->longest_text)
        to->longest_text = from->longest_text;
    if (from->longest_blob > to->longest_blob)
        to->longest_blob = from->longest_blob;
    for (size_t i = 0; i < to->n_trials; i++)
        merge_trial(&to->trials[i], &from->trials[i]);
}

void
mig__survey_merge(mig_survey *survey, mig_survey *copy)
{
    for (size_t t = 0; t < survey->n_tables; t++) {
        survey->tables[t].n_rows += copy->tables[t].n_rows;
        for (size_t c = 0; c < survey->tables[t].n_columns; c++)
            merge_column(&survey->tables[t].columns[c], &copy->tables[t].columns[c]);
    }
}

/* ---- naming rows -------------------------------------------------------------------------- */

/* As much of a plan as naming a row asks for. */
static mig_status
plan_of(const mig_survey_table *table, mig_table_plan *plan, mig_error *err)
{
    mig_column_plan *columns = calloc(table->n_columns + 1, sizeof *columns);

    if (columns == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the names of rows");
    for (size_t i = 0; i < table->n_columns; i++)
        columns[i] = (mig_column_plan){.source = table->columns[i].column,
                                       .secret = table->columns[i].secret};
    *plan = (mig_table_plan){.source = table->table,
                             .label = table->table->name,
                             .columns = columns,
                             .n_columns = table->n_columns};
    return MIG_OK;
}

static bool
same_row(const mig_trial *a, const mig_trial *b)
{
    return !precedes(a, b) && !precedes(b, a);
}

/* Faults of several trials are often in one row; without keys it takes long to find. */
static mig_status
name_row(mig_trial *trial, const mig_trial *last, const mig_table_plan *plan, mig_source *source,
         mig_error *err)
{
    if (last == NULL || !same_row(trial, last))
        return source->ops->locate(source, plan, &trial->segment, trial->nth, &trial->row, err);
    trial->row = strdup(last->row);
    return trial->row != NULL ? MIG_OK
                              : mig_raise(err, MIG_E_NOMEM, "cannot allocate the name of a row");
}

static mig_status
settle_table(mig_survey_table *table, mig_source *source, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_table_plan   plan = {0};
    const mig_trial *last = NULL;

    MIG_TRY(plan_of(table, &plan, err));
    for (size_t c = 0; c < table->n_columns; c++) {
        for (size_t i = 0; i < table->columns[c].n_trials; i++) {
            mig_trial *trial = &table->columns[c].trials[i];

            if (trial->n_faults == 0)
                continue;
            if (trial->n_faults == MIG_SURVEY_FAULTS_MAX)
                memset(trial->n_losses, 0, sizeof trial->n_losses);
            MIG_TRY(name_row(trial, last, &plan, source, err));
            last = trial;
        }
    }
done:
    free(plan.columns);
    return st;
}

mig_status
mig__survey_settle(mig_survey *survey, mig_source *source, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t t = 0; t < survey->n_tables && st == MIG_OK; t++)
        st = settle_table(&survey->tables[t], source, err);
    return st;
}
