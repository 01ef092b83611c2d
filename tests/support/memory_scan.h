/*
 * memory_scan.h - is this secret anywhere in the process's memory?
 *
 * For tests that key material is cleansed.  The needle is kept masked, so that
 * looking for it does not put it into memory.
 */
#ifndef TEST_MEMORY_SCAN_H
#define TEST_MEMORY_SCAN_H

#include <stddef.h>

#define MEMORY_SCAN_MAX 128

typedef struct memory_needle {
    unsigned char masked[MEMORY_SCAN_MAX];
    size_t        len;
} memory_needle;

/* Takes a copy; the caller's own is the caller's to cleanse. */
void memory_needle_set(memory_needle *needle, const void *secret, size_t len);

/*
 * How often the needle stands in memory that the process can write to.  Mappings of more than
 * 256 MiB (the shadow memory of sanitizers) are left out.  -1 if the memory cannot be read.
 */
long memory_scan(const memory_needle *needle);

#endif
