/*
 * location.c - the file of a SQLite database, looked at before SQLite opens it.
 *
 * The first bytes of the file and its companions decide how it can be read
 * without changing a byte of it:
 *
 *   no content                         nothing to lock: immutable
 *   WAL mode, no -wal                  immutable, since a normal open would leave -wal and -shm
 *   any -wal                           a normal read-only open
 *   rollback mode                      a normal read-only open
 *   a hot -journal                     not at all: reading it means rolling back
 *
 * A journal is hot, as SQLite sees it, when its first byte is not zero
 * (journal_mode PERSIST leaves a zeroed header behind) and nobody holds the
 * RESERVED lock, that is, when no living program is in the middle of a
 * transaction.
 *
 * An empty file is a database without tables, and an empty companion may stand
 * beside it.
 *
 * Threads: the one that opens the source.
 */
#include "location.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of the header that are looked at; "SQLite file format", 1.3. */
#define HEADER_LEN          20
#define HEADER_MAGIC        "SQLite format 3" /* with its NUL, 16 bytes */
#define HEADER_READ_VERSION 19
#define READ_VERSION_WAL    2

/* SQLite's PENDING_BYTE + 1: held by a connection that is going to write. */
#define RESERVED_LOCK_BYTE 0x40000001

typedef struct companion {
    bool  exists;
    off_t size;
} companion;

static companion
look_for_companion(const char *path, const char *suffix)
{
    mig_buf     name = MIG_BUF_INIT;
    struct stat found;
    companion   it = {false, 0};

    mig_buf_printf(&name, "%s%s", path, suffix);
    if (!name.failed && stat(mig_buf_text(&name), &found) == 0) {
        it.exists = true;
        it.size = found.st_size;
    }
    mig_buf_fini(&name);
    return it;
}

static void
user_words(uid_t uid, char *out, size_t size)
{
    struct passwd  entry;
    struct passwd *found = NULL;
    char           scratch[1024];

    if (getpwuid_r(uid, &entry, scratch, sizeof scratch, &found) == 0 && found != NULL)
        snprintf(out, size, "%s (uid %ju)", entry.pw_name, (uintmax_t)uid);
    else
        snprintf(out, size, "uid %ju", (uintmax_t)uid);
}

/* Why open(2) or stat(2) refused. */
static mig_status
raise_unreadable(const char *path, int error, mig_error *err)
{
    struct stat found;
    char        me[128], owner[128];

    if (error == ENOENT || error == ENOTDIR) {
        mig_raise(err, MIG_E_CONNECT, "database %s does not exist", path);
        mig_error_hint(err, "check the path; a relative one is looked up in the current folder");
        return MIG_E_CONNECT;
    }
    mig_raise(err, MIG_E_CONNECT, "cannot open database %s", path);
    user_words(geteuid(), me, sizeof me);
    if (error != EACCES && error != EPERM) {
        mig_error_detail(err, "%s", strerror(error));
    } else if (stat(path, &found) == 0) {
        user_words(found.st_uid, owner, sizeof owner);
        mig_error_detail(err, "it belongs to %s and has mode %04o; this program runs as %s", owner,
                         (unsigned)(found.st_mode & 07777), me);
        mig_error_hint(err, "run this as a user who may read the file");
    } else {
        mig_error_detail(err, "%s may not enter its folder", me);
        mig_error_hint(err, "run this as a user who may read the file");
    }
    return MIG_E_CONNECT;
}

static mig_status
raise_not_a_database(const char *path, mig_error *err)
{
    mig_raise(err, MIG_E_CONNECT, "%s is not a SQLite database, or it is encrypted", path);
    mig_error_detail(err, "its first 16 bytes are not those of a SQLite 3 file");
    mig_error_hint(err, "an encrypted database has to be decrypted first, an SQL dump to be loaded "
                        "(sqlite3 new.db < dump.sql)");
    return MIG_E_CONNECT;
}

mig_status
mig__location_raise_hot(const mig__location *location, mig_error *err)
{
    mig_raise(err, MIG_E_CONNECT,
              "cannot read %s: an interrupted transaction has to be rolled back first",
              location->path);
    mig_error_detail(err,
                     "%s-journal was left by a program that did not end properly; rolling back "
                     "would write to the source",
                     location->path);
    mig_error_hint(err, "start the application once and stop it; or copy the database and its "
                        "-journal to another folder, open the copy with sqlite3, run any SELECT "
                        "and give the copy here");
    return MIG_E_CONNECT;
}

/* *lenp bytes of the beginning; fewer than asked for only at the end of the file. */
static mig_status
read_start(int fd, const char *path, unsigned char *out, size_t size, size_t *lenp, mig_error *err)
{
    *lenp = 0;
    while (*lenp < size) {
        ssize_t n = pread(fd, out + *lenp, size - *lenp, (off_t)*lenp);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int error = errno;

            mig_raise(err, MIG_E_IO, "cannot read %s", path);
            mig_error_detail(err, "%s", strerror(error));
            return MIG_E_IO;
        }
        if (n == 0)
            break;
        *lenp += (size_t)n;
    }
    return MIG_OK;
}

/* Whether another process is in the middle of a write transaction. */
static bool
reserved_by_other(int fd)
{
    struct flock lock = {0};

    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = RESERVED_LOCK_BYTE;
    lock.l_len = 1;
    return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Whether the journal has contents to roll back; one that cannot be read may have. */
static bool
journal_begins(const char *path)
{
    mig_buf       name = MIG_BUF_INIT;
    unsigned char first = 0xff;
    int           fd;

    mig_buf_printf(&name, "%s-journal", path);
    fd = name.failed ? -1 : open(mig_buf_text(&name), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    mig_buf_fini(&name);
    if (fd < 0)
        return true;
    if (pread(fd, &first, 1, 0) == 0)
        first = 0; /* Emptied since it was looked for: the transaction has ended. */
    close(fd);
    return first != 0;
}

static mig_status
choose_access(mig__location *location, int fd, mig_error *err)
{
    mig_status    st = MIG_OK;
    companion     wal = look_for_companion(location->path, "-wal");
    companion     journal = look_for_companion(location->path, "-journal");
    unsigned char header[HEADER_LEN];
    size_t        len;

    MIG_TRY(read_start(fd, location->path, header, sizeof header, &len, err));
    if (len == 0) {
        if (wal.size > 0 || journal.size > 0) {
            st = mig_raise(err, MIG_E_CONNECT, "database %s is empty, but not its %s",
                           location->path, wal.size > 0 ? "-wal" : "-journal");
            mig_error_detail(err, "the two do not belong together, or the database was lost");
            mig_error_hint(err, "restore the database from a backup; if there was nothing in it, "
                                "there is nothing to copy");
            goto done;
        }
        location->access = MIG__ACCESS_IMMUTABLE;
        location->had_wal = wal.exists;
        goto done;
    }
    if (len < sizeof header || memcmp(header, HEADER_MAGIC, sizeof HEADER_MAGIC) != 0) {
        st = raise_not_a_database(location->path, err);
        goto done;
    }
    if (journal.size > 0 && journal_begins(location->path) && !reserved_by_other(fd)) {
        st = mig__location_raise_hot(location, err);
        goto done;
    }
    if (wal.exists)
        location->access = MIG__ACCESS_WAL;
    else if (header[HEADER_READ_VERSION] == READ_VERSION_WAL)
        location->access = MIG__ACCESS_IMMUTABLE;
    else
        location->access = MIG__ACCESS_ROLLBACK;
done:
    return st;
}

mig_status
mig__location_look(const char *path, mig__location *location, mig_error *err)
{
    mig_status st = MIG_OK;
    int        fd = -1;

    *location = (mig__location){0};
    location->path = realpath(path, NULL);
    if (location->path == NULL) {
        st = raise_unreadable(path, errno, err);
        goto done;
    }
    /* O_NONBLOCK: a pipe under this name must not hold us. */
    fd = open(location->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &location->mark) != 0) {
        st = raise_unreadable(path, errno, err);
        goto done;
    }
    if (!S_ISREG(location->mark.st_mode)) {
        st = mig_raise(err, MIG_E_CONNECT, "%s is %s, not a database file", path,
                       S_ISDIR(location->mark.st_mode) ? "a folder" : "a device or a pipe");
        goto done;
    }
    MIG_TRY(choose_access(location, fd, err));
done:
    if (fd >= 0)
        close(fd);
    if (st != MIG_OK)
        mig__location_fini(location);
    return st;
}

void
mig__location_uri(const mig__location *location, mig_buf *uri)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/-._~";

    mig_buf_puts(uri, "file:");
    for (const char *p = location->path; *p != '\0'; p++) {
        if (strchr(plain, *p) != NULL)
            mig_buf_add(uri, p, 1);
        else
            mig_buf_printf(uri, "%%%02X", (unsigned)(unsigned char)*p);
    }
    mig_buf_puts(uri, location->access == MIG__ACCESS_IMMUTABLE ? "?immutable=1" : "?mode=ro");
}

mig_status
mig__location_mark(mig__location *location, mig_error *err)
{
    if (stat(location->path, &location->mark) != 0)
        return raise_unreadable(location->path, errno, err);
    return MIG_OK;
}

static bool
same_content(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

mig_status
mig__location_unchanged(const mig__location *location, mig_error *err)
{
    companion   wal = look_for_companion(location->path, "-wal");
    struct stat now;
    const char *how = NULL;

    if (stat(location->path, &now) != 0)
        how = "the file is no longer there";
    else if (now.st_dev != location->mark.st_dev || now.st_ino != location->mark.st_ino)
        how = "another file stands in its place";
    else if (location->access != MIG__ACCESS_WAL && !same_content(&now, &location->mark))
        how = "it was written to";
    else if (location->access == MIG__ACCESS_IMMUTABLE &&
             (wal.exists != location->had_wal || wal.size > 0))
        how = "an application has opened it (there is a -wal beside it now)";
    if (how == NULL)
        return MIG_OK;
    mig_raise(err, MIG_E_CHANGED, "database %s was changed while it was being read",
              location->path);
    mig_error_detail(err, "%s; what was copied may be a mixture of two states", how);
    mig_error_hint(err, "stop the application before the copy, or let it run from the beginning; "
                        "then run this again");
    return MIG_E_CHANGED;
}

void
mig__location_fini(mig__location *location)
{
    free(location->path);
    location->path = NULL;
}
