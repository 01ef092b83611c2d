/*
 * type_frameworks.h - the one library whose conventions a schema follows.
 *
 * Pure; any thread.
 */
#ifndef MIG_SCHEMA_TYPE_FRAMEWORKS_H
#define MIG_SCHEMA_TYPE_FRAMEWORKS_H

#include "mig/type_rules.h"

typedef enum mig__framework {
    MIG__FRAMEWORK_NONE,
    MIG__SEAORM,
    MIG__DJANGO,
    MIG__RAILS,
    MIG__ALEMBIC,
    MIG__PRISMA,
    MIG__DIESEL,
    MIG__GORM,
    MIG__ECTO,
    MIG__TYPEORM,
    MIG__DOCTRINE,
    MIG__ROOM,
    MIG__EFCORE,
} mig__framework;

/* NONE where the marks of several stand in one schema: nothing is sure then.  Accepts NULL. */
mig__framework mig__framework_of(const mig_frameworks *frameworks);

#endif
