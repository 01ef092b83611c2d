/*
 * page.c - the way to copy a table that db-migrate is not: pages with OFFSET.
 *
 *   page SOURCE CONNINFO TABLE [--page N]
 *
 * Reads SOURCE's TABLE with SELECT ... LIMIT N OFFSET o (default 500, without an order) until
 * a page is empty, and writes each page with one INSERT of many rows, which returns the keys and
 * commits by itself.  That is what an application's own object mapper does, and what Uptrakit's
 * db-migrate did.  Both databases do all of the converting: values travel as texts, blobs as bytes.
 *
 * One thread.
 */
#include <libpq-fe.h>
#include <sqlite3.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The most parameters of a statement in PostgreSQL's protocol. */
#define MAX_PARAMETERS 65535

typedef struct page {
    const char   *table;
    int           n_columns;
    int           n_rows_most;
    int           n_rows; /* in the page */
    char        **values;
    int          *lengths;
    int          *formats;
    sqlite3_stmt *select;
} page;

static _Noreturn void
die(const char *what, const char *why)
{
    fprintf(stderr, "page: %s: %s\n", what, why);
    exit(1);
}

static void *
must(void *made)
{
    if (made == NULL)
        die("memory", "there is none");
    return made;
}

/* The value of a column, copied: it is sent when SQLite has gone on. */
static void
keep(page *p, int i, int column)
{
    int         type = sqlite3_column_type(p->select, column);
    const void *bytes = type == SQLITE_BLOB ? sqlite3_column_blob(p->select, column)
                                            : (const void *)sqlite3_column_text(p->select, column);
    int         len = sqlite3_column_bytes(p->select, column);

    free(p->values[i]);
    p->values[i] = NULL;
    p->lengths[i] = len;
    p->formats[i] = type == SQLITE_BLOB;
    if (type == SQLITE_NULL)
        return;
    p->values[i] = must(malloc((size_t)len + 1));
    if (len > 0)
        memcpy(p->values[i], bytes, (size_t)len);
    p->values[i][len] = '\0';
}

static void
read_page(page *p, sqlite3_int64 offset)
{
    int rc;

    p->n_rows = 0;
    sqlite3_reset(p->select);
    sqlite3_bind_int(p->select, 1, p->n_rows_most);
    sqlite3_bind_int64(p->select, 2, offset);
    while ((rc = sqlite3_step(p->select)) == SQLITE_ROW) {
        for (int c = 0; c < p->n_columns; c++)
            keep(p, p->n_rows * p->n_columns + c, c);
        p->n_rows++;
    }
    if (rc != SQLITE_DONE)
        die("SELECT", sqlite3_errmsg(sqlite3_db_handle(p->select)));
}

static void
write_page(const page *p, PGconn *conn)
{
    size_t    size = (size_t)p->n_rows * (size_t)p->n_columns * 8 + 1000;
    char     *sql = must(malloc(size));
    size_t    len = (size_t)snprintf(sql, size, "INSERT INTO \"%s\" VALUES ", p->table);
    PGresult *result;

    for (int i = 0; i < p->n_rows * p->n_columns; i++)
        len += (size_t)snprintf(sql + len, size - len, "%s$%d",
                                i == 0                  ? "("
                                : i % p->n_columns == 0 ? "), ("
                                                        : ",",
                                i + 1);
    snprintf(sql + len, size - len, ") RETURNING id");
    result = PQexecParams(conn, sql, p->n_rows * p->n_columns, NULL, (const char *const *)p->values,
                          p->lengths, p->formats, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        die("INSERT", PQerrorMessage(conn));
    PQclear(result);
    free(sql);
}

static void
prepare(page *p, const char *file)
{
    sqlite3 *db;
    char     sql[300];
    size_t   n;

    if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        die(file, sqlite3_errmsg(db));
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" LIMIT ? OFFSET ?", p->table);
    if (sqlite3_prepare_v2(db, sql, -1, &p->select, NULL) != SQLITE_OK)
        die(p->table, sqlite3_errmsg(db));
    p->n_columns = sqlite3_column_count(p->select);
    if (p->n_rows_most < 1 || p->n_rows_most > MAX_PARAMETERS / p->n_columns)
        die("--page", "too many rows for one INSERT");
    n = (size_t)p->n_columns * (size_t)p->n_rows_most;
    p->values = must(calloc(n, sizeof *p->values));
    p->lengths = must(calloc(n, sizeof *p->lengths));
    p->formats = must(calloc(n, sizeof *p->formats));
}

int
main(int argc, char **argv)
{
    page          p = {.n_rows_most = 500};
    sqlite3_int64 n_rows = 0;
    PGconn       *conn;

    if (argc != 4 && !(argc == 6 && strcmp(argv[4], "--page") == 0)) {
        fprintf(stderr, "usage: page SOURCE CONNINFO TABLE [--page N]\n");
        return 2;
    }
    p.table = argv[3];
    if (argc == 6)
        p.n_rows_most = (int)strtol(argv[5], NULL, 10);
    prepare(&p, argv[1]);
    conn = PQconnectdb(argv[2]);
    if (PQstatus(conn) != CONNECTION_OK)
        die("connection", PQerrorMessage(conn));
    for (;;) {
        read_page(&p, n_rows);
        if (p.n_rows == 0)
            break;
        write_page(&p, conn);
        n_rows += p.n_rows;
    }
    PQfinish(conn);
    printf("{\"rows\":%lld}\n", (long long)n_rows);
    return 0;
}
