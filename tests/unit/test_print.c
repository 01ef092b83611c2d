/*
 * test_print.c - the DDL as a file.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/rich_schema.h"

static mig_mirror *mirror;
static mig_ddl    *ddl;
static mig_buf     out;
static mig_error   err = MIG_ERROR_INIT;

static void
print(mig_dialect dialect)
{
    mirror = rich_mirror(dialect);
    cr_assert_eq(mig_mirror_ddl(mirror, &ddl, &err), MIG_OK);
    cr_assert_eq(mig_mirror_print(mirror, ddl, "app.db\nDROP DATABASE x;", &out, &err), MIG_OK);
}

static void
teardown(void)
{
    mig_buf_fini(&out);
    mig_ddl_free(ddl);
    rich_mirror_free(mirror);
    mig_error_fini(&err);
}

TestSuite(print, .fini = teardown);

static const char *
place(const char *part)
{
    const char *found = strstr(mig_buf_text(&out), part);

    cr_assert(found != NULL, "no \"%s\" in:\n%s", part, mig_buf_text(&out));
    return found;
}

Test(print, a_decision_stands_above_what_it_is_about)
{
    print(MIG_DIALECT_POSTGRES);

    place("\n-- column hosts.port: wider\n-- than\n-- it says; DROP TABLE hosts;\n"
          "CREATE TABLE public.hosts (");
    place("\n-- constraint hosts_name_port_key: without something\n"
          "--     UNIQUE (name,\n--     port) */ SELECT nothing;\n"
          "ALTER TABLE public.hosts ADD CONSTRAINT hosts_name_port_key ");
    cr_assert(place("about everything") < place("CREATE "));
}

Test(print, what_is_not_carried_over_stands_at_the_end_with_its_sql)
{
    print(MIG_DIALECT_POSTGRES);

    place("-- ==== Not carried over ====\n\n-- trigger touch: not translated\n"
          "--     CREATE TRIGGER touch */\n--     SELECT nonsense;\n--     END;\n");
    cr_assert(place("Not carried over") > place("COMMENT ON SEQUENCE"));
}

Test(print, phases_have_their_headings_in_order)
{
    print(MIG_DIALECT_POSTGRES);

    cr_assert(place("Types and tables") < place("Keys and indexes"));
    cr_assert(place("Keys and indexes") < place("Foreign keys ===="));
    cr_assert(place("Foreign keys ====") < place("Foreign keys are checked"));
    cr_assert(place("Foreign keys are checked") < place("Views, triggers"));
}

Test(print, the_title_cannot_leave_its_comment)
{
    print(MIG_DIALECT_SQLITE);

    cr_assert_eq(strncmp(mig_buf_text(&out), "-- app.db\n-- DROP DATABASE x;\n", 28), 0);
}

/* The shell has its own idea of where a statement ends. */
Test(print, the_shell_of_sqlite_takes_the_file)
{
    char  path[] = "/tmp/print-XXXXXX";
    char  command[64], answer[64] = "";
    FILE *shell;
    FILE *file = fdopen(mkstemp(path), "w");

    print(MIG_DIALECT_SQLITE);
    cr_assert_not_null(file);
    fprintf(file,
            "%sSELECT 'objects', count(*) FROM sqlite_schema WHERE sql IS NOT NULL AND name"
            " <> 'sqlite_sequence';\n",
            mig_buf_text(&out));
    fclose(file);

    snprintf(command, sizeof command, "sqlite3 -bail :memory: <%s", path);
    shell = popen(command, "r");
    cr_assert(fgets(answer, sizeof answer, shell) != NULL);

    cr_assert_eq(pclose(shell), 0);
    unlink(path);
    cr_assert_str_eq(answer, "objects|7\n");
}

/* The same statements, as SQLite keeps them. */
Test(print, sqlite_makes_the_same_of_the_file_as_of_the_statements)
{
    static const char count[] = "SELECT count(*) FROM sqlite_schema";
    sqlite3          *file = NULL;
    sqlite3_stmt     *stmt = NULL;

    print(MIG_DIALECT_SQLITE);
    sqlite3_open(":memory:", &file);
    cr_assert_eq(sqlite3_exec(file, mig_buf_text(&out), NULL, NULL, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(file));
    for (size_t i = 0; i < ddl->n_items; i++) {
        cr_assert_eq(sqlite3_prepare_v2(
                         file, "SELECT count(*) FROM sqlite_schema WHERE rtrim(sql, char(10)) = ?1",
                         -1, &stmt, NULL),
                     SQLITE_OK);
        sqlite3_bind_text(stmt, 1, ddl->items[i].sql, -1, SQLITE_STATIC);
        cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
        cr_assert_eq(sqlite3_column_int(stmt, 0), 1, "%s", ddl->items[i].sql);
        sqlite3_finalize(stmt);
    }
    sqlite3_prepare_v2(file, count, -1, &stmt, NULL);
    sqlite3_step(stmt);
    cr_assert_gt(sqlite3_column_int(stmt, 0), (int)ddl->n_items);
    sqlite3_finalize(stmt);
    sqlite3_close(file);
}
