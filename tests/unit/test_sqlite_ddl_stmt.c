/*
 * test_sqlite_ddl_stmt.c - statements that nobody wrote: made up, cut off, spoilt.
 *
 * Whatever SQLite takes must be read, and as SQLite reads it; of all others it
 * is said what was not understood, or they are read as something.
 */
#include "mig/sqlite_ddl.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/sqlite_compare.h"
#include "mig/buf.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static mig_schema *schema;
static sqlite3    *db;

static void
init(void)
{
    schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
    cr_assert_not_null(schema);
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
}

static void
fini(void)
{
    mig_schema_free(schema);
    sqlite3_close(db);
}

TestSuite(sqlite_ddl_stmt, .init = init, .fini = fini);

/* ---- made-up statements ------------------------------------------------------------------- */

/* Pieces of which SQLite takes many a sequence, and refuses more. */
static const char *const pieces[] = {
    "a",
    "b",
    "c",
    "\"b\"",
    "'a'",
    "[c]",
    ",",
    ",",
    ",",
    "INTEGER",
    "integer",
    "TEXT",
    "varchar(3)",
    "\"INTEGER\"",
    "DOUBLE",
    "PRIMARY KEY",
    "PRIMARY KEY (a)",
    "PRIMARY KEY (a, b DESC)",
    "PRIMARY KEY (a DESC)",
    "UNIQUE",
    "UNIQUE (b)",
    "UNIQUE (b, a COLLATE nocase)",
    "NOT NULL",
    "NULL",
    "NOT",
    "CHECK (a)",
    "CHECK ((b) > ('('))",
    "DEFAULT",
    "DEFAULT 1",
    "DEFAULT - 1",
    "DEFAULT x",
    "DEFAULT (1 + (2))",
    "DEFAULT 'x'",
    "DEFAULT +",
    "NULL",
    "COLLATE nocase",
    "COLLATE",
    "REFERENCES p",
    "REFERENCES p(x)",
    "FOREIGN KEY (a) REFERENCES p",
    "FOREIGN KEY (b, a) REFERENCES p(x, y)",
    "ON DELETE CASCADE",
    "ON UPDATE SET NULL",
    "ON CONFLICT IGNORE",
    "ON INSERT NO ACTION",
    "MATCH full",
    "DEFERRABLE",
    "NOT DEFERRABLE",
    "INITIALLY DEFERRED",
    "CONSTRAINT",
    "CONSTRAINT n",
    "AS (1)",
    "GENERATED ALWAYS AS (b)",
    "GENERATED",
    "ALWAYS",
    "STORED",
    "VIRTUAL",
    "ASC",
    "DESC",
    "AUTOINCREMENT",
    "/* , */",
    "-- )\n",
    ")",
    "WITHOUT ROWID",
    "STRICT",
    "(",
    "key",
};

static size_t
random_below(unsigned *state, size_t n)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 8) % n;
}

/* Whatever SQLite takes must be read, and as SQLite reads it. */
Test(sqlite_ddl_stmt, what_sqlite_takes_is_read_alike)
{
    unsigned state = 3, n_taken = 0;
    mig_buf  sql = MIG_BUF_INIT;

    for (int round = 0; round < 60000; round++) {
        size_t n = 1 + random_below(&state, 7);

        mig_buf_clear(&sql);
        mig_buf_puts(&sql, "CREATE TABLE t(a ");
        for (size_t i = 0; i < n; i++)
            mig_buf_printf(&sql, "%s ", pieces[random_below(&state, N_OF(pieces))]);
        mig_buf_puts(&sql, random_below(&state, 4) == 0 ? ") WITHOUT ROWID" : ")");
        if (sqlite3_exec(db, mig_buf_text(&sql), NULL, NULL, NULL) != SQLITE_OK)
            continue;
        n_taken++;
        sqlite_compare(db, schema);
        mig_schema_free(schema);
        schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
        cr_assert_not_null(schema);
        cr_assert_eq(sqlite3_exec(db, "DROP TABLE t", NULL, NULL, NULL), SQLITE_OK);
    }
    cr_expect_gt(n_taken, 1000);
    mig_buf_fini(&sql);
}

/* The same for the parts of an index.  No column has a collation, so every one is told by the
 * statement. */
Test(sqlite_ddl_stmt, what_sqlite_takes_as_an_index_is_read_alike)
{
    static const char *const parts[] = {
        "a",
        "B",
        "\"c d\"",
        "'a'",
        "[b]",
        "(a)",
        "((b))",
        "lower(a)",
        "(a, b)",
        "1",
        "+",
        "||",
        "-",
        ",",
        ",",
        ",",
        "ASC",
        "DESC",
        "desc",
        "(",
        ")",
        "abs",
        "(b)",
        "COLLATE nocase",
        "COLLATE",
        "rtrim",
        "'rtrim'",
        "CASE",
        "WHEN a THEN b END",
        "/* , */",
        "-- )\n",
        "NULLS FIRST",
    };
    unsigned state = 5, n_taken = 0;
    mig_buf  sql = MIG_BUF_INIT;

    cr_assert_eq(sqlite3_exec(db, "CREATE TABLE t(a, b, \"c d\", \"desc\")", NULL, NULL, NULL),
                 SQLITE_OK);
    for (int round = 0; round < 60000; round++) {
        size_t           n = 1 + random_below(&state, 7);
        const mig_index *index;

        mig_buf_clear(&sql);
        mig_buf_puts(&sql, "CREATE INDEX i ON t(");
        for (size_t i = 0; i < n; i++)
            mig_buf_printf(&sql, "%s ", parts[random_below(&state, N_OF(parts))]);
        mig_buf_puts(&sql, ")");
        if (sqlite3_exec(db, mig_buf_text(&sql), NULL, NULL, NULL) != SQLITE_OK)
            continue;
        n_taken++;
        sqlite_compare(db, schema);
        index = &schema->indexes[0];
        for (size_t i = 0; i < index->n_parts; i++) {
            char count[200];

            snprintf(count, sizeof count,
                     "SELECT 1 FROM pragma_index_xinfo(?1) WHERE seqno = %zu AND coll = 'BINARY'",
                     i);
            cr_expect_eq(index->parts[i].collation == NULL, sqlite_holds(db, count, "i"), "%s",
                         mig_buf_text(&sql));
        }
        mig_schema_free(schema);
        schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
        cr_assert_not_null(schema);
        cr_assert_eq(sqlite3_exec(db, "DROP INDEX i", NULL, NULL, NULL), SQLITE_OK);
    }
    cr_expect_gt(n_taken, 1000);
    mig_buf_fini(&sql);
}

/* ---- what is no such statement ------------------------------------------------------------ */

static mig_status
read_one(const char *sql, mig_error *err)
{
    if (strstr(sql, "INDEX") != NULL)
        return mig_sqlite_ddl_index(schema, "x", sql, err);
    if (strstr(sql, "VIEW") != NULL)
        return mig_sqlite_ddl_view(schema, "x", sql, err);
    return mig_sqlite_ddl_table(schema, "x", sql, err);
}

Test(sqlite_ddl_stmt, says_what_was_not_understood_and_where)
{
    mig_error err = MIG_ERROR_INIT;

    cr_assert_eq(mig_sqlite_ddl_table(schema, "t", "CREATE TABLE t(a, b CHECK b)", &err),
                 MIG_E_SCHEMA);
    cr_expect_str_eq(err.message, "the statement that makes table t was not understood");
    cr_expect_str_eq(err.detail, "expected ( at byte 27: b)");
    mig_error_fini(&err);
    cr_assert_eq(mig_sqlite_ddl_table(schema, "u", "CREATE TABLE u(a", &err), MIG_E_SCHEMA);
    cr_expect_str_eq(err.detail, "expected a constraint or the end of the column where it ends");
    mig_error_fini(&err);
}

Test(sqlite_ddl_stmt, refuses_what_it_does_not_understand)
{
    static const char *const wrong[] = {
        "",
        "CREATE TABLE",
        "CREATE TABLE t",
        "CREATE TABLE t()",
        "CREATE TABLE t(a,)",
        "CREATE TABLE t(a,,b)",
        "CREATE TABLE t(a b",
        "CREATE TABLE t(a) WITHOUT",
        "CREATE TABLE t(a) FAST",
        "CREATE TABLE t(a) x(b)",
        "CREATE TABLE t(a DEFAULT)",
        "CREATE TABLE t(a DEFAULT - foo)",
        "CREATE TABLE t(a DEFAULT 'a' 'b')",
        "CREATE TABLE t(a DEFAULT 1a)",
        "CREATE TABLE t(a CHECK (a)",
        "CREATE TABLE t(a CHECK (a)))",
        "CREATE TABLE t(a, CHECK (a), b)",
        "CREATE TABLE t(a, FOREIGN KEY (b) REFERENCES t)",
        "CREATE TABLE t(a REFERENCES t(b, c))",
        "CREATE TABLE t(a REFERENCES t ON DELETE NOTHING)",
        "CREATE TABLE t(a NOT)",
        "CREATE TABLE t(a 'open)",
        "CREATE TABLE t(a, PRIMARY KEY ())",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE INDEX i ON nowhere(a)",
        "CREATE INDEX i ON there",
        "CREATE INDEX i ON there(a",
        "CREATE INDEX i ON there()",
        "CREATE INDEX i ON there(a,)",
        "CREATE INDEX i ON there(a) WHERE",
        "CREATE INDEX i ON there(a) a",
        "CREATE VIEW v",
        "CREATE VIEW v AS",
        "CREATE VIEW v(a AS SELECT 1",
    };
    mig_error err = MIG_ERROR_INIT;

    cr_assert_eq(mig_sqlite_ddl_table(schema, "there", "CREATE TABLE there(a)", &err), MIG_OK);
    for (size_t i = 0; i < N_OF(wrong); i++) {
        cr_expect_eq(read_one(wrong[i], &err), MIG_E_SCHEMA, "%s", wrong[i]);
        cr_expect_not_null(err.detail, "%s", wrong[i]);
        mig_error_fini(&err);
    }
}

/* From memory that ends where the statement ends, so that reading on is seen by the sanitizer. */
static void
read_copy(const char *sql, size_t len)
{
    mig_error err = MIG_ERROR_INIT;
    char     *copy = malloc(len + 1);

    cr_assert_not_null(copy);
    memcpy(copy, sql, len);
    copy[len] = '\0';
    if (read_one(copy, &err) != MIG_OK)
        cr_expect_eq(err.status, MIG_E_SCHEMA, "%s", copy);
    mig_error_fini(&err);
    free(copy);
}

static const char *const whole[] = {
    "CREATE TABLE IF NOT EXISTS \"m\".t(a INTEGER PRIMARY KEY ASC ON CONFLICT FAIL AUTOINCREMENT, "
    "[b c] DECIMAL(10, -2) CONSTRAINT x NOT NULL DEFAULT -1.5 COLLATE nocase CHECK ((a > \"b\")), "
    "c GENERATED ALWAYS AS (a || 'x') STORED REFERENCES p(q) ON DELETE SET NULL MATCH full NOT "
    "DEFERRABLE INITIALLY DEFERRED, UNIQUE (a COLLATE \"y\" DESC, `b c`) FOREIGN KEY (a, c) "
    "REFERENCES t ON UPDATE CASCADE, CHECK (a IN (1, x'00'))) -- end\n WITHOUT ROWID, STRICT;",
    "CREATE UNIQUE INDEX /* i */ i ON there((a || \"b\") COLLATE nocase COLLATE rtrim DESC NULLS "
    "LAST, lower(a), a ASC) WHERE (a <> \"x\" AND (a))",
    "CREATE VIEW v(a, \"b\") AS SELECT ((1)), [x] FROM t WHERE a = 'it''s' /* c */",
};

Test(sqlite_ddl_stmt, a_statement_may_be_cut_off_anywhere)
{
    mig_error err = MIG_ERROR_INIT;

    cr_assert_eq(mig_sqlite_ddl_table(schema, "there", "CREATE TABLE there(a)", &err), MIG_OK);
    for (size_t i = 0; i < N_OF(whole); i++) {
        cr_expect_eq(read_one(whole[i], &err), MIG_OK, "%s: %s", whole[i], err.detail);
        for (size_t len = 0; len < strlen(whole[i]); len++)
            read_copy(whole[i], len);
    }
}

/* Bytes are changed, left out and put in; what comes out of it is no statement, mostly. */
Test(sqlite_ddl_stmt, a_statement_may_be_spoilt_in_any_way)
{
    static const char signs[] = "()'\"`[],;.-/*+ \nxaN0$\xff";
    mig_error         err = MIG_ERROR_INIT;
    unsigned          state = 7;

    cr_assert_eq(mig_sqlite_ddl_table(schema, "there", "CREATE TABLE there(a)", &err), MIG_OK);
    for (int round = 0; round < 20000; round++) {
        char   text[1024];
        size_t len = strlen(whole[round % (int)N_OF(whole)]);

        memcpy(text, whole[round % (int)N_OF(whole)], len);
        for (int change = 0; change < 1 + round % 4; change++) {
            size_t at;

            state = state * 1103515245u + 12345u;
            at = (state >> 8) % len;
            state = state * 1103515245u + 12345u;
            if (state >> 30 == 0)
                memmove(text + at, text + at + 1, --len - at);
            else if (state >> 30 == 1)
                memmove(text + at + 1, text + at, len++ - at);
            else
                text[at] = signs[(state >> 12) % (sizeof signs - 1)];
        }
        read_copy(text, len);
        if (round % 1000 == 999) {
            mig_schema_free(schema);
            schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
            cr_assert_eq(mig_sqlite_ddl_table(schema, "there", "CREATE TABLE there(a)", &err),
                         MIG_OK);
        }
    }
}
