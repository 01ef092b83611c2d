/*
 * test_seal.c - the test support's sealer against fixed vectors, which were
 * made with another implementation of AES-256-GCM.
 */
#include "seal.h"

#include <criterion/criterion.h>
#include <string.h>

/* 0123456789abcdef, four times, as bytes. */
static const unsigned char master_key[SEAL_KEY_LEN] = {
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
};
static const unsigned char data_key[SEAL_KEY_LEN] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};

/* A nonce of one repeated byte. */
static const unsigned char *
nonce_of(unsigned char byte)
{
    static unsigned char nonce[SEAL_NONCE_LEN];

    memset(nonce, byte, sizeof nonce);
    return nonce;
}

Test(seal, a_v1_value_is_that_of_the_vector)
{
    char out[256];

    cr_assert(seal_value(out, sizeof out, master_key, "ENC:v1:", "", nonce_of(4), "s3cret"));

    cr_assert_str_eq(out,
                     "ENC:v1:0404040404040404040404048802cbd7ef381635fdb7cd620093b618d27d53f664"
                     "3c");
}

Test(seal, the_v2_verification_token_is_that_of_the_vector)
{
    char out[256];

    cr_assert(seal_value(out, sizeof out, master_key, "ENC:v2:", "uptrakit:master-key-verification",
                         nonce_of(3), "uptrakit-master-key-ok-v1"));

    cr_assert_str_eq(out,
                     "ENC:v2:030303030303030303030303646ff51a746717289e23b5732e50a65dfe0852bbc8"
                     "9d6c1540e4a09ca88009c2243ebfa8ed0e29e674");
}

Test(seal, a_v3_value_is_that_of_the_vector)
{
    char out[256];

    cr_assert(seal_value(out, sizeof out, data_key, "ENC:v3:630dcd29:",
                         "uptrakit:oidc_providers:client_secret", nonce_of(2), "s3cret"));

    cr_assert_str_eq(out,
                     "ENC:v3:630dcd29:020202020202020202020202e81b7ac9dcad0a16be46b90860e5f505b8"
                     "1f7b695343");
}

Test(seal, ids_are_the_beginnings_of_the_keys_digests)
{
    char key_id[SEAL_KEY_ID_LEN + 1];
    char fingerprint[SEAL_FINGERPRINT_LEN + 1];

    cr_assert(seal_key_id(key_id, data_key));
    cr_assert(seal_fingerprint(fingerprint, master_key));

    cr_assert_str_eq(key_id, "630dcd29");
    cr_assert_str_eq(fingerprint, "4884fdaafea47c29");
}

Test(seal, a_wrapped_data_key_is_that_of_the_vector)
{
    char out[SEAL_WRAPPED_LEN + 1];

    cr_assert(seal_data_key(out, master_key, data_key, nonce_of(1)));

    cr_assert_str_eq(out,
                     "010101010101010101010101e1902ac7cf01aa168034ecdfded4f2b4958854efc15b392097"
                     "3a9d716cfb27bf2cf5ed0c476e99276dafb244e1f56c4e");
}

Test(seal, a_buffer_that_is_one_byte_too_small_is_refused)
{
    /* The prefix, then two digits per byte of nonce, text and tag, then the NUL. */
    size_t needed = strlen("ENC:v1:") + 2 * (SEAL_NONCE_LEN + strlen("s3cret") + SEAL_TAG_LEN) + 1;
    char   out[256] = "unchanged";

    cr_assert_not(seal_value(out, needed - 1, master_key, "ENC:v1:", "", nonce_of(4), "s3cret"));
    cr_assert_str_eq(out, "");
    cr_assert(seal_value(out, needed, master_key, "ENC:v1:", "", nonce_of(4), "s3cret"));
}

Test(seal, an_empty_text_seals_to_a_nonce_and_a_tag)
{
    char out[256];

    cr_assert(seal_value(out, sizeof out, master_key, "ENC:v1:", "", nonce_of(4), ""));

    cr_assert_eq(strlen(out), strlen("ENC:v1:") + 2 * (SEAL_NONCE_LEN + SEAL_TAG_LEN));
}
