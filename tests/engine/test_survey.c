/*
 * test_survey.c - readers of a survey share its tables, and end together.
 *
 * The source is numbers: the rows of a table are 0 to n - 1, and each holds its own number.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "mig/migrate.h"
#include "mig/survey.h"
#include "mig/threads.h"

#define TURN_ROWS   10
#define MAX_READERS 8

typedef struct numbers {
    mig_source base;
    int64_t    n_rows;
    int64_t    fails_at;    /* raises MIG_E_DATA; -1: never */
    unsigned   min_readers; /* nobody gets on before so many have a piece */
    bool       blocks;      /* until interrupted */

    atomic_uint taking[MAX_READERS]; /* 1: the reader has had a piece */
    atomic_bool interrupted;
} numbers;

static numbers *
numbers_of(mig_source *base)
{
    return (numbers *)(void *)base;
}

static unsigned
count_taking(numbers *source)
{
    unsigned n = 0;

    for (size_t i = 0; i < MAX_READERS; i++)
        n += atomic_load(&source->taking[i]);
    return n;
}

static void
look_at(mig_survey_column *column, int64_t n, const mig_segment *segment, uint64_t nth)
{
    column->n_values[MIG_VALUE_INTEGER]++;
    if (n < column->least)
        column->least = n;
    if (n > column->greatest)
        column->greatest = n;
    /* Every 100th row is one that does not fit. */
    if (column->n_trials > 0 && n % 100 == 99) {
        mig_trial *trial = &column->trials[0];

        if (trial->n_faults++ == 0 || trial->segment.lower > segment->lower) {
            trial->segment = *segment;
            trial->nth = nth;
        }
    }
}

static mig_status
survey_op(mig_source *base, unsigned reader, mig_survey_table *found, mig_segment *segment,
          bool *morep, mig_error *err)
{
    numbers          *source = numbers_of(base);
    const mig_segment whole = *segment;
    int64_t           n = segment->has_lower ? segment->lower : 0;
    int64_t           end = segment->has_upper ? segment->upper + 1 : source->n_rows;

    atomic_store(&source->taking[reader], 1);
    *morep = true;
    while (source->blocks && !atomic_load(&source->interrupted))
        sched_yield();
    if (atomic_load(&source->interrupted))
        return mig_raise(err, MIG_E_STOPPED, "interrupted");
    if (count_taking(source) < source->min_readers) {
        sched_yield();
        return MIG_OK;
    }
    for (uint64_t nth = 0; n < end; n++, nth++) {
        if (n == source->fails_at)
            return mig_raise(err, MIG_E_DATA, "row %" PRId64 " is bad", n);
        if (nth == TURN_ROWS && found->table->rowid_name != NULL) {
            segment->has_lower = true;
            segment->lower = n;
            return MIG_OK;
        }
        found->n_rows++;
        look_at(&found->columns[0], n, &whole, nth);
    }
    *morep = false;
    return MIG_OK;
}

static mig_status
survey_cut(mig_source *base, unsigned reader, const mig_table *table, mig_segment *segment,
           mig_segment *upperp, bool *cutp, mig_error *err)
{
    int64_t first = segment->has_lower ? segment->lower : 0;
    int64_t last = segment->has_upper ? segment->upper : numbers_of(base)->n_rows - 1;

    (void)reader;
    (void)err;
    *cutp = table->rowid_name != NULL && first < last;
    if (!*cutp)
        return MIG_OK;
    *upperp = *segment;
    segment->has_upper = true;
    segment->upper = first + (last - first) / 2;
    upperp->has_lower = true;
    upperp->lower = segment->upper + 1;
    return MIG_OK;
}

static mig_status
locate(mig_source *base, const mig_table_plan *plan, const mig_segment *segment, uint64_t nth,
       char **textp, mig_error *err)
{
    (void)base;
    (void)plan;
    (void)err;
    cr_assert_geq(
        asprintf(textp, "row %" PRIu64, (segment->has_lower ? (uint64_t)segment->lower : 0) + nth),
        0);
    return MIG_OK;
}

static void
interrupt(mig_source *base)
{
    atomic_store(&numbers_of(base)->interrupted, true);
}

static const mig_source_ops ops = {.kind = "numbers",
                                   .survey = survey_op,
                                   .survey_cut = survey_cut,
                                   .locate = locate,
                                   .interrupt = interrupt};

static numbers    source;
static mig_column column = {.name = (char[]){"n"}};
static mig_table  with_keys = {
     .name = (char[]){"with_keys"}, .columns = &column, .n_columns = 1, .rowid_name = "rowid"};
static mig_table without = {.name = (char[]){"without"}, .columns = &column, .n_columns = 1};

static mig_survey *survey;
static mig_error   err = MIG_ERROR_INIT;

static void
init(void)
{
    source = (numbers){.base.ops = &ops, .n_rows = 10000, .fails_at = -1};
    survey = mig_survey_new(3);
    mig_survey_add(survey, &with_keys);
    mig_survey_add(survey, &without);
    mig_survey_add(survey, &with_keys);
}

static void
fini(void)
{
    mig_survey_free(survey);
    mig_error_fini(&err);
}

/* Signals are not blocked: this also runs where a signal ends the program. */
TestSuite(survey, .init = init, .fini = fini, .timeout = 30);

static void
expect_every_row_once(void)
{
    for (size_t t = 0; t < survey->n_tables; t++) {
        const mig_survey_column *c = &survey->tables[t].columns[0];

        cr_expect_eq(survey->tables[t].n_rows, source.n_rows);
        cr_expect_eq(c->n_values[MIG_VALUE_INTEGER], source.n_rows);
        cr_expect_eq(c->least, 0);
        cr_expect_eq(c->greatest, source.n_rows - 1);
    }
}

Test(survey, reads_every_row_once_on_the_thread_that_calls)
{
    cr_assert_eq(mig_survey_run(survey, &source.base, 0, &err), MIG_OK);
    expect_every_row_once();
    cr_expect_eq(count_taking(&source), 1);
}

Test(survey, reads_every_row_once_with_readers_that_share_tables)
{
    source.min_readers = MAX_READERS;
    cr_assert_eq(mig_survey_run(survey, &source.base, MAX_READERS, &err), MIG_OK);
    expect_every_row_once();
    cr_expect_eq(count_taking(&source), MAX_READERS);
}

Test(survey, names_the_first_fault_whoever_found_it)
{
    const mig_encoder encoder = {.wire = MIG_WIRE_INT2};
    const mig_trial  *trial = mig_survey_add_trial(&survey->tables[2].columns[0], &encoder);

    source.min_readers = 4;
    cr_assert_eq(mig_survey_run(survey, &source.base, 4, &err), MIG_OK);
    cr_expect_eq(trial->n_faults, 100);
    cr_expect_str_eq(trial->row, "row 99");
}

Test(survey, of_no_tables_ends_at_once)
{
    mig_survey_free(survey);
    survey = mig_survey_new(0);
    cr_expect_eq(mig_survey_run(survey, &source.base, 3, &err), MIG_OK);
}

Test(survey, fails_with_the_error_of_the_reader_that_failed)
{
    source.fails_at = 5000;
    source.min_readers = 3;
    cr_expect_eq(mig_survey_run(survey, &source.base, 3, &err), MIG_E_DATA);
    cr_expect_str_eq(err.message, "row 5000 is bad");
}

Test(survey, ends_when_the_source_is_interrupted)
{
    interrupt(&source.base);
    cr_expect_eq(mig_survey_run(survey, &source.base, 3, &err), MIG_E_STOPPED);
}

static mig_status
survey_in_phase(void *arg, mig_error *error)
{
    (void)arg;
    /* Pending until the main thread listens. */
    kill(getpid(), SIGTERM);
    return mig_survey_run(survey, &source.base, 3, error);
}

Test(survey, inside_a_phase_is_ended_by_a_signal)
{
    int signo = 0;

    mig_threads_block_signals();
    source.blocks = true;
    cr_expect_eq(mig_phase_run(&source.base, NULL, survey_in_phase, NULL, &signo, &err),
                 MIG_E_STOPPED);
    cr_expect_eq(signo, SIGTERM);
}
