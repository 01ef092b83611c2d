/*
 * sync_run.c - --sync: a target that holds most rows is made equal to the source.
 *
 *   look      (look.c) open both, plan, may the role do it; ask
 *   begin     one transaction in the target, in which nobody else writes there
 *   compare   by digests of buckets; what differs is staged
 *   apply     insert, update, delete; what was written is read back
 *   commit    with one more look at the source; counters, statistics
 *
 * --dry-run ends behind a comparison that stages nothing, outside of any
 * transaction.
 */
#include "sync_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mig/log.h"
#include "mig/postgres.h"
#include "mig/threads.h"

mig_status
mig__sync_check_finished(const mig_migration *m, mig_error *err)
{
    if (mig_catalog_find(m->target_catalog, MIG_UNFINISHED_TABLE) == NULL)
        return MIG_OK;
    mig_raise(err, MIG_E_REFUSED, "the target is not finished");
    mig_error_detail(err, "a run that copied into it has ended before its end; its "
                          "table " MIG_UNFINISHED_TABLE " lists what may lack rows and keys");
    mig_error_hint(err, "run that again, with --force, and --sync after it; if you have finished "
                        "it yourself, drop " MIG_UNFINISHED_TABLE);
    return MIG_E_REFUSED;
}

static mig_status
phase(mig_migration *m, mig_phase_fn *fn, mig_error *err)
{
    int        signo = 0;
    mig_status st = mig_phase_run_all(m->source, m->back, m->sink, fn, m, &signo, err);

    if (signo != 0)
        m->signo = signo;
    return st;
}

static mig_status
begin(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return m->sink->ops->sync_begin(m->sink, m->plan, err);
}

static mig_status
count(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = MIG_OK;
    uint64_t      *n_rows = calloc(m->plan->n_tables + 1, sizeof *n_rows);

    if (n_rows == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot count rows");
    for (size_t t = 0; t < m->plan->n_tables; t++)
        MIG_TRY(m->source->ops->count(m->source, m->plan->tables[t].source, &n_rows[t], err));
    MIG_TRY(mig_sync_new(m->plan, n_rows, &m->sync, err));
done:
    free(n_rows);
    return st;
}

static mig_status
open_back(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return m->sink->ops->read_back(m->sink, mig__migration_back_readers(m), &m->back, err);
}

static mig_status
compare(void *arg, mig_error *err)
{
    mig_migration       *m = arg;
    const mig_sync_sides sides = {
        .source = m->source,
        .n_source_readers = m->copying.n_readers > 0 ? m->copying.n_readers : 1,
        .target = m->back,
        .n_target_readers = mig__migration_back_readers(m),
        .sink = m->options->dry_run ? NULL : m->sink,
    };

    return mig_sync_compare(m->sync, &sides, &m->warnings, err);
}

static mig_status
apply(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return mig_sync_apply(m->sync, m->sink, err);
}

static mig_status
commit(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = MIG_OK;

    MIG_TRY(m->source->ops->unchanged(m->source, err));
    m->target_state = MIG_TARGET_COPIED;
    MIG_TRY(
        m->sink->ops->sync_commit(m->sink, m->plan, mig_sync_tables(m->sync), &m->warnings, err));
done:
    return st;
}

static uint64_t
changes(const mig_sync_table *table)
{
    return table->n_inserted + table->n_updated + table->n_deleted;
}

/* A line for each table that differs, and their sum. */
static void
list_changes(const mig_migration *m, mig_buf *out)
{
    const mig_sync_table *tables = mig_sync_tables(m->sync);
    size_t                n_differing = 0;
    int                   width = 0;

    for (size_t t = 0; t < m->plan->n_tables; t++) {
        int len =
            changes(&tables[t]) > 0 ? snprintf(NULL, 0, "%s", m->plan->tables[t].target->name) : 0;

        width = len > width ? len : width;
    }
    for (size_t t = 0; t < m->plan->n_tables; t++) {
        const mig_sync_table *table = &tables[t];

        if (changes(table) == 0)
            continue;
        n_differing++;
        mig_buf_printf(out,
                       "  %-*s  %" PRIu64 " inserted, %" PRIu64 " updated, %" PRIu64
                       " deleted, %" PRIu64 " unchanged\n",
                       width, m->plan->tables[t].target->name, table->n_inserted, table->n_updated,
                       table->n_deleted,
                       mig_sync_n_source_rows(m->sync, t) - table->n_inserted - table->n_updated);
    }
    mig_buf_printf(out, "%zu of %zu table%s %s\n", n_differing, m->plan->n_tables,
                   m->plan->n_tables == 1 ? "" : "s", n_differing == 1 ? "differs" : "differ");
}

static mig_status
tell(const mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    text = MIG_BUF_INIT;
    uint64_t   n_rows = 0;

    for (size_t t = 0; t < m->plan->n_tables; t++)
        n_rows += mig_sync_n_source_rows(m->sync, t);
    if (mig_sync_differs(m->sync))
        list_changes(m, &text);
    else
        mig_buf_printf(&text,
                       "Nothing differs: source and target hold the same %" PRIu64
                       " rows in %zu table%s.\n",
                       n_rows, m->plan->n_tables, m->plan->n_tables == 1 ? "" : "s");
    MIG_TRY(mig_buf_check(&text, err));
    if (m->options->dry_run)
        fputs(mig_buf_text(&text), stdout);
    else
        mig_log_info("%.*s", (int)(text.len - 1), text.data);
    if (m->options->dry_run && (fflush(stdout) != 0 || ferror(stdout)))
        st = mig_raise(err, MIG_E_IO, "cannot write to standard output");
done:
    mig_buf_fini(&text);
    return st;
}

static mig_status
find(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(phase(m, count, err));
    MIG_TRY(phase(m, open_back, err));
    mig_log_info("Comparing contents\u2026");
    MIG_TRY(phase(m, compare, err));
    mig__report_warnings(&m->warnings);
    mig_buf_clear(&m->warnings);
done:
    mig_source_close(m->back);
    m->back = NULL;
    return st;
}

mig_status
mig__sync_run(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__look_to_sync(m, err));
    mig_threads_block_signals();
    /* A file is compared in the copy that would become the target: its own is locked. */
    if (!m->options->dry_run || m->sink->all_or_nothing)
        MIG_TRY(phase(m, begin, err));
    MIG_TRY(find(m, err));
    if (m->options->dry_run) {
        MIG_TRY(tell(m, err));
        goto done;
    }
    if (mig_sync_differs(m->sync)) {
        mig_log_info("Changing rows of the target\u2026");
        MIG_TRY(phase(m, apply, err));
    }
    MIG_TRY(phase(m, commit, err));
    m->target_state = MIG_TARGET_UNTOUCHED;
    mig__report_warnings(&m->warnings);
    MIG_TRY(tell(m, err));
done:
    return st;
}

void
mig__sync_tell_state(const mig_migration *m)
{
    if (m->target_state == MIG_TARGET_UNTOUCHED)
        mig_log_warning("the target is as it was");
    else
        mig_log_warning("it failed while the changes were committed or behind that: run --sync "
                        "again, which finds out");
}
