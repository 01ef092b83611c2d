/*
 * row_fields.h - where the fields of a wire row stand.
 *
 * The rows of a batch have a 16-bit count of fields, then for each its length (-1:
 * NULL) and its bytes, as in COPY BINARY (wire.h).
 */
#ifndef MIG__ROW_FIELDS_H
#define MIG__ROW_FIELDS_H

#include <endian.h>
#include <string.h>

#include "mig/wire.h"

typedef struct mig__field {
    const unsigned char *data; /* in the batch */
    int32_t              len;  /* -1: NULL */
} mig__field;

/* Finds the n fields of the row at *atp, which moves behind it; false if there is no such row. */
static inline bool
mig__fields_find(const mig_rows *rows, size_t *atp, mig__field *fields, size_t n)
{
    size_t   at = *atp;
    uint16_t n_fields;

    if (rows->len - at < sizeof n_fields)
        return false;
    memcpy(&n_fields, rows->data + at, sizeof n_fields);
    at += sizeof n_fields;
    if (be16toh(n_fields) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t wire_len;
        int32_t  len;

        if (rows->len - at < sizeof wire_len)
            return false;
        memcpy(&wire_len, rows->data + at, sizeof wire_len);
        at += sizeof wire_len;
        len = (int32_t)be32toh(wire_len);
        if (len < -1 || (len > 0 && (size_t)len > rows->len - at))
            return false;
        fields[i] = (mig__field){rows->data + at, len};
        at += len > 0 ? (size_t)len : 0;
    }
    *atp = at;
    return true;
}

#endif
