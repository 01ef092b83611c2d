/*
 * survey.c - readers that share the tables of a survey.
 *
 * A reader takes a piece (a segment of a table, at first the whole) and reads it
 * turn by turn.  When another one has nothing to do, it gives away half of what
 * is left of its own after the turn.  So nothing is counted or cut before it is
 * known that it has to be, and tables of any size and any keys end about at the
 * same time on all readers.  Tables that cannot be cut come first, because a
 * long one at the end would keep one reader busy alone.
 *
 * All is over when no piece is left and nobody has one.
 *
 * Threads: reader_main on each of them; pieces under one mutex, asked once per
 * turn; no database is called under it.
 */
#include "mig/survey.h"

#include <pthread.h>
#include <stdlib.h>

#include "mig/cancel.h"
#include "mig/clock.h"
#include "mig/threads.h"
#include "survey_merge.h"

typedef struct run {
    /* Fixed after start. */
    mig_survey *survey;
    mig_source *source;
    mig_cancel *cancel;

    /* Under lock.  A piece's segment.table is the position in the survey. */
    pthread_mutex_t lock;
    mig_segment    *pieces; /* from next on; room for one more per reader */
    size_t          next, n_pieces, cap;
    unsigned        n_idle; /* readers that wait for a piece */
    unsigned        n_readers;

    /* Any thread. */
    mig_park park; /* wakes: a piece is there, or there will be none any more */
} run;

typedef struct surveyor {
    run        *run;
    unsigned    index;
    mig_survey *found;
} surveyor;

/* ---- pieces ------------------------------------------------------------------------------- */

static mig_status
add_tables(run *r, mig_error *err)
{
    /* A piece is pushed only while another one is held, by at most one reader each. */
    r->cap = r->survey->n_tables + r->n_readers;
    r->pieces = calloc(r->cap, sizeof *r->pieces);
    if (r->pieces == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the tables of a survey");
    for (int can_cut = 0; can_cut < 2; can_cut++) {
        for (size_t t = 0; t < r->survey->n_tables; t++)
            if ((r->survey->tables[t].table->rowid_name != NULL) == can_cut)
                r->pieces[r->n_pieces++] = (mig_segment){.table = t};
    }
    return MIG_OK;
}

static bool
is_over_locked(const run *r)
{
    return r->next == r->n_pieces && r->n_idle == r->n_readers;
}

/* Waits for a piece; false: there is none any more, or the run is stopped. */
static bool
take(run *r, mig_segment *piece)
{
    bool taken = false, over = false, idle = false;

    while (!taken && !over) {
        uint32_t key = mig_park_prepare(&r->park);

        over = mig_stop_raised(mig_cancel_stop(r->cancel));
        pthread_mutex_lock(&r->lock);
        taken = !over && r->next < r->n_pieces;
        if (taken)
            *piece = r->pieces[r->next++];
        if (idle != !taken)
            r->n_idle += taken ? -1u : 1u;
        idle = !taken;
        over = over || is_over_locked(r);
        pthread_mutex_unlock(&r->lock);
        if (!taken && !over)
            mig_park_wait(&r->park, key);
    }
    if (over)
        mig_park_wake_all(&r->park);
    return taken;
}

/* Whether somebody waits for whom there is no piece. */
static bool
is_hungry(run *r)
{
    bool hungry;

    pthread_mutex_lock(&r->lock);
    hungry = r->n_idle > r->n_pieces - r->next;
    pthread_mutex_unlock(&r->lock);
    return hungry;
}

/* False: too many have been given away already and not taken yet. */
static bool
push(run *r, const mig_segment *piece)
{
    bool pushed;

    pthread_mutex_lock(&r->lock);
    if (r->n_pieces == r->cap) {
        for (size_t i = r->next; i < r->n_pieces; i++)
            r->pieces[i - r->next] = r->pieces[i];
        r->n_pieces -= r->next;
        r->next = 0;
    }
    pushed = r->n_pieces < r->cap;
    if (pushed)
        r->pieces[r->n_pieces++] = *piece;
    pthread_mutex_unlock(&r->lock);
    mig_park_wake_one(&r->park);
    return pushed;
}

/* ---- readers ------------------------------------------------------------------------------ */

/* Gives half of the piece away if somebody has nothing to do. */
static mig_status
share(surveyor *reader, mig_segment *piece, mig_error *err)
{
    run        *r = reader->run;
    mig_status  st = MIG_OK;
    mig_segment whole = *piece, upper;
    bool        cut = false;

    if (!is_hungry(r))
        return MIG_OK;
    MIG_TRY(r->source->ops->survey_cut(
        r->source, reader->index, r->survey->tables[piece->table].table, piece, &upper, &cut, err));
    if (cut && !push(r, &upper))
        *piece = whole;
done:
    return st;
}

static mig_status
read_piece(surveyor *reader, mig_segment *piece, mig_error *err)
{
    run       *r = reader->run;
    mig_status st = MIG_OK;
    bool       more = true;

    while (more) {
        if (mig_stop_raised(mig_cancel_stop(r->cancel)))
            return mig_raise(err, MIG_E_STOPPED, "stopped");
        MIG_TRY(share(reader, piece, err));
        MIG_TRY(r->source->ops->survey(r->source, reader->index,
                                       &reader->found->tables[piece->table], piece, &more, err));
    }
done:
    return st;
}

static mig_status
reader_main(void *arg, mig_error *err)
{
    surveyor   *reader = arg;
    mig_segment piece;
    mig_status  st = MIG_OK;

    while (st == MIG_OK && take(reader->run, &piece))
        st = read_piece(reader, &piece, err);
    return st;
}

static void
interrupt_source(void *arg)
{
    run *r = arg;

    r->source->ops->interrupt(r->source);
}

/* Several readers: the first that fails ends the others. */
static mig_status
run_readers(run *r, surveyor *readers, mig_error *err)
{
    mig_status           st = MIG_OK;
    mig_cancel_park      park = {0};
    mig_cancel_interrupt interrupt = {0};
    void               **args = calloc(r->n_readers, sizeof *args);

    if (args == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate readers");
    for (unsigned i = 0; i < r->n_readers; i++)
        args[i] = &readers[i];
    mig_cancel_watch_park(r->cancel, &park, &r->park);
    mig_cancel_watch_interrupt(r->cancel, &interrupt, interrupt_source, r);
    st = mig_threads_run(r->cancel, "survey", reader_main, args, r->n_readers, err);
    mig_cancel_unwatch_interrupt(r->cancel, &interrupt);
    mig_cancel_unwatch_park(r->cancel, &park);
    free(args);
    return st;
}

mig_status
mig_survey_run(mig_survey *survey, mig_source *source, unsigned n_readers, mig_error *err)
{
    const uint64_t started_at = mig_clock_now();
    mig_status     st = MIG_OK;
    surveyor      *readers = NULL;
    run            r = {.survey = survey, .source = source, .n_readers = n_readers};

    if (n_readers == 0)
        r.n_readers = 1;
    pthread_mutex_init(&r.lock, NULL);
    MIG_TRY(mig_cancel_new(&r.cancel, err));
    MIG_TRY(add_tables(&r, err));
    readers = calloc(r.n_readers, sizeof *readers);
    for (unsigned i = 0; i < r.n_readers; i++) {
        if (readers == NULL || (readers[i].found = mig__survey_copy(survey)) == NULL) {
            st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the survey of a reader");
            goto done;
        }
        readers[i].run = &r;
        readers[i].index = i;
    }
    MIG_TRY(n_readers == 0 ? reader_main(&readers[0], err) : run_readers(&r, readers, err));
    for (unsigned i = 0; i < r.n_readers; i++)
        mig__survey_merge(survey, readers[i].found);
    MIG_TRY(mig__survey_settle(survey, source, err));
done:
    survey->seconds = mig_clock_seconds_since(started_at);
    for (unsigned i = 0; readers != NULL && i < r.n_readers; i++)
        mig_survey_free(readers[i].found);
    free(readers);
    free(r.pieces);
    mig_cancel_free(r.cancel);
    pthread_mutex_destroy(&r.lock);
    return st;
}
