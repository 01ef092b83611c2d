/*
 * test_interval.c - lengths of time in text.
 */
#include "mig/temporal.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"
#include "../support/interval_cases.h"

/* From memory that ends where the text ends, so that reading on is seen by the sanitizer. */
static mig_temporal_verdict
parse(const char *text, mig_interval *interval, bool *truncatedp)
{
    size_t               len = strlen(text);
    char                *copy = malloc(len > 0 ? len : 1);
    mig_temporal_verdict verdict;

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    verdict = mig_interval_parse(copy, len, interval, truncatedp);
    free(copy);
    return verdict;
}

static void
expect(const interval_case *c)
{
    mig_interval         i = {42, 42, 42};
    bool                 truncated = !c->truncated;
    mig_temporal_verdict got = parse(c->text, &i, &truncated);

    cr_expect_eq(got, MIG_TEMPORAL_OK, "%s %s", c->text, mig_temporal_words(got));
    cr_expect(i.us == c->interval.us && i.days == c->interval.days &&
                  i.months == c->interval.months,
              "%s: %d months %d days %" PRId64, c->text, i.months, i.days, i.us);
    cr_expect_eq(truncated, c->truncated, "%s", c->text);
}

Test(interval, reads_every_form_of_the_tables)
{
    for (size_t i = 0; i < n_interval_cases; i++)
        expect(&interval_cases[i]);
    for (size_t i = 0; i < n_iso_interval_cases; i++)
        expect(&iso_interval_cases[i]);
}

Test(interval, says_what_is_wrong)
{
    for (size_t i = 0; i < n_bad_intervals; i++) {
        mig_interval         interval = {42, 42, 42};
        bool                 truncated;
        mig_temporal_verdict got = parse(bad_intervals[i].text, &interval, &truncated);

        cr_expect_eq(got, bad_intervals[i].verdict, "\"%s\" %s", bad_intervals[i].text,
                     mig_temporal_words(got));
        cr_expect_eq(interval.us, 42);
    }
}

Test(interval, refuses_a_text_with_something_before_or_behind)
{
    static const char bytes[] = "\0 \tP:T.x\n";

    for (size_t i = 0; i < n_interval_cases; i++) {
        for (size_t b = 0; b < sizeof bytes - 1; b++) {
            size_t       len = strlen(interval_cases[i].text);
            char         text[80];
            mig_interval interval;
            bool         truncated;

            memcpy(text + 1, interval_cases[i].text, len);
            text[0] = text[len + 1] = bytes[b];
            cr_expect_neq(mig_interval_parse(text, len + 1, &interval, &truncated), MIG_TEMPORAL_OK,
                          "0x%02x before %s", bytes[b], interval_cases[i].text);
            cr_expect_neq(mig_interval_parse(text + 1, len + 1, &interval, &truncated),
                          MIG_TEMPORAL_OK, "0x%02x behind %s", bytes[b], interval_cases[i].text);
        }
    }
}

Test(interval, what_is_formatted_is_parsed_to_the_same)
{
    case_random random = {17};

    for (unsigned i = 0; i < 200000; i++) {
        mig_interval interval = {
            (int64_t)case_random_next(&random) >> case_random_below(&random, 64),
            (int32_t)case_random_next(&random) >> case_random_below(&random, 32),
            (int32_t)case_random_next(&random) >> case_random_below(&random, 32)};
        mig_interval back;
        bool         truncated = true;
        char         text[MIG_INTERVAL_MAX];
        size_t       len;

        if (i % 4 == 0)
            interval.us = i % 8 == 0 ? 0 : INT64_MIN;
        len = mig_interval_format(&interval, text);
        cr_assert(len > 0 && len < sizeof text);
        cr_assert_eq(mig_interval_parse(text, len, &back, &truncated), MIG_TEMPORAL_OK, "%s", text);
        cr_assert(back.us == interval.us && back.days == interval.days &&
                      back.months == interval.months && !truncated,
                  "%s", text);
    }
}

Test(interval, knows_infinity_and_the_longest_text)
{
    mig_interval infinite = {INT64_MAX, INT32_MAX, INT32_MAX};
    mig_interval negative = {INT64_MIN, INT32_MIN, INT32_MIN};
    mig_interval longest = {-INT64_C(9223372033199999999), INT32_MIN, INT32_MIN + 1};
    char         text[MIG_INTERVAL_MAX];

    cr_expect(mig_interval_is_infinite(&infinite));
    cr_expect(mig_interval_is_infinite(&negative));
    cr_expect_not(mig_interval_is_infinite(&longest));
    cr_expect_eq(mig_interval_format(&infinite, text), 0);
    cr_expect_eq(mig_interval_format(&negative, text), 0);
    cr_expect_eq(mig_interval_format(&longest, text), strlen(text));
    cr_expect_str_eq(text, "P-178956970Y-7M-2147483648DT-2562047786H-59M-59.999999S");
}
