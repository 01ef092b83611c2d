/*
 * copy_error.h - what the server says against a row, as an error of ours.
 */
#ifndef MIG_POSTGRES_COPY_ERROR_H
#define MIG_POSTGRES_COPY_ERROR_H

#include <stdint.h>

#include "mig/plan.h"
#include "query.h"

/*
 * The row number (from 0) in a server's CONTEXT, "COPY hosts, line 4712, column port" in any of
 * the server's languages; UINT64_MAX if there is none.
 */
uint64_t mig__copy_error_row(const char *context, const char *table);

/*
 * Raises the server's answer to a COPY or its COMMIT.  *rowp is the row it blames, if that is one
 * of the n_rows that were sent, else UINT64_MAX.
 */
mig_status mig__copy_error_raise(const mig__session *session, const PGresult *res,
                                 const mig_table_plan *plan, uint64_t n_rows, uint64_t *rowp,
                                 mig_error *err);

#endif
