/*
 * copy_error.h - what the server says against a row, as an error of ours.
 */
#ifndef MIG_POSTGRES_COPY_ERROR_H
#define MIG_POSTGRES_COPY_ERROR_H

#include <stdint.h>

#include "mig/plan.h"
#include "query.h"

/* Whether the table is written in COPY's text format: it has a column without binary form. */
static inline bool
mig__copy_is_text(const mig_table_plan *plan)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (plan->columns[i].wire == MIG_WIRE_LITERAL)
            return true;
    return false;
}

/*
 * The row number (from 0) in a server's CONTEXT, "COPY hosts, line 4712, column port" in any of
 * the server's languages; UINT64_MAX if there is none.  *restp is what stands behind it, else "".
 */
uint64_t mig__copy_error_row(const char *context, const char *table, const char **restp);

/* The same for text format, where the value follows: `..., column port: "n/a"`. */
uint64_t mig__copy_error_text_row(const char *context, const char *table, const char **restp);

/* The column that the server's answer is about, or NULL. */
const char *mig__copy_error_column(const PGresult *res, const mig_table_plan *plan);

/*
 * Raises the server's answer to a COPY or its COMMIT.  *rowp is the row it blames, if that is one
 * of the n_rows that were sent, else UINT64_MAX.
 */
mig_status mig__copy_error_raise(const mig__session *session, const PGresult *res,
                                 const mig_table_plan *plan, uint64_t n_rows, uint64_t *rowp,
                                 mig_error *err);

#endif
