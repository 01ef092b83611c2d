/*
 * pg_crew.c - statements that take long, side by side.
 *
 * Interface: mig__crew_run().  Several statements run at a time, each on a
 * connection of its own; one thread hands them out and waits for all sockets
 * at once, so nothing here is shared.
 *
 * Order: statements on the largest tables first, so that no long one begins
 * when all others are done.  ALTER TABLE locks its table against everything
 * else, so it is not handed out while another statement works on that table;
 * indexes of one table are made side by side.
 *
 * Bound: n_parallel statements run, and no more connections are opened than
 * statements are left.  Where fewer statements are, each may have as many
 * helping processes of the server as make n_parallel together.
 *
 * Memory: sorting is fastest in little of it.  What does not fit is merged, and
 * that costs less than memory that is not in the processor's caches yet or was
 * never touched (measured: docs/decisions/0027-sort-memory.md).  All runs must
 * be merged at once, though: a sort in M megabytes merges M / MERGE_BUFFER_MB of
 * them.
 *
 * An interruption cancels what runs on every connection (session.h), whose
 * failure then ends the wait.
 *
 * Threads: the sink's.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

#define SORT_MEMORY_MB      16   /* at least */
#define SORT_MEMORY_MB_MOST 1024 /* of all together */
#define MERGE_BUFFER_MB     0.25 /* of a run; tuplesort.c of the server */
#define HELPER_MEMORY_MB    32   /* of a process: with less the server starts none */

typedef struct job {
    const mig_ddl_item *item;
    int64_t             size; /* of its table, in bytes */
    bool                begun;
} job;

/* A connection, and what it is doing. */
typedef struct lane {
    mig__session session;
    bool         open;
    const job   *doing; /* NULL: nothing */
} lane;

typedef struct crew {
    mig__pg_sink           *sink;
    const mig__crew_orders *orders;
    lane                   *lanes;
    struct pollfd          *polls; /* beside lanes */
    unsigned                n_lanes, n_parallel;
    job                    *jobs;
    size_t                  n_jobs;
    size_t                  n_begun;
    unsigned                n_working;
    mig_status              st;     /* of the first failure */
    bool                    ending; /* nothing is handed out any more */
} crew;

/* ---- jobs -------------------------------------------------------------------------------- */

static mig_status
measure(mig__pg_sink *sink, job *one, mig_error *err)
{
    static const char sql[] = "SELECT pg_catalog.pg_table_size(c.oid) FROM pg_catalog.pg_class c"
                              " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                              " WHERE n.nspname = $1 AND c.relname = $2";
    mig_status        st = MIG_OK;
    PGresult         *res = NULL;
    const char       *params[2] = {sink->schema, one->item->table};

    if (one->item->table == NULL)
        goto done;
    MIG_TRY(mig__query_rows(&sink->control, "cannot ask for the size of a table", sql, 2, params,
                            &res, err));
    if (PQntuples(res) == 1)
        one->size = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
done:
    PQclear(res);
    return st;
}

/* Larger first; else as they stand in the list. */
static int
compare_jobs(const void *a, const void *b)
{
    const job *x = a, *y = b;

    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static mig_status
list_jobs(crew *c, mig_error *err)
{
    const mig_ddl *ddl = c->orders->ddl;
    mig_status     st = MIG_OK;

    c->jobs = calloc(ddl->n_items + 1, sizeof *c->jobs);
    if (c->jobs == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the statements");
    for (size_t i = 0; i < ddl->n_items; i++) {
        if (ddl->items[i].phase != c->orders->phase)
            continue;
        c->jobs[c->n_jobs].item = &ddl->items[i];
        MIG_TRY(measure(c->sink, &c->jobs[c->n_jobs++], err));
    }
    qsort(c->jobs, c->n_jobs, sizeof *c->jobs, compare_jobs);
done:
    return st;
}

static bool
locks_all(const mig_ddl_item *item)
{
    return strncmp(item->sql, "ALTER ", 6) == 0;
}

/* Whether the server would make the statement wait for one that runs. */
static bool
must_wait(const crew *c, const mig_ddl_item *item)
{
    for (unsigned i = 0; i < c->n_lanes; i++) {
        const mig_ddl_item *other = c->lanes[i].doing != NULL ? c->lanes[i].doing->item : NULL;

        if (other != NULL && item->table != NULL && other->table != NULL &&
            strcmp(item->table, other->table) == 0 && (locks_all(item) || locks_all(other)))
            return true;
    }
    return false;
}

static job *
next_job(const crew *c)
{
    for (size_t i = 0; i < c->n_jobs; i++)
        if (!c->jobs[i].begun && !must_wait(c, c->jobs[i].item))
            return &c->jobs[i];
    return NULL;
}

/* ---- memory and helpers ------------------------------------------------------------------- */

/* Twice what its longest sort needs to merge its runs at once. */
static unsigned
sort_memory_mb(const crew *c)
{
    double   table_mb = (double)c->jobs[0].size / (1 << 20);
    unsigned mb = SORT_MEMORY_MB;

    while (mb < SORT_MEMORY_MB_MOST / c->n_lanes && mb / MERGE_BUFFER_MB * mb < 2 * table_mb)
        mb *= 2;
    return mb;
}

/* Foreign keys are looked at in a join, whose hash table is best in memory as a whole; likewise
 * sorts where the server keeps temporary files small. */
static void
add_settings(const crew *c, mig_buf *sql)
{
    unsigned n_helpers = c->n_parallel / c->n_lanes - 1;
    unsigned mb =
        c->orders->phase == MIG_DDL_KEYS ? sort_memory_mb(c) : SORT_MEMORY_MB_MOST / c->n_lanes;

    if (n_helpers > 0 && mb < HELPER_MEMORY_MB * (n_helpers + 1))
        mb = HELPER_MEMORY_MB * (n_helpers + 1);
    mig_buf_printf(sql,
                   "SELECT pg_catalog.set_config('maintenance_work_mem',"
                   " CASE pg_catalog.current_setting('temp_file_limit') WHEN '-1' THEN '%uMB'"
                   " ELSE '%uMB' END, false);"
                   "SELECT pg_catalog.set_config(s.name, LEAST(s.setting::pg_catalog.int4, %u)"
                   "::pg_catalog.text, false) FROM pg_catalog.pg_settings s"
                   " WHERE s.name = 'max_parallel_maintenance_workers'",
                   mb, SORT_MEMORY_MB_MOST / c->n_lanes, n_helpers);
}

/* ---- lanes ------------------------------------------------------------------------------- */

static mig_status
open_lane(crew *c, lane *l, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    mig__server server;

    MIG_TRY(mig__session_open(&l->session, &c->sink->sessions, c->sink->conninfo, &server, err));
    l->open = true;
    if (strcmp(server.identity, c->sink->server.identity) != 0) {
        st = mig_raise(err, MIG_E_CONNECT, "a second connection led to another server");
        goto done;
    }
    l->session.must_finish = c->sink->control.must_finish;
    if (c->orders->schema_path) {
        mig__add_schema_path(c->sink, false, &sql);
        mig_buf_puts(&sql, ";");
    }
    if (c->orders->lock_timeout != NULL)
        mig_buf_printf(&sql, "SET lock_timeout = '%s';", c->orders->lock_timeout);
    add_settings(c, &sql);
    MIG_TRY(mig__query_run_buf(&l->session, "cannot make the settings of a connection", &sql, err));
done:
    mig_buf_fini(&sql);
    return st;
}

static mig_status
fail_job(const crew *c, const lane *l, const PGresult *res, mig_error *err)
{
    const mig__session *session = l->open ? &l->session : &c->sink->control;

    return mig__query_raise(session, res, err, "cannot %s the %s", c->orders->verb,
                            l->doing->item->what);
}

/* A failure that is no reason to stop is behind none of the others: nothing hangs on it here. */
static void
take_status(crew *c, mig_status st)
{
    if (st == MIG_OK)
        return;
    c->st = c->st != MIG_OK ? c->st : st;
    c->ending = c->ending || !c->orders->go_on || st == MIG_E_STOPPED || st == MIG_E_CONNECT;
}

static mig_status
begin_job(crew *c, lane *l, job *one, mig_error *err)
{
    mig_status st = MIG_OK;

    if (mig__session_interrupted(&c->sink->control) && !c->sink->control.must_finish)
        return mig_raise(err, MIG_E_STOPPED, "stopped");
    if (!l->open)
        MIG_TRY(open_lane(c, l, err));
    one->begun = true;
    c->n_begun++;
    l->doing = one;
    if (PQsendQuery(l->session.conn, one->item->sql) != 1) {
        st = fail_job(c, l, NULL, err);
        l->doing = NULL;
        goto done;
    }
    c->n_working++;
done:
    return st;
}

/* Gives idle lanes something to do. */
static void
hand_out(crew *c, mig_error *err)
{
    for (unsigned i = 0; i < c->n_lanes && !c->ending; i++) {
        job *one = c->lanes[i].doing == NULL ? next_job(c) : NULL;

        if (one != NULL)
            take_status(c, begin_job(c, &c->lanes[i], one, err));
    }
}

/* What the server has sent so far; the lane is idle again once the answer is complete. */
static mig_status
take_answer(crew *c, lane *l, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res;
    bool       broken = PQconsumeInput(l->session.conn) != 1;

    if (!broken && PQisBusy(l->session.conn))
        return MIG_OK;
    if (broken)
        st = fail_job(c, l, NULL, err);
    while (!broken && (res = PQgetResult(l->session.conn)) != NULL) {
        ExecStatusType status = PQresultStatus(res);

        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && st == MIG_OK)
            st = fail_job(c, l, res, err);
        PQclear(res);
    }
    l->doing = NULL;
    c->n_working--;
    return st;
}

static void
cancel_all(const crew *c)
{
    for (unsigned i = 0; i < c->n_lanes; i++)
        if (c->lanes[i].doing != NULL)
            mig__session_cancel(&c->lanes[i].session);
}

/* Waits until a lane has heard something, and takes it. */
static void
wait_for_answers(crew *c, mig_error *err)
{
    bool was_ending = c->ending;

    for (unsigned i = 0; i < c->n_lanes; i++)
        c->polls[i] = (struct pollfd){
            .fd = c->lanes[i].doing != NULL ? PQsocket(c->lanes[i].session.conn) : -1,
            .events = POLLIN};
    if (poll(c->polls, c->n_lanes, -1) < 0 && errno != EINTR) {
        c->st = mig_raise(err, MIG_E_IO, "cannot wait for the server: %s", strerror(errno));
        c->ending = true;
    }
    for (unsigned i = 0; i < c->n_lanes; i++) {
        /* The echo of our own cancelling is no error of its own. */
        mig_error  echo = MIG_ERROR_INIT;
        mig_status st = MIG_OK;

        if (c->lanes[i].doing != NULL && c->polls[i].revents != 0)
            st = take_answer(c, &c->lanes[i], c->st == MIG_OK ? err : &echo);
        take_status(c, st);
        mig_error_fini(&echo);
    }
    if (!was_ending && c->ending)
        cancel_all(c);
}

static void
close_crew(crew *c)
{
    for (unsigned i = 0; c->lanes != NULL && i < c->n_lanes; i++)
        if (c->lanes[i].open)
            mig__session_close(&c->lanes[i].session);
    free(c->lanes);
    free(c->polls);
    free(c->jobs);
}

/* --atomic: one after the other, in the transaction that is open. */
static mig_status
run_within(crew *c, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    if (c->orders->schema_path) {
        mig__add_schema_path(c->sink, true, &sql);
        MIG_TRY(mig__query_run_buf(&c->sink->control, "cannot set search_path", &sql, err));
    } else {
        MIG_TRY(mig__sink_own_path(c->sink, err));
    }
    for (size_t i = 0; i < c->n_jobs; i++) {
        const lane l = {.doing = &c->jobs[i]};

        if (mig__session_interrupted(&c->sink->control)) {
            st = mig_raise(err, MIG_E_STOPPED, "stopped");
            goto done;
        }
        PGresult *res = PQexec(c->sink->control.conn, c->jobs[i].item->sql);

        if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
            st = fail_job(c, &l, res, err);
        PQclear(res);
        MIG_TRY(st);
    }
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__crew_run(mig__pg_sink *sink, const mig__crew_orders *orders, mig_error *err)
{
    crew       c = {.sink = sink, .orders = orders, .n_lanes = orders->n_parallel};
    unsigned   most = sink->base.ops->max_writers(&sink->base);
    mig_status st = MIG_OK;

    if (c.n_lanes > most)
        c.n_lanes = most;
    c.n_parallel = c.n_lanes;

    MIG_TRY(list_jobs(&c, err));
    if (c.n_jobs == 0)
        goto done;
    if (sink->atomic != MIG__ATOMIC_NOT) {
        st = run_within(&c, err);
        goto done;
    }
    if (c.n_lanes > c.n_jobs)
        c.n_lanes = (unsigned)c.n_jobs;
    c.lanes = calloc(c.n_lanes, sizeof *c.lanes);
    c.polls = calloc(c.n_lanes, sizeof *c.polls);
    if (c.lanes == NULL || c.polls == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate connections");
        goto done;
    }
    MIG_TRY(mig__spare_wait(sink, c.n_lanes, err));
    for (;;) {
        hand_out(&c, err);
        if (c.ending)
            cancel_all(&c);
        if (c.n_working == 0)
            break;
        wait_for_answers(&c, err);
    }
    st = c.st;
done:
    close_crew(&c);
    return st;
}
