/*
 * test_time.c - moments in text.  The C library's calendar and counting days
 * one by one are the independent judges.
 */
#include "mig/codec.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../support/case_random.h"
#include "../support/time_cases.h"

/* From memory that ends where the text ends, so that reading on is seen by the sanitizer. */
static bool
parse(const char *text, size_t len, int64_t *usp, bool *truncatedp)
{
    char *copy = malloc(len > 0 ? len : 1);
    bool  ok;

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    ok = mig_time_parse(copy, len, usp, truncatedp);
    free(copy);
    return ok;
}

Test(time, reads_every_form_of_the_table)
{
    for (size_t i = 0; i < n_time_cases; i++) {
        const time_case *c = &time_cases[i];
        int64_t          us = 42;
        bool             truncated = !c->truncated;

        cr_expect(parse(c->text, strlen(c->text), &us, &truncated), "refused: %s", c->text);
        cr_expect_eq(us, c->us, "%s: got %" PRId64 ", want %" PRId64, c->text, us, c->us);
        cr_expect_eq(truncated, c->truncated, "%s: truncated", c->text);
    }
}

static void
expect_refused(const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t us = 42;
        bool    truncated;

        cr_expect_not(parse(texts[i], strlen(texts[i]), &us, &truncated), "taken: \"%s\"",
                      texts[i]);
        cr_expect_eq(us, 42, "\"%s\" touched the result", texts[i]);
    }
}

Test(time, refuses_what_is_no_moment)
{
    expect_refused(bad_time_cases, n_bad_time_cases);
}

Test(time, refuses_the_forms_it_does_not_promise)
{
    expect_refused(foreign_time_cases, n_foreign_time_cases);
}

/* "2011-11-11T11:11:11.111111+11:11:11" with this byte, no digit, there. */
static bool
may_stand(size_t at, char byte, char original)
{
    if (at == 10)
        return byte == 'T' || byte == 't' || byte == ' ';
    if (at == 25)
        return byte == ' '; /* A digit less in the fraction, and the space before the zone. */
    if (at == 26)
        return byte == '+' || byte == '-';
    return byte == original;
}

Test(time, refuses_any_other_byte_at_any_place)
{
    static const char text[] = "2011-11-11T11:11:11.111111+11:11:11";

    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char    changed[sizeof text];
            bool    truncated;
            int64_t us;

            if (byte >= '0' && byte <= '9')
                continue;
            memcpy(changed, text, sizeof text);
            changed[at] = (char)byte;
            cr_expect_eq(parse(changed, sizeof text - 1, &us, &truncated),
                         may_stand(at, (char)byte, text[at]), "byte 0x%02x at %zu", byte, at);
        }
    }
}

Test(time, reads_a_shortened_text_only_where_a_form_ends)
{
    static const char text[] = "2011-11-11T11:11:11.111111+11:11:11";

    for (size_t len = 0; len < sizeof text; len++) {
        int64_t us;
        bool    truncated;
        bool    want = len == 19 || (len >= 21 && len <= 26) || len == 29 || len == 32 || len == 35;

        cr_expect_eq(parse(text, len, &us, &truncated), want, "the first %zu bytes", len);
    }
}

Test(time, refuses_a_text_with_something_before_or_behind)
{
    static const char bytes[] = "\0 \tZ0:T-+.x\n";

    for (size_t i = 0; i < n_time_cases; i++) {
        for (size_t b = 0; b < sizeof bytes - 1; b++) {
            char    text[80];
            size_t  len = strlen(time_cases[i].text);
            int64_t us;
            bool    truncated;

            text[0] = bytes[b];
            memcpy(text + 1, time_cases[i].text, len);
            cr_expect_not(parse(text, len + 1, &us, &truncated), "0x%02x before %s", bytes[b],
                          time_cases[i].text);
        }
    }
    cr_expect_not(parse("2000-01-01T00:00:00Z\0", 21, &(int64_t){0}, &(bool){false}));
    cr_expect_not(parse("2000-01-01T00:00:00\0", 20, &(int64_t){0}, &(bool){false}));
}

static void
write_date(char *text, unsigned year, unsigned month, unsigned day)
{
    unsigned numbers[] = {year / 100, year % 100, month, day};
    size_t   places[] = {0, 2, 5, 8};

    for (size_t i = 0; i < 4; i++) {
        text[places[i]] = (char)('0' + numbers[i] / 10);
        text[places[i] + 1] = (char)('0' + numbers[i] % 10);
    }
}

Test(time, knows_every_day_of_the_calendar_and_no_other)
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    char                  text[] = "YYYY-MM-DDT00:00:00Z";
    int64_t               want = INT64_C(-63082281600) * 1000000; /* 0001-01-01 */

    for (unsigned year = 0; year <= 9999; year++) {
        bool leap = year % 400 == 0 || (year % 100 != 0 && year % 4 == 0);

        for (unsigned month = 0; month <= 13; month++) {
            unsigned n_days = 0;

            if (year >= 1 && month >= 1 && month <= 12)
                n_days = lengths[month - 1] + (leap && month == 2);
            for (unsigned day = 0; day <= 32; day++) {
                int64_t us = 0;
                bool    truncated;
                bool    there = day >= 1 && day <= n_days;

                write_date(text, year, month, day);
                if (mig_time_parse(text, sizeof text - 1, &us, &truncated) != there ||
                    (there && us != want))
                    cr_assert(false, "%s: want %d, %" PRId64 "; got %" PRId64, text, there, want,
                              us);
                want += there ? INT64_C(86400000000) : 0;
            }
        }
    }
    cr_assert_eq(want, INT64_C(252455616000) * 1000000); /* 10000-01-01 */
}

Test(time, knows_every_second_of_the_day_and_no_other)
{
    char text[] = "2000-01-01THH:MM:SSZ";

    for (int hour = 0; hour < 100; hour++) {
        for (int minute = 0; minute < 100; minute++) {
            for (int second = 0; second < 100; second++) {
                int     numbers[] = {hour, minute, second};
                int64_t us = 0;
                bool    truncated;
                bool    there = hour < 24 && minute < 60 && second < 60;

                for (size_t i = 0; i < 3; i++) {
                    text[11 + 3 * i] = (char)('0' + numbers[i] / 10);
                    text[12 + 3 * i] = (char)('0' + numbers[i] % 10);
                }
                if (mig_time_parse(text, sizeof text - 1, &us, &truncated) != there ||
                    us != (there ? (hour * 3600 + minute * 60 + second) * INT64_C(1000000) : 0))
                    cr_assert(false, "%s: want %d, got %" PRId64, text, there, us);
            }
        }
    }
}

/* A random instant, as the clocks of the zone show it, with n_digits of a second's fraction. */
static void
format_instant(char *text, size_t size, int64_t unix_us, const zone_case *zone, char separator,
               unsigned n_digits, const char *more_digits)
{
    int64_t   us = ((unix_us % 1000000) + 1000000) % 1000000;
    time_t    seconds = (time_t)((unix_us - us) / 1000000 + zone->seconds);
    struct tm tm;
    char      fraction[8];

    gmtime_r(&seconds, &tm);
    snprintf(fraction, sizeof fraction, ".%06d", (int)us);
    fraction[n_digits == 0 ? 0 : n_digits + 1] = '\0';
    snprintf(text, size, "%04d-%02d-%02d%c%02d:%02d:%02d%s%s%s", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, separator, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction,
             n_digits == 6 ? more_digits : "", zone->text);
}

Test(time, reads_a_random_instant_back_from_every_form)
{
    static const char *const more[] = {"", "0", "000", "1", "999", "000000000000000001"};
    static const char        separators[] = "Tt ";
    case_random              random = {20240229};

    for (unsigned i = 0; i < 4000; i++) {
        /* A day inside the calendar's ends, so that no zone leaves it. */
        int64_t unix_us = -INT64_C(62135510400000000) +
                          (int64_t)(case_random_next(&random) % UINT64_C(315537724800000000));
        unsigned    n_digits = case_random_below(&random, 7);
        const char *more_digits = more[case_random_below(&random, 6)];
        int64_t     unit = 1;

        for (unsigned d = n_digits; d < 6; d++)
            unit *= 10;
        unix_us -= ((unix_us % unit) + unit) % unit;
        for (size_t z = 0; z < n_zone_cases; z++) {
            char    text[80];
            int64_t us = 0;
            bool    truncated = false;
            bool    loses = n_digits == 6 && strpbrk(more_digits, "19") != NULL;

            format_instant(text, sizeof text, unix_us, &zone_cases[z], separators[z % 3], n_digits,
                           more_digits);
            cr_assert(parse(text, strlen(text), &us, &truncated), "refused: %s", text);
            cr_assert_eq(us, unix_us - MIG_TIME_PG_EPOCH_US, "%s: %" PRId64, text, us);
            cr_assert_eq(truncated, loses, "%s: truncated", text);
        }
    }
}

Test(time, takes_unix_seconds_of_the_calendar_and_no_others)
{
    static const struct {
        int64_t seconds;
        bool    ok;
        int64_t us;
    } cases[] = {
        {0, true, -MIG_TIME_PG_EPOCH_US},
        {946684800, true, 0},
        {946684801, true, 1000000},
        {-1, true, -MIG_TIME_PG_EPOCH_US - 1000000},
        {INT64_C(-62135596800), true, INT64_C(-63082281600000000)},
        {INT64_C(-62135596801), false, 0},
        {INT64_C(253402300799), true, INT64_C(252455615999000000)},
        {INT64_C(253402300800), false, 0},
        {INT64_C(1700000000000), false, 0}, /* milliseconds */
        {INT64_MAX, false, 0},
        {INT64_MIN, false, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t us = 42;

        cr_expect_eq(mig_time_from_unix(cases[i].seconds, &us), cases[i].ok, "%" PRId64,
                     cases[i].seconds);
        cr_expect_eq(us, cases[i].ok ? cases[i].us : 42, "%" PRId64, cases[i].seconds);
    }
}

Test(time, what_is_formatted_is_parsed_to_the_same_moment)
{
    uint64_t random = 1;
    char     text[MIG_TIME_MAX];

    for (unsigned i = 0; i < 200000; i++) {
        int64_t us, back = 0;
        bool    truncated = false;
        size_t  len;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        us = (int64_t)(random % UINT64_C(315537897600000000)) - INT64_C(63082281600000000);
        if (i % 3 == 0)
            us -= us % 1000000;
        len = mig_time_format(us, text, i % 2 == 0, i % 2 == 0 ? 'T' : ' ');
        cr_assert(mig_time_parse(text, len, &back, &truncated), "%s", text);
        cr_assert_eq(back, us, "%s", text);
        cr_assert_not(truncated);
    }
    cr_expect_eq(mig_time_format(INT64_MAX, text, true, 'T'), 0);
    cr_expect_eq(mig_time_format(INT64_MIN, text, true, 'T'), 0);
}
