/*
 * databases.c - the one place that knows which backends there are.
 */
#include "databases.h"

#include "mig/log.h"
#include "mig/postgres.h"
#include "mig/sqlite.h"

/*
 * What is behind a HAS_POSTGRES of 0 is compiled, so that it cannot rot, but not called and not
 * linked (make POSTGRES=no).
 */
#ifdef MIG_WITHOUT_POSTGRES
#define HAS_POSTGRES 0
#else
#define HAS_POSTGRES 1
#endif
#define IS_POSTGRES(url) (HAS_POSTGRES && (url)->kind == MIG_URL_POSTGRES)

void
mig__databases_versions(mig_buf *out)
{
    mig_buf_printf(out, "SQLite %s, ", mig_sqlite_version());
    if (HAS_POSTGRES)
        mig_buf_printf(out, "PostgreSQL (libpq %s)", mig_postgres_version());
    else
        mig_buf_puts(out, "compiled without support for PostgreSQL");
}

mig_status
mig__databases_compiled_in(const mig_url *url, const char *option, mig_error *err)
{
    if (url->kind != MIG_URL_POSTGRES || HAS_POSTGRES)
        return MIG_OK;
    mig_raise(err, MIG_E_USAGE,
              "compiled without support for PostgreSQL: %s is the URL of a PostgreSQL database",
              option);
    mig_error_hint(err, "this program was built with POSTGRES=no; build it without that, which "
                        "needs PostgreSQL's client library libpq");
    return MIG_E_USAGE;
}

/* What a URL may say about SQLite files that this program would have to leave unheard. */
static mig_status
check_parameters(const mig_url *url, const char *option, mig_error *err)
{
    if (url->warning != NULL)
        mig_log_warning("%s", url->warning);
    if (url->kind == MIG_URL_SQLITE && url->vfs != NULL)
        return mig_raise(err, MIG_E_USAGE, "%s: the parameter vfs is not supported", option);
    return MIG_OK;
}

static mig_status
check_target_parameters(const mig_url *url, mig_error *err)
{
    if (url->kind != MIG_URL_SQLITE)
        return MIG_OK;
    if (url->mode == MIG_URL_MODE_RO)
        return mig_raise(err, MIG_E_USAGE, "--target-db: mode=ro, but the target is written");
    if (url->immutable)
        return mig_raise(err, MIG_E_USAGE, "--target-db: immutable, but the target is written");
    return MIG_OK;
}

static mig_status
same_database(const mig_url *source, const mig_url *target, bool *samep, mig_error *err)
{
    *samep = false;
    if (source->kind != target->kind)
        return MIG_OK;
    if (IS_POSTGRES(source))
        return mig_postgres_same_database(source->conninfo, target->conninfo, samep, err);
    return mig__url_same_file(source, target, samep, err);
}

mig_status
mig__databases_check_parameters(const mig_url *source, const mig_url *target, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(check_parameters(source, "--source-db", err));
    MIG_TRY(check_parameters(target, "--target-db", err));
done:
    return st;
}

mig_status
mig__databases_check(const mig_url *source, const mig_url *target, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       same = false;

    MIG_TRY(mig__databases_check_parameters(source, target, err));
    MIG_TRY(check_target_parameters(target, err));
    MIG_TRY(same_database(source, target, &same, err));
    if (same) {
        st = mig_raise(err, MIG_E_USAGE, "source and target are the same database");
        mig_error_hint(err, "nothing was changed; a migration would erase the source");
    }
done:
    return st;
}

mig_status
mig__databases_check_schema(const mig_url *url, const char *option, bool given, mig_error *err)
{
    if (!given || url->kind == MIG_URL_POSTGRES)
        return MIG_OK;
    return mig_raise(err, MIG_E_USAGE, "%s: a SQLite database has no schemas to choose from",
                     option);
}

mig_status
mig__databases_open_source(const mig_url *url, const mig_patterns *schemas, mig_source **sourcep,
                           mig_error *err)
{
    mig_status  st;
    const char *warning = NULL;

    if (IS_POSTGRES(url)) {
        st = mig_postgres_source_open(url->conninfo, schemas, sourcep, err);
        if (st == MIG_OK)
            warning = mig_postgres_source_warning(*sourcep);
        if (st == MIG_OK && mig_postgres_source_schemas(*sourcep) != NULL)
            mig_log_info("Reading the schemas %s, whose tables are called SCHEMA_TABLE",
                         mig_postgres_source_schemas(*sourcep));
    } else {
        st = mig_sqlite_source_open(url->path, sourcep, err);
        if (st == MIG_OK)
            warning = mig_sqlite_source_warning(*sourcep);
    }
    if (warning != NULL)
        mig_log_warning("%s", warning);
    return st;
}

void
mig__databases_tell_beside(const mig_url *url, const mig_source *source, bool mirrored)
{
    const char *note;

    if (!IS_POSTGRES(url))
        return;
    note = mig_postgres_source_note(source, MIG_POSTGRES_BESIDE_OBJECTS);
    if (note != NULL && !mirrored)
        mig_log_info("%s", note);
    note = mig_postgres_source_note(source, MIG_POSTGRES_BESIDE_SCHEMAS);
    if (note != NULL)
        mig_log_info("%s", note);
}

mig_status
mig__databases_open_sink(const mig_url *url, const char *schema, mig_sink **sinkp, mig_error *err)
{
    mig_status  st;
    const char *warning;

    if (IS_POSTGRES(url))
        return mig_postgres_sink_open(url->conninfo, schema, sinkp, err);
    st = mig_sqlite_sink_open(url->path, url->mode == MIG_URL_MODE_RWC, sinkp, err);
    warning = st == MIG_OK ? mig_sqlite_sink_warning(*sinkp) : NULL;
    if (warning != NULL)
        mig_log_warning("%s", warning);
    return st;
}

void
mig__databases_make_atomic(const mig_url *url, mig_sink *sink)
{
    if (IS_POSTGRES(url))
        mig_postgres_sink_atomic(sink);
}

void
mig__databases_sink_facts(const mig_url *url, const mig_sink *sink, int *versionp, bool *icup)
{
    if (IS_POSTGRES(url))
        mig_postgres_sink_facts(sink, versionp, icup);
}
