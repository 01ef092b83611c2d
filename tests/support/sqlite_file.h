/*
 * sqlite_file.h - SQLite files for tests, written by other processes.
 *
 * A source must find the file as an application left it, or as one is using it,
 * and this process must not have opened it (closing a descriptor drops locks).
 * So every write is made by a child.
 *
 * Everything fails the running test when it does not work.
 */
#ifndef TEST_SQLITE_FILE_H
#define TEST_SQLITE_FILE_H

#include <stdint.h>
#include <sys/types.h>

#include "mig/plan.h"
#include "mig/source.h"

typedef struct sqlite_file {
    char folder[64];
    char path[256];
} sqlite_file;

/* A folder of its own; the file itself does not exist then. */
void sqlite_file_init(sqlite_file *file, const char *name);

/* Removes the folder and all in it. */
void sqlite_file_fini(const sqlite_file *file);

/* Runs the SQL in a process that closes the database properly ... */
void sqlite_file_run(const sqlite_file *file, const char *sql);

/* ... or that dies without. */
void sqlite_file_crash(const sqlite_file *file, const char *sql);

/* The content as a number; 0 if the file, with this behind its path, does not exist. */
uint64_t sqlite_file_hash(const sqlite_file *file, const char *suffix);

/* Files in the folder. */
unsigned sqlite_file_count(const sqlite_file *file);

/* Overwrites bytes of the file, or makes it of them. */
void sqlite_file_write(const sqlite_file *file, const char *suffix, long offset, const void *data,
                       size_t len);

/* A process that keeps the database open. */
typedef struct sqlite_writer {
    pid_t pid;
    int   to, from;
} sqlite_writer;

void sqlite_writer_start(sqlite_writer *writer, const sqlite_file *file, const char *sql);
/* Returns when the SQL was run; its result code. */
int  sqlite_writer_run(sqlite_writer *writer, const char *sql);
void sqlite_writer_stop(sqlite_writer *writer);

/* The source, open; with its catalog. */
mig_source *sqlite_file_open(const sqlite_file *file, mig_catalog **catalogp);

/* A plan with all columns of the table; `columns` is the caller's memory. */
mig_table_plan sqlite_file_plan(const mig_catalog *catalog, const char *table,
                                const mig_wire_type *wires, mig_column_plan *columns);

#endif
