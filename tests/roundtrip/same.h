/*
 * same.h - whether two SQLite files hold the same.
 */
#ifndef TEST_SAME_H
#define TEST_SAME_H

#include <stdbool.h>

/*
 * Every table that is not SQLite's own, and sqlite_sequence: the same rows, in any order, each
 * value with its storage class and its bytes.  Prints what differs, to standard output.
 */
bool same_files(const char *one, const char *other);

#endif
