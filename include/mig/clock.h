/*
 * clock.h - time that only moves forward, for durations.
 */
#ifndef MIG_CLOCK_H
#define MIG_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment (CLOCK_MONOTONIC). */
uint64_t mig_clock_now(void);

/* Seconds from `since` (a mig_clock_now()) to now. */
double mig_clock_seconds_since(uint64_t since);

#endif
