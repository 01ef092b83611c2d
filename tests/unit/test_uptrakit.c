/*
 * test_uptrakit.c - the facts about Uptrakit installations.
 *
 * What the steps make of a database is tested in tests/db/test_uptrakit_schema.c.
 */
#include "mig/uptrakit.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Asks whether a row of up to four texts is a seed row of the table. */
static bool
is_seed(const char *table, const char *a, const char *b, const char *c, const char *d)
{
    const mig_uptrakit_seed *seed = mig_uptrakit_seed_of(table);
    const char *const        texts[4] = {a, b, c, d};
    size_t                   lens[4];

    cr_assert_not_null(seed, "%s", table);
    for (size_t i = 0; i < 4; i++)
        lens[i] = texts[i] == NULL ? 0 : strlen(texts[i]);
    return seed->is_seed(texts, lens);
}

static const char *
place_of(const char *table, const char *column)
{
    size_t                     n;
    const mig_uptrakit_secret *secrets = mig_uptrakit_secrets(&n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(secrets[i].table, table) == 0 && strcmp(secrets[i].column, column) == 0)
            return secrets[i].place;
    }
    return NULL;
}

Test(uptrakit, steps_are_complete_and_in_order)
{
    static const char *const names[] = {
        "m20260209_000001_initial",
        "m20260227_000001_drop_controller_events",
        "m20260227_000002_remove_event_cleanup_tasks",
        "m20260227_000003_discovery_allowlist",
        "m20260302_000001_add_missing_indexes",
        "m20260303_000001_global_settings",
        "m20260310_000001_data_encryption_keys",
    };
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);

    cr_assert_eq(n, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < n; i++) {
        cr_assert_str_eq(steps[i].name, names[i]);
        cr_assert_not_null(strstr(steps[i].sqlite_sql, names[i]));
        cr_assert_not_null(strstr(steps[i].postgres_sql, names[i]));
    }
}

Test(uptrakit, each_dialect_got_its_own_text)
{
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);

    cr_assert_not_null(strstr(steps[0].sqlite_sql, "timestamp_with_timezone_text"));
    cr_assert_null(strstr(steps[0].sqlite_sql, "timestamp with time zone NOT NULL"));
    cr_assert_null(strstr(steps[0].postgres_sql, "timestamp_with_timezone_text"));
    cr_assert_not_null(strstr(steps[0].postgres_sql, "timestamp with time zone NOT NULL"));
}

Test(uptrakit, steps_write_no_rows)
{
    size_t                   n;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);

    for (size_t i = 0; i < n; i++) {
        cr_assert_null(strcasestr(steps[i].sqlite_sql, "insert"), "%s", steps[i].name);
        cr_assert_null(strcasestr(steps[i].postgres_sql, "insert"), "%s", steps[i].name);
    }
}

Test(uptrakit, an_installation_is_recognised_by_its_record_and_first_tables)
{
    static const char *const names[] = {"seaql_migrations", "tenants", "users", "settings"};

    /* missing == 4: none of them */
    for (size_t missing = 0; missing <= 4; missing++) {
        mig_catalog *catalog = mig_catalog_new("main");

        cr_assert_not_null(mig_catalog_add_table(catalog, "hosts", MIG_TABLE_PLAIN));
        for (size_t i = 0; i < 4; i++) {
            if (i != missing)
                cr_assert_not_null(mig_catalog_add_table(catalog, names[i], MIG_TABLE_PLAIN));
        }
        mig_catalog_finish(catalog);

        cr_assert_eq(mig_uptrakit_recognised(catalog), missing == 4);
        mig_catalog_free(catalog);
    }
}

Test(uptrakit, only_the_settings_version_has_another_label)
{
    cr_assert_str_eq(mig_uptrakit_label("settings_version"), "settings_versions");
    cr_assert_str_eq(mig_uptrakit_label("settings"), "settings");
    cr_assert_str_eq(mig_uptrakit_label("tenants"), "tenants");
}

Test(uptrakit, the_record_and_agents_tables_are_never_copied)
{
    static const char *const never[] = {"seaql_migrations",        "ssh_hosts",
                                        "proxmox_host_state",      "proxmox_pending_matches",
                                        "pending_proxmox_matches", "routeros_host_config"};
    static const char *const copied[] = {"tenants",
                                         "hosts",
                                         "global_settings",
                                         "data_encryption_keys",
                                         "host_discovery_allowlist",
                                         "proxmox_host_mappings",
                                         ""};

    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        cr_assert(mig_uptrakit_not_copied(never[i]), "%s", never[i]);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
        cr_assert_not(mig_uptrakit_not_copied(copied[i]), "%s", copied[i]);
}

Test(uptrakit, secrets_are_bound_to_their_table_and_column)
{
    size_t                     n;
    const mig_uptrakit_secret *secrets = mig_uptrakit_secrets(&n);

    cr_assert_eq(n, 11);
    for (size_t i = 0; i < n; i++) {
        char place[128];

        (void)snprintf(place, sizeof place, "uptrakit:%s:%s", secrets[i].table, secrets[i].column);
        cr_assert_str_eq(secrets[i].place, place);
    }
    cr_assert_not_null(place_of("ca_certificates", "key_pem"));
    cr_assert_not_null(place_of("oidc_providers", "client_secret"));
    cr_assert_not_null(place_of("mqtt_clients", "password"));
    cr_assert_not_null(place_of("mqtt_clients", "ca_cert_pem"));
    cr_assert_not_null(place_of("pending_oidc_flows", "pkce_verifier"));
    cr_assert_not_null(place_of("user_totp", "secret"));
    cr_assert_null(place_of("ca_certificates", "cert_pem"));
}

Test(uptrakit, secret_settings_have_the_places_that_are_known)
{
    static const struct {
        const char *key;
        const char *place;
    } expected[] = {
        {"auth.jwt_signing_key", "uptrakit:settings:jwt_signing_key"},
        {"nats.url", "uptrakit:settings:nats_url"},
        {"smtp.password", "uptrakit:settings:smtp_password"},
        {"system_services.enrollment_token", "uptrakit:settings:system_services_enrollment_token"},
        {"global_provider_github.auth_token", NULL},
    };
    size_t                      n;
    const mig_uptrakit_setting *settings = mig_uptrakit_secret_settings(&n);

    cr_assert_eq(n, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < n; i++) {
        cr_assert_str_eq(settings[i].key, expected[i].key);
        if (expected[i].place == NULL)
            cr_assert_null(settings[i].place);
        else
            cr_assert_str_eq(settings[i].place, expected[i].place);
    }
}

Test(uptrakit, a_fresh_schema_has_rows_in_six_tables)
{
    static const struct {
        const char *table;
        size_t      max_rows;
    } expected[] = {
        {"tenants", 1},     {"settings_version", 1},  {"roles", 3},
        {"permissions", 9}, {"role_permissions", 21}, {"scheduled_tasks", 5},
    };

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const mig_uptrakit_seed *seed = mig_uptrakit_seed_of(expected[i].table);

        cr_assert_not_null(seed, "%s", expected[i].table);
        cr_assert_str_eq(seed->table, expected[i].table);
        cr_assert_eq(seed->max_rows, expected[i].max_rows);
        cr_assert(seed->n_columns >= 1 && seed->n_columns <= 4);
        for (size_t c = 0; c < seed->n_columns; c++)
            cr_assert_not_null(seed->columns[c]);
    }
    cr_assert_null(mig_uptrakit_seed_of("users"));
    cr_assert_null(mig_uptrakit_seed_of("settings"));
}

Test(uptrakit, the_default_tenant_is_a_seed_in_either_databases_spelling)
{
    cr_assert(is_seed("tenants", "Default", "default", "1", NULL));
    cr_assert(is_seed("tenants", "Default", "default", "t", NULL));
    cr_assert(is_seed("tenants", "Default", "default", "true", NULL));
}

Test(uptrakit, a_changed_tenant_is_no_seed)
{
    cr_assert_not(is_seed("tenants", "Default", "default", "0", NULL));
    cr_assert_not(is_seed("tenants", "Default", "default", "f", NULL));
    cr_assert_not(is_seed("tenants", "Default", "default", NULL, NULL));
    cr_assert_not(is_seed("tenants", "Default", "acme", "1", NULL));
    cr_assert_not(is_seed("tenants", "Acme", "default", "1", NULL));
    cr_assert_not(is_seed("tenants", NULL, "default", "1", NULL));
}

Test(uptrakit, a_settings_version_is_a_seed_until_it_counts)
{
    cr_assert(is_seed("settings_version", "0", "0", "0", NULL));
    cr_assert_not(is_seed("settings_version", "1", "0", "0", NULL));
    cr_assert_not(is_seed("settings_version", "0", "1", "0", NULL));
    cr_assert_not(is_seed("settings_version", "0", "0", "1", NULL));
    cr_assert_not(is_seed("settings_version", NULL, "0", "0", NULL));
}

Test(uptrakit, roles_are_seeds_by_name)
{
    cr_assert(is_seed("roles", "owner", NULL, NULL, NULL));
    cr_assert(is_seed("roles", "admin", NULL, NULL, NULL));
    cr_assert(is_seed("roles", "user", NULL, NULL, NULL));
    cr_assert_not(is_seed("roles", "Owner", NULL, NULL, NULL));
    cr_assert_not(is_seed("roles", "auditor", NULL, NULL, NULL));
    cr_assert_not(is_seed("roles", NULL, NULL, NULL, NULL));
}

Test(uptrakit, permissions_are_seeds_by_their_number_alone)
{
    cr_assert(is_seed("permissions", "hosts.read", NULL, NULL, NULL));
    cr_assert(is_seed("role_permissions", "\x01\x02", NULL, NULL, NULL));
}

Test(uptrakit, tasks_that_never_ran_are_seeds)
{
    cr_assert(is_seed("scheduled_tasks", "auth_cleanup", "*/5 * * * *", "0", NULL));
    cr_assert(is_seed("scheduled_tasks", "stale_lease_cleanup", "*/5 * * * *", "0", NULL));
    cr_assert(is_seed("scheduled_tasks", "ca_rotation_check", "0 3 * * *", "0", NULL));
    cr_assert(is_seed("scheduled_tasks", "version_check", "0 */6 * * *", "0", NULL));
    cr_assert(is_seed("scheduled_tasks", "service_cert_check", "0 */12 * * *", "0", NULL));
}

Test(uptrakit, tasks_that_ran_or_were_changed_are_no_seeds)
{
    cr_assert_not(is_seed("scheduled_tasks", "auth_cleanup", "*/5 * * * *", "1", NULL));
    cr_assert_not(is_seed("scheduled_tasks", "auth_cleanup", "*/5 * * * *", "0", "2026-03-01"));
    cr_assert_not(is_seed("scheduled_tasks", "auth_cleanup", "*/6 * * * *", "0", NULL));
    cr_assert_not(is_seed("scheduled_tasks", "version_check", "*/5 * * * *", "0", NULL));
    cr_assert_not(is_seed("scheduled_tasks", "event_cleanup", "*/5 * * * *", "0", NULL));
    cr_assert_not(is_seed("scheduled_tasks", NULL, "*/5 * * * *", "0", NULL));
}
