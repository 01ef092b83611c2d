/*
 * test_uptrakit_schema.c - the built-in steps make the schema of an Uptrakit
 * installation.
 *
 * All steps of a dialect run in a fresh database.  Then a query over that
 * database's catalog spells what it finds as the lines of uptrakit-schema.tsv,
 * and the two sets of lines are compared as wholes: what is missing, and what is
 * there in addition.
 *
 * Needs PostgreSQL: the conninfo of a role that may create databases in
 * MIG_TEST_PG.  Run from the top of the tree.
 */
#include "mig/buf.h"
#include "mig/uptrakit.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FACTS_FILE "tests/db/uptrakit-schema.tsv"

/* A list of lines; each is a fact. */
typedef struct fact_list {
    char **lines;
    size_t n;
} fact_list;

static void
facts_add(fact_list *facts, const char *line)
{
    facts->lines = reallocarray(facts->lines, facts->n + 1, sizeof *facts->lines);
    cr_assert_not_null(facts->lines);
    facts->lines[facts->n] = strdup(line);
    cr_assert_not_null(facts->lines[facts->n]);
    facts->n++;
}

static int
compare_lines(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void
facts_sort(fact_list *facts)
{
    if (facts->n > 1)
        qsort(facts->lines, facts->n, sizeof *facts->lines, compare_lines);
}

static void
facts_fini(fact_list *facts)
{
    for (size_t i = 0; i < facts->n; i++)
        free(facts->lines[i]);
    free(facts->lines);
}

/* The line without its nth field (from 0). */
static void
drop_field(char *line, size_t nth)
{
    char *from = line;
    char *to;

    for (; nth > 0; nth--)
        from = strchr(from, '\t') + 1;
    to = strchr(from, '\t');
    if (to != NULL)
        memmove(from, to + 1, strlen(to + 1) + 1);
    else
        from[-1] = '\0';
}

/* The facts of the file that hold for one dialect, in the form of its catalog query. */
static fact_list
expected_facts(bool sqlite)
{
    fact_list facts = {NULL, 0};
    char      line[512];
    FILE     *file = fopen(FACTS_FILE, "r");

    cr_assert_not_null(file, "cannot open %s: run from the top of the tree", FACTS_FILE);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (strncmp(line, "column\t", strlen("column\t")) == 0)
            drop_field(line, sqlite ? 4 : 3); /* the other dialect's type */
        if (sqlite && strncmp(line, "foreign key\t", strlen("foreign key\t")) == 0)
            drop_field(line, 6); /* SQLite gives them no names */
        facts_add(&facts, line);
    }
    (void)fclose(file);
    facts_sort(&facts);
    return facts;
}

/* Fails with every difference. */
static void
assert_same_facts(const fact_list *expected, const fact_list *found)
{
    mig_buf differences = MIG_BUF_INIT;
    size_t  e = 0;
    size_t  f = 0;

    while (e < expected->n || f < found->n) {
        int order;

        if (e == expected->n)
            order = 1;
        else if (f == found->n)
            order = -1;
        else
            order = strcmp(expected->lines[e], found->lines[f]);
        if (order < 0)
            mig_buf_printf(&differences, "\n- %s", expected->lines[e]);
        else if (order > 0)
            mig_buf_printf(&differences, "\n+ %s", found->lines[f]);
        e += order <= 0;
        f += order >= 0;
    }
    cr_assert_eq(differences.len, 0, "expected (-), found (+):%s", mig_buf_text(&differences));
    cr_assert_eq(mig_buf_check(&differences, NULL), MIG_OK);
    cr_assert_gt(expected->n, 400, "the file of facts is cut short");
    mig_buf_fini(&differences);
}

/* ---- SQLite ---- */

/*
 * A fact per row.  SQLite spells its own types in capitals, whatever was declared.  Every join with
 * a pragma's table is in a subquery of its own, so that group_concat sees the rows in the order of
 * the key.
 */
static const char sqlite_facts[] =
    "WITH t(name, sql) AS (SELECT name, sql FROM sqlite_schema WHERE type = 'table')"
    " SELECT 'table' || char(9) || name FROM t"
    " UNION ALL"
    " SELECT concat5('column', t.name, c.name, lower(c.type),"
    "                CASE c.\"notnull\" WHEN 1 THEN 'not null' ELSE 'null' END)"
    "        || char(9) || ifnull(c.dflt_value, '-')"
    "   FROM t, pragma_table_info(t.name) AS c"
    " UNION ALL"
    " SELECT concat5('primary key', name, group_concat(c, ','), NULL, NULL) FROM"
    "   (SELECT t.name, c.name AS c FROM t, pragma_table_info(t.name) AS c WHERE c.pk > 0"
    "     ORDER BY t.name, c.pk)"
    "  GROUP BY name"
    " UNION ALL"
    " SELECT CASE origin WHEN 'u' THEN concat5('unique', name, group_concat(c, ','), NULL, NULL)"
    "        ELSE concat5('index', name, i, CASE \"unique\" WHEN 1 THEN 'unique' ELSE 'plain' END,"
    "                     group_concat(c, ','))"
    "             || char(9) || CASE partial WHEN 1 THEN"
    "                  (SELECT substr(sql, instr(sql, ' WHERE ') + 7) FROM sqlite_schema AS s"
    "                    WHERE s.name = i) ELSE '-' END"
    "        END FROM"
    "   (SELECT t.name, i.name AS i, i.\"unique\", i.origin, i.partial, c.name AS c"
    "      FROM t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c"
    "     WHERE i.origin <> 'pk' ORDER BY i.name, c.seqno)"
    "  GROUP BY i"
    " UNION ALL"
    " SELECT concat5('foreign key', name, group_concat(\"from\", ','), parent,"
    "                group_concat(\"to\", ',')) || char(9) || on_delete FROM"
    "   (SELECT t.name, f.id, f.\"from\", f.\"table\" AS parent, f.\"to\", f.on_delete"
    "      FROM t, pragma_foreign_key_list(t.name) AS f"
    "     WHERE f.on_update = 'NO ACTION' ORDER BY t.name, f.id, f.seq)"
    "  GROUP BY name, id"
    " UNION ALL"
    /* Not in a pragma: the text between CHECK and the end of its line. */
    " SELECT concat5('check', name, rtrim(substr(c, 1, instr(c, char(10)) - 1), ',)'), NULL, NULL)"
    "   FROM (SELECT name, substr(sql, instr(sql, 'CHECK (') + 7) AS c FROM t"
    "          WHERE instr(sql, 'CHECK (') > 0)";

/* Up to five texts with tabs between them; NULL ones are left out. */
static void
concat5(sqlite3_context *context, int n, sqlite3_value **values)
{
    mig_buf text = MIG_BUF_INIT;

    for (int i = 0; i < n; i++) {
        const unsigned char *value = sqlite3_value_text(values[i]);

        if (value != NULL)
            mig_buf_printf(&text, "%s%s", i > 0 ? "\t" : "", (const char *)value);
    }
    sqlite3_result_text(context, mig_buf_text(&text), -1, SQLITE_TRANSIENT);
    mig_buf_fini(&text);
}

static sqlite3 *
sqlite_with_all_steps(void)
{
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);
    sqlite3                 *db = NULL;

    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(sqlite3_exec(db, steps[i].sqlite_sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s",
                     steps[i].name, sqlite3_errmsg(db));
    }
    return db;
}

static int
keep_sqlite_fact(void *arg, int n, char **texts, char **names)
{
    (void)n;
    (void)names;
    facts_add(arg, texts[0] == NULL ? "(null)" : texts[0]);
    return 0;
}

/* The only value of a query. */
static int
sqlite_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int           number;

    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
    number = sqlite3_column_int(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return number;
}

Test(uptrakit_schema, sqlite_steps_make_exactly_the_schema)
{
    sqlite3  *db = sqlite_with_all_steps();
    fact_list expected = expected_facts(true);
    fact_list found = {NULL, 0};

    cr_assert_eq(sqlite3_create_function(db, "concat5", 5, SQLITE_UTF8, NULL, concat5, NULL, NULL),
                 SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sqlite_facts, keep_sqlite_fact, &found, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(db));
    facts_sort(&found);

    assert_same_facts(&expected, &found);
    facts_fini(&expected);
    facts_fini(&found);
    (void)sqlite3_close(db);
}

Test(uptrakit_schema, sqlite_has_nothing_that_the_facts_cannot_tell)
{
    sqlite3 *db = sqlite_with_all_steps();

    cr_assert_eq(sqlite_number(db, "SELECT count(*) FROM sqlite_schema"
                                   " WHERE type NOT IN ('table', 'index')"),
                 0);
    cr_assert_eq(sqlite_number(db, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE"
                                   " '%CONSTRAINT%' OR sql LIKE '%WITHOUT ROWID%'"
                                   " OR sql LIKE '%AUTOINCREMENT%' OR sql LIKE '%COLLATE%'"),
                 0);
    cr_assert_eq(sqlite_number(db, "SELECT count(*) FROM sqlite_schema AS t,"
                                   " pragma_foreign_key_list(t.name) AS f"
                                   " WHERE f.on_update <> 'NO ACTION'"),
                 0);
    (void)sqlite3_close(db);
}

Test(uptrakit_schema, sqlite_steps_leave_no_rows)
{
    sqlite3      *db = sqlite_with_all_steps();
    sqlite3_stmt *tables = NULL;
    int           n_tables = 0;

    cr_assert_eq(sqlite3_prepare_v2(db,
                                    "SELECT format('SELECT count(*) FROM \"%w\"', name)"
                                    " FROM sqlite_schema WHERE type = 'table'",
                                    -1, &tables, NULL),
                 SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *count = (const char *)sqlite3_column_text(tables, 0);

        cr_assert_eq(sqlite_number(db, count), 0, "%s", count);
        n_tables++;
    }
    cr_assert_eq(n_tables, 38);
    (void)sqlite3_finalize(tables);
    (void)sqlite3_close(db);
}

Test(uptrakit_schema, sqlite_initial_step_makes_34_tables)
{
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);
    sqlite3                 *db = NULL;

    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, steps[0].sqlite_sql, NULL, NULL, NULL), SQLITE_OK);

    cr_assert_eq(sqlite_number(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), 34);
    (void)sqlite3_close(db);
}

Test(uptrakit_schema, sqlite_steps_remove_what_older_installations_have)
{
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);
    sqlite3                 *db = NULL;
    static const char        older[] =
        "CREATE TABLE controller_events (id integer PRIMARY KEY AUTOINCREMENT);"
        "INSERT INTO tenants (id, name, slug, created_at, updated_at)"
        " VALUES (x'01', 'n', 's', '2026', '2026');"
        "INSERT INTO scheduled_tasks (id, tenant_id, task_type, cron_expression, next_run_at,"
        " created_at, updated_at) VALUES (x'02', x'01', 'event_cleanup', '*', '2026', '2026', "
        "'2026'),"
        " (x'03', x'01', 'auth_cleanup', '*', '2026', '2026', '2026');";

    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, steps[0].sqlite_sql, NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, older, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    for (size_t i = 1; i < n; i++)
        cr_assert_eq(sqlite3_exec(db, steps[i].sqlite_sql, NULL, NULL, NULL), SQLITE_OK);

    cr_assert_eq(sqlite_number(db, "SELECT count(*) FROM sqlite_schema"
                                   " WHERE name = 'controller_events'"),
                 0);
    cr_assert_eq(sqlite_number(db, "SELECT count(*) FROM scheduled_tasks"), 1);
    cr_assert_eq(sqlite_number(db, "SELECT count(*) FROM scheduled_tasks"
                                   " WHERE task_type = 'auth_cleanup'"),
                 1);
    (void)sqlite3_close(db);
}

/* ---- PostgreSQL ---- */

/*
 * A fact per row, of the schema "target".  Defaults and checks lose the casts that the server adds
 * to literals, and the parentheses around an expression.
 */
static const char postgres_facts[] =
    "WITH r AS (SELECT c.oid, c.relname AS name FROM pg_class AS c"
    "            WHERE c.relnamespace = 'target'::regnamespace AND c.relkind IN ('r', 'p')),"
    " k AS (SELECT r.name, o.*,"
    "          (SELECT string_agg(a.attname, ',' ORDER BY n) FROM unnest(o.conkey)"
    "             WITH ORDINALITY AS u(att, n)"
    "             JOIN pg_attribute AS a ON a.attrelid = o.conrelid AND a.attnum = att) AS cols,"
    "          (SELECT string_agg(a.attname, ',' ORDER BY n) FROM unnest(o.confkey)"
    "             WITH ORDINALITY AS u(att, n)"
    "             JOIN pg_attribute AS a ON a.attrelid = o.confrelid AND a.attnum = att) AS pcols"
    "        FROM r JOIN pg_constraint AS o ON o.conrelid = r.oid)"
    " SELECT concat_ws(E'\\t', 'table', name) FROM r"
    " UNION ALL"
    " SELECT concat_ws(E'\\t', 'column', r.name, a.attname, format_type(a.atttypid, a.atttypmod),"
    "          CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END,"
    "          coalesce(CASE WHEN a.atttypid = 'boolean'::regtype THEN upper(e.d)"
    "                        ELSE regexp_replace(e.d, '::[a-z ]+$', '') END, '-'))"
    "   FROM r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0"
    "                                AND NOT a.attisdropped"
    "   LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS d FROM pg_attrdef) AS e"
    "          ON e.adrelid = r.oid AND e.adnum = a.attnum"
    " UNION ALL"
    " SELECT concat_ws(E'\\t', 'primary key', name, cols) FROM k WHERE contype = 'p'"
    " UNION ALL"
    " SELECT concat_ws(E'\\t', 'unique', name, cols) FROM k WHERE contype = 'u'"
    " UNION ALL"
    " SELECT concat_ws(E'\\t', 'index', r.name, i.relname,"
    "          CASE WHEN x.indisunique THEN 'unique' ELSE 'plain' END,"
    "          (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute AS a"
    "            WHERE a.attrelid = i.oid),"
    "          coalesce(trim(BOTH '()' FROM pg_get_expr(x.indpred, r.oid)), '-'))"
    "   FROM r JOIN pg_index AS x ON x.indrelid = r.oid JOIN pg_class AS i ON i.oid = x.indexrelid"
    "  WHERE NOT EXISTS (SELECT FROM pg_constraint AS o WHERE o.conindid = i.oid"
    "                       AND o.contype IN ('p', 'u'))"
    " UNION ALL"
    " SELECT concat_ws(E'\\t', 'foreign key', k.name, cols, p.relname, pcols,"
    "          CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'r' THEN 'RESTRICT'"
    "                           WHEN 'n' THEN 'SET NULL' ELSE confdeltype::text END, conname)"
    "   FROM k JOIN pg_class AS p ON p.oid = confrelid"
    "  WHERE contype = 'f' AND confupdtype = 'a' AND NOT condeferrable"
    " UNION ALL"
    " SELECT concat_ws(E'\\t', 'check', name,"
    "          translate(regexp_replace(pg_get_expr(conbin, conrelid), '::[a-z]+', '', 'g'),"
    "                    '()', ''))"
    "   FROM k WHERE contype = 'c'";

typedef struct scratch_database {
    PGconn *admin;
    PGconn *conn;
    char    name[64];
} scratch_database;

static PGconn *
connect_to(const char *database)
{
    /* The first dbname is expanded as a conninfo; one that follows is taken as a name. */
    const char *const keywords[] = {"dbname", database == NULL ? NULL : "dbname", NULL};
    const char *const values[] = {getenv("MIG_TEST_PG"), database, NULL};
    PGconn           *conn;

    cr_assert_not_null(values[0], "MIG_TEST_PG is not set: it must hold the conninfo of a"
                                  " PostgreSQL role that may create databases");
    conn = PQconnectdbParams(keywords, values, 1);
    cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
    return conn;
}

static PGresult *
run(PGconn *conn, const char *sql)
{
    PGresult      *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);

    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%.60s...: %s", sql,
              PQerrorMessage(conn));
    return result;
}

static long
pg_number(PGconn *conn, const char *sql)
{
    PGresult *result = run(conn, sql);
    long      number = strtol(PQgetvalue(result, 0, 0), NULL, 10);

    PQclear(result);
    return number;
}

static void
ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* A fresh database with an empty schema "target", first in the search path. */
static scratch_database
scratch_open(void)
{
    scratch_database scratch;
    unsigned char    random[8];
    char             sql[128];

    cr_assert_eq(getrandom(random, sizeof random, 0), (ssize_t)sizeof random);
    (void)snprintf(scratch.name, sizeof scratch.name, "mig_schema_%02x%02x%02x%02x%02x%02x%02x%02x",
                   random[0], random[1], random[2], random[3], random[4], random[5], random[6],
                   random[7]);
    scratch.admin = connect_to(NULL);
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", scratch.name);
    PQclear(run(scratch.admin, sql));
    scratch.conn = connect_to(scratch.name);
    (void)PQsetNoticeReceiver(scratch.conn, ignore_notice, NULL);
    PQclear(run(scratch.conn, "CREATE SCHEMA target"));
    PQclear(run(scratch.conn, "SET search_path = target"));
    return scratch;
}

static void
scratch_close(scratch_database *scratch)
{
    char sql[128];

    PQfinish(scratch->conn);
    (void)snprintf(sql, sizeof sql, "DROP DATABASE %s", scratch->name);
    PQclear(run(scratch->admin, sql));
    PQfinish(scratch->admin);
}

static void
run_postgres_steps(PGconn *conn)
{
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);

    for (size_t i = 0; i < n; i++)
        PQclear(run(conn, steps[i].postgres_sql));
}

Test(uptrakit_schema, postgres_steps_make_exactly_the_schema)
{
    scratch_database scratch = scratch_open();
    fact_list        expected = expected_facts(false);
    fact_list        found = {NULL, 0};
    PGresult        *result;

    run_postgres_steps(scratch.conn);
    PQclear(run(scratch.conn, "SET search_path = pg_catalog"));
    result = run(scratch.conn, postgres_facts);
    for (int i = 0; i < PQntuples(result); i++)
        facts_add(&found, PQgetvalue(result, i, 0));
    PQclear(result);
    facts_sort(&found);
    scratch_close(&scratch);

    assert_same_facts(&expected, &found);
    facts_fini(&expected);
    facts_fini(&found);
}

Test(uptrakit_schema, postgres_has_nothing_that_the_facts_cannot_tell)
{
    scratch_database scratch = scratch_open();
    long             n_other;
    long             n_odd_keys;
    long             n_elsewhere;

    run_postgres_steps(scratch.conn);
    n_other =
        pg_number(scratch.conn, "SELECT count(*) FROM pg_class WHERE relkind NOT IN ('r', 'i')"
                                " AND relnamespace = 'target'::regnamespace");
    n_odd_keys = pg_number(scratch.conn,
                           "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"
                           " AND (confupdtype <> 'a' OR condeferrable OR confmatchtype <> 's')");
    n_elsewhere = pg_number(scratch.conn, "SELECT count(*) FROM pg_class"
                                          " WHERE relnamespace = 'public'::regnamespace");
    scratch_close(&scratch);

    cr_assert_eq(n_other, 0, "sequences or views were made");
    cr_assert_eq(n_odd_keys, 0);
    cr_assert_eq(n_elsewhere, 0, "made outside of the first schema of the search path");
}

Test(uptrakit_schema, postgres_steps_leave_no_rows)
{
    scratch_database scratch = scratch_open();
    PGresult        *tables;
    int              n_tables;
    long             n_rows = 0;

    run_postgres_steps(scratch.conn);
    tables = run(scratch.conn, "SELECT format('SELECT count(*) FROM %I', tablename)"
                               " FROM pg_tables WHERE schemaname = 'target'");
    n_tables = PQntuples(tables);
    for (int i = 0; i < n_tables; i++)
        n_rows += pg_number(scratch.conn, PQgetvalue(tables, i, 0));
    PQclear(tables);
    scratch_close(&scratch);

    cr_assert_eq(n_tables, 38);
    cr_assert_eq(n_rows, 0);
}
