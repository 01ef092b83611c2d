/*
 * ddl.h - statements that make a schema, in the order of a run.
 *
 * Plain data.  A sink runs BEFORE in one transaction, before rows come; the
 * other phases when all rows are there, one phase after the other, the
 * statements of KEYS and of VALIDATE side by side where it can.
 *
 * Names here are those of the catalog, without quotes.
 */
#ifndef MIG_DDL_H
#define MIG_DDL_H

#include <stddef.h>

#include "mig/error.h"

typedef enum mig_ddl_phase {
    MIG_DDL_BEFORE,     /* types, collations, tables with columns, checks; SQLite: with all keys */
    MIG_DDL_KEYS,       /* primary keys, unique constraints, indexes */
    MIG_DDL_REFERENCES, /* foreign keys; PostgreSQL: without a look at the rows, where it can */
    MIG_DDL_VALIDATE,   /* PostgreSQL: that look */
    MIG_DDL_AFTER,      /* views, triggers, comments: in order, one at a time */
} mig_ddl_phase;

typedef struct mig_ddl_item {
    mig_ddl_phase phase;
    char         *what;  /* "index hosts_name_idx" */
    char         *table; /* of the target, that it belongs to; or NULL */
    char         *sql;   /* one statement, without its semicolon */
} mig_ddl_item;

typedef enum mig_ddl_thing_kind {
    MIG_DDL_TYPE, /* also a domain */
    MIG_DDL_COLLATION,
} mig_ddl_thing_kind;

/* A type or collation that a statement of BEFORE makes (PostgreSQL). */
typedef struct mig_ddl_thing {
    mig_ddl_thing_kind kind;
    char              *name;
    size_t             item; /* the statement */

    /* A query with one boolean: whether what stands under the name is what the statement would
     * make.  Then it can stay where others use it.  NULL: that cannot be told. */
    char *same;
} mig_ddl_thing;

/* Owns its strings; items in the order in which they are run. */
typedef struct mig_ddl {
    mig_ddl_item *items;
    size_t        n_items;

    /* The tables, views and free sequences of the target that it makes: of these names there may be
     * old ones. */
    char **relations;
    size_t n_relations;

    /* The indexes that it makes, also those of keys with a name: they share that namespace. */
    char **indexes;
    size_t n_indexes;

    mig_ddl_thing *things; /* the same for types and collations, in the order they are made */
    size_t         n_things;
} mig_ddl;

mig_ddl *mig_ddl_new(void);
bool     mig_ddl_add(mig_ddl *ddl, mig_ddl_phase phase, const char *what, const char *table,
                     const char *sql);
bool     mig_ddl_add_relation(mig_ddl *ddl, const char *name);
bool     mig_ddl_add_index(mig_ddl *ddl, const char *name);

/* That the statement added last makes this. */
bool mig_ddl_add_thing(mig_ddl *ddl, mig_ddl_thing_kind kind, const char *name, const char *same);

void mig_ddl_free(mig_ddl *ddl); /* accepts NULL */

#endif
