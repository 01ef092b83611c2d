/*
 * test_codec_server_numeric.c - numeric here and in a server: the same verdicts,
 * the same bytes, the same texts.
 *
 * Needs PostgreSQL 15 or later for negative scales: its conninfo in MIG_TEST_PG.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/wire/number.h"
#include "../../src/wire/numeric.h"
#include "../support/case_random.h"
#include "../support/json_cases.h"
#include "../support/server_ask.h"

#define TEXT_MAX 160000

static unsigned char wire[MIG__NUMERIC_WIRE_MAX(TEXT_MAX)];
static size_t        wire_len;
static char          text_out[TEXT_MAX + 16];

TestSuite(codec_server_numeric, .init = server_ask_open, .fini = server_ask_close);

/* ---- values ---- */

static size_t
put_digits(case_random *random, char *text, unsigned n)
{
    /* Runs of zeros and nines, since those are what rounding and stripping stumble over. */
    static const char *const alphabets[] = {"0123456789", "0", "9", "09", "05"};
    const char              *alphabet = alphabets[case_random_below(random, 5)];

    for (unsigned i = 0; i < n; i++) {
        if (case_random_below(random, 6) == 0)
            alphabet = alphabets[case_random_below(random, 5)];
        text[i] = alphabet[case_random_below(random, (unsigned)strlen(alphabet))];
    }
    return n;
}

static void
generate(case_random *random, char *text, unsigned max_digits, unsigned max_exponent)
{
    size_t len = 0;

    if (case_random_below(random, 3) == 0)
        text[len++] = "+-"[case_random_below(random, 2)];
    len += put_digits(random, text + len, 1 + case_random_below(random, max_digits));
    if (case_random_below(random, 4) != 0) {
        text[len++] = '.';
        len += put_digits(random, text + len, case_random_below(random, max_digits));
    }
    text[len] = '\0';
    if (max_exponent > 0 && case_random_below(random, 3) == 0)
        snprintf(text + len, 16, "e%d",
                 (int)case_random_below(random, 2 * max_exponent + 1) - (int)max_exponent);
}

/* ---- comparing ---- */

/* Parses it here, for what follows. */
static void
parse(const char *text)
{
    cr_assert_lt(strlen(text), TEXT_MAX);
    cr_assert_eq(mig__numeric_parse(text, strlen(text), wire, &wire_len), MIG__NUMERIC_OK, "%.300s",
                 text);
}

static void
expect_wire_as_the_server_said(const char *text)
{
    cr_assert_eq(wire_len, server_said.len, "%.300s: %zu bytes, the server %zu", text, wire_len,
                 server_said.len);
    for (size_t i = 0; i < wire_len; i++)
        cr_assert_eq(wire[i], server_said.bytes[i], "%.300s: byte %zu is %02x, the server's %02x",
                     text, i, wire[i], server_said.bytes[i]);
}

/* Parsed alike, and printed alike.  Returns the verdict. */
static bool
expect_same(const char *text)
{
    mig__numeric_verdict verdict = mig__numeric_parse(text, strlen(text), wire, &wire_len);
    bool                 taken = server_ask_text("SELECT $1::numeric", text, SERVER_BINARY);

    cr_assert_eq(verdict == MIG__NUMERIC_OK, taken, "%.300s: we %d, the server %d", text, verdict,
                 taken);
    if (!taken)
        return false;
    cr_assert_leq(wire_len, (size_t)MIG__NUMERIC_WIRE_MAX(strlen(text)), "%.300s", text);
    expect_wire_as_the_server_said(text);
    cr_assert(server_ask("SELECT $1::numeric", (server_value){wire, wire_len, SERVER_BINARY},
                         SERVER_TEXT));
    cr_assert_lt(server_said.len, mig__numeric_text_max(wire, wire_len), "%.300s", text);
    cr_assert_eq(mig__numeric_format(wire, wire_len, text_out), server_said.len, "%.300s", text);
    cr_assert_str_eq(text_out, (char *)server_said.bytes);
    return true;
}

Test(codec_server_numeric, reads_and_writes_the_table_alike)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "+0",
        "0.0",
        "-0.000",
        "00",
        "000.100",
        "1",
        "-1",
        "+1",
        "10",
        "100",
        "1000",
        "10000",
        "100000",
        "9999",
        "10001",
        "99999999",
        "100000000",
        "0.1",
        "0.01",
        "0.001",
        "0.0001",
        "0.00001",
        "0.000012345",
        "1.5",
        "1.50",
        "1.500000000000",
        ".5",
        "-.5",
        "5.",
        "12345678901234567890.123456789",
        "0.10000",
        "1000.0001",
        "1e0",
        "1E5",
        "1e+5",
        "1e-5",
        "1.5e2",
        "1.5e1",
        "1.55e1",
        "12e-1",
        "0e5",
        "0e-5",
        "0.00e1",
        "NaN",
        "nan",
        "NAN",
        "Infinity",
        "infinity",
        "-Infinity",
        "+Infinity",
        "inf",
        "-inf",
        "+inf",
        "INF",
        "",
        "-",
        "+",
        ".",
        "-.",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e-",
        "1e5.5",
        "1.2.3",
        "--1",
        "+-1",
        "1-",
        "1,5",
        "1_000",
        "0x10",
        "abc",
        "n",
        "na",
        "nano",
        "-nan",
        "+nan",
        "in",
        "infi",
        "infinit",
        "infinityy",
        "++inf",
        "e",
        "1ee5",
        "1e--5",
        "0e1073741822",
        "0e1073741823",
        "0e-16383",
        "0e-16384",
        "0e99999999999999999999",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "1f",
        "1d",
        "$1",
        "1%",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        /* Servers from 16 on take these. */
        if (strcmp(texts[i], "1_000") != 0 && strcmp(texts[i], "0x10") != 0)
            expect_same(texts[i]);
    }
}

Test(codec_server_numeric, agrees_on_all_short_texts)
{
    char     text[16];
    unsigned n_taken = 0;

    for (uint64_t n = 0; string_of_alphabet("-+.e019", 5, n, text); n++)
        n_taken += expect_same(text);
    cr_assert_gt(n_taken, 1000);
}

Test(codec_server_numeric, agrees_near_the_ends_of_the_type)
{
    static const char *const mantissas[] = {
        "1", "9", "10", "1.5", "0.1", "0.0001", "12345", "99999999.9999", "0.00001234"};
    static const int middles[] = {131071, -16383};

    for (size_t m = 0; m < sizeof mantissas / sizeof mantissas[0]; m++)
        for (size_t i = 0; i < sizeof middles / sizeof middles[0]; i++)
            for (int power = middles[i] - 10; power <= middles[i] + 10; power++) {
                char text[64];

                snprintf(text, sizeof text, "-%se%d", mantissas[m], power);
                expect_same(text);
            }
}

Test(codec_server_numeric, agrees_on_the_longest_numbers)
{
    static const size_t befores[] = {131071, 131072, 131073};
    static const size_t behinds[] = {0, 16382, 16383, 16384};
    static char         text[TEXT_MAX];

    for (size_t b = 0; b < 3; b++)
        for (size_t e = 0; e < 4; e++) {
            memset(text, '9', sizeof text);
            text[befores[b]] = '.';
            text[befores[b] + 1 + behinds[e]] = '\0';
            cr_expect_eq(expect_same(text), b < 2 && e < 3, "%zu.%zu", befores[b], behinds[e]);
            memset(text, '0', befores[b] - 1);
            cr_expect_eq(expect_same(text), e < 3, "zeros %zu.%zu", befores[b], behinds[e]);
        }
}

Test(codec_server_numeric, agrees_on_generated_texts)
{
    case_random random = {1000};
    static char text[4096];

    for (int i = 0; i < 8000; i++) {
        generate(&random, text, i % 10 == 0 ? 1000 : 24, i % 2 == 0 ? 40 : 20000);
        expect_same(text);
    }
}

/* ---- fitting ---- */

static void
expect_same_fit(const char *text, int precision, int scale, unsigned counts[4])
{
    char                 sql[96];
    bool                 taken;
    int                  typmod = (precision << 16 | (scale & 0x7ff)) + 4;
    int                  p = 0, s = 0;
    mig__numeric_verdict verdict;

    snprintf(sql, sizeof sql, "SELECT pg_catalog.numeric($1::numeric, %d)", typmod);
    cr_assert(mig__numeric_typmod(typmod, &p, &s));
    cr_assert(p == precision && s == scale, "typmod %d: numeric(%d,%d)", typmod, p, s);
    parse(text);
    taken = server_ask_text(sql, text, SERVER_BINARY);
    verdict = mig__numeric_fit(wire, wire_len, precision, scale);
    counts[verdict]++;
    cr_assert_eq(verdict != MIG__NUMERIC_RANGE, taken, "%s to numeric(%d,%d): we %d, the server %d",
                 text, precision, scale, verdict, taken);
    if (!taken)
        return;
    if (verdict == MIG__NUMERIC_FRACTION)
        wire_len = mig__numeric_round(wire, wire_len, scale);
    expect_wire_as_the_server_said(text);
    snprintf(sql, sizeof sql, "SELECT pg_catalog.numeric($1::numeric, %d) = $1::numeric", typmod);
    cr_assert(server_ask_text(sql, text, SERVER_TEXT));
    cr_assert_eq(verdict == MIG__NUMERIC_OK, server_said.bytes[0] == 't',
                 "%s to numeric(%d,%d) is exact: we %d", text, precision, scale, verdict);
}

Test(codec_server_numeric, fits_and_rounds_the_table_alike)
{
    static const struct {
        const char *text;
        int         precision, scale;
    } cases[] = {
        {"99.94", 3, 1},
        {"99.95", 3, 1},
        {"-99.95", 3, 1},
        {"99.949999", 3, 1},
        {"0.5", 1, 0},
        {"-0.5", 1, 0},
        {"0.4", 1, 0},
        {"-0.4", 1, 0},
        {"9.5", 1, 0},
        {"9999.5", 5, 0},
        {"9999.5", 4, 0},
        {"99999999.5", 9, 0},
        {"0.00005", 4, 4},
        {"0.00004", 4, 4},
        {"0.99995", 4, 4},
        {"0.99994", 4, 4},
        {"0.0099999", 2, 4},
        {"0.0099", 2, 4},
        {"0.01", 2, 4},
        {"0.009999", 2, 4},
        {"12345", 2, -3},
        {"12500", 2, -3},
        {"99500", 2, -3},
        {"99499", 2, -3},
        {"500", 1, -3},
        {"499", 1, -3},
        {"4999", 1, -4},
        {"5000", 1, -4},
        {"50000", 1, -5},
        {"5", 1, -1},
        {"5", 1, -2},
        {"1e10", 11, 0},
        {"1e10", 10, 0},
        {"1.50", 10, 5},
        {"1.50000", 3, 2},
        {"NaN", 3, 2},
        {"Infinity", 3, 2},
        {"-inf", 3, 2},
        {"0", 1, 1},
        {"0.000", 1, 5},
        {"-0.0000001", 3, 3},
        {"1000.00001", 8, 4},
        {"99989999.99995", 12, 4},
        {"0", 3, -3},
    };
    unsigned counts[4] = {0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_same_fit(cases[i].text, cases[i].precision, cases[i].scale, counts);
}

Test(codec_server_numeric, fits_and_rounds_generated_numbers_alike)
{
    case_random random = {15};
    char        text[128];
    unsigned    counts[4] = {0};

    for (int i = 0; i < 12000; i++) {
        int precision = 1 + (int)case_random_below(&random, 20);

        generate(&random, text, 10, 8);
        expect_same_fit(text, precision, (int)case_random_below(&random, 24) - 8, counts);
    }
    for (int i = 0; i < 500; i++) {
        int precision = 1 + (int)case_random_below(&random, 1000);

        generate(&random, text, 40, 700);
        expect_same_fit(text, precision, (int)case_random_below(&random, 2001) - 1000, counts);
    }
    cr_assert(counts[MIG__NUMERIC_OK] > 500 && counts[MIG__NUMERIC_FRACTION] > 500 &&
                  counts[MIG__NUMERIC_RANGE] > 500,
              "%u fit, %u rounded, %u refused", counts[0], counts[3], counts[2]);
}

/* ---- doubles, integers, one form ---- */

static double
random_double(case_random *random)
{
    double   value;
    uint64_t bits = case_random_next(random);

    switch (case_random_below(random, 4)) {
    case 0: /* any */
        memcpy(&value, &bits, sizeof value);
        return isfinite(value) ? value : 0.5;
    case 1: /* a few decimals, as people write them */
        return (double)(int64_t)(bits % 2000000000) / 100 - 1e7;
    case 2:
        return (double)(bits >> 11) / 9007199254740992.0;
    default: /* a power of two: the gap below is half of that above */
        return ldexp(1, (int)(bits % 2098) - 1074);
    }
}

Test(codec_server_numeric, makes_the_same_number_of_a_double)
{
    case_random random = {64};

    for (int i = 0; i < 12000; i++) {
        double value = random_double(&random);
        char   text[32];

        snprintf(text, sizeof text, "%.17g", value);
        wire_len = mig__numeric_from_double(value, wire);
        cr_assert_leq(wire_len, (size_t)MIG__NUMERIC_SMALL_MAX);
        cr_assert(server_ask_text("SELECT $1::float8::text::numeric", text, SERVER_BINARY));
        server_said.len =
            mig__numeric_canonical(server_said.bytes, server_said.len, server_said.bytes);
        expect_wire_as_the_server_said(text);
    }
}

Test(codec_server_numeric, makes_infinities_and_nan_of_a_double)
{
    wire_len = mig__numeric_from_double((double)INFINITY, wire);
    cr_assert(server_ask_text("SELECT $1::numeric", "inf", SERVER_BINARY));
    expect_wire_as_the_server_said("inf");
    wire_len = mig__numeric_from_double(-(double)INFINITY, wire);
    cr_assert(server_ask_text("SELECT $1::numeric", "-inf", SERVER_BINARY));
    expect_wire_as_the_server_said("-inf");
    wire_len = mig__numeric_from_double((double)NAN, wire);
    cr_assert(server_ask_text("SELECT $1::numeric", "nan", SERVER_BINARY));
    expect_wire_as_the_server_said("nan");
}

static void
expect_same_int64(int64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64, value);
    wire_len = mig__numeric_from_int64(value, wire);
    cr_assert_leq(wire_len, (size_t)MIG__NUMERIC_SMALL_MAX);
    cr_assert(server_ask_text("SELECT $1::numeric", text, SERVER_BINARY));
    expect_wire_as_the_server_said(text);
}

Test(codec_server_numeric, makes_the_same_number_of_an_int64)
{
    case_random random = {63};
    int64_t     power = 1;

    for (int i = 0; i < 19; i++, power *= i < 19 ? 10 : 1) {
        expect_same_int64(power);
        expect_same_int64(-power);
        expect_same_int64(power - 1);
    }
    expect_same_int64(INT64_MIN);
    expect_same_int64(INT64_MAX);
    for (int i = 0; i < 5000; i++)
        expect_same_int64((int64_t)(case_random_next(&random) >> case_random_below(&random, 64)));
}

Test(codec_server_numeric, says_of_the_same_numbers_that_a_double_is_exact)
{
    case_random random = {53};
    char        text[128];
    unsigned    n_exact = 0;

    for (int i = 0; i < 8000; i++) {
        double value;
        bool   exact;

        generate(&random, text, 14, 20);
        parse(text);
        exact = mig__numeric_to_double(wire, wire_len, &value) == MIG__NUMERIC_OK;
        n_exact += exact;
        cr_assert(server_ask_text("SELECT $1::numeric::float8::text::numeric = $1::numeric", text,
                                  SERVER_TEXT));
        cr_assert_eq(exact, server_said.bytes[0] == 't', "%s", text);
        if (exact) {
            char printed[MIG__DOUBLE_TEXT_MAX];

            mig__double_format(value + 0.0, printed);
            cr_assert(server_ask_text("SELECT $1::numeric::float8", text, SERVER_TEXT));
            cr_assert_str_eq(printed, (char *)server_said.bytes, "%s", text);
        }
    }
    cr_assert(n_exact > 1000 && n_exact < 7500, "%u", n_exact);
}

Test(codec_server_numeric, has_the_same_integers_behind_a_scale)
{
    case_random random = {8};
    char        text[128];
    unsigned    counts[4] = {0};

    for (int i = 0; i < 8000; i++) {
        int64_t              ours = 0;
        int                  scale = (int)case_random_below(&random, 4);
        char                 sql[256], printed[32];
        mig__numeric_verdict verdict;

        generate(&random, text, 12, 6);
        parse(text);
        verdict = mig__numeric_to_scaled(wire, wire_len, scale, &ours);
        counts[verdict]++;
        snprintf(sql, sizeof sql,
                 "SELECT CASE WHEN n = trunc(n) AND n BETWEEN -9223372036854775808 AND "
                 "9223372036854775807 THEN trim_scale(n)::text ELSE 'no' END FROM "
                 "(SELECT $1::numeric * 1e%d) v(n)",
                 scale);
        snprintf(printed, sizeof printed, "%" PRId64, ours);
        cr_assert(server_ask_text(sql, text, SERVER_TEXT));
        cr_assert_str_eq((char *)server_said.bytes, verdict == MIG__NUMERIC_OK ? printed : "no",
                         "%s with scale %d", text, scale);
    }
    cr_assert(counts[MIG__NUMERIC_OK] > 500 && counts[MIG__NUMERIC_FRACTION] > 500);
}

Test(codec_server_numeric, trims_the_scale_alike)
{
    case_random random = {13};
    char        text[128];

    for (int i = 0; i < 5000; i++) {
        generate(&random, text, 12, 30);
        parse(text);
        wire_len = mig__numeric_canonical(wire, wire_len, wire);
        cr_assert(server_ask_text("SELECT trim_scale($1::numeric)", text, SERVER_BINARY));
        expect_wire_as_the_server_said(text);
    }
}
