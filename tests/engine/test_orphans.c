/*
 * test_orphans.c - which foreign keys a source is asked about, and what is told.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "mig/migrate.h"

/* A source that notes what it is asked, and answers that `n_orphans` rows are orphans. */
static mig_buf  asked;
static uint64_t n_orphans;

static mig_status
orphans(mig_source *source, mig_reference *references, size_t n, mig_error *err)
{
    (void)source;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        mig_buf_printf(&asked, "%s(%s)->%s(%s) ", references[i].child->source->name,
                       references[i].columns[0]->source->name, references[i].parent->source->name,
                       references[i].parent_columns[0]->source->name);
        references[i].n_orphans = n_orphans;
        if (n_orphans > 0)
            mig_buf_puts(&references[i].rows, "row 7: x = 5\n");
    }
    return MIG_OK;
}

static const mig_source_ops ops = {.kind = "asked", .orphans = orphans};
static mig_source           source = {.ops = &ops};
static mig_catalog         *from, *to;
static mig_plan            *plan;
static mig_error            err;

static void
add_column(mig_catalog *catalog, size_t table, const char *name, mig_wire_type wire)
{
    mig_column *column = mig_table_add_column(&catalog->tables[table], name, mig_wire_name(wire));

    cr_assert_not_null(column);
    column->wire = catalog == to ? wire : MIG_WIRE_NONE;
    column->base = strdup(wire == MIG_WIRE_TEXT ? "pg_catalog.text" : "pg_catalog.other");
}

/* Tables child and parent, each with the columns id, n (bigint) and t (text). */
static void
setup(void)
{
    static const char *const names[] = {"child", "parent"};

    from = mig_catalog_new("main");
    to = mig_catalog_new("public");
    from->dynamic = true;
    for (size_t t = 0; t < 2; t++) {
        mig_catalog *both[] = {from, to};

        for (size_t c = 0; c < 2; c++) {
            cr_assert_not_null(mig_catalog_add_table(both[c], names[t], MIG_TABLE_PLAIN));
            add_column(both[c], t, "id", MIG_WIRE_INT8);
            add_column(both[c], t, "n", MIG_WIRE_INT4);
            add_column(both[c], t, "t", MIG_WIRE_TEXT);
        }
    }
}

static void
teardown(void)
{
    mig_plan_free(plan);
    mig_catalog_free(from);
    mig_catalog_free(to);
    mig_buf_fini(&asked);
    mig_error_fini(&err);
}

TestSuite(orphans, .init = setup, .fini = teardown, .timeout = 20);

static mig_foreign_key *
add_key(mig_catalog *catalog, const char *parent, const char *column, const char *parent_column)
{
    mig_foreign_key *key = mig_table_add_foreign_key(&catalog->tables[0], "k", parent);

    cr_assert_not_null(key);
    cr_assert(mig_foreign_key_add_column(key, column, parent_column));
    key->bytewise = true;
    return key;
}

static void
make_plan(void)
{
    static const mig_plan_rules none;
    mig_buf                     notes = MIG_BUF_INIT;

    cr_assert(mig_catalog_finish(from));
    cr_assert(mig_catalog_finish(to));
    cr_assert_eq(mig_plan_make(from, to, &none, &plan, &notes, &err), MIG_OK);
    mig_buf_fini(&notes);
}

static mig_status
check(void)
{
    if (plan == NULL)
        make_plan();
    return mig_orphans_check(&source, plan, &err);
}

Test(orphans, keys_of_integers_and_texts_are_asked_about)
{
    add_key(to, "parent", "n", "id");
    add_key(to, "parent", "t", "t");
    add_key(to, "child", "id", "id");

    cr_assert_eq(check(), MIG_OK);

    cr_assert_str_eq(mig_buf_text(&asked),
                     "child(n)->parent(id) child(t)->parent(t) child(id)->child(id) ");
}

Test(orphans, what_cannot_be_sure_is_not_asked)
{
    add_key(to, "gone", "n", "id");   /* not copied */
    add_key(to, "parent", "n", "t");  /* of two kinds */
    add_key(to, "parent", "n", NULL); /* unknown columns */
    add_key(to, "parent", "t", "t")->bytewise = false;

    cr_assert_eq(check(), MIG_OK);

    cr_assert_str_eq(mig_buf_text(&asked), "");
}

Test(orphans, a_type_that_travels_as_text_but_compares_otherwise_is_not_asked_about)
{
    add_key(to, "parent", "t", "t");
    free(to->tables[0].columns[2].base);
    to->tables[0].columns[2].base = strdup("public.citext");

    cr_assert_eq(check(), MIG_OK);

    cr_assert_str_eq(mig_buf_text(&asked), "");
}

Test(orphans, a_column_with_a_rule_is_not_asked_about)
{
    add_key(to, "parent", "n", "id");
    make_plan();
    for (size_t t = 0; t < plan->n_tables; t++)
        if (strcmp(plan->tables[t].target->name, "child") == 0)
            plan->tables[t].columns[1].rules = MIG_RULE_NULL;

    cr_assert_eq(check(), MIG_OK);

    cr_assert_str_eq(mig_buf_text(&asked), "");
}

Test(orphans, what_the_source_vouches_for_is_not_asked)
{
    add_key(to, "parent", "n", "id");
    add_key(from, "parent", "n", "id")->validated = true;
    add_key(to, "parent", "id", "id");
    add_key(from, "parent", "id", "id")->validated = false;

    cr_assert_eq(check(), MIG_OK);

    cr_assert_str_eq(mig_buf_text(&asked), "child(id)->parent(id) ");
}

Test(orphans, they_are_told_all_of_them)
{
    add_key(to, "parent", "n", "id");
    add_key(to, "parent", "t", "t");
    n_orphans = 12;

    cr_assert_eq(check(), MIG_E_DATA);

    cr_assert_str_eq(err.message,
                     "orphan rows: 12 rows of child (column n) refer to rows of parent "
                     "that are not there");
    cr_assert_str_eq(err.detail, "row 7: x = 5\n...\n12 rows of child (column t) refer to rows of "
                                 "parent that are not there\nrow 7: x = 5\n...");
}
