/*
 * test_excerpt.c - values in error messages.
 */
#include "mig/codec.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"

typedef struct excerpt_case {
    const char *text;
    size_t      len;
    size_t      max;
    size_t      out_size;
    const char *want;
} excerpt_case;

#define TEXT(literal) (literal), sizeof(literal) - 1

Test(excerpt, shows_what_it_should)
{
    static const excerpt_case cases[] = {
        /* What fits stands as it is. */
        {TEXT(""), 10, 64, ""},
        {TEXT("n/a"), 10, 64, "n/a"},
        {TEXT("1234567890"), 10, 64, "1234567890"},
        {TEXT("\xd0\x96\xe2\x82\xac\xf0\x9f\x98\x80"), 3, 64,
         "\xd0\x96\xe2\x82\xac\xf0\x9f\x98\x80"},
        {TEXT("a\\b'\"c"), 10, 64, "a\\b'\"c"},
        /* Too many characters. */
        {TEXT("12345678901"), 10, 64, "1234567890..."},
        {TEXT("abc"), 0, 64, "..."},
        {TEXT(""), 0, 64, ""},
        {TEXT("\xd0\x96\xd0\x96\xd0\x96"), 2, 64, "\xd0\x96\xd0\x96..."},
        /* What would steer a terminal. */
        {TEXT("a\nb\tc\r"), 10, 64, "a\\x0Ab\\x09c\\x0D"},
        {TEXT("\0\x1b[2J\x7f"), 10, 64, "\\x00\\x1B[2J\\x7F"},
        {TEXT("\xc2\x9b"
              "2J\xc2\xa0"),
         10, 64, "\\xC2\\x9B2J\xc2\xa0"},
        /* What is no character. */
        {TEXT("a\xff"
              "b\x80"),
         10, 64, "a\\xFFb\\x80"},
        {TEXT("\xe2\x82"), 10, 64, "\\xE2\\x82"},
        {TEXT("\xed\xa0\x80"), 10, 64, "\\xED\\xA0\\x80"},
        {TEXT("\xff\xff\xff"), 2, 64, "\\xFF\\xFF..."},
        /* Too little room: 7 characters and the NUL fit, or 4 and "...". */
        {TEXT("1234567"), 100, 8, "1234567"},
        {TEXT("12345678"), 100, 8, "1234..."},
        {TEXT("123\xd0\x96"
              "678"),
         100, 8, "123..."},
        {TEXT("12\xd0\x96"
              "5678"),
         100, 8, "12\xd0\x96..."},
        {TEXT("\n123"), 100, 8, "\\x0A123"},
        {TEXT("\n1234"), 100, 8, "\\x0A..."},
        {TEXT("1\n\n"), 100, 8, "1..."},
        {TEXT("\xc2\x9b"), 100, 8, "..."},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const excerpt_case *c = &cases[i];
        char               *out = malloc(c->out_size);
        char               *text = malloc(c->len > 0 ? c->len : 1);

        cr_assert(out != NULL && text != NULL);
        memcpy(text, c->text, c->len);
        mig_text_excerpt(text, c->len, c->max, out, c->out_size);
        cr_expect_str_eq(out, c->want, "case %zu: \"%s\", want \"%s\"", i, out, c->want);
        free(text);
        free(out);
    }
}

Test(excerpt, is_printable_and_within_its_bounds_whatever_the_bytes)
{
    case_random random = {99};

    for (int i = 0; i < 50000; i++) {
        size_t len = case_random_below(&random, 40);
        size_t out_size = 8 + case_random_below(&random, 80);
        char  *text = malloc(len > 0 ? len : 1);
        char  *out = malloc(out_size);
        size_t offset, n_out;

        cr_assert(text != NULL && out != NULL);
        memset(out, 'x', out_size);
        for (size_t b = 0; b < len; b++)
            text[b] = (char)case_random_below(&random, 256);
        mig_text_excerpt(text, len, 1 + case_random_below(&random, 50), out, out_size);
        n_out = strnlen(out, out_size);
        cr_assert_lt(n_out, out_size, "text %d", i);
        cr_assert_eq(mig_utf8_check(out, n_out, &offset), MIG_UTF8_OK, "text %d", i);
        for (size_t b = 0; b < n_out; b++)
            cr_assert((unsigned char)out[b] >= 0x20 && out[b] != 0x7f, "text %d", i);
        free(text);
        free(out);
    }
}
