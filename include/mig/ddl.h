/*
 * ddl.h - statements that make a schema, in the order of a run.
 *
 * Plain data.  A sink runs BEFORE in one transaction, before rows come; the
 * other phases when all rows are there, one phase after the other, the
 * statements of a phase side by side where it can.
 */
#ifndef MIG_DDL_H
#define MIG_DDL_H

#include <stddef.h>

#include "mig/error.h"

typedef enum mig_ddl_phase {
    MIG_DDL_BEFORE,     /* types, collations, tables with columns, checks; SQLite: with all keys */
    MIG_DDL_KEYS,       /* primary keys, unique constraints, indexes */
    MIG_DDL_REFERENCES, /* foreign keys */
    MIG_DDL_AFTER,      /* views, triggers, comments: in order, one at a time */
} mig_ddl_phase;

typedef struct mig_ddl_item {
    mig_ddl_phase phase;
    char         *what;  /* "index hosts_name_idx" */
    char         *table; /* of the target, that it belongs to; or NULL */
    char         *sql;   /* one statement, without its semicolon */
} mig_ddl_item;

/* Owns its strings; in the order in which they are run. */
typedef struct mig_ddl {
    mig_ddl_item *items;
    size_t        n_items;

    /* The tables (views) of the target that it makes: of these names there may be old ones. */
    char **relations;
    size_t n_relations;
} mig_ddl;

mig_ddl *mig_ddl_new(void);
bool     mig_ddl_add(mig_ddl *ddl, mig_ddl_phase phase, const char *what, const char *table,
                     const char *sql);
bool     mig_ddl_add_relation(mig_ddl *ddl, const char *name);
void     mig_ddl_free(mig_ddl *ddl); /* accepts NULL */

#endif
