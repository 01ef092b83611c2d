/*
 * kinds.h - which declared type of SQLite is paired with which type of PostgreSQL, and
 * the values that such a pair of columns keeps.
 */
#ifndef TEST_KINDS_H
#define TEST_KINDS_H

#include "values.h"

enum {
    KIND_KEY = 1,    /* fits a primary or unique key: short, and equal means the same bytes */
    KIND_STRICT = 2, /* a type of STRICT tables */
};

typedef struct test_kind {
    const char  *sqlite;
    const char  *postgres;
    value_maker *make;
    unsigned     n;
    unsigned     flags;
} test_kind;

extern const test_kind kinds[];
extern const size_t    n_kinds;

/* The types that users make, for PostgreSQL. */
extern const char kinds_types[];

/* INTEGER and bigint. */
const test_kind *kind_of_integer(void);

#endif
