/*
 * bad_value.c - the error of a value that cannot be stored.
 *
 * A secret's content never stands in it.  If the row cannot be named (the
 * database is damaged, the run is being stopped), the error is raised without
 * its name rather than replaced.
 *
 * Threads: the reader's.
 */
#include "bad_value.h"

#include "sqlite_source.h"

static const char *
target_type(const mig_column_plan *column)
{
    if (column->target != NULL && column->target->type != NULL && column->target->type[0] != '\0')
        return column->target->type;
    return mig_wire_name(column->wire);
}

static void
tell_way_out(const mig_table_plan *plan, const mig_column_plan *column, const char *rule,
             const mig_buf *where, mig_error *err)
{
    mig_buf sql = MIG_BUF_INIT, cast = MIG_BUF_INIT;

    if (rule != NULL)
        mig_fault_cast(plan->target->name, column->target->name, mig_column_cast_type(column), rule,
                       &cast);
    mig_buf_puts(&sql, "SELECT ");
    mig_buf_identifier(&sql, column->source->name);
    mig_buf_puts(&sql, " FROM ");
    mig_buf_identifier(&sql, plan->source->name);
    if (where->len > 0 && !sql.failed)
        mig_error_hint(err,
                       "correct the value in the source and run this again%s; it is shown by %s "
                       "WHERE %s",
                       mig_buf_text(&cast), mig_buf_text(&sql), mig_buf_text(where));
    else
        mig_error_hint(err, "correct the value in the source and run this again%s",
                       mig_buf_text(&cast));
    mig_buf_fini(&cast);
    mig_buf_fini(&sql);
}

mig_status
mig__sqlite_raise_bad_value(sqlite3_stmt *stmt, const mig_table_plan *plan,
                            const mig_segment *segment, uint64_t nth, const mig_fault *fault,
                            mig_error *err)
{
    const mig_column_plan *column = &plan->columns[fault->column];
    mig_value              held;
    mig_buf                value = MIG_BUF_INIT;
    mig_buf                name = MIG_BUF_INIT;
    mig_buf                where = MIG_BUF_INIT;

    if (fault->kind == MIG_FAULT_MEMORY)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a value of %s.%s", plan->source->name,
                         column->source->name);
    mig__fetch_value(stmt, (int)fault->column, &held);
    mig_value_describe(&held, column->secret, &value);
    if (mig__sqlite_name_row(sqlite3_db_handle(stmt), plan, segment, nth, &name, &where, NULL) !=
        MIG_OK) {
        mig_buf_clear(&name);
        mig_buf_clear(&where);
        mig_buf_puts(&name, "a row that could not be read again");
    }
    mig_raise(err, MIG_E_DATA, "cannot store a value in %s.%s", plan->source->name,
              column->source->name);
    mig_error_detail(err, "SQLite holds %s at %s; the target column is %s%s", mig_buf_text(&value),
                     mig_buf_text(&name), target_type(column),
                     fault->kind == MIG_FAULT_NOT_NULL ? " NOT NULL" : "");
    mig_fault_explain(fault, &held, column->secret, err);
    tell_way_out(plan, column, mig_column_rule(column, fault, &held), &where, err);
    mig_buf_fini(&value);
    mig_buf_fini(&name);
    mig_buf_fini(&where);
    return MIG_E_DATA;
}
