/*
 * test_codec_server_time.c - dates, times, intervals and zones against a
 * server's own verdict.
 *
 * Texts of the tables and from generators are given to the codec and to the
 * server, values to both in binary: how they are printed, rounded, and moved
 * from a zone's clocks to UTC.
 *
 * Needs PostgreSQL: its conninfo in MIG_TEST_PG.
 */
#include "mig/temporal.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/case_random.h"
#include "../support/interval_cases.h"
#include "../support/time_cases.h"

/* Every test is a process of its own. */
static PGconn *conn;

static void
prepare(const char *name, const char *statement)
{
    PGresult *result = PQprepare(conn, name, statement, 0, NULL);

    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
    PQclear(result);
}

static void
connect_to_server(void)
{
    static const char *const types[] = {"date",      "time",        "timetz",
                                        "timestamp", "timestamptz", "interval"};
    const char              *conninfo = getenv("MIG_TEST_PG");

    cr_assert_not_null(conninfo, "MIG_TEST_PG is not set: it must hold the conninfo of a server");
    conn = PQconnectdb(conninfo);
    cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
    PQclear(PQexec(conn, "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; "
                         "SET IntervalStyle = 'postgres'"));
    /* Thousands of refusals are not worth a log; not allowed to everybody, and no matter. */
    PQclear(PQexec(conn, "SET log_min_error_statement = panic; SET log_min_messages = panic"));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char statement[64], name[32];

        snprintf(statement, sizeof statement, "SELECT $1::%s", types[i]);
        prepare(types[i], statement);
        snprintf(statement, sizeof statement, "SELECT $1::%s::text", types[i]);
        snprintf(name, sizeof name, "%s text", types[i]);
        prepare(name, statement);
        for (int n = 0; n <= 6; n++) {
            snprintf(statement, sizeof statement, "SELECT $1::%s::%s(%d)", types[i], types[i], n);
            snprintf(name, sizeof name, "%s %d", types[i], n);
            if (i > 0)
                prepare(name, statement);
        }
    }
}

static void
disconnect(void)
{
    PQfinish(conn);
}

TestSuite(codec_server_time, .init = connect_to_server, .fini = disconnect);

/* Whether the server takes the value; its answer's bytes and a NUL go to out. */
static bool
ask(const char *statement, const void *value, size_t len, int format, void *out, size_t out_size)
{
    const char *values[] = {value};
    int         value_len = (int)len;
    PGresult   *result = PQexecPrepared(conn, statement, 1, values, &value_len, &format, 1);
    bool        taken = PQresultStatus(result) == PGRES_TUPLES_OK;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    /* Class 22 is "data exception": the verdict that is asked for, and no other trouble. */
    if (!taken)
        cr_assert(state != NULL && strncmp(state, "22", 2) == 0, "%s: %s", statement,
                  PQerrorMessage(conn));
    if (taken) {
        size_t n = (size_t)PQgetlength(result, 0, 0);

        cr_assert_leq(n, out_size);
        memcpy(out, PQgetvalue(result, 0, 0), n);
        if (n < out_size)
            ((char *)out)[n] = '\0';
    }
    PQclear(result);
    return taken;
}

static bool
ask_text(const char *statement, const char *text, void *out, size_t out_size)
{
    return ask(statement, text, strlen(text), 0, out, out_size);
}

/* The int64 for the int64. */
static bool
ask_int64(const char *statement, int64_t value, int64_t *answerp)
{
    uint64_t wire = htobe64((uint64_t)value), answer;

    if (!ask(statement, &wire, sizeof wire, 1, &answer, sizeof answer))
        return false;
    *answerp = (int64_t)be64toh(answer);
    return true;
}

typedef struct interval_wire {
    uint64_t us;
    uint32_t days;
    uint32_t months;
} interval_wire;

static interval_wire
to_wire(const mig_interval *i)
{
    return (interval_wire){htobe64((uint64_t)i->us), htobe32((uint32_t)i->days),
                           htobe32((uint32_t)i->months)};
}

static mig_interval
from_wire(const interval_wire *w)
{
    return (mig_interval){(int64_t)be64toh(w->us), (int32_t)be32toh(w->days),
                          (int32_t)be32toh(w->months)};
}

static int64_t
random_size(case_random *random)
{
    return (int64_t)case_random_next(random) >> case_random_below(random, 64);
}

/* ---- dates and timestamps ---- */

static bool
server_timestamp(const char *text, int64_t *usp)
{
    uint64_t wire;

    if (!ask_text("timestamptz", text, &wire, sizeof wire))
        return false;
    *usp = (int64_t)be64toh(wire);
    return true;
}

Test(codec_server_time, has_the_years_of_iso)
{
    for (size_t i = 0; i < n_iso_time_cases; i++) {
        const iso_time_case *c = &iso_time_cases[i];
        mig_timestamp        ts = {0};
        int64_t              us = 1;

        cr_expect_eq(mig_timestamp_parse(c->text, strlen(c->text), &ts), MIG_TEMPORAL_OK);
        cr_expect(server_timestamp(c->server_text, &us));
        cr_expect_eq(ts.us, us, "%s", c->text);
    }
}

Test(codec_server_time, agrees_on_random_years_of_any_size)
{
    static const unsigned sizes[] = {4714, 9999, 99999, 300000};
    case_random           random = {4714};
    unsigned              n_taken = 0, n_refused = 0;

    for (int i = 0; i < 20000; i++) {
        char          text[80];
        unsigned      year = 1 + case_random_below(&random, sizes[i % 4]);
        mig_timestamp ts = {0};
        int64_t       us = 0;
        bool          taken, before_christ = i % 4 == 0 || case_random_below(&random, 10) == 0;

        if (i % 16 == 0)
            year = 4713 + case_random_below(&random, 3);
        if (i % 16 == 3)
            year = 294276 + case_random_below(&random, 2);
        snprintf(text, sizeof text, "%04u-%02u-%02u %02u:%02u:%02u.%06u%s%s", year,
                 1 + case_random_below(&random, 12), 1 + case_random_below(&random, 31),
                 case_random_below(&random, 24), case_random_below(&random, 60),
                 case_random_below(&random, 60), case_random_below(&random, 1000000),
                 i % 3 == 0 ? "+01:30" : "", before_christ ? " BC" : "");
        taken = mig_timestamp_parse(text, strlen(text), &ts) == MIG_TEMPORAL_OK;
        cr_assert_eq(server_timestamp(text, &us), taken, "%s: we: %d", text, taken);
        cr_assert_eq(us, ts.us, "%s", text);
        n_taken += taken;
        n_refused += !taken;
    }
    cr_assert(n_taken > 5000 && n_refused > 1000, "%u taken, %u refused", n_taken, n_refused);
}

/* With and without a zone, what the server prints is read as what it was. */
Test(codec_server_time, reads_every_timestamp_that_the_server_prints)
{
    case_random random = {294276};

    for (int i = 0; i < 20000; i++) {
        const char   *statement = i % 2 == 0 ? "timestamp text" : "timestamptz text";
        int64_t       us = random_size(&random);
        uint64_t      wire;
        char          text[64];
        mig_timestamp ts = {0};
        bool          taken;

        if (i < 12)
            us = (const int64_t[]){INT64_MIN,
                                   INT64_MAX,
                                   MIG_TIMESTAMP_MIN,
                                   MIG_TIMESTAMP_END - 1,
                                   MIG_TIMESTAMP_MIN - 1,
                                   MIG_TIMESTAMP_END}[i / 2];
        wire = htobe64((uint64_t)us);
        taken = ask(statement, &wire, sizeof wire, 1, text, sizeof text);
        cr_assert_eq(taken, mig_timestamp_in_range(us) || mig_timestamp_is_infinite(us));
        if (!taken)
            continue;
        cr_assert_eq(mig_timestamp_parse(text, strlen(text), &ts), MIG_TEMPORAL_OK, "%s", text);
        cr_assert_eq(ts.us, us, "%s", text);
    }
}

Test(codec_server_time, has_the_same_dates)
{
    case_random random = {5874897};
    unsigned    n_taken = 0, n_refused = 0;

    for (int i = 0; i < 20000; i++) {
        static const unsigned sizes[] = {4714, 9999, 300000, 5874900};
        char                  text[32];
        int32_t               days = 1;
        uint32_t              wire = 0;
        unsigned              year = 1 + case_random_below(&random, sizes[i % 4]);
        bool                  taken;

        if (i % 16 == 0)
            year = 4713 + case_random_below(&random, 3);
        if (i % 16 == 3)
            year = 5874896 + case_random_below(&random, 4);
        snprintf(text, sizeof text, "%04u-%02u-%02u%s", year, 1 + case_random_below(&random, 12),
                 1 + case_random_below(&random, 31), i % 4 == 0 ? " BC" : "");
        taken = mig_date_parse(text, strlen(text), &days) == MIG_TEMPORAL_OK;
        cr_assert_eq(ask_text("date", text, &wire, sizeof wire), taken, "%s: we: %d", text, taken);
        if (taken)
            cr_assert_eq((int32_t)be32toh(wire), days, "%s: %d", text, days);
        n_taken += taken;
        n_refused += !taken;
    }
    cr_assert(n_taken > 5000 && n_refused > 500, "%u taken, %u refused", n_taken, n_refused);
}

Test(codec_server_time, reads_every_date_that_the_server_prints)
{
    case_random random = {4713};

    for (int i = 0; i < 10000; i++) {
        int32_t  days = (int32_t)case_random_next(&random) >> case_random_below(&random, 32);
        int32_t  back = 1;
        uint32_t wire;
        char     text[64], ours[MIG_DATE_TEXT_MAX];
        bool     taken;

        if (i < 6)
            days = (const int32_t[]){INT32_MIN,    INT32_MAX,        MIG_DATE_MIN,
                                     MIG_DATE_MAX, MIG_DATE_MIN - 1, MIG_DATE_MAX + 1}[i];
        wire = htobe32((uint32_t)days);
        taken = ask("date text", &wire, sizeof wire, 1, text, sizeof text);
        cr_assert_eq(taken, mig_date_format(days, ours) > 0, "%d", days);
        if (!taken)
            continue;
        cr_assert_eq(mig_date_parse(text, strlen(text), &back), MIG_TEMPORAL_OK, "%s", text);
        cr_assert_eq(back, days, "%s", text);
    }
}

/* ---- times of day ---- */

Test(codec_server_time, has_the_same_times_of_day)
{
    for (size_t i = 0; i < n_timeofday_cases; i++) {
        const timeofday_case *c = &timeofday_cases[i];
        bool                  ok = c->verdict == MIG_TEMPORAL_OK;
        uint64_t              wire = 0;

        cr_expect_eq(ask_text("time", c->text, &wire, sizeof wire), ok || c->server_takes, "%s",
                     c->text);
        if (ok)
            cr_expect_eq((int64_t)be64toh(wire), c->us + c->truncated, "%s", c->text);
    }
    for (size_t i = 0; i < n_timetz_cases; i++) {
        const timetz_case *c = &timetz_cases[i];
        struct {
            uint64_t us;
            uint32_t west;
        } __attribute__((packed)) wire = {0, 0};
        bool ok = c->verdict == MIG_TEMPORAL_OK;

        cr_expect_eq(ask_text("timetz", c->text, &wire, sizeof wire), ok, "%s", c->text);
        if (ok)
            cr_expect((int64_t)be64toh(wire.us) == c->time.us &&
                          (int32_t)be32toh(wire.west) == c->time.west,
                      "%s", c->text);
    }
}

Test(codec_server_time, prints_times_of_day_as_the_server_does)
{
    case_random random = {2359};

    for (int i = 0; i < 10000; i++) {
        struct {
            uint64_t us;
            uint32_t west;
        } __attribute__((packed)) wire;
        mig_timetz t = {(int64_t)(case_random_next(&random) % (MIG_US_PER_DAY + 1)),
                        (int32_t)case_random_below(&random, 2 * 57599 + 1) - 57599};
        char       server[64], ours[MIG_TIMETZ_MAX];

        if (i % 2 == 0)
            t.us -= t.us % 100000;
        if (i == 0)
            t.us = MIG_US_PER_DAY;
        t.west -= t.west % (i % 3 == 0 ? 1 : i % 3 == 1 ? 60 : 3600);
        wire.us = htobe64((uint64_t)t.us);
        wire.west = htobe32((uint32_t)t.west);
        cr_assert(ask("time text", &wire, 8, 1, server, sizeof server));
        mig_timeofday_format(t.us, 0, ours);
        cr_assert_str_eq(ours, server);
        cr_assert(ask("timetz text", &wire, 12, 1, server, sizeof server));
        mig_timetz_format(&t, 0, ours);
        cr_assert_str_eq(ours, server);
    }
}

/* ---- intervals ---- */

/* Both take the text, for the same length; or none does.  The server rounds what we cut off. */
static bool
expect_same_interval(const char *text)
{
    mig_interval  ours = {0, 0, 0}, server;
    interval_wire wire = {0, 0, 0};
    bool          truncated = false;
    bool taken = mig_interval_parse(text, strlen(text), &ours, &truncated) == MIG_TEMPORAL_OK;

    cr_assert_eq(ask_text("interval", text, &wire, sizeof wire), taken, "%s: we: %d", text, taken);
    if (!taken)
        return false;
    server = from_wire(&wire);
    cr_assert(server.months == ours.months && server.days == ours.days &&
                  (server.us == ours.us ||
                   (truncated && (server.us == ours.us + 1 || server.us == ours.us - 1))),
              "%s: we: %d months %d days %" PRId64 ", the server: %d %d %" PRId64, text,
              ours.months, ours.days, ours.us, server.months, server.days, server.us);
    return true;
}

Test(codec_server_time, has_the_intervals_of_the_table)
{
    for (size_t i = 0; i < n_interval_cases; i++)
        cr_expect(expect_same_interval(interval_cases[i].text), "%s", interval_cases[i].text);
}

Test(codec_server_time, knows_which_refused_intervals_the_server_takes)
{
    for (size_t i = 0; i < n_bad_intervals; i++) {
        interval_wire wire;

        /* Which odd forms a server reads differs from version to version. */
        if (bad_intervals[i].verdict == MIG_TEMPORAL_SYNTAX ||
            bad_intervals[i].verdict == MIG_TEMPORAL_INFINITE)
            continue;
        cr_expect_eq(ask_text("interval", bad_intervals[i].text, &wire, sizeof wire),
                     bad_intervals[i].server_takes, "%s", bad_intervals[i].text);
    }
}

static int
random_field(case_random *random)
{
    return (int)(case_random_below(random, 2000) >> case_random_below(random, 11)) - 100;
}

Test(codec_server_time, agrees_on_random_intervals)
{
    case_random random = {8601};
    unsigned    n_taken = 0, n_refused = 0;

    for (int i = 0; i < 20000; i++) {
        char     text[128], clock[64], fraction[16] = "";
        unsigned n_digits = case_random_below(&random, 9);

        for (unsigned d = 0; d < n_digits; d++)
            snprintf(fraction + (d == 0 ? 0 : d + 1), 3, d == 0 ? ".%u" : "%u",
                     case_random_below(&random, 10));
        if (i % 2 == 0) {
            snprintf(text, sizeof text, "P%dY%dM%dW%dDT%dH%dM%d%sS", random_field(&random),
                     random_field(&random), random_field(&random), random_field(&random),
                     random_field(&random), random_field(&random), random_field(&random), fraction);
        } else {
            snprintf(clock, sizeof clock, "%s%02u:%02u:%02u%s",
                     (const char *[]){"", "-", "+"}[case_random_below(&random, 3)],
                     case_random_below(&random, 200), case_random_below(&random, 60),
                     case_random_below(&random, 60), fraction);
            snprintf(text, sizeof text, "%d years %d mons %d days %s", random_field(&random),
                     random_field(&random), random_field(&random), clock);
        }
        /* A damaged byte, in a tenth of them one that no form has. */
        if (i % 10 == 0)
            text[case_random_below(&random, (unsigned)strlen(text))] = 'x';
        if (i % 10 == 5)
            snprintf(text, sizeof text, "P%" PRId64 "YT%" PRId64 "H%dM",
                     random_size(&random) % 400000000, random_size(&random) % 5000000000,
                     random_field(&random));
        if (expect_same_interval(text))
            n_taken++;
        else
            n_refused++;
    }
    cr_assert(n_taken > 10000 && n_refused > 1000, "%u taken, %u refused", n_taken, n_refused);
}

Test(codec_server_time, prints_intervals_as_the_server_does_and_reads_its_own)
{
    case_random random = {15};

    PQclear(PQexec(conn, "SET IntervalStyle = 'iso_8601'"));
    for (int i = 0; i < 20000; i++) {
        mig_interval interval = {
            random_size(&random),
            (int32_t)case_random_next(&random) >> case_random_below(&random, 32),
            (int32_t)case_random_next(&random) >> case_random_below(&random, 32)};
        mig_interval  back = {0, 0, 0};
        interval_wire wire;
        bool          truncated = true;
        char          server[128], ours[MIG_INTERVAL_MAX];

        if (i == 10000)
            PQclear(PQexec(conn, "SET IntervalStyle = 'postgres'"));
        if (i % 4 == 0)
            interval.us -= interval.us % 1000000;
        if (i % 5 == 0)
            interval.us = 0;
        wire = to_wire(&interval);
        cr_assert(ask("interval text", &wire, sizeof wire, 1, server, sizeof server));
        mig_interval_format(&interval, ours);
        if (i < 10000)
            cr_assert_str_eq(ours, server);
        cr_assert_eq(mig_interval_parse(server, strlen(server), &back, &truncated), MIG_TEMPORAL_OK,
                     "%s", server);
        cr_assert(memcmp(&back, &interval, sizeof back) == 0 && !truncated, "%s", server);
    }
}

/* ---- type(n) ---- */

Test(codec_server_time, rounds_as_the_server_does)
{
    case_random random = {50};

    for (int i = 0; i < 20000; i++) {
        int           n = i % 7;
        int64_t       us = random_size(&random), rounded, server = 0;
        char          name[32];
        mig_interval  interval = {0, 3, -1};
        interval_wire wire, answer = {0, 0, 0};

        /* Halves, and away from what is out of range. */
        if (i % 3 == 0)
            us = us / 1000000 * 1000000 + (int64_t)case_random_below(&random, 20) * 50000;
        if (us < MIG_TIMESTAMP_MIN + 1000000 || us > MIG_TIMESTAMP_END - 1000000)
            us %= MIG_TIMESTAMP_MIN;
        rounded = us;
        cr_assert_eq(mig_timestamp_round(&rounded, n), MIG_TEMPORAL_OK);
        snprintf(name, sizeof name, "timestamp %d", n);
        cr_assert(ask_int64(name, us, &server));
        cr_assert_eq(rounded, server, "%" PRId64 " %d", us, n);
        cr_assert_eq(mig_timestamp_fits(us, n), rounded == us);

        interval.us = us;
        wire = to_wire(&interval);
        snprintf(name, sizeof name, "interval %d", n);
        cr_assert(ask(name, &wire, sizeof wire, 1, &answer, sizeof answer));
        rounded = us;
        cr_assert_eq(mig_us_round(&rounded, n), MIG_TEMPORAL_OK);
        cr_assert_eq(from_wire(&answer).us, rounded, "%" PRId64 " %d", us, n);

        us = (us < 0 ? -us : us) % (MIG_US_PER_DAY + 1);
        rounded = us;
        cr_assert_eq(mig_us_round(&rounded, n), MIG_TEMPORAL_OK);
        snprintf(name, sizeof name, "time %d", n);
        cr_assert(ask_int64(name, us, &server));
        cr_assert_eq(rounded, server, "%" PRId64 " %d", us, n);
    }
}

/* ---- zones ---- */

/*
 * The server moves a clock out of a gap and takes the later of two moments; that a moment shows
 * another clock than the one that was asked for, or is not the earliest, tells them apart.
 */
static void
expect_same_moment(const char *name, const mig_zone *zone, int64_t local_us)
{
    int64_t       moment = 0, clock = 0, earlier;
    mig_timestamp ts = {.us = local_us};

    cr_assert(ask_int64("to utc", local_us, &moment));
    cr_assert(ask_int64("to local", moment, &clock));
    if (clock != local_us) {
        cr_assert_eq(mig_timestamp_apply_zone(zone, &ts), MIG_TEMPORAL_GAP, "%s %" PRId64, name,
                     local_us);
        return;
    }
    cr_assert_eq(mig_timestamp_apply_zone(zone, &ts), MIG_TEMPORAL_OK, "%s %" PRId64, name,
                 local_us);
    if (ts.us == moment)
        return;
    cr_assert(ts.ambiguous && ts.us < moment, "%s %" PRId64, name, local_us);
    cr_assert(ask_int64("to local", ts.us, &earlier));
    cr_assert_eq(earlier, local_us, "%s %" PRId64, name, local_us);
}

Test(codec_server_time, has_the_same_zones)
{
    static const char *const names[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                        "Africa/Casablanca", "Pacific/Apia"};
    case_random              random = {1980};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        mig_zone *zone;
        char      statement[128];

        cr_assert_eq(mig_zone_open(names[i], &zone, NULL), MIG_OK);
        PQclear(PQexec(conn, "DEALLOCATE ALL"));
        snprintf(statement, sizeof statement, "SELECT $1::timestamp AT TIME ZONE '%s'", names[i]);
        prepare("to utc", statement);
        snprintf(statement, sizeof statement, "SELECT $1::timestamptz AT TIME ZONE '%s'", names[i]);
        prepare("to local", statement);
        for (int k = 0; k < 3000; k++) {
            /* From 1900 to 2200, and years behind every table. */
            int64_t seconds =
                (int64_t)(case_random_next(&random) % UINT64_C(9467280000)) - INT64_C(3155760000);

            if (k % 10 == 0)
                seconds = (int64_t)(case_random_next(&random) % UINT64_C(250000000000));
            expect_same_moment(names[i], zone, seconds * 1000000 + k);
        }
        /* Every half hour of 2024. */
        for (int k = 0; k < 366 * 48; k += i == 0 ? 1 : 7)
            expect_same_moment(names[i], zone, INT64_C(757382400000000) + k * INT64_C(1800000000));
        mig_zone_free(zone);
    }
}
