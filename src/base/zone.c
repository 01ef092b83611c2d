/*
 * zone.c - time zones, from libc's tz database to a table of one's own.
 *
 * libc knows the local time of one zone per process, behind a lock, and only
 * from a moment to its local time.  So it is asked once, for every day of some
 * centuries, and the changes in between are found by bisection.  Behind the
 * database's last entry, which is in this century, a rule such as "the last
 * Sunday of March" holds for ever.  The calendar repeats itself after 400
 * years, weekdays included, so the table ends 400 years behind the last entry
 * and later moments are looked up whole cycles before.
 */
#include "mig/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DAY   INT64_C(86400)
#define CYCLE (146097 * DAY) /* 400 years */

#define US_PER_SECOND INT64_C(1000000)

/* From 1970-01-01 to 2000-01-01, in seconds. */
#define EPOCH_2000 INT64_C(946684800)

/* What libc is asked for, in seconds since 1970: no zone is older than 1840, the database's
 * entries end before 2100.  From there on one cycle, and a year that nothing is looked up in. */
#define TABLE_START INT64_C(-5364662400) /* 1800-01-01 */
#define RULE_START  INT64_C(4102444800)  /* 2100-01-01 */
#define TABLE_END   (RULE_START + CYCLE + 366 * DAY)

/* Clocks stand less than this beside UTC. */
#define EAST_MAX (16 * 3600)

/* From `start` on, until the next change, clocks stand `east` seconds before UTC. */
typedef struct change {
    int64_t start; /* seconds since 1970; the first: INT64_MIN */
    int32_t east;
} change;

struct mig_zone {
    change *changes; /* ascending, one at least */
    size_t  n_changes;
    size_t  cap;
};

static mig_status
add_change(mig_zone *zone, int64_t start, int32_t east, mig_error *err)
{
    if (zone->n_changes == zone->cap) {
        size_t  cap = zone->cap == 0 ? 1 : zone->cap * 2;
        change *grown = realloc(zone->changes, cap * sizeof *grown);

        if (grown == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate the time zone");
        zone->changes = grown;
        zone->cap = cap;
    }
    zone->changes[zone->n_changes++] = (change){start, east};
    return MIG_OK;
}

/* ---- opening ---- */

/* The two digits at p, or -1. */
static int
two_digits(const char *p)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return -1;
    return (p[0] - '0') * 10 + p[1] - '0';
}

/* +HH, +HHMM, +HH:MM */
static bool
read_fixed(const char *name, int32_t *eastp)
{
    size_t len = strlen(name);
    int    hour, minute = 0;

    if ((*name != '+' && *name != '-') || (len != 3 && len != 5 && len != 6) ||
        (len == 6 && name[3] != ':'))
        return false;
    hour = two_digits(name + 1);
    if (len > 3)
        minute = two_digits(name + len - 2);
    if (hour < 0 || hour > 15 || minute < 0 || minute > 59)
        return false;
    *eastp = (hour * 3600 + minute * 60) * (*name == '-' ? -1 : 1);
    return true;
}

/* Whether the database has a file of this name.  libc takes UTC, silently, for a name it lacks. */
static bool
database_has(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_+-/";
    const char       *folder = getenv("TZDIR");
    char              path[4096], magic[4];
    FILE             *file;
    bool              there;

    if (*name == '\0' || *name == '/' || name[strspn(name, allowed)] != '\0')
        return false;
    if (folder == NULL || *folder == '\0')
        folder = "/usr/share/zoneinfo";
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return false;
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    there = fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
    fclose(file);
    return there;
}

/* What libc's clocks show; false where they count leap seconds ("right/Europe/Berlin"). */
static bool
libc_east(int64_t at, int32_t *eastp)
{
    time_t    seconds = (time_t)at;
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL)
        return false;
    *eastp = (int32_t)tm.tm_gmtoff;
    return timegm(&tm) - *eastp == at;
}

/* The first second in (before, after] with another distance than at `before`. */
static int64_t
find_change(int64_t before, int64_t after, int32_t east_before)
{
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        int32_t east = 0;

        libc_east(middle, &east);
        if (east == east_before)
            before = middle;
        else
            after = middle;
    }
    return after;
}

/* libc's local time is the zone's. */
static mig_status
read_changes(mig_zone *zone, const char *name, mig_error *err)
{
    mig_status st = MIG_OK;
    int32_t    last = 0, east;

    for (int64_t at = TABLE_START; at < TABLE_END; at += DAY) {
        if (!libc_east(at, &east)) {
            st = mig_raise(err, MIG_E_USAGE, "the time zone \"%s\" counts leap seconds", name);
            goto done;
        }
        if (at == TABLE_START)
            MIG_TRY(add_change(zone, INT64_MIN, east, err));
        else if (east != last)
            MIG_TRY(add_change(zone, find_change(at - DAY, at, last), east, err));
        last = east;
    }
done:
    return st;
}

static mig_status
read_database(mig_zone *zone, const char *name, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *old = getenv("TZ");
    char       *saved = old != NULL ? strdup(old) : NULL;

    if ((old != NULL && saved == NULL) || setenv("TZ", name, 1) != 0) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the time zone");
        goto done;
    }
    tzset();
    st = read_changes(zone, name, err);
    if (saved != NULL)
        setenv("TZ", saved, 1);
    else
        unsetenv("TZ");
    tzset();
done:
    free(saved);
    return st;
}

mig_status
mig_zone_open(const char *name, mig_zone **zonep, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_zone  *zone;
    int32_t    east = 0;

    *zonep = NULL;
    if ((zone = calloc(1, sizeof *zone)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the time zone");
        goto done;
    }
    if (strcasecmp(name, "utc") == 0 || strcasecmp(name, "z") == 0 || read_fixed(name, &east)) {
        MIG_TRY(add_change(zone, INT64_MIN, east, err));
    } else if (database_has(name)) {
        MIG_TRY(read_database(zone, name, err));
    } else {
        st = mig_raise(err, MIG_E_USAGE, "unknown time zone \"%s\"", name);
        mig_error_hint(err,
                       "use UTC, a distance such as +02:00, or a name of the tz database, spelled "
                       "as there: Europe/Berlin");
        goto done;
    }
    *zonep = zone;
    zone = NULL;
done:
    mig_zone_free(zone);
    return st;
}

void
mig_zone_free(mig_zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->changes);
    free(zone);
}

/* ---- asking ---- */

bool
mig_zone_is_fixed(const mig_zone *zone, int32_t *eastp)
{
    if (zone->n_changes > 1)
        return false;
    *eastp = zone->changes[0].east;
    return true;
}

/* Whole cycles back, if any, to a time of which the table knows the year around it. */
static inline int64_t
into_table(int64_t seconds)
{
    if (seconds < RULE_START + CYCLE)
        return seconds;
    return RULE_START + (seconds - RULE_START) % CYCLE;
}

/* The last change at or before a moment. */
static size_t
change_at(const mig_zone *zone, int64_t seconds)
{
    size_t low = 0, high = zone->n_changes;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (zone->changes[middle].start <= seconds)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static inline int64_t
floor_seconds(int64_t us)
{
    return us / US_PER_SECOND - (us % US_PER_SECOND < 0);
}

mig_zone_verdict
mig_zone_to_utc(const mig_zone *zone, int64_t local_us, int64_t *utc_usp)
{
    int64_t  local = into_table(floor_seconds(local_us) + EPOCH_2000);
    unsigned n_found = 0;

    /* Ascending, so that the first that is found is the earliest. */
    for (size_t i = change_at(zone, local - EAST_MAX); i < zone->n_changes && n_found < 2; i++) {
        const change *c = &zone->changes[i];
        int64_t       utc = local - c->east;

        if (c->start > local + EAST_MAX)
            break;
        if (utc < c->start || (i + 1 < zone->n_changes && utc >= zone->changes[i + 1].start))
            continue;
        if (n_found++ == 0)
            *utc_usp = local_us - c->east * US_PER_SECOND;
    }
    return n_found == 0 ? MIG_ZONE_NEVER : n_found == 1 ? MIG_ZONE_ONCE : MIG_ZONE_TWICE;
}

int32_t
mig_zone_east(const mig_zone *zone, int64_t utc_us)
{
    int64_t seconds = into_table(floor_seconds(utc_us) + EPOCH_2000);

    return zone->changes[change_at(zone, seconds)].east;
}
