/*
 * image.c - one form for what is equal, by type.
 *
 * What decides is what a server does to a value on its way in and out again, and
 * what its types take for equal where bytes differ that no application looks at.
 * It is not what the server's operator = says everywhere: that one takes -0.0
 * for 0.0 and 30 days for a month, which applications can tell apart.
 *
 * Held against a server by tests/db/test_image_server.c.
 */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "numeric.h"

void
mig__image_scratch_fini(mig__image_scratch *scratch)
{
    free(scratch->members);
    mig_buf_fini(&scratch->moved);
    *scratch = (mig__image_scratch){0};
}

/* ---- floats ------------------------------------------------------------------------------- */

/* What the server sends for 'NaN', of 8 bytes and of 4; a NaN that it computed has other bits. */
static const unsigned char nan8[8] = {0x7f, 0xf8};
static const unsigned char nan4[4] = {0x7f, 0xc0};

static bool
is_nan8(const unsigned char *data)
{
    uint64_t bits;

    memcpy(&bits, data, sizeof bits);
    return (be64toh(bits) & UINT64_C(0x7fffffffffffffff)) > UINT64_C(0x7ff0000000000000);
}

static bool
is_nan4(const unsigned char *data)
{
    uint32_t bits;

    memcpy(&bits, data, sizeof bits);
    return (be32toh(bits) & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000);
}

/* ---- by type ------------------------------------------------------------------------------ */

static size_t
without_blanks(const unsigned char *data, size_t len)
{
    while (len > 0 && data[len - 1] == ' ')
        len--;
    return len;
}

/*
 * Whether the bytes are not what mig__numeric_canonical() makes of them, by their ends alone: of
 * most numbers the display scale is what they need.
 */
static bool
numeric_differs(const unsigned char *data, size_t len)
{
    unsigned n_digits, first, last;
    int      bottom;

    if (len < MIG__NUMERIC_HEAD_LEN + 2 || (data[4] & ~0x40) != 0)
        return true;
    n_digits = mig__numeric_get(data);
    if (len != MIG__NUMERIC_HEAD_LEN + 2 * (size_t)n_digits)
        return true;
    first = mig__numeric_get(data + MIG__NUMERIC_HEAD_LEN);
    last = mig__numeric_get(data + len - 2);
    if (first == 0 || last == 0)
        return true;
    bottom = 4 * ((int16_t)mig__numeric_get(data + 2) - (int)n_digits + 1);
    bottom += (last % 10 == 0) + (last % 100 == 0) + (last % 1000 == 0);
    return mig__numeric_get(data + 6) != (unsigned)(bottom < 0 ? -bottom : 0);
}

static bool
image_numeric(const unsigned char *data, size_t len, mig_buf *out)
{
    size_t image_len;

    mig_buf_reserve(out, len);
    if (out->failed)
        return true;
    image_len = mig__numeric_canonical(data, len, (unsigned char *)out->data + out->len);
    out->len += image_len;
    out->data[out->len] = '\0';
    return image_len > 0;
}

static bool
image_jsonb(const unsigned char *data, size_t len, mig__image_scratch *scratch, mig_buf *out)
{
    return len >= 1 && data[0] == 1 &&
           mig__image_json((const char *)data + 1, len - 1, scratch, out);
}

bool
mig__image_shapes(mig_wire_type wire)
{
    return wire == MIG_WIRE_NUMERIC || wire == MIG_WIRE_JSONB || wire == MIG_WIRE_FLOAT8 ||
           wire == MIG_WIRE_FLOAT4 || wire == MIG_WIRE_BPCHAR || wire == MIG_WIRE_XML ||
           wire == MIG_WIRE_OPAQUE;
}

bool
mig__image_differs(mig_wire_type wire, const unsigned char *data, size_t len)
{
    if (wire == MIG_WIRE_FLOAT8)
        return len == 8 && is_nan8(data);
    if (wire == MIG_WIRE_FLOAT4)
        return len == 4 && is_nan4(data);
    if (wire == MIG_WIRE_BPCHAR)
        return len > 0 && data[len - 1] == ' ';
    if (wire == MIG_WIRE_XML)
        return mig__image_xml_differs((const char *)data, len);
    if (wire == MIG_WIRE_OPAQUE)
        return mig__image_array_differs(data, len);
    if (wire == MIG_WIRE_NUMERIC)
        return numeric_differs(data, len);
    return wire == MIG_WIRE_JSONB;
}

bool
mig__image(mig_wire_type wire, const unsigned char *data, size_t len, mig__image_scratch *scratch,
           mig_buf *out)
{
    const size_t fixed = mig_wire_fixed_len(wire);

    if (fixed != 0 && len != fixed)
        return false;
    if (wire == MIG_WIRE_NUMERIC)
        return image_numeric(data, len, out);
    if (wire == MIG_WIRE_JSONB)
        return image_jsonb(data, len, scratch, out);
    if (!mig__image_differs(wire, data, len))
        mig_buf_add(out, (const char *)data, len);
    else if (wire == MIG_WIRE_FLOAT8)
        mig_buf_add(out, (const char *)nan8, sizeof nan8);
    else if (wire == MIG_WIRE_FLOAT4)
        mig_buf_add(out, (const char *)nan4, sizeof nan4);
    else if (wire == MIG_WIRE_BPCHAR)
        mig_buf_add(out, (const char *)data, without_blanks(data, len));
    else if (wire == MIG_WIRE_XML)
        mig__image_xml((const char *)data, len, out);
    else
        return mig__image_array(data, len, scratch, out);
    return true;
}

bool
mig_field_image(mig_wire_type wire, const unsigned char *data, int32_t len, mig_buf *out)
{
    mig__image_scratch scratch = {0};
    bool               ok;

    if (len < 0)
        return true;
    ok = mig__image(wire, data, (size_t)len, &scratch, out);
    mig__image_scratch_fini(&scratch);
    return ok;
}
