/*
 * numeric.c - numeric between text and binary.
 *
 * Runs once per value on the readers' threads; pure.  A text is looked over
 * once for its form, which tells where its first and last digit other than 0
 * stand; their powers of ten give the weight, and the digits are then read
 * into base 10000 from left to right.
 */
#include "numeric.h"

#include <string.h>
#include <strings.h>

/* Beyond this the server refuses any exponent, even of 0. */
#define EXPONENT_MAX 1073741822

/* A decimal text, taken apart.  Positions are bytes of the text. */
typedef struct decimal_text {
    bool    negative;
    size_t  first, last;   /* digits other than 0; only if not zero */
    bool    is_zero;       /* there are none */
    int64_t n_before;      /* digits before the point */
    int64_t n_behind;      /* digits behind it */
    int64_t first_ordinal; /* which digit `first` is, from 0 */
    int64_t last_ordinal;
    int64_t exponent;
} decimal_text;

static inline bool
is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/* ---- the binary form ---- */

bool
mig__numeric_look(const unsigned char *wire, size_t len, mig__numeric_view *view)
{
    if (len < MIG__NUMERIC_HEAD_LEN)
        return false;
    view->n_digits = (int)mig__numeric_get(wire);
    view->weight = (int16_t)mig__numeric_get(wire + 2);
    view->sign = mig__numeric_get(wire + 4);
    view->dscale = (int)mig__numeric_get(wire + 6);
    view->digits = wire + MIG__NUMERIC_HEAD_LEN;
    if (len != MIG__NUMERIC_HEAD_LEN + 2 * (size_t)view->n_digits ||
        view->dscale > MIG__NUMERIC_MAX_SCALE)
        return false;
    if (!mig__numeric_is_finite(view))
        return view->n_digits == 0 &&
               (view->sign == MIG__NUMERIC_NAN || view->sign == MIG__NUMERIC_INFINITY ||
                view->sign == MIG__NUMERIC_MINUS_INF);
    for (int i = 0; i < view->n_digits; i++)
        if (mig__numeric_get(view->digits + 2 * i) >= MIG__NUMERIC_BASE)
            return false;
    while (view->n_digits > 0 && mig__numeric_get(view->digits) == 0) {
        view->digits += 2;
        view->n_digits--;
        view->weight--;
    }
    while (view->n_digits > 0 && mig__numeric_get(view->digits + 2 * (view->n_digits - 1)) == 0)
        view->n_digits--;
    if (view->n_digits == 0) {
        view->weight = 0;
        view->sign = MIG__NUMERIC_POSITIVE;
        return true;
    }
    return mig__numeric_bottom(view) >= -MIG__NUMERIC_MAX_SCALE;
}

size_t
mig__numeric_put_head(unsigned char *out, const mig__numeric_view *view)
{
    mig__numeric_put(out, (unsigned)view->n_digits);
    mig__numeric_put(out + 2, (unsigned)view->weight & 0xffff);
    mig__numeric_put(out + 4, view->sign);
    mig__numeric_put(out + 6, (unsigned)view->dscale);
    return MIG__NUMERIC_HEAD_LEN + 2 * (size_t)view->n_digits;
}

size_t
mig__numeric_put_special(unsigned char *out, unsigned sign)
{
    /* The server reads a scale out of the bits of the sign that tell infinities from NaN. */
    mig__numeric_view view = {.sign = sign, .dscale = sign == MIG__NUMERIC_NAN ? 0 : 32};

    return mig__numeric_put_head(out, &view);
}

size_t
mig__numeric_put_decimal(unsigned char *out, const char *digits, size_t n, int top,
                         const mig__numeric_view *head)
{
    mig__numeric_view view = *head;
    unsigned          place;
    unsigned          value = 0;

    view.n_digits = 0;
    view.weight = 0;
    if (n == 0) {
        view.sign = MIG__NUMERIC_POSITIVE;
        return mig__numeric_put_head(out, &view);
    }
    view.weight = mig__numeric_digit_of(top);
    place = mig__numeric_place(top);
    for (size_t i = 0; n > 0; i++) {
        if (digits[i] == '.')
            continue;
        n--;
        value += (unsigned)(digits[i] - '0') * place;
        place /= 10;
        if (place == 0 || n == 0) {
            mig__numeric_put(out + MIG__NUMERIC_HEAD_LEN + 2 * (size_t)view.n_digits++, value);
            value = 0;
            place = MIG__NUMERIC_BASE / 10;
        }
    }
    return mig__numeric_put_head(out, &view);
}

int
mig__numeric_top(const mig__numeric_view *view)
{
    unsigned first = mig__numeric_get(view->digits);

    return 4 * view->weight + (first >= 10) + (first >= 100) + (first >= 1000);
}

int
mig__numeric_bottom(const mig__numeric_view *view)
{
    unsigned last = mig__numeric_get(view->digits + 2 * (view->n_digits - 1));

    return 4 * (view->weight - view->n_digits + 1) + (last % 10 == 0) + (last % 100 == 0) +
           (last % 1000 == 0);
}

unsigned
mig__numeric_decimal(const mig__numeric_view *view, int power)
{
    int i = view->weight - mig__numeric_digit_of(power);

    if (i < 0 || i >= view->n_digits)
        return 0;
    return mig__numeric_get(view->digits + 2 * i) / mig__numeric_place(power) % 10;
}

/* ---- from text ---- */

static bool
parse_special(const char *text, size_t len, unsigned *signp)
{
    bool has_sign = len > 0 && (text[0] == '+' || text[0] == '-');

    if (len == 3 && strncasecmp(text, "nan", 3) == 0) {
        *signp = MIG__NUMERIC_NAN;
        return true;
    }
    *signp = has_sign && text[0] == '-' ? MIG__NUMERIC_MINUS_INF : MIG__NUMERIC_INFINITY;
    text += has_sign;
    len -= has_sign;
    return (len == 3 && strncasecmp(text, "inf", 3) == 0) ||
           (len == 8 && strncasecmp(text, "infinity", 8) == 0);
}

/* The digits and the point from *atp on. */
static bool
scan_digits(const char *text, size_t len, size_t *atp, decimal_text *d)
{
    int64_t n = 0;
    size_t  at;
    bool    behind = false;

    d->is_zero = true;
    for (at = *atp; at < len; at++) {
        if (text[at] == '.' && !behind) {
            behind = true;
            d->n_before = n;
            continue;
        }
        if (!is_digit(text[at]))
            break;
        if (text[at] != '0') {
            if (d->is_zero) {
                d->first = at;
                d->first_ordinal = n;
            }
            d->last = at;
            d->last_ordinal = n;
            d->is_zero = false;
        }
        n++;
    }
    if (!behind)
        d->n_before = n;
    d->n_behind = n - d->n_before;
    *atp = at;
    return n > 0;
}

/* "e" with a number behind, to the end; a number beyond EXPONENT_MAX stays just beyond it. */
static bool
scan_exponent(const char *text, size_t len, size_t at, decimal_text *d)
{
    bool negative;

    d->exponent = 0;
    if (at == len)
        return true;
    if (text[at] != 'e' && text[at] != 'E')
        return false;
    at++;
    negative = at < len && text[at] == '-';
    if (at < len && (text[at] == '-' || text[at] == '+'))
        at++;
    if (at == len)
        return false;
    for (; at < len; at++) {
        if (!is_digit(text[at]))
            return false;
        d->exponent = d->exponent * 10 + (text[at] - '0');
        if (d->exponent > EXPONENT_MAX)
            d->exponent = EXPONENT_MAX + 1;
    }
    if (negative)
        d->exponent = -d->exponent;
    return true;
}

mig__numeric_verdict
mig__numeric_parse(const char *text, size_t len, unsigned char *out, size_t *out_lenp)
{
    decimal_text      d = {0};
    mig__numeric_view head = {0};
    size_t            at = 0;
    int64_t           top, dscale;

    if (len > 0 && (text[0] == '+' || text[0] == '-'))
        at = 1;
    if (!scan_digits(text, len, &at, &d) || !scan_exponent(text, len, at, &d)) {
        if (!parse_special(text, len, &head.sign))
            return MIG__NUMERIC_MALFORMED;
        *out_lenp = mig__numeric_put_special(out, head.sign);
        return MIG__NUMERIC_OK;
    }
    top = d.is_zero ? 0 : d.n_before - 1 - d.first_ordinal + d.exponent;
    dscale = d.n_behind - d.exponent;
    if (d.exponent > EXPONENT_MAX || d.exponent < -EXPONENT_MAX ||
        top >= MIG__NUMERIC_MAX_BEFORE_POINT || dscale > MIG__NUMERIC_MAX_SCALE)
        return MIG__NUMERIC_RANGE;
    head.sign = text[0] == '-' ? MIG__NUMERIC_NEGATIVE : MIG__NUMERIC_POSITIVE;
    head.dscale = dscale < 0 ? 0 : (int)dscale;
    *out_lenp = mig__numeric_put_decimal(
        out, text + d.first, d.is_zero ? 0 : (size_t)(d.last_ordinal - d.first_ordinal + 1),
        (int)top, &head);
    return MIG__NUMERIC_OK;
}

/* ---- to text ---- */

size_t
mig__numeric_text_max(const unsigned char *wire, size_t len)
{
    int weight;

    if (len < MIG__NUMERIC_HEAD_LEN)
        return 0;
    weight = (int16_t)mig__numeric_get(wire + 2);
    /* At least "-Infinity"; the sign, the point and the NUL. */
    return 9 + (weight < 0 ? 1 : 4 * ((size_t)weight + 1)) + mig__numeric_get(wire + 6) + 3;
}

static const char *
special_name(unsigned sign)
{
    if (sign == MIG__NUMERIC_NAN)
        return "NaN";
    return sign == MIG__NUMERIC_INFINITY ? "Infinity" : "-Infinity";
}

/* All four decimal digits of the base-10000 digit with this weight. */
static void
put_four(char *out, const mig__numeric_view *view, int weight)
{
    int      i = view->weight - weight;
    unsigned value =
        i >= 0 && i < view->n_digits ? mig__numeric_get(view->digits + 2 * (ptrdiff_t)i) : 0;

    out[0] = (char)('0' + value / 1000);
    out[1] = (char)('0' + value / 100 % 10);
    out[2] = (char)('0' + value / 10 % 10);
    out[3] = (char)('0' + value % 10);
}

size_t
mig__numeric_format(const unsigned char *wire, size_t len, char *out)
{
    mig__numeric_view view;
    char             *p = out;
    char              four[4];

    if (!mig__numeric_look(wire, len, &view))
        return 0;
    if (!mig__numeric_is_finite(&view)) {
        size_t name_len = strlen(special_name(view.sign));

        memcpy(out, special_name(view.sign), name_len + 1);
        return name_len;
    }
    if (view.sign == MIG__NUMERIC_NEGATIVE)
        *p++ = '-';
    if (view.n_digits == 0 || view.weight < 0) {
        *p++ = '0';
    } else {
        int n_first = mig__numeric_top(&view) - 4 * view.weight + 1;

        put_four(four, &view, view.weight);
        memcpy(p, four + 4 - n_first, (size_t)n_first);
        p += n_first;
        for (int weight = view.weight - 1; weight >= 0; weight--, p += 4)
            put_four(p, &view, weight);
    }
    if (view.dscale > 0)
        *p++ = '.';
    for (int left = view.dscale, weight = -1; left > 0; left -= 4, weight--) {
        size_t n = left < 4 ? (size_t)left : 4;

        put_four(four, &view, weight);
        memcpy(p, four, n);
        p += n;
    }
    *p = '\0';
    return (size_t)(p - out);
}
