/*
 * seal.h - sealing values as an Uptrakit controller does, for tests and samples.
 *
 * The program itself only opens sealed values; this is the other half, written
 * independently of it.  Nonces are given by the caller, so that results are the
 * same every time: never use this for anything that has to stay secret.
 *
 * AES-256-GCM; the result is nonce || ciphertext || tag in lower-case hexadecimal.
 */
#ifndef TEST_SEAL_H
#define TEST_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#define SEAL_KEY_LEN         32
#define SEAL_NONCE_LEN       12
#define SEAL_TAG_LEN         16
#define SEAL_KEY_ID_LEN      8
#define SEAL_FINGERPRINT_LEN 16
/* Of a wrapped data key, in hexadecimal. */
#define SEAL_WRAPPED_LEN (2 * (SEAL_NONCE_LEN + SEAL_KEY_LEN + SEAL_TAG_LEN))

/*
 * Seals `plaintext` and writes form_prefix ("ENC:v1:", "ENC:v2:", "ENC:v3:<key id>:"), the
 * hexadecimal digits and a NUL to out.  `aad` is the place the value is bound to; "" for none.
 * False if out is too small or the library fails; out is "" then.
 */
bool seal_value(char *out, size_t out_size, const unsigned char key[SEAL_KEY_LEN],
                const char *form_prefix, const char *aad, const unsigned char nonce[SEAL_NONCE_LEN],
                const char *plaintext);

/* The id of a data key: the first 8 digits of its SHA-256. */
bool seal_key_id(char out[SEAL_KEY_ID_LEN + 1], const unsigned char data_key[SEAL_KEY_LEN]);

/* The fingerprint of a master key: the first 16 digits of its SHA-256. */
bool seal_fingerprint(char                out[SEAL_FINGERPRINT_LEN + 1],
                      const unsigned char master_key[SEAL_KEY_LEN]);

/* A data key sealed with the master key, bound to "uptrakit:dek:<key id>". */
bool seal_data_key(char out[SEAL_WRAPPED_LEN + 1], const unsigned char master_key[SEAL_KEY_LEN],
                   const unsigned char data_key[SEAL_KEY_LEN],
                   const unsigned char nonce[SEAL_NONCE_LEN]);

#endif
