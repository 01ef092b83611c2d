/*
 * testpg_schema.h - schemas that a PostgreSQL source reads, on the database of testpg.h.
 */
#ifndef TESTPG_SCHEMA_H
#define TESTPG_SCHEMA_H

#include "mig/schema.h"
#include "testpg.h"

extern mig_schema *testpg_schema;

/* Criterion's .init and .fini, testpg's among them. */
void testpg_schema_init(void);
void testpg_schema_fini(void);

/* Opens a source and reads the schema (NULL: the current one); asserts success. */
void testpg_schema_read(const char *schema);

/* Each asserts that it is there. */
const mig_schema_table  *testpg_schema_table(const char *table);
const mig_schema_column *testpg_schema_column(const char *table, const char *column);
const mig_constraint    *testpg_schema_constraint(const char *table, const char *name);

/* NULL if it is not there. */
const mig_schema_object *testpg_schema_object(mig_object_kind kind, const char *name);

/* Asserts that the object is there and has this statement (NULL: none). */
void testpg_schema_sql(mig_object_kind kind, const char *name, const char *sql);

#endif
