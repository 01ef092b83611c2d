/*
 * bytes.c - hexadecimal digits and base64.
 */
#include "bytes.h"

#include <stdint.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
mig__bytes_to_hex(const unsigned char *data, size_t len, mig_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        const char two[2] = {hex_digits[data[i] >> 4], hex_digits[data[i] & 15]};

        mig_buf_add(out, two, 2);
    }
}

/* The value of a digit, or -1. */
static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool
mig__bytes_of_hex(const char *text, size_t len, mig_buf *out)
{
    if (len >= 2 && (text[0] == '\\' || text[0] == '0') && text[1] == 'x') {
        text += 2;
        len -= 2;
    }
    if (len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int  high = hex_value(text[i]), low = hex_value(text[i + 1]);
        char byte;

        if (high < 0 || low < 0)
            return false;
        byte = (char)(high << 4 | low);
        mig_buf_add(out, &byte, 1);
    }
    return true;
}

void
mig__bytes_to_base64(const unsigned char *data, size_t len, mig_buf *out)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t   n = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)data[i] << 16;
        char     four[4];

        if (n > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (n > 2)
            bits |= data[i + 2];
        four[0] = base64_digits[bits >> 18];
        four[1] = base64_digits[bits >> 12 & 63];
        four[2] = base64_digits[bits >> 6 & 63];
        four[3] = base64_digits[bits & 63];
        memset(four + n + 1, '=', 3 - n);
        mig_buf_add(out, four, 4);
    }
}

/* One group of four; the number of bytes in it, or 0. */
static size_t
decode_group(const char *four, bool last, unsigned char bytes[3])
{
    uint32_t bits = 0;
    size_t   n = last && four[3] == '=' ? (four[2] == '=' ? 1 : 2) : 3;

    for (size_t i = 0; i < 4; i++) {
        const char *digit = i <= n ? strchr(base64_digits, four[i]) : base64_digits;

        if (digit == NULL || *digit == '\0')
            return 0;
        bits = bits << 6 | (uint32_t)(digit - base64_digits);
    }
    bytes[0] = (unsigned char)(bits >> 16);
    bytes[1] = (unsigned char)(bits >> 8);
    bytes[2] = (unsigned char)bits;
    /* What stands behind the last byte. */
    return (bits & (n == 1 ? 0xffffu : n == 2 ? 0xffu : 0)) != 0 ? 0 : n;
}

bool
mig__bytes_of_base64(const char *text, size_t len, mig_buf *out)
{
    unsigned char bytes[3];

    if (len % 4 != 0)
        return false;
    for (size_t i = 0; i < len; i += 4) {
        size_t n = decode_group(text + i, i + 4 == len, bytes);

        if (n == 0)
            return false;
        mig_buf_add(out, (const char *)bytes, n);
    }
    return true;
}
