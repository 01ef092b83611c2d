/*
 * test_bits.c - bit strings between text and binary.  The server itself is asked
 * in tests/db/test_codec_server_bits.c.
 */
#include "../../src/wire/bits.h"

#include <criterion/criterion.h>
#include <string.h>

#define N(array) (sizeof array / sizeof array[0])

Test(bits, reads_and_writes_the_first_bit_highest)
{
    static const struct {
        const char   *text;
        size_t        len;
        unsigned char bytes[8];
    } cases[] = {
        {"", 4, {0, 0, 0, 0}},
        {"1", 5, {0, 0, 0, 1, 0x80}},
        {"0101", 5, {0, 0, 0, 4, 0x50}},
        {"00000001", 5, {0, 0, 0, 8, 0x01}},
        {"111111110", 6, {0, 0, 0, 9, 0xff, 0x00}},
    };

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char wire[16];
        char          text[16];
        size_t        len = 0, n_bits = 99;

        memset(wire, 0xaa, sizeof wire);
        cr_assert(mig__bits_parse(cases[i].text, strlen(cases[i].text), wire, &len));
        cr_assert_eq(len, cases[i].len, "%s", cases[i].text);
        cr_assert_arr_eq(wire, cases[i].bytes, len, "%s", cases[i].text);
        cr_assert(mig__bits_count(wire, len, &n_bits));
        cr_assert_eq(n_bits, strlen(cases[i].text));
        mig__bits_format(wire, n_bits, text);
        cr_assert_str_eq(text, cases[i].text);
    }
}

Test(bits, refuses_all_but_zeros_and_ones)
{
    static const char *const texts[] = {"2", "01 ", " 01", "B01", "b'01'", "x1", "0,1", "-1"};
    unsigned char            wire[16];
    size_t                   len;

    for (size_t i = 0; i < N(texts); i++)
        cr_expect_not(mig__bits_parse(texts[i], strlen(texts[i]), wire, &len), "%s", texts[i]);
}

Test(bits, says_when_wire_bytes_are_malformed)
{
    static const struct {
        size_t        len;
        unsigned char bytes[8];
    } cases[] = {
        {3, {0, 0, 0}},
        {4, {0, 0, 0, 1}},
        {5, {0, 0, 0, 0, 0}},
        {5, {0, 0, 0, 9, 0}},
        {5, {0xff, 0xff, 0xff, 0xff, 0}},
    };
    size_t n_bits;

    for (size_t i = 0; i < N(cases); i++)
        cr_expect_not(mig__bits_count(cases[i].bytes, cases[i].len, &n_bits), "%zu", i);
}
