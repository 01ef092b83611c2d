/*
 * row_name.c - which row it is, in words and as a condition.
 *
 * Rows are found again by their position in the segment's scan, which is the
 * same on every connection of the snapshot.  So reading carries neither rowids
 * nor keys for the sake of an error that mostly never comes.
 *
 * Threads: whichever uses the connection.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mig/codec.h"
#include "sqlite_source.h"

/* Characters of a key that are shown, and bytes of one that stands in a condition. */
#define SHOWN_CHARS   60
#define LITERAL_BYTES 200

bool
mig__sqlite_is_secret(const mig_table_plan *plan, const char *column)
{
    for (size_t i = 0; i < plan->n_columns; i++) {
        if (strcmp(plan->columns[i].source->name, column) == 0)
            return plan->columns[i].secret;
    }
    return false;
}

static void
add_hex(const unsigned char *data, size_t len, mig_buf *out)
{
    for (size_t i = 0; i < len; i++)
        mig_buf_printf(out, "%02x", data[i]);
}

void
mig__sqlite_show(sqlite3_stmt *stmt, int i, mig_buf *out)
{
    const unsigned char *data;
    size_t               len;
    unsigned char        uuid[16];
    char                 shown[4 * SHOWN_CHARS + 8];

    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_NULL:
        mig_buf_puts(out, "NULL");
        break;
    case SQLITE_BLOB:
        data = sqlite3_column_blob(stmt, i);
        len = (size_t)sqlite3_column_bytes(stmt, i);
        if (data == NULL)
            len = 0;
        if (len == sizeof uuid) {
            mig_uuid_format(data, shown);
            mig_buf_puts(out, shown);
            break;
        }
        mig_buf_puts(out, "x'");
        add_hex(data, len < SHOWN_CHARS / 2 ? len : SHOWN_CHARS / 2, out);
        mig_buf_puts(out, len > SHOWN_CHARS / 2 ? "...'" : "'");
        break;
    case SQLITE_TEXT:
        data = sqlite3_column_text(stmt, i);
        len = (size_t)sqlite3_column_bytes(stmt, i);
        if (data == NULL)
            break; /* no memory to show it */
        mig_text_excerpt((const char *)data, len, SHOWN_CHARS, shown, sizeof shown);
        mig_buf_printf(out, mig_uuid_parse((const char *)data, len, uuid) ? "%s" : "\"%s\"", shown);
        break;
    case SQLITE_INTEGER:
        mig_buf_printf(out, "%lld", sqlite3_column_int64(stmt, i));
        break;
    default:
        mig_buf_printf(out, "%.17g", sqlite3_column_double(stmt, i));
    }
}

/* A key's value as SQL; false if it cannot be printed, or only at unfit length. */
static bool
add_literal(sqlite3_stmt *stmt, int i, mig_buf *out)
{
    size_t      len, offset;
    const char *text;

    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        mig_buf_printf(out, "%lld", sqlite3_column_int64(stmt, i));
        return true;
    case SQLITE_BLOB:
        len = (size_t)sqlite3_column_bytes(stmt, i);
        if (len > LITERAL_BYTES)
            return false;
        mig_buf_puts(out, "x'");
        add_hex(sqlite3_column_blob(stmt, i), len, out);
        mig_buf_puts(out, "'");
        return true;
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(stmt, i);
        len = (size_t)sqlite3_column_bytes(stmt, i);
        if (text == NULL || len > LITERAL_BYTES ||
            mig_utf8_check(text, len, &offset) != MIG_UTF8_OK || strpbrk(text, "\r\n\033") != NULL)
            return false;
        mig_buf_literal(out, text);
        return true;
    default: /* NULL needs IS, and what a double prints as is not always what it is. */
        return false;
    }
}

size_t
mig__sqlite_key_columns(const mig_table *table, const mig_column **out, size_t max)
{
    size_t n = 0;

    for (size_t position = 1; position <= max; position++) {
        for (size_t c = 0; c < table->n_columns; c++) {
            if (table->columns[c].pk_position == (int)position)
                out[n++] = &table->columns[c];
        }
        if (n < position)
            break;
    }
    return n;
}

/* More columns than that in a primary key are not shown. */
#define MAX_KEY 16

static mig_status
prepare(sqlite3 *db, const mig_table *table, const mig_column *const *key, size_t n_key,
        const mig_segment *segment, sqlite3_stmt **stmtp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    *stmtp = NULL;
    mig_buf_printf(&sql, "SELECT %s", table->rowid_name != NULL ? table->rowid_name : "NULL");
    for (size_t i = 0; i < n_key; i++) {
        mig_buf_puts(&sql, ", ");
        mig_buf_identifier(&sql, key[i]->name);
    }
    MIG_TRY(mig__sqlite_scan(db, table, segment, &sql, err));
    mig_buf_puts(&sql, " LIMIT 1 OFFSET ?1");
    MIG_TRY(mig__sqlite_prepare(db, &sql, table->name, stmtp, err));
done:
    mig_buf_fini(&sql);
    return st;
}

/* `id = 018f..., part = 3` */
static void
add_key(sqlite3_stmt *stmt, const mig_table_plan *plan, const mig_column *const *key, size_t n_key,
        mig_buf *name)
{
    for (size_t i = 0; i < n_key; i++) {
        mig_buf_printf(name, "%s%s = ", i > 0 ? ", " : "", key[i]->name);
        if (mig__sqlite_is_secret(plan, key[i]->name))
            mig_buf_puts(name, "(secret)");
        else
            mig__sqlite_show(stmt, (int)i + 1, name);
    }
}

static void
add_condition(sqlite3_stmt *stmt, const mig_table_plan *plan, const mig_column *const *key,
              size_t n_key, mig_buf *where)
{
    if (plan->source->rowid_name != NULL) {
        mig_buf_printf(where, "%s = %lld", plan->source->rowid_name, sqlite3_column_int64(stmt, 0));
        return;
    }
    for (size_t i = 0; i < n_key; i++) {
        mig_buf_puts(where, i > 0 ? " AND " : "");
        mig_buf_identifier(where, key[i]->name);
        mig_buf_puts(where, " = ");
        if (mig__sqlite_is_secret(plan, key[i]->name) || !add_literal(stmt, (int)i + 1, where)) {
            mig_buf_clear(where);
            return;
        }
    }
}

mig_status
mig__sqlite_name_row(sqlite3 *db, const mig_table_plan *plan, const mig_segment *segment,
                     uint64_t nth, mig_buf *name, mig_buf *where, mig_error *err)
{
    mig_status        st = MIG_OK;
    sqlite3_stmt     *stmt = NULL;
    const mig_column *key[MAX_KEY];
    size_t            n_key = mig__sqlite_key_columns(plan->source, key, MAX_KEY);
    const char       *rowid = plan->source->rowid_name;
    bool              row;

    MIG_TRY(prepare(db, plan->source, key, n_key, segment, &stmt, err));
    sqlite3_bind_int64(stmt, 1, (int64_t)nth);
    MIG_TRY(mig__sqlite_step(stmt, plan->source->name, &row, err));
    if (!row) {
        st = mig_raise(err, MIG_E_INTERNAL, "table %s has no row %" PRIu64 " here",
                       plan->source->name, nth + 1);
        goto done;
    }
    /* A key that is another name of the rowid would say the same twice. */
    if (rowid != NULL && n_key == 1 && sqlite3_column_type(stmt, 1) == SQLITE_INTEGER &&
        sqlite3_column_int64(stmt, 1) == sqlite3_column_int64(stmt, 0))
        n_key = 0;
    if (rowid != NULL)
        mig_buf_printf(name, "rowid %lld%s", sqlite3_column_int64(stmt, 0), n_key > 0 ? " (" : "");
    else if (n_key == 0)
        mig_buf_printf(name, "row %" PRIu64 ", counted in the table's own order", nth + 1);
    add_key(stmt, plan, key, n_key, name);
    if (rowid != NULL && n_key > 0)
        mig_buf_puts(name, ")");
    add_condition(stmt, plan, key, n_key, where);
    MIG_TRY(mig_buf_check(name, err));
    MIG_TRY(mig_buf_check(where, err));
done:
    sqlite3_finalize(stmt);
    return st;
}

mig_status
mig__sqlite_locate(mig_source *base, const mig_table_plan *plan, const mig_segment *segment,
                   uint64_t nth, char **textp, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    mig_buf             name = MIG_BUF_INIT;
    mig_buf             where = MIG_BUF_INIT;

    *textp = NULL;
    /* This comes when all is over: also after an interrupt, so the progress handler that would see
     * to that is taken away.  The snapshot itself must be there still. */
    mig__sqlite_watch(source, false);
    if (source->in_snapshot && sqlite3_get_autocommit(source->questions)) {
        st = mig_raise(err, MIG_E_CHANGED, "the snapshot of the source was lost");
        goto done;
    }
    MIG_TRY(mig__sqlite_name_row(source->questions, plan, segment, nth, &name, &where, err));
    *textp = name.data;
    name.data = NULL;
done:
    mig__sqlite_watch(source, true);
    mig_buf_fini(&name);
    mig_buf_fini(&where);
    return st;
}
