/*
 * pg_schema_object.c - what tables and views can stand on: extensions, collations, sequences,
 * functions; and how all objects are read, each kind by one query.
 *
 * The server writes some definitions with the schema before the object's own
 * name whatever search_path says; there it is taken off.
 *
 * Threads: the session's.
 */
#include "pg_schema.h"

/*
 * Extensions in the schema, and those of whose objects something in it is made: its tables,
 * indexes, types, defaults, constraints and views.  An array depends on its element type, and only
 * that is the extension's.
 */
static const char extensions_sql[] =
    ", rels AS (SELECT c.oid FROM pg_catalog.pg_class c JOIN own ON own.oid = c.relnamespace"
    "), users AS ("
    " SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, r.oid FROM"
    " rels r"
    " UNION ALL SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, f.oid"
    "  FROM pg_catalog.pg_attrdef f JOIN rels r ON r.oid = f.adrelid"
    " UNION ALL SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid"
    "  FROM pg_catalog.pg_rewrite w JOIN rels r ON r.oid = w.ev_class"
    " UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid"
    "  FROM pg_catalog.pg_constraint k JOIN own ON own.oid = k.connamespace"
    " UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, y.oid"
    "  FROM pg_catalog.pg_type y JOIN own ON own.oid = y.typnamespace"
    "), used AS (SELECT d.refclassid AS class, d.refobjid AS oid FROM users u"
    "  JOIN pg_catalog.pg_depend d ON d.classid = u.class AND d.objid = u.oid"
    " UNION SELECT d.refclassid, e.oid FROM users u"
    "  JOIN pg_catalog.pg_depend d ON d.classid = u.class AND d.objid = u.oid"
    "   AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass"
    "  JOIN pg_catalog.pg_type e ON e.typarray = d.refobjid)"
    "SELECT x.extname, NULL, pg_catalog.concat('CREATE EXTENSION ', {quote:x.extname}),"
    " NULL FROM pg_catalog.pg_extension x"
    " WHERE x.extnamespace IN (SELECT own.oid FROM own) OR EXISTS (SELECT FROM used u"
    "  JOIN pg_catalog.pg_depend d ON d.classid = u.class AND d.objid = u.oid"
    "  AND d.deptype = 'e' AND d.refobjid = x.oid"
    "  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass)"
    " ORDER BY x.extname";

/* With the statement that puts it where it stands: what it gave must not be given twice. */
static const char sequences_sql[] =
    "{tables}{serials}"
    "SELECT {called:s.relname|s.relnamespace}, NULL, pg_catalog.concat('CREATE ',"
    " CASE WHEN s.relpersistence = 'u' THEN 'UNLOGGED ' END, 'SEQUENCE ', "
    "{quote:{called:s.relname|s.relnamespace}},"
    " {10:' AS ' || q.type;''}, ' INCREMENT BY ' || q.increment, ' MINVALUE ' || q.min,"
    " ' MAXVALUE ' || q.max, ' START WITH ' || q.start, ' CACHE ' || q.cache,"
    " CASE WHEN q.cycle THEN ' CYCLE' END,"
    " {10:pg_catalog.chr(59) || ' SELECT pg_catalog.setval(' ||"
    " pg_catalog.quote_literal({quote:{called:s.relname|s.relnamespace}})"
    "  || ', ' || CASE WHEN pg_catalog.has_sequence_privilege(s.oid, 'SELECT, USAGE')"
    "   AND (s.relpersistence = 'p' OR NOT pg_catalog.pg_is_in_recovery())"
    "   THEN pg_catalog.pg_sequence_last_value(s.oid) END || ')';''}),"
    " {comment:pg_class|s.oid|0}"
    " FROM own JOIN pg_catalog.pg_class s ON s.relnamespace = own.oid AND s.relkind = 'S'"
    " LEFT JOIN LATERAL ({sequence:s.oid}) q ON true"
    " WHERE {own:pg_class|s.oid}"
    " AND s.oid NOT IN (SELECT x.seq FROM serials x) ORDER BY s.relname";

/* An aggregate has no such definition. */
static const char routines_sql[] =
    "SELECT pg_catalog.concat({called:p.proname|p.pronamespace}, '(',"
    " pg_catalog.pg_get_function_identity_arguments(p.oid), ')'), NULL,"
    " CASE WHEN {11:p.prokind = 'a';p.proisagg} THEN NULL"
    " {11:WHEN p.prokind = 'p' THEN "
    "  {strip:CREATE OR REPLACE PROCEDURE|pg_catalog.pg_get_functiondef(p.oid)};}"
    " ELSE {strip:CREATE OR REPLACE FUNCTION|pg_catalog.pg_get_functiondef(p.oid)} END, "
    "{comment:pg_proc|p.oid|0}"
    " FROM own JOIN pg_catalog.pg_proc p ON p.pronamespace = own.oid"
    " WHERE {own:pg_proc|p.oid}"
    " ORDER BY 1";

/* What is a collation of the locale's alone has no definition here before version 10. */
static const char collations_sql[] =
    "SELECT {called:o.collname|o.collnamespace}, NULL, {10:pg_catalog.concat('CREATE COLLATION ', "
    "{quote:{called:o.collname|o.collnamespace}},"
    " ' (provider = ', CASE o.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'"
    "  ELSE 'libc' END, CASE WHEN o.collprovider = 'c' THEN pg_catalog.concat("
    "  ', lc_collate = ', pg_catalog.quote_literal(o.collcollate), ', lc_ctype = ',"
    "  pg_catalog.quote_literal(o.collctype)) ELSE ', locale = '"
    "  || pg_catalog.quote_literal(COALESCE(pg_catalog.to_jsonb(o) ->> 'colllocale',"
    "   pg_catalog.to_jsonb(o) ->> 'colliculocale', o.collcollate)) END,"
    "  ', rules = ' || pg_catalog.quote_literal(pg_catalog.to_jsonb(o) ->> 'collicurules'),"
    "  CASE WHEN pg_catalog.to_jsonb(o) ->> 'collisdeterministic' = 'false'"
    "   THEN ', deterministic = false' END, ')');NULL},"
    " {comment:pg_collation|o.oid|0}"
    " FROM own JOIN pg_catalog.pg_collation o ON o.collnamespace = own.oid"
    " WHERE {own:pg_collation|o.oid}"
    " ORDER BY o.collname";

/* Told by name. */
static const char others_sql[] =
    "SELECT x.name, NULL, NULL, NULL FROM ("
    " SELECT p.oprname AS name FROM own JOIN pg_catalog.pg_operator p ON p.oprnamespace ="
    " own.oid"
    "  WHERE {own:pg_operator|p.oid}"
    " UNION ALL SELECT p.opcname FROM own JOIN pg_catalog.pg_opclass p"
    "  ON p.opcnamespace = own.oid WHERE {own:pg_opclass|p.oid}"
    " UNION ALL SELECT p.cfgname FROM own JOIN pg_catalog.pg_ts_config p"
    "  ON p.cfgnamespace = own.oid WHERE {own:pg_ts_config|p.oid}"
    " UNION ALL SELECT p.dictname FROM own JOIN pg_catalog.pg_ts_dict p"
    "  ON p.dictnamespace = own.oid WHERE {own:pg_ts_dict|p.oid}) x ORDER BY 1";

static const mig__schema_question questions[] = {
    {MIG_OBJECT_EXTENSION, 0, extensions_sql}, {MIG_OBJECT_OTHER, 0, collations_sql},
    {MIG_OBJECT_OTHER, 0, others_sql},         {MIG_OBJECT_SEQUENCE, 0, sequences_sql},
    {MIG_OBJECT_ROUTINE, 0, routines_sql},
};

enum { OBJECT_NAME, OBJECT_TABLE, OBJECT_SQL, OBJECT_COMMENT };

static bool
add_object(mig__schema_read *read, mig_object_kind kind, const PGresult *res, int row)
{
    bool               failed = false;
    mig_schema_object *object =
        mig_schema_add_object(read->schema, kind, PQgetvalue(res, row, OBJECT_NAME));

    if (object == NULL)
        return false;
    object->table = mig__schema_text(read, res, row, OBJECT_TABLE, &failed);
    object->sql = mig__schema_text(read, res, row, OBJECT_SQL, &failed);
    object->comment = mig__schema_text(read, res, row, OBJECT_COMMENT, &failed);
    return !failed;
}

static mig_status
add_objects(mig__schema_read *read, const mig__schema_question *question, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(mig__schema_ask(read, question->sql, &res, err));
    for (int row = 0; row < PQntuples(res); row++)
        if (!add_object(read, question->kind, res, row)) {
            st = mig__schema_nomem(err);
            goto done;
        }
done:
    PQclear(res);
    return st;
}

mig_status
mig__schema_answer(mig__schema_read *read, const mig__schema_question *asked, size_t n,
                   mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t i = 0; i < n; i++)
        if (read->version >= asked[i].since)
            MIG_TRY(add_objects(read, &asked[i], err));
done:
    return st;
}

mig_status
mig__schema_objects_below(mig__schema_read *read, mig_error *err)
{
    return mig__schema_answer(read, questions, sizeof questions / sizeof *questions, err);
}
