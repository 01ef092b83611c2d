/*
 * key.c - a master key's way in and out of memory.
 *
 * The text of the key is in memory twice: in the buffer it was read into, and,
 * for a key from the environment, in the block the kernel filled at exec (which
 * /proc/PID/environ shows).  The first is locked memory, the second is
 * overwritten in place; both on every path, also when the key is refused.
 *
 * No message here holds a character of the key: lengths and positions only.
 */
#include "mig/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "hex.h"
#include "keyring.h"
#include "locked.h"

/* The most that is read of a key file.  A key has 64 characters; the rest may be white space. */
#define KEY_FILE_MAX 4096

/* The text of a key as it was found, in locked memory. */
typedef struct key_text {
    char  *data; /* NULL: there was none */
    size_t len;
    size_t size;  /* of the memory */
    char  *where; /* for messages: the file or variable it is from */
    char  *warning;
} key_text;

static mig_status
reserve_text(key_text *text, size_t size, mig_error *err)
{
    if ((text->data = mig__locked_new(size)) == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate memory for the master key");
    text->size = size;
    return MIG_OK;
}

static void
text_fini(key_text *text)
{
    mig__locked_free(text->data, text->size);
    free(text->where);
    free(text->warning);
}

static mig_status
set_where(key_text *text, const char *kind, const char *name, mig_error *err)
{
    if (asprintf(&text->where, "%s %s", kind, name) < 0) {
        text->where = NULL;
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a message");
    }
    return MIG_OK;
}

static mig_status
check_mode(int fd, const char *path, key_text *text, mig_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return mig_raise(err, MIG_E_IO, "cannot read the master key file %s: %s", path,
                         strerror(errno));
    if (!S_ISREG(info.st_mode) || (info.st_mode & (S_IRGRP | S_IROTH)) == 0)
        return MIG_OK;
    if (asprintf(&text->warning, "key file %s can be read by others (mode %04o)", path,
                 (unsigned)(info.st_mode & 07777)) < 0) {
        text->warning = NULL;
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a message");
    }
    return MIG_OK;
}

static mig_status
read_file(const char *path, key_text *text, mig_error *err)
{
    mig_status st = MIG_OK;
    int        fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return mig_raise(err, MIG_E_IO, "cannot read the master key file %s: %s", path,
                         strerror(errno));
    MIG_TRY(set_where(text, "file", path, err));
    MIG_TRY(check_mode(fd, path, text, err));
    MIG_TRY(reserve_text(text, KEY_FILE_MAX, err));
    while (text->len < text->size) {
        ssize_t n = read(fd, text->data + text->len, text->size - text->len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            st = mig_raise(err, MIG_E_IO, "cannot read the master key file %s: %s", path,
                           strerror(errno));
            goto done;
        }
        if (n == 0)
            break;
        text->len += (size_t)n;
    }
    if (text->len == text->size) {
        st = mig_raise(err, MIG_E_KEY, "file %s is too long for a master key", path);
        mig_error_detail(err, "a master key has 64 hex characters, the file has %d or more",
                         KEY_FILE_MAX);
    }
done:
    close(fd);
    return st;
}

static mig_status
read_environment(key_text *text, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *value = getenv(MIG_MASTER_KEY_ENV);

    if (value == NULL)
        return MIG_OK;
    MIG_TRY(set_where(text, "environment variable", MIG_MASTER_KEY_ENV, err));
    MIG_TRY(reserve_text(text, strlen(value), err));
    text->len = strlen(value);
    memcpy(text->data, value, text->len);
done:
    return st;
}

/* unsetenv alone drops the pointer and leaves the characters where they are. */
static void
forget_environment(void)
{
    static const char prefix[] = MIG_MASTER_KEY_ENV "=";

    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, prefix, sizeof prefix - 1) == 0) {
            char *value = *entry + sizeof prefix - 1;

            OPENSSL_cleanse(value, strlen(value));
        }
    }
    unsetenv(MIG_MASTER_KEY_ENV);
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The text's digits to MIG__KEY_LEN bytes. */
static mig_status
decode(const key_text *text, unsigned char *bytes, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *start = text->data;
    const char *end = text->data + text->len;
    size_t      fault;

    while (start < end && is_space(*start))
        start++;
    while (end > start && is_space(end[-1]))
        end--;
    if (start == end) {
        st = mig_raise(err, MIG_E_KEY, "the master key is empty");
    } else if (end - start != MIG__KEY_LEN * 2) {
        st =
            mig_raise(err, MIG_E_KEY,
                      "master key must be exactly 32 bytes (64 hex characters), got %td characters",
                      end - start);
    } else if (!mig__hex_decode(start, MIG__KEY_LEN * 2, bytes, &fault)) {
        st = mig_raise(err, MIG_E_KEY, "character %zu of the master key is not a hexadecimal digit",
                       fault + 1);
    }
    if (st != MIG_OK) {
        mig_error_detail(err, "it was read from the %s", text->where);
        mig_error_hint(err, "give the key that the controller itself is started with");
    }
    return st;
}

mig_status
mig_master_key_load(const char *path, mig_master_key **keyp, mig_error *err)
{
    mig_status      st = MIG_OK;
    key_text        text = {NULL, 0, 0, NULL, NULL};
    mig_master_key *key = NULL;

    *keyp = NULL;
    if (path != NULL)
        MIG_TRY(read_file(path, &text, err));
    else
        MIG_TRY(read_environment(&text, err));
    if (text.data == NULL)
        goto done;

    if ((key = calloc(1, sizeof *key)) == NULL ||
        (key->bytes = mig__locked_new(MIG__KEY_LEN)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate memory for the master key");
        goto done;
    }
    MIG_TRY(decode(&text, key->bytes, err));
    MIG_TRY(mig__crypto_key_name(key->bytes, MIG__FINGERPRINT_DIGITS, key->fingerprint, err));

    key->warning = text.warning;
    text.warning = NULL;
    *keyp = key;
    key = NULL;
done:
    forget_environment();
    text_fini(&text);
    mig_master_key_free(key);
    mig__locked_cleanse_stack();
    return st;
}

const char *
mig_master_key_warning(const mig_master_key *key)
{
    return key->warning;
}

void
mig_master_key_free(mig_master_key *key)
{
    if (key == NULL)
        return;
    mig__locked_free(key->bytes, MIG__KEY_LEN);
    mig__locked_free(key->data_keys, key->cap_data_keys * sizeof *key->data_keys);
    free(key->warning);
    free(key);
}

const mig__data_key *
mig__keyring_find(const mig_master_key *key, const char *id, size_t len)
{
    for (size_t i = 0; i < key->n_data_keys; i++) {
        const mig__data_key *data_key = &key->data_keys[i];

        if (strlen(data_key->id) == len && memcmp(data_key->id, id, len) == 0)
            return data_key;
    }
    return NULL;
}

/* realloc would leave the old bytes in memory that is not ours any more. */
static mig_status
grow(mig_master_key *key, mig_error *err)
{
    size_t         cap = key->cap_data_keys == 0 ? 64 : key->cap_data_keys * 2;
    mig__data_key *data_keys = mig__locked_new(cap * sizeof *data_keys);

    if (data_keys == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate memory for the data keys");
    if (key->n_data_keys > 0)
        memcpy(data_keys, key->data_keys, key->n_data_keys * sizeof *data_keys);
    mig__locked_free(key->data_keys, key->cap_data_keys * sizeof *data_keys);
    key->data_keys = data_keys;
    key->cap_data_keys = cap;
    return MIG_OK;
}

mig_status
mig__keyring_add(mig_master_key *key, const char *id, const unsigned char *bytes, mig_error *err)
{
    mig_status     st = MIG_OK;
    mig__data_key *data_key;

    if (mig__keyring_find(key, id, strlen(id)) != NULL)
        return MIG_OK;
    if (key->n_data_keys == key->cap_data_keys)
        MIG_TRY(grow(key, err));
    data_key = &key->data_keys[key->n_data_keys++];
    memcpy(data_key->id, id, sizeof data_key->id);
    memcpy(data_key->bytes, bytes, sizeof data_key->bytes);
done:
    return st;
}
