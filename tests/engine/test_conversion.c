/*
 * test_conversion.c - in which types one column's values travel, or why they cannot.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/migrate/conversion.h"

static mig_catalog servers[2] = {{.schema = NULL}, {.schema = NULL}};
static mig_catalog files[2] = {{.dynamic = true}, {.dynamic = true}};
static char        public_schema[] = "public", name[] = "v";
static mig_buf     misfits = MIG_BUF_INIT;

static mig_column
column_of(mig_wire_type wire, const char *type, const char *base)
{
    mig_column column = {.name = name, .wire = wire, .limits = MIG_LIMITS_NONE};

    column.type = (char *)(uintptr_t)type;
    column.base = (char *)(uintptr_t)base;
    return column;
}

/* The plan of one column between the catalogs; false: misfits says why there is none. */
static bool
choose(const mig_catalog *from, const mig_catalog *to, mig_cast *cast, mig_column_plan *column)
{
    const mig__sides     sides = {.source = from, .target = to};
    const mig_plan_rules rules = {.casts = cast, .n_casts = cast != NULL};

    servers[0].schema = servers[1].schema = public_schema;
    mig_buf_clear(&misfits);
    return mig__conversion_choose(&sides, "t", &rules, column, &misfits);
}

/* ---- between servers ---------------------------------------------------------------------- */

Test(conversion, between_servers_each_type_becomes_what_its_values_can_be)
{
    static const struct {
        mig_wire_type from, to;
        bool          possible;
        mig_wire_type read; /* asked of the source */
    } pairs[] = {
        {MIG_WIRE_INT4, MIG_WIRE_INT8, true, MIG_WIRE_INT4},
        {MIG_WIRE_INT4, MIG_WIRE_TEXT, true, MIG_WIRE_LITERAL},
        {MIG_WIRE_MONEY, MIG_WIRE_NUMERIC, true, MIG_WIRE_NUMERIC},
        {MIG_WIRE_FLOAT4, MIG_WIRE_NUMERIC, true, MIG_WIRE_LITERAL},
        {MIG_WIRE_FLOAT4, MIG_WIRE_FLOAT8, true, MIG_WIRE_FLOAT4},
        {MIG_WIRE_TEXT, MIG_WIRE_UUID, true, MIG_WIRE_TEXT},
        {MIG_WIRE_BYTEA, MIG_WIRE_UUID, true, MIG_WIRE_BYTEA},
        {MIG_WIRE_JSON, MIG_WIRE_JSONB, true, MIG_WIRE_JSON},
        {MIG_WIRE_TIMESTAMPTZ, MIG_WIRE_DATE, true, MIG_WIRE_TIMESTAMPTZ},
        {MIG_WIRE_TIMESTAMPTZ, MIG_WIRE_LITERAL, true, MIG_WIRE_LITERAL},
        {MIG_WIRE_INET, MIG_WIRE_CIDR, true, MIG_WIRE_INET},
        {MIG_WIRE_LITERAL, MIG_WIRE_TEXT, true, MIG_WIRE_LITERAL},
        {MIG_WIRE_BYTEA, MIG_WIRE_TEXT, false, 0},
        {MIG_WIRE_UUID, MIG_WIRE_BYTEA, false, 0},
        {MIG_WIRE_DATE, MIG_WIRE_BOOL, false, 0},
        {MIG_WIRE_UUID, MIG_WIRE_INT4, false, 0},
        {MIG_WIRE_NUMERIC, MIG_WIRE_DATE, false, 0},
        {MIG_WIRE_INT8, MIG_WIRE_TIMESTAMPTZ, false, 0},
        {MIG_WIRE_TIMESTAMPTZ, MIG_WIRE_INET, false, 0},
        {MIG_WIRE_NONE, MIG_WIRE_TEXT, false, 0},
        {MIG_WIRE_TEXT, MIG_WIRE_NONE, false, 0},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        mig_column      from = column_of(pairs[i].from, "from", "pg_catalog.from");
        mig_column      to = column_of(pairs[i].to, "to", "pg_catalog.to");
        mig_column_plan column = {.source = &from, .target = &to};

        cr_expect_eq(choose(&servers[0], &servers[1], NULL, &column), pairs[i].possible,
                     "%s to %s: %s", mig_wire_name(pairs[i].from), mig_wire_name(pairs[i].to),
                     mig_buf_text(&misfits));
        if (!pairs[i].possible) {
            cr_expect_neq(strstr(mig_buf_text(&misfits), "t.v: values of type from cannot become "),
                          NULL);
            continue;
        }
        cr_expect_eq(column.wire, pairs[i].to);
        cr_expect_eq(column.read, pairs[i].read, "%s to %s", mig_wire_name(pairs[i].from),
                     mig_wire_name(pairs[i].to));
    }
}

Test(conversion, numbers_become_times_once_their_unit_is_told)
{
    char            type[] = "timestamp with time zone", table[] = "t";
    mig_column      from = column_of(MIG_WIRE_INT8, "bigint", "pg_catalog.int8");
    mig_column      to = column_of(MIG_WIRE_TIMESTAMPTZ, type, "pg_catalog.timestamptz");
    mig_cast        cast = {.table = table, .column = name, .type = type, .unit = MIG_UNIT_MS};
    mig_column_plan column = {.source = &from, .target = &to};

    cr_expect_not(choose(&servers[0], &servers[1], NULL, &column));
    cr_assert(choose(&servers[0], &servers[1], &cast, &column));
    cr_expect_eq(column.unit, MIG_UNIT_MS);
}

/* ---- between the two ---------------------------------------------------------------------- */

Test(conversion, sqlite_has_its_values_encoded_in_the_targets_type)
{
    mig_column      from = column_of(MIG_WIRE_NONE, "BIGINT_MS", NULL);
    mig_column      to = column_of(MIG_WIRE_TIMESTAMP, "timestamp(3)", "pg_catalog.timestamp");
    mig_column_plan column = {.source = &from, .target = &to};

    to.limits.scale = 3;
    cr_assert(choose(&files[0], &servers[1], NULL, &column));
    cr_expect_eq(column.wire, MIG_WIRE_TIMESTAMP);
    cr_expect_eq(column.limits.scale, 3);
    cr_expect_eq(column.unit, MIG_UNIT_MS, "the declared type says it");
    cr_expect_not(column.array);

    to = column_of(MIG_WIRE_LITERAL, "\"char\"", "pg_catalog.char");
    to.limits.length = 1;
    cr_expect_not(choose(&files[0], &servers[1], NULL, &column), "it would be cut silently");
}

Test(conversion, arrays_are_told_by_what_a_domain_is_made_of)
{
    static const struct {
        const char *type, *base;
        bool        array;
    } types[] = {
        {"integer[]", "pg_catalog.int4[]", true},      {"ids", "pg_catalog.int4[]", true},
        {"pair[]", "public.pair[] of int,text", true}, {"int4range", "pg_catalog.int4range", false},
        {"jsonb[]", "pg_catalog.jsonb[]", false},      {"json[]", "pg_catalog.json[]", false},
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        mig_column      from = column_of(MIG_WIRE_NONE, "", NULL);
        mig_column      to = column_of(MIG_WIRE_LITERAL, types[i].type, types[i].base);
        mig_column_plan column = {.source = &from, .target = &to};

        cr_assert(choose(&files[0], &servers[1], NULL, &column));
        cr_expect_eq(column.array, types[i].array, "%s", types[i].type);
    }
}

Test(conversion, sqlite_gets_values_in_the_sources_type)
{
    char            any[] = "any", text[] = "text", numeric[] = "numeric", table[] = "t";
    mig_column      from = column_of(MIG_WIRE_MONEY, "money", "pg_catalog.money");
    mig_column      to = column_of(MIG_WIRE_NONE, "DECIMAL", NULL);
    mig_cast        cast = {.table = table, .column = name, .type = text};
    mig_column_plan column = {.source = &from, .target = &to};

    cr_assert(choose(&servers[0], &files[1], NULL, &column));
    cr_expect_eq(column.wire, MIG_WIRE_NUMERIC, "what money is worth");
    cr_expect_eq(column.store, MIG_STORE_USUAL);

    cr_assert(choose(&servers[0], &files[1], &cast, &column));
    cr_expect_eq(column.store, MIG_STORE_TEXT);
    cast.type = any;
    cr_assert(choose(&servers[0], &files[1], &cast, &column));
    cr_expect_eq(column.store, MIG_STORE_USUAL);
    cast.type = numeric;
    cr_expect_not(choose(&servers[0], &files[1], &cast, &column), "no storage class");
}

Test(conversion, between_files_values_keep_their_own_type)
{
    mig_column      from = column_of(MIG_WIRE_NONE, "INTEGER", NULL);
    mig_column      to = column_of(MIG_WIRE_NONE, "TEXT", NULL);
    mig_column_plan column = {.source = &from, .target = &to};

    cr_assert(choose(&files[0], &files[1], NULL, &column));
    cr_expect_eq(column.wire, MIG_WIRE_DYNAMIC);
    cr_expect_eq(column.read, MIG_WIRE_DYNAMIC);
}
