/*
 * expected.c - the target's catalog as it will be, and the casts of its columns.
 *
 * The plan is made from it before there is a table: so it says what the
 * backends say of the tables once they are there.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"

/* ---- columns ------------------------------------------------------------------------------ */

static bool
set_text(char **to, const char *text)
{
    free(*to);
    *to = strdup(text);
    return *to != NULL;
}

/* The type's name as PostgreSQL's catalog has it, in the target's schema where it is a user's. */
static const char *
base_of(mig__making *m, const mig__making_column *column)
{
    const char  *base = column->source->base;
    const size_t len = strlen(m->schema->name);

    if (column->n_choices > 0 || base == NULL)
        return mig__making_column_of(m, column)->type.base;
    return strncmp(base, m->schema->name, len) == 0 && base[len] == '.'
               ? mig__making_print(m, "%s%s", m->out->name, base + len)
               : base;
}

static void
expect_postgres(mig__making *m, const mig__making_column *column, mig_column *expected)
{
    const mig_type_choice *type = &mig__making_column_of(m, column)->type;

    if (column->n_choices > 0) {
        expected->wire = type->wire;
        expected->limits = type->limits;
    } else {
        expected->wire = column->source->wire;
        expected->limits = column->source->limits;
        expected->opaque = column->source->opaque;
        expected->object_ids = column->source->object_ids;
    }
    if (!set_text(&expected->base, base_of(m, column)))
        mig__making_has(m, NULL);
}

static void
expect_column(mig__making *m, mig_table *table, const mig__making_column *column,
              const mig_schema_column *out)
{
    const bool  postgres = m->rules->target == MIG_DIALECT_POSTGRES;
    const char *type = postgres && column->n_choices == 0 ? column->source->type : out->type;
    mig_column *expected = mig_table_add_column(table, out->name, type);

    if (!mig__making_has(m, expected))
        return;
    expected->limits = (mig_limits)MIG_LIMITS_NONE;
    expected->not_null = out->not_null;
    expected->generated = out->generated != NULL;
    expected->has_default =
        !expected->generated && (out->default_value != NULL || out->identity != MIG_IDENTITY_NONE);
    if (out->identity == MIG_IDENTITY_ROWID || out->identity == MIG_IDENTITY_AUTOINCREMENT)
        expected->not_null = true;
    if (postgres)
        expect_postgres(m, column, expected);
}

static void
number_key(const mig_schema_table *out, mig_table *table)
{
    const mig_constraint *key = mig_schema_primary(out);

    for (size_t i = 0; key != NULL && i < key->n_parts; i++)
        for (size_t c = 0; c < table->n_columns; c++)
            if (key->parts[i].column != NULL &&
                strcmp(key->parts[i].column, table->columns[c].name) == 0)
                table->columns[c].pk_position = (int)i + 1;
}

/* ---- tables ------------------------------------------------------------------------------- */

/* The first of SQLite's names for the rowid that no column has. */
static const char *
rowid_name(const mig_schema_table *out)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};

    for (size_t i = 0; i < sizeof names / sizeof names[0] && !out->without_rowid; i++) {
        bool taken = false;

        for (size_t c = 0; c < out->n_columns && !taken; c++)
            taken = mig_match_folded(out->columns[c].name, names[i]);
        if (!taken)
            return names[i];
    }
    return NULL;
}

/* Whether no column of the key takes texts for equal that differ. */
static bool
is_bytewise(const mig__making *m, const mig_schema_table *out, const mig_constraint *key)
{
    for (size_t i = 0; i < key->n_columns; i++) {
        const mig_schema_column *column = mig_schema_find_column(out, key->columns[i]);

        if (column != NULL && column->collation != NULL &&
            strstr(column->collation, "nocase") != NULL)
            return false;
    }
    return m->rules->target == MIG_DIALECT_POSTGRES;
}

static void
expect_key(mig__making *m, mig_table *table, const mig_schema_table *out, const mig_constraint *key)
{
    const char      *name = m->rules->target == MIG_DIALECT_SQLITE ? "" : key->name;
    mig_foreign_key *expected = mig_table_add_foreign_key(table, name, key->parent);

    if (!mig__making_has(m, expected))
        return;
    expected->validated = m->rules->target == MIG_DIALECT_POSTGRES && !key->not_valid;
    expected->bytewise = is_bytewise(m, out, key);
    for (size_t i = 0; i < key->n_columns; i++)
        if (!mig_foreign_key_add_column(expected, key->columns[i], key->parent_columns[i]))
            mig__making_has(m, NULL);
}

static void
expect_table(mig__making *m, const mig__making_table *from)
{
    const mig_schema_table *out = mig__making_out(m, from);
    mig_table *table = mig_catalog_add_table(m->mirror->catalog, out->name, MIG_TABLE_PLAIN);

    if (!mig__making_has(m, table))
        return;
    table->strict = out->strict;
    if (m->rules->target == MIG_DIALECT_SQLITE)
        table->rowid_name = rowid_name(out);
    for (size_t c = 0; c < out->n_columns; c++)
        expect_column(m, table, &from->columns[c], &out->columns[c]);
    number_key(out, table);
    for (size_t i = 0; i < out->n_constraints && m->st == MIG_OK; i++)
        if (out->constraints[i].kind == MIG_CONSTRAINT_FOREIGN)
            expect_key(m, table, out, &out->constraints[i]);
}

/* ---- casts -------------------------------------------------------------------------------- */

static void
add_cast(mig__making *m, const mig__making_column *column)
{
    const mig_mirror_column *target = mig__making_column_of(m, column);
    mig_cast                *cast = &m->mirror->casts[m->mirror->n_casts++];

    *cast = (mig_cast){.table = strdup(m->mirror->tables[column->table].name),
                       .column = strdup(target->name),
                       .table_literal = true,
                       .column_literal = true,
                       .type = strdup(target->type.type),
                       .rules = target->type.rules,
                       .unit = target->type.unit};
    if (cast->table == NULL || cast->column == NULL || cast->type == NULL)
        mig__making_has(m, NULL);
}

/* Columns whose values need a rule or a unit; what the target computes is not written. */
static void
add_casts(mig__making *m)
{
    m->mirror->casts = calloc(m->n_columns + 1, sizeof *m->mirror->casts);
    if (!mig__making_has(m, m->mirror->casts))
        return;
    for (size_t c = 0; c < m->n_columns && m->st == MIG_OK; c++) {
        const mig_type_choice *type = &mig__making_column_of(m, &m->columns[c])->type;

        if (m->columns[c].n_choices > 0 && !m->columns[c].computed &&
            (type->rules != 0 || type->unit != MIG_UNIT_NONE))
            add_cast(m, &m->columns[c]);
    }
}

void
mig__making_expect(mig__making *m)
{
    m->mirror->catalog = mig_catalog_new(m->out->name);
    if (!mig__making_has(m, m->mirror->catalog))
        return;
    m->mirror->catalog->dynamic = m->rules->target == MIG_DIALECT_SQLITE;
    for (size_t t = 0; t < m->mirror->n_tables && m->st == MIG_OK; t++)
        expect_table(m, &m->tables[t]);
    if (m->st == MIG_OK && !mig_catalog_finish(m->mirror->catalog))
        mig__making_has(m, NULL);
    add_casts(m);
}
