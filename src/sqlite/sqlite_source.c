/*
 * sqlite_source.c - opening and closing a SQLite source, and the small slots.
 *
 * Order matters at both ends: the file is looked at before the first
 * connection exists (location.h), and nothing is opened once one does.
 *
 * An interrupt holds until calm.  sqlite3_interrupt breaks into the statements
 * that run; the flag stops what is about to begin; and the handler that SQLite
 * calls every few thousand instructions of a long question looks at the flag,
 * for an interrupt that falls between the two.
 *
 * Threads: as source.h tells.
 */
#include "sqlite_source.h"

#include <stdlib.h>
#include <string.h>

#include "mig/sqlite.h"

/* Virtual-machine instructions between two looks at the flag: well below a millisecond. */
#define WATCH_EVERY 10000

static int
should_stop(void *arg)
{
    const mig__sqlite_source *source = arg;

    return atomic_load_explicit(&source->stopped, memory_order_relaxed);
}

void
mig__sqlite_watch(mig__sqlite_source *source, bool on)
{
    sqlite3_progress_handler(source->questions, on ? WATCH_EVERY : 0, on ? should_stop : NULL,
                             source);
}

mig_status
mig__sqlite_check(const mig__sqlite_source *source, sqlite3 *db, mig_error *err)
{
    if (atomic_load_explicit(&source->stopped, memory_order_acquire))
        return mig_raise(err, MIG_E_STOPPED, "reading the source was interrupted");
    /* SQLite ends a transaction by itself after some errors; the next read would see another
     * state. */
    if (source->in_snapshot && sqlite3_get_autocommit(db))
        return mig_raise(err, MIG_E_CHANGED, "the snapshot of %s was lost", source->location.path);
    return MIG_OK;
}

mig_status
mig__sqlite_reader(mig__sqlite_source *source, unsigned reader, sqlite3 **dbp, mig_error *err)
{
    *dbp = NULL;
    if (!source->in_snapshot || reader >= atomic_load(&source->n_readers))
        return mig_raise(err, MIG_E_INTERNAL, "reader %u is not part of a snapshot", reader);
    *dbp = source->shared ? source->questions : source->readers[reader];
    return MIG_OK;
}

static mig_status
count(mig_source *base, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    mig_buf             sql = MIG_BUF_INIT;
    int64_t             n_rows;

    *n_rowsp = 0;
    MIG_TRY(mig__sqlite_check(source, source->questions, err));
    mig_buf_puts(&sql, "SELECT count(*) FROM main.");
    mig_buf_identifier(&sql, table->name);
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__sqlite_number(source->questions, mig_buf_text(&sql), table->name, &n_rows, err));
    *n_rowsp = (uint64_t)n_rows;
done:
    mig_buf_fini(&sql);
    return st;
}

/* The pages of the table's tree.  A library built without dbstat cannot tell. */
static mig_status
size(mig_source *base, const mig_table *table, uint64_t *n_bytesp, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    mig_buf             sql = MIG_BUF_INIT;
    int64_t             n_bytes;

    *n_bytesp = UINT64_MAX;
    MIG_TRY(mig__sqlite_check(source, source->questions, err));
    if (!sqlite3_compileoption_used("ENABLE_DBSTAT_VTAB"))
        goto done;
    mig_buf_puts(&sql, "SELECT sum(pgsize) FROM dbstat WHERE schema = 'main' AND name = ");
    mig_buf_literal(&sql, table->name);
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__sqlite_number(source->questions, mig_buf_text(&sql), table->name, &n_bytes, err));
    *n_bytesp = (uint64_t)n_bytes;
done:
    mig_buf_fini(&sql);
    return st;
}

/* One row's values while fn looks at them. */
typedef struct lookup_row {
    const char **texts;
    size_t      *lens;
    mig_buf     *blobs; /* a blob has no terminator of its own */
} lookup_row;

static mig_status
fetch(sqlite3_stmt *stmt, int i, lookup_row *row, mig_error *err)
{
    int class = sqlite3_column_type(stmt, i);

    row->texts[i] = NULL;
    row->lens[i] = 0;
    if (class == SQLITE_NULL)
        return MIG_OK;
    if (class == SQLITE_BLOB) {
        const char *blob = sqlite3_column_blob(stmt, i);

        row->lens[i] = (size_t)sqlite3_column_bytes(stmt, i);
        mig_buf_clear(&row->blobs[i]);
        mig_buf_add(&row->blobs[i], blob != NULL ? blob : "", blob != NULL ? row->lens[i] : 0);
        row->texts[i] = mig_buf_text(&row->blobs[i]);
        return mig_buf_check(&row->blobs[i], err);
    }
    row->texts[i] = (const char *)sqlite3_column_text(stmt, i);
    row->lens[i] = (size_t)sqlite3_column_bytes(stmt, i);
    return row->texts[i] != NULL ? MIG_OK : mig_raise(err, MIG_E_NOMEM, "cannot allocate a value");
}

static mig_status
prepare_lookup(sqlite3 *db, const mig_table *table, const char *const *columns, size_t n_columns,
               sqlite3_stmt **stmtp, mig_error *err)
{
    mig_status st;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "SELECT ");
    for (size_t i = 0; i < n_columns; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig_buf_identifier(&sql, columns[i]);
    }
    mig_buf_puts(&sql, " FROM main.");
    mig_buf_identifier(&sql, table->name);
    st = mig__sqlite_prepare(db, &sql, table->name, stmtp, err);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
lookup(mig_source *base, const mig_table *table, const char *const *columns, size_t n_columns,
       mig_lookup_fn *fn, void *arg, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    sqlite3_stmt       *stmt = NULL;
    lookup_row          row = {calloc(n_columns + 1, sizeof *row.texts),
                               calloc(n_columns + 1, sizeof *row.lens),
                               calloc(n_columns + 1, sizeof *row.blobs)};
    bool                more = true;

    if (row.texts == NULL || row.lens == NULL || row.blobs == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a row");
        goto done;
    }
    MIG_TRY(mig__sqlite_check(source, source->questions, err));
    MIG_TRY(prepare_lookup(source->questions, table, columns, n_columns, &stmt, err));
    while (more) {
        MIG_TRY(mig__sqlite_step(stmt, table->name, &more, err));
        for (size_t i = 0; more && i < n_columns; i++)
            MIG_TRY(fetch(stmt, (int)i, &row, err));
        more = more && fn(arg, row.texts, row.lens);
    }
done:
    sqlite3_finalize(stmt);
    for (size_t i = 0; row.blobs != NULL && i < n_columns; i++)
        mig_buf_fini(&row.blobs[i]);
    free(row.texts);
    free(row.lens);
    free(row.blobs);
    return st;
}

static mig_status
unchanged(mig_source *base, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;

    MIG_TRY(mig__sqlite_check(source, source->questions, err));
    for (unsigned i = 0; i < atomic_load(&source->n_readers) && !source->shared; i++)
        MIG_TRY(mig__sqlite_check(source, source->readers[i], err));
    MIG_TRY(mig__location_unchanged(&source->location, err));
done:
    return st;
}

static void
interrupt(mig_source *base)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    unsigned            n = atomic_load_explicit(&source->n_readers, memory_order_acquire);

    atomic_store_explicit(&source->stopped, true, memory_order_release);
    sqlite3_interrupt(source->questions);
    for (unsigned i = 0; i < n; i++)
        sqlite3_interrupt(source->readers[i]);
}

/* No statement runs, so that sqlite3_interrupt has left nothing behind. */
static void
calm(mig_source *base)
{
    atomic_store_explicit(&mig__sqlite_source_of(base)->stopped, false, memory_order_release);
}

static void
close_source(mig_source *base)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);

    for (unsigned i = 0; source->readers != NULL && i < atomic_load(&source->n_readers); i++)
        mig__sqlite_disconnect(source->readers[i]);
    free(source->readers);
    mig__sqlite_disconnect(source->questions);
    mig_buf_fini(&source->warning);
    mig__location_fini(&source->location);
    free(source);
}

const mig_source_ops mig__sqlite_source_ops = {
    .kind = "SQLite",
    .catalog = mig__sqlite_catalog,
    .schema = mig__sqlite_schema,
    .snapshot = mig__sqlite_snapshot,
    .count = count,
    .size = size,
    .lookup = lookup,
    .split = mig__sqlite_split,
    .cursor_open = mig__sqlite_cursor_open,
    .cursor_fill = mig__sqlite_cursor_fill,
    .cursor_position = mig__sqlite_cursor_position,
    .cursor_close = mig__sqlite_cursor_close,
    .locate = mig__sqlite_locate,
    .survey = mig__sqlite_survey,
    .survey_cut = mig__sqlite_survey_cut,
    .orphans = mig__sqlite_orphans,
    .check = mig__sqlite_check_source,
    .unchanged = unchanged,
    .interrupt = interrupt,
    .calm = calm,
    .close = close_source,
};

/* The first read, which is where SQLite finds out what it cannot do. */
static mig_status
read_first(mig__sqlite_source *source, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_error  own = MIG_ERROR_INIT;
    int64_t    n_objects;

    st = mig__sqlite_number(source->questions, "SELECT count(*) FROM sqlite_schema",
                            source->location.path, &n_objects, &own);
    /* The writer died after the file was looked at. */
    if (st != MIG_OK && sqlite3_extended_errcode(source->questions) == SQLITE_READONLY_ROLLBACK) {
        st = mig__location_raise_hot(&source->location, err);
        goto done;
    }
    MIG_TRY(st);
    MIG_TRY(mig__sqlite_is_utf16(source->questions, source->location.path, &source->utf16, &own));
done:
    if (own.status != MIG_OK && source->location.access == MIG__ACCESS_WAL)
        mig_error_detail(&own, "its write-ahead log (%s-wal) has to be read with it",
                         source->location.path);
    if (st != MIG_OK)
        mig_error_move(err, &own);
    mig_error_fini(&own);
    return st;
}

/* `own`: the file is one of ours, which nobody writes and nobody else has open. */
static mig_status
open_source(const char *path, bool own, mig_source **sourcep, mig_error *err)
{
    mig_status          st = MIG_OK;
    mig__sqlite_source *source = NULL;

    *sourcep = NULL;
    mig__sqlite_setup();
    source = calloc(1, sizeof *source);
    if (source == NULL || (own && (source->location.path = strdup(path)) == NULL)) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a source");
        goto done;
    }
    source->base.ops = &mig__sqlite_source_ops;
    source->location.access = MIG__ACCESS_IMMUTABLE;
    if (own)
        MIG_TRY(mig__location_mark(&source->location, err));
    else
        MIG_TRY(mig__location_look(path, &source->location, err));
    MIG_TRY(mig__sqlite_connect(&source->location, true, &source->questions, err));
    MIG_TRY(read_first(source, err));
    mig__sqlite_watch(source, true);
    if (source->location.access == MIG__ACCESS_ROLLBACK)
        mig_buf_printf(&source->warning,
                       "%s is not in WAL mode: an application that still uses it cannot save "
                       "anything while it is being read; stop it first",
                       source->location.path);
    MIG_TRY(mig_buf_check(&source->warning, err));
    *sourcep = &source->base;
    source = NULL;
done:
    if (source != NULL)
        close_source(&source->base);
    return st;
}

mig_status
mig_sqlite_source_open(const char *path, mig_source **sourcep, mig_error *err)
{
    return open_source(path, false, sourcep, err);
}

mig_status
mig__sqlite_source_open_own(const char *path, mig_source **sourcep, mig_error *err)
{
    return open_source(path, true, sourcep, err);
}

const char *
mig_sqlite_source_warning(const mig_source *base)
{
    const mig__sqlite_source *source = (const mig__sqlite_source *)base;

    return source->warning.len > 0 ? source->warning.data : NULL;
}

const char *
mig_sqlite_version(void)
{
    return sqlite3_libversion();
}
