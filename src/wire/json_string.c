/*
 * json_string.c - the characters that a string of JSON stands for.
 */
#include "json_string.h"

#include <stdint.h>
#include <string.h>

/* Four hexadecimal digits, which were looked at before. */
static uint32_t
unit_of(const char *digits)
{
    uint32_t unit = 0;

    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)((digits[i] & 0x0f) + (digits[i] > '9' ? 9 : 0));
    return unit;
}

static char *
put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (char)(0xe0 | c >> 12);
        } else {
            *out++ = (char)(0xf0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

/* Behind the backslash of an escape; *outp moves behind the character.  Returns what follows. */
static const char *
decode_escape(const char *p, char **outp)
{
    static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
    const char       *letter;
    uint32_t          c;

    if (*p != 'u') {
        letter = strchr(letters, *p);
        *(*outp)++ = letter != NULL ? controls[letter - letters] : *p;
        return p + 1;
    }
    c = unit_of(p + 1);
    p += 5;
    if (c >= 0xd800 && c <= 0xdbff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (unit_of(p + 2) - 0xdc00);
        p += 6;
    }
    *outp = put_utf8(*outp, c);
    return p;
}

char *
mig__json_decode(const char *p, const char *end, char *out)
{
    while (p < end) {
        if (*p == '\\')
            p = decode_escape(p + 1, &out);
        else
            *out++ = *p++;
    }
    return out;
}
