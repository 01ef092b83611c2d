/*
 * fake_source.c - cutting, scanning and naming rows that are made up.
 *
 * A key is the row's number, so a segment's bounds are numbers of rows.
 */
#include "fake_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct fake_cursor {
    mig_cursor        base;
    fake_source      *source;
    const fake_table *table;
    uint64_t          next, end;
} fake_cursor;

static fake_source *
source_of(mig_source *base)
{
    return (fake_source *)(void *)base;
}

static const fake_table *
table_of(fake_source *source, const char *name)
{
    return &source->data->tables[fake_data_find(source->data, name)];
}

static mig_status
catalog(mig_source *base, mig_catalog **catalogp, mig_error *err)
{
    *catalogp = fake_data_catalog(source_of(base)->data);
    return *catalogp != NULL ? MIG_OK : mig_raise(err, MIG_E_NOMEM, "no memory for a catalog");
}

static mig_status
snapshot(mig_source *base, unsigned n_readers, mig_error *err)
{
    (void)err;
    if (n_readers == 0)
        fake_data_complain(source_of(base)->data, "a snapshot for no reader");
    source_of(base)->n_readers = n_readers;
    return MIG_OK;
}

static mig_status
count(mig_source *base, const mig_table *table, uint64_t *n_rowsp, mig_error *err)
{
    fake_source *source = source_of(base);

    (void)err;
    if (source->n_readers == 0)
        fake_data_complain(source->data, "counted before the snapshot");
    *n_rowsp = table_of(source, table->name)->n_rows;
    return MIG_OK;
}

static mig_status
size(mig_source *base, const mig_table *table, uint64_t *n_bytesp, mig_error *err)
{
    (void)base;
    (void)table;
    (void)err;
    *n_bytesp = UINT64_MAX;
    return MIG_OK;
}

static mig_status
lookup(mig_source *base, const mig_table *table, const char *const *columns, size_t n_columns,
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
split(mig_source *base, const mig_table_plan *plan, size_t table, uint64_t n_rows,
      uint64_t rows_per_segment, mig_segment **segmentsp, size_t *n_segmentsp, mig_error *err)
{
    fake_source      *source = source_of(base);
    const fake_table *t = table_of(source, plan->source->name);
    uint64_t          step = t->segment_rows > 0 ? t->segment_rows : rows_per_segment;
    size_t            n = 1;

    (void)n_rows;
    if (step > 0 && !plan->refers_to_itself && t->n_rows > step)
        n = (size_t)((t->n_rows + step - 1) / step);
    *segmentsp = calloc(n, sizeof **segmentsp);
    if (*segmentsp == NULL)
        return mig_raise(err, MIG_E_NOMEM, "no memory for segments");
    for (size_t i = 0; i < n; i++)
        (*segmentsp)[i] = (mig_segment){
            .table = table,
            .has_lower = i > 0,
            .lower = i > 0 ? (int64_t)(i * step) : 0,
            .has_upper = i + 1 < n,
            .upper = i + 1 < n ? (int64_t)((i + 1) * step) - 1 : 0,
        };
    *n_segmentsp = n;
    return MIG_OK;
}

static mig_status
cursor_open(mig_source *base, unsigned reader, const mig_table_plan *plan,
            const mig_segment *segment, mig_cursor **cursorp, mig_error *err)
{
    fake_source *source = source_of(base);
    fake_cursor *cursor = calloc(1, sizeof *cursor);

    *cursorp = NULL;
    if (reader >= source->n_readers)
        fake_data_complain(source->data, "reader %u of a snapshot for %u", reader,
                           source->n_readers);
    if (cursor == NULL)
        return mig_raise(err, MIG_E_NOMEM, "no memory for a cursor");
    cursor->base.ops = base->ops;
    cursor->source = source;
    cursor->table = table_of(source, plan->source->name);
    cursor->next = segment->has_lower ? (uint64_t)segment->lower : 0;
    cursor->end = segment->has_upper ? (uint64_t)segment->upper + 1 : cursor->table->n_rows;
    atomic_fetch_add(&source->n_cursors, 1);
    *cursorp = &cursor->base;
    return MIG_OK;
}

static mig_status
cursor_fill(mig_cursor *base, mig_rows *rows, mig_fill *fillp, size_t *neededp, mig_error *err)
{
    fake_cursor *cursor = (fake_cursor *)(void *)base;

    if (!fake_gate_pass(&cursor->source->gate))
        return mig_raise(err, MIG_E_STOPPED, "reading was interrupted");
    *fillp = MIG_FILL_FULL;
    while (rows->n_rows < rows->max_rows) {
        if (cursor->next == cursor->end) {
            *fillp = MIG_FILL_END;
            break;
        }
        *neededp = fake_row_len(cursor->table, cursor->next);
        if (*neededp > mig_rows_room(rows)) {
            if (rows->n_rows == 0)
                *fillp = MIG_FILL_OUTSIZE;
            break;
        }
        fake_row_put(cursor->table, cursor->next++, rows);
    }
    fake_flow_filled(cursor->source->data, rows);
    return MIG_OK;
}

static bool
cursor_position(mig_cursor *base, int64_t *upperp)
{
    fake_cursor *cursor = (fake_cursor *)(void *)base;

    *upperp = (int64_t)cursor->next - 1;
    return cursor->source->keyed;
}

static void
cursor_close(mig_cursor *base)
{
    fake_cursor *cursor = (fake_cursor *)(void *)base;

    if (cursor == NULL)
        return;
    atomic_fetch_sub(&cursor->source->n_cursors, 1);
    free(cursor);
}

static mig_status
locate(mig_source *base, const mig_table_plan *plan, const mig_segment *segment, uint64_t nth,
       char **textp, mig_error *err)
{
    uint64_t row = (segment->has_lower ? (uint64_t)segment->lower : 0) + nth;

    *textp = NULL;
    if (row >= table_of(source_of(base), plan->source->name)->n_rows)
        return mig_raise(err, MIG_E_INTERNAL, "there is no row %" PRIu64, row);
    if (asprintf(textp, "row %" PRIu64, row) < 0) {
        *textp = NULL;
        return mig_raise(err, MIG_E_NOMEM, "no memory for a row's name");
    }
    return MIG_OK;
}

static mig_status
orphans(mig_source *base, mig_reference *references, size_t n_references, mig_error *err)
{
    (void)base;
    (void)references;
    (void)n_references;
    (void)err;
    return MIG_OK;
}

static mig_status
check(mig_source *base, const mig_catalog *catalog, mig_buf *found, mig_error *err)
{
    (void)base;
    (void)catalog;
    (void)found;
    (void)err;
    return MIG_OK;
}

static mig_status
unchanged(mig_source *base, mig_error *err)
{
    (void)base;
    (void)err;
    return MIG_OK;
}

static void
interrupt(mig_source *base)
{
    fake_source *source = source_of(base);

    atomic_fetch_add(&source->n_interrupts, 1);
    fake_gate_break(&source->gate);
}

static void
calm(mig_source *base)
{
    fake_gate_mend(&source_of(base)->gate);
}

static void
close_source(mig_source *base)
{
    fake_source *source = source_of(base);

    if (atomic_load(&source->n_cursors) > 0)
        fake_data_complain(source->data, "a cursor was left open");
    fake_gate_fini(&source->gate);
}

/* Not read yet. */
static mig_status
schema(mig_source *base, mig_schema **schemap, mig_error *err)
{
    (void)base;
    *schemap = NULL;
    return mig_raise(err, MIG_E_UNSUPPORTED, "the schema of this source cannot be read");
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

static const mig_source_ops fake_ops = {
    .kind = "made-up source",
    .catalog = catalog,
    .schema = schema,
    .snapshot = snapshot,
    .count = count,
    .size = size,
    .lookup = lookup,
    .split = split,
    .cursor_open = cursor_open,
    .cursor_fill = cursor_fill,
    .cursor_position = cursor_position,
    .cursor_close = cursor_close,
    .locate = locate,
    .survey = survey,
    .survey_cut = survey_cut,
    .orphans = orphans,
    .check = check,
    .unchanged = unchanged,
    .interrupt = interrupt,
    .calm = calm,
    .close = close_source,
};

void
fake_source_open(fake_source *source, fake_data *data)
{
    *source = (fake_source){.base.ops = &fake_ops, .data = data};
    fake_gate_init(&source->gate);
}
