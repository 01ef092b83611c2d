/*
 * test_row_record.c - the record is byte for byte the one that SQLite makes.
 */
#include "../../src/sqlite/row_record.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static mig__row_record record;
static sqlite3        *db;

static void
setup(void)
{
    cr_assert_eq(mig__row_record_init(&record, 1, NULL), MIG_OK);
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
}

static void
teardown(void)
{
    mig__row_record_fini(&record);
    sqlite3_close_v2(db);
}

TestSuite(row_record, .init = setup, .fini = teardown);

typedef struct kind {
    mig_affinity affinity;
    const char  *type;
} kind;

static const kind kinds[] = {
    {MIG_AFFINITY_INTEGER, "integer"}, {MIG_AFFINITY_TEXT, "text"},
    {MIG_AFFINITY_BLOB, "blob"},       {MIG_AFFINITY_REAL, "real"},
    {MIG_AFFINITY_NUMERIC, "numeric"},
};

static void
bind(sqlite3_stmt *stmt, const mig_value *value)
{
    switch (value->class) {
    case MIG_VALUE_NULL:
        break;
    case MIG_VALUE_INTEGER:
        cr_assert_eq(sqlite3_bind_int64(stmt, 1, value->integer), SQLITE_OK);
        break;
    case MIG_VALUE_REAL:
        cr_assert_eq(sqlite3_bind_double(stmt, 1, value->real), SQLITE_OK);
        break;
    case MIG_VALUE_TEXT:
        cr_assert_eq(
            sqlite3_bind_text64(stmt, 1, value->data, value->len, SQLITE_STATIC, SQLITE_UTF8),
            SQLITE_OK);
        break;
    case MIG_VALUE_BLOB:
        cr_assert_eq(sqlite3_bind_blob64(stmt, 1, value->data, value->len, SQLITE_STATIC),
                     SQLITE_OK);
        break;
    }
}

/* The page with the one row of a table of that type, made by SQLite. */
static const unsigned char *
page_of(const kind *k, const mig_value *value)
{
    static unsigned char page[4096];
    char                 sql[200];
    sqlite3_stmt        *stmt = NULL;
    sqlite3_int64        size = 0;
    unsigned char       *image;

    (void)snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS t; VACUUM; CREATE TABLE t (a %s)",
                   k->type);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?1)", -1, &stmt, NULL), SQLITE_OK);
    bind(stmt, value);
    cr_assert_eq(sqlite3_step(stmt), SQLITE_DONE, "%s", sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    image = sqlite3_serialize(db, "main", &size, 0);
    cr_assert_not_null(image);
    cr_assert_geq(size, 8192);
    memcpy(page, image + 4096, sizeof page);
    sqlite3_free(image);
    return page;
}

/* Whether the record was made; then it has to be SQLite's, unless only its reals are longer. */
static bool
is_made(const kind *k, const mig_value *value)
{
    const unsigned char *page, *cell, *made;
    size_t               len;

    mig__row_record_begin(&record);
    if (!mig__row_record_add(&record, k->affinity, value))
        return false;
    made = mig__row_record_end(&record, &len);
    page = page_of(k, value);
    cell = page + (page[8] << 8 | page[9]);
    if (k->affinity == MIG_AFFINITY_REAL && value->class == MIG_VALUE_REAL &&
        value->real == trunc(value->real) && !isinf(value->real)) {
        cr_expect_eq(len, 10); /* SQLite may store the integer that it makes a real of again */
        return true;
    }
    cr_expect_eq(cell[0], len, "%s", k->type);
    cr_expect_arr_eq(cell + 2, made, len, "%s", k->type);
    return true;
}

static void
expect_everywhere(const mig_value *value)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        cr_expect(is_made(&kinds[i], value), "%s", kinds[i].type);
}

Test(row_record, integers_are_as_short_as_sqlites)
{
    for (int shift = 0; shift < 64; shift++) {
        for (int64_t off = -2; off <= 2; off++) {
            const uint64_t  bits = ((uint64_t)1 << shift) + (uint64_t)off;
            const mig_value up = {.class = MIG_VALUE_INTEGER, .integer = (int64_t)bits};
            const mig_value down = {.class = MIG_VALUE_INTEGER, .integer = (int64_t)(0 - bits)};

            cr_expect(is_made(&kinds[0], &up), "%" PRId64, up.integer);
            cr_expect(is_made(&kinds[2], &down), "%" PRId64, down.integer);
            cr_expect(is_made(&kinds[4], &down), "%" PRId64, down.integer);
        }
    }
}

Test(row_record, null_and_blobs_are_the_same_in_every_column)
{
    expect_everywhere(&(mig_value){.class = MIG_VALUE_NULL});
    for (size_t len = 0; len < 100; len++)
        expect_everywhere(&(mig_value){.class = MIG_VALUE_BLOB,
                                       .data =
                                           "0123456789012345678901234567890123456789012345678"
                                           "901234567890123456789012345678901234567890123456789",
                                       .len = len});
}

Test(row_record, reals_are_numbers_of_the_columns_kind)
{
    static const double reals[] = {0.5,      -0.25, 1e300, -1e-300,        3.0,      1e15,
                                   INFINITY, 1.0,   0.0,   123456789012.0, -INFINITY};

    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        const mig_value value = {.class = MIG_VALUE_REAL, .real = reals[i]};

        (void)is_made(&kinds[0], &value);
        (void)is_made(&kinds[4], &value);
        cr_expect(is_made(&kinds[2], &value), "%g", reals[i]);
        cr_expect(is_made(&kinds[3], &value), "%g", reals[i]);
    }
}

Test(row_record, texts_that_are_no_numbers_are_the_same_in_every_column)
{
    static const char *const texts[] = {"", "a", "2024-02-29 12:00:00", "1e", "0x10", "é", "true"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_everywhere(
            &(mig_value){.class = MIG_VALUE_TEXT, .data = texts[i], .len = strlen(texts[i])});
}

/* What SQLite would store as another value is none of ours. */
Test(row_record, what_sqlite_would_convert_is_left_to_it)
{
    static const char *const numbers[] = {"1", " 2 ", "-3.5e7", "+.5", "00012"};
    const mig_value          one = {.class = MIG_VALUE_INTEGER, .integer = 1};
    const mig_value          half = {.class = MIG_VALUE_REAL, .real = 0.5};
    const mig_value          zero = {.class = MIG_VALUE_REAL, .real = -0.0};
    const mig_value          large = {.class = MIG_VALUE_REAL, .real = 4503599627370496.0};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const mig_value value = {
            .class = MIG_VALUE_TEXT, .data = numbers[i], .len = strlen(numbers[i])};

        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            cr_expect_eq(is_made(&kinds[k], &value), kinds[k].affinity == MIG_AFFINITY_TEXT ||
                                                         kinds[k].affinity == MIG_AFFINITY_BLOB);
    }
    cr_expect_not(is_made(&kinds[1], &one));
    cr_expect_not(is_made(&kinds[3], &one));
    cr_expect_not(is_made(&kinds[1], &half));
    cr_expect_not(is_made(&kinds[0], &zero));
    cr_expect_not(is_made(&kinds[4], &large));
}

Test(row_record, the_length_of_a_long_header_counts_itself)
{
    mig__row_record wide;
    const mig_value null = {.class = MIG_VALUE_NULL};

    for (size_t n = 120; n < 135; n++) {
        const unsigned char *made;
        size_t               len;

        cr_assert_eq(mig__row_record_init(&wide, n, NULL), MIG_OK);
        mig__row_record_begin(&wide);
        for (size_t i = 0; i < n; i++)
            cr_assert(mig__row_record_add(&wide, MIG_AFFINITY_BLOB, &null));
        made = mig__row_record_end(&wide, &len);
        cr_expect_eq(len, n < 127 ? n + 1 : n + 2);
        if (n < 127)
            cr_expect_eq(made[0], len);
        else
            cr_expect_eq((made[0] & 0x7f) << 7 | made[1], len);
        mig__row_record_fini(&wide);
    }
}
