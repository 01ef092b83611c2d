/*
 * content_rows.c - from a table whose digests differ to the rows that do.
 *
 * Both sides are read twice more.  The first time every row goes, by the hash of
 * its key, into one of N_BUCKETS digests.  Of the buckets that differ, as many as
 * hold ROWS_MOST rows are looked at: the second time their rows are kept, with
 * the hashes of key and row, and compared.  So memory is bounded whatever the
 * tables hold, and one row that differs in a table of any size is found in three
 * passes.  A table without a key is a multiset: its rows are their own keys.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mig/convert.h"

#define N_BUCKETS 65536U
/* Rows of one side that are kept, and bytes of them. */
#define ROWS_MOST  UINT64_C(200000)
#define BYTES_MOST ((size_t)256 * 1024 * 1024)

/* A row that was kept. */
typedef struct kept_row {
    mig_hash key, row;
    size_t   at, len; /* in bytes */
} kept_row;

/* What one reader has of its side. */
typedef struct gatherer {
    const mig_table_plan *table; /* of the copy */
    mig_hasher           *hasher;
    mig_digest           *buckets; /* the first time */
    const bool           *wanted;  /* the second time: these buckets */
    kept_row             *kept;
    size_t                n_kept, cap;
    mig_buf               bytes;
    bool                  full;
} gatherer;

/* All readers of one side. */
typedef struct side {
    gatherer   *gatherers;
    unsigned    n;
    mig_digest *buckets;
    bool        full;
} side;

static unsigned
bucket_of(mig_hash key)
{
    return (unsigned)(key.low % N_BUCKETS);
}

/* ---- what readers do ---------------------------------------------------------------------- */

static mig_status
keep_row(gatherer *g, const unsigned char *data, size_t len, mig_hash key, mig_hash row,
         mig_error *err)
{
    if (g->n_kept >= ROWS_MOST || g->bytes.len + len > BYTES_MOST) {
        g->full = true;
        return MIG_OK;
    }
    if (g->n_kept == g->cap) {
        size_t    cap = g->cap == 0 ? 64 : 2 * g->cap;
        kept_row *grown = reallocarray(g->kept, cap, sizeof *grown);

        if (grown == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot keep rows that differ");
        g->kept = grown;
        g->cap = cap;
    }
    g->kept[g->n_kept++] = (kept_row){.key = key, .row = row, .at = g->bytes.len, .len = len};
    mig_buf_add(&g->bytes, (const char *)data, len);
    return mig_buf_check(&g->bytes, err);
}

static mig_status
gather(void *arg, size_t table, const mig_rows *rows, mig_error *err)
{
    gatherer  *g = arg;
    mig_status st = MIG_OK;
    size_t     used = 0;

    (void)table;
    if (g->hasher == NULL)
        MIG_TRY(mig__content_hasher(g->table, &g->hasher, err));
    for (size_t at = 0; at < rows->len; at += used) {
        mig_hash row, key;

        MIG_TRY(mig_hash_row(g->hasher, rows->data + at, rows->len - at, &used, &row, &key, err));
        if (g->buckets != NULL)
            mig_digest_add_hash(&g->buckets[bucket_of(key)], row);
        else if (g->wanted[bucket_of(key)])
            MIG_TRY(keep_row(g, rows->data + at, used, key, row, err));
    }
done:
    return st;
}

static void
side_fini(side *s)
{
    for (unsigned i = 0; s->gatherers != NULL && i < s->n; i++) {
        mig_hasher_free(s->gatherers[i].hasher);
        free(s->gatherers[i].buckets);
        free(s->gatherers[i].kept);
        mig_buf_fini(&s->gatherers[i].bytes);
    }
    free(s->gatherers);
    free(s->buckets);
}

static mig_status
side_init(side *s, const mig__comparison *c, const mig__side_read *read, size_t table,
          mig_error *err)
{
    *s = (side){.n = read->n_readers};
    s->gatherers = calloc(s->n, sizeof *s->gatherers);
    s->buckets = calloc(N_BUCKETS, sizeof *s->buckets);
    for (unsigned i = 0; s->gatherers != NULL && i < s->n; i++) {
        s->gatherers[i].table = &c->plan->tables[table];
        s->gatherers[i].buckets = calloc(N_BUCKETS, sizeof(mig_digest));
        if (s->gatherers[i].buckets == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate buckets");
    }
    if (s->gatherers == NULL || s->buckets == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate buckets");
    return MIG_OK;
}

static mig_status
scan_side(side *s, const mig__side_read *read, size_t table, mig_error *err)
{
    mig_status st = MIG_OK;
    void     **args = calloc(s->n, sizeof *args);

    if (args == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate readers");
    for (unsigned i = 0; i < s->n; i++)
        args[i] = &s->gatherers[i];
    st = mig__scan_run(&(mig__scan){.source = read->source,
                                    .plan = read->plan,
                                    .table = table,
                                    .n_rows = read->n_rows,
                                    .n_readers = read->n_readers,
                                    .fn = gather,
                                    .args = args},
                       err);
    free(args);
    return st;
}

static void
merge_buckets(side *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        for (size_t b = 0; b < N_BUCKETS; b++)
            mig_digest_add(&s->buckets[b], &s->gatherers[i].buckets[b]);
        free(s->gatherers[i].buckets);
        s->gatherers[i].buckets = NULL;
    }
}

/* The buckets that differ, as many as there is room for; false: there are more. */
static bool
choose_buckets(const side *one, const side *other, bool *wanted)
{
    uint64_t n = 0;
    bool     any = false;

    for (size_t b = 0; b < N_BUCKETS; b++) {
        uint64_t more = one->buckets[b].n_rows > other->buckets[b].n_rows
                            ? one->buckets[b].n_rows
                            : other->buckets[b].n_rows;

        if (mig_digest_same(&one->buckets[b], &other->buckets[b]))
            continue;
        if (any && n + more > ROWS_MOST)
            return false;
        wanted[b] = any = true;
        n += more;
    }
    return true;
}

/* ---- rows of both sides ------------------------------------------------------------------- */

static int
compare_hashes(mig_hash a, mig_hash b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static int
compare_refused(const void *a, const void *b)
{
    return compare_hashes(*(const mig_hash *)a, *(const mig_hash *)b);
}

typedef struct placed {
    kept_row             row;
    const unsigned char *data;
} placed;

static int
compare_rows(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    int           by_key = compare_hashes(x->row.key, y->row.key);

    return by_key != 0 ? by_key : compare_hashes(x->row.row, y->row.row);
}

/* All rows of the side, sorted by key. */
static mig_status
list_rows(side *s, placed **rowsp, size_t *n_rowsp, mig_error *err)
{
    size_t  n = 0;
    placed *rows;

    for (unsigned i = 0; i < s->n; i++)
        n += s->gatherers[i].n_kept;
    rows = calloc(n + 1, sizeof *rows);
    if (rows == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list rows that differ");
    n = 0;
    for (unsigned i = 0; i < s->n; i++) {
        const gatherer *g = &s->gatherers[i];

        s->full = s->full || g->full;
        for (size_t k = 0; k < g->n_kept; k++)
            rows[n++] = (placed){g->kept[k], (const unsigned char *)g->bytes.data + g->kept[k].at};
    }
    qsort(rows, n, sizeof *rows, compare_rows);
    *rowsp = rows;
    *n_rowsp = n;
    return MIG_OK;
}

/* ---- words -------------------------------------------------------------------------------- */

typedef struct field {
    const unsigned char *data;
    int32_t              len; /* -1: NULL */
} field;

static field
field_at(const unsigned char *row, size_t column)
{
    const unsigned char *at = row + 2;
    field                f = {NULL, -1};

    for (size_t i = 0; i <= column; i++) {
        uint32_t wire;

        memcpy(&wire, at, sizeof wire);
        f.len = (int32_t)be32toh(wire);
        f.data = at + 4;
        at += 4 + (f.len > 0 ? f.len : 0);
    }
    return f;
}

static void
add_field(mig_buf *out, const mig_column_plan *column, field f)
{
    if (f.len < 0)
        mig_buf_puts(out, "NULL");
    else
        mig_field_describe(column->wire, f.data, f.len, column->secret, out);
}

/* "hosts, id the integer 5, " or "hosts, ": which row it is. */
static void
add_row(mig_buf *out, const mig_table_plan *table, const unsigned char *row)
{
    bool of_target = false, any = false;

    for (size_t i = 0; i < table->n_columns; i++)
        of_target = of_target || table->columns[i].target->pk_position > 0;
    mig_buf_puts(out, table->target->name);
    for (size_t i = 0; i < table->n_columns; i++) {
        const mig_column_plan *column = &table->columns[i];

        if ((of_target ? column->target : column->source)->pk_position == 0)
            continue;
        mig_buf_printf(out, "%s%s is ", any ? ", " : ", the row where ", column->target->name);
        add_field(out, column, field_at(row, i));
        any = true;
    }
    for (size_t i = 0; i < table->n_columns && !any; i++) {
        mig_buf_printf(out, "%s%s is ", i > 0 ? ", " : ", a row where ",
                       table->columns[i].target->name);
        add_field(out, &table->columns[i], field_at(row, i));
    }
}

static bool
same_field(const mig_column_plan *column, field a, field b)
{
    mig_buf one = MIG_BUF_INIT, other = MIG_BUF_INIT;
    bool    same = (a.len < 0) == (b.len < 0);

    if (same && a.len >= 0) {
        if (!mig_field_image(column->wire, a.data, a.len, &one))
            mig_buf_add(&one, (const char *)a.data, (size_t)a.len);
        if (!mig_field_image(column->wire, b.data, b.len, &other))
            mig_buf_add(&other, (const char *)b.data, (size_t)b.len);
        same = !one.failed && !other.failed && one.len == other.len &&
               (one.len == 0 || memcmp(one.data, other.data, one.len) == 0);
    }
    mig_buf_fini(&one);
    mig_buf_fini(&other);
    return same;
}

/* ---- findings ----------------------------------------------------------------------------- */

typedef struct findings {
    mig__comparison      *c;
    const mig_table_plan *table;
    size_t                position; /* in the plan */
    bool                  in_part;  /* not all rows were kept: one that is alone may not be so */
    uint64_t              n_missing, n_added, n_changed;
    mig_buf               lines;
    bool                 *taken; /* beside c->refused */
} findings;

static bool
may_name(findings *f)
{
    return f->c->n_named < f->c->most && ++f->c->n_named > 0;
}

/* Whether the target has refused such a row; each counts once. */
static bool
was_refused(findings *f, mig_hash row)
{
    const mig__comparison *c = f->c;
    size_t                 low = 0, high = c->n_refused;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_hashes(c->refused[middle], row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < c->n_refused && compare_hashes(c->refused[low], row) == 0; low++)
        if (!f->taken[low])
            return f->taken[low] = true;
    return false;
}

/* A row of the source whose counterpart in the target cannot be read. */
static void
find_unreadable(findings *f, const unsigned char *source, const mig__unreadable_row *target)
{
    const mig_column_plan *column = &f->table->columns[target->column];

    f->n_changed++;
    if (!may_name(f))
        return;
    mig_buf_puts(&f->lines, "  ");
    add_row(&f->lines, f->table, source);
    mig_buf_printf(&f->lines, "; %s: source ", column->target->name);
    add_field(&f->lines, column, field_at(source, target->column));
    mig_buf_printf(&f->lines, ", target: %s\n", target->what);
}

/* Those that are nobody's counterpart. */
static void
find_more_unreadable(findings *f)
{
    const mig__unreadable_row *row;

    while ((row = mig__unreadable_take_any(f->c->unreadable, f->position)) != NULL) {
        f->n_added++;
        if (may_name(f))
            mig_buf_printf(&f->lines, "  %s; %s: %s: in the target only\n", row->row,
                           f->table->columns[row->column].target->name, row->what);
    }
}

static void
find_lone(findings *f, const placed *lone, bool missing)
{
    const unsigned char *row = lone->data;

    const mig__unreadable_row *unreadable;

    if (missing &&
        (unreadable = mig__unreadable_take(f->c->unreadable, f->position, lone->row.key)) != NULL) {
        find_unreadable(f, row, unreadable);
        return;
    }
    if (f->in_part || (missing && was_refused(f, lone->row.row)))
        return;
    *(missing ? &f->n_missing : &f->n_added) += 1;
    if (!may_name(f))
        return;
    mig_buf_puts(&f->lines, "  ");
    add_row(&f->lines, f->table, row);
    mig_buf_puts(&f->lines, missing ? ": not in the target\n" : ": in the target only\n");
}

static void
find_changed(findings *f, const unsigned char *source, const unsigned char *target)
{
    f->n_changed++;
    if (!may_name(f))
        return;
    mig_buf_puts(&f->lines, "  ");
    add_row(&f->lines, f->table, source);
    for (size_t i = 0; i < f->table->n_columns; i++) {
        const mig_column_plan *column = &f->table->columns[i];
        field                  a = field_at(source, i), b = field_at(target, i);

        if (!mig_verify_compares(column) || same_field(column, a, b))
            continue;
        mig_buf_printf(&f->lines, "; %s: source ", column->target->name);
        add_field(&f->lines, column, a);
        mig_buf_puts(&f->lines, ", target ");
        add_field(&f->lines, column, b);
    }
    mig_buf_puts(&f->lines, "\n");
}

/* Rows of one key: from *i on in one list, from *k on in the other. */
static void
find_in_key(findings *f, const placed *one, size_t *i, size_t n, const placed *other, size_t *k,
            size_t m)
{
    const mig_hash key = one[*i].row.key;
    size_t         i_end = *i, k_end = *k;

    while (i_end < n && compare_hashes(one[i_end].row.key, key) == 0)
        i_end++;
    while (k_end < m && compare_hashes(other[k_end].row.key, key) == 0)
        k_end++;
    while (*i < i_end || *k < k_end) {
        int by_row = *i == i_end   ? 1
                     : *k == k_end ? -1
                                   : compare_hashes(one[*i].row.row, other[*k].row.row);

        if (by_row != 0 && *i < i_end && *k < k_end && i_end - *i == 1 && k_end - *k == 1) {
            find_changed(f, one[(*i)++].data, other[(*k)++].data);
        } else if (by_row < 0) {
            find_lone(f, &one[(*i)++], true);
        } else if (by_row > 0) {
            find_lone(f, &other[(*k)++], false);
        } else {
            ++*i;
            ++*k;
        }
    }
}

static void
find_all(findings *f, const placed *one, size_t n, const placed *other, size_t m)
{
    size_t i = 0, k = 0;

    while (i < n || k < m) {
        int by_key = i == n ? 1 : k == m ? -1 : compare_hashes(one[i].row.key, other[k].row.key);

        if (by_key < 0)
            find_lone(f, &one[i++], true);
        else if (by_key > 0)
            find_lone(f, &other[k++], false);
        else
            find_in_key(f, one, &i, n, other, &k, m);
    }
}

static void
sum_up(findings *f, bool all)
{
    mig_buf *out = &f->c->lines;

    mig_buf_printf(out,
                   "%s: %s%" PRIu64 " rows changed, %" PRIu64 " missing in the target, %" PRIu64
                   " in the target only\n",
                   f->table->target->name, all ? "" : "at least ", f->n_changed, f->n_missing,
                   f->n_added);
    if (f->n_changed + f->n_missing + f->n_added == 0)
        mig_buf_puts(out, f->in_part ? "  rows that differ are too large to be named\n"
                                     : "  the rows were other ones when they were copied\n");
    mig_buf_add(out, f->lines.data, f->lines.len);
}

mig_status
mig__content_pursue(mig__comparison *c, size_t table, mig_error *err)
{
    mig_status st = MIG_OK;
    side       sides[2] = {{0}, {0}};
    placed    *rows[2] = {NULL, NULL};
    size_t     n_rows[2] = {0, 0};
    bool      *wanted = calloc(N_BUCKETS, sizeof *wanted), all;
    findings   f = {
          .c = c, .table = &c->plan->tables[table], .position = table, .lines = MIG_BUF_INIT};

    f.taken = calloc(c->n_refused + 1, sizeof *f.taken);
    if (wanted == NULL || f.taken == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate buckets");
        goto done;
    }
    if (c->n_refused > 0)
        qsort(c->refused, c->n_refused, sizeof *c->refused, compare_refused);
    for (int i = 0; i < 2; i++) {
        MIG_TRY(side_init(&sides[i], c, &c->sides[i], table, err));
        MIG_TRY(scan_side(&sides[i], &c->sides[i], table, err));
        merge_buckets(&sides[i]);
    }
    all = choose_buckets(&sides[0], &sides[1], wanted);
    for (int i = 0; i < 2; i++) {
        for (unsigned r = 0; r < sides[i].n; r++)
            sides[i].gatherers[r].wanted = wanted;
        MIG_TRY(scan_side(&sides[i], &c->sides[i], table, err));
        MIG_TRY(list_rows(&sides[i], &rows[i], &n_rows[i], err));
    }
    f.in_part = sides[0].full || sides[1].full;
    find_all(&f, rows[0], n_rows[0], rows[1], n_rows[1]);
    find_more_unreadable(&f);
    MIG_TRY(mig_buf_check(&f.lines, err));
    sum_up(&f, all && !f.in_part);
done:
    for (int i = 0; i < 2; i++) {
        side_fini(&sides[i]);
        free(rows[i]);
    }
    mig_buf_fini(&f.lines);
    free(f.taken);
    free(wanted);
    return st;
}
