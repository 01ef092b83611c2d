/*
 * begin.c - the tables that are wanted, and their columns.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"

/* More than this PostgreSQL does not take (src/include/access/htup_details.h). */
#define MAX_HEAP_ATTRIBUTES 1600

static const mig_survey_table *
survey_of(const mig__making *m, const mig_table *table)
{
    for (size_t i = 0; m->survey != NULL && i < m->survey->n_tables; i++)
        if (m->survey->tables[i].table == table)
            return &m->survey->tables[i];
    return NULL;
}

static const mig_cast *
cast_of(const mig__making *m, const char *table, const char *column)
{
    const mig_plan_rules *plan = m->rules->plan;

    for (size_t i = plan->n_casts; i > 0; i--)
        if (mig_cast_matches(&plan->casts[i - 1], table, column))
            return &plan->casts[i - 1];
    return NULL;
}

static bool
allocate(mig__making *m)
{
    size_t n_tables = 0, n_columns = 0;

    for (size_t t = 0; t < m->catalog->n_tables; t++) {
        if (mig_plan_wants(m->rules->plan, &m->catalog->tables[t])) {
            n_tables++;
            n_columns += m->catalog->tables[t].n_columns;
        }
    }
    m->mirror->tables = calloc(n_tables + 1, sizeof *m->mirror->tables);
    m->tables = calloc(n_tables + 1, sizeof *m->tables);
    m->columns = calloc(n_columns + 1, sizeof *m->columns);
    m->index_names = calloc(m->schema->n_indexes + 1, sizeof *m->index_names);
    m->view_names = calloc(m->schema->n_objects + 1, sizeof *m->view_names);
    m->view_made = calloc(m->schema->n_objects + 1, sizeof *m->view_made);
    return mig__making_has(m, m->mirror->tables) && mig__making_has(m, m->tables) &&
           mig__making_has(m, m->columns) && mig__making_has(m, m->index_names) &&
           mig__making_has(m, m->view_names) && mig__making_has(m, m->view_made);
}

static void
add_column(mig__making *m, mig__making_table *table, size_t c)
{
    mig__making_column *column = &table->columns[c];

    column->source = &table->source->columns[c];
    column->from = mig_schema_find_column(table->from, column->source->name);
    column->table = (size_t)(table - m->tables);
    column->group = (size_t)(column - m->columns);
    if (table->survey != NULL)
        column->survey = &table->survey->columns[c];
    if (column->from == NULL)
        m->st = mig_raise(m->err, MIG_E_SCHEMA, "cannot read how %s.%s is declared",
                          table->source->name, column->source->name);
}

static void
add_table(mig__making *m, const mig_table *source)
{
    mig_mirror        *mirror = m->mirror;
    mig__making_table *table = &m->tables[mirror->n_tables];
    mig_mirror_table  *target = &mirror->tables[mirror->n_tables];

    table->source = source;
    table->from = mig_schema_find(m->schema, source->name);
    table->survey = survey_of(m, source);
    table->columns = m->columns + m->n_columns;
    table->constraints.folded = m->rules->target == MIG_DIALECT_SQLITE;
    target->source = source;
    target->columns = calloc(source->n_columns + 1, sizeof *target->columns);
    if (!mig__making_has(m, target->columns))
        return;
    mirror->n_tables++;
    m->n_columns += source->n_columns;
    if (table->from == NULL) {
        m->st =
            mig_raise(m->err, MIG_E_SCHEMA, "cannot read how table %s is declared", source->name);
        return;
    }
    if (m->rules->target == MIG_DIALECT_POSTGRES && source->n_columns > MAX_HEAP_ATTRIBUTES)
        m->st = mig_raise(m->err, MIG_E_UNSUPPORTED,
                          "table %s has %zu columns, PostgreSQL takes %d at most", source->name,
                          source->n_columns, MAX_HEAP_ATTRIBUTES);
    for (size_t c = 0; c < source->n_columns && m->st == MIG_OK; c++) {
        target->columns[c].source = &source->columns[c];
        add_column(m, table, c);
    }
}

void
mig__making_begin(mig__making *m)
{
    m->same = m->schema->dialect == m->rules->target;
    m->frameworks = mig_frameworks_of(m->schema);
    m->relations.folded = m->rules->target == MIG_DIALECT_SQLITE;
    m->scope = SIZE_MAX;
    m->mirror = calloc(1, sizeof *m->mirror);
    if (!mig__making_has(m, m->mirror))
        return;
    m->out =
        mig_schema_new(m->rules->target, m->rules->target == MIG_DIALECT_SQLITE ? "main"
                                         : m->rules->target_schema != NULL ? m->rules->target_schema
                                                                           : "public");
    m->mirror->schema = m->out;
    if (!mig__making_has(m, m->out) || !allocate(m))
        return;
    for (size_t t = 0; t < m->catalog->n_tables && m->st == MIG_OK; t++)
        if (mig_plan_wants(m->rules->plan, &m->catalog->tables[t]))
            add_table(m, &m->catalog->tables[t]);
    if (m->st != MIG_OK)
        return;
    mig__making_check_renames(m);
    mig__making_names(m);
    for (size_t c = 0; c < m->n_columns && m->st == MIG_OK; c++)
        m->columns[c].cast = cast_of(m, m->mirror->tables[m->columns[c].table].name,
                                     mig__making_column_of(m, &m->columns[c])->name);
}

void
mig__making_end(mig__making *m)
{
    for (size_t t = 0; m->mirror != NULL && t < m->mirror->n_tables; t++)
        mig__name_set_fini(&m->tables[t].constraints);
    for (size_t c = 0; c < m->n_columns; c++)
        free(m->columns[c].choices);
    mig__name_set_fini(&m->relations);
    mig_buf_fini(&m->misfits);
    free(m->tables);
    free(m->columns);
    free(m->index_names);
    free(m->view_names);
    free(m->view_made);
}
