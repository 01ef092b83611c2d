/*
 * test_image_server.c - a value has the same image before it went into a server and after it came
 * out again, and values that the server takes for different have different images.
 *
 * Needs PostgreSQL: its conninfo in MIG_TEST_PG.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"
#include "../support/json_cases.h"
#include "../support/server_ask.h"
#include "mig/convert.h"
#include "mig/digest.h"

#define ROWS_CAP 65536

static mig_json_scratch json = MIG_JSON_SCRATCH_INIT;
static mig_buf          text = MIG_BUF_INIT, one = MIG_BUF_INIT, other = MIG_BUF_INIT;
static mig_rows         rows;

static void
init(void)
{
    server_ask_open();
    rows = (mig_rows){.data = malloc(ROWS_CAP), .cap = ROWS_CAP};
}

static void
fini(void)
{
    server_ask_close();
    mig_json_scratch_fini(&json);
    mig_buf_fini(&text);
    mig_buf_fini(&one);
    mig_buf_fini(&other);
    free(rows.data);
}

TestSuite(image_server, .init = init, .fini = fini, .timeout = 120);

static void
image(mig_wire_type wire, const void *data, size_t len, mig_buf *out)
{
    mig_buf_clear(out);
    cr_assert(mig_field_image(wire, data, (int32_t)len, out), "%s", mig_wire_name(wire));
    cr_assert(!out->failed);
}

static bool
are_same(void)
{
    return one.len == other.len && memcmp(mig_buf_text(&one), mig_buf_text(&other), one.len) == 0;
}

/* The image of what the server said last. */
static void
image_of_answer(mig_wire_type wire, mig_buf *out)
{
    image(wire, server_said.bytes, server_said.len, out);
}

/* ---- through the encoders ----------------------------------------------------------------- */

static mig_value
text_value(const char *data)
{
    return (mig_value){.class = MIG_VALUE_TEXT, .data = data, .len = strlen(data)};
}

/* The field's bytes are then in rows, behind its length. */
static void
encode(mig_wire_type wire, mig_value value)
{
    mig_encoder encoder = {.wire = wire, .limits = MIG_LIMITS_NONE, .json = &json, .text = &text};
    size_t      spare = ROWS_CAP - 64;
    mig_fault   fault;

    rows.len = 0;
    cr_assert_eq(mig_encode(&encoder, &value, &rows, &spare, &fault), MIG_FAULT_NONE,
                 "%s: fault %d", mig_wire_name(wire), fault.kind);
}

/* What was encoded has the image of what comes back from `SELECT` of the expression over $1. */
static void
expect_same_behind(mig_wire_type wire, const char *expression)
{
    char         sql[256];
    server_value value = {rows.data + 4, rows.len - 4, SERVER_BINARY};

    snprintf(sql, sizeof sql, "SELECT %s", expression);
    cr_assert(server_ask(sql, value, SERVER_BINARY), "%s", sql);
    image(wire, value.data, value.len, &one);
    image_of_answer(wire, &other);
    cr_assert(are_same(), "%s %.*s", sql, (int)value.len, (const char *)value.data);
}

Test(image_server, keeps_the_image_of_what_the_encoders_made)
{
    static const struct {
        mig_wire_type wire;
        const char   *text;
        const char   *expression;
    } cases[] = {
        {MIG_WIRE_NUMERIC, "1.50", "$1::numeric"},
        {MIG_WIRE_NUMERIC, "1.5", "$1::numeric::numeric(12,4)"},
        {MIG_WIRE_NUMERIC, "100", "$1::numeric::numeric(12,4)"},
        {MIG_WIRE_NUMERIC, "0", "$1::numeric::numeric(12,4)"},
        {MIG_WIRE_NUMERIC, "1.2300", "$1::numeric::numeric(12,2)"},
        {MIG_WIRE_NUMERIC, "-12000", "$1::numeric::numeric(12,-3)"},
        {MIG_WIRE_NUMERIC, "NaN", "$1::numeric::numeric(12,4)"},
        {MIG_WIRE_NUMERIC, "Infinity", "$1::numeric"},
        {MIG_WIRE_NUMERIC, "-Infinity", "$1::numeric"},
        {MIG_WIRE_TEXT, "text ", "$1::text"},
        {MIG_WIRE_TEXT, "text ", "$1::varchar(10)"},
        {MIG_WIRE_BPCHAR, "abc", "$1::bpchar"},
        {MIG_WIRE_BPCHAR, "abc", "$1::bpchar::char(8)"},
        {MIG_WIRE_BPCHAR, "", "$1::bpchar::char(8)"},
        {MIG_WIRE_BPCHAR, "a\t", "$1::bpchar::char(8)"},
        {MIG_WIRE_BPCHAR, "abc", "$1::bpchar::char(8)::text"},
        {MIG_WIRE_XML, "<a>b</a>", "$1::xml"},
        {MIG_WIRE_XML, "<?xml version='1.0' encoding='ISO-8859-1'?>\n<a>\xc3\xa9</a>", "$1::xml"},
        {MIG_WIRE_UUID, "123E4567-e89b-12d3-a456-426614174000", "$1::uuid"},
        {MIG_WIRE_DATE, "2024-02-29", "$1::date"},
        {MIG_WIRE_DATE, "infinity", "$1::date"},
        {MIG_WIRE_TIME, "24:00:00", "$1::time"},
        {MIG_WIRE_TIMETZ, "12:34:56.789+05:30", "$1::timetz"},
        {MIG_WIRE_TIMESTAMP, "2024-02-29 12:34:56.123456", "$1::timestamp"},
        {MIG_WIRE_TIMESTAMPTZ, "1969-12-31 23:59:59.5+02", "$1::timestamptz"},
        {MIG_WIRE_INTERVAL, "1 mon", "$1::interval"},
        {MIG_WIRE_INTERVAL, "P1Y2M3DT4H5M6.789S", "$1::interval"},
        {MIG_WIRE_JSON, " {\"b\" : 1.0, \"b\":2}", "$1::json"},
        {MIG_WIRE_JSONB, " {\"bb\" : 1.0, \"a\": [1e2, \"\\u0041\\/\"], \"c\":{}}", "$1::jsonb"},
        {MIG_WIRE_INET, "10.0.0.1/8", "$1::inet"},
        {MIG_WIRE_CIDR, "2001:db8::/32", "$1::cidr"},
        {MIG_WIRE_MACADDR, "08002b010203", "$1::macaddr"},
        {MIG_WIRE_BIT, "10101", "$1::bit(5)"},
        {MIG_WIRE_VARBIT, "1", "$1::varbit"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        encode(cases[i].wire, text_value(cases[i].text));
        expect_same_behind(cases[i].wire, cases[i].expression);
    }
}

Test(image_server, keeps_the_image_of_numbers)
{
    static const double reals[] = {0.0, -0.0, 0.1, 1e300, -5e-324, 3.25};

    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        mig_value value = {.class = MIG_VALUE_REAL, .real = reals[i]};

        encode(MIG_WIRE_FLOAT8, value);
        expect_same_behind(MIG_WIRE_FLOAT8, "$1::float8");
        if (reals[i] != -5e-324)
            expect_same_behind(MIG_WIRE_FLOAT8, "($1::float8 || '')::float8");
    }
    for (int64_t i = -3; i < 4; i++) {
        mig_value value = {.class = MIG_VALUE_INTEGER, .integer = i * 1000};

        encode(MIG_WIRE_NUMERIC, value);
        expect_same_behind(MIG_WIRE_NUMERIC, "$1::numeric::numeric(9,3)");
        encode(MIG_WIRE_INT4, value);
        expect_same_behind(MIG_WIRE_INT4, "$1::int4");
    }
}

Test(image_server, keeps_the_image_of_generated_documents)
{
    case_random random = {41};
    char       *document = malloc(8192);
    unsigned    n_sent = 0;

    for (int i = 0; i < 1500; i++) {
        bool   repeated = false;
        size_t len = i % 2 == 0 ? json_generate(&random, document, 8192)
                                : json_generate_repeating(&random, document, 8192, &repeated);

        /* Not by the encoder, which refuses keys that stand twice. */
        rows.len = 0;
        mig_rows_put_int32(&rows, (int32_t)len + 1);
        mig_rows_put_bytes(&rows, "\1", 1);
        mig_rows_put_bytes(&rows, document, len);
        expect_same_behind(MIG_WIRE_JSONB, "$1::jsonb");
        n_sent += repeated;
    }
    cr_assert_gt(n_sent, 100);
    free(document);
}

/* ---- equal for the server, equal here ----------------------------------------------------- */

/* The binary form of the value that is written like this. */
static void
image_of_text(mig_wire_type wire, const char *type, const char *written, mig_buf *out)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT $1::%s", type);
    cr_assert(server_ask_text(sql, written, SERVER_BINARY), "%s %s", type, written);
    image_of_answer(wire, out);
}

/* Whether `=` holds between two values, given in one array. */
static bool
server_says_same(const char *type, const char *a, const char *b)
{
    char array[512], sql[128];

    snprintf(array, sizeof array, "{\"%s\",\"%s\"}", a, b);
    snprintf(sql, sizeof sql, "SELECT ($1::text[])[1]::%s = ($1::text[])[2]::%s", type, type);
    cr_assert(server_ask_text(sql, array, SERVER_TEXT), "%s %s", sql, array);
    return server_said.bytes[0] == 't';
}

static void
expect_as_the_server(mig_wire_type wire, const char *type, const char *const *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) {
            bool same;

            image_of_text(wire, type, values[i], &one);
            image_of_text(wire, type, values[j], &other);
            same = are_same();
            cr_assert_eq(same, server_says_same(type, values[i], values[j]), "%s %s and %s: we %d",
                         type, values[i], values[j], same);
        }
}

Test(image_server, takes_the_same_numbers_for_equal)
{
    static const char *const values[] = {
        "0",    "0.00",     "-0",        "1",           "1.0",
        "1.00", "10",       "1e1",       "-1",          "0.1",
        "0.10", "1e20",     "10000",     "1e4",         "1e5",
        "9999", "Infinity", "-Infinity", "NaN",         "nan",
        "1e-5", "0.00001",  "0.000010",  "123456789.5", "123456789.50000"};

    expect_as_the_server(MIG_WIRE_NUMERIC, "numeric", values, sizeof values / sizeof values[0]);
}

Test(image_server, takes_the_same_texts_of_char_for_equal)
{
    static const char *const values[] = {"", " ", "a", "a ", " a", "a  b", "a b ", "a\t", "A"};

    expect_as_the_server(MIG_WIRE_BPCHAR, "bpchar", values, sizeof values / sizeof values[0]);
}

/* Quotes would have to be escaped in the array: documents without them. */
Test(image_server, takes_the_same_documents_for_equal)
{
    static const char *const values[] = {
        "1",  "1.0",  "1e0", "[1]",  "[1.00]", "100",   "1e2",    "null",    "[null]",  "true",
        "[]", "[[]]", "{}",  "[{}]", "-0",     "0.000", "[1, 1]", "[[1],1]", "[1,[1]]", "false"};

    expect_as_the_server(MIG_WIRE_JSONB, "jsonb", values, sizeof values / sizeof values[0]);
}

/* Pairs of documents with few keys and values, so that some are equal. */
Test(image_server, takes_generated_documents_for_equal_as_the_server_does)
{
    static const char *const numbers[] = {"1", "1.0", "2", "1e0"};
    static const char *const keys[] = {"a", "b", "\\u0061", "aa"};
    case_random              random = {77};
    unsigned                 n_same = 0;

    for (int i = 0; i < 3000; i++) {
        char   pair[512] = "[";
        size_t len = 1;
        bool   same;
        char   half[2][200];

        for (int side = 0; side < 2; side++) {
            const char *a = keys[case_random_below(&random, 4)];
            const char *b = keys[case_random_below(&random, 4)];
            const char *x = numbers[case_random_below(&random, 4)];
            const char *y = numbers[case_random_below(&random, 4)];

            snprintf(half[side], sizeof half[side], "{\"%s\": %s, \"%s\": {\"k\": [%s]}}", a, x, b,
                     y);
            len += (size_t)snprintf(pair + len, sizeof pair - len, "%s%s", half[side],
                                    side == 0 ? "," : "]");
        }
        for (int side = 0; side < 2; side++) {
            char wire[512];

            snprintf(wire, sizeof wire, "\1%s", half[side]);
            image(MIG_WIRE_JSONB, wire, strlen(wire), side == 0 ? &one : &other);
        }
        same = are_same();
        cr_assert(server_ask_text("SELECT $1::jsonb -> 0 = $1::jsonb -> 1", pair, SERVER_TEXT));
        cr_assert_eq(same, server_said.bytes[0] == 't', "%s: we %d", pair, same);
        n_same += same;
    }
    cr_assert(n_same > 50 && n_same < 2950, "%u", n_same);
}

/* ---- what the server takes for equal, and is not ------------------------------------------ */

static void
expect_different(mig_wire_type wire, const char *type, const char *a, const char *b)
{
    cr_assert(server_says_same(type, a, b), "%s and %s", a, b);
    image_of_text(wire, type, a, &one);
    image_of_text(wire, type, b, &other);
    cr_assert_not(are_same(), "%s and %s", a, b);
}

Test(image_server, tells_values_apart_that_look_different)
{
    expect_different(MIG_WIRE_FLOAT8, "float8", "0", "-0");
    expect_different(MIG_WIRE_FLOAT4, "float4", "0", "-0");
    expect_different(MIG_WIRE_INTERVAL, "interval", "1 mon", "30 days");
    expect_different(MIG_WIRE_INTERVAL, "interval", "1 day", "24:00:00");
}

Test(image_server, knows_every_nan_of_the_server)
{
    image_of_text(MIG_WIRE_FLOAT8, "float8", "NaN", &one);
    cr_assert(server_ask_text("SELECT 'inf'::float8 - $1::float8", "inf", SERVER_BINARY));
    image_of_answer(MIG_WIRE_FLOAT8, &other);
    cr_assert(are_same());
    image_of_text(MIG_WIRE_FLOAT4, "float4", "NaN", &one);
    cr_assert(server_ask_text("SELECT 'inf'::float4 - $1::float4", "inf", SERVER_BINARY));
    image_of_answer(MIG_WIRE_FLOAT4, &other);
    cr_assert(are_same());
}

/* ---- xml ---------------------------------------------------------------------------------- */

Test(image_server, has_of_xml_what_the_server_gives_back)
{
    static const char *const documents[] = {
        "<a/>",
        "<?xml version=\"1.0\"?><a/>",
        "<?xml version='1.0' encoding='UTF-8'?><a/>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<a/>",
        "<?xml version=\"1.0\"?>\n\n<a/>",
        "<?xml version=\"1.0\"?> \n<a/>",
        "<?xml version=\"1.0\"?>\r\n<a/>",
        "<?xml version=\"1.0\" standalone='yes'?>\n<a/>",
        "<?xml\tversion = '1.0'\nstandalone = \"no\"?><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.1' standalone='yes'?>\n\n<a/>",
        "<?xml-stylesheet href='a'?><a/>",
        "<a>\n<b x='1'/>&lt;</a>\n",
    };

    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        size_t len = strlen(documents[i]);

        cr_assert(server_ask("SELECT $1::xml", (server_value){documents[i], len, SERVER_BINARY},
                             SERVER_BINARY),
                  "%s", documents[i]);
        image(MIG_WIRE_XML, documents[i], len, &one);
        image_of_answer(MIG_WIRE_XML, &other);
        cr_assert(are_same(), "%s: %s, and the server %s", documents[i], mig_buf_text(&one),
                  mig_buf_text(&other));
        cr_assert_str_eq(mig_buf_text(&one), (char *)server_said.bytes);
    }
}

/* ---- bytes without codec ------------------------------------------------------------------ */

/* What the expression gives is sent back, as the bytes it came as, into `type`. */
static void
expect_same_again(const char *expression, const char *type, bool bytes_differ)
{
    static unsigned char sent[65536];
    size_t               len;
    char                 sql[256];

    snprintf(sql, sizeof sql, "SELECT %s FROM (SELECT $1::text) v(t)", expression);
    cr_assert(server_ask_text(sql, "", SERVER_BINARY), "%s", sql);
    len = server_said.len;
    cr_assert_lt(len, sizeof sent);
    memcpy(sent, server_said.bytes, len);
    image(MIG_WIRE_OPAQUE, sent, len, &one);
    snprintf(sql, sizeof sql, "SELECT $1::%s", type);
    cr_assert(server_ask(sql, (server_value){sent, len, SERVER_BINARY}, SERVER_BINARY), "%s", sql);
    cr_assert_eq(len != server_said.len || memcmp(sent, server_said.bytes, len) != 0, bytes_differ,
                 "%s %s", expression, type);
    image_of_answer(MIG_WIRE_OPAQUE, &other);
    cr_assert(are_same(), "%s %s", expression, type);
}

Test(image_server, keeps_the_image_of_arrays_and_ranges)
{
    expect_same_again("ARRAY[1,2]", "int4[]", false);
    expect_same_again("ARRAY[1,NULL]", "int4[]", false);
    expect_same_again("'{}'::int4[]", "int4[]", false);
    expect_same_again("'{}'::numeric[]", "numeric[]", false);
    expect_same_again("'[5:6]={1,2}'::int4[]", "int4[]", false);
    expect_same_again("ARRAY[[1,2],[3,4]]", "int4[]", false);
    expect_same_again("ARRAY['a ', NULL, '']", "text[]", false);
    expect_same_again("ARRAY[1.5, 1.50, 'NaN', 0, NULL]", "numeric[]", false);
    expect_same_again("ARRAY['1 mon'::interval]", "interval[]", false);
    expect_same_again("'[1.0,2.00)'::numrange", "numrange", false);
    expect_same_again("'{[1.0,2.00),[5,6]}'::nummultirange", "nummultirange", false);
    expect_same_again("'a b'::tsvector", "tsvector", false);
    expect_same_again("'a & b'::tsquery", "tsquery", false);
    expect_same_again("'(1,2)'::point", "point", false);
    expect_same_again("'((0,0),(1,1))'::polygon", "polygon", false);
    expect_same_again("'1 2 3'::int2vector", "int2vector", false);
    expect_same_again("'$.a'::jsonpath", "jsonpath", false);
}

Test(image_server, keeps_the_image_of_arrays_that_the_server_writes_otherwise)
{
    expect_same_again("(ARRAY[NULL,1])[2:2]", "int4[]", true);
    expect_same_again("(ARRAY[NULL,'a'])[2:2]", "text[]", true);
    expect_same_again("(ARRAY[NULL,1.50])[2:2]", "numeric[]", true);
    expect_same_again("ARRAY[1.5,100,0,NULL]", "numeric[]::numeric(9,4)[]", true);
    expect_same_again("ARRAY[[1.5],[1.50]]", "numeric[]::numeric(9,4)[]", true);
    expect_same_again("ARRAY['a'::char(3),NULL]", "bpchar[]::char(8)[]", true);
    expect_same_again("'{1.5,3}'::numeric(9,2)[]", "numeric[]::numeric(12,6)[]", true);
}

Test(image_server, takes_the_same_arrays_for_equal)
{
    static const char *const numbers[] = {
        "{}",     "{1}",      "{1.0}",    "{1,1.00}",   "{1.0,1}",   "{{1},{1}}", "{{1,1}}",
        "{NULL}", "{NULL,1}", "{1,NULL}", "{1.0,NULL}", "[0:0]={1}", "{NaN}",     "{2}"};
    static const char *const documents[] = {"{}", "{1}", "{1.0}", "{[1]}", "{[1.00]}"};

    expect_as_the_server(MIG_WIRE_OPAQUE, "numeric[]", numbers, sizeof numbers / sizeof numbers[0]);
    expect_as_the_server(MIG_WIRE_OPAQUE, "jsonb[]", documents,
                         sizeof documents / sizeof documents[0]);
}
