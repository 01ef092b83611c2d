/*
 * prompt.c - the question in the page's words.
 *
 * The line is read byte by byte with read(2): what stands behind it on the
 * standard input belongs to whoever comes next.
 */
#include "prompt.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mig/log.h"

#define LINE_MAX_BYTES 256

/* One line without its end; what does not fit is read and dropped.  False at the end of input. */
static bool
read_line(char *line, size_t size)
{
    size_t len = 0;
    bool   any = false;
    char   c;

    for (;;) {
        ssize_t n = read(STDIN_FILENO, &c, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        any = true;
        if (c == '\n')
            break;
        if (len + 1 < size)
            line[len++] = c;
    }
    line[len] = '\0';
    return any;
}

static char *
trim(char *line)
{
    size_t len;

    while (isspace((unsigned char)*line))
        line++;
    len = strlen(line);
    while (len > 0 && isspace((unsigned char)line[len - 1]))
        line[--len] = '\0';
    return line;
}

static mig_status
ask(const char *warning, const char *source, const char *target, mig_error *err)
{
    char       line[LINE_MAX_BYTES];
    mig_status st;

    mig_log_raw("\n"
                "%s"
                "\n"
                "  Source: %s\n"
                "  Target: %s\n"
                "\n"
                "Type \"yes\" to continue: ",
                warning, source, target);
    if (!read_line(line, sizeof line)) {
        mig_log_raw("\n");
        st = mig_raise(err, MIG_E_REFUSED, "migration aborted by user");
        mig_error_detail(err, "the standard input ended before an answer came");
        mig_error_hint(err, "the target was not touched; in scripts, pass --yes");
        return st;
    }
    if (strcmp(trim(line), "yes") != 0) {
        st = mig_raise(err, MIG_E_REFUSED, "migration aborted by user");
        mig_error_hint(err, "the target was not touched");
        return st;
    }
    return MIG_OK;
}

mig_status
mig__prompt_erase(const char *source, const char *target, mig_error *err)
{
    return ask("WARNING: This will ERASE ALL DATA in the target database and replace it\n"
               "with data from the source database.\n",
               source, target, err);
}

mig_status
mig__prompt_change(const char *source, const char *target, mig_error *err)
{
    return ask("WARNING: This will CHANGE DATA in the target database: rows that differ from the\n"
               "source database are updated, rows that are missing are inserted, and rows\n"
               "that the source database does not have are DELETED.\n",
               source, target, err);
}
