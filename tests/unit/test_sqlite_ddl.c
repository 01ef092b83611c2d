/*
 * test_sqlite_ddl.c - what is understood of SQLite's CREATE statements.
 *
 * Every statement is run by SQLite as well, and what its PRAGMAs say of columns,
 * keys and indexes must be what was read; what they do not say stands in the
 * expectation.
 */
#include "mig/sqlite_ddl.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* ---- what SQLite says -------------------------------------------------------------------- */

static const char *
text_of(sqlite3_stmt *stmt, int i)
{
    const unsigned char *text = sqlite3_column_text(stmt, i);

    return text != NULL ? (const char *)text : "";
}

static sqlite3_stmt *
ask(const char *question, const char *name)
{
    sqlite3_stmt *stmt = NULL;

    cr_assert_eq(sqlite3_prepare_v2(db, question, -1, &stmt, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(db));
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_TRANSIENT);
    return stmt;
}

static bool
holds(const char *question, const char *name)
{
    sqlite3_stmt *stmt = ask(question, name);
    bool          row = sqlite3_step(stmt) == SQLITE_ROW;

    sqlite3_finalize(stmt);
    return row;
}

static void
compare_columns(const mig_schema_table *table)
{
    sqlite3_stmt *stmt = ask("SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden"
                             " FROM pragma_table_xinfo(?1) ORDER BY cid",
                             table->name);
    const char   *sql = table->sql;
    bool          alias = !table->without_rowid &&
                 holds("SELECT 1 FROM pragma_table_info(?1) WHERE pk", table->name) &&
                 !holds("SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk'", table->name);
    size_t n = 0;

    for (; sqlite3_step(stmt) == SQLITE_ROW; n++) {
        const mig_schema_column *column = &table->columns[n];
        const mig_constraint    *key = mig_schema_primary(table);
        int                      pk = sqlite3_column_int(stmt, 4);
        int                      hidden = sqlite3_column_int(stmt, 5);

        cr_assert_lt(n, table->n_columns, "%s", sql);
        cr_expect_str_eq(column->name, text_of(stmt, 0), "%s", sql);
        cr_expect_eq(strcasecmp(column->type, text_of(stmt, 1)), 0, "%s: %s, not %s", sql,
                     column->type, text_of(stmt, 1));
        cr_expect_eq(column->not_null, sqlite3_column_int(stmt, 2) != 0, "%s", sql);
        cr_expect_eq(column->default_value != NULL, sqlite3_column_int(stmt, 3) != 0, "%s", sql);
        if (pk > 0) {
            cr_assert(key != NULL && (size_t)pk <= key->n_parts, "%s", sql);
            cr_expect_str_eq(key->parts[pk - 1].column, column->name, "%s", sql);
        }
        cr_expect_eq(column->identity != MIG_IDENTITY_NONE, alias && pk > 0, "%s", sql);
        cr_expect_eq(column->generated != NULL, hidden >= 2, "%s", sql);
        cr_expect_eq(column->stored, hidden == 3, "%s", sql);
    }
    cr_expect_eq(n, table->n_columns, "%s", sql);
    sqlite3_finalize(stmt);
}

/* SQLite numbers them from the last declared. */
static void
compare_foreign_keys(const mig_schema_table *table)
{
    static const char *const actions[] = {"NO ACTION", "RESTRICT", "CASCADE", "SET NULL",
                                          "SET DEFAULT"};
    sqlite3_stmt *stmt = ask("SELECT seq, \"table\", \"from\", \"to\", on_delete, on_update FROM"
                             " pragma_foreign_key_list(?1) ORDER BY id DESC, seq",
                             table->name);
    const char   *sql = table->sql;
    size_t        at = 0, n_keys = 0, n_found = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        size_t                seq = (size_t)sqlite3_column_int(stmt, 0);
        const mig_constraint *key;

        n_found += seq == 0;
        at += seq == 0 && n_found > 1;
        while (at < table->n_constraints && table->constraints[at].kind != MIG_CONSTRAINT_FOREIGN)
            at++;
        cr_assert_lt(at, table->n_constraints, "%s", sql);
        key = &table->constraints[at];
        cr_assert_lt(seq, key->n_columns, "%s", sql);
        cr_expect_eq(strcasecmp(key->parent, text_of(stmt, 1)), 0, "%s", sql);
        cr_expect_str_eq(key->columns[seq], text_of(stmt, 2), "%s", sql);
        cr_expect_str_eq(key->n_parent_columns > 0 ? key->parent_columns[seq] : "",
                         text_of(stmt, 3), "%s", sql);
        cr_expect_str_eq(actions[key->on_delete], text_of(stmt, 4), "%s", sql);
        cr_expect_str_eq(actions[key->on_update], text_of(stmt, 5), "%s", sql);
    }
    for (size_t i = 0; i < table->n_constraints; i++)
        n_keys += table->constraints[i].kind == MIG_CONSTRAINT_FOREIGN;
    cr_expect_eq(n_found, n_keys, "%s", sql);
    sqlite3_finalize(stmt);
}

/* The second of two equal columns of a constraint is left out; an index is as it is. */
#define ALL_PARTS "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno"
#define OTHER_PARTS                                                                                \
    "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key GROUP BY name, coll"        \
    " ORDER BY min(seqno)"

static void
compare_parts(const char *question, const char *index, const mig_key_part *parts, size_t n_parts,
              const char *sql)
{
    sqlite3_stmt *stmt = ask(question, index);
    size_t        n = 0;

    for (; sqlite3_step(stmt) == SQLITE_ROW; n++) {
        cr_assert_lt(n, n_parts, "%s", sql);
        cr_expect_str_eq(parts[n].column != NULL ? parts[n].column : "", text_of(stmt, 0), "%s",
                         sql);
        cr_expect_eq(parts[n].descending, sqlite3_column_int(stmt, 1) != 0, "%s", sql);
        if (parts[n].collation != NULL)
            cr_expect_eq(strcasecmp(parts[n].collation, text_of(stmt, 2)), 0, "%s", sql);
    }
    cr_expect_eq(n, n_parts, "%s", sql);
    sqlite3_finalize(stmt);
}

static void
compare_primary(const mig_schema_table *table)
{
    const mig_constraint *key = mig_schema_primary(table);
    sqlite3_stmt         *stmt =
        ask("SELECT name FROM pragma_index_list(?1) WHERE origin = 'pk'", table->name);

    if (sqlite3_step(stmt) == SQLITE_ROW) {
        cr_assert_not_null(key, "%s", table->sql);
        compare_parts(OTHER_PARTS, text_of(stmt, 0), key->parts, key->n_parts, table->sql);
    }
    sqlite3_finalize(stmt);
}

/* Reads what SQLite has, and compares it. */
static void
read_all(void)
{
    mig_error     err = MIG_ERROR_INIT;
    sqlite3_stmt *stmt = ask("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND"
                             " name NOT LIKE 'sqlite%' AND ?1 = ''"
                             " ORDER BY type <> 'table', rowid",
                             "");

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *type = text_of(stmt, 0), *name = text_of(stmt, 1), *sql = text_of(stmt, 2);
        mig_status  st = MIG_OK;

        if (strcmp(type, "table") == 0)
            st = mig_sqlite_ddl_table(schema, name, sql, &err);
        else if (strcmp(type, "index") == 0)
            st = mig_sqlite_ddl_index(schema, name, sql, &err);
        else if (strcmp(type, "view") == 0)
            st = mig_sqlite_ddl_view(schema, name, sql, &err);
        cr_assert_eq(st, MIG_OK, "%s: %s: %s", sql, err.message, err.detail);
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < schema->n_tables; i++) {
        compare_columns(&schema->tables[i]);
        compare_foreign_keys(&schema->tables[i]);
        compare_primary(&schema->tables[i]);
    }
    for (size_t i = 0; i < schema->n_indexes; i++)
        compare_parts(ALL_PARTS, schema->indexes[i].name, schema->indexes[i].parts,
                      schema->indexes[i].n_parts, schema->indexes[i].definition);
}

/* ---- statements and what is in them ------------------------------------------------------- */

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
        read_all();
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
Test(sqlite_ddl, what_sqlite_takes_is_read_alike)
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
        read_all();
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
Test(sqlite_ddl, what_sqlite_takes_as_an_index_is_read_alike)
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
        read_all();
        index = &schema->indexes[0];
        for (size_t i = 0; i < index->n_parts; i++) {
            char count[200];

            snprintf(count, sizeof count,
                     "SELECT 1 FROM pragma_index_xinfo(?1) WHERE seqno = %zu AND coll = 'BINARY'",
                     i);
            cr_expect_eq(index->parts[i].collation == NULL, holds(count, "i"), "%s",
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

Test(sqlite_ddl, says_what_was_not_understood_and_where)
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

Test(sqlite_ddl, refuses_what_it_does_not_understand)
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

Test(sqlite_ddl, a_statement_may_be_cut_off_anywhere)
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
Test(sqlite_ddl, a_statement_may_be_spoilt_in_any_way)
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
