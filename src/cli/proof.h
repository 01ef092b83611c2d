/*
 * proof.h - what a run has found, in a file, and the same looked at again later.
 *
 * The file is one object of JSON.  It names the run (program, databases without
 * passwords, times), each table (names and rows on both sides, digests, how it
 * was compared and how long that took), the differences and the result.  Of each
 * column it holds how its values became the bytes that were digested, so that
 * one database alone gives the same digest again.  docs/decisions/0020 has the
 * rest.
 *
 * Threads: the main thread.
 */
#ifndef MIG_PROOF_H
#define MIG_PROOF_H

#include "migration.h"

/* The first member of the file.  Another number for another way to digest. */
#define MIG__PROOF_FORMAT "db-migrate report 1"

/* MIG_E_IO if the file could not be written; leaves nothing behind. */
mig_status mig__proof_try(const char *path, mig_error *err) MIG_CHECKED;

/*
 * Writes the report of --report: of a run that came to `outcome`, for the reason `cause`.  A file
 * of that name is replaced at once or stays as it is.
 */
mig_status mig__proof_write(const mig_migration *m, mig_status outcome, const mig_error *cause,
                            mig_error *err) MIG_CHECKED;

/* What stands in the file for units and storage classes; NULL behind the last. */
const char *mig__proof_unit(unsigned unit);
const char *mig__proof_store(unsigned store);

#endif
