/*
 * test_schema.c - building and finding a schema.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "mig/schema.h"

Test(schema, keeps_what_was_added_and_finds_it_again)
{
    mig_schema             *schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
    char                    name[16];
    mig_schema_table       *table;
    mig_constraint         *key;
    const mig_index        *index;
    const mig_schema_table *found;

    cr_assert_not_null(schema);
    for (int i = 40; i > 0; i--) {
        snprintf(name, sizeof name, "t%02d", i);
        table = mig_schema_add_table(schema, name);
        cr_assert_not_null(table);
        cr_assert_not_null(mig_schema_add_column(schema, table, "id", "INTEGER"));
        cr_assert_not_null(mig_schema_add_column(schema, table, "v", ""));
        key = mig_schema_add_constraint(schema, table, MIG_CONSTRAINT_PRIMARY, "");
        cr_assert_not_null(key);
        mig_schema_add_part(schema, &key->parts, &key->n_parts)->column = table->columns[0].name;
    }
    cr_assert_not_null(mig_schema_add_index(schema, "b", "t01"));
    cr_assert_not_null(mig_schema_add_index(schema, "a", "t01"));
    mig_schema_finish(schema);

    cr_assert_str_eq(schema->tables[0].name, "t01");
    cr_assert_str_eq(schema->tables[39].name, "t40");
    index = &schema->indexes[0];
    cr_assert_str_eq(index->name, "a");
    found = mig_schema_find(schema, "t17");
    cr_assert_not_null(found);
    cr_assert_str_eq(mig_schema_primary(found)->parts[0].column, "id");
    cr_assert_not_null(mig_schema_find_column(found, "v"));
    cr_assert_null(mig_schema_find_column(found, "V"));
    cr_assert_null(mig_schema_find(schema, "T17"));
    mig_schema_free(schema);
}

Test(schema, keeps_long_texts_beside_short_ones)
{
    mig_schema *schema = mig_schema_new(MIG_DIALECT_POSTGRES, "public");
    char        longer[40000];
    const char *one, *two, *three;

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    one = mig_schema_keep(schema, "one");
    two = mig_schema_keep(schema, longer);
    three = mig_schema_keep_part(schema, "three and more", 5);
    cr_assert_str_eq(one, "one");
    cr_assert_str_eq(two, longer);
    cr_assert_str_eq(three, "three");
    cr_assert_null(mig_schema_keep(schema, NULL));
    mig_schema_free(schema);
}
