/*
 * test_postgres_session.c - connecting: settings, refusals, names of one database.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"
#include "mig/postgres.h"
#include "testpg.h"

TestSuite(postgres_session, .init = testpg_init, .fini = testpg_fini, .timeout = 60);

static bool
note_text(void *arg, const char *const *texts, const size_t *lens)
{
    (void)lens;
    snprintf(arg, 200, "%s", texts[0]);
    return true;
}

/* What a connection of ours answers to a query, asked through a view. */
static void
expect_through_sink(const char *expression, const char *value)
{
    char             text[200] = "";
    mig_buf          sql = MIG_BUF_INIT;
    const char      *columns[1] = {"answer"};
    const mig_table *view;

    mig_buf_printf(&sql, "CREATE OR REPLACE VIEW asked AS SELECT (%s)::text AS answer", expression);
    testpg_run(mig_buf_text(&sql));
    testpg_read_catalog();
    view = mig_catalog_find(testpg_db.catalog, "asked");
    testpg_status(testpg_db.sink->ops->lookup(testpg_db.sink, view, columns, 1, note_text, text,
                                              &testpg_db.err),
                  MIG_OK);
    cr_assert_str_eq(text, value, "%s", expression);
    mig_buf_fini(&sql);
}

static void
set_for_database(const char *setting)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_printf(&sql, "ALTER DATABASE %s SET %s", testpg_db.name, setting);
    testpg_run(mig_buf_text(&sql));
    mig_buf_fini(&sql);
}

Test(postgres_session, settings_of_the_database_do_not_reach_us)
{
    testpg_run("CREATE SCHEMA app");
    set_for_database("datestyle = 'SQL, DMY'");
    set_for_database("timezone = 'Asia/Kathmandu'");
    set_for_database("intervalstyle = 'postgres_verbose'");
    set_for_database("bytea_output = 'escape'");
    set_for_database("extra_float_digits = -15");
    set_for_database("array_nulls = off");
    set_for_database("default_transaction_read_only = on");
    set_for_database("default_transaction_isolation = 'serializable'");
    set_for_database("lock_timeout = 1");
    set_for_database("statement_timeout = 1");

    testpg_open(testpg_db.conninfo);

    expect_through_sink("current_setting('datestyle')", "ISO, DMY");
    expect_through_sink("current_setting('timezone')", "UTC");
    expect_through_sink("current_setting('intervalstyle')", "iso_8601");
    expect_through_sink("current_setting('bytea_output')", "hex");
    expect_through_sink("current_setting('extra_float_digits')", "3");
    expect_through_sink("current_setting('array_nulls')", "on");
    expect_through_sink("current_setting('default_transaction_read_only')", "off");
    expect_through_sink("current_setting('default_transaction_isolation')", "read committed");
    expect_through_sink("current_setting('lock_timeout')", "0");
    expect_through_sink("current_setting('statement_timeout')", "0");
    expect_through_sink("current_setting('idle_session_timeout')", "0");
    expect_through_sink("current_setting('row_security')", "off");
    expect_through_sink("current_setting('application_name')", "db-migrate");
}

Test(postgres_session, the_target_schema_is_where_the_search_path_leads)
{
    testpg_run("CREATE SCHEMA app; CREATE TABLE app.inside (id bigint); CREATE TABLE outside ()");
    set_for_database("search_path = nowhere, app, public");

    testpg_open(testpg_db.conninfo);

    cr_assert_str_eq(testpg_db.catalog->schema, "app");
    cr_assert(mig_catalog_find(testpg_db.catalog, "inside") != NULL);
    cr_assert(mig_catalog_find(testpg_db.catalog, "outside") == NULL);
}

Test(postgres_session, a_search_path_that_leads_nowhere_is_an_error)
{
    set_for_database("search_path = 'nowhere'");

    testpg_status(mig_postgres_sink_open(testpg_db.conninfo, NULL, &testpg_db.sink, &testpg_db.err),
                  MIG_E_SCHEMA);

    cr_assert(testpg_db.err.hint != NULL);
    cr_assert(testpg_db.sink == NULL);
}

Test(postgres_session, a_malformed_url_is_refused_without_showing_the_password)
{
    static const char *const urls[] = {
        "postgres://app:se/cret@localhost/db",     "postgres://app:se%zzcret@localhost/db",
        "postgres://app:x@secret@localhost/db",    "postgres://app:x#secret/@localhost/db",
        "host=localhost password=se cret dbname=", "postgres://app:1/secret@localhost/db",
    };

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        mig_error err = MIG_ERROR_INIT;
        mig_sink *sink = NULL;

        cr_assert_eq(mig_postgres_sink_open(urls[i], NULL, &sink, &err), MIG_E_USAGE, "%s",
                     urls[i]);
        cr_assert(strstr(err.message, "cret") == NULL, "%s", err.message);
        cr_assert(err.detail == NULL || strstr(err.detail, "cret") == NULL, "%s", err.detail);
        mig_error_fini(&err);
    }
}

Test(postgres_session, a_failed_connection_tells_why_but_not_the_conninfo)
{
    char *conninfo = testpg_conninfo("nobody_of_this_name", testpg_db.name);
    char  full[1024];

    snprintf(full, sizeof full, "%s password='verysecret'", conninfo);

    testpg_status(mig_postgres_sink_open(full, NULL, &testpg_db.sink, &testpg_db.err),
                  MIG_E_CONNECT);

    cr_assert(strstr(testpg_db.err.detail, "nobody_of_this_name") != NULL);
    cr_assert(strstr(testpg_db.err.detail, "verysecret") == NULL);
    free(conninfo);
}

static void
expect_same(const char *other, bool wanted)
{
    bool same = !wanted;

    testpg_status(mig_postgres_same_database(testpg_db.conninfo, other, &same, &testpg_db.err),
                  MIG_OK);
    cr_assert_eq(same, wanted, "%s", other);
}

Test(postgres_session, one_database_is_known_under_another_name)
{
    char uri[1024];

    expect_same(testpg_db.conninfo, true);
    testpg_make_role();
    expect_same(testpg_db.role_info, true);
    snprintf(uri, sizeof uri, "postgresql:///%s?host=%s&port=%s&user=%s&application_name=x",
             testpg_db.name, PQhost(testpg_db.conn), PQport(testpg_db.conn),
             PQuser(testpg_db.conn));
    expect_same(uri, true);
}

Test(postgres_session, two_databases_of_one_server_are_two)
{
    char *other = testpg_conninfo(NULL, "postgres");

    expect_same(other, false);
    free(other);
}

Test(postgres_session, an_interrupted_query_is_an_echo)
{
    uint64_t n;

    testpg_run("CREATE TABLE t (id bigint)");
    testpg_open(testpg_db.conninfo);
    testpg_db.sink->ops->interrupt(testpg_db.sink);

    testpg_status(testpg_db.sink->ops->count(
                      testpg_db.sink, mig_catalog_find(testpg_db.catalog, "t"), &n, &testpg_db.err),
                  MIG_E_STOPPED);
}

Test(postgres_session, writers_are_bounded_by_the_limit_of_the_role)
{
    mig_buf sql = MIG_BUF_INIT;

    testpg_make_role();
    mig_buf_printf(&sql, "ALTER ROLE %s CONNECTION LIMIT 4", testpg_db.role);
    testpg_run(mig_buf_text(&sql));

    testpg_open(testpg_db.role_info);

    cr_assert_eq(testpg_db.sink->ops->max_writers(testpg_db.sink), 3);
    mig_buf_fini(&sql);
}

Test(postgres_session, a_sink_tells_the_facts_of_its_server)
{
    int   version = 0;
    bool  icu = false;
    char *wanted = testpg_value("SELECT current_setting('server_version_num') || ' '"
                                " || EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i')");
    char  got[40];

    testpg_open(testpg_db.conninfo);
    mig_postgres_sink_facts(testpg_db.sink, &version, &icu);

    snprintf(got, sizeof got, "%d %s", version, icu ? "true" : "false");
    cr_assert_str_eq(got, wanted);
    free(wanted);
}
