/*
 * pg_stage.c - tables that are made beside those that they replace, and take
 * their place when all is verified.
 *
 * The staging schema is made in the transaction of the first statements, and is
 * named in the journal.  Tables, keys, indexes and views are made in it, rows
 * copied, counted and compared; until then nothing in the target schema is
 * locked or changed.  The exchange is one short transaction: the old ones are
 * dropped (never by CASCADE), each new one gets the target schema, owners and
 * privileges are given, the staging schema, which is empty then, and the journal
 * are dropped.  A lock is waited for only briefly, since all who come behind
 * wait as well, and the whole is tried again for a while.
 *
 * What moves is found in the catalog: all that the staging schema is the home
 * of; indexes, constraints, row types and owned sequences move with their
 * tables.  A multirange type does not move with its range type.
 *
 * Source: PostgreSQL manual, "pg_depend", "ALTER TABLE" (SET SCHEMA), "Schemas",
 * "ALTER DEFAULT PRIVILEGES".
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/clock.h"
#include "pg_sink.h"

#define LOCK_TIMEOUT  "3s"
#define TRIED_SECONDS 60
#define TRIED         "60s"

/* ---- whether ----------------------------------------------------------------------------- */

/* Whether something that stands has to stay, so that it cannot be made again beside. */
static mig_status
find_kept(mig__pg_sink *sink, const mig_ddl *ddl, bool *anyp, mig_error *err)
{
    mig_status st = MIG_OK;
    bool      *kept = calloc(ddl->n_things + 1, sizeof *kept);

    *anyp = false;
    if (kept == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the target's types");
    MIG_TRY(mig__replace_check(sink, ddl, kept, err));
    for (size_t i = 0; i < ddl->n_things; i++)
        *anyp = *anyp || kept[i];
done:
    free(kept);
    return st;
}

static mig_status
choose(mig__pg_sink *sink, const mig_ddl *ddl, mig_stage *stage, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    name = MIG_BUF_INIT;
    bool       any = false;

    if (sink->atomic != MIG__ATOMIC_NOT)
        goto done;
    if (sink->journal_id == NULL) {
        stage->why_not = "no journal can be kept";
        goto done;
    }
    MIG_TRY(mig__sink_begin_catalog(sink, err));
    MIG_TRY(find_kept(sink, ddl, &any, err));
    MIG_TRY(mig__sink_end(sink, "cannot read the target's catalog", err));
    if (any) {
        stage->why_not = "a type or collation of the target's schema is used elsewhere, and stays";
        goto done;
    }
    mig_buf_printf(&name, MIG__STATE_SCHEMA "_%s", sink->schema_oid);
    MIG_TRY(mig_buf_check(&name, err));
    sink->stage = name.data;
    name.data = NULL;
done:
    mig__sink_roll_back(sink, st);
    mig_buf_fini(&name);
    return st;
}

mig_status
mig__stage(mig__pg_sink *sink, const mig_ddl *ddl, const mig_journal *journal, mig_stage *stage,
           mig_error *err)
{
    mig_status st = MIG_OK;

    *stage = (mig_stage){.name = NULL};
    if (journal != NULL)
        MIG_TRY(mig__journal_stage(sink, &sink->stage, err));
    else
        MIG_TRY(choose(sink, ddl, stage, err));
    if (sink->stage == NULL)
        goto done;
    stage->name = sink->schema = sink->stage;
    sink->home_ddl = ddl;
done:
    return st;
}

/* ---- making it --------------------------------------------------------------------------- */

static mig_status
refuse_kept(mig_error *err)
{
    mig_raise(err, MIG_E_REFUSED,
              "a type or collation of the target's schema has come into use elsewhere");
    mig_error_hint(err, "run the command again");
    return MIG_E_REFUSED;
}

mig_status
mig__stage_check(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       any;

    MIG_TRY(find_kept(sink, sink->home_ddl, &any, err));
    if (any)
        st = refuse_kept(err);
done:
    return st;
}

mig_status
mig__stage_begin(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    MIG_TRY(mig__stage_check(sink, err));
    mig_buf_puts(&sql, "CREATE SCHEMA ");
    mig_buf_identifier(&sql, sink->stage);
    mig_buf_puts(&sql, "; COMMENT ON SCHEMA ");
    mig_buf_identifier(&sql, sink->stage);
    mig_buf_puts(&sql, " IS 'tables that db-migrate fills; they are exchanged with those of the "
                       "target schema at the end of the run'");
    MIG_TRY(mig__query_run_buf(&sink->control, "cannot make a staging schema", &sql, err));
done:
    mig_buf_fini(&sql);
    return st;
}

/* ---- dropping one that was left ---------------------------------------------------------- */

/* What the staging schema $1 is the home of, and what goes with it. */
#define STAGED_SQL                                                                                 \
    "WITH RECURSIVE stage AS (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = $1),"  \
    " gone (class, id) AS ("                                                                       \
    " SELECT d.classid, d.objid FROM stage s JOIN pg_catalog.pg_depend d ON d.refobjid = s.oid"    \
    "  AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"                          \
    " UNION SELECT d.classid, d.objid FROM gone g JOIN pg_catalog.pg_depend d"                     \
    "  ON d.refclassid = g.class AND d.refobjid = g.id AND d.deptype IN ('a', 'i', 'P', 'S')) "

static const char users_sql[] = STAGED_SQL
    "SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM gone g"
    " JOIN pg_catalog.pg_depend d ON d.refclassid = g.class AND d.refobjid = g.id"
    " AND d.deptype = 'n'"
    " WHERE NOT EXISTS (SELECT FROM gone h WHERE h.class = d.classid AND h.id = d.objid)"
    " ORDER BY 1";

mig_status
mig__stage_drop(mig__pg_sink *sink, const char *stage, mig_error *err)
{
    static const char what[] = "cannot drop the staging schema of an earlier run";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    PGresult         *users = NULL;

    MIG_TRY(mig__query_rows(&sink->control, what, users_sql, 1, &stage, &users, err));
    if (PQntuples(users) > 0) {
        st = mig_raise(err, MIG_E_REFUSED,
                       "the staging schema %s of an earlier run is used from outside", stage);
        for (int i = 0; i < PQntuples(users); i++)
            mig_error_detail(err, "%s", PQgetvalue(users, i, 0));
        mig_error_hint(err, "drop what uses it, and run the command again");
        goto done;
    }
    /* All that CASCADE takes along is in the schema itself. */
    mig_buf_puts(&sql, "DROP SCHEMA IF EXISTS ");
    mig_buf_identifier(&sql, stage);
    mig_buf_puts(&sql, " CASCADE");
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
done:
    PQclear(users);
    mig_buf_fini(&sql);
    return st;
}

/* ---- the exchange ------------------------------------------------------------------------ */

static const char exchange_what[] = "cannot put the new tables in their place";

/*
 * A statement for each that moves.  Free ones only: a sequence that a column owns goes with its
 * table.  Multirange types go "internally" with a range type, but stay where they are.  Functions,
 * which range types have, are first: their statements name the types of arguments.
 */
static const char moves_sql[] = STAGED_SQL
    ", free (class, id) AS ("
    " SELECT d.classid, d.objid FROM stage s JOIN pg_catalog.pg_depend d ON d.refobjid = s.oid"
    "  AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"
    " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend o WHERE o.classid = d.classid"
    "  AND o.objid = d.objid AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    "  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.deptype IN ('a', 'i')"
    "  AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = d.objid AND c.relkind = 'S'))"
    " UNION SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, t.oid FROM gone g"
    "  JOIN pg_catalog.pg_type t ON g.id = t.oid AND t.typtype = 'm'"
    "  AND g.class = 'pg_catalog.pg_type'::pg_catalog.regclass)"
    " SELECT pg_catalog.format('ALTER %s %s SET SCHEMA %I',"
    "  CASE o.type WHEN 'statistics object' THEN 'statistics' ELSE o.type END, o.identity, "
    "$2::text)"
    " FROM free f CROSS JOIN LATERAL pg_catalog.pg_identify_object(f.class, f.id, 0) o"
    " ORDER BY f.class <> 'pg_catalog.pg_proc'::pg_catalog.regclass, f.class, f.id";

/* Privileges that new tables, views, sequences and types of the target schema have by default;
 * those of the staging schema were made without.  (Functions are those of range types.) */
static const char defaults_sql[] = STAGED_SQL
    ", things (class, name, kind) AS ("
    " SELECT CASE WHEN c.relkind = 'S' THEN 'S' ELSE 'r' END, c.relname,"
    " CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END"
    " FROM gone g JOIN pg_catalog.pg_class c ON c.oid = g.id"
    " WHERE g.class = 'pg_catalog.pg_class'::pg_catalog.regclass"
    "  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
    " UNION ALL SELECT 'T', t.typname, 'TYPE'"
    " FROM gone g JOIN pg_catalog.pg_type t ON t.oid = g.id"
    " WHERE g.class = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.typtype IN ('d', 'e', 'r'))"
    " SELECT pg_catalog.format('GRANT %s ON %s %I.%I TO %s%s', a.privilege_type, k.kind,"
    " n.nspname, k.name,"
    " CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END,"
    " CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
    " FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_default_acl d ON d.defaclnamespace = n.oid"
    "  AND d.defaclrole = (SELECT u.oid FROM pg_catalog.pg_roles u"
    "   WHERE u.rolname = current_user)"
    " JOIN things k ON k.class = d.defaclobjtype::pg_catalog.text"
    " CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) a"
    " LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee"
    " WHERE n.nspname = $2 AND a.grantee <> d.defaclrole"
    " AND (a.grantee = 0 OR r.oid IS NOT NULL)";

static mig_status
append_statements(mig__pg_sink *sink, const char *query, mig_buf *sql, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *params[2] = {sink->stage, sink->home};

    MIG_TRY(mig__query_rows(&sink->control, exchange_what, query, 2, params, &res, err));
    for (int i = 0; i < PQntuples(res); i++)
        mig_buf_printf(sql, "%s;", PQgetvalue(res, i, 0));
done:
    PQclear(res);
    return st;
}

/* The new ones take the place of the old ones, which are gone. */
static mig_status
move(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    MIG_TRY(append_statements(sink, moves_sql, &sql, err));
    MIG_TRY(append_statements(sink, defaults_sql, &sql, err));
    mig_buf_puts(&sql, "DROP SCHEMA ");
    mig_buf_identifier(&sql, sink->stage);
    MIG_TRY(mig__query_run_buf(&sink->control, exchange_what, &sql, err));
done:
    mig_buf_fini(&sql);
    return st;
}

static mig_status
drop_replaced(mig__pg_sink *sink, mig_error *err)
{
    const mig_ddl *ddl = sink->home_ddl;
    mig_status     st = MIG_OK;
    bool          *kept = calloc(ddl->n_things + 1, sizeof *kept);

    if (kept == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the target's types");
    MIG_TRY(mig__replace_drop(sink, ddl, kept, err));
    for (size_t i = 0; i < ddl->n_things; i++)
        if (kept[i])
            st = refuse_kept(err);
done:
    free(kept);
    return st;
}

static mig_status
try_once(mig__pg_sink *sink, const char *names, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(
        mig__sink_begin(sink, exchange_what, "SET LOCAL lock_timeout = '" LOCK_TIMEOUT "'", err));
    MIG_TRY(mig__replaced_keep(sink, names, err));
    MIG_TRY(drop_replaced(sink, err));
    MIG_TRY(move(sink, err));
    MIG_TRY(mig__sink_own_path(sink, err));
    MIG_TRY(mig__unfinished_forget(sink, names, err));
    MIG_TRY(mig__record_forget(sink, names, err));
    MIG_TRY(mig__replaced_give(sink, notes, err));
    MIG_TRY(mig__journal_drop(sink, err));
    MIG_TRY(mig__sink_commit_now(sink, exchange_what, err));
done:
    mig__sink_roll_back(sink, st);
    return st;
}

/* A lock that was not to be had, or a deadlock. */
static bool
in_the_way(const mig_error *cause)
{
    return cause->detail != NULL && (strstr(cause->detail, "SQLSTATE 55P03") != NULL ||
                                     strstr(cause->detail, "SQLSTATE 40P01") != NULL);
}

void
mig__stage_settle(mig__pg_sink *sink)
{
    sink->exchanged = true;
    sink->schema = sink->home;
    free(sink->stage);
    sink->stage = NULL;
}

mig_status
mig__stage_exchange(mig__pg_sink *sink, mig_error *err)
{
    uint64_t   since = mig_clock_now();
    mig_buf    names = MIG_BUF_INIT;
    mig_error  cause = MIG_ERROR_INIT;
    mig_status st = MIG_OK, tried;

    mig_buf_clear(&sink->exchange_told);
    mig__query_names(&names, sink->home_ddl->relations, sink->home_ddl->n_relations);
    MIG_TRY(mig_buf_check(&names, err));
    while ((tried = try_once(sink, mig_buf_text(&names), &sink->exchange_told, &cause)) != MIG_OK) {
        if (!in_the_way(&cause)) {
            mig_error_move(err, &cause);
            st = tried;
            goto done;
        }
        mig_error_fini(&cause);
        mig_buf_clear(&sink->exchange_told);
        if (mig_clock_seconds_since(since) > TRIED_SECONDS) {
            st = mig__sink_locked(sink, sink->home, mig_buf_text(&names), TRIED, err);
            goto done;
        }
        /* Who has waited behind us comes first. */
        MIG_TRY(
            mig__query_run(&sink->control, exchange_what, "SELECT pg_catalog.pg_sleep(1)", err));
    }
    mig__stage_settle(sink);
done:
    mig_error_fini(&cause);
    mig_buf_fini(&names);
    return st;
}
