/*
 * encode.h - from the values of SQLite's current row to one wire row.
 *
 * What each wire type accepts (everything else is a fault, never a guess):
 *
 *   BOOL         INTEGER; other than 0 and 1: true, and counted
 *   INT4, INT8   INTEGER within range
 *   FLOAT8       REAL; INTEGER that a double holds exactly
 *   TEXT         TEXT, valid, without U+0000
 *   BYTEA        BLOB
 *   UUID         BLOB of 16 bytes; TEXT of 36 characters
 *   TIMESTAMP[TZ] TEXT (mig_timestamp_parse; finer than microseconds: cut, and counted);
 *                INTEGER: Unix seconds
 *   JSON         TEXT that PostgreSQL takes as json
 *   JSONB        TEXT that PostgreSQL takes as jsonb and keeps whole: no key twice in one object
 *   DYNAMIC      everything, as it is; texts are looked into only where they are stored as UTF-16
 *
 * No allocation of our own but in the cursor's scratch.  One thread per connection,
 * or its mutex held during each call.
 */
#ifndef MIG__ENCODE_H
#define MIG__ENCODE_H

#include <sqlite3.h>

#include "mig/codec.h"
#include "mig/wire.h"

/* One column of a cursor; the position in the array is that in the statement. */
typedef struct mig__encoder {
    mig_wire_type wire;
    bool          not_null; /* the target takes no NULL */
    bool          utf16;    /* texts are stored as UTF-16: look at them before they are converted */

    mig_json_scratch *scratch; /* JSONB: the cursor's */
} mig__encoder;

/* name, words: the reason as messages give it, "" where the kind of value says it all */
#define MIG__FAULT_MAP(X)                                                                          \
    X(NONE, "")                                                                                    \
    X(NO_ROOM, "")                                                                                 \
    X(MEMORY, "")                                                                                  \
    X(NOT_NULL, "")                                                                                \
    X(CLASS, "")                                                                                   \
    X(RANGE, "out of range")                                                                       \
    X(INEXACT, "a double cannot hold this integer exactly")                                        \
    X(UTF8, "invalid UTF-8")                                                                       \
    X(UTF16, "invalid UTF-16")                                                                     \
    X(NUL, "NUL, which PostgreSQL's text cannot hold,")                                            \
    X(UUID, "not a uuid")                                                                          \
    X(TIME, "not a date and time this program knows")                                              \
    X(JSON, "not JSON")                                                                            \
    X(KEY_TWICE, "")

typedef enum mig__fault_kind {
#define MIG__FAULT_ENUM(name, words) MIG__FAULT_##name,
    MIG__FAULT_MAP(MIG__FAULT_ENUM)
#undef MIG__FAULT_ENUM
} mig__fault_kind;

typedef struct mig__fault {
    mig__fault_kind kind;
    size_t          column; /* position in the encoders */
    size_t          offset; /* UTF8, UTF16, NUL: bytes before the fault */
    mig_json_fault  json;   /* JSON, KEY_TWICE */
} mig__fault;

/* Bytes of a row of these columns in which texts, blobs and json are empty. */
size_t mig__encoded_fixed_len(const mig__encoder *encoders, size_t n_columns);

/*
 * Appends the statement's current row.  On a fault *rows is as it was.  NO_ROOM comes when fewer
 * bytes are free than encoded_len() says; it can be tried again, the row stays the current one.
 */
mig__fault_kind mig__encode_row(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                                size_t fixed_len, mig_rows *rows, mig__fault *fault);

/* Bytes that have to be free for the current row. */
size_t mig__encoded_len(sqlite3_stmt *stmt, const mig__encoder *encoders, size_t n_columns,
                        size_t fixed_len);

#endif
