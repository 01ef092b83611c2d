/*
 * pg_schema_type.c - the types that users made in the schema.
 *
 * A type stands behind those it is made of: its depth is one more than theirs.
 * What an extension brought is left out, and so are the row types of tables
 * and the multiranges that come with ranges.  A base type (CREATE TYPE with
 * functions in C) is an object, told by its name.
 *
 * Threads: the session's.
 */
#include <string.h>

#include "pg_schema.h"

/* `own_types`, and how deep each lies.  A type can only be made of one that is there, so that the
 * ways up have an end. */
static const char depths_sql[] =
    ", own_types AS (SELECT y.* FROM pg_catalog.pg_type y JOIN own ON own.oid = y.typnamespace"
    "  LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid"
    "  WHERE (y.typtype IN ('e', 'd', 'r') OR c.relkind = 'c'"
    "   OR y.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e"
    "    WHERE e.typarray = y.oid))"
    "  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'"
    "   AND d.objid = y.oid AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass)"
    "), made_of AS (SELECT y.oid, y.typbasetype AS part FROM own_types y WHERE y.typtype = 'd'"
    "  UNION ALL SELECT y.oid, a.atttypid FROM own_types y JOIN pg_catalog.pg_attribute a"
    "   ON a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped"
    "  UNION ALL SELECT r.rngtypid, r.rngsubtype FROM own_types y"
    "   JOIN pg_catalog.pg_range r ON r.rngtypid = y.oid"
    "), edges AS (SELECT m.oid, COALESCE(e.oid, m.part) AS part FROM made_of m"
    "  LEFT JOIN pg_catalog.pg_type e ON e.typarray = m.part"
    "), deep AS (WITH RECURSIVE deep (oid, depth) AS (SELECT y.oid, 0 FROM own_types y"
    "  UNION SELECT x.oid, deep.depth + 1 FROM deep JOIN edges x ON x.part = deep.oid)"
    "  SELECT deep.oid, pg_catalog.max(deep.depth) AS depth FROM deep GROUP BY deep.oid)";

enum {
    TYPE_OID,
    TYPE_KIND, /* e, d, c, r, b */
    TYPE_NAME,
    TYPE_RAW_NAME,
    TYPE_BASE,
    TYPE_NOT_NULL,
    TYPE_DEFAULT,
    TYPE_COLLATION,
    TYPE_COLLATION_CLAUSE,
    TYPE_RANGE,
    TYPE_COMMENT
};
#define QUALIFIED(name, namespace)                                                                 \
    "(SELECT CASE WHEN n.oid = 'pg_catalog'::pg_catalog.regnamespace"                              \
    " OR n.oid IN (SELECT own.oid FROM own) THEN pg_catalog.quote_ident(" name ")"                 \
    " ELSE pg_catalog.format('%I.%I', n.nspname, " name ") END"                                    \
    " FROM pg_catalog.pg_namespace n WHERE n.oid = " namespace ")"

static const char types_tail[] =
    "SELECT y.oid, y.typtype, pg_catalog.quote_ident(y.typname), y.typname,"
    " pg_catalog.format_type(NULLIF(y.typbasetype, 0), y.typtypmod), y.typnotnull,"
    " COALESCE(pg_catalog.pg_get_expr(y.typdefaultbin, 0), y.typdefault),"
    " CASE WHEN y.typcollation <> b.typcollation"
    "  THEN " MIG__SCHEMA_NAME_OF(
        "o.collname",
        "o.collnamespace") " END,"
                           " CASE WHEN y.typcollation <> b.typcollation"
                           "  THEN " QUALIFIED(
                               "o.collname",
                               "o.collnamespace") " END,"
                                                  " CASE WHEN r.rngtypid IS NOT NULL THEN "
                                                  "pg_catalog.concat("
                                                  "  'SUBTYPE = ', "
                                                  "pg_catalog.format_type(r.rngsubtype, "
                                                  "NULL),"
                                                  "  ', SUBTYPE_OPCLASS = ' || CASE WHEN "
                                                  "NOT x.opcdefault"
                                                  "    THEN " QUALIFIED(
                                                      "x.opcname",
                                                      "x.opcnamespace") " END,"
                                                                        "  ', COLLATION = "
                                                                        "' || CASE WHEN "
                                                                        "r.rngcollation "
                                                                        "<> s.typcollation"
                                                                        "    "
                                                                        "THEN " QUALIFIED(
                                                                            "ro.collname",
                                                                            "ro."
                                                                            "collnamespac"
                                                                            "e") " END,"
                                                                                 "  ', "
                                                                                 "CANONICA"
                                                                                 "L = ' "
                                                                                 "|| "
                                                                                 "NULLIF("
                                                                                 "r."
                                                                                 "rngcanon"
                                                                                 "ical::"
                                                                                 "pg_"
                                                                                 "catalog."
                                                                                 "oid, "
                                                                                 "0)::pg_"
                                                                                 "catalog."
                                                                                 "regproc,"
                                                                                 "  ', "
                                                                                 "SUBTYPE_"
                                                                                 "DIFF = "
                                                                                 "' || "
                                                                                 "NULLIF("
                                                                                 "r."
                                                                                 "rngsubdi"
                                                                                 "ff::pg_"
                                                                                 "catalog."
                                                                                 "oid, "
                                                                                 "0)::pg_"
                                                                                 "catalog."
                                                                                 "regproc"
                                                                                 "  {14:, "
                                                                                 "', "
                                                                                 "MULTIRAN"
                                                                                 "GE_TYPE_"
                                                                                 "NAME = "
                                                                                 "' || "
                                                                                 "pg_"
                                                                                 "catalog."
                                                                                 "format_"
                                                                                 "type(r."
                                                                                 "rngmulti"
                                                                                 "typid, "
                                                                                 "NULL);})"
                                                                                 " END,"
                                                                                 " COALESC"
                                                                                 "E"
                                                                                 "(" MIG__SCHEMA_COMMENT(
                                                                                     "pg_"
                                                                                     "typ"
                                                                                     "e",
                                                                                     "y."
                                                                                     "oid",
                                                                                     "0") ","
                                                                                          " "
                                                                                          " " MIG__SCHEMA_COMMENT(
                                                                                              "pg_"
                                                                                              "clas"
                                                                                              "s",
                                                                                              "y."
                                                                                              "typr"
                                                                                              "eli"
                                                                                              "d",
                                                                                              "0") ")"
                                                                                                   " FROM own_types y JOIN deep ON deep.oid = y.oid"
                                                                                                   " LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype"
                                                                                                   " LEFT JOIN pg_catalog.pg_collation o ON o.oid = y.typcollation"
                                                                                                   " LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = y.oid"
                                                                                                   " LEFT JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype"
                                                                                                   " LEFT JOIN pg_catalog.pg_opclass x ON x.oid = r.rngsubopc"
                                                                                                   " LEFT JOIN pg_catalog.pg_collation ro ON ro.oid = r.rngcollation"
                                                                                                   " ORDER BY deep.depth, y.typname";

/* Labels, attributes, checks: what a type is made of, in order. */
enum { MEMBER_TYPE, MEMBER_TEXT, MEMBER_CLAUSE /* for the definition */ };
static const char members_tail[] =
    "SELECT m.* FROM ("
    " SELECT y.oid AS type, e.enumlabel::pg_catalog.text AS text,"
    "  pg_catalog.quote_literal(e.enumlabel) AS clause,"
    "  e.enumsortorder::pg_catalog.float8 AS place, ''::pg_catalog.name AS name"
    "  FROM own_types y JOIN pg_catalog.pg_enum e ON e.enumtypid = y.oid"
    " UNION ALL SELECT y.oid, pg_catalog.concat(pg_catalog.quote_ident(a.attname), ' ',"
    "   pg_catalog.format_type(a.atttypid, a.atttypmod)),"
    "  pg_catalog.concat(pg_catalog.quote_ident(a.attname), ' ',"
    "   pg_catalog.format_type(a.atttypid, a.atttypmod),"
    "   CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE '"
    "    || " QUALIFIED(
        "o.collname",
        "o.collnamespace") " END),"
                           "  a.attnum, '' FROM own_types y JOIN pg_catalog.pg_attribute a"
                           "  ON a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped"
                           "  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
                           "  LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation"
                           " UNION ALL SELECT k.contypid, pg_catalog.pg_get_expr(k.conbin, 0),"
                           "  pg_catalog.concat('CONSTRAINT ', pg_catalog.quote_ident(k.conname), "
                           "' ',"
                           "   pg_catalog.pg_get_constraintdef(k.oid)), 0, k.conname"
                           "  FROM own_types y JOIN pg_catalog.pg_constraint k ON k.contypid = "
                           "y.oid AND k.contype = 'c'"
                           ") m ORDER BY m.type, m.place, m.name";

/* Appends what stands behind the type's name. */
static void
define(mig_buf *sql, mig_schema_type *type, const PGresult *types, int row, const PGresult *members)
{
    const char *oid = PQgetvalue(types, row, TYPE_OID);
    bool        domain = type->kind == MIG_TYPE_DOMAIN;
    int         first = mig__schema_first(members, oid);

    if (domain) {
        mig_buf_printf(sql, " AS %s", type->base);
        if (type->collation != NULL)
            mig_buf_printf(sql, " COLLATE %s", PQgetvalue(types, row, TYPE_COLLATION_CLAUSE));
        if (type->default_value != NULL)
            mig_buf_printf(sql, " DEFAULT %s", PQgetvalue(types, row, TYPE_DEFAULT));
        mig_buf_puts(sql, type->not_null ? " NOT NULL" : "");
    } else if (type->kind == MIG_TYPE_RANGE) {
        mig_buf_printf(sql, " AS RANGE (%s)", PQgetvalue(types, row, TYPE_RANGE));
        return;
    } else {
        mig_buf_puts(sql, type->kind == MIG_TYPE_ENUM ? " AS ENUM (" : " AS (");
    }
    for (int i = first; mig__schema_same(members, i, oid); i++)
        mig_buf_printf(sql, "%s%s",
                       domain      ? " "
                       : i > first ? ", "
                                   : "",
                       PQgetvalue(members, i, MEMBER_CLAUSE));
    mig_buf_puts(sql, domain ? "" : ")");
}

static bool
set_definition(mig__schema_read *read, mig_schema_type *type, const PGresult *types, int row,
               const PGresult *members)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, type->kind == MIG_TYPE_DOMAIN ? "CREATE DOMAIN " : "CREATE TYPE ");
    mig_buf_puts(&sql, type->name);
    define(&sql, type, types, row, members);
    if (!sql.failed)
        type->definition = mig_schema_keep(read->schema, mig_buf_text(&sql));
    mig_buf_fini(&sql);
    return type->definition != NULL;
}

static bool
add_members(mig__schema_read *read, mig_schema_type *type, const PGresult *members, const char *oid)
{
    bool failed = false;

    for (int i = mig__schema_first(members, oid); mig__schema_same(members, i, oid); i++) {
        const char *check;

        if (type->kind != MIG_TYPE_DOMAIN) {
            failed = failed || !mig_schema_add_name(read->schema, &type->labels, &type->n_labels,
                                                    PQgetvalue(members, i, MEMBER_TEXT));
            continue;
        }
        check = mig__schema_bare(read, members, i, MEMBER_TEXT, &failed);
        failed = failed || check == NULL ||
                 !mig_schema_add_name(read->schema, &type->checks, &type->n_checks, check);
    }
    return !failed;
}

static bool
add_base_type(mig__schema_read *read, const PGresult *types, int row)
{
    bool               failed = false;
    mig_schema_object *object = mig_schema_add_object(read->schema, MIG_OBJECT_OTHER,
                                                      PQgetvalue(types, row, TYPE_RAW_NAME));

    if (object != NULL)
        object->comment = mig__schema_text(read, types, row, TYPE_COMMENT, &failed);
    return object != NULL && !failed;
}

static bool
add_type(mig__schema_read *read, const PGresult *types, int row, const PGresult *members)
{
    bool             failed = false;
    char             letter = PQgetvalue(types, row, TYPE_KIND)[0];
    mig_type_kind    kind = letter == 'e'   ? MIG_TYPE_ENUM
                            : letter == 'd' ? MIG_TYPE_DOMAIN
                            : letter == 'c' ? MIG_TYPE_COMPOSITE
                                            : MIG_TYPE_RANGE;
    mig_schema_type *type;

    if (letter == 'b')
        return add_base_type(read, types, row);
    type = mig_schema_add_type(read->schema, kind, PQgetvalue(types, row, TYPE_NAME));
    if (type == NULL)
        return false;
    type->base = mig__schema_text(read, types, row, TYPE_BASE, &failed);
    type->not_null = mig__query_true(types, row, TYPE_NOT_NULL);
    type->default_value = mig__schema_bare(read, types, row, TYPE_DEFAULT, &failed);
    type->collation = mig__schema_text(read, types, row, TYPE_COLLATION, &failed);
    type->comment = mig__schema_text(read, types, row, TYPE_COMMENT, &failed);
    return !failed && add_members(read, type, members, PQgetvalue(types, row, TYPE_OID)) &&
           set_definition(read, type, types, row, members);
}

/* The question that begins with the depths. */
static mig_status
ask(mig__schema_read *read, const char *tail, PGresult **resp, mig_error *err)
{
    mig_buf    sql = MIG_BUF_INIT;
    mig_status st;

    *resp = NULL;
    mig_buf_puts(&sql, depths_sql);
    mig_buf_puts(&sql, tail);
    st = mig_buf_check(&sql, err);
    if (st == MIG_OK)
        st = mig__schema_ask(read, mig_buf_text(&sql), resp, err);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__schema_types(mig__schema_read *read, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *types = NULL, *members = NULL;

    MIG_TRY(ask(read, types_tail, &types, err));
    MIG_TRY(ask(read, members_tail, &members, err));
    for (int row = 0; row < PQntuples(types); row++)
        if (!add_type(read, types, row, members)) {
            st = mig__schema_nomem(err);
            goto done;
        }
done:
    PQclear(types);
    PQclear(members);
    return st;
}
