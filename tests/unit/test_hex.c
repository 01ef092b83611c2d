/*
 * test_hex.c - hexadecimal digits, and nothing that only looks like some.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/secrets/hex.h"

Test(hex, every_byte_survives_both_ways)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned char in = (unsigned char)byte;
        unsigned char out = (unsigned char)~byte;
        char          digits[3];
        size_t        fault;

        mig__hex_encode(&in, 2, digits);
        cr_assert(mig__hex_decode(digits, 2, &out, &fault));
        cr_assert_eq(out, in);
    }
}

Test(hex, every_other_character_is_a_fault_at_its_offset)
{
    for (unsigned c = 0; c < 256; c++) {
        char          digits[4] = {'1', '2', '3', (char)c};
        unsigned char out[2];
        size_t        fault = 99;
        bool          is_digit = c != 0 && strchr("0123456789abcdefABCDEF", (int)c) != NULL;

        cr_assert_eq(mig__hex_decode(digits, 4, out, &fault), is_digit, "character %u", c);
        cr_assert_eq(fault, is_digit ? 4 : 3);
    }
}

Test(hex, an_odd_digit_is_a_fault_at_the_end)
{
    unsigned char out[2];
    size_t        fault = 99;

    cr_expect_not(mig__hex_decode("abc", 3, out, &fault));
    cr_expect_eq(fault, 3);
}

Test(hex, fewer_digits_than_bytes_can_be_asked_for)
{
    static const unsigned char bytes[] = {0xab, 0xcd, 0xef};
    char                       digits[7];

    mig__hex_encode(bytes, 4, digits);
    cr_expect_str_eq(digits, "abcd");
}
