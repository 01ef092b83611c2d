/*
 * encode_text.c - fields that are texts or bytes: text, char(n), xml, json, bytea,
 * and the text forms of all types that have no codec here.
 *
 * A text that needs nothing is copied once, from where the database has it
 * into the batch.  Only one that a rule changes is put together in the encoder's
 * scratch, which is the slow way and taken for that value alone.
 */
#include <ctype.h>
#include <string.h>

#include "array.h"
#include "bytes.h"
#include "encode_value.h"
#include "number.h"
#include "utf8.h"

/* The text on its way: where the database has it, or the scratch. */
typedef struct text {
    const char *data;
    size_t      len;
} text;

static mig_fault_kind
take_scratch(const mig__encoding *w, text *t)
{
    const mig_buf *scratch = w->encoder->text;

    t->data = mig_buf_text(scratch);
    t->len = scratch->len;
    return scratch->failed ? MIG_FAULT_MEMORY : MIG_FAULT_NONE;
}

/* ---- where the text comes from ------------------------------------------------------------ */

/* A number in its decimal form. */
static mig_fault_kind
number_text(const mig__encoding *w, text *t)
{
    mig_buf *scratch = w->encoder->text;
    char     number[MIG__DOUBLE_TEXT_MAX];

    mig_buf_clear(scratch);
    if (w->value->class == MIG_VALUE_INTEGER)
        mig_buf_printf(scratch, "%lld", (long long)w->value->integer);
    else
        mig_buf_add(scratch, number, mig__double_format(w->value->real, number));
    return take_scratch(w, t);
}

/* Bytes in a column of texts: only as a rule says. */
static mig_fault_kind
bytes_text(const mig__encoding *w, text *t)
{
    const mig_value *v = w->value;
    mig_buf         *scratch = w->encoder->text;

    if (mig__allowed(w, MIG_RULE_UTF8)) {
        *t = (text){v->data, v->len};
        return MIG_FAULT_NONE;
    }
    mig_buf_clear(scratch);
    if (mig__allowed(w, MIG_RULE_HEX))
        mig__bytes_to_hex((const unsigned char *)v->data, v->len, scratch);
    else if (mig__allowed(w, MIG_RULE_BASE64))
        mig__bytes_to_base64((const unsigned char *)v->data, v->len, scratch);
    else
        return MIG_FAULT_CLASS;
    return take_scratch(w, t);
}

static mig_fault_kind
text_of(const mig__encoding *w, bool numbers, text *t)
{
    switch (w->value->class) {
    case MIG_VALUE_TEXT:
        *t = (text){w->value->data, w->value->len};
        return MIG_FAULT_NONE;
    case MIG_VALUE_BLOB:
        return bytes_text(w, t);
    case MIG_VALUE_INTEGER:
    case MIG_VALUE_REAL:
        return numbers ? number_text(w, t) : MIG_FAULT_CLASS;
    case MIG_VALUE_NULL:
        break;
    }
    return MIG_FAULT_CLASS;
}

/* ---- characters --------------------------------------------------------------------------- */

static void
add_latin1(mig_buf *out, unsigned char c)
{
    const char two[2] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};

    if (c < 0x80)
        mig_buf_add(out, (const char *)&c, 1);
    else
        mig_buf_add(out, two, 2);
}

/* Puts one byte that begins no character, or NUL, as the rules say; false: none of them does. */
static bool
mend_byte(mig__encoding *w, const text *t, size_t at, mig_fault_kind *kindp)
{
    mig_buf *scratch = w->encoder->text;

    if (t->data[at] == '\0') {
        *kindp = MIG_FAULT_NUL;
        if (!mig__allowed(w, MIG_RULE_STRIP_NUL))
            return false;
        mig__lose(w, MIG_LOSS_NUL_STRIPPED);
        return true;
    }
    *kindp = MIG_FAULT_UTF8;
    if (mig__allowed(w, MIG_RULE_LATIN1))
        add_latin1(scratch, (unsigned char)t->data[at]);
    else if (mig__allowed(w, MIG_RULE_REPLACE))
        mig_buf_add(scratch, "\xef\xbf\xbd", 3);
    else
        return false;
    mig__lose(w, MIG_LOSS_UTF8_REPLACED);
    return true;
}

/*
 * The text with what is wrong in it mended.  Under latin1 every byte is read by itself: a text that
 * is not UTF-8 was written in something else from its beginning.
 */
static mig_fault_kind
mend(mig__encoding *w, text *t, bool invalid)
{
    mig_buf *scratch = w->encoder->text;
    bool     bytewise = invalid && mig__allowed(w, MIG_RULE_LATIN1);
    size_t   n;

    mig_buf_clear(scratch);
    for (size_t at = 0; at < t->len; at += n) {
        mig_fault_kind kind;

        n = t->data[at] == '\0' ? 0 : mig__utf8_char_len(t->data + at, t->len - at);
        if (n > 0 && !(bytewise && n > 1)) {
            mig_buf_add(scratch, t->data + at, n);
            continue;
        }
        if (!mend_byte(w, t, at, &kind)) {
            w->fault->offset = at;
            return kind;
        }
        n = 1;
    }
    return take_scratch(w, t);
}

static bool
has_invalid(const text *t)
{
    size_t at = 0, offset;

    while (at < t->len) {
        switch (mig_utf8_check(t->data + at, t->len - at, &offset)) {
        case MIG_UTF8_OK:
            return false;
        case MIG_UTF8_INVALID:
            return true;
        case MIG_UTF8_NUL:
            at += offset + 1;
            break;
        }
    }
    return false;
}

/* Valid UTF-8 without NUL, or a fault. */
static mig_fault_kind
check_characters(mig__encoding *w, text *t)
{
    const unsigned menders = MIG_RULE_STRIP_NUL | MIG_RULE_LATIN1 | MIG_RULE_REPLACE;
    mig_utf8_fault found = mig_utf8_check(t->data, t->len, &w->fault->offset);

    if (found == MIG_UTF8_OK)
        return MIG_FAULT_NONE;
    if ((w->encoder->rules & menders) != 0)
        return mend(w, t, has_invalid(t));
    return found == MIG_UTF8_NUL ? MIG_FAULT_NUL : MIG_FAULT_UTF8;
}

/* ---- length ------------------------------------------------------------------------------- */

static size_t
without_blanks(const text *t)
{
    size_t len = t->len;

    while (len > 0 && t->data[len - 1] == ' ')
        len--;
    return len;
}

/* Bytes of the first n characters; the text is valid. */
static size_t
bytes_of(const text *t, size_t n)
{
    size_t at = 0;

    for (; n > 0 && at < t->len; n--)
        at += mig__utf8_char_len(t->data + at, t->len - at);
    return at;
}

/*
 * char(n) and varchar(n).  The server cuts blanks beyond n silently, and those of char(n) are its
 * padding: both are told instead, unless the rule trim allows it.
 */
static mig_fault_kind
check_length(mig__encoding *w, text *t)
{
    const bool padded = w->encoder->wire == MIG_WIRE_BPCHAR;
    int32_t    n = w->encoder->limits.length;
    size_t     fitting;

    if (padded && t->len > 0 && t->data[t->len - 1] == ' ') {
        if (!mig__allowed(w, MIG_RULE_TRIM))
            return MIG_FAULT_BLANKS;
        t->len = without_blanks(t);
        mig__lose(w, MIG_LOSS_BLANKS_TRIMMED);
    }
    if (n < 0 || t->len <= (size_t)n)
        return MIG_FAULT_NONE;
    fitting = bytes_of(t, (size_t)n);
    if (fitting == t->len)
        return MIG_FAULT_NONE;
    if (mig__allowed(w, MIG_RULE_TRIM) && without_blanks(t) <= fitting) {
        mig__lose(w, MIG_LOSS_BLANKS_TRIMMED);
    } else if (mig__allowed(w, MIG_RULE_CUT)) {
        mig__lose(w, MIG_LOSS_TEXT_CUT);
    } else {
        return without_blanks(t) <= fitting ? MIG_FAULT_BLANKS : MIG_FAULT_TOO_LONG;
    }
    t->len = fitting;
    return MIG_FAULT_NONE;
}

/* ---- types -------------------------------------------------------------------------------- */

/* Moves what was made of the text, which may itself stand in the scratch, there. */
static mig_fault_kind
replace_text(mig__encoding *w, text *t, mig_buf *made)
{
    mig_buf_clear(w->encoder->text);
    mig_buf_add(w->encoder->text, mig_buf_text(made), made->len);
    w->encoder->text->failed = w->encoder->text->failed || made->failed;
    mig_buf_fini(made);
    return take_scratch(w, t);
}

/* An array of JSON as the server's array input takes it. */
static mig_fault_kind
array_text(mig__encoding *w, text *t)
{
    mig_buf literal = MIG_BUF_INIT;

    if (!mig__array_from_json(t->data, t->len, &literal)) {
        mig_buf_fini(&literal);
        return MIG_FAULT_ARRAY;
    }
    return replace_text(w, t, &literal);
}

/*
 * The encoding that the declaration of an xml document names is dropped.  A text is UTF-8 whatever
 * it says of itself, but the server's binary input would read it in that encoding; it does not
 * keep the name either.
 */
static mig_fault_kind
drop_encoding(mig__encoding *w, text *t)
{
    const char *end = memmem(t->data, t->len, "?>", 2);
    const char *at = end != NULL ? memmem(t->data, (size_t)(end - t->data), "encoding", 8) : NULL;
    const char *quote = at != NULL ? at + 8 : end;
    const char *close = NULL;
    mig_buf     made = MIG_BUF_INIT;

    while (quote != end && (isspace((unsigned char)*quote) || *quote == '='))
        quote++;
    if (quote != end && (*quote == '"' || *quote == '\''))
        close = memchr(quote + 1, *quote, (size_t)(end - quote - 1));
    if (close == NULL)
        return MIG_FAULT_NONE; /* none, or malformed: the server's to say */
    mig_buf_add(&made, t->data, (size_t)(at - t->data));
    mig_buf_add(&made, close + 1, t->len - (size_t)(close + 1 - t->data));
    return replace_text(w, t, &made);
}

static bool
has_declaration(const text *t)
{
    return t->len > 5 && memcmp(t->data, "<?xml", 5) == 0 && isspace((unsigned char)t->data[5]);
}

/*
 * What the server's array input takes begins with a brace or with bounds.  Anything else that
 * begins with a bracket is an array of JSON, or is meant to be one; the rest is no array at all.
 */
static mig_fault_kind
check_array(mig__encoding *w, text *t)
{
    size_t at = 0;

    while (at < t->len && isspace((unsigned char)t->data[at]))
        at++;
    if (at < t->len && t->data[at] == '{')
        return MIG_FAULT_NONE;
    if (at == t->len || t->data[at] != '[')
        return MIG_FAULT_ARRAY;
    return mig__array_has_bounds(t->data + at, t->len - at) ? MIG_FAULT_NONE : array_text(w, t);
}

mig_fault_kind
mig__encode_text(mig__encoding *w)
{
    const mig_wire_type wire = w->encoder->wire;
    bool                numbers = mig__allowed(w, MIG_RULE_NUMBER) || wire == MIG_WIRE_LITERAL;
    text                t;
    mig_fault_kind      kind = text_of(w, numbers, &t);

    if (kind == MIG_FAULT_NONE)
        kind = check_characters(w, &t);
    if (kind != MIG_FAULT_NONE)
        return kind;
    if (wire == MIG_WIRE_LITERAL) {
        if (w->encoder->array)
            kind = check_array(w, &t);
    } else {
        kind = check_length(w, &t);
    }
    if (wire == MIG_WIRE_XML && has_declaration(&t)) {
        mig__lose(w, MIG_LOSS_XML_DECLARATION);
        kind = drop_encoding(w, &t);
    }
    return kind != MIG_FAULT_NONE ? kind : mig__put_field(w, t.data, t.len);
}

static mig_fault_kind
check_json(mig__encoding *w, const text *t)
{
    mig_json_kind kind = w->encoder->wire == MIG_WIRE_JSONB ? MIG_JSON_BINARY : MIG_JSON_TEXT;

    switch (mig_json_check(t->data, t->len, kind, w->encoder->json, &w->fault->json)) {
    case MIG_JSON_OK:
        break;
    case MIG_JSON_REFUSED:
        return MIG_FAULT_JSON;
    case MIG_JSON_KEY_TWICE:
        return MIG_FAULT_KEY_TWICE;
    case MIG_JSON_NO_MEMORY:
        return MIG_FAULT_MEMORY;
    }
    return MIG_FAULT_NONE;
}

/*
 * SQLite makes numbers of texts in a column declared JSON, whose affinity is numeric: such a number
 * is the document that was written.
 */
mig_fault_kind
mig__encode_json(mig__encoding *w)
{
    static const char jsonb_version = 1;
    const bool        binary = w->encoder->wire == MIG_WIRE_JSONB;
    text              t;
    mig_fault_kind    kind = text_of(w, true, &t);

    if (kind == MIG_FAULT_NONE && t.len + binary > *w->sparep)
        return MIG_FAULT_NO_ROOM;
    if (kind == MIG_FAULT_NONE)
        kind = check_characters(w, &t);
    if (kind == MIG_FAULT_NONE)
        kind = check_json(w, &t);
    if (kind != MIG_FAULT_NONE)
        return kind;
    if (t.len + binary > *w->sparep)
        return MIG_FAULT_NO_ROOM;
    *w->sparep -= t.len + binary;
    mig_rows_put_int32(w->rows, (int32_t)(t.len + binary));
    mig_rows_put_bytes(w->rows, &jsonb_version, binary);
    mig_rows_put_bytes(w->rows, t.data, t.len);
    return MIG_FAULT_NONE;
}

mig_fault_kind
mig__encode_bytea(mig__encoding *w)
{
    const mig_value *v = w->value;
    mig_buf         *scratch = w->encoder->text;
    text             t = {v->data, v->len};

    if (v->class == MIG_VALUE_BLOB)
        return mig__put_field(w, v->data, v->len);
    if (v->class != MIG_VALUE_TEXT)
        return MIG_FAULT_CLASS;
    if (mig__allowed(w, MIG_RULE_UTF8))
        return mig__put_field(w, v->data, v->len);
    mig_buf_clear(scratch);
    if (mig__allowed(w, MIG_RULE_HEX)) {
        if (!mig__bytes_of_hex(v->data, v->len, scratch))
            return MIG_FAULT_HEX;
    } else if (mig__allowed(w, MIG_RULE_BASE64)) {
        if (!mig__bytes_of_base64(v->data, v->len, scratch))
            return MIG_FAULT_BASE64;
    } else {
        return MIG_FAULT_CLASS;
    }
    if (take_scratch(w, &t) != MIG_FAULT_NONE)
        return MIG_FAULT_MEMORY;
    return mig__put_field(w, t.data, t.len);
}
