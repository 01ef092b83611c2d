/*
 * buf.c - the growing byte string.
 */
#include "mig/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more bytes and the NUL. */
static bool
reserve(mig_buf *buf, size_t n)
{
    size_t cap;
    char  *data;

    if (buf->failed)
        return false;
    if (buf->data != NULL && buf->cap - buf->len > n)
        return true;
    cap = buf->cap == 0 ? 128 : buf->cap;
    while (cap - buf->len <= n)
        cap *= 2;
    data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void
mig_buf_add(mig_buf *buf, const char *data, size_t len)
{
    if (!reserve(buf, len))
        return;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void
mig_buf_reserve(mig_buf *buf, size_t n)
{
    (void)reserve(buf, n);
}

void
mig_buf_puts(mig_buf *buf, const char *text)
{
    mig_buf_add(buf, text, strlen(text));
}

void
mig_buf_printf(mig_buf *buf, const char *fmt, ...)
{
    va_list args;
    int     n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0) {
        buf->failed = true;
        return;
    }
    if (!reserve(buf, (size_t)n))
        return;
    va_start(args, fmt);
    vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)n;
}

static void
quoted(mig_buf *buf, const char *text, char quote)
{
    mig_buf_add(buf, &quote, 1);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            mig_buf_add(buf, &quote, 1);
        mig_buf_add(buf, text, 1);
    }
    mig_buf_add(buf, &quote, 1);
}

void
mig_buf_identifier(mig_buf *buf, const char *name)
{
    quoted(buf, name, '"');
}

void
mig_buf_literal(mig_buf *buf, const char *text)
{
    quoted(buf, text, '\'');
}

mig_status
mig_buf_check(const mig_buf *buf, mig_error *err)
{
    if (buf->failed)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate memory for a text");
    return MIG_OK;
}

const char *
mig_buf_text(const mig_buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

void
mig_buf_clear(mig_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void
mig_buf_fini(mig_buf *buf)
{
    free(buf->data);
    *buf = (mig_buf)MIG_BUF_INIT;
}
