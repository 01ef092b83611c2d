/*
 * array.c - arrays of JSON as the text form of PostgreSQL's arrays.
 *
 * The text is checked as a whole first, so that what walks over it afterwards
 * meets nothing but JSON.
 */
#include "array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mig/codec.h"

typedef struct walk {
    const char *at;
    const char *end;
    mig_buf    *out;
} walk;

/* A character of the text between quotes; quotes and backslashes have a backslash before them. */
static void
add_quoted(mig_buf *out, const char *text, size_t len)
{
    if (len == 1 && (*text == '"' || *text == '\\'))
        mig_buf_add(out, "\\", 1);
    mig_buf_add(out, text, len);
}

static uint32_t
hex4(const char *text)
{
    char digits[5] = {text[0], text[1], text[2], text[3], '\0'};

    return (uint32_t)strtoul(digits, NULL, 16);
}

static size_t
utf8_of(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* \uXXXX, both halves of a surrogate pair; `at` is behind the u. */
static void
add_unicode(walk *w)
{
    uint32_t c = hex4(w->at);
    char     utf8[4];

    w->at += 4;
    if (c >= 0xd800 && c < 0xdc00) { /* The check has seen the other half. */
        c = 0x10000 + ((c - 0xd800) << 10) + (hex4(w->at + 2) - 0xdc00);
        w->at += 6;
    }
    add_quoted(w->out, utf8, utf8_of(c, utf8));
}

static void
add_escape(walk *w)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char              c = *w->at++;
    const char       *known = strchr(from, c);

    if (c == 'u')
        add_unicode(w);
    else if (known != NULL)
        add_quoted(w->out, &to[known - from], 1);
    else
        add_quoted(w->out, &c, 1);
}

static void
add_string(walk *w)
{
    mig_buf_puts(w->out, "\"");
    for (w->at++; *w->at != '"';) {
        if (*w->at == '\\') {
            w->at++;
            add_escape(w);
        } else {
            add_quoted(w->out, w->at++, 1);
        }
    }
    w->at++;
    mig_buf_puts(w->out, "\"");
}

/* An object: its own text, as one element. */
static void
add_object(walk *w)
{
    int  depth = 0;
    bool in_string = false;

    mig_buf_puts(w->out, "\"");
    do {
        char c = *w->at;

        if (in_string && c == '\\') {
            add_quoted(w->out, w->at++, 1);
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string) {
            depth += c == '{';
            depth -= c == '}';
        }
        add_quoted(w->out, w->at++, 1);
    } while (depth > 0);
    mig_buf_puts(w->out, "\"");
}

/* A number, true, false or null. */
static void
add_word(walk *w)
{
    size_t len = strcspn(w->at, ",]} \t\r\n");

    if (w->at[0] == 'n')
        mig_buf_puts(w->out, "NULL");
    else
        mig_buf_add(w->out, w->at, len);
    w->at += len;
}

bool
mig__array_from_json(const char *text, size_t len, mig_buf *out)
{
    mig_json_scratch scratch = MIG_JSON_SCRATCH_INIT;
    mig_json_fault   fault;
    walk             w = {.out = out};
    mig_buf          copy = MIG_BUF_INIT; /* with a terminator */
    bool             ok = false;

    /* As jsonb would be checked: its strings stand for characters. */
    if (mig_json_check(text, len, MIG_JSON_BINARY, &scratch, &fault) != MIG_JSON_OK)
        goto done;
    mig_buf_add(&copy, text, len);
    if (copy.failed)
        goto done;
    w.at = mig_buf_text(&copy);
    w.end = w.at + len;
    w.at += strspn(w.at, " \t\r\n");
    ok = *w.at == '[';
    while (ok && w.at < w.end) {
        switch (*w.at) {
        case '[':
        case ']':
            mig_buf_puts(out, *w.at++ == '[' ? "{" : "}");
            break;
        case ',':
            mig_buf_add(out, w.at++, 1);
            break;
        case ' ':
        case '\t':
        case '\r':
        case '\n':
            w.at++;
            break;
        case '"':
            add_string(&w);
            break;
        case '{':
            add_object(&w);
            break;
        default:
            add_word(&w);
        }
    }
done:
    mig_buf_fini(&copy);
    mig_json_scratch_fini(&scratch);
    return ok;
}

/* [+-]digits from `at` on; the end of it, or `at` where there is none. */
static size_t
skip_integer(const char *text, size_t len, size_t at)
{
    size_t first = at < len && (text[at] == '+' || text[at] == '-') ? at + 1 : at;
    size_t end = first;

    while (end < len && text[end] >= '0' && text[end] <= '9')
        end++;
    return end > first ? end : at;
}

bool
mig__array_has_bounds(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && text[at] == '[') {
        size_t middle = skip_integer(text, len, at + 1), end;

        if (middle == at + 1 || middle == len || text[middle] != ':')
            return false;
        end = skip_integer(text, len, middle + 1);
        if (end == middle + 1 || end == len || text[end] != ']')
            return false;
        at = end + 1;
    }
    return at > 0 && at < len && text[at] == '=';
}
