/*
 * netaddr.h - inet, cidr, macaddr and macaddr8.
 *
 * Binary form of inet and cidr: the family (2: IPv4, 3: IPv6), the bits of the mask, 1 for cidr,
 * the length of the address (4, 16), the address.  Source: network_send,
 * src/backend/utils/adt/network.c of the server.  Of macaddr and macaddr8: 6 and 8 bytes.
 *
 * What is taken is what people and libraries write; forms that the server completes by guessing
 * (10.1 as a cidr, 6 bytes as a macaddr8) are none.
 *
 * Pure functions, any thread.
 */
#ifndef MIG_WIRE_NETADDR_H
#define MIG_WIRE_NETADDR_H

#include <stdbool.h>
#include <stddef.h>

#define MIG__INET_WIRE_MAX 20

typedef enum mig__inet_verdict {
    MIG__INET_OK,
    MIG__INET_MALFORMED,
    MIG__INET_HOST_BITS, /* cidr: bits to the right of the mask */
} mig__inet_verdict;

/*
 *   d.d.d.d[/mask]      decimal, no zeros in front, mask 0 to 32
 *   IPv6[/mask]         RFC 4291: groups of 1 to 4 hexadecimal digits in either case, "::" for one
 *                       or more that are 0, the last two also as d.d.d.d; mask 0 to 128
 *
 * No mask means all bits.  No zone behind %.  The length goes to *out_lenp.
 */
mig__inet_verdict mig__inet_parse(const char *text, size_t len, bool is_cidr,
                                  unsigned char out[MIG__INET_WIRE_MAX], size_t *out_lenp);

/*
 * To exactly what the server writes: inet without a mask of all bits, cidr always with its mask;
 * IPv6 with the longest run of zeros as "::".  Returns the length, 0 for malformed wire bytes.
 */
#define MIG__INET_TEXT_MAX 56
size_t mig__inet_format(const unsigned char *wire, size_t len, char out[MIG__INET_TEXT_MAX]);

/*
 * Hexadecimal digits in either case, n_bytes (6 or 8) pairs of them, with one of
 *
 *   no separator
 *   : or - between bytes          08:00:2b:01:02:03
 *   : or - in the middle          08002b:010203     08002b01:02030405
 *   : or - after 3 bytes of 8     08002b:0102030405
 *   . or - after each 2 bytes     0800.2b01.0203
 */
bool mig__mac_parse(const char *text, size_t len, unsigned char *out, size_t n_bytes);

/* Lower case with colons, as the server writes it.  Returns the length. */
#define MIG__MAC_TEXT_MAX 24
size_t mig__mac_format(const unsigned char *mac, size_t n_bytes, char out[MIG__MAC_TEXT_MAX]);

#endif
