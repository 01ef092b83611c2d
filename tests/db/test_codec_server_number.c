/*
 * test_codec_server_number.c - doubles, floats and integers here and in a server:
 * the same verdicts, the same bits, the same texts.
 *
 * Needs PostgreSQL: its conninfo in MIG_TEST_PG.
 */
#include <criterion/criterion.h>
#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/wire/number.h"
#include "../support/case_random.h"
#include "../support/json_cases.h"
#include "../support/server_ask.h"

TestSuite(codec_server_number, .init = server_ask_open, .fini = server_ask_close);

static server_value
wire_of_double(double value)
{
    static uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    bits = htobe64(bits);
    return (server_value){&bits, sizeof bits, SERVER_BINARY};
}

static void
expect_same_double(double value)
{
    char text[MIG__DOUBLE_TEXT_MAX];

    mig__double_format(value, text);
    cr_assert(server_ask("SELECT $1::float8", wire_of_double(value), SERVER_TEXT));
    cr_assert_str_eq(text, (char *)server_said.bytes, "%a", value);
}

static void
expect_same_float(float value)
{
    char     text[MIG__DOUBLE_TEXT_MAX];
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    bits = htobe32(bits);
    mig__float_format(value, text);
    cr_assert(server_ask("SELECT $1::float4", (server_value){&bits, sizeof bits, SERVER_BINARY},
                         SERVER_TEXT));
    cr_assert_str_eq(text, (char *)server_said.bytes, "%a", (double)value);
}

Test(codec_server_number, writes_the_same_powers_of_two_and_their_neighbours)
{
    for (int power = -1074; power < 1024; power++) {
        double   value = ldexp(1, power);
        uint64_t bits;

        expect_same_double(value);
        memcpy(&bits, &value, sizeof bits);
        for (int step = -1; step <= 1; step += 2) {
            uint64_t near = bits + (uint64_t)step;

            memcpy(&value, &near, sizeof value);
            expect_same_double(value);
        }
    }
    for (int power = -149; power < 128; power++) {
        float    value = (float)ldexp(1, power);
        uint32_t bits;

        expect_same_float(value);
        memcpy(&bits, &value, sizeof bits);
        for (int step = -1; step <= 1; step += 2) {
            uint32_t near = bits + (uint32_t)step;

            memcpy(&value, &near, sizeof value);
            expect_same_float(value);
        }
    }
}

Test(codec_server_number, writes_the_same_random_doubles_and_floats)
{
    case_random random = {8};

    for (int i = 0; i < 8000; i++) {
        uint64_t bits = case_random_next(&random);
        uint32_t half = (uint32_t)(bits >> 20);
        double   wide;
        float    narrow;

        /* Every other one where integers lie halfway between doubles. */
        if (i % 2 == 0)
            wide = (double)(int64_t)(bits >> case_random_below(&random, 12)) *
                   (double)(1 + case_random_below(&random, 1000));
        else
            memcpy(&wide, &bits, sizeof wide);
        if (i % 2 == 0)
            narrow = (float)(bits >> 32);
        else
            memcpy(&narrow, &half, sizeof narrow);
        if (isfinite(wide))
            expect_same_double(wide);
        if (isfinite(narrow))
            expect_same_float(narrow);
    }
    expect_same_double((double)NAN);
    expect_same_double((double)INFINITY);
    expect_same_double(-(double)INFINITY);
    expect_same_double(-0.0);
}

/* Returns whether it is taken. */
static bool
expect_same_parse(const char *text)
{
    double              value = 0;
    mig__number_verdict verdict = mig__double_parse(text, strlen(text), &value);
    bool                taken = server_ask_text("SELECT $1::float8", text, SERVER_BINARY);

    cr_assert_eq(verdict == MIG__NUMBER_OK, taken, "%.100s: we %d, the server %d", text, verdict,
                 taken);
    if (taken && !isnan(value))
        cr_assert_arr_eq(wire_of_double(value).data, server_said.bytes, 8, "%.100s", text);
    return taken;
}

Test(codec_server_number, reads_all_short_texts_alike)
{
    char     text[16];
    unsigned n_taken = 0;

    for (uint64_t n = 0; string_of_alphabet("-+.e09", 5, n, text); n++)
        n_taken += expect_same_parse(text);
    cr_assert_gt(n_taken, 500);
}

Test(codec_server_number, reads_generated_texts_alike)
{
    case_random random = {1e9};
    static char text[2048];

    for (int i = 0; i < 6000; i++) {
        unsigned n = 1 + case_random_below(&random, i % 20 == 0 ? 1500 : 25);
        size_t   len = 0;

        for (unsigned k = 0; k < n; k++) {
            if (k == n / 2)
                text[len++] = '.';
            text[len++] = (char)('0' + case_random_below(&random, 10));
        }
        snprintf(text + len, 16, "e%d", (int)case_random_below(&random, 700) - 350);
        expect_same_parse(text);
    }
}

Test(codec_server_number, takes_no_integer_that_the_server_would_print_otherwise)
{
    char     text[16];
    unsigned n_taken = 0;

    for (uint64_t n = 0; string_of_alphabet("-+0189 .e", 4, n, text); n++) {
        int64_t value = 0;
        bool    ours = mig__int64_parse(text, strlen(text), &value);
        bool    taken = server_ask_text("SELECT $1::int8", text, SERVER_TEXT);

        n_taken += ours;
        cr_assert_eq(ours, taken && strcmp((char *)server_said.bytes, text) == 0, "\"%s\"", text);
    }
    cr_assert_gt(n_taken, 100);
}

Test(codec_server_number, narrows_doubles_alike)
{
    case_random random = {4};
    unsigned    counts[4] = {0};

    for (int i = 0; i < 8000; i++) {
        uint64_t       bits = case_random_next(&random);
        double         value;
        float          narrow;
        mig__float_fit fit;

        switch (i % 4) {
        case 0:
            value = ldexp((double)(bits >> 11), (int)(bits % 310) - 210);
            break;
        case 1:
            value = (double)(bits % 2000000) / 1000;
            break;
        case 2:
            value = (double)(bits % 100000000);
            break;
        default:
            value = (double)(bits % 1000000000) / 1000000;
        }
        fit = mig__float_from_double(value, &narrow);
        counts[fit]++;
        cr_assert_eq(server_ask("SELECT $1::float8::float4", wire_of_double(value), SERVER_BINARY),
                     fit != MIG__FLOAT_RANGE, "%a", value);
        if (fit == MIG__FLOAT_RANGE)
            continue;
        cr_assert(server_ask("SELECT CASE WHEN $1::float8::float4::float8 = $1 THEN 'exact' "
                             "WHEN $1::float8::float4::text::numeric = $1::float8::text::numeric "
                             "THEN 'decimal' ELSE 'inexact' END",
                             wire_of_double(value), SERVER_TEXT));
        cr_assert_str_eq((char *)server_said.bytes, fit == MIG__FLOAT_EXACT          ? "exact"
                                                    : fit == MIG__FLOAT_SAME_DECIMAL ? "decimal"
                                                                                     : "inexact");
    }
    for (int fit = 0; fit < 4; fit++)
        cr_assert_gt(counts[fit], 100, "%d", fit);
}
