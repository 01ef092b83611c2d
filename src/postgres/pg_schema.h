/*
 * pg_schema.h - reading a whole schema, in parts.
 *
 * pg_schema.c asks and puts the parts together; each other pg_schema_*.c reads
 * one kind of things.
 *
 * Threads: the session's.
 */
#ifndef MIG_POSTGRES_PG_SCHEMA_H
#define MIG_POSTGRES_PG_SCHEMA_H

#include "mig/schema.h"
#include "pg_read.h"

typedef struct mig__schema_read {
    mig__session *session;
    mig_schema   *schema; /* what is built */
    int           version;

    const mig__schemas *schemas;
} mig__schema_read;

/*
 * Asks with the search_path pg_catalog, and gets the answer with that and the schema that is read:
 * so the query's own names and operators are the server's, while the texts that the server writes
 * (pg_get_expr() and the like) have the schema's names bare.
 *
 * With several schemas none is in the path: their names come with the schema, and the schema is
 * taken off when all is read (mig_schema_unqualify).
 *
 * `sql` begins behind `WITH own AS (...)`, which has oid and nspname of each schema: with `SELECT`,
 * or with `, more AS (...) SELECT`.  What stands in braces is pg_schema_sql.c's.
 */
mig_status mig__schema_ask(mig__schema_read *read, const char *sql, PGresult **resp,
                           mig_error *err) MIG_CHECKED;

/* pg_schema_sql.c: appends the text with what its braces stand for on this server. */
void mig__schema_sql(const mig__schema_read *read, mig_buf *sql, const char *text);

/* The first of the rows whose first column, an OID by which they are sorted, is this one; their
 * number if there is none. */
int mig__schema_first(const PGresult *res, const char *oid);

/* Whether the row is there and has that OID: ends a walk that mig__schema_first() began. */
bool mig__schema_same(const PGresult *res, int row, const char *oid);

/* A field that lives as long as the schema; NULL for NULL.  Without memory sets *failed. */
const char *mig__schema_text(mig__schema_read *read, const PGresult *res, int row, int column,
                             bool *failed);

/* The same for an expression: without parentheses around the whole of it. */
const char *mig__schema_bare(mig__schema_read *read, const PGresult *res, int row, int column,
                             bool *failed);

/* Raises that memory is out. */
mig_status mig__schema_nomem(mig_error *err);

/*
 * Kinds of objects, each with the query that finds them: name, table or NULL, statement or NULL,
 * comment or NULL.  Servers before `since` have none of them.
 */
typedef struct mig__schema_question {
    mig_object_kind kind;
    int             since;
    const char     *sql;
} mig__schema_question;

mig_status mig__schema_answer(mig__schema_read *read, const mig__schema_question *asked, size_t n,
                              mig_error *err) MIG_CHECKED;

/* Each adds what it reads. */
mig_status mig__schema_tables(mig__schema_read *read, mig_error *err) MIG_CHECKED;
mig_status mig__schema_types(mig__schema_read *read, mig_error *err) MIG_CHECKED;
mig_status mig__schema_indexes(mig__schema_read *read, mig_error *err) MIG_CHECKED;
mig_status mig__schema_views(mig__schema_read *read, mig_error *err) MIG_CHECKED;
/* What others stand on: extensions, sequences, routines. */
mig_status mig__schema_objects_below(mig__schema_read *read, mig_error *err) MIG_CHECKED;
/* Partitions, foreign tables and all that belongs to a table. */
mig_status mig__schema_objects_above(mig__schema_read *read, mig_error *err) MIG_CHECKED;

/* Asked for once; then added table by table, by its OID. */
mig_status mig__schema_ask_constraints(mig__schema_read *read, PGresult **keysp,
                                       PGresult **membersp, mig_error *err) MIG_CHECKED;
bool       mig__schema_add_constraints(mig__schema_read *read, const PGresult *keys,
                                       const PGresult *members, const char *oid, mig_schema_table *table);

#endif
