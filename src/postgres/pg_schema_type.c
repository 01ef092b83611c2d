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

enum {
    TYPE_OID,
    TYPE_KIND, /* e, d, c, r, b */
    TYPE_NAME,
    TYPE_RAW_NAME,
    TYPE_BASE,
    TYPE_NOT_NULL,
    TYPE_DEFAULT,
    TYPE_COLLATION,
    TYPE_RANGE,
    TYPE_COMMENT
};
static const char types_sql[] =
    "{types}"
    "SELECT y.oid, y.typtype, {quote:{called:y.typname|y.typnamespace}}, "
    "{called:y.typname|y.typnamespace},"
    " pg_catalog.format_type(NULLIF(y.typbasetype, 0), y.typtypmod), y.typnotnull,"
    " COALESCE(pg_catalog.pg_get_expr(y.typdefaultbin, 0), y.typdefault),"
    " CASE WHEN y.typcollation <> b.typcollation"
    "  THEN {named_quoted:o.collname|o.collnamespace} END,"
    " CASE WHEN r.rngtypid IS NOT NULL THEN pg_catalog.concat("
    "  'SUBTYPE = ', pg_catalog.format_type(r.rngsubtype, NULL),"
    "  ', SUBTYPE_OPCLASS = ' || CASE WHEN NOT x.opcdefault"
    "    THEN {named_quoted:x.opcname|x.opcnamespace} END,"
    "  ', COLLATION = ' || CASE WHEN r.rngcollation <> s.typcollation"
    "    THEN {named_quoted:ro.collname|ro.collnamespace} END,"
    "  ', CANONICAL = ' || NULLIF(r.rngcanonical::pg_catalog.oid, 0)::pg_catalog.regproc,"
    "  ', SUBTYPE_DIFF = ' || NULLIF(r.rngsubdiff::pg_catalog.oid, 0)::pg_catalog.regproc"
    "  {14:, ', MULTIRANGE_TYPE_NAME = ' || pg_catalog.format_type(r.rngmultitypid, NULL);})"
    " END,"
    " COALESCE({comment:pg_type|y.oid|0},"
    " {comment:pg_class|y.typrelid|0})"
    " FROM types y JOIN deep ON deep.oid = y.oid"
    " LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype"
    " LEFT JOIN pg_catalog.pg_collation o ON o.oid = y.typcollation"
    " LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = y.oid"
    " LEFT JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype"
    " LEFT JOIN pg_catalog.pg_opclass x ON x.oid = r.rngsubopc"
    " LEFT JOIN pg_catalog.pg_collation ro ON ro.oid = r.rngcollation"
    " ORDER BY deep.depth, y.typname";

/* Labels, attributes, checks: what a type is made of, in order. */
enum { MEMBER_TYPE, MEMBER_TEXT, MEMBER_CLAUSE /* for the definition */ };
static const char members_sql[] =
    "{types}"
    "SELECT m.* FROM ("
    " SELECT y.oid AS type, e.enumlabel::pg_catalog.text AS text,"
    "  pg_catalog.quote_literal(e.enumlabel) AS clause,"
    "  e.enumsortorder::pg_catalog.float8 AS place, ''::pg_catalog.name AS name"
    "  FROM types y JOIN pg_catalog.pg_enum e ON e.enumtypid = y.oid"
    " UNION ALL SELECT y.oid, pg_catalog.concat(pg_catalog.quote_ident(a.attname), ' ',"
    "   pg_catalog.format_type(a.atttypid, a.atttypmod)),"
    "  pg_catalog.concat(pg_catalog.quote_ident(a.attname), ' ',"
    "   pg_catalog.format_type(a.atttypid, a.atttypmod),"
    "   CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE '"
    "    || {named_quoted:o.collname|o.collnamespace} END),"
    "  a.attnum, '' FROM types y JOIN pg_catalog.pg_attribute a"
    "  ON a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped"
    "  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    "  LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation"
    " UNION ALL SELECT k.contypid, pg_catalog.pg_get_expr(k.conbin, 0),"
    "  pg_catalog.concat('CONSTRAINT ', pg_catalog.quote_ident(k.conname), ' ',"
    "   pg_catalog.pg_get_constraintdef(k.oid)), 0, k.conname"
    "  FROM types y JOIN pg_catalog.pg_constraint k ON k.contypid = y.oid AND k.contype ="
    " 'c'"
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
            mig_buf_printf(sql, " COLLATE %s", type->collation);
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

mig_status
mig__schema_types(mig__schema_read *read, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *types = NULL, *members = NULL;

    MIG_TRY(mig__schema_ask(read, types_sql, &types, err));
    MIG_TRY(mig__schema_ask(read, members_sql, &members, err));
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
