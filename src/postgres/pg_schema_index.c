/*
 * pg_schema_index.c - the indexes of tables that belong to no constraint.
 *
 * One that is not valid (it was not built to its end, or a partition lacks it)
 * is an object, told by its name: nobody relies on it.
 *
 * Threads: the session's.
 */
#include <string.h>

#include "pg_schema.h"

/* INDOPTION_DESC, INDOPTION_NULLS_FIRST of pg_index.h */
#define OPTION_DESC        1
#define OPTION_NULLS_FIRST 2

enum {
    INDEX_OID,
    INDEX_NAME,
    INDEX_TABLE,
    INDEX_VALID,
    INDEX_UNIQUE,
    INDEX_WHERE,
    INDEX_METHOD,
    INDEX_NULLS_NOT_DISTINCT,
    INDEX_DEFINITION,
    INDEX_COMMENT
};
static const char indexes_sql[] =
    "{tables}"
    "SELECT i.indexrelid, {called:c.relname|c.relnamespace}, {called:t.relname|t.relnamespace},"
    " i.indisvalid, i.indisunique,"
    " pg_catalog.pg_get_expr(i.indpred, i.indrelid), m.amname,"
    " {15:i.indnullsnotdistinct;false},"
    " pg_catalog.pg_get_indexdef(i.indexrelid, 0, true),"
    " {comment:pg_class|c.oid|0}"
    " FROM tables t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_am m ON m.oid = c.relam"
    " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid"
    "  AND k.contype IN ('p', 'u', 'x')) ORDER BY i.indexrelid";

enum {
    PART_INDEX,
    PART_COLUMN,
    PART_EXPRESSION,
    PART_INCLUDED,
    PART_COLLATION,
    PART_OPCLASS,
    PART_OPTION,
    PART_ORDERED
};
/* An expression's own collation stands in no catalog: told is one that its type does not have. */
static const char parts_sql[] =
    "{tables}"
    "SELECT i.indexrelid, a.attname,"
    " CASE WHEN u.att = 0"
    "  THEN pg_catalog.pg_get_indexdef(i.indexrelid, u.n::pg_catalog.int4, false) END,"
    " u.n > {11:i.indnkeyatts;i.indnatts},"
    " CASE WHEN u.coll <> 0 AND u.coll <> COALESCE(a.attcollation, y.typcollation)"
    "  THEN {named_quoted:o.collname|o.collnamespace} END,"
    " CASE WHEN NOT x.opcdefault THEN {named_quoted:x.opcname|x.opcnamespace} END,"
    " u.option, m.amname = 'btree'"
    " FROM tables t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_am m ON m.oid = c.relam"
    " CROSS JOIN LATERAL unnest(i.indkey::pg_catalog.int2[], i.indcollation::pg_catalog.oid[],"
    "  i.indclass::pg_catalog.oid[], i.indoption::pg_catalog.int2[])"
    "  WITH ORDINALITY u (att, coll, class, option, n)"
    " JOIN pg_catalog.pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = u.n"
    " JOIN pg_catalog.pg_type y ON y.oid = ia.atttypid"
    " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.att"
    " LEFT JOIN pg_catalog.pg_collation o ON o.oid = u.coll"
    " LEFT JOIN pg_catalog.pg_opclass x ON x.oid = u.class"
    " ORDER BY i.indexrelid, u.n";

static void
set_order(mig_key_part *part, const PGresult *res, int row)
{
    int  option = PQgetvalue(res, row, PART_OPTION)[0] - '0';
    bool first;

    if (PQgetisnull(res, row, PART_OPTION) || !mig__query_true(res, row, PART_ORDERED))
        return;
    part->descending = (option & OPTION_DESC) != 0;
    first = (option & OPTION_NULLS_FIRST) != 0;
    if (first != part->descending)
        part->nulls = first ? MIG_NULLS_FIRST : MIG_NULLS_LAST;
}

static bool
add_part(mig__schema_read *read, mig_index *index, const PGresult *res, int row)
{
    bool          failed = false;
    mig_key_part *part;

    if (mig__query_true(res, row, PART_INCLUDED))
        return mig_schema_add_name(read->schema, &index->include, &index->n_include,
                                   PQgetvalue(res, row, PART_COLUMN));
    part = mig_schema_add_part(read->schema, &index->parts, &index->n_parts);
    if (part == NULL)
        return false;
    part->column = mig__schema_text(read, res, row, PART_COLUMN, &failed);
    part->expression = mig__schema_bare(read, res, row, PART_EXPRESSION, &failed);
    part->collation = mig__schema_text(read, res, row, PART_COLLATION, &failed);
    part->opclass = mig__schema_text(read, res, row, PART_OPCLASS, &failed);
    set_order(part, res, row);
    return !failed;
}

static bool
add_invalid(mig__schema_read *read, const PGresult *res, int row)
{
    bool               failed = false;
    mig_schema_object *object =
        mig_schema_add_object(read->schema, MIG_OBJECT_OTHER, PQgetvalue(res, row, INDEX_NAME));

    if (object == NULL)
        return false;
    object->table = mig__schema_text(read, res, row, INDEX_TABLE, &failed);
    object->sql = mig__schema_text(read, res, row, INDEX_DEFINITION, &failed);
    object->comment = mig__schema_text(read, res, row, INDEX_COMMENT, &failed);
    return !failed;
}

static bool
add_index(mig__schema_read *read, const PGresult *res, int row, const PGresult *parts)
{
    bool        failed = false;
    const char *oid = PQgetvalue(res, row, INDEX_OID);
    mig_index  *index;

    if (!mig__query_true(res, row, INDEX_VALID))
        return add_invalid(read, res, row);
    index = mig_schema_add_index(read->schema, PQgetvalue(res, row, INDEX_NAME),
                                 PQgetvalue(res, row, INDEX_TABLE));
    if (index == NULL)
        return false;
    index->unique = mig__query_true(res, row, INDEX_UNIQUE);
    index->where = mig__schema_bare(read, res, row, INDEX_WHERE, &failed);
    index->method = mig__schema_text(read, res, row, INDEX_METHOD, &failed);
    index->nulls_not_distinct = mig__query_true(res, row, INDEX_NULLS_NOT_DISTINCT);
    index->definition = mig__schema_text(read, res, row, INDEX_DEFINITION, &failed);
    index->comment = mig__schema_text(read, res, row, INDEX_COMMENT, &failed);
    for (int i = mig__schema_first(parts, oid); mig__schema_same(parts, i, oid); i++)
        if (!add_part(read, index, parts, i))
            return false;
    return !failed;
}

mig_status
mig__schema_indexes(mig__schema_read *read, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *indexes = NULL, *parts = NULL;

    MIG_TRY(mig__schema_ask(read, indexes_sql, &indexes, err));
    MIG_TRY(mig__schema_ask(read, parts_sql, &parts, err));
    for (int row = 0; row < PQntuples(indexes); row++)
        if (!add_index(read, indexes, row, parts)) {
            st = mig__schema_nomem(err);
            goto done;
        }
done:
    PQclear(indexes);
    PQclear(parts);
    return st;
}
