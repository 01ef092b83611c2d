/*
 * test_codec_server_bits.c - bit strings and money here and in a server: the same
 * verdicts and the same bytes.
 *
 * Needs PostgreSQL with lc_monetary C (2 digits): its conninfo in MIG_TEST_PG.
 */
#include <criterion/criterion.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "../../src/wire/bits.h"
#include "../../src/wire/money.h"
#include "../../src/wire/numeric.h"
#include "../support/case_random.h"
#include "../support/json_cases.h"
#include "../support/server_ask.h"

TestSuite(codec_server_bits, .init = server_ask_open, .fini = server_ask_close);

static bool
expect_same_bits(const char *text)
{
    unsigned char wire[256];
    char          back[256];
    size_t        len, n_bits;
    bool          ours = mig__bits_parse(text, strlen(text), wire, &len);
    bool          taken = server_ask_text("SELECT $1::varbit", text, SERVER_BINARY);

    cr_assert_eq(ours, taken, "\"%s\"", text);
    if (!taken)
        return false;
    cr_assert_eq(len, server_said.len, "%s", text);
    cr_assert_arr_eq(wire, server_said.bytes, len, "%s", text);
    cr_assert(mig__bits_count(server_said.bytes, server_said.len, &n_bits));
    mig__bits_format(server_said.bytes, n_bits, back);
    cr_assert_str_eq(back, text);
    return true;
}

Test(codec_server_bits, agrees_on_all_short_texts)
{
    char     text[16];
    unsigned n_taken = 0;

    /* Without b and x, which the server takes in front. */
    for (uint64_t n = 0; string_of_alphabet("01 2'", 5, n, text); n++)
        n_taken += expect_same_bits(text);
    cr_assert_gt(n_taken, 60);
}

Test(codec_server_bits, agrees_on_random_bits)
{
    case_random random = {2};

    for (int i = 0; i < 2000; i++) {
        char     text[128];
        unsigned n = case_random_below(&random, 120);

        for (unsigned k = 0; k < n; k++)
            text[k] = (char)('0' + case_random_below(&random, 2));
        text[n] = '\0';
        cr_assert(expect_same_bits(text));
    }
}

/* The amount that the server makes of a text, through numeric, which it rounds to cents. */
static void
expect_same_money(const char *text, unsigned counts[4])
{
    int64_t            ours = 0, server, from_numeric = 0;
    char               plain[MIG__MONEY_TEXT_MAX];
    unsigned char      wire[64];
    size_t             wire_len;
    bool               taken, exact;
    mig__money_verdict verdict = mig__money_parse(text, strlen(text), 2, &ours);

    counts[verdict]++;
    taken = server_ask_text("SELECT $1::numeric::money", text, SERVER_BINARY);
    if (!taken) {
        cr_assert_eq(verdict, MIG__MONEY_RANGE, "%s", text);
        return;
    }
    memcpy(&server, server_said.bytes, sizeof server);
    server = (int64_t)be64toh((uint64_t)server);
    cr_assert(
        server_ask_text("SELECT $1::numeric * 100 = trunc($1::numeric * 100)", text, SERVER_TEXT));
    exact = server_said.bytes[0] == 't';
    if (!exact) {
        cr_assert_eq(verdict, MIG__MONEY_FRACTION, "%s", text);
        return;
    }
    cr_assert_eq(verdict, MIG__MONEY_OK, "%s", text);
    cr_assert_eq(ours, server, "%s", text);
    cr_assert_eq(mig__numeric_parse(text, strlen(text), wire, &wire_len), MIG__NUMERIC_OK);
    cr_assert_eq(mig__numeric_to_scaled(wire, wire_len, 2, &from_numeric), MIG__NUMERIC_OK);
    cr_assert_eq(from_numeric, server, "%s", text);
    mig__money_format(server, 2, plain);
    cr_assert(server_ask_text("SELECT $1::numeric::money::numeric", text, SERVER_TEXT));
    cr_assert_str_eq(plain, (char *)server_said.bytes);
}

Test(codec_server_bits, has_the_same_amounts_of_money)
{
    static const char *const ends[] = {
        "0",
        "-0",
        "92233720368547758.07",
        "92233720368547758.08",
        "-92233720368547758.08",
        "-92233720368547758.09",
    };
    case_random random = {100};
    unsigned    counts[4] = {0};
    char        text[64];

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        expect_same_money(ends[i], counts);
    for (int i = 0; i < 4000; i++) {
        uint64_t whole = case_random_next(&random) >> case_random_below(&random, 60);

        snprintf(text, sizeof text, "%s%llu.%0*u", i % 2 == 0 ? "-" : "", (unsigned long long)whole,
                 1 + (int)case_random_below(&random, 4), case_random_below(&random, 100));
        expect_same_money(text, counts);
    }
    cr_assert(counts[MIG__MONEY_OK] > 500 && counts[MIG__MONEY_RANGE] > 100 &&
              counts[MIG__MONEY_FRACTION] > 500);
}
