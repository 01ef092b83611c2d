/*
 * cast.h - what the type of a cast says.
 *
 * Pure; any thread.
 */
#ifndef MIG_MIGRATE_CAST_H
#define MIG_MIGRATE_CAST_H

#include "mig/migrate.h"

/* Whether the type is that of a PostgreSQL column, under any of its names, modifiers left out. */
bool mig__cast_is_type(const char *type, const mig_column *column);

/* The storage class that a SQLite target is to use; false if the type names none. */
bool mig__cast_store(const char *type, mig_store *storep);

#endif
