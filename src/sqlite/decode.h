/*
 * decode.h - from the fields of a wire row to the values that an INSERT takes.
 *
 * What each wire type becomes stands in convert.h and docs/types.md.  Here is
 * what the declared type of the column says about it:
 *
 *   uuids   BLOB where the declared type is uuid_text (SeaORM's), has BLOB or BINARY in it or is
 *           empty; 32 digits where it is char(32) or varchar(32) (Django's); else 36 characters
 *   times   numbers where its affinity is INTEGER or REAL; a blank between date and time where it
 *           is datetime (Django, Rails, SQLAlchemy); else RFC 3339
 *
 * Pure but for what SQLite does with the value.  One thread at a time.
 */
#ifndef MIG__DECODE_H
#define MIG__DECODE_H

#include <sqlite3.h>

#include "mig/plan.h"

/* Fields that are given without more ado, if their value is no odd one. */
typedef enum mig__plain_field {
    MIG__FIELD_NOT_PLAIN,
    MIG__FIELD_INTEGER,
    MIG__FIELD_DOUBLE,
    MIG__FIELD_TEXT,
    MIG__FIELD_BLOB,
} mig__plain_field;

typedef struct mig__decoder {
    mig_decoder      base; /* scratch: the caller's */
    mig__plain_field plain;
    size_t           fixed_len;  /* of the wire type */
    bool             utf16;      /* texts are stored as UTF-16; set by the caller */
    size_t           most_bytes; /* of a text or blob; set by the caller */
} mig__decoder;

/* The affinity of a declared type ("Datatypes In SQLite", 3.1). */
mig_affinity mig__affinity_of(const char *type);

/* MIG_E_SCHEMA if values of the column cannot be stored at all. */
mig_status mig__decoder_init(const mig_table_plan *plan, size_t column, mig__decoder *decoder,
                             mig_error *err) MIG_CHECKED;

/*
 * Gives SQLite the value of one field of len bytes (-1: NULL); losses are counted in n_losses.
 * Texts and blobs stay where they are, in the field or in the decoder's scratch, and must until the
 * row is in.
 */
mig_fault_kind mig__decode(const mig__decoder *decoder, const unsigned char *data, int32_t len,
                           sqlite3_context *to, uint32_t *n_losses) MIG_CHECKED;

/* The value itself, which may point into the field or the decoder's scratch. */
mig_fault_kind mig__decode_value(const mig__decoder *decoder, const unsigned char *data,
                                 int32_t len, mig_value *value, uint32_t *n_losses) MIG_CHECKED;

/* What that would come to, and the class of the value. */
mig_fault_kind mig__decode_try(const mig__decoder *decoder, const unsigned char *data, int32_t len,
                               mig_value_class *classp) MIG_CHECKED;

#endif
