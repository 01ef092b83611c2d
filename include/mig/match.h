/*
 * match.h - which table or column of one database is which of the other.
 *
 * By name, in any order: a name that is the same byte for byte first; of the
 * rest, names that differ in the case of ASCII letters alone, as SQLite takes
 * names anyway and as PostgreSQL folds those written without quotes.  Each
 * finds one counterpart at most, and is the counterpart of at most one: where
 * the case would have to decide between several, nothing is decided.
 *
 * Pure; any thread.
 */
#ifndef MIG_MATCH_H
#define MIG_MATCH_H

#include "mig/catalog.h"

typedef enum mig_match {
    MIG_MATCH_NONE,      /* nothing there has the name */
    MIG_MATCH_FOUND,     /* and here it is */
    MIG_MATCH_AMBIGUOUS, /* several names, here or there, differ in case alone */
} mig_match;

/*
 * The counterpart in `there` of the table of that name in `here`; *foundp is NULL unless FOUND.
 * It is the same the other way round.  Relations of any kind are looked at.
 */
mig_match mig_match_table(const mig_catalog *here, const char *name, const mig_catalog *there,
                          const mig_table **foundp);

/* The same for the columns of two tables. */
mig_match mig_match_column(const mig_table *here, const char *name, const mig_table *there,
                           const mig_column **foundp);

/* Whether two names differ at most in the case of ASCII letters. */
bool mig_match_folded(const char *one, const char *other);

#endif
