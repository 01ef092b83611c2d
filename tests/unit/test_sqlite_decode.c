/*
 * test_sqlite_decode.c - what SQLite would convert, by SQLite itself.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "mig/convert.h"

static sqlite3      *db;
static sqlite3_stmt *stmt;

/* Whether a column of the type makes a number of the text. */
static bool
is_converted(const char *text, size_t len)
{
    bool converted;

    sqlite3_reset(stmt);
    cr_assert_eq(sqlite3_bind_text(stmt, 1, text, (int)len, SQLITE_STATIC), SQLITE_OK);
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sqlite3_errmsg(db));
    converted = strcmp((const char *)sqlite3_column_text(stmt, 0), "text") != 0;
    cr_assert_eq(sqlite3_step(stmt), SQLITE_DONE);
    return converted;
}

static void
prepare(const char *type)
{
    char sql[64];

    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    (void)snprintf(sql, sizeof sql, "CREATE TABLE t (a %s)", type);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "PRAGMA journal_mode = OFF; BEGIN", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db,
                                    "INSERT OR REPLACE INTO t (rowid, a) VALUES (1, ?1)"
                                    " RETURNING typeof(a)",
                                    -1, &stmt, NULL),
                 SQLITE_OK, "%s", sqlite3_errmsg(db));
}

static void
compare(const char *text, size_t len)
{
    cr_assert_eq(mig_is_number(text, len), is_converted(text, len), "%.*s", (int)len, text);
}

/* All texts of up to five of these characters: every one that the rule tells apart. */
static void
compare_all(const char *type)
{
    static const char letters[] = "0.e- +x\0\xa0";
    const size_t      n = sizeof letters - 1;
    size_t            counter[5];
    char              text[5];

    prepare(type);
    for (size_t len = 0; len <= sizeof text; len++) {
        size_t at = 0;

        memset(counter, 0, sizeof counter);
        while (at < len || len == 0) {
            for (size_t i = 0; i < len; i++)
                text[i] = letters[counter[i]];
            compare(text, len);
            for (at = 0; at < len && ++counter[at] == n; at++)
                counter[at] = 0;
            if (len == 0)
                break;
        }
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

Test(sqlite_decode, a_text_is_a_number_where_sqlite_takes_it_for_one)
{
    compare_all("NUMERIC");
}

Test(sqlite_decode, in_a_column_of_real_numbers_too)
{
    compare_all("REAL");
}

Test(sqlite_decode, longer_texts_and_other_characters)
{
    static const char *const texts[] = {
        "2026-03-01",
        "1-800-555",
        "1e999",
        "-1e-999",
        "0x10",
        "1_000",
        "\t12\r\n",
        "\v7\f",
        "12 3",
        "1,5",
        "9223372036854775808",
        "Infinity",
        "nan",
        "1e5.5",
        "--1",
        "1E+005",
        "+.5e-1 ",
        "12345678901234567890.1e-5",
        "٣",
    };

    prepare("INTEGER");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        compare(texts[i], strlen(texts[i]));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}
