/*
 * sqlite_compare.h - what was read of a SQLite schema beside what SQLite says of it.
 */
#ifndef TEST_SQLITE_COMPARE_H
#define TEST_SQLITE_COMPARE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "mig/schema.h"

/*
 * Reads every statement of the database into the empty schema and fails the running test where one
 * is not understood, or otherwise than its PRAGMAs say: columns, keys, foreign keys, indexes.
 */
void sqlite_compare(sqlite3 *db, mig_schema *schema);

/* Whether the question, whose parameter 1 is the name, has a row. */
bool sqlite_holds(sqlite3 *db, const char *question, const char *name);

#endif
