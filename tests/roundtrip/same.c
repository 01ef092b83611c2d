/*
 * same.c - whether two SQLite files hold the same.
 *
 * A row becomes a text of all its values, in which nothing is rounded; the texts
 * of a table are sorted and compared.
 */
#include "same.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"

/* Rows that are printed of each table. */
#define MOST_PRINTED 3

typedef struct row_list {
    char **rows;
    size_t n, cap;
} row_list;

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        die("%.200s: %s", sql, sqlite3_errmsg(db));
    return stmt;
}

static void
add_row(row_list *list, char *row)
{
    if (list->n == list->cap) {
        list->cap = 2 * list->cap + 64;
        list->rows = realloc(list->rows, list->cap * sizeof *list->rows);
    }
    if (list->rows == NULL || row == NULL)
        die("no memory for rows");
    list->rows[list->n++] = row;
}

static void
put_bytes(mig_buf *out, const unsigned char *bytes, int len)
{
    for (int i = 0; i < len; i++) {
        if (bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != '\\')
            mig_buf_add(out, (const char *)bytes + i, 1);
        else
            mig_buf_printf(out, "\\%02x", bytes[i]);
    }
}

static void
put_value(mig_buf *out, const char *column, sqlite3_value *value)
{
    double   real = sqlite3_value_double(value);
    uint64_t bits;

    mig_buf_printf(out, "%s=", column);
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        mig_buf_printf(out, "integer:%lld ", sqlite3_value_int64(value));
        return;
    case SQLITE_FLOAT:
        memcpy(&bits, &real, sizeof bits);
        mig_buf_printf(out, "real:%.17g/%016llx ", real, (unsigned long long)bits);
        return;
    case SQLITE_NULL:
        mig_buf_puts(out, "null ");
        return;
    case SQLITE_TEXT:
        mig_buf_puts(out, "text:");
        put_bytes(out, sqlite3_value_text(value), sqlite3_value_bytes(value));
        break;
    default:
        mig_buf_puts(out, "blob:");
        put_bytes(out, sqlite3_value_blob(value), sqlite3_value_bytes(value));
        break;
    }
    mig_buf_puts(out, " ");
}

static int
compare_rows(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Both tables have the same columns in the same order, or the rows differ. */
static void
read_rows(sqlite3 *db, const char *table, row_list *list)
{
    mig_buf       sql = MIG_BUF_INIT, row = MIG_BUF_INIT;
    sqlite3_stmt *stmt;

    mig_buf_puts(&sql, "SELECT * FROM ");
    mig_buf_identifier(&sql, table);
    if (strcmp(table, "sqlite_sequence") == 0) /* 0 says as much as no row */
        mig_buf_puts(&sql, " WHERE seq > 0");
    stmt = prepare(db, mig_buf_text(&sql));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        mig_buf_clear(&row);
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            put_value(&row, sqlite3_column_name(stmt, i), sqlite3_column_value(stmt, i));
        add_row(list, strdup(mig_buf_text(&row)));
    }
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    mig_buf_fini(&row);
    if (list->n > 0)
        qsort(list->rows, list->n, sizeof *list->rows, compare_rows);
}

static void
free_rows(row_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->rows[i]);
    free(list->rows);
}

static void
print_row(const char *table, char which, const char *row, unsigned *n_printedp)
{
    if ((*n_printedp)++ < MOST_PRINTED)
        printf("%s: only in the %s: %.400s\n", table, which == '<' ? "first" : "second", row);
}

static bool
same_rows(const char *table, const row_list *one, const row_list *other)
{
    unsigned n_printed = 0;
    size_t   i = 0, k = 0;

    while (i < one->n || k < other->n) {
        int order = i == one->n ? 1 : k == other->n ? -1 : strcmp(one->rows[i], other->rows[k]);

        if (order < 0)
            print_row(table, '<', one->rows[i], &n_printed);
        if (order > 0)
            print_row(table, '>', other->rows[k], &n_printed);
        i += order <= 0;
        k += order >= 0;
    }
    return n_printed == 0;
}

static sqlite3 *
open_file(const char *path)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        die("cannot open %s: %s", path, sqlite3_errmsg(db));
    return db;
}

bool
same_files(const char *one, const char *other)
{
    static const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                              "(name NOT LIKE 'sqlite!_%' ESCAPE '!' OR name = 'sqlite_sequence')";
    sqlite3          *a = open_file(one), *b = open_file(other);
    sqlite3_stmt     *stmt = prepare(a, sql);
    bool              same = true;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(stmt, 0);
        row_list    in_a = {0}, in_b = {0};

        read_rows(a, table, &in_a);
        read_rows(b, table, &in_b);
        same &= same_rows(table, &in_a, &in_b);
        free_rows(&in_a);
        free_rows(&in_b);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(a);
    sqlite3_close(b);
    return same;
}
