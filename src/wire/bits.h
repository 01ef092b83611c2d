/*
 * bits.h - bit and bit varying.
 *
 * Binary: an int32 number of bits, big-endian, then the bits, the first one highest; those that
 * fill up the last byte are 0.  Source: varbit_send, src/backend/utils/adt/varbit.c of the server.
 *
 * Pure functions, any thread.
 */
#ifndef MIG_WIRE_BITS_H
#define MIG_WIRE_BITS_H

#include <stdbool.h>
#include <stddef.h>

#define MIG__BITS_WIRE_MAX(n) (4 + ((n) + 7) / 8)

/*
 * Text of '0' and '1' alone, as long as the value has bits, maybe none (not the server's B'...' and
 * X'...'), to MIG__BITS_WIRE_MAX(len) bytes; the length in *out_lenp.
 */
bool mig__bits_parse(const char *text, size_t len, unsigned char *out, size_t *out_lenp);

/* How many bits, or characters of text; false for malformed wire bytes. */
bool mig__bits_count(const unsigned char *wire, size_t len, size_t *n_bitsp);

/* Wire bytes that were counted, to that many characters and a NUL. */
void mig__bits_format(const unsigned char *wire, size_t n_bits, char *out);

#endif
