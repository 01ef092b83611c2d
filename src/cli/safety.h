/*
 * safety.h - does the target hold anything of the user's?
 */
#ifndef MIG_SAFETY_H
#define MIG_SAFETY_H

#include "mig/buf.h"
#include "mig/sink.h"

/*
 * Looks at every listed table of the target.  For an Uptrakit installation rows equal to what its
 * own migrations seed count as none.  MIG_E_REFUSED names the tables that hold more.
 */
mig_status mig__safety_check_empty(mig_sink *sink, const mig_table *const *tables, size_t n_tables,
                                   bool is_uptrakit, mig_error *err) MIG_CHECKED;

/* MIG_E_REFUSED if there are names, of tables that hold rows: "a, b". */
mig_status mig__safety_refuse(const mig_buf *names, mig_error *err) MIG_CHECKED;

#endif
