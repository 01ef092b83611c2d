/*
 * again.c - rows of a segment that are in the target already.
 */
#include "again.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

mig__again
mig__again_begin(const mig_table_copy *table, const mig_segment *segment)
{
    const int64_t lower = mig__again_lower(segment), upper = mig__again_upper(segment);
    mig__again    again = {0};

    for (size_t i = 0; i < table->n_done; i++) {
        const mig_done *done = &table->done[i];

        if (done->lower != lower || done->upper != upper)
            continue;
        if (again.n_left == 0)
            again.next = done;
        again.n_left++;
        again.whole = done->keyed;
    }
    return again;
}

bool
mig__again_inside(const mig__again *again, uint64_t position)
{
    return again->whole || (again->n_left > 0 && position >= again->next->first_row);
}

uint64_t
mig__again_room(const mig__again *again, uint64_t position)
{
    if (again->n_left == 0)
        return UINT64_MAX;
    if (position < again->next->first_row)
        return again->next->first_row - position;
    return again->next->first_row + again->next->n_rows - position;
}

static mig_status
raise_changed(const mig_table_plan *plan, const mig_done *done, mig_error *err)
{
    const char *name = plan->source->name;

    mig_raise(err, MIG_E_CHANGED, "%s is not what it was when the run that is gone on with read it",
              name);
    if (done == NULL)
        mig_error_detail(err, "there are rows among those that were copied that were not there");
    else if (done->keyed)
        mig_error_detail(
            err, "%" PRIu64 " rows were copied from key %" PRId64 " to %" PRId64 " of the table",
            done->n_rows, done->lower, done->upper);
    else
        mig_error_detail(err, "the rows %" PRIu64 " to %" PRIu64 " of %s were copied",
                         done->first_row + 1, done->first_row + done->n_rows,
                         done->lower == INT64_MIN && done->upper == INT64_MAX ? "the table"
                                                                              : "a part of it");
    mig_error_hint(err, "the target holds a mixture now; --force copies everything again");
    return MIG_E_CHANGED;
}

mig_status
mig__again_take(mig__again *again, const mig_table_plan *plan, const mig_digest *rows,
                uint64_t position, mig_error *err)
{
    const mig_done *done = again->next;

    if (again->n_left == 0)
        return raise_changed(plan, NULL, err);
    mig_digest_add(&again->digest, rows);
    if (position < done->first_row + done->n_rows)
        return MIG_OK;
    if (done->hashed &&
        (again->digest.sum.low != done->sum.low || again->digest.sum.high != done->sum.high))
        return raise_changed(plan, done, err);
    again->digest = (mig_digest){0};
    again->next++;
    again->n_left--;
    return MIG_OK;
}

mig_status
mig__again_end(const mig__again *again, const mig_table_plan *plan, mig_error *err)
{
    return again->n_left > 0 ? raise_changed(plan, again->next, err) : MIG_OK;
}

/* ---- segments ----------------------------------------------------------------------------- */

typedef struct segments {
    mig_segment *list;
    size_t       n, cap;
    size_t       table;
} segments;

static mig_status
add(segments *to, int64_t lower, int64_t upper, mig_error *err)
{
    if (to->n == to->cap) {
        size_t       cap = to->cap == 0 ? 16 : to->cap * 2;
        mig_segment *list = reallocarray(to->list, cap, sizeof *list);

        if (list == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate the segments of a table");
        to->list = list;
        to->cap = cap;
    }
    to->list[to->n++] = (mig_segment){.table = to->table,
                                      .has_lower = lower != INT64_MIN,
                                      .has_upper = upper != INT64_MAX,
                                      .lower = lower != INT64_MIN ? lower : 0,
                                      .upper = upper != INT64_MAX ? upper : 0};
    return MIG_OK;
}

/* The first of those with the same range, which stand side by side. */
static bool
is_first(const mig_table_copy *table, size_t i)
{
    return i == 0 || table->done[i].lower != table->done[i - 1].lower;
}

/* What of the segment is in no range of the table's. */
static mig_status
add_rest(segments *to, const mig_table_copy *table, const mig_segment *segment, mig_error *err)
{
    int64_t    from = mig__again_lower(segment), upper = mig__again_upper(segment);
    mig_status st = MIG_OK;

    for (size_t i = 0; i < table->n_done; i++) {
        const mig_done *done = &table->done[i];

        if (!is_first(table, i) || done->upper < from)
            continue;
        if (done->lower > upper)
            break;
        if (done->lower > from)
            MIG_TRY(add(to, from, done->lower - 1, err));
        if (done->upper >= upper)
            goto done;
        from = done->upper + 1;
    }
    MIG_TRY(add(to, from, upper, err));
done:
    return st;
}

mig_status
mig__again_cut(const mig_copy *copy, size_t position, mig_segment **segmentsp, size_t *n_segmentsp,
               mig_error *err)
{
    const mig_table_copy *table = &copy->tables[position];
    segments              to = {.table = position};
    mig_status            st = MIG_OK;

    if (table->n_done == 0)
        return MIG_OK;
    for (size_t i = 0; i < table->n_done; i++)
        if (is_first(table, i) && !(table->done[i].keyed && copy->trusts))
            MIG_TRY(add(&to, table->done[i].lower, table->done[i].upper, err));
    for (size_t i = 0; i < *n_segmentsp; i++)
        MIG_TRY(add_rest(&to, table, &(*segmentsp)[i], err));
    free(*segmentsp);
    *segmentsp = to.list;
    *n_segmentsp = to.n;
    to.list = NULL;
done:
    free(to.list);
    return st;
}

/* ---- the journal -------------------------------------------------------------------------- */

static int
compare_done(const void *a, const void *b)
{
    const mig_done *x = a, *y = b;

    if (x->lower != y->lower)
        return x->lower < y->lower ? -1 : 1;
    return x->first_row < y->first_row ? -1 : x->first_row > y->first_row;
}

static void
account(mig_table_copy *table, const mig_done *done)
{
    table->n_rows_done += done->n_rows - done->n_refused;
    table->n_refused_done += done->n_refused;
    mig_digest_add(&table->refused_done,
                   &(mig_digest){.n_rows = done->n_refused, .sum = done->refused});
    atomic_fetch_add(&table->n_stored_otherwise, done->n_stored_otherwise);
    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        atomic_fetch_add(&table->n_losses[i], done->n_losses[i]);
}

static mig_status
take_table(mig_copy *copy, size_t position, const mig_journal *journal, mig_error *err)
{
    mig_table_copy *table = &copy->tables[position];
    const char     *name = copy->plan->tables[position].target->name;
    mig_status      st = MIG_OK;

    free(table->done);
    *table = (mig_table_copy){.n_rows = table->n_rows};
    table->done = calloc(journal->n_chunks + 1, sizeof *table->done);
    if (table->done == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate what is done of a table");
    for (size_t i = 0; i < journal->n_chunks; i++) {
        if (strcmp(journal->chunks[i].table, name) != 0)
            continue;
        table->done[table->n_done++] = journal->chunks[i].done;
        account(table, &journal->chunks[i].done);
    }
    qsort(table->done, table->n_done, sizeof *table->done, compare_done);
    atomic_store(&table->n_read, table->n_rows_done);
    atomic_store(&table->n_written, table->n_rows_done);
    atomic_store(&table->n_committed, table->n_rows_done);
    if (table->n_rows_done > table->n_rows) {
        st = mig_raise(err, MIG_E_CHANGED, "%s has fewer rows than were copied of it",
                       copy->plan->tables[position].source->name);
        mig_error_detail(err, "%" PRIu64 " rows are in the target, %" PRIu64 " in the source",
                         table->n_rows_done, table->n_rows);
        mig_error_hint(err, "the source has changed; --force copies everything again");
    }
    return st;
}

mig_status
mig_copy_resume(mig_copy *copy, const mig_journal *journal, bool trust, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       unhashed = false;

    copy->resumed = true;
    copy->lost = false;
    for (size_t t = 0; t < copy->plan->n_tables; t++)
        MIG_TRY(take_table(copy, t, journal, err));
    for (size_t i = 0; i < journal->n_chunks; i++)
        unhashed = unhashed || !journal->chunks[i].done.hashed;
    copy->trusts = trust && !unhashed;
    for (size_t t = 0; copy->trusts && t < copy->plan->n_tables; t++)
        for (size_t i = 0; i < copy->tables[t].n_done; i++) {
            const mig_done *done = &copy->tables[t].done[i];

            if (!done->keyed)
                continue;
            copy->tables[t].n_aside_done += done->n_unread;
            mig_digest_add(&copy->tables[t].digest_done,
                           &(mig_digest){.n_rows = done->n_rows, .sum = done->sum});
        }
    for (size_t t = 0; t < copy->plan->n_tables; t++) {
        copy->tables[t].n_aside_done += copy->tables[t].n_refused_done;
        atomic_store(&copy->tables[t].n_aside, copy->tables[t].n_aside_done);
    }
done:
    return st;
}

void
mig_journal_free(mig_journal *journal)
{
    if (journal == NULL)
        return;
    for (size_t i = 0; journal->chunks != NULL && i < journal->n_chunks; i++)
        free(journal->chunks[i].table);
    free(journal->chunks);
    free(journal->id);
    free(journal->source);
    free(journal->plan);
    free(journal->since);
    free(journal);
}
