/*
 * rejecting.c - --on-error reject: a run that sets aside the rows that cannot be copied.
 *
 * Such a run does all that another one does, and compares what can be compared;
 * then it fails, with the number of the rows.  What else goes wrong stays its
 * outcome, so a target that differs beyond these rows is exit 3 as ever.
 */
#include "rejecting.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "mig/log.h"

static const char *
path_of(const mig_options *options)
{
    return options->reject_file != NULL ? options->reject_file : MIG_REJECT_FILE;
}

mig_status
mig__rejecting_check(const mig_options *options, mig_error *err)
{
    struct stat there;

    if (!options->reject || options->resume || options->dry_run || options->emit_schema != NULL ||
        stat(path_of(options), &there) != 0)
        return MIG_OK;
    mig_raise(err, MIG_E_REFUSED, "the file %s is there", path_of(options));
    mig_error_detail(err, "it may hold the rows that an earlier run has set aside");
    mig_error_hint(err, "move it away, or name another one with --reject-file; the target was not "
                        "touched");
    return MIG_E_REFUSED;
}

mig_status
mig__rejecting_open(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    if (!m->options->reject)
        return MIG_OK;
    MIG_TRY(mig__reject_open(path_of(m->options), m->options->resume, &m->rejects, err));
    m->copying.aside = mig__reject_aside(m->rejects);
done:
    return st;
}

mig_status
mig__rejecting_resume(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    uint64_t   n_aside = 0;

    for (size_t t = 0; t < m->plan->n_tables; t++)
        n_aside += m->copy->tables[t].n_aside_done;
    if (m->rejects != NULL)
        MIG_TRY(mig__reject_again(m->rejects, err));
    if (n_aside == 0 || (m->rejects != NULL && mig__reject_n_rows(m->rejects) >= n_aside))
        goto done;
    st =
        mig_raise(err, MIG_E_REFUSED,
                  "the run that is to be gone on with has set %" PRIu64 " row%s aside, %s", n_aside,
                  n_aside == 1 ? "" : "s",
                  m->rejects != NULL ? "which are not in the file" : "and this one is to set none");
    mig_error_hint(err, "give it --on-error reject and --reject-file with the file that has them");
done:
    return st;
}

bool
mig__rejecting_keeps_keys(const mig_migration *m)
{
    return m->options->reject && !mig__migration_mirrors(m) && !m->sink->ops->order_free;
}

void
mig__rejecting_explain(const mig_migration *m, mig_status st, mig_error *err)
{
    if (m->rejects != NULL && st == MIG_E_DATA)
        mig_error_detail(err, "keys and indexes that are made when all rows are there set none of "
                              "them aside: the rows that this one denies are in the target");
}

static uint64_t
list(const mig_copy *copy, mig_buf *lines, size_t *n_tablesp)
{
    uint64_t n_all = 0;

    *n_tablesp = 0;
    for (size_t t = 0; copy != NULL && t < copy->plan->n_tables; t++) {
        uint64_t n = atomic_load(&copy->tables[t].n_aside);

        if (n == 0)
            continue;
        mig_buf_printf(lines, "%s%s: %" PRIu64 " of %" PRIu64 " row%s", n_all > 0 ? "\n" : "",
                       copy->plan->tables[t].source->name, n, copy->tables[t].n_rows,
                       copy->tables[t].n_rows == 1 ? "" : "s");
        n_all += n;
        ++*n_tablesp;
    }
    return n_all;
}

/* What the run came to stays in *err; a file that could not be kept is told beside it. */
static mig_status
close_file(mig_migration *m, mig_status st, mig_error *err)
{
    mig_error  own = MIG_ERROR_INIT;
    mig_status closed = mig__reject_close(m->rejects, &own);

    m->rejects = NULL;
    m->copying.aside = NULL;
    if (st == MIG_OK)
        mig_error_move(err, &own);
    else if (closed != MIG_OK)
        mig_log_error(&own);
    mig_error_fini(&own);
    return st != MIG_OK ? st : closed;
}

mig_status
mig__rejecting_end(mig_migration *m, mig_status st, bool *completep, mig_error *err)
{
    mig_buf    lines = MIG_BUF_INIT;
    size_t     n_tables;
    uint64_t   n_aside = list(m->copy, &lines, &n_tables);
    const bool any = m->rejects != NULL && n_aside > 0;
    uint64_t   n_lines = m->rejects != NULL ? mig__reject_n_rows(m->rejects) : 0;

    *completep = false;
    if (m->rejects != NULL)
        st = close_file(m, st, err);
    if (!any)
        goto done;
    if (st == MIG_OK) {
        *completep = true;
        st = mig_raise(err, MIG_E_DATA,
                       "%" PRIu64 " row%s of %zu table%s set aside: %s not in the target", n_aside,
                       n_aside == 1 ? "" : "s", n_tables, n_tables == 1 ? "" : "s",
                       n_aside == 1 ? "it is" : "they are");
        mig_error_detail(err, "%s", mig_buf_text(&lines));
        mig_error_hint(err, "they stand in %s, each with its reason; all other rows are there",
                       path_of(m->options));
        if (n_lines < n_aside) /* which a run that was gone on with cannot tell apart */
            mig_error_detail(err, "of rows that are the same in all columns it may have one only");
    } else {
        mig_log_warning("%" PRIu64 " row%s of %zu table%s set aside; %s in %s", n_aside,
                        n_aside == 1 ? "" : "s", n_tables, n_tables == 1 ? "" : "s",
                        n_aside == 1 ? "it stands" : "they stand", path_of(m->options));
    }
done:
    mig_buf_fini(&lines);
    return st;
}
