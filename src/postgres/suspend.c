/*
 * suspend.c - indexes and keys that do not stand while rows are copied.
 *
 * They are dropped in the transaction that erases the tables, and in the same
 * one what makes them again goes to db_migrate.suspended_index, in the server's
 * own words: the definition of the index; for a primary key or unique
 * constraint the statement that takes this index for it; and what else was said
 * of it (comments, statistics targets, CLUSTER, replica identity).  restore_index.c
 * puts them back.  A later run that finds rows there takes those for the truth.
 *
 * What stays: exclusion constraints, which are what refuses rows, not a help for
 * reading them; indexes that are not valid, since none that is made would be like
 * them; whatever something else rests on (a foreign key that is not suspended, a
 * view that groups by the primary key, an extension); and what lies in a
 * tablespace where the role may not make it again.  Foreign keys have to be
 * suspended before (keys.c), which is what frees the indexes they refer to.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

#define INDEX_NAME "\"" MIG__STATE_SCHEMA "\".\"" MIG__INDEX_TABLE "\""

static const char columns[] =
    "schema_name pg_catalog.text NOT NULL, table_name pg_catalog.text NOT NULL,"
    " index_name pg_catalog.text NOT NULL, kind \"char\" NOT NULL,"
    " tablespace pg_catalog.text NOT NULL, definition pg_catalog.text NOT NULL,"
    " key_definition pg_catalog.text, add_key pg_catalog.text, others pg_catalog.text NOT NULL,"
    " since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),"
    " PRIMARY KEY (target, schema_name, index_name)";

/* ---- what can be suspended ----------------------------------------------------------------- */

static const char *const reasons[] = {
    NULL,
    "the role has no CREATE on the database, to hold a record of them",
    "the schema " MIG__STATE_SCHEMA ", which is to hold a record of them, is another role's",
    "the role has no CREATE on the schema",
    "the table is partitioned",
    "the role does not own the table",
    "the role has no REFERENCES on a table it refers to",
    "triggers of its foreign keys are disabled",
};

/* The position of each reason stands in the CASE. */
static const char rebuildable_sql[] =
    "SELECT CASE WHEN s.oid IS NULL AND NOT"
    "  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') THEN 1"
    " WHEN NOT pg_catalog.pg_has_role(s.nspowner, 'USAGE') THEN 2"
    " WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'CREATE') THEN 3"
    " WHEN c.relkind <> 'r' THEN 4"
    " WHEN NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN 5"
    " WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k, unnest(k.confkey) AS f (att)"
    "  WHERE k.conrelid = c.oid AND k.contype = 'f'"
    "  AND NOT pg_catalog.has_column_privilege(k.confrelid, f.att, 'REFERENCES')) THEN 6"
    " WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger g"
    "  WHERE g.tgrelid = c.oid AND g.tgisinternal AND g.tgenabled <> 'O') THEN 7"
    " ELSE 0 END"
    " FROM unnest($2::pg_catalog.text[]) WITH ORDINALITY AS w (name, position)"
    " JOIN pg_catalog.pg_namespace n ON n.nspname = $1"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name"
    " LEFT JOIN pg_catalog.pg_namespace s ON s.nspname = '" MIG__STATE_SCHEMA "'"
    " ORDER BY w.position";

static mig_status
take_reasons(const PGresult *res, const mig_plan *plan, const char **why_not, mig_error *err)
{
    if ((size_t)PQntuples(res) != plan->n_tables)
        return mig_raise(err, MIG_E_SCHEMA,
                         "a table of the target has gone since it was looked at");
    for (size_t i = 0; i < plan->n_tables; i++)
        why_not[i] = reasons[strtoul(PQgetvalue(res, (int)i, 0), NULL, 10)];
    return MIG_OK;
}

mig_status
mig__indexes_rebuildable(mig__pg_sink *sink, const mig_plan *plan, const mig_table *const *tables,
                         const char **why_not, mig_error *err)
{
    static const char what[] = "cannot ask whether indexes can be suspended";
    mig_status        st = MIG_OK;
    mig_buf           names = MIG_BUF_INIT;
    PGresult         *res = NULL;
    const char       *params[2] = {sink->schema, NULL};

    mig__query_array(&names, tables, plan->n_tables);
    MIG_TRY(mig_buf_check(&names, err));
    params[1] = mig_buf_text(&names);
    MIG_TRY(mig__sink_begin_catalog(sink, err));
    MIG_TRY(mig__query_rows(&sink->control, what, rebuildable_sql, 2, params, &res, err));
    MIG_TRY(take_reasons(res, plan, why_not, err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    PQclear(res);
    mig_buf_fini(&names);
    return st;
}

/* ---- suspending ---------------------------------------------------------------------------- */

/*
 * $1 the schema, $2 the rebuilt tables.  A temporal key (conperiod, since version 18) is an
 * exclusion constraint by another name.  Internal dependencies are those of parts: the index of its
 * constraint, the trigger of a key that is deferrable.
 */
#define SUSPENDABLE                                                                                \
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"         \
    " JOIN pg_catalog.pg_index x ON x.indrelid = c.oid"                                            \
    " JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid"                                          \
    " LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = i.reltablespace"                             \
    " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.oid AND k.conrelid = c.oid"           \
    "  AND k.contype IN ('p', 'u', 'x')"                                                           \
    " WHERE n.nspname = $1 AND c.relname::pg_catalog.text = ANY ($2::pg_catalog.text[])"           \
    " AND c.relkind = 'r' AND x.indisvalid AND x.indisready AND NOT x.indisexclusion"              \
    " AND k.contype IS DISTINCT FROM 'x' AND COALESCE(pg_catalog.to_jsonb(k)"                      \
    "  OPERATOR(pg_catalog.->>) 'conperiod', 'false') = 'false'"                                   \
    " AND COALESCE(pg_catalog.has_tablespace_privilege(s.oid, 'CREATE'), true)"                    \
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype <> 'i' AND"               \
    "  (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.oid"          \
    "   OR d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = "       \
    "k.oid))"                                                                                      \
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype IN ('e', 'x') AND"        \
    "  (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.oid"                \
    "   OR d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = k.oid))"

static const char any_sql[] = "SELECT EXISTS (SELECT" SUSPENDABLE ")";

/* Names of constraints are those of their indexes. */
#define WORDS                                                                                      \
    " n.nspname, c.relname, i.relname, COALESCE(k.contype, 'i'),"                                  \
    " COALESCE(s.spcname, ''), pg_catalog.pg_get_indexdef(i.oid),"                                 \
    " pg_catalog.pg_get_constraintdef(k.oid),"                                                     \
    " CASE WHEN k.oid IS NOT NULL THEN pg_catalog.format("                                         \
    "  'ALTER TABLE ONLY %I.%I ADD CONSTRAINT %I %s USING INDEX %I%s%s', n.nspname, c.relname,"    \
    "  k.conname, CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, i.relname,"        \
    "  CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END,"                                  \
    "  CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END) END,"                       \
    " pg_catalog.concat_ws('; ',"                                                                  \
    "  (SELECT pg_catalog.format('COMMENT ON INDEX %I.%I IS %L', n.nspname, i.relname, e.text)"    \
    "   FROM pg_catalog.obj_description(i.oid, 'pg_class') AS e (text) WHERE e.text IS NOT NULL)," \
    "  (SELECT pg_catalog.format('COMMENT ON CONSTRAINT %I ON %I.%I IS %L', k.conname, n.nspname," \
    "    c.relname, e.text) FROM pg_catalog.obj_description(k.oid, 'pg_constraint') AS e (text)"   \
    "   WHERE e.text IS NOT NULL),"                                                                \
    "  (SELECT pg_catalog.format('ALTER INDEX %I.%I %s', n.nspname, i.relname,"                    \
    "    pg_catalog.string_agg(pg_catalog.format('ALTER COLUMN %s SET STATISTICS %s', a.attnum,"   \
    "    a.attstattarget), ', ' ORDER BY a.attnum)) FROM pg_catalog.pg_attribute a"                \
    "   WHERE a.attrelid = i.oid AND a.attstattarget >= 0 HAVING pg_catalog.count(*) > 0),"        \
    "  CASE WHEN x.indisclustered THEN pg_catalog.format('ALTER TABLE ONLY %I.%I CLUSTER ON %I',"  \
    "   n.nspname, c.relname, i.relname) END,"                                                     \
    "  CASE WHEN x.indisreplident THEN pg_catalog.format("                                         \
    "   'ALTER TABLE ONLY %I.%I REPLICA IDENTITY USING INDEX %I', n.nspname, c.relname,"           \
    "   i.relname) END)"

static const char                                                  record_sql[] =
    "INSERT INTO " INDEX_NAME " SELECT $1::pg_catalog.text," WORDS SUSPENDABLE
    " ON CONFLICT DO NOTHING RETURNING schema_name, table_name, index_name, kind";

static void
add_drop(mig_buf *sql, const PGresult *res, int row)
{
    const char *schema = PQgetvalue(res, row, 0), *name = PQgetvalue(res, row, 2);

    if (PQgetvalue(res, row, 3)[0] == 'i') {
        mig_buf_puts(sql, "DROP INDEX ");
        mig__query_name(sql, schema, name);
    } else {
        mig_buf_puts(sql, "ALTER TABLE ONLY ");
        mig__query_name(sql, schema, PQgetvalue(res, row, 1));
        mig_buf_puts(sql, " DROP CONSTRAINT ");
        mig_buf_identifier(sql, name);
    }
    mig_buf_puts(sql, ";");
}

/* The names of the plan's rebuilt tables as an array; false if there is none. */
static bool
list_rebuilt(const mig_plan *plan, mig_buf *names)
{
    bool any = false;

    for (size_t i = 0; i < plan->n_tables; i++) {
        if (!plan->tables[i].rebuilt)
            continue;
        mig_buf_puts(names, any ? "," : "{");
        mig__query_element(names, plan->tables[i].target->name);
        any = true;
    }
    mig_buf_puts(names, "}");
    return any;
}

/* Records what can be suspended, and appends the statements that drop it. */
static mig_status
record(mig__pg_sink *sink, const char *const *params, mig_buf *drops, mig_error *err)
{
    static const char what[] = "cannot record the target's indexes";
    mig_status        st = MIG_OK;
    PGresult         *any = NULL, *res = NULL;

    MIG_TRY(mig__query_rows(&sink->control, what, any_sql, 2, params, &any, err));
    if (!mig__query_true(any, 0, 0))
        goto done;
    MIG_TRY(mig__record_make(sink, MIG__INDEX_TABLE, columns, err));
    MIG_TRY(mig__query_rows(&sink->control, what, record_sql, 2, params, &res, err));
    for (int i = 0; i < PQntuples(res); i++)
        add_drop(drops, res, i);
done:
    PQclear(any);
    PQclear(res);
    return st;
}

mig_status
mig__indexes_suspend(mig__pg_sink *sink, const mig_plan *plan, mig_error *err)
{
    static const char what[] = "cannot suspend the target's indexes";
    mig_status        st = MIG_OK;
    mig_buf           names = MIG_BUF_INIT, drops = MIG_BUF_INIT;
    const char       *params[2] = {sink->schema, NULL};

    if (!list_rebuilt(plan, &names))
        goto done;
    MIG_TRY(mig_buf_check(&names, err));
    params[1] = mig_buf_text(&names);
    MIG_TRY(mig__query_run(&sink->control, what, "SET LOCAL search_path = pg_catalog", err));
    MIG_TRY(record(sink, params, &drops, err));
    MIG_TRY(mig__sink_own_path(sink, err));
    if (drops.len > 0)
        MIG_TRY(mig__query_run_buf(&sink->control, what, &drops, err));
done:
    mig_buf_fini(&names);
    mig_buf_fini(&drops);
    return st;
}

/* ---- one of them --------------------------------------------------------------------------- */

static const char one_sql[] = "SELECT" WORDS SUSPENDABLE " AND i.relname = $3";

enum {
    ONE_SCHEMA,
    ONE_TABLE,
    ONE_INDEX,
    ONE_KIND,
    ONE_SPACE,
    ONE_DEFINITION,
    ONE_KEY,
    ONE_ADD_KEY,
    ONE_OTHERS
};

static void
add_making(const PGresult *res, mig_buf *again)
{
    mig_buf_puts(again, "SET LOCAL default_tablespace = ");
    mig_buf_literal(again, PQgetvalue(res, 0, ONE_SPACE));
    mig_buf_printf(again, "; %s;", PQgetvalue(res, 0, ONE_DEFINITION));
    for (int column = ONE_ADD_KEY; column <= ONE_OTHERS; column++)
        if (PQgetlength(res, 0, column) > 0)
            mig_buf_printf(again, "%s;", PQgetvalue(res, 0, column));
}

mig_status
mig__index_take_away(mig__pg_sink *sink, const char *table, const char *index, mig_buf *again,
                     mig_error *err)
{
    static const char what[] = "cannot take an index away";
    mig_status        st = MIG_OK;
    mig_buf           names = MIG_BUF_INIT, drop = MIG_BUF_INIT;
    PGresult         *res = NULL;
    const char       *params[3] = {sink->schema, NULL, index};

    mig_buf_puts(&names, "{");
    mig__query_element(&names, table);
    mig_buf_puts(&names, "}");
    MIG_TRY(mig_buf_check(&names, err));
    params[1] = mig_buf_text(&names);
    MIG_TRY(mig__query_run(&sink->control, what, "SET LOCAL search_path = pg_catalog", err));
    MIG_TRY(mig__query_rows(&sink->control, what, one_sql, 3, params, &res, err));
    MIG_TRY(mig__sink_own_path(sink, err));
    if (PQntuples(res) != 1) {
        st = mig_raise(err, MIG_E_UNSUPPORTED,
                       "the index %s of %s cannot be taken away and made again", index, table);
        goto done;
    }
    add_drop(&drop, res, 0);
    add_making(res, again);
    MIG_TRY(mig__query_run_buf(&sink->control, what, &drop, err));
done:
    PQclear(res);
    mig_buf_fini(&names);
    mig_buf_fini(&drop);
    return st;
}
