/*
 * rejecting.h - --on-error reject: a run that sets aside the rows that cannot be copied.
 *
 * Threads: the main thread, and phases.
 */
#ifndef MIG_REJECTING_H
#define MIG_REJECTING_H

#include "migration.h"

/* Before anything else: whether the file of --reject-file may be made. */
mig_status mig__rejecting_check(const mig_options *options, mig_error *err) MIG_CHECKED;

/* Behind the question: opens the file, and has the copy put rows into it. */
mig_status mig__rejecting_open(mig_migration *m, mig_error *err) MIG_CHECKED;

/* Behind mig_copy_resume(): rows that are in the file may come again.  MIG_E_REFUSED if rows that
 * the journal knows to be set aside are not there. */
mig_status mig__rejecting_resume(mig_migration *m, mig_error *err) MIG_CHECKED;

/* Whether the target's keys and indexes stand while rows are copied, so that it refuses the rows
 * that they deny: large tables are not rebuilt then. */
bool mig__rejecting_keeps_keys(const mig_migration *m);

/* Behind the rows keys or indexes could not be made: says that this sets no row aside. */
void mig__rejecting_explain(const mig_migration *m, mig_status st, mig_error *err);

/*
 * The last word on them, where the run came to `st`.  If that is MIG_OK and rows were set aside,
 * it is an error (MIG_E_DATA), with their number in each table; *completep then tells that there
 * is no other.
 */
mig_status mig__rejecting_end(mig_migration *m, mig_status st, bool *completep,
                              mig_error *err) MIG_CHECKED;

#endif
