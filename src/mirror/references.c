/*
 * references.c - foreign keys.
 *
 * PostgreSQL and SQLite both want the columns referred to be unique together;
 * PostgreSQL also wants types that it can compare, and one collation where one
 * of the two takes texts for equal that differ.  A key that the target would
 * refuse is not carried over, with the reason.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"

/* A foreign key that is being carried over. */
typedef struct carrying {
    const mig_constraint *from;
    mig__making_table    *table;
    mig__making_table    *parent;
    const char           *name;
    const char           *what;
} carrying;

/* ---- what it refers to -------------------------------------------------------------------- */

bool
mig__making_reference(const mig__making *m, const mig__making_table *table,
                      const mig_constraint *key, size_t nth, mig__making_column **columnp,
                      mig__making_column **parentp)
{
    const mig__making_table *parent =
        key->parent_schema == NULL ? mig__making_find(m, key->parent) : NULL;
    const mig_constraint *primary = parent != NULL ? mig_schema_primary(parent->from) : NULL;
    const char           *name = NULL;

    if (parent == NULL)
        return false;
    if (key->n_parent_columns > 0)
        name = nth < key->n_parent_columns ? key->parent_columns[nth] : NULL;
    else if (primary != NULL && primary->n_parts == key->n_columns)
        name = primary->parts[nth].column;
    *columnp = mig__making_find_column(m, table, key->columns[nth]);
    *parentp = name != NULL ? mig__making_find_column(m, parent, name) : NULL;
    return *columnp != NULL && *parentp != NULL;
}

/* ---- whether the target takes it ---------------------------------------------------------- */

static bool
has_name(const mig_constraint *key, const char *name)
{
    for (size_t i = 0; i < key->n_parent_columns; i++)
        if (strcmp(key->parent_columns[i], name) == 0)
            return true;
    return false;
}

/* Whether the parts are the key's columns, in any order. */
static bool
are_columns(const mig_key_part *parts, size_t n_parts, const mig_constraint *key)
{
    if (n_parts != key->n_parent_columns)
        return false;
    for (size_t i = 0; i < n_parts; i++)
        if (parts[i].column == NULL || parts[i].collation != NULL ||
            !has_name(key, parts[i].column))
            return false;
    return true;
}

static bool
is_unique(const mig__making *m, const mig_schema_table *parent, const mig_constraint *key)
{
    for (size_t i = 0; i < parent->n_constraints; i++) {
        const mig_constraint *of = &parent->constraints[i];

        if ((of->kind == MIG_CONSTRAINT_PRIMARY || of->kind == MIG_CONSTRAINT_UNIQUE) &&
            !of->deferrable && are_columns(of->parts, of->n_parts, key))
            return true;
    }
    for (size_t i = 0; i < m->out->n_indexes; i++) {
        const mig_index *of = &m->out->indexes[i];

        if (of->unique && of->where == NULL && strcmp(of->table, parent->name) == 0 &&
            are_columns(of->parts, of->n_parts, key))
            return true;
    }
    return false;
}

/* SQLite has numerics as texts, and 1.5 is another one than 1.50. */
static const char *
compare_numerics(mig__making *m, const mig__making_column *column, const mig__making_column *parent)
{
    const char *one = column->from->type, *other = parent->from->type;

    if (column->source->wire != MIG_WIRE_NUMERIC || parent->source->wire != MIG_WIRE_NUMERIC ||
        strcmp(one, other) == 0)
        return NULL;
    return mig__making_print(m,
                             "%s is %s and what it refers to is %s, whose digits differ where the "
                             "numbers are equal",
                             mig__making_column_of(m, column)->name, one, other);
}

/* Whether the columns can be compared; between one dialect's they could in the source. */
static const char *
compare_types(mig__making *m, const mig__making_column *column, const mig__making_column *parent)
{
    const mig_mirror_column *one = mig__making_column_of(m, column);
    const mig_mirror_column *other = mig__making_column_of(m, parent);
    const mig_schema_column *out = &mig__making_out(m, &m->tables[column->table])
                                        ->columns[column - m->tables[column->table].columns];
    const mig_schema_column *of = &mig__making_out(m, &m->tables[parent->table])
                                       ->columns[parent - m->tables[parent->table].columns];

    if (m->same)
        return NULL;
    if (m->rules->target == MIG_DIALECT_SQLITE)
        return compare_numerics(m, column, parent);
    if (one->type.wire != other->type.wire ||
        (one->type.wire == MIG_WIRE_LITERAL && strcmp(one->type.type, other->type.type) != 0))
        return mig__making_print(m, "%s is %s, and what it refers to is %s", one->name,
                                 one->type.type, other->type.type);
    if ((out->collation == NULL) != (of->collation == NULL) ||
        (of->collation != NULL && strcmp(out->collation, of->collation) != 0))
        return mig__making_print(m, "%s has another collation than what it refers to", one->name);
    return NULL;
}

static bool
sets_columns(mig_key_action action)
{
    return action == MIG_ACTION_SET_NULL || action == MIG_ACTION_SET_DEFAULT;
}

static const char *
check_columns(mig__making *m, const carrying *c)
{
    const char *why = NULL;

    for (size_t i = 0; i < c->from->n_columns && why == NULL; i++) {
        mig__making_column *column, *parent;

        if (!mig__making_reference(m, c->table, c->from, i, &column, &parent))
            return mig__making_print(m, "it refers to columns that %s does not have",
                                     c->parent->source->name);
        why = compare_types(m, column, parent);
        if (why == NULL && column->computed && m->rules->target == MIG_DIALECT_POSTGRES &&
            (sets_columns(c->from->on_delete) || c->from->on_update == MIG_ACTION_CASCADE ||
             sets_columns(c->from->on_update)))
            why = "its action would set a generated column";
    }
    return why;
}

static const char *
find_parent(mig__making *m, carrying *c)
{
    if (c->from->parent_schema != NULL)
        return mig__making_print(m, "it refers to a table of schema %s", c->from->parent_schema);
    c->parent = mig__making_find(m, c->from->parent);
    if (c->parent != NULL)
        return NULL;
    return mig__making_print(m, "it refers to %s, which is not %s", c->from->parent,
                             mig_catalog_find(m->catalog, c->from->parent) != NULL ? "copied"
                                                                                   : "there");
}

/* ---- carrying ----------------------------------------------------------------------------- */

static bool
add_columns(mig__making *m, const carrying *c, mig_constraint *out)
{
    for (size_t i = 0; i < c->from->n_columns; i++) {
        mig__making_column *column, *parent;

        if (!mig__making_reference(m, c->table, c->from, i, &column, &parent) ||
            !mig_schema_add_name(m->out, &out->columns, &out->n_columns,
                                 mig__making_column_of(m, column)->name) ||
            !mig_schema_add_name(m->out, &out->parent_columns, &out->n_parent_columns,
                                 mig__making_column_of(m, parent)->name))
            return mig__making_has(m, NULL);
    }
    return true;
}

static const char *
sql_of(mig__making *m, const mig_constraint *from)
{
    mig_buf sql = MIG_BUF_INIT;

    if (from->definition != NULL)
        return from->definition;
    mig_buf_puts(&sql, "FOREIGN KEY (");
    for (size_t i = 0; i < from->n_columns; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        mig_buf_identifier(&sql, from->columns[i]);
    }
    mig_buf_puts(&sql, ") REFERENCES ");
    mig_buf_identifier(&sql, from->parent);
    for (size_t i = 0; i < from->n_parent_columns; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : " (");
        mig_buf_identifier(&sql, from->parent_columns[i]);
    }
    mig_buf_puts(&sql, from->n_parent_columns > 0 ? ")" : "");
    return mig__making_take(m, &sql);
}

static void
tell(mig__making *m, const carrying *c, mig_decision_kind kind, const char *text)
{
    mig__making_tell(m, (mig_decision){.kind = kind,
                                       .table = mig__making_target(m, c->table)->name,
                                       .what = c->what,
                                       .text = text,
                                       .sql = sql_of(m, c->from)});
}

/* What SQLite does not know. */
static void
tell_differences(mig__making *m, const carrying *c)
{
    if (c->from->match_full && c->from->n_columns > 1)
        tell(m, c, MIG_DECISION_NOT_CARRIED,
             "MATCH FULL: in SQLite a key that is NULL in part refers to nothing");
    if (c->from->not_valid)
        tell(m, c, MIG_DECISION_CHANGED,
             "NOT VALID: rows that break it are found by the check of "
             "all foreign keys");
}

static void
add_key(mig__making *m, const carrying *c)
{
    mig_schema_table *table = mig__making_out(m, c->table);
    mig_constraint *out = mig_schema_add_constraint(m->out, table, MIG_CONSTRAINT_FOREIGN, c->name);

    if (!mig__making_has(m, out))
        return;
    out->parent = mig__making_target(m, c->parent)->name;
    out->on_delete = c->from->on_delete;
    out->on_update = c->from->on_update;
    out->deferrable = c->from->deferrable;
    out->deferred = c->from->deferred;
    out->comment = c->from->comment;
    if (m->rules->target == MIG_DIALECT_POSTGRES) {
        out->match_full = m->same && c->from->match_full;
        out->not_valid = c->from->not_valid;
    }
    if (!add_columns(m, c, out))
        return;
    if (!is_unique(m, mig__making_out(m, c->parent), out)) {
        tell(m, c, MIG_DECISION_NOT_CARRIED,
             mig__making_print(m, "the columns of %s that it refers to are not unique there",
                               out->parent));
        free(out->columns);
        free(out->parent_columns);
        table->n_constraints--;
        return;
    }
    if (!m->same && m->rules->target == MIG_DIALECT_SQLITE)
        tell_differences(m, c);
}

static void
carry(mig__making *m, mig__making_table *table, const mig_constraint *from)
{
    carrying    c = {.from = from, .table = table};
    const char *why;

    c.name = mig__making_constraint_name(m, table, from);
    c.what = c.name[0] != '\0'
                 ? mig__making_print(m, "constraint %s", c.name)
                 : mig__making_print(m, "foreign key of %s", mig__making_target(m, table)->name);
    why = find_parent(m, &c);
    if (why == NULL)
        why = check_columns(m, &c);
    if (why != NULL)
        tell(m, &c, MIG_DECISION_NOT_CARRIED, why);
    else
        add_key(m, &c);
}

void
mig__making_references(mig__making *m)
{
    for (size_t t = 0; t < m->mirror->n_tables; t++) {
        mig__making_table *table = &m->tables[t];

        for (size_t i = 0; i < table->from->n_constraints && m->st == MIG_OK; i++)
            if (table->from->constraints[i].kind == MIG_CONSTRAINT_FOREIGN)
                carry(m, table, &table->from->constraints[i]);
    }
}
