/*
 * test_postgres_keys.c - foreign keys of tables that refer to each other are
 * set aside, and come back as they were.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "mig/buf.h"
#include "testpg.h"

TestSuite(postgres_keys, .init = testpg_init, .fini = testpg_fini, .timeout = 60);

/* Two tables, each of which refers to the other, with all that a key can have. */
static const char cycle[] =
    "CREATE TABLE a (id integer PRIMARY KEY, b integer);"
    "CREATE TABLE \"B b\" (id integer PRIMARY KEY, a integer,"
    " CONSTRAINT \"b \"\"a\" FOREIGN KEY (a) REFERENCES a ON UPDATE CASCADE ON DELETE SET NULL);"
    "ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES \"B b\" DEFERRABLE INITIALLY"
    " DEFERRED; COMMENT ON CONSTRAINT a_b ON a IS 'it''s here';"
    "ALTER TABLE a ADD CONSTRAINT a_old FOREIGN KEY (b) REFERENCES \"B b\" NOT VALID";

static const char keys[] =
    "SELECT string_agg(conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)"
    " || ' ' || convalidated || COALESCE(' ' || obj_description(oid, 'pg_constraint'), ''), E'\\n'"
    " ORDER BY conname) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0";

static const char records[] = "SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'";

#define MAX_TABLES 4
#define MAX_KEYS   4

static const mig_foreign_key *suspended[MAX_TABLES][MAX_KEYS];

/* Takes the tables behind the first n out of the plan. */
static void
keep_tables(size_t n)
{
    mig_plan *plan = &testpg_db.plan;

    cr_assert_leq(n, plan->n_tables);
    while (plan->n_tables > n)
        free(plan->tables[--plan->n_tables].columns);
}

/* A plan of a schema's tables with all foreign keys suspended. */
static void
plan_all(const char *conninfo)
{
    mig_plan *plan = &testpg_db.plan;

    testpg_open(conninfo);
    testpg_plan("a a a a");
    keep_tables(testpg_db.catalog->n_tables);
    for (size_t t = 0; t < plan->n_tables; t++) {
        const mig_table *table = &testpg_db.catalog->tables[t];

        cr_assert_leq(table->n_foreign_keys, MAX_KEYS);
        plan->tables[t].source = plan->tables[t].target = table;
        plan->tables[t].suspended = suspended[t];
        plan->tables[t].n_suspended = table->n_foreign_keys;
        for (size_t k = 0; k < table->n_foreign_keys; k++)
            suspended[t][k] = &table->foreign_keys[k];
    }
}

static mig_status
prepare(void)
{
    mig_error_fini(&testpg_db.err);
    return testpg_db.sink->ops->prepare(testpg_db.sink, &testpg_db.plan, &testpg_db.err);
}

static mig_status
restore(bool complete)
{
    mig_error_fini(&testpg_db.err);
    mig_buf_clear(&testpg_db.notes);
    return testpg_db.sink->ops->restore(testpg_db.sink,
                                        complete ? MIG_RESTORE_COMPLETE : MIG_RESTORE_PARTLY, 2,
                                        &testpg_db.notes, &testpg_db.err);
}

static mig_status
check(void)
{
    const mig_table *tables[MAX_TABLES];
    mig_sink_need    need = {.tables = tables, .plan = &testpg_db.plan};

    mig_error_fini(&testpg_db.err);
    for (; need.n_tables < testpg_db.plan.n_tables; need.n_tables++)
        tables[need.n_tables] = testpg_db.plan.tables[need.n_tables].target;
    return testpg_db.sink->ops->check(testpg_db.sink, &need, &testpg_db.err);
}

Test(postgres_keys, they_are_gone_during_the_copy_and_back_as_they_were)
{
    char *before;

    testpg_run(cycle);
    before = testpg_value(keys);
    plan_all(testpg_db.conninfo);

    testpg_status(check(), MIG_OK);
    testpg_status(prepare(), MIG_OK);
    testpg_expect("SELECT count(*) FROM pg_constraint WHERE contype = 'f'", "0");
    testpg_expect(records, "1");
    testpg_run("INSERT INTO a VALUES (1, 2); INSERT INTO \"B b\" VALUES (2, 1)");
    testpg_status(restore(true), MIG_OK);

    testpg_expect(keys, before);
    testpg_expect(records, "0");
    cr_assert_eq(testpg_db.notes.len, 0);
    free(before);
}

Test(postgres_keys, a_prepare_that_fails_leaves_them_alone)
{
    char *before;

    testpg_run(cycle);
    testpg_run("CREATE TABLE c (id integer REFERENCES a); INSERT INTO a VALUES (1)");
    before = testpg_value(keys);
    plan_all(testpg_db.conninfo);
    keep_tables(2); /* a TRUNCATE without c is refused */

    testpg_status(prepare(), MIG_E_DATABASE);

    testpg_expect(keys, before);
    testpg_expect(records, "0");
    free(before);
}

Test(postgres_keys, after_half_a_copy_they_stand_unvalidated_until_a_whole_one)
{
    char *before;

    testpg_run(cycle);
    before = testpg_value(keys);
    plan_all(testpg_db.conninfo);
    testpg_status(prepare(), MIG_OK);
    testpg_run("INSERT INTO a VALUES (1, 2)"); /* its parent did not come */

    testpg_status(restore(false), MIG_OK);

    testpg_expect("SELECT string_agg(conname || convalidated, ' ' ORDER BY conname)"
                  " FROM pg_constraint WHERE contype = 'f'",
                  "a_bfalse a_oldfalse b \"afalse");
    testpg_expect(records, "1");
    cr_assert(strstr(mig_buf_text(&testpg_db.notes), "the foreign key a_b of a is there, but not "
                                                     "validated") != NULL,
              "%s", mig_buf_text(&testpg_db.notes));

    plan_all(testpg_db.conninfo);
    testpg_status(prepare(), MIG_OK);
    testpg_run("INSERT INTO a VALUES (1, 2); INSERT INTO \"B b\" VALUES (2, 1)");
    testpg_status(restore(true), MIG_OK);
    testpg_expect(keys, before);
    testpg_expect(records, "0");
    free(before);
}

Test(postgres_keys, a_run_that_died_is_mended_by_the_next_one)
{
    char *before;

    testpg_run(cycle);
    before = testpg_value(keys);
    plan_all(testpg_db.conninfo);
    testpg_status(prepare(), MIG_OK);

    plan_all(testpg_db.conninfo); /* It sees no cycle any more. */
    cr_assert_eq(testpg_db.plan.tables[0].n_suspended, 0);
    testpg_status(prepare(), MIG_OK);
    testpg_run("INSERT INTO a VALUES (1, 2); INSERT INTO \"B b\" VALUES (2, 1)");
    testpg_status(restore(true), MIG_OK);

    testpg_expect(keys, before);
    testpg_expect(records, "0");
    free(before);
}

Test(postgres_keys, an_orphan_is_named_and_the_others_come_back)
{
    testpg_run(cycle);
    plan_all(testpg_db.conninfo);
    testpg_status(prepare(), MIG_OK);
    testpg_run("INSERT INTO a VALUES (1, 4711)");

    testpg_status(restore(true), MIG_E_DATA);

    cr_assert(strstr(testpg_db.err.message, "a_b") != NULL, "%s", testpg_db.err.message);
    cr_assert(strstr(testpg_db.err.detail, "(b)=(4711)") != NULL, "%s", testpg_db.err.detail);
    testpg_expect("SELECT string_agg(conname || convalidated, ' ' ORDER BY conname)"
                  " FROM pg_constraint WHERE contype = 'f'",
                  "a_bfalse a_oldfalse b \"atrue");
    testpg_expect("SELECT count(*) FROM db_migrate.foreign_key", "1");
    testpg_run("DELETE FROM a");
    testpg_status(restore(true), MIG_OK);
    testpg_expect(records, "0");
}

Test(postgres_keys, partitioned_tables_have_theirs_back)
{
    char *before;

    testpg_run("CREATE TABLE a (id integer PRIMARY KEY, p integer) PARTITION BY RANGE (id);"
               "CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (10);"
               "CREATE TABLE a2 PARTITION OF a FOR VALUES FROM (10) TO (20);"
               "CREATE TABLE p (id integer PRIMARY KEY, a integer REFERENCES a);"
               "ALTER TABLE a ADD CONSTRAINT a_p FOREIGN KEY (p) REFERENCES p;"
               "ALTER TABLE a2 ADD CONSTRAINT own FOREIGN KEY (p) REFERENCES p");
    before = testpg_value(keys);
    plan_all(testpg_db.conninfo);
    testpg_status(prepare(), MIG_OK);
    testpg_expect("SELECT count(*) FROM pg_constraint WHERE contype = 'f'", "0");
    testpg_run("INSERT INTO a VALUES (11, 5)");

    testpg_status(restore(false), MIG_OK);
    testpg_run("INSERT INTO p VALUES (5, 11)");
    testpg_status(restore(true), MIG_OK);

    testpg_expect(keys, before);
    testpg_expect(records, "0");
    free(before);
}

Test(postgres_keys, what_the_role_lacks_is_told_with_the_statements)
{
    const char *statements;

    testpg_make_role();
    testpg_run(cycle);
    {
        mig_buf sql = MIG_BUF_INIT;

        mig_buf_printf(&sql, "GRANT ALL ON a TO %s; ALTER TABLE \"B b\" OWNER TO %s",
                       testpg_db.role, testpg_db.role);
        testpg_run(mig_buf_text(&sql));
        mig_buf_clear(&sql);
        mig_buf_printf(&sql, "REVOKE REFERENCES ON a FROM %s", testpg_db.role);
        testpg_run(mig_buf_text(&sql));
        mig_buf_fini(&sql);
    }
    plan_all(testpg_db.role_info);

    testpg_status(check(), MIG_E_RIGHTS);
    cr_assert_str_eq(testpg_db.err.detail, "B b (b \"a)\na (a_b)\na (a_old)");
    statements = strstr(testpg_db.err.hint, "GRANT REFERENCES");
    cr_assert(statements != NULL, "%s", testpg_db.err.hint);
    testpg_run(statements);
    testpg_status(check(), MIG_E_RIGHTS);
    statements = strstr(testpg_db.err.hint, "GRANT CREATE ON DATABASE");
    cr_assert(statements != NULL, "%s", testpg_db.err.hint);
    testpg_run(statements);

    testpg_status(check(), MIG_OK);
    testpg_status(prepare(), MIG_OK);
    testpg_status(restore(true), MIG_OK);
    testpg_expect(records, "0");
}
