/*
 * buf_json.c - a text as a string of JSON (RFC 8259).
 *
 * What is not UTF-8 cannot stand in one: each such byte becomes U+FFFD.
 */
#include "mig/buf.h"

/* The length of the character at p, of at most len bytes; 0 if it is none (RFC 3629). */
static size_t
char_len(const unsigned char *p, size_t len)
{
    static const struct {
        unsigned char first, last, least, greatest; /* of the first byte, of the second */
        size_t        len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        if (len < forms[i].len ||
            (forms[i].len > 1 && (p[1] < forms[i].least || p[1] > forms[i].greatest)))
            return 0;
        for (size_t k = 2; k < forms[i].len; k++)
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
        return forms[i].len;
    }
    return 0;
}

void
mig_buf_json(mig_buf *buf, const char *text, size_t len)
{
    mig_buf_puts(buf, "\"");
    for (size_t at = 0, n; at < len; at += n) {
        unsigned char c = (unsigned char)text[at];

        n = char_len((const unsigned char *)text + at, len - at);
        if (n == 0) {
            mig_buf_puts(buf, "\xef\xbf\xbd");
            n = 1;
        } else if (c == '"' || c == '\\') {
            mig_buf_printf(buf, "\\%c", c);
        } else if (c == '\n') {
            mig_buf_puts(buf, "\\n");
        } else if (c < 0x20 || c == 0x7f) {
            mig_buf_printf(buf, "\\u%04x", c);
        } else {
            mig_buf_add(buf, text + at, n);
        }
    }
    mig_buf_puts(buf, "\"");
}
