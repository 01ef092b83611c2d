/*
 * key_set.h - the keys of a parent, to be asked for millions of times.
 *
 * A set of hashes: what it does not have is not among the keys for sure; that
 * it takes something else for a key happens about once in 2^40 questions.
 *
 * Threads: one at a time.
 */
#ifndef MIG__KEY_SET_H
#define MIG__KEY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mig__key_set {
    uint64_t *slots; /* 0: free */
    size_t    n_slots;
    size_t    n_keys;
} mig__key_set;

/* A hash of one value, mixed into that of the columns before it (0 before the first). */
uint64_t mig__key_hash_integer(uint64_t before, int64_t value);
uint64_t mig__key_hash_bytes(uint64_t before, const void *data, size_t len);

/* False without memory. */
bool mig__key_set_add(mig__key_set *set, uint64_t hash);
bool mig__key_set_has(const mig__key_set *set, uint64_t hash);
void mig__key_set_fini(mig__key_set *set);

#endif
