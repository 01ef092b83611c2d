/*
 * timeofday.c - what a clock shows, without a day: time and timetz.
 */
#include <string.h>

#include "calendar.h"

/* PostgreSQL keeps zones of less than sixteen hours. */
#define ZONE_END (16 * 3600)

bool
mig_time_has_day(const char *text, size_t len)
{
    static const char day[] = "2000-01-01";

    return len >= MIG_TIME_DAY_LEN && memcmp(text, day, sizeof day - 1) == 0 &&
           (text[MIG_TIME_DAY_LEN - 1] == ' ' || text[MIG_TIME_DAY_LEN - 1] == 'T');
}

mig_temporal_verdict
mig_timeofday_parse(const char *text, size_t len, int64_t *usp, bool *truncatedp)
{
    const char          *p = text, *end = text + len;
    bool                 truncated = false;
    int64_t              us;
    int32_t              east;
    mig_temporal_verdict verdict = mig__read_time(&p, end, &us, &truncated);

    if (verdict == MIG_TEMPORAL_SYNTAX)
        return verdict;
    if (p < end)
        return mig__read_zone(p, end, &east) == MIG_TEMPORAL_SYNTAX ? MIG_TEMPORAL_SYNTAX
                                                                    : MIG_TEMPORAL_ZONE;
    if (verdict == MIG_TEMPORAL_OK) {
        *usp = us;
        *truncatedp = truncated;
    }
    return verdict;
}

size_t
mig_timeofday_format(int64_t us, unsigned style, char out[MIG_TIMEOFDAY_MAX])
{
    char *p;

    if (us < 0 || us > MIG_US_PER_DAY)
        return 0;
    p = mig__put_time(out, us, style);
    *p = '\0';
    return (size_t)(p - out);
}

mig_temporal_verdict
mig_timetz_parse(const char *text, size_t len, const mig_zone *fallback, mig_timetz *time,
                 bool *truncatedp)
{
    const char          *p = text, *end = text + len;
    bool                 truncated = false;
    int64_t              us;
    int32_t              east;
    mig_temporal_verdict of_zone, verdict = mig__read_time(&p, end, &us, &truncated);

    if (verdict == MIG_TEMPORAL_SYNTAX)
        return verdict;
    if (p < end)
        of_zone = mig__read_zone(p, end, &east);
    else
        of_zone = fallback != NULL && mig_zone_is_fixed(fallback, &east) ? MIG_TEMPORAL_OK
                                                                         : MIG_TEMPORAL_NO_ZONE;
    if (of_zone != MIG_TEMPORAL_OK || verdict != MIG_TEMPORAL_OK)
        return of_zone != MIG_TEMPORAL_OK ? of_zone : verdict;
    *time = (mig_timetz){.us = us, .west = -east};
    *truncatedp = truncated;
    return MIG_TEMPORAL_OK;
}

size_t
mig_timetz_format(const mig_timetz *time, unsigned style, char out[MIG_TIMETZ_MAX])
{
    unsigned second = (unsigned)(time->west < 0 ? -(int64_t)time->west : time->west);
    char    *p;

    if (time->us < 0 || time->us > MIG_US_PER_DAY || second >= ZONE_END)
        return 0;
    p = mig__put_time(out, time->us, style);
    *p++ = time->west > 0 ? '-' : '+';
    p = mig__put_digits(p, second / 3600, 2);
    if (second % 3600 != 0) {
        *p++ = ':';
        p = mig__put_digits(p, second / 60 % 60, 2);
    }
    if (second % 60 != 0) {
        *p++ = ':';
        p = mig__put_digits(p, second % 60, 2);
    }
    *p = '\0';
    return (size_t)(p - out);
}
