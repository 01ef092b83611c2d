/*
 * test_type_ladder.c - which step of its ladder a column of values gets.
 *
 * The values are tried with the encoders that the copy itself uses, as the
 * survey does: what people suffered from with other tools.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mig/type_rules.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static mig_json_scratch json = MIG_JSON_SCRATCH_INIT;
static mig_buf          scratch = MIG_BUF_INIT;

#define INT(n)                                                                                     \
    {                                                                                              \
        .class = MIG_VALUE_INTEGER, .integer = (n)                                                 \
    }
#define REAL(x)                                                                                    \
    {                                                                                              \
        .class = MIG_VALUE_REAL, .real = (x)                                                       \
    }
#define TEXT(s)                                                                                    \
    {                                                                                              \
        .class = MIG_VALUE_TEXT, .data = (s), .len = sizeof(s) - 1                                 \
    }
#define BLOB(s)                                                                                    \
    {                                                                                              \
        .class = MIG_VALUE_BLOB, .data = (s), .len = sizeof(s) - 1                                 \
    }

/* Whether the column of the choice takes the value as type_rules.h says of trials. */
static bool
takes(const mig_type_choice *choice, const mig_value *value)
{
    unsigned char     memory[1000];
    mig_rows          rows = {.data = memory, .cap = sizeof memory};
    size_t            spare = 800;
    mig_fault         fault = {0};
    const mig_encoder encoder = {.wire = choice->wire,
                                 .limits = choice->limits,
                                 .array = strstr(choice->base, "[]") != NULL,
                                 .rules = choice->rules,
                                 .unit = choice->unit,
                                 .money_digits = 2,
                                 .json = &json,
                                 .text = &scratch};

    return mig_encode(&encoder, value, &rows, &spare, &fault) == MIG_FAULT_NONE &&
           rows.n_losses[MIG_LOSS_BOOL_FOLDED] == 0 &&
           rows.n_losses[MIG_LOSS_FLOAT4_ROUNDED] == 0 &&
           rows.n_losses[MIG_LOSS_NEGATIVE_ZERO] == 0 &&
           rows.n_losses[MIG_LOSS_XML_DECLARATION] == 0;
}

/* The type of the first step that takes all values, with its rules; "" if none does. */
static const char *
chosen(const mig_frameworks *frameworks, const char *declared, const mig_value *values)
{
    static char       text[120];
    mig_schema_column column = {.name = "c", .type = declared};
    mig_type_choice   choices[MIG_TYPE_LADDER_MAX];
    const size_t      n = mig_type_ladder(frameworks, NULL, &column, choices);

    for (size_t i = 0; i < n; i++) {
        bool all = true;

        for (const mig_value *v = values; v->class != MIG_VALUE_NULL; v++)
            all = all && takes(&choices[i], v);
        if (all) {
            (void)snprintf(text, sizeof text, "%s%s%s", choices[i].type,
                           (choices[i].rules & MIG_RULE_NUMBER) != 0 ? " number" : "",
                           (choices[i].rules & MIG_RULE_UTF8) != 0 ? " utf8" : "");
            return text;
        }
    }
    return "";
}

typedef struct column {
    const char *declared;
    mig_value   values[4]; /* up to a NULL */
    const char *wanted;
} column;

static void
expect(mig_frameworks frameworks, const column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *is = chosen(&frameworks, columns[i].declared, columns[i].values);

        cr_expect_str_eq(is, columns[i].wanted, "case %zu, %s: %s, not %s", i, columns[i].declared,
                         is, columns[i].wanted);
    }
}

Test(type_ladder, numbers_keep_every_digit)
{
    static const column columns[] = {
        {"boolean", {INT(0), INT(1)}, "boolean"},
        {"boolean", {TEXT("t"), TEXT("f")}, "boolean"},
        {"boolean", {INT(0), INT(2)}, "bigint"},
        {"boolean", {INT(0), TEXT("perhaps")}, "text number"},
        {"tinyint(1)", {INT(1), INT(0)}, "boolean"},
        {"tinyint", {INT(127)}, "smallint"},
        {"tinyint", {INT(40000)}, "integer"},
        {"int4", {INT(3000000000)}, "bigint"},
        {"INTEGER", {INT(7)}, "bigint"},
        {"INTEGER", {INT(INT64_MAX), INT(INT64_MIN)}, "bigint"},
        {"INTEGER", {REAL(3.0)}, "bigint"},
        {"INTEGER", {INT(1), REAL(12.5)}, "numeric"},
        {"INTEGER", {REAL(9223372036854775808.0)}, "numeric"},
        {"INTEGER", {INT(1), TEXT("")}, "text number"},
        {"INTEGER", {INT(1), TEXT("lots"), BLOB("bytes")}, "text number utf8"},
        {"INTEGER", {TEXT("lots"), BLOB("\xff\x00")}, "bytea utf8"},
        {"INTEGER", {INT(1), BLOB("\xff\x00")}, ""},
        {"uint64", {TEXT("18446744073709551615")}, "numeric(20,0)"},
        {"REAL", {REAL(0.1), REAL(1e308)}, "double precision"},
        {"REAL", {REAL(INFINITY)}, "double precision"},
        {"REAL", {REAL(1.5), TEXT("n/a")}, "text number"},
        {"float4", {REAL(0.5)}, "real"},
        {"float4", {REAL(0.1)}, "double precision"},
        {"decimal(10,2)", {REAL(1.25)}, "numeric(10,2)"},
        {"decimal(10,2)", {REAL(1.255)}, "numeric"},
        {"decimal(4,2)", {INT(1000)}, "numeric"},
        {"decimal", {TEXT("12345678901234567890.123")}, "numeric"},
        {"money", {REAL(12.5)}, "numeric(19,4)"},
    };

    expect((mig_frameworks){0}, columns, N_OF(columns));
}

Test(type_ladder, texts_and_bytes_are_what_they_were)
{
    static const column columns[] = {
        {"varchar(3)", {TEXT("abc")}, "character varying(3)"},
        {"varchar(3)", {TEXT("\xc3\xa9\xc3\xa9\xc3\xa9")}, "character varying(3)"},
        {"varchar(3)", {TEXT("abcd")}, "text"},
        {"char(3)", {TEXT("a  ")}, "character varying(3)"},
        {"bpchar(3)", {TEXT("a  ")}, "character varying(3)"},
        {"varchar(3)", {TEXT("abc   ")}, "text"},
        {"text", {TEXT("a\0b")}, "bytea utf8"},
        {"text", {TEXT("\xff")}, "bytea utf8"},
        {"text", {TEXT("a"), INT(1)}, "text number"},
        {"longtext", {TEXT("a")}, "text"},
        {"blob", {BLOB("a\\b\r\n\0")}, "bytea"},
        {"blob", {BLOB("a"), TEXT("text in blob")}, "bytea utf8"},
        {"blob", {TEXT("a"), INT(1)}, "text number"},
        {"", {TEXT("42"), TEXT("a")}, "text"},
        {"", {BLOB("a")}, "bytea"},
        {"", {INT(42)}, "bigint"},
        {"", {INT(42), REAL(0.5)}, "double precision"},
        {"", {INT(INT64_MAX), REAL(0.5)}, "numeric"},
        {"ANY", {INT(42), TEXT("a")}, "text number"},
        {"uuid", {BLOB("0123456789abcdef"), TEXT("11111111-1111-1111-1111-111111111111")}, "uuid"},
        {"uuid", {TEXT("none")}, "text"},
        {"uuid", {BLOB("\xff\xff"), TEXT("none")}, "bytea utf8"},
        {"char(32)", {TEXT("d41d8cd98f00b204e9800998ecf8427e")}, "character varying(32)"},
        {"json", {TEXT("{\"a\": 1}"), INT(1)}, "json"},
        {"json", {TEXT("{a: 1}")}, "text"},
        {"jsonb", {TEXT("{\"a\": 1}")}, "jsonb"},
        {"jsonb", {TEXT("{\"a\": 1, \"a\": 2}")}, "json"},
        {"xml_text", {TEXT("<a/>")}, "xml"},
        {"xml_text", {TEXT("<?xml version=\"1.0\"?><a/>")}, "text"},
        {"text[]", {TEXT("[\"a\", null]"), TEXT("{b}")}, "text[]"},
        {"text[]", {TEXT("[\"a\"]"), TEXT("")}, "text"},
        {"inet", {TEXT("10.0.0.1")}, "inet"},
        {"inet", {TEXT("localhost")}, "text"},
        {"cidr", {TEXT("10.0.0.1/8")}, "inet"},
        {"bit(3)", {TEXT("101")}, "bit(3)"},
        {"bit(3)", {INT(5)}, "bigint"},
    };

    expect((mig_frameworks){0}, columns, N_OF(columns));
}

Test(type_ladder, times_are_never_guessed)
{
    static const column columns[] = {
        {"datetime", {TEXT("2024-02-29 10:00:00"), INT(1577934245)}, "timestamp with time zone"},
        {"datetime", {INT(1627303906122)}, "bigint"},
        {"datetime", {REAL(2460369.5)}, "double precision"},
        {"datetime", {TEXT("yesterday")}, "text"},
        {"datetime", {TEXT("")}, "text"},
        {"datetime(3)", {TEXT("2024-02-29 10:00:00.123")}, "timestamp(3) with time zone"},
        {"datetime(3)", {TEXT("2024-02-29 10:00:00.123456")}, "timestamp with time zone"},
        {"timestamp", {TEXT("2024-02-29T10:00:00Z")}, "timestamp without time zone"},
        {"date", {TEXT("1900-01-01")}, "date"},
        {"date", {INT(20240229)}, "bigint"},
        {"date", {TEXT("2024-02-29 10:00:00")}, "timestamp without time zone"},
        {"time", {TEXT("10:00")}, "time without time zone"},
        {"time", {INT(36000)}, "bigint"},
        {"unixepoch_ms", {INT(1627303906122)}, "timestamp with time zone"},
        {"interval", {TEXT("P1D")}, "interval"},
        {"interval", {INT(5)}, "bigint"},
    };
    static const column of_prisma[] = {
        {"DATETIME",
         {INT(1627303906122), TEXT("2024-02-29T10:00:00.123Z")},
         "timestamp(3) without time zone"},
        {"INTEGER", {INT(3000000000)}, "bigint"},
    };
    static const column of_django[] = {
        {"char(32)", {TEXT("d41d8cd98f00b204e9800998ecf8427e")}, "uuid"},
        {"char(32)", {TEXT("something else")}, "character varying(32)"},
        {"datetime", {TEXT("2024-02-29 10:00:00.123456")}, "timestamp with time zone"},
    };

    expect((mig_frameworks){0}, columns, N_OF(columns));
    expect((mig_frameworks){.prisma = true}, of_prisma, N_OF(of_prisma));
    expect((mig_frameworks){.django = true}, of_django, N_OF(of_django));
}
