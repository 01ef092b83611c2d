/*
 * location.h - the file of a SQLite database, looked at before SQLite opens it.
 *
 * POSIX drops all locks a process has on a file when it closes any descriptor
 * of it, also those SQLite relies on.  So look() is called before the first
 * connection to the file; everything after it uses stat(2) alone.
 *
 * Ownership: the caller's memory; look() fills it, fini() frees what it holds.
 * Threads: one at a time.
 */
#ifndef MIG__LOCATION_H
#define MIG__LOCATION_H

#include <sys/stat.h>

#include "mig/buf.h"

typedef enum mig__access {
    MIG__ACCESS_ROLLBACK,  /* a rollback journal: while we read, nobody can commit */
    MIG__ACCESS_WAL,       /* a write-ahead log stands beside it: readers and a writer coexist */
    MIG__ACCESS_IMMUTABLE, /* nobody has it open: read without locks and without companions */
} mig__access;

typedef struct mig__location {
    char       *path; /* without symbolic links: the companions stand beside this one */
    mig__access access;
    bool        had_wal; /* an empty -wal beside an empty file, which is immutable all the same */
    struct stat mark;    /* the file when it was looked at, or marked, last */
} mig__location;

/* Fails, telling the way out, where the file cannot be read without being written. */
mig_status mig__location_look(const char *path, mig__location *location,
                              mig_error *err) MIG_CHECKED;

/* Appends the URI under which SQLite opens the file. */
void mig__location_uri(const mig__location *location, mig_buf *uri);

/* Notes the file's state for unchanged(). */
mig_status mig__location_mark(mig__location *location, mig_error *err) MIG_CHECKED;

/*
 * MIG_E_CHANGED if the file is another one than at the mark or, where no commit could have come
 * unseen by SQLite's own means, was written to.
 */
mig_status mig__location_unchanged(const mig__location *location, mig_error *err) MIG_CHECKED;

/* An interrupted transaction stands in the file's rollback journal. */
mig_status mig__location_raise_hot(const mig__location *location, mig_error *err) MIG_CHECKED;

void mig__location_fini(mig__location *location);

#endif
