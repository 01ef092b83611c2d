/*
 * time.c - moments and days in text to numbers, and back.
 *
 * Runs once per time value on the readers' threads; pure, no locale, no time
 * zone database, no libc time.  In the usual text the date and the clock stand
 * at fixed places, so they are read eight characters at a time: XOR with a
 * template such as "0000-00-" leaves the digits' values, and zero where a
 * separator stands as it must; one addition tests all eight, one multiplication
 * makes pairs of them.  All other texts are read piece by piece.
 */
#include "mig/temporal.h"

#include <endian.h>
#include <string.h>

#include "calendar.h"

/* "YYYY-MM-DDTHH:MM:SS" */
#define CLOCK_LEN 19

#define TOP_BITS UINT64_C(0x8080808080808080)

/* The first year of the server's range, 4714 BC. */
#define YEAR_MIN (-4713)

/* A text taken to pieces; the fields may be none of the calendar's. */
typedef struct moment {
    mig__date date;
    int64_t   time_us; /* since midnight */
    int32_t   east;
    bool      has_time;
    bool      has_zone;
    bool      truncated;
} moment;

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

static inline bool
is_separator(char c)
{
    return c == 'T' || c == ' ' || c == 't';
}

/* "YYYY-MM-DDTHH:MM:SS" at p, all of it there.  False if it stands there in no such form. */
static inline bool
read_fixed(const char *p, moment *m, mig_temporal_verdict *verdictp)
{
    uint64_t date, clock;
    unsigned hour, minute, second;
    unsigned day_tens = (unsigned)(unsigned char)p[8] - '0';
    unsigned day_ones = (unsigned)(unsigned char)p[9] - '0';

    if (!read_pairs(p, "0000-00-", UINT64_C(0x7f76767f76767676), &date) ||
        !read_pairs(p + 11, "00:00:00", UINT64_C(0x76767f76767f7676), &clock) || day_tens > 9 ||
        day_ones > 9 || !is_separator(p[10]))
        return false;
    m->date.year = pair(date, 0) * 100 + pair(date, 2);
    m->date.month = pair(date, 5);
    m->date.day = day_tens * 10 + day_ones;
    hour = pair(clock, 0);
    minute = pair(clock, 3);
    second = pair(clock, 6);
    m->time_us = (int64_t)(hour * 3600 + minute * 60 + second) * MIG_US_PER_SECOND;
    m->has_time = true;
    if (hour > 23 || minute > 59 || second > 59)
        *verdictp = MIG_TEMPORAL_FIELD;
    return true;
}

/* A date at *pp, and the time of day behind it if there is any. */
static mig_temporal_verdict
read_pieces(const char **pp, const char *end, moment *m)
{
    mig_temporal_verdict verdict = mig__read_date(pp, end, &m->date);

    if (verdict != MIG_TEMPORAL_OK || *pp == end)
        return verdict;
    if (!is_separator(**pp))
        return MIG_TEMPORAL_SYNTAX;
    ++*pp;
    m->has_time = true;
    verdict = mig__read_time(pp, end, &m->time_us, &m->truncated);
    /* 24:00:00 is of the next day: another spelling than the one that comes back. */
    if (verdict == MIG_TEMPORAL_OK && m->time_us == MIG_US_PER_DAY)
        return MIG_TEMPORAL_FIELD;
    return verdict;
}

/* The text, but for infinity, to its pieces.  FIELD only if nothing worse is wrong. */
static mig_temporal_verdict
read_moment(const char *text, size_t len, moment *m)
{
    const char          *p = text;
    const char          *end = text + len;
    bool                 before_christ = mig__read_era(text, &end);
    mig_temporal_verdict verdict = MIG_TEMPORAL_OK, of_zone;

    if (end - text >= CLOCK_LEN && read_fixed(text, m, &verdict)) {
        p += CLOCK_LEN;
        if (p < end && *p == '.') {
            int64_t fraction;

            p++;
            if (!mig__read_fraction(&p, end, &fraction, &m->truncated))
                return MIG_TEMPORAL_SYNTAX;
            m->time_us += fraction;
        }
    } else if ((verdict = read_pieces(&p, end, m)) != MIG_TEMPORAL_OK) {
        return verdict;
    }
    if (p < end) {
        of_zone = mig__read_zone(p, end, &m->east);
        if (of_zone != MIG_TEMPORAL_OK)
            return of_zone;
        m->has_zone = true;
    }
    if (before_christ && verdict == MIG_TEMPORAL_OK)
        verdict = mig__apply_era(text, &m->date);
    if (verdict == MIG_TEMPORAL_OK && !mig__date_exists(&m->date))
        return MIG_TEMPORAL_FIELD;
    return verdict;
}

/* Days of a date that exists; false if it is before all ranges. */
static inline bool
days_of(const mig__date *date, int64_t *daysp)
{
    if (date->year < YEAR_MIN)
        return false;
    *daysp = mig__days_from_date(date);
    return *daysp >= MIG_DATE_MIN - 1;
}

/* -1, 1 or 0: the text is -infinity, infinity or neither. */
static inline int
infinity_of(const char *text, size_t len)
{
    if ((len != 8 && len != 9) || (text[len - 1] | 0x20) != 'y')
        return 0;
    if (len == 8)
        return mig__is_word(text, text + len, "infinity");
    return -mig__is_word(text, text + len, "-infinity");
}

mig_temporal_verdict
mig_timestamp_parse(const char *text, size_t len, mig_timestamp *ts)
{
    moment               m = {.has_zone = false};
    int                  infinity = infinity_of(text, len);
    mig_temporal_verdict verdict;
    int64_t              days, us;

    if (infinity != 0) {
        *ts = (mig_timestamp){.us = infinity > 0 ? MIG_TIMESTAMP_INFINITY
                                                 : MIG_TIMESTAMP_NEG_INFINITY,
                              .has_zone = true};
        return MIG_TEMPORAL_OK;
    }
    verdict = read_moment(text, len, &m);
    if (verdict != MIG_TEMPORAL_OK)
        return verdict;
    /* One day more at each end, for zones. */
    if (!days_of(&m.date, &days) || days > MIG_TIMESTAMP_END / MIG_US_PER_DAY)
        return MIG_TEMPORAL_RANGE;
    /* The fraction counts forward from the second before the epoch too: cutting digits off is
     * always a step into the past. */
    us = days * MIG_US_PER_DAY + m.time_us - m.east * MIG_US_PER_SECOND;
    /* A clock at the very ends is refused although its zone might bring it into the range. */
    if (!mig_timestamp_in_range(us))
        return MIG_TEMPORAL_RANGE;
    *ts = (mig_timestamp){.us = us, .has_zone = m.has_zone, .truncated = m.truncated};
    return MIG_TEMPORAL_OK;
}

mig_temporal_verdict
mig_timestamp_apply_zone(const mig_zone *zone, mig_timestamp *ts)
{
    int64_t          us = ts->us;
    mig_zone_verdict verdict;

    if (ts->has_zone)
        return MIG_TEMPORAL_OK;
    verdict = mig_zone_to_utc(zone, ts->us, &us);
    if (verdict == MIG_ZONE_NEVER)
        return MIG_TEMPORAL_GAP;
    if (!mig_timestamp_in_range(us))
        return MIG_TEMPORAL_RANGE;
    ts->us = us;
    ts->has_zone = true;
    ts->ambiguous = verdict == MIG_ZONE_TWICE;
    return MIG_TEMPORAL_OK;
}

/* 9 characters at most, and a NUL. */
static size_t
put_infinity(char *out, bool positive)
{
    static const char text[] = "-infinity";

    memcpy(out, text + positive, sizeof text - positive);
    return sizeof text - 1 - positive;
}

size_t
mig_timestamp_format(int64_t us, unsigned style, char out[MIG_TIMESTAMP_MAX])
{
    char   *p = out;
    int64_t days = us / MIG_US_PER_DAY - (us % MIG_US_PER_DAY < 0);

    if (mig_timestamp_is_infinite(us))
        return put_infinity(out, us > 0);
    if (!mig_timestamp_in_range(us))
        return 0;
    p = mig__put_date(p, days);
    *p++ = style & MIG_TIME_T ? 'T' : ' ';
    p = mig__put_time(p, us - days * MIG_US_PER_DAY, style);
    if (style & MIG_TIME_Z)
        *p++ = 'Z';
    if (style & MIG_TIME_OFFSET) {
        memcpy(p, "+00:00", 6);
        p += 6;
    }
    *p = '\0';
    return (size_t)(p - out);
}

mig_temporal_verdict
mig_date_parse(const char *text, size_t len, int32_t *daysp)
{
    moment               m = {.has_zone = false};
    int                  infinity = infinity_of(text, len);
    mig_temporal_verdict verdict;
    int64_t              days, us;

    if (infinity != 0) {
        *daysp = infinity > 0 ? MIG_DATE_INFINITY : MIG_DATE_NEG_INFINITY;
        return MIG_TEMPORAL_OK;
    }
    verdict = read_moment(text, len, &m);
    if (verdict != MIG_TEMPORAL_OK)
        return verdict;
    if (!days_of(&m.date, &days))
        return MIG_TEMPORAL_RANGE;
    us = m.time_us - m.east * MIG_US_PER_SECOND;
    if (us % MIG_US_PER_DAY != 0 || m.truncated)
        return MIG_TEMPORAL_NOT_MIDNIGHT;
    days += us / MIG_US_PER_DAY;
    if (days < MIG_DATE_MIN || days > MIG_DATE_MAX)
        return MIG_TEMPORAL_RANGE;
    *daysp = (int32_t)days;
    return MIG_TEMPORAL_OK;
}

size_t
mig_date_format(int32_t days, char out[MIG_DATE_TEXT_MAX])
{
    char *p;

    if (days == MIG_DATE_INFINITY || days == MIG_DATE_NEG_INFINITY)
        return put_infinity(out, days > 0);
    if (days < MIG_DATE_MIN || days > MIG_DATE_MAX)
        return 0;
    p = mig__put_date(out, days);
    *p = '\0';
    return (size_t)(p - out);
}
