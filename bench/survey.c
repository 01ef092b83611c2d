/*
 * survey.c - how much looking at all values costs beside reading them.
 *
 *   survey FILE [--threads N] [--rounds N]
 *
 * Measures two passes over all tables of a SQLite file, by turns first:
 *
 *   scan    the same SELECTs, each value's class asked for, and its integer, its
 *           double or its length; N threads that share ranges of rowids
 *   survey  mig_survey_run with N readers, every column with the ladder of types
 *           that --schema mirror would give it
 *
 * Connections are opened before the clock runs and are new in every round, so
 * both start with an empty cache of their own, and the kernel's is warm for both
 * (one scan comes before the first round).  Prints a line of JSON for each round:
 * seconds and processor seconds of both, and the ratios.
 */
#include <sqlite3.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../src/schema/type_rules.h"
#include "mig/sqlite.h"
#include "mig/sqlite_ddl.h"
#include "mig/survey.h"

#define MAX_THREADS      16
#define PIECES_PER_TABLE 64

static const char *path;
static unsigned    n_threads = 2;

static _Noreturn void
die(const char *what, const char *why)
{
    fprintf(stderr, "survey: %s: %s\n", what, why);
    exit(1);
}

static double
now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what is measured --------------------------------------------------------------------- */

typedef struct taken {
    double wall_s, cpu_s;
} taken;

static taken
begin(void)
{
    return (taken){now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID)};
}

static taken
end(taken since)
{
    return (taken){now(CLOCK_MONOTONIC) - since.wall_s,
                   now(CLOCK_PROCESS_CPUTIME_ID) - since.cpu_s};
}

/* ---- the bare scan ------------------------------------------------------------------------ */

static mig_catalog  *catalog;
static atomic_size_t next_piece;
static atomic_ulong  touched; /* so that nothing is optimised away */

static sqlite3 *
connect_file(void)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA mmap_size = 0; BEGIN; SELECT count(*) FROM sqlite_schema", NULL,
                     NULL, NULL) != SQLITE_OK)
        die(path, sqlite3_errmsg(db));
    return db;
}

static sqlite3_stmt *
prepare(sqlite3 *db, const mig_buf *sql)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, mig_buf_text(sql), -1, &stmt, NULL) != SQLITE_OK)
        die(mig_buf_text(sql), sqlite3_errmsg(db));
    return stmt;
}

static void
scan_rows(sqlite3_stmt *stmt)
{
    const int     n = sqlite3_column_count(stmt);
    unsigned long sum = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < n; i++) {
            switch (sqlite3_column_type(stmt, i)) {
            case SQLITE_INTEGER:
                sum += (unsigned long)sqlite3_column_int64(stmt, i);
                break;
            case SQLITE_FLOAT:
                sum += sqlite3_column_double(stmt, i) > 0;
                break;
            case SQLITE_TEXT:
            case SQLITE_BLOB:
                sum += (unsigned long)sqlite3_column_bytes(stmt, i);
                break;
            default:
                break;
            }
        }
    }
    atomic_fetch_add(&touched, sum);
}

/* First and last rowid. */
static void
find_edges(sqlite3 *db, const mig_table *table, int64_t edges[2])
{
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt;

    mig_buf_printf(&sql, "SELECT (SELECT min(%s) FROM ", table->rowid_name);
    mig_buf_identifier(&sql, table->name);
    mig_buf_printf(&sql, "), (SELECT max(%s) FROM ", table->rowid_name);
    mig_buf_identifier(&sql, table->name);
    mig_buf_puts(&sql, ")");
    stmt = prepare(db, &sql);
    sqlite3_step(stmt);
    edges[0] = sqlite3_column_int64(stmt, 0);
    edges[1] = sqlite3_column_int64(stmt, 1);
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
}

static void
scan_piece(sqlite3 *db, const mig_table *table, size_t piece)
{
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt;
    int64_t       edges[2], width;

    if (table->rowid_name == NULL && piece > 0)
        return;
    mig_buf_puts(&sql, "SELECT ");
    for (size_t i = 0; i < table->n_columns; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig_buf_identifier(&sql, table->columns[i].name);
    }
    mig_buf_puts(&sql, " FROM ");
    mig_buf_identifier(&sql, table->name);
    if (table->rowid_name != NULL) {
        find_edges(db, table, edges);
        width = (edges[1] - edges[0]) / PIECES_PER_TABLE + 1;
        mig_buf_printf(&sql, " NOT INDEXED WHERE %s >= %" PRId64 " AND %s < %" PRId64,
                       table->rowid_name, edges[0] + (int64_t)piece * width, table->rowid_name,
                       edges[0] + (int64_t)(piece + 1) * width);
    }
    stmt = prepare(db, &sql);
    scan_rows(stmt);
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
}

static void *
scan_main(void *arg)
{
    const size_t n = catalog->n_tables * PIECES_PER_TABLE;
    size_t       i;

    while ((i = atomic_fetch_add(&next_piece, 1)) < n)
        scan_piece(arg, &catalog->tables[i / PIECES_PER_TABLE], i % PIECES_PER_TABLE);
    return NULL;
}

static taken
scan(void)
{
    sqlite3  *dbs[MAX_THREADS];
    pthread_t threads[MAX_THREADS];
    taken     t;

    for (unsigned i = 0; i < n_threads; i++)
        dbs[i] = connect_file();
    atomic_store(&next_piece, 0);
    t = begin();
    for (unsigned i = 0; i < n_threads; i++)
        if (pthread_create(&threads[i], NULL, scan_main, dbs[i]) != 0)
            die("scan", "cannot start a thread");
    for (unsigned i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    t = end(t);
    for (unsigned i = 0; i < n_threads; i++)
        sqlite3_close(dbs[i]);
    return t;
}

/* ---- the survey --------------------------------------------------------------------------- */

static mig_schema *
read_schema(void)
{
    mig_schema   *schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
    sqlite3      *db = connect_file();
    mig_buf       sql = MIG_BUF_INIT;
    mig_error     err = MIG_ERROR_INIT;
    sqlite3_stmt *stmt;

    mig_buf_puts(&sql, "SELECT name, sql FROM sqlite_schema WHERE type = 'table'");
    stmt = prepare(db, &sql);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        if (mig_sqlite_ddl_table(schema, (const char *)sqlite3_column_text(stmt, 0),
                                 (const char *)sqlite3_column_text(stmt, 1), &err) != MIG_OK)
            die(path, err.message);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    mig_buf_fini(&sql);
    return schema;
}

static void
add_ladders(const mig_schema *schema, const mig_schema_table *table, mig_survey_table *to)
{
    const mig_frameworks frameworks = mig_frameworks_of(schema);
    mig_type_choice      choices[MIG_TYPE_LADDER_MAX];

    for (size_t c = 0; c < to->n_columns; c++) {
        size_t n = mig_type_ladder(&frameworks, table, &table->columns[c], choices);

        for (size_t i = 0; i < n; i++) {
            mig_encoder e = {.wire = choices[i].wire,
                             .limits = choices[i].limits,
                             .not_null = table->columns[c].not_null,
                             .rules = choices[i].rules,
                             .unit = choices[i].unit};

            if (mig_survey_add_trial(&to->columns[c], &e) == NULL)
                die("survey", "no memory");
        }
    }
}

static mig_survey *
make_survey(const mig_schema *schema)
{
    mig_survey *survey = mig_survey_new(catalog->n_tables);

    for (size_t t = 0; survey != NULL && t < catalog->n_tables; t++) {
        mig_survey_table *table = mig_survey_add(survey, &catalog->tables[t]);

        for (size_t i = 0; table != NULL && i < schema->n_tables; i++)
            if (strcmp(schema->tables[i].name, catalog->tables[t].name) == 0)
                add_ladders(schema, &schema->tables[i], table);
    }
    return survey;
}

static mig_source *
open_source(void)
{
    mig_source *source = NULL;
    mig_error   err = MIG_ERROR_INIT;

    if (mig_sqlite_source_open(path, &source, &err) != MIG_OK)
        die(path, err.message);
    return source;
}

static taken
survey_file(const mig_schema *schema)
{
    mig_error   err = MIG_ERROR_INIT;
    mig_source *source = open_source();
    mig_survey *survey = make_survey(schema);
    taken       t;

    if (source->ops->snapshot(source, n_threads, &err) != MIG_OK)
        die(path, err.message);
    t = begin();
    if (mig_survey_run(survey, source, n_threads, &err) != MIG_OK)
        die(path, err.message);
    t = end(t);
    mig_survey_free(survey);
    mig_source_close(source);
    return t;
}

/* ---- rounds ------------------------------------------------------------------------------- */

static void
measure(unsigned round, const mig_schema *schema)
{
    taken scanned = {0, 0}, surveyed;

    if (round % 2 == 1)
        scanned = scan();
    surveyed = survey_file(schema);
    if (round % 2 == 0)
        scanned = scan();
    printf("{\"round\":%u,\"scan_s\":%.3f,\"scan_cpu_s\":%.3f,\"survey_s\":%.3f,"
           "\"survey_cpu_s\":%.3f,\"ratio\":%.3f,\"cpu_ratio\":%.3f}\n",
           round, scanned.wall_s, scanned.cpu_s, surveyed.wall_s, surveyed.cpu_s,
           surveyed.wall_s / scanned.wall_s, surveyed.cpu_s / scanned.cpu_s);
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    mig_source *source;
    mig_schema *schema;
    mig_error   err = MIG_ERROR_INIT;
    unsigned    n_rounds = 5;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            n_threads = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            n_rounds = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            path = argv[i];
    }
    if (path == NULL || n_threads == 0 || n_threads > MAX_THREADS)
        die("usage", "survey FILE [--threads N] [--rounds N]");
    source = open_source();
    if (source->ops->catalog(source, &catalog, &err) != MIG_OK)
        die(path, err.message);
    schema = read_schema();
    scan();
    for (unsigned round = 1; round <= n_rounds; round++)
        measure(round, schema);
    mig_schema_free(schema);
    mig_catalog_free(catalog);
    mig_source_close(source);
    return 0;
}
