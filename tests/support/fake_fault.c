/*
 * fake_fault.c - passing every call on but one.
 */
#include "fake_fault.h"

#include <stdlib.h>

typedef struct fault_cursor {
    mig_cursor  base;
    mig_cursor *inner;
    fake_fault *fault;
} fault_cursor;

typedef struct fault_writer {
    mig_writer  base;
    mig_writer *inner;
    fake_fault *fault;
    bool        begun; /* the inner writer knows of the chunk */
} fault_writer;

static const char *
name_of(fake_call call)
{
    switch (call) {
#define FAKE_CALL_CASE(name)                                                                       \
    case FAKE_CALL_##name:                                                                         \
        return #name;
        FAKE_CALL_MAP(FAKE_CALL_CASE)
#undef FAKE_CALL_CASE
    }
    return "?";
}

static mig_status
count_call(fake_fault *fault, fake_call call, mig_error *err)
{
    if (fault->call != FAKE_CALL_ANY && fault->call != call)
        return MIG_OK;
    if (atomic_fetch_add(&fault->n_calls, 1) + 1 != fault->nth)
        return MIG_OK;
    atomic_store(&fault->fired, true);
    return mig_raise(err, fault->status, FAKE_FAULT_MESSAGE "%s", name_of(call));
}

/* ---- source ------------------------------------------------------------------------------ */

static fake_fault_source *
source_of(mig_source *base)
{
    return (fake_fault_source *)(void *)base;
}

/* The rest of the function runs only if this is not the call that fails. */
#define FAIL_OR_GO_ON(fault, call)                                                                 \
    do {                                                                                           \
        mig_status injected = count_call((fault), FAKE_CALL_##call, err);                          \
        if (injected != MIG_OK)                                                                    \
            return injected;                                                                       \
    } while (0)

static mig_status
source_catalog(mig_source *base, mig_catalog **catalogp, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    *catalogp = NULL;
    FAIL_OR_GO_ON(source_of(base)->fault, SOURCE_CATALOG);
    return inner->ops->catalog(inner, catalogp, err);
}

static mig_status
snapshot(mig_source *base, unsigned n_readers, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    FAIL_OR_GO_ON(source_of(base)->fault, SNAPSHOT);
    return inner->ops->snapshot(inner, n_readers, err);
}

static mig_status
source_count(mig_source *base, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    FAIL_OR_GO_ON(source_of(base)->fault, SOURCE_COUNT);
    return inner->ops->count(inner, table, n_rowsp, err);
}

static mig_status
source_size(mig_source *base, const mig_table *table, uint64_t *n_bytesp, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    return inner->ops->size(inner, table, n_bytesp, err);
}

static mig_status
source_lookup(mig_source *base, const mig_table *table, const char *const *columns,
              size_t n_columns, mig_lookup_fn *fn, void *arg, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    FAIL_OR_GO_ON(source_of(base)->fault, SOURCE_LOOKUP);
    return inner->ops->lookup(inner, table, columns, n_columns, fn, arg, err);
}

static mig_status
split(mig_source *base, const mig_table_plan *plan, size_t table, uint64_t n_rows,
      uint64_t rows_per_segment, mig_segment **segmentsp, size_t *n_segmentsp, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    *segmentsp = NULL;
    *n_segmentsp = 0;
    FAIL_OR_GO_ON(source_of(base)->fault, SPLIT);
    return inner->ops->split(inner, plan, table, n_rows, rows_per_segment, segmentsp, n_segmentsp,
                             err);
}

static mig_status
cursor_open(mig_source *base, unsigned reader, const mig_table_plan *plan,
            const mig_segment *segment, mig_cursor **cursorp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_source   *inner = source_of(base)->inner;
    fault_cursor *cursor = NULL;

    *cursorp = NULL;
    FAIL_OR_GO_ON(source_of(base)->fault, CURSOR_OPEN);
    cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return mig_raise(err, MIG_E_NOMEM, "no memory for a cursor");
    cursor->base.ops = base->ops;
    cursor->fault = source_of(base)->fault;
    MIG_TRY(inner->ops->cursor_open(inner, reader, plan, segment, &cursor->inner, err));

    *cursorp = &cursor->base;
    cursor = NULL; /* now the caller's */
done:
    free(cursor);
    return st;
}

static mig_status
cursor_fill(mig_cursor *base, mig_rows *rows, mig_fill *fillp, size_t *neededp, mig_error *err)
{
    fault_cursor *cursor = (fault_cursor *)(void *)base;

    FAIL_OR_GO_ON(cursor->fault, CURSOR_FILL);
    return cursor->inner->ops->cursor_fill(cursor->inner, rows, fillp, neededp, err);
}

static bool
cursor_position(mig_cursor *base, int64_t *upperp)
{
    fault_cursor *cursor = (fault_cursor *)(void *)base;

    return cursor->inner->ops->cursor_position(cursor->inner, upperp);
}

static void
cursor_close(mig_cursor *base)
{
    fault_cursor *cursor = (fault_cursor *)(void *)base;

    if (cursor == NULL)
        return;
    mig_cursor_close(cursor->inner);
    free(cursor);
}

static mig_status
locate(mig_source *base, const mig_table_plan *plan, const mig_segment *segment, uint64_t nth,
       char **textp, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    *textp = NULL;
    FAIL_OR_GO_ON(source_of(base)->fault, LOCATE);
    return inner->ops->locate(inner, plan, segment, nth, textp, err);
}

static mig_status
orphans(mig_source *base, mig_reference *references, size_t n_references, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    FAIL_OR_GO_ON(source_of(base)->fault, ORPHANS);
    return inner->ops->orphans(inner, references, n_references, err);
}

static mig_status
check_source(mig_source *base, const mig_catalog *catalog, mig_buf *found, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    FAIL_OR_GO_ON(source_of(base)->fault, CHECK_SOURCE);
    return inner->ops->check(inner, catalog, found, err);
}

static mig_status
unchanged(mig_source *base, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    FAIL_OR_GO_ON(source_of(base)->fault, UNCHANGED);
    return inner->ops->unchanged(inner, err);
}

static void
interrupt_source(mig_source *base)
{
    mig_source *inner = source_of(base)->inner;

    inner->ops->interrupt(inner);
}

static void
calm_source(mig_source *base)
{
    mig_source *inner = source_of(base)->inner;

    inner->ops->calm(inner);
}

static void
close_source(mig_source *base)
{
    mig_source_close(source_of(base)->inner);
}

static mig_status
schema(mig_source *base, mig_schema **schemap, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    return inner->ops->schema(inner, schemap, err);
}

static mig_status
survey(mig_source *base, unsigned reader, struct mig_survey_table *found, mig_segment *segment,
       bool *morep, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    return inner->ops->survey(inner, reader, found, segment, morep, err);
}

static mig_status
survey_cut(mig_source *base, unsigned reader, const mig_table *table, mig_segment *segment,
           mig_segment *upperp, bool *cutp, mig_error *err)
{
    mig_source *inner = source_of(base)->inner;

    return inner->ops->survey_cut(inner, reader, table, segment, upperp, cutp, err);
}

static const mig_source_ops source_ops = {
    .kind = "source with a fault",
    .catalog = source_catalog,
    .schema = schema,
    .snapshot = snapshot,
    .count = source_count,
    .size = source_size,
    .lookup = source_lookup,
    .split = split,
    .cursor_open = cursor_open,
    .cursor_fill = cursor_fill,
    .cursor_position = cursor_position,
    .cursor_close = cursor_close,
    .locate = locate,
    .survey = survey,
    .survey_cut = survey_cut,
    .orphans = orphans,
    .check = check_source,
    .unchanged = unchanged,
    .interrupt = interrupt_source,
    .calm = calm_source,
    .close = close_source,
};

void
fake_fault_wrap_source(fake_fault_source *source, mig_source *inner, fake_fault *fault)
{
    *source = (fake_fault_source){.base.ops = &source_ops, .inner = inner, .fault = fault};
}

/* ---- sink -------------------------------------------------------------------------------- */

static fake_fault_sink *
sink_of(mig_sink *base)
{
    return (fake_fault_sink *)(void *)base;
}

static fault_writer *
writer_of(mig_writer *base)
{
    return (fault_writer *)(void *)base;
}

static mig_status
sink_catalog(mig_sink *base, mig_catalog **catalogp, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    *catalogp = NULL;
    FAIL_OR_GO_ON(sink_of(base)->fault, SINK_CATALOG);
    return inner->ops->catalog(inner, catalogp, err);
}

static mig_status
sink_lookup(mig_sink *base, const mig_table *table, const char *const *columns, size_t n_columns,
            mig_lookup_fn *fn, void *arg, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, SINK_LOOKUP);
    return inner->ops->lookup(inner, table, columns, n_columns, fn, arg, err);
}

static mig_status
sink_holds_rows(mig_sink *base, const mig_table *const *tables, size_t n_tables, bool *holds_rows,
                mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, SINK_HOLDS_ROWS);
    return inner->ops->holds_rows(inner, tables, n_tables, holds_rows, err);
}

static mig_status
check(mig_sink *base, const mig_sink_need *need, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, CHECK);
    return inner->ops->check(inner, need, err);
}

static mig_status
run_steps(mig_sink *base, const mig_step *steps, size_t n_steps, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, RUN_STEPS);
    return inner->ops->run_steps(inner, steps, n_steps, err);
}

static mig_status
stage(mig_sink *base, const mig_ddl *ddl, const mig_journal *journal, mig_stage *where,
      mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->stage(inner, ddl, journal, where, err);
}

static mig_status
make_schema(mig_sink *base, const mig_ddl *ddl, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, MAKE_SCHEMA);
    return inner->ops->make_schema(inner, ddl, err);
}

static mig_status
rebuildable(mig_sink *base, const mig_plan *plan, const char **why_not, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->rebuildable(inner, plan, why_not, err);
}

static mig_status
prepare(mig_sink *base, const mig_plan *plan, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, PREPARE);
    return inner->ops->prepare(inner, plan, err);
}

static unsigned
max_writers(const mig_sink *base)
{
    const mig_sink *inner = ((const fake_fault_sink *)(const void *)base)->inner;

    return inner->ops->max_writers(inner);
}

static mig_status
writer_open(mig_sink *base, unsigned index, const mig_stop *stop, mig_writer **writerp,
            mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_sink     *inner = sink_of(base)->inner;
    fault_writer *writer = NULL;

    *writerp = NULL;
    FAIL_OR_GO_ON(sink_of(base)->fault, WRITER_OPEN);
    writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return mig_raise(err, MIG_E_NOMEM, "no memory for a writer");
    writer->base.ops = base->ops;
    writer->fault = sink_of(base)->fault;
    MIG_TRY(inner->ops->writer_open(inner, index, stop, &writer->inner, err));

    *writerp = &writer->base;
    writer = NULL; /* now the caller's */
done:
    free(writer);
    return st;
}

static mig_status
chunk_begin(mig_writer *base, const mig_table_plan *plan, mig_error *err)
{
    fault_writer *writer = writer_of(base);

    writer->begun = false;
    FAIL_OR_GO_ON(writer->fault, CHUNK_BEGIN);
    writer->begun = true;
    return writer->inner->ops->chunk_begin(writer->inner, plan, err);
}

static mig_status
chunk_write(mig_writer *base, mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    fault_writer *writer = writer_of(base);

    *rowp = UINT64_MAX;
    FAIL_OR_GO_ON(writer->fault, CHUNK_WRITE);
    return writer->inner->ops->chunk_write(writer->inner, rows, rowp, err);
}

static mig_status
chunk_commit(mig_writer *base, const mig_done *done, uint64_t *rowp, mig_error *err)
{
    fault_writer *writer = writer_of(base);

    *rowp = UINT64_MAX;
    FAIL_OR_GO_ON(writer->fault, CHUNK_COMMIT);
    return writer->inner->ops->chunk_commit(writer->inner, done, rowp, err);
}

static void
chunk_abort(mig_writer *base, const char *why)
{
    fault_writer *writer = writer_of(base);

    if (writer->begun)
        writer->inner->ops->chunk_abort(writer->inner, why);
    writer->begun = false;
}

static void
writer_close(mig_writer *base)
{
    fault_writer *writer = writer_of(base);

    if (writer == NULL)
        return;
    mig_writer_close(writer->inner);
    free(writer);
}

static mig_status
restore(mig_sink *base, mig_restoring how, unsigned n_parallel, mig_buf *notes, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, RESTORE);
    return inner->ops->restore(inner, how, n_parallel, notes, err);
}

static mig_status
left(mig_sink *base, mig_buf *found, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->left(inner, found, err);
}

static mig_status
recover(mig_sink *base, unsigned n_parallel, mig_buf *notes, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->recover(inner, n_parallel, notes, err);
}

static mig_status
complete_schema(mig_sink *base, const mig_ddl *ddl, unsigned n_parallel, mig_buf *notes,
                mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, COMPLETE_SCHEMA);
    return inner->ops->complete_schema(inner, ddl, n_parallel, notes, err);
}

static mig_status
sink_count(mig_sink *base, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, SINK_COUNT);
    return inner->ops->count(inner, table, n_rowsp, err);
}

static mig_status
statistics(mig_sink *base, const mig_plan *plan, unsigned n_others, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->statistics(inner, plan, n_others, err);
}

static mig_status
commit(mig_sink *base, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->commit(inner, plan, notes, err);
}

static mig_status
finish(mig_sink *base, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    FAIL_OR_GO_ON(sink_of(base)->fault, FINISH);
    return inner->ops->finish(inner, plan, notes, err);
}

static void
interrupt_sink(mig_sink *base)
{
    mig_sink *inner = sink_of(base)->inner;

    inner->ops->interrupt(inner);
}

static void
calm_sink(mig_sink *base)
{
    mig_sink *inner = sink_of(base)->inner;

    inner->ops->calm(inner);
}

static mig_status
read_back(mig_sink *base, unsigned n_readers, mig_source **sourcep, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->read_back(inner, n_readers, sourcep, err);
}

static mig_status
journal_keep(mig_sink *base, const mig_journal_note *note, const char **why_notp, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->journal_keep(inner, note, why_notp, err);
}

static mig_status
journal_find(mig_sink *base, mig_journal **journalp, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->journal_find(inner, journalp, err);
}

static mig_status
resume(mig_sink *base, const mig_plan *plan, const mig_ddl *ddl, mig_journal *journal,
       mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->resume(inner, plan, ddl, journal, err);
}

static mig_status
journal_copied(mig_sink *base, mig_error *err)
{
    mig_sink *inner = sink_of(base)->inner;

    return inner->ops->journal_copied(inner, err);
}

static void
close_sink(mig_sink *base)
{
    mig_sink_close(sink_of(base)->inner);
}

static mig_status
sync_begin(mig_sink *base, const mig_plan *plan, mig_error *err)
{
    (void)base;
    (void)plan;
    return mig_raise(err, MIG_E_UNSUPPORTED, "not made equal");
}

static mig_status
sync_stage(mig_sink *base, mig_sync_table *table, mig_staging what, mig_error *err)
{
    (void)table;
    (void)what;
    return sync_begin(base, NULL, err);
}

static mig_status
sync_put(mig_sink *base, const mig_rows *rows, mig_error *err)
{
    (void)rows;
    return sync_begin(base, NULL, err);
}

static mig_status
sync_staged(mig_sink *base, mig_error *err)
{
    return sync_begin(base, NULL, err);
}

static mig_status
sync_apply(mig_sink *base, const mig_plan *plan, mig_sync_table *tables, mig_error *err)
{
    (void)tables;
    return sync_begin(base, plan, err);
}

static mig_status
sync_read(mig_sink *base, const mig_sync_table *table, bool whole, mig_sync_read_fn *fn, void *arg,
          mig_error *err)
{
    (void)table;
    (void)whole;
    (void)fn;
    (void)arg;
    return sync_begin(base, NULL, err);
}

static mig_status
sync_commit(mig_sink *base, const mig_plan *plan, const mig_sync_table *tables, mig_buf *notes,
            mig_error *err)
{
    (void)tables;
    (void)notes;
    return sync_begin(base, plan, err);
}

static const mig_sink_ops sink_ops = {
    .kind = "sink with a fault",
    .catalog = sink_catalog,
    .lookup = sink_lookup,
    .holds_rows = sink_holds_rows,
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
    .writer_open = writer_open,
    .chunk_begin = chunk_begin,
    .chunk_write = chunk_write,
    .chunk_commit = chunk_commit,
    .chunk_abort = chunk_abort,
    .writer_close = writer_close,
    .restore = restore,
    .left = left,
    .recover = recover,
    .complete_schema = complete_schema,
    .count = sink_count,
    .read_back = read_back,
    .statistics = statistics,
    .commit = commit,
    .finish = finish,
    .sync_begin = sync_begin,
    .sync_stage = sync_stage,
    .sync_put = sync_put,
    .sync_staged = sync_staged,
    .sync_apply = sync_apply,
    .sync_read = sync_read,
    .sync_commit = sync_commit,
    .interrupt = interrupt_sink,
    .calm = calm_sink,
    .close = close_sink,
};

void
fake_fault_wrap_sink(fake_fault_sink *sink, mig_sink *inner, fake_fault *fault)
{
    *sink = (fake_fault_sink){.base.ops = &sink_ops, .inner = inner, .fault = fault};
}
