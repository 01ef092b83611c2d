/*
 * bytes.h - bytes written as texts: hexadecimal digits and base64 (RFC 4648).
 *
 * Pure; any thread.
 */
#ifndef MIG_WIRE_BYTES_H
#define MIG_WIRE_BYTES_H

#include "mig/buf.h"

void mig__bytes_to_hex(const unsigned char *data, size_t len, mig_buf *out);

/* An even number of digits in either case, "\x" or "0x" before them allowed; else false. */
bool mig__bytes_of_hex(const char *text, size_t len, mig_buf *out);

void mig__bytes_to_base64(const unsigned char *data, size_t len, mig_buf *out);

/*
 * RFC 4648, section 4: whole groups, padded at the end, no other characters between; bits that
 * belong to no byte must be zero, so that the bytes give the same text again.
 */
bool mig__bytes_of_base64(const char *text, size_t len, mig_buf *out);

#endif
