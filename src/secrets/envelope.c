/*
 * envelope.c - opening sealed values and wrapped data keys, to see that they
 * open.
 *
 * A value is taken apart (form, key id, digits), decoded, and opened with the
 * key its form names, first with the place as associated data and then with
 * none: rows written while the application had not registered a place were
 * sealed with none.  Decoded bytes and plaintext are in locked memory, which is
 * cleansed when it is freed.
 *
 * What a message shows of a value is its form and, made harmless, its key id.
 */
#include "mig/secrets.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "hex.h"
#include "keyring.h"
#include "locked.h"

#define FORM_PREFIX_LEN 7 /* "ENC:v1:" */

#define TOKEN_PLACE     "uptrakit:master-key-verification"
#define TOKEN_PLAINTEXT "uptrakit-master-key-ok-v1"

/* Room for a key id or fingerprint in a message: both have at most 16 characters. */
#define NAME_MAX_LEN 20

/* A value taken apart; borrows from it. */
typedef struct sealed {
    mig_secret_form form;
    const char     *key_id; /* v3 only */
    size_t          key_id_len;
    const char     *digits;
    size_t          n_digits;
} sealed;

/* Decoded and, once it was opened, the plaintext; one block of locked memory. */
typedef struct contents {
    unsigned char *memory;
    size_t         size;
    mig__payload   payload;
    unsigned char *plain;
    size_t         plain_len;
} contents;

static void
contents_fini(contents *c)
{
    mig__locked_free(c->memory, c->size);
}

/* Names come from a database that may be damaged: cut, and without anything a terminal obeys. */
static const char *
shown(const char *name, size_t len, char out[NAME_MAX_LEN + 4])
{
    size_t n = len <= NAME_MAX_LEN ? len : NAME_MAX_LEN;

    for (size_t i = 0; i < n; i++)
        out[i] = '!' <= name[i] && name[i] <= '~' ? name[i] : '?';
    memcpy(out + n, len > n ? "..." : "", len > n ? 4 : 1);
    return out;
}

mig_secret_form
mig_secret_form_of(const char *value, size_t len)
{
    if (len < FORM_PREFIX_LEN)
        return MIG_SECRET_PLAIN;
    if (memcmp(value, "ENC:v1:", FORM_PREFIX_LEN) == 0)
        return MIG_SECRET_V1;
    if (memcmp(value, "ENC:v2:", FORM_PREFIX_LEN) == 0)
        return MIG_SECRET_V2;
    if (memcmp(value, "ENC:v3:", FORM_PREFIX_LEN) == 0)
        return MIG_SECRET_V3;
    return MIG_SECRET_PLAIN;
}

static const char *
form_name(mig_secret_form form)
{
    switch (form) {
    case MIG_SECRET_PLAIN:
        return "plain";
    case MIG_SECRET_V1:
        return "ENC:v1";
    case MIG_SECRET_V2:
        return "ENC:v2";
    case MIG_SECRET_V3:
        return "ENC:v3";
    }
    return "unknown";
}

/* `value` is of any form but PLAIN. */
static mig_status
take_apart(const char *value, size_t len, sealed *parts, mig_error *err)
{
    *parts = (sealed){.form = mig_secret_form_of(value, len),
                      .digits = value + FORM_PREFIX_LEN,
                      .n_digits = len - FORM_PREFIX_LEN};
    if (parts->form == MIG_SECRET_V3) {
        const char *colon = memchr(parts->digits, ':', parts->n_digits);

        if (colon == NULL)
            return mig_raise(err, MIG_E_KEY, "encrypted value (ENC:v3) has no key id");
        parts->key_id = parts->digits;
        parts->key_id_len = (size_t)(colon - parts->digits);
        parts->n_digits -= parts->key_id_len + 1;
        parts->digits = colon + 1;
    }
    return MIG_OK;
}

/* Digits to a payload, with room for its plaintext.  `what` begins the message. */
static mig_status
decode(const char *digits, size_t n_digits, const char *what, contents *c, mig_error *err)
{
    size_t len = n_digits / 2;
    size_t fault;

    if (n_digits % 2 != 0)
        return mig_raise(err, MIG_E_KEY, "%s has an odd number of hexadecimal digits (%zu)", what,
                         n_digits);
    if (len < MIG__PAYLOAD_MIN || len > INT_MAX)
        return mig_raise(err, MIG_E_KEY, "%s is too %s (%zu bytes)", what,
                         len < MIG__PAYLOAD_MIN ? "short" : "long", len);
    c->plain_len = len - MIG__PAYLOAD_MIN;
    c->size = len + c->plain_len;
    if ((c->memory = mig__locked_new(c->size)) == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate memory to open an encrypted value");
    c->payload = (mig__payload){c->memory, len};
    c->plain = c->memory + len;
    if (!mig__hex_decode(digits, n_digits, c->memory, &fault))
        return mig_raise(err, MIG_E_KEY, "%s is not hexadecimal (at digit %zu)", what, fault + 1);
    return MIG_OK;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static bool
is_utf8(const unsigned char *text, size_t len)
{
    size_t i = 0;

    while (i < len) {
        unsigned char lead = text[i++];
        size_t        n_more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;

        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || len - i < n_more)
            return false;
        if ((lead == 0xe0 && text[i] < 0xa0) || (lead == 0xed && text[i] > 0x9f) ||
            (lead == 0xf0 && text[i] < 0x90) || (lead == 0xf4 && text[i] > 0x8f))
            return false;
        for (; n_more > 0; n_more--) {
            if ((text[i++] & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}

/* The key a form asks for. */
static mig_status
key_for(const mig_master_key *key, const sealed *parts, const unsigned char **bytesp,
        mig_error *err)
{
    const mig__data_key *data_key;
    char                 id[NAME_MAX_LEN + 4];

    *bytesp = NULL;
    if (key == NULL)
        return mig_raise(err, MIG_E_KEY, "encrypted value (%s) needs a master key to be checked",
                         form_name(parts->form));
    if (parts->form != MIG_SECRET_V3) {
        *bytesp = key->bytes;
        return MIG_OK;
    }
    data_key = mig__keyring_find(key, parts->key_id, parts->key_id_len);
    if (data_key == NULL)
        return mig_raise(err, MIG_E_KEY, "encrypted value (ENC:v3) names an unknown data key, %s",
                         shown(parts->key_id, parts->key_id_len, id));
    *bytesp = data_key->bytes;
    return MIG_OK;
}

static mig_status
does_not_open(const sealed *parts, const char *place, mig_error *err)
{
    mig_status st;
    char       id[NAME_MAX_LEN + 4];

    if (parts->form == MIG_SECRET_V3)
        st = mig_raise(err, MIG_E_KEY, "encrypted value (ENC:v3) does not open with data key %s",
                       shown(parts->key_id, parts->key_id_len, id));
    else
        st = mig_raise(err, MIG_E_KEY, "encrypted value (%s) does not open with this master key",
                       form_name(parts->form));
    if (parts->form == MIG_SECRET_V1)
        mig_error_detail(err, "the key is not the one it was sealed with, or the value is damaged");
    else
        mig_error_detail(
            err,
            "the key is not the one it was sealed with, or the value is damaged or was "
            "sealed for another place than %s",
            place);
    return st;
}

/* Opens a decoded value; its plaintext must be UTF-8. */
static mig_status
open_value(const unsigned char *bytes, const sealed *parts, const char *place, contents *c,
           mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *aad = parts->form == MIG_SECRET_V1 ? "" : place;
    bool        opened;

    MIG_TRY(mig__crypto_open(bytes, &c->payload, aad, c->plain, &opened, err));
    if (!opened && aad[0] != '\0')
        MIG_TRY(mig__crypto_open(bytes, &c->payload, "", c->plain, &opened, err));
    if (!opened)
        st = does_not_open(parts, place, err);
    else if (!is_utf8(c->plain, c->plain_len))
        st = mig_raise(err, MIG_E_KEY, "encrypted value (%s) opens, but does not hold UTF-8 text",
                       form_name(parts->form));
done:
    return st;
}

mig_status
mig_secret_check(const mig_master_key *key, const char *value, size_t len, const char *place,
                 mig_error *err)
{
    mig_status           st = MIG_OK;
    sealed               parts;
    contents             c = {NULL, 0, {NULL, 0}, NULL, 0};
    const unsigned char *bytes;

    if (mig_secret_form_of(value, len) == MIG_SECRET_PLAIN)
        return MIG_OK;
    MIG_TRY(take_apart(value, len, &parts, err));
    MIG_TRY(key_for(key, &parts, &bytes, err));
    MIG_TRY(decode(parts.digits, parts.n_digits, "encrypted value", &c, err));
    if (place != NULL || parts.form == MIG_SECRET_V1)
        MIG_TRY(open_value(bytes, &parts, place, &c, err));
done:
    contents_fini(&c);
    mig__locked_cleanse_stack();
    return st;
}

mig_status
mig_master_key_check_token(const mig_master_key *key, const char *value, size_t len, mig_error *err)
{
    mig_status           st = MIG_OK;
    sealed               parts;
    contents             c = {NULL, 0, {NULL, 0}, NULL, 0};
    const unsigned char *bytes;

    switch (mig_secret_form_of(value, len)) {
    case MIG_SECRET_PLAIN:
        return MIG_OK;
    case MIG_SECRET_V3:
        return mig_raise(err, MIG_E_KEY, "verification token is sealed with a data key (ENC:v3)");
    case MIG_SECRET_V1:
    case MIG_SECRET_V2:
        break;
    }
    MIG_TRY(take_apart(value, len, &parts, err));
    MIG_TRY(key_for(key, &parts, &bytes, err));
    MIG_TRY(decode(parts.digits, parts.n_digits, "encrypted value", &c, err));
    MIG_TRY(open_value(bytes, &parts, TOKEN_PLACE, &c, err));
    if (c.plain_len != sizeof TOKEN_PLAINTEXT - 1 ||
        CRYPTO_memcmp(c.plain, TOKEN_PLAINTEXT, c.plain_len) != 0)
        st =
            mig_raise(err, MIG_E_KEY, "encrypted value (%s) opens, but is not a verification token",
                      form_name(parts.form));
done:
    if (st != MIG_OK)
        mig_error_context(err, "verification token");
    contents_fini(&c);
    mig__locked_cleanse_stack();
    return st;
}

/* Unwraps and looks at one data key; on success its bytes are in *c. */
static mig_status
open_data_key(const mig_master_key *key, const mig_data_key_row *row, const char *aad, contents *c,
              mig_error *err)
{
    mig_status st = MIG_OK;
    char       id[MIG__DATA_KEY_ID_DIGITS + 1];
    char       other[NAME_MAX_LEN + 4];
    bool       opened;

    if (strcmp(row->kek_fingerprint, key->fingerprint) != 0) {
        st = mig_raise(err, MIG_E_KEY, "wrapped with another master key (fingerprint %s, not %s)",
                       shown(row->kek_fingerprint, strlen(row->kek_fingerprint), other),
                       key->fingerprint);
        mig_error_hint(err, "give the key that the controller itself is started with");
        goto done;
    }
    MIG_TRY(decode(row->wrapped_key, strlen(row->wrapped_key), "the wrapped key", c, err));
    MIG_TRY(mig__crypto_open(key->bytes, &c->payload, aad, c->plain, &opened, err));
    if (!opened) {
        st = mig_raise(err, MIG_E_KEY, "does not unwrap with this master key: the row is damaged");
        goto done;
    }
    if (c->plain_len != MIG__KEY_LEN) {
        st = mig_raise(err, MIG_E_KEY, "unwraps to %zu bytes instead of %d", c->plain_len,
                       MIG__KEY_LEN);
        goto done;
    }
    MIG_TRY(mig__crypto_key_name(c->plain, MIG__DATA_KEY_ID_DIGITS, id, err));
    if (strcmp(row->key_id, id) != 0)
        st = mig_raise(err, MIG_E_KEY, "unwraps to a key with another id, %s", id);
done:
    return st;
}

mig_status
mig_master_key_add_data_key(mig_master_key *key, const mig_data_key_row *row, mig_error *err)
{
    mig_status st = MIG_OK;
    contents   c = {NULL, 0, {NULL, 0}, NULL, 0};
    char      *aad = NULL;
    char       id[NAME_MAX_LEN + 4];

    if (asprintf(&aad, "uptrakit:dek:%s", row->key_id) < 0) {
        aad = NULL;
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate memory for a data key");
        goto done;
    }
    MIG_TRY(open_data_key(key, row, aad, &c, err));
    MIG_TRY(mig__keyring_add(key, row->key_id, c.plain, err));
done:
    if (st != MIG_OK)
        mig_error_context(err, "data key %s", shown(row->key_id, strlen(row->key_id), id));
    contents_fini(&c);
    free(aad);
    mig__locked_cleanse_stack();
    return st;
}
