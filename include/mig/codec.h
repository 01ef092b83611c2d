/*
 * codec.h - from the forms in which SQLite applications store values to the
 * values themselves.
 *
 * Pure functions: no I/O, no locale, no time_t, no allocation but in the scratch of mig_json_check;
 * any thread.
 * Texts come as pointer and length and need no terminator.
 */
#ifndef MIG_CODEC_H
#define MIG_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * RFC 9562 text, 8-4-4-4-12 hexadecimal digits in either case, to 16 bytes; false for anything
 * else (no braces, no urn:, no missing hyphens).
 */
bool mig_uuid_parse(const char *text, size_t len, unsigned char out[16]);

/* 16 bytes to 36 characters and a NUL. */
void mig_uuid_format(const unsigned char uuid[16], char out[37]);

typedef enum mig_utf8_fault {
    MIG_UTF8_OK,
    MIG_UTF8_INVALID, /* not UTF-8: RFC 3629 (no overlong forms, no surrogates, up to U+10FFFF) */
    MIG_UTF8_NUL,     /* U+0000, which PostgreSQL's text cannot hold */
} mig_utf8_fault;

/* The first fault; its byte offset in *offsetp.  Fast over ASCII: this runs on every text. */
mig_utf8_fault mig_utf8_check(const char *text, size_t len, size_t *offsetp);

typedef enum mig_json_kind {
    MIG_JSON_TEXT,   /* json: what PostgreSQL's json_in accepts */
    MIG_JSON_BINARY, /* jsonb: also no \u0000, paired surrogates, strings of at most 2^28 - 9 bytes,
                        numbers within numeric's range, and no key twice in one object */
} mig_json_kind;

typedef enum mig_json_verdict {
    MIG_JSON_OK,
    MIG_JSON_REFUSED,   /* the server would refuse it */
    MIG_JSON_KEY_TWICE, /* jsonb: the server would take it and drop all but the last value */
    MIG_JSON_NO_MEMORY, /* nothing is known of the text */
} mig_json_verdict;

/* What is wrong with a text; offsets in bytes. */
typedef struct mig_json_fault {
    size_t offset;   /* REFUSED: where it goes wrong; KEY_TWICE: the second key's opening quote */
    const char *why; /* REFUSED, KEY_TWICE: a few words */

    /* KEY_TWICE: the first key's opening quote, and bytes between the quotes of the second. */
    size_t first_offset;
    size_t key_len;
} mig_json_fault;

/*
 * Memory for the keys of a document's open objects.  It grows to what the documents need and is
 * used again, so that a check allocates nothing once it is warm; beyond 1 MiB it is given back
 * with the next check.  All zero is an empty one.  One thread at a time.
 */
typedef struct mig_json_scratch {
    struct mig__json_key *keys; /* the innermost object's last */
    size_t                n_keys;
    size_t                keys_cap;
    char                 *decoded; /* the characters of those that have escapes */
    size_t                decoded_len;
    size_t                decoded_cap;
} mig_json_scratch;

#define MIG_JSON_SCRATCH_INIT                                                                      \
    {                                                                                              \
        NULL, 0, 0, NULL, 0, 0                                                                     \
    }

void mig_json_scratch_fini(mig_json_scratch *scratch);

/*
 * Whether the text is one JSON value (RFC 8259) that PostgreSQL accepts for the type and keeps
 * whole, nested at most MIG_JSON_MAX_DEPTH deep.  Equal keys are those of equal characters,
 * however they are spelled ("a" and "\u0061").  If the text has several faults, any of them is
 * told.  The text must be valid UTF-8 (checked before).  Without a scratch (NULL) keys may stand
 * twice; *fault is left alone unless the text is REFUSED or has a KEY_TWICE.
 */
#define MIG_JSON_MAX_DEPTH 1000
mig_json_verdict mig_json_check(const char *text, size_t len, mig_json_kind kind,
                                mig_json_scratch *scratch, mig_json_fault *fault);

/*
 * A value for an error message: at most `max` characters of it, control characters and invalid
 * bytes as \xNN, "..." behind what was cut.  Always NUL-terminated; out_size >= 8.
 */
void mig_text_excerpt(const char *text, size_t len, size_t max, char *out, size_t out_size);

#endif
