/*
 * test_buf_json.c - texts as strings of JSON.
 */
#include "mig/buf.h"

#include <criterion/criterion.h>

typedef struct json_case {
    const char *text;
    size_t      len;
    const char *want;
} json_case;

#define TEXT(literal) (literal), sizeof(literal) - 1

Test(buf_json, quotes_what_may_not_stand_in_a_string)
{
    static const json_case cases[] = {
        {TEXT(""), "\"\""},
        {TEXT("plain"), "\"plain\""},
        {TEXT("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {TEXT("a\nb\tc\0d\x7f"), "\"a\\nb\\u0009c\\u0000d\\u007f\""},
        {TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
        /* Cut short, overlong, a surrogate, beyond the last character, no first byte. */
        {TEXT("a\xe2\x82"), "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
        {TEXT("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {TEXT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {TEXT("\xf4\x90\x80\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {TEXT("\xff-"), "\"\xef\xbf\xbd-\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_buf out = MIG_BUF_INIT;

        mig_buf_json(&out, cases[i].text, cases[i].len);
        cr_expect_str_eq(mig_buf_text(&out), cases[i].want);
        mig_buf_fini(&out);
    }
}
