/*
 * pg_schema_table.c - tables and their columns.
 *
 * Inheritance children are tables of their own here, as they are for the copy,
 * with what they inherited.
 *
 * A column is SERIAL if its default is nextval() of a sequence that it owns and
 * that feeds no other column: then an identity can take its place.  What else a
 * default does with a sequence stays an expression, and the sequence an object.
 *
 * Threads: the session's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_schema.h"

enum { TABLE_OID, TABLE_NAME, TABLE_KIND, TABLE_UNLOGGED, TABLE_PARTITION_BY, TABLE_COMMENT };
static const char tables_sql[] =
    "{tables}"
    "SELECT t.oid, {called:t.relname|t.relnamespace}, t.relkind, t.relpersistence = 'u',"
    " {10:CASE WHEN t.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(t.oid) END;NULL},"
    " {comment:pg_class|t.oid|0}"
    " FROM tables t ORDER BY t.oid";

enum {
    COLUMN_TABLE,
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_NOT_NULL,
    COLUMN_DEFAULT,
    COLUMN_GENERATED, /* '', s, v */
    COLUMN_COLLATION,
    COLUMN_IDENTITY, /* '', d, a, s for serial */
    COLUMN_UNUSUAL,  /* the sequence's options are */
    COLUMN_START,
    COLUMN_INCREMENT,
    COLUMN_MIN,
    COLUMN_MAX,
    COLUMN_CACHE,
    COLUMN_CYCLE,
    COLUMN_COMMENT
};

/* A NOT NULL that is not valid (18) does not hold for the rows that are there. */
static const char columns_sql[] =
    "{tables}{serials}, made AS (SELECT x.rel, x.att, 's'::pg_catalog.text AS kind, x.seq FROM"
    " serials x"
    " {10:UNION ALL SELECT d.refobjid, d.refobjsubid, a.attidentity::pg_catalog.text, d.objid"
    "  FROM pg_catalog.pg_depend d JOIN tables t ON t.oid = d.refobjid"
    "  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
    "  AND a.attidentity <> ''"
    "  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    "  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i';})"
    "SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),"
    " a.attnotnull {18:AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k"
    "  WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum"
    "  AND NOT k.convalidated);},"
    " CASE WHEN m.kind IS NULL THEN pg_catalog.pg_get_expr(f.adbin, f.adrelid) END,"
    " {12:a.attgenerated;''},"
    " CASE WHEN a.attcollation <> y.typcollation"
    "  THEN {named_quoted:o.collname|o.collnamespace} END,"
    " COALESCE(m.kind, ''),"
    " q.start <> 1 OR q.increment <> 1 OR q.min <> 1 OR q.cache <> 1 OR q.cycle OR q.max NOT"
    " IN ("
    "  CASE a.atttypid WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767"
    "   WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647"
    "   ELSE 9223372036854775807 END, q.usual),"
    " q.start, q.increment, q.min, q.max, q.cache, q.cycle,"
    " {comment:pg_class|a.attrelid|a.attnum}"
    " FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid"
    " JOIN pg_catalog.pg_type y ON y.oid = a.atttypid"
    " LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum"
    " LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation"
    " LEFT JOIN made m ON m.rel = a.attrelid AND m.att = a.attnum"
    " LEFT JOIN LATERAL ({sequence:m.seq}) q ON true"
    " WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

static mig_identity
identity_of(char letter)
{
    switch (letter) {
    case 'd':
        return MIG_IDENTITY_BY_DEFAULT;
    case 'a':
        return MIG_IDENTITY_ALWAYS;
    case 's':
        return MIG_IDENTITY_SERIAL;
    default:
        return MIG_IDENTITY_NONE;
    }
}

static int64_t
number_at(const PGresult *res, int row, int column)
{
    return strtoll(PQgetvalue(res, row, column), NULL, 10);
}

static void
set_sequence(mig_schema_column *column, const PGresult *res, int row)
{
    column->identity = identity_of(PQgetvalue(res, row, COLUMN_IDENTITY)[0]);
    if (column->identity == MIG_IDENTITY_NONE || !mig__query_true(res, row, COLUMN_UNUSUAL))
        return;
    column->sequence = (mig_sequence_options){
        .set = true,
        .start = number_at(res, row, COLUMN_START),
        .increment = number_at(res, row, COLUMN_INCREMENT),
        .min = number_at(res, row, COLUMN_MIN),
        .max = number_at(res, row, COLUMN_MAX),
        .cache = number_at(res, row, COLUMN_CACHE),
        .cycle = mig__query_true(res, row, COLUMN_CYCLE),
    };
}

static bool
add_column(mig__schema_read *read, mig_schema_table *table, const PGresult *res, int row)
{
    bool               failed = false;
    char               generated = PQgetvalue(res, row, COLUMN_GENERATED)[0];
    const char        *expression = mig__schema_bare(read, res, row, COLUMN_DEFAULT, &failed);
    mig_schema_column *column = mig_schema_add_column(
        read->schema, table, PQgetvalue(res, row, COLUMN_NAME), PQgetvalue(res, row, COLUMN_TYPE));

    if (column == NULL)
        return false;
    column->not_null = mig__query_true(res, row, COLUMN_NOT_NULL);
    if (generated == '\0')
        column->default_value = expression;
    else
        column->generated = expression;
    column->stored = generated == 's';
    column->collation = mig__schema_text(read, res, row, COLUMN_COLLATION, &failed);
    column->comment = mig__schema_text(read, res, row, COLUMN_COMMENT, &failed);
    set_sequence(column, res, row);
    return !failed;
}

static mig_table_kind
kind_of(char relkind)
{
    return relkind == 'p'   ? MIG_TABLE_PARTITIONED
           : relkind == 'f' ? MIG_TABLE_FOREIGN
                            : MIG_TABLE_PLAIN;
}

/* The answers that tables are put together from. */
typedef struct answers {
    PGresult *tables, *columns, *keys, *members;
} answers;

static bool
add_table(mig__schema_read *read, const answers *a, int row)
{
    bool              failed = false;
    const char       *oid = PQgetvalue(a->tables, row, TABLE_OID);
    mig_schema_table *table =
        mig_schema_add_table(read->schema, PQgetvalue(a->tables, row, TABLE_NAME));

    if (table == NULL)
        return false;
    table->kind = kind_of(PQgetvalue(a->tables, row, TABLE_KIND)[0]);
    table->unlogged = mig__query_true(a->tables, row, TABLE_UNLOGGED);
    table->partition_by = mig__schema_text(read, a->tables, row, TABLE_PARTITION_BY, &failed);
    table->comment = mig__schema_text(read, a->tables, row, TABLE_COMMENT, &failed);
    for (int i = mig__schema_first(a->columns, oid); mig__schema_same(a->columns, i, oid); i++)
        if (!add_column(read, table, a->columns, i))
            return false;
    return !failed && mig__schema_add_constraints(read, a->keys, a->members, oid, table);
}

mig_status
mig__schema_tables(mig__schema_read *read, mig_error *err)
{
    mig_status st = MIG_OK;
    answers    a = {NULL, NULL, NULL, NULL};

    MIG_TRY(mig__schema_ask(read, tables_sql, &a.tables, err));
    MIG_TRY(mig__schema_ask(read, columns_sql, &a.columns, err));
    MIG_TRY(mig__schema_ask_constraints(read, &a.keys, &a.members, err));
    for (int row = 0; row < PQntuples(a.tables); row++)
        if (!add_table(read, &a, row)) {
            st = mig__schema_nomem(err);
            goto done;
        }
done:
    PQclear(a.tables);
    PQclear(a.columns);
    PQclear(a.keys);
    PQclear(a.members);
    return st;
}
