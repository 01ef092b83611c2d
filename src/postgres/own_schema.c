/*
 * own_schema.c - the schema that is read or written.
 *
 * The one that was asked for, else the first of search_path that is there for
 * the role.
 *
 * Threads: the session's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_read.h"

enum { SCHEMA_NAME, SCHEMA_MAY_USE, SCHEMA_ROLE, SCHEMA_PATH };
static const char sql[] =
    "SELECT n.nspname, pg_catalog.has_schema_privilege(n.oid, 'USAGE'), current_user,"
    " pg_catalog.current_setting('search_path')"
    " FROM (SELECT COALESCE($1, pg_catalog.current_schema()) AS asked) x"
    " LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = x.asked";

static mig_status
refuse_path(mig__side side, const PGresult *res, mig_error *err)
{
    bool source = side == MIG__SIDE_SOURCE;

    mig_raise(err, MIG_E_SCHEMA, "the role %s has no schema to %s", PQgetvalue(res, 0, SCHEMA_ROLE),
              source ? "read from" : "write into");
    mig_error_detail(err, "search_path is %s", PQgetvalue(res, 0, SCHEMA_PATH));
    mig_error_hint(err,
                   "%s the schema the search_path names, or GRANT USAGE on it to the role; %s "
                   "names another one",
                   source ? "correct" : "create", source ? "--source-schema" : "--target-schema");
    return MIG_E_SCHEMA;
}

static void
hint_statement(const char *statement, const char *schema, const char *role, mig_error *err)
{
    mig_buf text = MIG_BUF_INIT;

    mig_buf_puts(&text, statement);
    mig_buf_identifier(&text, schema);
    if (role != NULL) {
        mig_buf_puts(&text, " TO ");
        mig_buf_identifier(&text, role);
    }
    mig_error_hint(err, "%s", mig_buf_text(&text));
    mig_buf_fini(&text);
}

static mig_status
check_asked(mig__side side, const char *asked, const PGresult *res, mig_error *err)
{
    const char *role = PQgetvalue(res, 0, SCHEMA_ROLE);

    if (PQgetisnull(res, 0, SCHEMA_NAME)) {
        mig_raise(err, MIG_E_SCHEMA, "the %s has no schema %s", mig__side_name(side), asked);
        if (side == MIG__SIDE_TARGET)
            hint_statement("CREATE SCHEMA ", asked, NULL, err);
        return MIG_E_SCHEMA;
    }
    if (strncmp(asked, "pg_", 3) == 0)
        return mig_raise(err, MIG_E_SCHEMA, "%s is a schema of the server's own", asked);
    if (mig__query_true(res, 0, SCHEMA_MAY_USE))
        return MIG_OK;
    mig_raise(err, MIG_E_RIGHTS, "the role %s may not use the %s's schema %s", role,
              mig__side_name(side), asked);
    hint_statement("GRANT USAGE ON SCHEMA ", asked, role, err);
    return MIG_E_RIGHTS;
}

mig_status
mig__own_schema(mig__session *session, mig__side side, const char *asked, char **schemap,
                mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *name;

    *schemap = NULL;
    MIG_TRY(mig__query_rows(session,
                            side == MIG__SIDE_SOURCE ? "cannot read the source's settings"
                                                     : "cannot read the target's settings",
                            sql, 1, &asked, &res, err));
    name = PQgetvalue(res, 0, SCHEMA_NAME);
    if (asked != NULL)
        MIG_TRY(check_asked(side, asked, res, err));
    else if (name[0] == '\0' || strncmp(name, "pg_", 3) == 0)
        MIG_TRY(refuse_path(side, res, err));
    *schemap = strdup(name);
    if (*schemap == NULL)
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold what the %s says of itself",
                       mig__side_name(side));
done:
    PQclear(res);
    return st;
}
