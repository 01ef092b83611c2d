/*
 * test_key_set.c - what was added is there, and nothing else.
 */
#include "../../src/sqlite/key_set.h"

#include <criterion/criterion.h>

Test(key_set, has_what_was_added_and_nothing_else)
{
    mig__key_set set = {0};

    cr_assert_not(mig__key_set_has(&set, 0));
    for (int64_t i = -50000; i < 50000; i++)
        cr_assert(mig__key_set_add(&set, mig__key_hash_integer(0, 2 * i)));
    cr_assert(mig__key_set_add(&set, mig__key_hash_integer(0, 4)));
    cr_assert_eq(set.n_keys, 100000);
    for (int64_t i = -100000; i < 100000; i++)
        cr_assert_eq(mig__key_set_has(&set, mig__key_hash_integer(0, i)), i % 2 == 0);
    mig__key_set_fini(&set);
}

Test(key_set, a_hash_of_zero_is_a_key_like_others)
{
    mig__key_set set = {0};

    cr_assert(mig__key_set_add(&set, 0));
    cr_assert(mig__key_set_has(&set, 0));
    mig__key_set_fini(&set);
}

Test(key_set, bytes_columns_and_their_order_count)
{
    uint64_t one = mig__key_hash_bytes(0, "abcdefghij", 10);

    cr_assert_eq(one, mig__key_hash_bytes(0, "abcdefghij", 10));
    cr_assert_neq(one, mig__key_hash_bytes(0, "abcdefghik", 10));
    cr_assert_neq(mig__key_hash_bytes(0, "a", 1), mig__key_hash_bytes(0, "a\0", 2));
    cr_assert_neq(mig__key_hash_integer(mig__key_hash_integer(0, 1), 2),
                  mig__key_hash_integer(mig__key_hash_integer(0, 2), 1));
}
