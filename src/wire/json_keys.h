/*
 * json_keys.h - the keys of the objects that are open, to find one that stands
 * twice.
 *
 * Legal order of calls, per document: clear; then per object, inside of each
 * other as the objects are: note n_keys, add each key, end with what was noted.
 */
#ifndef MIG__JSON_KEYS_H
#define MIG__JSON_KEYS_H

#include "mig/codec.h"

typedef struct mig__json_key {
    uint64_t hash;    /* of the key's characters, escapes resolved */
    size_t   at;      /* offset of its opening quote in the text */
    size_t   len;     /* bytes of its characters */
    size_t   decoded; /* where they stand in `decoded`; MIG__JSON_PLAIN: behind the quote */
} mig__json_key;

#define MIG__JSON_PLAIN SIZE_MAX

/* Offsets of the opening quotes of two equal keys. */
typedef struct mig__json_pair {
    size_t first;
    size_t second;
} mig__json_pair;

/* Forgets all keys; gives memory back that only a huge document needed. */
void mig__json_keys_clear(mig_json_scratch *scratch);

/*
 * The key whose opening quote stands at text[at], raw_len bytes between the quotes, len with the
 * escapes resolved; its escapes are those that jsonb takes.  False: out of memory.
 */
bool mig__json_keys_add(mig_json_scratch *scratch, const char *text, size_t at, size_t raw_len,
                        size_t len);

/*
 * An object ends, whose keys are those from `first` on; they are dropped.  False: a key stands
 * twice; of several it is the one whose second place comes first.
 */
bool mig__json_keys_end(mig_json_scratch *scratch, const char *text, size_t first,
                        mig__json_pair *pairp);

#endif
