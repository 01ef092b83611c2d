/*
 * values_time.c - moments, dates, times of day and lengths of time.
 *
 * The calendar is Gregorian throughout; years are written in ISO 8601's way:
 * 0000 is 1 BC, and outside of 0000 to 9999 there is a sign.
 */
#include <stdlib.h>

#include "values.h"

static bool
is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static void
put_date(case_random *random, mig_buf *out, int64_t first_year, int64_t last_year)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const int64_t  edges[] = {0, 1, -1, -43, 1899, 1900, 1970, 2000, 9999, 10000, 294275};
    int64_t               year = 1970 + case_random_below(random, 80);
    unsigned              month = case_random_below(random, 12);
    unsigned              last, day;

    if (case_random_once_in(random, 4))
        year =
            first_year + (int64_t)case_random_below(random, (unsigned)(last_year - first_year) + 1);
    else if (case_random_once_in(random, 3))
        year = edges[case_random_below(random, sizeof edges / sizeof edges[0])];
    last = month == 1 && is_leap(year) ? 29 : days[month];
    day = case_random_once_in(random, 4) ? last : 1 + case_random_below(random, last);
    if (year < 0)
        mig_buf_printf(out, "-%04lld", (long long)-year);
    else
        mig_buf_printf(out, year > 9999 ? "+%lld" : "%04lld", (long long)year);
    mig_buf_printf(out, "-%02u-%02u", month + 1, day);
}

/* At most n digits, without zeros at the end; n of 0 for no fraction. */
static void
put_fraction(case_random *random, mig_buf *out, unsigned n)
{
    char     digits[8] = "";
    unsigned len = case_random_below(random, n + 1);

    for (unsigned i = 0; i < len; i++)
        digits[i] = (char)('0' + case_random_below(random, 10));
    if (case_random_once_in(random, 8))
        for (unsigned i = 0; i < len; i++)
            digits[i] = '9';
    while (len > 0 && digits[len - 1] == '0')
        len--;
    if (len > 0)
        mig_buf_printf(out, ".%.*s", (int)len, digits);
}

static void
put_clock(case_random *random, mig_buf *out)
{
    if (case_random_once_in(random, 4))
        mig_buf_puts(out, case_random_once_in(random, 2) ? "00:00:00" : "23:59:59");
    else
        mig_buf_printf(out, "%02u:%02u:%02u", case_random_below(random, 24),
                       case_random_below(random, 60), case_random_below(random, 60));
}

/* What the server's range ends with; false: none of these. */
static bool
put_extreme(case_random *random, mig_buf *out, char between, const char *zone)
{
    switch (case_random_below(random, 40)) {
    case 0:
        mig_buf_puts(out, "infinity");
        return true;
    case 1:
        mig_buf_puts(out, "-infinity");
        return true;
    case 2:
        mig_buf_printf(out, "-4713-11-24%c00:00:00%s", between, zone);
        return true;
    case 3:
        mig_buf_printf(out, "+294276-12-31%c23:59:59%s", between, zone);
        return true;
    default:
        return false;
    }
}

void
make_timestamp(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_text(cell);

    if (put_extreme(random, out, ' ', ""))
        return;
    put_date(random, out, -4712, 294275);
    mig_buf_puts(out, " ");
    put_clock(random, out);
    put_fraction(random, out, n);
}

void
make_timestamptz(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_text(cell);

    if (put_extreme(random, out, 'T', "Z"))
        return;
    put_date(random, out, -4712, 294275);
    mig_buf_puts(out, "T");
    put_clock(random, out);
    put_fraction(random, out, n);
    mig_buf_puts(out, "Z");
}

/* In a column called DATETIME: six digits or none, no zone. */
void
make_datetime(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_text(cell);

    (void)n;
    if (put_extreme(random, out, ' ', ""))
        return;
    put_date(random, out, -4712, 294275);
    mig_buf_puts(out, " ");
    put_clock(random, out);
    if (case_random_once_in(random, 2))
        mig_buf_printf(out, ".%06u", 1 + case_random_below(random, 999999));
}

/* n units in a second, of the years 0001 to 9999. */
void
make_epoch(case_random *random, unsigned n, test_cell *cell)
{
    static const int64_t edges[] = {0, -1, 1, INT64_C(-62135596800), INT64_C(253402300799)};
    int64_t              seconds = (int64_t)case_random_below(random, 4000000000) - 1000000000;

    if (case_random_once_in(random, 4))
        seconds = edges[case_random_below(random, sizeof edges / sizeof edges[0])];
    cell_integer(cell, seconds * n + case_random_below(random, n));
}

void
make_date(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const edges[] = {"infinity", "-infinity", "-4713-11-24", "+5874897-12-31"};

    (void)n;
    if (case_random_once_in(random, 10))
        cell_choose(cell, random, edges, 4);
    else
        put_date(random, cell_text(cell), -4712, 5874896);
}

void
make_time(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_text(cell);

    if (case_random_once_in(random, 20)) {
        mig_buf_puts(out, "24:00:00");
        return;
    }
    put_clock(random, out);
    put_fraction(random, out, n);
}

void
make_timetz(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const zones[] = {"+00", "-03:30", "+14", "+15:59:59", "-12", "+05:45"};

    make_time(random, n, cell);
    mig_buf_puts(&cell->bytes, zones[case_random_below(random, 6)]);
}

static int64_t
some_number(case_random *random, int64_t most)
{
    int64_t value = (int64_t)(case_random_next(random) >> 1) % (most + 1);

    if (case_random_once_in(random, 2))
        value %= 100;
    if (case_random_once_in(random, 2))
        value = 0;
    return case_random_once_in(random, 3) ? -value : value;
}

static void
put_part(mig_buf *out, int64_t value, char unit)
{
    if (value != 0)
        mig_buf_printf(out, "%lld%c", (long long)value, unit);
}

/* As IntervalStyle iso_8601 prints it: months and time split into parts of one sign each. */
void
make_interval(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_text(cell);
    int64_t  months = some_number(random, INT32_MAX);
    int64_t  days = some_number(random, INT32_MAX);
    int64_t  us = some_number(random, INT64_C(9000000000000000000));
    int64_t  seconds = us / 1000000 % 60;
    unsigned fraction = (unsigned)llabs(us % 1000000);

    (void)n;
    if (months == 0 && days == 0 && us == 0) {
        mig_buf_puts(out, "PT0S");
        return;
    }
    mig_buf_puts(out, "P");
    put_part(out, months / 12, 'Y');
    put_part(out, months % 12, 'M');
    put_part(out, days, 'D');
    if (us == 0)
        return;
    mig_buf_puts(out, "T");
    put_part(out, us / 3600000000, 'H');
    put_part(out, us / 60000000 % 60, 'M');
    if (seconds == 0 && fraction == 0)
        return;
    mig_buf_printf(out, "%s%lld", us < 0 ? "-" : "", llabs(seconds));
    if (fraction > 0) {
        unsigned width = 6;

        for (; fraction % 10 == 0; width--)
            fraction /= 10;
        mig_buf_printf(out, ".%0*u", (int)width, fraction);
    }
    mig_buf_puts(out, "S");
}
