/*
 * image_array.c - one form for equal arrays among bytes of any type.
 *
 * An array travels between two columns of its type as bytes without codec, and
 * nothing but the bytes tell that they are one: number of dimensions, a flag for
 * NULLs, the OID of its elements' type, per dimension its size and its first
 * subscript, and the elements, each with its length (array_send,
 * src/backend/utils/adt/arrayfuncs.c of the server).
 *
 * Two things differ between equal arrays.  The flag is set as long as the array
 * has room for NULLs, be there one or not ((ARRAY[NULL, 1])[2:2]); written back
 * and read again it is gone.  And elements of some types have images of their
 * own.  OIDs are left as they are: what passes as bytes consists of built-in
 * types, whose OIDs are the same everywhere.
 *
 * Bytes of another type that look like an array to their last one are told apart
 * by all but that flag and those forms, too, which such a type would have to mean
 * something by.
 */
#include <string.h>

#include "image.h"

#define HEAD_LEN      12
#define DIMENSION_LEN 8
#define MAX_DIMS      6 /* MAXDIM, src/include/utils/array.h */

/* OIDs from here on are not assigned by hand (src/include/access/transam.h). */
#define FIRST_GENERATED_OID 10000

typedef struct array {
    mig_wire_type wire;  /* of the elements, if they have images of their own; else OPAQUE */
    size_t        start; /* of the elements */
    uint64_t      n_elements;
} array;

static uint32_t
get32(const unsigned char *p)
{
    uint32_t wire;

    memcpy(&wire, p, sizeof wire);
    return be32toh(wire);
}

/* src/include/catalog/pg_type.dat */
static mig_wire_type
wire_of(uint32_t oid)
{
    switch (oid) {
    case 142:
        return MIG_WIRE_XML;
    case 700:
        return MIG_WIRE_FLOAT4;
    case 701:
        return MIG_WIRE_FLOAT8;
    case 1042:
        return MIG_WIRE_BPCHAR;
    case 1700:
        return MIG_WIRE_NUMERIC;
    case 3802:
        return MIG_WIRE_JSONB;
    default:
        return MIG_WIRE_OPAQUE;
    }
}

/* The head of an array that has elements; the empty one is its own image. */
static bool
read_head(const unsigned char *data, size_t len, array *a)
{
    uint32_t n_dims, oid;

    if (len < HEAD_LEN)
        return false;
    n_dims = get32(data);
    oid = get32(data + 8);
    if (n_dims < 1 || n_dims > MAX_DIMS || get32(data + 4) > 1 || oid == 0 ||
        oid >= FIRST_GENERATED_OID)
        return false;
    a->wire = wire_of(oid);
    a->start = HEAD_LEN + n_dims * (size_t)DIMENSION_LEN;
    if (len < a->start)
        return false;
    a->n_elements = 1;
    for (uint32_t i = 0; i < n_dims; i++) {
        a->n_elements *= get32(data + HEAD_LEN + i * (size_t)DIMENSION_LEN);
        /* Each of them takes the four bytes of its length. */
        if (a->n_elements == 0 || a->n_elements > (len - a->start) / 4)
            return false;
    }
    return true;
}

bool
mig__image_array_differs(const unsigned char *data, size_t len)
{
    array a;

    return read_head(data, len, &a) && (a.wire != MIG_WIRE_OPAQUE || get32(data + 4) == 1);
}

/* Appends an element with its length, which was looked at. */
static bool
add_element(const array *a, const unsigned char *data, uint32_t len, mig__image_scratch *scratch,
            mig_buf *out)
{
    const size_t at = out->len;
    uint32_t     wire;

    mig_buf_add(out, (const char *)data - 4, 4);
    if (a->wire == MIG_WIRE_OPAQUE || !mig__image_differs(a->wire, data, len)) {
        mig_buf_add(out, (const char *)data, len);
        return true;
    }
    if (!mig__image(a->wire, data, len, scratch, out))
        return false;
    if (!out->failed) {
        wire = htobe32((uint32_t)(out->len - at - 4));
        memcpy(out->data + at, &wire, sizeof wire);
    }
    return true;
}

/* Appends the elements.  False: the bytes are no array. */
static bool
add_elements(const array *a, const unsigned char *data, size_t len, bool *nullp,
             mig__image_scratch *scratch, mig_buf *out)
{
    size_t at = a->start;

    *nullp = false;
    for (uint64_t i = 0; i < a->n_elements; i++) {
        uint32_t element_len;

        if (len - at < 4)
            return false;
        element_len = get32(data + at);
        at += 4;
        if (element_len == UINT32_MAX) {
            *nullp = true;
            mig_buf_add(out, (const char *)data + at - 4, 4);
            continue;
        }
        if (element_len > len - at || !add_element(a, data + at, element_len, scratch, out))
            return false;
        at += element_len;
    }
    return at == len;
}

bool
mig__image_array(const unsigned char *data, size_t len, mig__image_scratch *scratch, mig_buf *out)
{
    const size_t start = out->len;
    array        a;
    bool         has_null;

    if (read_head(data, len, &a)) {
        mig_buf_add(out, (const char *)data, a.start);
        if (add_elements(&a, data, len, &has_null, scratch, out)) {
            if (!has_null && !out->failed)
                out->data[start + 7] = 0;
            return true;
        }
        out->len = start;
    }
    mig_buf_add(out, (const char *)data, len);
    return true;
}
