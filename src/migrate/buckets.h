/*
 * buckets.h - the digests of parts of a table.
 *
 * A bucket is a range of the key, where that is one integer on both sides, or
 * what has the same hash of the key.  Ranges are all equally wide; how wide is
 * found out while keys come: they begin as single keys, and whenever one
 * falls outside of what the buckets reach, neighbours are put together.  So
 * nobody has to know the keys beforehand, and two sets of buckets can be brought
 * to one width afterwards, since digests add up.
 *
 * Keys that are spread very unevenly (a few far away from all others) put many
 * rows into one bucket: more is read again then, and nothing else.
 *
 * Threads: none; the owner's.
 */
#ifndef MIG_BUCKETS_H
#define MIG_BUCKETS_H

#include "mig/digest.h"

/* Bytes: 65,536 * sizeof(mig_digest) = 1.5 MiB for one table, reader and side. */
#define MIG__BUCKETS_MOST ((size_t)65536)

typedef struct mig__buckets {
    mig_digest *digests; /* n of them */
    size_t      n;       /* a power of two */
    bool        ranges;  /* else hashes */

    /* Of ranges: bucket i holds the keys from (first + i) << shift on. */
    unsigned shift;
    int64_t  first;
    bool     any; /* keys have come: */
    int64_t  least, most;
} mig__buckets;

/* How many are worth it for a table of so many rows. */
size_t mig__buckets_for(uint64_t n_rows);

mig_status mig__buckets_init(mig__buckets *b, size_t n, bool ranges, mig_error *err) MIG_CHECKED;
void       mig__buckets_fini(mig__buckets *b);

/* The bucket of a row that has been added, or whose key is within what has been. */
size_t mig__buckets_of(const mig__buckets *b, mig_hash key, int64_t integer);

/* `integer` counts for ranges only. */
void mig__buckets_add(mig__buckets *b, mig_hash key, int64_t integer, mig_hash row);

/* Both of as many buckets.  Afterwards both have the same ranges. */
void mig__buckets_meet(mig__buckets *one, mig__buckets *other);

/* Adds what `more` has; it may get other ranges. */
void mig__buckets_merge(mig__buckets *b, mig__buckets *more);

/* The first and the last key of buckets i to j (ranges only). */
void mig__buckets_range(const mig__buckets *b, size_t i, size_t j, int64_t *lowerp,
                        int64_t *upperp);

#endif
