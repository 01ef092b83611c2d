/*
 * hex.c - hexadecimal digits.
 *
 * By hand, because strtoul and friends take signs, blanks and prefixes that a
 * key or ciphertext must not have.
 */
#include "hex.h"

static int
digit(char c)
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
mig__hex_decode(const char *hex, size_t len, unsigned char *out, size_t *faultp)
{
    for (size_t i = 0; i < len; i++) {
        int value = digit(hex[i]);

        if (value < 0) {
            *faultp = i;
            return false;
        }
        if (i % 2 == 1)
            out[i / 2] = (unsigned char)(out[i / 2] | value);
        else if (i + 1 < len)
            out[i / 2] = (unsigned char)(value << 4);
    }
    *faultp = len;
    return len % 2 == 0;
}

void
mig__hex_encode(const unsigned char *bytes, size_t n_digits, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n_digits; i++) {
        unsigned shift = i % 2 == 0 ? 4 : 0;

        out[i] = digits[(bytes[i / 2] >> shift) & 0x0f];
    }
    out[n_digits] = '\0';
}
