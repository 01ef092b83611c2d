/*
 * keycheck.h - is this the key that the installation was sealed with?
 */
#ifndef MIG_KEYCHECK_H
#define MIG_KEYCHECK_H

#include "mig/secrets.h"
#include "mig/source.h"

/*
 * Opens, with the key: the verification token, every row of data_encryption_keys, and of each
 * column and setting that may be sealed the first value of each form that is there.  The source is
 * read, nothing is written anywhere.  MIG_E_KEY says which check failed.
 */
mig_status mig__keycheck(mig_source *source, const mig_catalog *catalog, mig_master_key *key,
                         mig_error *err) MIG_CHECKED;

#endif
