/*
 * sync.c - what differs is found by digests, and only that is changed.
 *
 * Both sides are read once, every row into the digest of its bucket (buckets.h).
 * Of tables whose buckets differ, those buckets are read again (sync_rows.c),
 * which stages rows and keys in the sink; it applies them in one transaction.
 *
 * That the target then holds what the source holds is not believed: rows that
 * were written are read back in that transaction.  Where the target has counted
 * exactly the changes that were asked for, the digest of the whole table is
 * what it was, without the rows that went, with those read back; else, since
 * something has changed more, the table is read as a whole.
 *
 * Threads: scans start their own; everything else on one.
 */
#include "sync.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Digests of all tables, readers and sides together. */
#define BUCKET_BYTES_MOST ((size_t)256 * 1024 * 1024)

/* ---- keys --------------------------------------------------------------------------------- */

/* SQLite keeps no text in such a column that is a whole number, and no number that is none in one
 * that could be read as an integer ("Determination Of Column Affinity"). */
static bool
has_integers(const mig_column *column)
{
    const char *type = column->type;

    if (column->base != NULL)
        return mig_wire_is_integer(column->wire);
    for (; *type != '\0'; type++)
        if ((type[0] | 0x20) == 'i' && (type[1] | 0x20) == 'n' && (type[2] | 0x20) == 't')
            return true;
    return false;
}

/* The positions of the target's primary key, if all of it is in the plan. */
static mig_status
find_key(mig_sync *s, size_t t, mig_error *err)
{
    const mig_table_plan *plan = &s->plan->tables[t];
    mig_sync_table       *table = &s->tables[t];
    size_t                n_of_target = 0;

    table->key = calloc(plan->n_columns + 1, sizeof *table->key);
    if (table->key == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the key of %s", plan->target->name);
    for (size_t c = 0; c < plan->target->n_columns; c++)
        n_of_target += plan->target->columns[c].pk_position > 0;
    for (size_t c = 0; c < plan->n_columns; c++)
        if (plan->columns[c].target->pk_position > 0 && mig_verify_compares(&plan->columns[c]))
            table->key[table->n_key++] = c;
    if (table->n_key != n_of_target)
        table->n_key = 0;
    s->states[t].integer = SIZE_MAX;
    if (table->n_key == 1) {
        const mig_column_plan *column = &plan->columns[table->key[0]];

        if (mig_wire_is_integer(column->wire) && column->source->pk_position > 0 &&
            column->rules == 0 && column->unit == MIG_UNIT_NONE && has_integers(column->source) &&
            has_integers(column->target))
            s->states[t].integer = table->key[0];
    }
    return MIG_OK;
}

int64_t
mig__sync_integer(const mig_sync *s, size_t table, const unsigned char *row)
{
    const unsigned char *at = row + 2;
    uint32_t             len = 0;
    uint64_t             value = 0;

    if (s->states[table].integer == SIZE_MAX)
        return 0;
    for (size_t c = 0; c <= s->states[table].integer; c++) {
        at += len;
        memcpy(&len, at, sizeof len);
        len = be32toh(len);
        at += 4;
        if (len == UINT32_MAX)
            len = 0;
    }
    if (len == 0 || len > 8)
        return 0;
    value = (at[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < len; i++)
        value = value << 8 | at[i];
    return (int64_t)value;
}

/* ---- the first look ----------------------------------------------------------------------- */

typedef struct looker {
    mig_sync     *s;
    const size_t *n_buckets;
    mig_hasher  **hashers; /* of each table, when it comes first */
    mig__buckets *buckets; /* likewise */
} looker;

static mig_status
look(void *arg, size_t table, const mig_rows *rows, mig_error *err)
{
    looker    *l = arg;
    bool       ranges = l->s->states[table].integer != SIZE_MAX;
    mig_status st = MIG_OK;
    size_t     used = 0;

    if (l->hashers[table] == NULL) {
        MIG_TRY(mig__content_hasher(&l->s->plan->tables[table], &l->hashers[table], err));
        MIG_TRY(mig__buckets_init(&l->buckets[table], l->n_buckets[table], ranges, err));
    }
    for (size_t at = 0; at < rows->len; at += used) {
        mig_hash row, key;

        MIG_TRY(mig_hash_row(l->hashers[table], rows->data + at, rows->len - at, &used, &row,
                             ranges ? NULL : &key, err));
        mig__buckets_add(&l->buckets[table], ranges ? row : key,
                         ranges ? mig__sync_integer(l->s, table, rows->data + at) : 0, row);
    }
done:
    return st;
}

static void
free_lookers(looker *lookers, unsigned n, size_t n_tables)
{
    for (unsigned i = 0; lookers != NULL && i < n; i++) {
        for (size_t t = 0; t < n_tables; t++) {
            if (lookers[i].hashers != NULL)
                mig_hasher_free(lookers[i].hashers[t]);
            if (lookers[i].buckets != NULL)
                mig__buckets_fini(&lookers[i].buckets[t]);
        }
        free(lookers[i].hashers);
        free(lookers[i].buckets);
    }
    free(lookers);
}

static mig_status
look_at_side(mig_sync *s, int which, const size_t *n_buckets, mig_error *err)
{
    const mig__side_read *side = &s->sides[which];
    const size_t          n_tables = s->plan->n_tables;
    mig_status            st = MIG_OK;
    looker               *lookers = calloc(side->n_readers, sizeof *lookers);
    void                **args = calloc(side->n_readers, sizeof *args);
    bool                  room = lookers != NULL && args != NULL;

    for (unsigned i = 0; room && i < side->n_readers; i++) {
        lookers[i] = (looker){.s = s, .n_buckets = n_buckets};
        lookers[i].hashers = calloc(n_tables + 1, sizeof(mig_hasher *));
        lookers[i].buckets = calloc(n_tables + 1, sizeof(mig__buckets));
        room = lookers[i].hashers != NULL && lookers[i].buckets != NULL;
        args[i] = &lookers[i];
    }
    if (!room) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate digests");
        goto done;
    }
    MIG_TRY(mig__scan_run(&(mig__scan){.source = side->source,
                                       .plan = side->plan,
                                       .table = SIZE_MAX,
                                       .n_rows = side->n_rows,
                                       .n_readers = side->n_readers,
                                       .fn = look,
                                       .args = args},
                          err));
    for (size_t t = 0; t < n_tables; t++) {
        mig__buckets *all = &s->states[t].buckets[which];

        MIG_TRY(mig__buckets_init(all, n_buckets[t], s->states[t].integer != SIZE_MAX, err));
        for (unsigned i = 0; i < side->n_readers; i++)
            if (lookers[i].buckets[t].digests != NULL)
                mig__buckets_merge(all, &lookers[i].buckets[t]);
        for (size_t b = 0; b < all->n; b++)
            mig_digest_add(&s->states[t].digests[which], &all->digests[b]);
    }
done:
    free_lookers(lookers, side->n_readers, n_tables);
    free(args);
    return st;
}

/* As many buckets as the tables are worth, or fewer where memory for all would be too much. */
static mig_status
count_buckets(const mig_sync *s, size_t **n_bucketsp, mig_error *err)
{
    const size_t n_tables = s->plan->n_tables;
    const size_t copies = s->sides[0].n_readers + s->sides[1].n_readers + 2;
    size_t      *n = calloc(n_tables + 1, sizeof *n), bytes = 0;

    *n_bucketsp = n;
    if (n == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot count buckets");
    for (size_t t = 0; t < n_tables; t++) {
        n[t] = mig__buckets_for(s->n_rows[t]);
        bytes += n[t] * copies * sizeof(mig_digest);
    }
    for (; bytes > BUCKET_BYTES_MOST; bytes /= 2)
        for (size_t t = 0; t < n_tables; t++)
            n[t] = n[t] > 16 ? n[t] / 2 : n[t];
    return MIG_OK;
}

/* ---- both looks --------------------------------------------------------------------------- */

static void
tell_tables(const mig_sync *s, mig_buf *notes)
{
    for (size_t t = 0; t < s->plan->n_tables; t++) {
        const char *name = s->plan->tables[t].target->name;

        if (mig_digest_same(&s->states[t].digests[0], &s->states[t].digests[1]))
            continue;
        if (s->tables[t].n_key == 0)
            mig_buf_printf(notes,
                           "%s has no primary key that could tell its rows apart: they are "
                           "replaced as a whole\n",
                           name);
        else if (s->states[t].integer == SIZE_MAX)
            mig_buf_printf(notes, "%s is read a second time, since its key is not one integer\n",
                           name);
    }
}

mig_status
mig_sync_compare(mig_sync *s, const mig_sync_sides *sides, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t    *n_buckets = NULL;

    s->sides[0] = (mig__side_read){sides->source, s->plan, sides->n_source_readers, s->n_rows};
    s->sides[1] = (mig__side_read){sides->target, s->back, sides->n_target_readers, s->n_rows};
    MIG_TRY(count_buckets(s, &n_buckets, err));
    for (int i = 0; i < 2; i++)
        MIG_TRY(look_at_side(s, i, n_buckets, err));
    mig__content_tell_columns(s->plan, notes);
    tell_tables(s, notes);
    MIG_TRY(mig_buf_check(notes, err));
    for (size_t t = 0; t < s->plan->n_tables; t++)
        if (!mig_digest_same(&s->states[t].digests[0], &s->states[t].digests[1]))
            MIG_TRY(mig__sync_rows(s, t, sides->sink, err));
done:
    free(n_buckets);
    return st;
}

/* ---- what has become of it ---------------------------------------------------------------- */

typedef struct checker {
    mig_hasher *hasher;
    mig_digest  digest;
} checker;

static mig_status
check_rows(void *arg, const mig_rows *rows, mig_error *err)
{
    checker *c = arg;

    return mig_hash_rows(c->hasher, rows, &c->digest, err);
}

static void
subtract(mig_digest *from, const mig_digest *what)
{
    from->n_rows -= what->n_rows;
    from->sum.high -=
        what->sum.high + __builtin_sub_overflow(from->sum.low, what->sum.low, &from->sum.low);
}

static mig_status
check_table(mig_sync *s, size_t t, mig_sink *sink, mig_error *err)
{
    const mig__sync_state *state = &s->states[t];
    const mig_sync_table  *table = &s->tables[t];
    const bool             whole = !table->exact || table->n_key == 0;
    mig_status             st = MIG_OK;
    checker                c = {0};
    mig_digest             now = {0};

    MIG_TRY(mig__content_hasher(table->plan, &c.hasher, err));
    MIG_TRY(sink->ops->sync_read(sink, table, whole, check_rows, &c, err));
    if (!whole) {
        now = state->digests[1];
        subtract(&now, &state->gone);
    }
    mig_digest_add(&now, &c.digest);
    if (mig_digest_same(&now, &state->digests[0]))
        goto done;
    st = mig_raise(err, MIG_E_DIFFERS, "%s would not hold what the source holds",
                   table->plan->target->name);
    mig_error_detail(err,
                     "%" PRIu64 " rows in the source, %" PRIu64
                     " in the target; something in the target changes or deletes rows by itself "
                     "(a foreign key that cascades to rows without parents, a rule), or takes "
                     "values in another form",
                     state->digests[0].n_rows, now.n_rows);
done:
    mig_hasher_free(c.hasher);
    return st;
}

mig_status
mig_sync_apply(mig_sync *s, mig_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(sink->ops->sync_apply(sink, s->plan, s->tables, err));
    for (size_t t = 0; t < s->plan->n_tables; t++) {
        const mig_sync_table *table = &s->tables[t];

        if (!table->exact || table->n_inserted + table->n_updated + table->n_deleted > 0)
            MIG_TRY(check_table(s, t, sink, err));
    }
done:
    return st;
}

/* ---- the whole ---------------------------------------------------------------------------- */

mig_status
mig_sync_new(const mig_plan *plan, const uint64_t *n_rows, mig_sync **syncp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_sync  *s = calloc(1, sizeof *s);

    *syncp = NULL;
    if (s == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the comparison");
    s->plan = plan;
    s->tables = calloc(plan->n_tables + 1, sizeof *s->tables);
    s->states = calloc(plan->n_tables + 1, sizeof *s->states);
    s->n_rows = calloc(plan->n_tables + 1, sizeof *s->n_rows);
    if (s->tables == NULL || s->states == NULL || s->n_rows == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the comparison");
        goto done;
    }
    MIG_TRY(mig__content_plan_back(plan, &s->back, err));
    for (size_t t = 0; t < plan->n_tables; t++) {
        s->n_rows[t] = n_rows[t];
        s->tables[t] = (mig_sync_table){
            .plan = &plan->tables[t], .back = &s->back->tables[t], .index = t, .exact = true};
        MIG_TRY(find_key(s, t, err));
    }
    *syncp = s;
    s = NULL;
done:
    mig_sync_free(s);
    return st;
}

void
mig_sync_free(mig_sync *s)
{
    if (s == NULL)
        return;
    for (size_t t = 0; t < s->plan->n_tables; t++) {
        if (s->tables != NULL)
            free(s->tables[t].key);
        for (int i = 0; s->states != NULL && i < 2; i++)
            mig__buckets_fini(&s->states[t].buckets[i]);
    }
    mig__content_free_back(s->back);
    free(s->tables);
    free(s->states);
    free(s->n_rows);
    free(s);
}

const mig_sync_table *
mig_sync_tables(const mig_sync *s)
{
    return s->tables;
}

uint64_t
mig_sync_n_source_rows(const mig_sync *s, size_t table)
{
    return s->states[table].digests[0].n_rows;
}

bool
mig_sync_differs(const mig_sync *s)
{
    for (size_t t = 0; t < s->plan->n_tables; t++)
        if (!mig_digest_same(&s->states[t].digests[0], &s->states[t].digests[1]))
            return true;
    return false;
}
