/*
 * numeric_fit.c - whether a number fits numeric(p, s), and what the server would
 * make of it.
 *
 * The server rounds to the scale first and then counts the digits before the
 * point (apply_typmod in numeric.c of the server), so 99.95 does not fit
 * numeric(3,1).
 */
#include "numeric.h"

#include <assert.h>
#include <string.h>

/* The server's VARHDRSZ, which every typmod of this kind is shifted by. */
#define TYPMOD_SHIFT 4

bool
mig__numeric_typmod(int32_t typmod, int *precisionp, int *scalep)
{
    if (typmod < TYPMOD_SHIFT)
        return false;
    *precisionp = (typmod - TYPMOD_SHIFT) >> 16 & 0xffff;
    /* Eleven bits, signed.  Before server 15: 0 to 1000, which are the same bits. */
    *scalep = ((typmod - TYPMOD_SHIFT) & 0x7ff);
    if (*scalep >= 1024)
        *scalep -= 2048;
    return true;
}

static void
set_dscale(unsigned char *wire, int scale)
{
    mig__numeric_put(wire + 6, scale < 0 ? 0 : (unsigned)scale);
}

/* Whether rounding reaches the next power of ten: `n` nines from `top` down, then 5 or more. */
static bool
carries_over(const mig__numeric_view *view, int top, int n)
{
    for (int power = top; power > top - n; power--)
        if (mig__numeric_decimal(view, power) != 9)
            return false;
    return mig__numeric_decimal(view, top - n) >= 5;
}

mig__numeric_verdict
mig__numeric_fit(unsigned char *wire, size_t len, int precision, int scale)
{
    mig__numeric_view view;
    int               max_before = precision - scale;

    if (!mig__numeric_look(wire, len, &view))
        return MIG__NUMERIC_MALFORMED;
    if (!mig__numeric_is_finite(&view))
        return view.sign == MIG__NUMERIC_NAN ? MIG__NUMERIC_OK : MIG__NUMERIC_RANGE;
    if (view.n_digits > 0) {
        int top = mig__numeric_top(&view);

        if (top >= max_before)
            return MIG__NUMERIC_RANGE;
        if (mig__numeric_bottom(&view) < -scale)
            return carries_over(&view, max_before - 1, precision) ? MIG__NUMERIC_RANGE
                                                                  : MIG__NUMERIC_FRACTION;
    }
    set_dscale(wire, scale);
    return MIG__NUMERIC_OK;
}

/* Adds to the last of n digits; returns whether all of them overflowed and are 0 now. */
static bool
add(unsigned char *digits, int n, unsigned value)
{
    for (int i = n - 1; i >= 0; i--) {
        unsigned sum = mig__numeric_get(digits + 2 * (ptrdiff_t)i) + value;

        value = sum >= MIG__NUMERIC_BASE;
        mig__numeric_put(digits + 2 * (ptrdiff_t)i, value ? sum - MIG__NUMERIC_BASE : sum);
        if (!value)
            return false;
    }
    return true;
}

size_t
mig__numeric_round(unsigned char *wire, size_t len, int scale)
{
    unsigned char    *digits = wire + MIG__NUMERIC_HEAD_LEN;
    mig__numeric_view view;
    unsigned          place = mig__numeric_place(-scale);
    bool              up;
    int               last = mig__numeric_digit_of(-scale); /* weight of the last digit kept */

    if (!mig__numeric_look(wire, len, &view) || !mig__numeric_is_finite(&view))
        return len;
    up = mig__numeric_decimal(&view, -scale - 1) >= 5;
    memmove(digits, view.digits, 2 * (size_t)view.n_digits);
    if (view.weight - last + 1 <= view.n_digits)
        view.n_digits = view.weight - last + 1;
    if (view.n_digits <= 0) {
        /* Nothing is kept but, perhaps, the one that the first digit is rounded up to. */
        view.n_digits = up;
        view.weight = last;
        mig__numeric_put(digits, place);
    } else if (view.weight - view.n_digits + 1 == last) {
        unsigned char *p = digits + 2 * (ptrdiff_t)(view.n_digits - 1);

        mig__numeric_put(p, mig__numeric_get(p) / place * place);
        if (up && add(digits, view.n_digits, place)) {
            mig__numeric_put(digits, 1);
            view.n_digits = 1;
            view.weight++;
        }
    }
    assert(view.weight <= INT16_MAX);
    view.dscale = scale < 0 ? 0 : scale;
    len = mig__numeric_put_head(wire, &view);
    /* Once more, for zeros at the end and for a zero that has a sign. */
    (void)mig__numeric_look(wire, len, &view);
    return mig__numeric_put_head(wire, &view);
}
