/*
 * pg_schema.c - a PostgreSQL schema as a mig_schema: asking, and the parts in their order.
 *
 * The server writes expressions and definitions itself, and writes a name bare
 * where search_path finds it.  A name of the schema that is read must come out
 * bare, since the target's schema may be named otherwise.  But with that schema
 * in search_path its owner's operators could be taken for the server's in our
 * own queries.  A cursor has both: its query is analysed when it is declared,
 * under pg_catalog alone, and run when it is fetched from, under both schemas.
 *
 * pg_get_expr() and its like look at the catalog as it is now, not at the
 * snapshot's; what tables are made of cannot change while the snapshot's locks
 * are held.
 *
 * Threads: the session's.
 */
#include "pg_schema.h"

#include <stdlib.h>
#include <string.h>

#include "pg_source.h"

static const char what[] = "cannot read the source's schema";

/* ---- asking ------------------------------------------------------------------------------- */

mig_status
mig__schema_ask(mig__schema_read *read, const char *text, PGresult **resp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    *resp = NULL;
    mig_buf_puts(&sql, "DECLARE db_migrate_schema NO SCROLL CURSOR FOR WITH own AS"
                       " (SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n"
                       " WHERE n.nspname = ANY (");
    mig_buf_literal(&sql, mig_buf_text(&read->schemas->array));
    mig_buf_puts(&sql, "::pg_catalog.name[]))");
    mig__schema_sql(read, &sql, text);
    MIG_TRY(mig__query_run_buf(read->session, what, &sql, err));

    mig_buf_clear(&sql);
    mig_buf_puts(&sql, "SET LOCAL search_path = pg_catalog");
    if (!read->schemas->several) {
        mig_buf_puts(&sql, ", ");
        mig_buf_identifier(&sql, read->schemas->name);
    }
    MIG_TRY(mig__query_run_buf(read->session, what, &sql, err));
    MIG_TRY(mig__query_rows(read->session, what, "FETCH ALL FROM db_migrate_schema", 0, NULL, &res,
                            err));
    MIG_TRY(mig__query_run(read->session, what,
                           "CLOSE db_migrate_schema; SET LOCAL search_path = pg_catalog", err));
    *resp = res;
    res = NULL;
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

static unsigned long
oid_at(const PGresult *res, int row)
{
    return strtoul(PQgetvalue(res, row, 0), NULL, 10);
}

int
mig__schema_first(const PGresult *res, const char *oid)
{
    unsigned long wanted = strtoul(oid, NULL, 10);
    int           low = 0, high = PQntuples(res);

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (oid_at(res, middle) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return mig__schema_same(res, low, oid) ? low : PQntuples(res);
}

bool
mig__schema_same(const PGresult *res, int row, const char *oid)
{
    return row < PQntuples(res) && strcmp(PQgetvalue(res, row, 0), oid) == 0;
}

/* ---- texts -------------------------------------------------------------------------------- */

const char *
mig__schema_text(mig__schema_read *read, const PGresult *res, int row, int column, bool *failed)
{
    const char *kept = NULL;

    if (PQgetisnull(res, row, column))
        return NULL;
    kept = mig_schema_keep(read->schema, PQgetvalue(res, row, column));
    *failed = *failed || kept == NULL;
    return kept;
}

/* Behind a string or a quoted name.  A quote inside is doubled and begins the next one; the server
 * writes none behind a backslash. */
static const char *
skip_quoted(const char *text)
{
    const char *end = strchr(text + 1, *text);

    return end != NULL ? end + 1 : text + strlen(text);
}

/* The parenthesis that closes the one at `text`, or NULL. */
static const char *
closing(const char *text)
{
    int depth = 0;

    while (*text != '\0') {
        if (*text == '\'' || *text == '"') {
            text = skip_quoted(text);
            continue;
        }
        depth += (*text == '(') - (*text == ')');
        if (depth == 0)
            return text;
        text++;
    }
    return NULL;
}

const char *
mig__schema_bare(mig__schema_read *read, const PGresult *res, int row, int column, bool *failed)
{
    const char *text, *kept;
    size_t      len;

    if (PQgetisnull(res, row, column))
        return NULL;
    text = PQgetvalue(res, row, column);
    len = strlen(text);
    while (len >= 2 && text[0] == '(' && closing(text) == text + len - 1) {
        text++;
        len -= 2;
    }
    kept = mig_schema_keep_part(read->schema, text, len);
    *failed = *failed || kept == NULL;
    return kept;
}

mig_status
mig__schema_nomem(mig_error *err)
{
    return mig_raise(err, MIG_E_NOMEM, "cannot hold the source's schema");
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* Objects are in an order in which they can be made. */
static mig_status
read_parts(mig__schema_read *read, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__schema_types(read, err));
    MIG_TRY(mig__schema_objects_below(read, err));
    MIG_TRY(mig__schema_tables(read, err));
    MIG_TRY(mig__schema_indexes(read, err));
    MIG_TRY(mig__schema_views(read, err));
    MIG_TRY(mig__schema_objects_above(read, err));
    if (read->schemas->several &&
        !mig_schema_unqualify(read->schema, read->schemas->names, read->schemas->n))
        return mig__schema_nomem(err);
    mig_schema_finish(read->schema);
done:
    return st;
}

mig_status
mig__pg_schema(mig_source *base, mig_schema **schemap, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig__pg_source  *source = mig__pg_source_of(base);
    mig__schema_read read = {.session = &source->control,
                             .version = PQserverVersion(source->control.conn),
                             .schemas = &source->schemas};

    *schemap = NULL;
    read.schema = mig_schema_new(MIG_DIALECT_POSTGRES, source->schemas.name);
    if (read.schema == NULL)
        return mig__schema_nomem(err);
    st = mig__pg_source_ask(source, err);
    if (st == MIG_OK)
        st = read_parts(&read, err);
    mig__pg_source_asked(source);
    if (st == MIG_OK) {
        *schemap = read.schema;
        read.schema = NULL;
    }
    mig_schema_free(read.schema);
    return st;
}
