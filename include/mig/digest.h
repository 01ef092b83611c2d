/*
 * digest.h - do two databases hold the same rows, without looking at each twice?
 *
 * Each row is hashed to 128 bits over the images of its fields, and the hashes
 * of many rows are added up: a digest, which does not depend on the order of the
 * rows.  Two sets of rows with one digest are the same but for an accident of
 * about 2^-128; it is no protection against who wants to deceive.
 *
 * The image of a field is its wire form, brought to one form where a server gives
 * the same value back in another:
 *
 *   NUMERIC          without zeros at the end of its fraction: 1.50 is 1.5
 *   JSONB            as jsonb compares: whatever the spelling, the order of keys and the scale of
 *                    numbers; of a key that stands twice the last value
 *   FLOAT4, FLOAT8   one NaN; -0.0 is not 0.0
 *   BPCHAR           without blanks at its end
 *   XML              without what the server drops of the declaration
 *   OPAQUE           bytes that are an array: of images, where its elements are of these types, and
 *                    whether or not it has room for NULLs
 *
 * All others are their bytes: INTERVAL (a month is not 30 days), TIMETZ, JSON (a
 * text), LITERAL (its texts have to come from the server on both sides) and
 * DYNAMIC.  So what is equal by value is equal here, and nothing else is.
 *
 * Hash: XXH3, 128 bits (xxHash, github.com/Cyan4973/xxHash).
 *
 * Threads: a hasher belongs to one thread; the rest is pure.
 */
#ifndef MIG_DIGEST_H
#define MIG_DIGEST_H

#include "mig/buf.h"
#include "mig/error.h"
#include "mig/wire.h"

typedef struct mig_hash {
    uint64_t low, high;
} mig_hash;

/* All zero is the digest of no rows. */
typedef struct mig_digest {
    uint64_t n_rows;
    mig_hash sum; /* modulo 2^128 */
} mig_digest;

static inline void
mig_digest_add_hash(mig_digest *digest, mig_hash hash)
{
    digest->n_rows++;
    digest->sum.high +=
        hash.high + __builtin_add_overflow(digest->sum.low, hash.low, &digest->sum.low);
}

static inline void
mig_digest_add(mig_digest *digest, const mig_digest *more)
{
    digest->n_rows += more->n_rows;
    digest->sum.high +=
        more->sum.high + __builtin_add_overflow(digest->sum.low, more->sum.low, &digest->sum.low);
}

/* Takes out rows that are in it. */
static inline void
mig_digest_take(mig_digest *digest, const mig_digest *less)
{
    digest->n_rows -= less->n_rows;
    digest->sum.high -=
        less->sum.high + __builtin_sub_overflow(digest->sum.low, less->sum.low, &digest->sum.low);
}

static inline bool
mig_digest_same(const mig_digest *one, const mig_digest *other)
{
    return one->n_rows == other->n_rows && one->sum.low == other->sum.low &&
           one->sum.high == other->sum.high;
}

/* Of any bytes. */
mig_hash mig_hash_bytes(const void *data, size_t len);

/* What is hashed of a column. */
typedef struct mig_hash_column {
    mig_wire_type wire;
    bool          key;     /* it is part of the key */
    bool          skipped; /* its values are not compared: any value hashes as nothing, NULL too */
} mig_hash_column;

typedef struct mig_hasher mig_hasher;

/* For rows of these columns, which are copied. */
mig_status mig_hasher_new(const mig_hash_column *columns, size_t n_columns, mig_hasher **hasherp,
                          mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig_hasher_free(mig_hasher *hasher);

/*
 * Hashes the wire row at `row`, of at most len bytes; *usedp is its length.  *keyp (NULL: not
 * wanted) is the hash of its key columns alone; without any, that of the whole row.  MIG_E_INTERNAL
 * for bytes that are no row of so many fields; what is in the fields is not looked at.
 */
mig_status mig_hash_row(mig_hasher *hasher, const unsigned char *row, size_t len, size_t *usedp,
                        mig_hash *hashp, mig_hash *keyp, mig_error *err) MIG_CHECKED;

/* All rows of a batch into the digest.  After an error the digest holds those before it. */
mig_status mig_hash_rows(mig_hasher *hasher, const mig_rows *rows, mig_digest *digest,
                         mig_error *err) MIG_CHECKED;

/*
 * Appends the image of a field (len -1: NULL, which appends nothing).  False, and nothing appended,
 * for bytes that are no value of the type: their image is then the bytes themselves.  Memory that
 * is not there shows in out (mig_buf_check).
 */
bool mig_field_image(mig_wire_type wire, const unsigned char *data, int32_t len, mig_buf *out);

#endif
