/*
 * test_utf8.c - is a text UTF-8.  A decoder that computes the code point and
 * then looks at it is the independent judge.
 */
#include "mig/codec.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/wire/utf8.h"
#include "../support/case_random.h"

#define NO_OFFSET ((size_t)-1)

/* From memory that ends where the text ends, so that reading on is seen by the sanitizer. */
static mig_utf8_fault
check(const void *text, size_t len, size_t *offsetp)
{
    char          *copy = malloc(len > 0 ? len : 1);
    mig_utf8_fault fault;

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    *offsetp = NO_OFFSET;
    fault = mig_utf8_check(copy, len, offsetp);
    free(copy);
    return fault;
}

/* The length of the character at s, 0 if there is none: decodes it first, judges it then. */
static size_t
judge(const unsigned char *s, size_t len)
{
    static const unsigned lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t                n = s[0] < 0x80             ? 1
                              : (s[0] & 0xe0) == 0xc0 ? 2
                              : (s[0] & 0xf0) == 0xe0 ? 3
                              : (s[0] & 0xf8) == 0xf0 ? 4
                                                      : 0;
    unsigned              point;

    if (n == 0 || n > len)
        return 0;
    point = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3f);
    }
    if (point < lowest[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    return n;
}

static mig_utf8_fault
judge_text(const unsigned char *s, size_t len, size_t *offsetp)
{
    *offsetp = NO_OFFSET;
    for (size_t i = 0; i < len;) {
        size_t n = judge(s + i, len - i);

        if (n == 0 || s[i] == 0) {
            *offsetp = i;
            return n == 0 ? MIG_UTF8_INVALID : MIG_UTF8_NUL;
        }
        i += n;
    }
    return MIG_UTF8_OK;
}

Test(utf8, takes_valid_texts)
{
    static const char *const texts[] = {
        "",
        "a",
        "hello, world",
        "\x01\x1f\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbb\xbf",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xd0\x96\xe2\x82\xac\xf0\x9f\x98\x80 mixed with more than one word of ASCII \xd0\x96",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t offset;

        cr_expect_eq(check(texts[i], strlen(texts[i]), &offset), MIG_UTF8_OK, "case %zu", i);
        cr_expect_eq(offset, NO_OFFSET, "case %zu", i);
    }
}

Test(utf8, finds_what_is_none)
{
    static const char *const texts[] = {
        "\x80",             /* a continuation alone */
        "\xbf",             /* the last of them */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong */
        "\xc2",             /* cut */
        "\xc2\x41",         /* no continuation */
        "\xc2\xc2\x80",     /* two leads */
        "\xe0\x9f\xbf",     /* overlong */
        "\xe0\xa0",         /* cut */
        "\xe0\xa0\x41",     /* no continuation */
        "\xed\xa0\x80",     /* the first surrogate */
        "\xed\xbf\xbf",     /* the last surrogate */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xf0\x90\x80",     /* cut */
        "\xf0\x90\x80\x41", /* no continuation */
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xf5\x80\x80\x80", /* beyond U+10FFFF */
        "\xf8\x88\x80\x80\x80",
        "\xfc\x84\x80\x80\x80\x80",
        "\xfe",
        "\xff",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t offset;

        cr_expect_eq(check(texts[i], strlen(texts[i]), &offset), MIG_UTF8_INVALID, "case %zu", i);
        cr_expect_eq(offset, 0, "case %zu", i);
    }
}

Test(utf8, finds_a_fault_wherever_it_stands)
{
    static const struct {
        const char    *bytes;
        size_t         len;
        mig_utf8_fault fault;
    } faults[] = {
        {"\0", 1, MIG_UTF8_NUL},           {"\x80", 1, MIG_UTF8_INVALID},
        {"\xff", 1, MIG_UTF8_INVALID},     {"\xe2\x82", 2, MIG_UTF8_INVALID},
        {"\xc0\x80", 2, MIG_UTF8_INVALID}, {"\xed\xa0\x80", 3, MIG_UTF8_INVALID},
    };

    for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++) {
        for (size_t len = faults[f].len; len < 100; len++) {
            for (size_t at = 0; at + faults[f].len <= len; at++) {
                char   text[100];
                size_t offset;

                memset(text, 'a', sizeof text);
                memcpy(text + at, faults[f].bytes, faults[f].len);
                cr_assert_eq(check(text, len, &offset), faults[f].fault, "fault %zu, %zu of %zu", f,
                             at, len);
                cr_assert_eq(offset, at, "fault %zu, %zu of %zu: %zu", f, at, len, offset);
            }
        }
    }
}

Test(utf8, names_the_first_of_two_faults)
{
    size_t offset;

    cr_expect_eq(check("abc\0\xff", 5, &offset), MIG_UTF8_NUL);
    cr_expect_eq(offset, 3);
    cr_expect_eq(check("abc\xff\0", 5, &offset), MIG_UTF8_INVALID);
    cr_expect_eq(offset, 3);
}

Test(utf8, agrees_with_the_judge_on_every_three_bytes)
{
    for (unsigned n = 0; n < 1u << 24; n++) {
        const unsigned char s[] = {(unsigned char)(n >> 16), (unsigned char)(n >> 8),
                                   (unsigned char)n};
        size_t              offset = NO_OFFSET, want_offset;
        mig_utf8_fault      want = judge_text(s, 3, &want_offset);

        if (mig_utf8_check((const char *)s, 3, &offset) != want || offset != want_offset ||
            mig__utf8_is_valid_bytewise((const char *)s, 3) != (want == MIG_UTF8_OK))
            cr_assert(false, "%06x", n);
    }
}

Test(utf8, agrees_with_the_judge_on_all_that_begins_like_four_bytes)
{
    /* The last two: both sides of the ends of what continues a character. */
    static const unsigned char last[] = {0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};

    for (unsigned n = 0; n < 1u << 16; n++) {
        for (size_t i = 0; i < sizeof last * sizeof last; i++) {
            const unsigned char s[] = {(unsigned char)(n >> 8), (unsigned char)n,
                                       last[i / sizeof last], last[i % sizeof last]};
            size_t              offset = NO_OFFSET, want_offset;
            mig_utf8_fault      want = judge_text(s, 4, &want_offset);

            if (mig_utf8_check((const char *)s, 4, &offset) != want || offset != want_offset ||
                mig__utf8_is_valid_bytewise((const char *)s, 4) != (want == MIG_UTF8_OK))
                cr_assert(false, "%02x%02x%02x%02x", s[0], s[1], s[2], s[3]);
        }
    }
}

Test(utf8, agrees_with_the_judge_on_random_texts)
{
    static const char *const pieces[] = {
        "a",        "ab",           "12345678",         "0123456789abcdef0123456789abcdef",
        "\xd0\x96", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc2\xa0",
    };
    case_random random = {8};

    for (int i = 0; i < 100000; i++) {
        char           text[512];
        size_t         len = 0, offset, want_offset;
        unsigned       n = case_random_below(&random, 12);
        mig_utf8_fault want;

        while (n-- > 0) {
            const char *piece = pieces[case_random_below(&random, 8)];

            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        if (len > 0 && case_random_below(&random, 3) == 0)
            text[case_random_below(&random, (unsigned)len)] = (char)case_random_below(&random, 256);
        want = judge_text((const unsigned char *)text, len, &want_offset);
        cr_assert_eq(mig__utf8_is_valid_bytewise(text, len), want == MIG_UTF8_OK, "text %d", i);
        if (mig__utf8_has_vector())
            cr_assert_eq(mig__utf8_is_valid_vector(text, len), want == MIG_UTF8_OK, "text %d", i);
        cr_assert_eq(check(text, len, &offset), want, "text %d", i);
        cr_assert_eq(offset, want_offset, "text %d", i);
    }
}
