/*
 * cell.h - a value of SQLite that a test makes up.
 */
#ifndef TEST_CELL_H
#define TEST_CELL_H

#include <sqlite3.h>
#include <stdint.h>

#include "case_random.h"
#include "mig/buf.h"

typedef struct test_cell {
    int class; /* SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB */
    int64_t integer;
    double  real;
    mig_buf bytes; /* TEXT, BLOB */
} test_cell;

void cell_integer(test_cell *cell, int64_t value);
void cell_real(test_cell *cell, double value);

/* An empty text or blob; its bytes are added by the caller. */
mig_buf *cell_text(test_cell *cell);
mig_buf *cell_blob(test_cell *cell);

/* One of the words, as a text. */
void cell_choose(test_cell *cell, case_random *random, const char *const *words, unsigned n_words);

int cell_bind(const test_cell *cell, sqlite3_stmt *stmt, int at);

/* True once in n times. */
bool case_random_once_in(case_random *random, unsigned n);

/* Ends the program with a message. */
_Noreturn void die(const char *fmt, ...) MIG_PRINTF(1, 2);

#endif
