/*
 * error.c - building the story of an error.
 *
 * If memory runs out while the story is told, the status still stands and the
 * message falls back to the status's own words.
 */
#include "mig/error.h"

#include <stdio.h>
#include <stdlib.h>

const char *
mig_status_words(mig_status status)
{
    switch (status) {
#define MIG_STATUS_CASE(name, words)                                                               \
    case MIG_##name:                                                                               \
        return words;
        MIG_STATUS_MAP(MIG_STATUS_CASE)
#undef MIG_STATUS_CASE
    }
    return "unknown status";
}

/* NULL when there is no memory; the caller lives with that. */
static char *format(const char *fmt, va_list args) MIG_PRINTF(1, 0);

static char *
format(const char *fmt, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, fmt, args) < 0)
        return NULL;
    return text;
}

mig_status
mig_raise(mig_error *err, mig_status status, const char *fmt, ...)
{
    va_list args;

    if (err == NULL || err->status != MIG_OK)
        return status;
    err->status = status;
    va_start(args, fmt);
    err->message = format(fmt, args);
    va_end(args);
    return status;
}

void
mig_error_detail(mig_error *err, const char *fmt, ...)
{
    va_list args;
    char   *line;
    char   *both = NULL;

    if (err == NULL)
        return;
    va_start(args, fmt);
    line = format(fmt, args);
    va_end(args);
    if (line == NULL)
        return;
    if (err->detail == NULL) {
        err->detail = line;
        return;
    }
    if (asprintf(&both, "%s\n%s", err->detail, line) >= 0) {
        free(err->detail);
        err->detail = both;
    }
    free(line);
}

void
mig_error_hint(mig_error *err, const char *fmt, ...)
{
    va_list args;

    if (err == NULL)
        return;
    free(err->hint);
    va_start(args, fmt);
    err->hint = format(fmt, args);
    va_end(args);
}

void
mig_error_context(mig_error *err, const char *fmt, ...)
{
    va_list args;
    char   *context;
    char   *both = NULL;

    if (err == NULL || err->status == MIG_OK)
        return;
    va_start(args, fmt);
    context = format(fmt, args);
    va_end(args);
    if (context == NULL)
        return;
    if (asprintf(&both, "%s: %s", context,
                 err->message != NULL ? err->message : mig_status_words(err->status)) >= 0) {
        free(err->message);
        err->message = both;
    }
    free(context);
}

void
mig_error_move(mig_error *to, mig_error *from)
{
    if (to != NULL && to->status == MIG_OK) {
        *to = *from;
        *from = (mig_error)MIG_ERROR_INIT;
    }
    mig_error_fini(from);
}

void
mig_error_fini(mig_error *err)
{
    if (err == NULL)
        return;
    free(err->message);
    free(err->detail);
    free(err->hint);
    *err = (mig_error)MIG_ERROR_INIT;
}
