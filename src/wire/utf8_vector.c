/*
 * utf8_vector.c - is a text UTF-8 without NUL, 16 bytes at a time.
 *
 * Three table lookups for all bytes at once tell of each two neighbouring bytes
 * what is wrong with them: by the upper and the lower half of the first and the
 * upper half of the second.  A fault is a bit that all three tables have set.
 * What two bytes cannot tell is whether a second or third continuation is due;
 * that follows from the bytes two and three places before.  There is no branch on
 * what the bytes are, so texts in several scripts cost what others do.
 *
 * Source: J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One
 * Instruction Per Byte", Software: Practice and Experience 51(5), 2021.
 *
 * The lookup is an instruction of SSSE3, which a processor of the x86-64 baseline
 * need not have: it is asked once per text.  Elsewhere there is the way byte by
 * byte (utf8.c).
 */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

#include <tmmintrin.h>

#define VECTOR __attribute__((target("ssse3")))
#define INLINE static inline __attribute__((always_inline, target("ssse3")))

#define WIDTH 16

/* What is wrong with two bytes, each a bit. */
enum {
    TOO_SHORT = 1 << 0,   /* a lead, then no continuation */
    TOO_LONG = 1 << 1,    /* ASCII, then a continuation */
    OVERLONG_3 = 1 << 2,  /* E0, then below A0 */
    TOO_LARGE = 1 << 3,   /* F4, then above 8F; F5 and above */
    SURROGATE = 1 << 4,   /* ED, then above 9F */
    OVERLONG_2 = 1 << 5,  /* C0, C1 */
    OVERLONG_4 = 1 << 6,  /* F0, then below 90 */
    TOO_LARGE_8 = 1 << 6, /* F5 and above, then below 90: the same bit, other bytes */
    TWO_RESTS = 1 << 7,   /* two continuations: right if a second or third one is due */
    WHATEVER_IS_LOW = TOO_SHORT | TOO_LONG | TWO_RESTS,
    CONTINUATION = TOO_LONG | OVERLONG_2 | TWO_RESTS,
};

/* By the upper half of the first byte. */
static const uint8_t first_high[WIDTH] = {
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TWO_RESTS,
    TWO_RESTS,
    TWO_RESTS,
    TWO_RESTS,
    TOO_SHORT | OVERLONG_2,
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | OVERLONG_4 | TOO_LARGE_8,
};

/* By its lower half. */
static const uint8_t first_low[WIDTH] = {
    WHATEVER_IS_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4,
    WHATEVER_IS_LOW | OVERLONG_2,
    WHATEVER_IS_LOW,
    WHATEVER_IS_LOW,
    WHATEVER_IS_LOW | TOO_LARGE,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8 | SURROGATE,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
    WHATEVER_IS_LOW | TOO_LARGE | TOO_LARGE_8,
};

/* By the upper half of the second. */
static const uint8_t second_high[WIDTH] = {
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    CONTINUATION | OVERLONG_3 | OVERLONG_4 | TOO_LARGE_8,
    CONTINUATION | OVERLONG_3 | TOO_LARGE,
    CONTINUATION | SURROGATE | TOO_LARGE,
    CONTINUATION | SURROGATE | TOO_LARGE,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
};

INLINE __m128i
load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

INLINE __m128i
look_up(const uint8_t table[WIDTH], __m128i halves)
{
    return _mm_shuffle_epi8(load(table), halves);
}

INLINE __m128i
upper_half(__m128i bytes)
{
    return _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(0x0f));
}

/* What is wrong in 16 bytes, given those before them; zero bytes are not looked for. */
INLINE __m128i
faults_of(__m128i bytes, __m128i before)
{
    const __m128i one_back = _mm_alignr_epi8(bytes, before, 15);
    const __m128i two_back = _mm_alignr_epi8(bytes, before, 14);
    const __m128i three_back = _mm_alignr_epi8(bytes, before, 13);
    const __m128i pairs = _mm_and_si128(
        _mm_and_si128(look_up(first_high, upper_half(one_back)),
                      look_up(first_low, _mm_and_si128(one_back, _mm_set1_epi8(0x0f)))),
        look_up(second_high, upper_half(bytes)));
    /* The top bit: two back stands E0 or above, three back F0 or above. */
    const __m128i due = _mm_or_si128(_mm_subs_epu8(two_back, _mm_set1_epi8(0xe0 - 0x80)),
                                     _mm_subs_epu8(three_back, _mm_set1_epi8(0xf0 - 0x80)));

    return _mm_xor_si128(_mm_and_si128(due, _mm_set1_epi8((char)TWO_RESTS)), pairs);
}

INLINE uint64_t
load64(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

INLINE uint32_t
load32(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

/* len < 16 bytes, 1 behind them: ASCII, so that a character that is cut off is seen, and no NUL. */
INLINE __m128i
load_tail(const char *text, size_t len)
{
    uint64_t low = 0, high = 0;

    if (len >= 8) {
        low = load64(text);
        high = len > 8 ? load64(text + len - 8) >> 8 * (16 - len) : 0;
        high |= UINT64_C(0x0101010101010101) << 8 * (len - 8);
    } else {
        if (len >= 4)
            low = load32(text) | (uint64_t)load32(text + len - 4) << 8 * (len - 4);
        else
            for (size_t i = 0; i < len; i++)
                low |= (uint64_t)(unsigned char)text[i] << 8 * i;
        low |= UINT64_C(0x0101010101010101) << 8 * len;
        high = UINT64_C(0x0101010101010101);
    }
    return _mm_set_epi64x((long long)high, (long long)low);
}

VECTOR bool
mig__utf8_is_valid_vector(const char *text, size_t len)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i       before = zero, faults = zero, bytes;
    size_t        i = 0;

    for (; len - i >= WIDTH; i += WIDTH) {
        bytes = load(text + i);
        faults = _mm_or_si128(faults, faults_of(bytes, before));
        faults = _mm_or_si128(faults, _mm_cmpeq_epi8(bytes, zero));
        before = bytes;
    }
    bytes = load_tail(text + i, len - i);
    faults = _mm_or_si128(faults, faults_of(bytes, before));
    faults = _mm_or_si128(faults, _mm_cmpeq_epi8(bytes, zero));
    return _mm_movemask_epi8(_mm_cmpeq_epi8(faults, zero)) == 0xffff;
}

bool
mig__utf8_has_vector(void)
{
    return __builtin_cpu_supports("ssse3");
}

#else

bool
mig__utf8_has_vector(void)
{
    return false;
}

bool
mig__utf8_is_valid_vector(const char *text, size_t len)
{
    return mig__utf8_is_valid_bytewise(text, len);
}

#endif
