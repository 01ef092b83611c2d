/*
 * copy_text.c - wire rows as lines of COPY text format.
 *
 * Of the characters that the format gives a meaning only texts can hold any:
 * numbers, times and addresses go out as they are written.
 */
#include "mig/copy_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "calendar.h"
#include "number.h"
#include "numeric.h"

/* One field's bytes. */
typedef struct field {
    const unsigned char *data;
    size_t               len;
} field;

static uint16_t
get16(const unsigned char *p)
{
    uint16_t wire;

    memcpy(&wire, p, sizeof wire);
    return be16toh(wire);
}

static uint32_t
get32(const unsigned char *p)
{
    uint32_t wire;

    memcpy(&wire, p, sizeof wire);
    return be32toh(wire);
}

static int64_t
get64(const unsigned char *p)
{
    uint64_t wire;

    memcpy(&wire, p, sizeof wire);
    return (int64_t)be64toh(wire);
}

/* ---- texts and bytes ---------------------------------------------------------------------- */

/* The letter that stands for the byte behind a backslash, or 0. */
static char
escape_of(unsigned char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void
put_text(mig_buf *out, const unsigned char *text, size_t len)
{
    size_t from = 0;

    for (size_t i = 0; i < len; i++) {
        char escaped[2] = {'\\', escape_of(text[i])};

        if (escaped[1] == 0)
            continue;
        mig_buf_add(out, (const char *)text + from, i - from);
        mig_buf_add(out, escaped, 2);
        from = i + 1;
    }
    mig_buf_add(out, (const char *)text + from, len - from);
}

/* Two digits a byte; NUL-terminated. */
static void
put_hex(mig_buf *out, const unsigned char *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    mig_buf_reserve(out, 2 * len);
    if (out->failed)
        return;
    for (size_t i = 0; i < len; i++) {
        out->data[out->len++] = digits[data[i] >> 4];
        out->data[out->len++] = digits[data[i] & 15];
    }
    out->data[out->len] = '\0';
}

static void
put_uuid(mig_buf *out, const unsigned char *data)
{
    static const unsigned char groups[] = {4, 2, 2, 2, 6};

    for (size_t i = 0; i < sizeof groups; i++) {
        mig_buf_add(out, "-", i > 0 ? 1 : 0);
        put_hex(out, data, groups[i]);
        data += groups[i];
    }
}

static void
put_mac(mig_buf *out, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        mig_buf_add(out, ":", i > 0 ? 1 : 0);
        put_hex(out, data + i, 1);
    }
}

static bool
put_bits(mig_buf *out, field f)
{
    size_t n_bits;

    if (f.len < 4)
        return false;
    n_bits = get32(f.data);
    if (n_bits > INT32_MAX || f.len != 4 + (n_bits + 7) / 8)
        return false;
    mig_buf_reserve(out, n_bits);
    if (out->failed)
        return true;
    for (size_t i = 0; i < n_bits; i++)
        out->data[out->len++] = f.data[4 + i / 8] >> (7 - i % 8) & 1 ? '1' : '0';
    out->data[out->len] = '\0';
    return true;
}

/* network_send, src/backend/utils/adt/network.c of the server. */
static bool
put_address(mig_buf *out, field f)
{
    const unsigned char *address = f.data + 4;

    if (f.len == 8 && f.data[0] == 2 && f.data[3] == 4) {
        mig_buf_printf(out, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
    } else if (f.len == 20 && f.data[0] == 3 && f.data[3] == 16) {
        for (size_t i = 0; i < 16; i += 2)
            mig_buf_printf(out, "%s%x", i > 0 ? ":" : "", get16(address + i));
    } else {
        return false;
    }
    mig_buf_printf(out, "/%u", f.data[1]);
    return true;
}

/* ---- numbers ------------------------------------------------------------------------------ */

static bool
put_numeric(mig_buf *out, field f)
{
    size_t room = f.len >= MIG__NUMERIC_HEAD_LEN ? mig__numeric_text_max(f.data, f.len) : 0;
    size_t len;

    if (room == 0)
        return false;
    mig_buf_reserve(out, room);
    if (out->failed)
        return true;
    len = mig__numeric_format(f.data, f.len, out->data + out->len);
    out->len += len;
    return len > 0;
}

static void
put_float4(mig_buf *out, uint32_t bits)
{
    char  text[MIG__DOUBLE_TEXT_MAX];
    float value;

    memcpy(&value, &bits, sizeof value);
    mig_buf_add(out, text, mig__float_format(value, text));
}

static void
put_float8(mig_buf *out, int64_t bits)
{
    char   text[MIG__DOUBLE_TEXT_MAX];
    double value;

    memcpy(&value, &bits, sizeof value);
    mig_buf_add(out, text, mig__double_format(value, text));
}

static uint64_t
magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static void
put_money(mig_buf *out, int64_t units)
{
    mig_buf_printf(out, "%s%" PRIu64 ".%02" PRIu64, units < 0 ? "-" : "", magnitude(units) / 100,
                   magnitude(units) % 100);
}

/* ---- times -------------------------------------------------------------------------------- */

static void
put_infinity(mig_buf *out, bool positive)
{
    mig_buf_puts(out, positive ? "infinity" : "-infinity");
}

/* The server counts years before Christ from 1. */
static void
put_date(mig_buf *out, const mig__date *date)
{
    mig_buf_printf(out, "%04" PRId64 "-%02u-%02u", date->year > 0 ? date->year : 1 - date->year,
                   date->month, date->day);
}

static void
put_era(mig_buf *out, const mig__date *date)
{
    mig_buf_puts(out, date->year > 0 ? "" : " BC");
}

/* H...HH:MM:SS.ffffff */
static void
put_clock(mig_buf *out, uint64_t us)
{
    uint64_t seconds = us / MIG_US_PER_SECOND;

    mig_buf_printf(out, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%06" PRIu64, seconds / 3600,
                   seconds / 60 % 60, seconds % 60, us % MIG_US_PER_SECOND);
}

static void
put_day(mig_buf *out, int32_t days)
{
    mig__date date;

    if (days == MIG_DATE_INFINITY || days == MIG_DATE_NEG_INFINITY) {
        put_infinity(out, days > 0);
        return;
    }
    date = mig__date_from_days(days);
    put_date(out, &date);
    put_era(out, &date);
}

static void
put_moment(mig_buf *out, int64_t us, const char *zone)
{
    int64_t   days = us / MIG_US_PER_DAY - (us % MIG_US_PER_DAY < 0);
    mig__date date;

    if (mig_timestamp_is_infinite(us)) {
        put_infinity(out, us > 0);
        return;
    }
    date = mig__date_from_days(days);
    put_date(out, &date);
    mig_buf_puts(out, " ");
    put_clock(out, (uint64_t)(us - days * MIG_US_PER_DAY));
    mig_buf_puts(out, zone);
    put_era(out, &date);
}

static void
put_timetz(mig_buf *out, int64_t us, int32_t west)
{
    uint32_t seconds = (uint32_t)magnitude(west);

    put_clock(out, (uint64_t)us);
    mig_buf_printf(out, "%c%02u:%02u:%02u", west > 0 ? '-' : '+', seconds / 3600, seconds / 60 % 60,
                   seconds % 60);
}

/* Infinite ones (server 17) have all three at the same end of their types. */
static void
put_interval(mig_buf *out, int64_t us, int32_t days, int32_t months)
{
    if (us == INT64_MAX && days == INT32_MAX && months == INT32_MAX) {
        put_infinity(out, true);
    } else if (us == INT64_MIN && days == INT32_MIN && months == INT32_MIN) {
        put_infinity(out, false);
    } else {
        mig_buf_printf(out, "%" PRId32 " mons %" PRId32 " days %s", months, days,
                       us < 0 ? "-" : "");
        put_clock(out, magnitude(us));
    }
}

/* ---- fields and rows ---------------------------------------------------------------------- */

/* The length is that of the type. */
static bool
put_fixed(mig_wire_type type, const unsigned char *data, size_t len, mig_buf *out)
{
    int64_t eight = len >= 8 ? get64(data) : 0;
    int32_t four = len >= 4 ? (int32_t)get32(data) : 0;

    if (type == MIG_WIRE_BOOL)
        mig_buf_puts(out, data[0] != 0 ? "t" : "f");
    else if (type == MIG_WIRE_INT2)
        mig_buf_printf(out, "%d", (int16_t)get16(data));
    else if (type == MIG_WIRE_INT4)
        mig_buf_printf(out, "%" PRId32, four);
    else if (type == MIG_WIRE_INT8)
        mig_buf_printf(out, "%" PRId64, eight);
    else if (type == MIG_WIRE_FLOAT4)
        put_float4(out, (uint32_t)four);
    else if (type == MIG_WIRE_FLOAT8)
        put_float8(out, eight);
    else if (type == MIG_WIRE_MONEY)
        put_money(out, eight);
    else if (type == MIG_WIRE_UUID)
        put_uuid(out, data);
    else if (type == MIG_WIRE_MACADDR || type == MIG_WIRE_MACADDR8)
        put_mac(out, data, len);
    else if (type == MIG_WIRE_DATE)
        put_day(out, four);
    else if (type == MIG_WIRE_TIME)
        put_clock(out, (uint64_t)eight);
    else if (type == MIG_WIRE_TIMETZ)
        put_timetz(out, eight, (int32_t)get32(data + 8));
    else if (type == MIG_WIRE_TIMESTAMP)
        put_moment(out, eight, "");
    else if (type == MIG_WIRE_TIMESTAMPTZ)
        put_moment(out, eight, "+00");
    else if (type == MIG_WIRE_INTERVAL)
        put_interval(out, eight, (int32_t)get32(data + 8), (int32_t)get32(data + 12));
    else
        return false;
    return true;
}

static bool
put_field(mig_wire_type type, field f, mig_buf *out)
{
    switch (type) {
    case MIG_WIRE_JSONB:
        if (f.len < 1 || f.data[0] != 1)
            return false;
        put_text(out, f.data + 1, f.len - 1);
        return true;
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BPCHAR:
    case MIG_WIRE_XML:
    case MIG_WIRE_JSON:
    case MIG_WIRE_LITERAL:
        put_text(out, f.data, f.len);
        return true;
    case MIG_WIRE_BYTEA:
        mig_buf_puts(out, "\\\\x");
        put_hex(out, f.data, f.len);
        return true;
    case MIG_WIRE_NUMERIC:
        return put_numeric(out, f);
    case MIG_WIRE_INET:
    case MIG_WIRE_CIDR:
        return f.len >= 4 && put_address(out, f);
    case MIG_WIRE_BIT:
    case MIG_WIRE_VARBIT:
        return put_bits(out, f);
    case MIG_WIRE_BOOL:
    case MIG_WIRE_INT2:
    case MIG_WIRE_INT4:
    case MIG_WIRE_INT8:
    case MIG_WIRE_FLOAT4:
    case MIG_WIRE_FLOAT8:
    case MIG_WIRE_MONEY:
    case MIG_WIRE_UUID:
    case MIG_WIRE_DATE:
    case MIG_WIRE_TIME:
    case MIG_WIRE_TIMETZ:
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
    case MIG_WIRE_INTERVAL:
    case MIG_WIRE_MACADDR:
    case MIG_WIRE_MACADDR8:
        return f.len == mig_wire_fixed_len(type) && put_fixed(type, f.data, f.len, out);
    case MIG_WIRE_NONE:
    case MIG_WIRE_OPAQUE:
    case MIG_WIRE_DYNAMIC:
        break;
    }
    return false;
}

bool
mig_copy_text_row(const mig_wire_type *types, size_t n, const unsigned char *data, size_t len,
                  size_t *atp, mig_buf *out)
{
    size_t at = *atp;

    if (len - at < 2 || get16(data + at) != n)
        return false;
    at += 2;
    for (size_t i = 0; i < n; i++) {
        field f;

        if (len - at < 4)
            return false;
        f.len = get32(data + at);
        f.data = data + at + 4;
        at += 4;
        mig_buf_add(out, "\t", i > 0 ? 1 : 0);
        if (f.len == UINT32_MAX) {
            mig_buf_puts(out, "\\N");
            continue;
        }
        if (f.len > len - at || !put_field(types[i], f, out))
            return false;
        at += f.len;
    }
    mig_buf_add(out, "\n", 1);
    *atp = at;
    return true;
}
