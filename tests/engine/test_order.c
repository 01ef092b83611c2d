/*
 * test_order.c - parents before children, and nothing else moved.
 */
#include "../../src/migrate/order.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "case_random.h"

#define MAX_TABLES 40

/* A plan over tables t00, t01, ... in this order; parent[i][k]: ti refers to tk. */
typedef struct graph {
    size_t       n;
    bool         parent[MAX_TABLES][MAX_TABLES];
    mig_catalog *catalog;
    mig_plan     plan;
    mig_buf      notes;
    mig_error    err;
} graph;

static void
build(graph *g)
{
    char name[24];

    g->catalog = mig_catalog_new("public");
    for (size_t i = 0; i < g->n; i++) {
        snprintf(name, sizeof name, "t%02zu", i);
        cr_assert_not_null(mig_catalog_add_table(g->catalog, name, MIG_TABLE_PLAIN));
    }
    for (size_t i = 0; i < g->n; i++) {
        for (size_t k = 0; k < g->n; k++) {
            snprintf(name, sizeof name, "t%02zu", k);
            if (g->parent[i][k])
                cr_assert_not_null(mig_table_add_foreign_key(&g->catalog->tables[i], "", name));
        }
    }
    mig_catalog_finish(g->catalog);
    g->plan.tables = calloc(g->n, sizeof *g->plan.tables);
    g->plan.n_tables = g->n;
    for (size_t i = 0; i < g->n; i++)
        g->plan.tables[i].source = g->plan.tables[i].target = &g->catalog->tables[i];
}

static void
clear(graph *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free(g->plan.tables[i].parents);
        free(g->plan.tables[i].suspended);
    }
    mig_buf_fini(&g->notes);
    free(g->plan.tables);
    mig_catalog_free(g->catalog);
    mig_error_fini(&g->err);
}

/* The table's number, from its name. */
static size_t
number_at(const graph *g, size_t position)
{
    return (size_t)strtoul(g->plan.tables[position].target->name + 1, NULL, 10);
}

/* "t02 t00 t01" */
static const char *
order_of(const graph *g)
{
    static char text[MAX_TABLES * 4 + 1];
    size_t      len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < g->n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i > 0 ? " " : "",
                                g->plan.tables[i].target->name);
    return text;
}

Test(order, tables_without_foreign_keys_stay_as_they_are, .timeout = 20)
{
    static graph g = {.n = 4};

    build(&g);

    cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
    cr_assert_str_eq(order_of(&g), "t00 t01 t02 t03");
    clear(&g);
}

Test(order, a_child_moves_behind_its_parent_and_no_further, .timeout = 20)
{
    static graph g = {.n = 4};

    g.parent[0][2] = true;
    build(&g);

    cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
    cr_assert_str_eq(order_of(&g), "t01 t02 t00 t03");
    clear(&g);
}

Test(order, a_self_reference_is_noted_and_is_no_parent, .timeout = 20)
{
    static graph g = {.n = 2};

    g.parent[0][0] = true;
    build(&g);

    cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
    cr_assert(g.plan.tables[0].refers_to_itself);
    cr_assert_eq(g.plan.tables[0].n_parents, 0);
    cr_assert_not(g.plan.tables[1].refers_to_itself);
    clear(&g);
}

Test(order, two_foreign_keys_to_one_table_make_one_parent, .timeout = 20)
{
    static graph g = {.n = 2};

    g.parent[1][0] = true;
    build(&g);
    cr_assert_not_null(mig_table_add_foreign_key(&g.catalog->tables[1], "again", "t00"));

    cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
    cr_assert_eq(g.plan.tables[1].n_parents, 1);
    clear(&g);
}

Test(order, a_parent_outside_of_the_plan_is_nothing_to_wait_for, .timeout = 20)
{
    static graph g = {.n = 1};

    build(&g);
    cr_assert_not_null(mig_table_add_foreign_key(&g.catalog->tables[0], "", "elsewhere"));

    cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
    cr_assert_eq(g.plan.tables[0].n_parents, 0);
    clear(&g);
}

/* "t01-t03 t03-t01": suspended keys, in the order of the plan. */
static const char *
suspended_in(const graph *g)
{
    static char text[MAX_TABLES * MAX_TABLES * 8 + 1];
    size_t      len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->plan.tables[i].n_suspended; k++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s-%s", len > 0 ? " " : "",
                                    g->plan.tables[i].target->name,
                                    g->plan.tables[i].suspended[k]->parent);
    return text;
}

Test(order, the_keys_of_a_cycle_are_suspended_and_no_others, .timeout = 20)
{
    static graph g = {.n = 5};

    g.parent[1][3] = g.parent[3][1] = true; /* the cycle */
    g.parent[3][3] = true;
    g.parent[1][4] = true; /* before it */
    g.parent[0][3] = true; /* behind it */
    build(&g);

    cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
    cr_assert_str_eq(order_of(&g), "t02 t03 t00 t04 t01");
    cr_assert_str_eq(suspended_in(&g), "t03-t01 t01-t03");
    cr_assert(g.plan.tables[1].refers_to_itself);
    cr_assert_eq(g.plan.tables[1].n_parents, 0);
    cr_assert_eq(g.plan.tables[4].n_parents, 1);
    cr_assert_not_null(strstr(mig_buf_text(&g.notes), "from t03 to t01"));
    clear(&g);
}

Test(order, cycles_apart_and_long_ones_are_found, .timeout = 20)
{
    static graph g = {.n = 7};

    g.parent[0][1] = g.parent[1][2] = g.parent[2][0] = true;
    g.parent[3][4] = g.parent[4][3] = true;
    g.parent[2][4] = true; /* from one to the other */
    g.parent[5][6] = true;
    build(&g);

    cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
    cr_assert_str_eq(suspended_in(&g), "t00-t01 t01-t02 t03-t04 t04-t03 t02-t00");
    cr_assert_str_eq(order_of(&g), "t00 t01 t03 t04 t02 t06 t05");
    clear(&g);
}

/* Whether table `from` leads to `to` over foreign keys. */
static void
close_over(const graph *g, bool reach[MAX_TABLES][MAX_TABLES])
{
    memcpy(reach, g->parent, sizeof g->parent);
    for (size_t k = 0; k < g->n; k++)
        for (size_t i = 0; i < g->n; i++)
            for (size_t j = 0; j < g->n; j++)
                reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
}

Test(order, of_any_graph_exactly_the_keys_in_cycles_are_suspended, .timeout = 20)
{
    static graph g;
    static bool  reach[MAX_TABLES][MAX_TABLES];
    case_random  random = {20260719};

    for (int round = 0; round < 300; round++) {
        memset(&g, 0, sizeof g);
        g.n = 1 + case_random_below(&random, 12);
        for (size_t i = 0; i < g.n; i++)
            for (size_t k = 0; k < g.n; k++)
                g.parent[i][k] = case_random_below(&random, 7) == 0;
        build(&g);
        close_over(&g, reach);
        cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
        for (size_t i = 0; i < g.n; i++) {
            size_t self = number_at(&g, i);
            size_t wanted = 0;

            for (size_t k = 0; k < g.n; k++)
                wanted += k != self && g.parent[self][k] && reach[k][self];
            cr_assert_eq(g.plan.tables[i].n_suspended, wanted);
        }
        clear(&g);
    }
}

/* A graph without cycles: edges only from earlier to later in a random permutation. */
static void
randomise(graph *g, case_random *random)
{
    size_t rank[MAX_TABLES];

    memset(g, 0, sizeof *g);
    g->n = 1 + case_random_below(random, MAX_TABLES);
    for (size_t i = 0; i < g->n; i++) {
        size_t k = case_random_below(random, (unsigned)i + 1);

        rank[i] = rank[k];
        rank[k] = i;
    }
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->n; k++)
            g->parent[i][k] = (rank[k] < rank[i] && case_random_below(random, 8) == 0) ||
                              (i == k && case_random_below(random, 8) == 0);
}

static void
check_position(const graph *g, size_t position, const size_t *place)
{
    const mig_table_plan *table = &g->plan.tables[position];
    size_t                self = number_at(g, position);
    size_t                n_parents = 0;

    cr_assert_eq(table->refers_to_itself, g->parent[self][self]);
    for (size_t k = 0; k < g->n; k++)
        n_parents += k != self && g->parent[self][k];
    cr_assert_eq(table->n_parents, n_parents);
    for (size_t k = 0; k < table->n_parents; k++) {
        cr_assert_lt(table->parents[k], position, "a parent comes behind its child");
        cr_assert(g->parent[self][number_at(g, table->parents[k])]);
    }
    /* Whoever stands directly before with a larger number must be one of the parents. */
    if (position > 0 && number_at(g, position - 1) > self)
        cr_assert(g->parent[self][number_at(g, position - 1)], "t%02zu was moved for nothing",
                  self);
    cr_assert_eq(place[self], position);
}

Test(order, any_graph_without_cycles_gets_its_first_order, .timeout = 20)
{
    static graph g;
    case_random  random = {20260718};

    for (int round = 0; round < 500; round++) {
        size_t place[MAX_TABLES];

        randomise(&g, &random);
        build(&g);
        cr_assert_eq(mig__order_tables(&g.plan, &g.notes, &g.err), MIG_OK);
        for (size_t i = 0; i < g.n; i++)
            place[i] = SIZE_MAX;
        for (size_t i = 0; i < g.n; i++)
            place[number_at(&g, i)] = i; /* Each once, or check_position sees a hole. */
        for (size_t i = 0; i < g.n; i++)
            check_position(&g, i, place);
        clear(&g);
    }
}
