/*
 * test_emit_sqlite.c - a mirrored schema as SQLite's statements, which SQLite
 * takes.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "../support/rich_schema.h"

static mig_mirror *mirror;
static mig_ddl    *ddl;
static sqlite3    *db;
static mig_error   err = MIG_ERROR_INIT;

static void
setup(void)
{
    mirror = rich_mirror(MIG_DIALECT_SQLITE);
    cr_assert_eq(mig_mirror_ddl(mirror, &ddl, &err), MIG_OK);
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
}

static void
teardown(void)
{
    sqlite3_close(db);
    mig_ddl_free(ddl);
    rich_mirror_free(mirror);
    mig_error_fini(&err);
}

TestSuite(emit_sqlite, .init = setup, .fini = teardown);

static void
expect(mig_ddl_phase phase, const char *what, const char *sql)
{
    for (size_t i = 0; i < ddl->n_items; i++) {
        if (ddl->items[i].phase == phase && strcmp(ddl->items[i].what, what) == 0) {
            cr_assert_str_eq(ddl->items[i].sql, sql);
            return;
        }
    }
    cr_assert_fail("no statement \"%s\"", what);
}

static void
run(const char *sql)
{
    char *why = NULL;

    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &why), SQLITE_OK, "%s: %s", why, sql);
}

Test(emit_sqlite, a_table_has_all_its_keys)
{
    expect(MIG_DDL_BEFORE, "table hosts",
           "CREATE TABLE hosts (\n"
           "    id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
           "    Name TEXT NOT NULL ON CONFLICT IGNORE COLLATE NOCASE,\n"
           "    made DEFAULT (datetime('now')),\n"
           "    twice INTEGER GENERATED ALWAYS AS (id * 2 -- doubled\n) VIRTUAL,\n"
           "    raw BLOB DEFAULT x'00ff',\n"
           "    CONSTRAINT \"unique one\" UNIQUE (Name DESC, made) ON CONFLICT REPLACE,\n"
           "    CHECK (length(Name) > 0 -- at least\n)\n"
           ")");
    expect(MIG_DDL_BEFORE, "table child",
           "CREATE TABLE child (\n"
           "    host INTEGER NOT NULL,\n"
           "    n INT DEFAULT -1,\n"
           "    CONSTRAINT child_key PRIMARY KEY (n, host),\n"
           "    FOREIGN KEY (host) REFERENCES hosts ON DELETE SET DEFAULT\n"
           ") STRICT, WITHOUT ROWID");
}

Test(emit_sqlite, a_descending_key_that_is_no_rowid_stays_none)
{
    expect(MIG_DDL_BEFORE, "table old", "CREATE TABLE old (\n    id INTEGER PRIMARY KEY DESC\n)");
}

Test(emit_sqlite, indexes_views_and_triggers_come_later)
{
    expect(MIG_DDL_KEYS, "index group",
           "CREATE UNIQUE INDEX \"group\" ON hosts (Name COLLATE RTRIM DESC, (twice + 1))"
           " WHERE made IS NOT NULL");
    expect(MIG_DDL_AFTER, "view seen by",
           "CREATE VIEW \"seen by\" (\"as\") AS\nSELECT Name FROM hosts -- all of them");
    expect(MIG_DDL_AFTER, "trigger t1",
           "CREATE TRIGGER t1 AFTER INSERT ON hosts BEGIN\n  DELETE FROM child; SELECT 1;\nEND");
}

Test(emit_sqlite, sqlite_takes_it_and_keeps_what_it_says)
{
    for (size_t i = 0; i < ddl->n_items; i++)
        run(ddl->items[i].sql);

    run("INSERT INTO hosts (Name) VALUES ('x')");
    run("INSERT INTO \"Odd \"\"name\"\"\" (\"order\", \"user\") VALUES (1, 1)");
    cr_assert_eq(sqlite3_exec(db, "INSERT INTO hosts (Name) VALUES ('')", NULL, NULL, NULL),
                 SQLITE_CONSTRAINT);
}

Test(emit_sqlite, the_sink_is_told_all_names)
{
    cr_assert_eq(ddl->n_relations, 5);
    cr_assert_str_eq(ddl->relations[4], "seen by");
    cr_assert_eq(ddl->n_indexes, 1);
    cr_assert_eq(ddl->n_things, 0);
}
