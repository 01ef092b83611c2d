/*
 * mirror_report.c - what was decided for a mirrored schema, told.
 *
 * Three times: in the plan with all details, before the question for who does
 * not ask for a plan, and at the end what the target lacks.
 */
#include "mirror_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mig/log.h"

/* Of one kind, the most that are told where nobody asked; the plan has all. */
#define TOLD_MAX 20

/* Of the parts that share a reason for not being carried over, the most that the warning names. */
#define NAMED_MAX 3

/* The columns of a line with the names of many parts. */
#define LINE_WIDTH 100

static const struct {
    mig_decision_kind kind;
    const char       *title;
} kinds[] = {
    {MIG_DECISION_NOT_CARRIED, "not carried over"},
    {MIG_DECISION_TYPE, "types"},
    {MIG_DECISION_NAME, "names"},
    {MIG_DECISION_CHANGED, "carried over in another form"},
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

static size_t
count(const mig_mirror *mirror, mig_decision_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < mirror->n_decisions; i++)
        n += mirror->decisions[i].kind == kind;
    return n;
}

/* A text of several lines, each behind `indent`. */
static void
add_lines(mig_buf *out, const char *indent, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        mig_buf_printf(out, "%s%.*s\n", indent, (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void
mig__mirror_report_list(const mig_mirror *mirror, mig_buf *out)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        if (count(mirror, kinds[k].kind) == 0)
            continue;
        mig_buf_printf(out, "%s\n", kinds[k].title);
        for (size_t i = 0; i < mirror->n_decisions; i++) {
            const mig_decision *decision = &mirror->decisions[i];

            if (decision->kind != kinds[k].kind)
                continue;
            mig_buf_printf(out, "  %s: %s\n", decision->what, decision->text);
            if (decision->sql != NULL && decision->kind == MIG_DECISION_NOT_CARRIED)
                add_lines(out, "      ", decision->sql);
        }
    }
}

/* ---- what is not carried over, together where the reason is one ---------------------------- */

/* The next part behind `i` (SIZE_MAX: the first of all) that shares the reason `text`. */
static size_t
next_of_reason(const mig_mirror *mirror, const char *text, size_t i)
{
    for (i++; i < mirror->n_decisions; i++)
        if (mirror->decisions[i].kind == MIG_DECISION_NOT_CARRIED &&
            strcmp(mirror->decisions[i].text, text) == 0)
            break;
    return i;
}

/* Whether decision i is a part not carried over, and the first with its reason. */
static bool
begins_reason(const mig_mirror *mirror, size_t i)
{
    const mig_decision *decision = &mirror->decisions[i];

    return decision->kind == MIG_DECISION_NOT_CARRIED &&
           next_of_reason(mirror, decision->text, SIZE_MAX) == i;
}

/* "trigger a, trigger b, trigger c and 4 more: why". */
static void
warn_of_reason(const mig_mirror *mirror, const char *text)
{
    mig_buf names = MIG_BUF_INIT;
    size_t  n = 0;

    for (size_t i = next_of_reason(mirror, text, SIZE_MAX); i < mirror->n_decisions;
         i = next_of_reason(mirror, text, i))
        if (n++ < NAMED_MAX)
            mig_buf_printf(&names, "%s%s", n > 1 ? ", " : "", mirror->decisions[i].what);
    if (n > NAMED_MAX)
        mig_buf_printf(&names, " and %zu more", n - NAMED_MAX);
    mig_log_warning("not carried over: %s: %s", mig_buf_text(&names), text);
    mig_buf_fini(&names);
}

/* All of them in as many lines as it takes, the reason behind the last. */
static void
list_reason(const mig_mirror *mirror, const char *text)
{
    mig_buf line = MIG_BUF_INIT;

    for (size_t i = next_of_reason(mirror, text, SIZE_MAX); i < mirror->n_decisions;) {
        const char *what = mirror->decisions[i].what;
        size_t      next = next_of_reason(mirror, text, i);

        if (line.len > 0 && line.len + strlen(what) + 1 > LINE_WIDTH) {
            mig_log_info("    %s", mig_buf_text(&line));
            mig_buf_clear(&line);
        }
        mig_buf_printf(&line, "%s%s%s", line.len > 0 ? " " : "", what,
                       next < mirror->n_decisions ? "," : ":");
        i = next;
    }
    mig_log_info("    %s %s", mig_buf_text(&line), text);
    mig_buf_fini(&line);
}

void
mig__mirror_report_tell(const mig_mirror *mirror)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        size_t n = 0;

        for (size_t i = 0; i < mirror->n_decisions; i++) {
            const mig_decision *decision = &mirror->decisions[i];

            if (decision->kind != kinds[k].kind)
                continue;
            n++;
            if (begins_reason(mirror, i))
                warn_of_reason(mirror, decision->text);
            else if (decision->kind != MIG_DECISION_NOT_CARRIED && n <= TOLD_MAX)
                mig_log_info("%s: %s", decision->what, decision->text);
        }
        if (kinds[k].kind != MIG_DECISION_NOT_CARRIED && n > TOLD_MAX)
            mig_log_info("%s: %zu more, which --dry-run lists", kinds[k].title, n - TOLD_MAX);
    }
}

void
mig__mirror_report_summary(const mig_mirror *mirror)
{
    size_t n = count(mirror, MIG_DECISION_NOT_CARRIED);

    if (n == 0)
        return;
    mig_log_info("  Not carried   : %zu part%s of the schema", n, n == 1 ? "" : "s");
    for (size_t i = 0; i < mirror->n_decisions; i++)
        if (begins_reason(mirror, i))
            list_reason(mirror, mirror->decisions[i].text);
}

/* ---- --emit-schema ------------------------------------------------------------------------ */

/* *madep: the file is ours to remove again. */
static int
open_file(const char *path, bool *madep)
{
    struct stat there;
    int         fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    *madep = fd >= 0;
    if (fd < 0 && errno == EEXIST && stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd;
}

static bool
write_all(int fd, const mig_buf *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t n = write(fd, text->data + done, text->len - done);

        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static mig_status
write_file(const char *path, const mig_buf *text, mig_error *err)
{
    bool made = false;
    int  fd = open_file(path, &made);
    bool written = fd >= 0 && write_all(fd, text);
    int  reason = errno;

    if (fd >= 0 && close(fd) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written)
        return MIG_OK;
    if (made)
        unlink(path);
    mig_raise(err, MIG_E_IO, "cannot write %s", path);
    mig_error_detail(err, "%s", strerror(reason));
    return MIG_E_IO;
}

mig_status
mig__mirror_report_emit(const mig_mirroring *mirroring, const char *path, const mig_url *source,
                        mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    title = MIG_BUF_INIT, text = MIG_BUF_INIT;

    mig_buf_printf(&title, "The schema of %s", source->display);
    MIG_TRY(mig_buf_check(&title, err));
    MIG_TRY(mig_mirror_print(mirroring->mirror, mirroring->ddl, mig_buf_text(&title), &text, err));
    MIG_TRY(mig_buf_check(&text, err));
    if (strcmp(path, "-") != 0)
        MIG_TRY(write_file(path, &text, err));
    else if (fputs(mig_buf_text(&text), stdout) < 0 || fflush(stdout) != 0)
        st = mig_raise(err, MIG_E_IO, "cannot write the schema to standard output");
done:
    mig_buf_fini(&title);
    mig_buf_fini(&text);
    return st;
}
