/*
 * json_keys.c - the keys of the objects that are open, to find one that stands
 * twice.
 *
 * Equal are keys of the same characters, however they are spelled, so a key
 * with escapes is compared without them.  Each key has a hash; the few keys
 * that objects usually have are compared in pairs, hash by hash, when the object
 * ends.  Many are sorted.  The order is that of hash, length and characters, not
 * of the hash alone: whoever makes all hashes alike makes the comparisons
 * dearer, but not more of them.
 *
 * The sort is a heapsort because it needs no memory; qsort() of the C library
 * may allocate.
 *
 * Threads: the one that checks; the scratch is its caller's.
 */
#include "json_keys.h"

#include <stdlib.h>
#include <string.h>

#include "json_string.h"

/* Up to here comparing in pairs is faster than sorting (measured: as fast at 64). */
#define PAIRS_MAX 48

/* What a scratch may keep from one document to the next: 1 MiB of each. */
#define KEYS_KEPT_MAX    ((size_t)1 << 15)
#define DECODED_KEPT_MAX ((size_t)1 << 20)

/* ---- memory ---- */

void
mig_json_scratch_fini(mig_json_scratch *scratch)
{
    free(scratch->keys);
    free(scratch->decoded);
    *scratch = (mig_json_scratch)MIG_JSON_SCRATCH_INIT;
}

void
mig__json_keys_clear(mig_json_scratch *scratch)
{
    if (scratch->keys_cap > KEYS_KEPT_MAX || scratch->decoded_cap > DECODED_KEPT_MAX)
        mig_json_scratch_fini(scratch);
    scratch->n_keys = 0;
    scratch->decoded_len = 0;
}

/* Room for `needed` elements of `size` bytes at *datap; false: out of memory, all as it was. */
static bool
reserve(void **datap, size_t *capp, size_t needed, size_t size)
{
    size_t cap = *capp > 0 ? *capp : 64;
    void  *data;

    while (cap < needed && cap <= SIZE_MAX / 2)
        cap *= 2;
    if (cap < needed || cap > SIZE_MAX / size)
        return false;
    data = realloc(*datap, cap * size);
    if (data == NULL)
        return false;
    *datap = data;
    *capp = cap;
    return true;
}

static bool
reserve_key(mig_json_scratch *scratch)
{
    void *keys = scratch->keys;

    if (scratch->n_keys < scratch->keys_cap)
        return true;
    if (!reserve(&keys, &scratch->keys_cap, scratch->n_keys + 1, sizeof *scratch->keys))
        return false;
    scratch->keys = keys;
    return true;
}

static bool
reserve_decoded(mig_json_scratch *scratch, size_t len)
{
    void *decoded = scratch->decoded;

    if (len <= scratch->decoded_cap - scratch->decoded_len)
        return true;
    if (!reserve(&decoded, &scratch->decoded_cap, scratch->decoded_len + len, 1))
        return false;
    scratch->decoded = decoded;
    return true;
}

/* ---- hashing ---- */

static inline uint64_t
mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static inline uint64_t
load32(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

/* Equal bytes, equal hash; nothing more is asked of it than to tell the keys of one object apart.
 */
static uint64_t
hash_of(const char *p, size_t len)
{
    uint64_t hash = len;
    uint64_t word = 0;

    for (; len > 8; p += 8, len -= 8) {
        memcpy(&word, p, sizeof word);
        hash = mix(hash, word);
    }
    /* The rest as two words or three bytes that may overlap: no loop over bytes. */
    word = 0;
    if (len >= 4)
        word = load32(p) | load32(p + len - 4) << 32;
    else if (len > 0)
        word = (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[len / 2] << 8 |
               (uint64_t)(unsigned char)p[len - 1] << 16;
    return mix(hash, word);
}

/* ---- comparing ---- */

static const char *
characters(const mig_json_scratch *scratch, const char *text, const mig__json_key *key)
{
    return key->decoded == MIG__JSON_PLAIN ? text + key->at + 1 : scratch->decoded + key->decoded;
}

/* Below, equal to or above 0: by hash, length, characters. */
static int
compare(const mig_json_scratch *scratch, const char *text, const mig__json_key *a,
        const mig__json_key *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(characters(scratch, text, a), characters(scratch, text, b), a->len);
}

/* The order of the sort: what is equal stands as in the text. */
static bool
comes_before(const mig_json_scratch *scratch, const char *text, const mig__json_key *a,
             const mig__json_key *b)
{
    int order = compare(scratch, text, a, b);

    return order != 0 ? order < 0 : a->at < b->at;
}

/* Lets the key at `at` sink to its place in the heap of n keys whose last is on top. */
static void
sink(const mig_json_scratch *scratch, const char *text, mig__json_key *keys, size_t n, size_t at)
{
    const mig__json_key key = keys[at];

    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && comes_before(scratch, text, &keys[child], &keys[child + 1]))
            child++;
        if (!comes_before(scratch, text, &key, &keys[child]))
            break;
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

static void
sort(const mig_json_scratch *scratch, const char *text, mig__json_key *keys, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sink(scratch, text, keys, n, i);
    while (n-- > 1) {
        mig__json_key top = keys[0];

        keys[0] = keys[n];
        keys[n] = top;
        sink(scratch, text, keys, n, 0);
    }
}

static bool
all_differ_in_pairs(const mig_json_scratch *scratch, const char *text, const mig__json_key *keys,
                    size_t n, mig__json_pair *pairp)
{
    uint64_t seen = 0; /* one bit per hash: what is not there yet need not be looked for */

    for (size_t second = 0; second < n; second++) {
        const uint64_t hash = keys[second].hash;
        const uint64_t bit = UINT64_C(1) << (hash >> 58);

        if ((seen & bit) == 0) {
            seen |= bit;
            continue;
        }
        for (size_t first = 0; first < second; first++) {
            if (keys[first].hash != hash ||
                compare(scratch, text, &keys[first], &keys[second]) != 0)
                continue;
            pairp->first = keys[first].at;
            pairp->second = keys[second].at;
            return false;
        }
    }
    return true;
}

static bool
all_differ_sorted(const mig_json_scratch *scratch, const char *text, const mig__json_key *keys,
                  size_t n, mig__json_pair *pairp)
{
    bool differ = true;

    for (size_t i = 1; i < n; i++) {
        if (compare(scratch, text, &keys[i - 1], &keys[i]) != 0)
            continue;
        if (!differ && keys[i].at > pairp->second)
            continue;
        pairp->first = keys[i - 1].at;
        pairp->second = keys[i].at;
        differ = false;
    }
    return differ;
}

/* ---- what the check calls ---- */

bool
mig__json_keys_add(mig_json_scratch *scratch, const char *text, size_t at, size_t raw_len,
                   size_t len)
{
    mig__json_key key = {.at = at, .len = len, .decoded = MIG__JSON_PLAIN};

    if (!reserve_key(scratch))
        return false;
    if (len != raw_len) { /* An escape is longer than its character. */
        if (!reserve_decoded(scratch, len))
            return false;
        key.decoded = scratch->decoded_len;
        (void)mig__json_decode(text + at + 1, text + at + 1 + raw_len,
                               scratch->decoded + key.decoded);
        scratch->decoded_len += len;
    }
    key.hash = hash_of(characters(scratch, text, &key), len);
    scratch->keys[scratch->n_keys++] = key;
    return true;
}

bool
mig__json_keys_end(mig_json_scratch *scratch, const char *text, size_t first, mig__json_pair *pairp)
{
    mig__json_key *keys = scratch->keys + first;
    size_t         n = scratch->n_keys - first;

    scratch->n_keys = first;
    if (n <= PAIRS_MAX)
        return all_differ_in_pairs(scratch, text, keys, n, pairp);
    sort(scratch, text, keys, n);
    return all_differ_sorted(scratch, text, keys, n, pairp);
}
