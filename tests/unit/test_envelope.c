/*
 * test_envelope.c - values and data keys that open, and all the ways in which
 * they must not.
 *
 * The sealer here is the test's own, so that a misunderstanding in the program
 * is not repeated in its test.  The fixed vectors were made with a third
 * implementation.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../support/memory_scan.h"
#include "mig/secrets.h"

#define KEK_HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const mig_data_key_row data_key_row = {
    "630dcd29",
    "010101010101010101010101e1902ac7cf01aa168034ecdfded4f2b4958854efc15b3920973a9d716cfb27bf2cf5ed"
    "0c476e99276dafb244e1f56c4e",
    "4884fdaafea47c29",
};

#define V3_PLACE "uptrakit:oidc_providers:client_secret"
static const char v3_value[] =
    "ENC:v3:630dcd29:020202020202020202020202e81b7ac9dcad0a16be46b90860e5f505b81f7b695343";
static const char v2_token[] =
    "ENC:v2:030303030303030303030303646ff51a746717289e23b5732e50a65dfe0852bbc89d6c1540e4a09ca88009"
    "c2243ebfa8ed0e29e674";
static const char v1_value[] =
    "ENC:v1:0404040404040404040404048802cbd7ef381635fdb7cd620093b618d27d53f6643c";

/* The plaintexts' own key, for generated values. */
static const unsigned char kek[32] = {
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
};

static mig_error err = MIG_ERROR_INIT;

static mig_master_key *
load(const char *hex)
{
    mig_master_key *key = NULL;

    setenv(MIG_MASTER_KEY_ENV, hex, 1);
    cr_assert_eq(mig_master_key_load(NULL, &key, &err), MIG_OK);
    cr_assert_not_null(key);
    return key;
}

static mig_master_key *
load_with_data_key(void)
{
    mig_master_key *key = load(KEK_HEX);

    cr_assert_eq(mig_master_key_add_data_key(key, &data_key_row, &err), MIG_OK, "%s", err.message);
    return key;
}

static mig_status
check(const mig_master_key *key, const char *value, const char *place)
{
    mig_error_fini(&err);
    return mig_secret_check(key, value, strlen(value), place, &err);
}

static mig_status
add(mig_master_key *key, const mig_data_key_row *row)
{
    mig_error_fini(&err);
    return mig_master_key_add_data_key(key, row, &err);
}

static bool
message_has(const char *words)
{
    return err.message != NULL && strstr(err.message, words) != NULL;
}

static void
to_hex(const unsigned char *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

typedef struct message {
    const void *text;
    size_t      len;
} message;

/* nonce || ciphertext || tag in hexadecimal, behind the prefix; to be freed. */
static char *
seal(const char *prefix, const unsigned char *key, const char *aad, message plain)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char  *out = malloc(12 + plain.len + 16 + 16);
    char           *value = malloc(strlen(prefix) + 2 * (12 + plain.len + 16) + 1);
    int             n = 0;

    cr_assert_eq(getrandom(out, 12, 0), 12);
    cr_assert_eq(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out), 1);
    cr_assert_eq(EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)aad, (int)strlen(aad)), 1);
    cr_assert_eq(EVP_EncryptUpdate(ctx, out + 12, &n, plain.text, (int)plain.len), 1);
    cr_assert_eq(EVP_EncryptFinal_ex(ctx, out + 12 + plain.len, &n), 1);
    cr_assert_eq(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, out + 12 + plain.len), 1);
    memcpy(value, prefix, strlen(prefix) + 1);
    to_hex(out, 12 + plain.len + 16, value + strlen(prefix));
    EVP_CIPHER_CTX_free(ctx);
    free(out);
    return value;
}

static void
key_name(const unsigned char *key, size_t n_bytes, char *out)
{
    unsigned char digest[32];

    SHA256(key, 32, digest);
    to_hex(digest, n_bytes, out);
}

/* ---- the fixed vectors -------------------------------------------------------------------- */

Test(envelope, the_vector_of_each_form_opens)
{
    mig_master_key *key = load_with_data_key();

    cr_expect_eq(check(key, v1_value, "uptrakit:mqtt_clients:password"), MIG_OK);
    cr_expect_eq(check(key, v2_token, "uptrakit:master-key-verification"), MIG_OK);
    cr_expect_eq(check(key, v3_value, V3_PLACE), MIG_OK);
    cr_expect_eq(mig_master_key_check_token(key, v2_token, strlen(v2_token), &err), MIG_OK);
    mig_master_key_free(key);
}

Test(envelope, upper_case_digits_open_too)
{
    mig_master_key *key = load_with_data_key();
    char            value[] = "ENC:v3:630dcd29:020202020202020202020202E81B7AC9DCAD0A16BE46B90860E5"
                              "F505B81F7B695343";
    mig_data_key_row row = data_key_row;

    row.wrapped_key = "010101010101010101010101E1902AC7CF01AA168034ECDFDED4F2B4958854EFC15B3920973"
                      "A9D716CFB27BF2CF5ED0C476E99276DAFB244E1F56C4E";
    cr_expect_eq(check(key, value, V3_PLACE), MIG_OK);
    cr_expect_eq(add(key, &row), MIG_OK);
    mig_master_key_free(key);
}

Test(envelope, forms_are_told_apart_by_their_prefix)
{
    static const struct {
        const char     *value;
        mig_secret_form form;
    } cases[] = {
        {"ENC:v1:00", MIG_SECRET_V1},    {"ENC:v2:", MIG_SECRET_V2},
        {"ENC:v3:", MIG_SECRET_V3},      {"ENC:v4:00", MIG_SECRET_PLAIN},
        {"enc:v1:00", MIG_SECRET_PLAIN}, {"", MIG_SECRET_PLAIN},
        {"ENC:v1", MIG_SECRET_PLAIN},    {" ENC:v1:", MIG_SECRET_PLAIN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(mig_secret_form_of(cases[i].value, strlen(cases[i].value)), cases[i].form,
                     "%s", cases[i].value);
    cr_expect_eq(mig_secret_form_of("ENC:v1:", 6), MIG_SECRET_PLAIN, "the length counts");
}

Test(envelope, a_plain_value_needs_nothing)
{
    cr_expect_eq(check(NULL, "hunter2", V3_PLACE), MIG_OK);
    cr_expect_eq(check(NULL, "", V3_PLACE), MIG_OK);
    cr_expect_eq(mig_master_key_check_token(NULL, "plain", 5, &err), MIG_OK);
}

Test(envelope, a_sealed_value_without_a_master_key_is_refused)
{
    cr_expect_eq(check(NULL, v1_value, V3_PLACE), MIG_E_KEY);
    cr_expect(message_has("needs a master key"));
    cr_expect_eq(check(NULL, v3_value, V3_PLACE), MIG_E_KEY);
}

/* ---- what must not open ------------------------------------------------------------------- */

Test(envelope, another_master_key_opens_nothing)
{
    mig_master_key *key = load("4242424242424242424242424242424242424242424242424242424242424242");

    cr_expect_eq(check(key, v1_value, ""), MIG_E_KEY);
    cr_expect(message_has("does not open with this master key"));
    cr_expect_eq(check(key, v2_token, "uptrakit:master-key-verification"), MIG_E_KEY);
    mig_error_fini(&err);
    cr_expect_eq(mig_master_key_check_token(key, v2_token, strlen(v2_token), &err), MIG_E_KEY);
    cr_expect_eq(strncmp(err.message, "verification token: ", 20), 0);
    mig_error_fini(&err);
    cr_expect_eq(add(key, &data_key_row), MIG_E_KEY);
    cr_expect(message_has("4884fdaafea47c29") && message_has("425ed4e4a36b30ea"));
    mig_master_key_free(key);
}

Test(envelope, a_value_in_another_place_does_not_open)
{
    mig_master_key *key = load_with_data_key();

    cr_expect_eq(check(key, v3_value, "uptrakit:oidc_providers:client_secre"), MIG_E_KEY);
    cr_expect(message_has("does not open with data key 630dcd29"));
    cr_expect_eq(check(key, v3_value, "uptrakit:mqtt_clients:password"), MIG_E_KEY);
    cr_expect_eq(check(key, v2_token, V3_PLACE), MIG_E_KEY);
    mig_master_key_free(key);
}

/* Every bit of the payload: nonce, ciphertext and tag. */
static void
assert_no_bit_can_flip(const mig_master_key *key, const char *vector, size_t prefix_len,
                       const char *place)
{
    static const char digits[] = "0123456789abcdef";
    char             *value = strdup(vector);

    for (size_t i = prefix_len; value[i] != '\0'; i++) {
        for (unsigned bit = 1; bit < 16; bit <<= 1) {
            char kept = value[i];

            value[i] = digits[(size_t)(strchr(digits, kept) - digits) ^ bit];
            cr_assert_eq(check(key, value, place), MIG_E_KEY, "digit %zu, bit %u", i, bit);
            value[i] = kept;
        }
    }
    cr_assert_eq(check(key, value, place), MIG_OK);
    free(value);
}

Test(envelope, no_bit_of_a_value_can_flip)
{
    mig_master_key *key = load_with_data_key();

    assert_no_bit_can_flip(key, v1_value, 7, "");
    assert_no_bit_can_flip(key, v2_token, 7, "uptrakit:master-key-verification");
    assert_no_bit_can_flip(key, v3_value, 16, V3_PLACE);
    mig_master_key_free(key);
}

Test(envelope, no_bit_of_a_wrapped_key_can_flip)
{
    static const char digits[] = "0123456789abcdef";
    mig_master_key   *key = load(KEK_HEX);
    mig_data_key_row  row = data_key_row;
    char             *wrapped = strdup(data_key_row.wrapped_key);

    row.wrapped_key = wrapped;
    for (size_t i = 0; wrapped[i] != '\0'; i++) {
        char kept = wrapped[i];

        wrapped[i] = digits[(size_t)(strchr(digits, kept) - digits) ^ (1u << (i % 4))];
        cr_assert_eq(add(key, &row), MIG_E_KEY, "digit %zu", i);
        cr_assert(message_has("data key 630dcd29: does not unwrap"));
        wrapped[i] = kept;
    }
    cr_expect_eq(check(key, v3_value, V3_PLACE), MIG_E_KEY, "none of them was kept");
    free(wrapped);
    mig_master_key_free(key);
}

Test(envelope, a_truncated_value_does_not_open)
{
    mig_master_key *key = load_with_data_key();

    for (size_t len = 7; len < strlen(v3_value); len++) {
        mig_error_fini(&err);
        cr_assert_eq(mig_secret_check(key, v3_value, len, V3_PLACE, &err), MIG_E_KEY, "%zu", len);
    }
    mig_master_key_free(key);
}

Test(envelope, malformed_values_are_told_apart)
{
    static const struct {
        const char *value;
        const char *words;
    } cases[] = {
        {"ENC:v1:", "too short (0 bytes)"},
        {"ENC:v1:040404040404040404040404d27d53f6643cd27d53f6643cd27d53", "too short (27 bytes)"},
        {"ENC:v1:04040404040404040404040488", "too short (13 bytes)"},
        {"ENC:v1:0404040404040404040404048802cbd7ef381635fdb7cd620093b618d27d53f6643c0",
         "odd number"},
        {"ENC:v1:0404040404040404040404048802cbd7ef381635fdb7cd620093b618d27d53f6643g",
         "not hexadecimal (at digit 68)"},
        {"ENC:v1: 404040404040404040404048802cbd7ef381635fdb7cd620093b618d27d53f6643c",
         "not hexadecimal (at digit 1)"},
        {"ENC:v3:", "has no key id"},
        {"ENC:v3:630dcd29", "has no key id"},
        {"ENC:v3::0202", "unknown data key"},
        {"ENC:v3:630dcd2:0202", "unknown data key, 630dcd2"},
        {"ENC:v3:630dcd2a:0202", "unknown data key, 630dcd2a"},
        {"ENC:v3:630DCD29:0202", "unknown data key, 630DCD29"},
        {"ENC:v3:630dcd29:0202", "too short"},
        {"ENC:v3:\033[2J:0202", "unknown data key, ?[2J"},
    };
    mig_master_key *key = load_with_data_key();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(check(key, cases[i].value, V3_PLACE), MIG_E_KEY, "%s", cases[i].value);
        cr_expect(message_has(cases[i].words), "%s: %s", cases[i].value, err.message);
    }
    mig_master_key_free(key);
}

Test(envelope, without_a_place_a_value_is_looked_at_but_not_opened)
{
    mig_master_key *key = load_with_data_key();
    char            value[] = "ENC:v3:630dcd29:020202020202020202020202e81b7ac9dcad0a16be46b90860e5"
                              "f505b81f7b695344";

    cr_expect_eq(check(key, value, NULL), MIG_OK, "the wrong tag cannot be noticed");
    cr_expect_eq(check(key, "ENC:v3:deadbeef:00", NULL), MIG_E_KEY);
    cr_expect(message_has("unknown data key"));
    cr_expect_eq(check(key, "ENC:v3:630dcd29:00", NULL), MIG_E_KEY);
    cr_expect(message_has("too short"));
    cr_expect_eq(check(key, v1_value, NULL), MIG_OK, "v1 has no place and is opened");
    mig_master_key_free(key);
    key = load("4242424242424242424242424242424242424242424242424242424242424242");
    cr_expect_eq(check(key, v1_value, NULL), MIG_E_KEY);
    mig_master_key_free(key);
}

/* ---- generated values --------------------------------------------------------------------- */

Test(envelope, values_of_any_length_open)
{
    mig_master_key *key = load(KEK_HEX);
    char            text[300];

    memset(text, 'x', sizeof text);
    for (size_t len = 0; len < sizeof text; len++) {
        char *v1 = seal("ENC:v1:", kek, "", (message){text, len});
        char *v2 = seal("ENC:v2:", kek, "uptrakit:a:b", (message){text, len});

        cr_assert_eq(check(key, v1, "uptrakit:a:b"), MIG_OK);
        cr_assert_eq(check(key, v2, "uptrakit:a:b"), MIG_OK);
        cr_assert_eq(check(key, v2, "uptrakit:a:c"), MIG_E_KEY);
        free(v1);
        free(v2);
    }
    mig_master_key_free(key);
}

Test(envelope, a_value_sealed_with_no_place_opens_in_any)
{
    mig_master_key *key = load(KEK_HEX);
    char           *value = seal("ENC:v2:", kek, "", (message){"s3cret", 6});

    cr_expect_eq(check(key, value, "uptrakit:a:b"), MIG_OK);
    free(value);
    mig_master_key_free(key);
}

Test(envelope, plaintexts_must_be_utf8)
{
    static const struct {
        const char *text;
        bool        valid;
    } cases[] = {
        {"plain", true},
        {"\xc2\x80 \xdf\xbf", true},
        {"\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xc2", false},
        {"\xc2x", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xe2\x82", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf0\x90\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
    };
    mig_master_key *key = load(KEK_HEX);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *value = seal("ENC:v1:", kek, "", (message){cases[i].text, strlen(cases[i].text)});

        cr_expect_eq(check(key, value, ""), cases[i].valid ? MIG_OK : MIG_E_KEY, "case %zu", i);
        cr_expect(cases[i].valid || message_has("does not hold UTF-8"));
        free(value);
    }
    mig_master_key_free(key);
}

/* ---- the token ---------------------------------------------------------------------------- */

#define TOKEN_TEXT  "uptrakit-master-key-ok-v1"
#define TOKEN_PLACE "uptrakit:master-key-verification"

static mig_status
check_token(const mig_master_key *key, const char *prefix, const char *aad, const char *text)
{
    char      *value = seal(prefix, kek, aad, (message){text, strlen(text)});
    mig_status st;

    mig_error_fini(&err);
    st = mig_master_key_check_token(key, value, strlen(value), &err);
    free(value);
    return st;
}

Test(envelope, a_token_is_one_text_in_one_place)
{
    mig_master_key *key = load_with_data_key();

    cr_expect_eq(check_token(key, "ENC:v1:", "", TOKEN_TEXT), MIG_OK);
    cr_expect_eq(check_token(key, "ENC:v2:", TOKEN_PLACE, TOKEN_TEXT), MIG_OK);
    cr_expect_eq(check_token(key, "ENC:v2:", "uptrakit:a:b", TOKEN_TEXT), MIG_E_KEY);
    cr_expect_eq(check_token(key, "ENC:v2:", TOKEN_PLACE, "uptrakit-master-key-ok-v2"), MIG_E_KEY);
    cr_expect(message_has("is not a verification token"));
    cr_expect_eq(check_token(key, "ENC:v2:", TOKEN_PLACE, "uptrakit-master-key-ok-v"), MIG_E_KEY);
    cr_expect_eq(check_token(key, "ENC:v3:630dcd29:", TOKEN_PLACE, TOKEN_TEXT), MIG_E_KEY);
    mig_master_key_free(key);
}

/* ---- data keys ---------------------------------------------------------------------------- */

/* A row of its own, with the memory its texts are in. */
typedef struct made_row {
    mig_data_key_row row;
    char             id[9];
    char             fingerprint[17];
    char            *wrapped;
} made_row;

/* A data key of `len` bytes, called `id` (NULL: its own). */
static void
make_row(made_row *made, const unsigned char *wrapping, const void *data_key, size_t len,
         const char *id)
{
    char aad[64];

    if (id != NULL)
        snprintf(made->id, sizeof made->id, "%s", id);
    else
        key_name(data_key, 4, made->id);
    key_name(wrapping, 8, made->fingerprint);
    snprintf(aad, sizeof aad, "uptrakit:dek:%s", made->id);
    made->wrapped = seal("", wrapping, aad, (message){data_key, len});
    made->row = (mig_data_key_row){made->id, made->wrapped, made->fingerprint};
}

Test(envelope, many_data_keys_are_kept_side_by_side)
{
    mig_master_key *key = load(KEK_HEX);
    unsigned char   data_keys[300][32];

    for (size_t i = 0; i < 300; i++) {
        made_row made;

        cr_assert_eq(getrandom(data_keys[i], 32, 0), 32);
        make_row(&made, kek, data_keys[i], 32, NULL);
        cr_assert_eq(add(key, &made.row), MIG_OK, "%s", err.message);
        cr_assert_eq(add(key, &made.row), MIG_OK, "a second time does no harm");
        free(made.wrapped);
    }
    for (size_t i = 0; i < 300; i++) {
        char  prefix[32] = "ENC:v3:xxxxxxxx:";
        char *value;

        key_name(data_keys[i], 4, prefix + 7);
        prefix[15] = ':';
        value = seal(prefix, data_keys[i], "uptrakit:a:b", (message){"s3cret", 6});
        cr_assert_eq(check(key, value, "uptrakit:a:b"), MIG_OK, "%s", err.message);
        free(value);
    }
    mig_master_key_free(key);
}

Test(envelope, a_data_key_of_another_length_is_refused)
{
    mig_master_key *key = load(KEK_HEX);
    unsigned char   bytes[33] = {1};

    for (size_t len = 0; len <= 33; len++) {
        char     words[64];
        made_row made;

        make_row(&made, kek, bytes, len, "630dcd29");
        snprintf(words, sizeof words, "data key 630dcd29: unwraps to %zu bytes", len);
        cr_expect_eq(add(key, &made.row), MIG_E_KEY);
        cr_expect(len == 32 || message_has(words), "%s", err.message);
        free(made.wrapped);
    }
    mig_master_key_free(key);
}

Test(envelope, a_data_key_under_another_id_is_refused)
{
    mig_master_key *key = load(KEK_HEX);
    unsigned char   bytes[32];
    made_row        made;

    memset(bytes, 0x42, sizeof bytes);
    make_row(&made, kek, bytes, sizeof bytes, "630dcd29");
    cr_expect_eq(add(key, &made.row), MIG_E_KEY);
    cr_expect(message_has("data key 630dcd29: unwraps to a key with another id, 425ed4e4"));
    cr_expect_eq(check(key, v3_value, V3_PLACE), MIG_E_KEY, "it was not kept");
    free(made.wrapped);
    mig_master_key_free(key);
}

Test(envelope, damaged_rows_of_data_keys_are_told_apart)
{
    static const struct {
        mig_data_key_row row;
        const char      *words;
    } cases[] = {
        {{"630dcd29", "", "4884fdaafea47c29"}, "data key 630dcd29: the wrapped key is too short"},
        {{"630dcd29", "0", "4884fdaafea47c29"}, "data key 630dcd29: the wrapped key has an odd"},
        {{"630dcd29",
          "xx0101010101010101010101e1902ac7cf01aa168034ecdfded4f2b4958854efc15b3920973a9d716cfb27b"
          "f",
          "4884fdaafea47c29"},
         "data key 630dcd29: the wrapped key is not hexadecimal (at digit 1)"},
        {{"630dcd29", "", "4884FDAAFEA47C29"},
         "data key 630dcd29: wrapped with another master key"},
        {{"630dcd29", "", ""}, "data key 630dcd29: wrapped with another master key"},
        {{"", "", "4884fdaafea47c29"}, "data key : the wrapped key is too short"},
        {{"a\nb\x7f"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "", ""},
         "data key a?b?aaaaaaaaaaaaaaaa...: wrapped"},
    };
    mig_master_key *key = load(KEK_HEX);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(add(key, &cases[i].row), MIG_E_KEY);
        cr_expect(message_has(cases[i].words), "%s", err.message);
    }
    mig_master_key_free(key);
}

/* ---- nothing stays ------------------------------------------------------------------------ */

/* The secret, in memory only while the test seals it. */
static char *
seal_a_random_text(const unsigned char *key, memory_needle *needle)
{
    unsigned char random[24];
    char          text[49];
    char         *value;

    cr_assert_eq(getrandom(random, sizeof random, 0), (ssize_t)sizeof random);
    to_hex(random, sizeof random, text);
    memory_needle_set(needle, text, 48);
    value = seal("ENC:v2:", key, "uptrakit:a:b", (message){text, 48});
    explicit_bzero(text, sizeof text);
    return value;
}

Test(envelope, no_trace_of_a_plaintext_is_left)
{
    mig_master_key *key = load(KEK_HEX);
    memory_needle   needle;
    char           *value = seal_a_random_text(kek, &needle);

    cr_assert_eq(memory_scan(&needle), 0, "the test itself keeps a copy");
    cr_assert_eq(check(key, value, "uptrakit:a:b"), MIG_OK);
    cr_expect_eq(memory_scan(&needle), 0);
    cr_assert_eq(check(key, value, "uptrakit:a:c"), MIG_E_KEY);
    cr_expect_eq(memory_scan(&needle), 0, "after one that was refused");
    free(value);
    mig_master_key_free(key);
}

Test(envelope, no_trace_of_a_data_key_is_left)
{
    mig_master_key *key = load(KEK_HEX);
    unsigned char   data_key[32];
    memory_needle   needle;
    made_row        made;

    cr_assert_eq(getrandom(data_key, 32, 0), 32);
    memory_needle_set(&needle, data_key, 32);
    make_row(&made, kek, data_key, 32, NULL);
    explicit_bzero(data_key, 32);
    cr_assert_eq(memory_scan(&needle), 0, "the test itself keeps a copy");

    cr_assert_eq(add(key, &made.row), MIG_OK);
    cr_expect_eq(memory_scan(&needle), 1, "the key is there once");
    mig_master_key_free(key);
    cr_expect_eq(memory_scan(&needle), 0);
    free(made.wrapped);
}
