/*
 * pg_catalog.c - tables as a mig_catalog.
 *
 * Three queries, each sorted by table OID, are merged: tables, columns,
 * foreign keys.  All three run in one repeatable-read transaction, so that
 * they speak of the same moment.
 *
 * Partitions are not tables of their own here.  A foreign key that stands on
 * or leads to a partition counts for the root of its tree, since that is what
 * is copied and ordered.
 *
 * Threads: the session's.
 */
#include <stdlib.h>
#include <string.h>

#include "column_type.h"

/* Rows of one result, walked once in the order of their first column, an OID. */
typedef struct walk {
    PGresult *res;
    int       row;
} walk;

enum { TABLE_OID, TABLE_NAME, TABLE_KIND, TABLE_HOME_SCHEMA, TABLE_HOME_NAME };
static const char tables_sql[] =
    "SELECT c.oid, " MIG__CALLED ", c.relkind, n.nspname, c.relname FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE " MIG__IN_SCHEMAS " AND c.relkind IN ('r', 'p', 'f', 'v', 'm')%s ORDER BY c.oid";

enum {
    COLUMN_TABLE,
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_NOT_NULL,
    COLUMN_GENERATED,
    COLUMN_DEFAULT,
    COLUMN_PK_POSITION,
    COLUMN_TYPE_FIELDS /* column_type.h */
};
static const char columns_sql[] = MIG__COLUMN_TYPE_WITH
    "SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),"
    " a.attnotnull, %s AS generated, a.atthasdef AND NOT %s OR %s,"
    " COALESCE(pg_catalog.array_position(k.conkey, a.attnum), 0)," MIG__COLUMN_TYPE_FIELDS
    " FROM pg_catalog.pg_attribute a"
    " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = "
    "'p'" MIG__COLUMN_TYPE_JOINS " WHERE " MIG__IN_SCHEMAS
    " AND c.relkind IN ('r', 'p', 'f', 'v', 'm')"
    " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

enum {
    KEY_TABLE,
    KEY_OID,
    KEY_NAME,
    KEY_PARENT,
    KEY_PARENT_SCHEMA,
    KEY_PARENT_HERE,
    KEY_VALIDATED,
    KEY_BYTEWISE,
    KEY_COLUMN,
    KEY_PARENT_COLUMN
};
/* Whether no column of the key k has a collation that takes different texts for equal (server 12).
 */
static const char folding_sql[] =
    "NOT EXISTS (SELECT FROM pg_catalog.pg_attribute f"
    " JOIN pg_catalog.pg_collation o ON o.oid = f.attcollation AND NOT o.collisdeterministic"
    " WHERE f.attrelid = k.conrelid AND f.attnum = ANY (k.conkey)"
    " OR f.attrelid = k.confrelid AND f.attnum = ANY (k.confkey))";

/* A row for each column of a key.  (unnest of several arrays is a form that takes no schema.) */
static const char keys_sql[] =
    "SELECT x.child::pg_catalog.oid, x.oid, x.conname, CASE WHEN $2::pg_catalog.bool AND"
    " pn.nspname = ANY ($1::pg_catalog.name[]) THEN pg_catalog.concat(pn.nspname, '_', p.relname)"
    " ELSE p.relname END, pn.nspname, pn.nspname = ANY ($1::pg_catalog.name[]),"
    " x.convalidated, x.bytewise, a.attname, pa.attname"
    " FROM (SELECT k.*, %s AS child, %s AS parent, %s AS bytewise FROM (SELECT k.oid, k.conname,"
    "        k.conrelid,"
    "        k.confrelid, k.conkey, k.confkey, k.convalidated FROM pg_catalog.pg_constraint k"
    "        WHERE k.contype = 'f'%s) k) x"
    " CROSS JOIN LATERAL unnest(x.conkey, x.confkey) WITH ORDINALITY u (att, parent_att, n)"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = x.conrelid AND a.attnum = u.att"
    " JOIN pg_catalog.pg_attribute pa ON pa.attrelid = x.confrelid AND pa.attnum = u.parent_att"
    " JOIN pg_catalog.pg_class c ON c.oid = x.child"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class p ON p.oid = x.parent"
    " JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
    " WHERE " MIG__IN_SCHEMAS " ORDER BY x.child::pg_catalog.oid, x.conname, x.oid, u.n";

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
add_column(mig_table *table, const walk *w, mig__side side)
{
    mig_column *column = mig_table_add_column(table, PQgetvalue(w->res, w->row, COLUMN_NAME),
                                              PQgetvalue(w->res, w->row, COLUMN_TYPE));

    if (column == NULL)
        return false;
    column->not_null = mig__query_true(w->res, w->row, COLUMN_NOT_NULL);
    column->generated = mig__query_true(w->res, w->row, COLUMN_GENERATED);
    column->has_default = mig__query_true(w->res, w->row, COLUMN_DEFAULT);
    column->pk_position = (int)strtol(PQgetvalue(w->res, w->row, COLUMN_PK_POSITION), NULL, 10);
    return mig__column_type_set(column, side, w->res, w->row, COLUMN_TYPE_FIELDS);
}

/* A parent in another schema is named with it: no table here can have that name by accident,
 * and mig_catalog_finish() does not find it. */
static mig_foreign_key *
add_key(mig_table *table, const walk *w)
{
    mig_buf          qualified = MIG_BUF_INIT;
    const char      *parent = PQgetvalue(w->res, w->row, KEY_PARENT);
    mig_foreign_key *key = NULL;

    if (!mig__query_true(w->res, w->row, KEY_PARENT_HERE)) {
        mig_buf_printf(&qualified, "%s.%s", PQgetvalue(w->res, w->row, KEY_PARENT_SCHEMA), parent);
        parent = mig_buf_text(&qualified);
    }
    if (!qualified.failed)
        key = mig_table_add_foreign_key(table, PQgetvalue(w->res, w->row, KEY_NAME), parent);
    if (key != NULL) {
        key->validated = mig__query_true(w->res, w->row, KEY_VALIDATED);
        key->bytewise = mig__query_true(w->res, w->row, KEY_BYTEWISE);
    }
    mig_buf_fini(&qualified);
    return key;
}

/* A column of a key, and with the first one the key itself. */
static bool
add_key_column(mig_table *table, const walk *w)
{
    bool             is_first = w->row == 0 || strcmp(PQgetvalue(w->res, w->row, KEY_OID),
                                                      PQgetvalue(w->res, w->row - 1, KEY_OID)) != 0;
    mig_foreign_key *key =
        is_first ? add_key(table, w) : &table->foreign_keys[table->n_foreign_keys - 1];

    return key != NULL && mig_foreign_key_add_column(key, PQgetvalue(w->res, w->row, KEY_COLUMN),
                                                     PQgetvalue(w->res, w->row, KEY_PARENT_COLUMN));
}

/* The three results of one reading. */
typedef struct answers {
    mig__side           side;
    const mig__schemas *schemas;
    walk                tables, columns, keys;
} answers;

static bool
set_home(mig_table *table, const walk *w)
{
    table->home_schema = strdup(PQgetvalue(w->res, w->row, TABLE_HOME_SCHEMA));
    table->home_name = strdup(PQgetvalue(w->res, w->row, TABLE_HOME_NAME));
    return table->home_schema != NULL && table->home_name != NULL;
}

static bool
add_table(mig_catalog *catalog, answers *a)
{
    const walk   *w = &a->tables;
    unsigned long oid = oid_at(w, TABLE_OID);
    mig_table    *table = mig_catalog_add_table(catalog, PQgetvalue(w->res, w->row, TABLE_NAME),
                                                kind_of(PQgetvalue(w->res, w->row, TABLE_KIND)[0]));

    if (table == NULL || (a->schemas->several && !set_home(table, w)))
        return false;
    for (; next_of(&a->columns, oid); a->columns.row++)
        if (!add_column(table, &a->columns, a->side))
            return false;
    for (; next_of(&a->keys, oid); a->keys.row++)
        if (!add_key_column(table, &a->keys))
            return false;
    return true;
}

static mig_status
query(mig__session *session, const answers *a, const mig_buf *sql, int n_params, PGresult **resp,
      mig_error *err)
{
    mig_status  st = mig_buf_check(sql, err);
    const char *params[3] = {mig_buf_text(&a->schemas->array), mig__schemas_several(a->schemas),
                             a->schemas->name};

    if (st == MIG_OK)
        st = mig__query_rows(session,
                             a->side == MIG__SIDE_SOURCE ? "cannot read the source's catalog"
                                                         : "cannot read the target's catalog",
                             mig_buf_text(sql), n_params, params, resp, err);
    return st;
}

/* The queries of this server's version. */
static mig_status
query_catalog(mig__session *session, answers *a, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    int         version = PQserverVersion(session->conn);
    const char *generated = version >= 120000 ? "a.attgenerated <> ''" : "false";
    const char *identity = version >= 100000 ? "a.attidentity <> ''" : "false";

    mig_buf_printf(&sql, tables_sql, version >= 100000 ? " AND NOT c.relispartition" : "");
    MIG_TRY(query(session, a, &sql, 2, &a->tables.res, err));

    mig_buf_clear(&sql);
    mig_buf_printf(&sql, columns_sql, generated, generated, identity);
    MIG_TRY(query(session, a, &sql, 3, &a->columns.res, err));

    mig_buf_clear(&sql);
    if (version >= 120000)
        mig_buf_printf(
            &sql, keys_sql,
            "COALESCE(pg_catalog.pg_partition_root(k.conrelid)::pg_catalog.oid, k.conrelid)",
            "COALESCE(pg_catalog.pg_partition_root(k.confrelid)::pg_catalog.oid, k.confrelid)",
            folding_sql, " AND k.conparentid = 0");
    else
        mig_buf_printf(&sql, keys_sql, "k.conrelid", "k.confrelid", "true",
                       version >= 110000 ? " AND k.conparentid = 0" : "");
    MIG_TRY(query(session, a, &sql, 2, &a->keys.res, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__pg_catalog_read(mig__session *session, mig__side side, const mig__schemas *schemas,
                     mig_catalog **catalogp, mig_error *err)
{
    mig_status   st = MIG_OK;
    mig_catalog *catalog = NULL;
    answers      a = {.side = side, .schemas = schemas};

    *catalogp = NULL;
    MIG_TRY(query_catalog(session, &a, err));

    catalog = mig_catalog_new(schemas->name);
    for (; catalog != NULL && a.tables.row < PQntuples(a.tables.res); a.tables.row++)
        if (!add_table(catalog, &a))
            break;
    if (catalog == NULL || a.tables.row < PQntuples(a.tables.res)) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the %s's catalog", mig__side_name(side));
        goto done;
    }
    if (!mig_catalog_finish(catalog)) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the %s's catalog", mig__side_name(side));
        goto done;
    }
    MIG_TRY(mig__column_type_money(session, side, catalog, err));
    if (side == MIG__SIDE_SOURCE)
        MIG_TRY(mig__counters_read(session, schemas, catalog, err));
    *catalogp = catalog;
    catalog = NULL;
done:
    PQclear(a.tables.res);
    PQclear(a.columns.res);
    PQclear(a.keys.res);
    mig_catalog_free(catalog);
    return st;
}
