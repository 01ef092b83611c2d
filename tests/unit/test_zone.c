/*
 * test_zone.c - time zones.  libc's own local time is the judge.
 */
#include "mig/zone.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mig/temporal.h"

#include "../support/case_random.h"

static mig_zone *
open_zone(const char *name)
{
    mig_zone *zone;
    mig_error err = MIG_ERROR_INIT;

    cr_assert_eq(mig_zone_open(name, &zone, &err), MIG_OK, "%s", err.message);
    return zone;
}

/* What the zone makes of a clock: "utc", "utc twice", or "never". */
static void
expect(const mig_zone *zone, const char *local, const char *utc, mig_temporal_verdict verdict,
       bool ambiguous)
{
    mig_timestamp ts = {0};
    char          text[MIG_TIMESTAMP_MAX];

    cr_assert_eq(mig_timestamp_parse(local, strlen(local), &ts), MIG_TEMPORAL_OK, "%s", local);
    cr_expect_eq(mig_timestamp_apply_zone(zone, &ts), verdict, "%s", local);
    if (verdict != MIG_TEMPORAL_OK) {
        cr_expect_not(ts.has_zone);
        return;
    }
    mig_timestamp_format(ts.us, 0, text);
    cr_expect_str_eq(text, utc, "%s: %s", local, text);
    cr_expect(ts.has_zone);
    cr_expect_eq(ts.ambiguous, ambiguous, "%s", local);
}

Test(zone, knows_utc_and_fixed_distances)
{
    static const struct {
        const char *name;
        int32_t     east;
    } cases[] = {
        {"UTC", 0},        {"utc", 0},      {"Z", 0},      {"+02:00", 7200},  {"-0530", -19800},
        {"+05:45", 20700}, {"-08", -28800}, {"+00:00", 0}, {"+15:59", 57540},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_zone *zone = open_zone(cases[i].name);
        int32_t   east = 42;
        int64_t   utc = 0;

        cr_expect(mig_zone_is_fixed(zone, &east));
        cr_expect_eq(east, cases[i].east, "%s", cases[i].name);
        cr_expect_eq(mig_zone_to_utc(zone, 1, &utc), MIG_ZONE_ONCE);
        cr_expect_eq(utc, 1 - east * INT64_C(1000000));
        cr_expect_eq(mig_zone_east(zone, 0), east);
        mig_zone_free(zone);
    }
}

Test(zone, refuses_what_is_no_zone)
{
    static const char *const names[] = {
        "",          "Europe/Nowhere",  "europe/berlin",  "CET-1CEST", "+16",
        "+2",        "+02:60",          "+02-00",         "+0200x",    "Europe",
        "local",     "../zoneinfo/UTC", "/etc/localtime", ":UTC",      "Europe/Berlin ",
        "tzdata.zi", "zone.tab",        "+x2:00",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        mig_zone *zone = NULL;
        mig_error err = MIG_ERROR_INIT;

        cr_expect_eq(mig_zone_open(names[i], &zone, &err), MIG_E_USAGE, "\"%s\"", names[i]);
        cr_expect_null(zone);
        cr_expect_not_null(err.message);
        mig_error_fini(&err);
    }
}

Test(zone, refuses_the_gap_and_takes_the_earlier_of_two)
{
    mig_zone *zone = open_zone("Europe/Berlin");
    int32_t   east;

    cr_expect_not(mig_zone_is_fixed(zone, &east));
    expect(zone, "2024-01-15 12:00", "2024-01-15 11:00:00", MIG_TEMPORAL_OK, false);
    expect(zone, "2024-07-15 12:00", "2024-07-15 10:00:00", MIG_TEMPORAL_OK, false);
    expect(zone, "2024-03-31 01:59:59.999999", "2024-03-31 00:59:59.999999", MIG_TEMPORAL_OK,
           false);
    expect(zone, "2024-03-31 02:00", "", MIG_TEMPORAL_GAP, false);
    expect(zone, "2024-03-31 02:59:59.999999", "", MIG_TEMPORAL_GAP, false);
    expect(zone, "2024-03-31 03:00", "2024-03-31 01:00:00", MIG_TEMPORAL_OK, false);
    expect(zone, "2024-10-27 01:59:59.999999", "2024-10-26 23:59:59.999999", MIG_TEMPORAL_OK,
           false);
    expect(zone, "2024-10-27 02:00", "2024-10-27 00:00:00", MIG_TEMPORAL_OK, true);
    expect(zone, "2024-10-27 02:59:59.999999", "2024-10-27 00:59:59.999999", MIG_TEMPORAL_OK, true);
    expect(zone, "2024-10-27 03:00", "2024-10-27 02:00:00", MIG_TEMPORAL_OK, false);
    /* A zone in the text, and infinity, are left alone. */
    expect(zone, "2024-03-31 02:30:00Z", "2024-03-31 02:30:00", MIG_TEMPORAL_OK, false);
    expect(zone, "infinity", "infinity", MIG_TEMPORAL_OK, false);
    /* Mean local time; the rule of the last entry, for ever. */
    expect(zone, "0044-03-15 12:00 BC", "-0043-03-15 11:06:32", MIG_TEMPORAL_OK, false);
    expect(zone, "2500-07-01 12:00", "2500-07-01 10:00:00", MIG_TEMPORAL_OK, false);
    expect(zone, "9999-12-31 23:59:59", "9999-12-31 22:59:59", MIG_TEMPORAL_OK, false);
    expect(zone, "294276-03-26 02:30", "", MIG_TEMPORAL_GAP, false);
    expect(zone, "294276-07-01 12:00", "+294276-07-01 10:00:00", MIG_TEMPORAL_OK, false);
    /* Out of range in UTC. */
    expect(zone, "4714-11-24 00:30 BC", "", MIG_TEMPORAL_RANGE, false);
    mig_zone_free(zone);
}

Test(zone, knows_changes_other_than_summer_time)
{
    mig_zone *apia = open_zone("Pacific/Apia");
    mig_zone *moscow = open_zone("Europe/Moscow");

    /* A whole day that never was, and an hour twice without any summer time. */
    expect(apia, "2011-12-30 12:00", "", MIG_TEMPORAL_GAP, false);
    expect(apia, "2011-12-31 00:00", "2011-12-30 10:00:00", MIG_TEMPORAL_OK, false);
    expect(moscow, "2014-10-26 01:30", "2014-10-25 21:30:00", MIG_TEMPORAL_OK, true);
    mig_zone_free(apia);
    mig_zone_free(moscow);
}

Test(zone, leaves_the_environment_as_it_was)
{
    mig_zone *zone;

    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    zone = open_zone("Europe/Berlin");
    cr_expect_str_eq(getenv("TZ"), "Asia/Tokyo");
    cr_expect_eq(timezone, -9 * 3600);
    mig_zone_free(zone);
    unsetenv("TZ");
    zone = open_zone("Europe/Berlin");
    cr_expect_null(getenv("TZ"));
    mig_zone_free(zone);
}

/* Every moment's local time is that moment again, or an earlier one that looked the same. */
static void
expect_libc(const char *name, const mig_zone *zone, int64_t unix_seconds)
{
    time_t           at = (time_t)unix_seconds;
    struct tm        tm;
    int64_t          utc_us = unix_seconds * 1000000 - MIG_TIME_PG_EPOCH_US, back = 0;
    mig_zone_verdict verdict;

    localtime_r(&at, &tm);
    cr_assert_eq(mig_zone_east(zone, utc_us), tm.tm_gmtoff, "%s at %" PRId64, name, unix_seconds);
    verdict = mig_zone_to_utc(zone, utc_us + tm.tm_gmtoff * INT64_C(1000000), &back);
    cr_assert_neq(verdict, MIG_ZONE_NEVER, "%s at %" PRId64, name, unix_seconds);
    if (back != utc_us) {
        cr_assert(verdict == MIG_ZONE_TWICE && back < utc_us, "%s at %" PRId64, name, unix_seconds);
        cr_assert_eq(back + mig_zone_east(zone, back) * INT64_C(1000000),
                     utc_us + tm.tm_gmtoff * INT64_C(1000000));
    }
}

Test(zone, has_libc_s_local_time_at_any_moment)
{
    static const char *const names[] = {
        "Europe/Berlin",  "America/New_York",   "Australia/Lord_Howe", "Africa/Casablanca",
        "Asia/Manila",    "Pacific/Apia",       "America/Nuuk",        "Europe/Dublin",
        "Asia/Kathmandu", "Antarctica/Troll",   "Africa/Monrovia",     "America/Sao_Paulo",
        "Asia/Tehran",    "Pacific/Kiritimati",
    };
    case_random random = {1891};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        mig_zone *zone = open_zone(names[i]);

        setenv("TZ", names[i], 1);
        tzset();
        for (unsigned k = 0; k < 30000; k++) {
            /* 1830 to 2200 mostly, and all that a timestamp holds. */
            int64_t seconds =
                INT64_C(-4417977600) + (int64_t)(case_random_next(&random) % UINT64_C(11676096000));

            if (k % 10 == 0)
                seconds = INT64_C(-210866803200) +
                          (int64_t)(case_random_next(&random) % UINT64_C(9434236233600));
            expect_libc(names[i], zone, seconds);
        }
        /* Every half hour of three years, one of them far away. */
        for (int64_t t = 0; t < 3 * 365 * 48; t++) {
            expect_libc(names[i], zone, INT64_C(1704067200) + t * 1800);
            expect_libc(names[i], zone, INT64_C(253370764800) + t * 1800);
        }
        mig_zone_free(zone);
    }
}
