/*
 * rename.c - what --rename says.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"

/* ---- parsing ------------------------------------------------------------------------------ */

/* A name up to one of the characters in `ends`, or in double quotes; false if it is empty or its
 * quotes do not end. */
static bool
take_name(const char **atp, const char *ends, char **namep)
{
    const char *at = *atp;
    mig_buf     name = MIG_BUF_INIT;
    bool        ended = true;

    if (*at == '"') {
        for (at++; *at != '\0' && !(*at == '"' && at[1] != '"'); at++) {
            at += *at == '"'; /* doubled */
            mig_buf_add(&name, at, 1);
        }
        ended = *at == '"';
        at += ended;
    } else {
        size_t len = strcspn(at, ends);

        mig_buf_add(&name, at, len);
        at += len;
    }
    *atp = at;
    *namep = name.data;
    return ended && name.len > 0 && !name.failed;
}

mig_status
mig_rename_parse(const char *text, mig_rename *rename, mig_error *err)
{
    const char *at = text;
    bool        good;

    *rename = (mig_rename){0};
    good = take_name(&at, ".=", &rename->table);
    if (good && *at == '.') {
        at++;
        good = take_name(&at, "=", &rename->column);
    }
    good = good && *at == '=';
    at += good;
    good = good && take_name(&at, "", &rename->name) && *at == '\0';
    if (good)
        return MIG_OK;
    mig_rename_fini(rename);
    mig_raise(err, MIG_E_USAGE, "--rename must be TABLE=NAME or TABLE.COLUMN=NAME");
    mig_error_hint(err, "for example --rename hosts=servers or --rename hosts.ip=address; names "
                        "with . or = in them go in double quotes");
    return MIG_E_USAGE;
}

void
mig_rename_fini(mig_rename *rename)
{
    free(rename->table);
    free(rename->column);
    free(rename->name);
    *rename = (mig_rename){0};
}

/* ---- applying ----------------------------------------------------------------------------- */

/* Whether the name that a user wrote means this one of n names: exactly, or in another case, where
 * it is the only one. */
static bool
means(const char *written, const char *name, const char *(*nth)(const void *arg, size_t n),
      const void *arg)
{
    size_t n_folded = 0;

    if (strcmp(written, name) == 0)
        return true;
    if (!mig_match_folded(written, name))
        return false;
    for (size_t i = 0; nth(arg, i) != NULL; i++) {
        if (strcmp(nth(arg, i), written) == 0)
            return false;
        n_folded += mig_match_folded(nth(arg, i), written);
    }
    return n_folded == 1;
}

static const char *
nth_table(const void *arg, size_t n)
{
    const mig__making *m = arg;

    return n < m->mirror->n_tables ? m->tables[n].source->name : NULL;
}

static const char *
nth_column(const void *arg, size_t n)
{
    const mig_table *table = arg;

    return n < table->n_columns ? table->columns[n].name : NULL;
}

static bool
means_column(const mig__making *m, const mig_rename *rename, const mig_table *table,
             const char *column)
{
    return (rename->column != NULL) == (column != NULL) &&
           means(rename->table, table->name, nth_table, m) &&
           (column == NULL || means(rename->column, column, nth_column, table));
}

const char *
mig__making_renamed(const mig__making *m, const mig_table *table, const char *column)
{
    for (size_t i = 0; i < m->rules->n_renames; i++)
        if (means_column(m, &m->rules->renames[i], table, column))
            return m->rules->renames[i].name;
    return NULL;
}

static void
refuse(mig__making *m, const mig_rename *rename, const char *why)
{
    if (m->st == MIG_OK)
        m->st = mig_raise(m->err, MIG_E_USAGE, "--rename %s%s%s=%s: %s", rename->table,
                          rename->column != NULL ? "." : "",
                          rename->column != NULL ? rename->column : "", rename->name, why);
}

/* How many tables or columns it means. */
static size_t
count_meant(const mig__making *m, const mig_rename *rename)
{
    size_t n = 0;

    for (size_t t = 0; t < m->mirror->n_tables; t++) {
        const mig_table *table = m->tables[t].source;

        n += means_column(m, rename, table, NULL);
        for (size_t c = 0; rename->column != NULL && c < table->n_columns; c++)
            n += means_column(m, rename, table, table->columns[c].name);
    }
    return n;
}

void
mig__making_check_renames(mig__making *m)
{
    for (size_t i = 0; i < m->rules->n_renames; i++) {
        const mig_rename *rename = &m->rules->renames[i];

        if (count_meant(m, rename) == 0)
            refuse(m, rename,
                   rename->column != NULL ? "no column that is copied has this name"
                                          : "no table that is copied has this name");
        else if (!mig__name_is_good(m, rename->name, rename->column != NULL))
            refuse(m, rename, "the target does not take this name");
    }
}
