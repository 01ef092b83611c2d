/*
 * testpg_source.c - opening, planning and draining PostgreSQL sources.
 */
#include "testpg_source.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/postgres.h"

mig_source *testpg_source;

void
testpg_source_init(void)
{
    testpg_init();
    testpg_source = NULL;
}

void
testpg_source_fini(void)
{
    mig_source_close(testpg_source);
    testpg_fini();
}

void
testpg_source_open(const char *conninfo, unsigned n_readers)
{
    mig_source_close(testpg_source);
    testpg_status(mig_postgres_source_open(conninfo, NULL, &testpg_source, &testpg_db.err), MIG_OK);
    testpg_status(testpg_source->ops->snapshot(testpg_source, n_readers, &testpg_db.err), MIG_OK);
    mig_catalog_free(testpg_db.catalog);
    testpg_status(testpg_source->ops->catalog(testpg_source, &testpg_db.catalog, &testpg_db.err),
                  MIG_OK);
}

void
testpg_source_plan(const char *tables)
{
    testpg_plan(tables);
    for (size_t t = 0; t < testpg_db.plan.n_tables; t++) {
        mig_table_plan *plan = &testpg_db.plan.tables[t];

        plan->n_columns = plan->source->n_columns;
        for (size_t i = 0; i < plan->n_columns; i++) {
            const mig_column *column = &plan->source->columns[i];

            plan->columns[i] = (mig_column_plan){.source = column,
                                                 .target = column,
                                                 .wire = column->wire,
                                                 .read = column->wire,
                                                 .limits = MIG_LIMITS_NONE};
        }
    }
}

mig_status
testpg_cursor(unsigned reader, size_t table, const mig_segment *segment, mig_cursor **cursorp)
{
    mig_segment whole = {.table = table};

    return testpg_source->ops->cursor_open(testpg_source, reader, &testpg_db.plan.tables[table],
                                           segment != NULL ? segment : &whole, cursorp,
                                           &testpg_db.err);
}

mig_status
testpg_drain(mig_cursor *cursor, mig_rows *rows, uint32_t max_rows)
{
    mig_fill fill = MIG_FILL_FULL;
    size_t   needed;

    while (fill != MIG_FILL_END) {
        uint32_t   before = rows->n_rows;
        mig_status st;

        rows->max_rows = before + max_rows;
        st = cursor->ops->cursor_fill(cursor, rows, &fill, &needed, &testpg_db.err);
        if (st != MIG_OK)
            return st;
        cr_assert(fill == MIG_FILL_END || rows->n_rows == before + max_rows,
                  "the test's buffer is too small");
    }
    return MIG_OK;
}

void
testpg_source_expect(unsigned reader, size_t table, uint32_t n_rows)
{
    mig_cursor *cursor = NULL;
    mig_rows    rows = testpg_rows(8 << 20);

    testpg_status(testpg_cursor(reader, table, NULL, &cursor), MIG_OK);
    testpg_status(testpg_drain(cursor, &rows, 500), MIG_OK);
    cr_assert_eq(rows.n_rows, n_rows, "%u rows instead of %u", rows.n_rows, n_rows);
    mig_cursor_close(cursor);
    free(rows.data);
}

const char *
testpg_elsewhere(const char *sql)
{
    static char state[8];
    PGconn     *conn = testpg_connect(testpg_db.conninfo);
    PGresult   *res = PQexec(conn, sql);
    const char *told = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    snprintf(state, sizeof state, "%s", told != NULL ? told : "");
    PQclear(res);
    PQfinish(conn);
    return state;
}
