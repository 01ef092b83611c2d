/*
 * safety.c - the check that --force skips.
 *
 * A table with rows is looked at only until its first row that is no seed: on a
 * target that is in use this costs no scan.
 */
#include "safety.h"

#include <stdlib.h>

#include "mig/uptrakit.h"

typedef struct look {
    const mig_uptrakit_seed *seed;
    size_t                   n_rows;
    bool                     holds_rows;
} look;

static bool
look_at_row(void *arg, const char *const *texts, const size_t *lens)
{
    look *l = arg;

    l->n_rows++;
    if (l->n_rows > l->seed->max_rows || !l->seed->is_seed(texts, lens))
        l->holds_rows = true;
    return !l->holds_rows;
}

/* Whether the seed's columns are all there; else rows cannot be told to be seeds. */
static bool
has_columns(const mig_table *table, const mig_uptrakit_seed *seed)
{
    for (size_t i = 0; i < seed->n_columns; i++)
        if (mig_table_find(table, seed->columns[i]) == NULL)
            return false;
    return true;
}

/* Whether a table that holds rows holds others than seeds. */
static mig_status
look_at_table(mig_sink *sink, const mig_table *table, bool is_uptrakit, bool *holds_rowsp,
              mig_error *err)
{
    look       l = {.seed = is_uptrakit ? mig_uptrakit_seed_of(table->name) : NULL};
    mig_status st;

    if (l.seed == NULL || l.seed->n_columns == 0 || !has_columns(table, l.seed))
        return MIG_OK;
    st = sink->ops->lookup(sink, table, l.seed->columns, l.seed->n_columns, look_at_row, &l, err);
    *holds_rowsp = l.holds_rows;
    return st;
}

mig_status
mig__safety_refuse(const mig_buf *names, mig_error *err)
{
    mig_status st = mig_buf_check(names, err);

    if (st != MIG_OK || names->len == 0)
        return st;
    mig_raise(err, MIG_E_REFUSED, "target database is not empty (use --force to override)");
    mig_error_detail(err, "tables that hold rows: %s", mig_buf_text(names));
    mig_error_hint(err, "the target was not touched; --force erases these tables, so back up what "
                        "you want to keep");
    return MIG_E_REFUSED;
}

mig_status
mig__safety_check_empty(mig_sink *sink, const mig_table *const *tables, size_t n_tables,
                        bool is_uptrakit, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    names = MIG_BUF_INIT;
    bool      *holds_rows = calloc(n_tables + 1, sizeof *holds_rows);

    if (holds_rows == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate %zu answers", n_tables);
        goto done;
    }
    MIG_TRY(sink->ops->holds_rows(sink, tables, n_tables, holds_rows, err));
    for (size_t i = 0; i < n_tables; i++) {
        if (holds_rows[i])
            MIG_TRY(look_at_table(sink, tables[i], is_uptrakit, &holds_rows[i], err));
        if (holds_rows[i])
            mig_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", tables[i]->name);
    }
    MIG_TRY(mig__safety_refuse(&names, err));
done:
    free(holds_rows);
    mig_buf_fini(&names);
    return st;
}
