/*
 * same_pages.c - is the new file the source, byte by byte?
 *
 * A clone is made of pages, so it is proven by pages: each is read again from both
 * files and compared.  That finds what walking the new file's trees cannot, as a
 * changed byte inside of a value; and what is damaged in it is damaged in the source.
 *
 * The file itself is the snapshot's state only where no page of it stands in a
 * write-ahead log.  Both files are read through SQLite's own handles: a descriptor of
 * ours would drop the source's locks when it is closed (location.h).
 *
 * Not compared: the lock-byte page ("Database File Format", 1.3), which nobody
 * writes, and what SQLite counts and notes in the header of each file by itself.
 *
 * Threads: the one that has source and sink.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/sqlite.h"
#include "sqlite_sink.h"

/* Whole pages of any size. */
#define SLICE_SIZE ((size_t)1 << 20)

/* "Database File Format", 1.3.14: the page with this byte. */
#define LOCK_BYTE ((uint64_t)0x40000000)

/* Fields of the header ("Database File Format", 1.3) that belong to the file and not to its
 * content. */
static const struct {
    size_t at, len;
} of_the_file[] = {
    {18, 2}, /* the journal mode */
    {24, 4}, /* changes of the file */
    {40, 4}, /* the schema's version: a backup counts it up */
    {92, 8}, /* which change a version of the library has made last */
};

typedef struct sides {
    sqlite3_file  *files[2];
    unsigned char *slices[2];
    uint64_t       page_size, n_bytes;
} sides;

static mig_status
file_of(sqlite3 *db, sqlite3_file **filep, mig_error *err)
{
    *filep = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, filep) != SQLITE_OK ||
        *filep == NULL || (*filep)->pMethods == NULL)
        return mig_raise(err, MIG_E_INTERNAL, "SQLite does not tell its file");
    return MIG_OK;
}

/* The two databases have as many pages, of one size, and the files hold them. */
static mig_status
measure(sides *s, sqlite3 *from, sqlite3 *made, mig_error *err)
{
    static const char *const questions[] = {"PRAGMA page_size", "PRAGMA page_count"};
    sqlite3 *const           dbs[] = {from, made};
    int64_t                  answers[2][2];
    mig_status               st = MIG_OK;

    for (size_t side = 0; side < 2; side++) {
        sqlite3_int64 size = 0;

        for (size_t i = 0; i < 2; i++)
            MIG_TRY(
                mig__sqlite_number(dbs[side], questions[i], "the file", &answers[side][i], err));
        MIG_TRY(file_of(dbs[side], &s->files[side], err));
        if (s->files[side]->pMethods->xFileSize(s->files[side], &size) != SQLITE_OK ||
            size < answers[side][0] * answers[side][1]) {
            st = mig_raise(err, MIG_E_DIFFERS, "%s is shorter than its pages",
                           side == 0 ? "the source" : "the new file");
            goto done;
        }
    }
    if (memcmp(answers[0], answers[1], sizeof answers[0]) != 0)
        st = mig_raise(err, MIG_E_DIFFERS, "the new file has other pages than the source");
    s->page_size = (uint64_t)answers[0][0];
    s->n_bytes = s->page_size * (uint64_t)answers[0][1];
done:
    return st;
}

static void
forget_what_is_of_the_file(const sides *s)
{
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < sizeof of_the_file / sizeof of_the_file[0]; i++)
            memset(s->slices[side] + of_the_file[i].at, 0, of_the_file[i].len);
}

static mig_status
raise_page(const sides *s, uint64_t at, size_t len, mig_error *err)
{
    size_t same = 0;

    while (same < len && s->slices[0][same] == s->slices[1][same])
        same++;
    return mig_raise(err, MIG_E_DIFFERS, "page %llu of the new file is not the source's",
                     (unsigned long long)((at + same) / s->page_size + 1));
}

static mig_status
compare_slice(const sides *s, uint64_t at, size_t len, mig_error *err)
{
    for (size_t side = 0; side < 2; side++)
        if (s->files[side]->pMethods->xRead(s->files[side], s->slices[side], (int)len,
                                            (sqlite3_int64)at) != SQLITE_OK)
            return mig_raise(err, MIG_E_IO, "cannot read the pages of %s again",
                             side == 0 ? "the source" : "the new file");
    if (at == 0)
        forget_what_is_of_the_file(s);
    if (at == LOCK_BYTE) /* slices begin there */
        for (size_t side = 0; side < 2; side++)
            memset(s->slices[side], 0, len < s->page_size ? len : s->page_size);
    return memcmp(s->slices[0], s->slices[1], len) == 0 ? MIG_OK : raise_page(s, at, len, err);
}

static mig_status
compare_all(const mig__sqlite_source *source, sqlite3 *from, mig__sqlite_sink *sink, const sides *s,
            mig_error *err)
{
    mig_status st = MIG_OK;

    for (uint64_t at = 0; at < s->n_bytes; at += SLICE_SIZE) {
        uint64_t left = s->n_bytes - at;

        MIG_TRY(mig__sqlite_check(source, from, err));
        if (atomic_load(&sink->stopped)) {
            st = mig_raise(err, MIG_E_STOPPED, "reading the new file was interrupted");
            goto done;
        }
        MIG_TRY(compare_slice(s, at, left < SLICE_SIZE ? (size_t)left : SLICE_SIZE, err));
    }
done:
    return st;
}

mig_status
mig_sqlite_compare_pages(mig_source *base_source, mig_sink *base_sink, bool thorough,
                         mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base_source);
    mig__sqlite_sink   *sink = mig__sqlite_sink_of(base_sink);
    mig_status          st = MIG_OK;
    sides               s = {.slices = {malloc(SLICE_SIZE), malloc(SLICE_SIZE)}};
    sqlite3            *from;

    if (s.slices[0] == NULL || s.slices[1] == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a slice of pages");
        goto done;
    }
    if (!sink->is_clone || sink->failed) {
        st = mig_raise(err, MIG_E_INTERNAL, "there is no clone to be compared");
        goto done;
    }
    if (source->location.access == MIG__ACCESS_WAL) /* finish() looks through the new file */
        goto done;
    MIG_TRY(mig__sqlite_reader(source, 0, &from, err));
    MIG_TRY(measure(&s, from, sink->made, err));
    MIG_TRY(compare_all(source, from, sink, &s, err));
    sink->has_source_pages = !thorough;
done:
    free(s.slices[0]);
    free(s.slices[1]);
    return st;
}
