/*
 * bad_value.h - the error of a value that cannot be stored.
 */
#ifndef MIG__BAD_VALUE_H
#define MIG__BAD_VALUE_H

#include "encode.h"
#include "mig/source.h"
#include "sqlite_conn.h"

/*
 * Raises MIG_E_DATA for the statement's current row, which is the nth of the segment: table,
 * column, value, row, what the target wants, and the statement that shows the value.
 */
mig_status mig__sqlite_raise_bad_value(sqlite3_stmt *stmt, const mig_table_plan *plan,
                                       const mig_segment *segment, uint64_t nth,
                                       const mig_fault *fault, mig_error *err) MIG_CHECKED;

#endif
