/*
 * netaddr.c - network and hardware addresses between text and binary.
 *
 * Runs once per value on the readers' and writers' threads; pure.
 */
#include "netaddr.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEAD_LEN 4
#define IPV4_LEN 4
#define IPV6_LEN 16
#define N_GROUPS 8

/* PGSQL_AF_INET and PGSQL_AF_INET6 of the server. */
#define FAMILY_IPV4 2
#define FAMILY_IPV6 3

static inline bool
is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/* -1 for what is no digit. */
static int
hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* ---- inet and cidr from text ---- */

/* A decimal number up to `max`, without zeros in front, at *pp, which moves behind it. */
static bool
parse_decimal(const char **pp, const char *end, unsigned max, unsigned *valuep)
{
    const char *start = *pp;
    unsigned    value = 0;

    for (; *pp < end && is_digit(**pp); (*pp)++) {
        value = value * 10 + (unsigned)(**pp - '0');
        if (value > max)
            return false;
    }
    *valuep = value;
    return *pp > start && (*start != '0' || *pp - start == 1);
}

/* All of the text. */
static bool
parse_ipv4(const char *p, const char *end, unsigned char out[IPV4_LEN])
{
    for (int i = 0; i < IPV4_LEN; i++) {
        unsigned byte;

        if (i > 0 && (p == end || *p++ != '.'))
            return false;
        if (!parse_decimal(&p, end, 255, &byte))
            return false;
        out[i] = (unsigned char)byte;
    }
    return p == end;
}

/* 1 to 4 hexadecimal digits at p; returns behind them, NULL if there is none. */
static const char *
parse_group(const char *p, const char *end, unsigned char out[2])
{
    unsigned    value = 0;
    const char *start = p;

    while (p < end && p - start < 4 && hex_value(*p) >= 0)
        value = value << 4 | (unsigned)hex_value(*p++);
    out[0] = (unsigned char)(value >> 8);
    out[1] = (unsigned char)value;
    return p == start ? NULL : p;
}

/*
 * Groups with ":" between them, all of the text, into at most `max` bytes; the last may be an IPv4
 * address.  Returns the bytes filled, -1 for anything else; nothing at all is 0 bytes.
 */
static int
parse_groups(const char *p, const char *end, unsigned char *out, int max)
{
    int n = 0;

    if (p == end)
        return 0;
    for (;;) {
        const char *behind;

        if (n + 2 > max)
            return -1;
        behind = parse_group(p, end, out + n);
        if (behind != NULL && behind < end && *behind == '.')
            return n + IPV4_LEN <= max && parse_ipv4(p, end, out + n) ? n + IPV4_LEN : -1;
        n += 2;
        if (behind == NULL || (behind < end && *behind != ':'))
            return -1;
        if (behind == end)
            return n;
        p = behind + 1;
    }
}

static bool
parse_ipv6(const char *text, const char *end, unsigned char out[IPV6_LEN])
{
    unsigned char tail[IPV6_LEN];
    const char   *gap = memmem(text, (size_t)(end - text), "::", 2);
    int           n_head, n_tail;

    if (gap == NULL)
        return parse_groups(text, end, out, IPV6_LEN) == IPV6_LEN;
    /* No IPv4 address before the gap: it would not be the last. */
    if (memchr(text, '.', (size_t)(gap - text)) != NULL)
        return false;
    n_head = parse_groups(text, gap, out, IPV6_LEN - 2);
    n_tail = parse_groups(gap + 2, end, tail, IPV6_LEN - 2);
    if (n_head < 0 || n_tail < 0 || n_head + n_tail > IPV6_LEN - 2)
        return false;
    memset(out + n_head, 0, (size_t)(IPV6_LEN - n_head - n_tail));
    memcpy(out + IPV6_LEN - n_tail, tail, (size_t)n_tail);
    return true;
}

static bool
has_bits_behind(const unsigned char *address, unsigned n_bytes, unsigned mask)
{
    for (unsigned i = mask / 8; i < n_bytes; i++) {
        unsigned behind = i == mask / 8 ? 0xffU >> mask % 8 : 0xff;

        if (address[i] & behind)
            return true;
    }
    return false;
}

mig__inet_verdict
mig__inet_parse(const char *text, size_t len, bool is_cidr, unsigned char out[MIG__INET_WIRE_MAX],
                size_t *out_lenp)
{
    const char    *end = text + len;
    const char    *slash = memchr(text, '/', len);
    const char    *p = slash == NULL ? end : slash + 1;
    bool           is_ipv6 = memchr(text, ':', len) != NULL;
    unsigned       n_bytes = is_ipv6 ? IPV6_LEN : IPV4_LEN;
    unsigned       mask = n_bytes * 8;
    unsigned char *address = out + HEAD_LEN;

    if (slash != NULL && (!parse_decimal(&p, end, mask, &mask) || p != end))
        return MIG__INET_MALFORMED;
    if (slash != NULL)
        end = slash;
    if (is_ipv6 ? !parse_ipv6(text, end, address) : !parse_ipv4(text, end, address))
        return MIG__INET_MALFORMED;
    if (is_cidr && has_bits_behind(address, n_bytes, mask))
        return MIG__INET_HOST_BITS;
    out[0] = is_ipv6 ? FAMILY_IPV6 : FAMILY_IPV4;
    out[1] = (unsigned char)mask;
    out[2] = is_cidr;
    out[3] = (unsigned char)n_bytes;
    *out_lenp = HEAD_LEN + n_bytes;
    return MIG__INET_OK;
}

/* ---- inet and cidr to text ---- */

static size_t
format_ipv4(const unsigned char *address, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "%u.%u.%u.%u", address[0], address[1], address[2],
                            address[3]);
}

/* The first of the longest runs of at least two zeros; *startp is -1 if there is none. */
static void
find_gap(const unsigned groups[N_GROUPS], int *startp, int *lenp)
{
    *startp = -1;
    *lenp = 1;
    for (int i = 0, run = 0; i < N_GROUPS; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > *lenp) {
            *lenp = run;
            *startp = i - run + 1;
        }
    }
}

static size_t
format_ipv6(const unsigned char *address, char *out, size_t size)
{
    unsigned groups[N_GROUPS];
    int      gap, gap_len;
    size_t   n = 0;

    for (int i = 0; i < N_GROUPS; i++)
        groups[i] = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
    find_gap(groups, &gap, &gap_len);
    for (int i = 0; i < N_GROUPS; i++) {
        if (i == gap) {
            n += (size_t)snprintf(out + n, size - n, "::");
            i += gap_len - 1;
            continue;
        }
        if (i > 0 && i != gap + gap_len)
            n += (size_t)snprintf(out + n, size - n, ":");
        /* The last 32 bits of ::d.d.d.d and ::ffff:d.d.d.d. */
        if (i == 6 && gap == 0 && (gap_len == 6 || (gap_len == 5 && groups[5] == 0xffff)))
            return n + format_ipv4(address + 12, out + n, size - n);
        n += (size_t)snprintf(out + n, size - n, "%x", groups[i]);
    }
    return n;
}

size_t
mig__inet_format(const unsigned char *wire, size_t len, char out[MIG__INET_TEXT_MAX])
{
    bool     is_ipv6;
    unsigned n_bytes;
    size_t   n;

    if (len < HEAD_LEN || (wire[0] != FAMILY_IPV4 && wire[0] != FAMILY_IPV6))
        return 0;
    is_ipv6 = wire[0] == FAMILY_IPV6;
    n_bytes = is_ipv6 ? IPV6_LEN : IPV4_LEN;
    if (wire[1] > n_bytes * 8 || wire[2] > 1 || wire[3] != n_bytes || len != HEAD_LEN + n_bytes)
        return 0;
    n = is_ipv6 ? format_ipv6(wire + HEAD_LEN, out, MIG__INET_TEXT_MAX)
                : format_ipv4(wire + HEAD_LEN, out, MIG__INET_TEXT_MAX);
    if (wire[2] == 1 || wire[1] != n_bytes * 8)
        n += (size_t)snprintf(out + n, MIG__INET_TEXT_MAX - n, "/%u", wire[1]);
    return n;
}

/* ---- macaddr and macaddr8 ---- */

/* Bytes between separators, and which separators those may be. */
static bool
is_grouping(size_t n_bytes, size_t group, char separator)
{
    if (separator == '.')
        return group == 2;
    if (separator == ':')
        return group == 1 || group == n_bytes / 2 || group == 3;
    return separator == '-' && (group == 1 || group == 2 || group == n_bytes / 2 || group == 3);
}

/* Whether a separator stands before byte i. */
static bool
separates(size_t n_bytes, size_t group, size_t i)
{
    /* 3 of 8 bytes: only the first three stand apart. */
    return n_bytes == 8 && group == 3 ? i == 3 : i > 0 && i % group == 0;
}

bool
mig__mac_parse(const char *text, size_t len, unsigned char *out, size_t n_bytes)
{
    size_t group = 0; /* bytes before the first separator */
    size_t at = 0;
    char   separator = '\0';

    while (2 * group < len && group < n_bytes && hex_value(text[2 * group]) >= 0)
        group++;
    if (group < n_bytes) {
        if (2 * group >= len || group == 0)
            return false;
        separator = text[2 * group];
        if (!is_grouping(n_bytes, group, separator))
            return false;
    }
    for (size_t i = 0; i < n_bytes; i++) {
        if (separator != '\0' && separates(n_bytes, group, i))
            if (at == len || text[at++] != separator)
                return false;
        if (len - at < 2 || hex_value(text[at]) < 0 || hex_value(text[at + 1]) < 0)
            return false;
        out[i] = (unsigned char)(hex_value(text[at]) << 4 | hex_value(text[at + 1]));
        at += 2;
    }
    return at == len;
}

size_t
mig__mac_format(const unsigned char *mac, size_t n_bytes, char out[MIG__MAC_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    char             *p = out;

    for (size_t i = 0; i < n_bytes; i++) {
        if (i > 0)
            *p++ = ':';
        *p++ = digits[mac[i] >> 4];
        *p++ = digits[mac[i] & 15];
    }
    *p = '\0';
    return (size_t)(p - out);
}
