/*
 * keys.c - foreign keys that do not stand while rows are copied.
 *
 * They are dropped in the transaction that erases the tables, and in the same
 * one their definitions go to db_migrate.foreign_key, as the server tells them.
 * A later run that finds definitions there takes those for the original ones.
 * restore_key.c puts them back.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

#define KEY_NAME "\"" MIG__STATE_SCHEMA "\".\"" MIG__KEY_TABLE "\""

static const char columns[] =
    "schema_name pg_catalog.text NOT NULL, table_name pg_catalog.text NOT NULL,"
    " key_name pg_catalog.text NOT NULL, definition pg_catalog.text NOT NULL,"
    " validated pg_catalog.bool NOT NULL, comment pg_catalog.text,"
    " PRIMARY KEY (target, schema_name, table_name, key_name)";

enum {
    FOUND_SCHEMA,
    FOUND_TABLE,
    FOUND_NAME,
    FOUND_DEFINITION,
    FOUND_VALIDATED,
    FOUND_COMMENT, /* up to here it is recorded */
    FOUND_PARENT_SCHEMA,
    FOUND_PARENT,
    FOUND_OWNED,     /* its table, by this role */
    FOUND_REFERENCES /* the role may refer to the parent */
};
/* $1 the schema, $2 and $3 tables and their keys.  A key may stand on a partition (%s: its root).
 */
static const char suspended_sql[] =
    "SELECT n.nspname, c.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid),"
    " k.convalidated, pg_catalog.obj_description(k.oid, 'pg_constraint'),"
    " pn.nspname, p.relname, pg_catalog.pg_has_role(c.relowner, 'USAGE'),"
    " NOT EXISTS (SELECT FROM unnest(k.confkey) AS f (att)"
    "  WHERE NOT pg_catalog.has_column_privilege(p.oid, f.att, 'REFERENCES'))"
    " FROM ROWS FROM (unnest($2::pg_catalog.text[]), unnest($3::pg_catalog.text[]))"
    "  AS w (table_name, key_name)"
    " JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.conname = w.key_name%s"
    " JOIN pg_catalog.pg_class r ON r.oid = %s AND r.relname = w.table_name"
    " JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace AND rn.nspname = $1"
    " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class p ON p.oid = k.confrelid"
    " JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
    " ORDER BY 1, 2, 3";

/* Arrays of the tables and names of the suspended keys; false if there is none. */
static bool
list_keys(const mig_plan *plan, mig_buf *tables, mig_buf *names)
{
    size_t n = 0;

    for (size_t t = 0; t < plan->n_tables; t++) {
        for (size_t k = 0; k < plan->tables[t].n_suspended; k++, n++) {
            mig_buf_puts(tables, n > 0 ? "," : "{");
            mig__query_element(tables, plan->tables[t].target->name);
            mig_buf_puts(names, n > 0 ? "," : "{");
            mig__query_element(names, plan->tables[t].suspended[k]->name);
        }
    }
    mig_buf_puts(tables, "}");
    mig_buf_puts(names, "}");
    return n > 0;
}

/* Finds the plan's suspended keys; *resp is NULL if it has none. */
static mig_status
find_keys(mig__pg_sink *sink, const mig_plan *plan, PGresult **resp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT, tables = MIG_BUF_INIT, names = MIG_BUF_INIT;
    const char *params[3] = {sink->schema, NULL, NULL};
    int         version = PQserverVersion(sink->control.conn);

    *resp = NULL;
    if (!list_keys(plan, &tables, &names))
        goto done;
    MIG_TRY(mig_buf_check(&tables, err));
    MIG_TRY(mig_buf_check(&names, err));
    params[1] = mig_buf_text(&tables);
    params[2] = mig_buf_text(&names);
    mig_buf_printf(&sql, suspended_sql, version >= 110000 ? " AND k.conparentid = 0" : "",
                   version >= 120000
                       ? "COALESCE(pg_catalog.pg_partition_root(k.conrelid), k.conrelid)"
                       : "k.conrelid");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, "cannot read the target's foreign keys",
                            mig_buf_text(&sql), 3, params, resp, err));
done:
    mig_buf_fini(&sql);
    mig_buf_fini(&tables);
    mig_buf_fini(&names);
    return st;
}

static void
add_record(mig_buf *sql, const char *target, const PGresult *res, int row)
{
    mig_buf_puts(sql, "INSERT INTO " KEY_NAME " VALUES (");
    mig_buf_literal(sql, target);
    for (int column = FOUND_SCHEMA; column <= FOUND_COMMENT; column++) {
        mig_buf_puts(sql, ", ");
        if (PQgetisnull(res, row, column))
            mig_buf_puts(sql, "NULL");
        else
            mig_buf_literal(sql, PQgetvalue(res, row, column));
    }
    mig_buf_puts(sql, ") ON CONFLICT DO NOTHING;");
}

static void
add_alter(mig_buf *sql, const PGresult *res, int row, const char *verb)
{
    mig_buf_puts(sql, "ALTER TABLE ");
    mig__query_name(sql, PQgetvalue(res, row, FOUND_SCHEMA), PQgetvalue(res, row, FOUND_TABLE));
    mig_buf_printf(sql, " %s CONSTRAINT ", verb);
    mig_buf_identifier(sql, PQgetvalue(res, row, FOUND_NAME));
}

mig_status
mig__keys_suspend(mig__pg_sink *sink, const mig_plan *plan, mig_error *err)
{
    static const char what[] = "cannot suspend the target's foreign keys";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    PGresult         *res = NULL;

    MIG_TRY(mig__query_run(&sink->control, what, "SET LOCAL search_path = pg_catalog", err));
    MIG_TRY(find_keys(sink, plan, &res, err));
    if (res != NULL && PQntuples(res) > 0) {
        MIG_TRY(mig__record_make(sink, MIG__KEY_TABLE, columns, err));
        for (int i = 0; i < PQntuples(res); i++) {
            add_record(&sql, sink->schema, res, i);
            add_alter(&sql, res, i, "DROP");
            mig_buf_puts(&sql, ";");
        }
        MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    }
    MIG_TRY(mig__sink_own_path(sink, err));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* ---- rights ------------------------------------------------------------------------------ */

/* The statement that gives what the key of this row lacks; nothing if it lacks nothing. */
static void
add_remedy(const mig__pg_sink *sink, const PGresult *res, int row, mig_buf *sql)
{
    if (!mig__query_true(res, row, FOUND_OWNED)) {
        mig_buf_puts(sql, "ALTER TABLE ");
        mig__query_name(sql, PQgetvalue(res, row, FOUND_SCHEMA), PQgetvalue(res, row, FOUND_TABLE));
        mig_buf_puts(sql, " OWNER TO ");
    } else if (!mig__query_true(res, row, FOUND_REFERENCES)) {
        mig_buf_puts(sql, "GRANT REFERENCES ON TABLE ");
        mig__query_name(sql, PQgetvalue(res, row, FOUND_PARENT_SCHEMA),
                        PQgetvalue(res, row, FOUND_PARENT));
        mig_buf_puts(sql, " TO ");
    } else {
        return;
    }
    mig_buf_identifier(sql, sink->role);
    mig_buf_puts(sql, ";");
}

mig_status
mig__keys_check(mig__pg_sink *sink, const mig_plan *plan, bool *anyp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    *anyp = false;
    MIG_TRY(find_keys(sink, plan, &res, err));
    *anyp = res != NULL && PQntuples(res) > 0;
    for (int i = 0; *anyp && i < PQntuples(res); i++) {
        mig_buf one = MIG_BUF_INIT;

        add_remedy(sink, res, i, &one);
        if (one.len > 0 && st == MIG_OK)
            st = mig_raise(err, MIG_E_RIGHTS,
                           "the role %s may not suspend foreign keys between tables that refer to "
                           "each other",
                           sink->role);
        if (one.len > 0)
            mig_error_detail(err, "%s (%s)", PQgetvalue(res, i, FOUND_TABLE),
                             PQgetvalue(res, i, FOUND_NAME));
        if (one.len > 0 && strstr(mig_buf_text(&sql), mig_buf_text(&one)) == NULL)
            mig_buf_printf(&sql, "%s%s", sql.len > 0 ? " " : "", mig_buf_text(&one));
        mig_buf_fini(&one);
    }
    if (st != MIG_OK && !sql.failed)
        mig_error_hint(err, "have a superuser run, in database \"%s\": %s", sink->database,
                       mig_buf_text(&sql));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}
