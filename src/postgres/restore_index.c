/*
 * restore_index.c - suspended indexes and keys made again.
 *
 * Two steps, each of which stays done if the next one fails: all indexes, side
 * by side; then of each, in a transaction that also looks whether it is what it
 * was and removes its record, the rest: the constraint that takes the index for
 * its own, comments and the like.  What an earlier attempt has done is not done
 * again.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

#define INDEX_NAME "\"" MIG__STATE_SCHEMA "\".\"" MIG__INDEX_TABLE "\""

enum {
    LEFT_SCHEMA,
    LEFT_TABLE,
    LEFT_NAME,
    LEFT_KIND,
    LEFT_TABLESPACE,
    LEFT_DEFINITION,
    LEFT_KEY, /* its definition; NULL for a mere index */
    LEFT_ADD_KEY,
    LEFT_OTHERS,
    LEFT_GONE, /* its table is */
    LEFT_INDEX_THERE,
    LEFT_KEY_THERE,
};
static const char left_sql[] =
    "SELECT s.schema_name, s.table_name, s.index_name, s.kind, s.tablespace, s.definition,"
    " s.key_definition, s.add_key, s.others, c.oid IS NULL, i.oid IS NOT NULL, k.oid IS NOT NULL"
    " FROM " INDEX_NAME " s"
    " LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)"
    " ON n.nspname = s.schema_name AND c.relname = s.table_name"
    " LEFT JOIN (pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid)"
    " ON x.indrelid = c.oid AND i.relname = s.index_name"
    " LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.conname = s.index_name"
    " WHERE s.target = $1 ORDER BY 1, 2, s.kind = 'i', s.kind, 3";

static const char same_sql[] =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_class i"
    " JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace"
    " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u')"
    " WHERE n.nspname = $1 AND i.relname = $2 AND pg_catalog.pg_get_indexdef(i.oid) = $3"
    " AND pg_catalog.pg_get_constraintdef(k.oid) IS NOT DISTINCT FROM $4)";

static mig_status
read_left(mig__pg_sink *sink, PGresult **leftp, mig_error *err)
{
    const char *target = sink->home;

    return mig__query_rows(&sink->control, "cannot read which indexes are suspended", left_sql, 1,
                           &target, leftp, err);
}

static void
describe(mig_buf *what, const PGresult *left, int row)
{
    char        kind = PQgetvalue(left, row, LEFT_KIND)[0];
    const char *words = kind == 'p' ? "primary key" : kind == 'u' ? "unique constraint" : "index";

    mig_buf_printf(what, "%s %s of %s", words, PQgetvalue(left, row, LEFT_NAME),
                   PQgetvalue(left, row, LEFT_TABLE));
}

/* ---- the indexes --------------------------------------------------------------------------- */

static mig_status
add_item(mig_ddl *ddl, const PGresult *left, int row, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    what = MIG_BUF_INIT, sql = MIG_BUF_INIT;

    describe(&what, left, row);
    mig_buf_puts(&sql, "SET default_tablespace = ");
    mig_buf_literal(&sql, PQgetvalue(left, row, LEFT_TABLESPACE));
    mig_buf_printf(&sql, ";%s", PQgetvalue(left, row, LEFT_DEFINITION));
    MIG_TRY(mig_buf_check(&what, err));
    MIG_TRY(mig_buf_check(&sql, err));
    if (!mig_ddl_add(ddl, MIG_DDL_KEYS, mig_buf_text(&what), PQgetvalue(left, row, LEFT_TABLE),
                     mig_buf_text(&sql)))
        st = mig_raise(err, MIG_E_NOMEM, "cannot list the indexes");
done:
    mig_buf_fini(&what);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
make_indexes(mig__pg_sink *sink, const PGresult *left, unsigned n_parallel, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_ddl         *ddl = mig_ddl_new();
    mig__crew_orders orders = {.ddl = ddl,
                               .phase = MIG_DDL_KEYS,
                               .n_parallel = n_parallel,
                               .verb = "put back",
                               .go_on = true,
                               .lock_timeout = MIG__RESTORE_LOCK_TIMEOUT};

    if (ddl == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot list the indexes");
        goto done;
    }
    for (int i = 0; i < PQntuples(left); i++)
        if (!mig__query_true(left, i, LEFT_GONE) && !mig__query_true(left, i, LEFT_INDEX_THERE))
            MIG_TRY(add_item(ddl, left, i, err));
    MIG_TRY(mig__crew_run(sink, &orders, err));
done:
    mig_ddl_free(ddl);
    return st;
}

/* ---- the rest of each ---------------------------------------------------------------------- */

static mig_status
check_same(mig__pg_sink *sink, const PGresult *left, int row, mig_error *err)
{
    static const char what[] = "cannot look at an index";
    mig_status        st = MIG_OK;
    PGresult         *res = NULL;
    const char *params[4] = {PQgetvalue(left, row, LEFT_SCHEMA), PQgetvalue(left, row, LEFT_NAME),
                             PQgetvalue(left, row, LEFT_DEFINITION),
                             PQgetisnull(left, row, LEFT_KEY) ? NULL
                                                              : PQgetvalue(left, row, LEFT_KEY)};

    MIG_TRY(mig__query_run(&sink->control, what, "SET LOCAL search_path = pg_catalog", err));
    MIG_TRY(mig__query_rows(&sink->control, what, same_sql, 4, params, &res, err));
    if (!mig__query_true(res, 0, 0)) {
        st = mig_raise(err, MIG_E_DATABASE, "what has its name now is something else");
        mig_error_detail(err, "it was: %s", params[2]);
    }
done:
    PQclear(res);
    return st;
}

static mig_status
drop_record(mig__pg_sink *sink, const PGresult *left, int row, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    condition = MIG_BUF_INIT;

    mig_buf_puts(&condition, "schema_name = ");
    mig_buf_literal(&condition, PQgetvalue(left, row, LEFT_SCHEMA));
    mig_buf_puts(&condition, " AND index_name = ");
    mig_buf_literal(&condition, PQgetvalue(left, row, LEFT_NAME));
    MIG_TRY(mig_buf_check(&condition, err));
    /* Runs on other schemas of this database share the table. */
    MIG_TRY(mig__record_lock(sink, MIG__INDEX_TABLE, err));
    MIG_TRY(mig__record_drop(sink, MIG__INDEX_TABLE, mig_buf_text(&condition), err));
done:
    mig_buf_fini(&condition);
    return st;
}

static mig_status
finish_index(mig__pg_sink *sink, const PGresult *left, int row, mig_error *err)
{
    static const char what[] = "cannot put an index back";
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;

    MIG_TRY(mig__record_begin(sink, what, err));
    if (!mig__query_true(left, row, LEFT_GONE)) {
        if (!PQgetisnull(left, row, LEFT_ADD_KEY) && !mig__query_true(left, row, LEFT_KEY_THERE))
            mig_buf_printf(&sql, "%s;", PQgetvalue(left, row, LEFT_ADD_KEY));
        mig_buf_puts(&sql, PQgetvalue(left, row, LEFT_OTHERS));
        MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
        MIG_TRY(check_same(sink, left, row, err));
    }
    MIG_TRY(drop_record(sink, left, row, err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    mig_buf_clear(&sql);
    describe(&sql, left, row);
    if (st != MIG_OK && st != MIG_E_STOPPED && !sql.failed)
        mig_error_context(err, "%s", mig_buf_text(&sql));
    mig_buf_fini(&sql);
    return st;
}

/* Every index is tried, also behind one that failed; the first failure is told. */
static mig_status
finish_all(mig__pg_sink *sink, mig_status st, mig_error *err)
{
    PGresult *left = NULL;
    mig_error later = MIG_ERROR_INIT;

    if (st == MIG_E_STOPPED || st == MIG_E_CONNECT)
        return st;
    if (read_left(sink, &left, &later) != MIG_OK)
        st = st != MIG_OK ? st : later.status;
    for (int i = 0; left != NULL && i < PQntuples(left); i++) {
        mig_error  one = MIG_ERROR_INIT;
        mig_status finished = MIG_OK;

        if (mig__query_true(left, i, LEFT_GONE) || mig__query_true(left, i, LEFT_INDEX_THERE))
            finished = finish_index(sink, left, i, &one);
        st = st != MIG_OK ? st : finished;
        mig_error_move(&later, &one);
    }
    mig_error_move(err, &later);
    PQclear(left);
    return st;
}

mig_status
mig__indexes_restore(mig__pg_sink *sink, unsigned n_parallel, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *left = NULL;
    bool       exists;

    MIG_TRY(mig__record_exists(sink, MIG__INDEX_TABLE, &exists, err));
    if (!exists)
        goto done;
    MIG_TRY(read_left(sink, &left, err));
    st = make_indexes(sink, left, n_parallel, err);
    st = finish_all(sink, st, err);
done:
    PQclear(left);
    return st;
}
