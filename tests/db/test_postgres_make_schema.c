/*
 * test_postgres_make_schema.c - a schema made before the rows and completed
 * after them, on a real server.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testpg.h"

static mig_ddl *ddl;

static void
setup(void)
{
    testpg_init();
    ddl = mig_ddl_new();
    cr_assert(ddl != NULL);
}

static void
teardown(void)
{
    mig_ddl_free(ddl);
    testpg_fini();
}

TestSuite(postgres_make_schema, .init = setup, .fini = teardown, .timeout = 60);

static void
add(mig_ddl_phase phase, const char *what, const char *table, const char *sql)
{
    cr_assert(mig_ddl_add(ddl, phase, what, table, sql));
}

static void
relation(const char *name)
{
    cr_assert(mig_ddl_add_relation(ddl, name));
}

/* Two tables that refer to each other, a view over one of them, and a type. */
static void
describe_all(void)
{
    add(MIG_DDL_BEFORE, "type mood", NULL, "CREATE TYPE \"public\".mood AS ENUM ('sad', 'glad')");
    cr_assert(mig_ddl_add_thing(
        ddl, MIG_DDL_TYPE, "mood",
        "SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) = ARRAY['sad', 'glad']"
        " FROM pg_enum e WHERE e.enumtypid = 'public.mood'::regtype"));
    add(MIG_DDL_BEFORE, "table a", "a",
        "CREATE TABLE \"public\".a (id bigint NOT NULL, b bigint, m mood)");
    add(MIG_DDL_BEFORE, "table b", "b", "CREATE TABLE \"public\".b (id bigint NOT NULL, a bigint)");
    add(MIG_DDL_KEYS, "primary key of a", "a",
        "ALTER TABLE \"public\".a ADD CONSTRAINT a_pkey PRIMARY KEY (id)");
    add(MIG_DDL_KEYS, "primary key of b", "b",
        "ALTER TABLE \"public\".b ADD CONSTRAINT b_pkey PRIMARY KEY (id)");
    add(MIG_DDL_KEYS, "index a_m_idx", "a", "CREATE INDEX a_m_idx ON \"public\".a (m)");
    add(MIG_DDL_KEYS, "index a_b_idx", "a", "CREATE UNIQUE INDEX a_b_idx ON \"public\".a (b)");
    add(MIG_DDL_REFERENCES, "foreign key a_b_fkey", "a",
        "ALTER TABLE \"public\".a ADD CONSTRAINT a_b_fkey FOREIGN KEY (b) REFERENCES \"public\".b"
        " NOT VALID");
    add(MIG_DDL_REFERENCES, "foreign key b_a_fkey", "b",
        "ALTER TABLE \"public\".b ADD CONSTRAINT b_a_fkey FOREIGN KEY (a) REFERENCES \"public\".a"
        " NOT VALID");
    add(MIG_DDL_VALIDATE, "foreign key a_b_fkey", "a",
        "ALTER TABLE \"public\".a VALIDATE CONSTRAINT a_b_fkey");
    add(MIG_DDL_VALIDATE, "foreign key b_a_fkey", "b",
        "ALTER TABLE \"public\".b VALIDATE CONSTRAINT b_a_fkey");
    add(MIG_DDL_AFTER, "view v", NULL, "CREATE VIEW \"public\".v AS SELECT id FROM \"public\".a");
    add(MIG_DDL_AFTER, "view w", NULL, "CREATE VIEW \"public\".w AS SELECT id FROM \"public\".v");
    relation("a");
    relation("b");
    relation("v");
    relation("w");
    cr_assert(mig_ddl_add_index(ddl, "a_m_idx"));
}

static mig_status
check(void)
{
    mig_sink_need need = {.ddl = ddl};

    mig_error_fini(&testpg_db.err);
    return testpg_db.sink->ops->check(testpg_db.sink, &need, &testpg_db.err);
}

static mig_status
make(void)
{
    mig_error_fini(&testpg_db.err);
    return testpg_db.sink->ops->make_schema(testpg_db.sink, ddl, &testpg_db.err);
}

static mig_status
complete(unsigned n_parallel)
{
    mig_error_fini(&testpg_db.err);
    return testpg_db.sink->ops->complete_schema(testpg_db.sink, ddl, n_parallel, &testpg_db.notes,
                                                &testpg_db.err);
}

static void
expect_in(const char *text, const char *part)
{
    cr_assert(text != NULL && strstr(text, part) != NULL, "no \"%s\" in: %s", part,
              text != NULL ? text : "-");
}

/* Waits for at most ten seconds: the server notices the end of a session when it likes. */
static void
expect_sessions(const char *n)
{
    testpg_run("CREATE FUNCTION sessions() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN"
               " PERFORM pg_stat_clear_snapshot(); RETURN (SELECT count(*) FROM pg_stat_activity"
               " WHERE datname = current_database() AND application_name = 'db-migrate');"
               " END $$");
    testpg_run("DO $$ BEGIN FOR i IN 1 .. 200 LOOP EXIT WHEN public.sessions() = 1;"
               " PERFORM pg_sleep(0.05); END LOOP; END $$");
    testpg_expect("SELECT public.sessions()", n);
}

Test(postgres_make_schema, it_is_made_filled_and_completed_side_by_side)
{
    describe_all();
    testpg_open(testpg_db.conninfo);

    testpg_status(check(), MIG_OK);
    testpg_status(make(), MIG_OK);
    testpg_expect("SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
                  " WHERE c.relname IN ('a', 'b')",
                  "0");
    testpg_run("INSERT INTO b VALUES (1, 7); INSERT INTO a VALUES (7, 1, 'sad')");
    testpg_status(complete(3), MIG_OK);

    testpg_expect("SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c"
                  " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('i', 'v')",
                  "a_b_idx a_m_idx a_pkey b_pkey v w");
    testpg_expect("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated", "2");
    expect_sessions("1");
}

Test(postgres_make_schema, what_stands_under_the_names_is_replaced)
{
    describe_all();
    testpg_open(testpg_db.conninfo);
    testpg_status(make(), MIG_OK);
    testpg_status(complete(1), MIG_OK);
    testpg_run("INSERT INTO a VALUES (7, NULL, 'sad'); CREATE TABLE stays (id bigint)");

    testpg_status(check(), MIG_OK);
    testpg_status(make(), MIG_OK);

    testpg_expect("SELECT count(*) FROM a", "0");
    testpg_expect("SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b', 'v', 'w', 'stays')",
                  "3");
    testpg_status(complete(2), MIG_OK);
}

Test(postgres_make_schema, a_view_outside_of_the_list_is_refused_by_name)
{
    describe_all();
    testpg_run("CREATE TABLE a (id bigint); CREATE VIEW mine AS SELECT id FROM a;"
               "CREATE SCHEMA s; CREATE VIEW s.far AS SELECT id FROM mine");
    testpg_open(testpg_db.conninfo);

    testpg_status(check(), MIG_E_REFUSED);
    expect_in(testpg_db.err.detail, "view mine depends on table a");
    testpg_status(make(), MIG_E_REFUSED);

    testpg_expect("SELECT count(*) FROM mine", "0");
}

Test(postgres_make_schema, a_foreign_key_outside_of_the_list_is_refused_by_name)
{
    describe_all();
    testpg_run("CREATE TABLE a (id bigint PRIMARY KEY);"
               "CREATE TABLE child (a bigint CONSTRAINT the_link REFERENCES a)");
    testpg_open(testpg_db.conninfo);

    testpg_status(check(), MIG_E_REFUSED);
    expect_in(testpg_db.err.detail, "constraint the_link on table child depends on table a");
    testpg_status(make(), MIG_E_REFUSED);
}

Test(postgres_make_schema, a_name_that_something_else_has_is_refused_before_the_rows)
{
    describe_all();
    testpg_run("CREATE TABLE other (id bigint); CREATE INDEX a_m_idx ON other (id);"
               "CREATE TYPE b AS ENUM ('x')");
    testpg_open(testpg_db.conninfo);

    testpg_status(check(), MIG_E_REFUSED);

    expect_in(testpg_db.err.detail, "a_m_idx: index a_m_idx");
    expect_in(testpg_db.err.detail, "b: type b");
}

Test(postgres_make_schema, a_type_that_others_use_stays_if_it_is_the_same)
{
    describe_all();
    testpg_run("CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE other (m mood)");
    testpg_open(testpg_db.conninfo);

    testpg_status(check(), MIG_OK);
    testpg_status(make(), MIG_OK);
    testpg_status(complete(2), MIG_OK);
}

Test(postgres_make_schema, a_type_that_others_use_and_that_differs_is_refused)
{
    describe_all();
    testpg_run("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE other (m mood)");
    testpg_open(testpg_db.conninfo);

    testpg_status(check(), MIG_E_REFUSED);

    expect_in(testpg_db.err.detail, "column m of table other depends on type mood");
}

Test(postgres_make_schema, a_type_that_nobody_uses_is_replaced)
{
    describe_all();
    testpg_run("CREATE TYPE mood AS ENUM ('old')");
    testpg_open(testpg_db.conninfo);

    testpg_status(make(), MIG_OK);

    testpg_expect("SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum",
                  "sad glad");
}

Test(postgres_make_schema, a_failure_takes_all_back_and_names_the_statement)
{
    describe_all();
    add(MIG_DDL_BEFORE, "table c", "c", "CREATE TABLE \"public\".c (x nonsense)");
    testpg_run("CREATE TABLE a (old text); INSERT INTO a VALUES ('kept')");
    testpg_open(testpg_db.conninfo);

    testpg_status(make(), MIG_E_DATABASE);

    expect_in(testpg_db.err.message, "cannot make the table c: type \"nonsense\"");
    testpg_expect("SELECT old FROM a", "kept");
    testpg_expect("SELECT count(*) FROM pg_class WHERE relname = 'b'", "0");
}

Test(postgres_make_schema, a_duplicate_is_told_with_its_index_and_key)
{
    describe_all();
    testpg_open(testpg_db.conninfo);
    testpg_status(make(), MIG_OK);
    testpg_run("INSERT INTO a VALUES (1, 5), (2, 5)");

    testpg_status(complete(4), MIG_E_DATA);

    expect_in(testpg_db.err.message, "cannot make the index a_b_idx");
    expect_in(testpg_db.err.detail, "(b)=(5)");
    testpg_expect("SELECT count(*) FROM pg_class WHERE relname = 'v'", "0");
}

Test(postgres_make_schema, an_orphan_is_told_with_its_foreign_key)
{
    describe_all();
    testpg_open(testpg_db.conninfo);
    testpg_status(make(), MIG_OK);
    testpg_run("INSERT INTO a VALUES (1, 99)");

    testpg_status(complete(2), MIG_E_DATA);

    expect_in(testpg_db.err.message, "cannot make the foreign key a_b_fkey");
    expect_in(testpg_db.err.detail, "(b)=(99)");
}

Test(postgres_make_schema, the_first_failure_breaks_off_what_runs_beside_it)
{
    add(MIG_DDL_KEYS, "index slow", NULL, "SELECT pg_sleep(500)");
    add(MIG_DDL_KEYS, "index bad", NULL, "SELECT 1 / (SELECT 0)");
    testpg_open(testpg_db.conninfo);

    testpg_status(complete(2), MIG_E_DATA);

    expect_in(testpg_db.err.message, "cannot make the index bad");
}

static void *
interrupt_soon(void *arg)
{
    char *n;

    (void)arg;
    do {
        PGconn   *conn = testpg_connect(testpg_db.conninfo);
        PGresult *res = PQexec(conn, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE"
                                     " 'SELECT pg_sleep%'");

        n = strdup(PQgetvalue(res, 0, 0));
        PQclear(res);
        PQfinish(conn);
    } while (strcmp(n, "2") != 0 && (free(n), true));
    free(n);
    testpg_db.sink->ops->interrupt(testpg_db.sink);
    return NULL;
}

Test(postgres_make_schema, an_interruption_ends_all_that_runs)
{
    pthread_t thread;

    add(MIG_DDL_KEYS, "index slow", NULL, "SELECT pg_sleep(500)");
    add(MIG_DDL_KEYS, "index slower", NULL, "SELECT pg_sleep(501)");
    add(MIG_DDL_KEYS, "index never", NULL, "SELECT pg_sleep(502)");
    testpg_open(testpg_db.conninfo);
    cr_assert_eq(pthread_create(&thread, NULL, interrupt_soon, NULL), 0);

    testpg_status(complete(2), MIG_E_STOPPED);

    pthread_join(thread, NULL);
}

Test(postgres_make_schema, a_role_that_does_not_own_the_old_tables_is_told_so)
{
    describe_all();
    testpg_make_role();
    testpg_run("CREATE TABLE a (id bigint)");
    testpg_run("GRANT CREATE ON SCHEMA public TO PUBLIC");
    testpg_open(testpg_db.role_info);

    testpg_status(check(), MIG_E_RIGHTS);
    expect_in(testpg_db.err.hint, "ALTER TABLE \"public\".\"a\" OWNER TO");
    testpg_run(strstr(testpg_db.err.hint, "ALTER TABLE"));

    testpg_status(check(), MIG_OK);
    testpg_status(make(), MIG_OK);
}

Test(postgres_make_schema, views_partitions_and_sequences_of_the_list_go_in_their_order)
{
    testpg_run("CREATE SEQUENCE z; CREATE TABLE p (id bigint DEFAULT nextval('z')) PARTITION BY"
               " RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);"
               "CREATE MATERIALIZED VIEW a_first AS SELECT id FROM p;"
               "CREATE VIEW b_second AS SELECT id FROM a_first;"
               "CREATE VIEW a_third AS SELECT s.id FROM b_second s JOIN p USING (id)");
    relation("p");
    relation("z");
    relation("a_first");
    relation("b_second");
    relation("a_third");
    testpg_open(testpg_db.conninfo);

    testpg_status(check(), MIG_OK);
    testpg_status(make(), MIG_OK);

    testpg_expect("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                  " AND relname <> 'db_migrate_unfinished'",
                  "0");
}

Test(postgres_make_schema, owner_and_privileges_of_the_old_tables_are_given_to_the_new)
{
    mig_buf sql = MIG_BUF_INIT;

    describe_all();
    testpg_make_role();
    testpg_run("CREATE TABLE a (id bigint, gone text); CREATE VIEW v AS SELECT id FROM a");
    mig_buf_printf(&sql,
                   "GRANT SELECT ON v TO %s; GRANT UPDATE (id) ON a TO PUBLIC;"
                   "GRANT UPDATE (gone) ON a TO PUBLIC; ALTER TABLE a OWNER TO %s",
                   testpg_db.role, testpg_db.role);
    testpg_run(mig_buf_text(&sql));
    testpg_open(testpg_db.conninfo);

    testpg_status(make(), MIG_OK);
    testpg_status(complete(2), MIG_OK);

    testpg_expect("SELECT tableowner FROM pg_tables WHERE tablename = 'a'", testpg_db.role);
    mig_buf_clear(&sql);
    mig_buf_printf(&sql, "SELECT has_table_privilege('%s', 'v', 'SELECT')", testpg_db.role);
    testpg_expect(mig_buf_text(&sql), "t");
    testpg_expect("SELECT count(*) FROM pg_attribute WHERE attrelid = 'a'::regclass"
                  " AND attname = 'id' AND attacl::text LIKE '%{=w/%'",
                  "1");
    mig_buf_fini(&sql);
    expect_in(mig_buf_text(&testpg_db.notes), "UPDATE (gone)");
}

Test(postgres_make_schema, what_else_the_old_tables_had_is_told)
{
    describe_all();
    testpg_run("CREATE TABLE a (id bigint); ALTER TABLE a ENABLE ROW LEVEL SECURITY;"
               "CREATE POLICY mine ON a USING (true); CREATE PUBLICATION p FOR TABLE a;"
               "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
               "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()");
    testpg_open(testpg_db.conninfo);

    testpg_status(make(), MIG_OK);
    testpg_status(complete(2), MIG_OK);

    expect_in(mig_buf_text(&testpg_db.notes), "a: the trigger g of the table that was replaced");
    expect_in(mig_buf_text(&testpg_db.notes), "policy mine");
    expect_in(mig_buf_text(&testpg_db.notes), "publication p");
}
