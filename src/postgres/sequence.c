/*
 * sequence.c - what a sequence has given and where it goes from there.
 *
 * A sequence is read like a table of one row: its last value is in no catalog.
 * Many are read at once, a branch of a UNION each, so that a schema of
 * thousands of tables costs some round trips and not thousands.
 *
 * Distances are unsigned: from one end of int64 to the other they do not fit
 * into an int64.
 *
 * Threads: the session's.
 */
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

/* Branches of one query: far from what the server's parser can nest. */
#define AT_ONCE 100

enum { NAMED_OID, NAMED_SCHEMA, NAMED_NAME };

enum {
    READ_ROW,
    READ_LAST,
    READ_CALLED,
    READ_START,
    READ_INCREMENT,
    READ_LEAST,
    READ_MOST,
    READ_CYCLES
};

/* Before version 10 the sequence itself holds what it was made with. */
static void
add_branch(mig_buf *sql, const PGresult *named, int row, int version)
{
    mig_buf_printf(sql,
                   version >= 100000
                       ? "%sSELECT %d, s.last_value, s.is_called, q.seqstart, q.seqincrement,"
                         " q.seqmin, q.seqmax, q.seqcycle FROM "
                       : "%sSELECT %d, s.last_value, s.is_called, s.start_value, s.increment_by,"
                         " s.min_value, s.max_value, s.is_cycled FROM ",
                   sql->len > 0 ? " UNION ALL " : "", row);
    mig__query_name(sql, PQgetvalue(named, row, NAMED_SCHEMA), PQgetvalue(named, row, NAMED_NAME));
    mig_buf_puts(sql, " s");
    if (version >= 100000)
        mig_buf_printf(sql, ", pg_catalog.pg_sequence q WHERE q.seqrelid = %s::pg_catalog.oid",
                       PQgetvalue(named, row, NAMED_OID));
}

static int64_t
number_at(const PGresult *res, int row, int column)
{
    return strtoll(PQgetvalue(res, row, column), NULL, 10);
}

static mig_status
read_some(mig__session *session, const char *what, mig_buf *sql, mig__sequence *states,
          mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(mig_buf_check(sql, err));
    MIG_TRY(mig__query_rows(session, what, mig_buf_text(sql), 0, NULL, &res, err));
    for (int i = 0; i < PQntuples(res); i++)
        states[number_at(res, i, READ_ROW)] = (mig__sequence){
            .last = number_at(res, i, READ_LAST),
            .called = mig__query_true(res, i, READ_CALLED),
            .start = number_at(res, i, READ_START),
            .increment = number_at(res, i, READ_INCREMENT),
            .least = number_at(res, i, READ_LEAST),
            .most = number_at(res, i, READ_MOST),
            .cycles = mig__query_true(res, i, READ_CYCLES),
        };
    mig_buf_clear(sql);
done:
    PQclear(res);
    return st;
}

static bool
same_as_before(const PGresult *named, int row)
{
    return row > 0 &&
           strcmp(PQgetvalue(named, row, NAMED_OID), PQgetvalue(named, row - 1, NAMED_OID)) == 0;
}

mig_status
mig__sequence_read(mig__session *session, const char *what, const PGresult *named,
                   mig__sequence *states, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    int        version = PQserverVersion(session->conn);
    int        n_branches = 0;

    for (int row = 0; row < PQntuples(named); row++) {
        if (same_as_before(named, row))
            continue;
        add_branch(&sql, named, row, version);
        if (++n_branches % AT_ONCE == 0)
            MIG_TRY(read_some(session, what, &sql, states, err));
    }
    if (sql.len > 0)
        MIG_TRY(read_some(session, what, &sql, states, err));
    for (int row = 0; row < PQntuples(named); row++)
        if (same_as_before(named, row))
            states[row] = states[row - 1];
done:
    mig_buf_fini(&sql);
    return st;
}

bool
mig__sequence_given(const mig__sequence *sequence, int64_t *valuep)
{
    bool up = sequence->increment > 0;

    *valuep = sequence->last;
    if (sequence->called)
        return true;
    if (up ? sequence->last <= sequence->start : sequence->last >= sequence->start)
        return false;
    *valuep = up ? sequence->last - 1 : sequence->last + 1;
    return true;
}

/* The size of a step. */
static uint64_t
step_of(const mig__sequence *sequence)
{
    return sequence->increment > 0 ? (uint64_t)sequence->increment
                                   : 0 - (uint64_t)sequence->increment;
}

bool
mig__sequence_past(const mig__sequence *sequence, int64_t used, int64_t *lastp)
{
    bool     up = sequence->increment > 0;
    uint64_t steps;

    *lastp = sequence->start;
    if (used > sequence->most)
        used = sequence->most;
    if (used < sequence->least)
        used = sequence->least;
    if (up ? used < sequence->start : used > sequence->start)
        return false;
    steps = (up ? (uint64_t)used - (uint64_t)sequence->start
                : (uint64_t)sequence->start - (uint64_t)used) /
            step_of(sequence);
    *lastp = (int64_t)((uint64_t)sequence->start + steps * (uint64_t)sequence->increment);
    return true;
}

bool
mig__sequence_ends(const mig__sequence *sequence, int64_t last)
{
    uint64_t left = sequence->increment > 0 ? (uint64_t)sequence->most - (uint64_t)last
                                            : (uint64_t)last - (uint64_t)sequence->least;

    return left < step_of(sequence);
}
