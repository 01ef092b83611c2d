/*
 * pg_schema_constraint.c - keys, checks, foreign keys, exclusions.
 *
 * A key over partitions or inheritance counts for the root of its tree, since
 * that is the table a copy knows.  What a partition has for itself alone is an
 * object (pg_schema_object.c); so is a foreign key over periods (18), which is
 * no comparison of columns.  A primary or unique key WITHOUT OVERLAPS is told
 * as an exclusion, which it is: its definition says all.
 *
 * Threads: the session's.
 */
#include <string.h>

#include "pg_schema.h"

enum {
    KEY_TABLE,
    KEY_OID,
    KEY_KIND, /* p, u, c, f, x */
    KEY_NAME,
    KEY_EXPRESSION,
    KEY_PARENT,
    KEY_PARENT_SCHEMA,
    KEY_ON_DELETE, /* a, r, c, n, d */
    KEY_ON_UPDATE,
    KEY_MATCH_FULL,
    KEY_DEFERRABLE,
    KEY_DEFERRED,
    KEY_NOT_VALID,
    KEY_NULLS_NOT_DISTINCT,
    KEY_DEFINITION,
    KEY_COMMENT
};
static const char keys_sql[] =
    "{tables}"
    "SELECT k.conrelid, k.oid,"
    " {18:CASE WHEN k.conperiod THEN 'x' ELSE k.contype END;k.contype}, k.conname,"
    " pg_catalog.pg_get_expr(k.conbin, k.conrelid), COALESCE({called:p.relname|p.relnamespace}, "
    "p.relname),"
    " CASE WHEN p.relnamespace NOT IN (SELECT own.oid FROM own) THEN pn.nspname END,"
    " k.confdeltype, k.confupdtype, k.confmatchtype = 'f', k.condeferrable, k.condeferred,"
    " NOT k.convalidated, {15:COALESCE(i.indnullsnotdistinct, false);false},"
    " pg_catalog.pg_get_constraintdef(k.oid), {comment:pg_constraint|k.oid|0}"
    " FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid"
    " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')"
    " LEFT JOIN pg_catalog.pg_class p ON p.oid ="
    "  {12:COALESCE(pg_catalog.pg_partition_root(k.confrelid)::pg_catalog.oid,"
    " k.confrelid);k.confrelid}"
    " LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
    " WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') {11:AND k.conparentid = 0;}"
    " {18:AND NOT (k.contype = 'f' AND k.conperiod);}"
    " ORDER BY k.conrelid, pg_catalog.strpos('pucxf', k.contype::pg_catalog.text), k.conname,"
    " k.oid";

/* A row for each column: of the key itself, of the parent, of INCLUDE. */
enum { MEMBER_KEY, MEMBER_COLUMN, MEMBER_PARENT_COLUMN, MEMBER_INCLUDED };
static const char members_sql[] =
    "{tables}"
    ", members AS (SELECT k.oid, k.conrelid, k.confrelid, u.att, u.parent_att, false"
    " AS included,"
    "  u.n FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid"
    "  CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY u (att, parent_att, n)"
    "  WHERE k.contype IN ('p', 'u', 'f')"
    " {11:UNION ALL SELECT k.oid, k.conrelid, 0, u.att, NULL, true, u.n"
    "  FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid"
    "  JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid"
    "  CROSS JOIN LATERAL unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY u (att, n)"
    "  WHERE k.contype IN ('p', 'u') AND u.n > i.indnkeyatts;})"
    "SELECT m.oid, a.attname, pa.attname, m.included FROM members m"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = m.conrelid AND a.attnum = m.att"
    " LEFT JOIN pg_catalog.pg_attribute pa ON pa.attrelid = m.confrelid"
    "  AND pa.attnum = m.parent_att"
    " ORDER BY m.oid, m.included, m.n";

static mig_constraint_kind
kind_of(char contype)
{
    switch (contype) {
    case 'p':
        return MIG_CONSTRAINT_PRIMARY;
    case 'u':
        return MIG_CONSTRAINT_UNIQUE;
    case 'c':
        return MIG_CONSTRAINT_CHECK;
    case 'f':
        return MIG_CONSTRAINT_FOREIGN;
    default:
        return MIG_CONSTRAINT_EXCLUDE;
    }
}

static mig_key_action
action_of(char letter)
{
    switch (letter) {
    case 'r':
        return MIG_ACTION_RESTRICT;
    case 'c':
        return MIG_ACTION_CASCADE;
    case 'n':
        return MIG_ACTION_SET_NULL;
    case 'd':
        return MIG_ACTION_SET_DEFAULT;
    default:
        return MIG_ACTION_NONE;
    }
}

static bool
add_member(mig_schema *schema, mig_constraint *key, const PGresult *members, int row)
{
    const char   *column = PQgetvalue(members, row, MEMBER_COLUMN);
    mig_key_part *part;

    if (mig__query_true(members, row, MEMBER_INCLUDED))
        return mig_schema_add_name(schema, &key->include, &key->n_include, column);
    if (key->kind == MIG_CONSTRAINT_FOREIGN)
        return mig_schema_add_name(schema, &key->columns, &key->n_columns, column) &&
               mig_schema_add_name(schema, &key->parent_columns, &key->n_parent_columns,
                                   PQgetvalue(members, row, MEMBER_PARENT_COLUMN));
    part = mig_schema_add_part(schema, &key->parts, &key->n_parts);
    if (part != NULL)
        part->column = mig_schema_keep(schema, column);
    return part != NULL && part->column != NULL;
}

static bool
add_members(mig__schema_read *read, mig_constraint *key, const PGresult *members, const char *oid)
{
    if (key->kind == MIG_CONSTRAINT_EXCLUDE || key->kind == MIG_CONSTRAINT_CHECK)
        return true;
    for (int i = mig__schema_first(members, oid); mig__schema_same(members, i, oid); i++)
        if (!add_member(read->schema, key, members, i))
            return false;
    return true;
}

static bool
add_constraint(mig__schema_read *read, mig_schema_table *table, const PGresult *keys, int row,
               const PGresult *members)
{
    bool            failed = false;
    mig_constraint *key =
        mig_schema_add_constraint(read->schema, table, kind_of(PQgetvalue(keys, row, KEY_KIND)[0]),
                                  PQgetvalue(keys, row, KEY_NAME));

    if (key == NULL)
        return false;
    key->expression = mig__schema_bare(read, keys, row, KEY_EXPRESSION, &failed);
    key->parent = mig__schema_text(read, keys, row, KEY_PARENT, &failed);
    key->parent_schema = mig__schema_text(read, keys, row, KEY_PARENT_SCHEMA, &failed);
    key->on_delete = action_of(PQgetvalue(keys, row, KEY_ON_DELETE)[0]);
    key->on_update = action_of(PQgetvalue(keys, row, KEY_ON_UPDATE)[0]);
    key->match_full = mig__query_true(keys, row, KEY_MATCH_FULL);
    key->deferrable = mig__query_true(keys, row, KEY_DEFERRABLE);
    key->deferred = mig__query_true(keys, row, KEY_DEFERRED);
    key->not_valid = mig__query_true(keys, row, KEY_NOT_VALID);
    key->nulls_not_distinct = mig__query_true(keys, row, KEY_NULLS_NOT_DISTINCT);
    key->definition = mig__schema_text(read, keys, row, KEY_DEFINITION, &failed);
    key->comment = mig__schema_text(read, keys, row, KEY_COMMENT, &failed);
    return !failed && add_members(read, key, members, PQgetvalue(keys, row, KEY_OID));
}

mig_status
mig__schema_ask_constraints(mig__schema_read *read, PGresult **keysp, PGresult **membersp,
                            mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__schema_ask(read, keys_sql, keysp, err));
    MIG_TRY(mig__schema_ask(read, members_sql, membersp, err));
done:
    return st;
}

bool
mig__schema_add_constraints(mig__schema_read *read, const PGresult *keys, const PGresult *members,
                            const char *oid, mig_schema_table *table)
{
    for (int i = mig__schema_first(keys, oid); mig__schema_same(keys, i, oid); i++)
        if (!add_constraint(read, table, keys, i, members))
            return false;
    return true;
}
