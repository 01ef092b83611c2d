/*
 * key_set.c - an open hash table of 64-bit hashes, at most half full.
 */
#include "key_set.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 1024

/* The finisher of splitmix64: every bit of the input moves every bit of the output. */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t
mig__key_hash_integer(uint64_t before, int64_t value)
{
    return mix(mix(before + UINT64_C(0x9e3779b97f4a7c15)) ^ (uint64_t)value);
}

uint64_t
mig__key_hash_bytes(uint64_t before, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    uint64_t             hash = mig__key_hash_integer(before, (int64_t)len);

    for (; len > 0;) {
        uint64_t word = 0;
        size_t   n = len < sizeof word ? len : sizeof word;

        memcpy(&word, bytes, n);
        hash = mix(hash ^ word);
        bytes += n;
        len -= n;
    }
    return hash;
}

/* The slot that has the hash, or the free one where it belongs. */
static uint64_t *
slot_of(const mig__key_set *set, uint64_t hash)
{
    size_t i = (size_t)hash & (set->n_slots - 1);

    while (set->slots[i] != 0 && set->slots[i] != hash)
        i = (i + 1) & (set->n_slots - 1);
    return &set->slots[i];
}

static bool
grow(mig__key_set *set)
{
    mig__key_set larger = {.n_slots = set->n_slots > 0 ? 2 * set->n_slots : FIRST_SLOTS};

    larger.slots = calloc(larger.n_slots, sizeof *larger.slots);
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < set->n_slots; i++)
        if (set->slots[i] != 0)
            *slot_of(&larger, set->slots[i]) = set->slots[i];
    larger.n_keys = set->n_keys;
    free(set->slots);
    *set = larger;
    return true;
}

bool
mig__key_set_add(mig__key_set *set, uint64_t hash)
{
    uint64_t *slot;

    hash += hash == 0;
    if (2 * (set->n_keys + 1) > set->n_slots && !grow(set))
        return false;
    slot = slot_of(set, hash);
    set->n_keys += *slot == 0;
    *slot = hash;
    return true;
}

bool
mig__key_set_has(const mig__key_set *set, uint64_t hash)
{
    return set->n_keys > 0 && *slot_of(set, hash + (hash == 0)) != 0;
}

void
mig__key_set_fini(mig__key_set *set)
{
    free(set->slots);
    *set = (mig__key_set){0};
}
