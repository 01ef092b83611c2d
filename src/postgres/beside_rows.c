/*
 * beside_rows.c - what a source holds that no copy of rows brings along.
 *
 * Told, since nobody misses a trigger until it does not fire.  What belongs to
 * an extension counts for the extension, a range type's constructors for the
 * type.
 *
 * Threads: the session's.
 */
#include "pg_source.h"

/* Kinds in the order in which they are told: words for one, words for several, how many. */
static const char kinds_sql[] =
    "WITH own AS (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE " MIG__IN_SCHEMAS "),"
    " tables AS (SELECT c.oid FROM pg_catalog.pg_class c, own WHERE c.relnamespace = own.oid"
    "  AND c.relkind IN ('r', 'p')),"
    " extended AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend d"
    "  WHERE d.deptype IN ('e', 'i')),"
    " told (place, one, several, n) AS ("
    " SELECT 1, 'function', 'functions', pg_catalog.count(*) FROM pg_catalog.pg_proc p, own"
    "  WHERE p.pronamespace = own.oid AND NOT EXISTS (SELECT FROM extended x WHERE x.objid = p.oid"
    "  AND x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)"
    " UNION ALL SELECT 2, 'trigger', 'triggers', pg_catalog.count(*) FROM pg_catalog.pg_trigger g"
    "  JOIN tables t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal"
    " UNION ALL SELECT 3, 'rule', 'rules', pg_catalog.count(*) FROM pg_catalog.pg_rewrite r"
    "  JOIN tables t ON t.oid = r.ev_class"
    " UNION ALL SELECT 4, 'row security policy', 'row security policies', pg_catalog.count(*)"
    "  FROM pg_catalog.pg_policy y JOIN tables t ON t.oid = y.polrelid"
    " UNION ALL SELECT 5, 'type', 'types', pg_catalog.count(*) FROM own, pg_catalog.pg_type y"
    "  LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid WHERE y.typnamespace = own.oid"
    "  AND (y.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND NOT EXISTS (SELECT FROM extended x"
    "  WHERE x.objid = y.oid AND x.classid = 'pg_catalog.pg_type'::pg_catalog.regclass)"
    " UNION ALL SELECT 6, 'extension', 'extensions', pg_catalog.count(*)"
    "  FROM pg_catalog.pg_extension e WHERE e.extname <> 'plpgsql'"
    " UNION ALL SELECT 7, 'event trigger', 'event triggers', pg_catalog.count(*)"
    "  FROM pg_catalog.pg_event_trigger)"
    " SELECT CASE n WHEN 1 THEN one ELSE several END, n FROM told WHERE n > 0 ORDER BY place";

static const char schemas_sql[] =
    "SELECT n.nspname, pg_catalog.count(*) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT (" MIG__IN_SCHEMAS ")"
    " AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype = 'e' AND d.objid = c.oid"
    "  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)"
    " GROUP BY n.nspname ORDER BY n.nspname";

mig_status
mig__beside_rows(mig__session *session, const mig__schemas *own, mig_buf *objects, mig_buf *schemas,
                 mig_error *err)
{
    static const char what[] = "cannot read the source's catalog";
    mig_status        st = MIG_OK;
    const char       *array = mig_buf_text(&own->array);
    PGresult         *kinds = NULL, *others = NULL;

    MIG_TRY(mig__query_rows(session, what, kinds_sql, 1, &array, &kinds, err));
    MIG_TRY(mig__query_rows(session, what, schemas_sql, 1, &array, &others, err));
    for (int i = 0; i < PQntuples(kinds); i++)
        mig_buf_printf(objects, "%s%s %s", i == 0 ? "not copied, since they are no rows: " : ", ",
                       PQgetvalue(kinds, i, 1), PQgetvalue(kinds, i, 0));
    for (int i = 0; i < PQntuples(others); i++)
        mig_buf_printf(schemas, "%s%s (%s)",
                       i == 0 ? "not copied: tables of other schemas, " : ", ",
                       PQgetvalue(others, i, 0), PQgetvalue(others, i, 1));
    MIG_TRY(mig_buf_check(objects, err));
    MIG_TRY(mig_buf_check(schemas, err));
done:
    PQclear(kinds);
    PQclear(others);
    return st;
}
