/*
 * restore_only.c - what a run that died has left suspended in the target.
 */
#include "restore_only.h"

#include <inttypes.h>
#include <string.h>

#include "databases.h"
#include "mig/log.h"
#include "mig/threads.h"

static mig_status
recover(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return m->sink->ops->recover(m->sink, mig__migration_parallel(m), &m->warnings, err);
}

mig_status
mig__restore_only_run(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    found = MIG_BUF_INIT;

    if (m->target_url.kind == MIG_URL_SQLITE) {
        mig_raise(err, MIG_E_USAGE, "--restore-only: nothing is ever suspended in a SQLite file");
        mig_error_hint(err, "a run that was killed has left the old file as it was");
        st = MIG_E_USAGE;
        goto done;
    }
    mig_log_info("Connecting to target:  %s", m->target_url.display);
    MIG_TRY(mig__databases_open_sink(&m->target_url, m->options->target_schema, &m->sink, err));
    MIG_TRY(m->sink->ops->left(m->sink, &found, err));
    MIG_TRY(m->sink->ops->journal_find(m->sink, &m->journal, err));
    if (found.len == 0)
        mig_log_info("Nothing is suspended in the target.");
    else
        mig_log_info("Putting back:\n%.*s", (int)(found.len - 1), found.data);
    if (m->journal != NULL)
        mig_log_info("Forgetting what was copied by the run of %s; its %s.", m->journal->since,
                     m->journal->staged ? "tables, which are in a schema beside the target's, go"
                                        : "rows stay");
    if (found.len == 0 && m->journal == NULL)
        goto done;
    mig_threads_block_signals();
    MIG_TRY(mig_phase_run(NULL, m->sink, recover, m, &m->signo, err));
    mig__report_warnings(&m->warnings);
    if (found.len > 0)
        mig_log_info("All of it is back. What rows the tables hold was not looked at.");
done:
    mig_buf_fini(&found);
    return st;
}

static mig_status
refuse(const mig_buf *found, const mig_journal *journal, mig_error *err)
{
    mig_raise(err, MIG_E_REFUSED, "a run before this one did not come to its end: %s",
              found->len > 0 ? "things are suspended in the target"
                             : "its journal is in the target");
    if (journal != NULL)
        mig_error_detail(err, "of the run of %s %" PRIu64 " rows are there%s%s", journal->since,
                         journal->n_rows, journal->copied ? ", which is all of them" : "",
                         journal->staged ? ", in a schema beside the target's, which holds what it "
                                           "held before"
                                         : "");
    if (found->len > 0)
        mig_error_detail(err, "%.*s", (int)(found->len - 1), found->data);
    mig_error_hint(err, "%s--restore-only puts %s; --force copies everything again%s",
                   journal != NULL ? "--resume goes on from there; " : "",
                   journal == NULL  ? "them back"
                   : found->len > 0 ? "back what is suspended, and forgets the run"
                                    : "an end to it as it is, and forgets the run",
                   found->len > 0 ? ", and puts them back behind that" : "");
    return MIG_E_REFUSED;
}

mig_status
mig__restore_only_check(mig_migration *m, mig_error *err)
{
    mig_status   st = MIG_OK;
    mig_buf      found = MIG_BUF_INIT;
    mig_journal *journal = NULL;

    MIG_TRY(m->sink->ops->left(m->sink, &found, err));
    MIG_TRY(m->sink->ops->journal_find(m->sink, &journal, err));
    if (journal != NULL && journal->n_chunks == 0 && !journal->copied) {
        mig_journal_free(journal); /* there is nothing to be lost */
        journal = NULL;
    }
    if (m->options->force && found.len > 0)
        mig_log_warning("a run before this one has left things suspended in the target, which are "
                        "put back behind this one:\n%.*s",
                        (int)(found.len - 1), found.data);
    if (m->options->force || (found.len == 0 && journal == NULL))
        goto done;
    st = refuse(&found, journal, err);
done:
    mig_journal_free(journal);
    mig_buf_fini(&found);
    return st;
}
