/*
 * numeric_convert.c - numeric to and from int64 and double, and the one form of
 * equal numbers.
 *
 * A double stands for the shortest decimal that reads back as the same: that is
 * the number its application wrote and would show, 0.1 rather than the
 * 0.1000000000000000055511151231257827 that its bits say.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "numeric.h"

/* 10^19 is less than 2^64. */
#define UINT64_DIGITS 19

size_t
mig__numeric_from_int64(int64_t value, unsigned char out[MIG__NUMERIC_SMALL_MAX])
{
    mig__numeric_view view = {0};
    uint64_t          rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    unsigned          digits[5]; /* the lowest first */
    int               n = 0, n_zeros = 0;

    for (; rest > 0; rest /= MIG__NUMERIC_BASE)
        digits[n++] = (unsigned)(rest % MIG__NUMERIC_BASE);
    while (n_zeros < n && digits[n_zeros] == 0)
        n_zeros++;
    view.n_digits = n - n_zeros;
    view.weight = n > 0 ? n - 1 : 0;
    view.sign = value < 0 ? MIG__NUMERIC_NEGATIVE : MIG__NUMERIC_POSITIVE;
    for (int i = 0; i < view.n_digits; i++)
        mig__numeric_put(out + MIG__NUMERIC_HEAD_LEN + 2 * (ptrdiff_t)i, digits[n - 1 - i]);
    return mig__numeric_put_head(out, &view);
}

size_t
mig__numeric_from_double(double value, unsigned char out[MIG__NUMERIC_SMALL_MAX])
{
    mig__numeric_view view = {0};
    mig__shortest     s;
    int               bottom;

    if (isnan(value))
        return mig__numeric_put_special(out, MIG__NUMERIC_NAN);
    if (isinf(value))
        return mig__numeric_put_special(out,
                                        value > 0 ? MIG__NUMERIC_INFINITY : MIG__NUMERIC_MINUS_INF);
    mig__double_shortest(value, &s);
    bottom = s.exponent - s.n_digits + 1;
    view.dscale = s.n_digits > 0 && bottom < 0 ? -bottom : 0;
    view.sign = s.negative ? MIG__NUMERIC_NEGATIVE : MIG__NUMERIC_POSITIVE;
    return mig__numeric_put_decimal(out, s.digits, (size_t)s.n_digits, s.exponent, &view);
}

mig__numeric_verdict
mig__numeric_to_scaled(const unsigned char *wire, size_t len, int scale, int64_t *valuep)
{
    mig__numeric_view view;
    uint64_t          value = 0;
    bool              negative;

    if (!mig__numeric_look(wire, len, &view))
        return MIG__NUMERIC_MALFORMED;
    if (!mig__numeric_is_finite(&view))
        return MIG__NUMERIC_RANGE;
    negative = view.sign == MIG__NUMERIC_NEGATIVE;
    if (view.n_digits > 0) {
        int top = mig__numeric_top(&view);

        if (top + scale >= UINT64_DIGITS)
            return MIG__NUMERIC_RANGE;
        if (mig__numeric_bottom(&view) + scale < 0)
            return MIG__NUMERIC_FRACTION;
        for (int power = top; power >= -scale; power--)
            value = value * 10 + mig__numeric_decimal(&view, power);
    }
    if (value > (uint64_t)INT64_MAX + negative)
        return MIG__NUMERIC_RANGE;
    *valuep = negative ? (int64_t)(0 - value) : (int64_t)value;
    return MIG__NUMERIC_OK;
}

/* Whether two numbers are the same, whatever their display scales. */
static bool
equal(const mig__numeric_view *a, const mig__numeric_view *b)
{
    return a->sign == b->sign && a->n_digits == b->n_digits && a->weight == b->weight &&
           memcmp(a->digits, b->digits, 2 * (size_t)a->n_digits) == 0;
}

/* A number of at most MIG__DOUBLE_DIGITS decimal digits, not 0, to the nearest double. */
static double
nearest_double(const mig__numeric_view *view)
{
    char   text[MIG__DOUBLE_DIGITS + 16];
    int    top = mig__numeric_top(view);
    int    bottom = mig__numeric_bottom(view);
    size_t n = 0;
    double value;

    for (int power = top; power >= bottom; power--)
        text[n++] = (char)('0' + mig__numeric_decimal(view, power));
    snprintf(text + n, sizeof text - n, "e%d", bottom);
    value = strtod(text, NULL);
    return view->sign == MIG__NUMERIC_NEGATIVE ? -value : value;
}

mig__numeric_verdict
mig__numeric_to_double(const unsigned char *wire, size_t len, double *valuep)
{
    mig__numeric_view view, back;
    unsigned char     small[MIG__NUMERIC_SMALL_MAX];
    double            value = 0;

    if (!mig__numeric_look(wire, len, &view))
        return MIG__NUMERIC_MALFORMED;
    if (!mig__numeric_is_finite(&view)) {
        *valuep = view.sign == MIG__NUMERIC_NAN        ? (double)NAN
                  : view.sign == MIG__NUMERIC_INFINITY ? HUGE_VAL
                                                       : -HUGE_VAL;
        return MIG__NUMERIC_OK;
    }
    if (view.n_digits > 0) {
        int top = mig__numeric_top(&view);

        if (top - mig__numeric_bottom(&view) >= MIG__DOUBLE_DIGITS)
            return top > 308 ? MIG__NUMERIC_RANGE : MIG__NUMERIC_FRACTION;
        value = nearest_double(&view);
        if (isinf(value))
            return MIG__NUMERIC_RANGE;
        if (!mig__numeric_look(small, mig__numeric_from_double(value, small), &back) ||
            !equal(&view, &back))
            return MIG__NUMERIC_FRACTION;
    }
    *valuep = value;
    return MIG__NUMERIC_OK;
}

size_t
mig__numeric_canonical(const unsigned char *wire, size_t len, unsigned char *out)
{
    mig__numeric_view view;
    int               bottom = 0;

    if (!mig__numeric_look(wire, len, &view))
        return 0;
    if (!mig__numeric_is_finite(&view))
        return mig__numeric_put_special(out, view.sign);
    if (view.n_digits > 0)
        bottom = mig__numeric_bottom(&view);
    view.dscale = bottom < 0 ? -bottom : 0;
    memmove(out + MIG__NUMERIC_HEAD_LEN, view.digits, 2 * (size_t)view.n_digits);
    return mig__numeric_put_head(out, &view);
}
