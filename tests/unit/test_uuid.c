/*
 * test_uuid.c - UUIDs between text and bytes.
 */
#include "mig/codec.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"

static const char          rfc_text[] = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"; /* RFC 9562 */
static const unsigned char rfc_bytes[16] = {0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0,
                                            0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6};

Test(uuid, reads_lower_and_upper_and_mixed_case)
{
    static const char *const texts[] = {
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
        "f81D4fAe-7dEC-11d0-A765-00a0C91e6Bf6",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unsigned char bytes[16] = {0};

        cr_assert(mig_uuid_parse(texts[i], 36, bytes), "%s", texts[i]);
        cr_assert_arr_eq(bytes, rfc_bytes, 16, "%s", texts[i]);
    }
}

Test(uuid, reads_the_lowest_and_the_highest)
{
    unsigned char bytes[16], want[16];

    cr_assert(mig_uuid_parse("00000000-0000-0000-0000-000000000000", 36, bytes));
    memset(want, 0, 16);
    cr_assert_arr_eq(bytes, want, 16);
    cr_assert(mig_uuid_parse("ffffffff-ffff-ffff-ffff-ffffffffffff", 36, bytes));
    memset(want, 0xff, 16);
    cr_assert_arr_eq(bytes, want, 16);
}

Test(uuid, refuses_other_forms)
{
    static const char *const texts[] = {
        "",
        "f81d4fae",
        "f81d4fae7dec11d0a76500a0c91e6bf6",
        "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf66",
        " f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf ",
        "f81d4fae-7dec-11d0-a76500a0-c91e6bf6",
        "f81d-4fae-7dec-11d0-a765-00a0c91e6bf",
        "f81d4fae_7dec_11d0_a765_00a0c91e6bf6",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bg6",
        "------------------------------------",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unsigned char bytes[16];

        cr_expect_not(mig_uuid_parse(texts[i], strlen(texts[i]), bytes), "taken: \"%s\"", texts[i]);
    }
}

Test(uuid, refuses_any_byte_that_does_not_belong_and_leaves_the_result_alone)
{
    for (size_t at = 0; at < 36; at++) {
        for (int byte = 0; byte < 256; byte++) {
            bool          hyphen = rfc_text[at] == '-';
            bool          want = hyphen ? byte == '-' : isxdigit(byte) != 0;
            char         *text = malloc(36);
            unsigned char bytes[16];
            unsigned char before[16];

            cr_assert_not_null(text);
            memcpy(text, rfc_text, 36);
            text[at] = (char)byte;
            memset(bytes, 0x55, 16);
            memset(before, 0x55, 16);
            cr_expect_eq(mig_uuid_parse(text, 36, bytes), want, "byte 0x%02x at %zu", byte, at);
            if (!want)
                cr_expect_arr_eq(bytes, before, 16, "byte 0x%02x at %zu", byte, at);
            free(text);
        }
    }
}

Test(uuid, writes_lower_case_with_hyphens_and_a_nul)
{
    char text[38];

    memset(text, 'x', sizeof text);
    mig_uuid_format(rfc_bytes, text);

    cr_assert_str_eq(text, rfc_text);
    cr_assert_eq(text[37], 'x');
}

Test(uuid, reads_back_what_it_writes)
{
    case_random random = {4711};

    for (int i = 0; i < 20000; i++) {
        unsigned char uuid[16], back[16];
        char          text[37], printed[37];

        for (size_t b = 0; b < 16; b++)
            uuid[b] = (unsigned char)case_random_below(&random, 256);
        mig_uuid_format(uuid, text);
        snprintf(printed, sizeof printed,
                 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", uuid[0],
                 uuid[1], uuid[2], uuid[3], uuid[4], uuid[5], uuid[6], uuid[7], uuid[8], uuid[9],
                 uuid[10], uuid[11], uuid[12], uuid[13], uuid[14], uuid[15]);
        cr_assert_str_eq(text, printed);
        cr_assert(mig_uuid_parse(text, 36, back));
        cr_assert_arr_eq(back, uuid, 16);
    }
}
