/*
 * crypto.c - AES-256-GCM and SHA-256 by OpenSSL.
 *
 * The contexts hold the expanded key; OpenSSL cleanses them when they are
 * freed, so nothing but the caller's buffers has to be cleansed here.
 */
#include "crypto.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "hex.h"

static mig_status
library_failure(mig_error *err, const char *what)
{
    mig_status    st;
    unsigned long code = ERR_get_error();
    char          text[256];

    st = mig_raise(err, MIG_E_INTERNAL, "OpenSSL cannot %s", what);
    if (code != 0) {
        ERR_error_string_n(code, text, sizeof text);
        mig_error_detail(err, "%s", text);
    }
    /* The queue is the thread's, and libpq reads it too. */
    ERR_clear_error();
    return st;
}

mig_status
mig__crypto_open(const unsigned char *key, const mig__payload *payload, const char *aad,
                 unsigned char *plain, bool *openedp, mig_error *err)
{
    mig_status      st = MIG_OK;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    size_t          plain_len = payload->len - MIG__PAYLOAD_MIN;
    unsigned char   tag[MIG__TAG_LEN];
    int             n;

    *openedp = false;
    if (ctx == NULL)
        return library_failure(err, "allocate a cipher");
    memcpy(tag, payload->data + payload->len - MIG__TAG_LEN, sizeof tag);

    /* The default nonce length of this cipher is 12. */
    if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, payload->data) != 1 ||
        (aad[0] != '\0' &&
         EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)aad, (int)strlen(aad)) != 1) ||
        (plain_len > 0 &&
         EVP_DecryptUpdate(ctx, plain, &n, payload->data + MIG__NONCE_LEN, (int)plain_len) != 1) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, (int)sizeof tag, tag) != 1) {
        st = library_failure(err, "decrypt with AES-256-GCM");
        goto done;
    }
    *openedp = EVP_DecryptFinal_ex(ctx, plain + plain_len, &n) == 1;
    ERR_clear_error();
done:
    if (!*openedp)
        OPENSSL_cleanse(plain, plain_len); /* unauthenticated: must not be looked at */
    EVP_CIPHER_CTX_free(ctx);
    return st;
}

mig_status
mig__crypto_key_name(const unsigned char *key, size_t n_digits, char *out, mig_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned      len;

    if (EVP_Digest(key, MIG__KEY_LEN, digest, &len, EVP_sha256(), NULL) != 1)
        return library_failure(err, "compute a SHA-256 digest");
    mig__hex_encode(digest, n_digits, out);
    OPENSSL_cleanse(digest, sizeof digest);
    return MIG_OK;
}
