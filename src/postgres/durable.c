/*
 * durable.c - the point from which all that was committed survives the server.
 *
 * Writers commit without waiting for the disk (copy_writer.c): a chunk that a
 * crash of the server takes along is gone as a whole, with all that came after
 * it.  Before a run is called a success one commit waits, and with it all that
 * stand before it in the write-ahead log.  It waits for what the server is set
 * to wait for; for the server's own disk where that is nothing.
 *
 * The commit needs something to commit, or the server skips the wait: a message
 * in the log that nobody reads.
 *
 * Threads: the sink's.
 */
#include "pg_sink.h"

mig_status
mig__durable_point(mig__pg_sink *sink, mig_error *err)
{
    static const char sql[] =
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
        "SELECT pg_catalog.set_config('synchronous_commit', 'local', true)"
        " WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off';"
        "SELECT pg_catalog.pg_logical_emit_message(true, 'db-migrate'::pg_catalog.text,"
        " ''::pg_catalog.text);"
        "COMMIT";
    mig_status st;

    st = mig__query_run(&sink->control, "cannot wait until the target's rows are on its disk", sql,
                        err);
    mig__query_rollback(&sink->control);
    return st;
}
