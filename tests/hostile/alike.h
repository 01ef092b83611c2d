/*
 * alike.h - whether two SQLite files hold the same values, whatever their form.
 */
#ifndef TEST_ALIKE_H
#define TEST_ALIKE_H

#include <stdbool.h>

/* Prints what differs. */
bool alike_files(const char *one, const char *other);

#endif
