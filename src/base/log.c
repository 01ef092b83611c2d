/*
 * log.c - one write per line to standard error.
 *
 * A line that is too long for the buffer on the stack is put together on the
 * heap; if there is none, it is cut rather than lost.
 */
#include "mig/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mig/buf.h"

static const char   *program_name = "db-migrate";
static mig_log_level log_level = MIG_LOG_NORMAL;

void
mig_log_setup(const char *program, mig_log_level level)
{
    program_name = program;
    log_level = level;
}

static void
write_all(const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* Nobody is left to be told. */
        data += n;
        len -= (size_t)n;
    }
}

static void line(const char *prefix, const char *label, bool end, const char *fmt, va_list args)
    MIG_PRINTF(4, 0);

static void
line(const char *prefix, const char *label, bool end, const char *fmt, va_list args)
{
    char    text[1024];
    mig_buf buf = MIG_BUF_INIT;
    va_list again;
    int     n;

    va_copy(again, args);
    n = vsnprintf(text, sizeof text, fmt, args);
    mig_buf_puts(&buf, prefix);
    mig_buf_puts(&buf, label);
    if (n >= 0 && (size_t)n < sizeof text) {
        mig_buf_add(&buf, text, (size_t)n);
    } else if (n >= 0) {
        char *whole = NULL;

        if (vasprintf(&whole, fmt, again) >= 0) {
            mig_buf_puts(&buf, whole);
            free(whole);
        } else {
            mig_buf_puts(&buf, text);
        }
    }
    if (end)
        mig_buf_puts(&buf, "\n");
    if (buf.failed)
        write_all(text, strnlen(text, sizeof text));
    else
        write_all(mig_buf_text(&buf), buf.len);
    mig_buf_fini(&buf);
    va_end(again);
}

void
mig_log_info(const char *fmt, ...)
{
    va_list args;

    if (log_level == MIG_LOG_QUIET)
        return;
    va_start(args, fmt);
    line("", "", true, fmt, args);
    va_end(args);
}

void
mig_log_warning(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    line(program_name, ": warning: ", true, fmt, args);
    va_end(args);
}

void
mig_log_raw(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    line("", "", false, fmt, args);
    va_end(args);
}

/* "  detail: first line", the lines after it indented below. */
static void
indented(const char *label, const char *text)
{
    mig_buf buf = MIG_BUF_INIT;

    mig_buf_printf(&buf, "  %s: ", label);
    for (; *text != '\0'; text++) {
        mig_buf_add(&buf, text, 1);
        if (*text == '\n' && text[1] != '\0')
            mig_buf_puts(&buf, "          ");
    }
    mig_buf_puts(&buf, "\n");
    write_all(mig_buf_text(&buf), buf.len);
    mig_buf_fini(&buf);
}

void
mig_log_error(const mig_error *err)
{
    mig_buf buf = MIG_BUF_INIT;

    mig_buf_printf(&buf, "%s: error: %s\n", program_name,
                   err->message != NULL ? err->message : mig_status_words(err->status));
    write_all(mig_buf_text(&buf), buf.len);
    mig_buf_fini(&buf);
    if (err->detail != NULL)
        indented("detail", err->detail);
    if (err->hint != NULL)
        indented("hint", err->hint);
}
