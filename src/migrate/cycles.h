/*
 * cycles.h - foreign keys that no order of tables can satisfy.
 */
#ifndef MIG_CYCLES_H
#define MIG_CYCLES_H

#include "mig/buf.h"
#include "mig/plan.h"

/*
 * Suspends the foreign keys between tables that refer to each other, directly or through others:
 * they go to `suspended` and leave `parents`, which have no cycle afterwards.  A table's reference
 * to itself stays.  Each is told in *notes.
 */
mig_status mig__cycles_break(mig_plan *plan, mig_buf *notes, mig_error *err) MIG_CHECKED;

#endif
