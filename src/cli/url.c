/*
 * url.c - from an argument to a database URL.
 *
 * The forms are those that Uptrakit accepts, parsed as its database library
 * parses them.  Messages name the option, the variable or the file, and at most
 * a scheme or a parameter's name: a person who put a password in the wrong place
 * must not find it in a log.
 */
#include "url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The longest first line of a file:PATH. */
#define URL_MAX 65536

/* Of what a user wrote, the longest word that a message repeats. */
#define WORD_MAX 32

static const char word_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789+-._";

static const char variable_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_";

static mig_status
no_memory(mig_error *err)
{
    return mig_raise(err, MIG_E_NOMEM, "cannot allocate memory for a URL");
}

/* If `text` begins with the prefix: what stands behind it, else NULL. */
static const char *
behind(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static void
cleanse_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* ---- SQLite ------------------------------------------------------------------------------ */

static int
hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char       *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) % 16 : -1;
}

/* `len` characters to a new string. */
static mig_status
percent_decode(const char *text, size_t len, const char *what, char **outp, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *out = malloc(len + 1);
    size_t     n = 0;

    *outp = NULL;
    if (out == NULL)
        return no_memory(err);
    for (size_t i = 0; i < len; i++) {
        int high, low;

        if (text[i] != '%') {
            out[n++] = text[i];
            continue;
        }
        high = i + 1 < len ? hex_value(text[i + 1]) : -1;
        low = i + 2 < len ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            st = mig_raise(err, MIG_E_USAGE, "\"%%\" without two hexadecimal digits in the %s",
                           what);
            mig_error_hint(err, "a percent sign itself is written %%25");
            goto done;
        }
        if (high == 0 && low == 0) {
            st = mig_raise(err, MIG_E_USAGE, "a NUL character (%%00) in the %s", what);
            goto done;
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    out[n] = '\0';
    *outp = out;
    out = NULL;
done:
    free(out);
    return st;
}

static mig_status
in_memory(mig_error *err)
{
    mig_status st = mig_raise(err, MIG_E_USAGE, "a database in memory cannot be migrated");

    mig_error_hint(err, "name a file: sqlite:///absolute/path.db or sqlite://relative/path.db");
    return st;
}

/* A value out of a fixed list; *choicep is its place in it. */
static mig_status
choose(const char *name, const char *value, const char *const *choices, unsigned *choicep,
       mig_error *err)
{
    mig_status st;

    for (unsigned i = 0; choices[i] != NULL; i++) {
        if (strcmp(value, choices[i]) == 0) {
            *choicep = i;
            return MIG_OK;
        }
    }
    st = mig_raise(err, MIG_E_USAGE, "the SQLite parameter \"%s\" does not have this value", name);
    for (unsigned i = 0; choices[i] != NULL; i++)
        mig_error_detail(err, "accepted: %s=%s", name, choices[i]);
    return st;
}

static mig_status
unknown_parameter(const char *name, mig_error *err)
{
    size_t     len = strlen(name);
    mig_status st;

    if (len > 0 && len <= WORD_MAX && strspn(name, word_characters) == len)
        st = mig_raise(err, MIG_E_USAGE, "unknown SQLite parameter \"%s\"", name);
    else
        st = mig_raise(err, MIG_E_USAGE, "unknown SQLite parameter");
    mig_error_hint(err, "the parameters are mode, cache, immutable and vfs; "
                        "a question mark in the path is written %%3F");
    return st;
}

static mig_status
set_parameter(mig_url *url, const char *name, const char *value, mig_error *err)
{
    static const char *const modes[] = {"ro", "rw", "rwc", "memory", NULL};
    static const char *const caches[] = {"private", "shared", NULL};
    static const char *const switches[] = {"0", "1", "false", "true", NULL};
    mig_status               st = MIG_OK;
    unsigned                 choice = 0;

    if (strcmp(name, "mode") == 0) {
        MIG_TRY(choose(name, value, modes, &choice, err));
        if (choice == 3)
            return in_memory(err);
        url->mode = MIG_URL_MODE_RO + choice;
    } else if (strcmp(name, "cache") == 0) {
        MIG_TRY(choose(name, value, caches, &choice, err));
        url->cache = MIG_URL_CACHE_PRIVATE + choice;
    } else if (strcmp(name, "immutable") == 0) {
        MIG_TRY(choose(name, value, switches, &choice, err));
        url->immutable = choice % 2 == 1;
    } else if (strcmp(name, "vfs") == 0) {
        free(url->vfs);
        if ((url->vfs = strdup(value)) == NULL)
            st = no_memory(err);
    } else {
        st = unknown_parameter(name, err);
    }
done:
    return st;
}

/* "name=value&name=value"; a later one of the same name wins, as in the application. */
static mig_status
parse_parameters(mig_url *url, const char *text, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *name = NULL;
    char      *value = NULL;

    while (*text != '\0') {
        size_t len = strcspn(text, "&");
        size_t name_len = strcspn(text, "=&");

        if (len > 0) {
            size_t value_at = name_len < len ? name_len + 1 : len;

            MIG_TRY(percent_decode(text, name_len, "parameters", &name, err));
            MIG_TRY(percent_decode(text + value_at, len - value_at, "parameters", &value, err));
            MIG_TRY(set_parameter(url, name, value, err));
        }
        free(name);
        free(value);
        name = value = NULL;
        text += len + (text[len] == '&');
    }
done:
    free(name);
    free(value);
    return st;
}

static mig_status
parse_sqlite(mig_url *url, const char *rest, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t     path_len = strcspn(rest, "?");

    url->kind = MIG_URL_SQLITE;
    MIG_TRY(percent_decode(rest, path_len, "path", &url->path, err));
    if (strcmp(url->path, ":memory:") == 0) {
        st = in_memory(err);
        goto done;
    }
    if (rest[path_len] == '?')
        MIG_TRY(parse_parameters(url, rest + path_len + 1, err));
    if (url->path[0] == '\0') {
        st = mig_raise(err, MIG_E_USAGE, "the URL names no file");
        mig_error_hint(err, "write sqlite:///absolute/path.db or sqlite://relative/path.db");
    }
done:
    return st;
}

/* ---- the whole text ---------------------------------------------------------------------- */

/* A word that is no scheme may be anything; it is repeated only if it was typed as an argument. */
static mig_status
unsupported_scheme(const char *text, bool typed, mig_error *err)
{
    const char *sep = strstr(text, "://");
    size_t      len = sep != NULL ? (size_t)(sep - text) : strcspn(text, ":");
    bool        shown = (typed || sep != NULL) && len > 0 && len <= WORD_MAX &&
                 strspn(text, word_characters) >= len;
    mig_status st;

    if (shown)
        st = mig_raise(err, MIG_E_USAGE, "unsupported database URL scheme: %.*s", (int)len, text);
    else
        st = mig_raise(err, MIG_E_USAGE, "unsupported database URL scheme");
    if (typed && access(text, F_OK) == 0)
        mig_error_hint(err, "an SQLite file is written sqlite://%s", text);
    else if (behind(text, "sqlite:") != NULL)
        mig_error_hint(err, "write sqlite:///absolute/path.db or sqlite://relative/path.db");
    else
        mig_error_hint(err, "accepted are sqlite://, postgres:// and postgresql://; "
                            "env:NAME and file:PATH name a place where the URL stands");
    return st;
}

static mig_status
parse_text(const char *text, bool typed, mig_url *url, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *rest;

    if ((rest = behind(text, "sqlite://")) != NULL) {
        MIG_TRY(parse_sqlite(url, rest, err));
    } else if (behind(text, "postgres://") != NULL || behind(text, "postgresql://") != NULL) {
        url->kind = MIG_URL_POSTGRES;
        if ((url->conninfo = strdup(text)) == NULL) {
            st = no_memory(err);
            goto done;
        }
    } else {
        st = unsupported_scheme(text, typed, err);
        goto done;
    }
    if ((url->display = mig__url_display(text)) == NULL)
        st = no_memory(err);
done:
    return st;
}

static mig_status
parse_environment(const char *name, mig_url *url, mig_error *err)
{
    size_t      len = strlen(name);
    const char *text;
    mig_status  st;

    /* A URL behind "env:" is a slip that must not be repeated with its password. */
    if (len == 0 || strspn(name, variable_characters) != len)
        return mig_raise(err, MIG_E_USAGE, "env: is not followed by the name of a variable");
    text = getenv(name);
    if (text == NULL || *text == '\0')
        return mig_raise(err, MIG_E_USAGE, "the environment variable %s is %s", name,
                         text == NULL ? "not set" : "empty");
    st = parse_text(text, false, url, err);
    if (st != MIG_OK)
        mig_error_detail(err, "the URL was taken from the environment variable %s", name);
    return st;
}

/* Until the first line is whole, the file ends, or the buffer is full. */
static mig_status
read_first_line(int fd, const char *path, char *line, mig_error *err)
{
    size_t      len = 0;
    const char *end;

    while (len < URL_MAX && memchr(line, '\n', len) == NULL) {
        ssize_t n = read(fd, line + len, URL_MAX - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return mig_raise(err, MIG_E_IO, "cannot read %s: %s", path, strerror(errno));
        if (n == 0)
            break;
        len += (size_t)n;
    }
    end = memchr(line, '\n', len);
    if (end == NULL && len == URL_MAX)
        return mig_raise(err, MIG_E_USAGE, "the first line of %s is too long for a URL", path);
    if (end != NULL)
        len = (size_t)(end - line);
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (memchr(line, '\0', len) != NULL)
        return mig_raise(err, MIG_E_USAGE, "the first line of %s has a NUL character", path);
    line[len] = '\0';
    if (len == 0)
        return mig_raise(err, MIG_E_USAGE, "the first line of %s is empty", path);
    return MIG_OK;
}

/* Called for PostgreSQL only: the URL of an SQLite file holds no secret. */
static mig_status
check_mode(int fd, const char *path, mig_url *url, mig_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return mig_raise(err, MIG_E_IO, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode) || (info.st_mode & (S_IRGRP | S_IROTH)) == 0)
        return MIG_OK;
    if (asprintf(&url->warning,
                 "file %s holds a database URL and can be read by others (mode %04o)", path,
                 (unsigned)(info.st_mode & 07777)) < 0) {
        url->warning = NULL;
        return no_memory(err);
    }
    return MIG_OK;
}

static mig_status
parse_file(const char *path, mig_url *url, mig_error *err)
{
    mig_status st = MIG_OK;
    int        fd;
    char      *line = NULL;

    if (*path == '\0' || strstr(path, "://") != NULL)
        return mig_raise(err, MIG_E_USAGE, "file: is not followed by a path");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mig_raise(err, MIG_E_IO, "cannot read %s: %s", path, strerror(errno));
    if ((line = malloc(URL_MAX + 1)) == NULL) {
        st = no_memory(err);
        goto done;
    }
    MIG_TRY(read_first_line(fd, path, line, err));
    st = parse_text(line, false, url, err);
    if (st != MIG_OK)
        mig_error_detail(err, "the URL was taken from the file %s", path);
    else if (url->kind == MIG_URL_POSTGRES)
        st = check_mode(fd, path, url, err);
done:
    if (line != NULL)
        explicit_bzero(line, URL_MAX + 1);
    free(line);
    close(fd);
    return st;
}

mig_status
mig__url_parse(const char *option, const char *text, mig_url *url, mig_error *err)
{
    mig_status  st;
    const char *rest;

    *url = (mig_url)MIG_URL_INIT;
    if (*text == '\0')
        st = mig_raise(err, MIG_E_USAGE, "the URL is empty");
    else if ((rest = behind(text, "env:")) != NULL)
        st = parse_environment(rest, url, err);
    else if ((rest = behind(text, "file:")) != NULL)
        st = parse_file(rest, url, err);
    else
        st = parse_text(text, true, url, err);
    if (st != MIG_OK) {
        mig_error_context(err, "%s", option);
        mig__url_fini(url);
    }
    return st;
}

void
mig__url_fini(mig_url *url)
{
    cleanse_free(url->conninfo);
    free(url->path);
    free(url->vfs);
    free(url->display);
    free(url->warning);
    *url = (mig_url)MIG_URL_INIT;
}

/* ---- one file under two names ------------------------------------------------------------ */

static mig_status
look_at(const char *path, struct stat *info, bool *existsp, mig_error *err)
{
    *existsp = stat(path, info) == 0;
    if (!*existsp && errno != ENOENT)
        return mig_raise(err, MIG_E_IO, "cannot look at %s: %s", path, strerror(errno));
    return MIG_OK;
}

/* The folder without symbolic links; NULL in *folderp if it does not exist. */
static mig_status
resolve_folder(const char *path, char **folderp, const char **namep, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *slash = strrchr(path, '/');
    size_t      len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    char       *folder = slash != NULL ? strndup(path, len) : strdup(".");

    *folderp = NULL;
    *namep = path + len;
    if (folder == NULL)
        return no_memory(err);
    *folderp = realpath(folder, NULL);
    if (*folderp == NULL && errno != ENOENT)
        st = mig_raise(err, MIG_E_IO, "cannot look at %s: %s", folder, strerror(errno));
    free(folder);
    return st;
}

mig_status
mig__url_same_file(const mig_url *a, const mig_url *b, bool *samep, mig_error *err)
{
    mig_status  st = MIG_OK;
    struct stat a_info, b_info;
    bool        a_exists, b_exists;
    char       *a_folder = NULL;
    char       *b_folder = NULL;
    const char *a_name, *b_name;

    *samep = false;
    if (a->kind != MIG_URL_SQLITE || b->kind != MIG_URL_SQLITE)
        return MIG_OK;
    MIG_TRY(look_at(a->path, &a_info, &a_exists, err));
    MIG_TRY(look_at(b->path, &b_info, &b_exists, err));
    if (a_exists && b_exists)
        *samep = a_info.st_dev == b_info.st_dev && a_info.st_ino == b_info.st_ino;
    if (a_exists || b_exists)
        goto done;
    MIG_TRY(resolve_folder(a->path, &a_folder, &a_name, err));
    MIG_TRY(resolve_folder(b->path, &b_folder, &b_name, err));
    *samep = a_folder != NULL && b_folder != NULL && strcmp(a_folder, b_folder) == 0 &&
             strcmp(a_name, b_name) == 0;
done:
    free(a_folder);
    free(b_folder);
    return st;
}
