/*
 * snapshot.c - several connections on one state of a database in use.
 *
 * SQLite has no call (not in distributions' builds) by which one connection
 * joins the snapshot of another.  So every connection begins by itself, and a
 * probe tells whether a commit fell in between: outside of any transaction it
 * reads PRAGMA data_version, which changes when another connection has
 * committed, before the first begins and after the last has begun.  Equal
 * means that nothing was committed in between and all see one state.  Changed
 * means: roll back and try again.
 *
 * BEGIN alone takes no snapshot, the first read does; so each reads
 * sqlite_schema.  Other tries come after growing pauses, so that a burst of
 * commits is outlasted.
 *
 * A single reader must not fail for want of a quiet moment: if even two
 * connections do not get onto one state, it reads through the connection for
 * questions, which is on one state by itself and has a mutex for that purpose.
 *
 * Threads: the one that owns the source.
 */
#include <stdlib.h>
#include <time.h>

#include "sqlite_source.h"

#define MAX_TRIES 10
/* Before the second try; twice as long before each further one: 0.5 s in all. */
#define FIRST_PAUSE_NS INT64_C(1000000)

static mig_status
begin(sqlite3 *db, int64_t *schema_versionp, mig_error *err)
{
    mig_status st = MIG_OK;
    int64_t    n_objects;

    MIG_TRY(mig__sqlite_run(db, "BEGIN", err));
    MIG_TRY(mig__sqlite_number(db, "SELECT count(*) FROM sqlite_schema", "the database", &n_objects,
                               err));
    MIG_TRY(mig__sqlite_number(db, "PRAGMA schema_version", "the database", schema_versionp, err));
done:
    return st;
}

static void
roll_back(sqlite3 *db)
{
    /* Also when the begin failed halfway, or SQLite ended the transaction itself. */
    if (db != NULL && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

static void
roll_back_all(mig__sqlite_source *source, unsigned n_readers)
{
    roll_back(source->questions);
    for (unsigned i = 0; i < n_readers; i++)
        roll_back(source->readers[i]);
}

/* Begins everywhere; *samep tells whether all are on one state. */
static mig_status
try_once(mig__sqlite_source *source, sqlite3 *probe, unsigned n_readers, bool *samep,
         mig_error *err)
{
    static const char data_version[] = "PRAGMA data_version";
    mig_status        st = MIG_OK;
    int64_t           before, after, expected;

    MIG_TRY(mig__sqlite_number(probe, data_version, "the database", &before, err));
    MIG_TRY(begin(source->questions, &expected, err));
    *samep = true;
    for (unsigned i = 0; i < n_readers; i++) {
        int64_t schema_version;

        MIG_TRY(begin(source->readers[i], &schema_version, err));
        *samep = *samep && schema_version == expected;
    }
    MIG_TRY(mig__sqlite_number(probe, data_version, "the database", &after, err));
    *samep = *samep && before == after;
    if (*samep && source->has_schema_version && expected != source->schema_version) {
        st =
            mig_raise(err, MIG_E_CHANGED, "the tables of %s were changed since they were looked at",
                      source->location.path);
        mig_error_hint(err, "let the application finish starting, then run this again");
    }
done:
    if (st != MIG_OK || !*samep)
        roll_back_all(source, n_readers);
    return st;
}

static void
pause_before(unsigned try)
{
    int64_t         ns = FIRST_PAUSE_NS << (try - 1);
    struct timespec pause = {ns / 1000000000, (long)(ns % 1000000000)};

    nanosleep(&pause, NULL);
}

static mig_status
begin_alone(mig__sqlite_source *source, mig_error *err)
{
    mig_status st = MIG_OK;
    int64_t    schema_version;

    MIG_TRY(begin(source->questions, &schema_version, err));
    if (source->has_schema_version && schema_version != source->schema_version) {
        st =
            mig_raise(err, MIG_E_CHANGED, "the tables of %s were changed since they were looked at",
                      source->location.path);
        goto done;
    }
    source->shared = true;
done:
    if (st != MIG_OK)
        roll_back(source->questions);
    return st;
}

static mig_status
take(mig__sqlite_source *source, sqlite3 *probe, unsigned n_readers, mig_error *err)
{
    for (unsigned try = 0; try < MAX_TRIES; try++) {
        mig_status st;
        bool       same = false;

        if (try > 0)
            pause_before(try);
        st = try_once(source, probe, n_readers, &same, err);
        if (st != MIG_OK || same)
            return st;
    }
    if (n_readers == 1)
        return begin_alone(source, err);
    mig_raise(err, MIG_E_DATABASE,
              "cannot get %u readers onto one state of %s: the application commits all the time",
              n_readers, source->location.path);
    mig_error_hint(err, "use --readers 1, or stop the application");
    return MIG_E_DATABASE;
}

static mig_status
open_readers(mig__sqlite_source *source, unsigned n_readers, mig_error *err)
{
    source->readers = calloc(n_readers, sizeof *source->readers);
    if (source->readers == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate %u readers", n_readers);
    for (unsigned i = 0; i < n_readers; i++) {
        mig_status st = mig__sqlite_connect(&source->location, false, &source->readers[i], err);

        if (st != MIG_OK)
            return st;
        /* From now on an interrupt breaks into it. */
        atomic_store_explicit(&source->n_readers, i + 1, memory_order_release);
    }
    return MIG_OK;
}

mig_status
mig__sqlite_snapshot(mig_source *base, unsigned n_readers, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    sqlite3            *probe = NULL;

    if (source->readers != NULL || n_readers == 0) {
        st = mig_raise(err, MIG_E_INTERNAL, "a snapshot is taken once, for one reader or more");
        goto done;
    }
    MIG_TRY(open_readers(source, n_readers, err));
    MIG_TRY(mig__sqlite_connect(&source->location, false, &probe, err));
    MIG_TRY(take(source, probe, n_readers, err));
    source->in_snapshot = true;
    if (source->location.access == MIG__ACCESS_IMMUTABLE)
        /* Nothing is locked: the mark of the first look stays, and is held against the file. */
        MIG_TRY(mig__location_unchanged(&source->location, err));
    else
        MIG_TRY(mig__location_mark(&source->location, err));
    MIG_TRY(mig__sqlite_check(source, source->questions, err));
done:
    mig__sqlite_disconnect(probe);
    return st;
}
