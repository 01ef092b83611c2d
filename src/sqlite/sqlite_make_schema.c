/*
 * sqlite_make_schema.c - a schema made in the temporary file, before and after
 * the rows.
 *
 * What stands under the new names is dropped in the copy of the old file;
 * after a failure that copy is thrown away, so nothing has to be taken back.
 *
 * SQLite lets a table go over which views stand, and finds out when they are
 * used.  Which tables a view reads is asked of its own compiler: it tells an
 * authorizer of each column that a statement would read.
 *
 * Threads: the one that has the sink.
 */
#include <string.h>

#include "sqlite_sink.h"

/* Threads of SQLite's own that sort for an index, at most. */
#define MAX_SORTERS 8

static bool
is_among(char *const *names, size_t n_names, const char *name)
{
    for (size_t i = 0; i < n_names; i++)
        if (sqlite3_stricmp(names[i], name) == 0)
            return true;
    return false;
}

bool
mig__sqlite_is_made(const mig_ddl *ddl, const char *name)
{
    return is_among(ddl->relations, ddl->n_relations, name);
}

/* ---- what is in the way ------------------------------------------------------------------ */

typedef struct reading {
    const mig_ddl *ddl;
    const char    *found; /* the first replaced table or view that is read; the DDL's own text */
} reading;

static int
note_read(void *arg, int action, const char *table, const char *column, const char *database,
          const char *view)
{
    reading *r = arg;

    (void)column;
    (void)database;
    (void)view;
    if (action == SQLITE_READ && table != NULL)
        for (size_t i = 0; i < r->ddl->n_relations && r->found == NULL; i++)
            if (sqlite3_stricmp(r->ddl->relations[i], table) == 0)
                r->found = r->ddl->relations[i];
    return SQLITE_OK;
}

/* Raises the first time, then adds lines to the detail. */
static mig_status
refuse(mig_error *err, const char *kind, const char *name, const char *rest, const char *of)
{
    mig_raise(err, MIG_E_REFUSED, "what the new schema replaces is used by something else");
    mig_error_detail(err, "the %s %s%s%s", kind, name, rest, of);
    mig_error_hint(err, "drop it first, or leave the table out");
    return MIG_E_REFUSED;
}

/* A view that cannot be compiled reads nothing, and is no worse afterwards. */
static mig_status
check_view(sqlite3 *db, const mig_ddl *ddl, const char *name, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    reading       r = {.ddl = ddl};

    mig_buf_puts(&sql, "SELECT * FROM main.");
    mig_buf_identifier(&sql, name);
    MIG_TRY(mig_buf_check(&sql, err));
    sqlite3_set_authorizer(db, note_read, &r);
    (void)sqlite3_prepare_v2(db, mig_buf_text(&sql), -1, &stmt, NULL);
    sqlite3_set_authorizer(db, NULL, NULL);
    if (r.found != NULL)
        st = refuse(err, "view", name, " reads ", r.found);
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/* One line of sqlite_schema: a view or an index of something that stays. */
static mig_status
check_entry(sqlite3 *db, const mig_ddl *ddl, sqlite3_stmt *stmt, mig_error *err)
{
    const char *type = (const char *)sqlite3_column_text(stmt, 0);
    const char *name = (const char *)sqlite3_column_text(stmt, 1);
    const char *table = (const char *)sqlite3_column_text(stmt, 2);

    if (type == NULL || name == NULL || table == NULL || mig__sqlite_is_made(ddl, table))
        return MIG_OK;
    if (strcmp(type, "view") == 0)
        return check_view(db, ddl, name, err);
    if (strcmp(type, "index") == 0 &&
        (mig__sqlite_is_made(ddl, name) || is_among(ddl->indexes, ddl->n_indexes, name)))
        return refuse(err, "index", name, ", whose name is needed, belongs to ", table);
    if (strcmp(type, "table") == 0 && is_among(ddl->indexes, ddl->n_indexes, name))
        return refuse(err, "table", name, " has the name of an index that is to be made", "");
    return MIG_OK;
}

mig_status
mig__sqlite_check_schema(mig__sqlite_sink *sink, const mig_ddl *ddl, mig_error *err)
{
    mig_status    st = MIG_OK, refused = MIG_OK;
    sqlite3      *db = sink->made != NULL ? sink->made : sink->old;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    mig_buf_puts(&sql, "SELECT type, name, tbl_name FROM main.sqlite_schema"
                       " WHERE type IN ('table', 'index', 'view') ORDER BY rowid");
    MIG_TRY(mig__sqlite_prepare(db, &sql, "the target's schema", &stmt, err));
    for (;;) {
        MIG_TRY(mig__sqlite_step(stmt, "the target's schema", &row, err));
        if (!row)
            break;
        st = check_entry(db, ddl, stmt, err);
        if (st == MIG_E_REFUSED) /* all are told */
            refused = st;
        else
            MIG_TRY(st);
    }
    st = refused;
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/* ---- making ------------------------------------------------------------------------------ */

static mig_status
run_item(mig__sqlite_sink *sink, const mig_ddl_item *item, mig_error *err)
{
    mig_error  cause = MIG_ERROR_INIT;
    mig_status st = mig__sqlite_write(sink, item->sql, item->what, &cause);

    if (st == MIG_OK || st == MIG_E_STOPPED || st == MIG_E_INTERNAL) {
        mig_error_move(err, &cause);
        return st;
    }
    mig_raise(err, st, "cannot make the %s", item->what);
    if (cause.detail != NULL)
        mig_error_detail(err, "%s", cause.detail);
    mig_error_fini(&cause);
    return st;
}

static bool
is_remade(const mig_ddl *ddl, const char *trigger)
{
    static const char before[] = "trigger ";

    for (size_t i = 0; i < ddl->n_items; i++)
        if (strncmp(ddl->items[i].what, before, strlen(before)) == 0 &&
            sqlite3_stricmp(ddl->items[i].what + strlen(before), trigger) == 0)
            return true;
    return false;
}

/* Triggers go with their tables, and nothing else says so. */
static mig_status
note_triggers(mig__sqlite_sink *sink, const mig_ddl *ddl, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    mig_buf_puts(&sql, "SELECT tbl_name, name FROM main.sqlite_schema WHERE type = 'trigger'"
                       " ORDER BY 1, 2");
    MIG_TRY(mig__sqlite_prepare(sink->made, &sql, "the target's schema", &stmt, err));
    for (;;) {
        const char *table, *name;

        MIG_TRY(mig__sqlite_step(stmt, "the target's schema", &row, err));
        if (!row)
            break;
        table = (const char *)sqlite3_column_text(stmt, 0);
        name = (const char *)sqlite3_column_text(stmt, 1);
        if (table != NULL && name != NULL && mig__sqlite_is_made(ddl, table) &&
            !is_remade(ddl, name))
            mig_buf_printf(&sink->lost,
                           "%s: the trigger %s of the table that was replaced is gone\n", table,
                           name);
    }
    MIG_TRY(mig_buf_check(&sink->lost, err));
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/* The drops of what stands under the names, as one text. */
static mig_status
list_drops(mig__sqlite_sink *sink, const mig_ddl *ddl, mig_buf *drops, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    mig_buf_puts(&sql, "SELECT type, name FROM main.sqlite_schema"
                       " WHERE type IN ('table', 'view') ORDER BY type = 'table', rowid");
    MIG_TRY(mig__sqlite_prepare(sink->made, &sql, "the target's schema", &stmt, err));
    for (;;) {
        const char *name;

        MIG_TRY(mig__sqlite_step(stmt, "the target's schema", &row, err));
        if (!row)
            break;
        name = (const char *)sqlite3_column_text(stmt, 1);
        if (name == NULL || !mig__sqlite_is_made(ddl, name))
            continue;
        mig_buf_printf(drops, "DROP %s main.", (const char *)sqlite3_column_text(stmt, 0));
        mig_buf_identifier(drops, name);
        mig_buf_puts(drops, ";");
    }
    MIG_TRY(mig_buf_check(drops, err));
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sqlite_make_schema(mig_sink *base, const mig_ddl *ddl, mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;
    mig_buf           drops = MIG_BUF_INIT;

    MIG_TRY(mig__replace_begin(sink, err));
    MIG_TRY(mig__sqlite_check_schema(sink, ddl, err));
    MIG_TRY(note_triggers(sink, ddl, err));
    MIG_TRY(list_drops(sink, ddl, &drops, err));
    MIG_TRY(mig__sqlite_write(sink, "BEGIN", "the schema", err));
    MIG_TRY(mig__sqlite_write(sink, mig_buf_text(&drops), "the old tables' end", err));
    for (size_t i = 0; i < ddl->n_items; i++)
        if (ddl->items[i].phase == MIG_DDL_BEFORE)
            MIG_TRY(run_item(sink, &ddl->items[i], err));
    MIG_TRY(mig__sqlite_write(sink, "COMMIT", "the schema", err));
done:
    if (st != MIG_OK)
        sink->failed = true;
    mig_buf_fini(&drops);
    return st;
}

mig_status
mig__sqlite_complete_schema(mig_sink *base, const mig_ddl *ddl, unsigned n_parallel, mig_buf *notes,
                            mig_error *err)
{
    mig__sqlite_sink *sink = mig__sqlite_sink_of(base);
    mig_status        st = MIG_OK;
    mig_buf           sorters = MIG_BUF_INIT;

    mig_buf_printf(&sorters, "PRAGMA threads = %u; BEGIN",
                   n_parallel < MAX_SORTERS ? n_parallel : MAX_SORTERS);
    MIG_TRY(mig_buf_check(&sorters, err));
    MIG_TRY(mig__page_cache_large(sink, err));
    MIG_TRY(mig__sqlite_write(sink, mig_buf_text(&sorters), "the schema", err));
    for (size_t i = 0; i < ddl->n_items; i++)
        if (ddl->items[i].phase != MIG_DDL_BEFORE)
            MIG_TRY(run_item(sink, &ddl->items[i], err));
    MIG_TRY(mig__sqlite_write(sink, "COMMIT", "the schema", err));
    MIG_TRY(mig__page_cache_small(sink, err)); /* from here on it is read from end to end */
    mig_buf_puts(notes, mig_buf_text(&sink->lost));
    MIG_TRY(mig_buf_check(notes, err));
done:
    if (st != MIG_OK)
        sink->failed = true;
    mig_buf_fini(&sorters);
    return st;
}
