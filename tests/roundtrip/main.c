/*
 * main.c - made-up databases for the round trips, and their comparison.
 *
 *   roundtrip make SEED FOLDER    FOLDER/full.db, FOLDER/empty.db (its schema without rows) and
 *                                 FOLDER/postgres.sql (that schema for PostgreSQL)
 *   roundtrip same ONE OTHER      exit status 0 if two SQLite files hold the same values in the
 *                                 same storage classes, 1 if not, and prints what differs
 *
 * tests/cli/roundtrip.sh and proj.sh do the rest.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "same.h"
#include "schema.h"

static sqlite3 *
make_file(const char *folder, const char *name, const char *encoding, const mig_buf *sql)
{
    mig_buf  path = MIG_BUF_INIT;
    sqlite3 *db = NULL;

    mig_buf_printf(&path, "%s/%s", folder, name);
    if (sqlite3_open(mig_buf_text(&path), &db) != SQLITE_OK ||
        sqlite3_exec(db, encoding, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, mig_buf_text(sql), NULL, NULL, NULL) != SQLITE_OK)
        die("%s: %s", mig_buf_text(&path), sqlite3_errmsg(db));
    mig_buf_fini(&path);
    return db;
}

static void
write_file(const char *folder, const char *name, const mig_buf *text)
{
    mig_buf path = MIG_BUF_INIT;
    FILE   *file;

    mig_buf_printf(&path, "%s/%s", folder, name);
    file = fopen(mig_buf_text(&path), "w");
    if (file == NULL || fwrite(text->data, 1, text->len, file) != text->len || fclose(file) != 0)
        die("cannot write %s: %s", mig_buf_text(&path), strerror(errno));
    mig_buf_fini(&path);
}

static void
make(uint64_t seed, const char *folder)
{
    static test_schema made;
    mig_buf            sqlite = MIG_BUF_INIT, postgres = MIG_BUF_INIT;
    case_random        random = {(seed + 1) * UINT64_C(0x9e3779b97f4a7c15)};
    const char        *encoding;
    sqlite3           *db;

    schema_make(&random, &made);
    schema_sqlite(&made, &sqlite);
    schema_postgres(&random, &made, &postgres);
    encoding = case_random_once_in(&random, 3) ? "PRAGMA encoding = 'UTF-16le'" : "";
    sqlite3_close(make_file(folder, "empty.db", encoding, &sqlite));
    write_file(folder, "postgres.sql", &postgres);
    db = make_file(folder, "full.db", encoding, &sqlite);
    schema_fill(&random, &made, db);
    sqlite3_close(db);
    mig_buf_fini(&sqlite);
    mig_buf_fini(&postgres);
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "make") == 0) {
        make(strtoull(argv[2], NULL, 10), argv[3]);
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "same") == 0)
        return same_files(argv[2], argv[3]) ? 0 : 1;
    die("usage: roundtrip make SEED FOLDER | same ONE OTHER");
}
