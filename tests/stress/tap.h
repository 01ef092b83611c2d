/*
 * tap.h - the frame of a stress program: results in TAP, a limit in time.
 *
 * A stress program has a plain main(), so that it runs under ThreadSanitizer.
 * A lost wake-up shows as a program that hangs: the watchdog ends it as a
 * failure.  Work is counted in rounds, and ends early when TAP_SECONDS are
 * over, so that slow builds stay bounded.
 */
#ifndef MIG_STRESS_TAP_H
#define MIG_STRESS_TAP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mig/clock.h"

#define TAP_SECONDS          1.2 /* per part of a program */
#define TAP_WATCHDOG_SECONDS 60

static unsigned tap_n;
static unsigned tap_n_failed;

static void
tap_hang(int signo)
{
    static const char line[] = "not ok - the program hangs: a wake-up was lost, or a deadlock\n";
    ssize_t           n = write(STDOUT_FILENO, line, sizeof line - 1);

    (void)n;
    (void)signo;
    _exit(1);
}

static inline void
tap_begin(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGALRM, tap_hang);
    alarm(TAP_WATCHDOG_SECONDS);
}

static inline void
tap_ok(bool good, const char *what, uint64_t n_rounds)
{
    tap_n++;
    if (!good)
        tap_n_failed++;
    printf("%s %u - %s (%llu rounds)\n", good ? "ok" : "not ok", tap_n, what,
           (unsigned long long)n_rounds);
}

static inline int
tap_end(void)
{
    printf("1..%u\n", tap_n);
    return tap_n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline bool
tap_time_is_over(uint64_t since)
{
    return mig_clock_seconds_since(since) > TAP_SECONDS;
}

/* For what a stress program cannot go on without: memory, threads. */
static inline void
tap_need(bool good, const char *what)
{
    if (!good) {
        printf("Bail out! %s\n", what);
        exit(EXIT_FAILURE);
    }
}

/* A small generator (xorshift64), so that a round can be repeated by its seed; state != 0. */
static inline uint64_t
tap_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
