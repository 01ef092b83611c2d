/*
 * image.h - the parts of mig_field_image (digest.h), by family of types.
 *
 * Pure but for the scratch, which belongs to one thread.  Memory that is not
 * there shows in the `failed` of the buffer that is appended to.
 */
#ifndef MIG_WIRE_IMAGE_H
#define MIG_WIRE_IMAGE_H

#include "mig/digest.h"

/*
 * Memory for the members of a document's open objects.  It grows to what the documents need and is
 * used again.  All zero is an empty one.
 */
typedef struct mig__image_scratch {
    struct mig__json_member *members; /* the innermost object's last */
    size_t                   n_members;
    size_t                   members_cap;
    mig_buf                  moved; /* members on their way to their places */
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

/* image_json.c: of the text.  False for what jsonb does not take. */
bool mig__image_json(const char *text, size_t len, mig__image_scratch *scratch, mig_buf *out);

/* image_xml.c */
bool mig__image_xml_differs(const char *text, size_t len);
void mig__image_xml(const char *text, size_t len, mig_buf *out);

/* image_array.c: of the bytes of any type, which are their own image if they are no array. */
bool mig__image_array_differs(const unsigned char *data, size_t len);
bool mig__image_array(const unsigned char *data, size_t len, mig__image_scratch *scratch,
                      mig_buf *out);

#endif
