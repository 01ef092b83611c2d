/*
 * source_schemas.c - which schemas of a source are read.
 *
 * Of several, each thing gets the name of its schema in front of its own.  Two
 * schemas can come to the same name by that ("a"."b_c" and "a_b"."c"): then
 * they cannot be told apart and are refused.
 *
 * Threads: the session's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_read.h"

/* Ours, in which a run keeps its journal and unfinished tables, are not meant by a pattern. */
static const char all_sql[] = "SELECT n.nspname FROM pg_catalog.pg_namespace n"
                              " WHERE n.nspname <> 'information_schema'"
                              " AND n.nspname !~ '^db_migrate(_[0-9]+)?$'"
                              " AND n.nspname NOT LIKE 'pg\\_%' ORDER BY n.nspname";

static const char twice_sql[] =
    "SELECT x.called, pg_catalog.min(x.name), pg_catalog.max(x.name) FROM ("
    " SELECT pg_catalog.concat(n.nspname, '_', c.relname) AS called, n.nspname,"
    "  pg_catalog.concat(n.nspname, '.', c.relname) AS name FROM pg_catalog.pg_class c"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE " MIG__IN_SCHEMAS
    " UNION ALL SELECT pg_catalog.concat(n.nspname, '_', y.typname), n.nspname,"
    "  pg_catalog.concat(n.nspname, '.', y.typname) FROM pg_catalog.pg_type y"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace WHERE " MIG__IN_SCHEMAS
    "  AND y.typtype IN ('e', 'd', 'r')) x"
    " GROUP BY x.called HAVING pg_catalog.count(DISTINCT x.nspname) > 1 ORDER BY x.called LIMIT 1";

static bool
is_glob(const char *text)
{
    return strpbrk(text, "*?[\\") != NULL;
}

static bool
has_name(const mig__schemas *schemas, const char *name)
{
    for (size_t i = 0; i < schemas->n; i++)
        if (strcmp(schemas->names[i], name) == 0)
            return true;
    return false;
}

/* A schema that the role may use. */
static mig_status
add(mig__session *session, const char *name, mig__schemas *schemas, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *own = NULL;

    if (!has_name(schemas, name))
        st = mig__own_schema(session, MIG__SIDE_SOURCE, name, &own, err);
    if (own != NULL)
        schemas->names[schemas->n++] = own;
    return st;
}

/* What one asks for: exactly that name first, since a name may have the signs of a glob. */
static mig_status
add_matching(mig__session *session, const char *asked, const PGresult *all, mig__schemas *schemas,
             mig_error *err)
{
    mig_status st = MIG_OK;
    bool       glob = is_glob(asked), found = false;

    for (int i = 0; i < PQntuples(all) && glob; i++)
        glob = strcmp(PQgetvalue(all, i, 0), asked) != 0;
    if (!glob)
        return add(session, asked, schemas, err);
    for (int i = 0; i < PQntuples(all); i++) {
        const char *name = PQgetvalue(all, i, 0);

        if (!mig_glob_match(asked, strlen(asked), name))
            continue;
        found = true;
        MIG_TRY(add(session, name, schemas, err));
    }
    if (!found)
        st = mig_raise(err, MIG_E_SCHEMA, "the source has no schema that matches %s", asked);
done:
    return st;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static mig_status
finish(mig__schemas *schemas, mig_error *err)
{
    mig_buf name = MIG_BUF_INIT;

    qsort(schemas->names, schemas->n, sizeof *schemas->names, compare_names);
    for (size_t i = 0; i < schemas->n; i++)
        mig_buf_printf(&name, "%s%s", i > 0 ? ", " : "", schemas->names[i]);
    mig__query_names(&schemas->array, schemas->names, schemas->n);
    if (name.failed || schemas->array.failed) {
        mig_buf_fini(&name);
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the names of the schemas");
    }
    schemas->name = name.data;
    return MIG_OK;
}

static mig_status
check_names(mig__session *session, const mig__schemas *schemas, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *array = mig_buf_text(&schemas->array);
    PGresult   *res = NULL;

    MIG_TRY(mig__query_rows(session, "cannot read the source's catalog", twice_sql, 1, &array, &res,
                            err));
    if (PQntuples(res) > 0) {
        st = mig_raise(err, MIG_E_SCHEMA, "%s and %s would have the same name, %s",
                       PQgetvalue(res, 0, 1), PQgetvalue(res, 0, 2), PQgetvalue(res, 0, 0));
        mig_error_hint(err, "read their schemas in runs of their own");
    }
done:
    PQclear(res);
    return st;
}

static mig_status
allocate(mig__schemas *schemas, size_t n, mig_error *err)
{
    *schemas = (mig__schemas){.array = MIG_BUF_INIT};
    schemas->names = calloc(n + 1, sizeof *schemas->names);
    return schemas->names != NULL
               ? MIG_OK
               : mig_raise(err, MIG_E_NOMEM, "cannot hold the names of the schemas");
}

static mig_status
read_several(mig__session *session, const mig_patterns *asked, mig__schemas *schemas,
             mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *all = NULL;

    MIG_TRY(
        mig__query_rows(session, "cannot read the source's catalog", all_sql, 0, NULL, &all, err));
    MIG_TRY(allocate(schemas, (size_t)PQntuples(all) + asked->n, err));
    schemas->several = true;
    for (size_t i = 0; i < asked->n; i++)
        MIG_TRY(add_matching(session, asked->texts[i], all, schemas, err));
    MIG_TRY(finish(schemas, err));
    MIG_TRY(check_names(session, schemas, err));
done:
    PQclear(all);
    return st;
}

mig_status
mig__source_schemas(mig__session *session, const mig_patterns *asked, mig__schemas *schemas,
                    mig_error *err)
{
    mig_status st = MIG_OK;

    *schemas = (mig__schemas){.array = MIG_BUF_INIT};
    if (asked != NULL && (asked->n > 1 || (asked->n == 1 && is_glob(asked->texts[0]))))
        return read_several(session, asked, schemas, err);
    MIG_TRY(allocate(schemas, 1, err));
    MIG_TRY(mig__own_schema(session, MIG__SIDE_SOURCE,
                            asked != NULL && asked->n > 0 ? asked->texts[0] : NULL,
                            &schemas->names[0], err));
    schemas->n = 1;
    MIG_TRY(finish(schemas, err));
done:
    return st;
}

mig_status
mig__schemas_of(const char *name, mig__schemas *schemas, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(allocate(schemas, 1, err));
    schemas->names[0] = strdup(name);
    if (schemas->names[0] == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the names of the schemas");
    schemas->n = 1;
    MIG_TRY(finish(schemas, err));
done:
    return st;
}

void
mig__schemas_fini(mig__schemas *schemas)
{
    for (size_t i = 0; i < schemas->n; i++)
        free(schemas->names[i]);
    free(schemas->names);
    free(schemas->name);
    mig_buf_fini(&schemas->array);
}
