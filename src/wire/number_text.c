/*
 * number_text.c - which texts SQLite takes for numbers.
 */
#include "mig/convert.h"

static size_t
skip_spaces(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
        at++;
    return at;
}

static size_t
skip_digits(const char *text, size_t len, size_t at)
{
    while (at < len && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

static size_t
skip_sign(const char *text, size_t len, size_t at)
{
    return at < len && (text[at] == '+' || text[at] == '-') ? at + 1 : at;
}

/* Spaces, sign, digits with a point somewhere, an exponent, spaces: sqlite3AtoF of util.c. */
bool
mig_is_number(const char *text, size_t len)
{
    size_t at = skip_sign(text, len, skip_spaces(text, len, 0));
    size_t end = skip_digits(text, len, at);
    size_t n_digits = end - at;

    at = end;
    if (at < len && text[at] == '.') {
        end = skip_digits(text, len, at + 1);
        n_digits += end - at - 1;
        at = end;
    }
    if (n_digits == 0)
        return false;
    if (at < len && (text[at] == 'e' || text[at] == 'E')) {
        at = skip_sign(text, len, at + 1);
        end = skip_digits(text, len, at);
        if (end == at)
            return false;
        at = end;
    }
    return skip_spaces(text, len, at) == len;
}
