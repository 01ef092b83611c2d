/*
 * test_sqlite_ddl.c - what is understood of SQLite's CREATE statements.
 *
 * Every statement is run by SQLite as well, and what its PRAGMAs say of columns,
 * keys and indexes must be what was read; what they do not say stands in the
 * expectation.
 */
#include "mig/sqlite_ddl.h"

#include <criterion/criterion.h>

#include "../support/sqlite_compare.h"
#include "../support/sqlite_dump.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static mig_schema *schema;
static sqlite3    *db;
static mig_buf     dump = MIG_BUF_INIT;

static void
init(void)
{
    schema = mig_schema_new(MIG_DIALECT_SQLITE, "main");
    cr_assert_not_null(schema);
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    mig_buf_clear(&dump);
}

static void
fini(void)
{
    mig_schema_free(schema);
    sqlite3_close(db);
    mig_buf_fini(&dump);
}

TestSuite(sqlite_ddl, .init = init, .fini = fini);

typedef struct statement {
    const char *sql, *expected;
} statement;

static void
check(const statement *statements, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *message = NULL;

        cr_assert_eq(sqlite3_exec(db, statements[i].sql, NULL, NULL, &message), SQLITE_OK, "%s: %s",
                     statements[i].sql, message);
        sqlite_compare(db, schema);
        cr_assert(mig_sqlite_ddl_finish(schema));
        dump_schema(schema, &dump);
        cr_expect_str_eq(mig_buf_text(&dump), statements[i].expected, "%s\n%s\nexpected:\n%s",
                         statements[i].sql, mig_buf_text(&dump), statements[i].expected);
        fini();
        init();
    }
}

Test(sqlite_ddl, has_columns_with_types_of_several_words)
{
    static const statement statements[] = {
        {"CREATE TABLE t(a, b INTEGER, c varchar(36), d DOUBLE  PRECISION, e DECIMAL ( "
         "10 , -2 ), f unsigned big int)",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"INTEGER\"\n"
         "  column c \"varchar(36)\"\n"
         "  column d \"DOUBLE  PRECISION\"\n"
         "  column e \"DECIMAL ( 10 , -2 )\"\n"
         "  column f \"unsigned big int\"\n"},
        {"CREATE TABLE t(\"a b\" \"odd type\" more, 'c' 'TEXT x', [d e] [int], `f``g` real, "
         "\"h\"\"i\" any/* c */thing -- d\n here)",
         "table t\n"
         "  column a b \"odd type\"\n"
         "  column c \"TEXT x\"\n"
         "  column d e \"int\"\n"
         "  column f`g \"real\"\n"
         "  column h\"i \"any/* c */thing -- d\n"
         " here\"\n"},
        {"CREATE TEMP TABLE IF NOT EXISTS u(a); CREATE TABLE IF NOT EXISTS main.\"t u\"(a)",
         "table t u\n"
         "  column a \"\"\n"},
        {"CREATE TABLE temp(if, key, match, replace, action TEXT, desc key, "
         "current_date)",
         "table temp\n"
         "  column if \"\"\n"
         "  column key \"\"\n"
         "  column match \"\"\n"
         "  column replace \"\"\n"
         "  column action \"TEXT\"\n"
         "  column desc \"key\"\n"
         "  column current_date \"\"\n"},
        {"CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\", 2.5 AS d, x'00' AS e",
         "table t\n"
         "  column a \"\"\n"
         "  column b c \"\"\n"
         "  column d \"\"\n"
         "  column e \"\"\n"},
        {"CREATE TABLE t(a INT NOT NULL); ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x'; "
         "ALTER TABLE t RENAME TO \"new t\"",
         "table new t\n"
         "  column a \"INT\" not null\n"
         "  column b \"TEXT\" default 'x'\n"},
        {"CREATE TABLE t(a INTEGER GENERATED, b generated always, c varchar GENERATED "
         "ALWAYS, d generated always (1), e \"generated always\")",
         "table t\n"
         "  column a \"INTEGER GENERATED\"\n"
         "  column b \"\"\n"
         "  column c \"varchar\"\n"
         "  column d \"generated always (1)\"\n"
         "  column e \"generated always\"\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, has_constraints_of_columns_in_any_order)
{
    static const statement statements[] = {
        {"CREATE TABLE t(a INT UNIQUE NOT NULL DEFAULT 3 CHECK (a > 0) COLLATE nocase, "
         "b TEXT COLLATE \"NOCASE\" COLLATE 'rtrim' CHECK(b <> '') NOT NULL UNIQUE)",
         "table t\n"
         "  column a \"INT\" not null default 3 collate nocase\n"
         "  column b \"TEXT\" not null collate rtrim\n"
         "  unique (a)\n"
         "  check that a > 0\n"
         "  check that b <> ''\n"
         "  unique (b)\n"},
        {"CREATE TABLE t(a INT CONSTRAINT one NOT NULL ON CONFLICT IGNORE CONSTRAINT "
         "two PRIMARY KEY ON CONFLICT REPLACE, b CONSTRAINT three UNIQUE ON CONFLICT "
         "FAIL, c NOT NULL ON CONFLICT ABORT)",
         "table t\n"
         "  column a \"INT\" not null on conflict IGNORE\n"
         "  column b \"\"\n"
         "  column c \"\" not null\n"
         "  primary named two (a) on conflict REPLACE\n"
         "  unique named three (b) on conflict FAIL\n"},
        {"CREATE TABLE t(a NOT NULL NULL, b NULL NOT NULL, c NULL ON CONFLICT FAIL)",
         "table t\n"
         "  column a \"\" not null\n"
         "  column b \"\" not null\n"
         "  column c \"\"\n"},
        {"CREATE TABLE t(a CONSTRAINT x CONSTRAINT y CHECK (a) CHECK (a > 1) CONSTRAINT "
         "z, b CONSTRAINT last)",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "  check named y that a\n"
         "  check that a > 1\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, knows_which_key_is_the_rowid)
{
    static const statement statements[] = {
        {"CREATE TABLE t(id INTEGER PRIMARY KEY)", "table t\n"
                                                   "  column id \"INTEGER\" rowid\n"
                                                   "  primary (id)\n"},
        {"CREATE TABLE t(id integer primary key asc on conflict replace autoincrement)",
         "table t\n"
         "  column id \"integer\" autoincrement\n"
         "  primary (id) on conflict REPLACE\n"},
        {"CREATE TABLE t(id INTEGER PRIMARY KEY DESC)", "table t\n"
                                                        "  column id \"INTEGER\"\n"
                                                        "  primary (id desc)\n"},
        {"CREATE TABLE t(id INTEGER, PRIMARY KEY(id DESC))", "table t\n"
                                                             "  column id \"INTEGER\" rowid\n"
                                                             "  primary (id desc)\n"},
        {"CREATE TABLE t(ID \"integer\", PRIMARY KEY('id' COLLATE nocase AUTOINCREMENT))",
         "table t\n"
         "  column ID \"integer\" autoincrement\n"
         "  primary (ID collate nocase)\n"},
        {"CREATE TABLE t(id INT PRIMARY KEY, v)", "table t\n"
                                                  "  column id \"INT\"\n"
                                                  "  column v \"\"\n"
                                                  "  primary (id)\n"},
        {"CREATE TABLE t(id INTEGER(8) PRIMARY KEY)", "table t\n"
                                                      "  column id \"INTEGER(8)\"\n"
                                                      "  primary (id)\n"},
        {"CREATE TABLE t(id INTEGER PRIMARY KEY) WITHOUT ROWID",
         "table t without rowid\n"
         "  column id \"INTEGER\" not null\n"
         "  primary (id)\n"},
        {"CREATE TABLE t(id INTEGER, v, PRIMARY KEY (id, v))", "table t\n"
                                                               "  column id \"INTEGER\"\n"
                                                               "  column v \"\"\n"
                                                               "  primary (id, v)\n"},
        {"CREATE TABLE t(id INTEGER, v, PRIMARY KEY (id, id))", "table t\n"
                                                                "  column id \"INTEGER\"\n"
                                                                "  column v \"\"\n"
                                                                "  primary (id)\n"},
        {"CREATE TABLE t(id INTEGER, v TEXT, PRIMARY KEY (v, id, v)) STRICT, WITHOUT "
         "ROWID",
         "table t without rowid strict\n"
         "  column id \"INTEGER\" not null\n"
         "  column v \"TEXT\" not null\n"
         "  primary (v, id)\n"},
        {"CREATE TABLE t(id INT, v TEXT, PRIMARY KEY (v, id)) STRICT",
         "table t strict\n"
         "  column id \"INT\" not null\n"
         "  column v \"TEXT\" not null\n"
         "  primary (v, id)\n"},
        {"CREATE TABLE t(id INTEGER, v TEXT) strict", "table t strict\n"
                                                      "  column id \"INTEGER\"\n"
                                                      "  column v \"TEXT\"\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, writes_defaults_as_what_they_are)
{
    static const statement statements[] = {
        {"CREATE TABLE t(a DEFAULT 1, b DEFAULT - 5, c DEFAULT + /* x */ 1.5e3, d "
         "DEFAULT 'it''s', e DEFAULT x'00ff', f DEFAULT -0x10, g DEFAULT + 'x')",
         "table t\n"
         "  column a \"\" default 1\n"
         "  column b \"\" default -5\n"
         "  column c \"\" default 1.5e3\n"
         "  column d \"\" default 'it''s'\n"
         "  column e \"\" default x'00ff'\n"
         "  column f \"\" default -0x10\n"
         "  column g \"\" default 'x'\n"},
        {"CREATE TABLE t(a DEFAULT foo, b DEFAULT \"it's\", c DEFAULT [b r], d DEFAULT "
         "`q`, e DEFAULT key, f DEFAULT \"true\")",
         "table t\n"
         "  column a \"\" default 'foo'\n"
         "  column b \"\" default 'it''s'\n"
         "  column c \"\" default 'b r'\n"
         "  column d \"\" default 'q'\n"
         "  column e \"\" default 'key'\n"
         "  column f \"\" default 'true'\n"},
        {"CREATE TABLE t(a DEFAULT true, b DEFAULT False, c DEFAULT NULL, d DEFAULT "
         "current_timestamp, e DEFAULT CURRENT_DATE, f DEFAULT Current_Time)",
         "table t\n"
         "  column a \"\" default TRUE\n"
         "  column b \"\" default FALSE\n"
         "  column c \"\" default NULL\n"
         "  column d \"\" default CURRENT_TIMESTAMP\n"
         "  column e \"\" default CURRENT_DATE\n"
         "  column f \"\" default CURRENT_TIME\n"},
        {"CREATE TABLE t(a DEFAULT (1), b DEFAULT ( (2)+(3) ), c DEFAULT ((4)), d "
         "DEFAULT (strftime('%s', 'now')), e DEFAULT ( 'a' -- one\n || /* two */ 'b' ), "
         "f DEFAULT (')'))",
         "table t\n"
         "  column a \"\" default 1\n"
         "  column b \"\" default (2)+(3)\n"
         "  column c \"\" default 4\n"
         "  column d \"\" default strftime('%s', 'now')\n"
         "  column e \"\" default 'a' || 'b'\n"
         "  column f \"\" default ')'\n"},
        {"CREATE TABLE t(a INT DEFAULT 3 DEFAULT 4 NOT NULL)",
         "table t\n"
         "  column a \"INT\" not null default 4\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, reads_foreign_keys)
{
    static const statement statements[] = {
        {"CREATE TABLE p(A, B, UNIQUE(A, B)); CREATE TABLE t(a REFERENCES P, b "
         "REFERENCES P(a) ON DELETE CASCADE ON UPDATE SET NULL MATCH full, c CONSTRAINT "
         "k REFERENCES x ON INSERT RESTRICT ON DELETE SET DEFAULT ON DELETE RESTRICT ON "
         "UPDATE NO ACTION)",
         "table p\n"
         "  column A \"\"\n"
         "  column B \"\"\n"
         "  unique (A, B)\n"
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "  column c \"\"\n"
         "  foreign (a) to p\n"
         "  foreign (b) to p (A) delete cascade update set null\n"
         "  foreign named k (c) to x delete restrict\n"},
        {"CREATE TABLE t(A, B, CONSTRAINT k FOREIGN KEY (b, 'a') REFERENCES T(A, b) ON "
         "DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED)",
         "table t\n"
         "  column A \"\"\n"
         "  column B \"\"\n"
         "  foreign named k (B, A) to t (A, B) delete set default deferrable deferred\n"},
        {"CREATE TABLE t(a REFERENCES x DEFERRABLE, b REFERENCES x NOT DEFERRABLE "
         "INITIALLY DEFERRED, c REFERENCES x DEFERRABLE INITIALLY IMMEDIATE, d "
         "REFERENCES x, e DEFERRABLE INITIALLY DEFERRED)",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "  column c \"\"\n"
         "  column d \"\"\n"
         "  column e \"\"\n"
         "  foreign (a) to x deferrable\n"
         "  foreign (b) to x\n"
         "  foreign (c) to x deferrable\n"
         "  foreign (d) to x deferrable deferred\n"},
        {"CREATE TABLE t(a DEFAULT 5 NOT DEFERRABLE, b NOT NULL REFERENCES x NOT NULL)",
         "table t\n"
         "  column a \"\" default 5\n"
         "  column b \"\" not null\n"
         "  foreign (b) to x\n"},
        {"CREATE TABLE t(a, FOREIGN KEY(a) REFERENCES x ON UPDATE CASCADE NOT "
         "DEFERRABLE INITIALLY IMMEDIATE, CHECK (a))",
         "table t\n"
         "  column a \"\"\n"
         "  foreign (a) to x update cascade\n"
         "  check that a\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, reads_constraints_of_tables_with_and_without_commas)
{
    static const statement statements[] = {
        {"CREATE TABLE t(a, b, CONSTRAINT u UNIQUE (b COLLATE nocase DESC, A) ON "
         "CONFLICT IGNORE CONSTRAINT c CHECK (a > b) ON CONFLICT FAIL CHECK (b), "
         "PRIMARY KEY (b) FOREIGN KEY (a) REFERENCES t)",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "  unique named u (b collate nocase desc, a) on conflict IGNORE\n"
         "  check named c that a > b\n"
         "  check that b\n"
         "  primary (b)\n"
         "  foreign (a) to t\n"},
        {"CREATE TABLE t(a, CONSTRAINT x)", "table t\n"
                                            "  column a \"\"\n"},
        {"CREATE TABLE t(a, CONSTRAINT x, CONSTRAINT y CONSTRAINT z UNIQUE (a))",
         "table t\n"
         "  column a \"\"\n"
         "  unique named z (a)\n"},
        {"CREATE TABLE t(a TEXT, UNIQUE (a, a COLLATE binary, a))",
         "table t\n"
         "  column a \"TEXT\"\n"
         "  unique (a, a collate binary)\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, reads_generated_columns)
{
    static const statement statements[] = {
        {"CREATE TABLE t(a INTEGER GENERATED ALWAYS AS (1 + 1), b AS ((2)) STORED NOT "
         "NULL, c INT NOT NULL GENERATED ALWAYS AS (a || \"b\" || \"no such\") VIRTUAL "
         "CHECK (c), d GENERATED ALWAYS AS (a), e)",
         "table t\n"
         "  column a \"INTEGER\" virtual 1 + 1\n"
         "  column b \"\" not null stored 2\n"
         "  column c \"INT\" not null virtual a || \"b\" || 'no such'\n"
         "  column d \"\" virtual a\n"
         "  column e \"\"\n"
         "  check that c\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, takes_names_in_double_quotes_for_strings_where_they_name_nothing)
{
    static const statement statements[] = {
        {"CREATE TABLE t(state TEXT CHECK (state IN (\"on\", \"off\", \"STATE\", \"it's\")), b "
         "CHECK (CAST(\"b\" AS \"text\") COLLATE \"nocase\" <> \"x\" AND t.\"b\" <> "
         "\"length\"(\"y\")))",
         "table t\n"
         "  column state \"TEXT\"\n"
         "  column b \"\"\n"
         "  check that state IN ('on', 'off', \"STATE\", 'it''s')\n"
         "  check that CAST(\"b\" AS \"text\") COLLATE \"nocase\" <> 'x' AND t.\"b\" <> "
         "\"length\"('y')\n"},
        {"CREATE TABLE t(a); CREATE INDEX i ON t(\"A\") WHERE a <> \"none\"; CREATE INDEX j "
         "ON t(a || \"x\")",
         "table t\n"
         "  column a \"\"\n"
         "index i on t (a) where a <> 'none'\n"
         "index j on t ({a || 'x'})\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, cuts_expressions_without_comments_and_parentheses_around)
{
    static const statement statements[] = {
        {"CREATE TABLE t(a CHECK ((a > 0)), b CHECK ((a) > (0)), c CHECK ( /* one */ "
         "((c\n\t<>  ')' -- two )\n ) ) ), CHECK (a IN (1, 2)), CHECK ((a, b) = (1, 2)))",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "  column c \"\"\n"
         "  check that a > 0\n"
         "  check that (a) > (0)\n"
         "  check that c <>  ')'\n"
         "  check that a IN (1, 2)\n"
         "  check that (a, b) = (1, 2)\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, reads_indexes)
{
    static const statement statements[] = {
        {"CREATE TABLE \"T x\"(A, b TEXT, c); CREATE UNIQUE INDEX IF NOT EXISTS main.\"i "
         "1\" ON 't X' (a, B DESC, [c] COLLATE \"NOCASE\" ASC)",
         "table T x\n"
         "  column A \"\"\n"
         "  column b \"TEXT\"\n"
         "  column c \"\"\n"
         "unique index i 1 on T x (A, b desc, c collate NOCASE)\n"},
        {"CREATE TABLE t(a, desc); CREATE INDEX i ON t(desc, desc desc, (a), ('a'), "
         "lower(a), a + 1 DESC, a || desc COLLATE nocase, (a || 'x') COLLATE nocase "
         "COLLATE rtrim DESC, lower(a) COLLATE nocase)",
         "table t\n"
         "  column a \"\"\n"
         "  column desc \"\"\n"
         "index i on t (desc, desc desc, a, a, {lower(a)}, {a + 1} desc, {a || desc COLLATE "
         "nocase}, {a || 'x'} collate rtrim desc, {lower(a)} collate nocase)\n"},
        {"CREATE TABLE t(a, b); CREATE INDEX i ON t(a) WHERE (b IS NOT NULL AND a > "
         "',)') -- c\n",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "index i on t (a) where b IS NOT NULL AND a > ',)'\n"},
        {"CREATE TABLE t(a, b); CREATE INDEX i ON t((a) + (b), CASE WHEN a THEN b END, "
         "substr(a, 1, 2), -a, a COLLATE nocase || b)",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "index i on t ({(a) + (b)}, {CASE WHEN a THEN b END}, {substr(a, 1, 2)}, {-a}, {a COLLATE "
         "nocase || b})\n"},
    };

    check(statements, N_OF(statements));
}

Test(sqlite_ddl, reads_views)
{
    static const statement statements[] = {
        {"CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a, b FROM t -- all\n WHERE a = 1 "
         "/* one */; CREATE VIEW IF NOT EXISTS \"w w\"(x, \"y z\") AS WITH q AS (SELECT 1) "
         "SELECT (1), 2 FROM q; CREATE VIEW u AS VALUES (1), (2); CREATE TEMP VIEW r AS "
         "SELECT 1",
         "table t\n"
         "  column a \"\"\n"
         "  column b \"\"\n"
         "object: view v as SELECT a, b FROM t WHERE a = 1\n"
         "object: view w w (x, y z) as WITH q AS (SELECT 1) SELECT (1), 2 FROM q\n"
         "object: view u as VALUES (1), (2)\n"},
    };

    check(statements, N_OF(statements));
}
