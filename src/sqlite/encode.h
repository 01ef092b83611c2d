/*
 * encode.h - from the values of SQLite's current row to one wire row.
 *
 * What each wire type accepts stands in convert.h and docs/types.md.
 *
 * No allocation but in the cursor's scratch.  One thread per connection, or its
 * mutex held during each call.
 */
#ifndef MIG__ENCODE_H
#define MIG__ENCODE_H

#include <sqlite3.h>

#include "mig/plan.h"

/* What is put without more ado if the value is of the class that belongs to it. */
typedef enum mig__plain {
    MIG__PLAIN_NOT,
    MIG__PLAIN_BOOL,
    MIG__PLAIN_INT4,
    MIG__PLAIN_INT8,
    MIG__PLAIN_FLOAT8,
    MIG__PLAIN_TEXT,
    MIG__PLAIN_BYTEA,
} mig__plain;

/* One column of a cursor; the position in the array is that in the statement. */
typedef struct mig__encoder {
    mig_encoder base; /* scratch: the cursor's */
    mig__plain  plain;
    bool        utf16;      /* texts are stored as UTF-16: look at them before they are converted */
    size_t      most_bytes; /* a text of that many surely has no more characters than allowed */
} mig__encoder;

/* All but the scratch. */
void mig__encoder_init(mig__encoder *encoder, const mig_column_plan *column, bool utf16);

/* Bytes of a row of these columns in which fields of variable length are empty. */
size_t mig__encoded_fixed_len(const mig__encoder *encoders, size_t n_columns);

/*
 * Appends the statement's current row.  On a fault *rows is as it was.  NO_ROOM comes when fewer
 * bytes are free than encoded_len() says; it can be tried again, the row stays the current one.
 */
mig_fault_kind mig__encode_row(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                               size_t fixed_len, mig_rows *rows, mig_fault *fault);

/* Bytes that have to be free for the current row. */
size_t mig__encoded_len(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                        size_t fixed_len);

/*
 * A text's first surrogate without its other half, in a database of UTF-16: SQLite's conversion
 * would turn it into something else without a word, so this has to be asked before the text is.
 */
mig_fault_kind mig__check_utf16(sqlite3_value *value, size_t *offsetp);

/* A value of the current row, for messages. */
void mig__fetch_value(sqlite3_stmt *stmt, int column, mig_value *out);

#endif
