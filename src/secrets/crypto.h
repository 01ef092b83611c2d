/*
 * crypto.h - the two primitives: AES-256-GCM opening, and names made of keys.
 *
 * Both report only failures of the library itself (MIG_E_INTERNAL, its text in
 * the detail); that something does not open is an answer, not an error.
 */
#ifndef MIG_CRYPTO_H
#define MIG_CRYPTO_H

#include <stddef.h>

#include "mig/error.h"

#define MIG__KEY_LEN   32
#define MIG__NONCE_LEN 12
#define MIG__TAG_LEN   16

/* The shortest payload: nonce, nothing, tag. */
#define MIG__PAYLOAD_MIN ((size_t)(MIG__NONCE_LEN + MIG__TAG_LEN))

typedef struct mig__payload {
    const unsigned char *data; /* nonce, ciphertext, tag */
    size_t               len;  /* >= MIG__PAYLOAD_MIN, <= INT_MAX */
} mig__payload;

/*
 * `plain` has room for len - MIG__PAYLOAD_MIN bytes and must not overlap the payload; what is in
 * it is valid only if *openedp.
 */
mig_status mig__crypto_open(const unsigned char *key, const mig__payload *payload, const char *aad,
                            unsigned char *plain, bool *openedp, mig_error *err) MIG_CHECKED;

/* The first n_digits (even, at most 64) hexadecimal digits of the key's SHA-256, and a NUL. */
mig_status mig__crypto_key_name(const unsigned char *key, size_t n_digits, char *out,
                                mig_error *err) MIG_CHECKED;

#endif
