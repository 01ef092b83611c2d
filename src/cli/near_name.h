/*
 * near_name.h - names that are nearly right.
 */
#ifndef MIG_NEAR_NAME_H
#define MIG_NEAR_NAME_H

#include <stddef.h>

/* The longest text that is compared, in bytes. */
#define MIG__NEAR_NAME_MAX 40

/* How many letters must change to make the text, of `len` bytes, the name; 1 where it is the name
 * cut short. */
size_t mig__near_name(const char *text, size_t len, const char *name);

#endif
