/*
 * sqlite_sink.c - SQLite as a target: the table of functions and the steps
 * around the copy.
 *
 * Questions are answered by the old file until the temporary one exists, by
 * that one afterwards.  Indexes and triggers of the tables that are copied are
 * dropped before the rows come and made again, by their own SQL, in finish();
 * a unique index therefore finds its duplicates there.
 *
 * Threads: as sink.h tells.
 */
#include "sqlite_sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "decode.h"
#include "mig/sqlite.h"

mig_status
mig__sqlite_write_fail(sqlite3 *db, const char *what, mig_error *err)
{
    int        code = sqlite3_extended_errcode(db);
    mig_status st = MIG_E_DATABASE;

    if ((code & 0xff) == SQLITE_INTERRUPT)
        return mig_raise(err, MIG_E_STOPPED, "writing %s was interrupted", what);
    if ((code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR)
        st = MIG_E_IO;
    if ((code & 0xff) == SQLITE_NOMEM)
        st = MIG_E_NOMEM;
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        st = MIG_E_DATA;
    mig_raise(err, st, "cannot write %s", what);
    mig_error_detail(err, "SQLite: %s (code %d)", sqlite3_errmsg(db), code);
    return st;
}

mig_status
mig__sqlite_write(mig__sqlite_sink *sink, const char *sql, const char *what, mig_error *err)
{
    if (atomic_load(&sink->stopped))
        return mig_raise(err, MIG_E_STOPPED, "writing the target was interrupted");
    if (sink->failed || sink->made == NULL)
        return mig_raise(err, MIG_E_INTERNAL, "there is no new file that could be written");
    if (sqlite3_exec(sink->made, sql, NULL, NULL, NULL) != SQLITE_OK)
        return mig__sqlite_write_fail(sink->made, what, err);
    return MIG_OK;
}

/* The small questions are those of a source: the same functions answer them. */
static mig__sqlite_source
as_source(const mig__sqlite_sink *sink)
{
    mig__sqlite_source view = {.base.ops = &mig__sqlite_source_ops};

    view.questions = sink->made != NULL ? sink->made : sink->old;
    atomic_store(&view.stopped, atomic_load(&sink->stopped));
    return view;
}

static mig_status
catalog(mig_sink *base, mig_catalog **catalogp, mig_error *err)
{
    mig__sqlite_source view = as_source(mig__sqlite_sink_of(base));

    return mig__sqlite_catalog(&view.base, catalogp, err);
}

static mig_status
lookup(mig_sink *base, const mig_table *table, const char *const *columns, size_t n_columns,
       mig_lookup_fn *fn, void *arg, mig_error *err)
{
    mig__sqlite_source view = as_source(mig__sqlite_sink_of(base));

    return mig__sqlite_source_ops.lookup(&view.base, table, columns, n_columns, fn, arg, err);
}

static bool
note_row(void *arg, const char *const *texts, const size_t *lens)
{
    bool *foundp = arg;

    (void)texts;
    (void)lens;
    *foundp = true;
    return false;
}

static mig_status
holds_rows(mig_sink *base, const mig_table *const *tables, size_t n_tables, bool *holds_rows,
           mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t i = 0; i < n_tables; i++) {
        const char *column = tables[i]->columns[0].name; /* a table of SQLite has one */

        holds_rows[i] = false;
        MIG_TRY(lookup(base, tables[i], &column, 1, note_row, &holds_rows[i], err));
    }
done:
    return st;
}

static mig_status
count(mig_sink *base, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    mig__sqlite_source view = as_source(mig__sqlite_sink_of(base));

    return mig__sqlite_source_ops.count(&view.base, table, n_rowsp, err);
}

static bool
is_listed(const mig_sink_need *need, const char *name)
{
    for (size_t i = 0; i < need->n_tables; i++)
        if (sqlite3_stricmp(need->tables[i]->name, name) == 0)
            return true;
    return need->ddl != NULL && mig__sqlite_is_made(need->ddl, name);
}

/* A table outside of the list whose rows would lose their parents. */
static mig_status
check_children(mig_sink *base, const mig_sink_need *need, const mig_table *table, mig_error *err)
{
    mig_status st = MIG_OK;
    uint64_t   n_rows;

    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        if (!is_listed(need, table->foreign_keys[i].parent))
            continue;
        MIG_TRY(count(base, table, &n_rows, err));
        if (n_rows > 0)
            return mig_raise(err, MIG_E_REFUSED,
                             "the table %s is not copied and its rows refer to %s, which would be "
                             "erased",
                             table->name, table->foreign_keys[i].parent);
    }
done:
    return st;
}

static mig_status
check(mig_sink *base, const mig_sink_need *need, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;
    mig_catalog      *now = NULL;

    if (access(sink->folder, W_OK | X_OK) != 0) {
        st = mig_raise(err, MIG_E_RIGHTS, "cannot make a file in %s", sink->folder);
        mig_error_detail(err, "the new database is built beside the old one");
        goto done;
    }
    MIG_TRY(catalog(base, &now, err));
    for (size_t i = 0; i < now->n_tables; i++)
        if (!is_listed(need, now->tables[i].name))
            MIG_TRY(check_children(base, need, &now->tables[i], err));
    if (need->ddl != NULL)
        MIG_TRY(mig__sqlite_check_schema(sink, need->ddl, err));
done:
    mig_catalog_free(now);
    return st;
}

static mig_status
run_step(mig__sqlite_sink *sink, const mig_step *step, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_puts(&sql,
                 "INSERT OR IGNORE INTO main.seaql_migrations (version, applied_at) VALUES (");
    mig_buf_literal(&sql, step->name);
    mig_buf_printf(&sql, ", %lld)", (long long)time(NULL));
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__sqlite_write(sink, mig_buf_text(&sql), "seaql_migrations", err));
    if (sqlite3_changes(sink->made) == 0) /* it was recorded before */
        goto done;
    st = mig__sqlite_write(sink, step->sql, "the schema", err);
    if (st != MIG_OK)
        mig_error_context(err, "cannot apply the schema's step %s", step->name);
done:
    mig_buf_fini(&sql);
    return st;
}

static mig_status
run_steps(mig_sink *base, const mig_step *steps, size_t n_steps, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;

    MIG_TRY(mig__replace_begin(sink, err));
    MIG_TRY(
        mig__sqlite_write(sink,
                          "BEGIN; CREATE TABLE IF NOT EXISTS main.seaql_migrations"
                          " (version varchar NOT NULL PRIMARY KEY, applied_at integer NOT NULL)",
                          "seaql_migrations", err));
    for (size_t i = 0; i < n_steps; i++)
        MIG_TRY(run_step(sink, &steps[i], err));
    MIG_TRY(mig__sqlite_write(sink, "COMMIT", "the schema", err));
done:
    if (st != MIG_OK)
        sink->failed = true;
    return st;
}

/* Keeps the SQL of a table's indexes and triggers; what drops them, and its rows, goes to *drops.
 */
static mig_status
defer_table(mig__sqlite_sink *sink, const mig_table_plan *plan, mig_buf *drops, mig_error *err)
{
    const char   *table = plan->target->name;
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row = true;

    mig_buf_puts(&sql, "SELECT type, name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND"
                       " type IN ('index', 'trigger') AND tbl_name = ?1 COLLATE NOCASE"
                       " ORDER BY rowid");
    MIG_TRY(mig__sqlite_prepare(sink->made, &sql, table, &stmt, err));
    if (sqlite3_bind_text(stmt, 1, table, -1, SQLITE_TRANSIENT) != SQLITE_OK) {
        st = mig__sqlite_write_fail(sink->made, table, err);
        goto done;
    }
    for (;;) {
        MIG_TRY(mig__sqlite_step(stmt, table, &row, err));
        if (!row)
            break;
        if (strcmp((const char *)sqlite3_column_text(stmt, 0), "index") == 0)
            MIG_TRY(
                mig__duplicate_note(sink, plan, (const char *)sqlite3_column_text(stmt, 1), err));
        mig_buf_printf(drops, "DROP %s main.", (const char *)sqlite3_column_text(stmt, 0));
        mig_buf_identifier(drops, (const char *)sqlite3_column_text(stmt, 1));
        mig_buf_puts(drops, ";");
        mig_buf_add(&sink->deferred, (const char *)sqlite3_column_text(stmt, 2),
                    (size_t)sqlite3_column_bytes(stmt, 2) + 1);
    }
    mig_buf_puts(drops, "DELETE FROM main.");
    mig_buf_identifier(drops, table);
    mig_buf_puts(drops, ";");
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/* All keys and indexes are made behind the rows, in any case. */
static mig_status
rebuildable(mig_sink *base, const mig_plan *plan, const char **why_not, mig_error *err)
{
    (void)base;
    (void)err;
    for (size_t i = 0; i < plan->n_tables; i++)
        why_not[i] = "";
    return MIG_OK;
}

static mig_status
prepare(mig_sink *base, const mig_plan *plan, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;
    mig_buf           drops = MIG_BUF_INIT;
    mig__decoder      decoder;

    for (size_t t = 0; t < plan->n_tables; t++)
        for (size_t c = 0; c < plan->tables[t].n_columns; c++)
            MIG_TRY(mig__decoder_init(&plan->tables[t], c, &decoder, err));
    MIG_TRY(mig__replace_begin(sink, err));
    mig_buf_puts(&drops, "BEGIN;");
    for (size_t t = 0; t < plan->n_tables; t++)
        MIG_TRY(defer_table(sink, &plan->tables[t], &drops, err));
    mig_buf_puts(&drops, "COMMIT");
    MIG_TRY(mig_buf_check(&drops, err));
    MIG_TRY(mig_buf_check(&sink->deferred, err));
    MIG_TRY(mig__sqlite_write(sink, mig_buf_text(&drops), "the target's tables", err));
done:
    if (st != MIG_OK)
        sink->failed = true;
    mig_buf_fini(&drops);
    return st;
}

static unsigned
max_writers(const mig_sink *base)
{
    (void)base;
    return 1;
}

/* Triggers come back in finish(): until then they are missing in the temporary file alone. */
static mig_status
restore(mig_sink *base, mig_restoring how, unsigned n_parallel, mig_buf *notes, mig_error *err)
{
    (void)n_parallel;
    (void)how;
    (void)notes;
    (void)base;
    (void)err;
    return MIG_OK;
}

/* SQLite plans without them. */
static mig_status
statistics(mig_sink *base, const mig_plan *plan, unsigned n_others, mig_error *err)
{
    (void)base;
    (void)plan;
    (void)n_others;
    (void)err;
    return MIG_OK;
}

/* It is a file of its own. */
static mig_status
stage(mig_sink *base, const mig_ddl *ddl, const mig_journal *journal, mig_stage *where,
      mig_error *err)
{
    (void)base;
    (void)ddl;
    (void)journal;
    (void)err;
    *where = (mig_stage){.name = NULL};
    return MIG_OK;
}

/* finish() exchanges the files. */
static mig_status
commit(mig_sink *base, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    (void)base;
    (void)plan;
    (void)notes;
    (void)err;
    return MIG_OK;
}

static mig_status
read_back(mig_sink *base, unsigned n_readers, mig_source **sourcep, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;
    mig_source       *source = NULL;

    *sourcep = NULL;
    MIG_TRY(mig__sqlite_source_open_own(sink->made_path, &source, err));
    MIG_TRY(source->ops->snapshot(source, n_readers, err));
    *sourcep = source;
    source = NULL;
done:
    mig_source_close(source);
    return st;
}

static void
interrupt(mig_sink *base)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);

    atomic_store(&sink->stopped, true);
    pthread_mutex_lock(&sink->lock);
    sqlite3_interrupt(sink->old);
    if (sink->made != NULL)
        sqlite3_interrupt(sink->made);
    pthread_mutex_unlock(&sink->lock);
}

static void
calm(mig_sink *base)
{
    atomic_store(&mig__sqlite_sink_of(base)->stopped, false);
}

static mig_status
journal_keep(mig_sink *base, const mig_journal_note *note, const char **why_notp, mig_error *err)
{
    (void)base;
    (void)note;
    (void)err;
    *why_notp = "the new file takes the old one's place at the end";
    return MIG_OK;
}

static mig_status
journal_find(mig_sink *base, mig_journal **journalp, mig_error *err)
{
    (void)base;
    (void)err;
    *journalp = NULL;
    return MIG_OK;
}

static mig_status
resume(mig_sink *base, const mig_plan *plan, const mig_ddl *ddl, mig_journal *journal,
       mig_error *err)
{
    (void)base;
    (void)plan;
    (void)ddl;
    (void)journal;
    return mig_raise(err, MIG_E_UNSUPPORTED, "a SQLite file has no journal");
}

static mig_status
journal_copied(mig_sink *base, mig_error *err)
{
    (void)base;
    (void)err;
    return MIG_OK;
}

static void
close_sink(mig_sink *base)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);

    mig__sqlite_sync_close(sink);
    mig__replace_close(sink);
    mig_buf_fini(&sink->deferred);
    mig_buf_fini(&sink->lost);
    mig_buf_fini(&sink->probes);
    mig_buf_fini(&sink->warning);
    pthread_mutex_destroy(&sink->lock);
    free(sink);
}

/* Nothing is suspended in a file that takes the old one's place when it is whole. */
static mig_status
left(mig_sink *base, mig_buf *found, mig_error *err)
{
    (void)base;
    (void)found;
    (void)err;
    return MIG_OK;
}

static mig_status
recover(mig_sink *base, unsigned n_parallel, mig_buf *notes, mig_error *err)
{
    (void)base;
    (void)n_parallel;
    (void)notes;
    (void)err;
    return MIG_OK;
}

const mig_sink_ops mig__sqlite_sink_ops = {
    .kind = "SQLite",
    .catalog = catalog,
    .lookup = lookup,
    .holds_rows = holds_rows,
    .check = check,
    .run_steps = run_steps,
    .stage = stage,
    .make_schema = mig__sqlite_make_schema,
    .rebuildable = rebuildable,
    .prepare = prepare,
    .journal_keep = journal_keep,
    .journal_find = journal_find,
    .resume = resume,
    .journal_copied = journal_copied,
    .max_writers = max_writers,
    .writer_open = mig__insert_open,
    .chunk_begin = mig__insert_begin,
    .chunk_write = mig__insert_write,
    .chunk_try = mig__insert_try,
    .chunk_commit = mig__insert_commit,
    .chunk_abort = mig__insert_abort,
    .writer_close = mig__insert_close,
    .restore = restore,
    .left = left,
    .recover = recover,
    .complete_schema = mig__sqlite_complete_schema,
    .count = count,
    .read_back = read_back,
    .statistics = statistics,
    .commit = commit,
    .finish = mig__sqlite_finish,
    .sync_begin = mig__sqlite_sync_begin,
    .sync_stage = mig__sqlite_sync_stage,
    .sync_put = mig__sqlite_sync_put,
    .sync_staged = mig__sqlite_sync_staged,
    .sync_apply = mig__sqlite_sync_apply,
    .sync_read = mig__sqlite_sync_read,
    .sync_commit = mig__sqlite_sync_commit,
    .interrupt = interrupt,
    .calm = calm,
    .close = close_sink,
    .order_free = true,
    .key_order = true,
};

mig_status
mig_sqlite_sink_open(const char *path, bool may_create, mig_sink **sinkp, mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__sqlite_sink *sink = NULL;

    *sinkp = NULL;
    mig__sqlite_setup();
    if ((sink = calloc(1, sizeof *sink)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a sink");
        goto done;
    }
    sink->base.ops = &mig__sqlite_sink_ops;
    sink->base.all_or_nothing = true;
    sink->made_fd = -1;
    pthread_mutex_init(&sink->lock, NULL);
    MIG_TRY(mig__replace_open(sink, path, may_create, err));
    *sinkp = &sink->base;
    sink = NULL;
done:
    if (sink != NULL)
        close_sink(&sink->base);
    return st;
}

const char *
mig_sqlite_sink_warning(const mig_sink *base)
{
    const mig__sqlite_sink *sink = (const mig__sqlite_sink *)base;

    return sink->warning.len > 0 ? sink->warning.data : NULL;
}
