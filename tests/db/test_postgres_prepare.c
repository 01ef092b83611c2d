/*
 * test_postgres_prepare.c - rights, schema steps, erasing, triggers.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"
#include "mig/postgres.h"
#include "testpg.h"

TestSuite(postgres_prepare, .init = testpg_init, .fini = testpg_fini, .timeout = 60);

/* Runs the statement a hint ends with, from its first keyword on, as the superuser. */
static void
follow_hint(const char *verb)
{
    const char *statement = strstr(testpg_db.err.hint, verb);

    cr_assert(statement != NULL, "%s", testpg_db.err.hint);
    testpg_run(statement);
}

static void
run_for_role(const char *fmt)
{
    mig_buf     sql = MIG_BUF_INIT;
    const char *place = strstr(fmt, "ROLE");

    mig_buf_add(&sql, fmt, (size_t)(place - fmt));
    mig_buf_puts(&sql, testpg_db.role);
    mig_buf_puts(&sql, place + 4);
    testpg_run(mig_buf_text(&sql));
    mig_buf_fini(&sql);
}

static mig_status
prepare(void)
{
    mig_error_fini(&testpg_db.err);
    return testpg_db.sink->ops->prepare(testpg_db.sink, &testpg_db.plan, &testpg_db.err);
}

static mig_status
restore(void)
{
    return testpg_db.sink->ops->restore(testpg_db.sink, MIG_RESTORE_COMPLETE, 2, &testpg_db.notes,
                                        &testpg_db.err);
}

static mig_status
run_steps(const mig_step *steps, size_t n)
{
    mig_error_fini(&testpg_db.err);
    return testpg_db.sink->ops->run_steps(testpg_db.sink, steps, n, &testpg_db.err);
}

Test(postgres_prepare, a_role_that_may_not_create_is_told_the_statement_that_lets_it)
{
    static const mig_step step = {"one", "CREATE TABLE made (id bigint)"};

    testpg_make_role();
    testpg_open(testpg_db.role_info);

    testpg_status(testpg_check(true, ""), MIG_E_RIGHTS);
    follow_hint("GRANT USAGE, CREATE ON SCHEMA \"public\"");

    testpg_status(testpg_check(true, ""), MIG_OK);
    testpg_status(run_steps(&step, 1), MIG_OK);
}

Test(postgres_prepare, a_role_that_may_not_write_is_told_the_statement_that_lets_it)
{
    testpg_make_role();
    testpg_run("CREATE TABLE a (id bigint); CREATE TABLE \"B b\" (id bigint);"
               "INSERT INTO a VALUES (1)");
    run_for_role("GRANT SELECT, INSERT ON a TO ROLE");
    testpg_open(testpg_db.role_info);

    testpg_status(testpg_check(false, "a"), MIG_E_RIGHTS);
    cr_assert(strstr(testpg_db.err.detail, "a") != NULL);
    follow_hint("GRANT ");

    testpg_status(testpg_check(false, "a"), MIG_OK);
    testpg_status(prepare(), MIG_OK);
    testpg_expect("SELECT count(*) FROM a", "0");
}

Test(postgres_prepare, triggers_need_their_tables_owner_and_a_schema_for_their_states)
{
    testpg_make_role();
    testpg_run("CREATE TABLE a (id bigint); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
               " AS 'BEGIN RETURN NEW; END';"
               "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()");
    run_for_role("GRANT ALL ON a TO ROLE");
    testpg_open(testpg_db.role_info);

    testpg_status(testpg_check(false, "a"), MIG_E_RIGHTS);
    cr_assert(strstr(testpg_db.err.detail, "a (g)") != NULL);
    follow_hint("ALTER TABLE");
    testpg_status(testpg_check(false, "a"), MIG_E_RIGHTS);
    follow_hint("GRANT CREATE ON DATABASE");

    testpg_status(testpg_check(false, "a"), MIG_OK);
    testpg_status(prepare(), MIG_OK);
    testpg_status(restore(), MIG_OK);
    testpg_expect("SELECT tgenabled FROM pg_trigger WHERE tgname = 'g'", "O");
}

Test(postgres_prepare, an_owner_without_triggers_needs_nothing_on_the_database)
{
    testpg_make_role();
    testpg_run("CREATE TABLE a (id bigint)");
    run_for_role("ALTER TABLE a OWNER TO ROLE");
    testpg_open(testpg_db.role_info);

    testpg_status(testpg_check(false, "a"), MIG_OK);
    testpg_status(prepare(), MIG_OK);

    testpg_expect("SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'", "0");
}

Test(postgres_prepare, hidden_rows_are_refused)
{
    testpg_make_role();
    testpg_run("CREATE TABLE a (id bigint); ALTER TABLE a ENABLE ROW LEVEL SECURITY");
    run_for_role("GRANT ALL ON a TO ROLE");
    testpg_open(testpg_db.role_info);

    testpg_status(testpg_check(false, "a"), MIG_E_RIGHTS);

    cr_assert(strstr(testpg_db.err.message, "row-level security") != NULL);
}

Test(postgres_prepare, foreign_keys_from_outside_are_refused_by_name)
{
    testpg_run("CREATE TABLE a (id bigint PRIMARY KEY);"
               "CREATE TABLE inside (id bigint REFERENCES a);"
               "CREATE TABLE outside (id bigint CONSTRAINT the_link REFERENCES a);"
               "CREATE SCHEMA s; CREATE TABLE s.far (id bigint CONSTRAINT far_link REFERENCES a)");
    testpg_open(testpg_db.conninfo);

    testpg_status(testpg_check(false, "a inside"), MIG_E_REFUSED);

    cr_assert(strstr(testpg_db.err.detail, "outside (the_link) -> a") != NULL);
    cr_assert(strstr(testpg_db.err.detail, "s.far (far_link) -> a") != NULL);
    cr_assert(strstr(testpg_db.err.detail, "inside (inside") == NULL);
    testpg_run("DROP TABLE s.far");
    testpg_status(testpg_check(false, "a inside outside"), MIG_OK);
}

Test(postgres_prepare, rules_and_children_in_the_way_are_refused_by_name)
{
    testpg_run("CREATE TABLE a (id bigint); CREATE TABLE b (id bigint); CREATE TABLE c ()"
               " INHERITS (a); CREATE RULE elsewhere AS ON INSERT TO b DO INSTEAD NOTHING");
    testpg_open(testpg_db.conninfo);

    testpg_status(testpg_check(false, "a"), MIG_E_REFUSED);
    cr_assert(strstr(testpg_db.err.detail, "c -> a") != NULL);
    testpg_status(testpg_check(false, "b"), MIG_E_REFUSED);
    cr_assert(strstr(testpg_db.err.detail, "b (elsewhere)") != NULL);
    testpg_status(testpg_check(false, "a c"), MIG_OK);
}

Test(postgres_prepare, steps_are_recorded_and_run_once)
{
    static const mig_step steps[] = {{"one", "CREATE TABLE a (id bigint); CREATE TABLE b ()"},
                                     {"two", "INSERT INTO a VALUES (7)"}};

    testpg_run("CREATE SCHEMA app");
    testpg_open(testpg_db.conninfo);

    testpg_status(run_steps(steps, 2), MIG_OK);
    testpg_status(run_steps(steps, 2), MIG_OK);

    testpg_expect("SELECT sum(id) FROM public.a", "7");
    testpg_expect("SELECT string_agg(version, ',' ORDER BY version) FROM seaql_migrations"
                  " WHERE abs(applied_at - extract(epoch FROM now())) < 60",
                  "one,two");
}

Test(postgres_prepare, a_failing_step_leaves_nothing)
{
    static const mig_step steps[] = {{"one", "CREATE TABLE a (id bigint)"},
                                     {"two", "CREATE TABLE b (id nosuchtype)"}};

    testpg_open(testpg_db.conninfo);

    testpg_status(run_steps(steps, 2), MIG_E_DATABASE);

    cr_assert(strstr(testpg_db.err.message, "two") != NULL);
    cr_assert(strstr(testpg_db.err.message, "nosuchtype") != NULL);
    testpg_expect("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", "0");
}

Test(postgres_prepare, a_step_that_ends_its_transaction_is_an_error)
{
    static const mig_step steps[] = {{"one", "CREATE TABLE a (id bigint); COMMIT"}};

    testpg_open(testpg_db.conninfo);

    testpg_status(run_steps(steps, 1), MIG_E_INTERNAL);
}

static const char four_triggers[] =
    "CREATE TABLE log (what text);"
    "CREATE TABLE \"T 1\" (id integer, t text);"
    "CREATE TABLE plain (id integer); INSERT INTO plain VALUES (1);"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN INSERT INTO log VALUES (TG_NAME); RETURN NEW; END';"
    "CREATE TRIGGER o BEFORE INSERT ON \"T 1\" FOR EACH ROW EXECUTE FUNCTION f();"
    "CREATE TRIGGER \"D\"\"d\" AFTER INSERT ON \"T 1\" FOR EACH ROW EXECUTE FUNCTION f();"
    "CREATE TRIGGER r AFTER INSERT ON \"T 1\" FOR EACH ROW EXECUTE FUNCTION f();"
    "CREATE TRIGGER a AFTER INSERT ON \"T 1\" FOR EACH STATEMENT EXECUTE FUNCTION f();"
    "CREATE TRIGGER e AFTER TRUNCATE ON \"T 1\" FOR EACH STATEMENT EXECUTE FUNCTION f();"
    "ALTER TABLE \"T 1\" DISABLE TRIGGER \"D\"\"d\"; ALTER TABLE \"T 1\" ENABLE REPLICA TRIGGER r;"
    "ALTER TABLE \"T 1\" ENABLE ALWAYS TRIGGER a";

static const char states[] =
    "SELECT string_agg(tgname || tgenabled::text, ',' ORDER BY tgname COLLATE \"C\")"
    " FROM pg_trigger WHERE NOT tgisinternal";

/* A plan of "T 1", whose name the list of names cannot hold, and plain. */
static void
plan_triggers(void)
{
    mig_table_plan *p;

    testpg_plan("plain plain");
    p = &testpg_db.plan.tables[0];
    p->target = p->source = mig_catalog_find(testpg_db.catalog, "T 1");
    free(p->columns);
    p->columns = calloc(2, sizeof *p->columns);
    p->n_columns = 2;
    p->columns[0] = (mig_column_plan){.target = &p->target->columns[0], .wire = MIG_WIRE_INT4};
    p->columns[1] = (mig_column_plan){.target = &p->target->columns[1], .wire = MIG_WIRE_TEXT};
}

static void
write_a_row(void)
{
    mig_writer *writer = NULL;
    mig_stop    stop = {.fd = -1};
    mig_rows    rows = testpg_rows(64);
    uint64_t    row;

    mig_rows_put_int16(&rows, 2);
    mig_rows_put_null(&rows);
    mig_rows_put_null(&rows);
    rows.n_rows = 1;
    testpg_status(
        testpg_db.sink->ops->writer_open(testpg_db.sink, 0, &stop, &writer, &testpg_db.err),
        MIG_OK);
    testpg_status(writer->ops->chunk_begin(writer, &testpg_db.plan.tables[0], &testpg_db.err),
                  MIG_OK);
    testpg_status(writer->ops->chunk_write(writer, &rows, &row, &testpg_db.err), MIG_OK);
    testpg_status(writer->ops->chunk_commit(writer, NULL, &row, &testpg_db.err), MIG_OK);
    mig_writer_close(writer);
    free(rows.data);
}

Test(postgres_prepare, triggers_do_not_fire_and_come_back_as_they_were)
{
    testpg_run(four_triggers);
    testpg_open(testpg_db.conninfo);
    plan_triggers();

    testpg_status(prepare(), MIG_OK);
    testpg_expect(states, "D\"dD,aD,eD,oD,rD");
    testpg_expect("SELECT count(*) FROM plain", "0");
    write_a_row();
    testpg_expect("SELECT count(*) FROM log", "0");
    testpg_status(restore(), MIG_OK);

    testpg_expect(states, "D\"dD,aA,eO,oO,rR");
    testpg_expect("SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'", "0");
}

Test(postgres_prepare, triggers_come_back_after_a_run_that_died)
{
    testpg_run(four_triggers);
    testpg_open(testpg_db.conninfo);
    plan_triggers();
    testpg_status(prepare(), MIG_OK);

    testpg_open(testpg_db.conninfo);
    plan_triggers();
    testpg_status(prepare(), MIG_OK);
    testpg_status(restore(), MIG_OK);

    testpg_expect(states, "D\"dD,aA,eO,oO,rR");
}

Test(postgres_prepare, triggers_come_back_although_the_control_connection_was_lost)
{
    testpg_run(four_triggers);
    testpg_open(testpg_db.conninfo);
    plan_triggers();
    testpg_status(prepare(), MIG_OK);

    testpg_run("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
               " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    testpg_status(restore(), MIG_OK);

    testpg_expect(states, "D\"dD,aA,eO,oO,rR");
}

Test(postgres_prepare, triggers_come_back_after_an_interruption)
{
    testpg_run(four_triggers);
    testpg_open(testpg_db.conninfo);
    plan_triggers();
    testpg_status(prepare(), MIG_OK);

    testpg_db.sink->ops->interrupt(testpg_db.sink);
    testpg_status(restore(), MIG_OK);

    testpg_expect(states, "D\"dD,aA,eO,oO,rR");
}

Test(postgres_prepare, triggers_of_partitions_keep_their_own_states)
{
    testpg_run("CREATE TABLE p (id integer) PARTITION BY RANGE (id);"
               "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);"
               "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);"
               "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
               "CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();"
               "ALTER TABLE p2 ENABLE ALWAYS TRIGGER g; INSERT INTO p VALUES (1), (11)");
    testpg_open(testpg_db.conninfo);
    if (PQserverVersion(testpg_db.conn) < 150000) { /* There they cannot be suspended. */
        testpg_status(testpg_check(false, "p"), MIG_E_REFUSED);
        return;
    }
    testpg_status(testpg_check(false, "p"), MIG_OK);

    testpg_status(prepare(), MIG_OK);
    testpg_expect("SELECT string_agg(tgenabled::text, '' ORDER BY tgrelid) FROM pg_trigger", "DDD");
    testpg_expect("SELECT count(*) FROM p", "0");
    testpg_status(restore(), MIG_OK);

    testpg_expect("SELECT string_agg(tgenabled::text, '' ORDER BY tgrelid) FROM pg_trigger", "OOA");
}

Test(postgres_prepare, a_second_run_is_refused_and_restores_nothing)
{
    mig_sink *first;

    testpg_run(four_triggers);
    testpg_open(testpg_db.conninfo);
    plan_triggers();
    testpg_status(prepare(), MIG_OK);
    first = testpg_db.sink;
    testpg_db.sink = NULL;
    testpg_open(testpg_db.conninfo);
    plan_triggers();

    testpg_status(prepare(), MIG_E_REFUSED);
    testpg_status(restore(), MIG_OK);

    testpg_expect(states, "D\"dD,aD,eD,oD,rD");
    mig_sink_close(first);
}

Test(postgres_prepare, runs_on_two_schemas_keep_their_triggers_apart)
{
    mig_sink *first;
    mig_buf   app = MIG_BUF_INIT;

    testpg_run(four_triggers);
    testpg_run("CREATE SCHEMA app; CREATE TABLE app.b (id integer);"
               "CREATE TRIGGER x BEFORE INSERT ON app.b FOR EACH ROW EXECUTE FUNCTION f()");
    testpg_open(testpg_db.conninfo);
    plan_triggers();
    testpg_status(prepare(), MIG_OK);
    first = testpg_db.sink;
    testpg_db.sink = NULL;
    mig_buf_printf(&app, "%s options='-csearch_path=app'", testpg_db.conninfo);
    testpg_open(mig_buf_text(&app));
    testpg_plan("b");

    testpg_status(prepare(), MIG_OK);
    testpg_status(restore(), MIG_OK);
    testpg_expect(states, "D\"dD,aD,eD,oD,rD,xO");
    testpg_status(
        first->ops->restore(first, MIG_RESTORE_COMPLETE, 2, &testpg_db.notes, &testpg_db.err),
        MIG_OK);

    testpg_expect(states, "D\"dD,aA,eO,oO,rR,xO");
    testpg_expect("SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'", "0");
    mig_sink_close(first);
    mig_buf_fini(&app);
}

Test(postgres_prepare, rows_in_the_last_table_alone_are_erased)
{
    testpg_run("CREATE TABLE a (id bigint); CREATE TABLE b (id bigint);"
               "CREATE TABLE c (id bigint) PARTITION BY RANGE (id);"
               "CREATE TABLE c1 PARTITION OF c DEFAULT; INSERT INTO c VALUES (1)");
    testpg_open(testpg_db.conninfo);
    testpg_plan("a b c");

    testpg_status(prepare(), MIG_OK);

    testpg_expect("SELECT count(*) FROM c", "0");
}

Test(postgres_prepare, empty_tables_keep_their_files)
{
    char *before;

    testpg_run("CREATE TABLE a (id bigint); CREATE TABLE b (id bigint PRIMARY KEY)");
    before = testpg_value("SELECT pg_relation_filenode('a') || '/' || pg_relation_filenode('b')");
    testpg_open(testpg_db.conninfo);
    testpg_plan("a b");

    testpg_status(prepare(), MIG_OK);

    testpg_expect("SELECT pg_relation_filenode('a') || '/' || pg_relation_filenode('b')", before);
    free(before);
}

Test(postgres_prepare, who_holds_a_lock_is_told)
{
    PGconn *other;
    char    pid[32];

    testpg_run("CREATE TABLE a (id bigint); INSERT INTO a VALUES (1)");
    testpg_open(testpg_db.conninfo);
    testpg_plan("a");
    other = testpg_connect(testpg_db.conninfo);
    PQclear(PQexec(other, "SET application_name = 'the holder'; BEGIN; SELECT * FROM a"));

    testpg_status(prepare(), MIG_E_DATABASE);

    snprintf(pid, sizeof pid, "pid %d ", PQbackendPID(other));
    cr_assert(strstr(testpg_db.err.detail, pid) != NULL, "%s", testpg_db.err.detail);
    cr_assert(strstr(testpg_db.err.detail, "the holder") != NULL);
    PQfinish(other);
    testpg_expect("SELECT count(*) FROM a", "1");
}

Test(postgres_prepare, tables_that_refer_to_each_other_are_erased_together)
{
    testpg_run("CREATE TABLE a (id bigint PRIMARY KEY, b bigint);"
               "CREATE TABLE b (id bigint PRIMARY KEY, a bigint REFERENCES a);"
               "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;"
               "CREATE TABLE kept (id bigint); INSERT INTO kept VALUES (1);"
               "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1)");
    testpg_open(testpg_db.conninfo);
    testpg_plan("a b");

    testpg_status(prepare(), MIG_OK);

    testpg_expect("SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)", "0");
    testpg_expect("SELECT count(*) FROM kept", "1");
}
