/*
 * decode.h - from the fields of a wire row to the parameters of an INSERT.
 *
 * How each wire type is stored:
 *
 *   BOOL, INT4, INT8  INTEGER
 *   FLOAT8            REAL; SQLite has no NaN
 *   TEXT, JSON, JSONB TEXT
 *   BYTEA             BLOB
 *   UUID              BLOB where the declared type is uuid_text (SeaORM's), has BLOB in it or is
 *                     empty; else TEXT
 *   TIMESTAMPTZ       TEXT, 2026-03-01T12:34:56.123456Z
 *   TIMESTAMP         TEXT, 2026-03-01 12:34:56.123456
 *   DYNAMIC           what it is
 *
 * SQLite converts what is stored to the affinity of its column.  A conversion
 * that would change a value or its storage class is refused, never let happen:
 * mig__decoder_init where it always would, mig__decode for the one value.
 *
 * Pure but for the statement.  Any thread.
 */
#ifndef MIG__DECODE_H
#define MIG__DECODE_H

#include <sqlite3.h>

#include "mig/plan.h"

typedef enum mig__affinity {
    MIG__AFFINITY_TEXT,
    MIG__AFFINITY_NUMERIC,
    MIG__AFFINITY_INTEGER,
    MIG__AFFINITY_REAL,
    MIG__AFFINITY_BLOB,
} mig__affinity;

typedef struct mig__decoder {
    mig_wire_type wire;
    mig__affinity affinity;
    bool          uuid_blob;
    bool          utf16; /* texts are stored as UTF-16; set by the caller */
} mig__decoder;

/* The affinity of a declared type ("Datatypes In SQLite", 3.1). */
mig__affinity mig__affinity_of(const char *type);

/* Whether a column that prefers numbers would make one of the text. */
bool mig__is_number(const char *text, size_t len);

/* MIG_E_SCHEMA if no value of the column could be stored as it is. */
mig_status mig__decoder_init(const mig_table_plan *plan, size_t column, mig__decoder *decoder,
                             mig_error *err) MIG_CHECKED;

/*
 * Binds one field of len bytes (-1: NULL) to the parameter.  Returns NULL, or why the value cannot
 * be stored.  Texts and blobs are bound where they stand and must stay until the statement has run.
 */
const char *mig__decode(const mig__decoder *decoder, const unsigned char *data, int32_t len,
                        sqlite3_stmt *stmt, int parameter) MIG_CHECKED;

#endif
