/*
 * prompt.h - the last question before the target is erased or changed.
 */
#ifndef MIG_PROMPT_H
#define MIG_PROMPT_H

#include "mig/error.h"

/*
 * Asks on standard error and reads one line from standard input, terminal or not.  Only "yes",
 * white space around it trimmed, goes on; all else, the end of input too, is MIG_E_REFUSED.
 */
mig_status mig__prompt_erase(const char *source, const char *target, mig_error *err) MIG_CHECKED;

/* The same question where rows are changed and nothing is erased. */
mig_status mig__prompt_change(const char *source, const char *target, mig_error *err) MIG_CHECKED;

#endif
