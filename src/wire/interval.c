/*
 * interval.c - lengths of time in text, and back.
 *
 * Every form is a row of numbers with units, the largest first.  A number goes
 * to one of three sums, each with its own overflow: months, days, microseconds.
 */
#include <string.h>

#include "calendar.h"

/* In the order in which they may stand. */
typedef enum unit {
    UNIT_YEAR,
    UNIT_MONTH,
    UNIT_WEEK,
    UNIT_DAY,
    UNIT_HOUR,
    UNIT_MINUTE,
    UNIT_SECOND,
} unit;

typedef struct unit_word {
    const char *word;
    unit        unit;
} unit_word;

static const unit_word unit_words[] = {
    {"year", UNIT_YEAR},      {"years", UNIT_YEAR},     {"mon", UNIT_MONTH},
    {"mons", UNIT_MONTH},     {"month", UNIT_MONTH},    {"months", UNIT_MONTH},
    {"week", UNIT_WEEK},      {"weeks", UNIT_WEEK},     {"day", UNIT_DAY},
    {"days", UNIT_DAY},       {"hour", UNIT_HOUR},      {"hours", UNIT_HOUR},
    {"min", UNIT_MINUTE},     {"mins", UNIT_MINUTE},    {"minute", UNIT_MINUTE},
    {"minutes", UNIT_MINUTE}, {"sec", UNIT_SECOND},     {"secs", UNIT_SECOND},
    {"second", UNIT_SECOND},  {"seconds", UNIT_SECOND},
};

/* A text on its way to an interval. */
typedef struct reading {
    const char *p;
    const char *end;
    int         next;    /* the first unit that may still stand */
    bool        negated; /* "-P": every number's sign is turned */
    bool        range;   /* a sum left its type */
    bool        truncated;

    int64_t months;
    int64_t days;
    int64_t us;
} reading;

typedef struct number {
    bool    negative;
    bool    has_fraction;
    bool    range; /* the whole part is beyond int64 */
    int64_t whole;
    int64_t fraction_us;
} number;

/* [+|-]digits[.digits] */
static bool
read_number(reading *r, number *n)
{
    const char *digits;

    *n = (number){.negative = false};
    if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
        n->negative = *r->p++ == '-';
    digits = r->p;
    for (; r->p < r->end && mig__is_digit(*r->p); r->p++)
        n->range |= __builtin_mul_overflow(n->whole, 10, &n->whole) ||
                    __builtin_add_overflow(n->whole, *r->p - '0', &n->whole);
    if (r->p == digits)
        return false;
    if (r->p == r->end || *r->p != '.')
        return true;
    r->p++;
    n->has_fraction = true;
    return mig__read_fraction(&r->p, r->end, &n->fraction_us, &r->truncated);
}

/* `value` times `scale`, negated or not, to the sum. */
static void
add(reading *r, int64_t *sump, int64_t value, int64_t scale, bool negative)
{
    int64_t product;

    r->range |= __builtin_mul_overflow(negative ? -value : value, scale, &product) ||
                __builtin_add_overflow(*sump, product, sump);
}

/* A unit comes after those that are larger, and takes its number to the sum. */
static mig_temporal_verdict
add_unit(reading *r, const number *n, unit of)
{
    static const int64_t us_of[] = {[UNIT_HOUR] = 3600 * MIG_US_PER_SECOND,
                                    [UNIT_MINUTE] = 60 * MIG_US_PER_SECOND,
                                    [UNIT_SECOND] = MIG_US_PER_SECOND};
    bool                 negative = n->negative != r->negated;

    if ((int)of < r->next)
        return MIG_TEMPORAL_SYNTAX;
    r->next = (int)of + 1;
    r->range |= n->range;
    if (n->has_fraction && of != UNIT_SECOND)
        return MIG_TEMPORAL_FRACTION;
    if (of <= UNIT_MONTH)
        add(r, &r->months, n->whole, of == UNIT_YEAR ? 12 : 1, negative);
    else if (of <= UNIT_DAY)
        add(r, &r->days, n->whole, of == UNIT_WEEK ? 7 : 1, negative);
    else
        add(r, &r->us, n->whole, us_of[of], negative);
    add(r, &r->us, n->fraction_us, 1, negative);
    return MIG_TEMPORAL_OK;
}

/* Behind the P. */
static mig_temporal_verdict
read_iso(reading *r)
{
    static const char letters[] = "YMWDHMS";
    bool              in_time = false, empty = true;

    while (r->p < r->end) {
        mig_temporal_verdict verdict;
        const char          *letter;
        number               n;

        if (*r->p == 'T' && !in_time) {
            r->p++;
            in_time = empty = true;
            continue;
        }
        if (!read_number(r, &n) || r->p == r->end || *r->p == '\0')
            return MIG_TEMPORAL_SYNTAX;
        letter = strchr(in_time ? letters + UNIT_HOUR : letters, *r->p++);
        if (letter == NULL || (!in_time && letter - letters >= UNIT_HOUR))
            return MIG_TEMPORAL_SYNTAX;
        verdict = add_unit(r, &n, (unit)(letter - letters));
        if (verdict != MIG_TEMPORAL_OK)
            return verdict;
        empty = false;
    }
    return empty ? MIG_TEMPORAL_SYNTAX : MIG_TEMPORAL_OK;
}

/* Behind the hours of a clock, to the end of the text: it stands last. */
static mig_temporal_verdict
read_clock(reading *r, const number *hours)
{
    number               minutes, seconds;
    const char          *start = r->p;
    mig_temporal_verdict verdict;

    /* Two digits each, no sign. */
    if (hours->has_fraction || r->end - start < 6 || start[3] != ':')
        return MIG_TEMPORAL_SYNTAX;
    r->p++;
    if (!mig__is_digit(*r->p) || !read_number(r, &minutes) || r->p != start + 3)
        return MIG_TEMPORAL_SYNTAX;
    r->p++;
    if (!mig__is_digit(start[4]) || !mig__is_digit(start[5]) || !read_number(r, &seconds) ||
        r->p != r->end || (r->end > start + 6 && start[6] != '.'))
        return MIG_TEMPORAL_SYNTAX;
    minutes.negative = seconds.negative = hours->negative;
    verdict = add_unit(r, hours, UNIT_HOUR);
    if (verdict == MIG_TEMPORAL_OK)
        verdict = add_unit(r, &minutes, UNIT_MINUTE);
    if (verdict == MIG_TEMPORAL_OK)
        verdict = add_unit(r, &seconds, UNIT_SECOND);
    if (verdict == MIG_TEMPORAL_OK && (minutes.whole > 59 || seconds.whole > 59))
        verdict = MIG_TEMPORAL_FIELD;
    return verdict;
}

/* The word at r->p. */
static bool
read_unit(reading *r, unit *of)
{
    const char *start = r->p;

    while (r->p < r->end && *r->p != ' ')
        r->p++;
    for (size_t i = 0; i < sizeof unit_words / sizeof unit_words[0]; i++) {
        if (mig__is_word(start, r->p, unit_words[i].word)) {
            *of = unit_words[i].unit;
            return true;
        }
    }
    return false;
}

/* Numbers and words with one space between them, a clock at the end. */
static mig_temporal_verdict
read_words(reading *r)
{
    for (;;) {
        mig_temporal_verdict verdict;
        number               n;
        unit                 of;

        if (!read_number(r, &n) || r->p == r->end)
            return MIG_TEMPORAL_SYNTAX;
        if (*r->p == ':')
            return read_clock(r, &n);
        if (*r->p++ != ' ' || !read_unit(r, &of))
            return MIG_TEMPORAL_SYNTAX;
        verdict = add_unit(r, &n, of);
        if (verdict != MIG_TEMPORAL_OK || r->p == r->end)
            return verdict;
        r->p++; /* the space */
    }
}

bool
mig_interval_is_infinite(const mig_interval *i)
{
    return (i->us == INT64_MAX && i->days == INT32_MAX && i->months == INT32_MAX) ||
           (i->us == INT64_MIN && i->days == INT32_MIN && i->months == INT32_MIN);
}

mig_temporal_verdict
mig_interval_parse(const char *text, size_t len, mig_interval *interval, bool *truncatedp)
{
    reading              r = {.p = text, .end = text + len};
    mig_temporal_verdict verdict;
    mig_interval         result;

    if (mig__is_word(text, r.end, "infinity") || mig__is_word(text, r.end, "-infinity"))
        return MIG_TEMPORAL_INFINITE;
    r.negated = len >= 2 && text[0] == '-' && text[1] == 'P';
    if (r.negated)
        r.p++;
    if (r.p < r.end && *r.p == 'P') {
        r.p++;
        verdict = read_iso(&r);
    } else {
        verdict = read_words(&r);
    }
    if (verdict != MIG_TEMPORAL_OK)
        return verdict;
    result = (mig_interval){.us = r.us, .days = (int32_t)r.days, .months = (int32_t)r.months};
    if (r.range || result.days != r.days || result.months != r.months ||
        mig_interval_is_infinite(&result))
        return MIG_TEMPORAL_RANGE;
    *interval = result;
    *truncatedp = r.truncated;
    return MIG_TEMPORAL_OK;
}

/* The number and its letter, nothing for 0. */
static char *
put_part(char *p, int64_t value, char letter)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    unsigned n_digits = 1;

    if (value == 0)
        return p;
    for (uint64_t rest = size / 10; rest > 0; rest /= 10)
        n_digits++;
    if (value < 0)
        *p++ = '-';
    p = mig__put_digits(p, size, n_digits);
    *p++ = letter;
    return p;
}

size_t
mig_interval_format(const mig_interval *interval, char out[MIG_INTERVAL_MAX])
{
    char   *p = out;
    int64_t minutes = interval->us / (60 * MIG_US_PER_SECOND);
    int64_t second_us = interval->us % (60 * MIG_US_PER_SECOND);

    if (mig_interval_is_infinite(interval))
        return 0;
    *p++ = 'P';
    p = put_part(p, interval->months / 12, 'Y');
    p = put_part(p, interval->months % 12, 'M');
    p = put_part(p, interval->days, 'D');
    if (interval->us != 0 || p == out + 1)
        *p++ = 'T';
    p = put_part(p, minutes / 60, 'H');
    p = put_part(p, minutes % 60, 'M');
    if (second_us != 0) {
        uint64_t size = (uint64_t)(second_us < 0 ? -second_us : second_us);

        if (second_us < 0)
            *p++ = '-';
        p = mig__put_digits(p, size / MIG_US_PER_SECOND, size < 10 * MIG_US_PER_SECOND ? 1 : 2);
        p = mig__put_fraction(p, (unsigned)(size % MIG_US_PER_SECOND));
        *p++ = 'S';
    } else if (p[-1] == 'T') {
        *p++ = '0';
        *p++ = 'S';
    }
    *p = '\0';
    return (size_t)(p - out);
}
