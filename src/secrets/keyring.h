/*
 * keyring.h - what a master key consists of; shared by loading (key.c) and
 * opening (envelope.c).
 */
#ifndef MIG_KEYRING_H
#define MIG_KEYRING_H

#include "crypto.h"
#include "mig/secrets.h"

/* Names of keys, in hexadecimal digits of their SHA-256. */
#define MIG__DATA_KEY_ID_DIGITS 8
#define MIG__FINGERPRINT_DIGITS 16

typedef struct mig__data_key {
    char          id[MIG__DATA_KEY_ID_DIGITS + 1];
    unsigned char bytes[MIG__KEY_LEN];
} mig__data_key;

struct mig_master_key {
    char  fingerprint[MIG__FINGERPRINT_DIGITS + 1];
    char *warning; /* or NULL */

    /* In locked memory. */
    unsigned char *bytes;     /* MIG__KEY_LEN */
    mig__data_key *data_keys; /* NULL while there are none */
    size_t         n_data_keys;
    size_t         cap_data_keys;
};

/* NULL if there is none with this id. */
const mig__data_key *mig__keyring_find(const mig_master_key *key, const char *id, size_t len);

/* Copies 32 bytes into locked memory; a second one with the same id is dropped. */
mig_status mig__keyring_add(mig_master_key *key, const char *id, const unsigned char *bytes,
                            mig_error *err) MIG_CHECKED;

#endif
