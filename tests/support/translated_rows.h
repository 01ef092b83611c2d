/*
 * translated_rows.h - the same rows in SQLite and on a server, and whether translated SQL gives
 * the same over both.
 *
 * They hold NULLs, empty texts, negative numbers and letters in both cases.  The server's conninfo
 * is in MIG_TEST_PG.
 */
#ifndef TEST_TRANSLATED_ROWS_H
#define TEST_TRANSLATED_ROWS_H

#include "mig/translate.h"

/* Criterion's .init and .fini: the table v of both, which ends with the connections. */
void translated_rows_open(void);
void translated_rows_close(void);

extern const mig_translation translated_to_postgres, translated_to_sqlite;

/* Whether the expression was translated; if so, both databases have to give the same for it in
 * every row, or the test fails. */
bool translated_agrees(const mig_translation *translation, const char *source, bool condition);

/* The same of a query, whose rows are compared as sets, each as one text per column. */
bool translated_query_agrees(const mig_translation *translation, const char *source);

/* Runs SQL on the server; fails the test on an error. */
void translated_run(const char *sql);

/* Asserts that the server takes the expression in an index. */
void translated_expect_immutable(const char *source, const char *expression, bool condition);

/* A condition over v as the server keeps it, to be freed. */
char *translated_deparse(const char *condition);

#endif
