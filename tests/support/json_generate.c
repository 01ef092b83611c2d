/*
 * json_generate.c - random JSON documents, and random damage to them.
 */
#include <stdio.h>
#include <string.h>

#include "json_cases.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Bound of what five open levels still write, each with its keys, before they are closed. */
#define ROOM_TO_CLOSE 4096

typedef struct json_writer {
    case_random *random;
    char        *out;
    size_t       len;
    size_t       size;
    unsigned     n_keys;   /* written so far */
    bool         repeats;  /* keys are chosen from a few */
    bool         repeated; /* one object has a key twice */
} json_writer;

static void
put(json_writer *w, const char *text)
{
    size_t len = strlen(text);

    if (w->len + len < w->size) {
        memcpy(w->out + w->len, text, len);
        w->len += len;
    }
}

static const char *
any_of(case_random *random, const char *const *texts, size_t n)
{
    return texts[case_random_below(random, (unsigned)n)];
}

static void
put_space(json_writer *w)
{
    static const char *const spaces[] = {"", "", "", "", "", " ", "\n", "\t", "\r\n", "  "};

    put(w, any_of(w->random, spaces, COUNT(spaces)));
}

static void
put_pieces(json_writer *w)
{
    static const char *const pieces[] = {
        "a",
        "key",
        "long enough for words",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u00e9",
        "\\u20ac",
        "\\ud83d\\ude00",
        "\xd0\x96",
        " ",
        "\xf0\x9f\x98\x80",
        "\x7f",
    };
    unsigned n = case_random_below(w->random, 5);

    while (n-- > 0)
        put(w, any_of(w->random, pieces, COUNT(pieces)));
}

static void
put_string(json_writer *w)
{
    put(w, "\"");
    put_pieces(w);
    put(w, "\"");
}

/* Any string, and a number that no other key has. */
static void
put_new_key(json_writer *w)
{
    char number[16];

    snprintf(number, sizeof number, "%u\"", w->n_keys++);
    put(w, "\"");
    put_pieces(w);
    put(w, number);
}

/* One of a few keys in any of its spellings.  *usedp: a bit for each the object has. */
static void
put_repeated_key(json_writer *w, unsigned *usedp)
{
    static const char *const spellings[][3] = {
        {"a", "\\u0061", "a"},
        {"\\u0041", "A", "A"},
        {"", "", ""},
        {"a\\\\", "\\u0061\\u005c", "\\u0061\\\\"},
        {"\\\"\\/", "\\u0022/", "\\\"\\u002F"},
        {"\\n", "\\u000a", "\\u000A"},
        {"u0061", "\\u00750061", "\\u00750\\u003061"},
        {"a nd more than eight", "a nd more than eigh\\u0074", "\\u0061 nd more than eight"},
        {"a nd more than nine.", "a nd more than nine\\u002e", "\\u0061 nd more than nine."},
        {"\xc3\xa9", "\\u00e9", "\\u00E9"},
        {"e\xcc\x81", "e\\u0301", "\\u0065\\u0301"},
        {"\xe2\x82\xac", "\\u20ac", "\\u20AC"},
        {"\xf0\x9f\x98\x80", "\\ud83d\\ude00", "\\uD83D\\uDE00"},
        {"\xf4\x8f\xbf\xbf", "\\udbff\\udfff", "\\uDBFF\\uDFFF"},
        {"\\b\\f", "\\u0008\\u000c", "\\u0008\\f"},
    };
    unsigned name = case_random_below(w->random, COUNT(spellings));

    w->repeated |= (*usedp >> name & 1) != 0;
    *usedp |= 1u << name;
    put(w, "\"");
    put(w, any_of(w->random, spellings[name], 3));
    put(w, "\"");
}

static void
put_number(json_writer *w)
{
    static const char *const fractions[] = {"", "", ".0", ".5", ".000001", ".123456789012"};
    static const char *const powers[] = {"", "", "", "e1", "E-3", "e+20", "e-300"};
    char                     whole[24];

    snprintf(whole, sizeof whole, "%s%u", case_random_below(w->random, 4) == 0 ? "-" : "",
             case_random_below(w->random, 3) == 0 ? 0 : case_random_below(w->random, 1000000));
    put(w, whole);
    put(w, any_of(w->random, fractions, COUNT(fractions)));
    put(w, any_of(w->random, powers, COUNT(powers)));
}

static void
put_value(json_writer *w, unsigned depth)
{
    static const char *const literals[] = {"null", "true", "false"};
    unsigned                 kind = case_random_below(w->random, depth == 0 ? 4 : 8);
    bool                     object = kind < 6;
    unsigned                 n = case_random_below(w->random, w->repeats ? 7 : 4);
    unsigned                 used = 0;

    if (w->size - w->len < ROOM_TO_CLOSE) {
        put(w, "1");
        return;
    }
    put_space(w);
    if (kind < 1) {
        put(w, any_of(w->random, literals, COUNT(literals)));
    } else if (kind < 2) {
        put_number(w);
    } else if (kind < 4) {
        put_string(w);
    } else {
        put(w, object ? "{" : "[");
        for (unsigned i = 0; i < n; i++) {
            put(w, i > 0 ? "," : "");
            put_space(w);
            if (object) {
                if (w->repeats)
                    put_repeated_key(w, &used);
                else
                    put_new_key(w);
                put_space(w);
                put(w, ":");
            }
            put_value(w, depth - 1);
        }
        put_space(w);
        put(w, object ? "}" : "]");
    }
    put_space(w);
}

size_t
json_generate(case_random *random, char *out, size_t size)
{
    json_writer w = {.random = random, .out = out, .size = size};

    put_value(&w, case_random_below(random, 6));
    out[w.len] = '\0';
    return w.len;
}

size_t
json_generate_repeating(case_random *random, char *out, size_t size, bool *repeatedp)
{
    json_writer w = {.random = random, .out = out, .size = size, .repeats = true};

    put_value(&w, 1 + case_random_below(random, 5));
    out[w.len] = '\0';
    *repeatedp = w.repeated;
    return w.len;
}

size_t
json_mutate(case_random *random, char *text, size_t len, size_t size)
{
    static const char *const pieces[] = {
        "{",       "}",       "[",  "]",    ",",    ":",        "\"", "\\", "\\u",      "\\u0000",
        "\\ud83d", "\\ude00", "0",  "1",    "-",    "+",        ".",  "e",  "e9999999", "true",
        "null",    " ",       "\n", "\x01", "\x1f", "\xd0\x96", "/",  "a",  "'",        "\v",
    };
    unsigned n = 1 + case_random_below(random, 3);

    while (n-- > 0) {
        size_t      at = len == 0 ? 0 : case_random_below(random, (unsigned)len);
        const char *piece = any_of(random, pieces, COUNT(pieces));
        size_t      piece_len = strlen(piece);

        switch (case_random_below(random, 4)) {
        case 0: /* Drops a byte. */
            if (len > 0)
                memmove(text + at, text + at + 1, --len - at);
            break;
        case 1: /* Exchanges two bytes. */
            if (len > 1 && at + 1 < len) {
                char c = text[at];

                text[at] = text[at + 1];
                text[at + 1] = c;
            }
            break;
        case 2: /* Cuts the end off, now and then. */
            if (case_random_below(random, 4) == 0)
                len = at;
            break;
        default: /* Inserts. */
            if (len + piece_len < size) {
                memmove(text + at + piece_len, text + at, len - at);
                memcpy(text + at, piece, piece_len);
                len += piece_len;
            }
            break;
        }
    }
    text[len] = '\0';
    return len;
}

bool
string_of_alphabet(const char *alphabet, size_t max_len, uint64_t n, char *out)
{
    uint64_t base = strlen(alphabet);
    uint64_t n_of_len = base;
    size_t   len = 1;

    while (n >= n_of_len) {
        n -= n_of_len;
        n_of_len *= base;
        if (++len > max_len)
            return false;
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = alphabet[n % base];
        n /= base;
    }
    out[len] = '\0';
    return true;
}
