/*
 * replace.c - the temporary file of a SQLite target, and the exchange.
 *
 * The old file is opened and locked EXCLUSIVE before anything else happens,
 * and stays locked until the new one has its name.  Companions that hold
 * something (-wal, -journal), and any -shm, are refused: the file is in use, or
 * an application died, and beside the new file they would make it malformed.
 * Not a byte of the old file is written: the lock of a database in WAL mode
 * leaves an empty -wal, which is removed by its name before the rename and not
 * by SQLite after it, when a new one could stand there.
 *
 * The temporary file begins as SQLite's own copy of the old one, so that
 * tables that are not copied, encoding, page size, user_version and all else
 * are there without being told one by one.  It is named <target>.new-XXXXXX, in the target's
 * folder, for the owner alone until the end, without journal and without sync;
 * a process that is killed leaves it behind and the target untouched.
 *
 * Threads: the one that has the sink.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqlite_sink.h"

static mig_status
raise_errno(mig_error *err, const char *what, const char *path)
{
    int        saved = errno;
    mig_status st = saved == EACCES || saved == EPERM ? MIG_E_RIGHTS : MIG_E_IO;

    mig_raise(err, st, "cannot %s %s", what, path);
    mig_error_detail(err, "%s", strerror(saved));
    return st;
}

static char *
joined(const char *a, const char *b, const char *c)
{
    char *text = NULL;

    return asprintf(&text, "%s%s%s", a, b, c) < 0 ? NULL : text;
}

/* Where the path leads: sets path, folder, exists and old_stat. */
static mig_status
resolve(mig__sqlite_sink *sink, const char *path, bool may_create, mig_error *err)
{
    mig_status  st = MIG_OK;
    char       *copy = NULL, *copy2 = NULL, *folder = NULL;
    struct stat link;

    sink->path = realpath(path, NULL);
    sink->exists = sink->path != NULL;
    if (!sink->exists) {
        if (errno != ENOENT || lstat(path, &link) == 0) {
            st = raise_errno(err, "open the target", path);
            goto done;
        }
        if (!may_create) {
            st = mig_raise(err, MIG_E_CONNECT, "the target %s does not exist", path);
            mig_error_hint(err, "write ?mode=rwc behind the path to have it made");
            goto done;
        }
        if ((copy = strdup(path)) == NULL || (copy2 = strdup(path)) == NULL) {
            st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a path");
            goto done;
        }
        if ((folder = realpath(dirname(copy), NULL)) == NULL) {
            st = raise_errno(err, "make the target", path);
            goto done;
        }
        sink->path = joined(strcmp(folder, "/") == 0 ? "" : folder, "/", basename(copy2));
    } else if (stat(sink->path, &sink->old_stat) != 0) {
        st = raise_errno(err, "open the target", path);
        goto done;
    }
    free(copy);
    copy = sink->path != NULL ? strdup(sink->path) : NULL;
    sink->folder = copy != NULL ? strdup(dirname(copy)) : NULL;
    if (sink->folder == NULL)
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a path");
done:
    free(copy);
    free(copy2);
    free(folder);
    return st;
}

static mig_status
look_at_companions(const mig__sqlite_sink *sink, mig_error *err)
{
    static const struct {
        const char *suffix;
        off_t       harmless; /* a size up to which it holds nothing */
    } companions[] = {{"-wal", 0}, {"-journal", 0}, {"-shm", -1}};

    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) {
        char       *path = joined(sink->path, companions[i].suffix, "");
        struct stat st;
        bool        there = path != NULL && lstat(path, &st) == 0;

        if (path == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate a path");
        free(path);
        if (!there || st.st_size <= companions[i].harmless)
            continue;
        mig_raise(err, MIG_E_REFUSED, "the target %s is in use, or was not closed properly",
                  sink->path);
        mig_error_detail(err, "%s%s stands beside it", sink->path, companions[i].suffix);
        mig_error_hint(err, "stop the application; if it is stopped, open the database once with "
                            "sqlite3 and close it again");
        return MIG_E_REFUSED;
    }
    return MIG_OK;
}

mig_status
mig__replace_is_wal(sqlite3 *db, const char *path, bool *walp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    *walp = false;
    mig_buf_puts(&sql, "PRAGMA journal_mode");
    MIG_TRY(mig__sqlite_prepare(db, &sql, path, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, path, &row, err));
    *walp = row && strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/*
 * In EXCLUSIVE locking mode the lock of this empty transaction is kept until close.  In a file
 * without a byte SQLite begins to write its header, which is taken back, and no journal may be
 * left.
 */
static mig_status
lock_old(mig__sqlite_sink *sink, mig_error *err)
{
    static const char lock_sql[] = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT";
    static const char lock_empty_sql[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                         "PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; ROLLBACK";
    mig_status        st = MIG_OK;
    int               rc;

    rc = sqlite3_exec(sink->old, sink->old_stat.st_size > 0 ? lock_sql : lock_empty_sql, NULL, NULL,
                      NULL);
    if ((rc & 0xff) == SQLITE_BUSY) {
        st = mig_raise(err, MIG_E_REFUSED, "the target %s is in use", sink->path);
        mig_error_hint(err, "stop the application that has it open");
        goto done;
    }
    if (rc != SQLITE_OK) {
        st = mig__sqlite_fail(sink->old, sink->path, err);
        goto done;
    }
    MIG_TRY(mig__replace_is_wal(sink->old, sink->path, &sink->wal, err));
done:
    return st;
}

static mig_status
connect_to(const char *path, int flags, sqlite3 **dbp, mig_error *err)
{
    if (sqlite3_open_v2(path, dbp, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | flags, NULL) !=
        SQLITE_OK)
        return *dbp != NULL ? mig__sqlite_fail(*dbp, path, err)
                            : mig_raise(err, MIG_E_NOMEM, "cannot allocate a connection");
    sqlite3_extended_result_codes(*dbp, 1);
    return MIG_OK;
}

/*
 * Files that look like temporary ones of runs that were killed.  They are told and not removed:
 * another run may be at work, and a name is no proof.
 */
static mig_status
look_for_leftovers(mig__sqlite_sink *sink, mig_error *err)
{
    const char    *name = strrchr(sink->path, '/') + 1;
    size_t         len = strlen(name);
    DIR           *folder = opendir(sink->folder);
    struct dirent *entry;

    /* A folder that may be searched but not listed hides nothing that matters. */
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (strncmp(entry->d_name, name, len) == 0 &&
            strncmp(entry->d_name + len, ".new-", 5) == 0 && strlen(entry->d_name + len) == 11)
            mig_buf_printf(&sink->warning, "%s%s/%s", sink->warning.len > 0 ? ", " : "",
                           strcmp(sink->folder, "/") == 0 ? "" : sink->folder, entry->d_name);
    if (folder != NULL)
        closedir(folder);
    if (sink->warning.len > 0)
        mig_buf_puts(&sink->warning,
                     ": left behind by a run that was killed, unless another one is "
                     "at work; no run reads it, and it can be deleted");
    return mig_buf_check(&sink->warning, err);
}

mig_status
mig__replace_open(mig__sqlite_sink *sink, const char *path, bool may_create, mig_error *err)
{
    mig_status st = MIG_OK;
    mode_t     mask = umask(0);

    umask(mask);
    sink->new_mode = 0644 & ~mask;
    MIG_TRY(resolve(sink, path, may_create, err));
    MIG_TRY(look_at_companions(sink, err));
    MIG_TRY(look_for_leftovers(sink, err));
    if (!sink->exists) {
        MIG_TRY(connect_to(":memory:", SQLITE_OPEN_CREATE, &sink->old, err));
        goto done;
    }
    if (!S_ISREG(sink->old_stat.st_mode)) {
        st = mig_raise(err, MIG_E_REFUSED, "the target %s is no file", sink->path);
        goto done;
    }
    if (sink->old_stat.st_nlink > 1) {
        st = mig_raise(err, MIG_E_REFUSED, "the target %s has a second name (a hard link)",
                       sink->path);
        mig_error_detail(err, "the new file would replace one of them only");
        goto done;
    }
    MIG_TRY(connect_to(sink->path, 0, &sink->old, err));
    MIG_TRY(lock_old(sink, err));
done:
    return st;
}

static mig_status
copy_old(const mig__sqlite_sink *sink, mig_error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(sink->made, "main", sink->old, "main");

    if (backup == NULL)
        return mig__sqlite_write_fail(sink->made, sink->made_path, err);
    sqlite3_backup_step(backup, -1);
    if (sqlite3_backup_finish(backup) != SQLITE_OK)
        return mig__sqlite_write_fail(sink->made, sink->made_path, err);
    return MIG_OK;
}

mig_status
mig__replace_make(mig__sqlite_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    sqlite3   *db = NULL;
    int        fd;

    sink->made_path = joined(sink->path, ".new-", "XXXXXX");
    if (sink->made_path == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a path");
    fd = mkostemp(sink->made_path, O_CLOEXEC);
    if (fd < 0) {
        st = raise_errno(err, "make a file in", sink->folder);
        free(sink->made_path);
        sink->made_path = NULL;
        return st;
    }
    sink->made_fd = fd;
    st = connect_to(sink->made_path, 0, &db, err);
    pthread_mutex_lock(&sink->lock);
    sink->made = db;
    pthread_mutex_unlock(&sink->lock);
    MIG_TRY(st);
    MIG_TRY(mig__sqlite_write(
        sink,
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF",
        sink->made_path, err));
done:
    return st;
}

void
mig__replace_start_sync(const mig__sqlite_sink *sink)
{
    /* An offer: where it cannot be done, fsync() does it all. */
    (void)!sync_file_range(sink->made_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

mig_status
mig__replace_settle(mig__sqlite_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__sqlite_write(sink, "PRAGMA journal_mode = OFF; PRAGMA foreign_keys = OFF",
                              sink->made_path, err));
    MIG_TRY(mig__page_cache_large(sink, err));
done:
    return st;
}

mig_status
mig__replace_begin(mig__sqlite_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;

    if (sink->made != NULL)
        return sink->failed ? mig_raise(err, MIG_E_INTERNAL, "the new file is half done") : MIG_OK;
    MIG_TRY(mig__replace_make(sink, err));
    if (sink->exists)
        MIG_TRY(copy_old(sink, err));
    else
        MIG_TRY(mig__sqlite_write(sink, "PRAGMA page_size = 16384", sink->made_path, err));
    MIG_TRY(mig__replace_settle(sink, err));
done:
    if (st != MIG_OK)
        sink->failed = true;
    return st;
}

/*
 * The new file belongs to whom the old one did: for root too, or the application could not open it
 * any more.  Where there was none, root gives it to the folder's owner for the same reason.
 */
static mig_status
hand_over(const mig__sqlite_sink *sink, mig_error *err)
{
    const int   fd = sink->made_fd;
    struct stat like = sink->old_stat, now;
    mode_t      mode = sink->exists ? sink->old_stat.st_mode & 07777 : sink->new_mode;

    if (!sink->exists && stat(sink->folder, &like) != 0)
        return raise_errno(err, "look at", sink->folder);
    if (fstat(fd, &now) != 0)
        return raise_errno(err, "look at", sink->made_path);
    if ((sink->exists || geteuid() == 0) &&
        (now.st_uid != like.st_uid || now.st_gid != like.st_gid) &&
        fchown(fd, like.st_uid, like.st_gid) != 0)
        return raise_errno(err, "keep the owner of", sink->path);
    if (fchmod(fd, mode) != 0 || fsync(fd) != 0)
        return raise_errno(err, "complete", sink->made_path);
    return MIG_OK;
}

static mig_status
still_the_same(const mig__sqlite_sink *sink, mig_error *err)
{
    struct stat now;
    bool        there = lstat(sink->path, &now) == 0;

    if (there == sink->exists &&
        (!there || (now.st_ino == sink->old_stat.st_ino && now.st_dev == sink->old_stat.st_dev)))
        return MIG_OK;
    return mig_raise(err, MIG_E_CHANGED, "the target %s was made or replaced meanwhile",
                     sink->path);
}

/* The lock on the old file holds, so an empty -wal is our own. */
static mig_status
put_in_place(mig__sqlite_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *wal = joined(sink->path, "-wal", "");

    if (wal == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a path");
        goto done;
    }
    MIG_TRY(still_the_same(sink, err));
    MIG_TRY(look_at_companions(sink, err));
    if (sqlite3_db_config(sink->old, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK) {
        st = mig__sqlite_write_fail(sink->old, sink->path, err);
        goto done;
    }
    if (unlink(wal) != 0 && errno != ENOENT) {
        st = raise_errno(err, "remove", wal);
        goto done;
    }
    if (rename(sink->made_path, sink->path) != 0) {
        st = raise_errno(err, "replace the target", sink->path);
        goto done;
    }
    free(sink->made_path);
    sink->made_path = NULL;
done:
    free(wal);
    return st;
}

mig_status
mig__replace_exchange(mig__sqlite_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    sqlite3   *db = sink->made;
    int        folder = -1;

    if (sink->wal)
        MIG_TRY(mig__sqlite_write(sink, "PRAGMA journal_mode = WAL", sink->made_path, err));
    pthread_mutex_lock(&sink->lock);
    sink->made = NULL;
    pthread_mutex_unlock(&sink->lock);
    if (sqlite3_close(db) != SQLITE_OK) {
        st = mig_raise(err, MIG_E_INTERNAL, "the new file is still in use");
        goto done;
    }
    folder = open(sink->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        st = raise_errno(err, "complete", sink->made_path);
        goto done;
    }
    MIG_TRY(hand_over(sink, err));
    MIG_TRY(put_in_place(sink, err));
    if (fsync(folder) != 0)
        st = raise_errno(err, "sync", sink->folder);
done:
    if (folder >= 0)
        close(folder);
    sink->failed = true; /* nothing more can be written, whatever came out */
    return st;
}

void
mig__replace_close(mig__sqlite_sink *sink)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

    sqlite3_close_v2(sink->made);
    if (sink->made_fd >= 0) /* behind SQLite's, whose locks would go with it */
        close(sink->made_fd);
    for (size_t i = 0; sink->made_path != NULL && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char *path = joined(sink->made_path, suffixes[i], "");

        if (path != NULL)
            unlink(path);
        free(path);
    }
    sqlite3_close_v2(sink->old);
    free(sink->made_path);
    free(sink->path);
    free(sink->folder);
}
