/*
 * case_random.h - random numbers for generated tests: the same from the same seed.
 */
#ifndef TEST_CASE_RANDOM_H
#define TEST_CASE_RANDOM_H

#include <stdint.h>

typedef struct case_random {
    uint64_t state; /* the seed; not 0 */
} case_random;

uint64_t case_random_next(case_random *random);

/* 0 <= result < n */
unsigned case_random_below(case_random *random, unsigned n);

#endif
