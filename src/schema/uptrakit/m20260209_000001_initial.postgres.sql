-- m20260209_000001_initial, PostgreSQL: the 34 tables of an Uptrakit installation.
--
-- Names are unqualified: they are made in the first schema of the search_path.  Foreign keys
-- without a name get the server's default name, as in an installation.
--
-- Two variants of this step are known, an older and a newer one with the same name, tables,
-- columns and keys.  This is the newer.  The older one differs in this:
--   - times are timestamp (without time zone);
--   - tenants and users have one index more: idx_tenants_slug (slug), idx_users_email (email);
--   - text instead of varchar: ca_certificates.fingerprint, enrollment_tokens.token_hash,
--     pending_device_flows.device_code_hash and user_code, pending_oidc_flows.csrf_state,
--     pending_account_links.link_token_hash, pending_oidc_token_exchanges.exchange_code_hash,
--     pending_oidc_registrations.registration_code_hash, api_rate_limits.key;
--   - host_software_item_plugins has text in all columns but ordinal (integer) and
--     config_override (json), and its foreign keys have no names.  No PostgreSQL accepts that:
--     text columns cannot refer to uuid ones.
-- In both, upstream also makes controller_events here, which the next step drops again; it is
-- left out.
--
-- The rows that the application's step puts into these tables (a tenant, roles, permissions,
-- tasks) are not written: the copy brings all rows (docs/decisions/0001-no-seed-rows.md).

CREATE TABLE IF NOT EXISTS tenants (
    id             uuid                     NOT NULL PRIMARY KEY,
    name           varchar                  NOT NULL,
    slug           varchar                  NOT NULL UNIQUE,
    is_default     boolean                  NOT NULL DEFAULT FALSE,
    created_at     timestamp with time zone NOT NULL,
    updated_at     timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone
);
CREATE INDEX idx_tenants_deactivated_at ON tenants (deactivated_at);

CREATE TABLE IF NOT EXISTS users (
    id             uuid                     NOT NULL PRIMARY KEY,
    email          varchar                  NOT NULL UNIQUE,
    first_name     varchar                  NOT NULL,
    last_name      varchar                  NOT NULL,
    password_hash  varchar,
    is_active      boolean                  NOT NULL DEFAULT TRUE,
    deactivated_at timestamp with time zone,
    created_at     timestamp with time zone NOT NULL,
    updated_at     timestamp with time zone NOT NULL
);

CREATE TABLE IF NOT EXISTS ca_certificates (
    fingerprint    varchar                  NOT NULL PRIMARY KEY,
    cert_pem       text                     NOT NULL,
    key_pem        text                     NOT NULL,
    not_before     timestamp with time zone NOT NULL,
    not_after      timestamp with time zone NOT NULL,
    activated_at   timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone,
    created_at     timestamp with time zone NOT NULL
);
CREATE INDEX idx_ca_certificates_not_after ON ca_certificates (not_after);
CREATE INDEX idx_ca_certificates_deactivated_at ON ca_certificates (deactivated_at);

CREATE TABLE IF NOT EXISTS roles (
    id          uuid                     NOT NULL PRIMARY KEY,
    name        varchar                  NOT NULL UNIQUE,
    description varchar,
    created_at  timestamp with time zone NOT NULL
);

CREATE TABLE IF NOT EXISTS permissions (
    id          uuid                     NOT NULL PRIMARY KEY,
    name        varchar                  NOT NULL UNIQUE,
    description varchar,
    created_at  timestamp with time zone NOT NULL
);

CREATE TABLE IF NOT EXISTS role_permissions (
    role_id       uuid NOT NULL,
    permission_id uuid NOT NULL,
    PRIMARY KEY (role_id, permission_id),
    FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE CASCADE,
    FOREIGN KEY (permission_id) REFERENCES permissions (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS oidc_providers (
    id                uuid                     NOT NULL PRIMARY KEY,
    tenant_id         uuid                     NOT NULL,
    name              varchar                  NOT NULL,
    slug              varchar                  NOT NULL,
    logo_url          varchar,
    issuer_url        varchar                  NOT NULL,
    client_id         varchar                  NOT NULL,
    client_secret     varchar                  NOT NULL,
    scopes            varchar                  NOT NULL,
    auto_create_users boolean                  NOT NULL,
    role_claim_path   varchar,
    role_mapping      json                     NOT NULL,
    is_active         boolean                  NOT NULL,
    created_at        timestamp with time zone NOT NULL,
    updated_at        timestamp with time zone NOT NULL,
    deactivated_at    timestamp with time zone,
    CONSTRAINT fk_oidc_providers_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);
CREATE INDEX idx_oidc_providers_tenant_id ON oidc_providers (tenant_id);
CREATE UNIQUE INDEX uq_oidc_providers_tenant_slug ON oidc_providers (tenant_id, slug);
CREATE INDEX idx_oidc_providers_is_active ON oidc_providers (is_active);
CREATE INDEX idx_oidc_providers_deactivated_at ON oidc_providers (deactivated_at);

CREATE TABLE IF NOT EXISTS user_roles (
    tenant_id   uuid                     NOT NULL,
    user_id     uuid                     NOT NULL,
    role_id     uuid                     NOT NULL,
    assigned_at timestamp with time zone NOT NULL,
    PRIMARY KEY (tenant_id, user_id, role_id),
    CONSTRAINT fk_user_roles_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS user_oidc_links (
    id           uuid                     NOT NULL PRIMARY KEY,
    user_id      uuid                     NOT NULL,
    provider_id  uuid                     NOT NULL,
    oidc_subject varchar                  NOT NULL,
    linked_at    timestamp with time zone NOT NULL,
    CONSTRAINT fk_user_oidc_links_user_id
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_user_oidc_links_provider_id
        FOREIGN KEY (provider_id) REFERENCES oidc_providers (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_user_oidc_links_provider_subject
    ON user_oidc_links (provider_id, oidc_subject);
CREATE UNIQUE INDEX idx_user_oidc_links_user_provider ON user_oidc_links (user_id, provider_id);
CREATE INDEX idx_user_oidc_links_user_id ON user_oidc_links (user_id);

CREATE TABLE IF NOT EXISTS sessions (
    id                 uuid                     NOT NULL PRIMARY KEY,
    user_id            uuid                     NOT NULL,
    refresh_token_hash varchar                  NOT NULL UNIQUE,
    auth_method        varchar                  NOT NULL,
    token_type         varchar                  NOT NULL DEFAULT 'refresh_token',
    created_at         timestamp with time zone NOT NULL,
    expires_at         timestamp with time zone NOT NULL,
    user_agent         varchar,
    ip_address         varchar,
    oidc_provider_id   uuid,
    revoked_at         timestamp with time zone,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_sessions_oidc_provider_id
        FOREIGN KEY (oidc_provider_id) REFERENCES oidc_providers (id) ON DELETE SET NULL,
    CHECK (auth_method <> 'oidc' OR oidc_provider_id IS NOT NULL)
);
CREATE INDEX idx_sessions_refresh_token_hash ON sessions (refresh_token_hash);
CREATE INDEX idx_sessions_user_id ON sessions (user_id);
CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);

CREATE TABLE IF NOT EXISTS api_tokens (
    id           uuid                     NOT NULL PRIMARY KEY,
    user_id      uuid                     NOT NULL,
    name         varchar                  NOT NULL,
    token_hash   varchar                  NOT NULL UNIQUE,
    created_at   timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at   timestamp with time zone,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_api_tokens_token_hash ON api_tokens (token_hash);
CREATE INDEX idx_api_tokens_user_id ON api_tokens (user_id);

CREATE TABLE IF NOT EXISTS settings (
    tenant_id  uuid                     NOT NULL,
    key        varchar                  NOT NULL,
    value      json                     NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    PRIMARY KEY (tenant_id, key),
    CONSTRAINT fk_settings_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);

CREATE TABLE IF NOT EXISTS settings_version (
    tenant_id          uuid                     NOT NULL PRIMARY KEY,
    version            bigint                   NOT NULL DEFAULT 0,
    global_version     bigint                   NOT NULL DEFAULT 0,
    revocation_version bigint                   NOT NULL DEFAULT 0,
    updated_at         timestamp with time zone NOT NULL,
    CONSTRAINT fk_settings_version_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);

CREATE TABLE IF NOT EXISTS enrollment_tokens (
    id                   uuid                     NOT NULL PRIMARY KEY,
    tenant_id            uuid                     NOT NULL,
    name                 text                     NOT NULL,
    token_hash           varchar                  NOT NULL UNIQUE,
    allowed_capabilities text,
    max_uses             integer,
    current_uses         integer                  NOT NULL DEFAULT 0,
    expires_at           timestamp with time zone,
    created_at           timestamp with time zone NOT NULL,
    revoked_at           timestamp with time zone,
    created_by_user_id   uuid,
    CONSTRAINT fk_enrollment_tokens_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT,
    CONSTRAINT fk_enrollment_tokens_created_by
        FOREIGN KEY (created_by_user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_enrollment_tokens_tenant_id ON enrollment_tokens (tenant_id);
CREATE INDEX idx_enrollment_tokens_tenant_revoked ON enrollment_tokens (tenant_id, revoked_at);

CREATE TABLE IF NOT EXISTS services (
    id                     uuid                     NOT NULL PRIMARY KEY,
    tenant_id              uuid                     NOT NULL,
    capabilities           text                     NOT NULL DEFAULT '[]',
    hostname               varchar                  NOT NULL,
    friendly_name          varchar                  NOT NULL,
    ip_address             varchar,
    status                 varchar                  NOT NULL DEFAULT 'pending',
    enrollment_secret_hash varchar                  NOT NULL UNIQUE,
    client_version         varchar,
    last_seen_at           timestamp with time zone,
    created_at             timestamp with time zone NOT NULL,
    updated_at             timestamp with time zone NOT NULL,
    deactivated_at         timestamp with time zone,
    ping_interval_seconds  integer,
    enrollment_token_id    uuid,
    CONSTRAINT fk_services_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT,
    CONSTRAINT fk_services_enrollment_token
        FOREIGN KEY (enrollment_token_id) REFERENCES enrollment_tokens (id) ON DELETE SET NULL
);
CREATE INDEX idx_services_tenant_id ON services (tenant_id);
CREATE INDEX idx_services_enrollment_secret_hash ON services (enrollment_secret_hash);
CREATE INDEX idx_services_status ON services (status);
CREATE INDEX idx_services_deactivated_at ON services (deactivated_at);

CREATE TABLE IF NOT EXISTS service_certificates (
    ca_fingerprint    varchar                  NOT NULL,
    serial_number     varchar                  NOT NULL,
    service_id        uuid                     NOT NULL,
    not_before        timestamp with time zone NOT NULL,
    not_after         timestamp with time zone NOT NULL,
    revoked_at        timestamp with time zone,
    revocation_reason varchar,
    created_at        timestamp with time zone NOT NULL,
    last_seen_at      timestamp with time zone,
    PRIMARY KEY (ca_fingerprint, serial_number),
    CONSTRAINT fk_service_certificates_service_id
        FOREIGN KEY (service_id) REFERENCES services (id) ON DELETE CASCADE,
    CONSTRAINT fk_service_certificates_ca_fingerprint
        FOREIGN KEY (ca_fingerprint) REFERENCES ca_certificates (fingerprint) ON DELETE RESTRICT
);
CREATE INDEX idx_service_certificates_service_id_revoked_at
    ON service_certificates (service_id, revoked_at);

CREATE TABLE IF NOT EXISTS hosts (
    id             uuid                     NOT NULL PRIMARY KEY,
    tenant_id      uuid                     NOT NULL,
    machine_id     varchar                  NOT NULL,
    hostname       varchar                  NOT NULL,
    friendly_name  varchar                  NOT NULL,
    os_type        varchar,
    os_version     varchar,
    architecture   varchar,
    ip_address     varchar,
    last_seen_at   timestamp with time zone,
    created_at     timestamp with time zone NOT NULL,
    updated_at     timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone,
    CONSTRAINT fk_hosts_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);
CREATE INDEX idx_hosts_tenant_id ON hosts (tenant_id);
CREATE UNIQUE INDEX uq_hosts_tenant_machine_id ON hosts (tenant_id, machine_id);
CREATE INDEX idx_hosts_deactivated_at ON hosts (deactivated_at);

CREATE TABLE IF NOT EXISTS service_hosts (
    service_id uuid                     NOT NULL,
    host_id    uuid                     NOT NULL,
    linked_at  timestamp with time zone NOT NULL,
    PRIMARY KEY (service_id, host_id),
    CONSTRAINT fk_service_hosts_service
        FOREIGN KEY (service_id) REFERENCES services (id) ON DELETE CASCADE,
    CONSTRAINT fk_service_hosts_host
        FOREIGN KEY (host_id) REFERENCES hosts (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS plugin_configs (
    id             uuid                     NOT NULL PRIMARY KEY,
    tenant_id      uuid                     NOT NULL,
    name           varchar                  NOT NULL,
    plugin_type    varchar                  NOT NULL,
    config         json                     NOT NULL,
    enabled        boolean                  NOT NULL DEFAULT TRUE,
    created_at     timestamp with time zone NOT NULL,
    updated_at     timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone,
    CONSTRAINT fk_plugin_configs_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);
CREATE INDEX idx_plugin_configs_tenant_id ON plugin_configs (tenant_id);
CREATE INDEX idx_plugin_configs_plugin_type ON plugin_configs (plugin_type);
CREATE INDEX idx_plugin_configs_deactivated_at ON plugin_configs (deactivated_at);
CREATE UNIQUE INDEX uq_plugin_configs_active_name ON plugin_configs (tenant_id, name)
    WHERE deactivated_at IS NULL;

CREATE TABLE IF NOT EXISTS software_items (
    id              uuid                     NOT NULL PRIMARY KEY,
    tenant_id       uuid                     NOT NULL,
    name            varchar                  NOT NULL,
    enabled         boolean                  NOT NULL DEFAULT TRUE,
    discovery_state varchar,
    last_checked_at timestamp with time zone,
    created_at      timestamp with time zone NOT NULL,
    updated_at      timestamp with time zone NOT NULL,
    deactivated_at  timestamp with time zone,
    CONSTRAINT fk_software_items_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX uq_software_items_active_name ON software_items (tenant_id, name)
    WHERE deactivated_at IS NULL;
CREATE INDEX idx_software_items_tenant_id ON software_items (tenant_id);
CREATE INDEX idx_software_items_deactivated_at ON software_items (deactivated_at);

CREATE TABLE IF NOT EXISTS host_software_items (
    host_id                       uuid                     NOT NULL,
    software_item_id              uuid                     NOT NULL,
    installed_version             varchar,
    installed_version_detected_at timestamp with time zone,
    latest_version                varchar,
    latest_version_fetched_at     timestamp with time zone,
    latest_release_metadata       json,
    last_updated_at               timestamp with time zone,
    linked_at                     timestamp with time zone NOT NULL,
    PRIMARY KEY (host_id, software_item_id),
    CONSTRAINT fk_host_software_items_host
        FOREIGN KEY (host_id) REFERENCES hosts (id) ON DELETE CASCADE,
    CONSTRAINT fk_host_software_items_software_item
        FOREIGN KEY (software_item_id) REFERENCES software_items (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS host_software_item_plugins (
    id                 uuid                     NOT NULL PRIMARY KEY,
    host_id            uuid                     NOT NULL,
    software_item_id   uuid                     NOT NULL,
    plugin_config_id   uuid                     NOT NULL,
    role               varchar                  NOT NULL,
    ordinal            integer                  NOT NULL DEFAULT 0,
    package_identifier varchar                  NOT NULL,
    config_override    json,
    execution_site     varchar                  NOT NULL DEFAULT 'auto',
    created_at         timestamp with time zone NOT NULL,
    updated_at         timestamp with time zone NOT NULL,
    CONSTRAINT fk_hsip_plugin_config
        FOREIGN KEY (plugin_config_id) REFERENCES plugin_configs (id) ON DELETE RESTRICT,
    CONSTRAINT fk_hsip_host_software_item
        FOREIGN KEY (host_id, software_item_id)
        REFERENCES host_software_items (host_id, software_item_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_hsip_host_item_role_ordinal
    ON host_software_item_plugins (host_id, software_item_id, role, ordinal);
CREATE INDEX idx_hsip_plugin_config_id ON host_software_item_plugins (plugin_config_id);
CREATE INDEX idx_hsip_host_item ON host_software_item_plugins (host_id, software_item_id);
CREATE INDEX idx_hsip_role_exec ON host_software_item_plugins (role, execution_site);

CREATE TABLE IF NOT EXISTS autodiscovery_ignores (
    id                 uuid                     NOT NULL PRIMARY KEY,
    tenant_id          uuid                     NOT NULL,
    plugin_config_id   uuid                     NOT NULL,
    package_identifier varchar                  NOT NULL,
    created_at         timestamp with time zone NOT NULL,
    CONSTRAINT fk_autodiscovery_ignores_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT fk_autodiscovery_ignores_plugin_config
        FOREIGN KEY (plugin_config_id) REFERENCES plugin_configs (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_autodiscovery_ignores_tenant_config_package
    ON autodiscovery_ignores (tenant_id, plugin_config_id, package_identifier);

CREATE TABLE IF NOT EXISTS mqtt_clients (
    id                  uuid                     NOT NULL PRIMARY KEY,
    tenant_id           uuid                     NOT NULL,
    enabled             boolean                  NOT NULL DEFAULT TRUE,
    transport           varchar                  NOT NULL DEFAULT 'tcp',
    host                varchar                  NOT NULL,
    port                integer                  NOT NULL DEFAULT 1883,
    client_id           varchar                  NOT NULL DEFAULT 'uptrakit-controller',
    username            varchar,
    password            varchar,
    topic_prefix        varchar                  NOT NULL DEFAULT 'uptrakit',
    connection_status   varchar                  NOT NULL DEFAULT 'offline',
    status_updated_at   timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at          timestamp with time zone NOT NULL,
    updated_at          timestamp with time zone NOT NULL,
    ca_cert_pem         text,
    ha_discovery        boolean                  NOT NULL DEFAULT FALSE,
    ha_discovery_prefix varchar                  NOT NULL DEFAULT 'homeassistant',
    CONSTRAINT fk_mqtt_clients_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);
CREATE INDEX idx_mqtt_clients_tenant_id ON mqtt_clients (tenant_id);

CREATE TABLE IF NOT EXISTS mqtt_leases (
    id             uuid                     NOT NULL PRIMARY KEY,
    tenant_id      uuid                     NOT NULL,
    mqtt_client_id uuid                     NOT NULL,
    instance_id    varchar                  NOT NULL,
    heartbeat_at   timestamp with time zone NOT NULL,
    created_at     timestamp with time zone NOT NULL,
    CONSTRAINT fk_mqtt_leases_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT fk_mqtt_leases_mqtt_client
        FOREIGN KEY (mqtt_client_id) REFERENCES mqtt_clients (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_mqtt_leases_mqtt_client_id ON mqtt_leases (mqtt_client_id);
CREATE INDEX idx_mqtt_leases_instance_id ON mqtt_leases (instance_id);
CREATE INDEX idx_mqtt_leases_heartbeat_at ON mqtt_leases (heartbeat_at);

CREATE TABLE IF NOT EXISTS update_history (
    id               uuid                     NOT NULL PRIMARY KEY,
    host_id          uuid                     NOT NULL,
    software_item_id uuid                     NOT NULL,
    from_version     varchar,
    to_version       varchar                  NOT NULL,
    status           varchar                  NOT NULL,
    output           text                     NOT NULL,
    output_bytes     bigint                   NOT NULL DEFAULT 0,
    actor_type       varchar                  NOT NULL DEFAULT 'legacy',
    actor_id         varchar                  NOT NULL DEFAULT '',
    started_at       timestamp with time zone NOT NULL,
    completed_at     timestamp with time zone,
    created_at       timestamp with time zone NOT NULL,
    CONSTRAINT fk_update_history_host
        FOREIGN KEY (host_id) REFERENCES hosts (id) ON DELETE CASCADE,
    CONSTRAINT fk_update_history_software_item
        FOREIGN KEY (software_item_id) REFERENCES software_items (id) ON DELETE CASCADE
);
CREATE INDEX idx_update_history_host_id ON update_history (host_id);
CREATE INDEX idx_update_history_software_item_id ON update_history (software_item_id);
CREATE INDEX idx_update_history_status ON update_history (status);
CREATE INDEX idx_update_history_host_software_item ON update_history (host_id, software_item_id);

CREATE TABLE IF NOT EXISTS update_output_lines (
    id                uuid                     NOT NULL PRIMARY KEY,
    update_history_id uuid                     NOT NULL,
    stream            varchar                  NOT NULL,
    output            text                     NOT NULL,
    created_at        timestamp with time zone NOT NULL,
    CONSTRAINT fk_update_output_lines_update_history
        FOREIGN KEY (update_history_id) REFERENCES update_history (id) ON DELETE CASCADE
);
CREATE INDEX idx_update_output_lines_update_history ON update_output_lines (update_history_id);

CREATE TABLE IF NOT EXISTS pending_device_flows (
    id               uuid                     NOT NULL PRIMARY KEY,
    device_code_hash varchar                  NOT NULL UNIQUE,
    user_code        varchar                  NOT NULL UNIQUE,
    status           text                     NOT NULL,
    user_id          uuid,
    client_name      text,
    created_at       timestamp with time zone NOT NULL,
    expires_at       timestamp with time zone NOT NULL
);
CREATE INDEX idx_pending_device_flows_expires_at ON pending_device_flows (expires_at);

CREATE TABLE IF NOT EXISTS pending_oidc_flows (
    csrf_state    varchar                  NOT NULL PRIMARY KEY,
    provider_id   uuid                     NOT NULL,
    pkce_verifier text                     NOT NULL,
    nonce         text                     NOT NULL,
    created_at    timestamp with time zone NOT NULL,
    expires_at    timestamp with time zone NOT NULL
);
CREATE INDEX idx_pending_oidc_flows_expires_at ON pending_oidc_flows (expires_at);

CREATE TABLE IF NOT EXISTS pending_account_links (
    id                        uuid                     NOT NULL PRIMARY KEY,
    link_token_hash           varchar                  NOT NULL UNIQUE,
    provider_id               uuid                     NOT NULL,
    oidc_subject              text                     NOT NULL,
    email                     text                     NOT NULL,
    user_id                   uuid                     NOT NULL,
    first_name                text,
    last_name                 text,
    mapped_roles              json                     NOT NULL,
    existing_link_provider_id uuid,
    created_at                timestamp with time zone NOT NULL,
    expires_at                timestamp with time zone NOT NULL
);
CREATE INDEX idx_pending_account_links_expires_at ON pending_account_links (expires_at);

CREATE TABLE IF NOT EXISTS pending_oidc_token_exchanges (
    id                 uuid                     NOT NULL PRIMARY KEY,
    exchange_code_hash varchar                  NOT NULL UNIQUE,
    user_id            uuid                     NOT NULL,
    provider_id        uuid                     NOT NULL,
    created_at         timestamp with time zone NOT NULL,
    expires_at         timestamp with time zone NOT NULL
);
CREATE INDEX idx_pending_oidc_token_exchanges_expires_at
    ON pending_oidc_token_exchanges (expires_at);

CREATE TABLE IF NOT EXISTS pending_oidc_registrations (
    id                     uuid                     NOT NULL PRIMARY KEY,
    registration_code_hash varchar                  NOT NULL UNIQUE,
    provider_id            uuid                     NOT NULL,
    oidc_subject           text                     NOT NULL,
    email                  text                     NOT NULL,
    first_name             text,
    last_name              text,
    mapped_roles           json                     NOT NULL,
    created_at             timestamp with time zone NOT NULL,
    expires_at             timestamp with time zone NOT NULL
);
CREATE INDEX idx_pending_oidc_registrations_expires_at ON pending_oidc_registrations (expires_at);

CREATE TABLE IF NOT EXISTS api_rate_limits (
    key           varchar                  NOT NULL PRIMARY KEY,
    request_count integer                  NOT NULL,
    window_start  timestamp with time zone NOT NULL,
    expires_at    timestamp with time zone NOT NULL
);
CREATE INDEX idx_api_rate_limits_expires_at ON api_rate_limits (expires_at);

CREATE TABLE IF NOT EXISTS scheduled_tasks (
    id              uuid                     NOT NULL PRIMARY KEY,
    tenant_id       uuid                     NOT NULL,
    task_type       text                     NOT NULL,
    cron_expression varchar                  NOT NULL,
    enabled         boolean                  NOT NULL DEFAULT TRUE,
    task_config     json,
    last_run_at     timestamp with time zone,
    next_run_at     timestamp with time zone NOT NULL,
    locked_by       uuid,
    locked_at       timestamp with time zone,
    last_error      text,
    run_count       bigint                   NOT NULL DEFAULT 0,
    created_at      timestamp with time zone NOT NULL,
    updated_at      timestamp with time zone NOT NULL,
    CONSTRAINT fk_scheduled_tasks_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT
);
CREATE INDEX idx_scheduled_tasks_next_run ON scheduled_tasks (next_run_at);
CREATE INDEX idx_scheduled_tasks_tenant_id ON scheduled_tasks (tenant_id);
CREATE UNIQUE INDEX uq_scheduled_tasks_tenant_task_type ON scheduled_tasks (tenant_id, task_type);
