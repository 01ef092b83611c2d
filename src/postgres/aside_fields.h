/*
 * aside_fields.h - a row of PostgreSQL that cannot be converted goes aside, whole.
 */
#ifndef MIG_POSTGRES_ASIDE_FIELDS_H
#define MIG_POSTGRES_ASIDE_FIELDS_H

#include "mig/aside.h"

typedef struct mig__aside_field {
    const unsigned char *data;
    int32_t              len; /* -1: NULL */
} mig__aside_field;

/* `fields` are those of the row as it was read, beside plan->columns. */
mig_status mig__pg_put_aside(mig_aside *aside, const mig_table_plan *plan,
                             const mig__aside_field *fields, const mig_fault *fault,
                             mig_error *err) MIG_CHECKED;

#endif
