/*
 * order.h - parents before children.
 */
#ifndef MIG_ORDER_H
#define MIG_ORDER_H

#include "mig/plan.h"

/*
 * Sorts plan->tables topologically by the target's foreign keys (those are what the target will
 * check) and fills parents and refers_to_itself.  Tables that are free to stand anywhere keep
 * their order.  Tables in a cycle are MIG_E_UNSUPPORTED, by name.
 */
mig_status mig__order_tables(mig_plan *plan, mig_error *err) MIG_CHECKED;

#endif
