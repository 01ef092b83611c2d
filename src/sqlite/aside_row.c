/*
 * aside_row.c - a row of SQLite that cannot be converted goes aside, whole.
 *
 * Texts of a database in UTF-16 are looked at as such first: SQLite's own
 * conversion would replace what is wrong with them.
 *
 * Threads: the reader's.
 */
#include <stdlib.h>

#include "encode.h"
#include "sqlite_source.h"

static void
fetch(sqlite3_stmt *stmt, int column, bool utf16, mig_aside_value *out)
{
    sqlite3_value *value = sqlite3_column_value(stmt, column);
    size_t         offset;

    out->form = MIG_ASIDE_PLAIN;
    if (utf16 && sqlite3_value_type(value) == SQLITE_TEXT &&
        mig__check_utf16(value, &offset) != MIG_FAULT_NONE) {
        out->form = MIG_ASIDE_UTF16;
        out->value = (mig_value){.class = MIG_VALUE_TEXT, .data = sqlite3_value_text16(value)};
        out->value.len = (size_t)sqlite3_value_bytes16(value);
        return;
    }
    mig__fetch_value(stmt, column, &out->value);
}

/* `the text "n/a" does not fit into integer: not a number in decimal form` */
static void
explain(const mig_column_plan *column, const mig_fault *fault, const mig_value *held, mig_buf *out)
{
    mig_error why = MIG_ERROR_INIT;

    mig_value_describe(held, column->secret, out);
    mig_buf_printf(out, " does not fit into %s%s",
                   column->target->type[0] != '\0' ? column->target->type
                                                   : mig_wire_name(column->wire),
                   fault->kind == MIG_FAULT_NOT_NULL ? " NOT NULL" : "");
    mig_raise(&why, MIG_E_DATA, "why");
    mig_fault_explain(fault, held, column->secret, &why);
    if (why.detail != NULL)
        mig_buf_printf(out, ": %s", why.detail);
    mig_error_fini(&why);
}

mig_status
mig__sqlite_put_aside(const mig__sqlite_source *source, sqlite3_stmt *stmt,
                      const mig_table_plan *plan, bool keyed, const mig_fault *fault,
                      mig_error *err)
{
    const mig_column_plan *column = &plan->columns[fault->column];
    mig_status             st = MIG_OK;
    mig_buf                reason = MIG_BUF_INIT;
    mig_aside_value       *values = calloc(plan->n_columns + 1, sizeof *values);
    int64_t                rowid = 0;
    mig_aside_row          row = {.plan = plan, .column = column, .values = values};

    if (values == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold a row of %s", plan->source->name);
        goto done;
    }
    for (size_t i = 0; i < plan->n_columns; i++) {
        const mig_value *value = &values[i].value;

        fetch(stmt, (int)i, source->utf16, &values[i]);
        if ((value->class == MIG_VALUE_TEXT || value->class == MIG_VALUE_BLOB) &&
            value->data == NULL && value->len > 0) {
            st = mig_raise(err, MIG_E_NOMEM, "cannot hold a row of %s", plan->source->name);
            goto done;
        }
    }
    if (keyed) {
        rowid = sqlite3_column_int64(stmt, (int)plan->n_columns);
        row.rowid = &rowid;
    }
    explain(column, fault, &values[fault->column].value, &reason);
    MIG_TRY(mig_buf_check(&reason, err));
    row.reason = mig_buf_text(&reason);
    MIG_TRY(source->base.aside->put(source->base.aside, &row, err));
done:
    free(values);
    mig_buf_fini(&reason);
    return st;
}
