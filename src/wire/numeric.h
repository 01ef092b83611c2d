/*
 * numeric.h - PostgreSQL's numeric: decimal numbers of any length, exactly.
 *
 * All functions work on the binary form, called wire here, all integers big-endian:
 *
 *   uint16 number of digits, int16 weight, uint16 sign, uint16 display scale, then the digits
 *
 * Digits are base 10000; the first one stands for 10000 to the power of the weight.  The display
 * scale is the number of decimal digits shown behind the point.  Neither the first nor the last
 * digit is 0 in what the server sends and what is made here; reading, other forms are taken too.
 * Source: numeric_send and numeric_recv, src/backend/utils/adt/numeric.c of the server.
 *
 * Pure functions, any thread, no locale, no allocation.  Results go to memory of the caller, whose
 * size is told with each function.  Wire bytes come as they were received: a function that is
 * given malformed ones says so.
 */
#ifndef MIG_WIRE_NUMERIC_H
#define MIG_WIRE_NUMERIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a wire of `n` decimal digits takes at most, in bytes; a text of n bytes has no more. */
#define MIG__NUMERIC_WIRE_MAX(n) (8 + 2 * ((n) / 4 + 2))

/* The same for any int64 and any double. */
#define MIG__NUMERIC_SMALL_MAX MIG__NUMERIC_WIRE_MAX(20)

/* Decimal digits of the type itself. */
#define MIG__NUMERIC_MAX_BEFORE_POINT 131072
#define MIG__NUMERIC_MAX_SCALE        16383

typedef enum mig__numeric_verdict {
    MIG__NUMERIC_OK,
    MIG__NUMERIC_MALFORMED, /* no number at all: the text or the wire bytes */
    MIG__NUMERIC_RANGE,     /* too many digits before the point, or infinite where that is too much;
                               in a text also too many digits behind the point */
    MIG__NUMERIC_FRACTION,  /* a digit other than 0 would be lost */
} mig__numeric_verdict;

/*
 * A decimal text to wire bytes (out: MIG__NUMERIC_WIRE_MAX(len), length in *out_lenp).
 *
 *   [+|-] digits [. [digits]] [{e|E} [+|-] digits]     or with digits only behind the point
 *   NaN, or [+|-] inf or infinity, in any case
 *
 * The display scale is what the text has, as in the server: 1.50 has 2, 1e2 has 0, 1.5e-2 has 3.
 * No blanks, and neither 0x nor underscores, which servers from 16 on take.  numeric has no
 * negative zero: -0.0 becomes 0.0.  Infinities need a server 14 or later.
 */
mig__numeric_verdict mig__numeric_parse(const char *text, size_t len, unsigned char *out,
                                        size_t *out_lenp);

/* Returns the length. */
size_t mig__numeric_from_int64(int64_t value, unsigned char out[MIG__NUMERIC_SMALL_MAX]);

/*
 * The shortest decimal that reads back as the same double (mig__double_shortest), so 0.1 is 0.1;
 * the display scale shows all of it and no more.  NaN and infinities too; -0.0 becomes 0.
 */
size_t mig__numeric_from_double(double value, unsigned char out[MIG__NUMERIC_SMALL_MAX]);

/*
 * Wire bytes to exactly what numeric_out writes.  mig__numeric_text_max() tells the room needed
 * (with the NUL; from the head of the wire, 8 bytes).  Both return 0 for malformed wire bytes.
 */
size_t mig__numeric_text_max(const unsigned char *wire, size_t len);
size_t mig__numeric_format(const unsigned char *wire, size_t len, char *out);

/*
 * value * 10^scale as an int64: FRACTION if that is no integer, RANGE if it is too large (NaN
 * and infinities always).  Scale 0 for integers, a currency's digits for money.
 */
mig__numeric_verdict mig__numeric_to_scaled(const unsigned char *wire, size_t len, int scale,
                                            int64_t *valuep);

/*
 * OK if the shortest decimal of the double nearest to the number is the number itself (0.10 and
 * 0.1 are), else FRACTION: the double would come back as another number.  RANGE beyond what a
 * double holds.  NaN and infinities are OK.
 */
mig__numeric_verdict mig__numeric_to_double(const unsigned char *wire, size_t len, double *valuep);

/*
 * The same bytes for the same number, whatever its display scale: that shows the last digit other
 * than 0 and no more.  Returns the length, at most len; out may be wire.  0: malformed.
 */
size_t mig__numeric_canonical(const unsigned char *wire, size_t len, unsigned char *out);

/* numeric(precision, scale) from pg_attribute.atttypmod; false for a plain numeric (-1). */
bool mig__numeric_typmod(int32_t typmod, int *precisionp, int *scalep);

/*
 * Whether the number fits numeric(precision, scale); scale may be negative or exceed precision
 * (server 15).
 *
 *   OK        it does, and its display scale is now the column's: the bytes that the server
 *             would send back
 *   FRACTION  the server would round it.  Unchanged; mig__numeric_round() does the same
 *   RANGE     the server would refuse it, be it after rounding.  Infinities are refused, NaN is not
 */
mig__numeric_verdict mig__numeric_fit(unsigned char *wire, size_t len, int precision, int scale);

/*
 * Rounds in place as the server does, half away from zero, and sets the display scale.  Only
 * after mig__numeric_fit() said FRACTION for this scale.  Returns the new length, at most len.
 */
size_t mig__numeric_round(unsigned char *wire, size_t len, int scale);

/* ---- for the files that implement this ---- */

#define MIG__NUMERIC_HEAD_LEN 8
#define MIG__NUMERIC_BASE     10000

/* Signs as they are on the wire. */
#define MIG__NUMERIC_POSITIVE  0x0000
#define MIG__NUMERIC_NEGATIVE  0x4000
#define MIG__NUMERIC_NAN       0xC000
#define MIG__NUMERIC_INFINITY  0xD000
#define MIG__NUMERIC_MINUS_INF 0xF000

/* Wire bytes taken apart; the digits stay where they are.  Zero has no digits and weight 0. */
typedef struct mig__numeric_view {
    const unsigned char *digits; /* neither the first nor the last is 0 */
    int                  n_digits;
    int                  weight;
    unsigned             sign;
    int                  dscale;
} mig__numeric_view;

bool mig__numeric_look(const unsigned char *wire, size_t len, mig__numeric_view *view);

/* Writes the head; returns the length of the whole. */
size_t mig__numeric_put_head(unsigned char *out, const mig__numeric_view *view);

/* Of NaN and infinities, as the server sends them. */
size_t mig__numeric_put_special(unsigned char *out, unsigned sign);

/*
 * n decimal digits ('0' to '9', the first and the last not 0), the first of 10 to the power of
 * `top`; a point among them is passed over.  n = 0 is zero.  Returns the length.
 */
size_t mig__numeric_put_decimal(unsigned char *out, const char *digits, size_t n, int top,
                                const mig__numeric_view *head);

/* Powers of ten of the first and the last decimal digit other than 0; not of zero. */
int mig__numeric_top(const mig__numeric_view *view);
int mig__numeric_bottom(const mig__numeric_view *view);

/* The decimal digit of this power of ten. */
unsigned mig__numeric_decimal(const mig__numeric_view *view, int power);

/* Base-10000 digits at p. */
static inline unsigned
mig__numeric_get(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static inline void
mig__numeric_put(unsigned char *p, unsigned value)
{
    p[0] = (unsigned char)(value >> 8);
    p[1] = (unsigned char)value;
}

/* Of decimal powers: which base-10000 digit they are in (rounded down), and where in it. */
static inline int
mig__numeric_digit_of(int power)
{
    return power >= 0 ? power / 4 : -((3 - power) / 4);
}

static inline unsigned
mig__numeric_place(int power)
{
    static const unsigned places[] = {1, 10, 100, 1000};

    return places[power - 4 * mig__numeric_digit_of(power)];
}

static inline bool
mig__numeric_is_finite(const mig__numeric_view *view)
{
    return view->sign == MIG__NUMERIC_POSITIVE || view->sign == MIG__NUMERIC_NEGATIVE;
}

#endif
