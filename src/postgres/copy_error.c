/*
 * copy_error.c - a refused row: which one, why, and no more of it than needed.
 *
 * The server tells the row only in words: the outermost line of CONTEXT is
 * "COPY table, line N", N counting from 1, in the language of lc_messages
 * (which only a superuser may set).  In all of them the table's name comes
 * before the number and the column's name after it, so N is the first number
 * behind the name.
 *
 * In text format that line also quotes the value, which may have lines of its
 * own, made to look like anything.  So there every line counts that could be
 * it, and if two of them name different rows, none is believed.
 *
 * DETAIL may hold the whole row, and the message the value.  They are cut; and
 * where a column of the table is encrypted at rest, they are not told, nor is
 * CONTEXT ever.
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

/* The number at p, counted from 1, as a row; *restp is behind it. */
static uint64_t
row_at(const char *p, const char **restp)
{
    uint64_t line = 0;

    *restp = "";
    for (; *p >= '0' && *p <= '9'; p++) {
        if (line > UINT64_MAX / 10 - 1)
            return UINT64_MAX;
        line = line * 10 + (uint64_t)(*p - '0');
    }
    if (line == 0)
        return UINT64_MAX;
    *restp = p;
    return line - 1;
}

uint64_t
mig__copy_error_row(const char *context, const char *table, const char **restp)
{
    const char *p;

    *restp = "";
    if (context == NULL)
        return UINT64_MAX;
    p = strstr(outermost(context, table), table);
    if (p == NULL)
        return UINT64_MAX;
    p += strlen(table);
    return row_at(p + strcspn(p, "0123456789"), restp);
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* ", line " in whatever language: what stands between a name and the number that belongs to it. */
#define MAX_GAP 24

/* The next place in the text from *pp on that could tell the row; *pp is moved behind its line. */
static uint64_t
next_row(const char *context, const char **pp, const char *table, const char **restp)
{
    size_t len = strlen(table);

    for (const char *p = *pp; (p = strstr(p, table)) != NULL; p++) {
        size_t   gap = strcspn(p + len, "0123456789\n\"(");
        uint64_t row = UINT64_MAX;

        if ((p == context || !is_letter(p[-1])) && gap > 0 && gap <= MAX_GAP)
            row = row_at(p + len + gap, restp);
        if (row == UINT64_MAX)
            continue;
        *pp = *restp + strcspn(*restp, "\n");
        return row;
    }
    return UINT64_MAX;
}

uint64_t
mig__copy_error_text_row(const char *context, const char *table, const char **restp)
{
    const char *p = context, *rest = "";
    uint64_t    row, found = UINT64_MAX;

    *restp = "";
    if (context == NULL)
        return UINT64_MAX;
    while ((row = next_row(context, &p, table, &rest)) != UINT64_MAX) {
        if (found != UINT64_MAX && row != found) {
            *restp = "";
            return UINT64_MAX;
        }
        found = row;
        *restp = rest;
    }
    return found;
}

/* The column that is named behind the row, or NULL. */
static const char *
column_in(const char *rest, const mig_table_plan *plan)
{
    const char *found = NULL;

    for (size_t i = 0; i < plan->n_columns; i++) {
        const char *name = plan->columns[i].target->name;
        const char *p = strstr(rest, name);

        if (p == NULL || p - rest > MAX_GAP || p == rest || is_letter(p[-1]) ||
            is_letter(p[strlen(name)]))
            continue;
        if (found == NULL || strlen(name) > strlen(found))
            found = name;
    }
    return found;
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
add_name(const char *name, const char *label, mig_error *err)
{
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

/* Data exceptions (class 22) quote the value they are about. */
static void
raise_message(const PGresult *res, const mig_table_plan *plan, mig_error *err)
{
    char        excerpt[EXCERPT_SIZE];
    const char *table = plan->target->name;
    const char *state = mig__query_sqlstate(res);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    if (has_secrets(plan) && strncmp(state, "22", 2) == 0) {
        mig_raise(err, MIG_E_DATA, "cannot store a row in %s: the server refuses a value", table);
        mig_error_detail(err, "SQLSTATE %s; what it says may hold a secret", state);
        return;
    }
    mig_text_excerpt(text, text != NULL ? strlen(text) : 0, MIG__MAX_SERVER_TEXT, excerpt,
                     sizeof excerpt);
    mig_raise(err, MIG_E_DATA, "cannot store a row in %s: %s", table, excerpt);
}

const char *
mig__copy_error_column(const PGresult *res, const mig_table_plan *plan)
{
    const char *column = PQresultErrorField(res, PG_DIAG_COLUMN_NAME);
    const char *context = PQresultErrorField(res, PG_DIAG_CONTEXT);
    const char *rest = "";

    if (column != NULL)
        return column;
    if (mig__copy_is_text(plan))
        (void)mig__copy_error_text_row(context, plan->target->name, &rest);
    else
        (void)mig__copy_error_row(context, plan->target->name, &rest);
    return column_in(rest, plan);
}

mig_status
mig__copy_error_raise(const mig__session *session, const PGresult *res, const mig_table_plan *plan,
                      uint64_t n_rows, uint64_t *rowp, mig_error *err)
{
    mig_status  st = mig__query_status(session, res);
    const char *table = plan->target->name;
    const char *context, *rest, *column;
    uint64_t    row;

    *rowp = UINT64_MAX;
    if (st == MIG_E_STOPPED)
        return mig_raise(err, st, "stopped");
    if (st != MIG_E_DATA)
        return mig__query_raise(session, res, err, "cannot write into %s", table);

    context = PQresultErrorField(res, PG_DIAG_CONTEXT);
    row = mig__copy_is_text(plan) ? mig__copy_error_text_row(context, table, &rest)
                                  : mig__copy_error_row(context, table, &rest);
    if (row < n_rows)
        *rowp = row;
    if (err != NULL && err->status == MIG_OK) {
        raise_message(res, plan, err);
        if (!has_secrets(plan))
            add_values(res, err);
        add_name(PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME), "constraint", err);
        column = PQresultErrorField(res, PG_DIAG_COLUMN_NAME);
        add_name(column != NULL ? column : column_in(rest, plan), "column", err);
    }
    return st;
}
