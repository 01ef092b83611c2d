/*
 * test_codec_server.c - the codecs of src/wire against a server's own verdict.
 *
 * Every text of the tables, all short texts over some alphabets, and texts from
 * generators are given both to the codec and to the server.  JSON travels in
 * binary, as in COPY; times and UUIDs as text, for the server to read, and come
 * back in binary.
 *
 * Needs PostgreSQL: its conninfo in MIG_TEST_PG, of a database in UTF-8.
 */
#include "mig/codec.h"
#include "mig/temporal.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/json_cases.h"
#include "../support/time_cases.h"

/*
 * Whether jsonb has fewer keys than the text, to which json is true; every object that is found in
 * either is counted.
 */
static const char loses_a_key[] =
    "WITH RECURSIVE "
    "texts(v) AS (SELECT $1::text::json UNION ALL SELECT member FROM texts, LATERAL ("
    "  SELECT value FROM json_each(CASE json_typeof(v) WHEN 'object' THEN v ELSE '{}' END)"
    "  UNION ALL SELECT value"
    "  FROM json_array_elements(CASE json_typeof(v) WHEN 'array' THEN v ELSE '[]' END)) "
    "m(member)), "
    "kept(v) AS (SELECT $1::text::jsonb UNION ALL SELECT member FROM kept, LATERAL ("
    "  SELECT value FROM jsonb_each(CASE jsonb_typeof(v) WHEN 'object' THEN v ELSE '{}' END)"
    "  UNION ALL SELECT value"
    "  FROM jsonb_array_elements(CASE jsonb_typeof(v) WHEN 'array' THEN v ELSE '[]' END)) "
    "m(member)) "
    "SELECT (SELECT count(*) FROM texts, json_object_keys("
    "  CASE json_typeof(v) WHEN 'object' THEN v ELSE '{}' END)) > (SELECT count(*) FROM kept,"
    "  jsonb_object_keys(CASE jsonb_typeof(v) WHEN 'object' THEN v ELSE '{}' END))";

/* Every test is a process of its own. */
static PGconn          *conn;
static mig_json_scratch scratch = MIG_JSON_SCRATCH_INIT;

static void
connect_to_server(void)
{
    static const char *const statements[][2] = {
        {"json", "SELECT $1::json IS NOT NULL"},
        {"jsonb", "SELECT $1::jsonb IS NOT NULL"},
        {"loses", loses_a_key},
        {"timestamptz", "SELECT $1::timestamptz"},
        {"unix", "SELECT to_timestamp($1::float8)"},
        {"uuid", "SELECT $1::uuid"},
    };
    const char *conninfo = getenv("MIG_TEST_PG");

    cr_assert_not_null(conninfo, "MIG_TEST_PG is not set: it must hold the conninfo of a server");
    conn = PQconnectdb(conninfo);
    cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
    PQclear(PQexec(conn, "SET TimeZone = 'UTC'; SET client_encoding = 'UTF8'"));
    /* Thousands of refusals are not worth a log; not allowed to everybody, and no matter. */
    PQclear(PQexec(conn, "SET log_min_error_statement = panic; SET log_min_messages = panic"));
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        PGresult *result = PQprepare(conn, statements[i][0], statements[i][1], 0, NULL);

        cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
        PQclear(result);
    }
}

static void
disconnect(void)
{
    mig_json_scratch_fini(&scratch);
    PQfinish(conn);
}

TestSuite(codec_server, .init = connect_to_server, .fini = disconnect);

/* Whether the server takes the value; its answer's bytes go to out.  Binary answers. */
static bool
ask(const char *statement, const char *value, size_t len, int format, void *out, size_t out_len)
{
    int         value_len = (int)len;
    PGresult   *result = PQexecPrepared(conn, statement, 1, &value, &value_len, &format, 1);
    bool        taken = PQresultStatus(result) == PGRES_TUPLES_OK;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    /* Class 22 is "data exception": the verdict that is asked for, and no other trouble. */
    if (!taken)
        cr_assert(state != NULL && strncmp(state, "22", 2) == 0, "%.200s: %s", value,
                  PQerrorMessage(conn));
    if (taken) {
        cr_assert_eq(PQgetlength(result, 0, 0), (int)out_len);
        memcpy(out, PQgetvalue(result, 0, 0), out_len);
    }
    PQclear(result);
    return taken;
}

/* ---- JSON ---- */

static bool
server_takes_json(const char *text, size_t len, mig_json_kind kind)
{
    static char wire[16384];
    char        answer;

    if (kind == MIG_JSON_TEXT)
        return ask("json", text, len, 1, &answer, 1);
    cr_assert_lt(len, sizeof wire);
    wire[0] = 1; /* the version */
    memcpy(wire + 1, text, len);
    return ask("jsonb", wire, len + 1, 1, &answer, 1);
}

/* Of a text that both types take. */
static bool
server_loses_a_key(const char *text, size_t len)
{
    char answer;

    cr_assert(ask("loses", text, len, 1, &answer, 1), "%s", text);
    return answer != 0;
}

/*
 * We take what the server takes, for jsonb less what it does not keep whole.  Returns the verdict
 * on json.
 */
static bool
expect_same_verdict(const char *text, size_t len)
{
    static const char *const names[] = {"json", "jsonb"};
    mig_json_verdict         verdicts[2];

    for (int kind = MIG_JSON_TEXT; kind <= MIG_JSON_BINARY; kind++) {
        mig_json_fault fault = {.why = ""};
        bool           taken = server_takes_json(text, len, (mig_json_kind)kind);
        bool           kept = taken;

        /* Without an object there are no keys. */
        if (taken && kind == MIG_JSON_BINARY && memchr(text, '{', len) != NULL)
            kept = !server_loses_a_key(text, len);
        verdicts[kind] = mig_json_check(text, len, (mig_json_kind)kind, &scratch, &fault);
        cr_assert_eq(verdicts[kind] == MIG_JSON_OK, kept,
                     "%s: %.300s\nthe server takes it: %d, whole: %d; we: %s at %zu", names[kind],
                     text, taken, kept, fault.why, fault.offset);
        /* A text that has several faults may be refused for any. */
        if (taken && !kept)
            cr_assert_eq(verdicts[kind], MIG_JSON_KEY_TWICE, "%.300s: %s", text, fault.why);
    }
    return verdicts[MIG_JSON_TEXT] == MIG_JSON_OK;
}

Test(codec_server, takes_and_refuses_json_as_the_table_says)
{
    for (size_t i = 0; i < n_json_cases; i++) {
        const json_case *c = &json_cases[i];

        cr_expect_eq(server_takes_json(c->text, strlen(c->text), MIG_JSON_TEXT), c->json,
                     "json: %s", c->text);
        cr_expect_eq(server_takes_json(c->text, strlen(c->text), MIG_JSON_BINARY), c->jsonb,
                     "jsonb: %s", c->text);
        expect_same_verdict(c->text, strlen(c->text));
    }
}

Test(codec_server, loses_the_keys_that_stand_twice_as_the_table_says)
{
    for (size_t i = 0; i < n_json_key_cases; i++) {
        const char *text = json_key_cases[i].text;

        cr_expect_eq(server_loses_a_key(text, strlen(text)), json_key_cases[i].twice, "%s", text);
        cr_expect(expect_same_verdict(text, strlen(text)));
    }
}

Test(codec_server, loses_a_key_exactly_where_we_find_one_twice)
{
    case_random random = {1996};
    static char text[8192];
    unsigned    n_twice = 0, n_once = 0;

    for (int i = 0; i < 5000; i++) {
        bool   twice;
        size_t len = json_generate_repeating(&random, text, sizeof text, &twice);

        cr_assert(expect_same_verdict(text, len), "%s", text);
        cr_assert_eq(server_loses_a_key(text, len), twice, "%s", text);
        n_twice += twice;
        n_once += !twice;
    }
    cr_assert(n_twice > 500 && n_once > 500, "%u twice, %u not", n_twice, n_once);
}

static void
expect_same_verdict_on_all_texts_of(const char *alphabet, size_t max_len, const char *before,
                                    const char *behind)
{
    char     middle[16], text[64];
    unsigned n_taken = 0;

    for (uint64_t n = 0; string_of_alphabet(alphabet, max_len, n, middle); n++) {
        snprintf(text, sizeof text, "%s%s%s", before, middle, behind);
        n_taken += expect_same_verdict(text, strlen(text));
    }
    cr_assert_gt(n_taken, 0, "nothing of %s is JSON", alphabet);
}

Test(codec_server, agrees_on_all_short_texts_of_brackets_and_values)
{
    expect_same_verdict_on_all_texts_of("[]{}:,1\" ", 4, "", "");
}

Test(codec_server, agrees_on_all_short_objects)
{
    expect_same_verdict_on_all_texts_of("{}:,1k", 4, "{\"a\":", "}");
}

Test(codec_server, agrees_on_all_short_numbers)
{
    expect_same_verdict_on_all_texts_of("-+.eE019", 4, "", "");
}

Test(codec_server, agrees_on_all_numbers_near_the_ends_of_numeric)
{
    static const char *const mantissas[] = {
        "0",       "0.0",   "1",      "9",           "10",
        "1.5",     "1.50",  "0.1",    "0.01",        "0.0001",
        "0.00001", "12345", "100000", "0.000012345", "123456789.123456789",
    };
    static const int middles[] = {131071, 131072, -16383, -16384, 1073741822, -1073741822};

    for (size_t m = 0; m < sizeof mantissas / sizeof mantissas[0]; m++) {
        for (size_t i = 0; i < sizeof middles / sizeof middles[0]; i++) {
            for (int power = middles[i] - 12; power <= middles[i] + 12; power++) {
                char text[64];

                snprintf(text, sizeof text, "-%se%d", mantissas[m], power);
                expect_same_verdict(text, strlen(text));
                expect_same_verdict(text + 1, strlen(text + 1));
            }
        }
    }
}

Test(codec_server, agrees_on_numbers_with_very_many_digits)
{
    static const size_t lengths[] = {16382, 16383, 16384, 16385};
    static char         text[16384 + 16];

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int digit = '0'; digit <= '1'; digit++) {
            mig_json_fault fault;
            char           answer;
            bool           server;

            memset(text, digit, sizeof text);
            memcpy(text,
                   "\x01"
                   "0.",
                   3);
            server = ask("jsonb", text, 3 + lengths[i], 1, &answer, 1);
            cr_assert_eq(mig_json_check(text + 1, 2 + lengths[i], MIG_JSON_BINARY, &scratch,
                                        &fault) == MIG_JSON_OK,
                         server, "%zu digits", lengths[i]);
            cr_assert_eq(server, lengths[i] <= 16383, "%zu digits", lengths[i]);
        }
    }
}

Test(codec_server, agrees_on_every_byte_in_a_string_and_behind_a_backslash)
{
    for (int byte = 0; byte < 128; byte++) {
        char plain[] = {'"', 'a', (char)byte, 'b', '"'};
        char escaped[] = {'"', '\\', (char)byte, '0', '0', '4', '1', '"'};
        char outside[] = {'[', '1', (char)byte, '2', ']'};

        expect_same_verdict(plain, sizeof plain);
        expect_same_verdict(escaped, sizeof escaped);
        expect_same_verdict(outside, sizeof outside);
    }
}

Test(codec_server, agrees_on_pairs_of_unicode_escapes)
{
    static const char *const units[] = {
        "\\u0000", "\\u0001", "\\u007f", "\\ud7ff", "\\ud800", "\\uD83D", "\\udbff", "\\udc00",
        "\\uDE00", "\\udfff", "\\ue000", "\\uffff", "a",       "\\n",     "\\u12",   "",
    };
    const size_t n = sizeof units / sizeof units[0];

    for (size_t i = 0; i < n * n * n; i++) {
        char text[64];

        snprintf(text, sizeof text, "\"%s%s%s\"", units[i % n], units[i / n % n], units[i / n / n]);
        expect_same_verdict(text, strlen(text));
    }
}

Test(codec_server, takes_the_greatest_depth_we_take)
{
    static char text[2 * MIG_JSON_MAX_DEPTH + 1];

    memset(text, '[', MIG_JSON_MAX_DEPTH);
    memset(text + MIG_JSON_MAX_DEPTH, ']', MIG_JSON_MAX_DEPTH);
    cr_assert(expect_same_verdict(text, 2 * MIG_JSON_MAX_DEPTH));
}

Test(codec_server, agrees_on_random_documents_and_damaged_ones)
{
    case_random random = {15};
    static char text[9000];
    unsigned    n_refused = 0, n_taken = 0;

    for (int i = 0; i < 20000; i++) {
        size_t len = json_generate(&random, text, 8192);
        size_t offset;

        if (i % 10 == 0)
            cr_assert(expect_same_verdict(text, len), "%s", text);
        len = json_mutate(&random, text, len, sizeof text);
        if (mig_utf8_check(text, len, &offset) == MIG_UTF8_INVALID)
            continue;
        if (expect_same_verdict(text, len))
            n_taken++;
        else
            n_refused++;
    }
    /* The damage is of the right size: it leaves some whole. */
    cr_assert(n_taken > 1000 && n_refused > 1000, "%u taken, %u refused", n_taken, n_refused);
}

/* ---- times ---- */

static bool
server_time(const char *statement, const char *text, int64_t *usp)
{
    uint64_t wire = 0;

    if (!ask(statement, text, strlen(text), 0, &wire, sizeof wire))
        return false;
    *usp = (int64_t)be64toh(wire);
    return true;
}

/*
 * Both take the text, and for the same moment; or none does.  The server rounds what we cut off:
 * it may be one microsecond ahead.
 */
static bool
expect_same_time(const char *text)
{
    mig_timestamp ours = {0};
    int64_t       server = 0;
    bool          taken = mig_timestamp_parse(text, strlen(text), &ours) == MIG_TEMPORAL_OK;

    cr_assert_eq(server_time("timestamptz", text, &server), taken, "%s: we: %d", text, taken);
    if (taken)
        cr_assert(server == ours.us || (ours.truncated && server == ours.us + 1),
                  "%s: the server has %" PRId64 ", we %" PRId64, text, server, ours.us);
    return taken;
}

Test(codec_server, has_the_times_of_the_table)
{
    for (size_t i = 0; i < n_time_cases; i++)
        cr_expect(expect_same_time(time_cases[i].text), "%s", time_cases[i].text);
}

Test(codec_server, refuses_the_times_that_are_none)
{
    for (size_t i = 0; i < n_bad_time_cases; i++)
        cr_expect_not(expect_same_time(bad_time_cases[i]), "%s", bad_time_cases[i]);
}

static void
random_zone(case_random *random, char *text, size_t size)
{
    unsigned hour = case_random_below(random, 17), minute = case_random_below(random, 62);
    unsigned second = case_random_below(random, 62);
    char     sign = case_random_below(random, 2) == 0 ? '+' : '-';

    text[0] = '\0';
    switch (case_random_below(random, 8)) {
    case 0:
    case 1:
        break;
    case 2:
        snprintf(text, size, "Z");
        break;
    case 3:
        snprintf(text, size, " z");
        break;
    case 4:
        snprintf(text, size, "%c%02u", sign, hour);
        break;
    case 5:
        snprintf(text, size, "%c%02u%02u", sign, hour, minute);
        break;
    case 6:
        snprintf(text, size, " %c%02u:%02u", sign, hour, minute);
        break;
    default:
        snprintf(text, size, "%c%02u:%02u:%02u", sign, hour, minute, second);
        break;
    }
}

Test(codec_server, agrees_on_random_times_some_of_which_are_none)
{
    case_random random = {31};
    unsigned    n_taken = 0, n_refused = 0;

    for (int i = 0; i < 40000; i++) {
        char     text[96], zone[16], fraction[32] = "";
        unsigned n_digits = case_random_below(&random, 13);
        unsigned minute = case_random_below(&random, 61);
        /* Not hour 24 and second 60, which the server takes for the next hour and minute. */
        unsigned hour = case_random_below(&random, 50) == 0 ? 25 : case_random_below(&random, 24);
        unsigned second = case_random_below(&random, 50) == 0 ? 61 : case_random_below(&random, 60);

        for (unsigned d = 0; d < n_digits; d++)
            fraction[d] = (char)('0' + case_random_below(&random, 10));
        random_zone(&random, zone, sizeof zone);
        snprintf(text, sizeof text, "%04u-%02u-%02u%c%02u:%02u:%02u%s%s%s",
                 1 + case_random_below(&random, 9999), case_random_below(&random, 14),
                 case_random_below(&random, 33), "Tt "[case_random_below(&random, 3)], hour, minute,
                 second, n_digits > 0 ? "." : "", fraction, zone);
        if (expect_same_time(text))
            n_taken++;
        else
            n_refused++;
    }
    cr_assert(n_taken > 10000 && n_refused > 1000, "%u taken, %u refused", n_taken, n_refused);
}

Test(codec_server, has_the_same_unix_seconds)
{
    case_random random = {1970};

    for (int i = 0; i < 2000; i++) {
        int64_t seconds =
            INT64_C(-62135596800) + (int64_t)(case_random_next(&random) % UINT64_C(315537897600));
        int64_t ours, server;
        char    text[32];

        if (i == 0)
            seconds = INT64_C(-62135596800);
        if (i == 1)
            seconds = INT64_C(253402300799);
        snprintf(text, sizeof text, "%" PRId64, seconds);
        cr_assert_eq(mig_timestamp_from_int(seconds, MIG_UNIT_S, &ours, &(bool){false}),
                     MIG_TEMPORAL_OK, "%s", text);
        cr_assert(server_time("unix", text, &server), "%s", text);
        cr_assert_eq(ours, server, "%s", text);
    }
}

/* ---- UUIDs ---- */

Test(codec_server, has_the_same_uuids)
{
    case_random random = {36};

    for (int i = 0; i < 5000; i++) {
        unsigned char bytes[16], ours[16], server[16];
        char          text[37];

        for (size_t b = 0; b < 16; b++)
            bytes[b] = (unsigned char)case_random_below(&random, 256);
        mig_uuid_format(bytes, text);
        if (i % 2 == 0)
            for (size_t c = 0; c < 36; c++)
                if (text[c] >= 'a' && case_random_below(&random, 2) == 0)
                    text[c] = (char)(text[c] - 'a' + 'A');
        cr_assert(ask("uuid", text, 36, 0, server, 16), "%s", text);
        cr_assert(mig_uuid_parse(text, 36, ours), "%s", text);
        cr_assert_arr_eq(ours, server, 16, "%s", text);
        cr_assert_arr_eq(ours, bytes, 16, "%s", text);
    }
}

/* The server also takes braces, and hyphens in more or fewer places: not tried here. */
Test(codec_server, refuses_the_same_bytes_in_a_uuid)
{
    static const char text[] = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

    for (size_t at = 0; at < 36; at++) {
        for (int byte = 1; byte < 128; byte++) {
            char          changed[37];
            unsigned char ours[16], server[16];
            bool          taken;

            if (text[at] == '-' || byte == '-' || byte == '{' || byte == '}')
                continue;
            memcpy(changed, text, sizeof text);
            changed[at] = (char)byte;
            taken = mig_uuid_parse(changed, 36, ours);
            cr_assert_eq(ask("uuid", changed, 36, 0, server, 16), taken, "%s", changed);
            if (taken)
                cr_assert_arr_eq(ours, server, 16, "%s", changed);
        }
    }
}
