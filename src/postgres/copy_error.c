/*
 * copy_error.c - a refused row: which one, why, and no more of it than needed.
 *
 * The server tells the row only in words: the outermost line of CONTEXT is
 * "COPY table, line N", N counting from 1, in the language of lc_messages
 * (which only a superuser may set).  In all of them the table's name comes
 * before the number and the column's name after it, so N is the first number
 * behind the name.
 *
 * DETAIL may hold the whole row.  It is cut; and where a column of the table
 * is encrypted at rest, neither DETAIL nor CONTEXT is told.
 *
 * Threads: a writer's.
 */
#include "copy_error.h"

#include <string.h>

#include "mig/codec.h"

#define EXCERPT_SIZE (4 * MIG__MAX_SERVER_TEXT + 16)

/* The last line of the context; a table name with line ends in it makes it longer. */
static const char *
outermost(const char *context, const char *table)
{
    const char *start = context + strlen(context);
    size_t      n_lines = 1;

    for (const char *p = table; *p != '\0'; p++)
        n_lines += *p == '\n';
    while (start > context && (start[-1] != '\n' || --n_lines > 0))
        start--;
    return start;
}

uint64_t
mig__copy_error_row(const char *context, const char *table)
{
    const char *p;
    uint64_t    line = 0;

    if (context == NULL)
        return UINT64_MAX;
    p = strstr(outermost(context, table), table);
    if (p == NULL)
        return UINT64_MAX;
    p += strlen(table);
    p += strcspn(p, "0123456789");
    for (; *p >= '0' && *p <= '9'; p++) {
        if (line > UINT64_MAX / 10 - 1)
            return UINT64_MAX;
        line = line * 10 + (uint64_t)(*p - '0');
    }
    return line == 0 ? UINT64_MAX : line - 1;
}

static bool
has_secrets(const mig_table_plan *plan)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (plan->columns[i].secret)
            return true;
    return false;
}

static void
add_name(const PGresult *res, int field, const char *label, mig_error *err)
{
    const char *name = PQresultErrorField(res, field);

    if (name != NULL)
        mig_error_detail(err, "%s %s", label, name);
}

static void
add_values(const PGresult *res, mig_error *err)
{
    char        excerpt[EXCERPT_SIZE];
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);

    if (text == NULL)
        return;
    mig_text_excerpt(text, strlen(text), MIG__MAX_SERVER_TEXT, excerpt, sizeof excerpt);
    mig_error_detail(err, "%s", excerpt);
}

mig_status
mig__copy_error_raise(const mig__session *session, const PGresult *res, const mig_table_plan *plan,
                      uint64_t n_rows, uint64_t *rowp, mig_error *err)
{
    mig_status  st = mig__query_status(session, res);
    const char *table = plan->target->name;
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    char        excerpt[EXCERPT_SIZE];
    uint64_t    row;

    *rowp = UINT64_MAX;
    if (st == MIG_E_STOPPED)
        return mig_raise(err, st, "stopped");
    if (st != MIG_E_DATA)
        return mig__query_raise(session, res, err, "cannot write into %s", table);

    row = mig__copy_error_row(PQresultErrorField(res, PG_DIAG_CONTEXT), table);
    if (row < n_rows)
        *rowp = row;
    mig_text_excerpt(text, text != NULL ? strlen(text) : 0, MIG__MAX_SERVER_TEXT, excerpt,
                     sizeof excerpt);
    if (err != NULL && err->status == MIG_OK) {
        mig_raise(err, st, "cannot store a row in %s: %s", table, excerpt);
        if (!has_secrets(plan))
            add_values(res, err);
        add_name(res, PG_DIAG_CONSTRAINT_NAME, "constraint", err);
        add_name(res, PG_DIAG_COLUMN_NAME, "column", err);
    }
    return st;
}
