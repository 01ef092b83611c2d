/*
 * pg_schema_view.c - views and materialized views, each behind those it reads.
 *
 * Two views can come to read each other (CREATE OR REPLACE VIEW); nobody can
 * read them then.  They have no order, so depths end at the number of views.
 *
 * Threads: the session's.
 */
#include <string.h>

#include "pg_schema.h"

enum { VIEW_OID, VIEW_NAME, VIEW_MATERIALIZED, VIEW_QUERY, VIEW_COMMENT };
/* The query without the semicolon that ends it and the space that begins it. */
static const char views_sql[] =
    ", views AS (SELECT {12:;c.oid, }c.* FROM pg_catalog.pg_class c JOIN own ON own.oid = "
    "c.relnamespace"
    "  WHERE c.relkind IN ('v', 'm') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
    "   WHERE d.deptype = 'e' AND d.objid = c.oid"
    "   AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)"
    "), edges AS (SELECT DISTINCT r.ev_class AS oid, d.refobjid AS read FROM views v"
    "  JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid AND r.rulename = '_RETURN'"
    "  JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.refobjid <> r.ev_class"
    "   AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
    "   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    "), deep AS (WITH RECURSIVE deep (oid, depth) AS (SELECT v.oid, 0 FROM views v"
    "  UNION SELECT x.oid, deep.depth + 1 FROM deep JOIN edges x ON x.read = deep.oid"
    "   WHERE deep.depth < (SELECT pg_catalog.count(*) FROM views))"
    "  SELECT deep.oid, pg_catalog.max(deep.depth) AS depth FROM deep GROUP BY deep.oid)"
    "SELECT v.oid, {called:v.relname|v.relnamespace}, v.relkind = 'm', "
    "pg_catalog.btrim(pg_catalog.pg_get_viewdef(v.oid), "
    "' ;'),"
    " {comment:pg_class|v.oid|0}"
    " FROM views v JOIN deep ON deep.oid = v.oid ORDER BY deep.depth, v.relname";

enum { COLUMN_VIEW, COLUMN_NAME };
static const char columns_sql[] =
    "SELECT a.attrelid, a.attname FROM own"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid AND c.relkind IN ('v', 'm')"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
    "  AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

static bool
add_view(mig__schema_read *read, const PGresult *views, int row, const PGresult *columns)
{
    bool               failed = false;
    const char        *oid = PQgetvalue(views, row, VIEW_OID);
    mig_schema_object *view = mig_schema_add_object(read->schema,
                                                    mig__query_true(views, row, VIEW_MATERIALIZED)
                                                        ? MIG_OBJECT_MATERIALIZED_VIEW
                                                        : MIG_OBJECT_VIEW,
                                                    PQgetvalue(views, row, VIEW_NAME));

    if (view == NULL)
        return false;
    view->query = mig__schema_text(read, views, row, VIEW_QUERY, &failed);
    view->sql = view->query;
    view->comment = mig__schema_text(read, views, row, VIEW_COMMENT, &failed);
    for (int i = mig__schema_first(columns, oid); mig__schema_same(columns, i, oid); i++)
        if (!mig_schema_add_name(read->schema, &view->columns, &view->n_columns,
                                 PQgetvalue(columns, i, COLUMN_NAME)))
            return false;
    return !failed;
}

mig_status
mig__schema_views(mig__schema_read *read, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *views = NULL, *columns = NULL;

    MIG_TRY(mig__schema_ask(read, views_sql, &views, err));
    MIG_TRY(mig__schema_ask(read, columns_sql, &columns, err));
    for (int row = 0; row < PQntuples(views); row++)
        if (!add_view(read, views, row, columns)) {
            st = mig__schema_nomem(err);
            goto done;
        }
done:
    PQclear(views);
    PQclear(columns);
    return st;
}
