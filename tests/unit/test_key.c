/*
 * test_key.c - loading a master key, refusing what is none, and leaving no
 * trace of it.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/memory_scan.h"
#include "mig/secrets.h"

#define KEY_HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A vector: the token sealed with KEY_HEX. */
#define TOKEN_V2                                                                                   \
    "ENC:v2:030303030303030303030303646ff51a746717289e23b5732e50a65dfe0852bbc89d6c1540e4a09ca880"  \
    "09c2243ebfa8ed0e29e674"

static char path[] = "/tmp/test_key_XXXXXX";

static void
make_path(void)
{
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    close(fd);
    unsetenv(MIG_MASTER_KEY_ENV);
}

static void
remove_path(void)
{
    unlink(path);
}

TestSuite(key, .init = make_path, .fini = remove_path);

static void
write_file(const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
}

/* Whether the file's text is taken, and as the key that the token was sealed with. */
static bool
loads_the_key(const char *text)
{
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;
    bool            ok;

    write_file(text, strlen(text));
    ok = mig_master_key_load(path, &key, &err) == MIG_OK && key != NULL &&
         mig_master_key_check_token(key, TOKEN_V2, strlen(TOKEN_V2), &err) == MIG_OK;
    mig_master_key_free(key);
    mig_error_fini(&err);
    return ok;
}

static void
assert_refused(const char *from, mig_status status, const char *message)
{
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;

    cr_expect_eq(mig_master_key_load(from, &key, &err), status);
    cr_expect_null(key);
    cr_assert_not_null(err.message);
    cr_expect_not_null(strstr(err.message, message), "\"%s\" is not in \"%s\"", message,
                       err.message);
    mig_error_fini(&err);
}

static void
assert_file_refused(const char *text, const char *message)
{
    write_file(text, strlen(text));
    assert_refused(path, MIG_E_KEY, message);
}

Test(key, the_digits_of_the_file_are_the_key)
{
    cr_assert(loads_the_key(KEY_HEX));
}

Test(key, another_key_does_not_open_the_token)
{
    cr_assert_not(
        loads_the_key("1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
}

Test(key, white_space_around_the_key_is_dropped)
{
    cr_expect(loads_the_key(KEY_HEX "\n"));
    cr_expect(loads_the_key(KEY_HEX "\r\n"));
    cr_expect(loads_the_key(" \t\n\v\f\r" KEY_HEX " \t\n\v\f\r"));
}

Test(key, upper_case_digits_are_taken)
{
    cr_expect(loads_the_key("0123456789ABCDEF0123456789ABCDEF0123456789abcdef0123456789ABCDEF"));
}

Test(key, a_wrong_number_of_digits_is_refused_with_the_number)
{
    assert_file_refused("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
                        "exactly 32 bytes (64 hex characters), got 63 ");
    assert_file_refused(KEY_HEX "0", "exactly 32 bytes (64 hex characters), got 65 ");
    assert_file_refused("0x" KEY_HEX, "got 66 ");
    assert_file_refused("f", "got 1 ");
}

Test(key, a_character_that_is_no_digit_is_refused_by_its_position)
{
    char text[] = KEY_HEX;

    for (size_t i = 0; i < sizeof text - 1; i++) {
        char message[64];
        char kept = text[i];

        text[i] = "gG+-:/@` "[i % 9];
        if (text[i] == ' ' && (i == 0 || i == sizeof text - 2))
            text[i] = 'g';
        snprintf(message, sizeof message, "character %zu of the master key is not", i + 1);
        assert_file_refused(text, message);
        text[i] = kept;
    }
}

Test(key, a_nul_in_the_key_is_no_digit)
{
    char text[] = KEY_HEX;

    text[40] = '\0';
    write_file(text, sizeof text - 1);
    assert_refused(path, MIG_E_KEY, "character 41 of the master key is not");
}

Test(key, messages_hold_no_character_of_the_key)
{
    static const char text[] = "q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7q7";
    mig_master_key   *key = NULL;
    mig_error         err = MIG_ERROR_INIT;

    write_file(text, sizeof text - 1);

    cr_assert_eq(mig_master_key_load(path, &key, &err), MIG_E_KEY);
    cr_expect_null(strstr(err.message, "q7"));
    cr_expect_null(strstr(err.detail, "q7"));
    cr_expect_null(strstr(err.hint, "q7"));
    mig_error_fini(&err);
}

Test(key, an_empty_file_is_refused)
{
    assert_file_refused("", "the master key is empty");
    assert_file_refused("\n \n", "the master key is empty");
}

Test(key, a_file_far_too_long_is_refused)
{
    char *text = malloc(100001);

    memset(text, 'a', 100000);
    text[100000] = '\0';
    assert_file_refused(text, "too long for a master key");
    free(text);
}

Test(key, a_file_that_cannot_be_read_is_refused_with_the_systems_reason)
{
    assert_refused("/nonexistent/master.key", MIG_E_IO,
                   "/nonexistent/master.key: No such file or directory");
    assert_refused("/", MIG_E_IO, "/: Is a directory");
}

Test(key, nothing_given_is_no_key_and_no_error)
{
    mig_master_key *key = (mig_master_key *)path;
    mig_error       err = MIG_ERROR_INIT;

    cr_expect_eq(mig_master_key_load(NULL, &key, &err), MIG_OK);
    cr_expect_null(key);
    mig_error_fini(&err);
}

Test(key, the_environment_is_used_without_a_file)
{
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;

    setenv(MIG_MASTER_KEY_ENV, " " KEY_HEX "\n", 1);

    cr_assert_eq(mig_master_key_load(NULL, &key, &err), MIG_OK);
    cr_expect_eq(mig_master_key_check_token(key, TOKEN_V2, strlen(TOKEN_V2), &err), MIG_OK);
    cr_expect_null(mig_master_key_warning(key));
    mig_master_key_free(key);
}

Test(key, a_bad_key_in_the_environment_is_refused_by_the_variables_name)
{
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;

    setenv(MIG_MASTER_KEY_ENV, "abc", 1);
    cr_expect_eq(mig_master_key_load(NULL, &key, &err), MIG_E_KEY);
    cr_expect_not_null(strstr(err.detail, MIG_MASTER_KEY_ENV));
    mig_error_fini(&err);

    setenv(MIG_MASTER_KEY_ENV, "", 1);
    assert_refused(NULL, MIG_E_KEY, "the master key is empty");
}

Test(key, the_file_wins_over_the_environment)
{
    setenv(MIG_MASTER_KEY_ENV, "not even a key", 1);

    cr_assert(loads_the_key(KEY_HEX));
}

Test(key, the_variable_is_removed_on_every_path)
{
    setenv(MIG_MASTER_KEY_ENV, KEY_HEX, 1);
    cr_expect(loads_the_key(KEY_HEX));
    cr_expect_null(getenv(MIG_MASTER_KEY_ENV), "after a file was read");

    setenv(MIG_MASTER_KEY_ENV, KEY_HEX, 1);
    assert_refused("/nonexistent/master.key", MIG_E_IO, "cannot read");
    cr_expect_null(getenv(MIG_MASTER_KEY_ENV), "after a file could not be read");

    setenv(MIG_MASTER_KEY_ENV, "abc", 1);
    assert_refused(NULL, MIG_E_KEY, "got 3 ");
    cr_expect_null(getenv(MIG_MASTER_KEY_ENV), "after a bad key");
}

Test(key, the_variable_is_overwritten_where_it_stands)
{
    static char     entry[] = MIG_MASTER_KEY_ENV "=" KEY_HEX;
    const char     *value = entry + sizeof MIG_MASTER_KEY_ENV;
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;

    putenv(entry);

    cr_assert_eq(mig_master_key_load(NULL, &key, &err), MIG_OK);
    for (size_t i = 0; i < sizeof KEY_HEX - 1; i++)
        cr_expect_eq(value[i], '\0', "character %zu is still there", i);
    mig_master_key_free(key);
}

Test(key, a_file_that_others_can_read_is_warned_about)
{
    static const struct {
        mode_t      mode;
        const char *text; /* NULL: no warning */
    } cases[] = {
        {0600, NULL},          {0400, NULL},          {0700, NULL},          {0644, "(mode 0644)"},
        {0640, "(mode 0640)"}, {0604, "(mode 0604)"}, {0444, "(mode 0444)"},
    };

    write_file(KEY_HEX, strlen(KEY_HEX));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mig_master_key *key = NULL;
        mig_error       err = MIG_ERROR_INIT;
        const char     *warning;

        chmod(path, cases[i].mode);
        cr_assert_eq(mig_master_key_load(path, &key, &err), MIG_OK);
        warning = mig_master_key_warning(key);
        if (cases[i].text == NULL)
            cr_expect_null(warning);
        else
            cr_expect(warning != NULL && strstr(warning, cases[i].text) != NULL &&
                      strstr(warning, path) != NULL);
        mig_master_key_free(key);
    }
}

Test(key, freeing_nothing_is_allowed)
{
    mig_master_key_free(NULL);
}

/* A key that nobody knows, as a needle for each of its two forms; the text goes to `out`. */
static void
random_key(memory_needle *bytes, memory_needle *text, char out[65])
{
    unsigned char key[32];

    cr_assert_eq(getrandom(key, sizeof key, 0), (ssize_t)sizeof key);
    for (size_t i = 0; i < sizeof key; i++) {
        out[2 * i] = "0123456789abcdef"[key[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
    }
    out[64] = '\0';
    memory_needle_set(bytes, key, sizeof key);
    memory_needle_set(text, out, 64);
    explicit_bzero(key, sizeof key);
}

Test(key, no_trace_of_a_key_from_a_file_is_left)
{
    memory_needle   bytes, text;
    char            hex[65];
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;

    random_key(&bytes, &text, hex);
    write_file(hex, 64);
    explicit_bzero(hex, sizeof hex);
    cr_assert_eq(memory_scan(&bytes), 0);

    cr_assert_eq(mig_master_key_load(path, &key, &err), MIG_OK);
    cr_expect_eq(memory_scan(&bytes), 1, "the loaded key is there once");
    cr_expect_eq(memory_scan(&text), 0, "its text is gone once it is decoded");
    mig_master_key_free(key);
    cr_expect_eq(memory_scan(&bytes), 0, "the bytes are still there");
}

Test(key, no_trace_of_a_key_from_the_environment_is_left)
{
    memory_needle   bytes, text;
    char            hex[65];
    char           *entry = malloc(128);
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;

    random_key(&bytes, &text, hex);
    snprintf(entry, 128, "%s=%s", MIG_MASTER_KEY_ENV, hex);
    explicit_bzero(hex, sizeof hex);
    putenv(entry);
    cr_assert_geq(memory_scan(&text), 1, "a scan finds what is there");

    cr_assert_eq(mig_master_key_load(NULL, &key, &err), MIG_OK);
    cr_expect_eq(memory_scan(&text), 0, "the text is still there");
    mig_master_key_free(key);
    cr_expect_eq(memory_scan(&bytes), 0, "the bytes are still there");
    free(entry);
}

Test(key, no_trace_of_a_refused_key_is_left)
{
    memory_needle   bytes, text;
    char            hex[65];
    mig_master_key *key = NULL;
    mig_error       err = MIG_ERROR_INIT;

    random_key(&bytes, &text, hex);
    hex[63] = 'z';
    memory_needle_set(&text, hex, 63);
    write_file(hex, 64);
    explicit_bzero(hex, sizeof hex);

    cr_assert_eq(mig_master_key_load(path, &key, &err), MIG_E_KEY);
    cr_expect_eq(memory_scan(&text), 0);
    mig_error_fini(&err);
}
