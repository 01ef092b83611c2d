/*
 * type_text.h - a type's name in its pieces.
 *
 * Both databases write types in words with modifiers in parentheses, in any
 * case and with any blanks.
 *
 * Pure; any thread.
 */
#ifndef MIG_SCHEMA_TYPE_TEXT_H
#define MIG_SCHEMA_TYPE_TEXT_H

#include "mig/type_rules.h"

typedef struct mig__type_text {
    char    words[MIG_TYPE_TEXT_MAX]; /* lower case, one blank between words, no modifiers */
    int     n_modifiers;              /* 0 to 2; -1: others than one or two integers */
    int32_t modifiers[2];
    bool    array; /* [] or "array" stood behind it */
} mig__type_text;

/* False for a text that is too long, or has parentheses in other places than one. */
bool mig__type_read(const char *text, mig__type_text *type);

#endif
