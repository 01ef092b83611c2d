/*
 * utf8.c - is a text UTF-8, and one that PostgreSQL can hold.
 *
 * Runs over every text on the readers' threads; pure.  Nearly all bytes are
 * ASCII, so 32 of them are looked at together for a byte that needs a closer
 * look: one of 0x80 and above, or NUL.  Without a byte of the first kind,
 * subtracting 1 from each byte of a word sets a top bit exactly if one was 0.
 */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

#include "mig/codec.h"

#define ONES     UINT64_C(0x0101010101010101)
#define TOP_BITS UINT64_C(0x8080808080808080)
#define RUN_LEN  16

static inline uint64_t
load_word(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

/* A top bit is set if the word holds a byte that is not ASCII or is NUL. */
static inline uint64_t
unusual(uint64_t word)
{
    return word | (word - ONES);
}

static inline bool
is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

static inline size_t
char_len(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned char        lead = s[0];

    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4) /* a continuation, an overlong form, beyond U+10FFFF */
        return 0;
    if (len < 2 || !is_continuation(s[1]))
        return 0;
    if (lead < 0xe0)
        return 2;
    if (len < 3 || !is_continuation(s[2]))
        return 0;
    if (lead < 0xf0) {
        if ((lead == 0xe0 && s[1] < 0xa0) || (lead == 0xed && s[1] > 0x9f))
            return 0; /* overlong, a surrogate */
        return 3;
    }
    if (len < 4 || !is_continuation(s[3]))
        return 0;
    if ((lead == 0xf0 && s[1] < 0x90) || (lead == 0xf4 && s[1] > 0x8f))
        return 0; /* overlong, beyond U+10FFFF */
    return 4;
}

size_t
mig__utf8_char_len(const char *text, size_t len)
{
    return char_len(text, len);
}

/* Behind the blocks and words at text that hold nothing unusual. */
static inline size_t
usual_len(const char *text, size_t len)
{
    size_t i = 0;

    for (; len - i >= 32; i += 32) {
        uint64_t found = unusual(load_word(text + i)) | unusual(load_word(text + i + 8)) |
                         unusual(load_word(text + i + 16)) | unusual(load_word(text + i + 24));

        if ((found & TOP_BITS) != 0)
            break;
    }
    while (len - i >= 8 && (unusual(load_word(text + i)) & TOP_BITS) == 0)
        i += 8;
    /* The last few bytes once more with those before them, in one word. */
    if (len >= 8 && len - i < 8 && (unusual(load_word(text + len - 8)) & TOP_BITS) == 0)
        i = len;
    return i;
}

mig_utf8_fault
mig_utf8_check(const char *text, size_t len, size_t *offsetp)
{
    size_t i = 0;

    while (i < len) {
        size_t stop, n;

        i += usual_len(text + i, len - i);
        /* What is not ASCII comes in runs: some characters one by one before the next try. */
        stop = len - i < RUN_LEN ? len : i + RUN_LEN;
        for (; i < stop; i += n) {
            n = char_len(text + i, len - i);
            if (n == 0 || text[i] == '\0') {
                *offsetp = i;
                return n == 0 ? MIG_UTF8_INVALID : MIG_UTF8_NUL;
            }
        }
    }
    return MIG_UTF8_OK;
}
