/*
 * check_source.c - is the file sound, and do its rows obey its own foreign keys?
 *
 * SQLite looks itself: PRAGMA quick_check walks through all pages and rows
 * without comparing indexes with tables (a copy reads no index but that of a
 * WITHOUT ROWID table), PRAGMA foreign_key_check looks every key's parent up,
 * whether or not the application has had foreign keys enforced.
 *
 * Threads: the one that has the source.
 */
#include <inttypes.h>
#include <string.h>

#include "sqlite_source.h"

/* Faults that are listed; SQLite ends at so many. */
#define FAULTS_MOST 20

/* The orphans of one foreign key, as they come. */
typedef struct group {
    const mig_table *table;
    bool             open;
    int64_t          key; /* its number in the table */
    uint64_t         n;
    mig_buf          parent;
    mig_buf          rows;
} group;

/* ---- damage ------------------------------------------------------------------------------- */

static mig_status
look_for_damage(sqlite3 *db, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT, faults = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row = true;

    mig_buf_printf(&sql, "PRAGMA quick_check(%d)", FAULTS_MOST);
    MIG_TRY(mig__sqlite_prepare(db, &sql, "the source", &stmt, err));
    for (;;) {
        const char *text;

        st = mig__sqlite_step(stmt, "the source", &row, err);
        if (st == MIG_E_DATABASE && (sqlite3_errcode(db) & 0xff) == SQLITE_CORRUPT) {
            /* So bad that the walk itself ends. */
            mig_error_fini(err);
            mig_buf_printf(&faults, "%s%s", faults.len > 0 ? "\n" : "", sqlite3_errmsg(db));
            break;
        }
        if (st != MIG_OK)
            goto done;
        if (!row)
            break;
        text = (const char *)sqlite3_column_text(stmt, 0);
        if (text != NULL && strcmp(text, "ok") != 0)
            mig_buf_printf(&faults, "%s%s", faults.len > 0 ? "\n" : "", text);
    }
    st = mig_buf_check(&faults, err);
    if (st == MIG_OK && faults.len > 0) {
        st = mig_raise(err, MIG_E_DATA, "the source is damaged");
        mig_error_detail(err, "%s", mig_buf_text(&faults));
        mig_error_hint(err, "restore it from a backup, or let sqlite3's command .recover save what "
                            "can be read; nothing was changed");
    }
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    mig_buf_fini(&faults);
    return st;
}

/* ---- orphans ------------------------------------------------------------------------------ */

static mig_status
add_columns(sqlite3 *db, const group *g, mig_buf *out, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    bool          row = false, any = false;

    MIG_TRY(mig__sqlite_ask(db,
                            "SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE id = ?2 "
                            "ORDER BY seq",
                            g->table->name, &stmt, err));
    sqlite3_bind_int64(stmt, 2, g->key);
    for (;;) {
        MIG_TRY(mig__sqlite_step(stmt, g->table->name, &row, err));
        if (!row)
            break;
        mig_buf_printf(out, "%s%s", any ? ", " : "", (const char *)sqlite3_column_text(stmt, 0));
        any = true;
    }
done:
    sqlite3_finalize(stmt);
    return st;
}

static mig_status
end_group(sqlite3 *db, group *g, mig_buf *found, mig_error *err)
{
    mig_status st = MIG_OK;

    if (!g->open)
        return MIG_OK;
    mig_buf_printf(found, "%" PRIu64 " row%s of %s (", g->n, g->n == 1 ? "" : "s", g->table->name);
    MIG_TRY(add_columns(db, g, found, err));
    mig_buf_printf(found, ") refer%s to rows of %s that are not there", g->n == 1 ? "s" : "",
                   mig_buf_text(&g->parent));
    if (g->rows.len > 0)
        mig_buf_printf(found, ": %s%s", mig_buf_text(&g->rows),
                       g->n > MIG_ORPHANS_NAMED ? ", ..." : "");
    mig_buf_puts(found, "\n");
done:
    mig_buf_clear(&g->rows);
    mig_buf_clear(&g->parent);
    g->open = false;
    g->n = 0;
    return st;
}

/* A key without a matching unique index in its parent cannot be followed, nor could SQLite enforce
 * it. */
static mig_status
prepare(sqlite3 *db, const mig_table *table, sqlite3_stmt **stmtp, mig_buf *found, mig_error *err)
{
    mig_error  mismatch = MIG_ERROR_INIT;
    mig_buf    sql = MIG_BUF_INIT;
    mig_status st;

    mig_buf_puts(&sql, "PRAGMA foreign_key_check(");
    mig_buf_identifier(&sql, table->name);
    mig_buf_puts(&sql, ")");
    st = mig__sqlite_prepare(db, &sql, table->name, stmtp, &mismatch);
    if (st == MIG_E_DATABASE && strstr(sqlite3_errmsg(db), "foreign key mismatch") != NULL) {
        mig_buf_printf(found, "the foreign keys of %s could not be checked: %s\n", table->name,
                       sqlite3_errmsg(db));
        st = MIG_OK;
    } else {
        mig_error_move(err, &mismatch);
    }
    mig_error_fini(&mismatch);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
look_for_orphans(sqlite3 *db, const mig_table *table, mig_buf *found, mig_error *err)
{
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    group         g = {.table = table, .parent = MIG_BUF_INIT, .rows = MIG_BUF_INIT};
    bool          row = false;

    MIG_TRY(prepare(db, table, &stmt, found, err));
    while (stmt != NULL) {
        MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
        if (!row)
            break;
        if (!g.open || g.key != sqlite3_column_int64(stmt, 3)) {
            MIG_TRY(end_group(db, &g, found, err));
            g.open = true;
            g.key = sqlite3_column_int64(stmt, 3);
            mig_buf_puts(&g.parent, (const char *)sqlite3_column_text(stmt, 2));
        }
        if (g.n++ < MIG_ORPHANS_NAMED && sqlite3_column_type(stmt, 1) != SQLITE_NULL)
            mig_buf_printf(&g.rows, "%s%" PRId64, g.n > 1 ? ", " : "rowid ",
                           (int64_t)sqlite3_column_int64(stmt, 1));
    }
    MIG_TRY(end_group(db, &g, found, err));
    st = mig_buf_check(found, err);
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&g.parent);
    mig_buf_fini(&g.rows);
    return st;
}

mig_status
mig__sqlite_check_source(mig_source *base, const mig_catalog *catalog, mig_buf *found,
                         mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    sqlite3            *db = source->questions;
    mig_status          st = MIG_OK;

    MIG_TRY(mig__sqlite_check(source, db, err));
    MIG_TRY(look_for_damage(db, err));
    for (size_t t = 0; t < catalog->n_tables; t++)
        if (catalog->tables[t].n_foreign_keys > 0)
            MIG_TRY(look_for_orphans(db, &catalog->tables[t], found, err));
done:
    return st;
}
