/*
 * image_json.c - one form for documents that jsonb holds as the same.
 *
 *   n t f           null, true, false
 *   #               a number: behind it the numeric without zeros at the end of its fraction
 *   "               a string: uint32 length, the characters without escapes
 *   [ values ]      an array
 *   { pairs }       an object: strings, each with its value behind, in jsonb's own order of keys
 *                   (shorter ones first, then by bytes); of equal keys the last
 *
 * Each of them tells where it ends, so two documents with one image are the same.
 * What a server sends has its keys in that order already and is written down as
 * it is read.  Numbers count by value (1.0 is 1.00), as in jsonb's operator =.
 *
 * The text is checked as a whole first; what walks over it afterwards meets
 * nothing but JSON, nested no deeper than the check allows.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "json_string.h"
#include "mig/codec.h"
#include "numeric.h"

/* What a scratch may keep from one document to the next: 1 MiB of each. */
#define MEMBERS_KEPT_MAX ((size_t)1 << 15)
#define MOVED_KEPT_MAX   ((size_t)1 << 20)

/* The quote and the length before the characters of a string. */
#define STRING_HEAD_LEN 5

/* Instead of an object's first member. */
#define IS_ARRAY SIZE_MAX

/* A pair of an object, in the image. */
typedef struct mig__json_member {
    size_t at; /* where it begins: with its key */
    size_t key_len;
    size_t len; /* of all of it; 0: it has not ended */
} mig__json_member;

typedef struct walk {
    const char         *p;
    const char         *end;
    mig_buf            *out;
    mig__image_scratch *scratch;
    bool                at_key; /* the next string is one */
    bool                ok;
    unsigned            depth;
    size_t              first[MIG_JSON_MAX_DEPTH]; /* [d - 1]: member of the object open at d */
} walk;

static void
clear(mig__image_scratch *scratch)
{
    if (scratch->members_cap > MEMBERS_KEPT_MAX || scratch->moved.cap > MOVED_KEPT_MAX)
        mig__image_scratch_fini(scratch);
    scratch->n_members = 0;
}

/* ---- objects ------------------------------------------------------------------------------ */

static void
begin_member(walk *w)
{
    mig__image_scratch *s = w->scratch;

    if (s->n_members == s->members_cap) {
        size_t            cap = s->members_cap > 0 ? 2 * s->members_cap : 64;
        mig__json_member *members = reallocarray(s->members, cap, sizeof *members);

        if (members == NULL) {
            w->out->failed = true;
            return;
        }
        s->members = members;
        s->members_cap = cap;
    }
    s->members[s->n_members++] = (mig__json_member){.at = w->out->len};
}

static bool
inside_object(const walk *w)
{
    return w->depth > 0 && w->first[w->depth - 1] != IS_ARRAY;
}

/* At a comma or the end of the object. */
static void
end_member(walk *w)
{
    mig__json_member *member = w->scratch->members + w->scratch->n_members - 1;

    member->len = w->out->len - member->at;
}

/* The order of jsonb: lengthCompareJsonbStringValue, src/backend/utils/adt/jsonb_util.c. */
static int
compare_keys(const char *image, const mig__json_member *a, const mig__json_member *b)
{
    if (a->key_len != b->key_len)
        return a->key_len < b->key_len ? -1 : 1;
    return memcmp(image + a->at + STRING_HEAD_LEN, image + b->at + STRING_HEAD_LEN, a->key_len);
}

/* For qsort_r: what is equal stands as in the text. */
static int
compare_members(const void *one, const void *other, void *image)
{
    const mig__json_member *a = one;
    const mig__json_member *b = other;
    int                     order = compare_keys(image, a, b);

    return order != 0 ? order : (a->at > b->at) - (a->at < b->at);
}

static bool
in_order(const char *image, const mig__json_member *members, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (compare_keys(image, &members[i - 1], &members[i]) >= 0)
            return false;
    return true;
}

/* Brings the members, which end the image, into order; of equal keys the last stays. */
static void
reorder(walk *w, mig__json_member *members, size_t n)
{
    mig_buf *moved = &w->scratch->moved;
    size_t   start = members[0].at;

    mig_buf_clear(moved);
    qsort_r(members, n, sizeof *members, compare_members, w->out->data);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || compare_keys(w->out->data, &members[i], &members[i + 1]) != 0)
            mig_buf_add(moved, w->out->data + members[i].at, members[i].len);
    if (moved->failed) {
        w->out->failed = true;
        return;
    }
    w->out->len = start;
    mig_buf_add(w->out, moved->data, moved->len);
}

/* ---- values ------------------------------------------------------------------------------- */

static void
open_container(walk *w)
{
    bool object = *w->p == '{';

    mig_buf_add(w->out, w->p++, 1);
    w->first[w->depth++] = object ? w->scratch->n_members : IS_ARRAY;
    w->at_key = object;
}

static void
close_container(walk *w)
{
    mig__image_scratch *s = w->scratch;
    size_t              first = w->first[--w->depth];

    w->at_key = false;
    if (first != IS_ARRAY && s->n_members > first) {
        mig__json_member *members = s->members + first;
        size_t            n = s->n_members - first;

        end_member(w);
        if (!in_order(w->out->data, members, n))
            reorder(w, members, n);
        s->n_members = first;
    }
    mig_buf_add(w->out, w->p++, 1);
}

static void
comma(walk *w)
{
    w->p++;
    w->at_key = inside_object(w);
    if (w->at_key)
        end_member(w);
}

/* The closing quote of the string whose first character is at p. */
static const char *
end_of_string(const char *p, const char *end, bool *plainp)
{
    const char *quote = memchr(p, '"', (size_t)(end - p));
    const char *escape = memchr(p, '\\', (size_t)(quote - p));

    *plainp = escape == NULL;
    if (escape == NULL)
        return quote;
    for (p = escape; *p != '"';)
        p += *p == '\\' ? 2 : 1;
    return p;
}

static void
string(walk *w)
{
    const char *start = w->p + 1;
    bool        plain;
    const char *quote = end_of_string(start, w->end, &plain);
    size_t      len = (size_t)(quote - start);
    char       *to;
    uint32_t    wire;

    if (w->at_key)
        begin_member(w);
    mig_buf_reserve(w->out, STRING_HEAD_LEN + len);
    w->p = quote + 1;
    if (w->out->failed)
        return;
    to = w->out->data + w->out->len + STRING_HEAD_LEN;
    if (plain)
        memcpy(to, start, len);
    else
        len = (size_t)(mig__json_decode(start, quote, to) - to);
    wire = htobe32((uint32_t)len);
    to[-STRING_HEAD_LEN] = '"';
    memcpy(to - 4, &wire, sizeof wire);
    w->out->len += STRING_HEAD_LEN + len;
    if (w->at_key)
        w->scratch->members[w->scratch->n_members - 1].key_len = len;
    w->at_key = false;
}

static bool
is_of_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static void
number(walk *w)
{
    const char    *start = w->p;
    unsigned char *to;
    size_t         len, wire_len = 0;

    while (w->p < w->end && is_of_number(*w->p))
        w->p++;
    len = (size_t)(w->p - start);
    mig_buf_reserve(w->out, 1 + MIG__NUMERIC_WIRE_MAX(len));
    if (w->out->failed)
        return;
    w->out->data[w->out->len++] = '#';
    to = (unsigned char *)w->out->data + w->out->len;
    w->ok = mig__numeric_parse(start, len, to, &wire_len) == MIG__NUMERIC_OK;
    if (w->ok)
        w->out->len += mig__numeric_canonical(to, wire_len, to);
}

static void
word(walk *w)
{
    mig_buf_add(w->out, w->p, 1);
    w->p += *w->p == 'f' ? 5 : 4;
}

static void
step(walk *w)
{
    switch (*w->p) {
    case '{':
    case '[':
        open_container(w);
        break;
    case '}':
    case ']':
        close_container(w);
        break;
    case ',':
        comma(w);
        break;
    case '"':
        string(w);
        break;
    case 'n':
    case 't':
    case 'f':
        word(w);
        break;
    case ':':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        w->p++;
        break;
    default:
        number(w);
    }
}

bool
mig__image_json(const char *text, size_t len, mig__image_scratch *scratch, mig_buf *out)
{
    const size_t   start = out->len;
    mig_json_fault fault;
    walk           w;

    if (mig_json_check(text, len, MIG_JSON_BINARY, NULL, &fault) != MIG_JSON_OK)
        return false;
    clear(scratch);
    w.p = text;
    w.end = text + len;
    w.out = out;
    w.scratch = scratch;
    w.at_key = false;
    w.ok = true;
    w.depth = 0;
    while (w.p < w.end && w.ok && !out->failed)
        step(&w);
    if (!w.ok) {
        out->len = start;
        return false;
    }
    if (!out->failed)
        out->data[out->len] = '\0';
    return true;
}
