/*
 * sample_values.h - what the rows of a sample are made of: uuids, times, texts,
 * secrets.  A part of the program sample.c.
 *
 * Everything follows from the seed, from what is asked for, and from the number
 * of rows stored so far; not from the order of the calls within a row, which the
 * language leaves open.
 *
 * Texts that are made on the way live in the sample's scratch until their row is
 * stored.
 */
#ifndef BENCH_SAMPLE_VALUES_H
#define BENCH_SAMPLE_VALUES_H

#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seal.h"

/* 2026-01-05 08:00:00 UTC, in Unix seconds: about when everything here begins. */
#define EPOCH 1767600000
/* The longest output the application keeps of one update. */
#define MAX_OUTPUT  (1 << 20)
#define MAX_TABLES  48
#define MAX_COLUMNS 20
#define N_DATA_KEYS 3 /* the last one is active */
#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What a uuid identifies: part of what it is made from. */
typedef enum kind {
    K_TENANT,
    K_USER,
    K_ROLE,
    K_PERMISSION,
    K_PROVIDER,
    K_ENROLLMENT,
    K_SERVICE,
    K_HOST,
    K_PLUGIN,
    K_SOFTWARE,
    K_MQTT,
    K_HISTORY,
    K_LINE,
    K_DATA_KEY,
    K_ROW, /* rows to which nothing refers */
} kind;

typedef struct value {
    enum { V_NULL, V_INTEGER, V_TEXT, V_BLOB } type;
    int64_t       number;
    const char   *text;
    int           len;
    unsigned char bytes[16];
} value;

typedef struct insert {
    const char   *table;
    sqlite3_stmt *stmt;
    int           n_columns;
    uint64_t      n_rows;
} insert;

typedef struct sample {
    const char   *path;
    bool          created; /* the file is ours to remove */
    sqlite3      *db;
    uint64_t      seed;
    uint64_t      n_rows;   /* wanted in all */
    uint64_t      n_stored; /* rows so far */
    unsigned char master_key[SEAL_KEY_LEN];
    unsigned char data_keys[N_DATA_KEYS][SEAL_KEY_LEN];
    bool          has_data_keys; /* the schema has a table for them */
    bool          has_global_settings;
    bool          has_allowlists;

    /* How many there are of what others refer to. */
    size_t n_users, n_hosts, n_services, n_software, n_items_per_host, n_history;

    insert inserts[MAX_TABLES];
    size_t n_inserts;
    size_t last_insert;

    char   scratch[16384];
    size_t scratch_len;
    char  *long_output;
} sample;

static sample the_sample; /* so that die() can clean up */

static _Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void
die(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)fputs("sample: error: ", stderr);
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
    if (the_sample.created)
        (void)unlink(the_sample.path);
    exit(1);
}

/* SplitMix64's finalizer over seed, kind and number. */
static uint64_t
mix(const sample *s, uint64_t what, uint64_t n)
{
    uint64_t z = s->seed * UINT64_C(0x9e3779b97f4a7c15) + (what << 48) + n + 1;

    z *= UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static value
null(void)
{
    return (value){.type = V_NULL};
}

static value
integer(int64_t number)
{
    return (value){.type = V_INTEGER, .number = number};
}

static value
boolean(bool flag)
{
    return integer(flag ? 1 : 0);
}

/* The text itself is kept by the caller, at least until the row is stored. */
static value
text(const char *words)
{
    return (value){.type = V_TEXT, .text = words, .len = (int)strlen(words)};
}

static value textf(sample *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static value
textf(sample *s, const char *fmt, ...)
{
    char   *out = s->scratch + s->scratch_len;
    size_t  room = sizeof s->scratch - s->scratch_len;
    va_list args;
    int     n;

    va_start(args, fmt);
    n = vsnprintf(out, room, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room)
        die("a row's texts are longer than %zu bytes", sizeof s->scratch);
    s->scratch_len += (size_t)n + 1;
    return (value){.type = V_TEXT, .text = out, .len = n};
}

static value
text_or_null(bool present, value v)
{
    return present ? v : null();
}

/* A version 7 uuid: milliseconds, then what the seed makes of kind and number. */
static value
uuid(const sample *s, kind what, uint64_t n)
{
    value    v = {.type = V_BLOB, .len = 16};
    uint64_t ms = (uint64_t)EPOCH * 1000 + n * 37;
    uint64_t low = mix(s, what, n);

    for (int i = 0; i < 6; i++)
        v.bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    for (int i = 0; i < 8; i++)
        v.bytes[8 + i] = (unsigned char)(low >> (56 - 8 * i));
    v.bytes[6] = 0x70 | (unsigned char)(what & 0xf);
    v.bytes[7] = (unsigned char)(low * 31);
    v.bytes[8] = (v.bytes[8] & 0x3f) | 0x80;
    return v;
}

/* For a row to which nothing refers. */
static value
row_uuid(const sample *s)
{
    return uuid(s, K_ROW, s->n_stored);
}

/* The ids of some permissions were once written as text; who refers to one, has it as text too. */
static value
permission_uuid(sample *s, uint64_t n)
{
    static const char digits[] = "0123456789abcdef";
    value             v = uuid(s, K_PERMISSION, n);
    char              out[37];
    size_t            at = 0;

    if (n % 3 != 1)
        return v;
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[v.bytes[i] >> 4];
        out[at++] = digits[v.bytes[i] & 15];
    }
    out[at] = '\0';
    return textf(s, "%s", out);
}

typedef struct moment {
    int year, month, day, hour, minute, second;
} moment;

/* The calendar of a Unix second (Hinnant, "chrono-compatible low-level date algorithms"). */
static moment
moment_of(int64_t seconds)
{
    int64_t  days = seconds / 86400 + 719468; /* since 0000-03-01; never negative here */
    int64_t  rest = seconds % 86400;
    int64_t  era = days / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    moment   m;

    m.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    m.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    m.year = (int)(yoe + era * 400) + (m.month <= 2);
    m.hour = (int)(rest / 3600);
    m.minute = (int)(rest / 60 % 60);
    m.second = (int)(rest % 60);
    return m;
}

/* "YYYY-MM-DD?HH:MM:SS" to 19 characters, without printf: there are several in each row. */
static void
put_moment(char out[19], const moment *m, char between)
{
    const int  fields[] = {m->year / 100, m->year % 100, m->month, m->day,
                           m->hour,       m->minute,     m->second};
    const char behind[] = {0, '-', '-', between, ':', ':', 0};
    size_t     at = 0;

    for (size_t i = 0; i < N_OF(fields); i++) {
        out[at++] = (char)('0' + fields[i] / 10);
        out[at++] = (char)('0' + fields[i] % 10);
        if (behind[i] != 0)
            out[at++] = behind[i];
    }
}

typedef enum time_form {
    TIME_RFC3339, /* 2026-03-01T12:34:56.123456789Z: 0 to 9 digits, the last one not 0 */
    TIME_OFFSET,  /* 2026-03-01T14:34:56.123+02:00 */
    TIME_SQL,     /* 2026-03-01 12:34:56 */
    TIME_OLD,     /* 2026-03-01 12:34:56.123456 +00:00:00 */
} time_form;

/* Seconds since EPOCH; the fraction follows from `salt`. */
static value
time_as(sample *s, time_form form, int64_t seconds, uint64_t salt)
{
    moment   m = moment_of(EPOCH + seconds);
    uint64_t random = mix(s, K_ROW + 1, salt);
    unsigned n_digits = (unsigned)(random % 10);
    char     fraction[12] = "";
    char     out[20] = "";

    put_moment(out, &m, form == TIME_SQL || form == TIME_OLD ? ' ' : 'T');
    if (form == TIME_OLD)
        n_digits = 6;
    if (n_digits > 0 && form != TIME_SQL) {
        fraction[0] = '.';
        for (unsigned i = 1; i <= n_digits; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            fraction[i] = (char)('0' + (random >> 33) % 10);
        }
        if (fraction[n_digits] == '0')
            fraction[n_digits] = '7';
    }
    switch (form) {
    case TIME_RFC3339:
        break;
    case TIME_OFFSET:
        return textf(s, "%s%s%s", out, fraction, salt % 2 == 0 ? "+02:00" : "-05:30");
    case TIME_SQL:
        return textf(s, "%s", out);
    case TIME_OLD:
        return textf(s, "%s%s +00:00:00", out, fraction);
    }
    return textf(s, "%s%sZ", out, fraction);
}

/* As the application writes it, but for a few rows of old or foreign origin. */
static value
at(sample *s, int64_t seconds)
{
    uint64_t salt = mix(s, K_ROW + 2, (uint64_t)seconds + (s->n_stored << 20));

    return time_as(s, salt % 211 == 0 ? TIME_OFFSET : TIME_RFC3339, seconds, salt);
}

/* Texts that a copy easily damages. */
static const char *
words(uint64_t n)
{
    static const char *const texts[] = {
        "plain",
        "",
        "Überprüfung läuft: 100 %",
        "日本語のテキスト",
        "emoji \U0001f600 \U0001f680 and \U0001f469\u200d\U0001f4bb",
        "\U0002070e\U00020731 beyond the first plane",
        "עברית and العربية",
        "combined e\u0301 against é",
        "tab\there, line\nbreak, return\r\n, bell \a",
        "back\\slash \\N \\. and 'quotes' \"both\"",
        "\x1b[32mgreen\x1b[0m \x1b[1;31mred\x1b[0m",
        "NULL",
        " blanks around ",
        "%s %d ${HOME} {{template}} <b>&amp;</b>",
        "\U0010fffd \ufffd \ufeff",
        "Привет, мир",
    };

    return texts[n % N_OF(texts)];
}

static const char *
json(uint64_t n)
{
    static const char *const texts[] = {
        "{}",
        "{\"tag\":\"v1.2.3\",\"draft\":false,\"size\":1234567890123}",
        "{\"name\":\"caf\\u00e9 \\ud83d\\ude00\",\"note\":\"日本語 😀\"}",
        "[]",
        "{\"nested\":{\"list\":[1,2.5,-3e-7,null,true],\"empty\":\"\"}}",
        "{\"path\":\"C:\\\\temp\\\\x\",\"quote\":\"\\\"\",\"lines\":\"a\\nb\\tc\"}",
    };

    return texts[n % N_OF(texts)];
}

/* ---- secrets ---- */

typedef enum secret_form {
    SECRET_PLAIN,
    SECRET_V1,
    SECRET_V2,
    SECRET_V3,
    SECRET_V3_RETIRED
} secret_form;

/* Different for each place of a row, so that no key meets a nonce twice. */
static void
make_nonce(const sample *s, const char *place, unsigned char nonce[SEAL_NONCE_LEN])
{
    uint64_t hash = s->n_stored;
    uint64_t random;

    for (; *place != '\0'; place++)
        hash = hash * 31 + (unsigned char)*place;
    random = mix(s, K_ROW + 3, hash);
    for (size_t i = 0; i < SEAL_NONCE_LEN; i++)
        nonce[i] = (unsigned char)((random >> (i % 8 * 8)) + i);
}

/* A schema without data keys has v2 in the place of v3. */
static value
secret(sample *s, secret_form form, const char *place, const char *plaintext)
{
    char                 sealed[1024];
    char                 prefix[32] = "ENC:v2:";
    char                 key_id[SEAL_KEY_ID_LEN + 1];
    const unsigned char *key = s->master_key;
    unsigned char        nonce[SEAL_NONCE_LEN];

    if (form == SECRET_PLAIN)
        return textf(s, "%s", plaintext);
    make_nonce(s, place, nonce);
    if (form == SECRET_V1) {
        (void)snprintf(prefix, sizeof prefix, "ENC:v1:");
        place = "";
    } else if (form != SECRET_V2 && s->has_data_keys) {
        key = s->data_keys[form == SECRET_V3 ? N_DATA_KEYS - 1 : 0];
        if (!seal_key_id(key_id, key))
            die("cannot compute a data key's id");
        (void)snprintf(prefix, sizeof prefix, "ENC:v3:%s:", key_id);
    }
    if (!seal_value(sealed, sizeof sealed, key, prefix, place, nonce, plaintext))
        die("cannot seal a value for %s", place);
    return textf(s, "%s", sealed);
}

/* As a JSON string: sealed texts and the plain ones here need no escapes. */
static value
secret_json(sample *s, secret_form form, const char *place, const char *plaintext)
{
    return textf(s, "\"%s\"", secret(s, form, place, plaintext).text);
}

#endif
