/*
 * sample_rows.h - the rows of a sample, table by table.  A part of the program
 * sample.c.
 *
 * Each row is one call of put(), with the values in the order of the table's
 * columns.
 */
#ifndef BENCH_SAMPLE_ROWS_H
#define BENCH_SAMPLE_ROWS_H

#include <inttypes.h>

#include "mig/uptrakit.h"
#include "sample_values.h"

/* The statement that inserts into the table; the table is the one of the last call, mostly. */
static insert *
insert_into(sample *s, const char *table, size_t n_columns)
{
    char    sql[128 + 3 * MAX_COLUMNS];
    int     at_char;
    insert *ins;

    if (s->last_insert < s->n_inserts && strcmp(s->inserts[s->last_insert].table, table) == 0)
        return &s->inserts[s->last_insert];
    for (size_t i = 0; i < s->n_inserts; i++) {
        s->last_insert = i;
        if (strcmp(s->inserts[i].table, table) == 0)
            return &s->inserts[i];
    }
    if (s->n_inserts == MAX_TABLES)
        die("more than %d tables", MAX_TABLES);

    at_char = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table);
    for (size_t i = 1; i < n_columns; i++)
        at_char += snprintf(sql + at_char, sizeof sql - (size_t)at_char, ",?");
    (void)snprintf(sql + at_char, sizeof sql - (size_t)at_char, ")");
    ins = &s->inserts[s->n_inserts];
    s->last_insert = s->n_inserts++;
    *ins = (insert){.table = table, .n_columns = (int)n_columns};
    if (sqlite3_prepare_v2(s->db, sql, -1, &ins->stmt, NULL) != SQLITE_OK)
        die("%s: %s", table, sqlite3_errmsg(s->db));
    return ins;
}

static void
bind(sqlite3_stmt *stmt, int column, const value *v)
{
    switch (v->type) {
    case V_NULL:
        (void)sqlite3_bind_null(stmt, column);
        break;
    case V_INTEGER:
        (void)sqlite3_bind_int64(stmt, column, v->number);
        break;
    case V_TEXT:
        (void)sqlite3_bind_text(stmt, column, v->text, v->len, SQLITE_STATIC);
        break;
    case V_BLOB:
        (void)sqlite3_bind_blob(stmt, column, v->bytes, v->len, SQLITE_STATIC);
        break;
    }
}

static void
put_values(sample *s, const char *table, const value *values, size_t n)
{
    insert *ins = insert_into(s, table, n);

    for (size_t i = 0; i < n; i++)
        bind(ins->stmt, (int)i + 1, &values[i]);
    if (sqlite3_step(ins->stmt) != SQLITE_DONE)
        die("%s, row %" PRIu64 ": %s", table, ins->n_rows, sqlite3_errmsg(s->db));
    (void)sqlite3_reset(ins->stmt);
    ins->n_rows++;
    s->n_stored++;
    s->scratch_len = 0;
}

#define put(s, table, ...)                                                                         \
    do {                                                                                           \
        const value row[] = {__VA_ARGS__};                                                         \
        put_values(s, table, row, N_OF(row));                                                      \
    } while (0)

/* Tenant 0 is the default one; the third one is deactivated and owns next to nothing. */
static value
tenant(const sample *s, uint64_t n)
{
    return uuid(s, K_TENANT, n % 2);
}

static void
put_tenants(sample *s)
{
    put(s, "tenants", uuid(s, K_TENANT, 0), text("Default"), text("default"), boolean(true),
        at(s, 0), at(s, 0), null());
    put(s, "tenants", uuid(s, K_TENANT, 1), text("Zweigstelle Köln 😀"), text("koeln"),
        boolean(false), at(s, 60), at(s, 61), null());
    put(s, "tenants", uuid(s, K_TENANT, 2), text(""), text("old"), boolean(false), at(s, 70),
        at(s, 71), at(s, 5000));
    for (uint64_t i = 0; i < 3; i++)
        put(s, "settings_version", uuid(s, K_TENANT, i), integer((int64_t)i * 17),
            integer(i == 0 ? INT64_C(5000000000) : 0), integer(0), time_as(s, TIME_SQL, 0, 0));
}

static void
put_users(sample *s)
{
    static const char *const hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FtcGxl$c2FtcGxlIHNhbXBsZQ";

    for (uint64_t i = 0; i < s->n_users; i++) {
        put(s, "users", uuid(s, K_USER, i), textf(s, "user%" PRIu64 "@example.org", i),
            text(words(i * 7 + 3)), textf(s, "Name %" PRIu64 " %s", i, words(i)),
            i % 4 == 3   ? null()
            : i % 4 == 2 ? text("")
                         : text(hash),
            boolean(i % 5 != 4), i % 5 == 4 ? at(s, 9000) : null(), at(s, (int64_t)i * 61),
            at(s, (int64_t)i * 61 + 5));
        if (i % 3 == 0)
            put(s, "api_tokens", row_uuid(s), uuid(s, K_USER, i), text(words(i + 2)),
                textf(s, "%016" PRIx64 "a%" PRIx64, mix(s, 100, i), i), at(s, 100),
                i % 2 == 0 ? at(s, 200) : null(), i % 4 == 3 ? at(s, 300) : null());
    }
}

static void
put_rights(sample *s)
{
    static const char *const roles[] = {"owner", "admin", "user"};
    static const size_t      n_granted[] = {9, 8, 4};

    for (uint64_t r = 0; r < N_OF(roles); r++)
        put(s, "roles", uuid(s, K_ROLE, r), text(roles[r]), r == 0 ? null() : text(words(r)),
            at(s, 1));
    for (uint64_t p = 0; p < 9; p++)
        put(s, "permissions", permission_uuid(s, p), textf(s, "area%" PRIu64 ".manage", p),
            p % 2 == 0 ? null() : text(""), time_as(s, TIME_OLD, 1, p));
    for (uint64_t r = 0; r < N_OF(roles); r++) {
        for (uint64_t p = 0; p < n_granted[r]; p++)
            put(s, "role_permissions", uuid(s, K_ROLE, r), permission_uuid(s, p));
    }
    for (uint64_t i = 0; i < s->n_users; i++)
        put(s, "user_roles", tenant(s, i), uuid(s, K_USER, i),
            uuid(s, K_ROLE, i == 0 ? 0 : 1 + i % 2), at(s, (int64_t)i));
}

static void
put_certificates(sample *s)
{
    static const secret_form forms[] = {SECRET_V3, SECRET_V3_RETIRED, SECRET_V2, SECRET_V1,
                                        SECRET_PLAIN};

    for (uint64_t i = 0; i < N_OF(forms); i++)
        put(s, "ca_certificates", textf(s, "sha256:%016" PRIx64, mix(s, 101, i)),
            text("-----BEGIN CERTIFICATE-----\nMIIBsample\n-----END CERTIFICATE-----\n"),
            secret(s, forms[i], "uptrakit:ca_certificates:key_pem",
                   "-----BEGIN PRIVATE KEY-----\nMC4Csample\n-----END PRIVATE KEY-----\n"),
            at(s, 0), i == 0 ? text("9999-12-31T23:59:59.999999999Z") : at(s, 86400 * 365),
            at(s, 1), i == 0 ? null() : at(s, 4000), at(s, 0));
}

static void
put_providers(sample *s)
{
    static const secret_form forms[] = {SECRET_V3, SECRET_V1, SECRET_PLAIN};
    static const char *const mappings[] = {"{\"admins\":\"admin\"}", "{}", "{\"日本\":\"user\"}"};

    for (uint64_t i = 0; i < N_OF(forms); i++)
        put(s, "oidc_providers", uuid(s, K_PROVIDER, i), tenant(s, i),
            textf(s, "Provider %" PRIu64, i), textf(s, "provider-%" PRIu64, i),
            text_or_null(i > 0, text("")), text("https://idp.example.org/realms/ü"),
            text("uptrakit"),
            secret(s, forms[i], "uptrakit:oidc_providers:client_secret", "client secret"),
            text("openid email"), boolean(i == 0), text_or_null(i == 1, text("realm.roles")),
            text(mappings[i]), boolean(i < 2), at(s, 10), at(s, 11), i == 2 ? at(s, 7000) : null());
    for (uint64_t i = 0; i < s->n_users; i += 2)
        put(s, "user_oidc_links", row_uuid(s), uuid(s, K_USER, i), uuid(s, K_PROVIDER, i / 2 % 3),
            textf(s, "subject-%" PRIu64 "-%s", i, words(i)), at(s, (int64_t)i * 5));
}

static void
put_sessions(sample *s)
{
    uint64_t n = s->n_rows / 200 + 10;

    for (uint64_t i = 0; i < n; i++) {
        bool oidc = i % 3 == 0; /* a check of the table: then there is a provider */

        put(s, "sessions", row_uuid(s), uuid(s, K_USER, i % s->n_users),
            textf(s, "%016" PRIx64 "-%" PRIu64, mix(s, 102, i), i),
            text(oidc ? "oidc" : "password"), text("refresh_token"), at(s, (int64_t)i * 30),
            at(s, (int64_t)i * 30 + 86400), text_or_null(i % 4 != 0, text(words(i))),
            text_or_null(i % 5 != 0, text("2001:db8::1")),
            oidc ? uuid(s, K_PROVIDER, i % 3) : null(), i % 7 == 0 ? at(s, 86400) : null());
        put(s, "api_rate_limits", textf(s, "login:10.0.%" PRIu64 ".%" PRIu64, i / 256, i % 256),
            integer(i % 11 == 0 ? INT32_MAX : (int64_t)i % 100), at(s, (int64_t)i),
            at(s, (int64_t)i + 60));
    }
}

/* One of the application's own settings, wherever this schema keeps them. */
static void
put_global_setting(sample *s, const char *key, value v)
{
    if (s->has_global_settings)
        put(s, "global_settings", text(key), v, at(s, 30));
    else
        put(s, "settings", uuid(s, K_TENANT, 0), text(key), v, at(s, 30));
}

static void
put_settings(sample *s)
{
    put_global_setting(
        s, MIG_UPTRAKIT_TOKEN_KEY,
        secret_json(s, SECRET_V2, "uptrakit:master-key-verification", "uptrakit-master-key-ok-v1"));
    put_global_setting(s, "auth.jwt_signing_key",
                       secret_json(s, SECRET_V3, "uptrakit:settings:jwt_signing_key", "signing"));
    put_global_setting(s, "nats.url",
                       secret_json(s, SECRET_V2, "uptrakit:settings:nats_url", "nats://h:4222"));
    put_global_setting(s, "smtp.password",
                       secret_json(s, SECRET_V3_RETIRED, "uptrakit:settings:smtp_password", ""));
    put_global_setting(s, "system_services.enrollment_token",
                       secret_json(s, SECRET_PLAIN, "", "never sealed"));
    put_global_setting(s, "global_provider_github.auth_token",
                       secret_json(s, SECRET_V3, "a place that is not known", "ghp_sample"));
    put_global_setting(s, "ui.banner", text("\"Wartung: 22–23 Uhr 😀\""));
    for (uint64_t i = 0; i < 3; i++) {
        put(s, "settings", uuid(s, K_TENANT, i), text("updates.window"), text(json(i + 4)),
            at(s, 40));
        put(s, "settings", uuid(s, K_TENANT, i), text("updates.parallel"), text("4"), at(s, 41));
        put(s, "settings", uuid(s, K_TENANT, i), text("updates.notes"),
            text(i == 0 ? "null" : "\"\""), at(s, 42));
    }
}

static void
put_services(sample *s)
{
    static const char *const statuses[] = {"active", "pending", "rejected"};

    for (uint64_t i = 0; i < 6; i++)
        put(s, "enrollment_tokens", uuid(s, K_ENROLLMENT, i), tenant(s, i), text(words(i + 3)),
            textf(s, "%016" PRIx64, mix(s, 103, i)),
            text_or_null(i % 2 == 0, text("[\"ssh\",\"docker\"]")),
            i % 3 == 0 ? null() : integer(10), integer((int64_t)i),
            i % 2 == 0 ? at(s, 99999) : null(), at(s, 50), i == 5 ? at(s, 51) : null(),
            i % 2 == 0 ? uuid(s, K_USER, 0) : null());
    for (uint64_t i = 0; i < s->n_services; i++) {
        put(s, "services", uuid(s, K_SERVICE, i), tenant(s, i),
            text(i % 3 == 0 ? "[]" : "[\"ssh\"]"), textf(s, "agent-%" PRIu64, i), text(words(i)),
            text_or_null(i % 4 != 0, text("10.1.2.3")), text(statuses[i % 3]),
            textf(s, "%016" PRIx64 "%" PRIu64, mix(s, 104, i), i),
            text_or_null(i % 5 != 0, text("0.0.4")), i % 2 == 0 ? at(s, 100000) : null(),
            at(s, (int64_t)i), at(s, (int64_t)i), i % 9 == 8 ? at(s, 200000) : null(),
            i % 2 == 0 ? integer(30) : null(), i % 3 == 0 ? uuid(s, K_ENROLLMENT, i % 6) : null());
        for (uint64_t c = 0; c < 2; c++)
            put(s, "service_certificates", textf(s, "sha256:%016" PRIx64, mix(s, 101, (i + c) % 5)),
                textf(s, "%02" PRIx64 ":%" PRIu64, c, i), uuid(s, K_SERVICE, i), at(s, 0),
                at(s, 86400 * 90), c == 0 ? at(s, 5000) : null(),
                text_or_null(c == 0, text("superseded")), at(s, 0), c == 1 ? at(s, 6000) : null());
    }
}

static void
put_hosts(sample *s)
{
    for (uint64_t i = 0; i < s->n_hosts; i++) {
        put(s, "hosts", uuid(s, K_HOST, i), tenant(s, i), textf(s, "%016" PRIx64, mix(s, 105, i)),
            textf(s, "host-%" PRIu64 ".example.org", i), text(words(i * 3 + 1)),
            text_or_null(i % 6 != 0, text("linux")),
            text_or_null(i % 6 != 1, text("12 (bookworm)")),
            text_or_null(i % 6 != 2, text(i % 2 == 0 ? "x86_64" : "")),
            text_or_null(i % 6 != 3, text("192.0.2.7")), at(s, 100000), at(s, (int64_t)i * 11),
            at(s, (int64_t)i * 11 + 1), i % 50 == 49 ? at(s, 300000) : null());
        put(s, "service_hosts", uuid(s, K_SERVICE, i % s->n_services), uuid(s, K_HOST, i),
            at(s, (int64_t)i * 11 + 2));
        if (s->has_allowlists && i % 10 == 0)
            put(s, "host_discovery_allowlist", row_uuid(s), tenant(s, i), uuid(s, K_HOST, i),
                text(i % 20 == 0 ? "apt" : "docker"), at(s, 400000));
    }
    for (uint64_t i = 0; s->has_allowlists && i < 4; i++)
        put(s, "tenant_discovery_allowlist", row_uuid(s), tenant(s, i),
            text(i < 2 ? "apt" : "github"), at(s, 400000));
}

static void
put_software(sample *s)
{
    for (uint64_t i = 0; i < 8; i++) {
        put(s, "plugin_configs", uuid(s, K_PLUGIN, i), tenant(s, i),
            textf(s, "config %" PRIu64 " %s", i / 2, words(i + 2)),
            text(i % 2 == 0 ? "apt" : "github"), text(json(i)), boolean(i != 6), at(s, 20),
            at(s, 21), i == 7 ? at(s, 22) : null());
        put(s, "autodiscovery_ignores", row_uuid(s), tenant(s, i), uuid(s, K_PLUGIN, i),
            textf(s, "lib%s", words(i)), at(s, 23));
    }
    for (uint64_t i = 0; i < s->n_software; i++)
        put(s, "software_items", uuid(s, K_SOFTWARE, i), tenant(s, i),
            textf(s, "package-%" PRIu64 " %s", i, words(i)), boolean(i % 8 != 7),
            text_or_null(i % 3 != 0, text(i % 3 == 1 ? "discovered" : "")),
            i % 4 == 0 ? null() : at(s, 500000), at(s, (int64_t)i), at(s, (int64_t)i + 1),
            i % 40 == 39 ? at(s, 600000) : null());
}

/* The software of a host: items of its own tenant, each once. */
static uint64_t
software_of(const sample *s, uint64_t host, uint64_t nth)
{
    return host % 2 + 2 * ((host / 2 * 7 + nth) % (s->n_software / 2));
}

static void
put_items(sample *s)
{
    for (uint64_t h = 0; h < s->n_hosts; h++) {
        for (uint64_t k = 0; k < s->n_items_per_host; k++) {
            uint64_t i = h * s->n_items_per_host + k;
            value    host = uuid(s, K_HOST, h);
            value    software = uuid(s, K_SOFTWARE, software_of(s, h, k));

            put(s, "host_software_items", host, software,
                text_or_null(i % 7 != 0, textf(s, "1.%" PRIu64 ".0", i % 30)), at(s, (int64_t)i),
                text_or_null(i % 5 != 0, text(i % 5 == 1 ? "" : "2.0.0-rc.1+build.7")),
                i % 5 == 0 ? null() : at(s, (int64_t)i + 9), i % 4 == 0 ? null() : text(json(i)),
                i % 3 == 0 ? null() : at(s, (int64_t)i + 99), at(s, (int64_t)i));
            for (uint64_t r = 0; r < (i % 5 < 3 ? 2U : 1U); r++)
                put(s, "host_software_item_plugins", row_uuid(s), host, software,
                    uuid(s, K_PLUGIN, (i + r) % 8), text(r == 0 ? "version_source" : "updater"),
                    integer((int64_t)r), textf(s, "org/package-%" PRIu64, i),
                    i % 6 == 0 ? text(json(i / 6)) : null(), text(r == 0 ? "auto" : "controller"),
                    at(s, (int64_t)i), at(s, (int64_t)i + 3));
        }
    }
}

static void
put_mqtt(sample *s)
{
    static const secret_form forms[] = {SECRET_V3, SECRET_V2, SECRET_V1, SECRET_PLAIN};

    for (uint64_t i = 0; i < N_OF(forms) + 1; i++) {
        bool secrets = i < N_OF(forms);

        put(s, "mqtt_clients", uuid(s, K_MQTT, i), tenant(s, i), boolean(i != 2),
            text(i % 2 == 0 ? "tcp" : "tls"), text("broker.example.org"),
            integer(i == 3 ? 65535 : 1883), textf(s, "uptrakit-controller-%" PRIu64, i),
            text_or_null(secrets, text("mqtt")),
            secrets ? secret(s, forms[i], "uptrakit:mqtt_clients:password", "pässword") : null(),
            text("uptrakit"), text("offline"), time_as(s, TIME_SQL, 12345 + (int64_t)i, 0),
            at(s, 5), at(s, 6),
            secrets ? secret(s, forms[i], "uptrakit:mqtt_clients:ca_cert_pem", "-----BEGIN")
                    : null(),
            boolean(i == 1), text("homeassistant"));
        if (i < 2)
            put(s, "mqtt_leases", row_uuid(s), tenant(s, i), uuid(s, K_MQTT, i),
                textf(s, "instance-%" PRIu64, i), at(s, 1000), at(s, 900));
    }
}

static void
put_pending(sample *s)
{
    /* One was sealed without its place, as happened to some versions. */
    static const secret_form forms[] = {SECRET_V3, SECRET_V3_RETIRED, SECRET_V2,
                                        SECRET_V1, SECRET_PLAIN,      SECRET_V2};

    for (uint64_t i = 0; i < N_OF(forms); i++) {
        value provider = uuid(s, K_PROVIDER, i % 3);
        value user = uuid(s, K_USER, i % s->n_users);
        value hash = textf(s, "%016" PRIx64 "%" PRIu64, mix(s, 106, i), i);

        put(s, "pending_oidc_flows", hash, provider,
            secret(s, forms[i], i == 5 ? "" : "uptrakit:pending_oidc_flows:pkce_verifier",
                   "verifier"),
            text("nonce"), at(s, 1), at(s, 600));
        hash = textf(s, "%016" PRIx64 "%" PRIu64, mix(s, 107, i), i);
        put(s, "pending_device_flows", row_uuid(s), hash, textf(s, "ABCD-%04" PRIu64, i),
            text(i % 2 == 0 ? "pending" : "approved"), i % 2 == 0 ? null() : user,
            text_or_null(i > 1, text(words(i))), at(s, 1), at(s, 600));
        hash = textf(s, "%016" PRIx64 "%" PRIu64, mix(s, 108, i), i);
        put(s, "pending_account_links", row_uuid(s), hash, provider, text(words(i + 5)),
            text("a@example.org"), user, text_or_null(i > 1, text("")),
            text_or_null(i > 2, text("ß")), text(i % 2 == 0 ? "[]" : "[\"admin\",\"日本\"]"),
            i == 4 ? provider : null(), at(s, 1), at(s, 600));
        hash = textf(s, "%016" PRIx64 "%" PRIu64, mix(s, 109, i), i);
        put(s, "pending_oidc_token_exchanges", row_uuid(s), hash, user, provider, at(s, 1),
            at(s, 600));
        hash = textf(s, "%016" PRIx64 "%" PRIu64, mix(s, 110, i), i);
        put(s, "pending_oidc_registrations", row_uuid(s), hash, provider, text(words(i)),
            text("b@example.org"), text_or_null(i > 1, text("")), text_or_null(i > 2, text("Ö")),
            text("[\"user\"]"), at(s, 1), at(s, 600));
    }
}

static void
put_tasks(sample *s)
{
    static const struct {
        const char *type, *cron;
    } tasks[] = {
        {"auth_cleanup", "*/5 * * * *"},        {"stale_lease_cleanup", "*/5 * * * *"},
        {"ca_rotation_check", "0 3 * * *"},     {"version_check", "0 */6 * * *"},
        {"service_cert_check", "0 */12 * * *"},
    };

    /* The second one's lock is what a killed controller leaves behind. */
    for (uint64_t i = 0; i < N_OF(tasks); i++)
        put(s, "scheduled_tasks", row_uuid(s), uuid(s, K_TENANT, 0), text(tasks[i].type),
            text(tasks[i].cron), boolean(i != 4), i == 3 ? text(json(1)) : null(),
            i == 4 ? null() : at(s, 700000), at(s, 700300), i == 1 ? uuid(s, K_SERVICE, 0) : null(),
            i == 1 ? at(s, 700001) : null(), text_or_null(i == 3, text("timeout: \xe2\x9a\xa0")),
            integer(i == 4 ? 0 : INT64_C(3000000000) + (int64_t)i), at(s, 0), at(s, 700000));
}

static void
put_data_keys(sample *s)
{
    for (uint64_t i = 0; i < N_DATA_KEYS; i++) {
        bool          active = i == N_DATA_KEYS - 1;
        char          key_id[SEAL_KEY_ID_LEN + 1];
        char          fingerprint[SEAL_FINGERPRINT_LEN + 1];
        char          wrapped[SEAL_WRAPPED_LEN + 1];
        unsigned char nonce[SEAL_NONCE_LEN];

        for (size_t b = 0; b < sizeof nonce; b++)
            nonce[b] = (unsigned char)(mix(s, 111, i) >> (b % 8 * 8));
        if (!seal_key_id(key_id, s->data_keys[i]) ||
            !seal_fingerprint(fingerprint, s->master_key) ||
            !seal_data_key(wrapped, s->master_key, s->data_keys[i], nonce))
            die("cannot seal a data key");
        put(s, "data_encryption_keys", uuid(s, K_DATA_KEY, i), text(key_id), text(wrapped),
            text(fingerprint), text(active ? "active" : "retired"), at(s, (int64_t)i * 1000),
            active ? null() : at(s, (int64_t)i * 1000 + 1000));
    }
}

static void
put_history(sample *s)
{
    static const char *const statuses[] = {"completed", "failed", "completed", "pending"};

    for (uint64_t i = 0; i < s->n_history; i++) {
        uint64_t item = mix(s, 112, i) % (s->n_hosts * s->n_items_per_host);
        uint64_t host = item / s->n_items_per_host;
        bool     done = i % 4 != 3;
        value    output = text(words(i));

        if (i == s->n_history / 2)
            output = (value){.type = V_TEXT, .text = s->long_output, .len = MAX_OUTPUT};
        put(s, "update_history", uuid(s, K_HISTORY, i), uuid(s, K_HOST, host),
            uuid(s, K_SOFTWARE, software_of(s, host, item % s->n_items_per_host)),
            text_or_null(i % 3 != 0, text(i % 3 == 1 ? "" : "1.0.0")),
            textf(s, "1.%" PRIu64 ".0", i % 30), text(statuses[i % 4]), output, integer(output.len),
            text(i % 2 == 0 ? "legacy" : "user"),
            i % 2 == 0 ? text("") : textf(s, "user%" PRIu64, i % s->n_users), at(s, (int64_t)i * 7),
            done ? at(s, (int64_t)i * 7 + 40) : null(), at(s, (int64_t)i * 7));
    }
}

/* What is left of the wanted number of rows. */
static void
put_lines(sample *s)
{
    uint64_t n = s->n_history;

    if (s->n_rows > s->n_stored + n)
        n = s->n_rows - s->n_stored;

    for (uint64_t i = 0; i < n; i++)
        put(s, "update_output_lines", uuid(s, K_LINE, i), uuid(s, K_HISTORY, i * s->n_history / n),
            text(i % 9 == 0 ? "stderr" : "stdout"),
            i % 5 == 0
                ? text(words(i / 5))
                : textf(s, "Get:%" PRIu64 " http://deb.example.org stable/main package %" PRIu64,
                        i % 100, mix(s, 113, i) % 100000),
            at(s, (int64_t)i * 2));
}

#endif
