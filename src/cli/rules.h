/*
 * rules.h - what is known of the application, and what the user wants of it, as
 * the plan's rules.
 *
 * Threads: the main thread, while it is the only one (zone.h).
 */
#ifndef MIG_RULES_H
#define MIG_RULES_H

#include "mig/migrate.h"
#include "options.h"

/* From the command line; borrows from the options. */
mig_status mig__rules_open(const mig_options *options, mig_plan_rules *rules,
                           mig_error *err) MIG_CHECKED;

/* Adds what is known of an Uptrakit installation. */
void mig__rules_of_uptrakit(mig_plan_rules *rules);

/* Frees the lists.  Accepts rules that are all zero. */
void mig__rules_close(mig_plan_rules *rules);

#endif
