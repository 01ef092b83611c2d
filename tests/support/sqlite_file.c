/*
 * sqlite_file.c - SQLite files for tests, written by other processes.
 */
#include "sqlite_file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mig/sqlite.h"

void
sqlite_file_init(sqlite_file *file, const char *name)
{
    (void)snprintf(file->folder, sizeof file->folder, "/tmp/mig-sqlite-XXXXXX");
    cr_assert_not_null(mkdtemp(file->folder));
    (void)snprintf(file->path, sizeof file->path, "%s/%s", file->folder, name);
}

void
sqlite_file_fini(const sqlite_file *file)
{
    DIR           *folder = opendir(file->folder);
    struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL)
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    rmdir(file->folder);
}

static sqlite3 *
open_database(const sqlite_file *file)
{
    sqlite3 *db = NULL;

    if (sqlite3_open(file->path, &db) != SQLITE_OK)
        _exit(99);
    sqlite3_busy_timeout(db, 20000);
    return db;
}

/* 0 if all went well; the child's exit status else. */
static int
wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void
run(const sqlite_file *file, const char *sql, bool close_it)
{
    pid_t pid = fork();

    cr_assert_geq(pid, 0);
    if (pid == 0) {
        sqlite3 *db = open_database(file);
        char    *why = NULL;

        if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
            (void)fprintf(stderr, "%s\n", why);
            _exit(98);
        }
        if (close_it && sqlite3_close(db) != SQLITE_OK)
            _exit(97);
        _exit(0);
    }
    cr_assert_eq(wait_for(pid), 0, "%s", sql);
}

void
sqlite_file_run(const sqlite_file *file, const char *sql)
{
    run(file, sql, true);
}

void
sqlite_file_crash(const sqlite_file *file, const char *sql)
{
    run(file, sql, false);
}

uint64_t
sqlite_file_hash(const sqlite_file *file, const char *suffix)
{
    char     name[300];
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    FILE    *in;
    int      byte;

    (void)snprintf(name, sizeof name, "%s%s", file->path, suffix);
    in = fopen(name, "rb");
    if (in == NULL)
        return 0;
    while ((byte = getc(in)) != EOF)
        hash = (hash ^ (unsigned)byte) * UINT64_C(1099511628211);
    (void)fclose(in);
    return hash;
}

unsigned
sqlite_file_count(const sqlite_file *file)
{
    DIR           *folder = opendir(file->folder);
    struct dirent *entry;
    unsigned       n = 0;

    cr_assert_not_null(folder);
    while ((entry = readdir(folder)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

void
sqlite_file_write(const sqlite_file *file, const char *suffix, long offset, const void *data,
                  size_t len)
{
    char name[300];
    int  fd;

    (void)snprintf(name, sizeof name, "%s%s", file->path, suffix);
    fd = open(name, O_WRONLY | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pwrite(fd, data, len, offset), (ssize_t)len);
    close(fd);
}

/* SQL texts come with their terminator; each is answered by its result code. */
static void
serve(sqlite3 *db, int in, int out)
{
    char   sql[4096];
    size_t len = 0;

    while (len < sizeof sql && read(in, sql + len, 1) == 1) {
        int code;

        if (sql[len++] != '\0')
            continue;
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
        len = 0;
        if (write(out, &code, sizeof code) != (ssize_t)sizeof code)
            break;
    }
}

void
sqlite_writer_start(sqlite_writer *writer, const sqlite_file *file, const char *sql)
{
    int to[2], from[2];

    cr_assert_eq(pipe(to), 0);
    cr_assert_eq(pipe(from), 0);
    writer->pid = fork();
    cr_assert_geq(writer->pid, 0);
    if (writer->pid == 0) {
        sqlite3 *db;

        close(to[1]);
        close(from[0]);
        db = open_database(file);
        serve(db, to[0], from[1]);
        sqlite3_close(db);
        _exit(0);
    }
    close(to[0]);
    close(from[1]);
    writer->to = to[1];
    writer->from = from[0];
    cr_assert_eq(sqlite_writer_run(writer, sql), SQLITE_OK, "%s", sql);
}

int
sqlite_writer_run(sqlite_writer *writer, const char *sql)
{
    int    code = -1;
    size_t len = strlen(sql) + 1;

    cr_assert_eq(write(writer->to, sql, len), (ssize_t)len);
    cr_assert_eq(read(writer->from, &code, sizeof code), (ssize_t)sizeof code);
    return code;
}

void
sqlite_writer_stop(sqlite_writer *writer)
{
    close(writer->to);
    cr_assert_eq(wait_for(writer->pid), 0);
    close(writer->from);
}

mig_source *
sqlite_file_open(const sqlite_file *file, mig_catalog **catalogp)
{
    mig_error   err = MIG_ERROR_INIT;
    mig_source *source = NULL;

    cr_assert_eq(mig_sqlite_source_open(file->path, &source, &err), MIG_OK, "%s: %s", err.message,
                 err.detail);
    cr_assert_eq(source->ops->catalog(source, catalogp, &err), MIG_OK, "%s: %s", err.message,
                 err.detail);
    return source;
}

mig_table_plan
sqlite_file_plan(const mig_catalog *catalog, const char *name, const mig_wire_type *wires,
                 mig_column_plan *columns)
{
    const mig_table *table = mig_catalog_find(catalog, name);
    mig_table_plan   plan = {0};

    cr_assert_not_null(table, "no table %s", name);
    for (size_t i = 0; i < table->n_columns; i++)
        columns[i] = (mig_column_plan){.source = &table->columns[i],
                                       .wire = wires[i],
                                       .read = wires[i],
                                       .limits = MIG_LIMITS_NONE};
    plan.source = table;
    plan.label = table->name;
    plan.columns = columns;
    plan.n_columns = table->n_columns;
    return plan;
}
