/*
 * secrets.h - whether a master key is the one an installation was sealed with.
 *
 * Uptrakit keeps some values encrypted at rest, as texts in one of three
 * forms, all AES-256-GCM with a 12-byte nonce before and a 16-byte tag behind
 * the ciphertext, in hexadecimal:
 *
 *   ENC:v1:<hex>            the master key, no associated data
 *   ENC:v2:<hex>            the master key, the place as associated data
 *   ENC:v3:<key_id>:<hex>   a data key, the place as associated data
 *
 * Data keys are wrapped with the master key, with "uptrakit:dek:<key_id>" as
 * associated data.  Nothing here changes or returns a value: it is opened to
 * see that it opens, and the plaintext is cleansed.
 *
 * Key bytes live in memory that is kept out of swap and core files where the
 * system allows it, and are cleansed when freed.  No message holds key bytes,
 * plaintext or ciphertext.
 *
 * Threads: a key belongs to one thread at a time.
 */
#ifndef MIG_SECRETS_H
#define MIG_SECRETS_H

#include <stddef.h>

#include "mig/error.h"

/* The master key and the data keys opened with it. */
typedef struct mig_master_key mig_master_key;

#define MIG_MASTER_KEY_ENV "UPTRAKIT_MASTER_KEY"

/*
 * Reads the key from the file, or, with path NULL, from the environment: 64 hexadecimal digits,
 * white space around them dropped.  Neither given: MIG_OK and *keyp NULL.  The variable is removed
 * from the environment either way, so that no child inherits it.
 */
mig_status mig_master_key_load(const char *path, mig_master_key **keyp, mig_error *err) MIG_CHECKED;

/* "key file PATH can be read by others (mode 0644)", or NULL. */
const char *mig_master_key_warning(const mig_master_key *key);

/* Accepts NULL.  Cleanses. */
void mig_master_key_free(mig_master_key *key);

/* A row of data_encryption_keys; texts with their NUL. */
typedef struct mig_data_key_row {
    const char *key_id;
    const char *wrapped_key;
    const char *kek_fingerprint;
} mig_data_key_row;

/*
 * Opens one wrapped data key and keeps it for v3 values.  MIG_E_KEY tells which check failed: the
 * fingerprint of the master key, the unwrapping, the length, or the data key's own id.
 */
mig_status mig_master_key_add_data_key(mig_master_key *key, const mig_data_key_row *row,
                                       mig_error *err) MIG_CHECKED;

typedef enum mig_secret_form {
    MIG_SECRET_PLAIN, /* none of the prefixes: stored before encryption was introduced */
    MIG_SECRET_V1,
    MIG_SECRET_V2,
    MIG_SECRET_V3,
} mig_secret_form;

mig_secret_form mig_secret_form_of(const char *value, size_t len);

/*
 * Opens one value of any form but PLAIN (which is MIG_OK: there is nothing to open).  `place` is
 * the associated data, "uptrakit:<table>:<column>", or NULL where it is not known: then a v2 or v3
 * value is looked at for its form, and a v3 value's key id must be known, but it is not opened.
 * A value that does not open with the place is tried once more with empty associated data.
 */
mig_status mig_secret_check(const mig_master_key *key, const char *value, size_t len,
                            const char *place, mig_error *err) MIG_CHECKED;

/* The verification token: opens it and compares the plaintext.  v1 and v2 only; a plain value is
 * MIG_OK, as the application ignores one. */
mig_status mig_master_key_check_token(const mig_master_key *key, const char *value, size_t len,
                                      mig_error *err) MIG_CHECKED;

#endif
