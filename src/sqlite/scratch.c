/*
 * scratch.c - the catalog that some SQL leads to.
 *
 * The SQL runs in a database in memory that lives as long as the call, and the
 * ordinary reading of a catalog is pointed at it.
 *
 * Threads: any; nothing is shared.
 */
#include "mig/sqlite.h"
#include "sqlite_source.h"

mig_status
mig_sqlite_catalog_of_sql(const char *const *sql, size_t n_sql, mig_catalog **catalogp,
                          mig_error *err)
{
    mig_status         st = MIG_OK;
    mig__sqlite_source scratch = {.base.ops = &mig__sqlite_source_ops};

    *catalogp = NULL;
    mig__sqlite_setup();
    if (sqlite3_open_v2(":memory:", &scratch.questions,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot open a database in memory");
        goto done;
    }
    for (size_t i = 0; i < n_sql; i++)
        MIG_TRY(mig__sqlite_run(scratch.questions, sql[i], err));
    MIG_TRY(mig__sqlite_catalog(&scratch.base, catalogp, err));
done:
    sqlite3_close(scratch.questions);
    return st;
}
