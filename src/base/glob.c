/*
 * glob.c - matching with one step back.
 *
 * When something behind a star does not match, the star takes one character
 * more and the rest is tried again.  An earlier star never has to be looked at
 * again, so the time is at most the product of both lengths.
 */
#include "mig/glob.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the character at the front; 1 for a byte that begins none. */
static size_t
char_len(const char *text, size_t len)
{
    unsigned char first = (unsigned char)text[0];
    size_t        n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;

    if (n > len)
        return 1;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    return n;
}

/* The bytes of a character as one number: ordered as the code points are. */
static uint32_t
char_value(const char *text, size_t n)
{
    uint32_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)text[i];
    return value;
}

/* A set in brackets. */
typedef struct set {
    const char *end;  /* of the pattern */
    size_t      len;  /* of the set, brackets included; 0: there is no closing one */
    bool        hits; /* the character is in it */
} set;

/* The next character of a set, at *at, which is moved behind it. */
static uint32_t
take_member(const set *s, const char **at)
{
    size_t   n;
    uint32_t value;

    if (**at == '\\' && *at + 1 < s->end)
        ++*at;
    n = char_len(*at, (size_t)(s->end - *at));
    value = char_value(*at, n);
    *at += n;
    return value;
}

/* `pattern` begins with "[". */
static set
read_set(const char *pattern, const char *end, uint32_t wanted)
{
    set         s = {.end = end};
    const char *at = pattern + 1;
    bool        inverted = at < end && (*at == '!' || *at == '^');
    const char *first;

    at += inverted;
    first = at;
    while (at < end && (*at != ']' || at == first)) {
        uint32_t low = take_member(&s, &at), high = low;

        if (at + 1 < end && *at == '-' && at[1] != ']') {
            at++;
            high = take_member(&s, &at);
        }
        if (low <= wanted && wanted <= high)
            s.hits = true;
    }
    if (at < end)
        s.len = (size_t)(at + 1 - pattern);
    s.hits = s.hits != inverted;
    return s;
}

/* Bytes of the pattern that match the name's first character, of n bytes; 0 if it does not. */
static size_t
match_one(const char *pattern, const char *end, const char *name, size_t n)
{
    size_t left = (size_t)(end - pattern);

    if (*pattern == '?')
        return 1;
    if (*pattern == '[') {
        set s = read_set(pattern, end, char_value(name, n));

        if (s.len > 0)
            return s.hits ? s.len : 0;
    }
    if (*pattern == '\\' && left > 1)
        return left > n && memcmp(pattern + 1, name, n) == 0 ? n + 1 : 0;
    return left >= n && memcmp(pattern, name, n) == 0 ? n : 0;
}

bool
mig_glob_match(const char *pattern, size_t len, const char *name)
{
    const char *end = pattern + len;
    const char *star = NULL;  /* behind the last one */
    const char *again = NULL; /* where the name goes on behind what that star took */

    while (*name != '\0') {
        size_t n = char_len(name, strlen(name));
        size_t used = 0;

        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            again = name;
            continue;
        }
        if (pattern < end)
            used = match_one(pattern, end, name, n);
        if (used > 0) {
            pattern += used;
            name += n;
        } else if (star != NULL) {
            again += char_len(again, strlen(again));
            pattern = star;
            name = again;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

bool
mig_patterns_match(const mig_patterns *patterns, const char *name)
{
    for (size_t i = 0; i < patterns->n; i++)
        if (mig_glob_match(patterns->texts[i], strlen(patterns->texts[i]), name))
            return true;
    return false;
}
