/*
 * sample.c - makes a sample Uptrakit installation as a SQLite file.
 *
 *   sample [--rows N|small] [--seed S] [--steps LAST_STEP] [--key HEX] FILE
 *
 * The schema is that of the built-in steps, recorded in seaql_migrations.  Every
 * table gets linked rows, the same ones for the same arguments, in the forms that
 * real installations hold:
 *
 *   uuids   blobs of 16 bytes; some permissions have theirs as text, and so do
 *           the rows that refer to them
 *   times   RFC 3339 with 0 to 9 digits of fraction and Z; CURRENT_TIMESTAMP's form
 *           (settings_version, mqtt_clients); the "+00:00:00" form of old versions
 *           (permissions); offsets.  Never integers: the columns have the affinity
 *           TEXT, so SQLite cannot keep one in them
 *   texts   any plane of Unicode, control characters, "" beside NULL, one of 1 MiB
 *   secrets sealed in each of the three forms, and never sealed ones
 *
 * --rows is the number of rows in all tables together (about, if it is small).
 * --steps ends the schema with an earlier step.  The file is left in WAL mode
 * without a -wal beside it, as a stopped controller leaves it.  The key file is
 * the caller's to write.
 */
#include "sample_rows.h"

#include <errno.h>
#include <fcntl.h>

#define DEFAULT_ROWS 200000
#define SMALL_ROWS   1000
#define DEFAULT_KEY  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
execute(sample *s, const char *sql)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die("%.60s: %s", sql, sqlite3_errmsg(s->db));
}

static void
make_schema(sample *s, const char *last_step)
{
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);
    size_t                   n_wanted = n;

    if (last_step != NULL) {
        for (n_wanted = 0; n_wanted < n && strcmp(steps[n_wanted].name, last_step) != 0; n_wanted++)
            ;
        if (n_wanted == n)
            die("no step is called \"%s\"; the last one is %s", last_step, steps[n - 1].name);
        n_wanted++;
    }
    execute(s, "CREATE TABLE " MIG_UPTRAKIT_STEPS_TABLE
               " (version varchar NOT NULL PRIMARY KEY, applied_at integer NOT NULL)");
    for (size_t i = 0; i < n_wanted; i++) {
        execute(s, steps[i].sqlite_sql);
        put(s, MIG_UPTRAKIT_STEPS_TABLE, text(steps[i].name), integer(EPOCH - 10));
    }
}

static bool
has_table(sample *s, const char *table)
{
    return sqlite3_table_column_metadata(s->db, NULL, table, NULL, NULL, NULL, NULL, NULL, NULL) ==
           SQLITE_OK;
}

/* How many there are of everything, from the number of rows wanted. */
static void
set_sizes(sample *s)
{
    uint64_t wanted_items = s->n_rows / 8;

    s->has_data_keys = has_table(s, "data_encryption_keys");
    s->has_global_settings = has_table(s, "global_settings");
    s->has_allowlists = has_table(s, "tenant_discovery_allowlist");
    s->n_users = s->n_rows / 2000 + 6;
    s->n_services = s->n_rows / 1000 + 4;
    s->n_hosts = s->n_rows / 400 + 5;
    s->n_software = s->n_rows / 400 + 8;
    s->n_items_per_host = wanted_items / s->n_hosts + 1;
    if (s->n_items_per_host > s->n_software / 2)
        s->n_items_per_host = s->n_software / 2;
    s->n_history = s->n_rows * 3 / 20 + 5;
}

static void
make_keys(sample *s)
{
    for (size_t k = 0; k < N_DATA_KEYS; k++) {
        for (size_t i = 0; i < SEAL_KEY_LEN; i++)
            s->data_keys[k][i] = (unsigned char)(mix(s, 114, k * SEAL_KEY_LEN + i) >> 24);
    }
}

/* The longest output there may be: lines of text with characters of two and four bytes. */
static void
make_long_output(sample *s)
{
    static const char line[] = "Unpacking über-package 😀 (1.0) ...\n";

    s->long_output = malloc(MAX_OUTPUT);
    if (s->long_output == NULL)
        die("out of memory");
    memset(s->long_output, '.', MAX_OUTPUT);
    for (size_t i = 0; i + sizeof line <= MAX_OUTPUT; i += sizeof line - 1)
        memcpy(s->long_output + i, line, sizeof line - 1);
}

static void
open_file(sample *s)
{
    int fd = open(s->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);

    if (fd < 0)
        die("cannot create %s: %s", s->path, strerror(errno));
    (void)close(fd);
    s->created = true;
    if (sqlite3_open(s->path, &s->db) != SQLITE_OK)
        die("cannot open %s: %s", s->path, sqlite3_errmsg(s->db));
    execute(s, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;"
               " PRAGMA locking_mode = EXCLUSIVE; BEGIN");
}

static void
fill(sample *s)
{
    put_tenants(s);
    put_users(s);
    put_rights(s);
    put_certificates(s);
    put_providers(s);
    put_sessions(s);
    if (s->has_data_keys)
        put_data_keys(s);
    put_settings(s);
    put_services(s);
    put_hosts(s);
    put_software(s);
    put_items(s);
    put_mqtt(s);
    put_pending(s);
    put_tasks(s);
    put_history(s);
    put_lines(s);
}

/* Says what was made: a line per table, then one for all. */
static void
close_file(sample *s, const char *key)
{
    for (size_t i = 0; i < s->n_inserts; i++) {
        (void)sqlite3_finalize(s->inserts[i].stmt);
        (void)printf("%-30s %10" PRIu64 "\n", s->inserts[i].table, s->inserts[i].n_rows);
    }
    execute(s, "COMMIT; PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL");
    if (sqlite3_close(s->db) != SQLITE_OK)
        die("cannot close %s", s->path);
    (void)printf("%s: %" PRIu64 " rows in %zu tables, seed %" PRIu64 ", master key %s\n", s->path,
                 s->n_stored, s->n_inserts, s->seed, key);
}

static _Noreturn void
usage(void)
{
    (void)fputs("usage: sample [--rows N|small] [--seed S] [--steps LAST_STEP] [--key HEX] FILE\n",
                stderr);
    exit(2);
}

static uint64_t
parse_number(const char *digits)
{
    char              *end;
    unsigned long long number;

    errno = 0;
    number = strtoull(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0' || errno != 0)
        usage();
    return number;
}

static void
parse_key(const char *hex, unsigned char key[SEAL_KEY_LEN])
{
    if (strlen(hex) != 2 * SEAL_KEY_LEN ||
        strspn(hex, "0123456789abcdefABCDEF") != 2 * SEAL_KEY_LEN)
        die("--key takes %d hexadecimal digits", 2 * SEAL_KEY_LEN);
    for (size_t i = 0; i < SEAL_KEY_LEN; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        key[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
}

int
main(int argc, char **argv)
{
    sample     *s = &the_sample;
    const char *last_step = NULL;
    const char *key = DEFAULT_KEY;
    int         arg = 1;

    s->n_rows = DEFAULT_ROWS;
    s->seed = 1;
    for (; arg + 1 < argc && strncmp(argv[arg], "--", 2) == 0; arg += 2) {
        const char *option = argv[arg];
        const char *given = argv[arg + 1];

        if (strcmp(option, "--rows") == 0)
            s->n_rows = strcmp(given, "small") == 0 ? SMALL_ROWS : parse_number(given);
        else if (strcmp(option, "--seed") == 0)
            s->seed = parse_number(given);
        else if (strcmp(option, "--steps") == 0)
            last_step = given;
        else if (strcmp(option, "--key") == 0)
            key = given;
        else
            usage();
    }
    if (arg != argc - 1 || strncmp(argv[arg], "--", 2) == 0)
        usage();
    s->path = argv[arg];

    parse_key(key, s->master_key);
    make_keys(s);
    make_long_output(s);
    open_file(s);
    make_schema(s, last_step);
    set_sizes(s);
    fill(s);
    close_file(s, key);
    free(s->long_output);
    return 0;
}
