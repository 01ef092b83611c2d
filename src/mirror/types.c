/*
 * types.c - which of its types each column gets.
 *
 * The first that takes all values without loss; where no one does, the first
 * that takes them, and what gives way is told.  Columns that refer to each
 * other then get one type, if there is one that takes the values of all.
 *
 * Who declared a type that the values do not have is told which row it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "making.h"

/* ---- what the survey found ---------------------------------------------------------------- */

static const mig_trial *
trial_of(const mig__making_column *column, size_t i)
{
    return column->survey != NULL && i < column->survey->n_trials ? &column->survey->trials[i]
                                                                  : NULL;
}

static bool
takes(const mig_trial *trial)
{
    return trial == NULL || trial->n_faults == 0;
}

/* Whether a type changes numbers or drops something; what else gives way is told alone. */
static bool
loses(const mig_trial *trial)
{
    static const mig_loss grave[] = {MIG_LOSS_BOOL_FOLDED, MIG_LOSS_FLOAT4_ROUNDED,
                                     MIG_LOSS_NEGATIVE_ZERO, MIG_LOSS_XML_DECLARATION};

    for (size_t i = 0; trial != NULL && i < sizeof grave / sizeof grave[0]; i++)
        if (trial->n_losses[grave[i]] > 0)
            return true;
    return false;
}

/* ---- telling ------------------------------------------------------------------------------ */

/* Appends what --cast would have to say to allow the value. */
static void
add_way_out(mig__making *m, const mig__making_column *column, const mig_trial *trial,
            const char *type)
{
    const mig_fault fault = {.kind = trial->fault};
    const mig_value value = {.class =
                                 trial->fault == MIG_FAULT_CLASS ? MIG_VALUE_BLOB : MIG_VALUE_TEXT};
    const char     *rule = mig_fault_rule(&fault, &value, trial->encoder.wire);

    if (rule != NULL)
        mig_fault_cast(m->mirror->tables[column->table].name,
                       mig__making_column_of(m, column)->name, type, rule, &m->misfits);
}

/* No type takes all values. */
static void
tell_misfit(mig__making *m, const mig__making_column *column)
{
    const size_t     last = column->n_choices - 1;
    const mig_trial *trial = trial_of(column, last);
    const char      *words = mig_fault_words(trial->fault);

    mig_buf_printf(&m->misfits, "%s.%s: %s", m->mirror->tables[column->table].name,
                   mig__making_column_of(m, column)->name,
                   trial->value != NULL ? trial->value : "a value");
    if (trial->row != NULL)
        mig_buf_printf(&m->misfits, " at %s", trial->row);
    mig_buf_printf(&m->misfits, " does not fit %s", column->choices[last].type);
    if (words[0] != '\0')
        mig_buf_printf(&m->misfits, " (%s)", words);
    add_way_out(m, column, trial, column->choices[last].type);
    mig_buf_puts(&m->misfits, "\n");
}

static const char *
where_of(mig__making *m, const mig_trial *trial)
{
    return mig__making_print(m, "%s%s%s", trial->value != NULL ? trial->value : "a value",
                             trial->row != NULL ? " at " : "",
                             trial->row != NULL ? trial->row : "");
}

/* What gives way in the trial: "3 times cut to whole microseconds". */
static const char *
losses_of(mig__making *m, const mig_trial *trial)
{
    mig_buf text = MIG_BUF_INIT;

    for (size_t i = 0; i < MIG_LOSS_COUNT; i++)
        if (trial->n_losses[i] > 0)
            mig_buf_printf(&text, "%s%lu %s", text.len > 0 ? ", " : "",
                           (unsigned long)trial->n_losses[i], mig_loss_words((mig_loss)i));
    return mig__making_take(m, &text);
}

static void
tell(mig__making *m, const mig__making_column *column, mig_decision_kind kind, const char *text)
{
    mig__making_tell(m, (mig_decision){.kind = kind,
                                       .table = m->mirror->tables[column->table].name,
                                       .what = mig__making_what(m, column),
                                       .text = text});
}

/* The column has another type than the first of its ladder. */
static void
tell_forced(mig__making *m, const mig__making_column *column, size_t chosen)
{
    const mig_trial *trial = trial_of(column, 0);
    const char      *reason = "";

    if (trial != NULL && !takes(trial))
        reason = where_of(m, trial);
    else if (trial != NULL)
        reason = mig__making_print(m, "there would be %s", losses_of(m, trial));
    /* Two steps of one type differ in what becomes text. */
    if (strcmp(column->choices[chosen].type, column->choices[0].type) == 0)
        tell(m, column, MIG_DECISION_TYPE,
             mig__making_print(m, "%s (%s), for %s", column->choices[chosen].type,
                               column->choices[chosen].why, reason));
    else
        tell(m, column, MIG_DECISION_TYPE,
             mig__making_print(m, "%s, not %s: %s", column->choices[chosen].type,
                               column->choices[0].type, reason));
}

static void
tell_losses(mig__making *m, const mig__making_column *column, const mig_trial *trial)
{
    const char *losses = trial != NULL ? losses_of(m, trial) : "";

    if (losses[0] != '\0')
        tell(m, column, MIG_DECISION_CHANGED, losses);
}

/* ---- one column --------------------------------------------------------------------------- */

/* The choice that counts, or n_choices. */
static size_t
choose(const mig__making_column *column)
{
    size_t chosen = column->n_choices;

    for (size_t i = 0; i < column->n_choices; i++) {
        const mig_trial *trial = trial_of(column, i);

        if (!takes(trial))
            continue;
        if (!loses(trial))
            return i;
        if (chosen == column->n_choices)
            chosen = i;
    }
    return chosen;
}

/* ---- columns that refer to each other ----------------------------------------------------- */

typedef struct group {
    size_t           root;
    mig_type_choice *choices;
    size_t           n_choices;
} group;

static bool
all_agree(const mig__making *m, const group *g)
{
    const mig_type_choice *first = &mig__making_column_of(m, &m->columns[g->root])->type;

    for (size_t c = 0; c < m->n_columns; c++) {
        const mig_type_choice *type = &mig__making_column_of(m, &m->columns[c])->type;

        if (m->columns[c].group == g->root &&
            (type->wire != first->wire ||
             (type->wire == MIG_WIRE_LITERAL && strcmp(type->type, first->type) != 0)))
            return false;
    }
    return true;
}

/* Whether the column's values all fit.  Without a survey an integer that is declared wider than the
 * choice may hold more. */
static bool
member_takes(const mig__making_column *column, const group *g, const mig_type_choice *choice)
{
    const size_t     i = mig__making_trial(column, g->choices, g->n_choices, choice);
    const mig_trial *trial = i != SIZE_MAX ? trial_of(column, i) : NULL;

    if (column->cast != NULL) /* whose rules are its own */
        return strcmp(column->choices[0].type, choice->type) == 0;
    if (column->survey != NULL)
        return trial != NULL && takes(trial) && !loses(trial);
    return i == 0 || choice->wire == MIG_WIRE_TEXT || choice->wire == MIG_WIRE_NUMERIC ||
           (choice->wire == MIG_WIRE_INT8 && (column->choices[0].wire == MIG_WIRE_INT4 ||
                                              column->choices[0].wire == MIG_WIRE_INT2)) ||
           (choice->wire == MIG_WIRE_INT4 && column->choices[0].wire == MIG_WIRE_INT2);
}

static void
give_type(mig__making *m, const mig__making_column *column, const mig_type_choice *choice)
{
    mig_mirror_column    *target = mig__making_column_of(m, column);
    const mig_type_choice before = target->type;

    if (column->cast != NULL)
        return;
    target->type = *choice;
    if (strcmp(before.type, choice->type) != 0)
        tell(m, column, MIG_DECISION_TYPE,
             mig__making_print(m, "%s, not %s: the type of what it refers to, or is referred to by",
                               choice->type, before.type));
}

/* Columns whose foreign key will have no operator are left as they are; references.c tells. */
static void
settle_group(mig__making *m, size_t root)
{
    group g = {.root = root};

    if (all_agree(m, &g))
        return;
    mig__making_group_choices(m, root, &g.choices, &g.n_choices);
    for (size_t i = 0; i < g.n_choices; i++) {
        bool all = true;

        for (size_t c = 0; c < m->n_columns && all; c++)
            all = m->columns[c].group != root || member_takes(&m->columns[c], &g, &g.choices[i]);
        if (!all)
            continue;
        for (size_t c = 0; c < m->n_columns; c++)
            if (m->columns[c].group == root)
                give_type(m, &m->columns[c], &g.choices[i]);
        break;
    }
    free(g.choices);
}

/* ---- all ---------------------------------------------------------------------------------- */

static void
check_misfits(mig__making *m)
{
    if (m->st != MIG_OK || m->misfits.len == 0)
        return;
    m->st =
        mig_raise(m->err, MIG_E_DATA, "the source has values that no type of their column takes");
    mig_error_detail(m->err, "%.*s", (int)(m->misfits.len - 1), m->misfits.data);
    mig_error_hint(m->err, "nothing was changed; mend the values in the source, or say by --cast "
                           "what is to become of them");
}

void
mig__making_types(mig__making *m)
{
    for (size_t c = 0; c < m->n_columns && m->st == MIG_OK; c++) {
        const mig__making_column *column = &m->columns[c];
        size_t                    chosen;

        if (column->n_choices == 0)
            continue;
        chosen = choose(column);
        if (chosen == column->n_choices) {
            tell_misfit(m, column);
            continue;
        }
        mig__making_column_of(m, column)->type = column->choices[chosen];
        if (chosen > 0)
            tell_forced(m, column, chosen);
        tell_losses(m, column, trial_of(column, chosen));
    }
    check_misfits(m);
    for (size_t c = 0; c < m->n_columns && m->st == MIG_OK && !m->same; c++)
        if (m->columns[c].n_choices > 0 && m->columns[c].grouped && m->columns[c].group == c)
            settle_group(m, c);
}
