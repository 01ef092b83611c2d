/*
 * test_certain.c - what an encoder is said to take, it takes, and without loss.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mig/convert.h"

static mig_json_scratch json = MIG_JSON_SCRATCH_INIT;
static mig_buf          scratch = MIG_BUF_INIT;
static unsigned char    memory[256 * 1024];

static void
fini(void)
{
    mig_json_scratch_fini(&json);
    mig_buf_fini(&scratch);
}

TestSuite(certain, .fini = fini);

#define N_OF(a) (sizeof(a) / sizeof(a)[0])

static void
expect_taken(const mig_encoder *encoder, const mig_value *value)
{
    mig_rows       rows = {.data = memory, .cap = sizeof memory};
    mig_fault      fault = {0};
    size_t         spare = mig_encode_need(encoder, value);
    mig_fault_kind kind = mig_encode(encoder, value, &rows, &spare, &fault);

    cr_assert_eq(kind, MIG_FAULT_NONE, "%s (%d, %d, %d): class %d, %" PRId64 ", %g, %.*s: fault %d",
                 mig_wire_name(encoder->wire), encoder->limits.length, encoder->limits.precision,
                 encoder->limits.scale, (int)value->class, value->integer, value->real,
                 (int)value->len, value->data != NULL ? value->data : "", (int)kind);
    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        cr_assert_eq(rows.n_losses[i], 0, "%s: %s", mig_wire_name(encoder->wire),
                     mig_loss_words((mig_loss)i));
}

/* The bounds that are claimed, what lies beside them, and 0. */
static void
check_integers(const mig_encoder *encoder, const mig_certain *certain)
{
    const int64_t integers[] = {certain->least, certain->least + (certain->least < INT64_MAX),
                                certain->greatest,
                                certain->greatest - (certain->greatest > INT64_MIN), 0};

    for (size_t i = 0; i < N_OF(integers); i++) {
        mig_value v = {.class = MIG_VALUE_INTEGER, .integer = integers[i]};

        if (v.integer >= certain->least && v.integer <= certain->greatest)
            expect_taken(encoder, &v);
    }
}

static void
check_reals(const mig_encoder *encoder, const mig_certain *certain)
{
    static const double reals[] = {1.0,
                                   -1.0,
                                   0.1,
                                   -0.1,
                                   1e300,
                                   5e-324,
                                   INFINITY,
                                   -INFINITY,
                                   9.3e18,
                                   16777217.0,
                                   1e-7,
                                   -1.7976931348623157e308,
                                   -2.2250738585072014e-308};

    for (size_t i = 0; certain->real && i < N_OF(reals); i++) {
        mig_value v = {.class = MIG_VALUE_REAL, .real = reals[i]};

        expect_taken(encoder, &v);
    }
}

static void
check_texts(const mig_encoder *encoder, const mig_certain *certain)
{
    static const char *const texts[] = {
        "",
        "a",
        "abc",
        " a",
        "a ",
        "é",
        "日本語 🚀",
        "42",
        "{}",
        "[1]",
        "<?xml version=\"1.0\"?>",
        "'",
        "\\x",
        "\x01",
        "a text that is somewhat longer than most of the limits are"};

    for (size_t i = 0; certain->text && i < N_OF(texts); i++) {
        mig_value v = {.class = MIG_VALUE_TEXT, .data = texts[i], .len = strlen(texts[i])};

        if (v.len > certain->text_bytes ||
            (certain->unblank && v.len > 0 && texts[i][v.len - 1] == ' '))
            continue;
        expect_taken(encoder, &v);
    }
}

static void
check_blobs(const mig_encoder *encoder, const mig_certain *certain)
{
    for (size_t len = 0; certain->blob && len < 40; len++) {
        mig_value v = {.class = MIG_VALUE_BLOB,
                       .data = "\xff\0 0123456789abcdefghijklmnopqrstuvwxyz",
                       .len = len};

        if (certain->blob_bytes == SIZE_MAX || certain->blob_bytes == len)
            expect_taken(encoder, &v);
    }
}

static void
check(const mig_encoder *encoder)
{
    const mig_value null = {.class = MIG_VALUE_NULL};
    mig_certain     certain;

    mig_encoder_certain(encoder, &certain);
    if (certain.null)
        expect_taken(encoder, &null);
    check_integers(encoder, &certain);
    check_reals(encoder, &certain);
    check_texts(encoder, &certain);
    check_blobs(encoder, &certain);
}

Test(certain, is_taken_whatever_the_limits_are)
{
    for (int wire = MIG_WIRE_BOOL; wire <= MIG_WIRE_DYNAMIC; wire++) {
        for (int32_t length = -1; length <= 40; length++) {
            for (unsigned rules = 0; rules < 2 * MIG_RULE_NULL; rules += MIG_RULE_NUMBER) {
                mig_encoder e = {.wire = (mig_wire_type)wire,
                                 .limits = {length, -1, -1},
                                 .not_null = length % 2 == 0,
                                 .rules = rules,
                                 .json = &json,
                                 .text = &scratch};

                check(&e);
            }
        }
    }
}

Test(certain, is_taken_whatever_precision_scale_and_unit_are)
{
    static const mig_wire_type wires[] = {MIG_WIRE_NUMERIC, MIG_WIRE_TIMESTAMP,
                                          MIG_WIRE_TIMESTAMPTZ};

    for (size_t w = 0; w < N_OF(wires); w++) {
        for (int32_t precision = -1; precision < 25; precision++) {
            for (int32_t scale = -1; scale <= 6; scale++) {
                for (int unit = MIG_UNIT_NONE; unit <= MIG_UNIT_JULIAN; unit++) {
                    mig_encoder e = {.wire = wires[w],
                                     .limits = {-1, precision, scale},
                                     .unit = (mig_unit)unit,
                                     .json = &json,
                                     .text = &scratch};

                    if (precision != 0)
                        check(&e);
                }
            }
        }
    }
}

/* It would be no help if nothing were claimed. */
Test(certain, is_what_columns_mostly_hold)
{
    mig_certain certain;
    mig_encoder e = {.limits = MIG_LIMITS_NONE};

    e.wire = MIG_WIRE_INT4;
    mig_encoder_certain(&e, &certain);
    cr_expect_eq(certain.greatest, INT32_MAX);
    cr_expect(certain.null);
    e.wire = MIG_WIRE_TEXT;
    mig_encoder_certain(&e, &certain);
    cr_expect(certain.text);
    cr_expect_eq(certain.text_bytes, SIZE_MAX);
    e.wire = MIG_WIRE_BYTEA;
    mig_encoder_certain(&e, &certain);
    cr_expect(certain.blob);
    e.wire = MIG_WIRE_FLOAT8;
    mig_encoder_certain(&e, &certain);
    cr_expect(certain.real);
}
