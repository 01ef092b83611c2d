/*
 * time.c - moments in text to microseconds, and back.
 *
 * Runs once per time value on the readers' threads; pure, no locale, no time
 * zone database, no libc time.  The date and the clock stand at fixed places,
 * so they are read eight characters at a time: XOR with a template such as
 * "0000-00-" leaves the digits' values, and zero where a separator stands as it
 * must; one addition tests all eight, one multiplication makes pairs of them.
 */
#include "mig/codec.h"

#include <endian.h>
#include <string.h>

/* "YYYY-MM-DDTHH:MM:SS" */
#define CLOCK_LEN 19

/* Days from 0000-03-01, where the count below begins, to 2000-01-01. */
#define DAYS_TO_PG_EPOCH 730425

#define TOP_BITS UINT64_C(0x8080808080808080)

#define US_PER_SECOND INT64_C(1000000)

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define UNIX_SECONDS_MIN INT64_C(-62135596800)
#define UNIX_SECONDS_MAX INT64_C(253402300799)

/* PostgreSQL takes zones of less than sixteen hours (MAX_TZDISP_HOUR of the server). */
#define ZONE_HOUR_MAX 15

static inline bool
is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/*
 * Eight characters at p against a template of digits' places (0) and separators: byte i of the
 * result, counted from the low end, is the number that characters i and i + 1 make.
 *
 * `room` is what may be added to a byte that is right before its top bit comes up: 0x76 for a
 * digit (up to 9), 0x7f for a separator (only 0).
 */
static inline bool
read_pairs(const char *p, const char template[8], uint64_t room, uint64_t *pairsp)
{
    uint64_t text, want, digits;

    memcpy(&text, p, sizeof text);
    memcpy(&want, template, sizeof want);
    digits = le64toh(text ^ want);
    *pairsp = digits * 10 + (digits >> 8);
    return (((digits + room) | digits) & TOP_BITS) == 0;
}

static inline unsigned
pair(uint64_t pairs, unsigned i)
{
    return pairs >> (8 * i) & 0xff;
}

/* The number at p, or anything with *badp set. */
static inline unsigned
two_digits(const char *p, bool *badp)
{
    unsigned tens = (unsigned)(unsigned char)p[0] - '0';
    unsigned ones = (unsigned)(unsigned char)p[1] - '0';

    *badp |= (tens > 9) | (ones > 9);
    return tens * 10 + ones;
}

static inline bool
is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static inline unsigned
days_in_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month] + (month == 2 && is_leap(year));
}

/*
 * Days since 2000-01-01.  The year is taken to begin in March, so that the leap day is its last
 * and the lengths of the months before any month are a straight line: (153 m + 2) / 5.
 */
static inline int64_t
days_from_date(unsigned year, unsigned month, unsigned day)
{
    unsigned march_year = year - (month <= 2);
    unsigned march_month = month > 2 ? month - 3 : month + 9;
    unsigned day_of_year = (153 * march_month + 2) / 5 + day - 1;
    unsigned leap_days = march_year / 4 - march_year / 100 + march_year / 400;

    return (int64_t)(march_year * 365 + leap_days + day_of_year) - DAYS_TO_PG_EPOCH;
}

/* "YYYY-MM-DDTHH:MM:SS" at p, all of it there, to seconds since 2000-01-01. */
static inline bool
parse_clock(const char *p, int64_t *secondsp)
{
    uint64_t date, clock;
    unsigned year, month, hour, minute, second;
    unsigned day_tens = (unsigned)(unsigned char)p[8] - '0';
    unsigned day_ones = (unsigned)(unsigned char)p[9] - '0';
    unsigned day = day_tens * 10 + day_ones;

    if (!read_pairs(p, "0000-00-", UINT64_C(0x7f76767f76767676), &date) ||
        !read_pairs(p + 11, "00:00:00", UINT64_C(0x76767f76767f7676), &clock) || day_tens > 9 ||
        day_ones > 9 || (p[10] != 'T' && p[10] != ' ' && p[10] != 't'))
        return false;
    year = pair(date, 0) * 100 + pair(date, 2);
    month = pair(date, 5);
    hour = pair(clock, 0);
    minute = pair(clock, 3);
    second = pair(clock, 6);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return false;
    *secondsp = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

/* The digits at *pp, at least one; *pp moves behind the last. */
static inline bool
parse_fraction(const char **pp, const char *end, unsigned *usp, bool *truncatedp)
{
    static const unsigned scales[] = {0, 100000, 10000, 1000, 100, 10, 1};
    const char           *start = *pp;
    const char           *p = start;
    unsigned              us = 0;

    while (p < end && p - start < 6 && is_digit(*p))
        us = us * 10 + (unsigned)(*p++ - '0');
    if (p == start)
        return false;
    *usp = us * scales[p - start];
    for (; p < end && is_digit(*p); p++)
        *truncatedp |= *p != '0';
    *pp = p;
    return true;
}

/* Everything from p to the end as one zone, to seconds east of Greenwich. */
static bool
parse_zone(const char *p, const char *end, int64_t *offsetp)
{
    size_t   len;
    bool     bad = false;
    unsigned hour, minute = 0, second = 0;
    int64_t  offset;

    if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
        *offsetp = 0;
        return true;
    }
    if (p == end || (*p != '+' && *p != '-'))
        return false;
    len = (size_t)(end - p) - 1;
    if (len != 2 && len != 4 && len != 5 && len != 8)
        return false;
    hour = two_digits(p + 1, &bad);
    if (len == 4)
        minute = two_digits(p + 3, &bad);
    if (len >= 5) {
        bad |= p[3] != ':';
        minute = two_digits(p + 4, &bad);
    }
    if (len == 8) {
        bad |= p[6] != ':';
        second = two_digits(p + 7, &bad);
    }
    if (bad || hour > ZONE_HOUR_MAX || minute > 59 || second > 59)
        return false;
    offset = (int64_t)hour * 3600 + minute * 60 + second;
    *offsetp = *p == '-' ? -offset : offset;
    return true;
}

bool
mig_time_parse(const char *text, size_t len, int64_t *usp, bool *truncatedp)
{
    const char *p = text + CLOCK_LEN;
    const char *end = text + len;
    int64_t     seconds, offset = 0;
    unsigned    us = 0;
    bool        truncated = false;

    if (len < CLOCK_LEN || !parse_clock(text, &seconds))
        return false;
    if (p < end && *p == '.') {
        p++;
        if (!parse_fraction(&p, end, &us, &truncated))
            return false;
    }
    if (p < end) {
        if (*p == ' ')
            p++;
        if (!parse_zone(p, end, &offset))
            return false;
    }
    /* The fraction counts forward from the second before the epoch too: cutting digits off is
     * always a step into the past. */
    *usp = (seconds - offset) * US_PER_SECOND + us;
    *truncatedp = truncated;
    return true;
}

bool
mig_time_from_unix(int64_t seconds, int64_t *usp)
{
    if (seconds < UNIX_SECONDS_MIN || seconds > UNIX_SECONDS_MAX)
        return false;
    *usp = seconds * US_PER_SECOND - MIG_TIME_PG_EPOCH_US;
    return true;
}

static char *
put_digits(char *p, unsigned value, unsigned n_digits)
{
    for (unsigned i = n_digits; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + n_digits;
}

/* The inverse of days_from_date, by eras of 400 years. */
static char *
put_date(char *p, int64_t days)
{
    unsigned n = (unsigned)(days + DAYS_TO_PG_EPOCH);
    unsigned day_of_era = n % 146097;
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march_month = (5 * day_of_year + 2) / 153;
    unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;

    p = put_digits(p, n / 146097 * 400 + year_of_era + (month <= 2), 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    return put_digits(p, day_of_year - (153 * march_month + 2) / 5 + 1, 2);
}

size_t
mig_time_format(int64_t us, char out[MIG_TIME_MAX], bool zulu, char separator)
{
    char    *p = out;
    int64_t  seconds = us / US_PER_SECOND - (us % US_PER_SECOND < 0);
    unsigned fraction =
        (unsigned)(us % US_PER_SECOND + (us % US_PER_SECOND < 0 ? US_PER_SECOND : 0));
    int64_t  unix_seconds = seconds + MIG_TIME_PG_EPOCH_US / US_PER_SECOND;
    int64_t  days = seconds / 86400 - (seconds % 86400 < 0);
    unsigned clock = (unsigned)(seconds - days * 86400);

    if (unix_seconds < UNIX_SECONDS_MIN || unix_seconds > UNIX_SECONDS_MAX)
        return 0;
    p = put_date(p, days);
    *p++ = separator;
    p = put_digits(p, clock / 3600, 2);
    *p++ = ':';
    p = put_digits(p, clock / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, clock % 60, 2);
    if (fraction != 0) {
        *p++ = '.';
        p = put_digits(p, fraction, 6);
        while (p[-1] == '0')
            p--;
    }
    if (zulu)
        *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - out);
}
