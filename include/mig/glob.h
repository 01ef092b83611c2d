/*
 * glob.h - patterns of names, as users give them.
 *
 * *      any characters, or none
 * ?      one character
 * [a-z]  one of these; [!a-z] or [^a-z] one that is none of them; "]" first in it means itself
 * \x     x itself
 *
 * A character is one of UTF-8, or one byte that is none.  A "[" without its "]", and a "\" at the
 * end, mean themselves.  Upper and lower case are different characters.
 *
 * Pure; any thread.
 */
#ifndef MIG_GLOB_H
#define MIG_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* A list of patterns; borrowed. */
typedef struct mig_patterns {
    const char **texts;
    size_t       n;
} mig_patterns;

/* Whether the first `len` bytes of the pattern match the whole name. */
bool mig_glob_match(const char *pattern, size_t len, const char *name);

/* Whether one of them does. */
bool mig_patterns_match(const mig_patterns *patterns, const char *name);

#endif
