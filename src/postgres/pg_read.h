/*
 * pg_read.h - what is read of a database in the same way whether it is the
 * source or the target.
 *
 * Both run inside a transaction that the caller has begun and ends.
 *
 * Threads: the session's.
 */
#ifndef MIG_POSTGRES_PG_READ_H
#define MIG_POSTGRES_PG_READ_H

#include "mig/glob.h"
#include "mig/source.h"
#include "query.h"

typedef enum mig__side {
    MIG__SIDE_SOURCE,
    MIG__SIDE_TARGET, /* a type that drops fields of its values silently on their way in has no
                         wire type */
} mig__side;

/* "source" or "target", for messages. */
static inline const char *
mig__side_name(mig__side side)
{
    return side == MIG__SIDE_SOURCE ? "source" : "target";
}

/*
 * own_schema.c: the name of the schema that is read or written, the caller's to free().  `asked` is
 * NULL for what search_path says.
 */
mig_status mig__own_schema(mig__session *session, mig__side side, const char *asked, char **schemap,
                           mig_error *err) MIG_CHECKED;

/*
 * The schemas that are read.  Of several, what stands in them is called after its schema,
 * "sales_orders", so that all of it is as if it stood in one.
 */
typedef struct mig__schemas {
    char   *name;  /* of the one; of several for messages: "audit, sales" */
    char  **names; /* sorted */
    size_t  n;
    bool    several; /* names are put together */
    mig_buf array;   /* an array literal of the names */
} mig__schemas;

/* What n.nspname and c.relname are called, if $2 is `several`. */
#define MIG__CALLED                                                                                \
    "CASE WHEN $2::pg_catalog.bool THEN pg_catalog.concat(n.nspname, '_', c.relname)"              \
    " ELSE c.relname END"
#define MIG__IN_SCHEMAS "n.nspname = ANY ($1::pg_catalog.name[])"

static inline const char *
mig__schemas_several(const mig__schemas *schemas)
{
    return schemas->several ? "t" : "f";
}

/* source_schemas.c: none, or one that is no glob: mig__own_schema.  Else all that have one of these
 * names or match one of these globs. */
mig_status mig__source_schemas(mig__session *session, const mig_patterns *asked,
                               mig__schemas *schemas, mig_error *err) MIG_CHECKED;

/* One of that name. */
mig_status mig__schemas_of(const char *name, mig__schemas *schemas, mig_error *err) MIG_CHECKED;
void       mig__schemas_fini(mig__schemas *schemas);

/*
 * pg_catalog.c: the schemas' tables.  The transaction is REPEATABLE READ, so that the queries speak
 * of one moment, and its search_path is pg_catalog.
 */
mig_status mig__pg_catalog_read(mig__session *session, mig__side side, const mig__schemas *schemas,
                                mig_catalog **catalogp, mig_error *err) MIG_CHECKED;

/* counters.c: how far the sequences are that feed the catalog's columns.  In the same transaction.
 */
mig_status mig__counters_read(mig__session *session, const mig__schemas *schemas,
                              mig_catalog *catalog, mig_error *err) MIG_CHECKED;

/* What lookup() of the contracts asks, and of which database. */
typedef struct mig__lookup {
    mig__side          side;
    const char        *schema;
    const mig_table   *table;
    const char *const *columns;
    size_t             n_columns;
} mig__lookup;

/* lookup.c: leaves a cursor open, which ends with the transaction. */
mig_status mig__lookup_rows(mig__session *session, const mig__lookup *lookup, mig_lookup_fn *fn,
                            void *arg, mig_error *err) MIG_CHECKED;

/* lookup.c: as holds_rows() of sink.h, of the target. */
mig_status mig__lookup_holds_rows(mig__session *session, const char *schema,
                                  const mig_table *const *tables, size_t n_tables, bool *holds_rows,
                                  mig_error *err) MIG_CHECKED;

#endif
