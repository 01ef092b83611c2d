/*
 * test_bytes.c - hexadecimal digits and base64 (the vectors of RFC 4648, section 10).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/wire/bytes.h"

static const struct {
    const char *bytes;
    const char *hex, *base64;
} vectors[] = {
    {"", "", ""},
    {"f", "66", "Zg=="},
    {"fo", "666f", "Zm8="},
    {"foo", "666f6f", "Zm9v"},
    {"foob", "666f6f62", "Zm9vYg=="},
    {"fooba", "666f6f6261", "Zm9vYmE="},
    {"foobar", "666f6f626172", "Zm9vYmFy"},
    {"\xff\xfe\xfb", "fffefb", "//77"},
};

#define N_VECTORS (sizeof vectors / sizeof vectors[0])

Test(bytes, are_written_in_digits)
{
    for (size_t i = 0; i < N_VECTORS; i++) {
        const unsigned char *bytes = (const unsigned char *)vectors[i].bytes;
        mig_buf              hex = MIG_BUF_INIT, base64 = MIG_BUF_INIT;

        mig__bytes_to_hex(bytes, strlen(vectors[i].bytes), &hex);
        mig__bytes_to_base64(bytes, strlen(vectors[i].bytes), &base64);
        cr_expect_str_eq(mig_buf_text(&hex), vectors[i].hex);
        cr_expect_str_eq(mig_buf_text(&base64), vectors[i].base64);
        mig_buf_fini(&hex);
        mig_buf_fini(&base64);
    }
}

static bool
reads(bool (*read)(const char *, size_t, mig_buf *), const char *text, const char *expected)
{
    mig_buf out = MIG_BUF_INIT;
    bool    ok = read(text, strlen(text), &out) && strcmp(mig_buf_text(&out), expected) == 0;

    mig_buf_fini(&out);
    return ok;
}

Test(bytes, are_read_back_from_them)
{
    for (size_t i = 0; i < N_VECTORS; i++) {
        cr_expect(reads(mig__bytes_of_hex, vectors[i].hex, vectors[i].bytes));
        cr_expect(reads(mig__bytes_of_base64, vectors[i].base64, vectors[i].bytes));
    }
    cr_expect(reads(mig__bytes_of_hex, "\\x4A4b", "JK"));
    cr_expect(reads(mig__bytes_of_hex, "0x4a", "J"));
}

Test(bytes, other_texts_are_none)
{
    static const char *const no_hex[] = {"6", "6g", " 66", "66 ", "\\x6"};
    static const char *const no_base64[] = {
        "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm 9", "Zm9-", "Zg==Zg=="};
    mig_buf out = MIG_BUF_INIT;

    for (size_t i = 0; i < sizeof no_hex / sizeof no_hex[0]; i++)
        cr_expect_not(mig__bytes_of_hex(no_hex[i], strlen(no_hex[i]), &out), "%s", no_hex[i]);
    for (size_t i = 0; i < sizeof no_base64 / sizeof no_base64[0]; i++)
        cr_expect_not(mig__bytes_of_base64(no_base64[i], strlen(no_base64[i]), &out), "%s",
                      no_base64[i]);
    mig_buf_fini(&out);
}
