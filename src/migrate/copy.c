/*
 * copy.c - the coordinator of the copy.
 *
 * Counts, cuts tables into segments, starts readers and writers, and then only
 * waits: for the end, for the next tick, for a signal.  Everything that can
 * fail fails in a thread; what is left to do here is to clear away.
 *
 * Clearing away after a failure: when all threads have ended, batches can be
 * in a reader's hand, in the queue of a chunk that a writer holds, or in a
 * chunk in the ready queue.  Chunks are freed first (that sends their batches
 * home), then the homes are checked to be full.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/clock.h"
#include "mig/threads.h"
#include "reader.h"
#include "writer.h"

#define TICK_MS 200

/* The threads of one copy. */
typedef struct crew {
    mig_run              run;
    mig_cancel_interrupt interrupt;
    mig_threads         *threads;
    mig_reader          *readers;
    unsigned             n_readers; /* initialised */
    mig_drain           *drains;
    unsigned             n_drains;
} crew;

mig_status
mig_copy_new(mig_source *source, const mig_plan *plan, mig_copy **copyp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_copy  *copy;

    *copyp = NULL;
    copy = calloc(1, sizeof *copy);
    if (copy == NULL || (copy->tables = calloc(plan->n_tables + 1, sizeof *copy->tables)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the state of the copy");
        goto done;
    }
    copy->plan = plan;
    for (size_t i = 0; i < plan->n_tables; i++)
        MIG_TRY(source->ops->count(source, plan->tables[i].source, &copy->tables[i].n_rows, err));

    *copyp = copy;
    copy = NULL; /* now the caller's */
done:
    mig_copy_free(copy);
    return st;
}

void
mig_copy_free(mig_copy *copy)
{
    if (copy == NULL)
        return;
    for (size_t i = 0; copy->tables != NULL && i < copy->plan->n_tables; i++)
        free(copy->tables[i].done);
    for (size_t i = 0; copy->tables != NULL && i < copy->plan->n_tables; i++)
        free(copy->tables[i].refused);
    free(copy->tables);
    free(copy);
}

/*
 * One reader scans a table in one go.  Several share the big ones; small tables, tables that refer
 * to themselves (one chunk, so one reader) and those whose order matters stay whole.
 */
bool
mig__copy_cuts(const mig_table_plan *table, uint64_t n_rows, unsigned n_readers)
{
    return n_readers > 1 && n_rows >= 2 * MIG__ROWS_PER_SEGMENT && !table->refers_to_itself &&
           table->ordered_by == NULL;
}

static mig_status
cut_segments(mig_run *run, mig_error *err)
{
    const mig_plan *plan = run->copy->plan;

    for (size_t i = 0; i < plan->n_tables; i++) {
        bool cut =
            mig__copy_cuts(&plan->tables[i], run->copy->tables[i].n_rows, run->options->n_readers);
        mig_segment *segments = NULL;
        size_t       n_segments = 0;
        mig_status   st;

        st = run->source->ops->split(run->source, &plan->tables[i], i, run->copy->tables[i].n_rows,
                                     cut ? MIG__ROWS_PER_SEGMENT : 0, &segments, &n_segments, err);
        if (st == MIG_OK && n_segments == 1)
            segments[0].by = plan->tables[i].ordered_by;
        if (st == MIG_OK)
            st = mig__again_cut(run->copy, i, &segments, &n_segments, err);
        if (st != MIG_OK) {
            free(segments);
            return st;
        }
        mig__handout_add(run->handout, i, segments, n_segments);
    }
    return mig__handout_open(run->handout, run->options->n_readers > 1, err);
}

static void
interrupt_databases(void *arg)
{
    mig_run *run = arg;

    run->source->ops->interrupt(run->source);
    run->sink->ops->interrupt(run->sink);
}

/* --readers 0: reader and writer in turn, each until it can do no more without the other. */
static mig_status
both_main(void *arg, mig_error *err)
{
    crew           *c = arg;
    mig_step_result read = MIG__STEP_MADE, written = MIG__STEP_MADE;
    mig_status      st = MIG_OK;

    while (written != MIG__STEP_DONE) {
        do
            MIG_TRY(mig__reader_step(&c->readers[0], false, &read, err));
        while (read == MIG__STEP_MADE);
        do
            MIG_TRY(mig__drain_step(&c->drains[0], false, &written, err));
        while (written == MIG__STEP_MADE);
    }
done:
    return st;
}

static mig_status
make_crew(crew *c, mig_error *err)
{
    mig_run   *run = &c->run;
    unsigned   n_readers = run->options->n_readers > 0 ? run->options->n_readers : 1;
    unsigned   n_drains = run->options->n_readers > 0 ? run->options->n_writers : 1;
    unsigned   most = run->sink->ops->max_writers(run->sink);
    mig_status st = MIG_OK;

    if (n_drains > most)
        n_drains = most;
    run->n_writers = n_drains;
    MIG_TRY(mig_cancel_new(&run->cancel, err));
    MIG_TRY(mig_threads_new(run->cancel, &c->threads, err));
    MIG_TRY(mig_queue_new(MIG_QUEUE_MANY_CONSUMERS, run->cancel, &run->ready, err));
    MIG_TRY(mig__handout_new(run->copy, run->cancel, &run->handout, err));
    c->readers = calloc(n_readers, sizeof *c->readers);
    c->drains = calloc(n_drains, sizeof *c->drains);
    if (c->readers == NULL || c->drains == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate readers and writers");
        goto done;
    }
    for (; c->n_readers < n_readers; c->n_readers++)
        MIG_TRY(mig__reader_init(&c->readers[c->n_readers], run, c->n_readers, err));
    for (; c->n_drains < n_drains; c->n_drains++)
        mig__drain_init(&c->drains[c->n_drains], run, c->n_drains);
    atomic_store(&run->n_reading, n_readers);
    mig_cancel_watch_interrupt(run->cancel, &c->interrupt, interrupt_databases, run);
    MIG_TRY(cut_segments(run, err));
done:
    return st;
}

static mig_status
start_crew(crew *c, mig_error *err)
{
    mig_status st = MIG_OK;
    char       name[24];

    if (c->run.options->n_readers == 0)
        return mig_threads_start(c->threads, "copy", both_main, c, err);
    for (unsigned i = 0; i < c->n_drains; i++) {
        snprintf(name, sizeof name, "writer %u", i);
        MIG_TRY(mig_threads_start(c->threads, name, mig__drain_main, &c->drains[i], err));
    }
    for (unsigned i = 0; i < c->n_readers; i++) {
        snprintf(name, sizeof name, "reader %u", i);
        MIG_TRY(mig_threads_start(c->threads, name, mig__reader_main, &c->readers[i], err));
    }
done:
    return st;
}

static void
hear_signal(crew *c, int signo)
{
    mig_error stopped = MIG_ERROR_INIT;

    if (c->run.copy->signo == 0) {
        c->run.copy->signo = signo;
        mig__handout_close(c->run.handout);
        return;
    }
    c->run.copy->at_once = true;
    mig_raise(&stopped, MIG_E_STOPPED, "stopped by a second signal");
    mig_cancel_raise(c->run.cancel, &stopped);
    mig_error_fini(&stopped);
}

static void
watch_over(crew *c, void (*tick)(void *arg, const mig_copy *copy), void *arg)
{
    for (;;) {
        int      signo = 0;
        mig_wait waited = mig_threads_wait(c->threads, TICK_MS, &signo);

        if (waited == MIG_WAIT_SIGNAL)
            hear_signal(c, signo);
        if (tick != NULL)
            tick(arg, c->run.copy);
        if (waited == MIG_WAIT_DONE)
            return;
    }
}

/* Which row of the source the target refused. */
static void
name_blamed_row(const mig_run *run, mig_error *err)
{
    const mig_table_plan *plan = &run->copy->plan->tables[run->blamed_segment.table];
    char                 *text = NULL;

    if (run->source->ops->locate(run->source, plan, &run->blamed_segment, run->blamed_row, &text,
                                 NULL) == MIG_OK)
        mig_error_detail(err, "in the source this is %s of table %s", text, plan->source->name);
    free(text);
}

static mig_status
gather_digests(const crew *c, mig_error *err)
{
    mig_copy  *copy = c->run.copy;
    mig_status st = MIG_OK;

    for (size_t t = 0; t < copy->plan->n_tables; t++) {
        copy->tables[t].digest = copy->tables[t].digest_done;
        if (c->run.options->digests)
            mig_digest_take(&copy->tables[t].digest, &copy->tables[t].refused_done);
    }
    for (unsigned i = 0; i < c->n_readers && c->run.options->digests; i++)
        for (size_t t = 0; t < copy->plan->n_tables; t++)
            mig_digest_add(&copy->tables[t].digest, &c->readers[i].digests[t]);
    for (unsigned i = 0; i < c->n_drains; i++)
        MIG_TRY(mig__refused_gather(&c->drains[i].refused, copy, c->run.options->digests, err));
done:
    return st;
}

static void
clear_away(crew *c)
{
    mig_run  *run = &c->run;
    mig_node *node;

    if (c->threads != NULL)
        mig_threads_join(c->threads);
    mig_threads_free(c->threads);
    for (unsigned i = 0; i < c->n_drains; i++)
        mig__drain_fini(&c->drains[i]);
    if (run->ready != NULL)
        while ((node = mig_queue_drain(run->ready)) != NULL)
            mig__chunk_free(mig__chunk_of(node));
    mig_queue_free(run->ready);
    for (unsigned i = 0; i < c->n_readers; i++)
        mig__reader_fini(&c->readers[i]);
    mig__handout_free(run->handout);
    if (c->interrupt.call != NULL)
        mig_cancel_unwatch_interrupt(run->cancel, &c->interrupt);
    mig_cancel_free(run->cancel);
    free(c->readers);
    free(c->drains);
}

static mig_status
check_complete(const mig_copy *copy, mig_error *err)
{
    if (copy->signo != 0)
        return mig_raise(err, MIG_E_STOPPED, "stopped by a signal");
    for (size_t i = 0; i < copy->plan->n_tables; i++)
        if (!atomic_load(&copy->tables[i].complete))
            return mig_raise(err, MIG_E_INTERNAL, "table %s was not copied to its end",
                             copy->plan->tables[i].source->name);
    return MIG_OK;
}

mig_status
mig_copy_run(mig_copy *copy, mig_source *source, mig_sink *sink, const mig_copy_options *options,
             void (*tick)(void *arg, const mig_copy *copy), void *arg, mig_error *err)
{
    mig_status st = MIG_OK;
    crew       c = {.run = {.copy = copy, .source = source, .sink = sink, .options = options}};

    copy->started_at = mig_clock_now();
    copy->signo = 0;
    source->aside = options->aside;
    MIG_TRY(make_crew(&c, err));
    st = start_crew(&c, err);
    if (st != MIG_OK) {
        /* Some run already: they end as after any failure. */
        mig_error stopped = MIG_ERROR_INIT;

        mig_raise(&stopped, MIG_E_STOPPED, "not all threads could be started");
        mig_cancel_raise(c.run.cancel, &stopped);
        mig_error_fini(&stopped);
    }
    watch_over(&c, tick, arg);
    mig_threads_join(c.threads);
    if (st == MIG_OK)
        st = mig_cancel_result(c.run.cancel, err);
    if (st != MIG_OK && st != MIG_E_STOPPED && c.run.blamed)
        name_blamed_row(&c.run, err);
    if (st == MIG_OK)
        st = check_complete(copy, err);
    if (st == MIG_OK)
        st = gather_digests(&c, err);
done:
    copy->seconds = mig_clock_seconds_since(copy->started_at);
    clear_away(&c);
    return st;
}
