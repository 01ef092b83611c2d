/*
 * pg_replaced.c - what tables have beside their rows and their shape, kept
 * over their replacement.
 *
 * Owner and privileges are given to the new table or view of the same name,
 * once all is done: the application's role is often not the one that copies.
 * What cannot be given to a table of another shape without thought (triggers,
 * policies, publications, rules) is told.
 *
 * Threads: the sink's.
 */
#include <string.h>

#include "pg_sink.h"

#define OLD_SQL                                                                                    \
    "WITH old AS (SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity,"     \
    " n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"                         \
    " ON n.oid = c.relnamespace WHERE n.nspname = $1"                                              \
    " AND c.relname::pg_catalog.text = ANY ($2::pg_catalog.text[])"                                \
    " AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) "

/* The relation, and a statement that gives it what it had.  Privileges come before the owner, who
 * may not be us any more. */
static const char rights_sql[] = OLD_SQL
    "SELECT o.relname, pg_catalog.format('GRANT %s ON %s%I.%I TO %s%s', a.privilege_type,"
    " CASE WHEN o.relkind = 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END, o.nspname, o.relname,"
    " CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END,"
    " CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), 1"
    " FROM old o CROSS JOIN LATERAL pg_catalog.aclexplode(o.relacl) a"
    " LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee"
    " WHERE a.grantee <> o.relowner AND (a.grantee = 0 OR r.oid IS NOT NULL)"
    " UNION ALL SELECT o.relname, pg_catalog.format('GRANT %s (%I) ON TABLE %I.%I TO %s%s',"
    " x.privilege_type, a.attname, o.nspname, o.relname,"
    " CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END,"
    " CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), 1"
    " FROM old o JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND NOT a.attisdropped"
    " CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) x"
    " LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee"
    " WHERE x.grantee <> o.relowner AND (x.grantee = 0 OR r.oid IS NOT NULL)"
    " UNION ALL SELECT o.relname, pg_catalog.format('ALTER %s %I.%I OWNER TO %I',"
    " CASE o.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'"
    "  WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, o.nspname, o.relname, r.rolname), 2"
    " FROM old o JOIN pg_catalog.pg_roles r ON r.oid = o.relowner"
    " WHERE r.rolname <> current_user ORDER BY 3, 1, 2";

static const char lost_sql[] = OLD_SQL
    "SELECT o.relname, 'trigger ' || t.tgname FROM old o JOIN pg_catalog.pg_trigger t"
    " ON t.tgrelid = o.oid AND NOT t.tgisinternal"
    " UNION ALL SELECT o.relname, 'rule ' || w.rulename FROM old o JOIN pg_catalog.pg_rewrite w"
    " ON w.ev_class = o.oid AND w.rulename <> '_RETURN'"
    " UNION ALL SELECT o.relname, 'row security policy ' || p.polname FROM old o"
    " JOIN pg_catalog.pg_policy p ON p.polrelid = o.oid"
    " UNION ALL SELECT o.relname, 'row level security' FROM old o WHERE o.relrowsecurity"
    " UNION ALL SELECT o.relname, 'place in the publication ' || p.pubname FROM old o"
    " JOIN pg_catalog.pg_publication_rel l ON l.prrelid = o.oid"
    " JOIN pg_catalog.pg_publication p ON p.oid = l.prpubid ORDER BY 1, 2";

mig_status
mig__replaced_keep(mig__pg_sink *sink, const char *names, mig_error *err)
{
    static const char what[] = "cannot ask what the replaced tables have";
    mig_status        st = MIG_OK;
    PGresult         *lost = NULL;
    const char       *params[2] = {sink->home, names};
    bool              publications = PQserverVersion(sink->control.conn) >= 100000;

    PQclear(sink->old_rights);
    sink->old_rights = NULL;
    mig_buf_clear(&sink->old_lost);
    MIG_TRY(mig__query_rows(&sink->control, what, rights_sql, 2, params, &sink->old_rights, err));
    if (!publications)
        goto done;
    MIG_TRY(mig__query_rows(&sink->control, what, lost_sql, 2, params, &lost, err));
    for (int i = 0; i < PQntuples(lost); i++)
        mig_buf_printf(&sink->old_lost, "%s: the %s of the table that was replaced is gone\n",
                       PQgetvalue(lost, i, 0), PQgetvalue(lost, i, 1));
    MIG_TRY(mig_buf_check(&sink->old_lost, err));
done:
    PQclear(lost);
    return st;
}

/*
 * A right that cannot be given is told, with the statement: the rows are all there.  A transaction
 * that is open goes on.
 */
static mig_status
give(mig__pg_sink *sink, const char *statement, mig_buf *notes, mig_error *err)
{
    static const char what[] = "cannot give a right";
    mig_error         refused = MIG_ERROR_INIT;
    bool              inside = PQtransactionStatus(sink->control.conn) == PQTRANS_INTRANS;
    mig_status        st;

    if (inside) {
        st = mig__query_run(&sink->control, what, "SAVEPOINT db_migrate_right", err);
        if (st != MIG_OK)
            return st;
    }
    st = mig__query_run(&sink->control, what, statement, &refused);
    if (st == MIG_E_STOPPED || st == MIG_E_CONNECT) {
        mig_error_move(err, &refused);
        return st;
    }
    if (inside) {
        mig_status back = mig__query_run(
            &sink->control, what,
            st == MIG_OK ? "RELEASE db_migrate_right" : "ROLLBACK TO db_migrate_right", err);

        if (back != MIG_OK) {
            mig_error_fini(&refused);
            return back;
        }
    }
    if (st != MIG_OK)
        mig_buf_printf(notes, "what the replaced table had cannot be given again: %s (%s)\n",
                       statement, refused.message);
    mig_error_fini(&refused);
    return mig_buf_check(notes, err);
}

mig_status
mig__replaced_give(mig__pg_sink *sink, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;

    for (int i = 0; sink->old_rights != NULL && i < PQntuples(sink->old_rights); i++)
        MIG_TRY(give(sink, PQgetvalue(sink->old_rights, i, 1), notes, err));
    mig_buf_puts(notes, mig_buf_text(&sink->old_lost));
    MIG_TRY(mig_buf_check(notes, err));
done:
    return st;
}
