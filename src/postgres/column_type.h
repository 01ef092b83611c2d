/*
 * column_type.h - what PostgreSQL's catalogs say about a column's type, as a
 * mig_column has it.
 *
 * Threads: the session's.
 */
#ifndef MIG_POSTGRES_COLUMN_TYPE_H
#define MIG_POSTGRES_COLUMN_TYPE_H

#include "pg_read.h"

/*
 * Pieces of a query on pg_attribute a: a WITH clause, joins, a condition that must hold, and the
 * columns that mig__column_type_set() reads.
 */
#define MIG__COLUMN_TYPE_WITH                                                                      \
    "WITH RECURSIVE domains AS ("                                                                  \
    " SELECT t.oid AS domain, t.typbasetype AS base, t.typtypmod AS typmod"                        \
    " FROM pg_catalog.pg_type t WHERE t.typtype = 'd'"                                             \
    " UNION ALL SELECT d.domain, t.typbasetype, t.typtypmod FROM domains d"                        \
    " JOIN pg_catalog.pg_type t ON t.oid = d.base WHERE t.typtype = 'd') "
#define MIG__COLUMN_TYPE_JOINS                                                                     \
    " LEFT JOIN domains d ON d.domain = a.atttypid"                                                \
    " JOIN pg_catalog.pg_type b ON b.oid = COALESCE(d.base, a.atttypid) AND b.typtype <> 'd'"      \
    " JOIN pg_catalog.pg_namespace bn ON bn.oid = b.typnamespace"                                  \
    " LEFT JOIN pg_catalog.pg_type e ON e.oid = b.typelem AND e.typarray = b.oid"                  \
    " LEFT JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace"                             \
    " LEFT JOIN pg_catalog.pg_proc r ON r.oid = b.typreceive"                                      \
    " LEFT JOIN pg_catalog.pg_language rl ON rl.oid = r.prolang"
/* Whether a user made the type in one of the schemas that are read. */
#define MIG__COLUMN_TYPE_OWN                                                                       \
    "$2::pg_catalog.bool AND COALESCE(en.nspname, bn.nspname) = ANY ($1::pg_catalog.name[])"       \
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.deptype = 'e'"                    \
    "  AND x.classid = 'pg_catalog.pg_type'::pg_catalog.regclass"                                  \
    "  AND x.objid = COALESCE(e.oid, b.oid))"
/* $1 and $2 as MIG__CALLED has them, $3 mig__schemas.name.  The last one is of what a type is made
 * of, without the schema $3. */
#define MIG__COLUMN_TYPE_FIELDS                                                                    \
    " b.oid, COALESCE(e.oid, 0), COALESCE(d.typmod, a.atttypmod), b.typtype,"                      \
    " CASE WHEN " MIG__COLUMN_TYPE_OWN " THEN $3 ELSE COALESCE(en.nspname, bn.nspname) END,"       \
    " CASE WHEN " MIG__COLUMN_TYPE_OWN " THEN pg_catalog.concat(COALESCE(en.nspname, bn.nspname)," \
    "  '_', COALESCE(e.typname, b.typname)) ELSE COALESCE(e.typname, b.typname) END,"              \
    " b.typsend <> 0 AND b.typreceive <> 0, rl.lanname = 'internal' AND r.prosrc = 'textrecv',"    \
    " pg_catalog.replace(CASE COALESCE(e.typtype, b.typtype)"                                      \
    " WHEN 'c' THEN (SELECT pg_catalog.string_agg("                                                \
    "   pg_catalog.format_type(f.atttypid, f.atttypmod), ',' ORDER BY f.attnum)"                   \
    "  FROM pg_catalog.pg_attribute f WHERE f.attrelid = COALESCE(e.typrelid, b.typrelid)"         \
    "  AND f.attnum > 0 AND NOT f.attisdropped)"                                                   \
    " WHEN 'd' THEN (SELECT pg_catalog.format_type(f.base, f.typmod) FROM domains f"               \
    "  JOIN pg_catalog.pg_type y ON y.oid = f.base"                                                \
    "  WHERE f.domain = e.oid AND y.typtype <> 'd')"                                               \
    " WHEN 'r' THEN (SELECT pg_catalog.format_type(f.rngsubtype, NULL) FROM pg_catalog.pg_range f" \
    "  WHERE f.rngtypid = COALESCE(e.oid, b.oid) AND f.rngtypid >= 10000)"                         \
    " END, pg_catalog.quote_ident($3) || '.', '')"

/*
 * Sets base, wire, limits, opaque and object_ids from the fields of a row that begin at `first`.
 * False without memory.
 */
bool mig__column_type_set(mig_column *column, mig__side side, const PGresult *res, int row,
                          int first) MIG_CHECKED;

/*
 * Sets the scale of the catalog's money columns, if there are any: a question to the server, which
 * has it from lc_monetary.
 */
mig_status mig__column_type_money(mig__session *session, mig__side side, mig_catalog *catalog,
                                  mig_error *err) MIG_CHECKED;

#endif
