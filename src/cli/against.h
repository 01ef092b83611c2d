/*
 * against.h - --verify-only --against: one database compared with a report.
 */
#ifndef MIG_AGAINST_H
#define MIG_AGAINST_H

#include "migration.h"

/*
 * Reads the databases that are given, one or both, as the report's run has read them, and compares
 * their digests with those of the report.  MIG_E_DIFFERS names tables.
 */
mig_status mig__against_run(mig_migration *m, mig_error *err) MIG_CHECKED;

#endif
