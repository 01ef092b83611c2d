/*
 * pg_journal.c - which chunks of a run are in the target, kept in the target.
 *
 *   db_migrate.run     one row for each target schema that a run is filling, with its staging
 *                      schema, if it has one
 *   db_migrate.chunk   a row for each chunk, written in the chunk's transaction
 *   db_migrate.step    statements of a mirrored schema that were run behind the rows
 *
 * The run's row comes in the transaction that first changes the target.  All
 * rows of a run go together; the tables go with the last run, and under a lock
 * on `run`, so that no other run that has just begun misses them.
 *
 * Threads: the sink's; mig__journal_chunk() a writer's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pg_sink.h"

#define RUN_TABLE   "run"
#define CHUNK_TABLE "chunk"
#define STEP_TABLE  "step"
#define RUN_NAME    "\"" MIG__STATE_SCHEMA "\".\"" RUN_TABLE "\""
#define CHUNK_NAME  "\"" MIG__STATE_SCHEMA "\".\"" CHUNK_TABLE "\""
#define STEP_NAME   "\"" MIG__STATE_SCHEMA "\".\"" STEP_TABLE "\""

static const char run_columns[] =
    "id pg_catalog.text NOT NULL, source pg_catalog.text NOT NULL, plan pg_catalog.text NOT NULL,"
    " copied pg_catalog.bool NOT NULL DEFAULT false, stage pg_catalog.text,"
    " since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(), PRIMARY KEY (target)";

/* Bounds that are open are the smallest and the largest number. */
static const char chunk_columns[] =
    "table_name pg_catalog.text NOT NULL, keyed pg_catalog.bool NOT NULL,"
    " lower pg_catalog.int8 NOT NULL, upper pg_catalog.int8 NOT NULL,"
    " first_row pg_catalog.int8 NOT NULL, n_rows pg_catalog.int8 NOT NULL, digest pg_catalog.text,"
    " n_otherwise pg_catalog.int8 NOT NULL, losses pg_catalog.text NOT NULL,"
    " n_unread pg_catalog.int8 NOT NULL, n_refused pg_catalog.int8 NOT NULL,"
    " refused pg_catalog.text NOT NULL,"
    " PRIMARY KEY (target, table_name, lower, first_row)";

static const char step_columns[] = "statement pg_catalog.text NOT NULL";

/* ---- whether there can be one -------------------------------------------------------------- */

static const char *const reasons[] = {
    NULL,
    "the role has no CREATE on the database",
    "the schema " MIG__STATE_SCHEMA " is another role's",
    "tables in the schema " MIG__STATE_SCHEMA " are another role's",
};

/* The position of each reason stands in the CASE. */
static const char may_sql[] =
    "SELECT CASE WHEN s.oid IS NULL THEN CASE WHEN"
    "  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
    "  THEN 0 ELSE 1 END"
    " WHEN NOT pg_catalog.pg_has_role(s.nspowner, 'USAGE') THEN 2"
    " WHEN EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = s.oid"
    "  AND c.relname IN ('" RUN_TABLE "', '" CHUNK_TABLE "', '" STEP_TABLE "')"
    "  AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')) THEN 3 ELSE 0 END"
    " FROM (SELECT 1) AS one"
    " LEFT JOIN pg_catalog.pg_namespace s ON s.nspname = '" MIG__STATE_SCHEMA "'";

static mig_status
make_id(char **idp, mig_error *err)
{
    unsigned char bytes[16];
    mig_buf       text = MIG_BUF_INIT;
    mig_status    st = MIG_OK;

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        st = mig_raise(err, MIG_E_IO, "cannot get random numbers: %s", strerror(errno));
        goto done;
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        mig_buf_printf(&text, "%02x", bytes[i]);
    MIG_TRY(mig_buf_check(&text, err));
    free(*idp);
    *idp = text.data;
    text.data = NULL;
done:
    mig_buf_fini(&text);
    return st;
}

mig_status
mig__journal_keep(mig__pg_sink *sink, const mig_journal_note *note, const char **why_notp,
                  mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    *why_notp = NULL;
    MIG_TRY(mig__query_rows(&sink->control, "cannot ask whether a journal can be kept", may_sql, 0,
                            NULL, &res, err));
    *why_notp = reasons[strtoul(PQgetvalue(res, 0, 0), NULL, 10)];
    if (*why_notp != NULL)
        goto done;
    MIG_TRY(make_id(&sink->journal_id, err));
    free(sink->journal_source);
    free(sink->journal_plan);
    sink->journal_source = strdup(note->source);
    sink->journal_plan = strdup(note->plan);
    if (sink->journal_source == NULL || sink->journal_plan == NULL)
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the journal's words");
done:
    PQclear(res);
    return st;
}

mig_status
mig__journal_stage(mig__pg_sink *sink, char **stagep, mig_error *err)
{
    static const char what[] = "cannot read the journal";
    mig_status        st = MIG_OK;
    PGresult         *res = NULL;
    const char       *target = sink->home;
    bool              exists;

    *stagep = NULL;
    MIG_TRY(mig__record_exists(sink, RUN_TABLE, &exists, err));
    if (!exists)
        goto done;
    MIG_TRY(mig__query_rows(&sink->control, what,
                            "SELECT stage FROM " RUN_NAME
                            " WHERE target = $1 AND stage IS NOT NULL",
                            1, &target, &res, err));
    if (PQntuples(res) == 0)
        goto done;
    *stagep = strdup(PQgetvalue(res, 0, 0));
    if (*stagep == NULL)
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the name of a schema");
done:
    PQclear(res);
    return st;
}

/* ---- the run ------------------------------------------------------------------------------- */

/* In the caller's transaction: the rows of any run into this target. */
static void
add_delete(const mig__pg_sink *sink, mig_buf *sql)
{
    static const char *const names[] = {STEP_NAME, CHUNK_NAME, RUN_NAME};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        mig_buf_printf(sql, "DELETE FROM %s WHERE target = ", names[i]);
        mig_buf_literal(sql, sink->home);
        mig_buf_puts(sql, ";");
    }
}

/* The staging schema that an earlier run has left, if it had one. */
static mig_status
drop_stage(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *stage = NULL;

    MIG_TRY(mig__journal_stage(sink, &stage, err));
    if (stage != NULL)
        MIG_TRY(mig__stage_drop(sink, stage, err));
done:
    free(stage);
    return st;
}

mig_status
mig__journal_begin(mig__pg_sink *sink, mig_error *err)
{
    static const char what[] = "cannot begin a journal";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;

    if (sink->journal_id == NULL || sink->journal_begun)
        return MIG_OK;
    /* Two runs may begin at once, into two schemas of one database. */
    MIG_TRY(mig__query_run(&sink->control, what,
                           "SELECT pg_catalog.pg_advisory_xact_lock(" MIG__LOCK_CLASS ", 0);"
                           "SET LOCAL search_path = pg_catalog",
                           err));
    MIG_TRY(mig__record_make(sink, RUN_TABLE, run_columns, err));
    MIG_TRY(mig__record_make(sink, CHUNK_TABLE, chunk_columns, err));
    MIG_TRY(mig__record_make(sink, STEP_TABLE, step_columns, err));
    MIG_TRY(drop_stage(sink, err));
    add_delete(sink, &sql);
    mig_buf_puts(&sql, "INSERT INTO " RUN_NAME " (target, id, source, plan, stage) VALUES (");
    mig_buf_literal(&sql, sink->home);
    mig_buf_puts(&sql, ", ");
    mig_buf_literal(&sql, sink->journal_id);
    mig_buf_puts(&sql, ", ");
    mig_buf_literal(&sql, sink->journal_source);
    mig_buf_puts(&sql, ", ");
    mig_buf_literal(&sql, sink->journal_plan);
    mig_buf_puts(&sql, ", ");
    if (sink->stage != NULL)
        mig_buf_literal(&sql, sink->stage);
    else
        mig_buf_puts(&sql, "NULL");
    mig_buf_puts(&sql, ")");
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    MIG_TRY(mig__sink_own_path(sink, err));
    sink->journal_begun = true;
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__journal_copied(mig__pg_sink *sink, mig_error *err)
{
    mig_buf    sql = MIG_BUF_INIT;
    mig_status st;

    if (!sink->journal_begun)
        return MIG_OK;
    mig_buf_puts(&sql, "UPDATE " RUN_NAME " SET copied = true WHERE target = ");
    mig_buf_literal(&sql, sink->home);
    st = mig__query_run_buf(&sink->control, "cannot write into the journal", &sql, err);
    mig_buf_fini(&sql);
    return st;
}

/* Only a run of this target, or of none, makes the tables go. */
static mig_status
drop_tables(mig__pg_sink *sink, mig_error *err)
{
    static const char what[] = "cannot remove the journal";
    mig_status        st = MIG_OK;
    PGresult         *res = NULL;

    MIG_TRY(mig__query_rows(&sink->control, what, "SELECT NOT EXISTS (SELECT FROM " RUN_NAME ")", 0,
                            NULL, &res, err));
    if (!mig__query_true(res, 0, 0))
        goto done;
    MIG_TRY(mig__query_run(&sink->control, what,
                           "DROP TABLE " STEP_NAME ", " CHUNK_NAME ", " RUN_NAME, err));
    MIG_TRY(mig__record_drop_schema(sink, err));
done:
    PQclear(res);
    return st;
}

mig_status
mig__journal_drop(mig__pg_sink *sink, mig_error *err)
{
    static const char what[] = "cannot remove the journal";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    bool              exists;

    MIG_TRY(mig__query_run(&sink->control, what,
                           "SELECT pg_catalog.pg_advisory_xact_lock(" MIG__LOCK_CLASS ", 0)", err));
    MIG_TRY(mig__record_exists(sink, RUN_TABLE, &exists, err));
    if (!exists)
        goto done;
    MIG_TRY(drop_stage(sink, err));
    add_delete(sink, &sql);
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    MIG_TRY(drop_tables(sink, err));
done:
    mig_buf_fini(&sql);
    return st;
}

/* ---- chunks -------------------------------------------------------------------------------- */

void
mig__journal_chunk(const mig__pg_sink *sink, const mig_table_plan *plan, const mig_done *done,
                   mig_buf *sql)
{
    if (!sink->journal_begun)
        return;
    mig_buf_puts(sql, "INSERT INTO " CHUNK_NAME " VALUES (");
    mig_buf_literal(sql, sink->home);
    mig_buf_puts(sql, ", ");
    mig_buf_literal(sql, plan->target->name);
    mig_buf_printf(sql, ", %s, '%" PRId64 "', '%" PRId64 "', %" PRIu64 ", %" PRIu64 ", ",
                   done->keyed ? "true" : "false", done->lower, done->upper, done->first_row,
                   done->n_rows);
    if (done->hashed)
        mig_buf_printf(sql, "'%016" PRIx64 "%016" PRIx64 "'", done->sum.high, done->sum.low);
    else
        mig_buf_puts(sql, "NULL");
    mig_buf_printf(sql, ", %" PRIu64 ", '", done->n_stored_otherwise);
    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        mig_buf_printf(sql, "%s%" PRIu64, i > 0 ? " " : "", done->n_losses[i]);
    mig_buf_printf(sql, "', %" PRIu64 ", %" PRIu64 ", '%016" PRIx64 "%016" PRIx64 "'); ",
                   done->n_unread, done->n_refused, done->refused.high, done->refused.low);
}

enum {
    ROW_TABLE,
    ROW_KEYED,
    ROW_LOWER,
    ROW_UPPER,
    ROW_FIRST,
    ROW_ROWS,
    ROW_HIGH,
    ROW_LOW,
    ROW_OTHERWISE,
    ROW_LOSSES,
    ROW_UNREAD,
    ROW_REFUSED,
    ROW_REFUSED_HIGH,
    ROW_REFUSED_LOW
};
static const char chunks_sql[] =
    "SELECT table_name, keyed, lower, upper, first_row, n_rows,"
    " pg_catalog.substr(digest, 1, 16), pg_catalog.substr(digest, 17), n_otherwise, losses,"
    " n_unread, n_refused, pg_catalog.substr(refused, 1, 16), pg_catalog.substr(refused, 17)"
    " FROM " CHUNK_NAME " WHERE target = $1";

static uint64_t
number(const PGresult *res, int row, int column, int base)
{
    return strtoull(PQgetvalue(res, row, column), NULL, base);
}

static bool
read_chunk(const PGresult *res, int row, mig_journal_chunk *chunk)
{
    const char *losses = PQgetvalue(res, row, ROW_LOSSES);
    char       *end;

    chunk->done = (mig_done){
        .keyed = mig__query_true(res, row, ROW_KEYED),
        .lower = strtoll(PQgetvalue(res, row, ROW_LOWER), NULL, 10),
        .upper = strtoll(PQgetvalue(res, row, ROW_UPPER), NULL, 10),
        .first_row = number(res, row, ROW_FIRST, 10),
        .n_rows = number(res, row, ROW_ROWS, 10),
        .hashed = !PQgetisnull(res, row, ROW_HIGH),
        .sum = {.high = number(res, row, ROW_HIGH, 16), .low = number(res, row, ROW_LOW, 16)},
        .n_stored_otherwise = number(res, row, ROW_OTHERWISE, 10),
        .n_unread = number(res, row, ROW_UNREAD, 10),
        .n_refused = number(res, row, ROW_REFUSED, 10),
        .refused = {.high = number(res, row, ROW_REFUSED_HIGH, 16),
                    .low = number(res, row, ROW_REFUSED_LOW, 16)},
    };
    for (size_t i = 0; i < MIG_LOSS_COUNT; i++, losses = end)
        chunk->done.n_losses[i] = strtoull(losses, &end, 10);
    chunk->table = strdup(PQgetvalue(res, row, ROW_TABLE));
    return chunk->table != NULL;
}

static void
forget_chunks(mig_journal *journal)
{
    for (size_t i = 0; journal->chunks != NULL && i < journal->n_chunks; i++)
        free(journal->chunks[i].table);
    free(journal->chunks);
    journal->chunks = NULL;
    journal->n_chunks = journal->n_rows = 0;
}

mig_status
mig__journal_read(mig__pg_sink *sink, mig_journal *journal, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *target = sink->home;

    forget_chunks(journal);
    MIG_TRY(mig__query_rows(&sink->control, "cannot read the journal", chunks_sql, 1, &target, &res,
                            err));
    journal->chunks = calloc((size_t)PQntuples(res) + 1, sizeof *journal->chunks);
    for (int i = 0; journal->chunks != NULL && i < PQntuples(res); i++) {
        if (!read_chunk(res, i, &journal->chunks[i]))
            break;
        journal->n_rows += journal->chunks[i].done.n_rows;
        journal->n_chunks++;
    }
    if (journal->n_chunks != (uint64_t)PQntuples(res))
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the journal");
done:
    PQclear(res);
    return st;
}

/* ---- finding one --------------------------------------------------------------------------- */

enum {
    FOUND_ID,
    FOUND_SOURCE,
    FOUND_PLAN,
    FOUND_COPIED,
    FOUND_SINCE,
    FOUND_STAGED,
    FOUND_CHUNKS,
    FOUND_ROWS
};
static const char find_sql[] = "SELECT r.id, r.source, r.plan, r.copied,"
                               " pg_catalog.to_char(r.since, 'YYYY-MM-DD HH24:MI:SS UTC'),"
                               " r.stage IS NOT NULL,"
                               " pg_catalog.count(c.n_rows), COALESCE(pg_catalog.sum(c.n_rows), 0)"
                               " FROM " RUN_NAME " r LEFT JOIN " CHUNK_NAME " c USING (target)"
                               " WHERE r.target = $1 GROUP BY 1, 2, 3, 4, 5, 6";

mig_status
mig__journal_find(mig__pg_sink *sink, mig_journal **journalp, mig_error *err)
{
    mig_status   st = MIG_OK;
    PGresult    *res = NULL;
    const char  *target = sink->home;
    mig_journal *journal = NULL;
    bool         exists;

    *journalp = NULL;
    MIG_TRY(mig__record_exists(sink, RUN_TABLE, &exists, err));
    if (!exists)
        goto done;
    MIG_TRY(mig__query_rows(&sink->control, "cannot read the journal", find_sql, 1, &target, &res,
                            err));
    if (PQntuples(res) == 0)
        goto done;
    journal = calloc(1, sizeof *journal);
    if (journal == NULL || (journal->id = strdup(PQgetvalue(res, 0, FOUND_ID))) == NULL ||
        (journal->source = strdup(PQgetvalue(res, 0, FOUND_SOURCE))) == NULL ||
        (journal->plan = strdup(PQgetvalue(res, 0, FOUND_PLAN))) == NULL ||
        (journal->since = strdup(PQgetvalue(res, 0, FOUND_SINCE))) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the journal");
        goto done;
    }
    journal->copied = mig__query_true(res, 0, FOUND_COPIED);
    journal->staged = mig__query_true(res, 0, FOUND_STAGED);
    journal->n_chunks = number(res, 0, FOUND_CHUNKS, 10);
    journal->n_rows = number(res, 0, FOUND_ROWS, 10);
    *journalp = journal;
    journal = NULL; /* now the caller's */
done:
    mig_journal_free(journal);
    PQclear(res);
    return st;
}

/* The journal is still there, and still that run's. */
mig_status
mig__journal_take_up(mig__pg_sink *sink, mig_journal *journal, mig_error *err)
{
    mig_status   st = MIG_OK;
    mig_journal *now = NULL;

    MIG_TRY(mig__journal_find(sink, &now, err));
    if (now == NULL || strcmp(now->id, journal->id) != 0) {
        st = mig_raise(err, MIG_E_REFUSED, "the journal in the target is another one than before");
        goto done;
    }
    free(sink->journal_id);
    sink->journal_id = now->id;
    now->id = NULL;
    journal->copied = now->copied;
    sink->journal_begun = true;
done:
    mig_journal_free(now);
    return st;
}

/* ---- statements behind the rows ------------------------------------------------------------ */

static bool
is_done(const PGresult *steps, const char *sql)
{
    for (int i = 0; i < PQntuples(steps); i++)
        if (strcmp(PQgetvalue(steps, i, 0), sql) == 0)
            return true;
    return false;
}

/* The statement and its record are one transaction, since they are sent as one. */
static bool
add_step(const mig__pg_sink *sink, const mig_ddl_item *item, mig_ddl *left)
{
    mig_buf sql = MIG_BUF_INIT;
    bool    added;

    mig_buf_printf(&sql, "%s; INSERT INTO " STEP_NAME " VALUES (", item->sql);
    mig_buf_literal(&sql, sink->home);
    mig_buf_puts(&sql, ", ");
    mig_buf_literal(&sql, item->sql);
    mig_buf_puts(&sql, ")");
    added =
        !sql.failed && mig_ddl_add(left, item->phase, item->what, item->table, mig_buf_text(&sql));
    mig_buf_fini(&sql);
    return added;
}

mig_status
mig__journal_steps(mig__pg_sink *sink, const mig_ddl *ddl, mig_ddl **leftp, mig_error *err)
{
    static const char sql[] = "SELECT statement FROM " STEP_NAME " WHERE target = $1";
    mig_status        st = MIG_OK;
    PGresult         *steps = NULL;
    const char       *target = sink->home;
    mig_ddl          *left = NULL;
    bool              added = true;

    *leftp = NULL;
    if (!sink->journal_begun)
        return MIG_OK;
    MIG_TRY(
        mig__query_rows(&sink->control, "cannot read the journal", sql, 1, &target, &steps, err));
    left = mig_ddl_new();
    for (size_t i = 0; left != NULL && added && i < ddl->n_items; i++)
        if (ddl->items[i].phase != MIG_DDL_BEFORE && !is_done(steps, ddl->items[i].sql))
            added = add_step(sink, &ddl->items[i], left);
    if (left == NULL || !added) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot list the statements");
        goto done;
    }
    *leftp = left;
    left = NULL; /* now the caller's */
done:
    mig_ddl_free(left);
    PQclear(steps);
    return st;
}
