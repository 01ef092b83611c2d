/*
 * test_type_names.c - PostgreSQL's types by their usual spellings.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "mig/type_rules.h"

static void
expect(const char *text, const char *type, mig_wire_type wire, mig_limits limits)
{
    mig_type_choice choice;

    cr_assert(mig_type_of_name(text, &choice), "%s", text);
    cr_assert_str_eq(choice.type, type, "%s: %s", text, choice.type);
    cr_assert_eq(choice.wire, wire, "%s", text);
    cr_assert_eq(choice.limits.length, limits.length, "%s", text);
    cr_assert_eq(choice.limits.precision, limits.precision, "%s", text);
    cr_assert_eq(choice.limits.scale, limits.scale, "%s", text);
}

static const mig_limits none = MIG_LIMITS_NONE;

Test(type_names, spellings_of_one_type_are_one)
{
    expect("int", "integer", MIG_WIRE_INT4, none);
    expect("INT4", "integer", MIG_WIRE_INT4, none);
    expect("pg_catalog.int4", "integer", MIG_WIRE_INT4, none);
    expect("bool", "boolean", MIG_WIRE_BOOL, none);
    expect("float", "double precision", MIG_WIRE_FLOAT8, none);
    expect("float(24)", "real", MIG_WIRE_FLOAT4, none);
    expect("float(25)", "double precision", MIG_WIRE_FLOAT8, none);
    expect(" Double   Precision ", "double precision", MIG_WIRE_FLOAT8, none);
    expect("char varying", "character varying", MIG_WIRE_TEXT, none);
    expect("timestamptz", "timestamp with time zone", MIG_WIRE_TIMESTAMPTZ, none);
    expect("timestamp", "timestamp without time zone", MIG_WIRE_TIMESTAMP, none);
    expect("time", "time without time zone", MIG_WIRE_TIME, none);
    expect("time with time zone", "time with time zone", MIG_WIRE_TIMETZ, none);
    expect("bpchar", "bpchar", MIG_WIRE_BPCHAR, none);
    expect("tsvector", "tsvector", MIG_WIRE_LITERAL, none);
}

Test(type_names, modifiers_become_limits)
{
    expect("varchar(20)", "character varying(20)", MIG_WIRE_TEXT, (mig_limits){20, -1, -1});
    expect("char", "character(1)", MIG_WIRE_BPCHAR, (mig_limits){1, -1, -1});
    expect("character ( 7 )", "character(7)", MIG_WIRE_BPCHAR, (mig_limits){7, -1, -1});
    expect("decimal(10)", "numeric(10,0)", MIG_WIRE_NUMERIC, (mig_limits){-1, 10, 0});
    expect("numeric(10, 2)", "numeric(10,2)", MIG_WIRE_NUMERIC, (mig_limits){-1, 10, 2});
    expect("numeric(3,-5)", "numeric(3,-5)", MIG_WIRE_NUMERIC, (mig_limits){-1, 3, -5});
    expect("timestamp(3) with time zone", "timestamp(3) with time zone", MIG_WIRE_TIMESTAMPTZ,
           (mig_limits){-1, -1, 3});
    expect("timestamptz(9)", "timestamp(6) with time zone", MIG_WIRE_TIMESTAMPTZ,
           (mig_limits){-1, -1, 6});
    expect("interval(0)", "interval(0)", MIG_WIRE_INTERVAL, (mig_limits){-1, -1, 0});
    expect("bit", "bit(1)", MIG_WIRE_BIT, (mig_limits){1, -1, -1});
    expect("varbit(5)", "bit varying(5)", MIG_WIRE_VARBIT, (mig_limits){5, -1, -1});
}

Test(type_names, arrays_travel_as_text)
{
    mig_type_choice choice;

    expect("int[]", "integer[]", MIG_WIRE_LITERAL, none);
    expect("text[][]", "text[]", MIG_WIRE_LITERAL, none);
    expect("integer [3]", "integer[]", MIG_WIRE_LITERAL, none);
    expect("uuid array", "uuid[]", MIG_WIRE_LITERAL, none);
    cr_assert(mig_type_of_name("timestamptz[]", &choice));
    cr_assert_str_eq(choice.base, "pg_catalog.timestamptz[]");
}

Test(type_names, what_is_no_type_of_postgresql_is_refused)
{
    static const char *const texts[] = {
        "",
        "integ",
        "varchar(0)",
        "varchar(1,2)",
        "varchar(x)",
        "integer(4)",
        "numeric(0)",
        "numeric(1001)",
        "timestamp(-1)",
        "float(54)",
        "money[]",
        "oid",
        "regclass",
        "text)",
        "text(",
        "bit(0)",
        "varchar(1)(2)",
        "numeric(1,2,3)",
        "interval year to month",
        "a type name that is a good deal longer than any that a server has had so far",
    };
    mig_type_choice choice;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert_not(mig_type_of_name(texts[i], &choice), "%s", texts[i]);
}
