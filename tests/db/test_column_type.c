/*
 * test_column_type.c - what the catalog makes of types, and that they come and go.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"
#include "testpg_source.h"

TestSuite(column_type, .init = testpg_source_init, .fini = testpg_source_fini, .timeout = 60);

typedef struct wanted {
    const char   *type; /* of the one column */
    mig_wire_type wire;
    const char   *base;
    mig_limits    limits;
    bool          opaque;
} wanted;

#define NO_LIMITS                                                                                  \
    {                                                                                              \
        -1, -1, -1                                                                                 \
    }

/* A column of this type as the target's catalog has it. */
static mig_column *
column_of(const char *type)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_printf(&sql, "DROP TABLE IF EXISTS t; CREATE TABLE t (c %s)", type);
    testpg_run(mig_buf_text(&sql));
    mig_buf_fini(&sql);
    testpg_read_catalog();
    return &testpg_db.catalog->tables[0].columns[0];
}

static void
expect(const wanted *w)
{
    const mig_column *c = column_of(w->type);

    cr_assert_eq(c->wire, w->wire, "%s: %s", w->type, mig_wire_name(c->wire));
    cr_assert_str_eq(c->base, w->base, "%s: %s", w->type, c->base);
    cr_assert_eq(c->limits.length, w->limits.length, "%s: %d", w->type, c->limits.length);
    cr_assert_eq(c->limits.precision, w->limits.precision, "%s: %d", w->type, c->limits.precision);
    cr_assert_eq(c->limits.scale, w->limits.scale, "%s: %d", w->type, c->limits.scale);
    cr_assert_eq(c->opaque, w->opaque, "%s", w->type);
}

Test(column_type, built_in_types_have_their_wire_and_limits)
{
    static const wanted types[] = {
        {"boolean", MIG_WIRE_BOOL, "pg_catalog.bool", NO_LIMITS, true},
        {"smallint", MIG_WIRE_INT2, "pg_catalog.int2", NO_LIMITS, true},
        {"integer", MIG_WIRE_INT4, "pg_catalog.int4", NO_LIMITS, true},
        {"bigint", MIG_WIRE_INT8, "pg_catalog.int8", NO_LIMITS, true},
        {"real", MIG_WIRE_FLOAT4, "pg_catalog.float4", NO_LIMITS, true},
        {"double precision", MIG_WIRE_FLOAT8, "pg_catalog.float8", NO_LIMITS, true},
        {"numeric", MIG_WIRE_NUMERIC, "pg_catalog.numeric", NO_LIMITS, true},
        {"numeric(1000)", MIG_WIRE_NUMERIC, "pg_catalog.numeric", {-1, 1000, 0}, true},
        {"numeric(12,3)", MIG_WIRE_NUMERIC, "pg_catalog.numeric", {-1, 12, 3}, true},
        {"money", MIG_WIRE_MONEY, "pg_catalog.money", {-1, -1, 2}, true},
        {"text", MIG_WIRE_TEXT, "pg_catalog.text", NO_LIMITS, true},
        {"varchar", MIG_WIRE_TEXT, "pg_catalog.varchar", NO_LIMITS, true},
        {"varchar(9)", MIG_WIRE_TEXT, "pg_catalog.varchar", {9, -1, -1}, true},
        {"name", MIG_WIRE_TEXT, "pg_catalog.name", NO_LIMITS, true},
        {"char", MIG_WIRE_BPCHAR, "pg_catalog.bpchar", {1, -1, -1}, true},
        {"char(9)", MIG_WIRE_BPCHAR, "pg_catalog.bpchar", {9, -1, -1}, true},
        {"bpchar", MIG_WIRE_BPCHAR, "pg_catalog.bpchar", NO_LIMITS, true},
        {"\"char\"", MIG_WIRE_LITERAL, "pg_catalog.char", {1, -1, -1}, true},
        {"bytea", MIG_WIRE_BYTEA, "pg_catalog.bytea", NO_LIMITS, true},
        {"uuid", MIG_WIRE_UUID, "pg_catalog.uuid", NO_LIMITS, true},
        {"date", MIG_WIRE_DATE, "pg_catalog.date", NO_LIMITS, true},
        {"time", MIG_WIRE_TIME, "pg_catalog.time", NO_LIMITS, true},
        {"time(0)", MIG_WIRE_TIME, "pg_catalog.time", {-1, -1, 0}, true},
        {"timetz(2)", MIG_WIRE_TIMETZ, "pg_catalog.timetz", {-1, -1, 2}, true},
        {"timestamp(3)", MIG_WIRE_TIMESTAMP, "pg_catalog.timestamp", {-1, -1, 3}, true},
        {"timestamptz", MIG_WIRE_TIMESTAMPTZ, "pg_catalog.timestamptz", NO_LIMITS, true},
        {"timestamptz(6)", MIG_WIRE_TIMESTAMPTZ, "pg_catalog.timestamptz", {-1, -1, 6}, true},
        {"interval", MIG_WIRE_INTERVAL, "pg_catalog.interval", NO_LIMITS, true},
        {"interval(3)", MIG_WIRE_INTERVAL, "pg_catalog.interval", {-1, -1, 3}, true},
        {"interval year to month", MIG_WIRE_NONE, "pg_catalog.interval fields 6", NO_LIMITS, true},
        {"interval second(2)", MIG_WIRE_NONE, "pg_catalog.interval fields 4096", {-1, -1, 2}, true},
        {"json", MIG_WIRE_JSON, "pg_catalog.json", NO_LIMITS, true},
        {"jsonb", MIG_WIRE_JSONB, "pg_catalog.jsonb", NO_LIMITS, true},
        {"inet", MIG_WIRE_INET, "pg_catalog.inet", NO_LIMITS, true},
        {"cidr", MIG_WIRE_CIDR, "pg_catalog.cidr", NO_LIMITS, true},
        {"macaddr", MIG_WIRE_MACADDR, "pg_catalog.macaddr", NO_LIMITS, true},
        {"macaddr8", MIG_WIRE_MACADDR8, "pg_catalog.macaddr8", NO_LIMITS, true},
        {"bit", MIG_WIRE_BIT, "pg_catalog.bit", {1, -1, -1}, true},
        {"bit(11)", MIG_WIRE_BIT, "pg_catalog.bit", {11, -1, -1}, true},
        {"bit varying", MIG_WIRE_VARBIT, "pg_catalog.varbit", NO_LIMITS, true},
        {"bit varying(5)", MIG_WIRE_VARBIT, "pg_catalog.varbit", {5, -1, -1}, true},
        {"xml", MIG_WIRE_XML, "pg_catalog.xml", NO_LIMITS, true},
        {"integer[]", MIG_WIRE_LITERAL, "pg_catalog.int4[]", NO_LIMITS, true},
        {"varchar(5)[]", MIG_WIRE_LITERAL, "pg_catalog.varchar[]", {5, -1, -1}, true},
        {"numeric(5,1)[][]", MIG_WIRE_LITERAL, "pg_catalog.numeric[]", {-1, 5, 1}, true},
        {"money[]", MIG_WIRE_NONE, "pg_catalog.money[]", {-1, -1, 2}, true},
        {"int4range", MIG_WIRE_LITERAL, "pg_catalog.int4range", NO_LIMITS, true},
        {"tstzrange[]", MIG_WIRE_LITERAL, "pg_catalog.tstzrange[]", NO_LIMITS, true},
        {"point", MIG_WIRE_LITERAL, "pg_catalog.point", NO_LIMITS, true},
        {"tsvector", MIG_WIRE_LITERAL, "pg_catalog.tsvector", NO_LIMITS, true},
        {"oid", MIG_WIRE_LITERAL, "pg_catalog.oid", NO_LIMITS, false},
        {"regclass", MIG_WIRE_LITERAL, "pg_catalog.regclass", NO_LIMITS, false},
        {"regtype[]", MIG_WIRE_LITERAL, "pg_catalog.regtype[]", NO_LIMITS, false},
    };

    testpg_open(testpg_db.conninfo);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        expect(&types[i]);
    if (PQserverVersion(testpg_db.conn) >= 150000)
        expect(
            &(wanted){"numeric(3,-5)", MIG_WIRE_NUMERIC, "pg_catalog.numeric", {-1, 3, -5}, true});
    cr_assert(column_of("oid")->object_ids);
    cr_assert(column_of("regtype[]")->object_ids);
    cr_assert_not(column_of("integer[]")->object_ids);
}

/* A type that is called citext, but is not the extension's. */
Test(column_type, other_types_are_told_by_what_they_are)
{
    static const wanted types[] = {
        {"mood", MIG_WIRE_TEXT, "public.mood", NO_LIMITS, false},
        {"mood[]", MIG_WIRE_LITERAL, "public.mood[]", NO_LIMITS, false},
        {"pair", MIG_WIRE_LITERAL, "public.pair of integer,text", NO_LIMITS, false},
        {"floats", MIG_WIRE_LITERAL, "public.floats of double precision", NO_LIMITS, false},
        {"short", MIG_WIRE_TEXT, "pg_catalog.varchar", {5, -1, -1}, true},
        {"shorter", MIG_WIRE_TEXT, "pg_catalog.varchar", {5, -1, -1}, true},
        {"short[]", MIG_WIRE_LITERAL, "public.short[] of character varying(5)", {0, -1, -1}, false},
        {"narrow", MIG_WIRE_LITERAL, "public.narrow of mood,numeric(4,1)", {0, -1, -1}, false},
        {"numbers", MIG_WIRE_LITERAL, "pg_catalog.numeric[]", {-1, 4, 2}, true},
        {"citext", MIG_WIRE_LITERAL, "public.citext of text", NO_LIMITS, false},
        {"like_text", MIG_WIRE_TEXT, "public.like_text", NO_LIMITS, false},
    };

    testpg_run("CREATE TYPE mood AS ENUM ('x'); CREATE TYPE pair AS (a integer, b text);"
               "CREATE TYPE floats AS RANGE (subtype = float8);"
               "CREATE DOMAIN short AS varchar(5); CREATE DOMAIN shorter AS short;"
               "CREATE DOMAIN numbers AS numeric(4,2)[];"
               "CREATE TYPE citext AS (a text); CREATE TYPE narrow AS (a mood, b numeric(4,1));"
               /* What the extension citext does. */
               "CREATE TYPE like_text;"
               "CREATE FUNCTION like_in(cstring) RETURNS like_text AS 'textin' LANGUAGE internal"
               " IMMUTABLE STRICT;"
               "CREATE FUNCTION like_out(like_text) RETURNS cstring AS 'textout' LANGUAGE internal"
               " IMMUTABLE STRICT;"
               "CREATE FUNCTION like_recv(internal) RETURNS like_text AS 'textrecv' LANGUAGE"
               " internal STABLE STRICT;"
               "CREATE FUNCTION like_send(like_text) RETURNS bytea AS 'textsend' LANGUAGE internal"
               " STABLE STRICT;"
               "CREATE TYPE like_text (INPUT = like_in, OUTPUT = like_out, RECEIVE = like_recv,"
               " SEND = like_send, INTERNALLENGTH = VARIABLE, STORAGE = extended)");
    testpg_open(testpg_db.conninfo);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        expect(&types[i]);
}

Test(column_type, a_source_may_have_values_that_a_target_would_cut)
{
    testpg_run("CREATE TABLE t (c interval day to minute)");
    testpg_source_open(testpg_db.conninfo, 1);

    cr_assert_eq(testpg_db.catalog->tables[0].columns[0].wire, MIG_WIRE_INTERVAL);
}

Test(column_type, money_has_the_scale_of_its_database)
{
    char sql[120];

    snprintf(sql, sizeof sql, "ALTER DATABASE %s SET lc_monetary = 'C'", testpg_db.name);
    testpg_run(sql);
    testpg_run("CREATE TABLE t (c money)");
    testpg_open(testpg_db.conninfo);

    cr_assert_eq(testpg_db.catalog->tables[0].columns[0].limits.scale, 2);
}

/* The one field of the one row of t, as it was planned. */
static void
expect_field(const char *sql, mig_wire_type wire, const char *data, int32_t len)
{
    mig_cursor *cursor = NULL;
    mig_rows    rows = testpg_rows(4096);
    uint32_t    told;

    testpg_run("DROP TABLE IF EXISTS t");
    testpg_run(sql);
    testpg_source_open(testpg_db.conninfo, 1);
    testpg_source_plan("t");
    testpg_db.plan.tables[0].columns[0].wire = wire;
    testpg_db.plan.tables[0].columns[0].read = wire;
    testpg_status(testpg_cursor(0, 0, NULL, &cursor), MIG_OK);
    testpg_status(testpg_drain(cursor, &rows, 10), MIG_OK);
    memcpy(&told, rows.data + 2, sizeof told);
    cr_assert_eq((int32_t)be32toh(told), len, "%s: %d bytes", sql, (int32_t)be32toh(told));
    if (len > 0)
        cr_assert_eq(memcmp(rows.data + 6, data, (size_t)len), 0, "%s: %.*s", sql, len,
                     rows.data + 6);
    mig_cursor_close(cursor);
    mig_source_close(testpg_source);
    testpg_source = NULL;
    free(rows.data);
}

Test(column_type, literals_are_what_the_output_function_says)
{
    testpg_run("CREATE TYPE pair AS (a integer, b text); CREATE TYPE mood AS ENUM ('x y');"
               "CREATE FUNCTION lie(pair) RETURNS text LANGUAGE sql AS 'SELECT ''lie''::text';"
               "CREATE CAST (pair AS text) WITH FUNCTION lie(pair) AS ASSIGNMENT");
    expect_field("CREATE TABLE t AS SELECT '{1,NULL,3}'::integer[] AS c", MIG_WIRE_LITERAL,
                 "{1,NULL,3}", 10);
    expect_field("CREATE TABLE t AS SELECT '(1,\"a b\")'::pair AS c", MIG_WIRE_LITERAL,
                 "(1,\"a b\")", 9);
    expect_field("CREATE TABLE t AS SELECT ROW(NULL, NULL)::pair AS c", MIG_WIRE_LITERAL, "(,)", 3);
    expect_field("CREATE TABLE t AS SELECT NULL::pair AS c", MIG_WIRE_LITERAL, "", -1);
    expect_field("CREATE TABLE t AS SELECT ''::text AS c", MIG_WIRE_LITERAL, "", 0);
    expect_field("CREATE TABLE t AS SELECT '10.1.2.3'::inet AS c", MIG_WIRE_LITERAL, "10.1.2.3", 8);
    expect_field("CREATE TABLE t AS SELECT 'x y'::mood AS c", MIG_WIRE_TEXT, "x y", 3);
    expect_field("CREATE TABLE t AS SELECT 'pg_class'::regclass AS c", MIG_WIRE_LITERAL, "pg_class",
                 8);
    expect_field("CREATE TABLE t AS SELECT '[1,5)'::int4range AS c", MIG_WIRE_LITERAL, "[1,5)", 5);
    expect_field("CREATE TABLE t AS SELECT '1 mon 2 days'::interval AS c", MIG_WIRE_LITERAL,
                 "P1M2D", 5);
}

Test(column_type, padding_and_money_come_as_values)
{
    expect_field("CREATE TABLE t AS SELECT 'ab'::char(5) AS c", MIG_WIRE_BPCHAR, "ab", 2);
    expect_field("CREATE TABLE t AS SELECT 'ab '::bpchar AS c", MIG_WIRE_OPAQUE, "ab ", 3);
    expect_field("CREATE TABLE t AS SELECT 'ab'::char(5) AS c", MIG_WIRE_LITERAL, "ab   ", 5);
    expect_field("CREATE TABLE t AS SELECT 12.5::money AS c", MIG_WIRE_LITERAL, "12.50", 5);
    expect_field("CREATE TABLE t AS SELECT 12.5::money AS c", MIG_WIRE_NUMERIC,
                 "\0\2\0\0\0\0\0\2\0\x0c\x13\x88", 12);
    expect_field("CREATE TABLE t AS SELECT 12.5::money AS c", MIG_WIRE_MONEY,
                 "\0\0\0\0\0\0\x04\xe2", 8);
}
