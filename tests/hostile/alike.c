/*
 * alike.c - whether two SQLite files hold the same values, whatever their form.
 *
 * On the way through another database a moment, a boolean, a number as text get
 * that database's form.  So each value becomes a text that all its forms share:
 * numbers as numbers, blobs as their bytes, and by the declared type moments,
 * booleans, uuids and JSON.  Rows are compared as sorted texts.
 */
#include "alike.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"

#define MOST_PRINTED 3

typedef struct row_texts {
    char **rows;
    size_t n, cap;
} row_texts;

/* What SQLite itself brings to one form. */
static sqlite3      *scratch;
static sqlite3_stmt *moment_form, *epoch_form, *json_form;

static _Noreturn void
give_up(sqlite3 *db, const char *what)
{
    fprintf(stderr, "hostile: %.200s: %s\n", what, db != NULL ? sqlite3_errmsg(db) : "no memory");
    exit(2);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        give_up(db, sql);
    return stmt;
}

/* ---- one form for each value --------------------------------------------------------------- */

static bool
put_by(sqlite3_stmt *form, const char *text, size_t len, mig_buf *out)
{
    bool any = false;

    sqlite3_bind_text(form, 1, text, (int)len, SQLITE_STATIC);
    if (sqlite3_step(form) == SQLITE_ROW && sqlite3_column_type(form, 0) != SQLITE_NULL) {
        mig_buf_puts(out, (const char *)sqlite3_column_text(form, 0));
        any = true;
    }
    sqlite3_reset(form);
    return any;
}

static bool
has(const char *declared, const char *word)
{
    return sqlite3_strlike(word, declared, 0) == 0;
}

static bool
is_number(const char *text, size_t len)
{
    char *end;

    if (strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0)
        return true;
    if (len == 0 || isspace((unsigned char)text[0]) || strspn(text, "0123456789+-.eE") != len)
        return false;
    strtod(text, &end);
    return end == text + len;
}

static void
put_real(double real, mig_buf *out)
{
    if (real >= -0x1p63 && real < 0x1p63 && real == (double)(int64_t)real)
        mig_buf_printf(out, "%lld", (long long)real);
    else
        mig_buf_printf(out, "%.17g", real);
}

/* Digits that a double does not hold are kept. */
static void
put_number(const char *text, mig_buf *out)
{
    size_t len = strlen(text);

    if (strspn(text + (text[0] == '-'), "0123456789") == len - (text[0] == '-') && len <= 20)
        mig_buf_puts(out, text);
    else
        put_real(strtod(text, NULL), out);
}

static bool
put_boolean(const char *text, mig_buf *out)
{
    static const char *const forms[][2] = {{"true", "1"},  {"t", "1"}, {"yes", "1"}, {"on", "1"},
                                           {"false", "0"}, {"f", "0"}, {"no", "0"},  {"off", "0"}};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (sqlite3_stricmp(forms[i][0], text) == 0) {
            mig_buf_puts(out, forms[i][1]);
            return true;
        }
    return false;
}

static bool
put_uuid(const unsigned char *bytes, size_t len, mig_buf *out)
{
    for (size_t i = 0; len == 16 && i < len; i++)
        mig_buf_printf(out, "%02x", bytes[i]);
    if (len == 36)
        for (size_t i = 0; i < len; i++)
            if (bytes[i] != '-')
                mig_buf_printf(out, "%c", tolower(bytes[i]));
    return len == 16 || len == 36;
}

static void
put_bytes(const unsigned char *bytes, size_t len, mig_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != '\\')
            mig_buf_add(out, (const char *)bytes + i, 1);
        else
            mig_buf_printf(out, "\\%02x", bytes[i]);
    }
}

static bool
looks_like_time(const char *text, size_t len)
{
    return len >= 5 && isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]) &&
           (text[2] == ':' || text[4] == '-');
}

static bool
put_typed(const char *declared, const char *text, size_t len, mig_buf *out)
{
    if (has(declared, "%uuid%") || has(declared, "char(36)"))
        return put_uuid((const unsigned char *)text, len, out);
    if (has(declared, "%bool%") || has(declared, "%(1)%"))
        return put_boolean(text, out);
    if (has(declared, "%json%"))
        return put_by(json_form, text, len, out);
    return looks_like_time(text, len) && put_by(moment_form, text, len, out);
}

static void
put_number_of(sqlite3_value *value, const char *text, mig_buf *out)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        mig_buf_printf(out, "%lld", (long long)sqlite3_value_int64(value));
        break;
    case SQLITE_FLOAT:
        put_real(sqlite3_value_double(value), out);
        break;
    default:
        put_number(text, out);
    }
}

/* Bytes may have been texts: both as `text`, with a 0 behind it. */
static void
put_bytes_of(const char *declared, sqlite3_value *value, const char *text, size_t len, mig_buf *out)
{
    const int class = sqlite3_value_type(value);
    const bool moment = has(declared, "%date%") || has(declared, "%time%");
    const bool number = class == SQLITE_INTEGER || class == SQLITE_FLOAT || is_number(text, len);

    if (number && moment && put_by(epoch_form, text, len, out))
        return;
    if (number)
        put_number_of(value, text, out);
    else if (!put_typed(declared, text, len, out))
        put_bytes((const unsigned char *)text, len, out);
}

static void
put_value(const char *declared, sqlite3_value *value, mig_buf *out)
{
    mig_buf bytes = MIG_BUF_INIT;

    if (sqlite3_value_type(value) == SQLITE_NULL) {
        mig_buf_puts(out, "(null)");
        return;
    }
    /* Taking a blob for a text would convert it, in a database of UTF-16. */
    if (sqlite3_value_type(value) == SQLITE_BLOB)
        mig_buf_add(&bytes, sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));
    else
        mig_buf_puts(&bytes, (const char *)sqlite3_value_text(value));
    put_bytes_of(declared, value, mig_buf_text(&bytes), bytes.len, out);
    mig_buf_fini(&bytes);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static int
compare_rows(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_row(row_texts *list, const mig_buf *row)
{
    if (list->n == list->cap) {
        list->cap = 2 * list->cap + 64;
        list->rows = realloc(list->rows, list->cap * sizeof *list->rows);
    }
    if (list->rows == NULL || (list->rows[list->n++] = strdup(mig_buf_text(row))) == NULL)
        give_up(NULL, "rows");
}

/* The columns of the table in the first file; their declared types stand beside them. */
static sqlite3_stmt *
list_columns(sqlite3 *db, const char *table)
{
    sqlite3_stmt *stmt = prepare(db, "SELECT name, type FROM pragma_table_xinfo(?1) "
                                     "WHERE hidden <> 1 ORDER BY cid");

    sqlite3_bind_text(stmt, 1, table, -1, SQLITE_TRANSIENT);
    return stmt;
}

/* Qualified names: SQLite takes others in double quotes for texts where they name no column. */
static void
select_rows(sqlite3_stmt *columns, const char *table, mig_buf *sql)
{
    const char *between = "SELECT ";

    sqlite3_reset(columns);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        mig_buf_puts(sql, between);
        mig_buf_identifier(sql, table);
        mig_buf_puts(sql, ".");
        mig_buf_identifier(sql, (const char *)sqlite3_column_text(columns, 0));
        between = ", ";
    }
    mig_buf_puts(sql, " FROM ");
    mig_buf_identifier(sql, table);
}

static void
read_rows(sqlite3 *db, sqlite3_stmt *columns, const char *table, row_texts *list)
{
    mig_buf       sql = MIG_BUF_INIT, row = MIG_BUF_INIT;
    sqlite3_stmt *stmt;

    select_rows(columns, table, &sql);
    stmt = prepare(db, mig_buf_text(&sql));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        mig_buf_clear(&row);
        sqlite3_reset(columns);
        for (int i = 0; sqlite3_step(columns) == SQLITE_ROW; i++) {
            const char *declared = (const char *)sqlite3_column_text(columns, 1);

            mig_buf_printf(&row, "%s=", sqlite3_column_name(stmt, i));
            put_value(declared != NULL ? declared : "", sqlite3_column_value(stmt, i), &row);
            mig_buf_puts(&row, " ");
        }
        add_row(list, &row);
    }
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    mig_buf_fini(&row);
    if (list->n > 0)
        qsort(list->rows, list->n, sizeof *list->rows, compare_rows);
}

static bool
compare_lists(const char *table, const row_texts *one, const row_texts *other)
{
    unsigned n = 0;

    for (size_t i = 0, k = 0; i < one->n || k < other->n;) {
        int order = i == one->n ? 1 : k == other->n ? -1 : strcmp(one->rows[i], other->rows[k]);

        if (order != 0 && n++ < MOST_PRINTED)
            printf("%s: only in the %s: %.1500s\n", table, order < 0 ? "first" : "second",
                   order < 0 ? one->rows[i] : other->rows[k]);
        i += order <= 0;
        k += order >= 0;
    }
    return n == 0;
}

static void
free_list(row_texts *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->rows[i]);
    free(list->rows);
}

static sqlite3 *
open_file(const char *path)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        give_up(db, path);
    return db;
}

static void
open_scratch(void)
{
    if (sqlite3_open(":memory:", &scratch) != SQLITE_OK)
        give_up(scratch, "a database in memory");
    moment_form = prepare(scratch, "SELECT strftime('%Y-%m-%d %H:%M:%f', ?1)");
    epoch_form = prepare(scratch, "SELECT strftime('%Y-%m-%d %H:%M:%f', ?1, 'unixepoch')");
    json_form = prepare(scratch, "SELECT CASE WHEN json_valid(?1) THEN json(?1) END");
}

bool
alike_files(const char *one, const char *other)
{
    static const char sql[] = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND "
                              "type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
    sqlite3          *a = open_file(one), *b = open_file(other);
    sqlite3_stmt     *stmt = prepare(a, sql);
    bool              same = true;

    open_scratch();
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char   *table = (const char *)sqlite3_column_text(stmt, 0);
        sqlite3_stmt *columns = list_columns(a, table);
        row_texts     in_a = {0}, in_b = {0};

        read_rows(a, columns, table, &in_a);
        read_rows(b, columns, table, &in_b);
        same &= compare_lists(table, &in_a, &in_b);
        free_list(&in_a);
        free_list(&in_b);
        sqlite3_finalize(columns);
    }
    sqlite3_finalize(stmt);
    sqlite3_finalize(moment_form);
    sqlite3_finalize(epoch_form);
    sqlite3_finalize(json_form);
    sqlite3_close(a);
    sqlite3_close(b);
    sqlite3_close(scratch);
    return same;
}
