/*
 * insert.c - how fast SQLite takes a table's rows: one half of copying into it.
 *
 *   insert SOURCE TABLE TARGET [--rows-per-statement N] [--page-size BYTES]
 *
 * Loads all rows of SOURCE's TABLE into memory, then writes them into the new
 * file TARGET with the same declaration: one prepared INSERT of N rows (default
 * 50), pages of 16 KiB, no journal, no syncing, one transaction, a small page
 * cache (a large one is slower for rows in order).  Nothing is converted or
 * copied on the way into SQLite, so no program that inserts can be faster.  Prints {"rows":...,
 * "insert_s":..., "insert_cpu_s":...}: from BEGIN to the end of COMMIT.
 *
 * One thread.
 */
#include <sqlite3.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ARENA_BLOCK_SIZE ((size_t)1 << 20)

/* SQLite's own limit on parameters, unless it was built with another. */
#define MAX_PARAMETERS 32766

typedef struct cell {
    union {
        sqlite3_int64 integer;
        double        real;
        const void   *bytes; /* in the arena; never freed */
    } value;
    int len;
    int type; /* as sqlite3_column_type() */
} cell;

typedef struct table {
    char  *sql; /* its CREATE TABLE */
    cell  *cells;
    size_t n_cells;
    size_t n_allocated;
    size_t n_columns;
    size_t n_rows;

    /* The end of the arena. */
    char  *block;
    size_t n_free;
} table;

static _Noreturn void
die(const char *what, const char *why)
{
    fprintf(stderr, "insert: %s: %s\n", what, why);
    exit(1);
}

static double
now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- SQLite ------------------------------------------------------------------------------- */

static sqlite3 *
connect_to(const char *path, int flags)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        die(path, sqlite3_errmsg(db));
    return db;
}

static void
run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *format, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list       args;
    char         *sql;

    va_start(args, format);
    sql = sqlite3_vmprintf(format, args);
    va_end(args);
    if (sql == NULL)
        die(format, "out of memory");
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(db));
    sqlite3_free(sql);
    return stmt;
}

/* ---- memory ------------------------------------------------------------------------------- */

/* Texts and blobs lie one behind the other, in the order in which they are written. */
static const void *
keep(table *t, const void *bytes, size_t len)
{
    void *kept;

    if (len == 0)
        return "";
    if (len > t->n_free) {
        t->n_free = len > ARENA_BLOCK_SIZE ? len : ARENA_BLOCK_SIZE;
        t->block = malloc(t->n_free);
        if (t->block == NULL)
            die("malloc", "out of memory");
    }
    kept = memcpy(t->block, bytes, len);
    t->block += len;
    t->n_free -= len;
    return kept;
}

static cell
cell_of(table *t, sqlite3_stmt *stmt, int column)
{
    cell c = {.type = sqlite3_column_type(stmt, column)};

    switch (c.type) {
    case SQLITE_INTEGER:
        c.value.integer = sqlite3_column_int64(stmt, column);
        break;
    case SQLITE_FLOAT:
        c.value.real = sqlite3_column_double(stmt, column);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        c.value.bytes = sqlite3_column_blob(stmt, column);
        c.len = sqlite3_column_bytes(stmt, column);
        c.value.bytes = keep(t, c.value.bytes, (size_t)c.len);
        break;
    }
    return c;
}

static void
load_row(table *t, sqlite3_stmt *stmt)
{
    if (t->n_allocated - t->n_cells < t->n_columns) {
        t->n_allocated = t->n_allocated * 2 + t->n_columns * 1024;
        t->cells = realloc(t->cells, t->n_allocated * sizeof *t->cells);
        if (t->cells == NULL)
            die("realloc", "out of memory");
    }
    for (size_t i = 0; i < t->n_columns; i++)
        t->cells[t->n_cells++] = cell_of(t, stmt, (int)i);
    t->n_rows++;
}

static void
load(table *t, const char *path, const char *name)
{
    sqlite3      *db = connect_to(path, SQLITE_OPEN_READONLY);
    sqlite3_stmt *stmt;
    int           rc;

    stmt = prepare(db, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = %Q", name);
    if (sqlite3_step(stmt) != SQLITE_ROW)
        die(name, "there is no such table");
    t->sql = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    stmt = prepare(db, "SELECT * FROM \"%w\"", name);
    t->n_columns = (size_t)sqlite3_column_count(stmt);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        load_row(t, stmt);
    if (rc != SQLITE_DONE)
        die(path, sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* ---- writing ------------------------------------------------------------------------------ */

static sqlite3_stmt *
prepare_insert(sqlite3 *db, const table *t, const char *name, size_t n_rows)
{
    size_t        row_len = 2 * t->n_columns + 2; /* "(?,?)," */
    char         *rows = malloc(n_rows * row_len + 1);
    char         *at = rows;
    sqlite3_stmt *stmt;

    if (rows == NULL)
        die("malloc", "out of memory");
    for (size_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < t->n_columns; j++) {
            *at++ = j == 0 ? '(' : ',';
            *at++ = '?';
            if (j + 1 < t->n_columns)
                continue;
            *at++ = ')';
            *at++ = ',';
        }
    at[-1] = '\0'; /* not the last comma */
    stmt = prepare(db, "INSERT INTO \"%w\" VALUES %s", name, rows);
    free(rows);
    return stmt;
}

static void
bind(sqlite3_stmt *stmt, int at, const cell *c)
{
    int rc = SQLITE_MISUSE;

    switch (c->type) {
    case SQLITE_NULL:
        rc = sqlite3_bind_null(stmt, at);
        break;
    case SQLITE_INTEGER:
        rc = sqlite3_bind_int64(stmt, at, c->value.integer);
        break;
    case SQLITE_FLOAT:
        rc = sqlite3_bind_double(stmt, at, c->value.real);
        break;
    case SQLITE_TEXT:
        rc = sqlite3_bind_text(stmt, at, c->value.bytes, c->len, SQLITE_STATIC);
        break;
    case SQLITE_BLOB:
        rc = sqlite3_bind_blob(stmt, at, c->value.bytes, c->len, SQLITE_STATIC);
        break;
    }
    if (rc != SQLITE_OK)
        die("bind", sqlite3_errstr(rc));
}

/* Writes n_rows rows by one execution, and returns the cell behind them. */
static const cell *
insert(sqlite3_stmt *stmt, const cell *c, size_t n_cells)
{
    for (size_t i = 0; i < n_cells; i++)
        bind(stmt, (int)i + 1, c++);
    if (sqlite3_step(stmt) != SQLITE_DONE || sqlite3_reset(stmt) != SQLITE_OK)
        die("insert", sqlite3_errmsg(sqlite3_db_handle(stmt)));
    return c;
}

/* Prints what it took. */
static void
write_rows(sqlite3 *db, const table *t, const char *name, size_t rows_per_statement)
{
    sqlite3_stmt *many, *one;
    const cell   *c = t->cells;
    size_t        n_left = t->n_rows;
    double        start = now(CLOCK_MONOTONIC), cpu_start = now(CLOCK_THREAD_CPUTIME_ID);

    run(db, "BEGIN");
    many = prepare_insert(db, t, name, rows_per_statement);
    one = prepare_insert(db, t, name, 1);
    for (; n_left >= rows_per_statement; n_left -= rows_per_statement)
        c = insert(many, c, rows_per_statement * t->n_columns);
    for (; n_left > 0; n_left--)
        c = insert(one, c, t->n_columns);
    sqlite3_finalize(many);
    sqlite3_finalize(one);
    run(db, "COMMIT");
    printf("{\"rows\":%zu,\"insert_s\":%.4f,\"insert_cpu_s\":%.4f}\n", t->n_rows,
           now(CLOCK_MONOTONIC) - start, now(CLOCK_THREAD_CPUTIME_ID) - cpu_start);
}

int
main(int argc, char **argv)
{
    table    t = {0};
    size_t   rows_per_statement = 50, page_size = 16384;
    char     sql[64];
    sqlite3 *db;
    bool     usage = argc < 4 || argc % 2 != 0;

    for (int i = 4; !usage && i < argc; i += 2)
        if (strcmp(argv[i], "--rows-per-statement") == 0)
            rows_per_statement = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--page-size") == 0)
            page_size = strtoull(argv[i + 1], NULL, 10);
        else
            usage = true;
    if (usage || rows_per_statement == 0) {
        fprintf(stderr, "usage: insert SOURCE TABLE TARGET [--rows-per-statement N] "
                        "[--page-size BYTES]\n");
        return 2;
    }
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    load(&t, argv[1], argv[2]);
    if (rows_per_statement > MAX_PARAMETERS / t.n_columns)
        rows_per_statement = MAX_PARAMETERS / t.n_columns;
    unlink(argv[3]);
    db = connect_to(argv[3], SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    snprintf(sql, sizeof sql, "PRAGMA page_size = %zu", page_size);
    run(db, sql);
    run(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "PRAGMA cache_size = -2000");
    run(db, t.sql);
    write_rows(db, &t, argv[2], rows_per_statement);
    if (sqlite3_close(db) != SQLITE_OK)
        die(argv[3], "cannot be closed");
    return 0;
}
