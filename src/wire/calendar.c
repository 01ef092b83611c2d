/*
 * calendar.c - the pieces that dates and times in text are made of.
 */
#include "calendar.h"

#include <string.h>

/* Years from -8000, twenty whole cycles of the calendar before the year 0, count from 0. */
#define YEARS_BEFORE 8000

/* Days from -8000-03-01, where the count below begins, to 2000-01-01. */
#define DAYS_BEFORE (INT64_C(146097) * (YEARS_BEFORE / 400) + 730425)

/* PostgreSQL takes zones of less than sixteen hours (MAX_TZDISP_HOUR of the server). */
#define ZONE_HOUR_MAX 15

#define YEAR_DIGITS_MAX 7

const char *
mig_temporal_words(mig_temporal_verdict verdict)
{
    static const char *const words[] = {
#define MIG_TEMPORAL_WORDS(name, words) words,
        MIG_TEMPORAL_MAP(MIG_TEMPORAL_WORDS)
#undef MIG_TEMPORAL_WORDS
    };

    return words[verdict];
}

bool
mig__is_word(const char *text, const char *end, const char *word)
{
    for (; text < end && *word != '\0'; text++, word++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

        if (c != *word)
            return false;
    }
    return text == end && *word == '\0';
}

static bool
is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool
mig__date_exists(const mig__date *date)
{
    static const unsigned char days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return date->month >= 1 && date->month <= 12 && date->day >= 1 &&
           date->day <= days[date->month] + (unsigned)(date->month == 2 && is_leap(date->year));
}

/*
 * The year is taken to begin in March, so that the leap day is its last and the lengths of the
 * months before any month are a straight line: (153 m + 2) / 5.
 */
int64_t
mig__days_from_date(const mig__date *date)
{
    uint64_t march_year = (uint64_t)(date->year + YEARS_BEFORE) - (date->month <= 2);
    unsigned march_month = date->month > 2 ? date->month - 3 : date->month + 9;
    unsigned day_of_year = (153 * march_month + 2) / 5 + date->day - 1;
    uint64_t leap_days = march_year / 4 - march_year / 100 + march_year / 400;

    return (int64_t)(march_year * 365 + leap_days + day_of_year) - DAYS_BEFORE;
}

/* By cycles of 400 years. */
mig__date
mig__date_from_days(int64_t days)
{
    uint64_t  n = (uint64_t)(days + DAYS_BEFORE);
    unsigned  day = (unsigned)(n % 146097);
    unsigned  year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    unsigned  day_of_year = day - (365 * year + year / 4 - year / 100);
    unsigned  march_month = (5 * day_of_year + 2) / 153;
    mig__date date;

    date.month = march_month < 10 ? march_month + 3 : march_month - 9;
    date.day = day_of_year - (153 * march_month + 2) / 5 + 1;
    date.year = (int64_t)(n / 146097 * 400 + year) - YEARS_BEFORE + (date.month <= 2);
    return date;
}

/* ---- readers ---- */

/* The number at p, or anything with *badp set. */
static inline unsigned
two_digits(const char *p, bool *badp)
{
    unsigned tens = (unsigned)(unsigned char)p[0] - '0';
    unsigned ones = (unsigned)(unsigned char)p[1] - '0';

    *badp |= (tens > 9) | (ones > 9);
    return tens * 10 + ones;
}

mig_temporal_verdict
mig__read_date(const char **pp, const char *end, mig__date *date)
{
    const char *p = *pp;
    const char *digits;
    bool        negative = p < end && *p == '-';
    bool        is_signed = negative || (p < end && *p == '+');
    bool        bad = false;
    int64_t     year = 0;

    p += is_signed;
    digits = p;
    while (p < end && mig__is_digit(*p) && p - digits < YEAR_DIGITS_MAX)
        year = year * 10 + (*p++ - '0');
    if (p - digits < 4 || (!is_signed && p - digits > 4 && *digits == '0') || end - p < 6 ||
        (negative && year == 0))
        return MIG_TEMPORAL_SYNTAX;
    date->year = negative ? -year : year;
    date->month = two_digits(p + 1, &bad);
    date->day = two_digits(p + 4, &bad);
    *pp = p + 6;
    return bad || p[0] != '-' || p[3] != '-' ? MIG_TEMPORAL_SYNTAX : MIG_TEMPORAL_OK;
}

bool
mig__read_era(const char *text, const char **endp)
{
    const char *end = *endp;

    if (end - text < 3 || (end[-1] != 'C' && end[-1] != 'c') || !mig__is_word(end - 3, end, " bc"))
        return false;
    *endp = end - 3;
    return true;
}

mig_temporal_verdict
mig__apply_era(const char *text, mig__date *date)
{
    if (!mig__is_digit(*text))
        return MIG_TEMPORAL_SYNTAX;
    if (date->year == 0)
        return MIG_TEMPORAL_FIELD;
    date->year = 1 - date->year;
    return MIG_TEMPORAL_OK;
}

bool
mig__read_fraction(const char **pp, const char *end, int64_t *usp, bool *truncatedp)
{
    static const unsigned scales[] = {0, 100000, 10000, 1000, 100, 10, 1};
    const char           *start = *pp;
    const char           *p = start;
    unsigned              us = 0;

    while (p < end && p - start < 6 && mig__is_digit(*p))
        us = us * 10 + (unsigned)(*p++ - '0');
    if (p == start)
        return false;
    *usp = us * scales[p - start];
    for (; p < end && mig__is_digit(*p); p++)
        *truncatedp |= *p != '0';
    *pp = p;
    return true;
}

mig_temporal_verdict
mig__read_time(const char **pp, const char *end, int64_t *usp, bool *truncatedp)
{
    const char *p = *pp;
    bool        bad = false;
    unsigned    hour, minute, second = 0;
    int64_t     fraction = 0;

    if (end - p < 5 || p[2] != ':')
        return MIG_TEMPORAL_SYNTAX;
    hour = two_digits(p, &bad);
    minute = two_digits(p + 3, &bad);
    p += 5;
    if (p < end && *p == ':') {
        if (end - p < 3)
            return MIG_TEMPORAL_SYNTAX;
        second = two_digits(p + 1, &bad);
        p += 3;
        if (p < end && *p == '.') {
            p++;
            bad |= !mig__read_fraction(&p, end, &fraction, truncatedp);
        }
    }
    if (bad)
        return MIG_TEMPORAL_SYNTAX;
    *pp = p;
    *usp = (int64_t)(hour * 3600 + minute * 60 + second) * MIG_US_PER_SECOND + fraction;
    return minute > 59 || second > 59 || *usp > MIG_US_PER_DAY ||
                   (*usp == MIG_US_PER_DAY && *truncatedp)
               ? MIG_TEMPORAL_FIELD
               : MIG_TEMPORAL_OK;
}

mig_temporal_verdict
mig__read_zone(const char *p, const char *end, int32_t *eastp)
{
    ptrdiff_t len;
    bool      bad = false;
    unsigned  hour, minute = 0, second = 0;

    if (p < end && *p == ' ')
        p++;
    if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
        *eastp = 0;
        return MIG_TEMPORAL_OK;
    }
    if (p == end || (*p != '+' && *p != '-'))
        return MIG_TEMPORAL_SYNTAX;
    len = end - p - 1;
    if (len != 2 && len != 4 && len != 5 && len != 8)
        return MIG_TEMPORAL_SYNTAX;
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
    if (bad)
        return MIG_TEMPORAL_SYNTAX;
    if (hour > ZONE_HOUR_MAX || minute > 59 || second > 59)
        return MIG_TEMPORAL_FIELD;
    *eastp = (int32_t)(hour * 3600 + minute * 60 + second) * (*p == '-' ? -1 : 1);
    return MIG_TEMPORAL_OK;
}

/* ---- writers ---- */

char *
mig__put_digits(char *p, uint64_t value, unsigned n_digits)
{
    for (unsigned i = n_digits; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + n_digits;
}

char *
mig__put_date(char *p, int64_t days)
{
    mig__date date = mig__date_from_days(days);
    uint64_t  year = (uint64_t)(date.year < 0 ? -date.year : date.year);
    unsigned  n_digits = 4;

    for (uint64_t rest = year / 10000; rest > 0; rest /= 10)
        n_digits++;
    if (date.year < 0)
        *p++ = '-';
    else if (n_digits > 4)
        *p++ = '+';
    p = mig__put_digits(p, year, n_digits);
    *p++ = '-';
    p = mig__put_digits(p, date.month, 2);
    *p++ = '-';
    return mig__put_digits(p, date.day, 2);
}

char *
mig__put_fraction(char *p, unsigned us)
{
    if (us == 0)
        return p;
    *p++ = '.';
    p = mig__put_digits(p, us, 6);
    while (p[-1] == '0')
        p--;
    return p;
}

char *
mig__put_time(char *p, int64_t us, unsigned style)
{
    unsigned second = (unsigned)(us / MIG_US_PER_SECOND);
    unsigned fraction = (unsigned)(us % MIG_US_PER_SECOND);

    p = mig__put_digits(p, second / 3600, 2);
    *p++ = ':';
    p = mig__put_digits(p, second / 60 % 60, 2);
    *p++ = ':';
    p = mig__put_digits(p, second % 60, 2);
    if (!(style & MIG_TIME_SIX_ALWAYS) && !((style & MIG_TIME_SIX) && fraction != 0))
        return mig__put_fraction(p, fraction);
    *p++ = '.';
    return mig__put_digits(p, fraction, 6);
}
