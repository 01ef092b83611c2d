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

/* Measured. */
#define LONG_TEXT 48

/*
 * What may come next, as the number of bits by which an entry of the table below is shifted: in
 * each entry the state behind its byte stands at the place of the state before it.  So a byte costs
 * a load and a shift, and no branch that texts in several scripts make hard to foresee.
 * Source: P. Vognsen, "Shift-based DFAs".
 */
enum {
    WRONG = 0,
    START = 6,     /* a character */
    ONE = 12,      /* one continuation */
    TWO = 18,      /* two */
    THREE = 24,    /* three */
    TWO_E0 = 30,   /* two, the first of which is not below A0: overlong */
    TWO_ED = 36,   /* ... not above 9F: a surrogate */
    THREE_F0 = 42, /* three, the first of which is not below 90: overlong */
    THREE_F4 = 48, /* ... not above 8F: beyond U+10FFFF */
};

#define STEP(from, to) ((uint64_t)(to) << (from))

/* A continuation: what it is to all states that take any. */
#define ANY_REST (STEP(ONE, START) | STEP(TWO, ONE) | STEP(THREE, TWO))

/* NUL is wrong here too. */
static const uint64_t steps[256] = {
    [0x01 ... 0x7f] = STEP(START, START),
    [0x80 ... 0x8f] = ANY_REST | STEP(TWO_ED, ONE) | STEP(THREE_F4, TWO),
    [0x90 ... 0x9f] = ANY_REST | STEP(TWO_ED, ONE) | STEP(THREE_F0, TWO),
    [0xa0 ... 0xbf] = ANY_REST | STEP(TWO_E0, ONE) | STEP(THREE_F0, TWO),
    [0xc2 ... 0xdf] = STEP(START, ONE),
    [0xe0] = STEP(START, TWO_E0),
    [0xe1 ... 0xec] = STEP(START, TWO),
    [0xed] = STEP(START, TWO_ED),
    [0xee ... 0xef] = STEP(START, TWO),
    [0xf0] = STEP(START, THREE_F0),
    [0xf1 ... 0xf3] = STEP(START, THREE),
    [0xf4] = STEP(START, THREE_F4),
};

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

/* The first fault of a text that has one. */
static mig_utf8_fault
find_fault(const char *text, size_t len, size_t *offsetp)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = char_len(text + i, len - i);
        if (n == 0 || text[i] == '\0') {
            *offsetp = i;
            return n == 0 ? MIG_UTF8_INVALID : MIG_UTF8_NUL;
        }
    }
    return MIG_UTF8_OK;
}

bool
mig__utf8_is_valid_bytewise(const char *text, size_t len)
{
    uint64_t state = START;
    size_t   i = 0;

    while (i < len) {
        size_t stop;

        if ((state & 63) == START)
            i += usual_len(text + i, len - i);
        /* What is not ASCII comes in runs: some bytes one by one before the next try. */
        stop = len - i < RUN_LEN ? len : i + RUN_LEN;
        for (; i < stop; i++)
            state = steps[(unsigned char)text[i]] >> (state & 63);
        if ((state & 63) == WRONG)
            return false;
    }
    return (state & 63) == START;
}

static bool
is_valid(const char *text, size_t len)
{
    size_t n_usual = 0;

    if (!mig__utf8_has_vector())
        return mig__utf8_is_valid_bytewise(text, len);
    /* A short text costs less than to look at how it begins. */
    if (len >= LONG_TEXT)
        n_usual = usual_len(text, len);
    return n_usual == len || mig__utf8_is_valid_vector(text + n_usual, len - n_usual);
}

mig_utf8_fault
mig_utf8_check(const char *text, size_t len, size_t *offsetp)
{
    return is_valid(text, len) ? MIG_UTF8_OK : find_fault(text, len, offsetp);
}
