/*
 * gen.c - SQLite files of known content to measure with.
 *
 *   gen SET FILE [--rows N]
 *
 *   narrow   one table of 6 columns, 5,000,000 rows
 *   wide     one table of 30 columns of every type, with NULLs, 500,000 rows
 *   blobs    one table of 16 KiB blobs that do not compress, 20,000 rows
 *   small    34 tables of 0 to 1000 rows, an index each, 32 foreign keys
 *
 * The same set and number of rows make the same rows, on any machine: the only
 * source of chance is a generator that starts from the set's name.  The tables
 * of the target are in bench/sets/SET.sql.
 *
 * One thread; one transaction; prepared statements.
 */
#include <sqlite3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_SMALL_TABLES 34

typedef struct generator {
    sqlite3 *db;
    uint64_t random; /* state of next_random() */
} generator;

static _Noreturn void
die(const char *what, const char *why)
{
    fprintf(stderr, "gen: %s: %s\n", what, why);
    exit(1);
}

/* ---- values ------------------------------------------------------------------------------- */

/* splitmix64: https://prng.di.unimi.it/splitmix64.c */
static uint64_t
next_random(generator *g)
{
    uint64_t z = (g->random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t
random_below(generator *g, uint64_t bound)
{
    return next_random(g) % bound;
}

static void
random_bytes(generator *g, unsigned char *out, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t bits = next_random(g);

        memcpy(out + i, &bits, len - i < 8 ? len - i : 8);
    }
}

static const char *const words[] = {
    "backup",       "controller", "host",        "update",      "Grüße",     "naïve",
    "日本語",       "release",    "kernel",      "Привет",      "🚀",         "plugin",
    "a \"quoted\"", "x",          "tenant",      "certificate", "rate",      "limit",
    "agent",        "scheduler",  "back\\slash", "line\nbreak", "tab\there", "ok",
};

/* A few words; at most `size` - 1 bytes, never half a character. */
static size_t
random_text(generator *g, char *out, size_t size, unsigned max_words)
{
    unsigned n_words = 1 + (unsigned)random_below(g, max_words);
    size_t   len = 0;

    for (unsigned i = 0; i < n_words; i++) {
        const char *word = words[random_below(g, sizeof words / sizeof words[0])];
        size_t      word_len = strlen(word);

        if (len + word_len + 2 > size)
            break;
        if (len > 0)
            out[len++] = ' ';
        memcpy(out + len, word, word_len);
        len += word_len;
    }
    out[len] = '\0';
    return len;
}

/* 2015 to 2034, RFC 3339 with microseconds; `out` has room for 28 bytes. */
static void
random_time(generator *g, char *out, size_t size)
{
    time_t    seconds = (time_t)(INT64_C(1420070400) + (int64_t)random_below(g, 631152000));
    struct tm tm;
    char      date[24];

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, size, "%s.%06uZ", date, (unsigned)random_below(g, 1000000));
}

static void
format_uuid(const unsigned char uuid[16], char out[37])
{
    char *at = out;

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += snprintf(at, 3, "%02x", uuid[i]);
    }
}

/* ---- SQLite ------------------------------------------------------------------------------- */

static void
run(generator *g, const char *sql)
{
    if (sqlite3_exec(g->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(g->db));
}

static sqlite3_stmt *
prepare(generator *g, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(g->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(g->db));
    return stmt;
}

static void
insert(generator *g, sqlite3_stmt *stmt)
{
    if (sqlite3_step(stmt) != SQLITE_DONE)
        die("insert", sqlite3_errmsg(g->db));
    sqlite3_reset(stmt);
}

static void
bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t len)
{
    sqlite3_bind_text(stmt, at, text, (int)len, SQLITE_TRANSIENT);
}

/* ---- sets --------------------------------------------------------------------------------- */

static void
make_narrow(generator *g, uint64_t n_rows)
{
    sqlite3_stmt *stmt;
    char          text[96];

    run(g, "CREATE TABLE narrow (id INTEGER PRIMARY KEY, user_id bigint NOT NULL,"
           " active boolean NOT NULL, amount double NOT NULL, created_at timestamp NOT NULL,"
           " note text NOT NULL)");
    stmt = prepare(g, "INSERT INTO narrow VALUES (?, ?, ?, ?, ?, ?)");
    for (uint64_t i = 1; i <= n_rows; i++) {
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)i);
        sqlite3_bind_int64(stmt, 2, (sqlite3_int64)random_below(g, 100000));
        sqlite3_bind_int(stmt, 3, (int)random_below(g, 2));
        sqlite3_bind_double(stmt, 4, (double)random_below(g, 100000000) / 100.0);
        random_time(g, text, sizeof text);
        bind_text(stmt, 5, text, strlen(text));
        bind_text(stmt, 6, text, random_text(g, text, sizeof text, 4));
        insert(g, stmt);
    }
    sqlite3_finalize(stmt);
}

/* About 200 bytes. */
static size_t
random_json(generator *g, char *out, size_t size)
{
    uint64_t r[5];
    int      len;

    /* Drawn one by one: the order in which arguments are evaluated is the compiler's choice. */
    for (int i = 0; i < 5; i++)
        r[i] = next_random(g);
    len = snprintf(out, size,
                   "{\"id\": %" PRIu64 ", \"tags\": [\"a%u\", \"b%u\", \"c%u\"], \"on\": %s, "
                   "\"ratio\": %u.%03u, \"note\": \"café %016" PRIx64 "%016" PRIx64
                   "\", \"inner\": {\"x\": null, \"y\": [1, 2, 3], \"z\": \"%08x\"}}",
                   r[0] >> 20, (unsigned)(r[1] % 100), (unsigned)(r[1] >> 8) % 100,
                   (unsigned)(r[1] >> 16) % 100, (r[1] >> 63) != 0 ? "true" : "false",
                   (unsigned)(r[2] % 10), (unsigned)(r[2] >> 8) % 1000, r[3], r[4],
                   (unsigned)(r[2] >> 32));
    return (size_t)len;
}
/* The columns of one row of `wide` behind the id, from parameter 2 on. */
static void
bind_wide(generator *g, sqlite3_stmt *stmt)
{
    unsigned char bytes[32];
    char          text[512];
    int           at = 2;

    random_bytes(g, bytes, 16);
    sqlite3_bind_blob(stmt, at++, bytes, 16, SQLITE_TRANSIENT);
    random_bytes(g, bytes, 16);
    format_uuid(bytes, text);
    bind_text(stmt, at++, text, 36);
    for (int i = 0; i < 6; i++)
        sqlite3_bind_int64(stmt, at++, (sqlite3_int64)next_random(g));
    for (int i = 0; i < 2; i++)
        sqlite3_bind_int64(stmt, at++, (int32_t)next_random(g));
    for (int i = 0; i < 4; i++)
        sqlite3_bind_double(stmt, at++, ((double)next_random(g) - 9e18) / 1.7e7);
    for (int i = 0; i < 3; i++)
        sqlite3_bind_int(stmt, at++, (int)random_below(g, 2));
    for (int i = 0; i < 8; i++, at++)
        if (random_below(g, 8) == 0)
            sqlite3_bind_null(stmt, at);
        else
            bind_text(stmt, at, text, random_text(g, text, sizeof text, 1 + (unsigned)i));
    for (int i = 0; i < 2; i++, at++)
        if (random_below(g, 16) == 0) {
            sqlite3_bind_null(stmt, at);
        } else {
            random_time(g, text, sizeof text);
            bind_text(stmt, at, text, strlen(text));
        }
    bind_text(stmt, at++, text, random_json(g, text, sizeof text));
    random_bytes(g, bytes, sizeof bytes);
    sqlite3_bind_blob(stmt, at, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

static void
make_wide(generator *g, uint64_t n_rows)
{
    sqlite3_stmt *stmt;

    run(g, "CREATE TABLE wide (id INTEGER PRIMARY KEY, u1 uuid NOT NULL, u2 uuid NOT NULL,"
           " b1 bigint, b2 bigint, b3 bigint, b4 bigint, b5 bigint, b6 bigint,"
           " i1 integer, i2 integer, r1 real, r2 real, r3 real, r4 real,"
           " f1 boolean, f2 boolean, f3 boolean,"
           " s1 text, s2 text, s3 text, s4 text, s5 text, s6 text, s7 text, s8 text,"
           " t1 timestamp, t2 timestamp, doc json NOT NULL, raw blob NOT NULL)");
    stmt = prepare(g, "INSERT INTO wide VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
                      "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    for (uint64_t i = 1; i <= n_rows; i++) {
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)i);
        bind_wide(g, stmt);
        insert(g, stmt);
    }
    sqlite3_finalize(stmt);
}

static void
make_blobs(generator *g, uint64_t n_rows)
{
    static unsigned char bytes[16 * 1024];
    sqlite3_stmt        *stmt;

    run(g, "CREATE TABLE blobs (id INTEGER PRIMARY KEY, data blob NOT NULL)");
    stmt = prepare(g, "INSERT INTO blobs VALUES (?, ?)");
    for (uint64_t i = 1; i <= n_rows; i++) {
        random_bytes(g, bytes, sizeof bytes);
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)i);
        sqlite3_bind_blob(stmt, 2, bytes, sizeof bytes, SQLITE_STATIC);
        insert(g, stmt);
    }
    sqlite3_finalize(stmt);
}

/* Table k refers to table k / 2 (k >= 3), so only the tables in the second half may be empty. */
static unsigned
small_rows(unsigned k)
{
    if (k <= N_SMALL_TABLES / 2)
        return 100 + k * 523 % 901;
    return k % 5 == 0 ? 0 : k * 731 % 1001;
}

static void
make_small_table(generator *g, unsigned k)
{
    sqlite3_stmt *stmt;
    char          sql[512];
    char          text[96];
    char          reference[32] = "";

    if (k >= 3)
        snprintf(reference, sizeof reference, " REFERENCES t%02u (id)", k / 2);
    snprintf(sql, sizeof sql,
             "CREATE TABLE t%02u (id INTEGER PRIMARY KEY, parent_id bigint%s, name text NOT NULL,"
             " active boolean NOT NULL, created_at timestamp NOT NULL)",
             k, reference);
    run(g, sql);
    snprintf(sql, sizeof sql, "CREATE INDEX t%02u_name ON t%02u (name)", k, k);
    run(g, sql);
    snprintf(sql, sizeof sql, "INSERT INTO t%02u VALUES (?, ?, ?, ?, ?)", k);
    stmt = prepare(g, sql);
    for (unsigned i = 1; i <= small_rows(k); i++) {
        sqlite3_bind_int64(stmt, 1, i);
        sqlite3_bind_int64(stmt, 2,
                           k >= 3 ? 1 + (sqlite3_int64)random_below(g, small_rows(k / 2)) : 0);
        bind_text(stmt, 3, text, random_text(g, text, sizeof text, 5));
        sqlite3_bind_int(stmt, 4, (int)random_below(g, 2));
        random_time(g, text, sizeof text);
        bind_text(stmt, 5, text, strlen(text));
        insert(g, stmt);
    }
    sqlite3_finalize(stmt);
}

static void
make_small(generator *g, uint64_t n_rows)
{
    (void)n_rows; /* The tables have their sizes. */
    for (unsigned k = 1; k <= N_SMALL_TABLES; k++)
        make_small_table(g, k);
}

static const struct set {
    const char *name;
    uint64_t    n_rows;
    void (*make)(generator *g, uint64_t n_rows);
} sets[] = {
    {"narrow", 5000000, make_narrow},
    {"wide", 500000, make_wide},
    {"blobs", 20000, make_blobs},
    {"small", 1, make_small},
};

static const struct set *
find_set(const char *name)
{
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (strcmp(sets[i].name, name) == 0)
            return &sets[i];
    return NULL;
}

int
main(int argc, char **argv)
{
    generator         g = {0};
    const struct set *set = argc >= 3 ? find_set(argv[1]) : NULL;
    uint64_t          n_rows;

    if (set == NULL || (argc != 3 && (argc != 5 || strcmp(argv[3], "--rows") != 0))) {
        fprintf(stderr, "usage: gen narrow|wide|blobs|small FILE [--rows N]\n");
        return 2;
    }
    n_rows = argc == 5 ? strtoull(argv[4], NULL, 10) : set->n_rows;
    for (const char *c = set->name; *c != '\0'; c++)
        g.random = g.random * 31 + (unsigned char)*c;
    if (remove(argv[2]) == 0)
        fprintf(stderr, "gen: %s is made again\n", argv[2]);
    if (sqlite3_open(argv[2], &g.db) != SQLITE_OK)
        die(argv[2], sqlite3_errmsg(g.db));
    run(&g, "PRAGMA journal_mode = OFF");
    run(&g, "PRAGMA synchronous = OFF");
    run(&g, "BEGIN");
    set->make(&g, n_rows);
    run(&g, "COMMIT");
    if (sqlite3_close(g.db) != SQLITE_OK)
        die(argv[2], "cannot be closed");
    return 0;
}
