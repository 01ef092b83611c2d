/*
 * testpg.c - databases for tests, and sinks on them.
 */
#include "testpg.h"

#include <criterion/assert.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "mig/buf.h"
#include "mig/postgres.h"

testpg testpg_db;

static void
keyword(mig_buf *text, const char *name, const char *value)
{
    mig_buf_printf(text, " %s='", name);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            mig_buf_puts(text, "\\");
        mig_buf_add(text, value, 1);
    }
    mig_buf_puts(text, "'");
}

char *
testpg_conninfo(const char *user, const char *dbname)
{
    const char       *server = getenv("MIG_TEST_PG");
    PQconninfoOption *options;
    mig_buf           text = MIG_BUF_INIT;

    cr_assert(server != NULL, "MIG_TEST_PG must hold the conninfo of a PostgreSQL superuser");
    options = PQconninfoParse(server, NULL);
    cr_assert(options != NULL, "MIG_TEST_PG is no conninfo");
    for (PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (o->val == NULL || strcmp(o->keyword, "dbname") == 0 ||
            (strcmp(o->keyword, "user") == 0 && user != NULL))
            continue;
        keyword(&text, o->keyword, o->val);
    }
    if (user != NULL)
        keyword(&text, "user", user);
    keyword(&text, "dbname", dbname != NULL ? dbname : "postgres");
    PQconninfoFree(options);
    return text.data;
}

PGconn *
testpg_connect(const char *conninfo)
{
    PGconn *conn = PQconnectdb(conninfo);

    cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
    return conn;
}

static void
run_on(PGconn *conn, const char *sql)
{
    PGresult      *res = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(res);

    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
              PQerrorMessage(conn));
    PQclear(res);
}

static void
run_as_admin(const char *sql)
{
    char   *conninfo = testpg_conninfo(NULL, NULL);
    PGconn *conn = testpg_connect(conninfo);

    run_on(conn, sql);
    PQfinish(conn);
    free(conninfo);
}

void
testpg_init(void)
{
    uint64_t key;
    char     sql[128];

    cr_assert_eq(getrandom(&key, sizeof key, 0), (ssize_t)sizeof key);
    memset(&testpg_db, 0, sizeof testpg_db);
    snprintf(testpg_db.name, sizeof testpg_db.name, "migtest_%016llx", (unsigned long long)key);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE template0", testpg_db.name);
    run_as_admin(sql);
    testpg_db.conninfo = testpg_conninfo(NULL, testpg_db.name);
    testpg_db.conn = testpg_connect(testpg_db.conninfo);
}

void
testpg_fini(void)
{
    char sql[128];
    bool may_force = PQserverVersion(testpg_db.conn) >= 130000;

    for (size_t i = 0; i < testpg_db.plan.n_tables; i++)
        free(testpg_db.plan.tables[i].columns);
    free(testpg_db.plan.tables);
    mig_catalog_free(testpg_db.catalog);
    mig_sink_close(testpg_db.sink);
    mig_error_fini(&testpg_db.err);
    mig_buf_fini(&testpg_db.notes);
    PQfinish(testpg_db.conn);
    snprintf(sql, sizeof sql, "DROP DATABASE %s%s", testpg_db.name,
             may_force ? " WITH (FORCE)" : "");
    run_as_admin(sql);
    if (testpg_db.role[0] != '\0') {
        snprintf(sql, sizeof sql, "DROP ROLE %s", testpg_db.role);
        run_as_admin(sql);
    }
    free(testpg_db.conninfo);
    free(testpg_db.role_info);
}

void
testpg_make_role(void)
{
    char sql[128];

    snprintf(testpg_db.role, sizeof testpg_db.role, "%s_app", testpg_db.name);
    snprintf(sql, sizeof sql, "CREATE ROLE %s LOGIN", testpg_db.role);
    testpg_run(sql);
    testpg_db.role_info = testpg_conninfo(testpg_db.role, testpg_db.name);
}

void
testpg_run(const char *sql)
{
    run_on(testpg_db.conn, sql);
}

char *
testpg_value(const char *sql)
{
    PGresult *res = PQexec(testpg_db.conn, sql);
    char     *value;

    cr_assert_eq(PQresultStatus(res), PGRES_TUPLES_OK, "%s: %s", sql,
                 PQerrorMessage(testpg_db.conn));
    value = strdup(PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    return value;
}

void
testpg_expect(const char *sql, const char *value)
{
    char *got = testpg_value(sql);

    cr_assert_str_eq(got, value, "%s: got \"%s\", wanted \"%s\"", sql, got, value);
    free(got);
}

void
testpg_status(mig_status got, mig_status wanted)
{
    const mig_error *err = &testpg_db.err;

    cr_assert_eq(got, wanted, "status \"%s\" instead of \"%s\": %s | %s | %s",
                 mig_status_words(got), mig_status_words(wanted),
                 err->message != NULL ? err->message : "-", err->detail != NULL ? err->detail : "-",
                 err->hint != NULL ? err->hint : "-");
}

void
testpg_open(const char *conninfo)
{
    mig_sink_close(testpg_db.sink);
    testpg_status(mig_postgres_sink_open(conninfo, NULL, &testpg_db.sink, &testpg_db.err), MIG_OK);
    testpg_read_catalog();
}

void
testpg_read_catalog(void)
{
    mig_catalog_free(testpg_db.catalog);
    testpg_status(testpg_db.sink->ops->catalog(testpg_db.sink, &testpg_db.catalog, &testpg_db.err),
                  MIG_OK);
}

static void
plan_table(mig_table_plan *plan, const char *name)
{
    const mig_table *table = mig_catalog_find(testpg_db.catalog, name);

    cr_assert(table != NULL, "no table %s", name);
    *plan = (mig_table_plan){.source = table, .target = table, .label = table->name};
    plan->columns = calloc(table->n_columns + 1, sizeof *plan->columns);
    for (size_t i = 0; i < table->n_columns; i++) {
        const mig_column *column = &table->columns[i];

        if (!column->generated)
            plan->columns[plan->n_columns++] =
                (mig_column_plan){.source = column, .target = column, .wire = column->wire};
    }
}

void
testpg_plan(const char *tables)
{
    mig_plan *plan = &testpg_db.plan;
    char     *names = strdup(tables);
    char     *rest = NULL;

    for (size_t i = 0; i < plan->n_tables; i++)
        free(plan->tables[i].columns);
    free(plan->tables);
    plan->tables = calloc(strlen(tables) + 1, sizeof *plan->tables);
    plan->n_tables = 0;
    for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
        plan_table(&plan->tables[plan->n_tables++], name);
    free(names);
}

mig_status
testpg_check(bool create_tables, const char *tables)
{
    const mig_table *list[16];
    mig_sink_need    need = {.create_tables = create_tables, .tables = list};

    mig_error_fini(&testpg_db.err);
    testpg_plan(tables);
    for (size_t i = 0; i < testpg_db.plan.n_tables; i++)
        list[need.n_tables++] = testpg_db.plan.tables[i].target;
    return testpg_db.sink->ops->check(testpg_db.sink, &need, &testpg_db.err);
}

void
testpg_finish(void)
{
    mig_buf_clear(&testpg_db.notes);
    testpg_status(testpg_db.sink->ops->finish(testpg_db.sink, &testpg_db.plan, &testpg_db.notes,
                                              &testpg_db.err),
                  MIG_OK);
}

mig_rows
testpg_rows(size_t cap)
{
    mig_rows rows = {.data = malloc(cap), .cap = cap, .max_rows = UINT32_MAX};

    cr_assert(rows.data != NULL);
    return rows;
}
