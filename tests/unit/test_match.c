/*
 * test_match.c - the counterpart of a table or column, by its name.
 */
#include "mig/match.h"

#include <criterion/criterion.h>
#include <string.h>

/* A catalog with tables of these names, separated by blanks. */
static mig_catalog *
catalog_of(const char *words)
{
    char         text[200];
    mig_catalog *catalog = mig_catalog_new("main");

    strncpy(text, words, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        cr_assert_not_null(mig_catalog_add_table(catalog, word, MIG_TABLE_PLAIN));
    mig_catalog_finish(catalog);
    return catalog;
}

/* What `name`, one of `here`, finds in `there`: its name, "-" for none, "?" if ambiguous. */
static void
expect_table(const char *here, const char *name, const char *there, const char *expected)
{
    mig_catalog     *one = catalog_of(here), *other = catalog_of(there);
    const mig_table *found;
    mig_match        match = mig_match_table(one, name, other, &found);
    const char *got = match == MIG_MATCH_FOUND ? found->name : match == MIG_MATCH_NONE ? "-" : "?";

    cr_expect_str_eq(got, expected, "%s of (%s) in (%s): %s, not %s", name, here, there, got,
                     expected);
    cr_expect_eq(found != NULL, match == MIG_MATCH_FOUND);
    mig_catalog_free(one);
    mig_catalog_free(other);
}

Test(match, the_same_name_comes_first)
{
    expect_table("users", "users", "USERS Users users", "users");
    expect_table("users Users", "Users", "users Users", "Users");
}

Test(match, another_case_does_where_there_is_one)
{
    expect_table("Users hosts", "Users", "hosts users", "users");
    expect_table("users", "users", "User UserS", "UserS");
    expect_table("\xc3\x84", "\xc3\x84", "\xc3\xa4", "-");
    expect_table("users", "users", "userz user", "-");
}

Test(match, several_cases_on_either_side_decide_nothing)
{
    expect_table("users", "users", "Users USERS", "?");
    expect_table("users Users", "users", "USERS", "?");
}

Test(match, who_has_a_twin_is_taken)
{
    expect_table("users Users", "Users", "users", "-");
    expect_table("users Users", "Users", "users USERS", "USERS");
    expect_table("users Users USERS", "Users", "users USERS", "-");
}

Test(match, columns_are_found_alike)
{
    mig_catalog      *one = catalog_of("t"), *other = catalog_of("t");
    const mig_column *found;

    cr_assert_not_null(mig_table_add_column(&one->tables[0], "createdAt", ""));
    cr_assert_not_null(mig_table_add_column(&other->tables[0], "id", "bigint"));
    cr_assert_not_null(mig_table_add_column(&other->tables[0], "createdat", "text"));

    cr_assert_eq(mig_match_column(&one->tables[0], "createdAt", &other->tables[0], &found),
                 MIG_MATCH_FOUND);
    cr_expect_str_eq(found->name, "createdat");
    cr_assert_eq(mig_match_column(&other->tables[0], "createdat", &one->tables[0], &found),
                 MIG_MATCH_FOUND, "the other way round");
    cr_expect_str_eq(found->name, "createdAt");
    cr_assert_eq(mig_match_column(&other->tables[0], "id", &one->tables[0], &found),
                 MIG_MATCH_NONE);
    cr_expect_null(found);
    mig_catalog_free(one);
    mig_catalog_free(other);
}
