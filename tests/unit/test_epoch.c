/*
 * test_epoch.c - numbers that count time, and the units that types name.
 */
#include "mig/temporal.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "../support/case_random.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#define EPOCH MIG_TIME_PG_EPOCH_US

/* 0001-01-01, and the first moment of the year 10000. */
#define FIRST INT64_C(-63082281600000000)
#define END   INT64_C(252455616000000000)

Test(epoch, takes_integers_of_the_calendar_and_no_others)
{
    static const struct {
        int64_t              value;
        mig_unit             unit;
        mig_temporal_verdict verdict;
        int64_t              us;
        bool                 truncated;
    } cases[] = {
        {0, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH, false},
        {946684800, MIG_UNIT_S, MIG_TEMPORAL_OK, 0, false},
        {946684801, MIG_UNIT_S, MIG_TEMPORAL_OK, 1000000, false},
        {-1, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH - 1000000, false},
        {INT64_C(-62135596800), MIG_UNIT_S, MIG_TEMPORAL_OK, FIRST, false},
        {INT64_C(-62135596801), MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_C(253402300799), MIG_UNIT_S, MIG_TEMPORAL_OK, END - 1000000, false},
        {INT64_C(253402300800), MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_C(1700000000000), MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false}, /* milliseconds */
        {INT64_MAX, MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_MIN, MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_C(946684800001), MIG_UNIT_MS, MIG_TEMPORAL_OK, 1000, false},
        {-1, MIG_UNIT_MS, MIG_TEMPORAL_OK, -EPOCH - 1000, false},
        {INT64_C(253402300799999), MIG_UNIT_MS, MIG_TEMPORAL_OK, END - 1000, false},
        {INT64_C(253402300800000), MIG_UNIT_MS, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_MAX, MIG_UNIT_MS, MIG_TEMPORAL_RANGE, 0, false},
        {EPOCH + 1, MIG_UNIT_US, MIG_TEMPORAL_OK, 1, false},
        {END + EPOCH - 1, MIG_UNIT_US, MIG_TEMPORAL_OK, END - 1, false},
        {END + EPOCH, MIG_UNIT_US, MIG_TEMPORAL_RANGE, 0, false},
        {FIRST + EPOCH, MIG_UNIT_US, MIG_TEMPORAL_OK, FIRST, false},
        {FIRST + EPOCH - 1, MIG_UNIT_US, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_MAX, MIG_UNIT_US, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_MIN, MIG_UNIT_US, MIG_TEMPORAL_RANGE, 0, false},
        {EPOCH * 1000, MIG_UNIT_NS, MIG_TEMPORAL_OK, 0, false},
        {EPOCH * 1000 + 1, MIG_UNIT_NS, MIG_TEMPORAL_OK, 0, true},
        {EPOCH * 1000 + 1999, MIG_UNIT_NS, MIG_TEMPORAL_OK, 1, true},
        {EPOCH * 1000 - 1, MIG_UNIT_NS, MIG_TEMPORAL_OK, -1, true},
        {-1, MIG_UNIT_NS, MIG_TEMPORAL_OK, -EPOCH - 1, true},
        {-1000, MIG_UNIT_NS, MIG_TEMPORAL_OK, -EPOCH - 1, false},
        {INT64_MAX, MIG_UNIT_NS, MIG_TEMPORAL_OK, INT64_C(9223372036854775) - EPOCH, true},
        {INT64_MIN, MIG_UNIT_NS, MIG_TEMPORAL_OK, INT64_C(-9223372036854776) - EPOCH, true},
        {2451545, MIG_UNIT_JULIAN, MIG_TEMPORAL_OK, MIG_US_PER_DAY / 2, false},
        {0, MIG_UNIT_JULIAN, MIG_TEMPORAL_OK, MIG_TIMESTAMP_MIN + MIG_US_PER_DAY / 2, false},
        {-1, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {5373484, MIG_UNIT_JULIAN, MIG_TEMPORAL_OK, END - MIG_US_PER_DAY / 2, false},
        {5373485, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {INT64_MAX, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {0, MIG_UNIT_NONE, MIG_TEMPORAL_SYNTAX, 0, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t us = 42;
        bool    truncated = !cases[i].truncated, ok = cases[i].verdict == MIG_TEMPORAL_OK;

        cr_expect_eq(mig_timestamp_from_int(cases[i].value, cases[i].unit, &us, &truncated),
                     cases[i].verdict, "case %zu", i);
        cr_expect_eq(us, ok ? cases[i].us : 42, "case %zu: %" PRId64, i, us);
        cr_expect_eq(truncated, ok ? cases[i].truncated : !cases[i].truncated, "case %zu", i);
    }
}

Test(epoch, takes_reals_to_the_nearest_microsecond)
{
    static const struct {
        double               value;
        mig_unit             unit;
        mig_temporal_verdict verdict;
        int64_t              us;
        bool                 truncated;
    } cases[] = {
        {0, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH, false},
        {946684800.25, MIG_UNIT_S, MIG_TEMPORAL_OK, 250000, false},
        {1700000000.123456, MIG_UNIT_S, MIG_TEMPORAL_OK, INT64_C(753315200123456), false},
        {0.1, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH + 100000, false},
        {-0.1, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH - 100000, false},
        {-1.5, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH - 1500000, false},
        {0.1234567, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH + 123457, true},
        {0.0000004, MIG_UNIT_S, MIG_TEMPORAL_OK, -EPOCH, true},
        {-62135596800.0, MIG_UNIT_S, MIG_TEMPORAL_OK, FIRST, false},
        {-62135596800.5, MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {253402300799.5, MIG_UNIT_S, MIG_TEMPORAL_OK, END - 500000, false},
        {253402300800.0, MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {1700000000123.456, MIG_UNIT_MS, MIG_TEMPORAL_OK, INT64_C(753315200123456), false},
        {-0.001, MIG_UNIT_MS, MIG_TEMPORAL_OK, -EPOCH - 1, false},
        {1.75, MIG_UNIT_US, MIG_TEMPORAL_OK, -EPOCH + 2, true},
        {1700000000123456.0, MIG_UNIT_US, MIG_TEMPORAL_OK, INT64_C(753315200123456), false},
        {1000, MIG_UNIT_NS, MIG_TEMPORAL_OK, -EPOCH + 1, false},
        {1e300, MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {1e18, MIG_UNIT_MS, MIG_TEMPORAL_RANGE, 0, false},
        {INFINITY, MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {-INFINITY, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {NAN, MIG_UNIT_S, MIG_TEMPORAL_RANGE, 0, false},
        {NAN, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {2451544.5, MIG_UNIT_JULIAN, MIG_TEMPORAL_OK, 0, false},
        {0, MIG_UNIT_JULIAN, MIG_TEMPORAL_OK, MIG_TIMESTAMP_MIN + MIG_US_PER_DAY / 2, false},
        {-0.1, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {5373484.5, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {1e10, MIG_UNIT_JULIAN, MIG_TEMPORAL_RANGE, 0, false},
        {1, MIG_UNIT_NONE, MIG_TEMPORAL_SYNTAX, 0, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t us = 42;
        bool    truncated = !cases[i].truncated, ok = cases[i].verdict == MIG_TEMPORAL_OK;

        cr_expect_eq(mig_timestamp_from_real(cases[i].value, cases[i].unit, &us, &truncated),
                     cases[i].verdict, "case %zu", i);
        cr_expect_eq(us, ok ? cases[i].us : 42, "case %zu: %" PRId64, i, us);
        cr_expect_eq(truncated, ok ? cases[i].truncated : !cases[i].truncated, "case %zu", i);
    }
}

Test(epoch, what_a_number_came_from_is_that_number_again)
{
    static const mig_unit units[] = {MIG_UNIT_S, MIG_UNIT_MS, MIG_UNIT_US, MIG_UNIT_NS,
                                     MIG_UNIT_JULIAN};
    static const int64_t  grains[] = {1000000, 1000, 1, 1, 1000};
    case_random           random = {70};
    unsigned              n_ints = 0, n_reals = 0, n_inexact = 0;

    for (unsigned i = 0; i < 300000; i++) {
        size_t               u = i % COUNT(units);
        int64_t              us = FIRST + (int64_t)(case_random_next(&random) %
                                       (uint64_t)(i % 3 == 0 ? END - FIRST : 3 * EPOCH));
        int64_t              value, back;
        double               real;
        bool                 truncated;
        mig_temporal_verdict verdict;

        if (i % 3 != 0)
            us += -EPOCH - FIRST;
        if (i % 2 == 0)
            us -= us % grains[u];
        verdict = mig_timestamp_to_int(us, units[u], &value);
        if (verdict == MIG_TEMPORAL_OK) {
            cr_assert_eq(mig_timestamp_from_int(value, units[u], &back, &truncated),
                         MIG_TEMPORAL_OK);
            cr_assert(back == us && !truncated);
            n_ints++;
        } else if (units[u] == MIG_UNIT_S || units[u] == MIG_UNIT_MS) {
            cr_assert_neq(us % grains[u], 0);
        }
        verdict = mig_timestamp_to_real(us, units[u], &real);
        if (verdict == MIG_TEMPORAL_OK) {
            cr_assert_eq(mig_timestamp_from_real(real, units[u], &back, &truncated),
                         MIG_TEMPORAL_OK);
            cr_assert(back == us && !truncated, "%.17g", real);
            n_reals++;
        } else {
            cr_assert_eq(verdict, MIG_TEMPORAL_INEXACT);
            /* Seconds of these two centuries have room for microseconds. */
            cr_assert_not(units[u] == MIG_UNIT_S && i % 3 != 0, "%" PRId64, us);
            n_inexact++;
        }
    }
    cr_expect(n_ints > 100000 && n_reals > 100000 && n_inexact > 10000, "%u %u %u", n_ints, n_reals,
              n_inexact);
}

Test(epoch, refuses_what_no_number_says_exactly)
{
    int64_t value = 42;
    double  real = 42;

    cr_expect_eq(mig_timestamp_to_int(1, MIG_UNIT_S, &value), MIG_TEMPORAL_INEXACT);
    cr_expect_eq(mig_timestamp_to_int(1, MIG_UNIT_MS, &value), MIG_TEMPORAL_INEXACT);
    cr_expect_eq(mig_timestamp_to_int(INT64_MAX, MIG_UNIT_US, &value), MIG_TEMPORAL_INFINITE);
    cr_expect_eq(mig_timestamp_to_int(INT64_MIN, MIG_UNIT_US, &value), MIG_TEMPORAL_INFINITE);
    cr_expect_eq(mig_timestamp_to_int(END, MIG_UNIT_US, &value), MIG_TEMPORAL_RANGE);
    cr_expect_eq(mig_timestamp_to_int(FIRST - 1, MIG_UNIT_US, &value), MIG_TEMPORAL_RANGE);
    cr_expect_eq(mig_timestamp_to_int(END - 1, MIG_UNIT_NS, &value), MIG_TEMPORAL_RANGE);
    cr_expect_eq(mig_timestamp_to_int(0, MIG_UNIT_JULIAN, &value), MIG_TEMPORAL_SYNTAX);
    cr_expect_eq(mig_timestamp_to_int(0, MIG_UNIT_NONE, &value), MIG_TEMPORAL_SYNTAX);
    cr_expect_eq(mig_timestamp_to_real(1, MIG_UNIT_JULIAN, &real), MIG_TEMPORAL_INEXACT);
    cr_expect_eq(mig_timestamp_to_real(END, MIG_UNIT_JULIAN, &real), MIG_TEMPORAL_RANGE);
    cr_expect_eq(mig_timestamp_to_real(MIG_TIMESTAMP_MIN, MIG_UNIT_JULIAN, &real),
                 MIG_TEMPORAL_RANGE);
    cr_expect_eq(mig_timestamp_to_real(END - 1, MIG_UNIT_S, &real), MIG_TEMPORAL_INEXACT);
    cr_expect_eq(mig_timestamp_to_real(INT64_MAX, MIG_UNIT_S, &real), MIG_TEMPORAL_INFINITE);
    cr_expect_eq(mig_timestamp_to_real(0, MIG_UNIT_NONE, &real), MIG_TEMPORAL_SYNTAX);
    cr_expect_eq(value, 42);
    cr_expect_eq(real, 42);
}

/* SQLite's own functions judge: julianday() of a text, and the text of a Julian day. */
Test(epoch, has_the_same_julian_days_as_sqlite)
{
    case_random   random = {2451545};
    sqlite3      *db;
    sqlite3_stmt *to_day, *to_text;

    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, "SELECT julianday(?)", -1, &to_day, NULL), SQLITE_OK);
    cr_assert_eq(
        sqlite3_prepare_v2(db, "SELECT strftime('%Y-%m-%d %H:%M:%f', ?)", -1, &to_text, NULL),
        SQLITE_OK);
    for (unsigned i = 0; i < 20000; i++) {
        int64_t ms = (int64_t)(case_random_next(&random) % (uint64_t)((END - FIRST) / 1000));
        int64_t us = FIRST + ms * 1000, back = 0;
        char    text[MIG_TIMESTAMP_MAX];
        double  day = 0;
        bool    truncated = true;

        mig_timestamp_format(us, 0, text);
        sqlite3_bind_text(to_day, 1, text, -1, SQLITE_TRANSIENT);
        cr_assert_eq(sqlite3_step(to_day), SQLITE_ROW);
        cr_assert_eq(mig_timestamp_to_real(us, MIG_UNIT_JULIAN, &day), MIG_TEMPORAL_OK);
        cr_assert_eq(day, sqlite3_column_double(to_day, 0), "%s", text);
        cr_assert_eq(mig_timestamp_from_real(day, MIG_UNIT_JULIAN, &back, &truncated),
                     MIG_TEMPORAL_OK);
        cr_assert(back == us && !truncated, "%s", text);
        sqlite3_reset(to_day);

        /* Any other double of that time. */
        day = nextafter(day + (double)case_random_below(&random, 1000) / 8.64e10, 0);
        cr_assert_eq(mig_timestamp_from_real(day, MIG_UNIT_JULIAN, &back, &truncated),
                     MIG_TEMPORAL_OK);
        sqlite3_bind_double(to_text, 1, day);
        cr_assert_eq(sqlite3_step(to_text), SQLITE_ROW);
        {
            mig_timestamp ts = {0};
            const char   *shown = (const char *)sqlite3_column_text(to_text, 0);

            cr_assert_eq(mig_timestamp_parse(shown, strlen(shown), &ts), MIG_TEMPORAL_OK);
            cr_assert_eq(ts.us, back, "%s", shown);
        }
        sqlite3_reset(to_text);
    }
    sqlite3_finalize(to_day);
    sqlite3_finalize(to_text);
    sqlite3_close(db);
}

Test(epoch, knows_the_unit_that_a_type_names)
{
    static const struct {
        const char *declared;
        mig_unit    unit;
    } cases[] = {
        {NULL, MIG_UNIT_NONE},
        {"", MIG_UNIT_NONE},
        {"INTEGER", MIG_UNIT_NONE},
        {"TIMESTAMP", MIG_UNIT_NONE},
        {"DATETIME", MIG_UNIT_NONE},
        {"TIMESTAMPTZ", MIG_UNIT_NONE},
        {"TIME", MIG_UNIT_NONE},
        {"TIMES", MIG_UNIT_NONE},
        {"STATUS", MIG_UNIT_NONE},
        {"DATE(6)", MIG_UNIT_NONE},
        {"unixepoch", MIG_UNIT_S},
        {"UNIX", MIG_UNIT_S},
        {"epoch", MIG_UNIT_S},
        {"epoch_s", MIG_UNIT_S},
        {"TIMESTAMP_S", MIG_UNIT_S},
        {"unixtime", MIG_UNIT_S},
        {"unix_timestamp", MIG_UNIT_S},
        {"INTEGER SECONDS", MIG_UNIT_S},
        {"TIMESTAMP_MS", MIG_UNIT_MS},
        {"timestamp(ms)", MIG_UNIT_MS},
        {"unixepoch_ms", MIG_UNIT_MS},
        {"ms_epoch", MIG_UNIT_MS},
        {"epochmillis", MIG_UNIT_MS},
        {"EPOCH MILLISECONDS", MIG_UNIT_MS},
        {"bigint_millis", MIG_UNIT_MS},
        {"TIMESTAMP_US", MIG_UNIT_US},
        {"integer micros", MIG_UNIT_US},
        {"unix-microseconds", MIG_UNIT_US},
        {"TIMESTAMP_NS", MIG_UNIT_NS},
        {"int8_nanos", MIG_UNIT_NS},
        {"nanoseconds", MIG_UNIT_NS},
        {"JULIAN", MIG_UNIT_JULIAN},
        {"real julianday", MIG_UNIT_JULIAN},
        {"julian_day", MIG_UNIT_JULIAN},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        cr_expect_eq(mig_unit_of_type(cases[i].declared), cases[i].unit, "%s",
                     cases[i].declared == NULL ? "NULL" : cases[i].declared);
}
