/*
 * pg_schema_beside.c - what belongs to tables and views: partitions, foreign tables, triggers,
 * rules, policies, statistics, publications.
 *
 * What stands in no field of a mig_schema_table is an object of the table's
 * (OTHER), so that nothing is lost without a word: inheritance, what one
 * partition has for itself alone, a NOT NULL that is not valid.
 *
 * Threads: the session's.
 */
#include "pg_schema.h"

/* Roots first.  `sql` is the part of a CREATE TABLE name PARTITION OF table that follows. */
static const char partitions_sql[] =
    ", tree AS (WITH RECURSIVE tree (oid, parent, root, depth) AS ("
    "  SELECT i.inhrelid, p.oid, p.oid, 1 FROM pg_catalog.pg_class p"
    "   JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid"
    "   WHERE p.relkind = 'p' AND NOT p.relispartition"
    "  UNION ALL SELECT i.inhrelid, t.oid, t.root, t.depth + 1 FROM tree t"
    "   JOIN pg_catalog.pg_class p ON p.oid = t.oid AND p.relkind = 'p'"
    "   JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid) SELECT * FROM tree)"
    "SELECT {relation:c}, {relation:p},"
    " pg_catalog.concat(pg_catalog.pg_get_expr(c.relpartbound, c.oid),"
    "  ' PARTITION BY ' || CASE WHEN c.relkind = 'p'"
    "   THEN pg_catalog.pg_get_partkeydef(c.oid) END),"
    " {comment:pg_class|c.oid|0}"
    " FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid"
    " JOIN pg_catalog.pg_class p ON p.oid = t.parent"
    " JOIN pg_catalog.pg_class r ON r.oid = t.root"
    " WHERE c.relnamespace IN (SELECT own.oid FROM own)"
    " OR r.relnamespace IN (SELECT own.oid FROM own) ORDER BY t.depth, c.relname, c.oid";

static const char foreign_tables_sql[] =
    "{tables}"
    "SELECT {called:t.relname|t.relnamespace}, {called:t.relname|t.relnamespace}, "
    "pg_catalog.concat('CREATE FOREIGN TABLE ',"
    " {quote:t.relname}, ' (', (SELECT pg_catalog.string_agg(pg_catalog.concat("
    "  pg_catalog.quote_ident(a.attname), ' ',"
    "  pg_catalog.format_type(a.atttypid, a.atttypmod),"
    "  CASE WHEN a.attnotnull THEN ' NOT NULL' END), ', ' ORDER BY a.attnum)"
    "  FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0"
    "  AND NOT a.attisdropped), ') SERVER ', {quote:s.srvname}, ' OPTIONS ('"
    "  || (SELECT pg_catalog.string_agg(pg_catalog.concat("
    "   pg_catalog.quote_ident(pg_catalog.split_part(o.text, '=', 1)), ' ',"
    "   pg_catalog.quote_literal(pg_catalog.substr(o.text,"
    "    pg_catalog.strpos(o.text, '=') + 1))), ', ')"
    "   FROM pg_catalog.unnest(f.ftoptions) o (text)) || ')'),"
    " {comment:pg_class|t.oid|0}"
    " FROM tables t JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = t.oid"
    " JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver ORDER BY t.relname";

/* ---- what no field of a table has --------------------------------------------------------- */

static const char inheritance_sql[] =
    "{tables}"
    "SELECT pg_catalog.concat('INHERITS ', p.relname), {called:t.relname|t.relnamespace},"
    " pg_catalog.concat('ALTER TABLE ', {quote:t.relname}, ' INHERIT ',"
    "  {relation_quoted:p}), NULL"
    " FROM tables t JOIN pg_catalog.pg_inherits i ON i.inhrelid = t.oid"
    " JOIN pg_catalog.pg_class p ON p.oid = i.inhparent ORDER BY t.relname, i.inhseqno";

static const char constraints_sql[] =
    "{tables}{constraint_of:t}"
    " FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid"
    " WHERE k.conparentid = 0"
    " AND (k.contype = 'n' AND NOT k.convalidated {18:OR k.contype = 'f' AND k.conperiod;})"
    " ORDER BY t.relname, k.conname";

static const char partition_constraints_sql[] =
    "{constraint_of:t}"
    " FROM own JOIN pg_catalog.pg_class t ON t.relnamespace = own.oid"
    "  AND t.relispartition"
    " JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid"
    "  AND k.contype IN ('p', 'u', 'c', 'f', 'x')"
    " WHERE k.coninhcount = 0 {11:AND k.conparentid = 0;}"
    " ORDER BY t.relname, k.conname";

/* Of materialized views, and of one partition alone. */
static const char other_indexes_sql[] =
    "SELECT {called:c.relname|c.relnamespace}, {called:t.relname|t.relnamespace}, "
    "pg_catalog.pg_get_indexdef(c.oid, 0, true),"
    " {comment:pg_class|c.oid|0}"
    " FROM own JOIN pg_catalog.pg_class t ON t.relnamespace = own.oid"
    "  AND (t.relkind = 'm' {10:OR t.relispartition;})"
    " JOIN pg_catalog.pg_index i ON i.indrelid = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid {11:AND NOT c.relispartition;}"
    " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid"
    "  AND k.contype IN ('p', 'u', 'x')) ORDER BY c.relname";

static const char view_options_sql[] =
    "SELECT {called:c.relname|c.relnamespace}, {called:c.relname|c.relnamespace}, "
    "pg_catalog.concat('ALTER VIEW ',"
    " {quote:c.relname}, ' SET (',"
    " pg_catalog.array_to_string(c.reloptions, ', '), ')'), NULL"
    " FROM own JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid AND c.relkind = 'v'"
    "  AND c.reloptions IS NOT NULL"
    " WHERE {own:pg_class|c.oid}"
    " ORDER BY c.relname";

/* ---- what belongs to tables --------------------------------------------------------------- */

static const char statistics_sql[] =
    "SELECT x.stxname, {relation:c},"
    " {strip:CREATE STATISTICS|pg_catalog.pg_get_statisticsobjdef(x.oid)},"
    " {comment:pg_statistic_ext|x.oid|0}"
    " FROM own JOIN pg_catalog.pg_statistic_ext x ON x.stxnamespace = own.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = x.stxrelid ORDER BY x.stxname";

/* The copies that partitions have of their root's are left out. */
static const char triggers_sql[] =
    "SELECT g.tgname, {called:c.relname|c.relnamespace}, "
    "pg_catalog.concat(pg_catalog.pg_get_triggerdef(g.oid, true),"
    " '; ALTER TABLE ' || CASE g.tgenabled WHEN 'O' THEN NULL"
    "  ELSE {quote:c.relname} END"
    " || CASE g.tgenabled WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA'"
    "  ELSE ' ENABLE ALWAYS' END || ' TRIGGER ' || {quote:g.tgname}),"
    " {comment:pg_trigger|g.oid|0}"
    " FROM own JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid"
    " JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal"
    " WHERE {13:g.tgparentid = 0;NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
    "  WHERE d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.objid = g.oid"
    "  AND d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass)}"
    " ORDER BY c.relname, g.tgname";

static const char rules_sql[] =
    "SELECT w.rulename, {called:c.relname|c.relnamespace},"
    " pg_catalog.rtrim(pg_catalog.pg_get_ruledef(w.oid, true), ';'),"
    " {comment:pg_rewrite|w.oid|0}"
    " FROM own JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid"
    " JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid AND w.rulename <> '_RETURN'"
    " ORDER BY c.relname, w.rulename";

static const char row_security_sql[] =
    "SELECT 'ROW LEVEL SECURITY', {called:c.relname|c.relnamespace}, pg_catalog.concat('ALTER "
    "TABLE ',"
    " {quote:c.relname}, ' ENABLE ROW LEVEL SECURITY',"
    " '; ALTER TABLE ' || CASE WHEN c.relforcerowsecurity"
    "  THEN {quote:c.relname} END || ' FORCE ROW LEVEL SECURITY'), NULL"
    " FROM own JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid AND c.relrowsecurity"
    " ORDER BY c.relname";

static const char policies_sql[] =
    "SELECT y.polname, {called:c.relname|c.relnamespace}, pg_catalog.concat('CREATE POLICY ',"
    " {quote:y.polname}, ' ON ', {quote:c.relname},"
    " {10:CASE WHEN NOT y.polpermissive THEN ' AS RESTRICTIVE' END;NULL},"
    " ' FOR ', CASE y.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN"
    " 'UPDATE'"
    "  WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, ' TO ',"
    " (SELECT pg_catalog.string_agg(CASE WHEN r.oid = 0 THEN 'PUBLIC'"
    "  ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.oid)) END, ', ')"
    "  FROM pg_catalog.unnest(y.polroles) r (oid)),"
    " ' USING (' || pg_catalog.pg_get_expr(y.polqual, y.polrelid) || ')',"
    " ' WITH CHECK (' || pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid) || ')'),"
    " {comment:pg_policy|y.oid|0}"
    " FROM own JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid"
    " JOIN pg_catalog.pg_policy y ON y.polrelid = c.oid ORDER BY c.relname, y.polname";

/* With those of its tables that are in the schema. */
static const char publications_sql[] =
    ", listed AS (SELECT r.prpubid, pg_catalog.string_agg(pg_catalog.concat("
    " {quote:c.relname}{15:, ' (' || (SELECT pg_catalog.string_agg("
    "  pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)"
    "  FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
    "  AND a.attnum = ANY (r.prattrs::pg_catalog.int2[])) || ')',"
    " ' WHERE (' || pg_catalog.pg_get_expr(r.prqual, r.prrelid) || ')';}), ', '"
    "  ORDER BY c.relname) AS tables"
    " FROM pg_catalog.pg_publication_rel r"
    " JOIN pg_catalog.pg_class c ON c.oid = r.prrelid JOIN own ON own.oid = c.relnamespace"
    " GROUP BY r.prpubid)"
    "SELECT p.pubname, NULL, pg_catalog.concat('CREATE PUBLICATION ',"
    " {quote:p.pubname}, ' FOR ', CASE WHEN p.puballtables THEN 'ALL TABLES' END,"
    " pg_catalog.concat_ws(', ', 'TABLE ' || l.tables,"
    "  {15:CASE WHEN n.pnnspid IS NOT NULL THEN 'TABLES IN SCHEMA CURRENT_SCHEMA' END;NULL}),"
    " ' WITH (publish = ', pg_catalog.quote_literal(pg_catalog.concat_ws(', ',"
    "  CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,"
    "  CASE WHEN p.pubdelete THEN 'delete' END"
    "  {11:, CASE WHEN p.pubtruncate THEN 'truncate' END;})),"
    " {13:CASE WHEN p.pubviaroot THEN ', publish_via_partition_root = true' END;NULL}, ')'),"
    " {comment:pg_publication|p.oid|0}"
    " FROM pg_catalog.pg_publication p LEFT JOIN listed l ON l.prpubid = p.oid"
    " {15:LEFT JOIN pg_catalog.pg_publication_namespace n ON n.pnpubid = p.oid"
    "  AND n.pnnspid IN (SELECT own.oid FROM own);}"
    " WHERE p.puballtables OR l.prpubid IS NOT NULL {15:OR n.pnnspid IS NOT NULL;}"
    " ORDER BY p.pubname";

static const mig__schema_question questions[] = {
    {MIG_OBJECT_FOREIGN_TABLE, 0, foreign_tables_sql},
    {MIG_OBJECT_PARTITION, 100000, partitions_sql},
    {MIG_OBJECT_OTHER, 100000, partition_constraints_sql},
    {MIG_OBJECT_OTHER, 110000, constraints_sql},
    {MIG_OBJECT_OTHER, 0, other_indexes_sql},
    {MIG_OBJECT_OTHER, 0, inheritance_sql},
    {MIG_OBJECT_OTHER, 0, view_options_sql},
    {MIG_OBJECT_STATISTICS, 100000, statistics_sql},
    {MIG_OBJECT_RULE, 0, rules_sql},
    {MIG_OBJECT_TRIGGER, 0, triggers_sql},
    {MIG_OBJECT_POLICY, 0, policies_sql},
    {MIG_OBJECT_POLICY, 0, row_security_sql},
    {MIG_OBJECT_PUBLICATION, 100000, publications_sql},
};

mig_status
mig__schema_objects_above(mig__schema_read *read, mig_error *err)
{
    return mig__schema_answer(read, questions, sizeof questions / sizeof *questions, err);
}
