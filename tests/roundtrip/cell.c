/*
 * cell.c - a value of SQLite that a test makes up.
 */
#include "cell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
cell_integer(test_cell *cell, int64_t value)
{
    cell->class = SQLITE_INTEGER;
    cell->integer = value;
}

void
cell_real(test_cell *cell, double value)
{
    cell->class = SQLITE_FLOAT;
    cell->real = value;
}

mig_buf *
cell_text(test_cell *cell)
{
    cell->class = SQLITE_TEXT;
    mig_buf_clear(&cell->bytes);
    return &cell->bytes;
}

mig_buf *
cell_blob(test_cell *cell)
{
    cell->class = SQLITE_BLOB;
    mig_buf_clear(&cell->bytes);
    return &cell->bytes;
}

void
cell_choose(test_cell *cell, case_random *random, const char *const *words, unsigned n_words)
{
    mig_buf_puts(cell_text(cell), words[case_random_below(random, n_words)]);
}

int
cell_bind(const test_cell *cell, sqlite3_stmt *stmt, int at)
{
    switch (cell->class) {
    case SQLITE_INTEGER:
        return sqlite3_bind_int64(stmt, at, cell->integer);
    case SQLITE_FLOAT:
        return sqlite3_bind_double(stmt, at, cell->real);
    case SQLITE_TEXT:
        return sqlite3_bind_text64(stmt, at, mig_buf_text(&cell->bytes), cell->bytes.len,
                                   SQLITE_TRANSIENT, SQLITE_UTF8);
    case SQLITE_BLOB:
        return sqlite3_bind_blob64(stmt, at, mig_buf_text(&cell->bytes), cell->bytes.len,
                                   SQLITE_TRANSIENT);
    default:
        return SQLITE_MISUSE;
    }
}

bool
case_random_once_in(case_random *random, unsigned n)
{
    return case_random_below(random, n) == 0;
}

void
die(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("roundtrip: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}
