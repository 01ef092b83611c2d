/*
 * sink.c - PostgreSQL as a target: opening, small questions, the contract's
 * table of functions.
 *
 * One control connection does everything but copying and lives as long as the
 * sink; each writer has a connection of its own (copy_writer.c).  All our SQL
 * is schema-qualified; the role's own search_path stays in force wherever the
 * target's own functions may run, and catalog queries are made under
 * pg_catalog alone.
 *
 * Threads: as in sink.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/postgres.h"
#include "pg_read.h"
#include "pg_sink.h"

enum { FACT_SCHEMA_OID, FACT_ROLE, FACT_DATABASE, FACT_PATH, FACT_ICU };

/* The provider of a collation is a column since version 10, which JSON does not miss before. */
static const char facts_sql[] =
    "SELECT n.oid, current_user, d.datname,"
    " pg_catalog.current_setting('search_path'),"
    " EXISTS (SELECT FROM pg_catalog.pg_collation o"
    "  WHERE pg_catalog.to_jsonb(o) OPERATOR(pg_catalog.->>) 'collprovider' = 'i')"
    " FROM pg_catalog.pg_database d"
    " LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1"
    " WHERE d.datname = pg_catalog.current_database()";

static mig__pg_sink *
pg(mig_sink *sink)
{
    return (mig__pg_sink *)sink;
}

static mig_status
connect_control(mig__pg_sink *sink, mig_error *err)
{
    mig_status st;

    st = mig__session_open(&sink->control, &sink->sessions, sink->conninfo, &sink->server, err);
    if (st == MIG_OK && sink->server.in_recovery) {
        st = mig_raise(err, MIG_E_CONNECT, "the target server is a standby and cannot be written");
        mig_error_hint(err, "connect to its primary, or add target_session_attrs=read-write and "
                            "all hosts to the connection string");
    }
    return st;
}

/* Copies one fact; false without memory. */
static bool
keep(char **textp, const PGresult *res, int column)
{
    *textp = strdup(PQgetvalue(res, 0, column));
    return *textp != NULL;
}

static mig_status
learn_facts(mig__pg_sink *sink, const char *asked, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *schema;

    MIG_TRY(mig__own_schema(&sink->control, MIG__SIDE_TARGET, asked, &sink->home, err));
    schema = sink->schema = sink->home;
    MIG_TRY(mig__query_rows(&sink->control, "cannot read the target's settings", facts_sql, 1,
                            &schema, &res, err));
    if (!keep(&sink->schema_oid, res, FACT_SCHEMA_OID) || !keep(&sink->role, res, FACT_ROLE) ||
        !keep(&sink->database, res, FACT_DATABASE) || !keep(&sink->own_path, res, FACT_PATH)) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold what the target says of itself");
        goto done;
    }
    MIG_TRY(mig__spare_count(sink, &sink->n_spare, err));
    sink->version = PQserverVersion(sink->control.conn);
    sink->icu = mig__query_true(res, 0, FACT_ICU);
done:
    PQclear(res);
    return st;
}

static mig_status
read_catalog(mig_sink *sink, mig_catalog **catalogp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig__pg_sink *self = pg(sink);
    mig_catalog  *catalog = NULL;
    mig__schemas  schemas;

    *catalogp = NULL;
    MIG_TRY(mig__schemas_of(self->schema, &schemas, err));
    MIG_TRY(mig__sink_begin_catalog(self, err));
    MIG_TRY(mig__pg_catalog_read(&self->control, MIG__SIDE_TARGET, &schemas, &catalog, err));
    MIG_TRY(mig__sink_end(self, "cannot read the target's catalog", err));
    *catalogp = catalog;
    catalog = NULL;
done:
    mig__sink_roll_back(self, st);
    mig_catalog_free(catalog);
    mig__schemas_fini(&schemas);
    return st;
}

static mig_status
lookup(mig_sink *sink, const mig_table *table, const char *const *columns, size_t n_columns,
       mig_lookup_fn *fn, void *arg, mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__pg_sink     *self = pg(sink);
    const mig__lookup what = {.side = MIG__SIDE_TARGET,
                              .schema = self->schema,
                              .table = table,
                              .columns = columns,
                              .n_columns = n_columns};

    MIG_TRY(mig__query_run(&self->control, "cannot read from the target",
                           "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY", err));
    MIG_TRY(mig__lookup_rows(&self->control, &what, fn, arg, err));
done:
    mig__query_rollback(&self->control);
    return st;
}

static mig_status
holds_rows(mig_sink *sink, const mig_table *const *tables, size_t n_tables, bool *holds_rows,
           mig_error *err)
{
    mig__pg_sink *self = pg(sink);

    return mig__lookup_holds_rows(&self->control, self->schema, tables, n_tables, holds_rows, err);
}

static mig_status
check(mig_sink *sink, const mig_sink_need *need, mig_error *err)
{
    return mig__rights_check(pg(sink), need, err);
}

static mig_status
run_steps(mig_sink *sink, const mig_step *steps, size_t n_steps, mig_error *err)
{
    return mig__steps_run(pg(sink), steps, n_steps, err);
}

static mig_status
stage(mig_sink *sink, const mig_ddl *ddl, const mig_journal *journal, mig_stage *where,
      mig_error *err)
{
    return mig__stage(pg(sink), ddl, journal, where, err);
}

static mig_status
make_schema(mig_sink *sink, const mig_ddl *ddl, mig_error *err)
{
    return mig__make_schema(pg(sink), ddl, err);
}

mig_status
mig__sink_tables(const mig_plan *plan, const mig_table ***tablesp, mig_error *err)
{
    const mig_table **tables = calloc(plan->n_tables + 1, sizeof *tables);

    *tablesp = tables;
    if (tables == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the target's tables");
    for (size_t i = 0; i < plan->n_tables; i++)
        tables[i] = plan->tables[i].target;
    return MIG_OK;
}

static mig_status
rebuildable(mig_sink *sink, const mig_plan *plan, const char **why_not, mig_error *err)
{
    mig_status        st = MIG_OK;
    const mig_table **tables = NULL;

    MIG_TRY(mig__sink_tables(plan, &tables, err));
    MIG_TRY(mig__indexes_rebuildable(pg(sink), plan, tables, why_not, err));
done:
    free(tables);
    return st;
}

static mig_status
prepare(mig_sink *sink, const mig_plan *plan, mig_error *err)
{
    mig_status        st = MIG_OK;
    const mig_table **tables = NULL;

    MIG_TRY(mig__sink_tables(plan, &tables, err));
    MIG_TRY(mig__prepare_tables(pg(sink), plan, tables, err));
done:
    free(tables);
    return st;
}

static mig_status
journal_keep(mig_sink *sink, const mig_journal_note *note, const char **why_notp, mig_error *err)
{
    *why_notp = "it is one transaction";
    if (pg(sink)->atomic != MIG__ATOMIC_NOT)
        return MIG_OK;
    return mig__journal_keep(pg(sink), note, why_notp, err);
}

static mig_status
journal_find(mig_sink *sink, mig_journal **journalp, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__journal_find(pg(sink), journalp, err));
    /* That of a run under way is not left over. */
    if (*journalp != NULL)
        MIG_TRY(mig__sink_claim(pg(sink), err));
done:
    return st;
}

static unsigned
max_writers(const mig_sink *sink)
{
    const mig__pg_sink *self = (const mig__pg_sink *)sink;

    return self->atomic == MIG__ATOMIC_NOT && self->n_spare > 0 ? self->n_spare : 1;
}

mig_status
mig__sink_revive(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       must_finish = sink->control.must_finish;

    PQclear(PQexec(sink->control.conn, "SELECT 1"));
    if (PQstatus(sink->control.conn) == CONNECTION_OK)
        return MIG_OK;
    if (sink->atomic != MIG__ATOMIC_NOT)
        return mig_raise(err, MIG_E_CONNECT, "the connection to the target was lost");
    mig__session_close(&sink->control);
    sink->claimed = false;
    MIG_TRY(connect_control(sink, err));
    sink->control.must_finish = must_finish;
    MIG_TRY(mig__sink_claim(sink, err));
done:
    return st;
}

static mig_status
resume(mig_sink *sink, const mig_plan *plan, const mig_ddl *ddl, mig_journal *journal,
       mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__pg_sink     *self = pg(sink);
    const mig_table **tables = NULL;
    mig_buf           names = MIG_BUF_INIT;
    bool              finished = false;

    mig__statistics_drop(self);
    MIG_TRY(mig__sink_revive(self, err));
    MIG_TRY(mig__finish_has_been(self, &finished, err));
    if (finished) {
        journal->copied = true;
        goto done;
    }
    MIG_TRY(mig__sink_tables(plan, &tables, err));
    MIG_TRY(mig__resume_tables(self, plan, tables, journal, err));
    if (ddl != NULL && self->stage == NULL) {
        mig__query_names(&names, ddl->relations, ddl->n_relations);
        MIG_TRY(mig_buf_check(&names, err));
        MIG_TRY(mig__unfinished_take_up(self, mig_buf_text(&names), err));
    }
done:
    mig_buf_fini(&names);
    free(tables);
    return st;
}

static mig_status
journal_copied(mig_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__sink_revive(pg(sink), err));
    MIG_TRY(mig__journal_copied(pg(sink), err));
done:
    return st;
}

mig_status
mig__sink_restore(mig_sink *sink, mig_restoring how, unsigned n_parallel, mig_buf *notes,
                  mig_error *err)
{
    mig_status    st = MIG_OK, next;
    mig__pg_sink *self = pg(sink);
    bool          waiting = false;

    /* Nothing was prepared, or another run owns the target; unless the connection was lost. */
    if (!self->claimed && self->control.conn != NULL)
        return MIG_OK;
    if (self->stage != NULL) /* nothing was suspended, and the target is not touched yet */
        return MIG_OK;
    self->control.must_finish = self->atomic == MIG__ATOMIC_NOT;
    MIG_TRY(mig__sink_revive(self, err));
    if (how == MIG_RESTORE_BRIEFLY)
        MIG_TRY(mig__record_exists(self, MIG__INDEX_TABLE, &waiting, err));
    if (waiting) {
        mig_buf_puts(
            notes,
            "the target's indexes, keys and triggers are still suspended: --restore-only puts "
            "them back\n");
        MIG_TRY(mig_buf_check(notes, err));
        goto done;
    }
    st = mig__triggers_restore(self, err);
    next = mig__indexes_restore(self, n_parallel, err);
    st = st != MIG_OK ? st : next;
    next = mig__keys_restore(self, how == MIG_RESTORE_COMPLETE, n_parallel, notes, err);
    st = st != MIG_OK ? st : next;
    if (st != MIG_OK && self->atomic == MIG__ATOMIC_NOT)
        mig_error_hint(
            err, "what is not put back stands recorded in the target's schema " MIG__STATE_SCHEMA
                 "; --restore-only puts it back");
done:
    self->control.must_finish = false;
    return st;
}

static mig_status
left(mig_sink *sink, mig_buf *found, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig__pg_sink *self = pg(sink);

    MIG_TRY(mig__record_list(self, found, err));
    /* What a run under way has suspended is not left over. */
    if (found->len > 0)
        MIG_TRY(mig__sink_claim(self, err));
done:
    return st;
}

static mig_status
recover(mig_sink *sink, unsigned n_parallel, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__sink_claim(pg(sink), err));
    MIG_TRY(mig__sink_restore(sink, MIG_RESTORE_COMPLETE, n_parallel, notes, err));
    MIG_TRY(mig__sink_forget_run(pg(sink), err));
done:
    return st;
}

static mig_status
complete_schema(mig_sink *sink, const mig_ddl *ddl, unsigned n_parallel, mig_buf *notes,
                mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__sink_revive(pg(sink), err));
    MIG_TRY(mig__complete_schema(pg(sink), ddl, n_parallel, err));
    if (pg(sink)->stage == NULL)
        MIG_TRY(mig__replaced_give(pg(sink), notes, err));
done:
    return st;
}

static mig_status
count(mig_sink *sink, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig__pg_sink *self = pg(sink);
    mig_buf       sql = MIG_BUF_INIT;
    PGresult     *res = NULL;

    *n_rowsp = 0;
    mig_buf_puts(&sql, "SELECT pg_catalog.count(*) FROM ");
    mig__query_table(&sql, self->schema, table);
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&self->control, "cannot count rows in the target", mig_buf_text(&sql),
                            0, NULL, &res, err));
    *n_rowsp = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
done:
    if (st != MIG_OK)
        mig_error_context(err, "%s", table->name);
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
read_back(mig_sink *sink, unsigned n_readers, mig_source **sourcep, mig_error *err)
{
    mig__pg_sink *self = pg(sink);
    mig_status    st = MIG_OK;
    mig_source   *source = NULL;
    const char   *schema = self->schema;
    mig_patterns  schemas = {.texts = &schema, .n = 1};

    *sourcep = NULL;
    if (self->atomic != MIG__ATOMIC_NOT)
        return mig__atomic_read_back(self, sourcep, err);
    MIG_TRY(mig__spare_wait(self, n_readers + 1, err));
    MIG_TRY(mig_postgres_source_open(self->conninfo, &schemas, &source, err));
    MIG_TRY(source->ops->snapshot(source, n_readers, err));
    *sourcep = source;
    source = NULL;
done:
    mig_source_close(source);
    return st;
}

/* ---- making equal ------------------------------------------------------------------------- */

static mig_status
sync_begin(mig_sink *sink, const mig_plan *plan, mig_error *err)
{
    mig_status        st = MIG_OK;
    const mig_table **tables = NULL;

    MIG_TRY(mig__sink_tables(plan, &tables, err));
    MIG_TRY(mig__sync_begin(pg(sink), plan, tables, err));
done:
    free(tables);
    return st;
}

static mig_status
sync_stage(mig_sink *sink, mig_sync_table *table, mig_staging what, mig_error *err)
{
    return mig__sync_stage(pg(sink), table, what, err);
}

static mig_status
sync_put(mig_sink *sink, const mig_rows *rows, mig_error *err)
{
    return mig__sync_put(pg(sink), rows, err);
}

static mig_status
sync_staged(mig_sink *sink, mig_error *err)
{
    return mig__sync_staged(pg(sink), err);
}

static mig_status
sync_apply(mig_sink *sink, const mig_plan *plan, mig_sync_table *tables, mig_error *err)
{
    return mig__sync_apply(pg(sink), plan, tables, err);
}

static mig_status
sync_read(mig_sink *sink, const mig_sync_table *table, bool whole, mig_sync_read_fn *fn, void *arg,
          mig_error *err)
{
    return mig__sync_read(pg(sink), table, whole, fn, arg, err);
}

static void
interrupt(mig_sink *sink)
{
    mig__sessions_interrupt(&pg(sink)->sessions);
}

static void
calm(mig_sink *sink)
{
    mig__sessions_calm(&pg(sink)->sessions);
}

static void
close_sink(mig_sink *sink)
{
    mig__pg_sink *self = pg(sink);

    mig__statistics_drop(self);
    mig__session_close(&self->control);
    mig__sessions_fini(&self->sessions);
    PQclear(self->old_rights);
    mig_buf_fini(&self->old_lost);
    mig_buf_fini(&self->exchange_told);
    if (self->conninfo != NULL)
        explicit_bzero(self->conninfo, strlen(self->conninfo));
    free(self->conninfo);
    free(self->home);
    free(self->stage);
    free(self->schema_oid);
    free(self->role);
    free(self->database);
    free(self->own_path);
    free(self->unfinished);
    free(self->staging.types);
    mig_buf_fini(&self->staging.lines);
    free(self->journal_id);
    free(self->journal_source);
    free(self->journal_plan);
    free(self);
}

static const mig_sink_ops postgres_sink_ops = {
    .kind = "PostgreSQL",
    .catalog = read_catalog,
    .lookup = lookup,
    .holds_rows = holds_rows,
    .check = check,
    .run_steps = run_steps,
    .stage = stage,
    .make_schema = make_schema,
    .rebuildable = rebuildable,
    .prepare = prepare,
    .journal_keep = journal_keep,
    .journal_find = journal_find,
    .resume = resume,
    .journal_copied = journal_copied,
    .max_writers = max_writers,
    .writer_open = mig__copy_writer_open,
    .chunk_begin = mig__copy_writer_begin,
    .chunk_write = mig__copy_writer_write,
    .chunk_try = mig__copy_parts_try,
    .chunk_commit = mig__copy_writer_commit,
    .chunk_abort = mig__copy_writer_abort,
    .writer_close = mig__copy_writer_close,
    .restore = mig__sink_restore,
    .left = left,
    .recover = recover,
    .complete_schema = complete_schema,
    .count = count,
    .read_back = read_back,
    .statistics = mig__finish_statistics,
    .commit = mig__finish_commit,
    .finish = mig__finish_run,
    .sync_begin = sync_begin,
    .sync_stage = sync_stage,
    .sync_put = sync_put,
    .sync_staged = sync_staged,
    .sync_apply = sync_apply,
    .sync_read = sync_read,
    .sync_commit = mig__finish_sync,
    .interrupt = interrupt,
    .calm = calm,
    .close = close_sink,
};

mig_status
mig_postgres_sink_open(const char *conninfo, const char *schema, mig_sink **sinkp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig__pg_sink *sink = NULL;

    *sinkp = NULL;
    sink = calloc(1, sizeof *sink);
    if (sink == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the target");
    sink->base.ops = &postgres_sink_ops;
    mig__sessions_init(&sink->sessions);
    sink->conninfo = strdup(conninfo);
    if (sink->conninfo == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the target");
        goto done;
    }
    MIG_TRY(connect_control(sink, err));
    MIG_TRY(learn_facts(sink, schema, err));
    *sinkp = &sink->base;
    sink = NULL;
done:
    if (sink != NULL)
        close_sink(&sink->base);
    return st;
}

void
mig_postgres_sink_facts(const mig_sink *base, int *versionp, bool *icup)
{
    const mig__pg_sink *sink = (const mig__pg_sink *)base;

    *versionp = sink->version;
    *icup = sink->icu;
}

const char *
mig_postgres_version(void)
{
    static _Thread_local char text[32];
    int                       version = PQlibVersion();

    snprintf(text, sizeof text, "%d.%d", version / 10000, version % 10000);
    return text;
}
