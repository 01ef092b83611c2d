/*
 * counters.c - how far the source's sequences have come.
 *
 * A row may have been deleted whose id was the highest: only the sequence
 * knows that the id was given out.  What the role may not read is left out;
 * the rows themselves then tell how far the ids go.
 *
 * Reading a sequence is not part of the snapshot.  A value that was given out
 * after it costs a gap at the most.
 *
 * Threads: the session's.
 */
#include <stdlib.h>

#include "pg_read.h"
#include "sequence.h"

enum { FED_SEQUENCE, FED_SCHEMA, FED_NAME, FED_TABLE, FED_COLUMN };
static const char fed_sql[] =
    "WITH " MIG__FED_SQL "SELECT s.oid, sn.nspname, s.relname, " MIG__CALLED ", a.attname"
    " FROM fed f JOIN pg_catalog.pg_class c ON c.oid = f.rel"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = f.rel AND a.attnum = f.att"
    " JOIN pg_catalog.pg_class s ON s.oid = f.seq"
    " JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace"
    " WHERE " MIG__IN_SCHEMAS " AND s.relpersistence <> 't'"
    " AND (s.relpersistence = 'p' OR NOT pg_catalog.pg_is_in_recovery())"
    " AND pg_catalog.has_schema_privilege(sn.oid, 'USAGE')"
    " AND CASE WHEN s.relkind = 'S'" /* else the server may ask before it joins */
    "  THEN pg_catalog.has_sequence_privilege(s.oid, 'SELECT') END ORDER BY s.oid";

/* The column of that name, to be written; NULL for those of partitions, which the root has too. */
static mig_column *
column_of(mig_catalog *catalog, const char *table_name, const char *name)
{
    const mig_table  *table = mig_catalog_find(catalog, table_name);
    const mig_column *column = table != NULL ? mig_table_find(table, name) : NULL;

    return column != NULL ? &table->columns[column - table->columns] : NULL;
}

mig_status
mig__counters_read(mig__session *session, const mig__schemas *schemas, mig_catalog *catalog,
                   mig_error *err)
{
    static const char what[] = "cannot read the source's sequences";
    mig_status        st = MIG_OK;
    const char       *params[2] = {mig_buf_text(&schemas->array), mig__schemas_several(schemas)};
    PGresult         *fed = NULL;
    mig__sequence    *states = NULL;

    MIG_TRY(mig__query_rows(session, what, fed_sql, 2, params, &fed, err));
    states = calloc((size_t)PQntuples(fed) + 1, sizeof *states);
    if (states == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the source's sequences");
        goto done;
    }
    MIG_TRY(mig__sequence_read(session, what, fed, states, err));
    for (int i = 0; i < PQntuples(fed); i++) {
        mig_column *column =
            column_of(catalog, PQgetvalue(fed, i, FED_TABLE), PQgetvalue(fed, i, FED_COLUMN));

        int64_t given;

        if (column == NULL || !mig__sequence_given(&states[i], &given))
            continue;
        if (!column->has_counter || given > column->counter)
            column->counter = given;
        column->has_counter = true;
    }
done:
    free(states);
    PQclear(fed);
    return st;
}
