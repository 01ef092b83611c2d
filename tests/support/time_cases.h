/*
 * time_cases.h - moments in text, and what is none.
 *
 * Used twice: the unit tests hold the codec against the tables, and
 * tests/db/test_codec_server.c holds the tables against a server, so that no
 * table can be wrong for long.
 */
#ifndef TEST_TIME_CASES_H
#define TEST_TIME_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct time_case {
    const char *text;
    int64_t     us; /* since 2000-01-01 UTC */
    bool        truncated;
} time_case;

extern const time_case time_cases[];
extern const size_t    n_time_cases;

/* Texts that a server refuses too. */
extern const char *const bad_time_cases[];
extern const size_t      n_bad_time_cases;

/* Texts that are no moment for us, though a server may guess at some. */
extern const char *const foreign_time_cases[];
extern const size_t      n_foreign_time_cases;

/* ISO 8601's years, which a server does not read, and the same moment as it does. */
typedef struct iso_time_case {
    const char *text;
    const char *server_text;
} iso_time_case;

extern const iso_time_case iso_time_cases[];
extern const size_t        n_iso_time_cases;

/* Zones of every form, also none, and how far east they are. */
typedef struct zone_case {
    const char *text;
    int         seconds;
} zone_case;

extern const zone_case zone_cases[];
extern const size_t    n_zone_cases;

#endif
