/*
 * test_catalog.c - building catalogs and finding things in them.
 */
#include "mig/catalog.h"

#include <criterion/criterion.h>
#include <stdio.h>

static mig_catalog *
catalog_of(const char *const *names, size_t n)
{
    mig_catalog *catalog = mig_catalog_new("public");

    cr_assert_not_null(catalog);
    for (size_t i = 0; i < n; i++)
        cr_assert_not_null(mig_catalog_add_table(catalog, names[i], MIG_TABLE_PLAIN));
    return catalog;
}

Test(catalog, keeps_a_copy_of_what_it_is_given)
{
    char         schema[] = "public", name[] = "hosts", column[] = "id", type[] = "uuid";
    mig_catalog *catalog = mig_catalog_new(schema);
    mig_table   *table = mig_catalog_add_table(catalog, name, MIG_TABLE_VIEW);

    cr_assert_not_null(mig_table_add_column(table, column, type));
    schema[0] = name[0] = column[0] = type[0] = 'X';
    mig_catalog_finish(catalog);

    cr_assert_str_eq(catalog->schema, "public");
    cr_assert_str_eq(catalog->tables[0].name, "hosts");
    cr_assert_eq(catalog->tables[0].kind, MIG_TABLE_VIEW);
    cr_assert_str_eq(catalog->tables[0].columns[0].name, "id");
    cr_assert_str_eq(catalog->tables[0].columns[0].type, "uuid");
    mig_catalog_free(catalog);
}

Test(catalog, sorts_tables_bytewise)
{
    const char *const names[] = {"b", "a_b", "B", "ab", "\xc3\xa4", "a"};
    const char *const sorted[] = {"B", "a", "a_b", "ab", "b", "\xc3\xa4"};
    mig_catalog      *catalog = catalog_of(names, 6);

    mig_catalog_finish(catalog);

    for (size_t i = 0; i < 6; i++)
        cr_assert_str_eq(catalog->tables[i].name, sorted[i]);
    mig_catalog_free(catalog);
}

Test(catalog, finds_every_table_whatever_their_number)
{
    for (size_t n = 0; n <= 70; n++) {
        mig_catalog *catalog = mig_catalog_new("main");
        char         name[16];

        for (size_t i = 0; i < n; i++) {
            (void)snprintf(name, sizeof name, "t%03zu", (i * 37) % 71);
            cr_assert_not_null(mig_catalog_add_table(catalog, name, MIG_TABLE_PLAIN));
        }
        mig_catalog_finish(catalog);

        for (size_t i = 0; i < 71; i++) {
            const mig_table *found;

            (void)snprintf(name, sizeof name, "t%03zu", (i * 37) % 71);
            found = mig_catalog_find(catalog, name);
            cr_assert_eq(found != NULL, i < n, "%s of %zu", name, n);
            if (found != NULL)
                cr_assert_str_eq(found->name, name);
        }
        mig_catalog_free(catalog);
    }
}

Test(catalog, finds_names_only_exactly)
{
    const char *const names[] = {"hosts"};
    mig_catalog      *catalog = catalog_of(names, 1);

    mig_catalog_finish(catalog);

    cr_assert_null(mig_catalog_find(catalog, "Hosts"));
    cr_assert_null(mig_catalog_find(catalog, "host"));
    cr_assert_null(mig_catalog_find(catalog, "hosts2"));
    cr_assert_null(mig_catalog_find(catalog, ""));
    mig_catalog_free(catalog);
}

Test(catalog, keeps_columns_in_the_order_in_which_they_came)
{
    mig_catalog *catalog = mig_catalog_new("main");
    mig_table   *table = mig_catalog_add_table(catalog, "t", MIG_TABLE_PLAIN);
    char         name[16];

    for (size_t i = 0; i < 40; i++) {
        mig_column *column;

        (void)snprintf(name, sizeof name, "c%zu", 40 - i);
        column = mig_table_add_column(table, name, "");
        cr_assert_not_null(column);
        cr_assert_eq(column->wire, MIG_WIRE_NONE);
        cr_assert_not(column->not_null || column->has_default || column->generated);
        cr_assert_eq(column->pk_position, 0);
        column->pk_position = (int)i + 1;
    }
    mig_catalog_finish(catalog);

    table = &catalog->tables[0];
    cr_assert_eq(table->n_columns, 40);
    for (size_t i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "c%zu", 40 - i);
        cr_assert_str_eq(table->columns[i].name, name);
        cr_assert_eq(table->columns[i].pk_position, (int)i + 1);
        cr_assert_eq(mig_table_find(table, name), &table->columns[i]);
    }
    cr_assert_null(mig_table_find(table, "c41"));
    cr_assert_null(mig_table_find(table, "C1"));
    mig_catalog_free(catalog);
}

Test(catalog, knows_which_parents_it_holds)
{
    const char *const names[] = {"zebra", "child", "aunt"};
    mig_catalog      *catalog = catalog_of(names, 3);
    mig_table        *child = &catalog->tables[1];
    const mig_table  *found;

    cr_assert_not_null(mig_table_add_foreign_key(child, "fk_z", "zebra"));
    cr_assert_not_null(mig_table_add_foreign_key(child, "", "other.aunt"));
    cr_assert_not_null(mig_table_add_foreign_key(child, "self", "child"));
    mig_catalog_finish(catalog);

    found = mig_catalog_find(catalog, "child");
    cr_assert_eq(found->n_foreign_keys, 3);
    cr_assert_str_eq(found->foreign_keys[0].name, "fk_z");
    cr_assert(found->foreign_keys[0].parent_known);
    cr_assert_str_eq(found->foreign_keys[1].parent, "other.aunt");
    cr_assert_not(found->foreign_keys[1].parent_known);
    cr_assert(found->foreign_keys[2].parent_known);
    mig_catalog_free(catalog);
}

Test(catalog, of_no_tables_finds_nothing)
{
    mig_catalog *catalog = mig_catalog_new("main");

    mig_catalog_finish(catalog);

    cr_assert_eq(catalog->n_tables, 0);
    cr_assert_null(mig_catalog_find(catalog, "t"));
    mig_catalog_free(catalog);
    mig_catalog_free(NULL);
}
