/*
 * image.c - one form for what is equal.
 */
#include "image.h"

void
mig__image_scratch_fini(mig__image_scratch *scratch)
{
    (void)scratch;
}

bool
mig__image_shapes(mig_wire_type wire)
{
    (void)wire;
    return false;
}

bool
mig__image_differs(mig_wire_type wire, const unsigned char *data, size_t len)
{
    (void)wire;
    (void)data;
    (void)len;
    return false;
}

bool
mig__image(mig_wire_type wire, const unsigned char *data, size_t len, mig__image_scratch *scratch,
           mig_buf *out)
{
    size_t fixed = mig_wire_fixed_len(wire);

    (void)scratch;
    if (fixed != 0 && len != fixed)
        return false;
    mig_buf_add(out, (const char *)data, len);
    return true;
}

bool
mig_field_image(mig_wire_type wire, const unsigned char *data, int32_t len, mig_buf *out)
{
    mig__image_scratch scratch = {0};
    bool              ok;

    if (len < 0)
        return true;
    ok = mig__image(wire, data, (size_t)len, &scratch, out);
    mig__image_scratch_fini(&scratch);
    return ok;
}
