/*
 * type_text.c - a type's name in its pieces.
 */
#include "type_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Quotes around a word of a type say nothing more about it. */
static bool
is_quote(char c)
{
    return c == '"' || c == '`' || c == '\'';
}

static bool
is_blank(char c)
{
    return isspace((unsigned char)c) != 0;
}

/* One integer and what is behind it; NULL: something else stands there. */
static const char *
read_modifier(const char *text, int32_t *valuep)
{
    char *end;
    long  value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (end == text || errno != 0 || value < INT32_MIN || value > INT32_MAX)
        return NULL;
    *valuep = (int32_t)value;
    while (is_blank(*end))
        end++;
    return end;
}

/* What stands between parentheses; returns the closing one, or NULL. */
static const char *
read_modifiers(const char *text, mig__type_text *type)
{
    const char *close = strchr(text, ')');
    const char *at = text;

    type->n_modifiers = 0;
    while (close != NULL && type->n_modifiers >= 0) {
        at = type->n_modifiers < 2 ? read_modifier(at, &type->modifiers[type->n_modifiers]) : NULL;
        if (at == NULL || (*at != ',' && at != close)) {
            type->n_modifiers = -1;
            break;
        }
        type->n_modifiers++;
        if (at++ == close)
            break;
    }
    return close;
}

static bool
ends_in(char *words, const char *end)
{
    size_t len = strlen(words), n = strlen(end);

    if (len <= n || strcmp(words + len - n, end) != 0)
        return false;
    words[len - n] = '\0';
    return true;
}

/* "integer[]", "integer[3][]" and "integer array". */
static void
take_array(mig__type_text *type)
{
    char *bracket = strchr(type->words, '[');

    if (bracket != NULL) {
        if (bracket[strspn(bracket, "[]0123456789 ")] != '\0')
            return;
        while (bracket > type->words && bracket[-1] == ' ')
            bracket--;
        *bracket = '\0';
        type->array = true;
    } else {
        type->array = ends_in(type->words, " array");
    }
}

bool
mig__type_read(const char *text, mig__type_text *type)
{
    bool   in_word = false, seen = false;
    size_t len = 0;

    *type = (mig__type_text){.n_modifiers = 0};
    for (; *text != '\0'; text++) {
        if (len + 2 >= sizeof type->words || *text == ')' || (*text == '(' && seen))
            return false;
        if (*text == '(') {
            text = read_modifiers(text + 1, type);
            if (text == NULL)
                return false;
            seen = true;
            in_word = false;
        } else if (is_blank(*text)) {
            in_word = false;
        } else if (!is_quote(*text)) {
            if (!in_word && len > 0 && *text != '[')
                type->words[len++] = ' ';
            type->words[len++] = (char)tolower((unsigned char)*text);
            in_word = true;
        }
    }
    take_array(type);
    return true;
}
