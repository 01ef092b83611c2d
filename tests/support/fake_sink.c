/*
 * fake_sink.c - looking at every row, and keeping count.
 *
 * The rows of a chunk are consecutive rows of one table, so a chunk is kept as
 * its first row and their number.
 */
#include "fake_sink.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef enum chunk_state {
    CHUNK_NONE,
    CHUNK_OPEN,
    CHUNK_FAILED, /* only an abort may come */
} chunk_state;

typedef struct fake_writer {
    mig_writer  base;
    fake_sink  *sink;
    chunk_state state;
    size_t      table;
    uint64_t    first, n_rows;
    size_t      n_bytes, n_bytes_before_last;
} fake_writer;

static fake_sink *
sink_of(mig_sink *base)
{
    return (fake_sink *)(void *)base;
}

static fake_writer *
writer_of(mig_writer *base)
{
    return (fake_writer *)(void *)base;
}

static const fake_table *
table_of(const fake_writer *writer)
{
    return &writer->sink->data->tables[writer->table];
}

static mig_status
catalog(mig_sink *base, mig_catalog **catalogp, mig_error *err)
{
    *catalogp = fake_data_catalog(sink_of(base)->data);
    return *catalogp != NULL ? MIG_OK : mig_raise(err, MIG_E_NOMEM, "no memory for a catalog");
}

static mig_status
lookup(mig_sink *base, const mig_table *table, const char *const *columns, size_t n_columns,
       mig_lookup_fn *fn, void *arg, mig_error *err)
{
    (void)base;
    (void)columns;
    (void)n_columns;
    (void)fn;
    (void)arg;
    return mig_raise(err, MIG_E_UNSUPPORTED, "nothing can be looked up in made-up table %s",
                     table->name);
}

static mig_status
holds_rows(mig_sink *base, const mig_table *const *tables, size_t n_tables, bool *holds_rows,
           mig_error *err)
{
    (void)base;
    (void)tables;
    (void)holds_rows;
    return mig_raise(err, MIG_E_UNSUPPORTED, "%zu made-up tables cannot be asked for rows",
                     n_tables);
}

static mig_status
check(mig_sink *base, const mig_sink_need *need, mig_error *err)
{
    (void)base;
    (void)need;
    (void)err;
    return MIG_OK;
}

static mig_status
run_steps(mig_sink *base, const mig_step *steps, size_t n_steps, mig_error *err)
{
    (void)base;
    (void)steps;
    return mig_raise(err, MIG_E_UNSUPPORTED, "a made-up target cannot run %zu steps", n_steps);
}

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

static mig_status
make_schema(mig_sink *base, const mig_ddl *ddl, mig_error *err)
{
    fake_sink *sink = sink_of(base);

    (void)ddl;
    (void)err;
    if (sink->made || sink->prepared)
        fake_data_complain(sink->data, "the schema was made twice, or after preparing");
    sink->made = true;
    return MIG_OK;
}

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
    fake_sink *sink = sink_of(base);

    (void)err;
    for (size_t i = 0; i < plan->n_tables; i++) {
        size_t table = fake_data_find(sink->data, plan->tables[i].target->name);

        memset(sink->tables[table].seen, 0, sink->data->tables[table].n_rows);
        sink->tables[table].n_rows = 0;
    }
    sink->prepared = true;
    return MIG_OK;
}

static unsigned
max_writers(const mig_sink *base)
{
    return ((const fake_sink *)(const void *)base)->max_writers;
}

static mig_status
writer_open(mig_sink *base, unsigned index, const mig_stop *stop, mig_writer **writerp,
            mig_error *err)
{
    fake_sink   *sink = sink_of(base);
    fake_writer *writer = calloc(1, sizeof *writer);

    *writerp = NULL;
    if (writer == NULL)
        return mig_raise(err, MIG_E_NOMEM, "no memory for a writer");
    writer->base.ops = base->ops;
    writer->sink = sink;
    if (!sink->prepared)
        fake_data_complain(sink->data, "a writer before the target was prepared");
    if (index >= sink->max_writers || stop == NULL)
        fake_data_complain(sink->data, "writer %u of at most %u", index, sink->max_writers);
    pthread_mutex_lock(&sink->lock);
    if (++sink->n_writers > sink->most_writers)
        sink->most_writers = sink->n_writers;
    pthread_mutex_unlock(&sink->lock);
    *writerp = &writer->base;
    return MIG_OK;
}

/* The parents' rows must stand before the first row of a child comes. */
static void
expect_parents_locked(fake_sink *sink, const fake_table *table)
{
    for (size_t k = 0; k < FAKE_MAX_PARENTS && table->parents[k] != NULL; k++) {
        size_t parent = fake_data_find(sink->data, table->parents[k]);

        if (strcmp(table->parents[k], table->name) == 0 || parent == sink->data->n_tables)
            continue;
        if (sink->tables[parent].n_rows != sink->data->tables[parent].n_rows)
            fake_data_complain(sink->data, "%s came before its parent %s was complete", table->name,
                               table->parents[k]);
    }
}

static mig_status
chunk_begin(mig_writer *base, const mig_table_plan *plan, mig_error *err)
{
    fake_writer *writer = writer_of(base);
    fake_sink   *sink = writer->sink;

    (void)err;
    if (writer->state != CHUNK_NONE)
        fake_data_complain(sink->data, "begun while a chunk is open");
    writer->state = CHUNK_OPEN;
    writer->table = fake_data_find(sink->data, plan->target->name);
    writer->n_rows = 0;
    writer->n_bytes = writer->n_bytes_before_last = 0;
    pthread_mutex_lock(&sink->lock);
    expect_parents_locked(sink, table_of(writer));
    sink->n_begun++;
    sink->n_chunks_open++;
    pthread_mutex_unlock(&sink->lock);
    return MIG_OK;
}

static void
keep_sizes(fake_sink *sink, const mig_rows *rows)
{
    bool outsize = rows->cap > sink->data->batch_bytes;

    if (rows->n_rows == 0 || rows->n_rows > rows->max_rows || (outsize && rows->n_rows != 1))
        fake_data_complain(sink->data, "a batch of %" PRIu32 " rows%s", rows->n_rows,
                           outsize ? ", outsize" : "");
    pthread_mutex_lock(&sink->lock);
    if (rows->n_rows > sink->most_rows)
        sink->most_rows = rows->n_rows;
    if (outsize)
        sink->n_outsize++;
    else if (rows->len > sink->most_bytes)
        sink->most_bytes = rows->len;
    pthread_mutex_unlock(&sink->lock);
}

/* The refusal of the row at `position` of the chunk. */
static mig_status
refuse(fake_writer *writer, uint64_t position, uint64_t *rowp, mig_error *err)
{
    writer->state = CHUNK_FAILED;
    *rowp = position;
    return mig_raise(err, MIG_E_DATA, "the target refused row %" PRIu64 " of %s",
                     writer->first + position, table_of(writer)->name);
}

/* Takes all rows of the batch; false if one is not the next of the table. */
static bool
take_rows(fake_writer *writer, const mig_rows *rows)
{
    size_t at = 0;

    for (uint32_t i = 0; i < rows->n_rows; i++) {
        uint64_t row;
        size_t   len;

        if (!fake_row_get(table_of(writer), rows->data + at, rows->len - at, &row, &len))
            return false;
        if (writer->n_rows == 0)
            writer->first = row;
        if (row != writer->first + writer->n_rows)
            return false;
        writer->n_rows++;
        at += len;
    }
    return at == rows->len;
}

static bool
is_refused(const fake_writer *writer, bool at_commit)
{
    const fake_table *table = table_of(writer);
    uint64_t          row = table->refused_row - 1;

    return table->refused_row != 0 && table->refused_at_commit == at_commit &&
           row >= writer->first && row - writer->first < writer->n_rows;
}

static mig_status
chunk_write(mig_writer *base, mig_rows *rows, uint64_t *rowp, mig_error *err)
{
    fake_writer *writer = writer_of(base);
    fake_sink   *sink = writer->sink;

    *rowp = UINT64_MAX;
    if (writer->state != CHUNK_OPEN)
        fake_data_complain(sink->data, "written while no chunk is open");
    if (!fake_gate_pass(&sink->gate)) {
        writer->state = CHUNK_FAILED;
        return mig_raise(err, MIG_E_STOPPED, "writing was interrupted");
    }
    keep_sizes(sink, rows);
    writer->n_bytes_before_last = writer->n_bytes;
    writer->n_bytes += rows->len;
    if (!take_rows(writer, rows))
        fake_data_complain(sink->data, "%s: not the rows that come next", table_of(writer)->name);
    fake_flow_written(sink->data, rows);
    if (is_refused(writer, false))
        return refuse(writer, table_of(writer)->refused_row - 1 - writer->first, rowp, err);
    return MIG_OK;
}

static void
store_locked(fake_writer *writer)
{
    fake_sink   *sink = writer->sink;
    fake_stored *stored = &sink->tables[writer->table];

    for (uint64_t row = writer->first; row < writer->first + writer->n_rows; row++) {
        if (stored->seen[row])
            fake_data_complain(sink->data, "%s: row %" PRIu64 " came twice", table_of(writer)->name,
                               row);
        stored->seen[row] = 1;
    }
    stored->n_rows += writer->n_rows;
    stored->n_chunks++;
    if (writer->n_bytes_before_last > stored->most_before_last)
        stored->most_before_last = writer->n_bytes_before_last;
    sink->n_committed++;
    sink->n_chunks_open--;
}

static mig_status
chunk_commit(mig_writer *base, const mig_done *done, uint64_t *rowp, mig_error *err)
{
    fake_writer *writer = writer_of(base);
    fake_sink   *sink = writer->sink;

    (void)done;
    *rowp = UINT64_MAX;
    if (writer->state != CHUNK_OPEN)
        fake_data_complain(sink->data, "committed while no chunk is open");
    if (is_refused(writer, true))
        return refuse(writer, table_of(writer)->refused_row - 1 - writer->first, rowp, err);
    if (fake_table_refers_to_itself(table_of(writer)) &&
        writer->n_rows != table_of(writer)->n_rows) {
        writer->state = CHUNK_FAILED;
        return mig_raise(err, MIG_E_DATABASE, "%s: a row refers to a row that is not there",
                         table_of(writer)->name);
    }
    writer->state = CHUNK_NONE;
    pthread_mutex_lock(&sink->lock);
    store_locked(writer);
    pthread_mutex_unlock(&sink->lock);
    return MIG_OK;
}

static void
chunk_abort(mig_writer *base, const char *why)
{
    fake_writer *writer = writer_of(base);
    fake_sink   *sink = writer->sink;

    if (writer->state == CHUNK_NONE || why == NULL)
        fake_data_complain(sink->data, "aborted while no chunk is open, or for no reason");
    (void)fake_gate_pass(&sink->abort_gate);
    writer->state = CHUNK_NONE;
    pthread_mutex_lock(&sink->lock);
    sink->n_aborted++;
    sink->n_chunks_open--;
    pthread_mutex_unlock(&sink->lock);
}

static void
writer_close(mig_writer *base)
{
    fake_writer *writer = writer_of(base);

    if (writer == NULL)
        return;
    if (writer->state != CHUNK_NONE)
        fake_data_complain(writer->sink->data, "a writer was closed with its chunk open");
    pthread_mutex_lock(&writer->sink->lock);
    writer->sink->n_writers--;
    pthread_mutex_unlock(&writer->sink->lock);
    free(writer);
}

static mig_status
restore(mig_sink *base, mig_restoring how, unsigned n_parallel, mig_buf *notes, mig_error *err)
{
    (void)n_parallel;
    (void)how;
    (void)notes;
    (void)err;
    if (!sink_of(base)->prepared)
        fake_data_complain(sink_of(base)->data, "restored before the target was prepared");
    return MIG_OK;
}

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

static mig_status
complete_schema(mig_sink *base, const mig_ddl *ddl, unsigned n_parallel, mig_buf *notes,
                mig_error *err)
{
    fake_sink *sink = sink_of(base);

    (void)ddl;
    (void)notes;
    (void)err;
    if (!sink->made || !sink->prepared || sink->n_writers > 0 || n_parallel == 0)
        fake_data_complain(sink->data, "the schema was completed out of order");
    return MIG_OK;
}

static mig_status
count(mig_sink *base, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    fake_sink *sink = sink_of(base);
    uint64_t   n = sink->tables[fake_data_find(sink->data, table->name)].n_rows;

    (void)err;
    *n_rowsp = n > 0 ? (uint64_t)((int64_t)n + sink->count_off) : 0;
    return MIG_OK;
}

static mig_status
statistics(mig_sink *base, const mig_plan *plan, unsigned n_others, mig_error *err)
{
    (void)base;
    (void)plan;
    (void)n_others;
    (void)err;
    return MIG_OK;
}

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
finish(mig_sink *base, const mig_plan *plan, mig_buf *notes, mig_error *err)
{
    (void)base;
    (void)plan;
    (void)notes;
    (void)err;
    return MIG_OK;
}

static void
interrupt(mig_sink *base)
{
    fake_sink *sink = sink_of(base);

    pthread_mutex_lock(&sink->lock);
    sink->n_interrupts++;
    pthread_mutex_unlock(&sink->lock);
    fake_gate_break(&sink->gate);
    fake_gate_break(&sink->abort_gate);
}

static void
calm(mig_sink *base)
{
    fake_gate_mend(&sink_of(base)->gate);
    fake_gate_mend(&sink_of(base)->abort_gate);
}

/* What it was given is compared when it comes, and kept nowhere. */
static mig_status
read_back(mig_sink *base, unsigned n_readers, mig_source **sourcep, mig_error *err)
{
    (void)base;
    (void)n_readers;
    *sourcep = NULL;
    return mig_raise(err, MIG_E_UNSUPPORTED, "a made-up target cannot be read back");
}

static mig_status
journal_keep(mig_sink *base, const mig_journal_note *note, const char **why_notp, mig_error *err)
{
    (void)base;
    (void)note;
    (void)err;
    *why_notp = "a made-up target has none";
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
    return mig_raise(err, MIG_E_UNSUPPORTED, "a made-up target has no journal");
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
    fake_sink *sink = sink_of(base);

    if (sink->n_writers > 0)
        fake_data_complain(sink->data, "a writer was left open");
    for (size_t i = 0; sink->tables != NULL && i < sink->data->n_tables; i++)
        free(sink->tables[i].seen);
    free(sink->tables);
    pthread_mutex_destroy(&sink->lock);
    fake_gate_fini(&sink->gate);
    fake_gate_fini(&sink->abort_gate);
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

static const mig_sink_ops fake_ops = {
    .kind = "made-up target",
    .catalog = catalog,
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
    .count = count,
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
    .interrupt = interrupt,
    .calm = calm,
    .close = close_sink,
};

bool
fake_sink_open(fake_sink *sink, fake_data *data)
{
    *sink = (fake_sink){.base.ops = &fake_ops, .data = data, .max_writers = UINT_MAX};
    pthread_mutex_init(&sink->lock, NULL);
    fake_gate_init(&sink->gate);
    fake_gate_init(&sink->abort_gate);
    sink->tables = calloc(data->n_tables, sizeof *sink->tables);
    if (sink->tables == NULL)
        return false;
    for (size_t i = 0; i < data->n_tables; i++) {
        sink->tables[i].seen = calloc(data->tables[i].n_rows + 1, 1);
        if (sink->tables[i].seen == NULL)
            return false;
    }
    return true;
}

bool
fake_sink_complete(const fake_sink *sink)
{
    for (size_t i = 0; i < sink->data->n_tables; i++)
        if (sink->tables[i].n_rows != sink->data->tables[i].n_rows)
            return false;
    return true;
}

uint64_t
fake_sink_rows(const fake_sink *sink)
{
    uint64_t n = 0;

    for (size_t i = 0; i < sink->data->n_tables; i++)
        n += sink->tables[i].n_rows;
    return n;
}
