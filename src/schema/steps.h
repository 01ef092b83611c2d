/*
 * steps.h - the built-in steps, as embed.awk generates them from uptrakit/.
 *
 * The generated file repeats these two declarations, since it is compiled
 * outside of this folder.
 */
#ifndef MIG_SCHEMA_STEPS_H
#define MIG_SCHEMA_STEPS_H

#include <stddef.h>

#include "mig/uptrakit.h"

/* Sorted by name, which is the order in which they are applied. */
extern const mig_uptrakit_step mig__uptrakit_steps[];
extern const size_t            mig__uptrakit_n_steps;

#endif
