/*
 * pg_source.c - PostgreSQL as a source: opening, small questions, the
 * contract's table of functions.
 *
 * Nothing in the source is changed: every session begins its transactions READ
 * ONLY and has that as its default too.  All our SQL is schema-qualified, and
 * search_path is pg_catalog alone.
 *
 * Threads: as in source.h.
 */
#include "pg_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mig/postgres.h"

enum { FACT_ROLE, FACT_LARGE_OBJECTS };
static const char facts_sql[] = "SELECT current_user,"
                                " EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)";

static const char quiet_settings[] = "SET default_transaction_read_only = on;"
                                     "SET search_path = pg_catalog";

/* Rows are told by their position, so two scans must meet them in the same order: from the first
 * block on, in one process, and not through whichever index would be narrower. */
#define SCAN_SETTINGS(set)                                                                         \
    set "synchronize_seqscans = off;" set "max_parallel_workers_per_gather = 0;" set               \
        "enable_seqscan = on;" set "enable_tidscan = on;" set "enable_indexscan = off;" set        \
        "enable_indexonlyscan = off;" set "enable_bitmapscan = off"

mig_status
mig__pg_source_settings(mig__session *session, mig_error *err)
{
    static const char what[] = "cannot make the settings of a connection";
    mig_status        st = MIG_OK;

    MIG_TRY(mig__query_run(session, what, quiet_settings, err));
    MIG_TRY(mig__query_run(session, what, SCAN_SETTINGS("SET "), err));
done:
    return st;
}

/* Until the end of the transaction that is open. */
mig_status
mig__pg_source_local_settings(mig__session *session, mig_error *err)
{
    return mig__query_run(session, "cannot make the settings of a connection",
                          SCAN_SETTINGS("SET LOCAL "), err);
}

void
mig__pg_source_recall(mig__pg_source *source)
{
    mig__session *session = source->n_readers > 0 ? &source->readers[0].session : NULL;

    if (source->lender == NULL || session == NULL || session->conn == NULL)
        return;
    if (PQsetnonblocking(session->conn, 0) == 0)
        mig__session_move(&source->control, &source->sessions, session);
    else
        mig__session_close(session);
}

mig_status
mig__pg_source_ask(mig__pg_source *source, mig_error *err)
{
    mig__pg_source_recall(source);
    return mig__query_run(&source->control, "cannot read from the source",
                          source->snapshot != NULL
                              ? "SAVEPOINT db_migrate_question"
                              : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                          err);
}

void
mig__pg_source_asked(mig__pg_source *source)
{
    /* It fails where the savepoint could not be made or the connection is gone; then that was
     * told. */
    if (source->snapshot != NULL)
        PQclear(PQexec(source->control.conn, "ROLLBACK TO SAVEPOINT db_migrate_question;"
                                             "RELEASE SAVEPOINT db_migrate_question"));
    else
        mig__query_rollback(&source->control);
}

/* The table's row in `locked`, or -1. */
static int
find_locked(const mig__pg_source *source, const char *name)
{
    for (int i = 0; i < PQntuples(source->locked); i++)
        if (strcmp(PQgetvalue(source->locked, i, MIG__LOCKED_NAME), name) == 0)
            return i;
    return -1;
}

static void
hint_grant(const mig__pg_source *source, const mig_table *table, mig_error *err)
{
    mig_buf sql = MIG_BUF_INIT;

    mig__query_home(&sql, source->schemas.name, table);
    mig_buf_puts(&sql, " TO ");
    mig_buf_identifier(&sql, source->role);
    mig_error_hint(err, "GRANT SELECT ON %s", mig_buf_text(&sql));
    mig_buf_fini(&sql);
}

mig_status
mig__pg_source_may_read(const mig__pg_source *source, const mig_table *table, mig_error *err)
{
    int row;

    if (table->kind != MIG_TABLE_PLAIN && table->kind != MIG_TABLE_PARTITIONED)
        return mig_raise(
            err, MIG_E_UNSUPPORTED, "%s is no table of the source's own: %s", table->name,
            table->kind == MIG_TABLE_FOREIGN ? "it is a foreign table" : "it is a view");
    if (source->snapshot == NULL)
        return MIG_OK;
    row = find_locked(source, table->name);
    if (row >= 0 && mig__query_true(source->locked, row, MIG__LOCKED_FOREIGN))
        return mig_raise(err, MIG_E_UNSUPPORTED,
                         "a partition of the source's table %s is a foreign table: its rows are in "
                         "no snapshot",
                         table->name);
    if (row >= 0)
        return MIG_OK;
    mig_raise(err, MIG_E_RIGHTS, "the role %s may not read the source's table %s", source->role,
              table->name);
    hint_grant(source, table, err);
    return MIG_E_RIGHTS;
}

void
mig__pg_source_explain(const mig__pg_source *source, const mig_table *table, mig_status st,
                       mig_error *err)
{
    if (st == MIG_E_STOPPED)
        return;
    mig_error_context(err, "%s", table->name);
    if (st == MIG_E_RIGHTS)
        mig_error_hint(err,
                       "the role %s needs SELECT on the table and, where row security hides rows "
                       "from it, BYPASSRLS: connect as a role that sees all rows",
                       source->role);
}

static mig_status
check_encoding(const mig__pg_source *source, mig_error *err)
{
    const char *encoding = PQparameterStatus(source->control.conn, "server_encoding");

    if (encoding == NULL || strcmp(encoding, "SQL_ASCII") != 0)
        return MIG_OK;
    mig_raise(err, MIG_E_UNSUPPORTED,
              "the source database has the encoding SQL_ASCII: what its texts mean is not known");
    mig_error_hint(err, "dump it and restore it into a database with the encoding its applications "
                        "write in");
    return MIG_E_UNSUPPORTED;
}

static mig_status
learn_facts(mig__pg_source *source, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(mig__query_rows(&source->control, "cannot read the source's settings", facts_sql, 0,
                            NULL, &res, err));
    source->role = strdup(PQgetvalue(res, 0, FACT_ROLE));
    if (source->role == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold what the source says of itself");
        goto done;
    }
    if (mig__query_true(res, 0, FACT_LARGE_OBJECTS))
        mig_buf_puts(&source->warning, "the source holds large objects, which are not copied");
    MIG_TRY(mig_buf_check(&source->warning, err));
done:
    PQclear(res);
    return st;
}

static mig_status
read_catalog(mig_source *base, mig_catalog **catalogp, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = mig__pg_source_of(base);

    *catalogp = NULL;
    MIG_TRY(mig__pg_source_ask(source, err));
    MIG_TRY(
        mig__pg_catalog_read(&source->control, MIG__SIDE_SOURCE, &source->schemas, catalogp, err));
done:
    mig__pg_source_asked(source);
    return st;
}

static mig_status
count(mig_source *base, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = mig__pg_source_of(base);
    mig_buf         sql = MIG_BUF_INIT;
    PGresult       *res = NULL;

    *n_rowsp = 0;
    MIG_TRY(mig__pg_source_may_read(source, table, err));
    MIG_TRY(mig__pg_source_ask(source, err));
    mig_buf_puts(&sql, "SELECT pg_catalog.count(*) FROM ");
    mig__query_table(&sql, source->schemas.name, table);
    MIG_TRY(mig_buf_check(&sql, err));
    st = mig__query_rows(&source->control, "cannot count rows in the source", mig_buf_text(&sql), 0,
                         NULL, &res, err);
    if (st == MIG_OK)
        *n_rowsp = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
    else
        mig__pg_source_explain(source, table, st, err);
    mig__pg_source_asked(source);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* With its TOAST table and, where it is partitioned, all its partitions. */
static mig_status
size(mig_source *base, const mig_table *table, uint64_t *n_bytesp, mig_error *err)
{
    static const char sql[] = "WITH RECURSIVE tree AS ("
                              " SELECT c.oid FROM pg_catalog.pg_class c"
                              " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                              " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')"
                              " UNION SELECT i.inhrelid FROM tree"
                              " JOIN pg_catalog.pg_class c ON c.oid = tree.oid AND c.relkind = 'p'"
                              " JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid)"
                              "SELECT pg_catalog.sum(pg_catalog.pg_table_size(tree.oid)) FROM tree";
    mig_status        st = MIG_OK;
    mig__pg_source   *source = mig__pg_source_of(base);
    const char       *params[2];
    PGresult         *res = NULL;

    *n_bytesp = UINT64_MAX;
    mig__pg_source_home(source, table, params);
    MIG_TRY(mig__pg_source_ask(source, err));
    st = mig__query_rows(&source->control, "cannot ask for the size of a table", sql, 2, params,
                         &res, err);
    if (st == MIG_OK && !PQgetisnull(res, 0, 0))
        *n_bytesp = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
    mig__pg_source_asked(source);
done:
    PQclear(res);
    return st;
}

static mig_status
lookup(mig_source *base, const mig_table *table, const char *const *columns, size_t n_columns,
       mig_lookup_fn *fn, void *arg, mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__pg_source   *source = mig__pg_source_of(base);
    const mig__lookup what = {.side = MIG__SIDE_SOURCE,
                              .schema = source->schemas.name,
                              .table = table,
                              .columns = columns,
                              .n_columns = n_columns};

    MIG_TRY(mig__pg_source_ask(source, err));
    st = mig__lookup_rows(&source->control, &what, fn, arg, err);
    mig__pg_source_asked(source);
done:
    return st;
}

/* The transactions of the snapshot stand until close: they cannot see another state. */
static mig_status
unchanged(mig_source *base, mig_error *err)
{
    (void)base;
    (void)err;
    return MIG_OK;
}

/* The descriptor first: it reaches also those whose server does not answer any more. */
static void
interrupt(mig_source *base)
{
    mig__pg_source *source = mig__pg_source_of(base);
    uint64_t        one = 1;

    atomic_store_explicit(&source->stop.raised, true, memory_order_release);
    if (write(source->stop.fd, &one, sizeof one) < 0) {
        /* Only a full counter refuses, and that is readable too. */
    }
    mig__sessions_interrupt(&source->sessions);
}

static void
calm(mig_source *base)
{
    mig__pg_source *source = mig__pg_source_of(base);
    uint64_t        n;

    if (read(source->stop.fd, &n, sizeof n) < 0) {
        /* It was not raised. */
    }
    atomic_store_explicit(&source->stop.raised, false, memory_order_release);
    mig__sessions_calm(&source->sessions);
}

static void
close_source(mig_source *base)
{
    mig__pg_source *source = mig__pg_source_of(base);

    mig__pg_source_recall(source);
    if (source->lender != NULL && source->control.conn != NULL)
        mig__session_move(source->lender, source->lender_sessions, &source->control);
    for (unsigned i = 0; source->readers != NULL && i < source->n_readers; i++)
        mig__session_close(&source->readers[i].session);
    mig__session_close(&source->control);
    mig__sessions_fini(&source->sessions);
    if (source->stop.fd >= 0)
        close(source->stop.fd);
    if (source->conninfo != NULL)
        explicit_bzero(source->conninfo, strlen(source->conninfo));
    free(source->conninfo);
    mig__schemas_fini(&source->schemas);
    free(source->role);
    mig_buf_fini(&source->warning);
    mig_buf_fini(&source->objects_note);
    mig_buf_fini(&source->schemas_note);
    PQclear(source->locked);
    free(source->snapshot);
    free(source->readers);
    free(source);
}

/* The values of a column all are of its type. */
static mig_status
survey(mig_source *base, unsigned reader, struct mig_survey_table *found, mig_segment *segment,
       bool *morep, mig_error *err)
{
    (void)base;
    (void)reader;
    (void)found;
    (void)segment;
    *morep = false;
    return mig_raise(err, MIG_E_UNSUPPORTED, "the values of this source need no survey");
}

static mig_status
survey_cut(mig_source *base, unsigned reader, const mig_table *table, mig_segment *segment,
           mig_segment *upperp, bool *cutp, mig_error *err)
{
    (void)base;
    (void)reader;
    (void)table;
    (void)segment;
    (void)upperp;
    *cutp = false;
    return mig_raise(err, MIG_E_UNSUPPORTED, "the values of this source need no survey");
}

/* Rows pass through as the server sends them: their keys are not looked at. */
static bool
cursor_position(mig_cursor *cursor, int64_t *upperp)
{
    (void)cursor;
    (void)upperp;
    return false;
}

static const mig_source_ops postgres_source_ops = {
    .kind = "PostgreSQL",
    .catalog = read_catalog,
    .schema = mig__pg_schema,
    .snapshot = mig__pg_snapshot,
    .count = count,
    .size = size,
    .lookup = lookup,
    .split = mig__pg_split,
    .cursor_open = mig__pg_cursor_open,
    .cursor_fill = mig__pg_cursor_fill,
    .cursor_position = cursor_position,
    .cursor_close = mig__pg_cursor_close,
    .locate = mig__pg_locate,
    .survey = survey,
    .survey_cut = survey_cut,
    .orphans = mig__pg_orphans,
    .check = mig__pg_check_source,
    .unchanged = unchanged,
    .interrupt = interrupt,
    .calm = calm,
    .close = close_source,
};

mig_status
mig__pg_source_new(mig__pg_source **sourcep, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = calloc(1, sizeof *source);

    *sourcep = NULL;
    if (source == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the source");
    source->base.ops = &postgres_source_ops;
    mig__sessions_init(&source->sessions);
    atomic_init(&source->stop.raised, false);
    source->stop.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (source->stop.fd < 0) {
        st = mig_raise(err, MIG_E_IO, "cannot make an event descriptor: %s", strerror(errno));
        goto done;
    }
    *sourcep = source;
    source = NULL;
done:
    if (source != NULL)
        close_source(&source->base);
    return st;
}

mig_status
mig_postgres_source_open(const char *conninfo, const mig_patterns *asked, mig_source **sourcep,
                         mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = NULL;

    *sourcep = NULL;
    MIG_TRY(mig__pg_source_new(&source, err));
    source->conninfo = strdup(conninfo);
    if (source->conninfo == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the source");
        goto done;
    }
    MIG_TRY(mig__session_open(&source->control, &source->sessions, conninfo, &source->server, err));
    MIG_TRY(check_encoding(source, err));
    MIG_TRY(mig__source_schemas(&source->control, asked, &source->schemas, err));
    MIG_TRY(learn_facts(source, err));
    MIG_TRY(mig__beside_rows(&source->control, &source->schemas, &source->objects_note,
                             &source->schemas_note, err));
    source->tid_ranges = PQserverVersion(source->control.conn) >= MIG__TID_RANGE_SCAN_SINCE;
    MIG_TRY(mig__query_run(&source->control, "cannot make the settings of a connection",
                           quiet_settings, err));
    *sourcep = &source->base;
    source = NULL;
done:
    if (source != NULL)
        close_source(&source->base);
    return st;
}

const char *
mig_postgres_source_schemas(const mig_source *base)
{
    const mig__pg_source *source = (const mig__pg_source *)base;

    return source->schemas.several ? source->schemas.name : NULL;
}

const char *
mig_postgres_source_warning(const mig_source *base)
{
    const mig__pg_source *source = (const mig__pg_source *)base;

    return source->warning.len > 0 ? mig_buf_text(&source->warning) : NULL;
}

const char *
mig_postgres_source_note(const mig_source *base, mig_postgres_beside what)
{
    const mig__pg_source *source = (const mig__pg_source *)base;

    const mig_buf *note =
        what == MIG_POSTGRES_BESIDE_OBJECTS ? &source->objects_note : &source->schemas_note;

    return note->len > 0 ? mig_buf_text(note) : NULL;
}
