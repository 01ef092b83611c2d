/*
 * hex.h - hexadecimal digits, strictly: [0-9a-fA-F] in pairs, nothing else.
 */
#ifndef MIG_HEX_H
#define MIG_HEX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `len` digits to len / 2 bytes.  On false *faultp is the offset of the first character that is no
 * digit, or `len` if all are but one is left over; `out` may have been written to.
 */
bool mig__hex_decode(const char *hex, size_t len, unsigned char *out, size_t *faultp);

/* n_digits (even) lower-case digits of the first bytes, and a NUL. */
void mig__hex_encode(const unsigned char *bytes, size_t n_digits, char *out);

#endif
