/*
 * number.h - integers and floating point numbers between text and binary.
 *
 * Pure functions, any thread, no allocation.  The locale changes nothing: no decimal point goes
 * through the C library.
 */
#ifndef MIG_WIRE_NUMBER_H
#define MIG_WIRE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits that tell any double from all others. */
#define MIG__DOUBLE_DIGITS 17

/*
 * The shortest decimal that reads back as the same double; of several that short, the nearest.
 * Not one exactly halfway between two doubles, which only a reader that rounds half to even takes
 * for the right one: 9.999999999999999e+22, not 1e+23.  The server does the same.
 * Digits d1 d2 ... dn stand for d1.d2...dn times 10^exponent; neither the first nor the last is 0.
 * Zero has no digits.  Finite values only.
 */
typedef struct mig__shortest {
    bool negative; /* of -0.0 too */
    int  n_digits;
    int  exponent;
    char digits[MIG__DOUBLE_DIGITS + 1]; /* NUL-terminated */
} mig__shortest;

void mig__double_shortest(double value, mig__shortest *shortest);
void mig__float_shortest(float value, mig__shortest *shortest);

/*
 * The same as text, NUL-terminated, in the server's form (extra_float_digits 1 to 3): plain from
 * 0.0001 up to 15 digits before the point (float: 6), else 1.5e+20; Infinity, -Infinity, NaN, -0.
 * Returns the length.
 */
#define MIG__DOUBLE_TEXT_MAX 32
size_t mig__double_format(double value, char out[MIG__DOUBLE_TEXT_MAX]);
size_t mig__float_format(float value, char out[MIG__DOUBLE_TEXT_MAX]);

typedef enum mig__number_verdict {
    MIG__NUMBER_OK,
    MIG__NUMBER_MALFORMED, /* no number at all */
    MIG__NUMBER_RANGE,     /* it would become infinite, or 0 without being 0 */
} mig__number_verdict;

/*
 * An integer in the one form it is printed in: 42, -7, 0.  Not 042, +4, -0, 4.0 or blanks; not
 * beyond int64.  So the text can be made from the number again.
 */
bool mig__int64_parse(const char *text, size_t len, int64_t *valuep);

/*
 *   [+|-] digits [. [digits]] [{e|E} [+|-] digits]     or with digits only behind the point
 *   NaN, or [+|-] inf or infinity, in any case
 *
 * to the nearest double, half to even, however many digits there are.  Not what C takes beside
 * that (blanks, 0x, nan with a sign or parentheses).  Whether the double is the very number that
 * the text says is told by mig__numeric_to_double().
 */
mig__number_verdict mig__double_parse(const char *text, size_t len, double *valuep);

typedef enum mig__float_fit {
    MIG__FLOAT_EXACT,        /* the same number; NaN and infinities too */
    MIG__FLOAT_SAME_DECIMAL, /* another number, but both are written alike: 0.1 */
    MIG__FLOAT_INEXACT,
    MIG__FLOAT_RANGE, /* it would become infinite, or 0 without being 0: the server refuses it */
} mig__float_fit;

/* A double as the nearest float, in *outp in any case. */
mig__float_fit mig__float_from_double(double value, float *outp);

#endif
