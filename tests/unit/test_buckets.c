/*
 * test_buckets.c - ranges that grow with the keys.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "../../src/migrate/buckets.h"

TestSuite(buckets, .timeout = 20);

static mig_hash
hash_of(int64_t key)
{
    return (mig_hash){.low = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) + 1, .high = 7};
}

static void
add(mig__buckets *b, int64_t key)
{
    mig__buckets_add(b, hash_of(key), key, hash_of(key));
}

/* Every key stands in the bucket whose range has it. */
static void
look_at_all(const mig__buckets *b, const int64_t *keys, size_t n_keys)
{
    mig_digest *expected = calloc(b->n, sizeof *expected);

    for (size_t i = 0; i < n_keys; i++) {
        const size_t at = mig__buckets_of(b, hash_of(keys[i]), keys[i]);
        int64_t      lower, upper;

        cr_assert_lt(at, b->n);
        mig__buckets_range(b, at, at, &lower, &upper);
        cr_assert(lower <= keys[i] && keys[i] <= upper, "%lld is not from %lld to %lld",
                  (long long)keys[i], (long long)lower, (long long)upper);
        mig_digest_add_hash(&expected[at], hash_of(keys[i]));
    }
    for (size_t i = 0; i < b->n; i++)
        cr_assert(mig_digest_same(&expected[i], &b->digests[i]), "bucket %zu", i);
    free(expected);
}

static int64_t
random_key(unsigned kind)
{
    const uint64_t r = (uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random();

    switch (kind % 4) {
    case 0:
        return (int64_t)(r % 1000);
    case 1:
        return (int64_t)(r % 100000) - 50000;
    case 2:
        return (int64_t)r;
    default:
        return r % 50 == 0 ? (r % 100 == 0 ? INT64_MIN : INT64_MAX) : (int64_t)(r % 64);
    }
}

Test(buckets, hold_each_key_in_its_range_whatever_comes)
{
    static int64_t keys[3000];

    for (unsigned seed = 0; seed < 400; seed++) {
        const size_t n = 16u << seed % 5, n_keys = 1 + seed * 7 % 3000;
        mig__buckets one, other;

        srandom(seed);
        cr_assert_eq(mig__buckets_init(&one, n, true, NULL), MIG_OK);
        cr_assert_eq(mig__buckets_init(&other, n, true, NULL), MIG_OK);
        for (size_t i = 0; i < n_keys; i++) {
            keys[i] = random_key(seed);
            add(random() % 3 == 0 ? &other : &one, keys[i]);
        }
        mig__buckets_meet(&one, &other);
        cr_assert_eq(one.shift, other.shift);
        cr_assert_eq(one.first, other.first);
        mig__buckets_merge(&one, &other);
        look_at_all(&one, keys, n_keys);
        mig__buckets_fini(&one);
        mig__buckets_fini(&other);
    }
}

Test(buckets, are_single_keys_as_long_as_these_are_near_each_other)
{
    mig__buckets b;
    int64_t      keys[16];

    cr_assert_eq(mig__buckets_init(&b, 16, true, NULL), MIG_OK);
    for (int i = 0; i < 16; i++)
        add(&b, keys[i] = 1000 - i);
    cr_assert_eq(b.shift, 0);
    look_at_all(&b, keys, 16);
    add(&b, 1001);
    cr_assert_eq(b.shift, 1);
    mig__buckets_fini(&b);
}

Test(buckets, differ_only_where_the_rows_do)
{
    mig__buckets one, other;
    size_t       n_differing = 0;

    cr_assert_eq(mig__buckets_init(&one, 64, true, NULL), MIG_OK);
    cr_assert_eq(mig__buckets_init(&other, 64, true, NULL), MIG_OK);
    for (int64_t key = 0; key < 10000; key++) {
        add(&one, key);
        add(&other, 9999 - key);
    }
    mig__buckets_add(&one, hash_of(1), 77, hash_of(1));
    add(&other, 1000000);
    mig__buckets_meet(&one, &other);
    for (size_t i = 0; i < one.n; i++)
        n_differing += !mig_digest_same(&one.digests[i], &other.digests[i]);
    cr_assert_eq(n_differing, 2);
    mig__buckets_fini(&one);
    mig__buckets_fini(&other);
}
