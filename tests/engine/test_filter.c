/*
 * test_filter.c - what the user leaves out of a plan.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "mig/migrate.h"

/* agents and hosts (id, old) on the source; on the target hosts (id) and agents, which refers to
 * it. */
typedef struct pair {
    mig_catalog *source, *target;
    mig_plan    *plan;
    mig_buf      notes;
    mig_error    err;
} pair;

static void
add_table(mig_catalog *catalog, const char *name, const char *second)
{
    mig_table *table = mig_catalog_add_table(catalog, name, MIG_TABLE_PLAIN);

    cr_assert_not_null(table);
    cr_assert_not_null(mig_table_add_column(table, "id", ""));
    table->columns[0].wire = catalog->dynamic ? MIG_WIRE_NONE : MIG_WIRE_INT8;
    if (second != NULL)
        cr_assert_not_null(mig_table_add_column(table, second, ""));
}

static pair
new_pair(void)
{
    pair p = {.source = mig_catalog_new("main"), .target = mig_catalog_new("public")};

    p.notes = (mig_buf)MIG_BUF_INIT;
    p.source->dynamic = true;
    add_table(p.source, "agents", NULL);
    add_table(p.source, "hosts", "old");
    add_table(p.target, "agents", NULL);
    cr_assert_not_null(mig_table_add_foreign_key(&p.target->tables[0], "", "hosts"));
    add_table(p.target, "hosts", NULL);
    return p;
}

static mig_status
make(pair *p, const mig_plan_rules *rules)
{
    mig_catalog_finish(p->source);
    mig_catalog_finish(p->target);
    return mig_plan_make(p->source, p->target, rules, &p->plan, &p->notes, &p->err);
}

static void
clear(pair *p)
{
    mig_plan_free(p->plan);
    mig_buf_fini(&p->notes);
    mig_error_fini(&p->err);
    mig_catalog_free(p->source);
    mig_catalog_free(p->target);
}

#define PATTERNS(...)                                                                              \
    {                                                                                              \
        (const char *[]){__VA_ARGS__},                                                             \
            sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)                           \
    }

Test(filter, what_the_target_lacks_may_be_left_out_by_name, .timeout = 20)
{
    const mig_plan_rules rules = {.allow_missing = PATTERNS("gone_*", "hosts.old")};
    pair                 p = new_pair();

    add_table(p.source, "gone_1", NULL);
    add_table(p.source, "gone_2", NULL);
    cr_assert_eq(make(&p, &rules), MIG_OK, "%s", p.err.detail);

    cr_expect_eq(p.plan->n_tables, 2);
    cr_expect_str_eq(mig_buf_text(&p.notes),
                     "not copied, by --allow-missing: gone_1, gone_2, hosts.old\n");
    cr_expect_str_eq(mig_buf_text(&p.plan->warnings), "");
    clear(&p);
}

Test(filter, allowing_a_table_to_be_missing_does_not_allow_its_columns, .timeout = 20)
{
    const mig_plan_rules rules = {.allow_missing = PATTERNS("*")};
    pair                 p = new_pair();

    cr_assert_eq(make(&p, &rules), MIG_E_SCHEMA);
    cr_expect_str_eq(p.err.detail, "hosts.old: the target has no such column");
    clear(&p);
}

Test(filter, what_is_allowed_to_be_missing_and_is_there_is_copied, .timeout = 20)
{
    const mig_plan_rules rules = {.allow_missing = PATTERNS("hosts", "*.*", "agents.*")};
    pair                 p = new_pair();

    cr_assert_eq(make(&p, &rules), MIG_OK);
    cr_expect_eq(p.plan->n_tables, 2);
    cr_expect_str_eq(mig_buf_text(&p.plan->warnings),
                     "--allow-missing hosts: the target lacks nothing of that name\n"
                     "--allow-missing agents.*: the target lacks nothing of that name\n");
    clear(&p);
}

Test(filter, a_name_with_points_can_be_given, .timeout = 20)
{
    const mig_plan_rules rules = {.allow_missing = PATTERNS("a.b.c.d")};

    cr_expect(mig_plan_may_miss(&rules, "a.b", "c.d", NULL));
    cr_expect(mig_plan_may_miss(&rules, "a", "b.c.d", NULL));
    cr_expect(mig_plan_may_miss(&rules, "a.b.c.d", NULL, NULL));
    cr_expect_not(mig_plan_may_miss(&rules, "a.b", NULL, NULL));
    cr_expect_not(mig_plan_may_miss(&rules, "a.b", "c", NULL));
}

Test(filter, include_takes_what_matches_and_exclude_is_stronger, .timeout = 20)
{
    const mig_plan_rules rules = {.include = PATTERNS("agents", "x*"), .exclude = PATTERNS("x2")};
    pair                 p = new_pair();

    add_table(p.source, "x1", NULL);
    add_table(p.source, "x2", NULL);
    add_table(p.target, "x1", NULL);
    cr_assert_not_null(mig_catalog_add_table(p.source, "a_view", MIG_TABLE_VIEW));
    cr_assert_eq(make(&p, &rules), MIG_OK, "%s", p.err.detail);

    cr_assert_eq(p.plan->n_tables, 2);
    cr_expect_str_eq(p.plan->tables[0].source->name, "agents");
    cr_expect_str_eq(p.plan->tables[1].source->name, "x1");
    cr_expect_str_eq(mig_buf_text(&p.notes),
                     "agents refers to hosts, which is not copied: the target has to hold the rows "
                     "already\n"
                     "not copied, by --include and --exclude: hosts, x2\n");
    cr_expect_eq(p.plan->tables[0].n_parents, 0, "nothing waits for a table that does not come");
    clear(&p);
}

Test(filter, leaving_out_everything_is_refused, .timeout = 20)
{
    const mig_plan_rules rules = {.exclude = PATTERNS("*")};
    pair                 p = new_pair();

    cr_assert_eq(make(&p, &rules), MIG_E_SCHEMA);
    cr_expect_str_eq(p.err.message, "the source has no tables to copy");
    clear(&p);
}

Test(filter, patterns_that_match_nothing_are_named, .timeout = 20)
{
    const mig_plan_rules idle = {.include = PATTERNS("agents", "Hosts"), .exclude = PATTERNS("y*")};
    const mig_plan_rules good = {.include = PATTERNS("agents"), .exclude = PATTERNS("h*")};
    pair                 p = new_pair();

    cr_expect_eq(mig_plan_check_patterns(&good, p.source, &p.err), MIG_OK);
    cr_assert_eq(mig_plan_check_patterns(&idle, p.source, &p.err), MIG_E_USAGE);
    cr_expect_str_eq(p.err.message, "no table of the source matches --include Hosts, --exclude y*");
    clear(&p);
}
