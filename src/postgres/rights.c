/*
 * rights.c - whether the run may and can do what it is about to do.
 *
 * Everything is asked of the server, nothing is tried: up to here the target
 * is untouched.  Each check is one query over all tables; the first that fails
 * names everything it found and the statement that would give what is missing.
 *
 * A role is assumed that owns its tables but is no superuser.  ANALYZE is not
 * asked for: without it the server's own statistics run follows sooner or
 * later, so that is no reason to refuse.
 *
 * INSERT rules: COPY never invokes them.  A rule that adds something (DO ALSO)
 * is therefore like a suspended trigger; a rule that puts the rows elsewhere
 * (DO INSTEAD) says that the table's rows are not meant to be in the table.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"
#include "sequence.h"

static const char what[] = "cannot ask the target for rights";

/* What all checks of one run share. */
typedef struct need {
    mig__pg_sink *sink;
    const char   *params[2]; /* of MIG__WRITTEN_SQL */
    size_t        n_tables;
    bool          in_place;
} need;

static mig_status
ask(const need *n, const char *sql, PGresult **resp, mig_error *err)
{
    return mig__query_rows(&n->sink->control, what, sql, 2, n->params, resp, err);
}

/* "have ... run, in database "x": STATEMENT" as the hint; takes the statement's memory. */
static void
hint_statement(const mig__pg_sink *sink, const char *who, mig_buf *statement, mig_error *err)
{
    if (!statement->failed)
        mig_error_hint(err, "have %s run, in database \"%s\": %s", who, sink->database,
                       mig_buf_text(statement));
    mig_buf_fini(statement);
}

static void
grant(const mig__pg_sink *sink, const char *privileges, const char *kind, const char *object,
      mig_error *err)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_printf(&sql, "GRANT %s ON %s ", privileges, kind);
    mig_buf_identifier(&sql, object);
    mig_buf_puts(&sql, " TO ");
    mig_buf_identifier(&sql, sink->role);
    mig_buf_puts(&sql, ";");
    hint_statement(sink, "the database's owner or a superuser", &sql, err);
}

/* seaql_migrations is asked for where steps are recorded in it. */
static mig_status
check_create(mig__pg_sink *sink, bool recorded, mig_error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE'),"
        " c.oid IS NULL OR pg_catalog.has_table_privilege(c.oid, 'INSERT')"
        " AND pg_catalog.has_table_privilege(c.oid, 'SELECT')"
        " FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c"
        " ON c.relnamespace = n.oid AND c.relname = 'seaql_migrations' WHERE n.nspname = $1";
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *schema = sink->home;
    mig_buf     statement = MIG_BUF_INIT;

    MIG_TRY(mig__query_rows(&sink->control, what, sql, 1, &schema, &res, err));
    if (PQntuples(res) != 1) {
        st = mig_raise(err, MIG_E_SCHEMA, "the schema %s has gone", schema);
    } else if (!mig__query_true(res, 0, 0)) {
        st = mig_raise(err, MIG_E_RIGHTS, "the role %s may not create tables in the schema %s",
                       sink->role, schema);
        grant(sink, "USAGE, CREATE", "SCHEMA", schema, err);
    } else if (recorded && !mig__query_true(res, 0, 1)) {
        st = mig_raise(err, MIG_E_RIGHTS, "the role %s may not write into seaql_migrations",
                       sink->role);
        mig_buf_puts(&statement, "GRANT SELECT, INSERT ON TABLE ");
        mig__query_name(&statement, schema, "seaql_migrations");
        mig_buf_puts(&statement, " TO ");
        mig_buf_identifier(&statement, sink->role);
        mig_buf_puts(&statement, ";");
        hint_statement(sink, "the table's owner or a superuser", &statement, err);
    }
done:
    PQclear(res);
    return st;
}

static const char tables_sql[] =
    MIG__WRITTEN_SQL "SELECT l.relname, l.relkind IN ('r', 'p'),"
                     " pg_catalog.has_table_privilege(l.oid, 'SELECT')"
                     " AND pg_catalog.has_table_privilege(l.oid, 'INSERT')"
                     " AND pg_catalog.has_table_privilege(l.oid, 'TRUNCATE'),"
                     " pg_catalog.row_security_active(l.oid),"
                     " pg_catalog.has_table_privilege(l.oid, 'SELECT')"
                     " AND pg_catalog.has_table_privilege(l.oid, 'INSERT')"
                     " AND pg_catalog.has_table_privilege(l.oid, 'UPDATE')"
                     " AND pg_catalog.has_table_privilege(l.oid, 'DELETE')"
                     " FROM listed l ORDER BY l.relname";

/* The column of tables_sql that says whether the role may do what is needed. */
static int
may_column(const need *n)
{
    return n->in_place ? 4 : 2;
}

/* One statement for all tables that lack something. */
static void
grant_tables(const need *n, const PGresult *res, mig_error *err)
{
    mig_buf     sql = MIG_BUF_INIT;
    const char *separator = n->in_place ? "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "
                                        : "GRANT SELECT, INSERT, TRUNCATE ON TABLE ";

    for (int i = 0; i < PQntuples(res); i++) {
        if (mig__query_true(res, i, may_column(n)))
            continue;
        mig_buf_puts(&sql, separator);
        mig__query_name(&sql, n->sink->home, PQgetvalue(res, i, 0));
        separator = ", ";
    }
    mig_buf_puts(&sql, " TO ");
    mig_buf_identifier(&sql, n->sink->role);
    mig_buf_puts(&sql, ";");
    hint_statement(n->sink, "the tables' owner or a superuser", &sql, err);
}

static mig_status
check_tables(const need *n, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *role = n->sink->role;
    bool        lacking = false;

    MIG_TRY(ask(n, tables_sql, &res, err));
    if ((size_t)PQntuples(res) != n->n_tables) {
        st = mig_raise(err, MIG_E_SCHEMA, "a table of the target has gone since it was looked at");
        goto done;
    }
    for (int i = 0; i < PQntuples(res); i++) {
        if (!mig__query_true(res, i, 1)) {
            st = mig_raise(err, MIG_E_UNSUPPORTED, "%s is no table that can be erased and written",
                           PQgetvalue(res, i, 0));
            goto done;
        }
        if (mig__query_true(res, i, 3)) {
            st =
                mig_raise(err, MIG_E_RIGHTS, "row-level security hides rows of %s from the role %s",
                          PQgetvalue(res, i, 0), role);
            mig_error_hint(err, "connect as a role with BYPASSRLS, or as the table's owner without "
                                "FORCE ROW LEVEL SECURITY");
            goto done;
        }
        lacking = lacking || !mig__query_true(res, i, may_column(n));
    }
    if (!lacking)
        goto done;
    st = mig_raise(err, MIG_E_RIGHTS, "the role %s may not %s all tables", role,
                   n->in_place ? "change" : "erase and write");
    for (int i = 0; i < PQntuples(res); i++)
        if (!mig__query_true(res, i, may_column(n)))
            mig_error_detail(err, "%s", PQgetvalue(res, i, 0));
    grant_tables(n, res, err);
done:
    PQclear(res);
    return st;
}

static const char triggers_sql[] =
    MIG__WRITTEN_SQL "SELECT n.nspname, c.relname, g.tgname,"
                     " pg_catalog.pg_has_role(c.relowner, 'USAGE')"
                     " FROM tree t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid"
                     " JOIN pg_catalog.pg_class c ON c.oid = t.oid"
                     " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                     " WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' ORDER BY 1, 2, 3";

/* What is suspended is recorded in a schema of our own. */
static mig_status
check_record(const need *n, mig_error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),"
        " (SELECT pg_catalog.pg_has_role(s.nspowner, 'USAGE') FROM pg_catalog.pg_namespace s"
        "  WHERE s.nspname = '" MIG__STATE_SCHEMA "')";
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(mig__query_rows(&n->sink->control, what, sql, 0, NULL, &res, err));
    if (PQgetisnull(res, 0, 1)) {
        if (mig__query_true(res, 0, 0))
            goto done;
        st = mig_raise(err, MIG_E_RIGHTS,
                       "the role %s may not create the schema " MIG__STATE_SCHEMA
                       ", which is to hold what is suspended during the copy",
                       n->sink->role);
        grant(n->sink, "CREATE", "DATABASE", n->sink->database, err);
    } else if (!mig__query_true(res, 0, 1)) {
        st = mig_raise(err, MIG_E_RIGHTS,
                       "the schema " MIG__STATE_SCHEMA " in the target belongs to another role");
        mig_error_hint(err, "it was left by an earlier run: connect as the role of that run");
    }
done:
    PQclear(res);
    return st;
}

static mig_status
check_triggers(const need *n, bool *anyp, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;
    mig_buf    sql = MIG_BUF_INIT;

    MIG_TRY(ask(n, triggers_sql, &res, err));
    for (int i = 0; i < PQntuples(res); i++) {
        if (mig__query_true(res, i, 3))
            continue;
        if (st == MIG_OK) {
            st = mig_raise(err, MIG_E_RIGHTS,
                           "the role %s may not suspend triggers: it does not own their tables",
                           n->sink->role);
            mig_buf_puts(&sql, "ALTER TABLE ");
            mig__query_name(&sql, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
            mig_buf_puts(&sql, " OWNER TO ");
            mig_buf_identifier(&sql, n->sink->role);
            mig_buf_puts(&sql, ";");
            hint_statement(n->sink, "a superuser", &sql, err);
        }
        mig_error_detail(err, "%s (%s)", PQgetvalue(res, i, 1), PQgetvalue(res, i, 2));
    }
    *anyp = PQntuples(res) > 0;
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* The server may ask for the right before it joins, of any relation; CASE keeps it from that
 * (PostgreSQL manual, "Expression Evaluation Rules"). */
static const char sequences_sql[] = MIG__WRITTEN_SQL
    ", " MIG__FED_SQL "SELECT DISTINCT n.nspname, s.relname"
    " FROM fed f JOIN tree t ON t.oid = f.rel JOIN pg_catalog.pg_class s ON s.oid = f.seq"
    " JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace"
    " WHERE CASE WHEN s.relkind = 'S'"
    "  THEN NOT (pg_catalog.has_sequence_privilege(s.oid, 'UPDATE')"
    "   AND pg_catalog.has_sequence_privilege(s.oid, 'SELECT')) END ORDER BY 1, 2";

/* Sequences are set past the copied rows at the end. */
static mig_status
check_sequences(const need *n, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;
    mig_buf    sql = MIG_BUF_INIT;

    MIG_TRY(ask(n, sequences_sql, &res, err));
    if (PQntuples(res) == 0)
        goto done;
    st = mig_raise(err, MIG_E_RIGHTS, "the role %s may not set all sequences", n->sink->role);
    mig_buf_puts(&sql, "GRANT SELECT, UPDATE ON SEQUENCE ");
    for (int i = 0; i < PQntuples(res); i++) {
        mig_error_detail(err, "%s", PQgetvalue(res, i, 1));
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig__query_name(&sql, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
    }
    mig_buf_puts(&sql, " TO ");
    mig_buf_identifier(&sql, n->sink->role);
    mig_buf_puts(&sql, ";");
    hint_statement(n->sink, "the sequences' owner or a superuser", &sql, err);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* What stands in the way: a query whose rows are told as "schema.table (thing): listed table". */
typedef struct obstacle {
    const char *sql;
    const char *message;
    const char *hint;
} obstacle;

static const obstacle obstacles[] = {
    {MIG__WRITTEN_SQL "SELECT DISTINCT n.nspname, c.relname, k.conname, p.relname"
                      " FROM pg_catalog.pg_constraint k JOIN tree t ON t.oid = k.confrelid"
                      " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
                      " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                      " JOIN pg_catalog.pg_class p ON p.oid = k.confrelid"
                      " WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT x.oid FROM tree x)"
                      " ORDER BY 1, 2, 3",
     "tables that are not copied refer to tables that would be erased",
     "drop these foreign keys before the run and add them again after it"},
    {MIG__WRITTEN_SQL "SELECT n.nspname, c.relname, NULL, l.relname"
                      " FROM pg_catalog.pg_inherits i JOIN listed l ON l.oid = i.inhparent"
                      " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid"
                      " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                      " WHERE l.relkind = 'r' AND c.oid NOT IN (SELECT x.oid FROM tree x)"
                      " ORDER BY 1, 2",
     "tables that are not copied inherit from tables that would be erased",
     "detach them (ALTER TABLE ... NO INHERIT ...) before the run"},
    {MIG__WRITTEN_SQL "SELECT n.nspname, c.relname, r.rulename, c.relname"
                      " FROM pg_catalog.pg_rewrite r JOIN tree t ON t.oid = r.ev_class"
                      " JOIN pg_catalog.pg_class c ON c.oid = t.oid"
                      " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                      " WHERE r.ev_type = '3' AND r.is_instead AND r.ev_enabled <> 'D'"
                      " ORDER BY 1, 2, 3",
     "rules put rows elsewhere that are inserted into tables of the copy",
     "COPY does not follow rules: drop them before the run"},
    /* Before server 15 the copies of a row trigger that partitions get count as the server's own,
     * which only a superuser may disable. */
    {MIG__WRITTEN_SQL "SELECT n.nspname, c.relname, g.tgname, c.relname"
                      " FROM pg_catalog.pg_trigger g JOIN tree t ON t.oid = g.tgrelid"
                      " JOIN pg_catalog.pg_class c ON c.oid = t.oid"
                      " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                      " JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid"
                      " JOIN pg_catalog.pg_language l ON l.oid = f.prolang"
                      " WHERE g.tgisinternal AND g.tgenabled <> 'D' AND l.lanname <> 'internal'"
                      " ORDER BY 1, 2, 3",
     "triggers of partitions cannot be suspended on this version of the server",
     "disable them before the run and enable them after it (ALTER TABLE ... DISABLE TRIGGER ...), "
     "or "
     "use server 15 or later"},
};

/* Statements follow every rule, unlike COPY. */
static const obstacle rules = {
    MIG__WRITTEN_SQL "SELECT n.nspname, c.relname, r.rulename, c.relname"
                     " FROM pg_catalog.pg_rewrite r JOIN tree t ON t.oid = r.ev_class"
                     " JOIN pg_catalog.pg_class c ON c.oid = t.oid"
                     " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                     " WHERE r.ev_type IN ('2', '3', '4') AND r.ev_enabled <> 'D' ORDER BY 1, 2, 3",
    "rules do something else when rows of these tables are changed",
    "drop them before the run (ALTER TABLE ... DISABLE RULE ...) and enable them after it",
};

static mig_status
check_obstacle(const need *n, const obstacle *o, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(ask(n, o->sql, &res, err));
    if (PQntuples(res) == 0)
        goto done;
    st = mig_raise(err, MIG_E_REFUSED, "%s", o->message);
    for (int i = 0; i < PQntuples(res); i++) {
        bool        here = strcmp(PQgetvalue(res, i, 0), n->sink->home) == 0;
        const char *thing = PQgetvalue(res, i, 2);

        mig_error_detail(err, "%s%s%s%s%s%s -> %s", here ? "" : PQgetvalue(res, i, 0),
                         here ? "" : ".", PQgetvalue(res, i, 1), thing[0] != '\0' ? " (" : "",
                         thing, thing[0] != '\0' ? ")" : "", PQgetvalue(res, i, 3));
    }
    mig_error_hint(err, "%s", o->hint);
done:
    PQclear(res);
    return st;
}

/* What is staged stands in temporary tables. */
static mig_status
check_temporary(const need *n, mig_error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')";
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(mig__query_rows(&n->sink->control, what, sql, 0, NULL, &res, err));
    if (!mig__query_true(res, 0, 0)) {
        st = mig_raise(err, MIG_E_RIGHTS, "the role %s may not create temporary tables",
                       n->sink->role);
        grant(n->sink, "TEMPORARY", "DATABASE", n->sink->database, err);
    }
done:
    PQclear(res);
    return st;
}

static mig_status
check_replaced(mig__pg_sink *sink, const mig_ddl *ddl, mig_error *err)
{
    mig_status st;
    bool      *kept = calloc(ddl->n_things + 1, sizeof *kept);

    if (kept == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the target's types");
    st = mig__replace_check(sink, ddl, kept, err);
    free(kept);
    return st;
}

mig_status
mig__rights_check(mig__pg_sink *sink, const mig_sink_need *wanted, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    names = MIG_BUF_INIT;
    need       n = {.sink = sink, .n_tables = wanted->n_tables, .in_place = wanted->in_place};
    bool       triggers = false, keys = false;

    mig__query_array(&names, wanted->tables, wanted->n_tables);
    MIG_TRY(mig_buf_check(&names, err));
    n.params[0] = sink->home;
    n.params[1] = mig_buf_text(&names);

    MIG_TRY(mig__spare_check(sink, wanted->n_connections, err));
    MIG_TRY(mig__sink_begin_catalog(sink, err));
    if (wanted->create_tables || wanted->ddl != NULL)
        MIG_TRY(check_create(sink, wanted->create_tables, err));
    if (wanted->n_tables > 0) {
        MIG_TRY(check_tables(&n, err));
        for (size_t i = 0; i < sizeof obstacles / sizeof obstacles[0]; i++)
            MIG_TRY(check_obstacle(&n, &obstacles[i], err));
        MIG_TRY(check_triggers(&n, &triggers, err));
        if (wanted->in_place) {
            MIG_TRY(check_obstacle(&n, &rules, err));
            MIG_TRY(check_temporary(&n, err));
        } else if (wanted->plan != NULL) {
            MIG_TRY(mig__keys_check(sink, wanted->plan, &keys, err));
        }
        if (!wanted->in_place && (triggers || keys))
            MIG_TRY(check_record(&n, err));
        MIG_TRY(check_sequences(&n, err));
    }
    if (wanted->ddl != NULL)
        MIG_TRY(check_replaced(sink, wanted->ddl, err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    mig_buf_fini(&names);
    return st;
}
