/*
 * scan.c - readers share the segments of all tables, each as it gets one.
 *
 * Threads: reader_main on each of them.  Segments are fixed before they start;
 * which is the next is one atomic number.
 */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "mig/threads.h"
#include "run.h"

#define ROWS_PER_BATCH 5000

typedef struct run {
    const mig__scan *scan;
    mig_cancel      *cancel;
    mig_segment     *segments;
    size_t           n_segments;
    atomic_size_t    next;
} run;

typedef struct scanner {
    run     *run;
    unsigned index;
    mig_rows rows;
} scanner;

/* ---- segments ----------------------------------------------------------------------------- */

static mig_status
add_segments(run *r, size_t table, mig_error *err)
{
    const mig__scan      *scan = r->scan;
    const mig_table_plan *plan = &scan->plan->tables[table];
    mig_status            st = MIG_OK;
    bool         cut = scan->n_readers > 1 && scan->n_rows[table] >= 2 * MIG__ROWS_PER_SEGMENT;
    mig_segment *segments = NULL, *grown;
    size_t       n = 0;

    MIG_TRY(scan->source->ops->split(scan->source, plan, table, scan->n_rows[table],
                                     cut ? MIG__ROWS_PER_SEGMENT : 0, &segments, &n, err));
    grown = reallocarray(r->segments, r->n_segments + n + 1, sizeof *grown);
    if (grown == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the segments of %s", plan->source->name);
        goto done;
    }
    r->segments = grown;
    for (size_t i = 0; i < n; i++)
        r->segments[r->n_segments++] = segments[i];
done:
    free(segments);
    return st;
}

static mig_status
list_segments(run *r, mig_error *err)
{
    mig_status st = MIG_OK;

    if (r->scan->segments != NULL) {
        r->segments = calloc(r->scan->n_segments + 1, sizeof *r->segments);
        if (r->segments == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate the segments of a table");
        memcpy(r->segments, r->scan->segments, r->scan->n_segments * sizeof *r->segments);
        r->n_segments = r->scan->n_segments;
        return MIG_OK;
    }
    for (size_t t = 0; t < r->scan->plan->n_tables; t++)
        if (r->scan->table == SIZE_MAX || r->scan->table == t)
            MIG_TRY(add_segments(r, t, err));
done:
    return st;
}

/* ---- readers ------------------------------------------------------------------------------ */

static mig_status
grow(mig_rows *rows, size_t needed, mig_error *err)
{
    unsigned char *data = realloc(rows->data, needed);

    if (data == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate %zu bytes for one row", needed);
    rows->data = data;
    rows->cap = needed;
    return MIG_OK;
}

static mig_status
read_segment(scanner *s, const mig_segment *segment, mig_error *err)
{
    const mig__scan *scan = s->run->scan;
    mig_source      *source = scan->source;
    mig_cursor      *cursor = NULL;
    mig_fill         fill = MIG_FILL_FULL;
    mig_status       st = MIG_OK;

    MIG_TRY(source->ops->cursor_open(source, s->index, &scan->plan->tables[segment->table], segment,
                                     &cursor, err));
    while (fill != MIG_FILL_END) {
        size_t needed = 0;

        if (mig_stop_raised(mig_cancel_stop(s->run->cancel))) {
            st = mig_raise(err, MIG_E_STOPPED, "stopped");
            goto done;
        }
        s->rows.len = s->rows.n_rows = 0;
        MIG_TRY(source->ops->cursor_fill(cursor, &s->rows, &fill, &needed, err));
        if (s->rows.n_rows > 0)
            MIG_TRY(scan->fn(scan->args[s->index], segment->table, &s->rows, err));
        if (fill == MIG_FILL_OUTSIZE)
            MIG_TRY(grow(&s->rows, needed, err));
    }
done:
    mig_cursor_close(cursor);
    return st;
}

static mig_status
reader_main(void *arg, mig_error *err)
{
    scanner   *s = arg;
    run       *r = s->run;
    mig_status st = MIG_OK;
    size_t     i;

    s->rows.max_rows = ROWS_PER_BATCH;
    MIG_TRY(grow(&s->rows, MIG_BATCH_BYTES, err));
    while ((i = atomic_fetch_add(&r->next, 1)) < r->n_segments)
        MIG_TRY(read_segment(s, &r->segments[i], err));
done:
    free(s->rows.data);
    return st;
}

static void
interrupt_source(void *arg)
{
    mig_source *source = arg;

    source->ops->interrupt(source);
}

static mig_status
run_readers(run *r, mig_error *err)
{
    const unsigned       n = r->scan->n_readers;
    mig_status           st = MIG_OK;
    mig_cancel_interrupt interrupt = {0};
    scanner             *scanners = calloc(n, sizeof *scanners);
    void               **args = calloc(n, sizeof *args);

    if (scanners == NULL || args == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate readers");
        goto done;
    }
    for (unsigned i = 0; i < n; i++) {
        scanners[i] = (scanner){.run = r, .index = i};
        args[i] = &scanners[i];
    }
    mig_cancel_watch_interrupt(r->cancel, &interrupt, interrupt_source, r->scan->source);
    st = mig_threads_run(r->cancel, "scan", reader_main, args, n, err);
    mig_cancel_unwatch_interrupt(r->cancel, &interrupt);
done:
    free(scanners);
    free(args);
    return st;
}

mig_status
mig__scan_run(const mig__scan *scan, mig_error *err)
{
    run        r = {.scan = scan};
    mig_status st = MIG_OK;

    MIG_TRY(mig_cancel_new(&r.cancel, err));
    MIG_TRY(list_segments(&r, err));
    MIG_TRY(run_readers(&r, err));
done:
    free(r.segments);
    mig_cancel_free(r.cancel);
    return st;
}
