/*
 * json.c - would PostgreSQL take this text as json or jsonb.
 *
 * Runs once per value on the readers' threads; pure but for the caller's
 * scratch.  The reader says which row holds a text the server would refuse; the
 * server, in the middle of a COPY, could only say that one of thousands of rows
 * does.
 *
 * The server's lexer and parser (src/common/jsonapi.c) are RFC 8259 to the
 * letter, and json is stored as it came.  jsonb is taken apart, which adds
 * limits: an escape must be a character that text can hold, a string must fit
 * a JEntry's length, a number must be a numeric.  Both verdicts are compared
 * with a server's by tests/db/test_codec_server.c.  One limit is left to the
 * server: the sum of an array's or object's parts, which no text of less than
 * 32 MiB can reach.
 *
 * In one thing this is stricter than the server: of a key that stands twice in
 * an object jsonb keeps the last value and says nothing of the others.  Such a
 * text is refused here (json_keys.c finds it).
 *
 * No recursion: open arrays and objects are one bit each, so a document made
 * to be deep costs no stack.
 */
#include "json_keys.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* jsonb: JENTRY_OFFLENMASK of the server, less the heads of an array and of its one element. */
#define STRING_LEN_MAX ((size_t)0x0fffffff - 8)

/* numeric: NUMERIC_DSCALE_MAX; and the highest power of ten, from NUMERIC_WEIGHT_MAX = 32767 digits
 * of base 10000 before the point. */
#define NUMERIC_SCALE_MAX 16383
#define NUMERIC_POWER_MAX 131071

/* numeric: an exponent of INT_MAX / 2 is refused before it is looked at what it would do. */
#define NUMERIC_EXPONENT_LIMIT INT64_C(1073741823)

#define ONES     UINT64_C(0x0101010101010101)
#define TOP_BITS UINT64_C(0x8080808080808080)

#define STACK_WORDS ((MIG_JSON_MAX_DEPTH + 63) / 64)

typedef struct scan {
    const char   *p; /* where it goes wrong, once why is set */
    const char   *text;
    const char   *end;
    mig_json_kind kind;
    const char   *why;
    unsigned      depth;
    uint64_t      in_object[STACK_WORDS]; /* bit d - 1: what is open at depth d is an object */

    /* MIG_JSON_BINARY alone. */
    mig_json_scratch *scratch;                       /* keys of the open objects; or NULL */
    size_t            first_key[MIG_JSON_MAX_DEPTH]; /* [d - 1]: of the object open at depth d */

    mig_json_verdict verdict; /* once it has failed */
    mig__json_pair   pair;    /* MIG_JSON_KEY_TWICE */
} scan;

static bool
fail_at(scan *s, const char *p, const char *why)
{
    s->p = p;
    s->why = why;
    return false;
}

static bool
fail(scan *s, const char *why)
{
    return fail_at(s, s->p, s->p == s->end ? "the text ends too early" : why);
}

static inline bool
at(const scan *s, char c)
{
    return s->p < s->end && *s->p == c;
}

static inline bool
at_digit(const scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static inline void
skip_space(scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
        s->p++;
}

/* ---- strings ---- */

/* Four hexadecimal digits at s->p. */
static bool
hex4(scan *s, unsigned *unitp)
{
    unsigned unit = 0;

    for (int i = 0; i < 4; i++, s->p++) {
        unsigned digit = 16;

        if (at_digit(s))
            digit = (unsigned)(*s->p - '0');
        else if (s->p < s->end && (*s->p | 0x20) >= 'a' && (*s->p | 0x20) <= 'f')
            digit = (unsigned)((*s->p | 0x20) - 'a' + 10);
        if (digit == 16)
            return fail(s, "\\u needs four hexadecimal digits");
        unit = unit * 16 + digit;
    }
    *unitp = unit;
    return true;
}

/* Behind "\u": a character that jsonb can hold.  *lenp is what it takes in UTF-8. */
static bool
unicode_escape_jsonb(scan *s, const char *start, size_t *lenp)
{
    unsigned unit, low;

    if (!hex4(s, &unit))
        return false;
    if (unit == 0)
        return fail_at(s, start, "jsonb cannot hold \\u0000");
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return fail_at(s, start, "jsonb cannot hold a low surrogate without a high one");
    if (unit < 0xd800 || unit > 0xdfff) {
        *lenp = unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        return true;
    }
    if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
        return fail_at(s, start, "jsonb cannot hold a high surrogate without a low one");
    s->p += 2;
    if (!hex4(s, &low))
        return false;
    if (low < 0xdc00 || low > 0xdfff)
        return fail_at(s, start, "jsonb cannot hold a high surrogate without a low one");
    *lenp = 4;
    return true;
}

/* At a backslash.  *lenp is what the character takes in UTF-8. */
static bool
escape(scan *s, size_t *lenp)
{
    const char *start = s->p++;
    unsigned    unit;

    *lenp = 1;
    if (s->p == s->end)
        return fail(s, NULL);
    switch (*s->p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        s->p++;
        return true;
    case 'u':
        s->p++;
        return s->kind == MIG_JSON_BINARY ? unicode_escape_jsonb(s, start, lenp) : hex4(s, &unit);
    default:
        return fail_at(s, start, "there is no such escape");
    }
}

/* Moves up to what ends or breaks a string, or to the last few bytes of the text. */
static inline void
skip_plain_words(scan *s)
{
    while (s->end - s->p >= 8) {
        uint64_t word, quote, backslash, found;

        memcpy(&word, s->p, sizeof word);
        word = le64toh(word);
        quote = word ^ ONES * '"';
        backslash = word ^ ONES * '\\';
        /* (x - n) & ~x has a top bit set if a byte of x is below n, and the lowest one that is set
         * belongs to such a byte. */
        found = (quote - ONES) & ~quote;
        found |= (backslash - ONES) & ~backslash;
        found |= (word - ONES * ' ') & ~word;
        found &= TOP_BITS;
        if (found != 0) {
            s->p += __builtin_ctzll(found) / 8;
            return;
        }
        s->p += 8;
    }
}

static inline bool
is_plain(char c)
{
    return c != '"' && c != '\\' && (unsigned char)c >= ' ';
}

/* At the opening quote.  *n_savedp: bytes of escapes that are not bytes of the character. */
static inline bool
string(scan *s, size_t *n_savedp)
{
    const char *start = s->p++;
    size_t      n_saved = 0;

    for (;;) {
        skip_plain_words(s);
        while (s->p < s->end && is_plain(*s->p))
            s->p++;
        if (at(s, '\\')) {
            const char *escape_start = s->p;
            size_t      char_len;

            if (!escape(s, &char_len))
                return false;
            n_saved += (size_t)(s->p - escape_start) - char_len;
            continue;
        }
        if (!at(s, '"'))
            return fail(s, "a control character in a string must be escaped");
        break;
    }
    if (s->kind == MIG_JSON_BINARY && (size_t)(s->p - start) - 1 - n_saved > STRING_LEN_MAX)
        return fail_at(s, start, "jsonb cannot hold so long a string");
    s->p++;
    *n_savedp = n_saved;
    return true;
}

/* ---- numbers ---- */

/* At least one digit; *n_digitsp of them, of which *n_zerosp zeros lead. */
static bool
digits(scan *s, int64_t *n_digitsp, int64_t *n_zerosp)
{
    const char *start = s->p;

    while (at(s, '0'))
        s->p++;
    *n_zerosp = s->p - start;
    while (at_digit(s))
        s->p++;
    *n_digitsp = s->p - start;
    return *n_digitsp > 0 || fail(s, "a digit is expected");
}

/* Behind the e.  Saturates at the limit. */
static bool
exponent(scan *s, int64_t *exponentp)
{
    bool    negative = at(s, '-');
    int64_t value = 0;

    if (at(s, '-') || at(s, '+'))
        s->p++;
    if (!at_digit(s))
        return fail(s, "a digit is expected");
    for (; at_digit(s); s->p++)
        if (value < NUMERIC_EXPONENT_LIMIT)
            value = value * 10 + (*s->p - '0');
    *exponentp = negative ? -value : value;
    return true;
}

/* At a minus sign or a digit. */
static bool
number(scan *s)
{
    const char *start = s->p;
    int64_t     n_whole, n_whole_zeros, power = 0;
    int64_t     n_fraction = 0, n_fraction_zeros = 0;
    bool        is_zero;

    if (at(s, '-'))
        s->p++;
    if (at(s, '0')) {
        s->p++; /* Stands alone before the point. */
        n_whole = n_whole_zeros = 1;
    } else if (!digits(s, &n_whole, &n_whole_zeros)) {
        return false;
    }
    if (at(s, '.')) {
        s->p++;
        if (!digits(s, &n_fraction, &n_fraction_zeros))
            return false;
    }
    if (at(s, 'e') || at(s, 'E')) {
        s->p++;
        if (!exponent(s, &power))
            return false;
    }
    if (s->kind != MIG_JSON_BINARY)
        return true;

    is_zero = n_whole_zeros == n_whole && n_fraction_zeros == n_fraction;
    if (power >= NUMERIC_EXPONENT_LIMIT || power <= -NUMERIC_EXPONENT_LIMIT ||
        n_fraction - power > NUMERIC_SCALE_MAX)
        return fail_at(s, start, "the number is out of numeric's range");
    /* From the exponent of the last digit before the point to that of the first that counts. */
    power += n_whole_zeros < n_whole ? n_whole - 1 : -n_fraction_zeros - 1;
    if (!is_zero && power > NUMERIC_POWER_MAX)
        return fail_at(s, start, "the number is out of numeric's range");
    return true;
}

/* ---- structure ---- */

static bool
literal(scan *s)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i]);

        if ((size_t)(s->end - s->p) >= len && memcmp(s->p, words[i], len) == 0) {
            s->p += len;
            return true;
        }
    }
    return fail(s, "a value is expected");
}

/* Behind a key, whose opening quote is at start. */
static bool
remember_key(scan *s, const char *start, size_t n_saved)
{
    size_t raw_len = (size_t)(s->p - start) - 2;

    if (mig__json_keys_add(s->scratch, s->text, (size_t)(start - s->text), raw_len,
                           raw_len - n_saved))
        return true;
    s->verdict = MIG_JSON_NO_MEMORY;
    return false;
}

/* Up to where the value is expected: the key and its colon. */
static bool
key(scan *s)
{
    const char *start;
    size_t      n_saved;

    skip_space(s);
    if (!at(s, '"'))
        return fail(s, "a key in double quotes is expected");
    start = s->p;
    if (!string(s, &n_saved))
        return false;
    if (s->scratch != NULL && !remember_key(s, start, n_saved))
        return false;
    skip_space(s);
    if (!at(s, ':'))
        return fail(s, "a colon is expected");
    s->p++;
    return true;
}

/* An object has ended that has at least one key. */
static bool
check_keys(scan *s)
{
    if (mig__json_keys_end(s->scratch, s->text, s->first_key[s->depth], &s->pair))
        return true;
    s->verdict = MIG_JSON_KEY_TWICE;
    return fail_at(s, s->text + s->pair.second,
                   "a key stands twice in one object; jsonb would keep only the last");
}

static inline bool
inside_object(const scan *s)
{
    return (s->in_object[(s->depth - 1) / 64] >> ((s->depth - 1) % 64) & 1) != 0;
}

/* At a bracket: goes inside, to the first value or, *emptyp, out again. */
static bool
open_container(scan *s, bool *emptyp)
{
    bool     object = *s->p == '{';
    uint64_t bit = UINT64_C(1) << s->depth % 64;

    *emptyp = false;
    if (s->depth == MIG_JSON_MAX_DEPTH)
        return fail(s, "nested too deep");
    if (object)
        s->in_object[s->depth / 64] |= bit;
    else
        s->in_object[s->depth / 64] &= ~bit;
    s->depth++;
    s->p++;
    skip_space(s);
    if (at(s, object ? '}' : ']')) {
        s->depth--;
        s->p++;
        *emptyp = true;
        return true;
    }
    if (!object)
        return true;
    if (s->scratch != NULL)
        s->first_key[s->depth - 1] = s->scratch->n_keys;
    return key(s);
}

/* At a value.  *openedp: it was opened, and the next value is inside of it. */
static bool
begin_value(scan *s, bool *openedp)
{
    size_t n_saved;
    bool   empty;

    *openedp = false;
    skip_space(s);
    if (s->p == s->end)
        return fail(s, NULL);
    switch (*s->p) {
    case '{':
    case '[':
        if (!open_container(s, &empty))
            return false;
        *openedp = !empty;
        return true;
    case '"':
        return string(s, &n_saved);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return number(s);
    default:
        return literal(s);
    }
}

/* Behind a value: closes what ends here, up to the next value or, with depth 0, the end. */
static bool
end_value(scan *s)
{
    for (;;) {
        bool object;

        skip_space(s);
        if (s->depth == 0)
            return s->p == s->end || fail(s, "there is more text behind the value");
        object = inside_object(s);
        if (at(s, ',')) {
            s->p++;
            return !object || key(s);
        }
        if (!at(s, object ? '}' : ']'))
            return fail(s, "a comma or the closing bracket is expected");
        s->depth--;
        s->p++;
        if (object && s->scratch != NULL && !check_keys(s))
            return false;
    }
}

static bool
document(scan *s)
{
    do {
        bool opened;

        if (!begin_value(s, &opened))
            return false;
        if (!opened && !end_value(s))
            return false;
    } while (s->depth > 0);
    return true;
}

/* Bytes between the quotes of the string at p, which was looked at before. */
static size_t
raw_len_of(const char *p)
{
    const char *start = ++p;

    while (*p != '"')
        p += *p == '\\' ? 2 : 1;
    return (size_t)(p - start);
}

mig_json_verdict
mig_json_check(const char *text, size_t len, mig_json_kind kind, mig_json_scratch *scratch,
               mig_json_fault *fault)
{
    scan s;

    s.p = s.text = text;
    s.end = text + len;
    s.kind = kind;
    s.why = NULL;
    s.depth = 0;
    s.scratch = kind == MIG_JSON_BINARY ? scratch : NULL;
    s.verdict = MIG_JSON_REFUSED;
    if (s.scratch != NULL)
        mig__json_keys_clear(scratch);
    if (document(&s))
        return MIG_JSON_OK;
    if (s.verdict == MIG_JSON_NO_MEMORY)
        return s.verdict;
    fault->offset = (size_t)(s.p - text);
    fault->why = s.why;
    if (s.verdict == MIG_JSON_KEY_TWICE) {
        fault->first_offset = s.pair.first;
        fault->key_len = raw_len_of(s.p);
    }
    return s.verdict;
}
