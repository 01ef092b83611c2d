/*
 * seal.c - sealing values as an Uptrakit controller does.
 */
#include "seal.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct seal_input {
    const unsigned char *key;
    const unsigned char *nonce;
    const char          *aad;
    const unsigned char *plaintext;
    size_t               len;
} seal_input;

static void
put_hex(char *out, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

/* Ciphertext to out, the tag behind it. */
static bool
encrypt(const seal_input *in, unsigned char *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    size_t          aad_len = strlen(in->aad);
    int             n = 0;
    bool            ok = false;

    if (ctx == NULL)
        return false;
    if (EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, in->key, in->nonce) != 1)
        goto done;
    if (aad_len > 0 &&
        EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)in->aad, (int)aad_len) != 1)
        goto done;
    if (in->len > 0 && EVP_EncryptUpdate(ctx, out, &n, in->plaintext, (int)in->len) != 1)
        goto done;
    if (EVP_EncryptFinal_ex(ctx, out + in->len, &n) != 1)
        goto done;
    if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_TAG_LEN, out + in->len) != 1)
        goto done;
    ok = true;
done:
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* Prefix, then nonce || ciphertext || tag in hexadecimal. */
static bool
seal(char *out, size_t out_size, const char *prefix, const seal_input *in)
{
    size_t         prefix_len = strlen(prefix);
    size_t         sealed_len = SEAL_NONCE_LEN + in->len + SEAL_TAG_LEN;
    unsigned char *sealed = NULL;
    bool           ok = false;

    if (out_size > 0)
        out[0] = '\0';
    if (out_size < prefix_len + 2 * sealed_len + 1)
        return false;
    sealed = malloc(sealed_len);
    if (sealed == NULL)
        return false;
    memcpy(sealed, in->nonce, SEAL_NONCE_LEN);
    if (encrypt(in, sealed + SEAL_NONCE_LEN)) {
        memcpy(out, prefix, prefix_len);
        put_hex(out + prefix_len, sealed, sealed_len);
        ok = true;
    }
    free(sealed);
    return ok;
}

/* The first `digits` hexadecimal digits of a key's SHA-256. */
static bool
digest_prefix(char *out, size_t digits, const unsigned char *key)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    out[0] = '\0';
    if (EVP_Digest(key, SEAL_KEY_LEN, digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    put_hex(out, digest, digits / 2);
    return true;
}

bool
seal_value(char *out, size_t out_size, const unsigned char key[SEAL_KEY_LEN],
           const char *form_prefix, const char *aad, const unsigned char nonce[SEAL_NONCE_LEN],
           const char *plaintext)
{
    const seal_input in = {
        .key = key,
        .nonce = nonce,
        .aad = aad,
        .plaintext = (const unsigned char *)plaintext,
        .len = strlen(plaintext),
    };

    return seal(out, out_size, form_prefix, &in);
}

bool
seal_key_id(char out[SEAL_KEY_ID_LEN + 1], const unsigned char data_key[SEAL_KEY_LEN])
{
    return digest_prefix(out, SEAL_KEY_ID_LEN, data_key);
}

bool
seal_fingerprint(char out[SEAL_FINGERPRINT_LEN + 1], const unsigned char master_key[SEAL_KEY_LEN])
{
    return digest_prefix(out, SEAL_FINGERPRINT_LEN, master_key);
}

bool
seal_data_key(char out[SEAL_WRAPPED_LEN + 1], const unsigned char master_key[SEAL_KEY_LEN],
              const unsigned char data_key[SEAL_KEY_LEN], const unsigned char nonce[SEAL_NONCE_LEN])
{
    char       key_id[SEAL_KEY_ID_LEN + 1];
    char       aad[sizeof "uptrakit:dek:" + SEAL_KEY_ID_LEN];
    seal_input in = {
        .key = master_key,
        .nonce = nonce,
        .aad = aad,
        .plaintext = data_key,
        .len = SEAL_KEY_LEN,
    };

    out[0] = '\0';
    if (!seal_key_id(key_id, data_key))
        return false;
    (void)snprintf(aad, sizeof aad, "uptrakit:dek:%s", key_id);
    return seal(out, SEAL_WRAPPED_LEN + 1, "", &in);
}
