/*
 * zone.h - a time zone: what its clocks show, to UTC and back.
 *
 * A zone is UTC, a fixed distance from it, or a name of the tz database
 * (Europe/Berlin).  The database is libc's; all changes of the clocks are read
 * from it when the zone is opened, so that asking is pure and fast.
 *
 * Threads: mig_zone_open() uses the environment's TZ and libc's idea of local
 * time for a moment, and puts them back: call it while there is one thread.
 * The zone never changes afterwards; any thread may ask it.
 */
#ifndef MIG_ZONE_H
#define MIG_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "mig/error.h"

typedef struct mig_zone mig_zone;

/*
 * UTC or Z in any case; +HH, +HHMM, +HH:MM (or -) below 16 hours, east of Greenwich positive; or
 * a name as the tz database spells it.  E_USAGE for anything else, with what is wrong.  Free with
 * mig_zone_free.
 */
MIG_CHECKED mig_status mig_zone_open(const char *name, mig_zone **zonep, mig_error *err);

/* NULL is allowed. */
void mig_zone_free(mig_zone *zone);

/* Whether its clocks never change; their distance then, in seconds east of Greenwich. */
bool mig_zone_is_fixed(const mig_zone *zone, int32_t *eastp);

typedef enum mig_zone_verdict {
    MIG_ZONE_ONCE,  /* one moment */
    MIG_ZONE_TWICE, /* clocks went back and showed it twice: the earlier moment */
    MIG_ZONE_NEVER, /* clocks went forward past it: no moment */
} mig_zone_verdict;

/*
 * What the clocks show to UTC, both in microseconds since 2000-01-01 00:00:00; the result may lie
 * up to 16 hours outside of what the type holds.  *utc_usp is left alone for NEVER.  Years behind
 * the database's last entry follow its rule for all years to come.
 */
mig_zone_verdict mig_zone_to_utc(const mig_zone *zone, int64_t local_us, int64_t *utc_usp);

/* The distance of the clocks at a moment, in seconds east of Greenwich. */
int32_t mig_zone_east(const mig_zone *zone, int64_t utc_us);

#endif
