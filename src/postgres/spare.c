/*
 * spare.c - connections that the server, the role and the database still let us have.
 *
 * The server goes on counting a connection for a moment after we have closed it.
 * So who is about to open several, where there are few, waits until they are
 * there.
 *
 * Source: PostgreSQL manual, "Connection Settings", and CREATE ROLE and CREATE
 * DATABASE, CONNECTION LIMIT (which a superuser's connections do not heed).
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <time.h>

#include "mig/clock.h"
#include "pg_sink.h"

/* With that many left at the start, nobody waits. */
#define MANY 32

#define PATIENCE (5 * UINT64_C(1000000000))
#define PAUSE_NS 10000000

/* "reserved_connections" came with version 16. */
static const char spare_sql[] =
    "SELECT LEAST(64,"
    "  pg_catalog.current_setting('max_connections')::pg_catalog.int4"
    "  - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4"
    "  - COALESCE(pg_catalog.current_setting('reserved_connections', true),"
    "     '0')::pg_catalog.int4"
    "  - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a"
    "     WHERE a.datid IS NOT NULL),"
    "  CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper THEN r.rolconnlimit"
    "   - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a"
    "      WHERE a.usename = current_user) END,"
    "  CASE WHEN d.datconnlimit >= 0 AND NOT r.rolsuper THEN d.datconnlimit"
    "   - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a"
    "      WHERE a.datid = d.oid) END)"
    " FROM pg_catalog.pg_database d"
    " LEFT JOIN pg_catalog.pg_roles r ON r.rolname = current_user"
    " WHERE d.datname = pg_catalog.current_database()";

mig_status
mig__spare_count(mig__pg_sink *sink, unsigned *n_sparep, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;
    long       n_spare;

    *n_sparep = 0;
    MIG_TRY(mig__query_rows(&sink->control, "cannot ask for the target's connections", spare_sql, 0,
                            NULL, &res, err));
    n_spare = strtol(PQgetvalue(res, 0, 0), NULL, 10);
    *n_sparep = n_spare > 0 ? (unsigned)n_spare : 0;
done:
    PQclear(res);
    return st;
}

mig_status
mig__spare_wait(mig__pg_sink *sink, unsigned n, mig_error *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    uint64_t              deadline = mig_clock_now() + PATIENCE;
    mig_status            st = MIG_OK;

    for (unsigned n_spare = 0; sink->n_spare < MANY;) {
        MIG_TRY(mig__spare_count(sink, &n_spare, err));
        if (n_spare >= n || mig_clock_now() > deadline)
            break; /* opening them will tell what is wrong */
        nanosleep(&pause, NULL);
    }
done:
    return st;
}

mig_status
mig__spare_check(mig__pg_sink *sink, unsigned n, mig_error *err)
{
    if (sink->n_spare >= n)
        return MIG_OK;
    mig_raise(err, MIG_E_REFUSED, "the target has too few connections left: %u, and %u %s needed",
              sink->n_spare, n, n == 1 ? "is" : "are");
    mig_error_detail(
        err,
        "what bounds them: max_connections of the server, CONNECTION LIMIT of the role "
        "%s and of the database %s",
        sink->role, sink->database);
    mig_error_hint(err, n > 1 ? "--verify counts needs one less"
                              : "close what is connected to the target, or raise the limit");
    return MIG_E_REFUSED;
}
