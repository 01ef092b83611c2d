/*
 * convert_row.h - from a row as a PostgreSQL source sends it to the wire row
 * that was planned, where the two differ.
 *
 * Threads: one reader's.
 */
#ifndef MIG_POSTGRES_CONVERT_ROW_H
#define MIG_POSTGRES_CONVERT_ROW_H

#include "mig/aside.h"

typedef struct mig__row_converter mig__row_converter;

/* *converterp is NULL if every column passes (mig_column_passes).  The plan must outlive it. */
mig_status mig__row_converter_new(const mig_table_plan *plan, mig__row_converter **converterp,
                                  mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig__row_converter_free(mig__row_converter *converter);

/*
 * Appends the wire row of a source's row, which has as many fields as the plan has columns, to
 * *rows.  On a fault nothing is appended: fault->column is its column; NO_ROOM: *neededp bytes
 * would do.
 */
mig_fault_kind mig__row_convert(mig__row_converter *converter, const char *row, mig_rows *rows,
                                size_t *neededp, mig_fault *fault);

/*
 * Raises the fault in the row that was converted last, which is still there.  `where` says which
 * row of the table it is; the fields of its primary key are added.
 */
mig_status mig__row_raise(mig__row_converter *converter, const mig_fault *fault, const char *where,
                          mig_error *err);

/* Puts that row aside in place of it. */
mig_status mig__row_put_aside(mig__row_converter *converter, const mig_fault *fault,
                              mig_aside *aside, mig_error *err) MIG_CHECKED;

#endif
