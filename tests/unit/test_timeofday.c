/*
 * test_timeofday.c - what clocks show, with a zone and without.
 */
#include "mig/temporal.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"
#include "../support/interval_cases.h"

Test(timeofday, reads_the_table_and_says_what_is_wrong)
{
    for (size_t i = 0; i < n_timeofday_cases; i++) {
        const timeofday_case *c = &timeofday_cases[i];
        bool                  ok = c->verdict == MIG_TEMPORAL_OK, truncated = false;
        int64_t               us = 42;
        size_t                len = strlen(c->text);
        char                 *copy = malloc(len > 0 ? len : 1);

        memcpy(copy, c->text, len);
        cr_expect_eq(mig_timeofday_parse(copy, len, &us, &truncated), c->verdict, "%s", c->text);
        cr_expect_eq(us, ok ? c->us : 42, "%s: %" PRId64, c->text, us);
        cr_expect_eq(truncated, ok && c->truncated, "%s", c->text);
        free(copy);
    }
}

Test(timeofday, reads_times_with_a_zone)
{
    for (size_t i = 0; i < n_timetz_cases; i++) {
        const timetz_case *c = &timetz_cases[i];
        bool               ok = c->verdict == MIG_TEMPORAL_OK, truncated = true;
        mig_timetz         t = {42, 42};

        cr_expect_eq(mig_timetz_parse(c->text, strlen(c->text), NULL, &t, &truncated), c->verdict,
                     "%s", c->text);
        cr_expect_eq(t.us, ok ? c->time.us : 42, "%s", c->text);
        cr_expect_eq(t.west, ok ? c->time.west : 42, "%s", c->text);
    }
}

Test(timeofday, takes_a_zone_whose_clocks_never_change)
{
    mig_zone  *fixed, *berlin;
    mig_timetz t = {42, 42};
    bool       truncated = true;

    cr_assert_eq(mig_zone_open("+02:00", &fixed, NULL), MIG_OK);
    cr_assert_eq(mig_zone_open("Europe/Berlin", &berlin, NULL), MIG_OK);
    cr_expect_eq(mig_timetz_parse("12:00", 5, NULL, &t, &truncated), MIG_TEMPORAL_NO_ZONE);
    cr_expect_eq(mig_timetz_parse("12:00", 5, berlin, &t, &truncated), MIG_TEMPORAL_NO_ZONE);
    cr_expect_eq(t.us, 42);
    cr_expect_eq(mig_timetz_parse("12:00", 5, fixed, &t, &truncated), MIG_TEMPORAL_OK);
    cr_expect_eq(t.west, -7200);
    cr_expect_not(truncated);
    cr_expect_eq(mig_timetz_parse("12:00Z", 6, fixed, &t, &truncated), MIG_TEMPORAL_OK);
    cr_expect_eq(t.west, 0);
    mig_zone_free(fixed);
    mig_zone_free(berlin);
}

Test(timeofday, what_is_formatted_is_parsed_to_the_same)
{
    static const unsigned styles[] = {0, MIG_TIME_SIX, MIG_TIME_SIX_ALWAYS};
    case_random           random = {24};
    char                  text[MIG_TIMEOFDAY_MAX], zoned[MIG_TIMETZ_MAX];

    for (unsigned i = 0; i < 200000; i++) {
        int64_t    us = (int64_t)(case_random_next(&random) % (MIG_US_PER_DAY + 1)), back = -1;
        mig_timetz t, back_t = {-1, -1};
        bool       truncated = true;
        size_t     len;

        us -= us % (i % 2 == 0 ? 1000000 : 1);
        us = i == 0 ? MIG_US_PER_DAY : us;
        t = (mig_timetz){us, (int32_t)case_random_below(&random, 2 * 57599 + 1) - 57599};
        t.west -= t.west % (i % 3 == 0 ? 1 : i % 3 == 1 ? 60 : 3600);
        len = mig_timeofday_format(us, styles[i % 3], text);
        cr_assert_eq(mig_timeofday_parse(text, len, &back, &truncated), MIG_TEMPORAL_OK);
        cr_assert(back == us && !truncated, "%s", text);
        len = mig_timetz_format(&t, styles[i % 3], zoned);
        cr_assert_eq(mig_timetz_parse(zoned, len, NULL, &back_t, &truncated), MIG_TEMPORAL_OK, "%s",
                     zoned);
        cr_assert(back_t.us == us && back_t.west == t.west && !truncated, "%s", zoned);
    }
    cr_expect_eq(mig_timeofday_format(-1, 0, text), 0);
    cr_expect_eq(mig_timeofday_format(MIG_US_PER_DAY + 1, 0, text), 0);
    cr_expect_eq(mig_timetz_format(&(mig_timetz){0, 57600}, 0, zoned), 0);
    cr_expect_eq(mig_timetz_format(&(mig_timetz){0, INT32_MIN}, 0, zoned), 0);
    mig_timeofday_format(500000, MIG_TIME_SIX, text);
    cr_expect_str_eq(text, "00:00:00.500000");
    mig_timeofday_format(0, MIG_TIME_SIX_ALWAYS, text);
    cr_expect_str_eq(text, "00:00:00.000000");
}
