/*
 * bits.c - bit and bit varying between text and binary.
 *
 * Runs once per value on the readers' and writers' threads; pure.
 */
#include "bits.h"

#include <endian.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#define HEAD_LEN 4

/* The server's VARBITMAXLEN. */
#define BITS_MAX ((size_t)INT_MAX - 7)

bool
mig__bits_parse(const char *text, size_t len, unsigned char *out, size_t *out_lenp)
{
    uint32_t n_bits = htobe32((uint32_t)len);

    if (len > BITS_MAX)
        return false;
    memcpy(out, &n_bits, sizeof n_bits);
    memset(out + HEAD_LEN, 0, (len + 7) / 8);
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '0' && text[i] != '1')
            return false;
        if (text[i] == '1')
            out[HEAD_LEN + i / 8] |= (unsigned char)(0x80 >> i % 8);
    }
    *out_lenp = MIG__BITS_WIRE_MAX(len);
    return true;
}

bool
mig__bits_count(const unsigned char *wire, size_t len, size_t *n_bitsp)
{
    uint32_t n_bits;

    if (len < HEAD_LEN)
        return false;
    memcpy(&n_bits, wire, sizeof n_bits);
    *n_bitsp = be32toh(n_bits);
    return *n_bitsp <= BITS_MAX && len == MIG__BITS_WIRE_MAX(*n_bitsp);
}

void
mig__bits_format(const unsigned char *wire, size_t n_bits, char *out)
{
    for (size_t i = 0; i < n_bits; i++)
        out[i] = wire[HEAD_LEN + i / 8] & 0x80 >> i % 8 ? '1' : '0';
    out[n_bits] = '\0';
}
