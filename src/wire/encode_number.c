/*
 * encode_number.c - fields that are numbers: boolean, integers, floats, numeric, money.
 *
 * A number in whatever storage class is taken if the column's type holds exactly
 * it: 3.0 into an integer column, the text "42" too, since SQLite itself would
 * have made the integer of it in a column declared as one.  Texts have to be in
 * the one form in which the number would be printed, so that they are the same
 * when they come back.  The one thing that no number but a float keeps is the
 * sign of a zero, which is counted.
 */
#include <limits.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "encode_value.h"
#include "number.h"
#include "numeric.h"

static void
count_sign_of_zero(mig__encoding *w, double real)
{
    if (real == 0.0 && signbit(real))
        mig__lose(w, MIG_LOSS_NEGATIVE_ZERO);
}

/* ---- boolean ------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    bool        value;
} bool_words[] = {
    {"true", true}, {"false", false}, {"t", true},  {"f", false},   {"yes", true}, {"no", false},
    {"y", true},    {"n", false},     {"on", true}, {"off", false}, {"1", true},   {"0", false},
};

static mig_fault_kind
put_bool(mig__encoding *w, bool value)
{
    const unsigned char byte = value;

    return mig__put_fixed(w, &byte, 1);
}

mig_fault_kind
mig__encode_bool(mig__encoding *w)
{
    const mig_value *v = w->value;

    switch (v->class) {
    case MIG_VALUE_INTEGER:
        if (v->integer != 0 && v->integer != 1)
            mig__lose(w, MIG_LOSS_BOOL_FOLDED);
        return put_bool(w, v->integer != 0);
    case MIG_VALUE_REAL:
        if (v->real != 0.0 && v->real != 1.0)
            return MIG_FAULT_INEXACT;
        count_sign_of_zero(w, v->real);
        return put_bool(w, v->real != 0.0);
    case MIG_VALUE_TEXT:
        for (size_t i = 0; i < sizeof bool_words / sizeof bool_words[0]; i++) {
            if (strlen(bool_words[i].word) == v->len &&
                strncasecmp(bool_words[i].word, v->data, v->len) == 0) {
                mig__lose(w, MIG_LOSS_BOOL_WORD);
                return put_bool(w, bool_words[i].value);
            }
        }
        break;
    case MIG_VALUE_BLOB:
    case MIG_VALUE_NULL:
        break;
    }
    return MIG_FAULT_CLASS;
}

/* ---- integers ----------------------------------------------------------------------------- */

static mig_fault_kind
real_to_int64(mig__encoding *w, double real, int64_t *integerp)
{
    double whole = real;

    if (isnan(real) || isinf(real))
        return MIG_FAULT_RANGE;
    if (real != trunc(real)) {
        if (!mig__allowed(w, MIG_RULE_ROUND))
            return MIG_FAULT_FRACTION;
        whole = round(real);
        mig__lose(w, MIG_LOSS_ROUNDED);
    }
    if (whole < -0x1p63 || whole >= 0x1p63)
        return MIG_FAULT_RANGE;
    count_sign_of_zero(w, real);
    *integerp = (int64_t)whole;
    return MIG_FAULT_NONE;
}

/* The integer that a value is, of any size. */
static mig_fault_kind
integer_of(mig__encoding *w, int64_t *integerp)
{
    const mig_value *v = w->value;

    switch (v->class) {
    case MIG_VALUE_INTEGER:
        *integerp = v->integer;
        return MIG_FAULT_NONE;
    case MIG_VALUE_REAL:
        return real_to_int64(w, v->real, integerp);
    case MIG_VALUE_TEXT:
        return mig__int64_parse(v->data, v->len, integerp) ? MIG_FAULT_NONE : MIG_FAULT_CLASS;
    case MIG_VALUE_BLOB:
    case MIG_VALUE_NULL:
        break;
    }
    return MIG_FAULT_CLASS;
}

mig_fault_kind
mig__encode_integer(mig__encoding *w)
{
    int64_t        integer = 0;
    uint16_t       two;
    uint32_t       four;
    mig_fault_kind kind = integer_of(w, &integer);

    if (kind != MIG_FAULT_NONE)
        return kind;
    if (w->encoder->wire == MIG_WIRE_INT2) {
        if (integer < INT16_MIN || integer > INT16_MAX)
            return MIG_FAULT_RANGE;
        two = htobe16((uint16_t)integer);
        return mig__put_fixed(w, &two, sizeof two);
    }
    if (w->encoder->wire == MIG_WIRE_INT4) {
        if (integer < INT32_MIN || integer > INT32_MAX)
            return MIG_FAULT_RANGE;
        four = htobe32((uint32_t)integer);
        return mig__put_fixed(w, &four, sizeof four);
    }
    return mig__put_int64(w, integer);
}

/* ---- floats ------------------------------------------------------------------------------- */

/* More than any double has digits. */
#define MOST_DIGITS 1100

/* A number that the column cannot hold exactly. */
static mig_fault_kind
allow_rounding(mig__encoding *w)
{
    if (!mig__allowed(w, MIG_RULE_ROUND))
        return MIG_FAULT_INEXACT;
    mig__lose(w, MIG_LOSS_ROUNDED);
    return MIG_FAULT_NONE;
}

/* A text that is the number which the double prints, but for zeros at its end. */
static mig_fault_kind
text_to_double(mig__encoding *w, double *realp)
{
    const mig_value *v = w->value;
    unsigned char    exact[MIG__NUMERIC_WIRE_MAX(MOST_DIGITS)];
    double           same; /* but for the sign of 0, which numeric does not have */
    size_t           len;

    switch (v->len > MOST_DIGITS ? MIG__NUMBER_MALFORMED
                                 : mig__double_parse(v->data, v->len, realp)) {
    case MIG__NUMBER_OK:
        break;
    case MIG__NUMBER_MALFORMED:
        return MIG_FAULT_CLASS;
    case MIG__NUMBER_RANGE:
        return MIG_FAULT_RANGE;
    }
    if (isnan(*realp) || isinf(*realp))
        return MIG_FAULT_NONE;
    if (mig__numeric_parse(v->data, v->len, exact, &len) == MIG__NUMERIC_OK &&
        mig__numeric_to_double(exact, len, &same) == MIG__NUMERIC_OK)
        return MIG_FAULT_NONE;
    return allow_rounding(w);
}

static mig_fault_kind
double_of(mig__encoding *w, double *realp)
{
    const mig_value *v = w->value;

    switch (v->class) {
    case MIG_VALUE_REAL:
        *realp = v->real;
        return MIG_FAULT_NONE;
    case MIG_VALUE_INTEGER:
        /* 2^63 is what the largest integers are rounded up to, and no int64. */
        *realp = (double)v->integer;
        return *realp >= 0x1p63 || (int64_t)*realp != v->integer ? allow_rounding(w)
                                                                 : MIG_FAULT_NONE;
    case MIG_VALUE_TEXT:
        return text_to_double(w, realp);
    case MIG_VALUE_BLOB:
    case MIG_VALUE_NULL:
        break;
    }
    return MIG_FAULT_CLASS;
}

static mig_fault_kind
put_float4(mig__encoding *w, double real)
{
    float    single = 0;
    uint32_t bits;

    switch (mig__float_from_double(real, &single)) {
    case MIG__FLOAT_EXACT:
        break;
    case MIG__FLOAT_SAME_DECIMAL:
        mig__lose(w, MIG_LOSS_FLOAT4_ROUNDED);
        break;
    case MIG__FLOAT_INEXACT:
        if (allow_rounding(w) != MIG_FAULT_NONE)
            return MIG_FAULT_INEXACT;
        break;
    case MIG__FLOAT_RANGE:
        return MIG_FAULT_RANGE;
    }
    memcpy(&bits, &single, sizeof bits);
    bits = htobe32(bits);
    return mig__put_fixed(w, &bits, sizeof bits);
}

mig_fault_kind
mig__encode_float(mig__encoding *w)
{
    double         real = 0;
    mig_fault_kind kind = double_of(w, &real);

    if (kind != MIG_FAULT_NONE)
        return kind;
    if (w->encoder->wire == MIG_WIRE_FLOAT4)
        return put_float4(w, real);
    mig_rows_put_int32(w->rows, 8);
    mig_rows_put_float8(w->rows, real);
    return MIG_FAULT_NONE;
}

/* ---- numeric and money -------------------------------------------------------------------- */

static mig_fault_kind
fault_of(mig__numeric_verdict verdict)
{
    switch (verdict) {
    case MIG__NUMERIC_OK:
        break;
    case MIG__NUMERIC_MALFORMED:
        return MIG_FAULT_NUMBER;
    case MIG__NUMERIC_RANGE:
        return MIG_FAULT_RANGE;
    case MIG__NUMERIC_FRACTION:
        return MIG_FAULT_DIGITS;
    }
    return MIG_FAULT_NONE;
}

/* The value as wire bytes in `small`, or in the scratch where it is longer. */
static mig_fault_kind
numeric_of(mig__encoding *w, unsigned char small[MIG__NUMERIC_SMALL_MAX], unsigned char **wirep,
           size_t *lenp)
{
    const mig_value *v = w->value;
    mig_buf         *scratch = w->encoder->text;
    size_t           most;

    *wirep = small;
    switch (v->class) {
    case MIG_VALUE_INTEGER:
        *lenp = mig__numeric_from_int64(v->integer, small);
        return MIG_FAULT_NONE;
    case MIG_VALUE_REAL:
        count_sign_of_zero(w, v->real);
        *lenp = mig__numeric_from_double(v->real, small);
        return MIG_FAULT_NONE;
    case MIG_VALUE_TEXT:
        break;
    case MIG_VALUE_BLOB:
    case MIG_VALUE_NULL:
        return MIG_FAULT_CLASS;
    }
    most = MIG__NUMERIC_WIRE_MAX(v->len);
    if (most > MIG__NUMERIC_SMALL_MAX) {
        mig_buf_clear(scratch);
        mig_buf_reserve(scratch, most);
        if (scratch->failed)
            return MIG_FAULT_MEMORY;
        *wirep = (unsigned char *)scratch->data;
    }
    return fault_of(mig__numeric_parse(v->data, v->len, *wirep, lenp));
}

/* Whether a text has a sign that numeric's zero has not: -0.00. */
static bool
loses_sign(const mig_value *v, const unsigned char *wire, size_t len)
{
    mig__numeric_view view;

    return v->class == MIG_VALUE_TEXT && v->len > 0 && v->data[0] == '-' &&
           mig__numeric_look(wire, len, &view) && mig__numeric_is_finite(&view) &&
           view.n_digits == 0;
}

static mig_fault_kind
fit_numeric(mig__encoding *w, unsigned char *wire, size_t *lenp)
{
    const mig_limits    *limits = &w->encoder->limits;
    mig__numeric_verdict verdict;

    if (limits->precision < 0)
        return MIG_FAULT_NONE;
    verdict = mig__numeric_fit(wire, *lenp, limits->precision, limits->scale);
    if (verdict == MIG__NUMERIC_FRACTION && mig__allowed(w, MIG_RULE_ROUND)) {
        *lenp = mig__numeric_round(wire, *lenp, limits->scale);
        mig__lose(w, MIG_LOSS_ROUNDED);
        return MIG_FAULT_NONE;
    }
    return fault_of(verdict);
}

mig_fault_kind
mig__encode_numeric(mig__encoding *w)
{
    unsigned char  small[MIG__NUMERIC_SMALL_MAX];
    unsigned char *wire;
    size_t         len = 0;
    mig_fault_kind kind = numeric_of(w, small, &wire, &len);

    if (kind == MIG_FAULT_NONE && loses_sign(w->value, wire, len))
        mig__lose(w, MIG_LOSS_NEGATIVE_ZERO);
    if (kind == MIG_FAULT_NONE)
        kind = fit_numeric(w, wire, &len);
    return kind != MIG_FAULT_NONE ? kind : mig__put_field(w, wire, len);
}

mig_fault_kind
mig__encode_money(mig__encoding *w)
{
    unsigned char  small[MIG__NUMERIC_SMALL_MAX];
    unsigned char *wire;
    const int      digits = w->encoder->money_digits;
    size_t         len = 0;
    int64_t        units = 0;
    mig_fault_kind kind = numeric_of(w, small, &wire, &len);

    if (kind == MIG_FAULT_NONE)
        kind = fault_of(mig__numeric_to_scaled(wire, len, digits, &units));
    if (kind == MIG_FAULT_DIGITS && mig__allowed(w, MIG_RULE_ROUND)) {
        len = mig__numeric_round(wire, len, digits);
        mig__lose(w, MIG_LOSS_ROUNDED);
        kind = fault_of(mig__numeric_to_scaled(wire, len, digits, &units));
    } else if (kind == MIG_FAULT_NONE && loses_sign(w->value, wire, len)) {
        mig__lose(w, MIG_LOSS_NEGATIVE_ZERO);
    }
    return kind != MIG_FAULT_NONE ? kind : mig__put_int64(w, units);
}
