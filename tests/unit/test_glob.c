/*
 * test_glob.c - patterns of names.
 */
#include "mig/glob.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <string.h>

#include "../support/case_random.h"

static bool
match(const char *pattern, const char *name)
{
    return mig_glob_match(pattern, strlen(pattern), name);
}

Test(glob, a_name_matches_itself_alone)
{
    cr_expect(match("users", "users"));
    cr_expect(match("", ""));
    cr_expect_not(match("users", "Users"));
    cr_expect_not(match("user", "users"));
    cr_expect_not(match("users", "user"));
    cr_expect_not(match("", "u"));
}

Test(glob, a_star_takes_any_characters_or_none)
{
    cr_expect(match("*", ""));
    cr_expect(match("*", "users"));
    cr_expect(match("u*s", "us"));
    cr_expect(match("*_log", "a_log_log"));
    cr_expect(match("**a*b**", "xxaxxb"));
    cr_expect_not(match("u*s", "user"));
    cr_expect_not(match("*_log", "a_logs"));
}

Test(glob, a_question_mark_is_one_character_not_one_byte)
{
    cr_expect(match("t?", "t1"));
    cr_expect(match("k?se", "k\xc3\xa4se"));
    cr_expect(match("??", "\xf0\x9f\x98\x80x"));
    cr_expect(match("?", "\xff"));
    cr_expect_not(match("t?", "t"));
    cr_expect_not(match("k??se", "k\xc3\xa4se"));
}

Test(glob, brackets_hold_sets_and_ranges)
{
    cr_expect(match("t[0-9]", "t7"));
    cr_expect(match("t[a0-9z]", "tz"));
    cr_expect(match("[]x]", "]"));
    cr_expect(match("[a-]", "-"));
    cr_expect(match("[!a-c]", "d"));
    cr_expect(match("[^a-c]", "d"));
    cr_expect(match("[\xc3\xa4-\xc3\xbc]", "\xc3\xb6"));
    cr_expect(match("[\\]]", "]"));
    cr_expect_not(match("t[0-9]", "tx"));
    cr_expect_not(match("[!a-c]", "b"));
    cr_expect_not(match("[\xc3\xa4-\xc3\xbc]", "a"));
}

Test(glob, what_is_not_closed_means_itself)
{
    cr_expect(match("a[b", "a[b"));
    cr_expect(match("a\\", "a\\"));
    cr_expect_not(match("a[b", "ab"));
}

Test(glob, a_backslash_takes_the_meaning_away)
{
    cr_expect(match("a\\*", "a*"));
    cr_expect(match("\\?\\[x]", "?[x]"));
    cr_expect(match("\\\xc3\xa4", "\xc3\xa4"));
    cr_expect_not(match("a\\*", "ab"));
}

Test(glob, the_length_of_the_pattern_counts)
{
    cr_expect(mig_glob_match("users.email", 5, "users"));
    cr_expect(mig_glob_match("[ab]c", 1, "["), "the bracket is not closed within");
    cr_expect_not(mig_glob_match("users", 4, "users"));
}

Test(glob, many_stars_take_no_longer, .timeout = 20)
{
    cr_expect_not(
        match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

Test(glob, one_of_several_patterns_is_enough)
{
    static const char *texts[] = {"a*", "b"};
    const mig_patterns two = {texts, 2}, none = {NULL, 0};

    cr_expect(mig_patterns_match(&two, "ab"));
    cr_expect(mig_patterns_match(&two, "b"));
    cr_expect_not(mig_patterns_match(&two, "bc"));
    cr_expect_not(mig_patterns_match(&none, "b"));
}

/* The system's matcher says the same of every generated pattern that has no bracket it closes. */
Test(glob, agrees_with_the_systems_own, .timeout = 60)
{
    static const char in_pattern[] = "ab*?-", in_name[] = "ab-";
    case_random       random = {7};

    for (int i = 0; i < 200000; i++) {
        char     pattern[10], name[10];
        unsigned n_pattern = case_random_below(&random, sizeof pattern);
        unsigned n_name = case_random_below(&random, sizeof name);

        for (unsigned k = 0; k < n_pattern; k++)
            pattern[k] = in_pattern[case_random_below(&random, sizeof in_pattern - 1)];
        for (unsigned k = 0; k < n_name; k++)
            name[k] = in_name[case_random_below(&random, sizeof in_name - 1)];
        pattern[n_pattern] = name[n_name] = '\0';
        cr_assert_eq(match(pattern, name), fnmatch(pattern, name, 0) == 0, "%s %s", pattern, name);
    }
}
