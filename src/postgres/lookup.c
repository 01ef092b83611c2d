/*
 * lookup.c - a few columns of every row, or whether there is one, for small questions.
 *
 * A cursor, page by page, so that a table of any size may be asked and the
 * callback may end it at any row.  Values come in their text forms; blobs are
 * turned back into bytes.
 *
 * Threads: the session's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_read.h"

/* Rows per round trip. */
#define LOOKUP_ROWS "1000"

/* Tables that are asked for rows per round trip. */
#define TABLES_AT_ONCE 200

/* A bytea in its text form \x00ff... as bytes. */
static void
unhex(mig_buf *out, const char *text)
{
    static const char digits[] = "0123456789abcdef";

    mig_buf_clear(out);
    mig_buf_add(out, "", 0);
    for (text += strncmp(text, "\\x", 2) == 0 ? 2 : 0; text[0] != '\0' && text[1] != '\0';
         text += 2) {
        const char *high = strchr(digits, text[0]);
        const char *low = strchr(digits, text[1]);
        char        byte;

        if (high == NULL || low == NULL)
            return;
        byte = (char)((high - digits) << 4 | (low - digits));
        mig_buf_add(out, &byte, 1);
    }
}

/* What one lookup hands to its callback, row by row. */
typedef struct lookup_row {
    size_t       n_columns;
    bool        *blobs;
    mig_buf     *bytes;
    const char **texts;
    size_t      *lens;
} lookup_row;

static void
lookup_row_fini(lookup_row *row)
{
    for (size_t i = 0; row->bytes != NULL && i < row->n_columns; i++)
        mig_buf_fini(&row->bytes[i]);
    free(row->bytes);
    free(row->blobs);
    free(row->texts);
    free(row->lens);
}

static mig_status
lookup_row_init(lookup_row *row, const mig__lookup *lookup, mig_error *err)
{
    size_t n = lookup->n_columns;

    *row = (lookup_row){.n_columns = n};
    row->bytes = calloc(n + 1, sizeof *row->bytes);
    row->blobs = calloc(n + 1, sizeof *row->blobs);
    row->texts = calloc(n + 1, sizeof *row->texts);
    row->lens = calloc(n + 1, sizeof *row->lens);
    if (row->bytes == NULL || row->blobs == NULL || row->texts == NULL || row->lens == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold a row of %s", lookup->table->name);
    for (size_t i = 0; i < n; i++) {
        const mig_column *column = mig_table_find(lookup->table, lookup->columns[i]);

        row->blobs[i] = column != NULL && column->wire == MIG_WIRE_BYTEA;
    }
    return MIG_OK;
}

static mig_status
lookup_row_load(lookup_row *row, const PGresult *res, int n, mig_error *err)
{
    for (size_t i = 0; i < row->n_columns; i++) {
        row->texts[i] = PQgetisnull(res, n, (int)i) ? NULL : PQgetvalue(res, n, (int)i);
        row->lens[i] = (size_t)PQgetlength(res, n, (int)i);
        if (!row->blobs[i] || row->texts[i] == NULL)
            continue;
        unhex(&row->bytes[i], row->texts[i]);
        if (mig_buf_check(&row->bytes[i], err) != MIG_OK)
            return MIG_E_NOMEM;
        row->texts[i] = mig_buf_text(&row->bytes[i]);
        row->lens[i] = row->bytes[i].len;
    }
    return MIG_OK;
}

static mig_status
fetch_rows(mig__session *session, const char *what, lookup_row *row, mig_lookup_fn *fn, void *arg,
           mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;
    bool       more = true;

    while (more) {
        PQclear(res);
        MIG_TRY(mig__query_rows(session, what,
                                "FETCH FORWARD " LOOKUP_ROWS " FROM db_migrate_lookup", 0, NULL,
                                &res, err));
        more = PQntuples(res) > 0;
        for (int n = 0; more && n < PQntuples(res); n++) {
            MIG_TRY(lookup_row_load(row, res, n, err));
            more = fn(arg, row->texts, row->lens);
        }
    }
done:
    PQclear(res);
    return st;
}

mig_status
mig__lookup_rows(mig__session *session, const mig__lookup *lookup, mig_lookup_fn *fn, void *arg,
                 mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *what = lookup->side == MIG__SIDE_SOURCE ? "cannot read from the source"
                                                        : "cannot read from the target";
    mig_buf     sql = MIG_BUF_INIT;
    lookup_row  row;

    MIG_TRY(lookup_row_init(&row, lookup, err));
    mig_buf_puts(&sql, "DECLARE db_migrate_lookup NO SCROLL CURSOR FOR SELECT ");
    for (size_t i = 0; i < lookup->n_columns; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig_buf_identifier(&sql, lookup->columns[i]);
    }
    mig_buf_puts(&sql, " FROM ");
    mig__query_table(&sql, lookup->schema, lookup->table);
    MIG_TRY(mig__query_run_buf(session, what, &sql, err));
    MIG_TRY(fetch_rows(session, what, &row, fn, arg, err));
done:
    if (st != MIG_OK)
        mig_error_context(err, "%s", lookup->table->name);
    mig_buf_fini(&sql);
    lookup_row_fini(&row);
    return st;
}

/* In one statement. */
static mig_status
ask_some(mig__session *session, const char *schema, const mig_table *const *tables, size_t n_tables,
         bool *holds_rows, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    for (size_t i = 0; i < n_tables; i++) {
        mig_buf_puts(&sql, i == 0 ? "SELECT EXISTS (SELECT FROM " : ", EXISTS (SELECT FROM ");
        mig__query_table(&sql, schema, tables[i]);
        mig_buf_puts(&sql, ")");
    }
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(session, "cannot read from the target", mig_buf_text(&sql), 0, NULL,
                            &res, err));
    for (size_t i = 0; i < n_tables; i++)
        holds_rows[i] = mig__query_true(res, 0, (int)i);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__lookup_holds_rows(mig__session *session, const char *schema, const mig_table *const *tables,
                       size_t n_tables, bool *holds_rows, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t i = 0; i < n_tables; i += TABLES_AT_ONCE) {
        size_t n = n_tables - i < TABLES_AT_ONCE ? n_tables - i : TABLES_AT_ONCE;

        MIG_TRY(ask_some(session, schema, tables + i, n, holds_rows + i, err));
    }
done:
    return st;
}
