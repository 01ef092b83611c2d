/*
 * buf.h - a growing byte string: SQL texts, messages, plans.
 *
 * Always NUL-terminated behind len, so that data can be read as a C string.
 * Not for rows: those have a bound and live in mig_rows.
 *
 * Running out of memory is sticky: the buffer keeps what it had, every later
 * append does nothing, and mig_buf_check() tells at the end.  So a text is put
 * together without a test after each piece.
 *
 * Ownership: the caller's memory (MIG_BUF_INIT, mig_buf_fini).
 */
#ifndef MIG_BUF_H
#define MIG_BUF_H

#include <stddef.h>

#include "mig/error.h"

typedef struct mig_buf {
    char  *data; /* NULL until something was appended */
    size_t len;
    size_t cap;
    bool   failed;
} mig_buf;

#define MIG_BUF_INIT                                                                               \
    {                                                                                              \
        NULL, 0, 0, false                                                                          \
    }

void mig_buf_add(mig_buf *buf, const char *data, size_t len);
void mig_buf_puts(mig_buf *buf, const char *text);
void mig_buf_printf(mig_buf *buf, const char *fmt, ...) MIG_PRINTF(2, 3);

/* Makes sure of room for n more bytes and a NUL at data + len, for a writer that is no append. */
void mig_buf_reserve(mig_buf *buf, size_t n);

/* Appends "name" as an SQL identifier: in double quotes, quotes inside doubled. */
void mig_buf_identifier(mig_buf *buf, const char *name);

/* Appends 'text' as an SQL string literal (standard_conforming_strings on). */
void mig_buf_literal(mig_buf *buf, const char *text);

/* Appends the text as a string of JSON, in its quotes; bytes that are not UTF-8 become U+FFFD. */
void mig_buf_json(mig_buf *buf, const char *text, size_t len);

/* MIG_E_NOMEM if an append failed since the last clear. */
mig_status mig_buf_check(const mig_buf *buf, mig_error *err) MIG_CHECKED;

/* The text as a C string; "" while nothing was appended. */
const char *mig_buf_text(const mig_buf *buf);

void mig_buf_clear(mig_buf *buf);
void mig_buf_fini(mig_buf *buf);

#endif
