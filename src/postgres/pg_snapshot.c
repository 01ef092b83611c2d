/*
 * pg_snapshot.c - one state of the source for all connections.
 *
 * A snapshot keeps old rows, but not against a TRUNCATE or a rewriting ALTER
 * that commits after it was taken: those leave an empty or a different table.
 * So the tables are locked first (ACCESS SHARE: it stops no one who reads or
 * writes rows), and the snapshot is taken after the locks are held: LOCK TABLE
 * takes none itself.  The list of tables was made before the locks, so it is
 * made again in the snapshot; if it is another one, all of it is done again.
 *
 * Tables that the role may not read are not locked, and reading them is
 * refused (mig__pg_source_may_read).
 *
 * Threads: the source's; join also by a reader, for its own connection.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_source.h"

/* Someone who changes the schema that often is not done yet. */
#define MAX_TRIES 10

static const char tables_sql[] =
    "SELECT c.oid, " MIG__CALLED ", c.relkind, EXISTS ("
    "  WITH RECURSIVE tree AS ("
    "   SELECT i.inhrelid FROM pg_catalog.pg_inherits i"
    "    WHERE c.relkind = 'p' AND i.inhparent = c.oid"
    "   UNION SELECT i.inhrelid FROM tree"
    "    JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.inhrelid)"
    "  SELECT FROM tree JOIN pg_catalog.pg_class f ON f.oid = tree.inhrelid"
    "   WHERE f.relkind = 'f'), n.nspname, c.relname"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE " MIG__IN_SCHEMAS " AND c.relkind IN ('r', 'p')%s"
    " AND pg_catalog.has_table_privilege(c.oid, 'SELECT') ORDER BY c.oid";

mig_status
mig__pg_list_tables(mig__pg_source *source, PGresult **resp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    const char *params[2] = {mig_buf_text(&source->schemas.array),
                             mig__schemas_several(&source->schemas)};
    int         version = PQserverVersion(source->control.conn);

    *resp = NULL;
    mig_buf_printf(&sql, tables_sql, version >= 100000 ? " AND NOT c.relispartition" : "");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&source->control, "cannot read the source's catalog",
                            mig_buf_text(&sql), 2, params, resp, err));
done:
    mig_buf_fini(&sql);
    return st;
}

static bool
same_tables(const PGresult *a, const PGresult *b)
{
    if (PQntuples(a) != PQntuples(b))
        return false;
    for (int i = 0; i < PQntuples(a); i++)
        for (int column = 0; column < PQnfields(a); column++)
            if (strcmp(PQgetvalue(a, i, column), PQgetvalue(b, i, column)) != 0)
                return false;
    return true;
}

/* A partitioned table's lock takes its partitions with it. */
static mig_status
lock_tables(mig__pg_source *source, const PGresult *tables, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    if (PQntuples(tables) == 0)
        goto done;
    for (int i = 0; i < PQntuples(tables); i++) {
        mig_buf_puts(&sql, i == 0 ? "LOCK TABLE " : ", ");
        if (PQgetvalue(tables, i, MIG__LOCKED_KIND)[0] == 'r')
            mig_buf_puts(&sql, "ONLY ");
        mig__query_name(&sql, PQgetvalue(tables, i, MIG__LOCKED_HOME_SCHEMA),
                        PQgetvalue(tables, i, MIG__LOCKED_HOME_NAME));
    }
    mig_buf_puts(&sql, " IN ACCESS SHARE MODE");
    MIG_TRY(mig__query_run_buf(&source->control, "cannot lock the source's tables for reading",
                               &sql, err));
done:
    mig_buf_fini(&sql);
    return st;
}

/*
 * One try; *lockedp stays NULL if the tables were not what they had been.  A lock that fails has
 * the same reason where a table was dropped in between.
 */
static mig_status
try_locked(mig__pg_source *source, PGresult **lockedp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_status locked;
    mig_error  lock_err = MIG_ERROR_INIT;
    PGresult  *before = NULL, *after = NULL;

    MIG_TRY(mig__pg_list_tables(source, &before, err));
    MIG_TRY(mig__query_run(&source->control, "cannot begin to read the source",
                           "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err));
    locked = lock_tables(source, before, &lock_err);
    if (locked != MIG_OK)
        mig__query_rollback(&source->control);
    if (locked == MIG_OK || locked == MIG_E_DATABASE || locked == MIG_E_RIGHTS)
        MIG_TRY(mig__pg_list_tables(source, &after, err));
    if (after != NULL && !same_tables(before, after)) {
        mig__query_rollback(&source->control);
        goto done;
    }
    if (locked != MIG_OK) {
        st = locked;
        mig_error_move(err, &lock_err);
        goto done;
    }
    *lockedp = after;
    after = NULL;
done:
    PQclear(before);
    PQclear(after);
    mig_error_fini(&lock_err);
    return st;
}

static mig_status
export_snapshot(mig__pg_source *source, char **snapshotp, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(mig__query_rows(&source->control,
                            "the source's server does not let several connections share a snapshot",
                            "SELECT pg_catalog.pg_export_snapshot()", 0, NULL, &res, err));
    *snapshotp = strdup(PQgetvalue(res, 0, 0));
    if (*snapshotp == NULL)
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the name of the snapshot");
done:
    PQclear(res);
    return st;
}

mig_status
mig__pg_snapshot_join(mig__pg_source *source, mig__pg_reader *reader, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    mig__server server;

    if (reader->session.conn != NULL)
        return MIG_OK;
    if (source->lender != NULL) {
        if (source->control.conn == NULL)
            return mig_raise(err, MIG_E_CONNECT, "the connection to the target was lost");
        mig__session_move(&reader->session, &source->sessions, &source->control);
        if (PQsetnonblocking(reader->session.conn, 1) != 0)
            st = mig_raise(err, MIG_E_CONNECT, "cannot make a connection non-blocking");
        return st;
    }
    mig_buf_puts(&sql,
                 "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ");
    mig_buf_literal(&sql, source->snapshot);
    MIG_TRY(mig__session_open(&reader->session, &source->sessions, source->conninfo, &server, err));
    if (strcmp(server.identity, source->server.identity) != 0) {
        st = mig_raise(err, MIG_E_CONNECT, "the source is another server than it was at the start");
        mig_error_detail(err, "its connection string may name several hosts, or the server was "
                              "started again");
        goto done;
    }
    MIG_TRY(mig__pg_source_settings(&reader->session, err));
    reader->scan = MIG__SCAN_BLOCKS;
    MIG_TRY(
        mig__query_run_buf(&reader->session, "cannot join the snapshot of the source", &sql, err));
    if (PQsetnonblocking(reader->session.conn, 1) != 0)
        st = mig_raise(err, MIG_E_CONNECT, "cannot make a connection non-blocking");
done:
    if (st != MIG_OK)
        mig__session_close(&reader->session);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__pg_snapshot(mig_source *base, unsigned n_readers, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = mig__pg_source_of(base);

    if (source->snapshot != NULL)
        return mig_raise(err, MIG_E_INTERNAL, "the source has a snapshot already");
    for (int tries = 0; source->locked == NULL && tries < MAX_TRIES; tries++)
        MIG_TRY(try_locked(source, &source->locked, err));
    if (source->locked == NULL) {
        st = mig_raise(err, MIG_E_CHANGED,
                       "the source's tables are being created and dropped "
                       "faster than they can be locked");
        goto done;
    }
    MIG_TRY(export_snapshot(source, &source->snapshot, err));
    source->readers = calloc(n_readers, sizeof *source->readers);
    if (source->readers == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the readers' connections");
        goto done;
    }
    source->n_readers = n_readers;
    for (unsigned i = 0; i < n_readers; i++)
        MIG_TRY(mig__pg_snapshot_join(source, &source->readers[i], err));
done:
    return st;
}
