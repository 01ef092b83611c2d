/*
 * name_set.h - names that are taken.
 */
#ifndef MIG_MIRROR_NAME_SET_H
#define MIG_MIRROR_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mig__name_set {
    char **slots; /* a hash table with open addresses; NULL: free */
    size_t n_slots;
    size_t n;
    bool   folded; /* names that differ in the case of ASCII letters alone are one */
} mig__name_set;

bool mig__name_set_has(const mig__name_set *names, const char *name);

/* False without memory. */
bool mig__name_set_add(mig__name_set *names, const char *name);

void mig__name_set_fini(mig__name_set *names);

/* FNV-1a. */
uint32_t mig__name_hash(const char *name, bool folded);

#endif
