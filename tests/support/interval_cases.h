/*
 * interval_cases.h - lengths of time and times of day in text, and what is none.
 *
 * As time_cases.h: the unit tests hold the codec against the tables, and
 * tests/db/test_codec_server_time.c holds the tables against a server.
 */
#ifndef TEST_INTERVAL_CASES_H
#define TEST_INTERVAL_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "mig/temporal.h"

typedef struct interval_case {
    const char  *text;
    mig_interval interval;
    bool         truncated;
} interval_case;

/* A server reads these alike. */
extern const interval_case interval_cases[];
extern const size_t        n_interval_cases;

/* Of ISO 8601, but a server refuses them or means something else. */
extern const interval_case iso_interval_cases[];
extern const size_t        n_iso_interval_cases;

typedef struct bad_interval {
    const char          *text;
    mig_temporal_verdict verdict;
    bool                 server_takes; /* by guessing, or by changing it; servers differ */
} bad_interval;

extern const bad_interval bad_intervals[];
extern const size_t       n_bad_intervals;

typedef struct timeofday_case {
    const char          *text;
    mig_temporal_verdict verdict;
    int64_t              us;
    bool                 truncated;
    bool                 server_takes; /* what we refuse */
} timeofday_case;

extern const timeofday_case timeofday_cases[];
extern const size_t         n_timeofday_cases;

typedef struct timetz_case {
    const char          *text;
    mig_temporal_verdict verdict;
    mig_timetz           time;
} timetz_case;

extern const timetz_case timetz_cases[];
extern const size_t      n_timetz_cases;

#endif
