/*
 * print_plan.h - how a column's values are converted, in words.
 */
#ifndef MIG_PRINT_PLAN_H
#define MIG_PRINT_PLAN_H

#include "mig/plan.h"

/* The name of what happens to a column's values on their way. */
const char *mig__plan_conversion(const mig_column_plan *column);

#endif
