/*
 * rich_schema.h - schemas with something of everything that a mirror makes,
 * under names that want to break out.
 */
#ifndef TEST_RICH_SCHEMA_H
#define TEST_RICH_SCHEMA_H

#include "mig/mirror.h"

/* A mirror of decisions and schema alone; to be freed by rich_mirror_free(). */
mig_mirror *rich_mirror(mig_dialect dialect);
void        rich_mirror_free(mig_mirror *mirror);

/* The same of an empty schema. */
mig_mirror *bare_mirror(mig_dialect dialect);

void rich_decide(mig_mirror *mirror, mig_decision decision);

#endif
