/*
 * catalog.h - what a database says about its tables.
 *
 * Both backends read their own catalog into this one shape.  It is plain data:
 * made once, then read by any thread.
 *
 * Ownership: the catalog owns everything below it; mig_catalog_free.
 */
#ifndef MIG_CATALOG_H
#define MIG_CATALOG_H

#include <stdint.h>

#include "mig/error.h"
#include "mig/wire.h"

typedef struct mig_column {
    char *name;
    char *type;         /* as the database spells it; "" where SQLite has none */
    char *base;         /* PostgreSQL: the type itself, domains resolved, without modifiers, with
                           its schema: pg_catalog.int4, public.mood; what a user made of others, with
                           these: public.pair of integer,text; else NULL */
    mig_wire_type wire; /* how COPY binary carries it, NONE if there is no codec here.
                           In a dynamic catalog always NONE */
    mig_limits limits;  /* of the type; of an array, of its elements; of money, the scale that the
                           database's lc_monetary gives it; length 0: a field of a composite type
                           has some */
    bool opaque;        /* PostgreSQL: COPY binary carries it alike on every server, so between two
                           columns of this base and these limits its bytes can pass as they are */
    bool object_ids;    /* PostgreSQL: its values name or number objects of their own database */
    int  pk_position;   /* 1 for the first column of the primary key; 0 outside of it */
    bool not_null;
    bool has_default; /* a default, or an identity */
    bool generated;   /* computed by the database: never written */

    /* The last value that the column's sequence (PostgreSQL: identity, owned by it, or in its
     * default; SQLite: AUTOINCREMENT) has given out, be its row there or not.  Not set where none
     * was given out or the role may not see it. */
    bool    has_counter;
    int64_t counter;
} mig_column;

typedef struct mig_foreign_key {
    char *name;         /* or "" */
    char *parent;       /* table name as the catalog has it */
    bool  parent_known; /* the parent is in this catalog; false: it stands in another schema */

    /* columns[i] refers to parent_columns[i], which is NULL where that is not known. */
    char **columns;
    char **parent_columns;
    size_t n_columns;
    bool   validated; /* PostgreSQL: the database vouches for every row */
    bool   bytewise;  /* PostgreSQL: no collation makes texts equal that differ */
} mig_foreign_key;

typedef enum mig_table_kind {
    MIG_TABLE_PLAIN,
    MIG_TABLE_PARTITIONED, /* PostgreSQL: the root; its partitions are not listed */
    MIG_TABLE_VIRTUAL,     /* SQLite: a virtual table, or a shadow table of one */
    MIG_TABLE_FOREIGN,     /* PostgreSQL */
    MIG_TABLE_VIEW,        /* also materialized views */
} mig_table_kind;

typedef struct mig_table {
    char            *name;
    mig_table_kind   kind;
    mig_column      *columns; /* in the table's own order */
    size_t           n_columns;
    mig_foreign_key *foreign_keys;
    size_t           n_foreign_keys;

    /* PostgreSQL, where a source is read of several schemas: the table's own, and its name there;
     * `name` is put together of the two.  Else NULL: the catalog's schema, and `name`. */
    char *home_schema, *home_name;

    bool strict; /* SQLite: declared STRICT */

    /* The name under which SQLite's rowid can be selected ("rowid", "_rowid_" or "oid", whichever
     * no column hides); NULL for WITHOUT ROWID tables and for PostgreSQL. */
    const char *rowid_name;
} mig_table;

typedef struct mig_catalog {
    char *schema;      /* PostgreSQL: the schema the tables are in, of a source perhaps several:
                          "audit, sales"; SQLite: "main" */
    mig_table *tables; /* sorted by name, bytewise */
    size_t     n_tables;
    bool       dynamic; /* values carry their own type, whatever their column's is: SQLite */
} mig_catalog;

/* NULL if there is none.  Exact, bytewise. */
const mig_table  *mig_catalog_find(const mig_catalog *catalog, const char *name);
const mig_column *mig_table_find(const mig_table *table, const char *name);

/*
 * Building one: each adds an empty element at the end and returns it, or NULL without memory.
 * A pointer is valid until the next call on the same list.
 */
mig_catalog     *mig_catalog_new(const char *schema);
mig_table       *mig_catalog_add_table(mig_catalog *catalog, const char *name, mig_table_kind kind);
mig_column      *mig_table_add_column(mig_table *table, const char *name, const char *type);
mig_foreign_key *mig_table_add_foreign_key(mig_table *table, const char *name, const char *parent);

/* `parent_column` NULL: the column of the parent's primary key at this position.  False without
 * memory. */
bool mig_foreign_key_add_column(mig_foreign_key *key, const char *column,
                                const char *parent_column);

/* Sorts the tables, fills parent_known and parent columns that follow from the primary key; false
 * without memory.  The last step of building. */
bool mig_catalog_finish(mig_catalog *catalog);

void mig_catalog_free(mig_catalog *catalog);

#endif
