/*
 * pg_make_schema.c - tables that the copy makes itself: in place, the old ones
 * dropped and the new ones made in one transaction; or in a staging schema
 * (pg_stage.c).
 *
 * Statements name relations with the target schema; types, functions and what
 * stands inside of expressions are found through a search_path that has this
 * schema first, behind a staging schema the target schema, and the role's own
 * path behind it.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

void
mig__add_schema_path(const mig__pg_sink *sink, bool local, mig_buf *sql)
{
    mig_buf path = MIG_BUF_INIT;

    mig_buf_identifier(&path, sink->schema);
    if (sink->schema != sink->home) { /* there may be types of an extension */
        mig_buf_puts(&path, ", ");
        mig_buf_identifier(&path, sink->home);
    }
    if (sink->own_path[0] != '\0')
        mig_buf_printf(&path, ", %s", sink->own_path);
    mig_buf_puts(sql, "SELECT pg_catalog.set_config('search_path', ");
    mig_buf_literal(sql, mig_buf_text(&path));
    mig_buf_printf(sql, ", %s)", local ? "true" : "false");
    sql->failed = sql->failed || path.failed;
    mig_buf_fini(&path);
}

static bool
is_kept(const mig_ddl *ddl, const bool *kept, size_t item)
{
    for (size_t i = 0; i < ddl->n_things; i++)
        if (kept[i] && ddl->things[i].item == item)
            return true;
    return false;
}

static mig_status
run_item(mig__pg_sink *sink, const mig_ddl_item *item, mig_error *err)
{
    mig_status st;
    mig_buf    what = MIG_BUF_INIT;

    mig_buf_printf(&what, "cannot make the %s", item->what);
    st = mig__query_run(&sink->control, mig_buf_text(&what), item->sql, err);
    mig_buf_fini(&what);
    return st;
}

static mig_status
drop_old(mig__pg_sink *sink, const mig_ddl *ddl, bool *kept, bool *lockedp, mig_error *err)
{
    mig_error  cause = MIG_ERROR_INIT;
    mig_status st = mig__replace_drop(sink, ddl, kept, &cause);

    *lockedp = cause.detail != NULL && strstr(cause.detail, "SQLSTATE 55P03") != NULL;
    if (*lockedp)
        mig_error_fini(&cause);
    else
        mig_error_move(err, &cause);
    return st;
}

/* In the place of the old ones: they are dropped. */
static mig_status
clear_place(mig__pg_sink *sink, const mig_ddl *ddl, const char *names, bool *kept, bool *lockedp,
            mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__replaced_keep(sink, names, err));
    MIG_TRY(drop_old(sink, ddl, kept, lockedp, err));
    MIG_TRY(mig__unfinished_mark(sink, names, err));
    MIG_TRY(mig__record_forget(sink, names, err));
done:
    return st;
}

mig_status
mig__make_schema(mig__pg_sink *sink, const mig_ddl *ddl, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    path = MIG_BUF_INIT, names = MIG_BUF_INIT;
    bool      *kept = calloc(ddl->n_things + 1, sizeof *kept);
    bool       locked = false;

    if (kept == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the target's types");
    mig__query_names(&names, ddl->relations, ddl->n_relations);
    MIG_TRY(mig_buf_check(&names, err));
    MIG_TRY(mig__sink_claim(sink, err));
    MIG_TRY(mig__sink_begin(sink, "cannot begin a transaction",
                            "SET LOCAL lock_timeout = '" MIG__LOCK_TIMEOUT "'", err));
    if (sink->stage == NULL)
        MIG_TRY(clear_place(sink, ddl, mig_buf_text(&names), kept, &locked, err));
    MIG_TRY(mig__journal_begin(sink, err));
    if (sink->stage != NULL)
        MIG_TRY(mig__stage_begin(sink, err));
    mig__add_schema_path(sink, true, &path);
    MIG_TRY(mig__query_run_buf(&sink->control, "cannot set search_path", &path, err));
    for (size_t i = 0; i < ddl->n_items; i++)
        if (ddl->items[i].phase == MIG_DDL_BEFORE && !is_kept(ddl, kept, i))
            MIG_TRY(run_item(sink, &ddl->items[i], err));
    if (sink->stage != NULL)
        MIG_TRY(mig__stage_check(sink, err));
    sink->fresh = sink->atomic == MIG__ATOMIC_WHOLE;
    MIG_TRY(mig__sink_end(sink, "cannot commit the schema", err));
done:
    mig__sink_roll_back(sink, st);
    if (locked)
        st = mig__sink_locked(sink, sink->schema, mig_buf_text(&names), MIG__LOCK_TIMEOUT, err);
    mig_buf_fini(&path);
    mig_buf_fini(&names);
    free(kept);
    return st;
}
