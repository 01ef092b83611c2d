/*
 * translated_rows.c - the rows, and comparing what both databases make of them.
 */
#include "translated_rows.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the rows --------------------------------------------------------------------------- */

static const char sqlite_table[] =
    "CREATE TABLE v (id INTEGER PRIMARY KEY, active BOOLEAN, n INTEGER, big INTEGER NOT NULL,"
    " r REAL, num NUMERIC, t TEXT, t2 TEXT, nc TEXT COLLATE NOCASE, b BLOB, d TEXT, ts TEXT,"
    " j TEXT, ms INTEGER, u TEXT)";
static const char postgres_table[] =
    "CREATE TEMPORARY TABLE v (id int PRIMARY KEY, active boolean, n integer, big bigint NOT NULL,"
    " r double precision, num numeric, t text, t2 text, nc text, b bytea, d date, ts timestamp,"
    " j json, ms timestamptz, u uuid)";

static const mig_translated_column columns[] = {
    {"active", "boolean", MIG_WIRE_BOOL, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0, 0},
    {"n", "integer", MIG_WIRE_INT4, MIG_UNIT_NONE, MIG_AFFINITY_INTEGER, NULL, false, 0, 0, 0},
    {"big", "bigint", MIG_WIRE_INT8, MIG_UNIT_NONE, MIG_AFFINITY_INTEGER, NULL, true, 0, 0, 0},
    {"r", "real", MIG_WIRE_FLOAT8, MIG_UNIT_NONE, MIG_AFFINITY_REAL, NULL, false, 0, 0, 0},
    {"num", "numeric", MIG_WIRE_NUMERIC, MIG_UNIT_NONE, MIG_AFFINITY_NUMERIC, NULL, false, 0, 0, 0},
    {"t", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"t2", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"nc", "text", MIG_WIRE_TEXT, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, "NOCASE", false, 0, 0, 0},
    {"b", "blob", MIG_WIRE_BYTEA, MIG_UNIT_NONE, MIG_AFFINITY_BLOB, NULL, false, 0, 0, 0},
    {"d", "text", MIG_WIRE_DATE, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"ts", "text", MIG_WIRE_TIMESTAMP, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"j", "text", MIG_WIRE_JSON, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
    {"ms", "integer_ms", MIG_WIRE_TIMESTAMPTZ, MIG_UNIT_MS, MIG_AFFINITY_INTEGER, NULL, false, 0, 0,
     0},
    {"u", "text", MIG_WIRE_UUID, MIG_UNIT_NONE, MIG_AFFINITY_TEXT, NULL, false, 0, 0, 0},
};

/* active, n, big, r, num, t, t2, nc, b, d, ts, j, ms, u: of SQLite, then what differs. */
typedef struct both_rows {
    const char *values;
    const char *sqlite_end, *postgres_end;
} both_rows;

#define UUID_A "'01234567-89ab-cdef-0123-456789abcdef'"

static const both_rows rows[] = {
    {"NULL, 0, NULL, NULL, NULL, NULL, NULL", "NULL, NULL, NULL, NULL, NULL, NULL",
     "NULL, NULL, NULL, NULL, NULL, NULL"},
    {"1, 0, 0.0, 0, '', '', ''", "x'', '2020-01-01', '2020-01-01 00:00:00', '{}', 0, " UUID_A,
     "'', '2020-01-01', '2020-01-01 00:00:00', '{}', '1970-01-01 00:00Z', " UUID_A},
    {"-1, -7, -0.5, -1, 'a', 'A', 'a'",
     "x'00', '1999-12-31', '1999-12-31 23:59:59', '[1]', -1000, " UUID_A,
     "'\\x00', '1999-12-31', '1999-12-31 23:59:59', '[1]', '1969-12-31 23:59:59Z', " UUID_A},
    {"7, 5000000000, 2.5, 2.5, 'Abc', 'abc', 'ABC'",
     "x'00ff', '2024-02-29', '2024-02-29 12:34:56', 'null', 1700000000123, NULL",
     "'\\x00ff', '2024-02-29', '2024-02-29 12:34:56', 'null', '2023-11-14 22:13:20.123Z', NULL"},
    {"2, 3, 1e10, 0.1, '5', '-5', '_'",
     "x'ff', '0001-01-01', '0001-01-01 00:00:00', '\"x\"', 1, NULL",
     "'\\xff', '0001-01-01', '0001-01-01 00:00:00', '\"x\"', '1970-01-01 00:00:00.001Z', NULL"},
    {"-12, 10, -2.5, 100, 'ä%z', 'Ä%Z', ' b '", "x'61', NULL, NULL, '1', NULL, NULL",
     "'a', NULL, NULL, '1', NULL, NULL"},
    {"100, -3, 3.0, 12.25, '  x\t', 'a_c', '[b]'", "NULL, NULL, NULL, NULL, NULL, NULL",
     "NULL, NULL, NULL, NULL, NULL, NULL"},
    {"3, 2, 0.1, 3, 'zz', 'Zebra', 'Straße'",
     "x'0102030405060708090a0b0c0d0e0f10', NULL, NULL,"
     " NULL, NULL, NULL",
     "'\\x0102030405060708090a0b0c0d0e0f10', NULL, NULL, NULL, NULL, NULL"},
};

#define N_ROWS (sizeof rows / sizeof rows[0])

static PGconn  *conn;
static sqlite3 *db;

void
translated_run(const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK ||
                  PQresultStatus(result) == PGRES_TUPLES_OK,
              "%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
}

void
translated_rows_open(void)
{
    char sql[1000];

    conn = PQconnectdb(getenv("MIG_TEST_PG"));
    cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
    translated_run("SET TimeZone = 'UTC'");
    translated_run("SET log_min_error_statement = panic; SET log_min_messages = panic");
    translated_run("SET client_min_messages = error");
    translated_run(postgres_table);
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sqlite_table, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < N_ROWS; i++) {
        const char *active = i % 3 == 0 ? "NULL" : i % 3 == 1 ? "1" : "0";

        snprintf(sql, sizeof sql, "INSERT INTO v VALUES (%zu, %s, %s, %s)", i, active,
                 rows[i].values, rows[i].sqlite_end);
        cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
                     sqlite3_errmsg(db));
        snprintf(sql, sizeof sql, "INSERT INTO v VALUES (%zu, %s::int::boolean, %s, %s)", i, active,
                 rows[i].values, rows[i].postgres_end);
        translated_run(sql);
    }
}

void
translated_rows_close(void)
{
    sqlite3_close(db);
    PQfinish(conn);
}

static bool
column(void *arg, const char *table, const char *name, mig_translated_column *found)
{
    (void)arg;
    (void)table;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (strcasecmp(columns[i].name, name) == 0) {
            *found = columns[i];
            return true;
        }
    return false;
}

const mig_translation translated_to_postgres = {
    .from = MIG_DIALECT_SQLITE, .to = MIG_DIALECT_POSTGRES, .column = column};
const mig_translation translated_to_sqlite = {
    .from = MIG_DIALECT_POSTGRES, .to = MIG_DIALECT_SQLITE, .column = column};

/* ---- evaluating ------------------------------------------------------------------------- */

typedef struct results {
    char *values[N_ROWS]; /* NULL for NULL */
} results;

static void
free_results(results *r)
{
    for (size_t i = 0; i < N_ROWS; i++)
        free(r->values[i]);
}

static void
in_sqlite(const char *expression, bool condition, results *r)
{
    char          sql[9000];
    sqlite3_stmt *stmt;

    *r = (results){.values = {NULL}};
    snprintf(sql, sizeof sql,
             condition ? "SELECT CASE WHEN (%s) THEN 't' WHEN NOT (%s) THEN 'f' END FROM v "
                         "ORDER BY id"
                       : "SELECT CASE typeof(x) WHEN 'blob' THEN '\\x' || lower(hex(x)) ELSE x END"
                         " FROM (SELECT (%s) AS x, id FROM v) ORDER BY id",
             expression, expression);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    for (size_t i = 0; i < N_ROWS; i++) {
        int st = sqlite3_step(stmt);

        cr_assert_eq(st, SQLITE_ROW, "%s: %s", sql, sqlite3_errmsg(db));
        if (sqlite3_column_type(stmt, 0) != SQLITE_NULL)
            r->values[i] = strdup((const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
}

/* False where the server computes out of a range, which is an error there and nothing in SQLite. */
static bool
in_postgres(const char *expression, bool condition, results *r)
{
    char        sql[9000];
    PGresult   *result;
    const char *state;
    bool        evaluated;

    *r = (results){.values = {NULL}};
    snprintf(sql, sizeof sql,
             condition ? "SELECT CASE WHEN (%s) THEN 't' WHEN NOT (%s) THEN 'f' END FROM v "
                         "ORDER BY id"
                       : "SELECT (%s)::text FROM v ORDER BY id",
             expression, expression);
    result = PQexec(conn, sql);
    state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    evaluated = PQresultStatus(result) == PGRES_TUPLES_OK;
    cr_assert(evaluated || (state != NULL && strncmp(state, "22003", 5) == 0), "%s: %s", sql,
              PQerrorMessage(conn));
    for (int i = 0; evaluated && i < (int)N_ROWS; i++)
        if (!PQgetisnull(result, i, 0))
            r->values[i] = strdup(PQgetvalue(result, i, 0));
    PQclear(result);
    return evaluated;
}

static bool
same_value(const char *a, const char *b)
{
    char  *end_a, *end_b;
    double x, y;

    if (a == NULL || b == NULL)
        return a == b;
    if (strcmp(a, b) == 0)
        return true;
    /* A condition as a value; SQLite has no other one than 0 and 1. */
    if (strcmp(a, "true") == 0 || strcmp(a, "false") == 0)
        return strcmp(b, a[0] == 't' ? "1" : "0") == 0;
    /* The two print doubles in different ways. */
    x = strtod(a, &end_a);
    y = strtod(b, &end_b);
    return *a != '\0' && *b != '\0' && *end_a == '\0' && *end_b == '\0' &&
           fabs(x - y) <= 1e-13 * fabs(x);
}

/* Of a condition the server must also take an index, which is where it has to be immutable. */
void
translated_expect_immutable(const char *source, const char *expression, bool condition)
{
    char      sql[9000];
    PGresult *result;

    translated_run("BEGIN");
    snprintf(sql, sizeof sql,
             condition ? "CREATE INDEX ON v (id) WHERE %s" : "CREATE INDEX ON v ((%s))",
             expression);
    result = PQexec(conn, sql);
    cr_expect(PQresultStatus(result) == PGRES_COMMAND_OK ||
                  strcmp(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42704") == 0,
              "%s became %s: %s", source, expression, PQerrorMessage(conn));
    PQclear(result);
    translated_run("ROLLBACK");
}

/* Whether it was translated; if so, both gave the same. */
bool
translated_agrees(const mig_translation *translation, const char *source, bool condition)
{
    mig_buf           out = MIG_BUF_INIT, why = MIG_BUF_INIT;
    mig_error         err = MIG_ERROR_INIT;
    bool              done, to_pg = translation->to == MIG_DIALECT_POSTGRES;
    results           a = {.values = {NULL}}, b = {.values = {NULL}};
    mig_translate_use use = condition ? MIG_TRANSLATE_CHECK : MIG_TRANSLATE_INDEX;

    cr_assert_eq(mig_translate_expression(translation, source, use, NULL, &out, &why, &done, &err),
                 MIG_OK);
    if (done && in_postgres(to_pg ? mig_buf_text(&out) : source, condition, &a)) {
        in_sqlite(to_pg ? source : mig_buf_text(&out), condition, &b);
        for (size_t i = 0; i < N_ROWS; i++)
            cr_expect(same_value(a.values[i], b.values[i]),
                      "%s became %s: row %zu is %s in PostgreSQL and %s in SQLite", source,
                      mig_buf_text(&out), i, a.values[i] != NULL ? a.values[i] : "NULL",
                      b.values[i] != NULL ? b.values[i] : "NULL");
    }
    if (!done && getenv("MIG_TEST_TELL") != NULL)
        fprintf(stderr, "%s: %s\n", source, mig_buf_text(&why));
    free_results(&a);
    free_results(&b);
    mig_buf_fini(&out);
    mig_buf_fini(&why);
    return done;
}

/* The condition as the server keeps it, to be freed. */
char *
translated_deparse(const char *condition)
{
    char      sql[2000];
    PGresult *result;
    char     *text;

    translated_run("BEGIN");
    snprintf(sql, sizeof sql, "ALTER TABLE v ADD CONSTRAINT c CHECK (%s) NOT VALID", condition);
    translated_run(sql);
    result = PQexec(conn, "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint "
                          "WHERE conname = 'c' AND conrelid = 'v'::regclass");
    cr_assert_eq(PQntuples(result), 1);
    text = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    translated_run("ROLLBACK");
    return text;
}

/* ---- queries ---------------------------------------------------------------------------- */

static const char *
table_named(void *arg, const char *name)
{
    (void)arg;
    return strcasecmp(name, "v") == 0 ? "v" : NULL;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All values of a result, each with its place, sorted by row: numbers in one spelling. */
static void
add_value(mig_buf *row, const char *value, bool is_null)
{
    char  *end;
    double number = is_null ? 0 : strtod(value, &end);

    if (is_null)
        mig_buf_puts(row, "NULL|");
    else if (strcmp(value, "t") == 0 || strcmp(value, "f") == 0)
        mig_buf_printf(row, "%d|", value[0] == 't');
    else if (*value != '\0' && *end == '\0')
        mig_buf_printf(row, "%.12g|", number);
    else
        mig_buf_printf(row, "%s|", value);
}

static void
join_sorted(char **lines, size_t n, mig_buf *out)
{
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++) {
        mig_buf_printf(out, "%s\n", lines[i]);
        free(lines[i]);
    }
}

#define MOST_LINES 200

static void
query_sqlite(const char *sql, mig_buf *out)
{
    char         *lines[MOST_LINES];
    size_t        n = 0;
    sqlite3_stmt *stmt;

    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        mig_buf row = MIG_BUF_INIT;

        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            add_value(&row, (const char *)sqlite3_column_text(stmt, i),
                      sqlite3_column_type(stmt, i) == SQLITE_NULL);
        cr_assert_lt(n, MOST_LINES);
        lines[n++] = strdup(mig_buf_text(&row));
        mig_buf_fini(&row);
    }
    sqlite3_finalize(stmt);
    join_sorted(lines, n, out);
}

static void
query_postgres(const char *sql, mig_buf *out)
{
    char     *lines[MOST_LINES];
    PGresult *result = PQexec(conn, sql);
    int       n = PQntuples(result);

    cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(conn));
    cr_assert_leq(n, MOST_LINES);
    for (int i = 0; i < n; i++) {
        mig_buf row = MIG_BUF_INIT;

        for (int c = 0; c < PQnfields(result); c++)
            add_value(&row, PQgetvalue(result, i, c), PQgetisnull(result, i, c));
        lines[i] = strdup(mig_buf_text(&row));
        mig_buf_fini(&row);
    }
    PQclear(result);
    join_sorted(lines, (size_t)n, out);
}

bool
translated_query_agrees(const mig_translation *translation, const char *source)
{
    mig_translation whole = *translation;
    mig_buf         out = MIG_BUF_INIT, why = MIG_BUF_INIT, a = MIG_BUF_INIT, b = MIG_BUF_INIT;
    mig_error       err = MIG_ERROR_INIT;
    bool            done, to_pg = translation->to == MIG_DIALECT_POSTGRES;

    whole.table = table_named;
    cr_assert_eq(mig_translate_query(&whole, source, &out, &why, &done, &err), MIG_OK);
    cr_expect(done, "%s: %s", source, mig_buf_text(&why));
    if (done) {
        query_postgres(to_pg ? mig_buf_text(&out) : source, &a);
        query_sqlite(to_pg ? source : mig_buf_text(&out), &b);
        cr_expect_str_eq(mig_buf_text(&a), mig_buf_text(&b), "%s became %s:\n%s--- and ---\n%s",
                         source, mig_buf_text(&out), mig_buf_text(&a), mig_buf_text(&b));
    }
    mig_buf_fini(&out);
    mig_buf_fini(&why);
    mig_buf_fini(&a);
    mig_buf_fini(&b);
    return done;
}
