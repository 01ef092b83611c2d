/*
 * restore_key.c - suspended foreign keys put back.
 *
 * Two steps, each of which stays done if the next one fails: ADD CONSTRAINT ...
 * NOT VALID, which looks at no row, one by one; and VALIDATE CONSTRAINT, which
 * reads both tables and keeps nobody from writing, side by side.  The record
 * goes when a key is what it was.  After a copy that did not end the second step
 * is left to the next run.  On a partitioned table a key cannot be NOT VALID
 * before server 18; there both steps are one.
 *
 * Threads: the sink's.
 */
#include <string.h>

#include "pg_sink.h"

#define KEY_NAME "\"" MIG__STATE_SCHEMA "\".\"" MIG__KEY_TABLE "\""

enum {
    LEFT_SCHEMA,
    LEFT_TABLE,
    LEFT_NAME,
    LEFT_DEFINITION,
    LEFT_VALIDATED, /* it was */
    LEFT_COMMENT,
    LEFT_GONE, /* its table is */
    LEFT_THERE,
    LEFT_VALID_NOW,
    LEFT_WHOLE, /* it cannot be NOT VALID */
};
static const char left_sql[] =
    "SELECT s.schema_name, s.table_name, s.key_name, s.definition, s.validated, s.comment,"
    " c.oid IS NULL, k.oid IS NOT NULL, COALESCE(k.convalidated, false), c.relkind = 'p'"
    " AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 180000"
    " FROM " KEY_NAME " s"
    " LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)"
    " ON n.nspname = s.schema_name AND c.relname = s.table_name"
    " LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.conname = s.key_name"
    " WHERE s.target = $1 ORDER BY 1, 2, 3";

static mig_status
read_left(mig__pg_sink *sink, PGresult **leftp, mig_error *err)
{
    const char *target = sink->home;

    return mig__query_rows(&sink->control, "cannot read which foreign keys are suspended", left_sql,
                           1, &target, leftp, err);
}

static void
add_alter(mig_buf *sql, const PGresult *left, int row, const char *verb)
{
    mig_buf_puts(sql, "ALTER TABLE ");
    mig__query_name(sql, PQgetvalue(left, row, LEFT_SCHEMA), PQgetvalue(left, row, LEFT_TABLE));
    mig_buf_printf(sql, " %s CONSTRAINT ", verb);
    mig_buf_identifier(sql, PQgetvalue(left, row, LEFT_NAME));
}

static void
add_context(const PGresult *left, int row, mig_error *err)
{
    if (err->status != MIG_E_STOPPED)
        mig_error_context(err, "%s (%s)", PQgetvalue(left, row, LEFT_TABLE),
                          PQgetvalue(left, row, LEFT_NAME));
}

/* Adds the constraint and its comment. */
static mig_status
add_key(mig__pg_sink *sink, const PGresult *left, int row, mig_error *err)
{
    static const char what[] = "cannot put a foreign key back";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;

    MIG_TRY(mig__record_begin(sink, what, err));
    add_alter(&sql, left, row, "ADD");
    mig_buf_printf(&sql, " %s%s;", PQgetvalue(left, row, LEFT_DEFINITION),
                   mig__query_true(left, row, LEFT_VALIDATED) &&
                           !mig__query_true(left, row, LEFT_WHOLE)
                       ? " NOT VALID"
                       : "");
    if (!PQgetisnull(left, row, LEFT_COMMENT)) {
        mig_buf_puts(&sql, "COMMENT ON CONSTRAINT ");
        mig_buf_identifier(&sql, PQgetvalue(left, row, LEFT_NAME));
        mig_buf_puts(&sql, " ON ");
        mig__query_name(&sql, PQgetvalue(left, row, LEFT_SCHEMA),
                        PQgetvalue(left, row, LEFT_TABLE));
        mig_buf_puts(&sql, " IS ");
        mig_buf_literal(&sql, PQgetvalue(left, row, LEFT_COMMENT));
    }
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
drop_record(mig__pg_sink *sink, const PGresult *left, int row, mig_error *err)
{
    static const char what[] = "cannot remove the record of a foreign key";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;

    MIG_TRY(mig__record_begin(sink, what, err));
    /* Runs on other schemas of this database share the table. */
    MIG_TRY(mig__record_lock(sink, MIG__KEY_TABLE, err));
    mig_buf_puts(&sql, "schema_name = ");
    mig_buf_literal(&sql, PQgetvalue(left, row, LEFT_SCHEMA));
    mig_buf_puts(&sql, " AND table_name = ");
    mig_buf_literal(&sql, PQgetvalue(left, row, LEFT_TABLE));
    mig_buf_puts(&sql, " AND key_name = ");
    mig_buf_literal(&sql, PQgetvalue(left, row, LEFT_NAME));
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__record_drop(sink, MIG__KEY_TABLE, mig_buf_text(&sql), err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    mig_buf_fini(&sql);
    return st;
}

/* ---- of a copy that ended ---------------------------------------------------------------- */

/* What is to be validated, as statements of a phase. */
static mig_status
list_validations(const PGresult *left, mig_ddl *ddl, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    what = MIG_BUF_INIT, sql = MIG_BUF_INIT;

    for (int i = 0; i < PQntuples(left); i++) {
        if (!mig__query_true(left, i, LEFT_THERE) || mig__query_true(left, i, LEFT_VALID_NOW) ||
            !mig__query_true(left, i, LEFT_VALIDATED))
            continue;
        mig_buf_clear(&what);
        mig_buf_clear(&sql);
        mig_buf_printf(&what, "foreign key %s of %s", PQgetvalue(left, i, LEFT_NAME),
                       PQgetvalue(left, i, LEFT_TABLE));
        add_alter(&sql, left, i, "VALIDATE");
        MIG_TRY(mig_buf_check(&what, err));
        MIG_TRY(mig_buf_check(&sql, err));
        if (!mig_ddl_add(ddl, MIG_DDL_VALIDATE, mig_buf_text(&what),
                         PQgetvalue(left, i, LEFT_TABLE), mig_buf_text(&sql))) {
            st = mig_raise(err, MIG_E_NOMEM, "cannot list the foreign keys");
            goto done;
        }
    }
done:
    mig_buf_fini(&what);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
validate_all(mig__pg_sink *sink, unsigned n_parallel, mig_error *err)
{
    mig_status       st = MIG_OK;
    PGresult        *left = NULL;
    mig_ddl         *ddl = mig_ddl_new();
    mig__crew_orders orders = {.ddl = ddl,
                               .phase = MIG_DDL_VALIDATE,
                               .n_parallel = n_parallel,
                               .verb = "validate",
                               .go_on = true,
                               .lock_timeout = MIG__RESTORE_LOCK_TIMEOUT};

    if (ddl == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot list the foreign keys");
        goto done;
    }
    MIG_TRY(read_left(sink, &left, err));
    MIG_TRY(list_validations(left, ddl, err));
    MIG_TRY(mig__crew_run(sink, &orders, err));
done:
    PQclear(left);
    mig_ddl_free(ddl);
    return st;
}

/* Every key is tried, also behind one that failed; the first failure is told. */
static mig_status
add_all(mig__pg_sink *sink, const PGresult *left, mig_error *err)
{
    mig_status st = MIG_OK;

    for (int i = 0; i < PQntuples(left); i++) {
        mig_error  one = MIG_ERROR_INIT;
        mig_status added = MIG_OK;

        if (!mig__query_true(left, i, LEFT_GONE) && !mig__query_true(left, i, LEFT_THERE))
            added = add_key(sink, left, i, &one);
        if (added != MIG_OK)
            add_context(left, i, &one);
        st = st != MIG_OK ? st : added;
        mig_error_move(err, &one);
    }
    return st;
}

/* The keys that are what they were. */
static mig_status
drop_records(mig__pg_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *left = NULL;

    MIG_TRY(read_left(sink, &left, err));
    for (int i = 0; i < PQntuples(left); i++)
        if (mig__query_true(left, i, LEFT_GONE) ||
            (mig__query_true(left, i, LEFT_THERE) && (mig__query_true(left, i, LEFT_VALID_NOW) ||
                                                      !mig__query_true(left, i, LEFT_VALIDATED))))
            MIG_TRY(drop_record(sink, left, i, err));
done:
    PQclear(left);
    return st;
}

/* ---- of one that did not ----------------------------------------------------------------- */

/* Rows are missing: the key is put back if that can be done, and the rest is told. */
static mig_status
put_back_unfinished(mig__pg_sink *sink, const PGresult *left, int row, mig_buf *notes,
                    mig_error *err)
{
    mig_status st = MIG_OK;
    mig_error  refused = MIG_ERROR_INIT;
    bool       there = mig__query_true(left, row, LEFT_THERE);

    if (!there) {
        st = add_key(sink, left, row, &refused);
        there = st == MIG_OK;
    }
    /* A key that cannot be NOT VALID finds out about the rows that are missing. */
    if (st == MIG_E_DATA && mig__query_true(left, row, LEFT_WHOLE))
        st = MIG_OK;
    if (st != MIG_OK) {
        mig_error_move(err, &refused);
        goto done;
    }
    mig_buf_printf(notes,
                   "the foreign key %s of %s is %s: rows are missing; the next run to its "
                   "end validates it\n",
                   PQgetvalue(left, row, LEFT_NAME), PQgetvalue(left, row, LEFT_TABLE),
                   there ? "there, but not validated" : "not there");
    MIG_TRY(mig_buf_check(notes, err));
done:
    mig_error_fini(&refused);
    return st;
}

static mig_status
put_back_all_unfinished(mig__pg_sink *sink, const PGresult *left, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;

    for (int i = 0; i < PQntuples(left); i++) {
        mig_error  one = MIG_ERROR_INIT;
        mig_status put = MIG_OK;
        bool       valid = mig__query_true(left, i, LEFT_VALIDATED);

        if (!mig__query_true(left, i, LEFT_GONE) && !mig__query_true(left, i, LEFT_VALID_NOW) &&
            (valid || !mig__query_true(left, i, LEFT_THERE)))
            put = put_back_unfinished(sink, left, i, notes, &one);
        if (put != MIG_OK)
            add_context(left, i, &one);
        st = st != MIG_OK ? st : put;
        mig_error_move(err, &one);
    }
    return st;
}

mig_status
mig__keys_restore(mig__pg_sink *sink, bool complete, unsigned n_parallel, mig_buf *notes,
                  mig_error *err)
{
    mig_status st = MIG_OK, next;
    PGresult  *left = NULL;
    bool       exists;

    MIG_TRY(mig__record_exists(sink, MIG__KEY_TABLE, &exists, err));
    if (!exists)
        goto done;
    MIG_TRY(read_left(sink, &left, err));
    if (complete) {
        st = add_all(sink, left, err);
        next = validate_all(sink, n_parallel, err);
        st = st != MIG_OK ? st : next;
    } else {
        st = put_back_all_unfinished(sink, left, notes, err);
    }
    next = drop_records(sink, err);
    st = st != MIG_OK ? st : next;
done:
    PQclear(left);
    return st;
}
