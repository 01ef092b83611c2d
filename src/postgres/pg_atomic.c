/*
 * pg_atomic.c - reading back what only one transaction sees.
 *
 * The rows of an atomic run are in the target for nobody but its own
 * transaction until that is committed.  So the source over them has no
 * connection of its own: it has the sink's control connection until it is
 * closed, and one reader, which has it while a scan goes on.
 *
 * Threads: the sink's; a reader's while it reads.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"
#include "pg_source.h"

mig_status
mig__atomic_read_back(mig__pg_sink *sink, mig_source **sourcep, mig_error *err)
{
    mig_status      st = MIG_OK;
    mig__pg_source *source = NULL;

    *sourcep = NULL;
    if (sink->atomic != MIG__ATOMIC_WHOLE)
        return mig_raise(err, MIG_E_INTERNAL, "there is no transaction to read in");
    MIG_TRY(mig__pg_source_new(&source, err));
    MIG_TRY(mig__schemas_of(sink->schema, &source->schemas, err));
    source->role = strdup(sink->role);
    source->snapshot = strdup("");
    source->readers = calloc(1, sizeof *source->readers);
    if (source->role == NULL || source->snapshot == NULL || source->readers == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate what reads the target");
        goto done;
    }
    source->n_readers = 1;
    source->server = sink->server;
    source->tid_ranges = sink->version >= MIG__TID_RANGE_SCAN_SINCE;
    source->lender = &sink->control;
    source->lender_sessions = &sink->sessions;
    mig__session_move(&source->control, &source->sessions, &sink->control);
    MIG_TRY(mig__pg_source_local_settings(&source->control, err));
    MIG_TRY(mig__pg_list_tables(source, &source->locked, err));
    *sourcep = &source->base;
    source = NULL;
done:
    if (source != NULL)
        source->base.ops->close(&source->base);
    return st;
}
