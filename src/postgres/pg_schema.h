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
#include "query.h"

typedef struct mig__schema_read {
    mig__session *session;
    mig_schema   *schema; /* what is built */
    int           version;
} mig__schema_read;

/*
 * Asks with the search_path pg_catalog, and gets the answer with that and the schema that is read:
 * so the query's own names and operators are the server's, while the texts that the server writes
 * (pg_get_expr() and the like) have the schema's names bare.
 *
 * `sql` begins behind `WITH own AS (...)`, which has the schema's oid and nspname: with `SELECT`,
 * or with `, more AS (...) SELECT`.  What stands in braces depends on the version:
 * `{12:since then;before}`.
 */
mig_status mig__schema_ask(mig__schema_read *read, const char *sql, PGresult **resp,
                           mig_error *err) MIG_CHECKED;

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

/* The comment of an object of the catalog table `class`; `sub` is a column's number or 0. */
#define MIG__SCHEMA_COMMENT(class, oid, sub)                                                       \
    "(SELECT d.description FROM pg_catalog.pg_description d WHERE d.objoid = " oid                 \
    " AND d.classoid = 'pg_catalog." class "'::pg_catalog.regclass AND d.objsubid = " sub ")"

/* The tables a schema has in a mig_schema: not the partitions, which are objects. */
#define MIG__SCHEMA_TABLES                                                                         \
    ", tables AS (SELECT c.* FROM pg_catalog.pg_class c JOIN own ON own.oid = c.relnamespace"      \
    " WHERE c.relkind IN ('r', 'p', 'f'){10: AND NOT c.relispartition;}) "

/* The name of a collation or an operator class: with its schema where that is neither the server's
 * nor the one that is read. */
#define MIG__SCHEMA_NAME_OF(name, namespace)                                                       \
    "(SELECT CASE WHEN n.oid = 'pg_catalog'::pg_catalog.regnamespace"                              \
    " OR n.oid IN (SELECT own.oid FROM own) THEN " name                                            \
    "::pg_catalog.text ELSE pg_catalog.concat(n.nspname, '.', " name                               \
    ") END FROM pg_catalog.pg_namespace n WHERE n.oid = " namespace ")"

/*
 * Behind MIG__SCHEMA_TABLES: the sequences that are part of a SERIAL column.  `uses` are the
 * defaults that a sequence feeds, with those of inheritance children, but not the copies that
 * partitions have.
 */
#define MIG__SCHEMA_SERIALS                                                                        \
    ", uses AS (SELECT DISTINCT d.refobjid AS seq, f.adrelid AS rel, f.adnum AS att,"              \
    "  pg_catalog.pg_get_expr(f.adbin, f.adrelid)"                                                 \
    "   ~ '^\\(?nextval\\(''([^'']|'''')+''::regclass\\)\\)?(::[a-z]+)?$' AS plain"                \
    "  FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d"                                   \
    "  ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid"            \
    "  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"                              \
    "  JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'"                       \
    "  JOIN pg_catalog.pg_class c ON c.oid = f.adrelid {10:AND NOT c.relispartition;}"             \
    "), serials AS (SELECT u.seq, u.rel, u.att FROM uses u JOIN tables t ON t.oid = u.rel"         \
    "  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"      \
    "  AND d.objid = u.seq AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"          \
    "  AND d.refobjid = u.rel AND d.refobjsubid = u.att AND d.deptype = 'a'"                       \
    "  WHERE u.plain AND (SELECT pg_catalog.count(*) FROM uses o WHERE o.seq = u.seq) = 1)"

/* A query of one row for the sequence: how it was made, and the highest value of its type. */
#define MIG__SCHEMA_SEQUENCE(oid)                                                                  \
    "{10:SELECT p.seqstart AS start, p.seqincrement AS increment, p.seqmin AS min,"                \
    "  p.seqmax AS max, p.seqcache AS cache, p.seqcycle AS cycle,"                                 \
    "  CASE p.seqtypid WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767"                      \
    "   WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647"                                \
    "   ELSE 9223372036854775807 END AS usual,"                                                    \
    "  pg_catalog.format_type(p.seqtypid, NULL) AS type"                                           \
    " FROM pg_catalog.pg_sequence p WHERE p.seqrelid = " oid ";"                                   \
    "SELECT p.start_value AS start, p.increment, p.minimum_value AS min, p.maximum_value AS max,"  \
    "  1 AS cache, p.cycle_option AS cycle, 9223372036854775807 AS usual,"                         \
    "  'bigint'::pg_catalog.text AS type"                                                          \
    " FROM (SELECT (pg_catalog.pg_sequence_parameters(" oid ")).*"                                 \
    "  WHERE pg_catalog.has_sequence_privilege(" oid ", 'SELECT, USAGE, UPDATE')) p}"

/* Pieces of SQL. */
#define MIG__SCHEMA_QUOTE(text) "pg_catalog.quote_ident(" text ")"
#define MIG__SCHEMA_RELATION(t) MIG__SCHEMA_NAME_OF(t ".relname", t ".relnamespace")
/* As MIG__SCHEMA_RELATION(), quoted. */
#define MIG__SCHEMA_RELATION_QUOTED(t)                                                             \
    "(SELECT CASE WHEN n.oid IN (SELECT own.oid FROM own) THEN " MIG__SCHEMA_QUOTE(                \
        t ".relname") " ELSE pg_catalog.format('%I.%I', n.nspname, " t ".relname) END"             \
                      " FROM pg_catalog.pg_namespace n WHERE n.oid = " t ".relnamespace)"
/* A definition that begins with those words and then has the schema of `own`. */
#define MIG__SCHEMA_STRIP(words, definition)                                                       \
    "pg_catalog.concat('" words " ', pg_catalog.substr(" definition ","                            \
    " pg_catalog.length(pg_catalog.concat('" words                                                 \
    " ', " MIG__SCHEMA_QUOTE("own.nspname") ", '.')) + 1))"
#define MIG__SCHEMA_OWN(class, oid)                                                                \
    "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype IN ('e', 'i')"                 \
    " AND d.objid = " oid " AND d.classid = 'pg_catalog." class "'::pg_catalog.regclass)"

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
