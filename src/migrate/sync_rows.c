/*
 * sync_rows.c - from the buckets of a table that differ to rows to be written
 * and keys to be deleted.
 *
 * In rounds of as many buckets as hold ROWS_MOST rows of the target: of these
 * the hashes of key and row and the key itself are kept.  Then the source's
 * rows of the same buckets come by and are held against them: what the target
 * has not is to be inserted, what it has otherwise to be updated, and what is
 * left at the end to be deleted.  Rows of the source go straight to the sink;
 * so memory does not depend on how many differ.
 *
 * Ranges of a key are read by themselves; hash buckets by reading the table as a
 * whole, once for each round.
 *
 * A table without a key goes to the sink as a whole.
 *
 * Threads: the readers of the target keep rows each for itself; those of the
 * source take turns, under a lock, where a row is one of a bucket that differs.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

/* Rows of the target that are kept in one round, 64 bytes and the key for each. */
#define ROWS_MOST UINT64_C(500000)
/* More ranges than that are read as one, for each costs a statement. */
#define RANGES_MOST 5000
/* Rows go to the sink in pieces of this size, or alone. */
#define PIECE ((size_t)64 * 1024)

typedef struct kept_row {
    mig_hash key, row;
    size_t   at; /* its key, in the gatherer's bytes */
    uint32_t len;
    unsigned gatherer;
    bool     seen; /* the source has a row of this key */
} kept_row;

/* One reader of the target. */
typedef struct gatherer {
    struct round *round;
    unsigned      index;
    mig_hasher   *hasher;
    kept_row     *kept;
    size_t        n_kept, cap;
    mig_buf       keys;
} gatherer;

/* One reader of the source. */
typedef struct holder {
    struct round *round;
    mig_hasher   *hasher;
} holder;

typedef struct round {
    mig_sync    *s;
    size_t       table;
    mig_sink    *sink;
    const bool  *wanted; /* buckets */
    mig_segment *segments[2];
    size_t       n_segments; /* 0: the whole table */
    gatherer    *gatherers;
    unsigned     n_gatherers;
    kept_row   **slots; /* by the hash of the key; a power of two of them */
    size_t       n_slots;

    /* While the source is read: under lock, and so are the table's numbers and digests, what the
     * slots lead to, and the sink. */
    pthread_mutex_t lock;
    mig_rows        piece;
} round_state;

static void
round_fini(round_state *r)
{
    for (unsigned i = 0; r->gatherers != NULL && i < r->n_gatherers; i++) {
        mig_hasher_free(r->gatherers[i].hasher);
        free(r->gatherers[i].kept);
        mig_buf_fini(&r->gatherers[i].keys);
    }
    free(r->gatherers);
    free(r->slots);
    free(r->piece.data);
    free(r->segments[0]);
    free(r->segments[1]);
}

/* ---- the target's rows -------------------------------------------------------------------- */

/* Appends the key of a row as a wire row. */
static void
add_key(mig_buf *out, const mig_sync_table *table, const unsigned char *row)
{
    const uint16_t n = htobe16((uint16_t)table->n_key);

    mig_buf_add(out, (const char *)&n, sizeof n);
    for (size_t k = 0; k < table->n_key; k++) {
        const unsigned char *at = row + 2;
        uint32_t             len = 0;

        for (size_t c = 0;; c++) {
            memcpy(&len, at, sizeof len);
            len = be32toh(len) == UINT32_MAX ? 0 : be32toh(len);
            if (c == table->key[k])
                break;
            at += 4 + len;
        }
        mig_buf_add(out, (const char *)at, 4 + (size_t)len);
    }
}

static mig_status
keep(gatherer *g, const unsigned char *row, mig_hash key, mig_hash hash, mig_error *err)
{
    const size_t at = g->keys.len;

    if (g->n_kept == g->cap) {
        size_t    cap = g->cap == 0 ? 256 : 2 * g->cap;
        kept_row *grown = reallocarray(g->kept, cap, sizeof *grown);

        if (grown == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot keep rows that differ");
        g->kept = grown;
        g->cap = cap;
    }
    add_key(&g->keys, &g->round->s->tables[g->round->table], row);
    g->kept[g->n_kept++] = (kept_row){.key = key,
                                      .row = hash,
                                      .at = at,
                                      .len = (uint32_t)(g->keys.len - at),
                                      .gatherer = g->index};
    return mig_buf_check(&g->keys, err);
}

static bool
is_wanted(const round_state *r, int side, mig_hash key, const unsigned char *row)
{
    const mig__buckets *b = &r->s->states[r->table].buckets[side];
    const size_t        i = mig__buckets_of(b, key, mig__sync_integer(r->s, r->table, row));

    return i < b->n && r->wanted[i];
}

static mig_status
gather(void *arg, size_t table, const mig_rows *rows, mig_error *err)
{
    gatherer  *g = arg;
    mig_status st = MIG_OK;
    size_t     used = 0;

    if (g->hasher == NULL)
        MIG_TRY(mig__content_hasher(&g->round->s->plan->tables[table], &g->hasher, err));
    for (size_t at = 0; at < rows->len; at += used) {
        mig_hash row, key;

        MIG_TRY(mig_hash_row(g->hasher, rows->data + at, rows->len - at, &used, &row, &key, err));
        if (is_wanted(g->round, 1, key, rows->data + at))
            MIG_TRY(keep(g, rows->data + at, key, row, err));
    }
done:
    return st;
}

static mig_status
scan(round_state *r, int side, unsigned n_readers, mig__scan_fn *fn, void **args, mig_error *err)
{
    const mig__side_read *read = &r->s->sides[side];

    return mig__scan_run(&(mig__scan){.source = read->source,
                                      .plan = read->plan,
                                      .table = r->table,
                                      .n_rows = read->n_rows,
                                      .n_readers = n_readers,
                                      .fn = fn,
                                      .args = args,
                                      .segments = r->n_segments > 0 ? r->segments[side] : NULL,
                                      .n_segments = r->n_segments},
                         err);
}

static bool
same_hash(mig_hash a, mig_hash b)
{
    return a.low == b.low && a.high == b.high;
}

static kept_row **
slot_of(const round_state *r, mig_hash key)
{
    size_t i = (size_t)key.high & (r->n_slots - 1);

    while (r->slots[i] != NULL && !same_hash(r->slots[i]->key, key))
        i = (i + 1) & (r->n_slots - 1);
    return &r->slots[i];
}

static mig_status
index_rows(round_state *r, mig_error *err)
{
    size_t n = 0;

    for (unsigned i = 0; i < r->n_gatherers; i++)
        n += r->gatherers[i].n_kept;
    for (r->n_slots = 16; r->n_slots < 2 * n; r->n_slots *= 2)
        ;
    r->slots = calloc(r->n_slots, sizeof(kept_row *));
    if (r->slots == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot keep rows that differ");
    for (unsigned i = 0; i < r->n_gatherers; i++)
        for (size_t k = 0; k < r->gatherers[i].n_kept; k++)
            *slot_of(r, r->gatherers[i].kept[k].key) = &r->gatherers[i].kept[k];
    return MIG_OK;
}

static mig_status
read_target(round_state *r, mig_error *err)
{
    const unsigned n = r->s->sides[1].n_readers;
    mig_status     st = MIG_OK;
    void         **args = calloc(n, sizeof *args);

    r->gatherers = calloc(n, sizeof *r->gatherers);
    r->n_gatherers = n;
    if (args == NULL || r->gatherers == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate readers");
        goto done;
    }
    for (unsigned i = 0; i < n; i++) {
        r->gatherers[i] = (gatherer){.round = r, .index = i};
        args[i] = &r->gatherers[i];
    }
    MIG_TRY(scan(r, 1, n, gather, args, err));
    MIG_TRY(index_rows(r, err));
done:
    free(args);
    return st;
}

/* ---- to the sink -------------------------------------------------------------------------- */

static mig_status
send(round_state *r, mig_error *err)
{
    mig_status st = MIG_OK;

    if (r->piece.n_rows > 0 && r->sink != NULL)
        st = r->sink->ops->sync_put(r->sink, &r->piece, err);
    r->piece.len = r->piece.n_rows = 0;
    return st;
}

/* Makes room for a row of so many bytes. */
static mig_status
make_room(round_state *r, size_t len, mig_error *err)
{
    mig_status st = MIG_OK;

    if (r->piece.len > 0 && r->piece.len + len > PIECE)
        MIG_TRY(send(r, err));
    if (r->piece.cap < r->piece.len + len) {
        const size_t   cap = r->piece.len + len > PIECE ? r->piece.len + len : PIECE;
        unsigned char *data = realloc(r->piece.data, cap);

        if (data == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate %zu bytes for one row", cap);
        r->piece.data = data;
        r->piece.cap = cap;
    }
done:
    return st;
}

/* The row with the mark of what is to become of it in front (sink.h). */
static mig_status
put_row(round_state *r, const unsigned char *row, size_t len, bool insert, mig_error *err)
{
    mig_status st = MIG_OK;
    uint16_t   n;

    if (r->sink == NULL)
        return MIG_OK;
    MIG_TRY(make_room(r, len + 5, err));
    memcpy(&n, row, sizeof n);
    mig_rows_put_int16(&r->piece, (int16_t)(be16toh(n) + 1));
    mig_rows_put_int32(&r->piece, 1);
    mig_rows_put_bytes(&r->piece, insert ? "\1" : "\0", 1);
    mig_rows_put_bytes(&r->piece, row + 2, len - 2);
    r->piece.n_rows++;
done:
    return st;
}

/* ---- the source's rows -------------------------------------------------------------------- */

static mig_status
write_row(round_state *r, const unsigned char *data, size_t len, mig_hash row, kept_row *old,
          mig_error *err)
{
    mig_sync_table  *table = &r->s->tables[r->table];
    mig__sync_state *state = &r->s->states[r->table];

    if (old != NULL && same_hash(old->row, row))
        return MIG_OK;
    mig_digest_add_hash(&state->written, row);
    if (old != NULL)
        mig_digest_add_hash(&state->gone, old->row);
    *(old != NULL ? &table->n_updated : &table->n_inserted) += 1;
    return put_row(r, data, len, old == NULL, err);
}

static mig_status
hold_row(round_state *r, const unsigned char *data, size_t len, mig_hash row, mig_hash key,
         mig_error *err)
{
    kept_row *old = NULL;

    if (r->wanted != NULL) {
        old = *slot_of(r, key);
        if (old != NULL && old->seen)
            return mig_raise(err, MIG_E_DATA, "two rows of %s have the same key in the target",
                             r->s->plan->tables[r->table].source->name);
        if (old != NULL)
            old->seen = true;
    }
    return write_row(r, data, len, row, old, err);
}

static mig_status
hold_against(void *arg, size_t t, const mig_rows *rows, mig_error *err)
{
    holder      *h = arg;
    round_state *r = h->round;
    mig_status   st = MIG_OK;
    size_t       used = 0;

    if (h->hasher == NULL)
        MIG_TRY(mig__content_hasher(&r->s->plan->tables[t], &h->hasher, err));
    for (size_t at = 0; st == MIG_OK && at < rows->len; at += used) {
        mig_hash row, key;

        MIG_TRY(mig_hash_row(h->hasher, rows->data + at, rows->len - at, &used, &row, &key, err));
        if (r->wanted != NULL && !is_wanted(r, 0, key, rows->data + at))
            continue;
        pthread_mutex_lock(&r->lock);
        st = hold_row(r, rows->data + at, used, row, key, err);
        pthread_mutex_unlock(&r->lock);
    }
done:
    return st;
}

static mig_status
read_source(round_state *r, mig_error *err)
{
    const unsigned n = r->s->sides[0].n_readers;
    mig_status     st = MIG_OK;
    holder        *holders = calloc(n, sizeof *holders);
    void         **args = calloc(n, sizeof *args);

    pthread_mutex_init(&r->lock, NULL);
    if (holders == NULL || args == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate readers");
        goto done;
    }
    for (unsigned i = 0; i < n; i++) {
        holders[i].round = r;
        args[i] = &holders[i];
    }
    if (r->sink != NULL)
        MIG_TRY(r->sink->ops->sync_stage(r->sink, &r->s->tables[r->table], MIG_STAGE_ROWS, err));
    MIG_TRY(scan(r, 0, n, hold_against, args, err));
    MIG_TRY(send(r, err));
    if (r->sink != NULL)
        MIG_TRY(r->sink->ops->sync_staged(r->sink, err));
done:
    for (unsigned i = 0; holders != NULL && i < n; i++)
        mig_hasher_free(holders[i].hasher);
    free(holders);
    free(args);
    pthread_mutex_destroy(&r->lock);
    return st;
}

/* What the source did not have. */
static mig_status
delete_rest(round_state *r, mig_error *err)
{
    mig_sync_table *table = &r->s->tables[r->table];
    mig_status      st = MIG_OK;

    if (r->sink != NULL)
        MIG_TRY(r->sink->ops->sync_stage(r->sink, table, MIG_STAGE_KEYS, err));
    for (unsigned i = 0; i < r->n_gatherers; i++) {
        const gatherer *g = &r->gatherers[i];

        for (size_t k = 0; k < g->n_kept; k++) {
            const kept_row *row = &g->kept[k];

            if (row->seen)
                continue;
            table->n_deleted++;
            mig_digest_add_hash(&r->s->states[r->table].gone, row->row);
            MIG_TRY(make_room(r, row->len, err));
            mig_rows_put_bytes(&r->piece, g->keys.data + row->at, row->len);
            r->piece.n_rows++;
        }
    }
    MIG_TRY(send(r, err));
    if (r->sink != NULL)
        MIG_TRY(r->sink->ops->sync_staged(r->sink, err));
done:
    return st;
}

/* ---- rounds ------------------------------------------------------------------------------- */

/* The ranges of the wanted buckets, those that touch as one. */
static mig_status
list_ranges(round_state *r, mig_error *err)
{
    const mig__buckets *b = &r->s->states[r->table].buckets[0];
    const size_t        column = r->s->states[r->table].integer;
    size_t              n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += r->wanted[i] && (i == 0 || !r->wanted[i - 1]);
    if (column == SIZE_MAX || n > RANGES_MOST)
        return MIG_OK;
    for (int side = 0; side < 2; side++) {
        r->segments[side] = calloc(n + 1, sizeof *r->segments[side]);
        if (r->segments[side] == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot list ranges");
        r->n_segments = 0;
        for (size_t i = 0, k; i < b->n; i = k + 1) {
            mig_segment *to = &r->segments[side][r->n_segments];

            for (k = i; k < b->n && r->wanted[k]; k++)
                ;
            if (k == i)
                continue;
            *to = (mig_segment){
                .table = r->table,
                .has_lower = true,
                .has_upper = true,
                .by = r->s->sides[side].plan->tables[r->table].columns[column].source};
            mig__buckets_range(b, i, k - 1, &to->lower, &to->upper);
            r->n_segments++;
        }
    }
    return MIG_OK;
}

static mig_status
run_round(round_state *r, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(list_ranges(r, err));
    MIG_TRY(read_target(r, err));
    MIG_TRY(read_source(r, err));
    MIG_TRY(delete_rest(r, err));
done:
    return st;
}

/* Marks buckets that differ from *atp on, and moves it behind them; false: there are none. */
static bool
choose(const mig__sync_state *state, size_t *atp, bool *wanted)
{
    const mig__buckets *b = state->buckets;
    uint64_t            n = 0;
    bool                any = false;

    memset(wanted, 0, b[0].n * sizeof *wanted);
    for (; *atp < b[0].n; ++*atp) {
        const mig_digest *here = &b[1].digests[*atp];

        if (mig_digest_same(&b[0].digests[*atp], here))
            continue;
        if (any && n + here->n_rows > ROWS_MOST)
            break;
        wanted[*atp] = any = true;
        n += here->n_rows;
    }
    return any;
}

/* All rows of a table that has no key; those in the target go. */
static mig_status
replace(mig_sync *s, size_t table, mig_sink *sink, mig_error *err)
{
    mig_status  st = MIG_OK;
    round_state r = {.s = s, .table = table, .sink = sink};

    s->tables[table].n_deleted = s->states[table].digests[1].n_rows;
    st = read_source(&r, err);
    round_fini(&r);
    return st;
}

mig_status
mig__sync_rows(mig_sync *s, size_t table, mig_sink *sink, mig_error *err)
{
    mig__sync_state *state = &s->states[table];
    mig_status       st = MIG_OK;
    bool            *wanted = NULL;
    size_t           at = 0;

    if (s->tables[table].n_key == 0)
        return replace(s, table, sink, err);
    mig__buckets_meet(&state->buckets[0], &state->buckets[1]);
    wanted = calloc(state->buckets[0].n, sizeof *wanted);
    if (wanted == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list buckets");
    while (choose(state, &at, wanted)) {
        round_state r = {.s = s, .table = table, .sink = sink, .wanted = wanted};

        st = run_round(&r, err);
        round_fini(&r);
        if (st != MIG_OK)
            break;
    }
    free(wanted);
    return st;
}
