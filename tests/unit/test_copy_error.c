/*
 * test_copy_error.c - the row number in a server's CONTEXT.
 */
#include <criterion/criterion.h>

#include "../../src/postgres/copy_error.h"

static void
expect(const char *context, const char *table, uint64_t row)
{
    const char *rest;

    cr_assert_eq(mig__copy_error_row(context, table, &rest), row, "%s", context);
}

static void
expect_text(const char *context, const char *table, uint64_t row, const char *wanted)
{
    const char *rest;

    cr_assert_eq(mig__copy_error_text_row(context, table, &rest), row, "%s", context);
    cr_assert_str_eq(rest, wanted, "%s", context);
}

Test(copy_error, the_row_is_the_number_behind_the_table)
{
    expect("COPY t, line 1", "t", 0);
    expect("COPY t, line 3, column c9", "t", 2);
    expect("COPY t, line 3, column t", "t", 2);
    expect("COPY hosts2, line 40", "hosts2", 39);
    expect("COPY O, line 7", "O", 6);
    expect("COPY t, line 5, 5, line 7", "t, line 5, 5", 6);
}

Test(copy_error, other_languages_are_read)
{
    expect("COPY t, Zeile 12, Spalte c1", "t", 11);
    expect("COPY t, ligne 12", "t", 11);
    expect("COPY t, \xe8\xa1\x8c 12, \xe5\x88\x97 c1", "t", 11);
    expect("t \xeb\xb3\xb5\xec\x82\xac, 12\xeb\xb2\x88\xec\xa7\xb8 \xec\xa4\x84, c1", "t", 11);
}

Test(copy_error, inner_contexts_do_not_count)
{
    expect("PL/pgSQL function f(integer) line 3 at RAISE\nCOPY t, line 8", "t", 7);
    expect("COPY t, line 3\nCOPY a\nb, line 9", "a\nb", 8);
}

Test(copy_error, no_number_is_no_row)
{
    expect(NULL, "t", UINT64_MAX);
    expect("", "t", UINT64_MAX);
    expect("COPY t", "t", UINT64_MAX);
    expect("COPY t, line 0", "t", UINT64_MAX);
    expect("SQL statement \"SELECT 1\"", "hosts", UINT64_MAX);
    expect("COPY t, line 99999999999999999999999", "t", UINT64_MAX);
}

Test(copy_error, in_text_format_a_value_follows)
{
    expect_text("COPY t, line 3, column c9: \"x\"", "t", 2, ", column c9: \"x\"");
    expect_text("COPY t, line 3, column t: \"55\"", "t", 2, ", column t: \"55\"");
    expect_text("COPY t, line 3: \"1\t2\"", "t", 2, ": \"1\t2\"");
    expect_text("COPY t, line 3, column c: \"a\nb\"", "t", 2, ", column c: \"a\nb\"");
    expect_text("COPY t, Zeile 12, Spalte c1: \xc2\xbb"
                "5\xc2\xab",
                "t", 11,
                ", Spalte c1: \xc2\xbb"
                "5\xc2\xab");
    expect_text("PL/pgSQL function check_t(integer) line 3 at IF\nCOPY t, line 8, column c: \"1\"",
                "t", 7, ", column c: \"1\"");
    expect_text(NULL, "t", UINT64_MAX, "");
    expect_text("COPY t", "t", UINT64_MAX, "");
}

Test(copy_error, a_value_that_looks_like_a_context_is_not_believed)
{
    expect_text("COPY t, line 3, column c: \"x\nCOPY t, line 9, column d: \"\"", "t", UINT64_MAX,
                "");
    expect_text("COPY t, line 3, column c: \"x\nCOPY t, line 3\"", "t", 2, "\"");
}
