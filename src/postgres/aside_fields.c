/*
 * aside_fields.c - a row of PostgreSQL that cannot be converted goes aside, whole.
 *
 * Threads: a reader's.
 */
#include "aside_fields.h"

#include <stdlib.h>

#include "mig/codec.h"

static void
fetch(mig_wire_type wire, const mig__aside_field *field, mig_buf *scratch, mig_aside_value *out)
{
    out->form = MIG_ASIDE_PLAIN;
    if (mig_field_value(wire, field->data, field->len, scratch, &out->value))
        return;
    out->form = MIG_ASIDE_WIRE;
    out->value = (mig_value){
        .class = MIG_VALUE_BLOB, .data = (const char *)field->data, .len = (size_t)field->len};
}

static void
explain(const mig_column_plan *column, const mig_fault *fault, const mig_aside_value *held,
        mig_buf *out)
{
    mig_error why = MIG_ERROR_INIT;

    if (held->form == MIG_ASIDE_PLAIN)
        mig_value_describe(&held->value, column->secret, out);
    else
        mig_buf_printf(out, "a value of type %s", mig_wire_name(column->read));
    mig_buf_printf(out, " does not fit into %s%s", column->target->type,
                   fault->kind == MIG_FAULT_NOT_NULL ? " NOT NULL" : "");
    mig_raise(&why, MIG_E_DATA, "why");
    mig_fault_explain(fault, &held->value, column->secret, &why);
    if (why.detail != NULL)
        mig_buf_printf(out, ": %s", why.detail);
    mig_error_fini(&why);
}

mig_status
mig__pg_put_aside(mig_aside *aside, const mig_table_plan *plan, const mig__aside_field *fields,
                  const mig_fault *fault, mig_error *err)
{
    const size_t           n = plan->n_columns;
    const mig_column_plan *column = &plan->columns[fault->column];
    mig_status             st = MIG_OK;
    mig_buf                reason = MIG_BUF_INIT;
    mig_aside_value       *values = calloc(n + 1, sizeof *values);
    mig_buf               *scratch = calloc(n + 1, sizeof *scratch);
    mig_aside_row          row = {.plan = plan, .column = column, .values = values};

    if (values == NULL || scratch == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold a row of %s", plan->source->name);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        fetch(plan->columns[i].read, &fields[i], &scratch[i], &values[i]);
        MIG_TRY(mig_buf_check(&scratch[i], err));
    }
    explain(column, fault, &values[fault->column], &reason);
    MIG_TRY(mig_buf_check(&reason, err));
    row.reason = mig_buf_text(&reason);
    MIG_TRY(aside->put(aside, &row, err));
done:
    for (size_t i = 0; scratch != NULL && i < n; i++)
        mig_buf_fini(&scratch[i]);
    free(scratch);
    free(values);
    mig_buf_fini(&reason);
    return st;
}
