/*
 * locked.h - memory for key bytes and plaintexts.
 *
 * Whole pages of their own, zeroed, kept out of swap and core files where the
 * system allows it, and cleansed before they are given back.  A system that
 * refuses to lock (RLIMIT_MEMLOCK) is lived with: the pages are used as they
 * are.
 */
#ifndef MIG_LOCKED_H
#define MIG_LOCKED_H

#include <stddef.h>

/* NULL without memory.  `len` may be 0. */
void *mig__locked_new(size_t len);

/* `len` as it was asked for.  Accepts NULL. */
void mig__locked_free(void *memory, size_t len);

/*
 * Overwrites the stack below the caller.  Copying and hashing load key bytes into vector registers,
 * and the first call through a lazily bound symbol after that saves those registers on the stack
 * (seen with glibc on x86-64).  So this is the last thing a function does that had to do with keys.
 */
void mig__locked_cleanse_stack(void);

#endif
