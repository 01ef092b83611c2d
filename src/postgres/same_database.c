/*
 * same_database.c - one database under two names.
 *
 * Host names, sockets, services, poolers and addresses make two strings
 * incomparable.  So the database itself is asked: a lock with a random key,
 * taken through one connection, is seen through the other or not.
 *
 * Threads: any.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "mig/postgres.h"
#include "query.h"
#include "session.h"

/* An advisory lock on a bigint shows its halves as classid and objid, and 1 as objsubid. */
static const char look_sql[] =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks k"
    " JOIN pg_catalog.pg_database d ON d.oid = k.database"
    " WHERE d.datname = pg_catalog.current_database() AND k.locktype = 'advisory' AND k.granted"
    " AND k.classid = $1::pg_catalog.oid AND k.objid = $2::pg_catalog.oid AND k.objsubid = 1)";

mig_status
mig_postgres_same_database(const char *one, const char *other, bool *samep, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig__sessions sessions;
    mig__session  locker = {0}, looker = {0};
    mig__server   server;
    PGresult     *res = NULL;
    uint64_t      key;
    char          whole[32], high[16], low[16];
    const char   *lock_params[1] = {whole};
    const char   *look_params[2] = {high, low};

    *samep = false;
    mig__sessions_init(&sessions);
    if (getrandom(&key, sizeof key, 0) != sizeof key) {
        st = mig_raise(err, MIG_E_IO, "cannot get random bytes: %s", strerror(errno));
        goto done;
    }
    snprintf(whole, sizeof whole, "%lld", (long long)key);
    snprintf(high, sizeof high, "%u", (unsigned)(key >> 32));
    snprintf(low, sizeof low, "%u", (unsigned)(key & UINT32_MAX));

    MIG_TRY(mig__session_open(&locker, &sessions, one, &server, err));
    MIG_TRY(mig__session_open(&looker, &sessions, other, &server, err));
    MIG_TRY(mig__query_rows(&locker, "cannot take an advisory lock",
                            "SELECT pg_catalog.pg_advisory_lock($1::pg_catalog.int8)", 1,
                            lock_params, &res, err));
    PQclear(res);
    MIG_TRY(mig__query_rows(&looker, "cannot look for locks", look_sql, 2, look_params, &res, err));
    *samep = mig__query_true(res, 0, 0);
done:
    PQclear(res);
    mig__session_close(&looker);
    mig__session_close(&locker);
    mig__sessions_fini(&sessions);
    return st;
}
