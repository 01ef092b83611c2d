/*
 * translating.c - pieces, and the words of refusals and notes.
 */
#include "translating.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translate_scope.h"

/* ---- refusals and notes ----------------------------------------------------------------- */

bool
mig__refuse(mig__translating *tr, const char *fmt, ...)
{
    va_list args;
    char    text[300];

    if (tr->why->len > 0)
        return false;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mig_buf_puts(tr->why, text);
    return false;
}

void
mig__note(mig__translating *tr, const char *text)
{
    if (strstr(mig_buf_text(tr->notes), text) == NULL)
        mig_buf_printf(tr->notes, "%s%s", tr->notes->len > 0 ? "; " : "", text);
}

/* ---- text ------------------------------------------------------------------------------- */

static const char *
keep_buf(mig__translating *tr, mig_buf *buf)
{
    const char *kept = mig__arena_keep(tr->arena, mig_buf_text(buf), buf->len);

    tr->arena->failed |= buf->failed;
    mig_buf_fini(buf);
    return kept;
}

const char *
mig__say(mig__translating *tr, const char *fmt, ...)
{
    va_list args, again;
    int     len;
    char   *text;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    text = mig__arena_take(tr->arena, (size_t)len + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text != NULL ? text : "";
}

const char *
mig__identifier(mig__translating *tr, const char *name)
{
    mig_buf buf = MIG_BUF_INIT;

    mig_buf_identifier(&buf, name);
    return keep_buf(tr, &buf);
}

const char *
mig__literal(mig__translating *tr, const char *text)
{
    mig_buf buf = MIG_BUF_INIT;

    mig_buf_literal(&buf, text);
    return keep_buf(tr, &buf);
}

const char *
mig__join(mig__translating *tr, const char *const *texts, size_t n, const char *separator)
{
    mig_buf buf = MIG_BUF_INIT;

    for (size_t i = 0; i < n; i++)
        mig_buf_printf(&buf, "%s%s", i > 0 ? separator : "", texts[i]);
    return keep_buf(tr, &buf);
}

/* ---- pieces -----------------------------------------------------------------------------------
 */

static const char *
at_most(mig__translating *tr, const mig__piece *piece, mig__hold hold)
{
    return piece->hold > hold ? mig__say(tr, "(%s)", piece->text) : piece->text;
}

const char *
mig__operand(mig__translating *tr, const mig__piece *piece)
{
    return at_most(tr, piece, MIG_HOLD_SIGNED);
}

const char *
mig__side(mig__translating *tr, const mig__piece *piece)
{
    return at_most(tr, piece, MIG_HOLD_OPERATOR);
}

const char *
mig__term(mig__translating *tr, const mig__piece *piece)
{
    return at_most(tr, piece, MIG_HOLD_NOT);
}

const char *
mig__tight(mig__translating *tr, const mig__piece *piece)
{
    return at_most(tr, piece, MIG_HOLD_TIGHT);
}

mig__piece
mig__tight_piece(mig__kind kind, const char *text)
{
    return (mig__piece){.kind = kind, .text = text, .hold = MIG_HOLD_TIGHT};
}

mig__piece
mig__loose_piece(mig__kind kind, const char *text)
{
    return (mig__piece){.kind = kind,
                        .text = text,
                        .hold = kind == MIG_KIND_BOOLEAN ? MIG_HOLD_TEST : MIG_HOLD_OPERATOR};
}

mig__piece
mig__text_literal(mig__translating *tr, const char *value)
{
    return (mig__piece){.kind = MIG_KIND_TEXT,
                        .text = mig__literal(tr, value),
                        .hold = MIG_HOLD_TIGHT,
                        .literal = true,
                        .value = value,
                        .not_null = true};
}

/* ---- kinds ------------------------------------------------------------------------------------
 */

mig__kind
mig__kind_of(mig_wire_type wire)
{
    switch (wire) {
    case MIG_WIRE_BOOL:
        return MIG_KIND_BOOLEAN;
    case MIG_WIRE_INT2:
    case MIG_WIRE_INT4:
    case MIG_WIRE_INT8:
        return MIG_KIND_INTEGER;
    case MIG_WIRE_FLOAT4:
    case MIG_WIRE_FLOAT8:
        return MIG_KIND_REAL;
    case MIG_WIRE_NUMERIC:
        return MIG_KIND_NUMERIC;
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BPCHAR:
        return MIG_KIND_TEXT;
    case MIG_WIRE_BYTEA:
        return MIG_KIND_BLOB;
    case MIG_WIRE_UUID:
        return MIG_KIND_UUID;
    case MIG_WIRE_DATE:
        return MIG_KIND_DATE;
    case MIG_WIRE_TIME:
        return MIG_KIND_TIME;
    case MIG_WIRE_TIMESTAMP:
        return MIG_KIND_TIMESTAMP;
    case MIG_WIRE_TIMESTAMPTZ:
        return MIG_KIND_TIMESTAMPTZ;
    case MIG_WIRE_JSON:
        return MIG_KIND_JSON;
    case MIG_WIRE_JSONB:
        return MIG_KIND_JSONB;
    case MIG_WIRE_NONE:
    case MIG_WIRE_MONEY:
    case MIG_WIRE_XML:
    case MIG_WIRE_TIMETZ:
    case MIG_WIRE_INTERVAL:
    case MIG_WIRE_INET:
    case MIG_WIRE_CIDR:
    case MIG_WIRE_MACADDR:
    case MIG_WIRE_MACADDR8:
    case MIG_WIRE_BIT:
    case MIG_WIRE_VARBIT:
    case MIG_WIRE_LITERAL:
    case MIG_WIRE_OPAQUE:
    case MIG_WIRE_DYNAMIC:
        break;
    }
    return MIG_KIND_OTHER;
}

const char *
mig__kind_words(mig__kind kind)
{
    static const char *const words[] = {
        [MIG_KIND_NULL] = "NULL",
        [MIG_KIND_BOOLEAN] = "a boolean",
        [MIG_KIND_INTEGER] = "an integer",
        [MIG_KIND_REAL] = "a floating-point number",
        [MIG_KIND_NUMERIC] = "a numeric",
        [MIG_KIND_TEXT] = "a text",
        [MIG_KIND_BLOB] = "a blob",
        [MIG_KIND_DATE] = "a date",
        [MIG_KIND_TIME] = "a time",
        [MIG_KIND_TIMESTAMP] = "a timestamp",
        [MIG_KIND_TIMESTAMPTZ] = "a timestamp with time zone",
        [MIG_KIND_JSON] = "json",
        [MIG_KIND_JSONB] = "jsonb",
        [MIG_KIND_UUID] = "a uuid",
        [MIG_KIND_OTHER] = "a value of another type",
    };

    return words[kind];
}

bool
mig__is_number_kind(mig__kind kind)
{
    return kind == MIG_KIND_INTEGER || kind == MIG_KIND_REAL || kind == MIG_KIND_NUMERIC;
}

bool
mig__is_time_kind(mig__kind kind)
{
    return kind == MIG_KIND_DATE || kind == MIG_KIND_TIME || kind == MIG_KIND_TIMESTAMP ||
           kind == MIG_KIND_TIMESTAMPTZ;
}

/* ---- words and numbers ------------------------------------------------------------------------
 */

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

const char *
mig__fold(mig__translating *tr, const char *text, bool upper)
{
    char *out = mig__arena_take(tr->arena, strlen(text) + 1);

    for (size_t i = 0; out != NULL && i <= strlen(text); i++) {
        char c = lower(text[i]);

        out[i] = upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : upper ? text[i] : c;
    }
    return out != NULL ? out : "";
}

bool
mig__same_word(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

bool
mig__is_integer(const char *text, int64_t *valuep)
{
    char      printed[24];
    long long value = strtoll(text, NULL, 10);

    snprintf(printed, sizeof printed, "%lld", value);
    *valuep = (int64_t)value;
    return strcmp(printed, text) == 0;
}

/* ---- columns -----------------------------------------------------------------------------------
 */

bool
mig__find_column(mig__translating *tr, const mig__node *node, mig_translated_column **foundp,
                 const char **textp)
{
    const mig_translation *translation = tr->translation;
    mig_translated_column  found = {0};

    *foundp = mig__arena_take(tr->arena, sizeof found);
    if (*foundp == NULL)
        return false;
    if (tr->scope != NULL)
        return mig__scope_find(tr, node, *foundp, textp);
    if (!translation->column(translation->arg, node->qualifier, node->text, &found))
        return false;
    **foundp = found;
    *textp = mig__identifier(tr, found.name);
    return true;
}
