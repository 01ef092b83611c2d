/*
 * number.c - integers and floating point numbers between text and binary.
 *
 * Runs once per value on the readers' threads; pure.  The C library's strtod and
 * printf are exact; they are given digits and an exponent, no point, so that the
 * locale has nothing to say.  Up to 15 digits a decimal survives a double, so
 * the shortest form of most doubles is what 15 digits say without the zeros at
 * their end; the others need 16 or 17.  Subnormals have fewer bits and are tried
 * from one digit on.
 */
#include "number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Halfway between two doubles lie decimals of at most 767 digits.  Of a text with more digits, one
 * that is not 0 behind these decides like any others.
 */
#define DIGITS_MAX 800

/* An exponent beyond it makes any text of fewer than 2^40 digits infinite or 0. */
#define EXPONENT_MAX INT64_C(10000000000000)

/* Integers below it have at most 15 digits (DBL_DIG). */
#define INTEGER_MAX 1e15

static inline bool
is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/* ---- to text ---- */

static void
drop_zeros(mig__shortest *s)
{
    while (s->n_digits > 0 && s->digits[s->n_digits - 1] == '0')
        s->n_digits--;
    s->digits[s->n_digits] = '\0';
}

/* The n digits nearest to the value, which is positive. */
static void
print_digits(double value, int n, mig__shortest *s)
{
    char        text[64];
    const char *p;

    snprintf(text, sizeof text, "%.*e", n - 1, value);
    s->n_digits = 0;
    for (p = text; *p != 'e'; p++)
        if (is_digit(*p))
            s->digits[s->n_digits++] = *p;
    s->exponent = (int)strtol(p + 1, NULL, 10);
    s->digits[s->n_digits] = '\0';
}

/* The next decimal of as many digits. */
static void
next_digits(mig__shortest *s)
{
    int i = s->n_digits - 1;

    while (i > 0 && s->digits[i] == '9')
        s->digits[i--] = '0';
    if (s->digits[i] < '9') {
        s->digits[i]++;
    } else {
        s->digits[i] = '1';
        s->exponent++;
    }
}

/* "ddde-5", for strtod. */
static void
print_without_point(const mig__shortest *s, char *out, size_t size)
{
    snprintf(out, size, "%se%d", s->digits, s->exponent - (s->n_digits - 1));
}

/*
 * Whether the decimal lies exactly halfway between two numbers of `bits` bits: its odd part then
 * has one bit more.  Behind the point there is no such decimal of as few digits, and with an odd
 * part of 54 bits at most 23 of the power's factors can be 5.
 */
static bool
lies_halfway(const mig__shortest *s, int bits)
{
    unsigned __int128 odd = strtoull(s->digits, NULL, 10);
    int               power = s->exponent - (s->n_digits - 1);

    if (power < 0 || power > 23 || odd == 0)
        return false;
    for (; power > 0; power--)
        odd *= 5;
    while (odd % 2 == 0)
        odd /= 2;
    return odd >> bits == 1;
}

static bool
reads_back(const mig__shortest *s, double value)
{
    char text[64];

    print_without_point(s, text, sizeof text);
    return strtod(text, NULL) == value && !lies_halfway(s, DBL_MANT_DIG);
}

static bool
reads_back_as_float(const mig__shortest *s, float value)
{
    char text[64];

    print_without_point(s, text, sizeof text);
    return strtof(text, NULL) == value && !lies_halfway(s, FLT_MANT_DIG);
}

/*
 * Above a power of two the numbers lie twice as far apart as below.  So the nearest decimal may be
 * one below that reads back as another number, while the next one above reads back as this.
 */
static bool
is_power_of_two(double value)
{
    int exponent;

    return frexp(value, &exponent) == 0.5;
}

/*
 * The way of most doubles: an integer of at most 15 digits, or one divided by a small power of ten.
 * Both are exact as doubles, so their quotient is what reading the decimal gives; and of at most 15
 * digits only one decimal reads as this double.
 */
static bool
few_decimals(double value, mig__shortest *s)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

    for (int n = 0; n < (int)(sizeof powers / sizeof powers[0]); n++) {
        double  scaled = value * powers[n];
        int64_t integer;

        if (scaled >= INTEGER_MAX)
            return false;
        integer = (int64_t)(scaled + 0.5);
        if ((double)integer / powers[n] == value) {
            char *end = s->digits + sizeof s->digits - 1;
            char *p = end;

            for (; integer > 0; integer /= 10)
                *--p = (char)('0' + integer % 10);
            s->n_digits = (int)(end - p);
            s->exponent = s->n_digits - 1 - n;
            memmove(s->digits, p, (size_t)s->n_digits);
            drop_zeros(s);
            return true;
        }
    }
    return false;
}

void
mig__double_shortest(double value, mig__shortest *s)
{
    s->negative = signbit(value) != 0;
    s->n_digits = 0;
    s->exponent = 0;
    s->digits[0] = '\0';
    value = fabs(value);
    if (value == 0)
        return;
    if (few_decimals(value, s))
        return;
    for (int n = value < DBL_MIN ? 1 : DBL_DIG; n <= MIG__DOUBLE_DIGITS; n++) {
        print_digits(value, n, s);
        if (reads_back(s, value))
            break;
        if (is_power_of_two(value)) {
            next_digits(s);
            if (reads_back(s, value))
                break;
        }
    }
    drop_zeros(s);
}

void
mig__float_shortest(float value, mig__shortest *s)
{
    mig__double_shortest(0, s);
    s->negative = signbit(value) != 0;
    value = fabsf(value);
    if (value == 0)
        return;
    for (int n = value < FLT_MIN ? 1 : FLT_DIG; n <= FLT_DECIMAL_DIG; n++) {
        print_digits((double)value, n, s);
        if (reads_back_as_float(s, value))
            break;
        if (is_power_of_two((double)value)) {
            next_digits(s);
            if (reads_back_as_float(s, value))
                break;
        }
    }
    drop_zeros(s);
}

static size_t
put_zeros(char *out, int n)
{
    memset(out, '0', (size_t)n);
    return (size_t)n;
}

/* Plain if the first digit's power of ten is from -4 on and below `plain_max`. */
static size_t
format(const mig__shortest *s, int plain_max, char *out)
{
    char  *p = out;
    int    n_before = s->exponent + 1; /* digits before the point */
    size_t n = (size_t)s->n_digits;

    if (s->negative)
        *p++ = '-';
    if (n == 0) {
        *p++ = '0';
    } else if (s->exponent < -4 || s->exponent >= plain_max) {
        *p++ = s->digits[0];
        if (n > 1)
            *p++ = '.';
        memcpy(p, s->digits + 1, n - 1);
        p += n - 1;
        p += snprintf(p, 8, "e%+03d", s->exponent);
    } else if (n_before <= 0) {
        *p++ = '0';
        *p++ = '.';
        p += put_zeros(p, -n_before);
        memcpy(p, s->digits, n);
        p += n;
    } else if (n_before >= s->n_digits) {
        memcpy(p, s->digits, n);
        p += n;
        p += put_zeros(p, n_before - s->n_digits);
    } else {
        memcpy(p, s->digits, (size_t)n_before);
        p += n_before;
        *p++ = '.';
        memcpy(p, s->digits + n_before, n - (size_t)n_before);
        p += n - (size_t)n_before;
    }
    *p = '\0';
    return (size_t)(p - out);
}

static size_t
format_special(double value, char *out)
{
    const char *name = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    size_t      len = strlen(name);

    memcpy(out, name, len + 1);
    return len;
}

size_t
mig__double_format(double value, char out[MIG__DOUBLE_TEXT_MAX])
{
    mig__shortest s;

    if (!isfinite(value))
        return format_special(value, out);
    mig__double_shortest(value, &s);
    return format(&s, DBL_DIG, out);
}

size_t
mig__float_format(float value, char out[MIG__DOUBLE_TEXT_MAX])
{
    mig__shortest s;

    if (!isfinite(value))
        return format_special((double)value, out);
    mig__float_shortest(value, &s);
    return format(&s, FLT_DIG, out);
}

/* ---- from text ---- */

bool
mig__int64_parse(const char *text, size_t len, int64_t *valuep)
{
    bool     negative = len > 0 && text[0] == '-';
    uint64_t value = 0;

    text += negative;
    len -= negative;
    /* 19 digits are less than 2^64. */
    if (len == 0 || len > 19 || (text[0] == '0' && (len > 1 || negative)))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *valuep = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static bool
parse_special(const char *text, size_t len, double *valuep)
{
    bool has_sign = len > 0 && (text[0] == '+' || text[0] == '-');

    if (len == 3 && strncasecmp(text, "nan", 3) == 0) {
        *valuep = (double)NAN;
        return true;
    }
    *valuep = has_sign && text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    text += has_sign;
    len -= has_sign;
    return (len == 3 && strncasecmp(text, "inf", 3) == 0) ||
           (len == 8 && strncasecmp(text, "infinity", 8) == 0);
}

/* The digits of a text without zeros in front, as far as they matter: an integer times 10^power. */
typedef struct digit_run {
    char    digits[DIGITS_MAX + 48]; /* and room for the exponent */
    size_t  n;
    int64_t power;
} digit_run;

/* The digits and the point from *atp on; false if there is no digit. */
static bool
scan_digits(const char *text, size_t len, size_t *atp, digit_run *run)
{
    bool any = false, behind = false, cut = false;

    for (; *atp < len; (*atp)++) {
        char c = text[*atp];

        if (c == '.' && !behind) {
            behind = true;
            continue;
        }
        if (!is_digit(c))
            break;
        any = true;
        if (behind)
            run->power--;
        if (run->n == 0 && c == '0')
            continue;
        if (run->n < DIGITS_MAX) {
            run->digits[run->n++] = c;
        } else {
            run->power++;
            cut |= c != '0';
        }
    }
    if (cut) {
        run->digits[run->n++] = '1';
        run->power--;
    }
    return any;
}

/* "e" with a number behind, to the end. */
static bool
scan_exponent(const char *text, size_t len, size_t at, int64_t *exponentp)
{
    bool negative;

    *exponentp = 0;
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
        if (*exponentp < EXPONENT_MAX)
            *exponentp = *exponentp * 10 + (text[at] - '0');
    }
    if (negative)
        *exponentp = -*exponentp;
    return true;
}

mig__number_verdict
mig__double_parse(const char *text, size_t len, double *valuep)
{
    digit_run run;
    int64_t   exponent;
    size_t    at = 0;
    double    value;
    bool      negative = len > 0 && text[0] == '-';

    run.n = 0;
    run.power = 0;
    if (len > 0 && (text[0] == '+' || text[0] == '-'))
        at = 1;
    if (!scan_digits(text, len, &at, &run) || !scan_exponent(text, len, at, &exponent)) {
        if (!parse_special(text, len, &value))
            return MIG__NUMBER_MALFORMED;
        *valuep = value;
        return MIG__NUMBER_OK;
    }
    value = 0;
    if (run.n > 0) {
        snprintf(run.digits + run.n, sizeof run.digits - run.n, "e%" PRId64, run.power + exponent);
        value = strtod(run.digits, NULL);
        if (value == 0 || isinf(value))
            return MIG__NUMBER_RANGE;
    }
    *valuep = negative ? -value : value;
    return MIG__NUMBER_OK;
}

mig__float_fit
mig__float_from_double(double value, float *outp)
{
    mig__shortest of_double, of_float;
    float         narrow = (float)value;

    *outp = narrow;
    if (isnan(value) || (double)narrow == value)
        return MIG__FLOAT_EXACT;
    if (isinf(narrow) || narrow == 0)
        return MIG__FLOAT_RANGE;
    mig__double_shortest(value, &of_double);
    mig__float_shortest(narrow, &of_float);
    return of_double.exponent == of_float.exponent && strcmp(of_double.digits, of_float.digits) == 0
               ? MIG__FLOAT_SAME_DECIMAL
               : MIG__FLOAT_INEXACT;
}
