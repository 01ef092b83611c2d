/*
 * unfinished.c - a mark on tables that a run has made and not finished.
 *
 * Between the first transaction of a mirrored schema and the end of the run,
 * tables stand without keys.  Who finds them after the run has died takes them
 * for complete ones; so their names stand in a table beside them, which is made
 * in the transaction that makes them and goes away when all is done.  It needs
 * no other right than the tables themselves.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/postgres.h"
#include "pg_sink.h"

static void
add_table(const mig__pg_sink *sink, mig_buf *sql)
{
    mig__query_name(sql, sink->home, MIG_UNFINISHED_TABLE);
}

static mig_status
run(mig__pg_sink *sink, mig_buf *sql, mig_error *err)
{
    return mig__query_run_buf(&sink->control, "cannot mark what is not finished", sql, err);
}

mig_status
mig__unfinished_mark(mig__pg_sink *sink, const char *names, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "CREATE TABLE IF NOT EXISTS ");
    add_table(sink, &sql);
    mig_buf_puts(&sql, " (relation pg_catalog.text NOT NULL); COMMENT ON TABLE ");
    add_table(sink, &sql);
    mig_buf_puts(&sql, " IS 'relations that db-migrate has made and not finished'; INSERT INTO ");
    add_table(sink, &sql);
    mig_buf_puts(&sql, " SELECT pg_catalog.unnest(");
    mig_buf_literal(&sql, names);
    mig_buf_puts(&sql, "::pg_catalog.text[])");
    MIG_TRY(run(sink, &sql, err));
    MIG_TRY(mig__unfinished_take_up(sink, names, err));
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__unfinished_take_up(mig__pg_sink *sink, const char *names, mig_error *err)
{
    free(sink->unfinished);
    sink->unfinished = strdup(names);
    return sink->unfinished != NULL
               ? MIG_OK
               : mig_raise(err, MIG_E_NOMEM, "cannot keep the names of what is not finished");
}

/* Those of another run, into the same schema, stay. */
static mig_status
clear(mig__pg_sink *sink, const char *names, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *left = NULL;

    mig_buf_puts(&sql, "DELETE FROM ");
    add_table(sink, &sql);
    mig_buf_puts(&sql, " WHERE relation = ANY (");
    mig_buf_literal(&sql, names);
    mig_buf_puts(&sql, "::pg_catalog.text[])");
    MIG_TRY(run(sink, &sql, err));
    mig_buf_clear(&sql);
    mig_buf_puts(&sql, "SELECT FROM ");
    add_table(sink, &sql);
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&sink->control, "cannot read what is not finished", mig_buf_text(&sql),
                            0, NULL, &left, err));
    mig_buf_clear(&sql);
    mig_buf_puts(&sql, "DROP TABLE ");
    add_table(sink, &sql);
    if (PQntuples(left) == 0)
        MIG_TRY(run(sink, &sql, err));
done:
    PQclear(left);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__unfinished_clear(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;

    if (sink->unfinished == NULL)
        return MIG_OK;
    MIG_TRY(clear(sink, sink->unfinished, err));
    free(sink->unfinished);
    sink->unfinished = NULL;
done:
    return st;
}

mig_status
mig__unfinished_forget(mig__pg_sink *sink, const char *names, mig_error *err)
{
    static const char exists_sql[] =
        "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = '" MIG_UNFINISHED_TABLE "'";
    mig_status  st = MIG_OK;
    const char *schema = sink->home;
    PGresult   *marks = NULL;

    MIG_TRY(mig__query_rows(&sink->control, "cannot look for what is not finished", exists_sql, 1,
                            &schema, &marks, err));
    if (PQntuples(marks) > 0)
        MIG_TRY(clear(sink, names, err));
done:
    PQclear(marks);
    return st;
}
