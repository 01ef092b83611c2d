/*
 * clock.c - the monotonic clock.
 */
#include "mig/clock.h"

#include <time.h>

uint64_t
mig_clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

double
mig_clock_seconds_since(uint64_t since)
{
    return (double)(mig_clock_now() - since) / 1e9;
}
