/*
 * uptrakit.c - the facts about Uptrakit installations, as tables.
 *
 * The installations differ by age.  What is listed here is the union of what
 * the known versions have: a table or column that an installation lacks is
 * simply not found in its catalog.
 *
 * Threads: any; nothing here changes.
 */
#include "mig/uptrakit.h"

#include <string.h>

#include "steps.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The place is the same in settings and in global_settings, to which some of them moved. */
static const mig_uptrakit_setting secret_settings[] = {
    {"auth.jwt_signing_key", "uptrakit:settings:jwt_signing_key"},
    {"nats.url", "uptrakit:settings:nats_url"},
    {"smtp.password", "uptrakit:settings:smtp_password"},
    {"system_services.enrollment_token", "uptrakit:settings:system_services_enrollment_token"},
    {"global_provider_github.auth_token", NULL},
};

/*
 * The first five are in every installation; the others came with later versions.  An agent's
 * ssh_hosts is sealed in the same way, but never copied (mig_uptrakit_not_copied).
 */
static const mig_uptrakit_secret secrets[] = {
    {"ca_certificates", "key_pem", "uptrakit:ca_certificates:key_pem"},
    {"oidc_providers", "client_secret", "uptrakit:oidc_providers:client_secret"},
    {"mqtt_clients", "password", "uptrakit:mqtt_clients:password"},
    {"mqtt_clients", "ca_cert_pem", "uptrakit:mqtt_clients:ca_cert_pem"},
    {"pending_oidc_flows", "pkce_verifier", "uptrakit:pending_oidc_flows:pkce_verifier"},
    {"notification_channels", "config", "uptrakit:notification_channels:config"},
    {"user_totp", "secret", "uptrakit:user_totp:secret"},
    {"plugin_configs", "config", "uptrakit:plugin_configs:config"},
    {"plugin_type_settings", "config", "uptrakit:plugin_type_settings:config"},
    {"instance_plugin_setting", "config", "uptrakit:instance_plugin_setting:config"},
    {"ssh_hosts", "private_key", "uptrakit:ssh_hosts:private_key"},
};

static const char *const not_copied[] = {
    MIG_UPTRAKIT_STEPS_TABLE,  "ssh_hosts",
    "proxmox_host_state",      "proxmox_pending_matches",
    "pending_proxmox_matches", "routeros_host_config",
};

/* NULL is no text at all. */
static bool
is_text(const char *text, const char *expected)
{
    return text != NULL && strcmp(text, expected) == 0;
}

/* Lookups give a boolean as its database spells it: SQLite 1, PostgreSQL t or true. */
static bool
is_true(const char *text)
{
    return is_text(text, "1") || is_text(text, "t") || is_text(text, "true");
}

static bool
is_seed_tenant(const char *const *texts, const size_t *lens)
{
    (void)lens;
    return is_text(texts[0], "Default") && is_text(texts[1], "default") && is_true(texts[2]);
}

/* The three counters at their defaults, as the step writes them. */
static bool
is_seed_settings_version(const char *const *texts, const size_t *lens)
{
    (void)lens;
    return is_text(texts[0], "0") && is_text(texts[1], "0") && is_text(texts[2], "0");
}

static bool
is_seed_role(const char *const *texts, const size_t *lens)
{
    (void)lens;
    return is_text(texts[0], "owner") || is_text(texts[0], "admin") || is_text(texts[0], "user");
}

/*
 * The names of the nine permissions, and so their assignments, are not known here: that there are
 * no more rows than a fresh schema has is the only test.  The column looked at is never NULL.
 */
static bool
is_seed_by_number(const char *const *texts, const size_t *lens)
{
    (void)lens;
    return texts[0] != NULL;
}

/* One of the five tasks as it was written, and it never ran. */
static bool
is_seed_task(const char *const *texts, const size_t *lens)
{
    static const struct {
        const char *type;
        const char *cron;
    } tasks[] = {
        {"auth_cleanup", "*/5 * * * *"},        {"stale_lease_cleanup", "*/5 * * * *"},
        {"ca_rotation_check", "0 3 * * *"},     {"version_check", "0 */6 * * *"},
        {"service_cert_check", "0 */12 * * *"},
    };

    (void)lens;
    for (size_t i = 0; i < N_OF(tasks); i++) {
        if (is_text(texts[0], tasks[i].type))
            return is_text(texts[1], tasks[i].cron) && is_text(texts[2], "0") && texts[3] == NULL;
    }
    return false;
}

static const mig_uptrakit_seed seeds[] = {
    {"tenants", 1, {"name", "slug", "is_default"}, 3, is_seed_tenant},
    {"settings_version",
     1,
     {"version", "global_version", "revocation_version"},
     3,
     is_seed_settings_version},
    {"roles", 3, {"name"}, 1, is_seed_role},
    {"permissions", 9, {"name"}, 1, is_seed_by_number},
    {"role_permissions", 21, {"role_id"}, 1, is_seed_by_number},
    {"scheduled_tasks",
     5,
     {"task_type", "cron_expression", "run_count", "last_run_at"},
     4,
     is_seed_task},
};

const mig_uptrakit_step *
mig_uptrakit_steps(size_t *n_stepsp)
{
    *n_stepsp = mig__uptrakit_n_steps;
    return mig__uptrakit_steps;
}

bool
mig_uptrakit_recognised(const mig_catalog *catalog)
{
    static const char *const tables[] = {MIG_UPTRAKIT_STEPS_TABLE, "tenants", "users", "settings"};

    for (size_t i = 0; i < N_OF(tables); i++) {
        if (mig_catalog_find(catalog, tables[i]) == NULL)
            return false;
    }
    return true;
}

const char *
mig_uptrakit_label(const char *table)
{
    /* The one table whose progress line has always been told under another name. */
    return strcmp(table, "settings_version") == 0 ? "settings_versions" : table;
}

bool
mig_uptrakit_not_copied(const char *table)
{
    for (size_t i = 0; i < N_OF(not_copied); i++) {
        if (strcmp(table, not_copied[i]) == 0)
            return true;
    }
    return false;
}

const mig_uptrakit_secret *
mig_uptrakit_secrets(size_t *n_secretsp)
{
    *n_secretsp = N_OF(secrets);
    return secrets;
}

const mig_uptrakit_setting *
mig_uptrakit_secret_settings(size_t *n_settingsp)
{
    *n_settingsp = N_OF(secret_settings);
    return secret_settings;
}

const mig_uptrakit_seed *
mig_uptrakit_seed_of(const char *table)
{
    for (size_t i = 0; i < N_OF(seeds); i++) {
        if (strcmp(table, seeds[i].table) == 0)
            return &seeds[i];
    }
    return NULL;
}
