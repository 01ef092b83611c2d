/*
 * url.h - the database URLs of the command line.
 *
 *   sqlite:///absolute/path.db   sqlite://relative.db   percent-decoded, with the parameters
 *                                mode, cache, immutable and vfs
 *   postgresql://...             postgres://...         libpq's business, passed on unchanged
 *   env:NAME, file:PATH          the URL is the value of the variable, or the file's first line
 *
 * A URL may hold a password.  It stands in `conninfo` and nowhere else: no message has a part of a
 * URL that could be one, and `display` is masked.
 *
 * Threads: the main thread.
 */
#ifndef MIG_URL_H
#define MIG_URL_H

#include "mig/error.h"

typedef enum mig_url_kind {
    MIG_URL_SQLITE,
    MIG_URL_POSTGRES,
} mig_url_kind;

typedef enum mig_url_mode {
    MIG_URL_MODE_DEFAULT, /* not given */
    MIG_URL_MODE_RO,
    MIG_URL_MODE_RW,
    MIG_URL_MODE_RWC,
} mig_url_mode;

typedef enum mig_url_cache {
    MIG_URL_CACHE_DEFAULT, /* not given */
    MIG_URL_CACHE_PRIVATE,
    MIG_URL_CACHE_SHARED,
} mig_url_cache;

typedef struct mig_url {
    mig_url_kind kind;
    char        *display; /* safe to print */
    char        *warning; /* the file the URL is from can be read by others; or NULL */

    /* SQLite. */
    char         *path;
    char         *vfs; /* NULL: not given */
    mig_url_mode  mode;
    mig_url_cache cache;
    bool          immutable;

    /* PostgreSQL. */
    char *conninfo;
} mig_url;

#define MIG_URL_INIT                                                                               \
    {                                                                                              \
        .kind = MIG_URL_SQLITE                                                                     \
    }

/*
 * Parses `text`, the value of `option` ("--source-db"), which begins every message.  Databases in
 * memory are refused: there is nothing to migrate from, and nothing would stay of what was
 * migrated to.  On failure *url needs no fini.
 */
mig_status mig__url_parse(const char *option, const char *text, mig_url *url,
                          mig_error *err) MIG_CHECKED;

/* Cleanses what may hold a password. */
void mig__url_fini(mig_url *url);

/*
 * Whether both are SQLite files and the same one, by whatever path.  Files are looked at with
 * stat alone: opening and closing a database file drops the locks SQLite holds on it.
 */
mig_status mig__url_same_file(const mig_url *a, const mig_url *b, bool *samep,
                              mig_error *err) MIG_CHECKED;

/*
 * A PostgreSQL URL as it may be printed: "***" for everything before the last "@" and for the
 * values of parameters that are not known to be harmless.  To be freed; NULL without memory.
 */
char *mig__url_display(const char *text);

/*
 * Overwrites the passwords of a URL in an argument with 'x', in place and of the same length, so
 * that they leave the process list.  `arg` may be the URL or "--option=URL".
 */
void mig__url_wipe_argument(char *arg);

#endif
