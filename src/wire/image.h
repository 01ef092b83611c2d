/*
 * image.h - the parts of mig_field_image (digest.h), by family of types.
 *
 * Pure but for the scratch, which belongs to one thread; functions that append
 * to a buffer tell by its `failed` that memory ran out.
 */
#ifndef MIG_WIRE_IMAGE_H
#define MIG_WIRE_IMAGE_H

#include "mig/digest.h"

/* Memory that grows to what the values need and is used again.  All zero is an empty one. */
typedef struct mig__image_scratch {
    int unused;
} mig__image_scratch;

void mig__image_scratch_fini(mig__image_scratch *scratch);

/* Whether some values of the type are not their own images. */
bool mig__image_shapes(mig_wire_type wire);

/*
 * False: the bytes are their own image.  True: they may be, too.  Fast: this runs on every field of
 * such a type.
 */
bool mig__image_differs(mig_wire_type wire, const unsigned char *data, size_t len);

/* mig_field_image, of no NULL and with memory of the caller. */
bool mig__image(mig_wire_type wire, const unsigned char *data, size_t len,
                mig__image_scratch *scratch, mig_buf *out);

#endif
