/*
 * case_random.c - Marsaglia's xorshift64.
 */
#include "case_random.h"

uint64_t
case_random_next(case_random *random)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return random->state;
}

unsigned
case_random_below(case_random *random, unsigned n)
{
    return (unsigned)((case_random_next(random) >> 32) * n >> 32);
}
