/*
 * row_record.h - a row as SQLite stores it.
 *
 * The record format ("Database File Format", 2.1): a header with the serial type
 * of each column, then the values.  Made only of values that are stored as they
 * come, whatever the column's affinity ("Datatypes In SQLite", 3.4); the rest is
 * left to SQLite itself.
 *
 * One thread at a time.
 */
#ifndef MIG__ROW_RECORD_H
#define MIG__ROW_RECORD_H

#include "mig/convert.h"

/* No varint is longer. */
#define MIG__VARINT_MAX 9

typedef struct mig__row_record {
    unsigned char *memory; /* room for the header, then the values */
    size_t         allocated, header_room;
    unsigned char *types; /* the header but for its length */
    size_t         types_len, body_len;
} mig__row_record;

/* The record of a table with so many columns. */
mig_status mig__row_record_init(mig__row_record *record, size_t n_columns,
                                mig_error *err) MIG_CHECKED;

/* Accepts one that is all zero. */
void mig__row_record_fini(mig__row_record *record);

/* Begins the next row. */
void mig__row_record_begin(mig__row_record *record);

/* Adds the next column's value.  False: SQLite has to see it, which might store another value, of
 * another class, or find that there is no memory. */
bool mig__row_record_add(mig__row_record *record, mig_affinity affinity,
                         const mig_value *value) MIG_CHECKED;

/* The record of all columns: valid until the next call. */
const unsigned char *mig__row_record_end(mig__row_record *record, size_t *lenp);

/* Writes a varint ("Database File Format", 1.6) of up to MIG__VARINT_MAX bytes; its length. */
size_t mig__varint_put(unsigned char *out, uint64_t value);

#endif
