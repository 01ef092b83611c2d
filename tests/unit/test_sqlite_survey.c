/*
 * test_sqlite_survey.c - what a survey says of values is what mig_encode says of each.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/migrate/survey_merge.h"
#include "../support/case_random.h"
#include "../support/sqlite_file.h"
#include "mig/buf.h"

static sqlite_file  file;
static mig_source  *source;
static mig_catalog *catalog;
static mig_survey  *survey;
static mig_error    err = MIG_ERROR_INIT;

static void
init(void)
{
    sqlite_file_init(&file, "app.db");
}

static void
close_all(void)
{
    mig_survey_free(survey);
    mig_source_close(source);
    mig_catalog_free(catalog);
    survey = NULL;
    source = NULL;
    catalog = NULL;
}

static void
fini(void)
{
    close_all();
    mig_error_fini(&err);
    sqlite_file_fini(&file);
}

TestSuite(sqlite_survey, .init = init, .fini = fini, .timeout = 120);

#define MAX_READERS 8

static void
open_with(const char *sql)
{
    sqlite_file_run(&file, sql);
    source = sqlite_file_open(&file, &catalog);
    cr_assert_eq(source->ops->snapshot(source, MAX_READERS, &err), MIG_OK, "%s", err.message);
}

/* A survey of one table. */
static mig_survey_table *
add_table(const char *name)
{
    survey = mig_survey_new(1);
    return mig_survey_add(survey, mig_catalog_find(catalog, name));
}

static mig_trial *
try_wire(mig_survey_table *table, size_t column, mig_wire_type wire)
{
    const mig_encoder encoder = {.wire = wire, .limits = MIG_LIMITS_NONE};

    return mig_survey_add_trial(&table->columns[column], &encoder);
}

static void
run_with(unsigned n_readers)
{
    cr_assert_eq(mig_survey_run(survey, source, n_readers, &err), MIG_OK, "%s", err.message);
}

/* ---- what is counted ---------------------------------------------------------------------- */

Test(sqlite_survey, counts_classes_and_keeps_extremes)
{
    const mig_survey_column *c;
    const mig_survey_table  *t;

    open_with("CREATE TABLE t(a); INSERT INTO t VALUES (NULL), (-7), (9223372036854775807), (3),"
              " (1.5), ('abc'), ('Grüße'), (''), (x'00'), (zeroblob(70000)), (NULL)");
    t = add_table("t");
    run_with(1);
    c = &t->columns[0];
    cr_expect_eq(t->n_rows, 11);
    cr_expect_eq(c->n_values[MIG_VALUE_NULL], 2);
    cr_expect_eq(c->n_values[MIG_VALUE_INTEGER], 3);
    cr_expect_eq(c->n_values[MIG_VALUE_REAL], 1);
    cr_expect_eq(c->n_values[MIG_VALUE_TEXT], 3);
    cr_expect_eq(c->n_values[MIG_VALUE_BLOB], 2);
    cr_expect_eq(c->least, -7);
    cr_expect_eq(c->greatest, INT64_MAX);
    cr_expect_eq(c->longest_text, 7);
    cr_expect_eq(c->longest_blob, 70000);
}

Test(sqlite_survey, of_an_empty_table_knows_nothing)
{
    const mig_survey_table *t;

    open_with("CREATE TABLE t(a INTEGER)");
    t = add_table("t");
    try_wire(survey->tables, 0, MIG_WIRE_BOOL);
    run_with(2);
    cr_expect_eq(t->n_rows, 0);
    cr_expect_gt(t->columns[0].least, t->columns[0].greatest);
    cr_expect_eq(t->columns[0].trials[0].n_faults, 0);
    cr_expect_null(t->columns[0].trials[0].row);
}

Test(sqlite_survey, names_the_first_fault_by_rowid_and_key)
{
    mig_survey_table *t;
    const mig_trial  *trial;

    open_with("CREATE TABLE t(id TEXT PRIMARY KEY, due);"
              "INSERT INTO t(rowid, id, due) VALUES (3, 'c', '2024-05-06 07:08:09'),"
              " (4711, 'k1', 'n/a'), (5000, 'k2', 'never')");
    t = add_table("t");
    try_wire(t, 1, MIG_WIRE_TIMESTAMPTZ);
    try_wire(t, 1, MIG_WIRE_TEXT);
    run_with(2);
    trial = &t->columns[1].trials[0];
    cr_expect_eq(trial->n_faults, 2);
    cr_expect_eq(trial->fault, MIG_FAULT_TIME);
    cr_expect_str_eq(trial->row, "rowid 4711 (id = \"k1\")");
    cr_expect_str_eq(trial->value, "the text \"n/a\"");
    cr_expect_eq(t->columns[1].trials[1].n_faults, 0);
}

Test(sqlite_survey, shows_no_secret)
{
    mig_survey_table *t;

    open_with("CREATE TABLE t(id TEXT PRIMARY KEY); INSERT INTO t VALUES ('hunter2')");
    t = add_table("t");
    t->columns[0].secret = true;
    try_wire(t, 0, MIG_WIRE_INT4);
    run_with(1);
    cr_expect_str_eq(t->columns[0].trials[0].value, "a text of 7 bytes");
    cr_expect_str_eq(t->columns[0].trials[0].row, "rowid 1 (id = (secret))");
}

Test(sqlite_survey, reads_tables_without_rowid)
{
    mig_survey_table *t;

    open_with("CREATE TABLE t(a TEXT, b INTEGER, v, PRIMARY KEY (b DESC, a)) WITHOUT ROWID;"
              "INSERT INTO t VALUES ('x', 1, 70000), ('y', 2, 80000), ('x', 3, 1)");
    t = add_table("t");
    try_wire(t, 2, MIG_WIRE_INT2);
    run_with(3);
    cr_expect_eq(t->n_rows, 3);
    cr_expect_eq(t->columns[2].trials[0].n_faults, 2);
    cr_expect_eq(t->columns[2].trials[0].fault, MIG_FAULT_RANGE);
    cr_expect_str_eq(t->columns[2].trials[0].row, "b = 2, a = \"y\"");
}

Test(sqlite_survey, looks_at_generated_columns_whatever_they_call)
{
    mig_survey_table *t;

    open_with("CREATE TABLE t(a, g AS (json_extract(a, '$.n')), s AS (a || 'x') STORED, z);"
              "INSERT INTO t(a, z) VALUES ('{\"n\":5}', 'end')");
    t = add_table("t");
    try_wire(t, 1, MIG_WIRE_UUID);
    run_with(1);
    cr_expect_eq(t->columns[1].n_values[MIG_VALUE_INTEGER], 1);
    cr_expect_eq(t->columns[1].trials[0].n_faults, 1);
    cr_expect_eq(t->columns[2].n_values[MIG_VALUE_TEXT], 1);
    cr_expect_eq(t->columns[3].n_values[MIG_VALUE_TEXT], 1);
    cr_expect_eq(t->columns[3].longest_text, 3);
}

Test(sqlite_survey, reads_databases_in_utf16)
{
    mig_survey_table *t;

    open_with("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a, n, j);"
              "INSERT INTO t VALUES ('Grüße 🚀', 'x', '{}'),"
              " (CAST(x'3dd8' AS TEXT), 'y', '[]'), ('ok', 'z', '[1]')");
    t = add_table("t");
    try_wire(t, 0, MIG_WIRE_TEXT);
    try_wire(t, 1, MIG_WIRE_TEXT);
    try_wire(t, 2, MIG_WIRE_JSONB);
    run_with(2);
    cr_expect_eq(t->columns[0].trials[0].n_faults, 1);
    cr_expect_eq(t->columns[0].trials[0].fault, MIG_FAULT_UTF16);
    cr_expect_str_eq(t->columns[0].trials[0].row, "rowid 2");
    cr_expect_eq(t->columns[0].longest_text, 12);
    cr_expect_eq(t->columns[1].trials[0].n_faults, 0);
    cr_expect_eq(t->columns[2].trials[0].n_faults, 0);
}

Test(sqlite_survey, looks_into_values_of_any_size)
{
    mig_survey_table *t;

    open_with("CREATE TABLE t(a); INSERT INTO t VALUES (replace(hex(zeroblob(4000000)), '0', 'é')),"
              " ('[' || substr(replace(hex(zeroblob(3000000)), '0', '0,'), 1, 5999999) || ']'),"
              " (CAST(zeroblob(2000000) AS TEXT))");
    t = add_table("t");
    try_wire(t, 0, MIG_WIRE_JSONB);
    try_wire(t, 0, MIG_WIRE_TEXT);
    run_with(2);
    cr_expect_eq(t->columns[0].longest_text, 16000000);
    cr_expect_eq(t->columns[0].trials[0].n_faults, 2);
    cr_expect_eq(t->columns[0].trials[1].n_faults, 1);
    cr_expect_eq(t->columns[0].trials[1].fault, MIG_FAULT_NUL);
    cr_expect_str_eq(t->columns[0].trials[1].row, "rowid 3");
}

Test(sqlite_survey, ends_when_the_source_is_interrupted)
{
    open_with("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
    add_table("t");
    source->ops->interrupt(source);
    cr_expect_eq(mig_survey_run(survey, source, 2, &err), MIG_E_STOPPED);
}

/* ---- segments ----------------------------------------------------------------------------- */

Test(sqlite_survey, comes_back_between_and_goes_on_where_it_was)
{
    mig_segment segment = {.table = 0};
    bool        more = true;
    unsigned    n_turns = 0;

    open_with("CREATE TABLE t(id INTEGER PRIMARY KEY, a);"
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
              "INSERT INTO t SELECT i * 1000, i FROM n");
    add_table("t");
    for (; more; n_turns++)
        cr_assert_eq(source->ops->survey(source, 0, survey->tables, &segment, &more, &err), MIG_OK);
    cr_expect_gt(n_turns, 1);
    cr_expect_eq(survey->tables[0].n_rows, 100000);
    cr_expect_eq(survey->tables[0].columns[1].least, 1);
    cr_expect_eq(survey->tables[0].columns[1].greatest, 100000);
}

Test(sqlite_survey, cuts_any_range_of_rowids)
{
    mig_segment lower = {.table = 7}, upper;
    bool        cut;

    open_with("CREATE TABLE t(id INTEGER PRIMARY KEY);"
              "INSERT INTO t VALUES (-9223372036854775808), (5), (9223372036854775807)");
    add_table("t");
    cr_assert_eq(
        source->ops->survey_cut(source, 0, survey->tables[0].table, &lower, &upper, &cut, &err),
        MIG_OK);
    cr_assert(cut);
    cr_expect_not(lower.has_lower);
    cr_expect_eq(lower.upper, -1);
    cr_expect_eq(upper.lower, 0);
    cr_expect_not(upper.has_upper);
    cr_expect_eq(upper.table, 7);
    cr_assert_eq(
        source->ops->survey_cut(source, 0, survey->tables[0].table, &lower, &upper, &cut, &err),
        MIG_OK);
    cr_expect_not(cut, "one row is not cut");
}

/* ---- any value, any type ------------------------------------------------------------------ */

static const struct {
    const char *data;
    size_t      len;
} texts[] = {
#define T(s)                                                                                       \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }
    T(""),
    T("a"),
    T("abc"),
    T("n/a"),
    T("Grüße"),
    T("日本語 🚀"),
    T("blank "),
    T("  "),
    T("é "),
    T("a\0b"),
    T("\0"),
    T("\xff"),
    T("ok\xc3"),
    T("0"),
    T("1"),
    T("-0"),
    T("-0.0"),
    T("42"),
    T("32768"),
    T("-2147483649"),
    T("9223372036854775808"),
    T("1.50"),
    T("0.1"),
    T("1e400"),
    T("123456789012345678901234567890.5"),
    T("NaN"),
    T("Infinity"),
    T("true"),
    T("No"),
    T("on"),
    T("{}"),
    T("[1, 2]"),
    T("{\"a\": 1, \"a\": 2}"),
    T("{\"a\": \"\\u0000\"}"),
    T("nul"),
    T("[\"\xff\"]"),
    T("\"x\""),
    T("null"),
    T("2024-02-29"),
    T("2023-02-29"),
    T("2024-05-06T07:08:09Z"),
    T("2024-05-06 07:08:09.123456789+02:00"),
    T("24:00:00"),
    T("07:08:09.5"),
    T("07:08:09+02"),
    T("infinity"),
    T("P1DT2H"),
    T("1 day 02:03:04.5"),
    T("0188a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
    T("0188a1b2c3d47e5f8a9b0c1d2e3f4a5b"),
    T("10.0.0.1"),
    T("10.0.0.1/8"),
    T("10.0.0.0/8"),
    T("fe80::1"),
    T("08:00:2b:01:02:03"),
    T("0101"),
    T("102"),
    T("deadbeef"),
    T("3q2+7w=="),
    T("<?xml version=\"1.0\"?><a/>"),
    T("<a/>"),
    T("$1.50"),
    T("-9223372036854775808"),
    T("1.0000000000000000001"),
#undef T
};

static const int64_t integers[] = {0,
                                   1,
                                   -1,
                                   2,
                                   7,
                                   32767,
                                   32768,
                                   -32768,
                                   -32769,
                                   INT32_MAX,
                                   INT64_C(2147483648),
                                   INT32_MIN,
                                   INT64_C(-2147483649),
                                   INT64_C(1) << 24,
                                   (INT64_C(1) << 24) + 1,
                                   -(INT64_C(1) << 24) - 1,
                                   INT64_C(1) << 53,
                                   (INT64_C(1) << 53) + 1,
                                   -(INT64_C(1) << 53) - 1,
                                   INT64_MAX,
                                   INT64_MIN,
                                   INT64_C(-62135596800),
                                   INT64_C(-62135596801),
                                   INT64_C(253402300799),
                                   INT64_C(253402300800),
                                   INT64_C(-62135596800000),
                                   INT64_C(-62135596800001),
                                   INT64_C(253402300799000),
                                   INT64_C(253402300799999),
                                   INT64_C(253402300800000),
                                   INT64_C(253402300799999999),
                                   INT64_C(1700000000),
                                   INT64_C(1700000000123),
                                   INT64_C(1700000000123456),
                                   86400,
                                   2451545,
                                   999,
                                   1000,
                                   -1000,
                                   99999,
                                   100000,
                                   INT64_C(999999999999999999),
                                   INT64_C(1000000000000000000)};

static const double reals[] = {
    0.0,      -0.0,      1.0,   -1.0,       0.5,    0.1,        1.5,    1e15,         1e300, 5e-324,
    INFINITY, -INFINITY, 2.5e9, 16777217.0, 123.45, 2451545.25, 9.3e18, 1700000000.5, 1e-7};

#define N_OF(a) (sizeof(a) / sizeof(a)[0])

/* One row's values; texts and blobs stand in `memory`. */
typedef struct cell {
    mig_value value;
    char      memory[64];
} cell;

static void
make_cell(case_random *random, unsigned class, cell *c)
{
    mig_value *v = &c->value;
    unsigned   i;

    *v = (mig_value){.class = (mig_value_class) class};
    switch (v->class) {
    case MIG_VALUE_NULL:
        break;
    case MIG_VALUE_INTEGER:
        i = case_random_below(random, N_OF(integers) + 2);
        v->integer = i < N_OF(integers)
                         ? integers[i]
                         : (int64_t)case_random_next(random) >> case_random_below(random, 64);
        break;
    case MIG_VALUE_REAL:
        v->real = reals[case_random_below(random, N_OF(reals))];
        break;
    case MIG_VALUE_TEXT:
        i = case_random_below(random, N_OF(texts));
        v->len = texts[i].len;
        memcpy(c->memory, texts[i].data, texts[i].len);
        break;
    case MIG_VALUE_BLOB:
        v->len = case_random_below(random, 3) == 0 ? 16 : case_random_below(random, 20);
        for (size_t b = 0; b < v->len; b++)
            c->memory[b] =
                (char)(case_random_below(random, 2) == 0 ? 'a' : case_random_next(random));
        break;
    }
    v->data = c->memory;
}

static void
add_cell(mig_buf *sql, const mig_value *v)
{
    switch (v->class) {
    case MIG_VALUE_NULL:
        mig_buf_puts(sql, "NULL");
        return;
    case MIG_VALUE_INTEGER:
        mig_buf_printf(sql, "%" PRId64, v->integer);
        return;
    case MIG_VALUE_REAL:
        if (isinf(v->real))
            mig_buf_puts(sql, v->real > 0 ? "9e999" : "-9e999");
        else
            mig_buf_printf(sql, "%.17e", v->real);
        return;
    case MIG_VALUE_TEXT:
    case MIG_VALUE_BLOB:
        break;
    }
    mig_buf_puts(sql, v->class == MIG_VALUE_TEXT ? "CAST(x'" : "x'");
    for (size_t i = 0; i < v->len; i++)
        mig_buf_printf(sql, "%02x", (unsigned char)v->data[i]);
    mig_buf_puts(sql, v->class == MIG_VALUE_TEXT ? "' AS TEXT)" : "'");
}

static mig_encoder
make_encoder(case_random *random)
{
    static const int32_t lengths[] = {-1, -1, 0, 1, 2, 3, 5, 8, 16, 19, 20, 25, 32, 36};
    static const int32_t precisions[] = {-1, -1, 1, 3, 5, 18, 19, 20, 30};
    mig_encoder          e = {.limits = MIG_LIMITS_NONE, .money_digits = 2};

    e.wire = (mig_wire_type)(1 + case_random_below(random, MIG_WIRE_DYNAMIC));
    e.limits.length = lengths[case_random_below(random, N_OF(lengths))];
    e.limits.precision = precisions[case_random_below(random, N_OF(precisions))];
    e.limits.scale = (int32_t)case_random_below(random, 9) - 2;
    /* bit(0) is no type. */
    if ((e.wire == MIG_WIRE_BIT || e.wire == MIG_WIRE_VARBIT) && e.limits.length == 0)
        e.limits.length = 1;
    if (e.wire != MIG_WIRE_NUMERIC && e.limits.scale < 0)
        e.limits.scale = -1;
    e.unit = (mig_unit)case_random_below(random, 6);
    e.not_null = case_random_below(random, 3) == 0;
    e.array = e.wire == MIG_WIRE_LITERAL && case_random_below(random, 2) == 0;
    if (case_random_below(random, 2) == 0)
        e.rules = (unsigned)(case_random_next(random) & case_random_next(random) &
                             (MIG_RULE_NULL * 2 - 1));
    return e;
}

#define N_COLUMNS 4
#define N_ROWS    2600
#define N_TRIALS  7

static cell    rows[N_ROWS][N_COLUMNS];
static int64_t rowids[N_ROWS];

/* Mostly of one class, so that a trial's faults may be many, few or none. */
static void
make_rows(case_random *random, mig_buf *sql)
{
    int64_t rowid = -(int64_t)case_random_below(random, 5000);

    mig_buf_puts(sql, "DROP TABLE IF EXISTS t; CREATE TABLE t(a, b, c, d); BEGIN;");
    for (size_t r = 0; r < N_ROWS; r++) {
        rowids[r] = rowid +=
            1 +
            (case_random_below(random, 50) == 0 ? (int64_t)(case_random_next(random) >> 20) : 0);
        mig_buf_printf(sql, "INSERT INTO t(rowid, a, b, c, d) VALUES (%" PRId64, rowids[r]);
        for (size_t c = 0; c < N_COLUMNS; c++) {
            unsigned class =
                case_random_below(random, 40) == 0 ? case_random_below(random, 5) : 1 + (unsigned)c;

            make_cell(random, class, &rows[r][c]);
            mig_buf_puts(sql, ", ");
            add_cell(sql, &rows[r][c].value);
        }
        mig_buf_puts(sql, ");");
    }
    mig_buf_puts(sql, "COMMIT");
}

/* What comes of encoding every value. */
static void
encode_all(const mig_encoder *base, size_t column, mig_trial *out, size_t *firstp)
{
    static unsigned char memory[256 * 1024];
    mig_json_scratch     json = MIG_JSON_SCRATCH_INIT;
    mig_buf              text = MIG_BUF_INIT;
    mig_encoder          e = *base;

    e.json = &json;
    e.text = &text;
    *out = (mig_trial){0};
    *firstp = N_ROWS;
    for (size_t r = 0; r < N_ROWS; r++) {
        mig_rows       to = {.data = memory, .cap = sizeof memory};
        mig_fault      fault = {0};
        size_t         spare = mig_encode_need(&e, &rows[r][column].value);
        mig_fault_kind kind = mig_encode(&e, &rows[r][column].value, &to, &spare, &fault);

        if (kind != MIG_FAULT_NONE && out->n_faults++ == 0) {
            out->fault = kind;
            *firstp = r;
        }
        for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
            out->n_losses[i] += to.n_losses[i];
    }
    if (out->n_faults >= MIG_SURVEY_FAULTS_MAX) {
        out->n_faults = MIG_SURVEY_FAULTS_MAX;
        memset(out->n_losses, 0, sizeof out->n_losses);
    }
    mig_json_scratch_fini(&json);
    mig_buf_fini(&text);
}

static void
check_trial(const mig_trial *trial, size_t column, const char *how)
{
    mig_trial expected;
    size_t    first;
    mig_buf   value = MIG_BUF_INIT, row = MIG_BUF_INIT;

    encode_all(&trial->encoder, column, &expected, &first);
    cr_assert_eq(trial->n_faults, expected.n_faults,
                 "%s: %s, rules %x: %" PRIu64 " faults, not %" PRIu64, how,
                 mig_wire_name(trial->encoder.wire), trial->encoder.rules, trial->n_faults,
                 expected.n_faults);
    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        cr_assert_eq(trial->n_losses[i], expected.n_losses[i], "%s: %s, rules %x: %s: %u, not %u",
                     how, mig_wire_name(trial->encoder.wire), trial->encoder.rules,
                     mig_loss_words((mig_loss)i), trial->n_losses[i], expected.n_losses[i]);
    if (first == N_ROWS)
        return;
    mig_value_describe(&rows[first][column].value, false, &value);
    mig_buf_printf(&row, "rowid %" PRId64, rowids[first]);
    cr_assert_eq(trial->fault, expected.fault);
    cr_assert_str_eq(trial->row, mig_buf_text(&row), "%s", how);
    cr_assert_str_eq(trial->value, mig_buf_text(&value), "%s", how);
    mig_buf_fini(&value);
    mig_buf_fini(&row);
}

static void
check_all(const mig_survey *found, const char *how)
{
    cr_assert_eq(found->tables[0].n_rows, N_ROWS);
    for (size_t c = 0; c < N_COLUMNS; c++)
        for (size_t i = 0; i < N_TRIALS; i++)
            check_trial(&found->tables[0].columns[c].trials[i], c, how);
}

/* Pieces of all sizes, in any order, to any reader. */
static void
read_in_pieces(case_random *random)
{
    mig_survey *copies[3];
    mig_segment pieces[40] = {{.table = 0}};
    size_t      n = 1;

    for (size_t i = 0; i < 3; i++)
        copies[i] = mig__survey_copy(survey);
    while (n < N_OF(pieces)) {
        bool cut;

        cr_assert_eq(source->ops->survey_cut(source, 0, survey->tables[0].table,
                                             &pieces[case_random_below(random, (unsigned)n)],
                                             &pieces[n], &cut, &err),
                     MIG_OK);
        n += cut;
    }
    while (n > 0) {
        unsigned    i = case_random_below(random, (unsigned)n);
        mig_segment piece = pieces[i];
        bool        more = true;

        pieces[i] = pieces[--n];
        while (more)
            cr_assert_eq(source->ops->survey(source, 0,
                                             copies[case_random_below(random, 3)]->tables, &piece,
                                             &more, &err),
                         MIG_OK);
    }
    for (size_t i = 0; i < 3; i++) {
        mig__survey_merge(survey, copies[i]);
        mig_survey_free(copies[i]);
    }
    cr_assert_eq(mig__survey_settle(survey, source, &err), MIG_OK);
}

Test(sqlite_survey, says_what_the_encoder_says_of_every_value)
{
    case_random random = {20261125};

    for (unsigned round = 0; round < 12; round++) {
        static const unsigned readers[] = {0, 1, 2, 5, MAX_READERS};
        mig_buf               sql = MIG_BUF_INIT;
        mig_survey           *made;

        make_rows(&random, &sql);
        open_with(mig_buf_text(&sql));
        made = mig_survey_new(1);
        mig_survey_add(made, mig_catalog_find(catalog, "t"));
        for (size_t c = 0; c < N_COLUMNS; c++)
            for (size_t i = 0; i < N_TRIALS; i++) {
                mig_encoder e = make_encoder(&random);

                mig_survey_add_trial(&made->tables[0].columns[c], &e);
            }
        for (size_t i = 0; i < N_OF(readers); i++) {
            survey = mig__survey_copy(made);
            run_with(readers[i]);
            check_all(survey, "run");
            mig_survey_free(survey);
        }
        survey = mig__survey_copy(made);
        read_in_pieces(&random);
        check_all(survey, "in pieces");
        mig_survey_free(made);
        close_all();
        mig_buf_fini(&sql);
    }
}

/* A stricter form in front of a laxer one, which is then not asked unless it may do otherwise. */
Test(sqlite_survey, says_so_of_ladders_too)
{
    static const mig_wire_type ladders[N_COLUMNS][3] = {
        {MIG_WIRE_BOOL, MIG_WIRE_INT4, MIG_WIRE_NUMERIC},
        {MIG_WIRE_INT8, MIG_WIRE_FLOAT8, MIG_WIRE_NUMERIC},
        {MIG_WIRE_JSONB, MIG_WIRE_JSON, MIG_WIRE_TEXT},
        {MIG_WIRE_UUID, MIG_WIRE_BYTEA, MIG_WIRE_TEXT}};
    static const unsigned rules[][3] = {
        {0, 0, 0},
        {MIG_RULE_NULL, 0, 0},
        {MIG_RULE_STRIP_NUL | MIG_RULE_LATIN1, 0, 0},
        {0, MIG_RULE_STRIP_NUL | MIG_RULE_REPLACE, MIG_RULE_UTF8 | MIG_RULE_NUMBER}};
    case_random random = {7};
    mig_buf     sql = MIG_BUF_INIT;

    make_rows(&random, &sql);
    open_with(mig_buf_text(&sql));
    for (size_t n = 0; n < N_OF(rules); n++) {
        mig_survey_free(survey);
        add_table("t");
        for (size_t c = 0; c < N_COLUMNS; c++)
            for (size_t i = 0; i < 3; i++)
                try_wire(survey->tables, c, ladders[c][i])->encoder.rules = rules[n][i];
        run_with(3);
        for (size_t c = 0; c < N_COLUMNS; c++)
            for (size_t i = 0; i < 3; i++)
                check_trial(&survey->tables[0].columns[c].trials[i], c, "ladder");
    }
    mig_buf_fini(&sql);
}
