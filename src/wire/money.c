/*
 * money.c - amounts between text and units.
 *
 * Runs once per value on the readers' and writers' threads; pure.
 */
#include "money.h"

#include <inttypes.h>
#include <stdio.h>

static inline bool
is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

static uint64_t
power_of_ten(int n)
{
    uint64_t power = 1;

    while (n-- > 0)
        power *= 10;
    return power;
}

/* value * 10 + digit; stays at UINT64_MAX once it is beyond. */
static uint64_t
append(uint64_t value, unsigned digit)
{
    return value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
}

mig__money_verdict
mig__money_parse(const char *text, size_t len, int scale, int64_t *unitsp)
{
    bool     negative = len > 0 && text[0] == '-';
    bool     lost = false;
    uint64_t units = 0;
    size_t   at = negative;
    size_t   point;

    while (at < len && is_digit(text[at]))
        units = append(units, (unsigned)(text[at++] - '0'));
    point = at;
    if (point == negative || (point < len && (text[point] != '.' || point + 1 == len)))
        return MIG__MONEY_MALFORMED;
    for (at = point + 1; at < len; at++) {
        if (!is_digit(text[at]))
            return MIG__MONEY_MALFORMED;
        if (at - point <= (size_t)scale)
            units = append(units, (unsigned)(text[at] - '0'));
        else
            lost |= text[at] != '0';
    }
    for (; at - point <= (size_t)scale; at++)
        units = append(units, 0);
    if (units > (uint64_t)INT64_MAX + negative)
        return MIG__MONEY_RANGE;
    if (lost)
        return MIG__MONEY_FRACTION;
    *unitsp = negative ? (int64_t)(0 - units) : (int64_t)units;
    return MIG__MONEY_OK;
}

bool
mig__money_from_int64(int64_t whole, int scale, int64_t *unitsp)
{
    return !__builtin_mul_overflow(whole, (int64_t)power_of_ten(scale), unitsp);
}

size_t
mig__money_format(int64_t units, int scale, char out[MIG__MONEY_TEXT_MAX])
{
    uint64_t    rest = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    uint64_t    one = power_of_ten(scale);
    const char *sign = units < 0 ? "-" : "";

    if (scale == 0)
        return (size_t)snprintf(out, MIG__MONEY_TEXT_MAX, "%s%" PRIu64, sign, rest);
    return (size_t)snprintf(out, MIG__MONEY_TEXT_MAX, "%s%" PRIu64 ".%0*" PRIu64, sign, rest / one,
                            scale, rest % one);
}
