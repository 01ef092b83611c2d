/*
 * pg_catalog.c - the target schema's tables as a mig_catalog.
 *
 * Three queries, each sorted by table OID, are merged: tables, columns,
 * foreign keys.  All three run in one repeatable-read transaction, so that
 * they speak of the same moment.
 *
 * Partitions are not tables of their own here.  A foreign key that stands on
 * or leads to a partition counts for the root of its tree, since that is what
 * is copied and ordered.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

/* Rows of one result, walked once in the order of their first column, an OID. */
typedef struct walk {
    PGresult *res;
    int       row;
} walk;

enum { TABLE_OID, TABLE_NAME, TABLE_KIND };
static const char tables_sql[] =
    "SELECT c.oid, c.relname, c.relkind FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'f', 'v', 'm')%s ORDER BY c.oid";

enum {
    COLUMN_TABLE,
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_TYPE_OID,
    COLUMN_TYPMOD,
    COLUMN_NOT_NULL,
    COLUMN_GENERATED,
    COLUMN_DEFAULT,
    COLUMN_PK_POSITION
};
static const char columns_sql[] =
    "SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),"
    " a.atttypid, a.atttypmod, a.attnotnull, %s AS generated, a.atthasdef AND NOT %s OR %s,"
    " COALESCE(pg_catalog.array_position(k.conkey, a.attnum), 0)"
    " FROM pg_catalog.pg_attribute a"
    " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'"
    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'f', 'v', 'm')"
    " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

enum { KEY_TABLE, KEY_NAME, KEY_PARENT, KEY_PARENT_SCHEMA, KEY_PARENT_HERE };
static const char keys_sql[] =
    "SELECT x.child::pg_catalog.oid, x.conname, p.relname, pn.nspname, pn.nspname = $1"
    " FROM (SELECT k.conname, %s AS child, %s AS parent FROM pg_catalog.pg_constraint k"
    "       WHERE k.contype = 'f'%s) x"
    " JOIN pg_catalog.pg_class c ON c.oid = x.child"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class p ON p.oid = x.parent"
    " JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
    " WHERE n.nspname = $1 ORDER BY x.child::pg_catalog.oid, x.conname";

/* Built-in types by OID (src/include/catalog/pg_type.dat): these numbers never change. */
static mig_wire_type
wire_of(long type_oid, long typmod)
{
    switch (type_oid) {
    case 16:
        return MIG_WIRE_BOOL;
    case 17:
        return MIG_WIRE_BYTEA;
    case 20:
        return MIG_WIRE_INT8;
    case 23:
        return MIG_WIRE_INT4;
    case 25:
        return MIG_WIRE_TEXT;
    case 114:
        return MIG_WIRE_JSON;
    case 701:
        return MIG_WIRE_FLOAT8;
    case 1043: /* varchar(n) cuts trailing blanks silently */
        return typmod == -1 ? MIG_WIRE_TEXT : MIG_WIRE_NONE;
    case 1114: /* timestamp(n) rounds silently; 6 is all there is */
        return typmod == -1 || typmod == 6 ? MIG_WIRE_TIMESTAMP : MIG_WIRE_NONE;
    case 1184:
        return typmod == -1 || typmod == 6 ? MIG_WIRE_TIMESTAMPTZ : MIG_WIRE_NONE;
    case 2950:
        return MIG_WIRE_UUID;
    case 3802:
        return MIG_WIRE_JSONB;
    default:
        return MIG_WIRE_NONE;
    }
}

static mig_table_kind
kind_of(char relkind)
{
    switch (relkind) {
    case 'r':
        return MIG_TABLE_PLAIN;
    case 'p':
        return MIG_TABLE_PARTITIONED;
    case 'f':
        return MIG_TABLE_FOREIGN;
    default:
        return MIG_TABLE_VIEW;
    }
}

static unsigned long
oid_at(const walk *w, int column)
{
    return strtoul(PQgetvalue(w->res, w->row, column), NULL, 10);
}

/* Steps over what belongs to tables that are not listed (partitions); true while there is a row of
 * this one. */
static bool
next_of(walk *w, unsigned long table)
{
    while (w->row < PQntuples(w->res) && oid_at(w, 0) < table)
        w->row++;
    return w->row < PQntuples(w->res) && oid_at(w, 0) == table;
}

static bool
add_column(mig_table *table, const walk *w)
{
    mig_column *column = mig_table_add_column(table, PQgetvalue(w->res, w->row, COLUMN_NAME),
                                              PQgetvalue(w->res, w->row, COLUMN_TYPE));

    if (column == NULL)
        return false;
    column->wire = wire_of(strtol(PQgetvalue(w->res, w->row, COLUMN_TYPE_OID), NULL, 10),
                           strtol(PQgetvalue(w->res, w->row, COLUMN_TYPMOD), NULL, 10));
    column->not_null = mig__query_true(w->res, w->row, COLUMN_NOT_NULL);
    column->generated = mig__query_true(w->res, w->row, COLUMN_GENERATED);
    column->has_default = mig__query_true(w->res, w->row, COLUMN_DEFAULT);
    column->pk_position = (int)strtol(PQgetvalue(w->res, w->row, COLUMN_PK_POSITION), NULL, 10);
    return true;
}

/* A parent in another schema is named with it: no table here can have that name by accident,
 * and mig_catalog_finish() does not find it. */
static bool
add_key(mig_table *table, const walk *w)
{
    mig_buf     qualified = MIG_BUF_INIT;
    const char *parent = PQgetvalue(w->res, w->row, KEY_PARENT);
    bool        added;

    if (!mig__query_true(w->res, w->row, KEY_PARENT_HERE)) {
        mig_buf_printf(&qualified, "%s.%s", PQgetvalue(w->res, w->row, KEY_PARENT_SCHEMA), parent);
        parent = mig_buf_text(&qualified);
    }
    added = !qualified.failed &&
            mig_table_add_foreign_key(table, PQgetvalue(w->res, w->row, KEY_NAME), parent) != NULL;
    mig_buf_fini(&qualified);
    return added;
}

static mig_status
merge(mig_catalog *catalog, walk *tables, walk *columns, walk *keys, mig_error *err)
{
    for (; tables->row < PQntuples(tables->res); tables->row++) {
        unsigned long oid = oid_at(tables, TABLE_OID);
        mig_table    *table =
            mig_catalog_add_table(catalog, PQgetvalue(tables->res, tables->row, TABLE_NAME),
                                  kind_of(PQgetvalue(tables->res, tables->row, TABLE_KIND)[0]));

        if (table == NULL)
            goto no_memory;
        for (; next_of(columns, oid); columns->row++)
            if (!add_column(table, columns))
                goto no_memory;
        for (; next_of(keys, oid); keys->row++)
            if (!add_key(table, keys))
                goto no_memory;
    }
    return MIG_OK;
no_memory:
    return mig_raise(err, MIG_E_NOMEM, "cannot hold the target's catalog");
}

/* The queries of this server's version. */
static mig_status
query_catalog(mig__pg_sink *sink, PGresult **tablesp, PGresult **columnsp, PGresult **keysp,
              mig_error *err)
{
    static const char what[] = "cannot read the target's catalog";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    const char       *schema = sink->schema;
    int               version = PQserverVersion(sink->control.conn);
    const char       *generated = version >= 120000 ? "a.attgenerated <> ''" : "false";
    const char       *identity = version >= 100000 ? "a.attidentity <> ''" : "false";

    mig_buf_printf(&sql, tables_sql, version >= 100000 ? " AND NOT c.relispartition" : "");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, what, mig_buf_text(&sql), 1, &schema, tablesp, err));

    mig_buf_clear(&sql);
    mig_buf_printf(&sql, columns_sql, generated, generated, identity);
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, what, mig_buf_text(&sql), 1, &schema, columnsp, err));

    mig_buf_clear(&sql);
    if (version >= 120000)
        mig_buf_printf(
            &sql, keys_sql,
            "COALESCE(pg_catalog.pg_partition_root(k.conrelid)::pg_catalog.oid, k.conrelid)",
            "COALESCE(pg_catalog.pg_partition_root(k.confrelid)::pg_catalog.oid, k.confrelid)",
            " AND k.conparentid = 0");
    else
        mig_buf_printf(&sql, keys_sql, "k.conrelid", "k.confrelid",
                       version >= 110000 ? " AND k.conparentid = 0" : "");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, what, mig_buf_text(&sql), 1, &schema, keysp, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__pg_catalog_read(mig__pg_sink *sink, mig_catalog **catalogp, mig_error *err)
{
    mig_status   st = MIG_OK;
    mig_catalog *catalog = NULL;
    walk         tables = {0}, columns = {0}, keys = {0};

    *catalogp = NULL;
    MIG_TRY(mig__sink_begin_catalog(sink, err));
    MIG_TRY(query_catalog(sink, &tables.res, &columns.res, &keys.res, err));
    MIG_TRY(mig__sink_end(sink, "cannot read the target's catalog", err));

    catalog = mig_catalog_new(sink->schema);
    if (catalog == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the target's catalog");
        goto done;
    }
    MIG_TRY(merge(catalog, &tables, &columns, &keys, err));
    mig_catalog_finish(catalog);
    *catalogp = catalog;
    catalog = NULL;
done:
    mig__query_rollback(&sink->control);
    PQclear(tables.res);
    PQclear(columns.res);
    PQclear(keys.res);
    mig_catalog_free(catalog);
    return st;
}
