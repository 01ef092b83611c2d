/*
 * calendar.h - the pieces that dates and times in text are made of.
 *
 * Readers move *pp behind what they took; when their verdict is not OK, nothing
 * is known of *pp.
 */
#ifndef WIRE_CALENDAR_H
#define WIRE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "mig/temporal.h"

typedef struct mig__date {
    int64_t  year; /* 0 is 1 BC */
    unsigned month;
    unsigned day;
} mig__date;

static inline bool
mig__is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/* Whether the text is this word, given in lower case, in any case. */
bool mig__is_word(const char *text, const char *end, const char *word);

/* Whether the calendar has it. */
bool mig__date_exists(const mig__date *date);

/* Days since 2000-01-01 of a date that exists, in a year from -8000 on. */
int64_t mig__days_from_date(const mig__date *date);

/* The inverse. */
mig__date mig__date_from_days(int64_t days);

/*
 * [+|-]YYYY[Y...]-MM-DD, seven digits of the year at most.  SYNTAX otherwise; whether the date
 * exists is not looked at, since " BC" may stand at the end of the text.
 */
mig_temporal_verdict mig__read_date(const char **pp, const char *end, mig__date *date);

/*
 * Whether " BC" stands at the end; if so, *endp moves before it.
 */
bool mig__read_era(const char *text, const char **endp);

/* Years of before Christ to the year that the date has.  The date came without the era. */
mig_temporal_verdict mig__apply_era(const char *text, mig__date *date);

/* The digits at *pp, at least one, as millionths of a second; *truncatedp is set, never cleared. */
bool mig__read_fraction(const char **pp, const char *end, int64_t *usp, bool *truncatedp);

/*
 * HH:MM[:SS[.f...]] to microseconds since midnight.  Numbers of two digits; FIELD for minutes and
 * seconds over 59, and for hours over 23 but for 24:00:00 itself.
 */
mig_temporal_verdict mig__read_time(const char **pp, const char *end, int64_t *usp,
                                    bool *truncatedp);

/* Everything from p to the end as one zone, a space before it allowed: seconds east. */
mig_temporal_verdict mig__read_zone(const char *p, const char *end, int32_t *eastp);

/* Writers return the end of what they wrote; no NUL. */
char *mig__put_digits(char *p, uint64_t value, unsigned n_digits);
char *mig__put_date(char *p, int64_t days);
/* HH:MM:SS and the fraction, with as many digits as the style says. */
char *mig__put_time(char *p, int64_t us, unsigned style);
/* .f... without zeros at its end, nothing for 0. */
char *mig__put_fraction(char *p, unsigned us);

#endif
