/*
 * fake_run.c - from tables to a finished run.
 */
#include "fake_run.h"

#include <inttypes.h>
#include <string.h>

#define BATCH_ROWS  10
#define BATCH_BYTES 1024
#define CHUNK_BYTES 4096

static bool
make_plan(fake_run *run)
{
    static const mig_plan_rules none;
    mig_buf                     notes = MIG_BUF_INIT;
    mig_status                  st;

    st = mig_plan_make(run->catalog, run->catalog, &none, &run->plan, &notes, &run->err);
    mig_buf_fini(&notes);
    return st == MIG_OK;
}

bool
fake_run_init(fake_run *run, const fake_table *tables, size_t n_tables)
{
    memset(run, 0, sizeof *run);
    run->options = (mig_copy_options){
        .n_readers = 1,
        .n_writers = 1,
        .batch_rows = BATCH_ROWS,
        .batch_bytes = BATCH_BYTES,
        .chunk_bytes = CHUNK_BYTES,
    };
    fake_data_init(&run->data, tables, n_tables);
    fake_source_open(&run->source, &run->data);
    fake_fault_wrap_source(&run->faulty_source, &run->source.base, &run->fault);
    fake_fault_wrap_sink(&run->faulty_sink, &run->sink.base, &run->fault);
    if (!fake_sink_open(&run->sink, &run->data))
        return false;
    run->catalog = fake_data_catalog(&run->data);
    return run->catalog != NULL && make_plan(run);
}

void
fake_run_fini(fake_run *run)
{
    mig_copy_free(run->copy);
    mig_plan_free(run->plan);
    mig_catalog_free(run->catalog);
    mig_source_close(&run->faulty_source.base);
    mig_sink_close(&run->faulty_sink.base);
    fake_data_fini(&run->data);
    mig_error_fini(&run->err);
}

mig_status
fake_run_copy(fake_run *run)
{
    mig_status  st = MIG_OK, restored;
    mig_source *source = &run->faulty_source.base;
    mig_sink   *sink = &run->faulty_sink.base;
    mig_buf     notes = MIG_BUF_INIT;
    bool        prepared = false;

    run->data.batch_bytes = run->options.batch_bytes;
    MIG_TRY(source->ops->snapshot(source, run->options.n_readers > 0 ? run->options.n_readers : 1,
                                  &run->err));
    MIG_TRY(mig_copy_new(source, run->plan, &run->copy, &run->err));
    MIG_TRY(sink->ops->prepare(sink, run->plan, &run->err));
    prepared = true;
    MIG_TRY(mig_copy_run(run->copy, source, sink, &run->options, run->tick, run->arg, &run->err));
done:
    if (prepared) {
        restored = sink->ops->restore(
            sink, st == MIG_OK ? MIG_RESTORE_COMPLETE : MIG_RESTORE_PARTLY, 1, &notes, &run->err);
        st = st != MIG_OK ? st : restored;
    }
    if (st == MIG_OK)
        st = mig_verify_counts(run->copy, sink, &run->err);
    if (st == MIG_OK)
        st = source->ops->unchanged(source, &run->err);
    mig_buf_fini(&notes);
    return st;
}

size_t
fake_run_table(const fake_run *run, const char *name)
{
    size_t i = 0;

    while (i < run->plan->n_tables && strcmp(run->plan->tables[i].source->name, name) != 0)
        i++;
    return i;
}

/* What the engine says of the tables against what stands in the target. */
static void
compare_numbers(fake_run *run)
{
    for (size_t i = 0; run->copy != NULL && i < run->data.n_tables; i++) {
        const char           *name = run->data.tables[i].name;
        const mig_table_copy *table = &run->copy->tables[fake_run_table(run, name)];
        uint64_t              n_stored = run->sink.tables[i].n_rows;
        bool                  complete = atomic_load(&table->complete);

        if (atomic_load(&table->n_committed) != n_stored)
            fake_data_complain(&run->data, "%s: %" PRIu64 " rows stand there, said to be %" PRIu64,
                               name, n_stored, atomic_load(&table->n_committed));
        if (complete && n_stored != table->n_rows)
            fake_data_complain(&run->data, "%s: said to be complete", name);
        if (atomic_load(&table->n_read) < atomic_load(&table->n_written) ||
            atomic_load(&table->n_written) < n_stored)
            fake_data_complain(&run->data, "%s: more written than read", name);
    }
}

const char *
fake_run_complaint(fake_run *run)
{
    const fake_sink *sink = &run->sink;

    compare_numbers(run);
    if (sink->n_chunks_open != 0 || sink->n_begun != sink->n_committed + sink->n_aborted)
        fake_data_complain(&run->data, "a chunk was left open");
    if (sink->n_writers != 0 || atomic_load(&run->source.n_cursors) != 0)
        fake_data_complain(&run->data, "a writer or a cursor was left open");
    return fake_data_complaint(&run->data);
}
