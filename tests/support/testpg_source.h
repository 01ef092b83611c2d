/*
 * testpg_source.h - PostgreSQL sources for tests, on the database of testpg.h.
 */
#ifndef TESTPG_SOURCE_H
#define TESTPG_SOURCE_H

#include "mig/source.h"
#include "testpg.h"

extern mig_source *testpg_source;

/* Criterion's .init and .fini, testpg's among them. */
void testpg_source_init(void);
void testpg_source_fini(void);

/* Opens the source, takes a snapshot for n_readers, reads the catalog; asserts success. */
void testpg_source_open(const char *conninfo, unsigned n_readers);

/* A plan of these tables with all columns, also generated ones, from the source's catalog. */
void testpg_source_plan(const char *tables);

/* A cursor on the plan's table; NULL for the whole of it. */
mig_status testpg_cursor(unsigned reader, size_t table, const mig_segment *segment,
                         mig_cursor **cursorp);

/* Appends all rows the cursor still has, in batches of at most max_rows; the first failure. */
mig_status testpg_drain(mig_cursor *cursor, mig_rows *rows, uint32_t max_rows);

/* Asserts that the plan's table, read by that reader, has so many rows. */
void testpg_source_expect(unsigned reader, size_t table, uint32_t n_rows);

/* Another connection of the superuser's runs SQL; "" or the error's SQLSTATE. */
const char *testpg_elsewhere(const char *sql);

#endif
