/*
 * near_name.c - how far what was typed is from a name.
 */
#include "near_name.h"

#include <string.h>

static size_t
smallest(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein's distance. */
static size_t
edit_distance(const char *text, size_t len, const char *name)
{
    size_t row[MIG__NEAR_NAME_MAX + 1];

    for (size_t i = 0; i <= len; i++)
        row[i] = i;
    for (size_t j = 0; name[j] != '\0'; j++) {
        size_t diagonal = row[0];

        row[0] = j + 1;
        for (size_t i = 1; i <= len; i++) {
            size_t above = row[i];

            row[i] = smallest(above + 1, row[i - 1] + 1, diagonal + (text[i - 1] != name[j]));
            diagonal = above;
        }
    }
    return row[len];
}

size_t
mig__near_name(const char *text, size_t len, const char *name)
{
    return len >= 2 && strncmp(text, name, len) == 0 ? 1 : edit_distance(text, len, name);
}
