/*
 * test_time.c - moments and days in text.  The C library's calendar and counting days
 * one by one are the independent judges.
 */
#include "mig/temporal.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../support/case_random.h"
#include "../support/time_cases.h"

#define SECONDS_0001 INT64_C(-63082281600000000)

/* From memory that ends where the text ends, so that reading on is seen by the sanitizer. */
static mig_temporal_verdict
verdict_of(const char *text, size_t len, mig_timestamp *ts)
{
    char                *copy = malloc(len > 0 ? len : 1);
    mig_temporal_verdict verdict;

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    verdict = mig_timestamp_parse(copy, len, ts);
    free(copy);
    return verdict;
}

static bool
parse(const char *text, size_t len, int64_t *usp, bool *truncatedp)
{
    mig_timestamp ts;

    if (verdict_of(text, len, &ts) != MIG_TEMPORAL_OK)
        return false;
    *usp = ts.us;
    *truncatedp = ts.truncated;
    return true;
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
        bool want = len == 10 || len == 16 || len == 19 || (len >= 21 && len <= 26) || len == 29 ||
                    len == 32 || len == 35;

        cr_expect_eq(parse(text, len, &us, &truncated), want, "the first %zu bytes", len);
    }
}

Test(time, refuses_a_text_with_something_before_or_behind)
{
    /* A sign before a year is a form of its own. */
    static const char bytes[] = "\0 \tZ0:T.x\n";

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
    int64_t               want = INT64_C(-63113904000) * 1000000; /* 0000-01-01 */

    for (unsigned year = 0; year <= 9999; year++) {
        bool leap = year % 400 == 0 || (year % 100 != 0 && year % 4 == 0);

        for (unsigned month = 0; month <= 13; month++) {
            unsigned n_days = 0;

            if (month >= 1 && month <= 12)
                n_days = lengths[month - 1] + (leap && month == 2);
            for (unsigned day = 0; day <= 32; day++) {
                int64_t us = 0;
                bool    truncated;
                bool    there = day >= 1 && day <= n_days;

                write_date(text, year, month, day);
                if (parse(text, sizeof text - 1, &us, &truncated) != there || (there && us != want))
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
                if (parse(text, sizeof text - 1, &us, &truncated) != there ||
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

Test(time, tells_a_zone_from_none)
{
    static const struct {
        const char *text;
        bool        has_zone;
    } cases[] = {
        {"2000-01-01", false},
        {"2000-01-01 00:00", false},
        {"2000-01-01 00:00:00", false},
        {"0044-03-15 00:00:00.5 BC", false},
        {"2000-01-01T00:00:00Z", true},
        {"2000-01-01 00:00 +00", true},
        {"infinity", true},
        {"0044-03-15 00:00:00+00 BC", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_timestamp ts = {.has_zone = !cases[i].has_zone, .ambiguous = true};

        cr_expect_eq(mig_timestamp_parse(cases[i].text, strlen(cases[i].text), &ts),
                     MIG_TEMPORAL_OK);
        cr_expect_eq(ts.has_zone, cases[i].has_zone, "%s", cases[i].text);
        cr_expect_not(ts.ambiguous);
    }
}

Test(time, says_what_is_wrong)
{
    static const struct {
        const char          *text;
        mig_temporal_verdict verdict;
    } cases[] = {
        {"", MIG_TEMPORAL_SYNTAX},
        {"tomorrow", MIG_TEMPORAL_SYNTAX},
        {"2024-01-01T00:00:00 UTC", MIG_TEMPORAL_SYNTAX},
        {"2024-02-30T00:00:00 UTC", MIG_TEMPORAL_SYNTAX},
        {"2024-02-30", MIG_TEMPORAL_FIELD},
        {"2024-02-30T00:00:00Z", MIG_TEMPORAL_FIELD},
        {"2024-02-28T24:00:00Z", MIG_TEMPORAL_FIELD},
        {"2024-02-28T24:00", MIG_TEMPORAL_FIELD},
        {"2024-02-28T23:60", MIG_TEMPORAL_FIELD},
        {"2024-02-28T23:59:60Z", MIG_TEMPORAL_FIELD},
        {"2024-02-28T00:00:00+16:00", MIG_TEMPORAL_FIELD},
        {"0000-01-01 BC", MIG_TEMPORAL_FIELD},
        {"-0043-02-30", MIG_TEMPORAL_FIELD},
        {"294277-01-01", MIG_TEMPORAL_RANGE},
        {"-4713-11-23", MIG_TEMPORAL_RANGE},
        {"-9999999-01-01", MIG_TEMPORAL_RANGE},
        {"9999999-01-01", MIG_TEMPORAL_RANGE},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_timestamp        ts;
        mig_temporal_verdict got = verdict_of(cases[i].text, strlen(cases[i].text), &ts);

        cr_expect_eq(got, cases[i].verdict, "\"%s\" %s", cases[i].text, mig_temporal_words(got));
    }
}

Test(time, reads_iso_years_as_the_same_moment_in_the_server_s_words)
{
    for (size_t i = 0; i < n_iso_time_cases; i++) {
        const iso_time_case *c = &iso_time_cases[i];
        int64_t              us = 1, want = 2;
        bool                 truncated;

        cr_expect(parse(c->text, strlen(c->text), &us, &truncated), "%s", c->text);
        cr_expect(parse(c->server_text, strlen(c->server_text), &want, &truncated));
        cr_expect_eq(us, want, "%s", c->text);
    }
}

/* A number of any size, small ones as often as large ones, in [min, end). */
static int64_t
random_between(case_random *random, int64_t min, int64_t end)
{
    uint64_t span = (uint64_t)end - (uint64_t)min;
    uint64_t value = case_random_next(random) >> case_random_below(random, 64);

    value %= span;
    return case_random_below(random, 2) ? min + (int64_t)value : end - 1 - (int64_t)value;
}

Test(time, every_style_is_parsed_to_the_same_moment)
{
    case_random random = {8};

    for (unsigned i = 0; i < 400000; i++) {
        int64_t       us, ends[] = {MIG_TIMESTAMP_MIN, MIG_TIMESTAMP_END, 0, 0};
        unsigned      style = case_random_below(&random, 32);
        char          text[MIG_TIMESTAMP_MAX];
        mig_timestamp ts = {0};
        size_t        len;

        if ((style & MIG_TIME_Z) && (style & MIG_TIME_OFFSET))
            style &= ~(unsigned)MIG_TIME_Z;
        us = i % 2 == 0 ? random_between(&random, ends[0], ends[2])
                        : random_between(&random, ends[2], ends[1]);
        if (i % 5 == 0)
            us -= us % 1000000;
        memset(text, 'x', sizeof text);
        len = mig_timestamp_format(us, style, text);
        cr_assert(len > 0 && len < sizeof text, "%" PRId64, us);
        cr_assert_eq(text[len], '\0');
        cr_assert_eq(verdict_of(text, len, &ts), MIG_TEMPORAL_OK, "%s", text);
        cr_assert_eq(ts.us, us, "%s", text);
        cr_assert_not(ts.truncated);
        cr_assert_eq(ts.has_zone, (style & (MIG_TIME_Z | MIG_TIME_OFFSET)) != 0);
    }
}

Test(time, writes_the_styles_of_the_table)
{
    static const struct {
        int64_t     us;
        unsigned    style;
        const char *text;
    } cases[] = {
        {0, 0, "2000-01-01 00:00:00"},
        {0, MIG_TIME_RFC3339, "2000-01-01T00:00:00Z"},
        {250000, MIG_TIME_RFC3339, "2000-01-01T00:00:00.25Z"},
        {250000, MIG_TIME_OFFSET, "2000-01-01 00:00:00.25+00:00"},
        {250000, MIG_TIME_SIX, "2000-01-01 00:00:00.250000"},
        {0, MIG_TIME_SIX, "2000-01-01 00:00:00"},
        {0, MIG_TIME_SIX_ALWAYS, "2000-01-01 00:00:00.000000"},
        {1, MIG_TIME_SIX_ALWAYS | MIG_TIME_OFFSET, "2000-01-01 00:00:00.000001+00:00"},
        {-1, MIG_TIME_T, "1999-12-31T23:59:59.999999"},
        {SECONDS_0001 - 1, 0, "0000-12-31 23:59:59.999999"},
        {SECONDS_0001 - 1 - 366 * MIG_US_PER_DAY, 0, "-0001-12-31 23:59:59.999999"},
        {INT64_C(252455616000000000), 0, "+10000-01-01 00:00:00"},
        {MIG_TIMESTAMP_MIN, MIG_TIME_RFC3339, "-4713-11-24T00:00:00Z"},
        {MIG_TIMESTAMP_END - 1, MIG_TIME_T | MIG_TIME_OFFSET | MIG_TIME_SIX_ALWAYS,
         "+294276-12-31T23:59:59.999999+00:00"},
        {INT64_MAX, MIG_TIME_RFC3339, "infinity"},
        {INT64_MIN, 0, "-infinity"},
        {MIG_TIMESTAMP_END, 0, ""},
        {MIG_TIMESTAMP_MIN - 1, 0, ""},
        {INT64_MAX - 1, 0, ""},
        {INT64_MIN + 1, 0, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char   text[MIG_TIMESTAMP_MAX] = "";
        size_t len = mig_timestamp_format(cases[i].us, cases[i].style, text);

        cr_expect_str_eq(text, cases[i].text);
        cr_expect_eq(len, strlen(cases[i].text));
    }
}

/* ---- dates ---- */

Test(time, reads_dates_that_are_whole_days)
{
    static const struct {
        const char          *text;
        mig_temporal_verdict verdict;
        int32_t              days;
    } cases[] = {
        {"2000-01-01", MIG_TEMPORAL_OK, 0},
        {"1999-12-31", MIG_TEMPORAL_OK, -1},
        {"2024-02-29", MIG_TEMPORAL_OK, 8825},
        {"2000-01-02 00:00:00", MIG_TEMPORAL_OK, 1},
        {"2000-01-02T00:00", MIG_TEMPORAL_OK, 1},
        {"2000-01-02T00:00:00.000000000Z", MIG_TEMPORAL_OK, 1},
        {"2000-01-02T02:00:00+02:00", MIG_TEMPORAL_OK, 1},
        {"2000-01-01T22:00:00-02:00", MIG_TEMPORAL_OK, 1},
        {"2000-01-02T00:00:00+02:00", MIG_TEMPORAL_NOT_MIDNIGHT, 0},
        {"2000-01-02T00:00:01Z", MIG_TEMPORAL_NOT_MIDNIGHT, 0},
        {"2000-01-02T00:00:00.0000001Z", MIG_TEMPORAL_NOT_MIDNIGHT, 0},
        {"2000-01-02 24:00:00", MIG_TEMPORAL_FIELD, 0},
        {"0044-03-15 BC", MIG_TEMPORAL_OK, -746117},
        {"-0043-03-15", MIG_TEMPORAL_OK, -746117},
        {"4714-11-24 BC", MIG_TEMPORAL_OK, MIG_DATE_MIN},
        {"4714-11-23 BC", MIG_TEMPORAL_RANGE, 0},
        {"294277-01-01", MIG_TEMPORAL_OK, 106751983},
        {"5874897-12-31", MIG_TEMPORAL_OK, MIG_DATE_MAX},
        {"5874898-01-01", MIG_TEMPORAL_RANGE, 0},
        {"9999999-12-31", MIG_TEMPORAL_RANGE, 0},
        {"-9999999-12-31", MIG_TEMPORAL_RANGE, 0},
        {"Infinity", MIG_TEMPORAL_OK, INT32_MAX},
        {"-infinity", MIG_TEMPORAL_OK, INT32_MIN},
        {"2023-02-29", MIG_TEMPORAL_FIELD, 0},
        {"0000-00-00", MIG_TEMPORAL_FIELD, 0},
        {"20000101", MIG_TEMPORAL_SYNTAX, 0},
        {"01.01.2000", MIG_TEMPORAL_SYNTAX, 0},
        {"", MIG_TEMPORAL_SYNTAX, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t              days = 42;
        mig_temporal_verdict got = mig_date_parse(cases[i].text, strlen(cases[i].text), &days);

        cr_expect_eq(got, cases[i].verdict, "\"%s\" %s", cases[i].text, mig_temporal_words(got));
        cr_expect_eq(days, cases[i].verdict == MIG_TEMPORAL_OK ? cases[i].days : 42, "%s: %d",
                     cases[i].text, days);
    }
}

Test(time, a_date_that_is_formatted_is_parsed_to_the_same_day)
{
    case_random random = {9};
    char        text[MIG_DATE_TEXT_MAX];

    for (unsigned i = 0; i < 200000; i++) {
        int32_t days = (int32_t)random_between(&random, MIG_DATE_MIN, (int64_t)MIG_DATE_MAX + 1);
        int32_t back = 0;
        size_t  len = mig_date_format(days, text);

        cr_assert_eq(strlen(text), len);
        cr_assert_eq(mig_date_parse(text, len, &back), MIG_TEMPORAL_OK, "%s", text);
        cr_assert_eq(back, days, "%s", text);
    }
    cr_expect_eq(mig_date_format(MIG_DATE_MIN - 1, text), 0);
    cr_expect_eq(mig_date_format(MIG_DATE_MAX + 1, text), 0);
    cr_expect_eq(mig_date_format(INT32_MAX, text), 8);
    cr_expect_str_eq(text, "infinity");
    cr_expect_eq(mig_date_format(INT32_MIN, text), 9);
    cr_expect_str_eq(text, "-infinity");
}
