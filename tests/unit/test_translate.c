/*
 * test_translate.c - expressions of one dialect in the other.
 *
 * Tables: a source, what it is used for, and what must come out, or the reason
 * why nothing does.  That what comes out means the same is for a server to say
 * (tests/db/test_translate_server.c).
 */
#include "mig/translate.h"

#include <criterion/criterion.h>
#include <string.h>
#include <strings.h>

#include "../../src/schema/sql_tree.h"

/* ---- the columns that expressions may name ---------------------------------------------- */

static const mig_translated_column columns[] = {
    {"active", "boolean", MIG_WIRE_BOOL, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0, 0},
    {"word", "boolean", MIG_WIRE_BOOL, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"n", "integer", MIG_WIRE_INT4, MIG_UNIT_NONE, MIG_AFFINITY_INTEGER, NULL, false, 0, 0, 0},
    {"big", "bigint", MIG_WIRE_INT8, MIG_UNIT_NONE, MIG_AFFINITY_INTEGER, NULL, true, 0, 0, 0},
    {"huge", "bigint", MIG_WIRE_INT8, MIG_UNIT_NONE, MIG_AFFINITY_INTEGER, NULL, true, -5,
     INT64_MAX - 1, 0},
    {"mixed", "boolean", MIG_WIRE_BOOL, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 1,
     1U << MIG_VALUE_INTEGER | 1U << MIG_VALUE_TEXT},
    {"bytes", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0,
     1U << MIG_VALUE_BLOB},
    {"whole", "double precision", MIG_WIRE_FLOAT8, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false,
     0, 9, 1U << MIG_VALUE_INTEGER | 1U << MIG_VALUE_REAL},
    {"r", "double precision", MIG_WIRE_FLOAT8, MIG_UNIT_NONE, MIG_AFFINITY_REAL, NULL, false, 0, 0,
     0},
    {"num", "numeric(10,2)", MIG_WIRE_NUMERIC, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0,
     0, 0},
    {"t", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"vc", "character varying(5)", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0,
     0, 0},
    {"nc", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, "NOCASE", false, 0, 0, 0},
    {"loose", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0, 0},
    {"b", "bytea", MIG_WIRE_BYTEA, MIG_UNIT_NONE, MIG_AFFINITY_BLOB, NULL, false, 0, 0, 0},
    {"d", "date", MIG_WIRE_DATE, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"ti", "time without time zone", MIG_WIRE_TIME, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false,
     0, 0, 0},
    {"ts", "timestamp without time zone", MIG_WIRE_TIMESTAMP, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC,
     NULL, false, 0, 0, 0},
    {"tz", "timestamp with time zone", MIG_WIRE_TIMESTAMPTZ, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL,
     false, 0, 0, 0},
    {"ms", "timestamp with time zone", MIG_WIRE_TIMESTAMPTZ, MIG_UNIT_MS, MIG_AFFINITY_INTEGER,
     NULL, false, 0, 0, 0},
    {"j", "json", MIG_WIRE_JSON, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"jb", "jsonb", MIG_WIRE_JSONB, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, true, 0, 0, 0},
    {"u", "uuid", MIG_WIRE_UUID, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"dec", "numeric(10,2)", MIG_WIRE_NUMERIC, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0,
     0},
    {"iv", "interval", MIG_WIRE_INTERVAL, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0,
     0},
    {"tags", "text[]", MIG_WIRE_LITERAL, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
};

static const mig_translated_column *
column_named(const char *name)
{
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (strcasecmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

static bool
column(void *arg, const char *table, const char *name, mig_translated_column *found)
{
    const mig_translated_column *known = column_named(name);

    (void)arg;
    (void)table;
    if (known != NULL)
        *found = *known;
    return known != NULL;
}

/* ---- asking ----------------------------------------------------------------------------- */

typedef struct expected {
    const char *source;
    const char *of;     /* the column that gets the value, or NULL */
    const char *target; /* NULL: refused */
    const char *why;    /* part of the reason, or of the note; NULL: there must be none */
} expected;

/* What came of it: the text, or nothing; and why. */
static void
compare(const expected *want, bool done, mig_buf *out, mig_buf *why)
{
    if (want->target == NULL)
        cr_expect(!done, "%s became %s", want->source, mig_buf_text(out));
    else
        cr_expect(done, "%s: %s", want->source, mig_buf_text(why));
    cr_expect_str_eq(mig_buf_text(out), want->target != NULL ? want->target : "",
                     "%s became %s, for %s", want->source, mig_buf_text(out),
                     want->of != NULL ? want->of : "nothing");
    if (want->why == NULL)
        cr_expect_str_eq(mig_buf_text(why), "", "of %s: %s", want->source, mig_buf_text(why));
    else
        cr_expect_not_null(strstr(mig_buf_text(why), want->why), "of %s: %s", want->source,
                           mig_buf_text(why));
    mig_buf_fini(out);
    mig_buf_fini(why);
}

static void
expect_stored(const mig_translation *translation, mig_translate_use use, const expected *want,
              const mig_translated_column *of)
{
    mig_buf    out = MIG_BUF_INIT, why = MIG_BUF_INIT;
    mig_error  err = MIG_ERROR_INIT;
    bool       done = false;
    mig_status st =
        mig_translate_expression(translation, want->source, use, of, &out, &why, &done, &err);

    cr_assert_eq(st, MIG_OK, "%s: %s", want->source, err.message);
    compare(want, done, &out, &why);
}

static void
expect_query(const mig_translation *translation, const expected *want)
{
    mig_buf    out = MIG_BUF_INIT, why = MIG_BUF_INIT;
    mig_error  err = MIG_ERROR_INIT;
    bool       done = false;
    mig_status st = mig_translate_query(translation, want->source, &out, &why, &done, &err);

    cr_assert_eq(st, MIG_OK, "%s: %s", want->source, err.message);
    compare(want, done, &out, &why);
}

static void
expect_translation(const mig_translation *translation, mig_translate_use use, const expected *want)
{
    expect_stored(translation, use, want, want->of != NULL ? column_named(want->of) : NULL);
}

#define EXPECT(translation, use, table)                                                            \
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)                                    \
    expect_translation(translation, use, &table[i])

static const mig_translation to_postgres = {
    .from = MIG_DIALECT_SQLITE, .to = MIG_DIALECT_POSTGRES, .column = column};

/* ---- SQLite to PostgreSQL --------------------------------------------------------------- */

Test(translate, conditions_of_sqlite)
{
    static const expected table[] = {
        {"active IN (0,1)", NULL, "\"active\" IN (false, true)", NULL},
        {"[Active] = 1 or NOT \"n\"", NULL, "\"active\" = true OR NOT (\"n\" <> 0)", NULL},
        {"active", NULL, "\"active\"", NULL},
        {"n", NULL, "\"n\" <> 0", NULL},
        {"active = 'f'", NULL, "\"active\" = false", "as booleans"},
        {"word", NULL, NULL, "'true'"},
        {"active = 2", NULL, "\"active\"::integer = 2", NULL},
        {"active + active <= 1", NULL, "\"active\"::integer::bigint + \"active\"::integer <= 1",
         NULL},
        {"t IN ('a','b''c')", NULL, "\"t\" IN ('a', 'b''c')", NULL},
        {"t NOT IN ('a', NULL)", NULL, "\"t\" NOT IN ('a', NULL)", NULL},
        {"t IN ()", NULL, "false", NULL},
        {"n IN (1, -2, 0x10)", NULL, "\"n\" IN (1, -2, 16)", NULL},
        {"t = 5", NULL, "\"t\" = '5'", NULL},
        {"n = '5'", NULL, "\"n\" = 5", NULL},
        {"n = 'x'", NULL, NULL, "a number compared with a text"},
        {"t < 'm' COLLATE BINARY", NULL, "\"t\" COLLATE \"C\" < 'm'", NULL},
        {"t BETWEEN 'a' AND 'z'", NULL,
         "(\"t\" COLLATE \"C\" >= 'a' AND \"t\" COLLATE \"C\" <= 'z')", NULL},
        {"n NOT BETWEEN 1 AND 10", NULL, "NOT (\"n\" >= 1 AND \"n\" <= 10)", NULL},
        {"nc = 'Abc'", NULL, "lower(\"nc\" COLLATE \"C\") = 'abc'", NULL},
        {"nc = 'Abc' COLLATE BINARY", NULL, "\"nc\" COLLATE \"C\" = 'Abc'", NULL},
        {"t COLLATE RTRIM = 'a'", NULL, NULL, "RTRIM"},
        {"loose = 'abc'", NULL, "\"loose\" = 'abc'", NULL},
        {"loose > 'abc'", NULL, NULL, "may hold numbers"},
        {"t IS NULL OR t NOT NULL", NULL, "\"t\" IS NULL OR \"t\" IS NOT NULL", NULL},
        {"n IS 1 AND n IS NOT big", NULL,
         "\"n\" IS NOT DISTINCT FROM 1 AND \"n\" IS DISTINCT FROM \"big\"", NULL},
        {"(active) IS TRUE", NULL, "\"active\" IS TRUE", NULL},
        {"n = TRUE", NULL, "\"n\" = 1", NULL},
        {"length(t) > 0 AND length(b) = 16", NULL, "length(\"t\") > 0 AND octet_length(\"b\") = 16",
         NULL},
        {"typeof(n) = 'integer'", NULL, "\"n\" IS NOT NULL", NULL},
        {"typeof(big) = 'integer'", NULL, "true", NULL},
        {"typeof(n) IN ('integer','null')", NULL, "true", NULL},
        {"typeof(n) <> 'text'", NULL, "true", NULL},
        {"typeof(num) = 'real'", NULL, NULL, "storage classes"},
        {"t GLOB '[0-9]*'", NULL, "\"t\" COLLATE \"C\" ~ '^[0-9].*$'", NULL},
        {"t NOT GLOB 'a?c*%'", NULL, "\"t\" COLLATE \"C\" NOT LIKE 'a_c%\\%'", NULL},
        {"t GLOB '[[:alpha:]]'", NULL, NULL, "GLOB"},
        {"t LIKE '%@Example.%'", NULL, "lower(\"t\" COLLATE \"C\") LIKE '%@example.%' ESCAPE ''",
         NULL},
        {"t REGEXP '^a'", NULL, NULL, "REGEXP has no equivalent"},
        {"json_valid(j) AND json_valid(jb)", NULL, "nullif(\"j\" IS NOT NULL, false)",
         "json_valid(NULL)"},
        {"json_valid(jb) OR t = 'x'", NULL, "true", NULL},
        {"json_valid(t)", NULL, NULL, "json_valid()"},
        {"round(r) = 1", NULL, NULL, "SQLite's round() differs"},
        {"r / 2 > 0.5 and n / n = 1", NULL,
         "\"r\" / nullif(2::double precision, 0) > 0.5 AND \"n\"::bigint / nullif(\"n\", 0) = 1",
         NULL},
        {"n % 2 = 0", NULL, "\"n\"::bigint % 2 = 0", NULL},
        {"num > 0", NULL, "\"num\" > 0", NULL},
        {"d >= '2020-01-01'", NULL, "\"d\" >= '2020-01-01'::date", NULL},
        {"tz >= '2020-01-01'", NULL,
         "\"tz\" >= '2020-01-01 00:00:00+00:00'::timestamp with time zone", "as moments"},
        {"tz > '2020-01-01'", NULL, NULL, "with a date alone"},
        {"ms > 0", NULL, "\"ms\" > '1970-01-01 00:00:00+00:00'::timestamp with time zone", NULL},
        {"d = date(d)", NULL, "\"d\" = \"d\"", NULL},
        {"CASE n WHEN 1 THEN t ELSE 'x' END = 'x'", NULL,
         "CASE WHEN \"n\" = 1 THEN \"t\" ELSE 'x' END = 'x'", NULL},
        {"u = '01234567-89ab-cdef-0123-456789abcdef'", NULL,
         "\"u\" = '01234567-89ab-cdef-0123-456789abcdef'::uuid", "as uuids"},
        {"t > date('now')", NULL, NULL, "which changes"},
        {"nowhere = 1", NULL, NULL, "no column nowhere"},
        {"\"nowhere\" = t", NULL, "'nowhere' = \"t\"", NULL},
        {"n > (", NULL, NULL, "ends too early"},
        {"n > 1 garbage", NULL, NULL, "\"garbage\" is not understood"},
        {"soundex(t) = 'x'", NULL, NULL, "soundex() has no certain equivalent"},
        {"coalesce(t, n) = 'x'", NULL, NULL, "a text in the same place as an integer"},
    };

    EXPECT(&to_postgres, MIG_TRANSLATE_CHECK, table);
}

Test(translate, defaults_of_sqlite)
{
    static const expected table[] = {
        {"CURRENT_TIMESTAMP", "tz", "CURRENT_TIMESTAMP", NULL},
        {"CURRENT_TIMESTAMP", "ts", "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')", NULL},
        {"datetime('now')", "t",
         "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')", NULL},
        {"datetime('now','localtime')", "ts", "LOCALTIMESTAMP", "session's time zone"},
        {"CURRENT_TIMESTAMP", "d", NULL, "another form"},
        {"CURRENT_DATE", "d", "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')::date", NULL},
        {"strftime('%Y-%m-%dT%H:%M:%fZ','now')", "t",
         "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
         NULL},
        {"strftime('%s','now')", "big", "floor(extract(epoch FROM CURRENT_TIMESTAMP))::bigint",
         NULL},
        {"unixepoch()", "ms", NULL, "another unit"},
        {"(strftime('%s','now') * 1000)", "ms",
         "to_timestamp((floor(extract(epoch FROM CURRENT_TIMESTAMP))::bigint::bigint * "
         "1000)::double precision / 1000)",
         NULL},
        {"julianday('now')", "r",
         "(extract(epoch FROM CURRENT_TIMESTAMP)::double precision / 86400.0 + 2440587.5)", NULL},
        {"0", "active", "false", NULL},
        {"'t'", "active", "true", NULL},
        {"TRUE", "active", "true", NULL},
        {"2", "active", "true", "other than 0 and 1"},
        {"''", "n", NULL, "as integer"},
        {"'5'", "n", "5", NULL},
        {"1e3", "n", "1000", NULL},
        {"0x10", "n", "16", NULL},
        {"-1", "n", "-1", NULL},
        {"3000000000", "n", NULL, "out of range for integer"},
        {"1", "t", "'1'", NULL},
        {"1.0", "t", "'1.0'", NULL},
        {"'null'", "t", "'null'", NULL},
        {"NULL", "t", "NULL", NULL},
        {"'it''s'", "t", "'it''s'", NULL},
        {"\"two words\"", "t", "'two words'", NULL},
        {"'123456'", "vc", NULL, "longer than"},
        {"x'00ff'", "b", "'\\x00ff'::bytea", NULL},
        {"''", "b", NULL, "as bytea"},
        {"1.25", "num", "1.25", NULL},
        {"1.255", "num", NULL, "does not fit"},
        {"'{}'", "jb", "'{}'::jsonb", NULL},
        {"'P1D'", "iv", "'P1D'", NULL},
        {"'soon'", "iv", NULL, "as interval"},
        {"'{}'", "tags", "'{}'", NULL},
        {"'{1}'", "tags", NULL, "as"},
        {"'{'", "jb", NULL, "no json"},
        {"'2020-01-01 10:00:00'", "tz", "'2020-01-01 10:00:00+00:00'::timestamp with time zone",
         "one of UTC"},
        {"'0000-00-00'", "d", NULL, "as date"},
        {"0", "ms", "'1970-01-01 00:00:00+00:00'::timestamp with time zone", NULL},
        {"(hex(randomblob(16)))", "t", "upper(replace(gen_random_uuid()::text, '-', ''))",
         "version 4"},
        {"lower(hex(randomblob(4)))", "t", "left(replace(gen_random_uuid()::text, '-', ''), 8)",
         NULL},
        {"lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || "
         "substr(hex(randomblob(2)),2) || '-' || substr('89ab',abs(random()) % 4 + 1, 1) || "
         "substr(hex(randomblob(2)),2) || '-' || hex(randomblob(6)))",
         "u", "gen_random_uuid()", NULL},
        {"lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || "
         "substr(lower(hex(randomblob(2))),2) || '-' || substr('89ab',abs(random()) % 4 + 1, 1) || "
         "substr(lower(hex(randomblob(2))),2) || '-' || lower(hex(randomblob(6)))",
         "t", "gen_random_uuid()::text", NULL},
        {"hex(randomblob(2)) || 'x'", "t", NULL, "another shape"},
        {"random()", "big",
         "floor(random() * 4294967296)::bigint << 32 | floor(random() * 4294967296)::bigint", NULL},
    };

    EXPECT(&to_postgres, MIG_TRANSLATE_DEFAULT, table);
}

Test(translate, values_of_sqlite)
{
    static const expected generated[] = {
        {"mixed = 1", "active", NULL, "several storage classes"},
        {"mixed IS NOT NULL", "active", "\"mixed\" IS NOT NULL", NULL},
        {"bytes || 'x'", "t", NULL, "several storage classes"},
        {"typeof(whole)", "t", NULL, "several storage classes"},
        {"whole / 2", "r", NULL, "integers or not"},
        {"whole / 2.0", "r", "\"whole\" / nullif(2.0::double precision, 0)", NULL},
        {"huge + 1", "big", "\"huge\" + 1", NULL},
        {"huge + 2", "big", NULL, "beyond 64 bits"},
        {"(huge - 1) * -2", "big", NULL, "beyond 64 bits"},
        {"5 - huge", "big", "5 - \"huge\"", NULL},
        {"CAST(r AS INTEGER)", "big",
         "CASE WHEN \"r\" >= 9223372036854775807 THEN 9223372036854775807 WHEN \"r\" <= "
         "-9223372036854775808 THEN -9223372036854775808 ELSE trunc(\"r\")::bigint END",
         NULL},
        {"CAST(num AS INTEGER)", "big", "trunc(\"num\")::bigint", NULL},
        {"lower('A\xc3\x84') || upper(nc)", "t", "'a\xc3\x84' || upper(\"nc\" COLLATE \"C\")",
         NULL},
        {"nc = 'X'", "active", "lower(\"nc\" COLLATE \"C\") = 'x'", NULL},
        {"n * 2 + 1", "n", "(\"n\"::bigint * 2) + 1", NULL},
        {"n > 1", "active", "\"n\" > 1", NULL},
        {"n > 1", "n", "(\"n\" > 1)::integer", NULL},
        {"r * 2", "n", NULL, "as integer"},
        {"t || '-' || n", "t", "\"t\" || '-' || \"n\"::text", NULL},
        {"t || r", "t", NULL, "a floating-point number as a text"},
        {"CAST(strftime('%Y', ts) AS INTEGER)", "n", "extract(year FROM \"ts\")::integer", NULL},
        {"date(tz)", "d", "(\"tz\" AT TIME ZONE 'UTC')::date", NULL},
        {"date(ts)", "t",
         "(lpad(extract(year FROM \"ts\"::date)::integer::text, 4, '0') || '-' || "
         "lpad(extract(month FROM \"ts\"::date)::integer::text, 2, '0') || '-' || "
         "lpad(extract(day FROM \"ts\"::date)::integer::text, 2, '0'))",
         NULL},
        {"j ->> '$.a'", "t", NULL, "->> gives values of any type"},
        {"iif(active, 'yes', 'no')", "t", "CASE WHEN \"active\" THEN 'yes' ELSE 'no' END", NULL},
    };
    static const expected index[] = {
        {"lower(t)", NULL, "lower(\"t\" COLLATE \"C\")", NULL},
        {"substr(t, 1, 3)", NULL, "substr(\"t\", 1, 3)", NULL},
        {"substr(t, -3)", NULL, "right(\"t\", 3)", NULL},
        {"substr(t, 0)", NULL, NULL, "substr()"},
        {"instr(nc, 'a')", NULL, "strpos(\"nc\" COLLATE \"C\", 'a')", NULL},
        {"coalesce(active, 0)", NULL, "coalesce(\"active\"::integer, 0)", NULL},
    };

    EXPECT(&to_postgres, MIG_TRANSLATE_GENERATED, generated);
    EXPECT(&to_postgres, MIG_TRANSLATE_INDEX, index);
}

/* ---- PostgreSQL to SQLite --------------------------------------------------------------- */

/* The same columns as SQLite has them then. */
static const mig_translated_column stored[] = {
    {"active", "boolean", MIG_WIRE_BOOL, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0, 0},
    {"word", "text", MIG_WIRE_BOOL, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"n", "integer", MIG_WIRE_INT4, MIG_UNIT_NONE, MIG_AFFINITY_INTEGER, NULL, false, 0, 0, 0},
    {"r", "double precision", MIG_WIRE_FLOAT8, MIG_UNIT_NONE, MIG_AFFINITY_REAL, NULL, false, 0, 0,
     0},
    {"num", "numeric(10,2)", MIG_WIRE_NUMERIC, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0,
     0, 0},
    {"t", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"b", "blob", MIG_WIRE_BYTEA, MIG_UNIT_NONE, MIG_AFFINITY_BLOB, NULL, false, 0, 0, 0},
    {"d", "date", MIG_WIRE_DATE, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0, 0},
    {"ts", "timestamp", MIG_WIRE_TIMESTAMP, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0,
     0},
    {"dt", "datetime", MIG_WIRE_TIMESTAMPTZ, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0,
     0},
    {"tz", "timestamptz_text", MIG_WIRE_TIMESTAMPTZ, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false,
     0, 0, 0},
    {"ms", "integer_ms", MIG_WIRE_TIMESTAMPTZ, MIG_UNIT_MS, MIG_AFFINITY_INTEGER, NULL, false, 0, 0,
     0},
    {"jb", "jsonb_text", MIG_WIRE_JSONB, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"u", "varchar(36)", MIG_WIRE_UUID, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"ub", "uuid_text", MIG_WIRE_UUID, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"uh", "char(32)", MIG_WIRE_UUID, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"tags", "text", MIG_WIRE_LITERAL, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"dec", "decimal_text", MIG_WIRE_NUMERIC, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0,
     0},
    {"price", "numeric_text(10,2)", MIG_WIRE_NUMERIC, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false,
     0, 0, 0},
    {"VALUE", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
};

static bool
stored_column(void *arg, const char *table, const char *name, mig_translated_column *found)
{
    (void)arg;
    (void)table;
    for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++)
        if (strcmp(stored[i].name, name) == 0) {
            *found = stored[i];
            return true;
        }
    return false;
}

static const mig_translation to_sqlite = {
    .from = MIG_DIALECT_POSTGRES, .to = MIG_DIALECT_SQLITE, .column = stored_column};

Test(translate, conditions_of_postgres)
{
    static const expected table[] = {
        {"((t)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
         NULL, "\"t\" IN ('a', 'b')", NULL},
        {"(t <> ALL (ARRAY['a'::text, 'b'::text]))", NULL, "\"t\" NOT IN ('a', 'b')", NULL},
        {"((num)::numeric > (0)::numeric)", NULL, "\"num\" > 0", NULL},
        {"(num >= 0.5)", NULL, "\"num\" >= 0.5", NULL},
        {"(dec >= (0)::numeric)", NULL, "CAST(\"dec\" AS NUMERIC) >= 0", "15 digits"},
        {"(dec = ANY (ARRAY[(1)::numeric, 2.5]))", NULL, "CAST(\"dec\" AS NUMERIC) IN (1, 2.5)",
         "15 digits"},
        {"((n >= 1) AND (n <= '-5'::integer))", NULL, "\"n\" >= 1 AND \"n\" <= -5", NULL},
        {"(active AND (NOT active))", NULL, "\"active\" AND NOT \"active\"", NULL},
        {"(active = true)", NULL, "\"active\" = 1", NULL},
        {"(word AND active)", NULL, "\"word\" = 'true' AND \"active\"", NULL},
        {"(active IS NOT TRUE)", NULL, "\"active\" IS NOT TRUE", NULL},
        {"(char_length(t) > 3)", NULL, "length(\"t\") > 3", NULL},
        {"(octet_length(t) > 3)", NULL, "length(CAST(\"t\" AS BLOB)) > 3", NULL},
        {"(t ~ '^a'::text)", NULL, NULL, "the operator ~"},
        {"(t ~~ 'a_%*'::text)", NULL, "\"t\" GLOB 'a?*[*]'", NULL},
        {"(t ~~ like_escape('a#%b\\c%'::text, '#'::text))", NULL, "\"t\" GLOB 'a%b\\c*'", NULL},
        {"(t ~~ like_escape('a\\%'::text, ''::text))", NULL, "\"t\" GLOB 'a\\*'", NULL},
        {"(t ~~ like_escape(t, '#'::text))", NULL, NULL, "with this ESCAPE"},
        {"(t !~~* 'a%'::text)", NULL, "\"t\" NOT LIKE 'a%' ESCAPE '\\'", "ASCII"},
        {"(t > 'a'::text)", NULL, NULL, "collation"},
        {"((t COLLATE \"C\") > 'a'::text)", NULL, "\"t\" > 'a'", NULL},
        {"(lower(t) = t)", NULL, "lower(\"t\") = \"t\"", "ASCII"},
        {"((VALUE)::text <> ''::text)", NULL, "\"VALUE\" <> ''", NULL},
        {"(COALESCE(t, ''::text) <> ''::text)", NULL, "coalesce(\"t\", '') <> ''", NULL},
        {"(n IS DISTINCT FROM 3)", NULL, "\"n\" IS NOT 3", NULL},
        {"(d >= '2020-01-01'::date)", NULL, "\"d\" >= '2020-01-01'", "four digits"},
        {"(dt > '2020-01-01 00:00:00+00'::timestamp with time zone)", NULL,
         "\"dt\" > '2020-01-01 00:00:00'", "four digits"},
        {"(tz > '2020-01-01 00:00:00+00'::timestamp with time zone)", NULL, NULL, "do not sort"},
        {"(tz = '2020-01-01 00:00:00+00'::timestamp with time zone)", NULL,
         "\"tz\" = '2020-01-01T00:00:00Z'", NULL},
        {"(ms > '1970-01-01 00:00:01+00'::timestamp with time zone)", NULL, "\"ms\" > 1000", NULL},
        {"(u = '01234567-89ab-cdef-0123-456789abcdef'::uuid)", NULL,
         "\"u\" = '01234567-89ab-cdef-0123-456789abcdef'", NULL},
        {"(ub = '01234567-89ab-cdef-0123-456789abcdef'::uuid)", NULL,
         "\"ub\" = x'0123456789abcdef0123456789abcdef'", NULL},
        {"((n + 1) > 2)", NULL, "\"n\" + 1 > 2", NULL},
        {"((num * 2.5) > (1)::numeric)", NULL, NULL, "exactly"},
        {"((r / (2)::double precision) > (1)::double precision)", NULL,
         "\"r\" / CAST(2 AS REAL) > 1", NULL},
        {"(jsonb_typeof(jb) = 'object'::text)", NULL,
         "CASE json_type(\"jb\") WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN "
         "'real' THEN 'number' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' ELSE "
         "json_type(\"jb\") END = 'object'",
         NULL},
        {"(EXTRACT(year FROM d) > (2000)::numeric)", NULL, NULL, "extract()"},
        {"((t)::character varying(3) = 'abc'::text)", NULL, NULL, "cuts or rounds"},
        {"(POSITION(('a'::text) IN (t)) > 0)", NULL, "instr(\"t\", 'a') > 0", NULL},
        {"public.is_ok(t)", NULL, NULL, "a function of users"},
        {"(jb @> '{}'::jsonb)", NULL, NULL, "the operator @>"},
    };

    EXPECT(&to_sqlite, MIG_TRANSLATE_CHECK, table);
}

static const mig_translated_column *
stored_named(const char *name)
{
    for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++)
        if (strcmp(stored[i].name, name) == 0)
            return &stored[i];
    return NULL;
}

Test(translate, defaults_of_postgres)
{
    static const expected table[] = {
        {"now()", "tz", "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", NULL},
        {"CURRENT_TIMESTAMP", "dt", "strftime('%Y-%m-%d %H:%M:%f000', 'now')", NULL},
        {"timezone('utc'::text, now())", "ts", "strftime('%Y-%m-%d %H:%M:%f', 'now')",
         "that of UTC"},
        {"(now() AT TIME ZONE 'utc'::text)", "ts", "strftime('%Y-%m-%d %H:%M:%f', 'now')",
         "that of UTC"},
        {"CURRENT_DATE", "d", "date('now')", "that of UTC"},
        {"now()", "ms", "CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)",
         NULL},
        {"(EXTRACT(epoch FROM now()))::integer", "n", "CAST(strftime('%s', 'now') AS INTEGER)",
         NULL},
        {"gen_random_uuid()", "u",
         "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || "
         "substr(hex(randomblob(2)), 2) || '-' || substr('89ab', (random() & 3) + 1, 1) || "
         "substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
         NULL},
        {"gen_random_uuid()", "ub", "randomblob(16)", "version 4"},
        {"nextval('s'::regclass)", "n", NULL, "nextval() has no equivalent"},
        {"true", "active", "1", NULL},
        {"false", "word", "'false'", NULL},
        {"'-1'::integer", "n", "-1", NULL},
        {"0.00", "num", "0.00", NULL},
        {"'a''b'::text", "t", "'a''b'", NULL},
        {"'open'::mood", "t", "'open'", NULL},
        {"NULL::character varying", "t", "NULL", NULL},
        {"'\\x00ff'::bytea", "b", "x'00ff'", NULL},
        {"'{}'::jsonb", "jb", "'{}'", NULL},
        {"'{}'::text[]", "tags", "'{}'", NULL},
        {"ARRAY[]::text[]", "tags", "'{}'", NULL},
        {"ARRAY['a'::text, 'b\"c\\'::text]", "tags", "'{\"a\",\"b\\\"c\\\\\"}'", NULL},
        {"ARRAY[1, n]", "tags", NULL, "no texts"},
        {"0.50", "dec", "'0.50'", NULL},
        {"0", "price", "'0.00'", NULL},
        {"'-5'::integer", "price", "'-5.00'", NULL},
        {"1.234", "price", NULL, "does not fit"},
        {"'01234567-89ab-cdef-0123-456789abcdef'::uuid", "uh", "'0123456789abcdef0123456789abcdef'",
         NULL},
        {"'2020-01-01 00:00:00'::timestamp without time zone", "ts", "'2020-01-01 00:00:00'", NULL},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        expect_stored(&to_sqlite, MIG_TRANSLATE_DEFAULT, &table[i], stored_named(table[i].of));
}

/* ---- queries ---------------------------------------------------------------------------- */

static const char *
table_named(void *arg, const char *name)
{
    (void)arg;
    if (strcasecmp(name, "items") == 0)
        return "items";
    return strcasecmp(name, "Old") == 0 ? "new" : NULL;
}

/* items has n and t, Old has n, nc and r. */
static bool
table_column(void *arg, const char *table, const char *name, mig_translated_column *found)
{
    bool items = table != NULL && strcasecmp(table, "items") == 0;

    if (table == NULL || strchr(items ? "nt" : "nr", name[0]) == NULL)
        return false;
    return column(arg, table, name, found);
}

static bool
nth_column(void *arg, const char *table, size_t nth, mig_translated_column *found)
{
    static const char *const names[2][3] = {{"n", "t", NULL}, {"n", "nc", "r"}};
    const char              *name = nth < 3 ? names[strcasecmp(table, "items") != 0][nth] : NULL;

    return name != NULL && column(arg, table, name, found);
}

Test(translate, queries_of_sqlite)
{
    static const mig_translation translation = {.from = MIG_DIALECT_SQLITE,
                                                .to = MIG_DIALECT_POSTGRES,
                                                .column = table_column,
                                                .table = table_named,
                                                .nth_column = nth_column,
                                                .target_schema = "public"};
    static const expected        table[] = {
               {"SELECT n, t AS name FROM Items", NULL,
                "SELECT \"items\".\"n\" AS \"n\", \"items\".\"t\" AS \"name\" FROM \"public\".\"items\"",
                NULL},
               {"SELECT * FROM old o, items WHERE o.n = items.n", NULL,
                "SELECT \"o\".\"n\" AS \"n\", \"o\".\"nc\" AS \"nc\", \"o\".\"r\" AS \"r\", "
                       "\"items\".\"n\" AS \"n\", \"items\".\"t\" AS \"t\" FROM \"public\".\"new\" AS \"o\" "
                       "CROSS JOIN \"public\".\"items\" WHERE \"o\".\"n\" = \"items\".\"n\"",
                NULL},
               {"SELECT t, count(*) FROM items GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 3",
                NULL,
                "SELECT \"items\".\"t\" AS \"t\", count(*) AS \"count(*)\" FROM \"public\".\"items\" "
                       "GROUP BY \"items\".\"t\" HAVING count(*) > 1 ORDER BY 2 DESC NULLS LAST LIMIT 3",
                NULL},
               {"SELECT t, n, max(n) FROM items GROUP BY t", NULL, NULL, "neither grouped nor"},
               {"SELECT count(*) AS n FROM items GROUP BY \"no such\"", NULL,
                "SELECT count(*) AS \"n\" FROM \"public\".\"items\" GROUP BY 'no such'::text", NULL},
               {"SELECT count(*) AS n FROM items GROUP BY NULL", NULL, NULL, "GROUP BY a constant"},
               {"SELECT n FROM items UNION SELECT t FROM items", NULL, NULL,
                "UNION of an integer and a text"},
               {"SELECT n FROM nowhere", NULL, NULL, "no table nowhere"},
               {"SELECT n FROM items JOIN old ON 1", NULL, NULL, "more than one table"},
               {"WITH x(a) AS (SELECT n FROM items) SELECT a FROM x WHERE a IN (SELECT n FROM old)", NULL,
                "WITH \"x\" (\"a\") AS (SELECT \"items\".\"n\" AS \"n\" FROM \"public\".\"items\") "
                       "SELECT \"x\".\"a\" AS \"a\" FROM \"x\" WHERE \"x\".\"a\" IN (SELECT \"new\".\"n\" AS "
                       "\"n\" FROM \"public\".\"new\")",
                NULL},
               {"SELECT n FROM (SELECT n + 1 AS n FROM items) WHERE EXISTS (SELECT 1 FROM items i WHERE "
                       "i.n = 1)",
                NULL,
                "SELECT \"query_1\".\"n\" AS \"n\" FROM (SELECT \"items\".\"n\"::bigint + 1 AS \"n\" FROM "
                       "\"public\".\"items\") AS \"query_1\" WHERE EXISTS (SELECT 1 AS \"1\" FROM "
                       "\"public\".\"items\" AS \"i\" WHERE \"i\".\"n\" = 1)",
                NULL},
               {"SELECT t FROM items ORDER BY t", NULL,
                "SELECT \"items\".\"t\" AS \"t\" FROM \"public\".\"items\" ORDER BY \"items\".\"t\" "
                       "COLLATE "
                       "\"C\" NULLS FIRST",
                NULL},
               {"SELECT n FROM items WINDOW w AS ()", NULL, NULL, "\"WINDOW\" is not understood"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        expect_query(&translation, &table[i]);
}

Test(translate, does_not_go_deeper_than_it_may)
{
    mig_buf  deep = MIG_BUF_INIT;
    expected want = {NULL, NULL, NULL, "nested too deep"};

    for (int i = 0; i < 100000; i++)
        mig_buf_puts(&deep, "(");
    want.source = mig_buf_text(&deep);
    expect_translation(&to_postgres, MIG_TRANSLATE_CHECK, &want);
    mig_buf_fini(&deep);
}
