/*
 * test_postgres_suspend.c - indexes and keys of tables that are rebuilt: which go, and how they
 * come back, from whatever state.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"
#include "mig/postgres.h"
#include "testpg.h"

TestSuite(postgres_suspend, .init = testpg_init, .fini = testpg_fini, .timeout = 60);

/* The indexes of the schema, as "name name". */
static const char indexes[] =
    "SELECT string_agg(c.relname, ' ' ORDER BY c.relname COLLATE \"C\") FROM pg_class c"
    " WHERE c.relkind = 'i' AND c.relnamespace = 'public'::regnamespace";

static const char records[] = "SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'";

static const char shape[] =
    "SELECT string_agg(pg_get_indexdef(x.indexrelid) || COALESCE(' ' || "
    "pg_get_constraintdef(k.oid),"
    " '') || x.indisclustered || x.indisreplident, E'\\n' ORDER BY x.indexrelid::regclass::text)"
    " FROM pg_index x LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND"
    " k.contype IN ('p', 'u') WHERE x.indrelid::regclass::text ~ '^t'";

/* A plan of these tables, all of them rebuilt. */
static void
plan_rebuilt(const char *conninfo, const char *tables)
{
    testpg_open(conninfo);
    testpg_plan(tables);
    for (size_t i = 0; i < testpg_db.plan.n_tables; i++)
        testpg_db.plan.tables[i].rebuilt = true;
}

static mig_status
prepare(void)
{
    mig_error_fini(&testpg_db.err);
    return testpg_db.sink->ops->prepare(testpg_db.sink, &testpg_db.plan, &testpg_db.err);
}

static mig_status
restore(mig_restoring how)
{
    mig_error_fini(&testpg_db.err);
    mig_buf_clear(&testpg_db.notes);
    return testpg_db.sink->ops->restore(testpg_db.sink, how, 2, &testpg_db.notes, &testpg_db.err);
}

/* The reason for the first table of the plan, "" for none. */
static const char *
why_not(void)
{
    const char *reasons[8] = {NULL};

    mig_error_fini(&testpg_db.err);
    testpg_status(
        testpg_db.sink->ops->rebuildable(testpg_db.sink, &testpg_db.plan, reasons, &testpg_db.err),
        MIG_OK);
    return reasons[0] != NULL ? reasons[0] : "";
}

static void
expect_left(const char *lines)
{
    mig_buf found = MIG_BUF_INIT;

    mig_error_fini(&testpg_db.err);
    testpg_status(testpg_db.sink->ops->left(testpg_db.sink, &found, &testpg_db.err), MIG_OK);
    cr_expect_str_eq(mig_buf_text(&found), lines);
    mig_buf_fini(&found);
}

Test(postgres_suspend, indexes_and_keys_go_with_the_rows_and_come_back)
{
    char *before;

    testpg_run(
        "CREATE TABLE t (id bigint PRIMARY KEY, a bigint UNIQUE DEFERRABLE, b text);"
        "CREATE INDEX t_b ON t (b); ALTER TABLE t CLUSTER ON t_b;"
        "ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey; INSERT INTO t VALUES (1, 1, 'x')");
    before = testpg_value(shape);
    plan_rebuilt(testpg_db.conninfo, "t");

    cr_expect_str_eq(why_not(), "");
    testpg_status(prepare(), MIG_OK);
    testpg_expect(indexes, "");
    testpg_expect("SELECT count(*) FROM t", "0");
    expect_left("index t_b of t\nprimary key t_pkey of t\nunique constraint t_a_key of t\n");
    testpg_run("INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y')");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);

    testpg_expect(shape, before);
    testpg_expect(records, "0");
    expect_left("");
    free(before);
}

Test(postgres_suspend, what_something_else_rests_on_stays)
{
    testpg_run("CREATE TABLE grouped (id bigint PRIMARY KEY, a text);"
               "CREATE INDEX grouped_a ON grouped (a);"
               "CREATE VIEW v AS SELECT id, a FROM grouped GROUP BY id;"
               "CREATE TABLE referred (id bigint PRIMARY KEY, a bigint UNIQUE);"
               "CREATE TABLE refers (r bigint REFERENCES referred (a));"
               "CREATE TABLE excluded (r int4range, EXCLUDE USING gist (r WITH &&))");
    plan_rebuilt(testpg_db.conninfo, "grouped referred refers excluded");

    testpg_status(prepare(), MIG_OK);
    testpg_expect(indexes, "excluded_r_excl grouped_pkey referred_a_key");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);
    testpg_expect(indexes, "excluded_r_excl grouped_a grouped_pkey referred_a_key referred_pkey");
}

Test(postgres_suspend, an_index_that_is_not_valid_stays)
{
    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY, a text); CREATE INDEX t_a ON t (a);"
               "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a'::regclass");
    plan_rebuilt(testpg_db.conninfo, "t");

    testpg_status(prepare(), MIG_OK);
    testpg_expect(indexes, "t_a");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);
    testpg_expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass", "f");
}

Test(postgres_suspend, tables_that_are_not_rebuilt_keep_theirs)
{
    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY); CREATE TABLE u (id bigint PRIMARY KEY)");
    plan_rebuilt(testpg_db.conninfo, "t u");
    testpg_db.plan.tables[0].rebuilt = false;

    testpg_status(prepare(), MIG_OK);
    testpg_expect(indexes, "t_pkey");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);
    testpg_expect(indexes, "t_pkey u_pkey");
}

Test(postgres_suspend, it_goes_on_where_another_attempt_has_stopped)
{
    char *before;

    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY, a bigint UNIQUE, b text);"
               "CREATE INDEX t_b ON t (b)");
    before = testpg_value(shape);
    plan_rebuilt(testpg_db.conninfo, "t");
    testpg_status(prepare(), MIG_OK);

    /* The index of the key is made and not yet its own; the unique one is by somebody's hand. */
    testpg_run("CREATE UNIQUE INDEX t_pkey ON t (id); ALTER TABLE t ADD UNIQUE (a)");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);

    testpg_expect(shape, before);
    testpg_expect(records, "0");
    free(before);
}

Test(postgres_suspend, a_later_run_takes_the_record_for_the_truth)
{
    char *before;

    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY, b text); CREATE INDEX t_b ON t (b DESC)");
    before = testpg_value(shape);
    plan_rebuilt(testpg_db.conninfo, "t");
    testpg_status(prepare(), MIG_OK);

    testpg_status(prepare(), MIG_OK);
    testpg_expect("SELECT count(*) FROM db_migrate.suspended_index", "2");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);

    testpg_expect(shape, before);
    free(before);
}

Test(postgres_suspend, one_that_fails_keeps_its_record_and_no_other_from_coming_back)
{
    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY, a bigint UNIQUE, b text);"
               "CREATE INDEX t_b ON t (b)");
    plan_rebuilt(testpg_db.conninfo, "t");
    testpg_status(prepare(), MIG_OK);
    testpg_run("INSERT INTO t VALUES (1, 7), (2, 7)");

    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_E_DATA);
    cr_expect(strstr(testpg_db.err.message, "unique constraint t_a_key of t") != NULL, "%s",
              testpg_db.err.message);
    cr_expect(strstr(testpg_db.err.hint, "--restore-only") != NULL, "%s", testpg_db.err.hint);
    testpg_expect(indexes, "t_b t_pkey");
    testpg_expect("SELECT index_name FROM db_migrate.suspended_index", "t_a_key");

    testpg_run("DELETE FROM t WHERE id = 2");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);
    testpg_expect(indexes, "t_a_key t_b t_pkey");
}

Test(postgres_suspend, nothing_that_takes_long_is_done_briefly)
{
    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY)");
    plan_rebuilt(testpg_db.conninfo, "t");
    testpg_status(prepare(), MIG_OK);

    testpg_status(restore(MIG_RESTORE_BRIEFLY), MIG_OK);
    testpg_expect(indexes, "");
    cr_expect_str_eq(mig_buf_text(&testpg_db.notes),
                     "the target's indexes, keys and triggers are still suspended: --restore-only "
                     "puts them back\n");
    testpg_status(restore(MIG_RESTORE_PARTLY), MIG_OK);
    testpg_expect(indexes, "t_pkey");
}

Test(postgres_suspend, the_record_of_a_table_that_was_dropped_goes)
{
    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY)");
    plan_rebuilt(testpg_db.conninfo, "t");
    testpg_status(prepare(), MIG_OK);
    testpg_run("DROP TABLE t");

    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);
    testpg_expect(records, "0");
}

/* why_not() of table t for the test's role after a statement, in which ROLE stands for it. */
static const char *
why_not_after(const char *statement)
{
    mig_buf     sql = MIG_BUF_INIT;
    const char *place = strstr(statement, "ROLE");

    mig_buf_add(&sql, statement, (size_t)(place - statement));
    mig_buf_puts(&sql, testpg_db.role);
    mig_buf_puts(&sql, place + strlen("ROLE"));
    testpg_run(mig_buf_text(&sql));
    mig_buf_fini(&sql);
    return why_not();
}

Test(postgres_suspend, it_says_which_right_is_missing)
{
    testpg_make_role();
    testpg_run("CREATE TABLE p (id bigint PRIMARY KEY);"
               "CREATE TABLE t (id bigint PRIMARY KEY, p bigint REFERENCES p)");
    plan_rebuilt(testpg_db.role_info, "t");

    cr_expect_str_eq(why_not(), "the role has no CREATE on the database, to hold a record of them");
    testpg_run("CREATE SCHEMA db_migrate");
    cr_expect_str_eq(why_not(),
                     "the schema db_migrate, which is to hold a record of them, is another role's");
    testpg_run("DROP SCHEMA db_migrate; DO $$BEGIN EXECUTE format('REVOKE CREATE ON SCHEMA public"
               " FROM PUBLIC'); END$$");
    testpg_run("DO $$BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO PUBLIC',"
               " current_database()); END$$");
    cr_expect_str_eq(why_not(), "the role has no CREATE on the schema");
    cr_expect_str_eq(why_not_after("GRANT CREATE, USAGE ON SCHEMA public TO ROLE"),
                     "the role does not own the table");
    cr_expect_str_eq(why_not_after("ALTER TABLE t OWNER TO ROLE"),
                     "the role has no REFERENCES on a table it refers to");
    cr_expect_str_eq(why_not_after("GRANT REFERENCES ON p TO ROLE"), "");
    testpg_run("ALTER TABLE t DISABLE TRIGGER ALL");
    cr_expect_str_eq(why_not(), "triggers of its foreign keys are disabled");
}

Test(postgres_suspend, all_of_a_partitioned_table_stays)
{
    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY) PARTITION BY RANGE (id);"
               "CREATE TABLE t1 PARTITION OF t DEFAULT");
    plan_rebuilt(testpg_db.conninfo, "t");

    cr_expect_str_eq(why_not(), "the table is partitioned");
    testpg_status(prepare(), MIG_OK);
    testpg_expect(indexes, "t1_pkey");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);
}

Test(postgres_suspend, records_of_another_role_are_told_and_not_touched)
{
    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY)");
    plan_rebuilt(testpg_db.conninfo, "t");
    testpg_status(prepare(), MIG_OK);
    mig_sink_close(testpg_db.sink);
    testpg_db.sink = NULL;
    testpg_make_role();

    testpg_status(
        mig_postgres_sink_open(testpg_db.role_info, "public", &testpg_db.sink, &testpg_db.err),
        MIG_OK);
    expect_left("what a run of another role has recorded in the schema db_migrate, here or in "
                "another schema\n");
    testpg_status(restore(MIG_RESTORE_COMPLETE), MIG_OK);
    testpg_expect("SELECT count(*) FROM db_migrate.suspended_index", "1");
}

Test(postgres_suspend, while_another_run_is_under_way_what_it_has_suspended_is_not_left_over)
{
    mig_sink *first;

    testpg_run("CREATE TABLE t (id bigint PRIMARY KEY)");
    plan_rebuilt(testpg_db.conninfo, "t");
    testpg_status(prepare(), MIG_OK);
    first = testpg_db.sink;

    testpg_status(
        mig_postgres_sink_open(testpg_db.conninfo, "public", &testpg_db.sink, &testpg_db.err),
        MIG_OK);
    testpg_status(testpg_db.sink->ops->left(testpg_db.sink, &testpg_db.notes, &testpg_db.err),
                  MIG_E_REFUSED);
    cr_expect(strstr(testpg_db.err.message, "another run is writing") != NULL);
    mig_error_fini(&testpg_db.err);
    testpg_status(testpg_db.sink->ops->recover(testpg_db.sink, 1, &testpg_db.notes, &testpg_db.err),
                  MIG_E_REFUSED);
    testpg_expect(indexes, "");
    mig_sink_close(first);
}
