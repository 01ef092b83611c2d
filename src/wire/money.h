/*
 * money.h - amounts between text and the int64 that money is on the wire.
 *
 * The server counts in the smallest unit of its lc_monetary, with 2 digits behind the point for
 * most currencies, 0 for some; the callers know how many.  Its text form has the currency's sign
 * and separators and cannot be read back under another locale, so the text here is plain.
 * Numerics become money by mig__numeric_to_scaled().
 *
 * Pure functions, any thread.
 */
#ifndef MIG_WIRE_MONEY_H
#define MIG_WIRE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIG__MONEY_MAX_SCALE 10

typedef enum mig__money_verdict {
    MIG__MONEY_OK,
    MIG__MONEY_MALFORMED, /* no plain decimal */
    MIG__MONEY_RANGE,     /* beyond int64 */
    MIG__MONEY_FRACTION,  /* a digit other than 0 behind the last that the currency has */
} mig__money_verdict;

/* [-] digits [. digits], without anything else, to units of 10^-scale (0 to MAX_SCALE). */
mig__money_verdict mig__money_parse(const char *text, size_t len, int scale, int64_t *unitsp);

/* Whole currency units; false: beyond int64. */
bool mig__money_from_int64(int64_t whole, int scale, int64_t *unitsp);

/* To [-] digits . digits, exactly `scale` of them behind the point.  Returns the length. */
#define MIG__MONEY_TEXT_MAX 32
size_t mig__money_format(int64_t units, int scale, char out[MIG__MONEY_TEXT_MAX]);

#endif
