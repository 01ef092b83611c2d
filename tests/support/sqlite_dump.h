/*
 * sqlite_dump.h - a schema as text, to be compared with what a test expects.
 */
#ifndef TEST_SQLITE_DUMP_H
#define TEST_SQLITE_DUMP_H

#include "mig/buf.h"
#include "mig/schema.h"

/*
 * A line for each table, index and object, and below a table one for each of its columns and
 * constraints: `column id "INTEGER" not null default 0`, `primary (id desc) on conflict FAIL`.
 */
void dump_schema(const mig_schema *schema, mig_buf *out);

#endif
