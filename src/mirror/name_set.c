/*
 * name_set.c - a set of names, with or without case.
 *
 * A schema may have tens of thousands of names, each of which is looked up once
 * for each claim: so a hash table, never more than half full.
 */
#include "name_set.h"

#include <stdlib.h>
#include <string.h>

#include "mig/match.h"

uint32_t
mig__name_hash(const char *name, bool folded)
{
    uint32_t hash = 2166136261U;

    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;

        if (folded && c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        hash = (hash ^ c) * 16777619U;
    }
    return hash;
}

static bool
equal(const mig__name_set *names, const char *one, const char *other)
{
    return names->folded ? mig_match_folded(one, other) : strcmp(one, other) == 0;
}

/* Where the name stands, or would. */
static size_t
slot_of(const mig__name_set *names, const char *name)
{
    size_t i = mig__name_hash(name, names->folded) & (names->n_slots - 1);

    while (names->slots[i] != NULL && !equal(names, names->slots[i], name))
        i = (i + 1) & (names->n_slots - 1);
    return i;
}

bool
mig__name_set_has(const mig__name_set *names, const char *name)
{
    return names->n > 0 && names->slots[slot_of(names, name)] != NULL;
}

static bool
grow(mig__name_set *names)
{
    mig__name_set grown = {.folded = names->folded,
                           .n_slots = names->n_slots > 0 ? names->n_slots * 2 : 16};

    grown.slots = calloc(grown.n_slots, sizeof *grown.slots);
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < names->n_slots; i++)
        if (names->slots[i] != NULL)
            grown.slots[slot_of(&grown, names->slots[i])] = names->slots[i];
    grown.n = names->n;
    free(names->slots);
    *names = grown;
    return true;
}

bool
mig__name_set_add(mig__name_set *names, const char *name)
{
    size_t i;

    if (names->n * 2 >= names->n_slots && !grow(names))
        return false;
    i = slot_of(names, name);
    if (names->slots[i] != NULL)
        return true;
    names->slots[i] = strdup(name);
    names->n += names->slots[i] != NULL;
    return names->slots[i] != NULL;
}

void
mig__name_set_fini(mig__name_set *names)
{
    for (size_t i = 0; i < names->n_slots; i++)
        free(names->slots[i]);
    free(names->slots);
    *names = (mig__name_set){.folded = names->folded};
}
