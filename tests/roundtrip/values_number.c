/*
 * values_number.c - numbers: the edges of their types, and what lies between.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "values.h"

/* n bytes; the edges are those of smaller types and of doubles too. */
void
make_integer(case_random *random, unsigned n, test_cell *cell)
{
    static const int64_t edges[] = {0,
                                    -1,
                                    1,
                                    INT16_MIN,
                                    INT16_MAX,
                                    INT32_MIN,
                                    INT32_MAX,
                                    INT64_C(3000000000),
                                    INT64_C(9007199254740991),
                                    INT64_C(9007199254740992),
                                    INT64_C(9007199254740993),
                                    INT64_C(-9007199254740993),
                                    INT64_MIN,
                                    INT64_MIN + 1,
                                    INT64_MAX,
                                    INT64_MAX - 1};
    int64_t              value = (int64_t)case_random_next(random) >> case_random_below(random, 64);

    if (case_random_once_in(random, 2))
        value = edges[case_random_below(random, sizeof edges / sizeof edges[0])];
    if (n == 2)
        value = (int16_t)value;
    if (n == 4)
        value = (int32_t)value;
    cell_integer(cell, value);
}

void
make_boolean(case_random *random, unsigned n, test_cell *cell)
{
    (void)n;
    cell_integer(cell, case_random_below(random, 2));
}

void
make_boolean_text(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"true", "false"};

    (void)n;
    cell_choose(cell, random, words, 2);
}

/* No NaN, which SQLite has none of, and no -0.0, whose sign its files do not keep. */
void
make_double(case_random *random, unsigned n, test_cell *cell)
{
    static const double edges[] = {0,      1,
                                   -1,     0.1,
                                   -2.5,   1e15,
                                   1e16,   123456789012345678.0,
                                   5e-324, 2.2250738585072011e-308,
                                   1e300,  DBL_MIN,
                                   1e-7,   DBL_MAX,
                                   1e22,   -DBL_MAX,
                                   1e23,   9007199254740993.0,
                                   0x1p63, -0x1p63,
                                   0x1p62, HUGE_VAL,
                                   1 / 3., -HUGE_VAL};
    uint64_t            bits = case_random_next(random);
    double              value;

    (void)n;
    memcpy(&value, &bits, sizeof value);
    if (case_random_once_in(random, 3))
        value = edges[case_random_below(random, sizeof edges / sizeof edges[0])];
    else if (case_random_once_in(random, 2))
        value = (double)(int32_t)bits / 100;
    if (!(value < 0 || value > 0))
        value = 0;
    cell_real(cell, value);
}

void
make_float(case_random *random, unsigned n, test_cell *cell)
{
    static const float edges[] = {0,    1,       0.1f,     1e-45f,     FLT_MIN,
                                  -1.5, FLT_MAX, -FLT_MAX, 16777217.f, HUGE_VALF};
    uint32_t           bits = (uint32_t)(case_random_next(random) >> 32);
    float              value;

    (void)n;
    memcpy(&value, &bits, sizeof value);
    if (case_random_once_in(random, 3))
        value = edges[case_random_below(random, sizeof edges / sizeof edges[0])];
    if (!(value < 0 || value > 0))
        value = 0;
    cell_real(cell, (double)value);
}

/* What a column of numeric affinity holds: integers and doubles. */
void
make_number(case_random *random, unsigned n, test_cell *cell)
{
    if (case_random_once_in(random, 2))
        make_integer(random, 8, cell);
    else
        make_double(random, n, cell);
}

/* Up to ten digits, n of them behind the point. */
void
make_decimal(case_random *random, unsigned n, test_cell *cell)
{
    double power = pow(10, n);

    if (case_random_once_in(random, 4))
        cell_integer(cell, (int64_t)case_random_below(random, 100000) - 50000);
    else
        cell_real(cell,
                  (double)((int64_t)case_random_below(random, 2000000000) - 1000000000) / power);
}

static void
put_digits(case_random *random, mig_buf *out, unsigned n)
{
    while (n-- > 0)
        mig_buf_printf(out, "%u", case_random_below(random, 10));
}

static void
put_decimal(case_random *random, mig_buf *out, unsigned n_before, unsigned n_behind)
{
    if (case_random_once_in(random, 3))
        mig_buf_puts(out, "-");
    mig_buf_printf(out, "%u", 1 + case_random_below(random, 9));
    put_digits(random, out, n_before);
    if (n_behind > 0)
        mig_buf_puts(out, ".");
    put_digits(random, out, n_behind);
}

/* Digits as they stand, zeros at the end too. */
void
make_decimal_text(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const edges[] = {
        "0", "0.00", "NaN", "1.50", "0.000000000000000000001", "9223372036854775808"};

    (void)n;
    if (case_random_once_in(random, 3))
        cell_choose(cell, random, edges, sizeof edges / sizeof edges[0]);
    else
        put_decimal(random, cell_text(cell), case_random_below(random, 80),
                    case_random_below(random, 40));
}

/* n digits behind the point, ten before it at most. */
void
make_fixed_text(case_random *random, unsigned n, test_cell *cell)
{
    put_decimal(random, cell_text(cell), case_random_below(random, 10), n);
}

void
make_double_text(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {
        "0.1",   "1e+20",           "-1.5",   "1e-05",  "NaN", "0", "Infinity", "-Infinity",
        "1e+15", "123456789012345", "0.0001", "5e-324", "-0"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}
