/*
 * test_bookkeeping.c - telling the records of migrations from other tables.
 */
#include "mig/bookkeeping.h"

#include <criterion/criterion.h>
#include <string.h>

/* The tool whose record a table with these columns (separated by blanks) is, or "". */
static const char *
tool_of(const char *name, const char *columns)
{
    char                   text[200];
    mig_catalog           *catalog = mig_catalog_new("main");
    mig_table             *table = mig_catalog_add_table(catalog, name, MIG_TABLE_PLAIN);
    const mig_bookkeeping *rule;

    cr_assert_not_null(table);
    strncpy(text, columns, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        cr_assert_not_null(mig_table_add_column(table, word, ""));
    rule = mig_bookkeeping_of(table);
    mig_catalog_free(catalog);
    return rule != NULL ? rule->tool : "";
}

Test(bookkeeping, a_record_is_known_by_its_name_and_columns)
{
    cr_expect_str_eq(tool_of("django_migrations", "id app name applied"), "Django");
    cr_expect_str_eq(tool_of("alembic_version", "version_num"), "Alembic");
    cr_expect_str_eq(tool_of("__EFMigrationsHistory", "MigrationId ProductVersion"),
                     "Entity Framework");
    cr_expect_str_eq(tool_of("__efmigrationshistory", "migrationid productversion"),
                     "Entity Framework");
    cr_expect_str_eq(tool_of("alembic_version", "id"), "");
    cr_expect_str_eq(tool_of("users", "version name"), "");
    cr_expect_str_eq(tool_of("ar_internal_metadata", "key value"), "");
}

Test(bookkeeping, tools_that_share_a_name_are_told_apart_by_columns)
{
    cr_expect_str_eq(tool_of("schema_migrations", "version"), "Rails, Ecto or dbmate");
    cr_expect_str_eq(tool_of("schema_migrations", "version inserted_at"), "Rails, Ecto or dbmate");
    cr_expect_str_eq(tool_of("schema_migrations", "version dirty"), "golang-migrate");
    cr_expect_str_eq(tool_of("migrations", "id migration batch"), "Laravel");
    cr_expect_str_eq(tool_of("migrations", "id timestamp name"), "TypeORM");
    cr_expect_str_eq(tool_of("migrations", "id species season"), "", "those of birds");
}

Test(bookkeeping, a_view_is_no_record)
{
    mig_catalog *catalog = mig_catalog_new("main");
    mig_table   *view = mig_catalog_add_table(catalog, "alembic_version", MIG_TABLE_VIEW);

    cr_assert_not_null(mig_table_add_column(view, "version_num", ""));
    cr_expect_null(mig_bookkeeping_of(view));
    mig_catalog_free(catalog);
}

Test(bookkeeping, marks_read_booleans_of_both_databases)
{
    const mig_bookkeeping_mark if_true = {"c", MIG_MARK_IF_TRUE, "x"};
    const mig_bookkeeping_mark if_false = {"c", MIG_MARK_IF_FALSE, "x"};
    const mig_bookkeeping_mark if_null = {"c", MIG_MARK_IF_NULL, "x"};
    const mig_bookkeeping_mark if_set = {"c", MIG_MARK_IF_SET, "x"};

    cr_expect(mig_bookkeeping_marked(&if_true, "1") && mig_bookkeeping_marked(&if_true, "t"));
    cr_expect(mig_bookkeeping_marked(&if_false, "0") && mig_bookkeeping_marked(&if_false, "f"));
    cr_expect_not(mig_bookkeeping_marked(&if_true, "0") || mig_bookkeeping_marked(&if_true, NULL));
    cr_expect_not(mig_bookkeeping_marked(&if_false, "t") ||
                  mig_bookkeeping_marked(&if_false, NULL));
    cr_expect(mig_bookkeeping_marked(&if_null, NULL) && !mig_bookkeeping_marked(&if_null, ""));
    cr_expect(mig_bookkeeping_marked(&if_set, "") && !mig_bookkeeping_marked(&if_set, NULL));
}
