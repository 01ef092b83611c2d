/*
 * test_decode_field.c - fields as values of SQLite, by what their column does to values.
 *
 * Fields are made by mig_encode() from what stands in the case.  Values are compared as the
 * letter of their storage class and what they hold: i42, r0.5, tabc, bff00, null.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mig/convert.h"

static mig_json_scratch json = MIG_JSON_SCRATCH_INIT;
static mig_buf          scratch = MIG_BUF_INIT, made = MIG_BUF_INIT, shown = MIG_BUF_INIT;
static unsigned char    memory[8192];
static uint32_t         losses[MIG_LOSS_COUNT];

#define MAXINT "9223372036854775807"
#define UUID   "00112233-4455-6677-8899-aabbccddeeff"

enum { BLOB = MIG_AFFINITY_BLOB, TEXT = MIG_AFFINITY_TEXT, NUM = MIG_AFFINITY_NUMERIC };
enum { INTG = MIG_AFFINITY_INTEGER, REAL = MIG_AFFINITY_REAL };

/* The field of a text as the wire type; its bytes in memory behind field count and length. */
static int32_t
field_of(mig_wire_type wire, const char *text)
{
    mig_encoder encoder = {
        .wire = wire, .limits = MIG_LIMITS_NONE, .money_digits = 2, .json = &json, .text = &made};
    mig_value value = {.class = MIG_VALUE_TEXT, .data = text, .len = strlen(text)};
    mig_rows  rows = {.data = memory, .cap = sizeof memory};
    mig_fault fault = {0};
    size_t    spare = sizeof memory - 64;

    encoder.rules = MIG_RULE_HEX;
    cr_assert_eq(mig_encode(&encoder, &value, &rows, &spare, &fault), MIG_FAULT_NONE, "%s: %s",
                 text, mig_fault_words(fault.kind));
    return (int32_t)rows.len - 4;
}

static void
show(const mig_value *value)
{
    mig_buf_clear(&shown);
    switch (value->class) {
    case MIG_VALUE_NULL:
        mig_buf_puts(&shown, "null");
        break;
    case MIG_VALUE_INTEGER:
        mig_buf_printf(&shown, "i%lld", (long long)value->integer);
        break;
    case MIG_VALUE_REAL:
        mig_buf_printf(&shown, "r%.17g", value->real);
        break;
    case MIG_VALUE_TEXT:
        mig_buf_puts(&shown, "t");
        mig_buf_add(&shown, value->data, value->len);
        break;
    case MIG_VALUE_BLOB:
        mig_buf_puts(&shown, "b");
        for (size_t i = 0; i < value->len; i++)
            mig_buf_printf(&shown, "%02x", (unsigned char)value->data[i]);
        break;
    }
}

typedef struct field_case {
    mig_wire_type  wire;
    const char    *text; /* encoded */
    int            affinity;
    mig_store      store;
    unsigned       rules;
    mig_unit       unit;
    const char    *expected; /* NULL: the fault */
    mig_fault_kind fault;
    unsigned       losses;
} field_case;

#define L(loss) (1u << MIG_LOSS_##loss)

static void
expect(const field_case *c, size_t nth)
{
    const int32_t     len = field_of(c->wire, c->text);
    const mig_decoder decoder = {.wire = c->wire,
                                 .affinity = (mig_affinity)c->affinity,
                                 .store = c->store,
                                 .rules = c->rules,
                                 .unit = c->unit,
                                 .text = &scratch};
    mig_value         value;
    mig_fault_kind    kind;
    unsigned          lost = 0;

    memset(losses, 0, sizeof losses);
    kind = mig_decode(&decoder, memory + 4, len, &value, losses);
    for (unsigned i = 0; i < MIG_LOSS_COUNT; i++)
        lost |= (losses[i] != 0) << i;
    if (kind == MIG_FAULT_NONE)
        show(&value);
    cr_expect_eq(kind, c->fault, "case %zu, %s %s: %d %s", nth, mig_wire_name(c->wire), c->text,
                 kind, kind == MIG_FAULT_NONE ? mig_buf_text(&shown) : mig_fault_words(kind));
    if (kind == MIG_FAULT_NONE && c->expected != NULL)
        cr_expect_str_eq(mig_buf_text(&shown), c->expected, "case %zu, %s %s: %s", nth,
                         mig_wire_name(c->wire), c->text, mig_buf_text(&shown));
    cr_expect_eq(lost, c->losses, "case %zu, %s %s: losses %x", nth, mig_wire_name(c->wire),
                 c->text, lost);
}

#define GIVES(expected)                0, 0, 0, expected, MIG_FAULT_NONE, 0
#define GIVES_LOSING(expected, losses) 0, 0, 0, expected, MIG_FAULT_NONE, losses
#define FAILS(kind)                    0, 0, 0, NULL, MIG_FAULT_##kind, 0

static const field_case usual[] = {
    /* numbers */
    {MIG_WIRE_BOOL, "true", NUM, GIVES("i1")},
    {MIG_WIRE_BOOL, "false", TEXT, GIVES("tfalse")},
    {MIG_WIRE_BOOL, "true", REAL, GIVES("r1")},
    {MIG_WIRE_INT2, "-32768", INTG, GIVES("i-32768")},
    {MIG_WIRE_INT4, "-1", TEXT, GIVES("t-1")},
    {MIG_WIRE_INT8, MAXINT, BLOB, GIVES("i" MAXINT)},
    {MIG_WIRE_INT8, MAXINT, REAL, FAILS(INEXACT)},
    {MIG_WIRE_INT8, "9007199254740992", REAL, GIVES("r9007199254740992")},
    {MIG_WIRE_FLOAT4, "0.1", REAL, GIVES("r0.10000000149011612")},
    {MIG_WIRE_FLOAT4, "0.1", TEXT, GIVES("t0.1")},
    {MIG_WIRE_FLOAT8, "0.5", INTG, GIVES("r0.5")},
    {MIG_WIRE_FLOAT8, "2", INTG, GIVES("i2")},
    {MIG_WIRE_FLOAT8, "2", BLOB, GIVES("r2")},
    {MIG_WIRE_FLOAT8, "-9.223372036854776e+18", NUM, GIVES("r-9.2233720368547758e+18")},
    {MIG_WIRE_FLOAT8, "-9.223372036854775e+18", NUM, GIVES("i-9223372036854774784")},
    {MIG_WIRE_FLOAT8, "-0", BLOB, GIVES("r-0")},
    {MIG_WIRE_FLOAT8, "-0", REAL, GIVES_LOSING("r0", L(NEGATIVE_ZERO))},
    {MIG_WIRE_FLOAT8, "-0", NUM, GIVES_LOSING("i0", L(NEGATIVE_ZERO))},
    {MIG_WIRE_FLOAT8, "-0", TEXT, GIVES("t-0")},
    {MIG_WIRE_FLOAT8, "nan", REAL, FAILS(NAN)},
    {MIG_WIRE_FLOAT8, "nan", BLOB, FAILS(NAN)},
    {MIG_WIRE_FLOAT8, "nan", TEXT, GIVES("tNaN")},
    {MIG_WIRE_FLOAT8, "-Infinity", NUM, GIVES("r-inf")},
    {MIG_WIRE_NUMERIC, "12.50", NUM, GIVES("r12.5")},
    {MIG_WIRE_NUMERIC, "12.50", TEXT, GIVES("t12.50")},
    {MIG_WIRE_NUMERIC, "12.00", BLOB, GIVES("i12")},
    {MIG_WIRE_NUMERIC, "12.00", REAL, GIVES("r12")},
    {MIG_WIRE_NUMERIC, "9223372036854775808", NUM, FAILS(INEXACT)},
    {MIG_WIRE_NUMERIC, "9223372036854775808", BLOB, GIVES("t9223372036854775808")},
    {MIG_WIRE_NUMERIC, "1e400", REAL, FAILS(INEXACT)},
    {MIG_WIRE_NUMERIC, "9007199254740993", REAL, FAILS(INEXACT)},
    {MIG_WIRE_NUMERIC, "1e20", NUM, GIVES("r1e+20")},

    /* texts in columns that make numbers of them */
    {MIG_WIRE_TEXT, "42", NUM, GIVES("i42")},
    {MIG_WIRE_TEXT, "42", REAL, GIVES("r42")},
    {MIG_WIRE_TEXT, "0.5", INTG, GIVES("r0.5")},
    {MIG_WIRE_TEXT, "042", NUM, FAILS(CONVERTED)},
    {MIG_WIRE_TEXT, "42.0", NUM, FAILS(CONVERTED)},
    {MIG_WIRE_TEXT, "-0", NUM, FAILS(CONVERTED)},
    {MIG_WIRE_TEXT, "-0", REAL, FAILS(CONVERTED)},
    {MIG_WIRE_TEXT, "1e+15", NUM, FAILS(CONVERTED)},
    {MIG_WIRE_TEXT, "1e+15", REAL, GIVES("r1000000000000000")},
    {MIG_WIRE_TEXT, "1e+20", NUM, GIVES("r1e+20")},
    {MIG_WIRE_TEXT, " 1", NUM, FAILS(CONVERTED)},
    {MIG_WIRE_TEXT, "1x", NUM, GIVES("t1x")},
    {MIG_WIRE_TEXT, "Infinity", REAL, GIVES("tInfinity")},
    {MIG_WIRE_JSONB, "-0", NUM, GIVES_LOSING("i0", L(NEGATIVE_ZERO))},
    {MIG_WIRE_JSONB, "1e15", NUM, GIVES("i1000000000000000")},
    {MIG_WIRE_JSONB, "1.50", NUM, GIVES("r1.5")},
    {MIG_WIRE_JSONB, "12345678901234567890.5", NUM, FAILS(CONVERTED)},
    {MIG_WIRE_JSON, "\"1\"", NUM, GIVES("t\"1\"")},
    {MIG_WIRE_BYTEA, "3132", NUM, GIVES("b3132")},
    {MIG_WIRE_BIT, "1", INTG, GIVES("i1")},
    {MIG_WIRE_BIT, "1", TEXT, GIVES("t1")},
    {MIG_WIRE_VARBIT, "10", INTG, FAILS(CONVERTED)},
    {MIG_WIRE_UUID, UUID, NUM, GIVES("t" UUID)},
    {MIG_WIRE_INET, "10.0.0.1", NUM, GIVES("t10.0.0.1")},
    {MIG_WIRE_LITERAL, "7", NUM, GIVES("i7")},
    {MIG_WIRE_DATE, "0044-03-15 BC", BLOB, GIVES("t-0043-03-15")},
    {MIG_WIRE_TIMESTAMPTZ, "2024-02-29 01:02:03Z", TEXT, GIVES("t2024-02-29T01:02:03Z")},
    {MIG_WIRE_TIMESTAMP, "2024-02-29 01:02:03", NUM, GIVES("t2024-02-29 01:02:03")},
    {MIG_WIRE_INTERVAL, "1 day", TEXT, GIVES("tP1D")},
};

Test(decode_field, gives_what_the_affinity_leaves_as_it_is)
{
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        expect(&usual[i], i);
}

#define S(store) MIG_STORE_##store

static const field_case asked[] = {
    /* a storage class that was asked for is the one that comes, or it is a fault */
    {MIG_WIRE_INT4, "7", BLOB, S(TEXT), 0, 0, "t7", 0, 0},
    {MIG_WIRE_INT4, "7", BLOB, S(REAL), 0, 0, "r7", 0, 0},
    {MIG_WIRE_INT4, "7", BLOB, S(BLOB), 0, 0, NULL, MIG_FAULT_CLASS, 0},
    {MIG_WIRE_INT4, "7", NUM, S(TEXT), 0, 0, NULL, MIG_FAULT_CONVERTED, 0},
    {MIG_WIRE_INT4, "7", TEXT, S(INTEGER), 0, 0, NULL, MIG_FAULT_CLASS, 0},
    {MIG_WIRE_INT4, "7", REAL, S(INTEGER), 0, 0, NULL, MIG_FAULT_CLASS, 0},
    {MIG_WIRE_BOOL, "true", BLOB, S(TEXT), 0, 0, "ttrue", 0, 0},
    {MIG_WIRE_TEXT, "42", BLOB, S(INTEGER), 0, 0, "i42", 0, 0},
    {MIG_WIRE_TEXT, "0.5", BLOB, S(REAL), 0, 0, "r0.5", 0, 0},
    {MIG_WIRE_TEXT, "5", NUM, S(REAL), 0, 0, "i5", 0, 0},
    {MIG_WIRE_TEXT, "0.5", BLOB, S(INTEGER), 0, 0, NULL, MIG_FAULT_FRACTION, 0},
    {MIG_WIRE_TEXT, "abc", BLOB, S(INTEGER), 0, 0, NULL, MIG_FAULT_CLASS, 0},
    {MIG_WIRE_TEXT, "042", BLOB, S(INTEGER), 0, 0, NULL, MIG_FAULT_CONVERTED, 0},
    {MIG_WIRE_TEXT, "abc", BLOB, S(BLOB), 0, 0, "b616263", 0, 0},
    {MIG_WIRE_TEXT, "6162", BLOB, S(BLOB), MIG_RULE_HEX, 0, "b6162", 0, 0},
    {MIG_WIRE_TEXT, "xy", BLOB, S(BLOB), MIG_RULE_HEX, 0, NULL, MIG_FAULT_HEX, 0},
    {MIG_WIRE_TEXT, "YWI=", BLOB, S(BLOB), MIG_RULE_BASE64, 0, "b6162", 0, 0},
    {MIG_WIRE_BYTEA, "6162", TEXT, S(TEXT), 0, 0, "t6162", 0, 0},
    {MIG_WIRE_BYTEA, "6162", TEXT, S(TEXT), MIG_RULE_UTF8, 0, "tab", 0, 0},
    {MIG_WIRE_BYTEA, "ff", TEXT, S(TEXT), MIG_RULE_UTF8, 0, NULL, MIG_FAULT_UTF8, 0},
    {MIG_WIRE_BYTEA, "6162", TEXT, S(TEXT), MIG_RULE_BASE64, 0, "tYWI=", 0, 0},
    {MIG_WIRE_BYTEA, "3132", NUM, S(TEXT), MIG_RULE_UTF8, 0, NULL, MIG_FAULT_CONVERTED, 0},
    {MIG_WIRE_BYTEA, "31", BLOB, S(INTEGER), 0, 0, NULL, MIG_FAULT_CLASS, 0},
    {MIG_WIRE_UUID, UUID, TEXT, S(BLOB), 0, 0, "b00112233445566778899aabbccddeeff", 0, 0},
    {MIG_WIRE_NUMERIC, "1.50", BLOB, S(TEXT), 0, 0, "t1.50", 0, 0},
    {MIG_WIRE_FLOAT8, "nan", REAL, S(REAL), MIG_RULE_TEXT, 0, "tNaN", 0, 0},
    {MIG_WIRE_FLOAT8, "nan", REAL, S(USUAL), MIG_RULE_TEXT, 0, "tNaN", 0, 0},
    {MIG_WIRE_NUMERIC, "nan", NUM, S(USUAL), MIG_RULE_NULL, 0, "null", 0, L(SET_NULL)},
    {MIG_WIRE_TEXT, "042", NUM, S(USUAL), MIG_RULE_NULL, 0, "null", 0, L(SET_NULL)},
    {MIG_WIRE_FLOAT8, "-0", REAL, S(TEXT), MIG_RULE_NULL, 0, "null", 0, L(SET_NULL)},

    /* times as numbers */
    {MIG_WIRE_TIMESTAMPTZ, "1970-01-01 00:00:01.5Z", NUM, S(INTEGER), 0, MIG_UNIT_MS, "i1500", 0,
     0},
    {MIG_WIRE_TIMESTAMPTZ, "1970-01-01 00:00:01.5Z", INTG, S(INTEGER), 0, 0, NULL,
     MIG_FAULT_INEXACT, 0},
    {MIG_WIRE_TIMESTAMPTZ, "1970-01-01 00:00:01.5Z", NUM, S(REAL), 0, 0, "r1.5", 0, 0},
    {MIG_WIRE_TIMESTAMPTZ, "1970-01-01 00:00:02Z", NUM, S(REAL), 0, 0, "i2", 0, 0},
    {MIG_WIRE_TIMESTAMPTZ, "2024-02-29 12:00:00Z", NUM, S(REAL), 0, MIG_UNIT_JULIAN, "i2460370", 0,
     0},
    {MIG_WIRE_TIMESTAMP, "infinity", INTG, S(INTEGER), 0, 0, NULL, MIG_FAULT_INEXACT, 0},
    {MIG_WIRE_TIMESTAMP, "0044-03-15 BC", INTG, S(INTEGER), 0, 0, NULL, MIG_FAULT_INEXACT, 0},
    {MIG_WIRE_DATE, "1970-01-02", INTG, S(INTEGER), 0, 0, "i86400", 0, 0},
    {MIG_WIRE_TIME, "01:02:03", INTG, S(INTEGER), 0, 0, NULL, MIG_FAULT_CLASS, 0},
    {MIG_WIRE_INTERVAL, "1 day", INTG, S(INTEGER), 0, 0, NULL, MIG_FAULT_UNIT, 0},
    {MIG_WIRE_INTERVAL, "1 day 00:00:01", INTG, S(INTEGER), 0, MIG_UNIT_S, "i86401", 0, 0},
    {MIG_WIRE_INTERVAL, "00:00:01.5", REAL, S(REAL), 0, MIG_UNIT_S, "r1.5", 0, 0},
    {MIG_WIRE_INTERVAL, "1 mon", INTG, S(INTEGER), 0, MIG_UNIT_S, NULL, MIG_FAULT_INEXACT, 0},
};

Test(decode_field, gives_the_class_that_was_asked_for_or_a_fault)
{
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        expect(&asked[i], i);
}

Test(decode_field, null_is_null_whatever_the_type)
{
    for (int wire = MIG_WIRE_BOOL; wire <= MIG_WIRE_DYNAMIC; wire++) {
        const mig_decoder decoder = {.wire = (mig_wire_type)wire, .text = &scratch};
        mig_value         value = {.class = MIG_VALUE_INTEGER};

        cr_expect_eq(mig_decode(&decoder, NULL, -1, &value, losses), MIG_FAULT_NONE);
        cr_expect_eq(value.class, MIG_VALUE_NULL);
    }
}

Test(decode_field, bytes_of_another_length_than_the_types_are_broken)
{
    static const unsigned char zeros[40];

    for (int wire = MIG_WIRE_BOOL; wire <= MIG_WIRE_DYNAMIC; wire++) {
        const mig_decoder decoder = {.wire = (mig_wire_type)wire,
                                     .rules = MIG_RULE_NULL, /* which is no excuse */
                                     .text = &scratch};
        const size_t      fixed = mig_wire_fixed_len((mig_wire_type)wire);
        mig_value         value;

        for (int32_t len = 0; fixed > 0 && len < (int32_t)sizeof zeros; len++)
            cr_expect_eq(mig_decode(&decoder, zeros, len, &value, losses) == MIG_FAULT_BROKEN,
                         (size_t)len != fixed || wire == MIG_WIRE_MONEY, "%s of %d bytes",
                         mig_wire_name((mig_wire_type)wire), (int)len);
    }
}
