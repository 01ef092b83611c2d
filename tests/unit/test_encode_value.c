/*
 * test_encode_value.c - every storage class into every wire type, with and without rules.
 *
 * What is encoded is compared as the text that the server would print or read.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "mig/convert.h"
#include "mig/copy_text.h"

static mig_json_scratch json = MIG_JSON_SCRATCH_INIT;
static mig_buf          scratch = MIG_BUF_INIT;
static mig_buf          line = MIG_BUF_INIT;
static unsigned char    memory[8192];
static uint32_t         losses[MIG_LOSS_COUNT];

#define NONE MIG_LIMITS_NONE
#define NULLV                                                                                      \
    {                                                                                              \
        .class = MIG_VALUE_NULL                                                                    \
    }
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

static mig_encoder
encoder_of(mig_wire_type wire)
{
    return (mig_encoder){
        .wire = wire, .limits = NONE, .money_digits = 2, .json = &json, .text = &scratch};
}

/* Encodes one value as a row of one field; its text is then in `line`, its losses in `losses`. */
static mig_fault_kind
encode(const mig_encoder *encoder, const mig_value *value, mig_fault *fault)
{
    mig_rows       rows = {.data = memory, .cap = sizeof memory};
    size_t         need = mig_encode_need(encoder, value);
    size_t         spare = need, at = 0;
    mig_fault_kind kind;

    *fault = (mig_fault){0};
    mig_rows_put_int16(&rows, 1);
    kind = mig_encode(encoder, value, &rows, &spare, fault);
    memcpy(losses, rows.n_losses, sizeof losses);
    mig_buf_clear(&line);
    cr_assert_eq(kind, fault->kind);
    if (kind != MIG_FAULT_NONE) {
        cr_assert_eq(rows.len, 2, "a fault leaves bytes");
        return kind;
    }
    cr_assert_leq(spare, need);
    cr_assert(mig_copy_text_row(&encoder->wire, 1, memory, rows.len, &at, &line), "%s: malformed",
              mig_wire_name(encoder->wire));
    cr_assert_eq(at, rows.len);
    line.data[line.len - 1] = '\0'; /* the end of the line */
    return kind;
}

static unsigned
loss_bits(void)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < MIG_LOSS_COUNT; i++)
        bits |= (losses[i] != 0) << i;
    return bits;
}

/* ---- classes ------------------------------------------------------------------------------ */

/*
 * One value of each class that the type takes, if it takes any of that class: an integer, a real
 * number, a text, a blob.  NULL: it takes none.
 */
static const struct {
    mig_wire_type wire;
    const char   *integer, *real, *text, *blob; /* of 1, 1.0, the text below, 16 bytes */
    const char   *sample;
} classes[] = {
    {MIG_WIRE_BOOL, "t", "t", "t", NULL, "true"},
    {MIG_WIRE_INT2, "1", "1", "12", NULL, "12"},
    {MIG_WIRE_INT4, "1", "1", "12", NULL, "12"},
    {MIG_WIRE_INT8, "1", "1", "12", NULL, "12"},
    {MIG_WIRE_FLOAT4, "1", "1", "0.1", NULL, "0.1"},
    {MIG_WIRE_FLOAT8, "1", "1", "0.1", NULL, "0.1"},
    {MIG_WIRE_NUMERIC, "1", "1", "0.10", NULL, "0.10"},
    {MIG_WIRE_MONEY, "1.00", "1.00", "0.10", NULL, "0.1"},
    {MIG_WIRE_TEXT, NULL, NULL, "x", NULL, "x"},
    {MIG_WIRE_BPCHAR, NULL, NULL, "x", NULL, "x"},
    {MIG_WIRE_XML, NULL, NULL, "<a/>", NULL, "<a/>"},
    {MIG_WIRE_BYTEA, NULL, NULL, NULL, "\\\\x30313233343536373839616263646566", "x"},
    {MIG_WIRE_UUID, NULL, NULL, "00112233-4455-6677-8899-aabbccddeeff",
     "30313233-3435-3637-3839-616263646566", "00112233-4455-6677-8899-aabbccddeeff"},
    {MIG_WIRE_DATE, NULL, NULL, "2024-02-29", NULL, "2024-02-29"},
    {MIG_WIRE_TIME, NULL, NULL, "01:02:03.000000", NULL, "01:02:03"},
    {MIG_WIRE_TIMETZ, NULL, NULL, "01:02:03.000000+00:00:00", NULL, "01:02:03Z"},
    {MIG_WIRE_TIMESTAMP, "1970-01-01 00:00:01.000000", NULL, "2024-02-29 01:02:03.000000", NULL,
     "2024-02-29 01:02:03"},
    {MIG_WIRE_TIMESTAMPTZ, "1970-01-01 00:00:01.000000+00", NULL, "2024-02-29 01:02:03.000000+00",
     NULL, "2024-02-29 01:02:03"},
    {MIG_WIRE_INTERVAL, NULL, NULL, "0 mons 1 days 00:00:00.000000", NULL, "1 day"},
    {MIG_WIRE_JSON, "1", "1", "[1, 1]", NULL, "[1, 1]"},
    {MIG_WIRE_JSONB, "1", "1", "[1, 1]", NULL, "[1, 1]"},
    {MIG_WIRE_INET, NULL, NULL, "10.0.0.1/32", NULL, "10.0.0.1"},
    {MIG_WIRE_CIDR, NULL, NULL, "10.0.0.0/8", NULL, "10.0.0.0/8"},
    {MIG_WIRE_MACADDR, NULL, NULL, "08:00:2b:01:02:03", NULL, "08:00:2b:01:02:03"},
    {MIG_WIRE_MACADDR8, NULL, NULL, "08:00:2b:01:02:03:04:05", NULL, "08:00:2b:01:02:03:04:05"},
    {MIG_WIRE_BIT, NULL, NULL, "0101", NULL, "0101"},
    {MIG_WIRE_VARBIT, NULL, NULL, "0101", NULL, "0101"},
    {MIG_WIRE_LITERAL, "1", "1", "(1,2)", NULL, "(1,2)"},
};

static void
expect_class(mig_wire_type wire, const mig_value *value, const char *expected)
{
    const mig_encoder encoder = encoder_of(wire);
    mig_fault         fault;
    mig_fault_kind    kind = encode(&encoder, value, &fault);

    cr_expect_eq(kind == MIG_FAULT_NONE, expected != NULL, "%s, class %d: %s", mig_wire_name(wire),
                 value->class, kind == MIG_FAULT_NONE ? line.data : "refused");
    if (kind == MIG_FAULT_NONE && expected != NULL)
        cr_expect_str_eq(line.data, expected, "%s, class %d: %s", mig_wire_name(wire), value->class,
                         line.data);
}

Test(encode_value, each_type_takes_its_storage_classes)
{
    static const mig_value one = INT(1), one_real = REAL(1.0), blob = BLOB("0123456789abcdef");

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        const mig_value text = {
            .class = MIG_VALUE_TEXT, .data = classes[i].sample, .len = strlen(classes[i].sample)};

        expect_class(classes[i].wire, &one, classes[i].integer);
        expect_class(classes[i].wire, &one_real, classes[i].real);
        expect_class(classes[i].wire, &text, classes[i].text);
        expect_class(classes[i].wire, &blob, classes[i].blob);
        expect_class(classes[i].wire, &(mig_value)NULLV, "\\N");
        cr_expect_eq(loss_bits(), 0);
    }
}

Test(encode_value, takes_no_null_where_the_column_does_not)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        mig_encoder encoder = encoder_of(classes[i].wire);
        mig_fault   fault;

        encoder.not_null = true;
        encoder.rules = MIG_RULE_NULL;
        cr_expect_eq(encode(&encoder, &(mig_value)NULLV, &fault), MIG_FAULT_NOT_NULL);
        cr_expect_eq(loss_bits(), 0);
    }
}

/* ---- rules -------------------------------------------------------------------------------- */

#define L(loss) (1u << MIG_LOSS_##loss)

/* What a value becomes under rules, and what is counted; NULL: it is refused all the same. */
static const struct {
    mig_wire_type wire;
    mig_limits    limits;
    unsigned      rules;
    mig_unit      unit;
    mig_value     value;
    const char   *expected;
    unsigned      losses;
} cases[] = {
    /* numbers */
    {MIG_WIRE_INT4, NONE, MIG_RULE_ROUND, 0, REAL(2.5), "3", L(ROUNDED)},
    {MIG_WIRE_INT4, NONE, MIG_RULE_ROUND, 0, REAL(-2.5), "-3", L(ROUNDED)},
    {MIG_WIRE_INT4, NONE, MIG_RULE_ROUND, 0, REAL(2.0), "2", 0},
    {MIG_WIRE_INT2, NONE, MIG_RULE_ROUND, 0, REAL(32767.5), NULL, 0},
    {MIG_WIRE_INT4, NONE, 0, 0, REAL(-0.0), "0", L(NEGATIVE_ZERO)},
    {MIG_WIRE_BOOL, NONE, 0, 0, REAL(-0.0), "f", L(NEGATIVE_ZERO)},
    {MIG_WIRE_BOOL, NONE, 0, 0, INT(2), "t", L(BOOL_FOLDED)},
    {MIG_WIRE_BOOL, NONE, 0, 0, TEXT("oFF"), "f", L(BOOL_WORD)},
    {MIG_WIRE_FLOAT8, NONE, 0, 0, REAL(-0.0), "-0", 0},
    {MIG_WIRE_FLOAT8, NONE, 0, 0, TEXT("-0.0"), "-0", 0},
    {MIG_WIRE_FLOAT8, NONE, 0, 0, INT(9007199254740993), NULL, 0},
    {MIG_WIRE_FLOAT8, NONE, MIG_RULE_ROUND, 0, INT(9007199254740993), "9.007199254740992e+15",
     L(ROUNDED)},
    {MIG_WIRE_FLOAT8, NONE, MIG_RULE_ROUND, 0, INT(9007199254740992), "9.007199254740992e+15", 0},
    {MIG_WIRE_FLOAT8, NONE, MIG_RULE_ROUND, 0, INT(INT64_MAX), "9.223372036854776e+18", L(ROUNDED)},
    {MIG_WIRE_FLOAT8, NONE, MIG_RULE_ROUND, 0, TEXT("0.1000000000000000000001"), "0.1", L(ROUNDED)},
    {MIG_WIRE_FLOAT8, NONE, MIG_RULE_ROUND, 0, TEXT("0.10"), "0.1", 0},
    {MIG_WIRE_FLOAT4, NONE, MIG_RULE_ROUND, 0, REAL(0.123456789), "0.12345679", L(ROUNDED)},
    {MIG_WIRE_FLOAT4, NONE, 0, 0, REAL(0.1), "0.1", L(FLOAT4_ROUNDED)},
    {MIG_WIRE_NUMERIC, NONE, 0, 0, REAL(-0.0), "0", L(NEGATIVE_ZERO)},
    {MIG_WIRE_NUMERIC, NONE, 0, 0, TEXT("-0.00"), "0.00", L(NEGATIVE_ZERO)},
    {MIG_WIRE_NUMERIC, {-1, 5, 2}, MIG_RULE_ROUND, 0, REAL(1.005), "1.01", L(ROUNDED)},
    {MIG_WIRE_NUMERIC, {-1, 5, 2}, MIG_RULE_ROUND, 0, TEXT("-1.015"), "-1.02", L(ROUNDED)},
    {MIG_WIRE_NUMERIC, {-1, 5, 2}, MIG_RULE_ROUND, 0, TEXT("999.995"), NULL, 0},
    {MIG_WIRE_NUMERIC, {-1, 2, -3}, 0, 0, INT(12000), "12000", 0},
    {MIG_WIRE_NUMERIC, {-1, 2, -3}, 0, 0, INT(12001), NULL, 0},
    {MIG_WIRE_MONEY, NONE, 0, 0, TEXT("0.001"), NULL, 0},
    {MIG_WIRE_MONEY, NONE, MIG_RULE_ROUND, 0, TEXT("0.005"), "0.01", L(ROUNDED)},
    {MIG_WIRE_MONEY, NONE, MIG_RULE_ROUND, 0, REAL(-1.239), "-1.24", L(ROUNDED)},
    {MIG_WIRE_MONEY, NONE, MIG_RULE_ROUND, 0, REAL(HUGE_VAL), NULL, 0},

    /* texts */
    {MIG_WIRE_TEXT,
     {3, -1, -1},
     MIG_RULE_CUT,
     0,
     TEXT("\xc3\xa4\xc3\xb6\xc3\xbcx"),
     "\xc3\xa4\xc3\xb6\xc3\xbc",
     L(TEXT_CUT)},
    {MIG_WIRE_TEXT, {3, -1, -1}, MIG_RULE_TRIM, 0, TEXT("abc  "), "abc", L(BLANKS_TRIMMED)},
    {MIG_WIRE_TEXT, {3, -1, -1}, MIG_RULE_TRIM, 0, TEXT("abcd "), NULL, 0},
    {MIG_WIRE_TEXT, {3, -1, -1}, 0, 0, TEXT("ab "), "ab ", 0},
    {MIG_WIRE_BPCHAR, {3, -1, -1}, MIG_RULE_TRIM, 0, TEXT("ab "), "ab", L(BLANKS_TRIMMED)},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_STRIP_NUL, 0, TEXT("\0a\0b\0"), "ab", L(NUL_STRIPPED)},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_STRIP_NUL, 0, TEXT("\0\xff"), NULL, 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_REPLACE, 0, TEXT("a\xff\xc3"), "a\xef\xbf\xbd\xef\xbf\xbd",
     L(UTF8_REPLACED)},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_REPLACE, 0, TEXT("\xff\0"), NULL, 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_LATIN1, 0, TEXT("\xe4\xc3\xa4"), "\xc3\xa4\xc3\x83\xc2\xa4",
     L(UTF8_REPLACED)},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_LATIN1, 0, TEXT("\xc3\xa4"), "\xc3\xa4", 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_NUMBER, 0, REAL(0.1), "0.1", 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_NUMBER, 0, INT(INT64_MIN), "-9223372036854775808", 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_UTF8, 0, BLOB("\xc3\xa4"), "\xc3\xa4", 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_UTF8, 0, BLOB("\xff"), NULL, 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_HEX, 0, BLOB("\xff\0"), "ff00", 0},
    {MIG_WIRE_TEXT, NONE, MIG_RULE_BASE64, 0, BLOB("\xff"), "/w==", 0},
    {MIG_WIRE_JSONB, NONE, MIG_RULE_UTF8, 0, BLOB("[1]"), "[1]", 0},
    {MIG_WIRE_LITERAL, NONE, MIG_RULE_UTF8, 0, BLOB("(1,2)"), "(1,2)", 0},
    {MIG_WIRE_BYTEA, NONE, MIG_RULE_UTF8, 0, TEXT("a\xff"), "\\\\x61ff", 0},
    {MIG_WIRE_BYTEA, NONE, MIG_RULE_HEX, 0, TEXT("61Ff"), "\\\\x61ff", 0},
    {MIG_WIRE_BYTEA, NONE, MIG_RULE_HEX, 0, TEXT("61f"), NULL, 0},
    {MIG_WIRE_BYTEA, NONE, MIG_RULE_BASE64, 0, TEXT("Yf8="), "\\\\x61ff", 0},
    {MIG_WIRE_BYTEA, NONE, MIG_RULE_BASE64, 0, TEXT("Yf8"), NULL, 0},

    /* The encoding that a document names is not the one it is stored in. */
    {MIG_WIRE_XML, NONE, 0, 0,
     TEXT("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xc3\xa4</a>"),
     "<?xml version=\"1.0\" ?><a>\xc3\xa4</a>", L(XML_DECLARATION)},
    {MIG_WIRE_XML, NONE, 0, 0,
     TEXT("<?xml\tversion='1.0' encoding = 'UTF-16' standalone='yes'?><a/>"),
     "<?xml\\tversion='1.0'  standalone='yes'?><a/>", L(XML_DECLARATION)},
    {MIG_WIRE_XML, NONE, 0, 0, TEXT("<?xml version=\"1.0\"?><a b=\" encoding='x'\"/>"),
     "<?xml version=\"1.0\"?><a b=\" encoding='x'\"/>", L(XML_DECLARATION)},
    {MIG_WIRE_XML, NONE, 0, 0, TEXT("<?xml-stylesheet encoding='x'?><a/>"),
     "<?xml-stylesheet encoding='x'?><a/>", 0},

    /* times */
    {MIG_WIRE_TIMESTAMP,
     {-1, -1, 0},
     MIG_RULE_ROUND,
     0,
     TEXT("2024-02-29 23:59:59.5"),
     "2024-03-01 00:00:00.000000",
     L(ROUNDED)},
    {MIG_WIRE_TIME,
     {-1, -1, 2},
     MIG_RULE_ROUND,
     0,
     TEXT("01:02:03.455"),
     "01:02:03.460000",
     L(ROUNDED)},
    {MIG_WIRE_TIME, NONE, MIG_RULE_DAY, 0, TEXT("2000-01-01 01:02:03.4"), "01:02:03.400000", 0},
    {MIG_WIRE_TIME, NONE, MIG_RULE_DAY, 0, TEXT("2000-01-01T01:02"), "01:02:00.000000", 0},
    {MIG_WIRE_TIME, NONE, MIG_RULE_DAY, 0, TEXT("01:02"), "01:02:00.000000", 0},
    {MIG_WIRE_TIMESTAMPTZ, NONE, 0, 0, TEXT("2024-02-29 01:02:03.1234569Z"),
     "2024-02-29 01:02:03.123456+00", L(TIME_CUT)},
    {MIG_WIRE_TIMESTAMPTZ, NONE, 0, MIG_UNIT_MS, INT(1709168523004),
     "2024-02-29 01:02:03.004000+00", 0},
    {MIG_WIRE_TIMESTAMPTZ, NONE, 0, MIG_UNIT_NS, INT(1709168523000000001),
     "2024-02-29 01:02:03.000000+00", L(TIME_CUT)},
    {MIG_WIRE_TIMESTAMPTZ, NONE, 0, MIG_UNIT_S, REAL(0.5), "1970-01-01 00:00:00.500000+00", 0},
    {MIG_WIRE_TIMESTAMPTZ, NONE, 0, MIG_UNIT_JULIAN, REAL(2460370.0),
     "2024-02-29 12:00:00.000000+00", 0},
    {MIG_WIRE_DATE, NONE, 0, MIG_UNIT_JULIAN, REAL(2460369.5), "2024-02-29", 0},
    {MIG_WIRE_DATE, NONE, 0, 0, INT(86400), "1970-01-02", 0},
    {MIG_WIRE_DATE, NONE, 0, 0, INT(86401), NULL, 0},
    {MIG_WIRE_INTERVAL, NONE, 0, MIG_UNIT_S, INT(90), "0 mons 0 days 00:01:30.000000", 0},
    {MIG_WIRE_INTERVAL, NONE, 0, MIG_UNIT_MS, REAL(0.5), "0 mons 0 days 00:00:00.000500", 0},

    {MIG_WIRE_BIT, {1, -1, -1}, 0, 0, INT(1), "1", 0},
    {MIG_WIRE_BIT, {1, -1, -1}, 0, 0, INT(2), NULL, 0},
    {MIG_WIRE_BIT, {4, -1, -1}, MIG_RULE_CUT, 0, TEXT("01010"), NULL, 0},
    {MIG_WIRE_UUID, NONE, MIG_RULE_NULL, 0, TEXT("x"), "\\N", L(SET_NULL)},
    {MIG_WIRE_INT4, NONE, MIG_RULE_NULL | MIG_RULE_ROUND, 0, REAL(1e10), "\\N", L(SET_NULL)},
};

Test(encode_value, each_rule_allows_what_it_says_and_counts_it)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_encoder    encoder = encoder_of(cases[i].wire);
        mig_fault      fault;
        mig_fault_kind kind;

        encoder.limits = cases[i].limits;
        encoder.rules = cases[i].rules;
        encoder.unit = cases[i].unit;
        kind = encode(&encoder, &cases[i].value, &fault);
        cr_expect_eq(kind == MIG_FAULT_NONE, cases[i].expected != NULL, "case %zu, %s: %s", i,
                     mig_wire_name(cases[i].wire), kind == MIG_FAULT_NONE ? line.data : "refused");
        if (kind == MIG_FAULT_NONE && cases[i].expected != NULL) {
            cr_expect_str_eq(line.data, cases[i].expected, "case %zu, %s: %s", i,
                             mig_wire_name(cases[i].wire), line.data);
            cr_expect_eq(loss_bits(), cases[i].losses, "case %zu: losses %x", i, loss_bits());
        } else {
            cr_expect_eq(loss_bits(), 0, "case %zu", i);
        }
    }
}

/* ---- arrays ------------------------------------------------------------------------------- */

Test(encode_value, arrays_are_taken_in_both_forms)
{
    static const struct {
        mig_value   value;
        const char *expected;
    } arrays[] = {
        {TEXT("{1,NULL}"), "{1,NULL}"},
        {TEXT("[1, null]"), "{1,NULL}"},
        {TEXT(" [1]"), "{1}"},
        {TEXT("[5:6]={1,2}"), "[5:6]={1,2}"},
        {TEXT("[-1:0][1:1]={{1},{2}}"), "[-1:0][1:1]={{1},{2}}"},
        {TEXT("[1"), NULL},
        {TEXT("[]"), "{}"},
        {TEXT(""), NULL},
        {TEXT(" \t"), NULL},
        {TEXT("a,b"), NULL},
        {INT(1), NULL},
        {TEXT(" {}"), " {}"},
    };
    mig_encoder encoder = encoder_of(MIG_WIRE_LITERAL);
    mig_fault   fault;

    encoder.array = true;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        mig_fault_kind kind = encode(&encoder, &arrays[i].value, &fault);

        cr_expect_eq(kind, arrays[i].expected != NULL ? MIG_FAULT_NONE : MIG_FAULT_ARRAY);
        if (kind == MIG_FAULT_NONE && arrays[i].expected != NULL)
            cr_expect_str_eq(line.data, arrays[i].expected);
    }
}

/* ---- the way out that errors tell ---------------------------------------------------------- */

static unsigned
rule_named(const char *word, mig_unit *unitp)
{
    static const struct {
        const char *word;
        unsigned    rule;
    } rules[] = {
#define RULE_WORD(name, word, meaning) {word, MIG_RULE_##name},
        MIG_RULE_MAP(RULE_WORD)
#undef RULE_WORD
    };
    static const struct {
        const char *word;
        mig_unit    unit;
    } units[] = {{"s", MIG_UNIT_S},
                 {"ms", MIG_UNIT_MS},
                 {"us", MIG_UNIT_US},
                 {"ns", MIG_UNIT_NS},
                 {"julian", MIG_UNIT_JULIAN}};

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].word, word) == 0)
            return rules[i].rule;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].word, word) == 0)
            *unitp = units[i].unit;
    return 0;
}

Test(encode_value, a_rule_that_an_error_names_allows_the_value)
{
    static const mig_value values[] = {
        INT(0),
        INT(7),
        INT(INT64_MAX),
        INT(1709168523004),
        INT(9007199254740993),
        REAL(0.1),
        REAL(-1.0e300),
        REAL(2460370.5),
        REAL(16777217.0),
        REAL(HUGE_VAL),
        TEXT("abcdef"),
        TEXT("abc   "),
        TEXT("ab "),
        TEXT("a\0b"),
        TEXT("a\xff"),
        TEXT("1.2345"),
        TEXT("2024-02-29 01:02:03.4567"),
        TEXT("010101"),
        TEXT("{"),
        TEXT("61ff"),
        BLOB("61ff"),
        BLOB("[1]"),
    };
    static const mig_limits limits[] = {NONE, {3, -1, -1}, {-1, 4, 1}, {-1, -1, 2}};
    unsigned                n_told = 0;

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
                mig_encoder encoder = encoder_of(classes[i].wire);
                mig_fault   fault;
                mig_fault   first;
                const char *rule;

                encoder.limits = limits[l];
                if (encode(&encoder, &values[v], &fault) == MIG_FAULT_NONE)
                    continue;
                rule = mig_fault_rule(&fault, &values[v], encoder.wire);
                cr_assert_not_null(rule);
                encoder.rules = rule_named(rule, &encoder.unit);
                first = fault;
                /* It may turn out then that more is wrong, but not this any more. */
                cr_expect(encode(&encoder, &values[v], &fault) != first.kind ||
                              fault.time != first.time,
                          "%s, value %zu, limits %zu: %s does not help: %s",
                          mig_wire_name(encoder.wire), v, l, rule, mig_fault_words(first.kind));
                n_told++;
            }
        }
    }
    cr_assert_gt(n_told, 500);
}
