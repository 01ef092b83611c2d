/*
 * report.c - summary, state of the target, exit status.
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mig/log.h"

void
mig__report_format_elapsed(double seconds, char *out, size_t size)
{
    if (seconds >= 1.0)
        snprintf(out, size, "%.1fs", seconds);
    else if (seconds >= 1e-3)
        snprintf(out, size, "%.1fms", seconds * 1e3);
    else
        snprintf(out, size, "%.1f\u00b5s", seconds * 1e6);
}

/* What could not be stored as it was, counted: never silent, also with --quiet. */
static void
tell_losses(const mig_copy *copy, bool quiet)
{
    for (size_t t = 0; t < copy->plan->n_tables; t++) {
        for (unsigned i = 0; i < MIG_LOSS_COUNT; i++) {
            const char *name = copy->plan->tables[t].label;
            uint64_t    n = atomic_load(&copy->tables[t].n_losses[i]);

            if (n > 0 && quiet)
                mig_log_warning("%s: %" PRIu64 " %s", name, n, mig_loss_words(i));
            else if (n > 0)
                mig_log_info("  Not exact     : %s: %" PRIu64 " %s", name, n, mig_loss_words(i));
        }
    }
}

void
mig__report_summary(const mig_copy *copy, double seconds, bool quiet)
{
    uint64_t n_rows = 0, n_aside = 0;
    char     elapsed[32];

    for (size_t i = 0; i < copy->plan->n_tables; i++) {
        n_rows += atomic_load(&copy->tables[i].n_committed);
        n_aside += atomic_load(&copy->tables[i].n_aside);
    }
    mig__report_format_elapsed(seconds, elapsed, sizeof elapsed);
    mig_log_info("\nMigration complete%s.\n"
                 "  Rows migrated : %" PRIu64 "\n"
                 "  Elapsed       : %s",
                 n_aside > 0 ? " but for rows that were set aside" : "", n_rows, elapsed);
    tell_losses(copy, quiet);
}

void
mig__report_warnings(const mig_buf *lines)
{
    const char *text = mig_buf_text(lines);

    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
        mig_log_warning("%.*s", (int)(end - text), text);
}

void
mig__report_target(mig_target_state state, const mig_copy *copy, mig_schema_choice made,
                   const char *resume)
{
    mig_buf  names = MIG_BUF_INIT;
    uint64_t n_committed;

    switch (state) {
    case MIG_TARGET_UNTOUCHED:
        mig_log_warning("the target is untouched");
        return;
    case MIG_TARGET_STAGED:
        mig_log_warning("the target holds what it held before; what was copied waits in a schema "
                        "beside it");
        if (resume != NULL)
            mig_log_warning("to go on from there: %s", resume);
        return;
    case MIG_TARGET_EXCHANGING:
        mig_log_warning("the connection was lost while the tables were put in their place: if the "
                        "schema beside the target's is still there, the target holds what it held "
                        "before; if it is gone, the new tables are there, all of them");
        if (resume != NULL)
            mig_log_warning("in the first case, to go on from there: %s", resume);
        return;
    case MIG_TARGET_COMMITTING:
        mig_log_warning("the connection was lost at the COMMIT: the target holds what it held "
                        "before, or all that was copied, and nothing in between; --verify-only "
                        "tells which");
        return;
    case MIG_TARGET_SCHEMA_MADE:
        mig_log_warning("the target's %s; nothing was erased and no rows were copied",
                        made == MIG_SCHEMA_UPTRAKIT ? "schema was made" : "data is untouched");
        return;
    case MIG_TARGET_MIRRORED:
        mig_log_warning("the target's tables were made anew, which replaced those of the same "
                        "names; they have no keys yet and hold no rows");
        return;
    case MIG_TARGET_COPIED:
        mig_log_warning("all rows were copied to the target, but the run did not end well: do not "
                        "start the application on it");
        if (resume != NULL)
            mig_log_warning("to go on from there: %s", resume);
        return;
    case MIG_TARGET_ERASED:
        break;
    }
    for (size_t i = 0; copy != NULL && i < copy->plan->n_tables; i++) {
        n_committed = atomic_load(&copy->tables[i].n_committed);
        if (n_committed > 0)
            mig_buf_printf(&names, "%s%s (%" PRIu64 " of %" PRIu64 ")", names.len > 0 ? ", " : "",
                           copy->plan->tables[i].label, n_committed, copy->tables[i].n_rows);
    }
    mig_log_warning("%s; tables that hold rows now: %s",
                    made == MIG_SCHEMA_MIRROR
                        ? "the target's tables were made anew, without their keys, indexes and "
                          "views yet"
                        : "the target was erased",
                    names.len > 0 ? mig_buf_text(&names) : "none");
    mig_log_warning("the source is unchanged; --force starts the migration again from the "
                    "beginning");
    if (resume != NULL)
        mig_log_warning("to go on from there: %s", resume);
    mig_buf_fini(&names);
}

int
mig__report_exit_status(mig_status status, int signo)
{
    if (signo != 0 && status != MIG_OK)
        return 128 + signo;
    switch (status) {
    case MIG_OK:
        return 0;
    case MIG_E_USAGE:
        return 2;
    case MIG_E_DIFFERS:
        return 3;
    case MIG_E_REFUSED:
        return 4;
    case MIG_E_NOMEM:
    case MIG_E_IO:
    case MIG_E_CONNECT:
    case MIG_E_DATABASE:
    case MIG_E_DATA:
    case MIG_E_SCHEMA:
    case MIG_E_UNSUPPORTED:
    case MIG_E_KEY:
    case MIG_E_RIGHTS:
    case MIG_E_CHANGED:
    case MIG_E_STOPPED:
    case MIG_E_INTERNAL:
        return 1;
    }
    return 1;
}
