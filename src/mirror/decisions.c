/*
 * decisions.c - what a mirror tells, and where its texts stand.
 *
 * Texts stand in the memory of the target's schema, which the mirror owns.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"

bool
mig__making_has(mig__making *m, const void *pointer)
{
    if (pointer == NULL && m->st == MIG_OK)
        m->st = mig_raise(m->err, MIG_E_NOMEM, "cannot allocate the mirrored schema");
    return pointer != NULL;
}

const char *
mig__making_keep(mig__making *m, const char *text)
{
    const char *kept = mig_schema_keep(m->out, text);

    return mig__making_has(m, kept) ? kept : "";
}

const char *
mig__making_take(mig__making *m, mig_buf *text)
{
    const char *kept = text->failed ? NULL : mig_schema_keep(m->out, mig_buf_text(text));

    mig_buf_fini(text);
    return mig__making_has(m, kept) ? kept : "";
}

const char *
mig__making_print(mig__making *m, const char *fmt, ...)
{
    va_list     args;
    char       *text = NULL;
    const char *kept;
    int         len;

    va_start(args, fmt);
    len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len < 0)
        text = NULL;
    if (!mig__making_has(m, text))
        return "";
    kept = mig__making_keep(m, text);
    free(text);
    return kept;
}

/* A reason may quote a text of several lines, and a decision is one line. */
static const char *
in_one_line(mig__making *m, const char *text)
{
    mig_buf line = MIG_BUF_INIT;

    if (strchr(text, '\n') == NULL && strchr(text, '\r') == NULL)
        return text;
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r')
            mig_buf_puts(&line, *text == '\n' ? "\\n" : "\\r");
        else
            mig_buf_add(&line, text, 1);
    }
    return mig__making_take(m, &line);
}

void
mig__making_tell(mig__making *m, mig_decision decision)
{
    mig_mirror   *mirror = m->mirror;
    mig_decision *list = mirror->decisions;
    size_t        n = mirror->n_decisions;

    decision.text = in_one_line(m, decision.text);
    if ((n & (n - 1)) == 0) {
        list = reallocarray(list, n == 0 ? 1 : n * 2, sizeof *list);
        if (!mig__making_has(m, list))
            return;
        mirror->decisions = list;
    }
    list[mirror->n_decisions++] = decision;
}

const char *
mig__making_what(mig__making *m, const mig__making_column *column)
{
    return mig__making_print(m, "column %s.%s", m->mirror->tables[column->table].name,
                             mig__making_column_of(m, column)->name);
}

/* ---- finding ------------------------------------------------------------------------------ */

static bool
same_name(const mig__making *m, const char *one, const char *other)
{
    return m->schema->dialect == MIG_DIALECT_SQLITE ? mig_match_folded(one, other)
                                                    : strcmp(one, other) == 0;
}

mig__making_table *
mig__making_find(const mig__making *m, const char *table)
{
    for (size_t t = 0; t < m->mirror->n_tables; t++)
        if (same_name(m, m->tables[t].source->name, table))
            return &m->tables[t];
    return NULL;
}

mig__making_column *
mig__making_find_column(const mig__making *m, const mig__making_table *table, const char *column)
{
    for (size_t c = 0; c < table->source->n_columns; c++)
        if (same_name(m, table->columns[c].source->name, column))
            return &table->columns[c];
    return NULL;
}
