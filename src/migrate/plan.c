/*
 * plan.c - matching two catalogs.
 *
 * Pure: catalogs in, plan or a list of misfits out.  Every misfit is collected
 * before the first is reported, so that a person mends them in one go.
 */
#include <stdlib.h>
#include <string.h>

#include "conversion.h"
#include "mig/match.h"
#include "mig/migrate.h"
#include "order.h"
#include "pass.h"

/* A plan under way, and what is told of it. */
typedef struct making {
    mig__sides            both;
    const mig_plan_rules *rules;
    mig_plan             *plan;
    bool                 *used; /* beside rules->allow_missing */
    mig_buf              *notes;
    mig_buf               misfits;
    mig_buf               filtered; /* tables left out by include and exclude */
    mig_buf               missing;  /* and what the target may lack */
} making;

static void
add_name(mig_buf *list, const char *table, const char *column)
{
    mig_buf_printf(list, "%s%s%s%s", list->len > 0 ? ", " : "", table, column != NULL ? "." : "",
                   column != NULL ? column : "");
}

/* ---- columns ------------------------------------------------------------------------------ */

/* A name whose case would have to decide between several. */
static void
tell_ambiguous(making *m, const char *table, const char *column)
{
    mig_buf_printf(&m->misfits,
                   "%s%s%s: several names in source or target differ from it in case alone\n",
                   table, column != NULL ? "." : "", column != NULL ? column : "");
}

static void
plan_column(making *m, mig_table_plan *table, const mig_column *from, const mig_column *to)
{
    mig_column_plan column = {
        .source = from,
        .target = to,
        .limits = MIG_LIMITS_NONE,
        .secret = m->rules->secret != NULL && m->rules->secret(table->source->name, from->name),
    };

    if (m->rules->types_unknown ||
        mig__conversion_choose(&m->both, table->target->name, m->rules, &column, &m->misfits))
        table->columns[table->n_columns++] = column;
}

/* A target column that the source lacks must fill itself. */
static void
check_fills_itself(making *m, const mig_table *target, const mig_column *to)
{
    if (to->not_null && !to->has_default && !to->generated)
        mig_buf_printf(&m->misfits,
                       "%s.%s: the target requires a value and the source has no such column\n",
                       target->name, to->name);
}

static mig_match
match_column(const making *m, const mig_table_plan *table, const char *name,
             const mig_column **foundp)
{
    const mig_counterparts *known = m->rules->counterparts;
    const char             *twin;

    if (known == NULL)
        return mig_match_column(table->source, name, table->target, foundp);
    twin = known->column(known->arg, table->source->name, name);
    *foundp = twin != NULL ? mig_table_find(table->target, twin) : NULL;
    return *foundp != NULL ? MIG_MATCH_FOUND : MIG_MATCH_NONE;
}

static void
match_columns(const making *m, mig_table_plan *table)
{
    for (size_t i = 0; i < table->source->n_columns; i++)
        match_column(m, table, table->source->columns[i].name, &table->twins[i]);
}

static const mig_column *
source_of(const mig_table_plan *table, const mig_column *target)
{
    for (size_t i = 0; i < table->source->n_columns; i++)
        if (table->twins[i] == target)
            return &table->source->columns[i];
    return NULL;
}

/* Several columns of the source might be this one: told from the source's side. */
static bool
is_ambiguous(const making *m, const mig_table_plan *table, const mig_column *target)
{
    const mig_column *from;

    return m->rules->counterparts == NULL &&
           mig_match_column(table->target, target->name, table->source, &from) ==
               MIG_MATCH_AMBIGUOUS;
}

/* The target's columns, each with its counterpart. */
static void
fill_columns(making *m, mig_table_plan *table)
{
    for (size_t i = 0; i < table->target->n_columns; i++) {
        const mig_column *to = &table->target->columns[i];
        const mig_column *from = source_of(table, to);

        if (from == NULL) {
            if (!is_ambiguous(m, table, to))
                check_fills_itself(m, table->target, to);
            continue;
        }
        if (!to->generated)
            plan_column(m, table, from, to);
        else if (!from->generated)
            mig_buf_printf(m->notes, "not copied: %s.%s (the target computes it)\n",
                           table->source->name, from->name);
    }
}

/* The source's columns that have no counterpart. */
static void
check_source_columns(making *m, const mig_table_plan *table)
{
    const mig_table *source = table->source;

    for (size_t i = 0; i < source->n_columns; i++) {
        const mig_column *from = &source->columns[i];
        const mig_column *none;

        /* A generated column holds nothing that is not computed from the others. */
        if (table->twins[i] != NULL || from->generated)
            continue;
        if (mig_plan_may_miss(m->rules, source->name, from->name, m->used))
            add_name(&m->missing, source->name, from->name);
        else if (match_column(m, table, from->name, &none) == MIG_MATCH_AMBIGUOUS)
            tell_ambiguous(m, source->name, from->name);
        else
            mig_buf_printf(&m->misfits, "%s.%s: the target has no such column\n", source->name,
                           from->name);
    }
}

/* What is known only when all columns of a table are planned. */
static void
settle_table(making *m, mig_table_plan *table)
{
    const mig_column_plan *stuck = mig__pass_as_text(table);

    if (stuck != NULL)
        mig_buf_printf(&m->misfits,
                       "%s.%s: values of type %s cannot be written beside columns that are written "
                       "as text\n",
                       table->target->name, stuck->target->name, stuck->target->type);
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].source->object_ids)
            mig_buf_printf(m->notes,
                           "copied as it is: %s.%s (%s: it holds object identifiers that belong to "
                           "the source database)\n",
                           table->source->name, table->columns[i].source->name,
                           table->columns[i].source->type);
}

/*
 * The column that is the whole primary key on both sides, if it is an integer.  NULL for a source
 * that has its rows in an order of its own (SQLite).
 */
static const mig_column *
integer_key(const making *m, const mig_table_plan *table)
{
    const mig_column *key = NULL;

    for (size_t i = 0; i < table->source->n_columns; i++)
        if (table->source->columns[i].pk_position > 1)
            return NULL;
    for (size_t i = 0; i < table->target->n_columns; i++)
        if (table->target->columns[i].pk_position > 1)
            return NULL;
    for (size_t i = 0; i < table->n_columns && !m->both.source->dynamic; i++)
        if (table->columns[i].source->pk_position == 1 &&
            table->columns[i].target->pk_position == 1 &&
            mig_wire_is_integer(table->columns[i].source->wire))
            key = table->columns[i].source;
    return key;
}

static mig_status
plan_columns(making *m, mig_table_plan *table, mig_error *err)
{
    size_t before = m->misfits.len;

    table->columns = calloc(table->target->n_columns + 1, sizeof *table->columns);
    table->twins = calloc(table->source->n_columns + 1, sizeof *table->twins);
    if (table->columns == NULL || table->twins == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the plan of a table");
    match_columns(m, table);
    fill_columns(m, table);
    check_source_columns(m, table);
    if (table->n_columns == 0 && table->source->n_columns > 0 && m->misfits.len == before)
        mig_buf_printf(&m->misfits, "%s: source and target have no column in common\n",
                       table->source->name);
    return MIG_OK;
}

/* ---- tables ------------------------------------------------------------------------------- */

static bool
is_table(const mig_table *table)
{
    return table->kind == MIG_TABLE_PLAIN || table->kind == MIG_TABLE_PARTITIONED;
}

static bool
filtered_out(const mig_plan_rules *rules, const char *name)
{
    return (rules->include.n > 0 && !mig_patterns_match(&rules->include, name)) ||
           mig_patterns_match(&rules->exclude, name);
}

/* Says why a relation of the source is not copied; what the application leaves out needs no words.
 */
static void
note_left_out(making *m, const mig_table *table)
{
    if (is_table(table) && m->rules->not_copied != NULL && m->rules->not_copied(table->name))
        return;
    if (filtered_out(m->rules, table->name)) {
        if (is_table(table))
            add_name(&m->filtered, table->name, NULL);
        return;
    }
    if (m->rules->counterparts != NULL)
        return; /* who made them tells */
    switch (table->kind) {
    case MIG_TABLE_PLAIN:
    case MIG_TABLE_PARTITIONED:
        break;
    case MIG_TABLE_VIRTUAL:
        mig_buf_printf(m->notes, "not copied: %s (a virtual table or part of one)\n", table->name);
        break;
    case MIG_TABLE_FOREIGN:
        mig_buf_printf(m->notes, "not copied: %s (a foreign table)\n", table->name);
        break;
    case MIG_TABLE_VIEW:
        mig_buf_printf(m->notes, "not copied: %s (a view)\n", table->name);
        break;
    }
}

/* The source's table has no counterpart that could be written. */
static void
tell_missing_table(making *m, const char *name, mig_match match)
{
    if (match != MIG_MATCH_FOUND && mig_plan_may_miss(m->rules, name, NULL, m->used))
        add_name(&m->missing, name, NULL);
    else if (match == MIG_MATCH_AMBIGUOUS)
        tell_ambiguous(m, name, NULL);
    else if (match == MIG_MATCH_NONE)
        mig_buf_printf(&m->misfits, "%s: the target has no such table\n", name);
    else
        mig_buf_printf(&m->misfits, "%s: in the target this is not a table\n", name);
}

static mig_match
match_table(const making *m, const char *name, const mig_table **foundp)
{
    const mig_counterparts *known = m->rules->counterparts;
    const char             *twin;

    if (known == NULL)
        return mig_match_table(m->both.source, name, m->both.target, foundp);
    twin = known->table(known->arg, name);
    *foundp = twin != NULL ? mig_catalog_find(m->both.target, twin) : NULL;
    return *foundp != NULL ? MIG_MATCH_FOUND : MIG_MATCH_NONE;
}

/* Why the target keeps its own rows, or NULL. */
static const char *
why_kept(const mig_plan_rules *rules, const mig_table *source, const mig_table *target)
{
    for (size_t i = 0; i < rules->n_unkept; i++)
        if (rules->unkept[i] == target)
            return NULL;
    return rules->kept != NULL ? rules->kept(source, target) : NULL;
}

static mig_status
plan_table(making *m, const mig_table *source, mig_error *err)
{
    const mig_table *target;
    mig_match        match = match_table(m, source->name, &target);
    const char      *kept;
    mig_table_plan  *table;

    if (target == NULL || !is_table(target)) {
        tell_missing_table(m, source->name, match);
        return MIG_OK;
    }
    kept = why_kept(m->rules, source, target);
    if (kept != NULL) {
        mig_buf_printf(m->notes, "not copied: %s (%s; the target keeps its own)\n", source->name,
                       kept);
        return MIG_OK;
    }
    table = &m->plan->tables[m->plan->n_tables++];
    table->source = source;
    table->target = target;
    table->label = m->rules->label != NULL ? m->rules->label(source->name) : source->name;
    return plan_columns(m, table, err);
}

/* ---- what is told ------------------------------------------------------------------------- */

static bool
is_planned(const mig_plan *plan, const char *target)
{
    for (size_t i = 0; i < plan->n_tables; i++)
        if (strcmp(plan->tables[i].target->name, target) == 0)
            return true;
    return false;
}

/* Rows that refer to rows which are not copied: the target has to hold those. */
static void
note_parents(making *m)
{
    for (size_t i = 0; i < m->plan->n_tables; i++) {
        const mig_table *table = m->plan->tables[i].target;

        for (size_t k = 0; k < table->n_foreign_keys; k++)
            if (!is_planned(m->plan, table->foreign_keys[k].parent))
                mig_buf_printf(m->notes,
                               "%s refers to %s, which is not copied: the target has to hold the "
                               "rows already\n",
                               table->name, table->foreign_keys[k].parent);
    }
}

static void
note_patterns(making *m)
{
    const mig_patterns *allowed = &m->rules->allow_missing;

    if (m->filtered.len > 0)
        mig_buf_printf(m->notes, "not copied, by --include and --exclude: %s\n",
                       mig_buf_text(&m->filtered));
    if (m->missing.len > 0)
        mig_buf_printf(m->notes, "not copied, by --allow-missing: %s\n", mig_buf_text(&m->missing));
    for (size_t i = 0; i < allowed->n; i++)
        if (!m->used[i])
            mig_buf_printf(&m->plan->warnings,
                           "--allow-missing %s: the target lacks nothing of that name\n",
                           allowed->texts[i]);
}

static mig_status
check_misfits(making *m, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig_buf_check(&m->misfits, err));
    if (m->misfits.len > 0) {
        st = mig_raise(err, MIG_E_SCHEMA, "source and target schema do not fit each other");
        mig_error_detail(err, "%.*s", (int)(m->misfits.len - 1), m->misfits.data);
        mig_error_hint(err, "nothing was changed; bring the target's schema to that of the source, "
                            "or name what may be left out: --allow-missing TABLE[.COLUMN]");
    } else if (m->plan->n_tables == 0) {
        st = mig_raise(err, MIG_E_SCHEMA, "the source has no tables to copy");
    }
done:
    return st;
}

static mig_status
new_plan(making *m, mig_error *err)
{
    m->plan = calloc(1, sizeof *m->plan);
    m->used = calloc(m->rules->allow_missing.n + 1, sizeof *m->used);
    if (m->plan != NULL)
        m->plan->tables = calloc(m->both.source->n_tables + 1, sizeof *m->plan->tables);
    if (m->used == NULL || m->plan == NULL || m->plan->tables == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the plan");
    return MIG_OK;
}

mig_status
mig_plan_make(const mig_catalog *source, const mig_catalog *target, const mig_plan_rules *rules,
              mig_plan **planp, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;
    making     m = {.both = {source, target}, .rules = rules, .notes = notes};
    mig_buf    unheard = MIG_BUF_INIT;

    *planp = NULL;
    MIG_TRY(new_plan(&m, err));
    for (size_t i = 0; i < source->n_tables; i++) {
        if (mig_plan_wants(rules, &source->tables[i]))
            MIG_TRY(plan_table(&m, &source->tables[i], err));
        else
            note_left_out(&m, &source->tables[i]);
    }
    for (size_t i = 0; i < m.plan->n_tables; i++)
        settle_table(&m, &m.plan->tables[i]);
    for (size_t i = 0; rules->key_order && i < m.plan->n_tables; i++)
        m.plan->tables[i].ordered_by = integer_key(&m, &m.plan->tables[i]);
    if (m.misfits.len == 0)
        mig__conversion_check_casts(m.plan, rules, &m.misfits);
    MIG_TRY(check_misfits(&m, err));
    if (!rules->order_free)
        MIG_TRY(mig__order_tables(m.plan, rules->in_place ? &unheard : notes, err));
    note_parents(&m);
    note_patterns(&m);
    MIG_TRY(mig_buf_check(&m.filtered, err));
    MIG_TRY(mig_buf_check(&m.missing, err));
    MIG_TRY(mig_buf_check(&m.plan->warnings, err));
    MIG_TRY(mig_buf_check(notes, err));

    *planp = m.plan;
    m.plan = NULL; /* now the caller's */
done:
    mig_buf_fini(&unheard);
    mig_buf_fini(&m.misfits);
    mig_buf_fini(&m.filtered);
    mig_buf_fini(&m.missing);
    free(m.used);
    mig_plan_free(m.plan);
    return st;
}

void
mig_plan_free(mig_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->n_tables; i++) {
        free(plan->tables[i].columns);
        free(plan->tables[i].twins);
        free(plan->tables[i].parents);
        free(plan->tables[i].suspended);
    }
    free(plan->tables);
    mig_buf_fini(&plan->warnings);
    free(plan);
}
