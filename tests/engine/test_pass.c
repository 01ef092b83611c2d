/*
 * test_pass.c - what passes between two typed databases without being looked into.
 */
#include <criterion/criterion.h>

#include "../../src/migrate/pass.h"

static char int4[] = "pg_catalog.int4", point[] = "pg_catalog.point",
            circle[] = "pg_catalog.circle";
static char bpchar[] = "pg_catalog.bpchar", months[] = "pg_catalog.interval fields 6";
static char mood_a[] = "a.mood", mood_b[] = "b.mood", mood_c[] = "c.mood";

/* What passes from a column of the schema a to one of the schema b, NONE for nothing. */
static mig_wire_type
passed(mig_column from, mig_column to)
{
    char              a[] = "a", b[] = "b";
    const mig_catalog source = {.schema = a}, target = {.schema = b};
    mig__sides        both = {&source, &target};
    mig_wire_type     wire = MIG_WIRE_NONE;

    return mig__pass_through(&both, &from, &to, &wire) ? wire : MIG_WIRE_NONE;
}

static mig_column
typed(mig_wire_type wire, char *base, bool opaque)
{
    return (mig_column){.wire = wire, .base = base, .opaque = opaque, .limits = MIG_LIMITS_NONE};
}

static mig_column
limited(mig_wire_type wire, int32_t length, int32_t precision, int32_t scale)
{
    return (mig_column){.wire = wire, .limits = {length, precision, scale}};
}

Test(pass, bytes_of_the_same_form_pass_whatever_the_types_are_called)
{
    cr_assert_eq(passed(typed(MIG_WIRE_INT4, int4, true), typed(MIG_WIRE_INT4, int4, true)),
                 MIG_WIRE_INT4);
    cr_assert_eq(passed(typed(MIG_WIRE_TEXT, mood_a, false), typed(MIG_WIRE_TEXT, NULL, true)),
                 MIG_WIRE_TEXT);
    cr_assert_eq(passed(typed(MIG_WIRE_INT4, int4, true), typed(MIG_WIRE_INT8, NULL, true)),
                 MIG_WIRE_NONE);
}

Test(pass, types_without_codec_pass_to_themselves_alone)
{
    mig_column p = typed(MIG_WIRE_LITERAL, point, true);

    cr_assert_eq(passed(p, p), MIG_WIRE_OPAQUE);
    cr_assert_eq(passed(p, typed(MIG_WIRE_LITERAL, circle, true)), MIG_WIRE_NONE);
    cr_assert_eq(passed(p, typed(MIG_WIRE_LITERAL, NULL, true)), MIG_WIRE_NONE);
}

Test(pass, a_schemas_own_types_are_those_of_the_other_schema)
{
    mig_column a = typed(MIG_WIRE_LITERAL, mood_a, false);

    cr_assert_eq(passed(a, typed(MIG_WIRE_LITERAL, mood_b, false)), MIG_WIRE_LITERAL);
    cr_assert_eq(passed(a, typed(MIG_WIRE_LITERAL, mood_a, false)), MIG_WIRE_NONE);
    cr_assert_eq(
        passed(typed(MIG_WIRE_LITERAL, mood_c, false), typed(MIG_WIRE_LITERAL, mood_c, false)),
        MIG_WIRE_LITERAL);
}

Test(pass, what_drops_fields_passes_to_its_equal_alone)
{
    mig_column from = typed(MIG_WIRE_INTERVAL, months, true);

    cr_assert_eq(passed(from, typed(MIG_WIRE_NONE, months, true)), MIG_WIRE_OPAQUE);
    from.base = int4;
    cr_assert_eq(passed(from, typed(MIG_WIRE_NONE, months, true)), MIG_WIRE_NONE);
}

Test(pass, blanks_are_kept_where_nothing_pads_them)
{
    mig_column bare = typed(MIG_WIRE_BPCHAR, bpchar, true), nine = bare;

    nine.limits.length = 9;
    cr_assert_eq(passed(bare, bare), MIG_WIRE_OPAQUE);
    cr_assert_eq(passed(nine, nine), MIG_WIRE_BPCHAR);
    cr_assert_eq(passed(bare, nine), MIG_WIRE_NONE);
}

Test(pass, nothing_passes_into_stricter_limits)
{
    static const struct {
        mig_wire_type wire;
        mig_limits    from, to;
        bool          holds;
    } cases[] = {
        {MIG_WIRE_TEXT, {5, -1, -1}, {5, -1, -1}, true},
        {MIG_WIRE_TEXT, {5, -1, -1}, {6, -1, -1}, true},
        {MIG_WIRE_TEXT, {5, -1, -1}, {-1, -1, -1}, true},
        {MIG_WIRE_TEXT, {6, -1, -1}, {5, -1, -1}, false},
        {MIG_WIRE_TEXT, {-1, -1, -1}, {5, -1, -1}, false},
        {MIG_WIRE_BIT, {5, -1, -1}, {6, -1, -1}, false},
        {MIG_WIRE_VARBIT, {5, -1, -1}, {6, -1, -1}, true},
        {MIG_WIRE_NUMERIC, {-1, 5, 2}, {-1, 5, 2}, true},
        {MIG_WIRE_NUMERIC, {-1, 5, 2}, {-1, 6, 3}, true},
        {MIG_WIRE_NUMERIC, {-1, 5, 2}, {-1, 5, 3}, false},
        {MIG_WIRE_NUMERIC, {-1, 5, 2}, {-1, 9, 1}, false},
        {MIG_WIRE_NUMERIC, {-1, 5, -2}, {-1, 7, 0}, true},
        {MIG_WIRE_NUMERIC, {-1, 5, -2}, {-1, 6, 0}, false},
        {MIG_WIRE_NUMERIC, {-1, 5, 2}, {-1, -1, -1}, true},
        {MIG_WIRE_NUMERIC, {-1, -1, -1}, {-1, 5, 2}, false},
        {MIG_WIRE_TIMESTAMP, {-1, -1, -1}, {-1, -1, 6}, true},
        {MIG_WIRE_TIMESTAMP, {-1, -1, -1}, {-1, -1, 3}, false},
        {MIG_WIRE_TIMETZ, {-1, -1, 2}, {-1, -1, 3}, true},
        {MIG_WIRE_INTERVAL, {-1, -1, 4}, {-1, -1, 3}, false},
        {MIG_WIRE_MONEY, {-1, -1, 2}, {-1, -1, 0}, false},
        {MIG_WIRE_MONEY, {-1, -1, 2}, {-1, -1, 2}, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const mig_limits *f = &cases[i].from, *t = &cases[i].to;
        mig_column        from = limited(cases[i].wire, f->length, f->precision, f->scale);
        mig_column        to = limited(cases[i].wire, t->length, t->precision, t->scale);

        cr_assert_eq(passed(from, to), cases[i].holds ? cases[i].wire : MIG_WIRE_NONE, "case %zu",
                     i);
    }
}

Test(pass, beside_text_all_is_text)
{
    mig_column p = typed(MIG_WIRE_LITERAL, point, true), none = typed(MIG_WIRE_NONE, point, true);
    mig_column_plan columns[] = {{.source = &p, .wire = MIG_WIRE_OPAQUE},
                                 {.source = &p, .wire = MIG_WIRE_INT4},
                                 {.source = &p, .wire = MIG_WIRE_LITERAL}};
    mig_table_plan  table = {.columns = columns, .n_columns = 2};

    cr_assert_null(mig__pass_as_text(&table));
    cr_assert_eq(columns[0].wire, MIG_WIRE_OPAQUE);
    table.n_columns = 3;
    cr_assert_null(mig__pass_as_text(&table));
    cr_assert_eq(columns[0].wire, MIG_WIRE_LITERAL);
    cr_assert_eq(columns[1].wire, MIG_WIRE_INT4);

    columns[0] = (mig_column_plan){.source = &none, .wire = MIG_WIRE_OPAQUE};
    cr_assert_eq(mig__pass_as_text(&table), &columns[0]);
}

Test(pass, texts_become_a_name_only_in_binary_form)
{
    char            name[] = "pg_catalog.name", text[] = "pg_catalog.text";
    mig_column      is_name = {.base = name}, is_text = {.base = text}, untyped = {.base = NULL};
    mig_column_plan columns[] = {
        {.source = &is_text, .target = &is_name, .wire = MIG_WIRE_TEXT},
        {.source = &is_text, .target = &is_text, .wire = MIG_WIRE_LITERAL}};
    mig_table_plan table = {.columns = columns, .n_columns = 1};

    cr_assert_null(mig__pass_as_text(&table));
    table.n_columns = 2;
    cr_assert_eq(mig__pass_as_text(&table), &columns[0]);
    columns[0].source = &untyped; /* of SQLite */
    cr_assert_eq(mig__pass_as_text(&table), &columns[0]);
    columns[0].source = &is_name; /* none of them is too long */
    cr_assert_null(mig__pass_as_text(&table));
}
