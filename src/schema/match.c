/*
 * match.c - names, exactly first, then in any case.
 *
 * A name without an exact twin may take one that has none either; who has an
 * exact twin is out of the question for all others.  Only names that are left
 * over are compared with all others, so two equal catalogs cost a look-up each.
 */
#include "mig/match.h"

#include <string.h>

static char
folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
mig_match_folded(const char *one, const char *other)
{
    while (*one != '\0' && folded(*one) == folded(*other)) {
        one++;
        other++;
    }
    return *one == '\0' && *other == '\0';
}

/* Tables of a catalog, or columns of a table. */
typedef struct names {
    const mig_catalog *catalog;
    const mig_table   *table;
    size_t             n;
} names;

static const char *
name_at(const names *list, size_t i)
{
    return list->catalog != NULL ? list->catalog->tables[i].name : list->table->columns[i].name;
}

static bool
has(const names *list, const char *name)
{
    return list->catalog != NULL ? mig_catalog_find(list->catalog, name) != NULL
                                 : mig_table_find(list->table, name) != NULL;
}

/* Names of `list` that fold to `name` and have no exact twin in `others`; the last in *foundp. */
static size_t
count_free(const names *list, const names *others, const char *name, size_t *foundp)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        if (!mig_match_folded(name_at(list, i), name) || has(others, name_at(list, i)))
            continue;
        n++;
        if (foundp != NULL)
            *foundp = i;
    }
    return n;
}

/* For a name without an exact twin. */
static mig_match
match_folded(const names *here, const char *name, const names *there, size_t *foundp)
{
    size_t n = count_free(there, here, name, foundp);

    if (n == 0)
        return MIG_MATCH_NONE;
    return n == 1 && count_free(here, there, name, NULL) == 1 ? MIG_MATCH_FOUND
                                                              : MIG_MATCH_AMBIGUOUS;
}

mig_match
mig_match_table(const mig_catalog *here, const char *name, const mig_catalog *there,
                const mig_table **foundp)
{
    const names ours = {.catalog = here, .n = here->n_tables};
    const names theirs = {.catalog = there, .n = there->n_tables};
    size_t      i = 0;
    mig_match   match;

    *foundp = mig_catalog_find(there, name);
    if (*foundp != NULL)
        return MIG_MATCH_FOUND;
    match = match_folded(&ours, name, &theirs, &i);
    if (match == MIG_MATCH_FOUND)
        *foundp = &there->tables[i];
    return match;
}

mig_match
mig_match_column(const mig_table *here, const char *name, const mig_table *there,
                 const mig_column **foundp)
{
    const names ours = {.table = here, .n = here->n_columns};
    const names theirs = {.table = there, .n = there->n_columns};
    size_t      i = 0;
    mig_match   match;

    *foundp = mig_table_find(there, name);
    if (*foundp != NULL)
        return MIG_MATCH_FOUND;
    match = match_folded(&ours, name, &theirs, &i);
    if (match == MIG_MATCH_FOUND)
        *foundp = &there->columns[i];
    return match;
}
