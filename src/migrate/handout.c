/*
 * handout.c - segments, and the rule that children wait for their parents.
 */
#include "handout.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct table_state {
    mig_segment *segments;
    size_t       n_segments;
    size_t       n_given;        /* segments that readers have taken */
    size_t       n_read;         /* segments read to the end */
    size_t       n_chunks_open;  /* cut and not yet committed */
    size_t       n_parents_open; /* parents that are not complete */
    bool         complete;
} table_state;

struct mig_handout {
    /* Fixed after start. */
    mig_copy       *copy;
    mig_cancel     *cancel;
    mig_cancel_park watch;

    /* Under lock. */
    pthread_mutex_t lock;
    table_state    *tables;
    size_t         *order;       /* tables, as they are given out where several may be */
    size_t          n_not_given; /* tables with segments that no reader has taken */

    /* Any thread. */
    atomic_bool closed;
    mig_park    park; /* readers that wait for a parent; wakes: a table is complete, closing */
};

mig_status
mig__handout_new(mig_copy *copy, mig_cancel *cancel, mig_handout **handoutp, mig_error *err)
{
    mig_handout *handout = calloc(1, sizeof *handout);

    *handoutp = NULL;
    if (handout != NULL) {
        handout->tables = calloc(copy->plan->n_tables + 1, sizeof *handout->tables);
        handout->order = calloc(copy->plan->n_tables + 1, sizeof *handout->order);
    }
    if (handout == NULL || handout->tables == NULL || handout->order == NULL) {
        if (handout != NULL) {
            free(handout->tables);
            free(handout->order);
        }
        free(handout);
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of segments");
    }
    handout->copy = copy;
    handout->cancel = cancel;
    pthread_mutex_init(&handout->lock, NULL);
    mig_cancel_watch_park(cancel, &handout->watch, &handout->park);
    *handoutp = handout;
    return MIG_OK;
}

void
mig__handout_free(mig_handout *handout)
{
    if (handout == NULL)
        return;
    mig_cancel_unwatch_park(handout->cancel, &handout->watch);
    for (size_t i = 0; i < handout->copy->plan->n_tables; i++)
        free(handout->tables[i].segments);
    free(handout->tables);
    free(handout->order);
    pthread_mutex_destroy(&handout->lock);
    free(handout);
}

void
mig__handout_add(mig_handout *handout, size_t table, mig_segment *segments, size_t n_segments)
{
    handout->tables[table].segments = segments;
    handout->tables[table].n_segments = n_segments;
}

/* Marks the table complete if it is, and then whatever that completes in turn. */
static void
settle_locked(mig_handout *handout, size_t table)
{
    const mig_plan *plan = handout->copy->plan;
    table_state    *state = &handout->tables[table];

    if (state->complete || state->n_parents_open > 0 || state->n_read < state->n_segments ||
        state->n_chunks_open > 0)
        return;
    state->complete = true;
    atomic_store_explicit(&handout->copy->tables[table].complete, true, memory_order_relaxed);
    for (size_t i = 0; i < plan->n_tables; i++) {
        for (size_t k = 0; k < plan->tables[i].n_parents; k++) {
            if (plan->tables[i].parents[k] != table)
                continue;
            if (--handout->tables[i].n_parents_open == 0)
                settle_locked(handout, i); /* It may have no segments at all. */
        }
    }
    mig_park_wake_all(&handout->park);
}

/*
 * Longest road first: a table counts as much as its rows and those of its children's longest road
 * (of its own children in turn), so that no large table, and no row of tables each of which waits
 * for the one before, begins when all others are done.  The plan has parents before children, and
 * so has the road, also by keys that are suspended: what a run that ends early leaves should have
 * as few rows as can be whose parents are not there.
 */
static void
sort_tables(mig_handout *handout, uint64_t *roads)
{
    const mig_plan *plan = handout->copy->plan;

    for (size_t i = plan->n_tables; i-- > 0;) {
        const mig_table_plan *table = &plan->tables[i];

        roads[i] += handout->copy->tables[i].n_rows;
        for (size_t k = 0; k < table->n_parents + table->n_let_go; k++)
            if (roads[i] > roads[table->parents[k]])
                roads[table->parents[k]] = roads[i];
    }
    for (size_t i = 1; i < plan->n_tables; i++) {
        size_t table = handout->order[i], at = i;

        for (; at > 0 && roads[handout->order[at - 1]] < roads[table]; at--)
            handout->order[at] = handout->order[at - 1];
        handout->order[at] = table;
    }
}

mig_status
mig__handout_open(mig_handout *handout, bool longest_first, mig_error *err)
{
    const mig_plan *plan = handout->copy->plan;
    uint64_t       *roads = calloc(plan->n_tables + 1, sizeof *roads);

    if (roads == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot order the tables");
    pthread_mutex_lock(&handout->lock);
    for (size_t i = 0; i < plan->n_tables; i++)
        handout->order[i] = i;
    if (longest_first)
        sort_tables(handout, roads);
    for (size_t i = 0; i < plan->n_tables; i++) {
        handout->tables[i].n_parents_open = plan->tables[i].n_parents;
        if (handout->tables[i].n_segments > 0)
            handout->n_not_given++;
    }
    for (size_t i = 0; i < plan->n_tables; i++)
        settle_locked(handout, i);
    pthread_mutex_unlock(&handout->lock);
    free(roads);
    return MIG_OK;
}

static mig_hand
take_locked(mig_handout *handout, mig_segment *segmentp)
{
    if (handout->n_not_given == 0 || mig__handout_closed(handout))
        return MIG__HAND_END;
    for (size_t i = 0; i < handout->copy->plan->n_tables; i++) {
        table_state *state = &handout->tables[handout->order[i]];

        if (state->n_parents_open > 0 || state->n_given == state->n_segments)
            continue;
        *segmentp = state->segments[state->n_given++];
        if (state->n_given == state->n_segments)
            handout->n_not_given--;
        return MIG__HAND_SEGMENT;
    }
    return MIG__HAND_MUST_WAIT;
}

mig_hand
mig__handout_next(mig_handout *handout, bool wait, mig_segment *segmentp)
{
    for (;;) {
        uint32_t key = mig_park_prepare(&handout->park);
        mig_hand hand;

        if (mig_stop_raised(mig_cancel_stop(handout->cancel)))
            return MIG__HAND_STOPPED;
        pthread_mutex_lock(&handout->lock);
        hand = take_locked(handout, segmentp);
        pthread_mutex_unlock(&handout->lock);
        if (hand != MIG__HAND_MUST_WAIT || !wait)
            return hand;
        mig_park_wait(&handout->park, key);
    }
}

void
mig__handout_chunk_cut(mig_handout *handout, size_t table)
{
    pthread_mutex_lock(&handout->lock);
    handout->tables[table].n_chunks_open++;
    pthread_mutex_unlock(&handout->lock);
}

void
mig__handout_chunk_committed(mig_handout *handout, size_t table)
{
    pthread_mutex_lock(&handout->lock);
    handout->tables[table].n_chunks_open--;
    settle_locked(handout, table);
    pthread_mutex_unlock(&handout->lock);
}

void
mig__handout_segment_read(mig_handout *handout, size_t table)
{
    pthread_mutex_lock(&handout->lock);
    handout->tables[table].n_read++;
    settle_locked(handout, table);
    pthread_mutex_unlock(&handout->lock);
}

void
mig__handout_close(mig_handout *handout)
{
    atomic_store(&handout->closed, true);
    mig_park_wake_all(&handout->park);
}

bool
mig__handout_closed(const mig_handout *handout)
{
    return atomic_load(&handout->closed);
}
