/*
 * orphans.c - which foreign keys of the target are tried on the source's rows.
 *
 * The target would refuse such a row too, in the middle of the copy, when what
 * it held is erased.  So the question is asked before, of the source, and only
 * where the answer is sure: an orphan that is overlooked here is refused there,
 * but a row that is accused wrongly would stop a copy that works.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mig/migrate.h"

/* The kinds of values that are equal in the target exactly if their bytes are. */
typedef enum kind { KIND_OTHER, KIND_INTEGER, KIND_TEXT, KIND_BYTES, KIND_UUID } kind;

static kind
kind_of(const mig_column_plan *column)
{
    static const char *const texts[] = {"pg_catalog.text", "pg_catalog.varchar"};

    /* A rule of --cast may make values equal that differ, or NULL of one. */
    if (column->rules != 0 || column->array)
        return KIND_OTHER;
    if (column->wire == MIG_WIRE_INT2 || column->wire == MIG_WIRE_INT4 ||
        column->wire == MIG_WIRE_INT8)
        return KIND_INTEGER;
    if (column->wire == MIG_WIRE_BYTEA)
        return KIND_BYTES;
    if (column->wire == MIG_WIRE_UUID)
        return KIND_UUID;
    /* citext and others travel as text, too. */
    for (size_t i = 0; column->wire == MIG_WIRE_TEXT && i < sizeof texts / sizeof texts[0]; i++)
        if (column->target->base != NULL && strcmp(column->target->base, texts[i]) == 0)
            return KIND_TEXT;
    return KIND_OTHER;
}

static const mig_column_plan *
column_of(const mig_table_plan *table, const char *target_name)
{
    for (size_t i = 0; target_name != NULL && i < table->n_columns; i++)
        if (strcmp(table->columns[i].target->name, target_name) == 0)
            return &table->columns[i];
    return NULL;
}

static const mig_table_plan *
table_of(const mig_plan *plan, const char *target_name)
{
    for (size_t i = 0; i < plan->n_tables; i++)
        if (strcmp(plan->tables[i].target->name, target_name) == 0)
            return &plan->tables[i];
    return NULL;
}

/* Whether the source's own key says the same: the same columns, in any order. */
static bool
is_same_key(const mig_foreign_key *key, const mig_reference *reference)
{
    if (!key->validated || key->n_columns != reference->n_columns ||
        strcmp(key->parent, reference->parent->source->name) != 0)
        return false;
    for (size_t i = 0; i < key->n_columns; i++) {
        bool found = false;

        for (size_t k = 0; k < key->n_columns && !found; k++)
            found = strcmp(key->columns[k], reference->columns[i]->source->name) == 0 &&
                    key->parent_columns[k] != NULL &&
                    strcmp(key->parent_columns[k], reference->parent_columns[i]->source->name) == 0;
        if (!found)
            return false;
    }
    return true;
}

static bool
source_vouches(const mig_reference *reference)
{
    const mig_table *table = reference->child->source;

    for (size_t k = 0; k < table->n_foreign_keys; k++)
        if (is_same_key(&table->foreign_keys[k], reference))
            return true;
    return false;
}

/*
 * Fills *reference, whose lists have room for the key's columns; false if there is nothing to try.
 */
static bool
refer(const mig_plan *plan, const mig_table_plan *child, const mig_foreign_key *key,
      const mig_column_plan **columns, mig_reference *reference)
{
    const mig_table_plan   *parent = table_of(plan, key->parent);
    const mig_column_plan **parent_columns = columns + key->n_columns;

    if (parent == NULL || key->n_columns == 0 || !key->bytewise)
        return false;
    for (size_t i = 0; i < key->n_columns; i++) {
        columns[i] = column_of(child, key->columns[i]);
        parent_columns[i] = column_of(parent, key->parent_columns[i]);
        if (columns[i] == NULL || parent_columns[i] == NULL || kind_of(columns[i]) == KIND_OTHER ||
            kind_of(columns[i]) != kind_of(parent_columns[i]))
            return false;
    }
    *reference = (mig_reference){.child = child,
                                 .parent = parent,
                                 .columns = columns,
                                 .parent_columns = parent_columns,
                                 .n_columns = key->n_columns,
                                 .rows = MIG_BUF_INIT};
    return !source_vouches(reference);
}

static void
add_columns(const mig_reference *reference, mig_buf *text)
{
    mig_buf_puts(text, reference->n_columns > 1 ? "columns " : "column ");
    for (size_t i = 0; i < reference->n_columns; i++)
        mig_buf_printf(text, "%s%s", i > 0 ? ", " : "", reference->columns[i]->source->name);
}

static mig_status
tell(const mig_reference *references, size_t n, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t i = 0; i < n; i++) {
        const mig_reference *r = &references[i];
        mig_buf              text = MIG_BUF_INIT;

        if (r->n_orphans == 0)
            continue;
        mig_buf_printf(&text, "%" PRIu64 " row%s of %s (", r->n_orphans,
                       r->n_orphans == 1 ? "" : "s", r->child->source->name);
        add_columns(r, &text);
        mig_buf_printf(&text, ") refer%s to rows of %s that are not there",
                       r->n_orphans == 1 ? "s" : "", r->parent->source->name);
        if (st == MIG_OK)
            mig_raise(err, MIG_E_DATA, "orphan rows: %s", mig_buf_text(&text));
        else
            mig_error_detail(err, "%s", mig_buf_text(&text));
        st = MIG_E_DATA;
        if (r->rows.len > 0)
            mig_error_detail(err, "%.*s", (int)(r->rows.len - 1), r->rows.data);
        if (r->n_orphans > MIG_ORPHANS_NAMED)
            mig_error_detail(err, "...");
        mig_buf_fini(&text);
    }
    if (st != MIG_OK)
        mig_error_hint(err, "delete these rows in the source, or add what they refer to; nothing "
                            "was erased");
    return st;
}

mig_status
mig_orphans_check(mig_source *source, const mig_plan *plan, mig_error *err)
{
    mig_status              st = MIG_OK;
    mig_reference          *references = NULL;
    const mig_column_plan **columns = NULL;
    size_t                  n = 0, n_columns = 0, n_keys = 0;

    for (size_t t = 0; t < plan->n_tables; t++) {
        const mig_table *table = plan->tables[t].target;

        n_keys += table->n_foreign_keys;
        for (size_t k = 0; k < table->n_foreign_keys; k++)
            n_columns += 2 * table->foreign_keys[k].n_columns;
    }
    references = calloc(n_keys + 1, sizeof *references);
    columns = calloc(n_columns + 1, sizeof *columns);
    if (references == NULL || columns == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot list the foreign keys");
        goto done;
    }
    n_columns = 0;
    for (size_t t = 0; t < plan->n_tables; t++) {
        const mig_table *table = plan->tables[t].target;

        for (size_t k = 0; k < table->n_foreign_keys; k++) {
            const mig_foreign_key *key = &table->foreign_keys[k];

            n += refer(plan, &plan->tables[t], key, &columns[n_columns], &references[n]);
            n_columns += 2 * key->n_columns;
        }
    }
    if (n > 0)
        MIG_TRY(source->ops->orphans(source, references, n, err));
    MIG_TRY(tell(references, n, err));
done:
    for (size_t i = 0; i < n; i++)
        mig_buf_fini(&references[i].rows);
    free(columns);
    free(references);
    return st;
}
