/*
 * image_xml.c - xml as a server gives it back.
 *
 * The server stores a document as it came and leaves of its declaration, when it
 * sends it, only what is not usual: a version other than 1.0, and whether it
 * stands alone.  If nothing of it stays, one newline behind it goes, too.
 * Source: parse_xml_decl, print_xml_decl and xml_out_internal,
 * src/backend/utils/adt/xml.c.
 */
#include <string.h>

#include "image.h"

typedef struct piece {
    const char *at;
    size_t      len;
} piece;

typedef struct declaration {
    piece       version;
    const char *standalone; /* yes, no, or NULL */
    const char *end;        /* behind it */
} declaration;

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
skip_blanks(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

static bool
is_at(const char *p, const char *end, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(end - p) >= len && memcmp(p, word, len) == 0;
}

/*
 * Blanks, the name, and a value in quotes, from *pp on.  *foundp: the name is there.  False: it is,
 * and not what it should be.
 */
static bool
attribute(const char **pp, const char *end, const char *name, bool *foundp, piece *value)
{
    const char *p = skip_blanks(*pp, end);
    const char *close;

    *foundp = is_at(p, end, name);
    if (!*foundp)
        return true;
    if (p == *pp)
        return false;
    p = skip_blanks(p + strlen(name), end);
    if (p == end || *p != '=')
        return false;
    p = skip_blanks(p + 1, end);
    if (p == end || (*p != '"' && *p != '\''))
        return false;
    close = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (close == NULL)
        return false;
    *value = (piece){p + 1, (size_t)(close - p - 1)};
    *pp = close + 1;
    return true;
}

static bool
says(const piece *value, const char *word)
{
    return value->len == strlen(word) && memcmp(value->at, word, value->len) == 0;
}

static bool
is_ascii(const char *p, const char *end)
{
    for (; p < end; p++)
        if ((unsigned char)*p > 127)
            return false;
    return true;
}

/* False: there is none, or none that the server takes for one. */
static bool
read_declaration(const char *text, const char *end, declaration *d)
{
    const char *p = text + 5;
    bool        found;
    piece       value;

    if (!is_at(text, end, "<?xml") || !attribute(&p, end, "version", &found, &d->version) ||
        !found || !attribute(&p, end, "encoding", &found, &value) ||
        !attribute(&p, end, "standalone", &found, &value))
        return false;
    d->standalone = NULL;
    if (found)
        d->standalone = says(&value, "yes") ? "yes" : says(&value, "no") ? "no" : "";
    p = skip_blanks(p, end);
    if (!is_at(p, end, "?>") || !is_ascii(text, p))
        return false;
    d->end = p + 2;
    return d->standalone == NULL || d->standalone[0] != '\0';
}

bool
mig__image_xml_differs(const char *text, size_t len)
{
    return len > 5 && is_at(text, text + len, "<?xml") && is_blank(text[5]);
}

void
mig__image_xml(const char *text, size_t len, mig_buf *out)
{
    const char *end = text + len;
    declaration d;

    if (!read_declaration(text, end, &d)) {
        mig_buf_add(out, text, len);
        return;
    }
    if (!says(&d.version, "1.0") || d.standalone != NULL) {
        mig_buf_puts(out, "<?xml version=\"");
        mig_buf_add(out, d.version.at, d.version.len);
        mig_buf_puts(out, "\"");
        if (d.standalone != NULL)
            mig_buf_printf(out, " standalone=\"%s\"", d.standalone);
        mig_buf_puts(out, "?>");
    } else if (d.end < end && *d.end == '\n') {
        d.end++;
    }
    mig_buf_add(out, d.end, (size_t)(end - d.end));
}
