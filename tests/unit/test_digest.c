/*
 * test_digest.c - hashes of rows and what they add up to.
 */
#include "mig/digest.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <xxhash.h>

#include "../support/case_random.h"

#define MAX_COLUMNS 8
#define ROWS_CAP    ((size_t)1 << 20)

static mig_rows    rows;
static mig_hasher *hasher;
static mig_error   err = MIG_ERROR_INIT;

static void
init(void)
{
    rows = (mig_rows){.data = malloc(ROWS_CAP), .cap = ROWS_CAP};
    hasher = NULL;
}

static void
fini(void)
{
    mig_hasher_free(hasher);
    free(rows.data);
    mig_error_fini(&err);
}

TestSuite(digest, .init = init, .fini = fini, .timeout = 60);

static void
use(const mig_hash_column *columns, size_t n)
{
    mig_hasher_free(hasher);
    cr_assert_eq(mig_hasher_new(columns, n, &hasher, &err), MIG_OK);
}

static void
put(const void *bytes, size_t len)
{
    mig_rows_put_int32(&rows, (int32_t)len);
    mig_rows_put_bytes(&rows, bytes, len);
}

static void
put_int4(int32_t value)
{
    mig_rows_put_int32(&rows, 4);
    mig_rows_put_int32(&rows, value);
}

static void
put_text(const char *text)
{
    put(text, strlen(text));
}

static mig_hash
hash_at(const unsigned char *row, size_t len, mig_hash *keyp)
{
    mig_hash hash = {0};
    size_t   used = 0;

    cr_assert_eq(mig_hash_row(hasher, row, len, &used, &hash, keyp, &err), MIG_OK, "%s",
                 err.message);
    cr_assert_eq(used, len);
    return hash;
}

/* Of all that `rows` holds. */
static mig_hash
hash_row(mig_hash *keyp)
{
    return hash_at(rows.data, rows.len, keyp);
}

static bool
same(mig_hash a, mig_hash b)
{
    return a.low == b.low && a.high == b.high;
}

static mig_digest
digest_rows(void)
{
    mig_digest digest = {0};

    cr_assert_eq(mig_hash_rows(hasher, &rows, &digest, &err), MIG_OK, "%s", err.message);
    return digest;
}

static const mig_hash_column id_and_name[] = {{.wire = MIG_WIRE_INT4, .key = true},
                                              {.wire = MIG_WIRE_TEXT}};

static void
put_id_and_name(int32_t id, const char *name)
{
    mig_rows_put_int16(&rows, 2);
    put_int4(id);
    put_text(name);
}

/* ---- rows --------------------------------------------------------------------------------- */

Test(digest, hashes_a_row_that_is_its_own_image_as_it_stands)
{
    XXH128_hash_t expected;
    mig_hash      hash;

    use(id_and_name, 2);
    put_id_and_name(1, "one");
    hash = hash_row(NULL);
    expected = XXH3_128bits(rows.data, rows.len);
    cr_assert(hash.low == expected.low64 && hash.high == expected.high64);
}

Test(digest, tells_null_from_an_empty_text)
{
    mig_hash hash;

    use(id_and_name, 2);
    put_id_and_name(1, "");
    hash = hash_row(NULL);
    rows.len = 0;
    mig_rows_put_int16(&rows, 2);
    put_int4(1);
    mig_rows_put_null(&rows);
    cr_assert_not(same(hash, hash_row(NULL)));
}

Test(digest, tells_where_one_text_ends_and_the_next_begins)
{
    static const mig_hash_column texts[] = {{.wire = MIG_WIRE_TEXT}, {.wire = MIG_WIRE_TEXT}};
    mig_hash                     hash;

    use(texts, 2);
    mig_rows_put_int16(&rows, 2);
    put_text("ab");
    put_text("c");
    hash = hash_row(NULL);
    rows.len = 0;
    mig_rows_put_int16(&rows, 2);
    put_text("a");
    put_text("bc");
    cr_assert_not(same(hash, hash_row(NULL)));
}

Test(digest, says_how_long_a_row_is)
{
    mig_hash hash;
    size_t   used = 0, first_len;

    use(id_and_name, 2);
    put_id_and_name(1, "one");
    first_len = rows.len;
    put_id_and_name(2, "two");
    cr_assert_eq(mig_hash_row(hasher, rows.data, rows.len, &used, &hash, NULL, &err), MIG_OK);
    cr_assert_eq(used, first_len);
}

Test(digest, refuses_every_row_that_is_cut)
{
    mig_hash hash;
    size_t   used;

    use(id_and_name, 2);
    put_id_and_name(1, "one");
    for (size_t len = 0; len < rows.len; len++) {
        unsigned char *copy = malloc(len + 1);

        memcpy(copy, rows.data, len);
        cr_assert_eq(mig_hash_row(hasher, copy, len, &used, &hash, NULL, NULL), MIG_E_INTERNAL);
        free(copy);
    }
}

Test(digest, refuses_another_number_of_fields_and_lengths_below_null)
{
    mig_hash hash;
    size_t   used;

    use(id_and_name, 2);
    put_id_and_name(1, "one");
    rows.data[1] = 3;
    cr_assert_eq(mig_hash_row(hasher, rows.data, rows.len, &used, &hash, NULL, NULL),
                 MIG_E_INTERNAL);
    rows.data[1] = 2;
    memset(rows.data + 2, 0xff, 4);
    rows.data[5] = 0xfe;
    cr_assert_eq(mig_hash_row(hasher, rows.data, rows.len, &used, &hash, NULL, NULL),
                 MIG_E_INTERNAL);
}

Test(digest, hashes_a_row_without_columns)
{
    use(NULL, 0);
    mig_rows_put_int16(&rows, 0);
    mig_rows_put_int16(&rows, 0);
    cr_assert_eq(digest_rows().n_rows, 2);
}

Test(digest, hashes_nothing_of_a_skipped_column)
{
    static const mig_hash_column columns[] = {{.wire = MIG_WIRE_INT4, .key = true},
                                              {.wire = MIG_WIRE_TEXT, .skipped = true},
                                              {.wire = MIG_WIRE_TEXT}};
    static const char *const     skipped[] = {"", "a", "something else"};
    mig_hash                     hashes[4], keys[4];

    use(columns, 3);
    for (size_t i = 0; i < 4; i++) {
        rows.len = 0;
        mig_rows_put_int16(&rows, 3);
        put_int4(1);
        if (i == 3)
            mig_rows_put_null(&rows);
        else
            put_text(skipped[i]);
        put_text("kept");
        hashes[i] = hash_row(&keys[i]);
        cr_assert(same(hashes[i], hashes[0]));
        cr_assert(same(keys[i], keys[0]));
    }
    rows.data[rows.len - 1] ^= 1;
    cr_assert_not(same(hash_row(NULL), hashes[0]));
}

/* ---- keys --------------------------------------------------------------------------------- */

Test(digest, takes_the_row_for_the_key_where_there_is_none)
{
    static const mig_hash_column columns[] = {{.wire = MIG_WIRE_INT4}, {.wire = MIG_WIRE_TEXT}};
    mig_hash                     hash, key;

    use(columns, 2);
    put_id_and_name(1, "one");
    hash = hash_row(&key);
    cr_assert(same(hash, key));
}

/* The columns of the mask are the key: only their values count, and all of them. */
static void
check_key(unsigned mask, bool skip_first)
{
    mig_hash_column columns[4];
    mig_hash        first, key;

    for (unsigned i = 0; i < 4; i++)
        columns[i] = (mig_hash_column){.wire = i % 2 == 0 ? MIG_WIRE_INT4 : MIG_WIRE_TEXT,
                                       .key = (mask >> i & 1) != 0,
                                       .skipped = i == 0 && skip_first && (mask & 1) == 0};
    use(columns, 4);
    for (unsigned changed = 0; changed <= 4; changed++) {
        rows.len = 0;
        mig_rows_put_int16(&rows, 4);
        for (unsigned i = 0; i < 4; i++) {
            if (i % 2 == 0)
                put_int4(changed == i + 1 ? 100 : 0);
            else
                put_text(changed == i + 1 ? "other" : "text");
        }
        hash_row(changed == 0 ? &first : &key);
        if (changed > 0)
            cr_assert_eq(same(first, key), !columns[changed - 1].key, "mask %x, column %u", mask,
                         changed);
    }
}

Test(digest, hashes_of_a_key_only_its_columns_wherever_they_stand)
{
    for (unsigned mask = 1; mask < 16; mask++) {
        check_key(mask, false);
        check_key(mask, true);
    }
}

/* ---- digests ------------------------------------------------------------------------------ */

Test(digest, is_all_zero_for_no_rows)
{
    use(id_and_name, 2);
    cr_assert(mig_digest_same(&(mig_digest){0}, &(mig_digest){.n_rows = 0}));
    cr_assert(mig_digest_same(&(mig_digest){0}, &(mig_digest){digest_rows().n_rows, {0, 0}}));
}

Test(digest, does_not_depend_on_the_order_of_the_rows)
{
    mig_digest forth, back;

    use(id_and_name, 2);
    for (int32_t i = 0; i < 1000; i++)
        put_id_and_name(i, i % 3 == 0 ? "fizz" : "");
    forth = digest_rows();
    rows.len = 0;
    for (int32_t i = 1000; i-- > 0;)
        put_id_and_name(i, i % 3 == 0 ? "fizz" : "");
    back = digest_rows();
    cr_assert_eq(forth.n_rows, 1000);
    cr_assert(mig_digest_same(&forth, &back));
}

Test(digest, adds_up_from_parts)
{
    mig_digest whole, part = {0};

    use(id_and_name, 2);
    for (int32_t i = 0; i < 100; i++)
        put_id_and_name(i, "name");
    whole = digest_rows();
    for (int32_t i = 0; i < 100; i++) {
        mig_digest one;

        rows.len = 0;
        put_id_and_name(i, "name");
        one = digest_rows();
        mig_digest_add(&part, &one);
    }
    cr_assert(mig_digest_same(&whole, &part));
}

Test(digest, counts_a_row_that_is_there_twice)
{
    mig_digest once, twice, none = {0};

    use(id_and_name, 2);
    put_id_and_name(1, "one");
    once = digest_rows();
    put_id_and_name(1, "one");
    twice = digest_rows();
    cr_assert_not(mig_digest_same(&once, &twice));
    mig_digest_add(&none, &once);
    mig_digest_add(&none, &once);
    cr_assert(mig_digest_same(&none, &twice));
}

Test(digest, carries_from_the_low_half_into_the_high_one)
{
    mig_digest digest = {.n_rows = 1, .sum = {.low = UINT64_MAX, .high = 7}};
    mig_digest one = {.n_rows = 1, .sum = {.low = 1, .high = 0}};
    mig_digest other = digest;

    mig_digest_add(&digest, &one);
    mig_digest_add_hash(&other, one.sum);
    cr_assert(digest.sum.low == 0 && digest.sum.high == 8);
    cr_assert(mig_digest_same(&digest, &other));
}

Test(digest, wraps_at_its_end)
{
    mig_digest digest = {.n_rows = 1, .sum = {.low = UINT64_MAX, .high = UINT64_MAX}};

    mig_digest_add_hash(&digest, (mig_hash){.low = 2, .high = 0});
    cr_assert(digest.sum.low == 1 && digest.sum.high == 0);
}

/* ---- mutations ---------------------------------------------------------------------------- */

/* The rows' digest, or another one than any if they are none any more. */
static mig_digest
digest_or_none(void)
{
    mig_digest digest = {0};

    if (mig_hash_rows(hasher, &rows, &digest, NULL) != MIG_OK)
        digest.n_rows = UINT64_MAX;
    return digest;
}

Test(digest, changes_with_any_bit_of_any_row)
{
    static const mig_hash_column columns[] = {{.wire = MIG_WIRE_INT8, .key = true},
                                              {.wire = MIG_WIRE_TEXT},
                                              {.wire = MIG_WIRE_BYTEA},
                                              {.wire = MIG_WIRE_BOOL},
                                              {.wire = MIG_WIRE_UUID},
                                              {.wire = MIG_WIRE_INT2}};
    case_random                  random = {7};
    mig_digest                   digest;

    use(columns, 6);
    for (int i = 0; i < 20; i++) {
        unsigned char bytes[300];
        size_t        text_len = case_random_below(&random, 40);
        size_t        blob_len = case_random_below(&random, sizeof bytes);

        for (size_t b = 0; b < sizeof bytes; b++)
            bytes[b] = (unsigned char)case_random_next(&random);
        mig_rows_put_int16(&rows, 6);
        put(bytes, 8);
        put(bytes, text_len);
        put(bytes, blob_len);
        put(bytes, 1);
        if (i % 2 == 0)
            put(bytes, 16);
        else
            mig_rows_put_null(&rows);
        put(bytes, 2);
    }
    digest = digest_rows();
    for (size_t bit = 0; bit < 8 * rows.len; bit++) {
        mig_digest mutant;

        rows.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        mutant = digest_or_none();
        cr_assert_not(mig_digest_same(&digest, &mutant), "bit %zu", bit);
        rows.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    cr_assert(mig_digest_same(&digest, &(mig_digest){20, digest_rows().sum}));
}

/* ---- outsize rows ------------------------------------------------------------------------- */

/* Rows around the size from which they are streamed: put together they hash as they stand. */
Test(digest, hashes_long_rows_like_short_ones)
{
    /* The key's columns stand apart from each other, so its hash is put together. */
    static const mig_hash_column apart[] = {{.wire = MIG_WIRE_BYTEA, .key = true},
                                            {.wire = MIG_WIRE_INT4},
                                            {.wire = MIG_WIRE_BYTEA, .key = true}};
    static unsigned char         bytes[100000];
    static const size_t          lens[] = {0, 1, 500, 16000, 16383, 16384, 16385, 40000, 100000};
    XXH128_hash_t                expected;
    mig_hash                     key;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 31 >> 3);
    use(apart, 3);
    for (size_t a = 0; a < sizeof lens / sizeof lens[0]; a++)
        for (size_t b = 0; b < sizeof lens / sizeof lens[0]; b++) {
            rows.len = 0;
            mig_rows_put_int16(&rows, 2);
            put(bytes, lens[a]);
            put(bytes, lens[b]);
            expected = XXH3_128bits(rows.data + 2, rows.len - 2);
            rows.len = 0;
            mig_rows_put_int16(&rows, 3);
            put(bytes, lens[a]);
            put_int4(5);
            put(bytes, lens[b]);
            hash_row(&key);
            cr_assert(key.low == expected.low64 && key.high == expected.high64, "%zu %zu", lens[a],
                      lens[b]);
        }
}
