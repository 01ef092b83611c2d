/*
 * restore_only.c - what a run that died has left suspended in the target.
 */
#include "restore_only.h"

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
    if (found.len == 0) {
        mig_log_info("Nothing is suspended in the target.");
        goto done;
    }
    mig_log_info("Putting back:\n%.*s", (int)(found.len - 1), found.data);
    mig_threads_block_signals();
    MIG_TRY(mig_phase_run(NULL, m->sink, recover, m, &m->signo, err));
    mig__report_warnings(&m->warnings);
    mig_log_info("All of it is back. What rows the tables hold was not looked at.");
done:
    mig_buf_fini(&found);
    return st;
}

mig_status
mig__restore_only_check(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    found = MIG_BUF_INIT;

    MIG_TRY(m->sink->ops->left(m->sink, &found, err));
    if (found.len == 0)
        goto done;
    if (m->options->force) {
        mig_log_warning("a run before this one has left things suspended in the target, which are "
                        "put back behind this one:\n%.*s",
                        (int)(found.len - 1), found.data);
        goto done;
    }
    st = mig_raise(err, MIG_E_REFUSED,
                   "a run before this one did not come to its end: things are suspended in the "
                   "target");
    mig_error_detail(err, "%.*s", (int)(found.len - 1), found.data);
    mig_error_hint(err, "--restore-only puts them back; --force copies everything again, and puts "
                        "them back behind that");
done:
    mig_buf_fini(&found);
    return st;
}
