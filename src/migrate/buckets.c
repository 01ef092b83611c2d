/*
 * buckets.c - the digests of parts of a table.
 */
#include "buckets.h"

#include <stdlib.h>
#include <string.h>

#define LEAST ((size_t)16)
/* Rows of a bucket in a table that has MIG__BUCKETS_MOST of them, or fewer. */
#define ROWS_EACH 32

size_t
mig__buckets_for(uint64_t n_rows)
{
    size_t n = LEAST;

    while (n < MIG__BUCKETS_MOST && n < n_rows / ROWS_EACH)
        n *= 2;
    return n;
}

mig_status
mig__buckets_init(mig__buckets *b, size_t n, bool ranges, mig_error *err)
{
    *b = (mig__buckets){.n = n, .ranges = ranges};
    b->digests = calloc(n, sizeof *b->digests);
    if (b->digests == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate buckets");
    return MIG_OK;
}

void
mig__buckets_fini(mig__buckets *b)
{
    free(b->digests);
    *b = (mig__buckets){0};
}

/* Which block of keys it is, all blocks being 2^shift wide. */
static int64_t
block_of(int64_t key, unsigned shift)
{
    return key >> shift; /* gcc, clang: the sign is kept */
}

/* How far the block is from the first; the difference of two int64 fits. */
static uint64_t
distance(int64_t block, int64_t first)
{
    return (uint64_t)block - (uint64_t)first;
}

static bool
holds(const mig__buckets *b, int64_t key)
{
    int64_t block = block_of(key, b->shift);

    return b->any && block >= b->first && distance(block, b->first) < b->n;
}

size_t
mig__buckets_of(const mig__buckets *b, mig_hash key, int64_t integer)
{
    if (!b->ranges)
        return (size_t)(key.low & (b->n - 1));
    return (size_t)distance(block_of(integer, b->shift), b->first);
}

/* Makes every block 2^(shift - b->shift) times as wide.  A digest never moves up, so one after the
 * other can be moved in place. */
static void
widen(mig__buckets *b, unsigned shift)
{
    const unsigned by = shift - b->shift;
    const int64_t  first = block_of(b->first, by);

    for (size_t i = 0; by > 0 && i < b->n; i++) {
        const mig_digest d = b->digests[i];

        if (d.n_rows == 0)
            continue;
        b->digests[i] = (mig_digest){0};
        mig_digest_add(
            &b->digests[distance(block_of((int64_t)((uint64_t)b->first + i), by), first)], &d);
    }
    b->shift = shift;
    b->first = first;
}

/* What is moved out of the buckets is empty. */
static void
slide(mig__buckets *b, int64_t first)
{
    const bool   up = first < b->first;
    const size_t by = (size_t)(up ? distance(b->first, first) : distance(first, b->first));
    mig_digest  *d = b->digests;

    if (by >= b->n)
        memset(d, 0, b->n * sizeof *d);
    else if (up)
        memmove(d + by, d, (b->n - by) * sizeof *d);
    else
        memmove(d, d + by, (b->n - by) * sizeof *d);
    if (by < b->n)
        memset(up ? d : d + b->n - by, 0, by * sizeof *d);
    b->first = first;
}

/* Blocks as wide as it takes for all keys. */
static void
reach(mig__buckets *b, int64_t least, int64_t most)
{
    unsigned shift = b->shift;

    if (!b->any) {
        b->least = least;
        b->most = most;
        b->any = true;
        b->first = block_of(least, shift);
    }
    if (least < b->least)
        b->least = least;
    if (most > b->most)
        b->most = most;
    while (distance(block_of(b->most, shift), block_of(b->least, shift)) >= b->n)
        shift++;
    widen(b, shift);
}

void
mig__buckets_add(mig__buckets *b, mig_hash key, int64_t integer, mig_hash row)
{
    if (b->ranges) {
        if (!holds(b, integer)) {
            const bool below = b->any && integer < b->least;

            reach(b, integer, integer);
            /* What is left of the buckets is room on the side on which keys come. */
            slide(b, below ? (int64_t)((uint64_t)block_of(b->most, b->shift) - (b->n - 1))
                           : block_of(b->least, b->shift));
        }
        if (integer < b->least)
            b->least = integer;
        if (integer > b->most)
            b->most = integer;
    }
    mig_digest_add_hash(&b->digests[mig__buckets_of(b, key, integer)], row);
}

void
mig__buckets_meet(mig__buckets *one, mig__buckets *other)
{
    mig__buckets *both[2] = {one, other};
    int64_t       least, most;

    if (!one->ranges || (!one->any && !other->any))
        return;
    least = !other->any || (one->any && one->least < other->least) ? one->least : other->least;
    most = !other->any || (one->any && one->most > other->most) ? one->most : other->most;
    for (int i = 0; i < 2; i++) {
        reach(both[i], least, most);
        slide(both[i], block_of(least, both[i]->shift));
    }
}

void
mig__buckets_merge(mig__buckets *b, mig__buckets *more)
{
    mig__buckets_meet(b, more);
    for (size_t i = 0; i < b->n; i++)
        mig_digest_add(&b->digests[i], &more->digests[i]);
}

void
mig__buckets_range(const mig__buckets *b, size_t i, size_t j, int64_t *lowerp, int64_t *upperp)
{
    const uint64_t wide = UINT64_C(1) << b->shift;

    *lowerp = (int64_t)(((uint64_t)b->first + i) << b->shift);
    *upperp = (int64_t)((((uint64_t)b->first + j) << b->shift) + (wide - 1));
}
