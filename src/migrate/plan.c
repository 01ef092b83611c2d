/*
 * plan.c - matching two catalogs.
 *
 * Pure: catalogs in, plan or a list of misfits out.  Every misfit is collected
 * before the first is reported, so that a person mends them in one go.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/migrate.h"
#include "order.h"
#include "pass.h"

/* A table of the source has to be copied, or is left out with a note, or silently is none. */
static bool
left_out(const mig_table *table, const mig_plan_rules *rules, mig_buf *notes)
{
    switch (table->kind) {
    case MIG_TABLE_PLAIN:
    case MIG_TABLE_PARTITIONED:
        return rules->not_copied != NULL && rules->not_copied(table->name);
    case MIG_TABLE_VIRTUAL:
        mig_buf_printf(notes, "not copied: %s (a virtual table or part of one)\n", table->name);
        return true;
    case MIG_TABLE_FOREIGN:
        mig_buf_printf(notes, "not copied: %s (a foreign table)\n", table->name);
        return true;
    case MIG_TABLE_VIEW:
        mig_buf_printf(notes, "not copied: %s (a view)\n", table->name);
        return true;
    }
    return false;
}

/* Target columns that the source lacks must fill themselves. */
static void
check_unfilled(const mig_table *source, const mig_table *target, mig_buf *misfits)
{
    for (size_t i = 0; i < target->n_columns; i++) {
        const mig_column *column = &target->columns[i];

        if (mig_table_find(source, column->name) != NULL)
            continue;
        if (column->not_null && !column->has_default && !column->generated)
            mig_buf_printf(misfits,
                           "%s.%s: the target requires a value and the source has no such column\n",
                           target->name, column->name);
    }
}

/* Whether values of any source can be made into fields of this type, and back. */
static bool
wire_ready(mig_wire_type wire)
{
    static const mig_wire_type ready[] = {
        MIG_WIRE_BOOL,        MIG_WIRE_INT4,  MIG_WIRE_INT8,  MIG_WIRE_FLOAT8,
        MIG_WIRE_TEXT,        MIG_WIRE_BYTEA, MIG_WIRE_UUID,  MIG_WIRE_TIMESTAMP,
        MIG_WIRE_TIMESTAMPTZ, MIG_WIRE_JSON,  MIG_WIRE_JSONB,
    };

    for (size_t i = 0; i < sizeof ready / sizeof ready[0]; i++)
        if (ready[i] == wire)
            return true;
    return false;
}

/* Values of a dynamic source can exceed every limit there is. */
static bool
takes_any_source(const mig_column *to)
{
    const mig_column any = {.wire = to->wire, .limits = MIG_LIMITS_NONE};

    return wire_ready(to->wire) && mig__limits_hold(&any, to);
}

/*
 * The type in which a column's values travel: the target's, or, where that takes any, the source's.
 * NONE after a misfit was told.
 */
static mig_wire_type
wire_of(const mig__sides *both, const char *table, const mig_column *from, const mig_column *to,
        mig_buf *misfits)
{
    bool          typed = !both->source->dynamic && !both->target->dynamic;
    mig_wire_type wire;

    if (typed && mig__pass_through(both, from, to, &wire))
        return wire;
    if (!both->target->dynamic && !takes_any_source(to)) {
        mig_buf_printf(misfits, "%s.%s: values of type %s cannot be written yet\n", table, to->name,
                       to->type);
        return MIG_WIRE_NONE;
    }
    if (!both->source->dynamic && !wire_ready(from->wire)) {
        mig_buf_printf(misfits, "%s.%s: values of type %s cannot be read yet\n", table, from->name,
                       from->type);
        return MIG_WIRE_NONE;
    }
    if (typed) {
        mig_buf_printf(misfits, "%s.%s: values of type %s cannot become %s yet\n", table, to->name,
                       from->type, to->type);
        return MIG_WIRE_NONE;
    }
    return both->target->dynamic ? from->wire : to->wire;
}

/* What is known only when all columns of a table are planned. */
static void
settle_table(mig_table_plan *plan, mig_buf *misfits, mig_buf *notes)
{
    const mig_column_plan *stuck = mig__pass_as_text(plan);

    if (stuck != NULL)
        mig_buf_printf(misfits, "%s.%s: values of type %s cannot be written as text yet\n",
                       plan->target->name, stuck->target->name, stuck->target->type);
    for (size_t i = 0; i < plan->n_columns; i++)
        if (plan->columns[i].source->object_ids)
            mig_buf_printf(notes,
                           "copied as it is: %s.%s (%s: it holds object identifiers that belong to "
                           "the source database)\n",
                           plan->source->name, plan->columns[i].source->name,
                           plan->columns[i].source->type);
}

static mig_status
plan_columns(const mig__sides *both, const mig_table *source, const mig_table *target,
             const mig_plan_rules *rules, mig_table_plan *plan, mig_buf *misfits, mig_error *err)
{
    plan->columns = calloc(target->n_columns + 1, sizeof *plan->columns);
    if (plan->columns == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the plan of a table");
    for (size_t i = 0; i < target->n_columns; i++) {
        const mig_column *to = &target->columns[i];
        const mig_column *from = mig_table_find(source, to->name);
        mig_wire_type     wire;

        if (from == NULL || to->generated)
            continue;
        wire = wire_of(both, target->name, from, to, misfits);
        if (wire == MIG_WIRE_NONE)
            continue;
        plan->columns[plan->n_columns++] = (mig_column_plan){
            .source = from,
            .target = to,
            .wire = wire,
            .secret = rules->secret != NULL && rules->secret(target->name, to->name),
        };
    }
    for (size_t i = 0; i < source->n_columns; i++) {
        const mig_column *from = &source->columns[i];

        /* A generated column holds nothing that is not computed from the others. */
        if (!from->generated && mig_table_find(target, from->name) == NULL)
            mig_buf_printf(misfits, "%s.%s: the target has no such column\n", source->name,
                           from->name);
    }
    check_unfilled(source, target, misfits);
    return MIG_OK;
}

static mig_status
plan_table(const mig__sides *both, const mig_table *source, const mig_plan_rules *rules,
           mig_plan *plan, mig_buf *misfits, mig_error *err)
{
    const mig_table *target = mig_catalog_find(both->target, source->name);
    mig_table_plan  *table;

    if (target == NULL) {
        mig_buf_printf(misfits, "%s: the target has no such table\n", source->name);
        return MIG_OK;
    }
    if (target->kind != MIG_TABLE_PLAIN && target->kind != MIG_TABLE_PARTITIONED) {
        mig_buf_printf(misfits, "%s: in the target this is not a table\n", source->name);
        return MIG_OK;
    }
    table = &plan->tables[plan->n_tables++];
    table->source = source;
    table->target = target;
    table->label = rules->label != NULL ? rules->label(source->name) : source->name;
    return plan_columns(both, source, target, rules, table, misfits, err);
}

mig_status
mig_plan_make(const mig_catalog *source, const mig_catalog *target, const mig_plan_rules *rules,
              mig_plan **planp, mig_buf *notes, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_plan        *plan = NULL;
    mig_buf          misfits = MIG_BUF_INIT;
    const mig__sides both = {source, target};

    *planp = NULL;
    if (source->dynamic && target->dynamic) {
        st = mig_raise(err, MIG_E_UNSUPPORTED, "rows cannot be copied from SQLite to SQLite yet");
        goto done;
    }
    plan = calloc(1, sizeof *plan);
    if (plan == NULL ||
        (plan->tables = calloc(source->n_tables + 1, sizeof *plan->tables)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the plan");
        goto done;
    }
    for (size_t i = 0; i < source->n_tables; i++)
        if (!left_out(&source->tables[i], rules, notes))
            MIG_TRY(plan_table(&both, &source->tables[i], rules, plan, &misfits, err));
    for (size_t i = 0; i < plan->n_tables; i++)
        settle_table(&plan->tables[i], &misfits, notes);
    MIG_TRY(mig_buf_check(&misfits, err));
    MIG_TRY(mig_buf_check(notes, err));
    if (misfits.len > 0) {
        st = mig_raise(err, MIG_E_SCHEMA, "source and target schema do not fit each other");
        mig_error_detail(err, "%.*s", (int)(misfits.len - 1), misfits.data);
        mig_error_hint(err, "nothing was changed; bring the target's schema to that of the source");
        goto done;
    }
    if (plan->n_tables == 0) {
        st = mig_raise(err, MIG_E_SCHEMA, "the source has no tables to copy");
        goto done;
    }
    if (!rules->order_free)
        MIG_TRY(mig__order_tables(plan, notes, err));

    *planp = plan;
    plan = NULL; /* now the caller's */
done:
    mig_buf_fini(&misfits);
    mig_plan_free(plan);
    return st;
}

void
mig_plan_free(mig_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->n_tables; i++) {
        free(plan->tables[i].columns);
        free(plan->tables[i].parents);
        free(plan->tables[i].suspended);
    }
    free(plan->tables);
    free(plan);
}
