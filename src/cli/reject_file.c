/*
 * reject_file.c - the file of the rows that were set aside.
 *
 * Each line is one write at the end of the file, so that a run that is killed
 * leaves whole lines but for perhaps the last one, which is cut off when another
 * run goes on.
 *
 * A run that goes on reads rows again that are in the file.  Their lines are the
 * same, byte by byte; so the lines that are there are known by their hashes, and
 * one that comes is written unless it is one of them that has not come yet.
 */
#include "reject_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mig/buf.h"
#include "mig/codec.h"
#include "mig/digest.h"

typedef struct known {
    mig_hash hash;
    bool     came;
} known;

struct mig_reject_file {
    mig_aside aside; /* first: an aside is a file */
    char     *path;
    int       fd;

    pthread_mutex_t lock; /* guards all below */
    uint64_t        n_rows;
    bool            unflushed;
    bool            failed; /* a line may be there in part */
    known          *known;  /* sorted */
    size_t          n_known;
};

static mig_status
fail(const mig_reject_file *file, const char *what, int reason, mig_error *err)
{
    mig_raise(err, MIG_E_IO, "cannot %s %s, the file of rows that are set aside", what, file->path);
    mig_error_detail(err, "%s", strerror(reason));
    return MIG_E_IO;
}

/* ---- values -------------------------------------------------------------------------------- */

static void
add_hex(mig_buf *out, const char *member, const mig_value *value)
{
    static const char digits[] = "0123456789abcdef";
    char              pair[2];

    mig_buf_printf(out, "{\"%s\": \"", member);
    for (size_t i = 0; i < value->len; i++) {
        pair[0] = digits[(unsigned char)value->data[i] >> 4];
        pair[1] = digits[(unsigned char)value->data[i] & 15];
        mig_buf_add(out, pair, 2);
    }
    mig_buf_puts(out, "\"}");
}

/* U+0000 has a form in JSON. */
static bool
is_utf8(const mig_value *value)
{
    size_t at = 0, fault = 0;

    while (at < value->len) {
        mig_utf8_fault kind = mig_utf8_check(value->data + at, value->len - at, &fault);

        if (kind == MIG_UTF8_OK)
            return true;
        if (kind == MIG_UTF8_INVALID)
            return false;
        at += fault + 1;
    }
    return true;
}

static void
add_real(mig_buf *out, double real)
{
    char text[40];

    if (isnan(real)) {
        mig_buf_puts(out, "{\"real\": \"NaN\"}");
    } else if (isinf(real)) {
        mig_buf_printf(out, "{\"real\": \"%sInfinity\"}", real < 0 ? "-" : "");
    } else {
        snprintf(text, sizeof text, "%.17g", real);
        mig_buf_printf(out, "%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "");
    }
}

static void
add_value(mig_buf *out, const mig_aside_value *value)
{
    const mig_value *v = &value->value;

    switch (value->form) {
    case MIG_ASIDE_UTF16:
        add_hex(out, "text_utf16_hex", v);
        return;
    case MIG_ASIDE_WIRE:
        add_hex(out, "wire_hex", v);
        return;
    case MIG_ASIDE_PLAIN:
        break;
    }
    switch (v->class) {
    case MIG_VALUE_NULL:
        mig_buf_puts(out, "null");
        return;
    case MIG_VALUE_INTEGER:
        mig_buf_printf(out, "%" PRId64, v->integer);
        return;
    case MIG_VALUE_REAL:
        add_real(out, v->real);
        return;
    case MIG_VALUE_TEXT:
        if (is_utf8(v))
            mig_buf_json(out, v->data, v->len);
        else
            add_hex(out, "text_hex", v);
        return;
    case MIG_VALUE_BLOB:
        add_hex(out, "blob_hex", v);
        return;
    }
}

/* ---- lines --------------------------------------------------------------------------------- */

static void
add_text(mig_buf *out, const char *name, const char *text)
{
    mig_buf_printf(out, "\"%s\": ", name);
    if (text != NULL)
        mig_buf_json(out, text, strlen(text));
    else
        mig_buf_puts(out, "null");
    mig_buf_puts(out, ", ");
}

static void
add_member(mig_buf *out, const char *name, bool first)
{
    mig_buf_puts(out, first ? "" : ", ");
    mig_buf_json(out, name, strlen(name));
    mig_buf_puts(out, ": ");
}

/* The primary key, or where there is none SQLite's rowid. */
static void
add_key(mig_buf *out, const mig_aside_row *row)
{
    bool any = false;

    mig_buf_puts(out, "\"key\": {");
    for (size_t i = 0; i < row->plan->n_columns; i++) {
        const mig_column *column = row->plan->columns[i].source;

        if (column->pk_position == 0)
            continue;
        add_member(out, column->name, !any);
        add_value(out, &row->values[i]);
        any = true;
    }
    if (!any && row->rowid != NULL && row->plan->source->rowid_name != NULL) {
        add_member(out, row->plan->source->rowid_name, true);
        mig_buf_printf(out, "%" PRId64, *row->rowid);
    }
    mig_buf_puts(out, "}, ");
}

static void
put_together(const mig_aside_row *row, mig_buf *out)
{
    const mig_table_plan *plan = row->plan;

    mig_buf_puts(out, "{");
    add_text(out, "table", plan->source->name);
    add_key(out, row);
    add_text(out, "column", row->column != NULL ? row->column->source->name : NULL);
    add_text(out, "reason", row->reason);
    add_text(out, "sqlstate", row->state);
    add_text(out, "constraint", row->constraint);
    mig_buf_puts(out, "\"values\": {");
    for (size_t i = 0; i < plan->n_columns; i++) {
        add_member(out, plan->columns[i].source->name, i == 0);
        add_value(out, &row->values[i]);
    }
    mig_buf_puts(out, "}}\n");
}

/* ---- those that are there ------------------------------------------------------------------ */

static int
compare_known(const void *a, const void *b)
{
    const mig_hash *x = &((const known *)a)->hash, *y = &((const known *)b)->hash;

    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    return x->low < y->low ? -1 : x->low > y->low;
}

/* Whether the line is one of them that had not come; now it has. */
static bool
is_known(mig_reject_file *file, mig_hash hash)
{
    const known key = {.hash = hash};
    size_t      low = 0, high = file->n_known;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_known(&file->known[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < file->n_known && compare_known(&file->known[low], &key) == 0; low++)
        if (!file->known[low].came)
            return file->known[low].came = true;
    return false;
}

/* How each line begins. */
static const char beginning[] = "{\"table\": ";

static mig_status
learn(mig_reject_file *file, const char *line, size_t len, mig_error *err)
{
    if (file->n_known % 1024 == 0) {
        known *grown = reallocarray(file->known, file->n_known + 1024, sizeof *grown);

        if (grown == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot hold what %s has", file->path);
        file->known = grown;
    }
    file->known[file->n_known++] = (known){.hash = mig_hash_bytes(line, len)};
    return MIG_OK;
}

mig_status
mig__reject_again(mig_reject_file *file, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *line = NULL;
    size_t     cap = 0;
    off_t      whole = 0;
    ssize_t    len;
    FILE      *in = fopen(file->path, "re");

    if (in == NULL)
        return fail(file, "read", errno, err);
    file->n_known = 0;
    while ((len = getline(&line, &cap, in)) > 0) {
        if (strncmp(line, beginning,
                    (size_t)len < strlen(beginning) ? (size_t)len : strlen(beginning)) != 0) {
            st = mig_raise(err, MIG_E_REFUSED, "%s is no file of rows that were set aside",
                           file->path);
            goto done;
        }
        if (line[len - 1] != '\n')
            break; /* a run was killed over it */
        MIG_TRY(learn(file, line, (size_t)len, err));
        whole += len;
    }
    if (ferror(in) || ftruncate(file->fd, whole) != 0) {
        st = fail(file, "read", errno, err);
        goto done;
    }
    if (file->n_known > 0)
        qsort(file->known, file->n_known, sizeof *file->known, compare_known);
    file->n_rows = file->n_known;
done:
    free(line);
    fclose(in);
    return st;
}

/* ---- the aside ----------------------------------------------------------------------------- */

static mig_status
write_line(mig_reject_file *file, const mig_buf *line, mig_error *err)
{
    for (size_t done = 0; done < line->len;) {
        ssize_t n = write(file->fd, line->data + done, line->len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            file->failed = true;
            return fail(file, "write into", n < 0 ? errno : ENOSPC, err);
        }
        done += (size_t)n;
    }
    file->unflushed = true;
    file->n_rows++;
    return MIG_OK;
}

static mig_status
put(mig_aside *aside, const mig_aside_row *row, mig_error *err)
{
    mig_reject_file *file = (mig_reject_file *)aside;
    mig_status       st = MIG_OK;
    mig_buf          line = MIG_BUF_INIT;

    put_together(row, &line);
    MIG_TRY(mig_buf_check(&line, err));
    pthread_mutex_lock(&file->lock);
    if (file->failed)
        st = mig_raise(err, MIG_E_IO, "cannot write into %s any more", file->path);
    else if (file->n_known == 0 || !is_known(file, mig_hash_bytes(line.data, line.len)))
        st = write_line(file, &line, err);
    pthread_mutex_unlock(&file->lock);
done:
    mig_buf_fini(&line);
    return st;
}

static mig_status
flush(mig_aside *aside, mig_error *err)
{
    mig_reject_file *file = (mig_reject_file *)aside;
    mig_status       st = MIG_OK;

    pthread_mutex_lock(&file->lock);
    if (file->unflushed && fsync(file->fd) != 0) {
        file->failed = true;
        st = fail(file, "write into", errno, err);
    }
    file->unflushed = file->unflushed && st != MIG_OK;
    pthread_mutex_unlock(&file->lock);
    return st;
}

/* ---- the file ------------------------------------------------------------------------------ */

static mig_status
open_file(mig_reject_file *file, bool resume, mig_error *err)
{
    struct stat there;

    file->fd = open(file->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (resume ? 0 : O_EXCL),
                    S_IRUSR | S_IWUSR);
    if (file->fd < 0 && errno == EEXIST) {
        mig_raise(err, MIG_E_REFUSED, "the file %s is there", file->path);
        mig_error_detail(err, "it may hold the rows that an earlier run has set aside");
        mig_error_hint(err, "move it away, or name another one with --reject-file");
        return MIG_E_REFUSED;
    }
    if (file->fd < 0)
        return fail(file, "make", errno, err);
    if (fstat(file->fd, &there) != 0)
        return fail(file, "look at", errno, err);
    if (!S_ISREG(there.st_mode))
        return mig_raise(err, MIG_E_USAGE, "--reject-file %s is no regular file", file->path);
    return MIG_OK;
}

mig_status
mig__reject_open(const char *path, bool resume, mig_reject_file **filep, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_reject_file *file = calloc(1, sizeof *file);

    *filep = NULL;
    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        return mig_raise(err, MIG_E_NOMEM, "cannot open a file");
    }
    file->aside = (mig_aside){.put = put, .flush = flush};
    pthread_mutex_init(&file->lock, NULL);
    MIG_TRY(open_file(file, resume, err));
    if (resume)
        MIG_TRY(mig__reject_again(file, err));
    *filep = file;
    file = NULL; /* now the caller's */
done:
    if (file != NULL) {
        if (file->fd >= 0)
            close(file->fd);
        pthread_mutex_destroy(&file->lock);
        free(file->known);
        free(file->path);
        free(file);
    }
    return st;
}

mig_aside *
mig__reject_aside(mig_reject_file *file)
{
    return file != NULL ? &file->aside : NULL;
}

uint64_t
mig__reject_n_rows(const mig_reject_file *file)
{
    return file->n_rows;
}

const char *
mig__reject_path(const mig_reject_file *file)
{
    return file->path;
}

mig_status
mig__reject_close(mig_reject_file *file, mig_error *err)
{
    mig_status  st = MIG_OK;
    struct stat there;

    if (file == NULL)
        return MIG_OK;
    if (!file->failed)
        st = flush(&file->aside, err);
    if (fstat(file->fd, &there) == 0 && there.st_size == 0)
        unlink(file->path);
    if (close(file->fd) != 0 && st == MIG_OK)
        st = fail(file, "write into", errno, err);
    pthread_mutex_destroy(&file->lock);
    free(file->known);
    free(file->path);
    free(file);
    return st;
}
