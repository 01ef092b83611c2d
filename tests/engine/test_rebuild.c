/*
 * test_rebuild.c - large tables are copied without their keys, and nobody waits for a parent
 * because of a key that is gone.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/migrate/order.h"
#include "mig/migrate.h"

enum { CHILD, LARGE, SMALL, N_TABLES };

/* child -> large, child -> small, large -> large, large -> small, small -> elsewhere.orders. */
typedef struct world {
    mig_catalog   *catalog;
    mig_plan       plan;
    mig_table_copy counts[N_TABLES];
    mig_copy       copy;
    const char    *why_not[N_TABLES];
    mig_buf        notes;
    mig_error      err;
} world;

static void
refer(world *w, size_t table, const char *name, const char *parent)
{
    cr_assert_not_null(mig_table_add_foreign_key(&w->catalog->tables[table], name, parent));
}

static void
build(world *w)
{
    static const char *const names[N_TABLES] = {"child", "large", "small"};

    *w = (world){.notes = MIG_BUF_INIT, .err = MIG_ERROR_INIT};
    w->catalog = mig_catalog_new("public");
    for (size_t i = 0; i < N_TABLES; i++)
        cr_assert_not_null(mig_catalog_add_table(w->catalog, names[i], MIG_TABLE_PLAIN));
    refer(w, CHILD, "child_large", "large");
    refer(w, CHILD, "child_small", "small");
    refer(w, LARGE, "large_large", "large");
    refer(w, LARGE, "large_small", "small");
    refer(w, SMALL, "small_elsewhere", "elsewhere");
    cr_assert(mig_catalog_finish(w->catalog));
    w->plan.tables = calloc(N_TABLES, sizeof *w->plan.tables);
    w->plan.n_tables = N_TABLES;
    for (size_t i = 0; i < N_TABLES; i++)
        w->plan.tables[i].source = w->plan.tables[i].target = &w->catalog->tables[i];
    cr_assert_eq(mig__order_tables(&w->plan, &w->notes, &w->err), MIG_OK);
    w->copy = (mig_copy){.plan = &w->plan, .tables = w->counts};
}

static size_t
at(const world *w, const char *name)
{
    size_t i = 0;

    while (strcmp(w->plan.tables[i].target->name, name) != 0)
        i++;
    return i;
}

static const mig_table_plan *
table(const world *w, const char *name)
{
    return &w->plan.tables[at(w, name)];
}

static void
decide(world *w)
{
    cr_assert_eq(mig_plan_rebuild(&w->plan, &w->copy, w->why_not, &w->notes, &w->err), MIG_OK);
}

static void
clear(world *w)
{
    for (size_t i = 0; i < N_TABLES; i++) {
        free(w->plan.tables[i].parents);
        free(w->plan.tables[i].suspended);
    }
    free(w->plan.tables);
    mig_buf_fini(&w->notes);
    mig_catalog_free(w->catalog);
    mig_error_fini(&w->err);
}

Test(rebuild, small_tables_stay_as_they_are)
{
    world w;

    build(&w);
    for (size_t i = 0; i < N_TABLES; i++)
        w.counts[i].n_rows = MIG_REBUILD_ROWS - 1;
    decide(&w);

    for (size_t i = 0; i < N_TABLES; i++) {
        cr_expect_not(w.plan.tables[i].rebuilt);
        cr_expect_eq(w.plan.tables[i].n_suspended, 0);
    }
    cr_expect_eq(table(&w, "child")->n_parents, 2);
    cr_expect(table(&w, "large")->refers_to_itself);
    cr_expect_eq(w.notes.len, 0);
    clear(&w);
}

Test(rebuild, keys_from_and_to_a_large_table_are_suspended_and_make_no_order)
{
    world w;

    build(&w);
    w.counts[at(&w, "large")].n_rows = MIG_REBUILD_ROWS;
    decide(&w);

    cr_expect(table(&w, "large")->rebuilt);
    cr_expect_eq(table(&w, "large")->n_suspended, 2);
    cr_expect_eq(table(&w, "large")->n_parents, 0);
    cr_expect_not(table(&w, "large")->refers_to_itself);
    cr_expect_not(table(&w, "child")->rebuilt);
    cr_expect_eq(table(&w, "child")->n_suspended, 1);
    cr_expect_str_eq(table(&w, "child")->suspended[0]->name, "child_large");
    cr_assert_eq(table(&w, "child")->n_parents, 1);
    cr_expect_eq(table(&w, "child")->parents[0], at(&w, "small"));
    cr_expect_eq(table(&w, "small")->n_suspended, 0);
    cr_expect_str_eq(mig_buf_text(&w.notes),
                     "suspended while rows are copied: indexes and keys of large\n"
                     "suspended while rows are copied: the foreign key child_large from child to "
                     "large\n");
    clear(&w);
}

Test(rebuild, a_key_stays_where_the_target_cannot_make_it_again)
{
    world w;

    build(&w);
    w.counts[at(&w, "large")].n_rows = MIG_REBUILD_ROWS;
    w.counts[at(&w, "child")].n_rows = MIG_REBUILD_ROWS;
    w.why_not[at(&w, "child")] = "it is not ours";
    decide(&w);

    cr_expect(table(&w, "large")->rebuilt);
    cr_expect_not(table(&w, "child")->rebuilt);
    cr_expect_eq(table(&w, "child")->n_suspended, 0);
    cr_expect_eq(table(&w, "child")->n_parents, 2, "it still has to wait");
    cr_expect_str_eq(mig_buf_text(&w.notes),
                     "suspended while rows are copied: indexes and keys of large\n"
                     "indexes and keys of child stand while its rows are copied, which is slower: "
                     "it is not ours\n");
    clear(&w);
}

Test(rebuild, a_reason_that_nobody_need_know_is_not_told)
{
    world w;

    build(&w);
    for (size_t i = 0; i < N_TABLES; i++) {
        w.counts[i].n_rows = MIG_REBUILD_ROWS;
        w.why_not[i] = "";
    }
    decide(&w);

    for (size_t i = 0; i < N_TABLES; i++)
        cr_expect_not(w.plan.tables[i].rebuilt);
    cr_expect_eq(w.notes.len, 0);
    clear(&w);
}

Test(rebuild, a_key_to_a_table_outside_of_the_copy_goes_with_its_own_table)
{
    world w;

    build(&w);
    w.counts[at(&w, "small")].n_rows = MIG_REBUILD_ROWS;
    decide(&w);

    cr_expect_eq(table(&w, "small")->n_suspended, 1);
    cr_expect_eq(table(&w, "large")->n_suspended, 1);
    cr_expect(table(&w, "large")->refers_to_itself, "that key stands");
    clear(&w);
}
