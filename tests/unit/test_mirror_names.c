/*
 * test_mirror_names.c - what things are called in the target.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../support/mirror_case.h"

static mirror_case c;

static void
init(void)
{
    mirror_case_init(&c);
}

static void
fini(void)
{
    mirror_case_fini(&c);
}

TestSuite(mirror_names, .init = init, .fini = fini, .timeout = 60);

#define LONG "a23456789b23456789c23456789d23456789e23456789f23456789g234567\xc3\xa9"

Test(mirror_names, stay_exactly_as_they_are)
{
    mirror_case_make(&c, "CREATE TABLE \"My \"\"Table\"\"\"(\"Select\" INT, \"a.b\" INT)");
    expect_ddl(&c, "CREATE TABLE app.\"My \"\"Table\"\"\" (");
    expect_ddl(&c, "\"Select\" bigint");
    cr_expect_eq(c.mirror->n_decisions, 0);
}

Test(mirror_names, that_are_too_long_are_cut_at_a_character_and_told)
{
    mirror_case_make(&c, "CREATE TABLE t(" LONG "1 INT, " LONG "2 INT)");
    for (size_t i = 0; i < 2; i++) {
        const char *name = c.mirror->tables[0].columns[i].name;

        cr_expect_leq(strlen(name), 63);
        cr_expect(strncmp(name, LONG, 54) == 0, "%s", name);
    }
    cr_expect_str_neq(c.mirror->tables[0].columns[0].name, c.mirror->tables[0].columns[1].name);
    expect_decision(&c, MIG_DECISION_NAME,
                    mirror_case_decision(&c, MIG_DECISION_NAME, "column t.a2345")->what, LONG "1");
}

Test(mirror_names, a_cut_never_splits_a_character)
{
    mirror_case_make(&c, "CREATE TABLE t(a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                         "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                         "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                         "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 INT)");
    cr_expect_eq(strlen(c.mirror->tables[0].columns[0].name), 1 + 26 * 2 + 9);
}

Test(mirror_names, of_system_columns_change)
{
    mirror_case_make(&c, "CREATE TABLE t(xmin INT, oid INT)");
    expect_ddl(&c, "xmin_ bigint");
    expect_ddl(&c, "    oid bigint");
    expect_decision(&c, MIG_DECISION_NAME, "column t.xmin_", "called xmin in the source");
}

Test(mirror_names, oid_is_one_before_postgres_12)
{
    c.rules.server = 110000;
    mirror_case_make(&c, "CREATE TABLE t(oid INT)");
    expect_ddl(&c, "oid_ bigint");
}

Test(mirror_names, of_constraints_are_made_unique_against_tables_and_indexes)
{
    mirror_case_make(&c, "CREATE TABLE t(a INT CONSTRAINT uq UNIQUE);"
                         "CREATE TABLE u(a INT CONSTRAINT uq UNIQUE);"
                         "CREATE TABLE t_pkey(x INT);"
                         "CREATE TABLE v(id INTEGER PRIMARY KEY); CREATE INDEX v_pkey ON t(a);");
    expect_ddl(&c, "ALTER TABLE app.t ADD CONSTRAINT uq UNIQUE (a)");
    expect_no_ddl(&c, "ALTER TABLE app.u ADD CONSTRAINT uq UNIQUE (a)");
    expect_ddl(&c, "ALTER TABLE app.u ADD CONSTRAINT uq_");
    expect_decision(&c, MIG_DECISION_NAME, "constraint uq_44430cb3", "called uq in the source");
    expect_ddl(&c, "CREATE INDEX v_pkey ON");
    expect_ddl(&c, "ADD CONSTRAINT v_pkey_");
}

Test(mirror_names, are_folded_on_request_and_kept_apart)
{
    c.rules.fold_case = true;
    mirror_case_make(&c, "CREATE TABLE Hosts(Id INTEGER PRIMARY KEY, Name TEXT);"
                         "CREATE INDEX Hosts_Name ON Hosts(Name);");
    expect_ddl(&c, "CREATE TABLE app.hosts (");
    expect_ddl(&c, "id bigint");
    expect_ddl(&c, "CREATE INDEX hosts_name ON app.hosts (name)");
    cr_expect_eq(c.mirror->n_decisions, 0);
}

Test(mirror_names, are_what_the_user_says)
{
    mirror_case_rename(&c, "HOSTS=servers");
    mirror_case_rename(&c, "hosts.ip=\"Address\"");
    mirror_case_make(&c, "CREATE TABLE hosts(id INTEGER PRIMARY KEY, ip TEXT);"
                         "CREATE TABLE ports(host INT REFERENCES hosts);");
    expect_ddl(&c, "CREATE TABLE app.servers (");
    expect_ddl(&c, "\"Address\" text");
    expect_ddl(&c, "REFERENCES app.servers (id)");
    cr_expect_str_eq(mig_mirror_find(c.mirror, "hosts")->name, "servers");
}

Test(mirror_names, a_rename_that_means_nothing_is_refused)
{
    mirror_case_rename(&c, "hosts.nope=x");
    cr_expect_eq(mirror_case_try(&c, "CREATE TABLE hosts(ip TEXT)"), MIG_E_USAGE);
    cr_expect(strstr(c.err.message, "--rename hosts.nope=x") != NULL, "%s", c.err.message);
}

Test(mirror_names, renames_to_one_name_are_refused)
{
    mirror_case_rename(&c, "a=x");
    mirror_case_rename(&c, "b=x");
    cr_expect_eq(mirror_case_try(&c, "CREATE TABLE a(i INT); CREATE TABLE b(i INT)"), MIG_E_USAGE);
}

Test(mirror_names, a_rename_takes_a_name_from_one_that_has_it)
{
    mirror_case_rename(&c, "a=b");
    mirror_case_make(&c, "CREATE TABLE a(i INT); CREATE TABLE b(j INT)");
    cr_expect_str_eq(mig_mirror_find(c.mirror, "a")->name, "b");
    cr_expect(strncmp(mig_mirror_find(c.mirror, "b")->name, "b_", 2) == 0);
    cr_expect_not_null(mirror_case_decision(&c, MIG_DECISION_NAME, "table b_"));
}

Test(mirror_names, renames_are_parsed)
{
    mig_rename rename;

    cr_assert_eq(mig_rename_parse("a=b", &rename, NULL), MIG_OK);
    cr_expect_str_eq(rename.table, "a");
    cr_expect_null(rename.column);
    cr_expect_str_eq(rename.name, "b");
    mig_rename_fini(&rename);
    cr_assert_eq(mig_rename_parse("\"a.b\"\"\".\"c=d\"=\"e f\"", &rename, NULL), MIG_OK);
    cr_expect_str_eq(rename.table, "a.b\"");
    cr_expect_str_eq(rename.column, "c=d");
    cr_expect_str_eq(rename.name, "e f");
    mig_rename_fini(&rename);
    for (size_t i = 0; i < 7; i++) {
        static const char *const bad[] = {"", "a", "a=", "=b", "a.=b", "\"a=b", "a=\"b\"c"};

        cr_expect_eq(mig_rename_parse(bad[i], &rename, NULL), MIG_E_USAGE, "%s", bad[i]);
    }
}
