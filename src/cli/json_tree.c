/*
 * json_tree.c - parsing JSON (RFC 8259) into a tree, by descent.
 */
#include "json_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"

#define DEPTH_MOST 64

typedef struct reader {
    const char *at, *end;
    size_t      line;
    unsigned    depth;
    bool        no_memory;
} reader;

static mig_json_node *read_value(reader *r);

void
mig__json_free(mig_json_node *node)
{
    while (node != NULL) {
        mig_json_node *next = node->next;

        mig__json_free(node->first);
        free(node->name);
        free(node->text);
        free(node);
        node = next;
    }
}

/* ---- tokens ------------------------------------------------------------------------------- */

static void
skip_blanks(reader *r)
{
    for (; r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0'; r->at++)
        r->line += *r->at == '\n';
}

/* Takes the character if it is the next one that is not blank. */
static bool
take(reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool
take_word(reader *r, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

/* Four hexadecimal digits; false: they are not there. */
static bool
take_hex(reader *r, unsigned *codep)
{
    *codep = 0;
    if (r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char        c = *r->at++;
        const char *digits = "0123456789abcdef", *digit;

        c = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        digit = c != '\0' ? strchr(digits, c) : NULL;
        if (digit == NULL)
            return false;
        *codep = *codep * 16 + (unsigned)(digit - digits);
    }
    return true;
}

static void
add_code(mig_buf *out, unsigned code)
{
    char   bytes[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(n == 1 ? code : (0xf00U >> n & 0xff) | code);
    mig_buf_add(out, bytes, n);
}

/* Behind a backslash and u. */
static bool
take_code(reader *r, mig_buf *out)
{
    unsigned code, low;

    if (!take_hex(r, &code) || code == 0)
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (!take_word(r, "\\u") || !take_hex(r, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return false;
    }
    add_code(out, code);
    return true;
}

static bool
take_escape(reader *r, mig_buf *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char       *name;

    if (r->at == r->end || *r->at == '\0')
        return false;
    if (*r->at == 'u') {
        r->at++;
        return take_code(r, out);
    }
    name = strchr(names, *r->at++);
    if (name == NULL)
        return false;
    mig_buf_add(out, &values[name - names], 1);
    return true;
}

/* A string; NULL: there is none, or no memory. */
static char *
read_string(reader *r)
{
    mig_buf out = MIG_BUF_INIT;
    char   *text = NULL;
    bool    whole = take(r, '"');

    while (whole && r->at < r->end && *r->at != '"') {
        if ((unsigned char)*r->at < 0x20)
            whole = false;
        else if (*r->at != '\\')
            mig_buf_add(&out, r->at++, 1);
        else
            whole = (r->at++, take_escape(r, &out));
    }
    if (whole && r->at < r->end) {
        r->at++;
        text = out.failed ? NULL : strdup(mig_buf_text(&out));
        r->no_memory = r->no_memory || text == NULL;
    }
    mig_buf_fini(&out);
    return text;
}

/* ---- values ------------------------------------------------------------------------------- */

static bool
read_number(reader *r, mig_json_node *node)
{
    size_t len = 0;
    char  *end = NULL;

    while (r->at + len < r->end && r->at[len] != '\0' && strchr("+-.0123456789eE", r->at[len]))
        len++;
    node->class = MIG_JSON_NUMBER;
    node->text = len > 0 ? strndup(r->at, len) : NULL;
    if (node->text == NULL) {
        r->no_memory = r->no_memory || len > 0;
        return false;
    }
    r->at += len;
    strtod(node->text, &end);
    return *end == '\0';
}

/* What stands between two brackets. */
static bool
read_elements(reader *r, mig_json_node *node, char close)
{
    mig_json_node **lastp = &node->first;

    r->at++;
    node->class = close == '}' ? MIG_JSON_OBJECT : MIG_JSON_ARRAY;
    if (take(r, close))
        return true;
    do {
        char *name = NULL;

        if (close == '}' && ((name = read_string(r)) == NULL || !take(r, ':'))) {
            free(name);
            return false;
        }
        *lastp = read_value(r);
        if (*lastp == NULL) {
            free(name);
            return false;
        }
        (*lastp)->name = name;
        lastp = &(*lastp)->next;
    } while (take(r, ','));
    return take(r, close);
}

static bool
read_into(reader *r, mig_json_node *node)
{
    switch (r->at < r->end ? *r->at : '\0') {
    case '{':
        return read_elements(r, node, '}');
    case '[':
        return read_elements(r, node, ']');
    case '"':
        node->class = MIG_JSON_STRING;
        node->text = read_string(r);
        return node->text != NULL;
    case 't':
    case 'f':
        node->class = MIG_JSON_BOOL;
        node->yes = *r->at == 't';
        return take_word(r, node->yes ? "true" : "false");
    case 'n':
        node->class = MIG_JSON_NULL;
        return take_word(r, "null");
    default:
        return read_number(r, node);
    }
}

static mig_json_node *
read_value(reader *r)
{
    mig_json_node *node = calloc(1, sizeof *node);

    if (node == NULL) {
        r->no_memory = true;
        return NULL;
    }
    skip_blanks(r);
    if (r->depth++ >= DEPTH_MOST || !read_into(r, node)) {
        mig__json_free(node);
        return NULL;
    }
    r->depth--;
    return node;
}

mig_status
mig__json_parse(const char *text, size_t len, mig_json_node **rootp, mig_error *err)
{
    reader r = {.at = text, .end = text + len, .line = 1};

    *rootp = read_value(&r);
    if (r.no_memory) {
        mig__json_free(*rootp);
        *rootp = NULL;
        return mig_raise(err, MIG_E_NOMEM, "cannot hold a text of JSON");
    }
    skip_blanks(&r);
    if (*rootp != NULL && r.at == r.end)
        return MIG_OK;
    mig__json_free(*rootp);
    *rootp = NULL;
    return mig_raise(err, MIG_E_DATA, "line %zu: this is not JSON", r.line);
}

/* ---- looking ------------------------------------------------------------------------------ */

const mig_json_node *
mig__json_member(const mig_json_node *node, const char *name, mig_json_class class)
{
    const mig_json_node *member =
        node != NULL && node->class == MIG_JSON_OBJECT ? node->first : NULL;

    while (member != NULL && strcmp(member->name, name) != 0)
        member = member->next;
    return member != NULL && member->class == class ? member : NULL;
}

const char *
mig__json_text(const mig_json_node *node, const char *name)
{
    const mig_json_node *member = mig__json_member(node, name, MIG_JSON_STRING);

    return member != NULL ? member->text : NULL;
}

bool
mig__json_integer(const mig_json_node *node, const char *name, int64_t least, int64_t greatest,
                  int64_t *valuep)
{
    const mig_json_node *member = mig__json_member(node, name, MIG_JSON_NUMBER);
    char                *end = NULL;
    long long            value;

    if (member == NULL)
        return false;
    errno = 0;
    value = strtoll(member->text, &end, 10);
    if (errno != 0 || *end != '\0' || value < least || value > greatest)
        return false;
    *valuep = value;
    return true;
}

bool
mig__json_yes(const mig_json_node *node, const char *name)
{
    const mig_json_node *member = mig__json_member(node, name, MIG_JSON_BOOL);

    return member != NULL && member->yes;
}
