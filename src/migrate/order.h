/*
 * order.h - parents before children.
 */
#ifndef MIG_ORDER_H
#define MIG_ORDER_H

#include "mig/buf.h"
#include "mig/plan.h"

/*
 * Sorts plan->tables topologically by the target's foreign keys (those are what the target will
 * check) and fills parents and refers_to_itself.  Tables that are free to stand anywhere keep
 * their order.  Foreign keys in a cycle are suspended (cycles.h).
 */
mig_status mig__order_tables(mig_plan *plan, mig_buf *notes, mig_error *err) MIG_CHECKED;

#endif
