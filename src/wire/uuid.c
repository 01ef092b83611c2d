/*
 * uuid.c - UUIDs between text and bytes.
 *
 * Runs once per value on the readers' threads; pure.  Digits are looked up in
 * a table: which of them are letters is random, so a branch per digit would be
 * guessed wrong all the time.
 */
#include "mig/codec.h"

#include <string.h>

#define UUID_TEXT_LEN 36

/* The digit's value with this bit beside it; 0 for what is no digit. */
#define IS_HEX 0x10

static const unsigned char hex_values[256] = {
    ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15,
    ['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19, ['a'] = 0x1a, ['b'] = 0x1b,
    ['c'] = 0x1c, ['d'] = 0x1d, ['e'] = 0x1e, ['f'] = 0x1f, ['A'] = 0x1a, ['B'] = 0x1b,
    ['C'] = 0x1c, ['D'] = 0x1d, ['E'] = 0x1e, ['F'] = 0x1f,
};

/* Where each byte's two digits stand in the text. */
static const unsigned char positions[16] = {0,  2,  4,  6,  9,  11, 14, 16,
                                            19, 21, 24, 26, 28, 30, 32, 34};

bool
mig_uuid_parse(const char *text, size_t len, unsigned char out[16])
{
    unsigned char bytes[16];
    unsigned      all = IS_HEX;

    if (len != UUID_TEXT_LEN || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
        text[23] != '-')
        return false;
    for (size_t i = 0; i < 16; i++) {
        unsigned high = hex_values[(unsigned char)text[positions[i]]];
        unsigned low = hex_values[(unsigned char)text[positions[i] + 1]];

        all &= high & low;
        bytes[i] = (unsigned char)(high << 4 | (low & 15));
    }
    if (all != IS_HEX)
        return false;
    memcpy(out, bytes, sizeof bytes);
    return true;
}

void
mig_uuid_format(const unsigned char uuid[16], char out[37])
{
    static const char digits[] = "0123456789abcdef";

    out[8] = out[13] = out[18] = out[23] = '-';
    for (size_t i = 0; i < 16; i++) {
        out[positions[i]] = digits[uuid[i] >> 4];
        out[positions[i] + 1] = digits[uuid[i] & 15];
    }
    out[UUID_TEXT_LEN] = '\0';
}
