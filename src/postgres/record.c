/*
 * record.c - the tables in which the truth about suspended things stands.
 *
 * They are made in the transaction that suspends something, in a schema of our
 * own; each goes with its last row, and the schema with the last thing in it.
 * Runs on other schemas of the same database share them: their rows are told
 * apart by the column "target", which each table has first.  Records of another role, which this
 * one may not change, count as not there; only mig__record_list() tells that there are some.
 *
 * Threads: the sink's.
 */
#include "pg_sink.h"

static void
add_name(mig_buf *sql, const char *table)
{
    mig__query_name(sql, MIG__STATE_SCHEMA, table);
}

/* Runs a query of one truth value. */
static mig_status
ask(mig__pg_sink *sink, const char *what, const char *sql, bool *answerp, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(mig__query_rows(&sink->control, what, sql, 0, NULL, &res, err));
    *answerp = mig__query_true(res, 0, 0);
done:
    PQclear(res);
    return st;
}

mig_status
mig__record_exists(mig__pg_sink *sink, const char *table, bool *existsp, mig_error *err)
{
    static const char what[] = "cannot look for what an earlier run has suspended";
    mig_status        st = MIG_OK;
    PGresult         *res = NULL;

    *existsp = false;
    MIG_TRY(mig__query_rows(&sink->control, what,
                            "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c"
                            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                            " WHERE n.nspname = '" MIG__STATE_SCHEMA "' AND c.relname = $1"
                            " AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
                            " AND pg_catalog.has_table_privilege(c.oid, 'DELETE'))",
                            1, &table, &res, err));
    *existsp = mig__query_true(res, 0, 0);
done:
    PQclear(res);
    return st;
}

mig_status
mig__record_make(mig__pg_sink *sink, const char *table, const char *columns, mig_error *err)
{
    static const char what[] = "cannot record what is suspended";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    bool              exists, have_schema;

    MIG_TRY(mig__record_exists(sink, table, &exists, err));
    if (exists)
        goto done;
    /* IF NOT EXISTS would ask for the right to make it also where it is there. */
    MIG_TRY(ask(sink, what,
                "SELECT pg_catalog.to_regnamespace('" MIG__STATE_SCHEMA "') IS NOT NULL",
                &have_schema, err));
    if (!have_schema)
        mig_buf_puts(&sql, "CREATE SCHEMA IF NOT EXISTS \"" MIG__STATE_SCHEMA "\";");
    mig_buf_puts(&sql, "CREATE TABLE ");
    add_name(&sql, table);
    mig_buf_printf(&sql, " (target pg_catalog.text NOT NULL, %s)", columns);
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__record_lock(mig__pg_sink *sink, const char *table, mig_error *err)
{
    mig_buf    sql = MIG_BUF_INIT;
    mig_status st;

    mig_buf_puts(&sql, "LOCK TABLE ");
    add_name(&sql, table);
    mig_buf_puts(&sql, " IN ACCESS EXCLUSIVE MODE");
    st = mig__query_run_buf(&sink->control, "cannot lock the record of what is suspended", &sql,
                            err);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__record_drop_schema(mig__pg_sink *sink, mig_error *err)
{
    static const char unused_sql[] =
        "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
        " WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"
        " AND d.refobjid = pg_catalog.to_regnamespace('" MIG__STATE_SCHEMA "'))";
    static const char what[] = "cannot remove the schema " MIG__STATE_SCHEMA;
    mig_status        st = MIG_OK;
    bool              unused = false;

    MIG_TRY(ask(sink, what, unused_sql, &unused, err));
    if (unused)
        MIG_TRY(mig__query_run(&sink->control, what, "DROP SCHEMA \"" MIG__STATE_SCHEMA "\"", err));
done:
    return st;
}

/* The table if it is empty, and the schema if nothing is in it. */
static mig_status
drop_unused(mig__pg_sink *sink, const char *what, const char *table, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    bool       empty = false;

    mig_buf_puts(&sql, "SELECT NOT EXISTS (SELECT FROM ");
    add_name(&sql, table);
    mig_buf_puts(&sql, ")");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(ask(sink, what, mig_buf_text(&sql), &empty, err));
    if (!empty)
        goto done;
    mig_buf_clear(&sql);
    mig_buf_puts(&sql, "DROP TABLE ");
    add_name(&sql, table);
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    MIG_TRY(mig__record_drop_schema(sink, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__record_drop(mig__pg_sink *sink, const char *table, const char *condition, mig_error *err)
{
    static const char what[] = "cannot remove the record of what was suspended";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "DELETE FROM ");
    add_name(&sql, table);
    mig_buf_puts(&sql, " WHERE target = ");
    mig_buf_literal(&sql, sink->home);
    mig_buf_printf(&sql, " AND %s", condition);
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    MIG_TRY(drop_unused(sink, what, table, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__record_begin(mig__pg_sink *sink, const char *what, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__sink_begin(sink, what, "SET LOCAL lock_timeout = '" MIG__RESTORE_LOCK_TIMEOUT "'",
                            err));
    MIG_TRY(mig__sink_own_path(sink, err));
done:
    return st;
}

static mig_status
forget(mig__pg_sink *sink, const char *table, const char *names, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    condition = MIG_BUF_INIT;
    bool       exists;

    MIG_TRY(mig__record_exists(sink, table, &exists, err));
    if (!exists)
        goto done;
    mig_buf_puts(&condition, "schema_name = target AND table_name = ANY (");
    mig_buf_literal(&condition, names);
    mig_buf_puts(&condition, "::pg_catalog.text[])");
    MIG_TRY(mig_buf_check(&condition, err));
    MIG_TRY(mig__record_lock(sink, table, err));
    MIG_TRY(mig__record_drop(sink, table, mig_buf_text(&condition), err));
done:
    mig_buf_fini(&condition);
    return st;
}

mig_status
mig__record_forget(mig__pg_sink *sink, const char *names, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(forget(sink, MIG__INDEX_TABLE, names, err));
    MIG_TRY(forget(sink, MIG__KEY_TABLE, names, err));
    MIG_TRY(forget(sink, MIG__STATE_TABLE, names, err));
done:
    return st;
}

/* The rows of one record as lines; `line` is an expression. */
static mig_status
list_one(mig__pg_sink *sink, const char *table, const char *line, mig_buf *found, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    PGresult   *res = NULL;
    const char *target = sink->home;
    bool        exists;

    MIG_TRY(mig__record_exists(sink, table, &exists, err));
    if (!exists)
        goto done;
    mig_buf_printf(&sql, "SELECT %s FROM ", line);
    add_name(&sql, table);
    mig_buf_puts(&sql, " WHERE target = $1 ORDER BY 1");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, "cannot read what an earlier run has suspended",
                            mig_buf_text(&sql), 1, &target, &res, err));
    for (int i = 0; i < PQntuples(res); i++)
        mig_buf_printf(found, "%s\n", PQgetvalue(res, i, 0));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* Records that the role may not read could be about this target. */
static mig_status
list_hidden(mig__pg_sink *sink, mig_buf *found, mig_error *err)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = '" MIG__STATE_SCHEMA "' AND c.relkind = 'r'"
        " AND c.relname IN ('" MIG__INDEX_TABLE "', '" MIG__KEY_TABLE "', '" MIG__STATE_TABLE "')"
        " AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
        "  AND pg_catalog.has_table_privilege(c.oid, 'DELETE')))";
    mig_status st;
    bool       hidden = false;

    st = ask(sink, "cannot look for what an earlier run has suspended", sql, &hidden, err);
    if (st == MIG_OK && hidden)
        mig_buf_puts(found,
                     "what a run of another role has recorded in the schema " MIG__STATE_SCHEMA
                     ", here or in another schema\n");
    return st;
}

mig_status
mig__record_list(mig__pg_sink *sink, mig_buf *found, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(list_hidden(sink, found, err));
    MIG_TRY(list_one(sink, MIG__INDEX_TABLE,
                     "CASE kind WHEN 'p' THEN 'primary key ' WHEN 'u' THEN 'unique constraint '"
                     " ELSE 'index ' END || index_name || ' of ' || table_name",
                     found, err));
    MIG_TRY(list_one(sink, MIG__KEY_TABLE, "'foreign key ' || key_name || ' of ' || table_name",
                     found, err));
    MIG_TRY(list_one(sink, MIG__STATE_TABLE, "'trigger ' || trigger_name || ' of ' || table_name",
                     found, err));
    MIG_TRY(mig_buf_check(found, err));
done:
    return st;
}
