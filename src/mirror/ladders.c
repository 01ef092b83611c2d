/*
 * ladders.c - the types that a column may get, and the survey that tries them.
 *
 * Columns that refer to each other get one type, so each is tried with the
 * types of all: its own ladder comes first in its trials, then what is only in
 * others'.  The order of a group's choices is that of its first column that
 * refers to nothing, the key: it has the type that says most.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"
#include "mig/temporal.h"

bool
mig__same_choice(const mig_type_choice *one, const mig_type_choice *other)
{
    return strcmp(one->type, other->type) == 0 && one->unit == other->unit &&
           one->rules == other->rules;
}

/* ---- groups ------------------------------------------------------------------------------- */

static void
join(mig__making *m, size_t one, size_t other)
{
    size_t from = m->columns[other].group, to = m->columns[one].group;

    for (size_t c = 0; c < m->n_columns && from != to; c++)
        if (m->columns[c].group == from)
            m->columns[c].group = to;
}

static void
join_reference(mig__making *m, const mig__making_table *table, const mig_constraint *key)
{
    mig__making_column *column, *parent;

    for (size_t i = 0; i < key->n_columns; i++) {
        if (!mig__making_reference(m, table, key, i, &column, &parent))
            continue;
        column->keyed = parent->keyed = true;
        if (column == parent)
            continue;
        column->refers = true;
        column->grouped = parent->grouped = true;
        join(m, (size_t)(parent - m->columns), (size_t)(column - m->columns));
    }
}

static void
mark_parts(mig__making *m, const mig__making_table *table, const mig_key_part *parts,
           size_t n_parts)
{
    for (size_t i = 0; i < n_parts; i++) {
        mig__making_column *column =
            parts[i].column != NULL ? mig__making_find_column(m, table, parts[i].column) : NULL;

        if (column != NULL)
            column->keyed = true;
    }
}

static void
mark_keys(mig__making *m)
{
    for (size_t t = 0; t < m->mirror->n_tables; t++) {
        const mig__making_table *table = &m->tables[t];

        for (size_t i = 0; i < table->from->n_constraints; i++) {
            const mig_constraint *key = &table->from->constraints[i];

            mark_parts(m, table, key->parts, key->n_parts);
            if (key->kind == MIG_CONSTRAINT_FOREIGN)
                join_reference(m, table, key);
        }
    }
    for (size_t i = 0; i < m->schema->n_indexes; i++) {
        const mig_index         *index = &m->schema->indexes[i];
        const mig__making_table *table = mig__making_find(m, index->table);

        if (table != NULL)
            mark_parts(m, table, index->parts, index->n_parts);
    }
}

/* ---- ladders ------------------------------------------------------------------------------ */

/* Types that no index can have. */
static bool
has_order(const mig_type_choice *choice)
{
    return choice->wire != MIG_WIRE_JSON && choice->wire != MIG_WIRE_XML;
}

static void
take_cast(mig__making *m, mig__making_column *column)
{
    const mig_cast  *cast = column->cast;
    mig_type_choice *choice = &column->choices[0];

    if (!mig_type_of_name(cast->type, choice)) {
        if (m->st == MIG_OK)
            m->st = mig_raise(m->err, MIG_E_USAGE, "--cast %s.%s=%s: a type that is not known here",
                              cast->table, cast->column, cast->type);
        return;
    }
    choice->rules |= cast->rules;
    if (cast->unit != MIG_UNIT_NONE)
        choice->unit = cast->unit;
    column->n_choices = 1;
}

static void
take_ladder(mig__making *m, mig__making_column *column)
{
    const size_t n = mig_type_ladder(&m->frameworks, m->tables[column->table].from, column->from,
                                     column->choices);

    for (size_t i = 0; i < n; i++)
        if (!column->keyed || has_order(&column->choices[i]) || n == 1)
            column->choices[column->n_choices++] = column->choices[i];
}

void
mig__making_ladders(mig__making *m)
{
    const bool typed = m->rules->target == MIG_DIALECT_POSTGRES;

    mark_keys(m);
    for (size_t c = 0; c < m->n_columns && m->st == MIG_OK && typed; c++) {
        mig__making_column *column = &m->columns[c];

        if (m->same && column->cast == NULL)
            continue;
        column->choices = calloc(MIG_TYPE_LADDER_MAX, sizeof *column->choices);
        if (!mig__making_has(m, column->choices))
            return;
        if (column->cast != NULL)
            take_cast(m, column);
        else
            take_ladder(m, column);
    }
}

/* ---- the choices of a group --------------------------------------------------------------- */

static bool
has_choice(const mig_type_choice *choices, size_t n, const mig_type_choice *choice)
{
    for (size_t i = 0; i < n; i++)
        if (mig__same_choice(&choices[i], choice))
            return true;
    return false;
}

void
mig__making_group_choices(mig__making *m, size_t group, mig_type_choice **choicesp,
                          size_t *n_choicesp)
{
    mig_type_choice *choices = NULL;
    size_t           n = 0;

    /* First those that refer to nothing, then the others. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t c = 0; c < m->n_columns; c++) {
            const mig__making_column *column = &m->columns[c];
            mig_type_choice          *grown;

            if (column->group != group || column->refers != (pass == 1))
                continue;
            grown = reallocarray(choices, n + column->n_choices + 1, sizeof *choices);
            if (!mig__making_has(m, grown))
                break;
            choices = grown;
            for (size_t i = 0; i < column->n_choices; i++)
                if (!has_choice(choices, n, &column->choices[i]))
                    choices[n++] = column->choices[i];
        }
    }
    *choicesp = choices;
    *n_choicesp = n;
}

size_t
mig__making_trial(const mig__making_column *column, const mig_type_choice *group, size_t n_group,
                  const mig_type_choice *choice)
{
    size_t n = column->n_choices;

    for (size_t i = 0; i < column->n_choices; i++)
        if (mig__same_choice(&column->choices[i], choice))
            return i;
    for (size_t i = 0; i < n_group; i++) {
        if (has_choice(column->choices, column->n_choices, &group[i]))
            continue;
        if (mig__same_choice(&group[i], choice))
            return n;
        n++;
    }
    return SIZE_MAX;
}

/* ---- the survey --------------------------------------------------------------------------- */

static void
add_trial(mig__making *m, const mig__making_column *column, mig_survey_column *to,
          const mig_type_choice *choice)
{
    const char *array = strstr(choice->type, "[]");
    mig_encoder encoder = {
        .wire = choice->wire,
        .limits = choice->limits,
        .array = array != NULL && strncmp(choice->type, "json", 4) != 0,
        .rules = choice->rules | (column->cast != NULL ? column->cast->rules : 0),
        .unit =
            choice->unit != MIG_UNIT_NONE ? choice->unit : mig_unit_of_type(column->source->type),
        .zone = m->rules->plan->zone,
        .money_digits = 2};

    mig__making_has(m, mig_survey_add_trial(to, &encoder));
}

static void
add_trials(mig__making *m, const mig__making_column *column, mig_survey_column *to)
{
    const mig_plan_rules *plan = m->rules->plan;
    mig_type_choice      *group = NULL;
    size_t                n_group = 0;

    to->secret = plan->secret != NULL &&
                 plan->secret(m->tables[column->table].source->name, column->source->name);
    for (size_t i = 0; i < column->n_choices; i++)
        add_trial(m, column, to, &column->choices[i]);
    if (column->grouped)
        mig__making_group_choices(m, column->group, &group, &n_group);
    for (size_t i = 0; i < n_group; i++)
        if (!has_choice(column->choices, column->n_choices, &group[i]))
            add_trial(m, column, to, &group[i]);
    free(group);
}

void
mig__making_survey(mig__making *m, mig_survey *survey)
{
    for (size_t t = 0; t < m->mirror->n_tables && m->st == MIG_OK; t++) {
        const mig__making_table *table = &m->tables[t];
        mig_survey_table        *added = mig_survey_add(survey, table->source);

        if (!mig__making_has(m, added))
            return;
        for (size_t c = 0; c < table->source->n_columns && m->st == MIG_OK; c++)
            add_trials(m, &table->columns[c], &added->columns[c]);
    }
}
