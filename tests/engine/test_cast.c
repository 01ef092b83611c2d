/*
 * test_cast.c - what --cast says of a column.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/migrate/cast.h"

static mig_error err = MIG_ERROR_INIT;

static mig_cast
parsed(const char *text)
{
    mig_cast cast;

    cr_assert_eq(mig_cast_parse(text, &cast, &err), MIG_OK, "%s: %s", text, err.message);
    return cast;
}

Test(cast, names_type_and_rules_are_told_apart)
{
    mig_cast cast = parsed("events.at=timestamp with time zone:ms+null");

    cr_expect_str_eq(cast.table, "events");
    cr_expect_str_eq(cast.column, "at");
    cr_expect_str_eq(cast.type, "timestamp with time zone");
    cr_expect_eq(cast.rules, MIG_RULE_NULL);
    cr_expect_eq(cast.unit, MIG_UNIT_MS);
    mig_cast_fini(&cast);
}

Test(cast, rules_may_be_many_in_any_case_and_none)
{
    mig_cast cast = parsed("t.c=text:STRIP-NUL+replace:cut,trim");

    cr_expect_eq(cast.rules,
                 (unsigned)(MIG_RULE_STRIP_NUL | MIG_RULE_REPLACE | MIG_RULE_CUT | MIG_RULE_TRIM));
    mig_cast_fini(&cast);
    cast = parsed("t.c=integer");
    cr_expect_eq(cast.rules, 0);
    cr_expect_eq(cast.unit, MIG_UNIT_NONE);
    mig_cast_fini(&cast);
}

Test(cast, names_in_double_quotes_mean_themselves)
{
    mig_cast cast = parsed("\"a.b\"\"c\".\"*=x\"=text");

    cr_expect_str_eq(cast.table, "a.b\"c");
    cr_expect_str_eq(cast.column, "*=x");
    cr_expect(mig_cast_matches(&cast, "a.b\"c", "*=x"));
    cr_expect_not(mig_cast_matches(&cast, "a.b\"c", "y=x"));
    mig_cast_fini(&cast);
}

Test(cast, other_names_are_patterns)
{
    mig_cast cast = parsed("ev*.created_?t=text");

    cr_expect(mig_cast_matches(&cast, "events", "created_at"));
    cr_expect_not(mig_cast_matches(&cast, "events", "created"));
    cr_expect_not(mig_cast_matches(&cast, "users", "created_at"));
    mig_cast_fini(&cast);
}

Test(cast, what_is_malformed_is_refused)
{
    static const char *const texts[] = {
        "",          "t",         "t.c",          ".c=text",    "t.=text",        "t.c=",
        "t.c=:null", "t.c=text:", "t.c=text:nul", "\"t.c=text", "t.c=text:null+", "\"\".c=text"};
    mig_cast cast;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_eq(mig_cast_parse(texts[i], &cast, &err), MIG_E_USAGE, "%s", texts[i]);
        cr_expect_null(cast.table);
        mig_error_fini(&err);
    }
}

Test(cast, a_type_has_several_names)
{
    static const char *const names[] = {"numeric(6,2)", "numeric", "NUMERIC", "decimal"};
    char                     type[] = "numeric(6,2)";
    mig_column               column = {.type = type, .wire = MIG_WIRE_NUMERIC};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect(mig__cast_is_type(names[i], &column), "%s", names[i]);
    cr_expect_not(mig__cast_is_type("numeric(6,3)", &column));
    cr_expect_not(mig__cast_is_type("integer", &column));
}
